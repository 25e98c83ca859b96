/* Which stack an end probably runs, and where the capture was made, by TTLs and the options of a SYN.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts.h"
#include "verdict.h"

enum ta_stack ta_guess_stack(uint8_t ttl, uint32_t order)
{
    static const struct {
        enum ta_stack stack;
        uint32_t order;
    } signatures[] = {
#define SIGNATURE(stack, order) { stack, order },
#include "signatures.def"
#undef SIGNATURE
    };

    /* Initial TTL is 128 on Windows, 64 on Linux, the BSDs and macOS; routers only lower it. */
    if (ttl == 0 || ttl > 128)
        return TA_STACK_COUNT;
    if (ttl > 64)
        return TA_WINDOWS;
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++)
        if (signatures[i].order == order)
            return signatures[i].stack;
    return TA_LINUX;
}

enum ta_capture_point ta_capture_point(const uint8_t ttl[TA_ENDS])
{
    bool untouched[TA_ENDS];
    for (int end = 0; end < TA_ENDS; end++) {
        if (ttl[end] == 0)
            return TA_POINT_UNKNOWN;
        untouched[end] = ttl[end] == 64 || ttl[end] == 128 || ttl[end] == 255;
    }
    /* Both untouched: no router between the ends, so the TTL does not tell where between. */
    if (untouched[TA_CLIENT] && untouched[TA_SERVER])
        return TA_POINT_UNKNOWN;
    if (untouched[TA_CLIENT])
        return TA_POINT_CLIENT;
    return untouched[TA_SERVER] ? TA_POINT_SERVER : TA_POINT_MIDDLE;
}

static const struct {
    const char *slug, *name;
} stacks[] = {
#define STACK(id, slug, name) [id] = { slug, name },
#include "stacks.def"
#undef STACK
};

const char *ta_stack_slug(enum ta_stack stack)
{
    return stacks[stack].slug;
}

const char *ta_stack_name(enum ta_stack stack)
{
    return stacks[stack].name;
}
