/* Names and numbers of the application's protocols; protocols.def, idle.def.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "idle.h"

#include <string.h>

#include "tcpabort.h"

const char *ta_method_name(unsigned number)
{
    static const char *const names[] = {
        "",
#define METHOD(name) name,
#include "protocols.def"
#undef METHOD
    };
    return number < sizeof names / sizeof names[0] ? names[number] : "";
}

unsigned ta_find_method(const uint8_t *text, size_t length)
{
    for (unsigned number = 1; *ta_method_name(number); number++) {
        const char *name = ta_method_name(number);
        size_t size = strlen(name);
        if (size <= length && memcmp(text, name, size) == 0 && (size == length || text[size] == ' '))
            return number;
    }
    return 0;
}

/* Arrays as long as the numbers of a byte are many: a number without a name has NULL. */
static const char *or_nothing(const char *name)
{
    return name ? name : "";
}

const char *ta_alert_name(uint8_t description)
{
    static const char *const names[UINT8_MAX + 1] = {
#define ALERT(number, name) [number] = name,
#include "protocols.def"
#undef ALERT
    };
    return or_nothing(names[description]);
}

const char *ta_handshake_name(uint8_t type)
{
    static const char *const names[UINT8_MAX + 1] = {
#define HANDSHAKE(number, name) [number] = name,
#include "protocols.def"
#undef HANDSHAKE
    };
    return or_nothing(names[type]);
}

static const struct {
    unsigned seconds;
    const char *owner;
} idle_limits[] = {
    { 0, "" },
#define IDLE_LIMIT(seconds, owner) { seconds, owner },
#include "idle.def"
#undef IDLE_LIMIT
};

unsigned ta_idle_seconds(unsigned number)
{
    return number < sizeof idle_limits / sizeof idle_limits[0] ? idle_limits[number].seconds : 0;
}

const char *ta_idle_owner(unsigned number)
{
    return number < sizeof idle_limits / sizeof idle_limits[0] ? idle_limits[number].owner : "";
}
