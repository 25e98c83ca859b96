/* The table of RSTs and their verdicts; see verdicts.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/verdicts.h"

#include "keep/pages.h"

/* A frame that holds a RST of a stream, and the verdict on it. */
struct kept_verdict {
    uint8_t *packed;            /* the verdict, see pack(); NULL until somebody asks */
    char **diagnostic;          /* what the RST says: TA_DIAGNOSTICS lines; NULL when it says nothing */
    uint32_t frame, stream;
    uint32_t overruled;         /* verdict_record.overruled */
    bool dropped;               /* a read filter dropped the frame and gave its number to the next one */
};

static struct pages verdicts; /* struct kept_verdict by ascending frames */
static uint32_t verdict_count;
static struct pages decisive; /* uint32_t by stream: the verdict on the RST that fixed its kind; 0 when none did */

void verdicts_begin(void)
{
    verdicts = (struct pages){ .size = sizeof(struct kept_verdict) };
    decisive = (struct pages){ .size = sizeof(uint32_t) };
    verdict_count = 0;
}

/* By its number, from 1. */
static struct kept_verdict *verdict_at(uint32_t number)
{
    return (struct kept_verdict *)pages_at(&verdicts, number - 1);
}

static uint32_t decisive_of(uint32_t stream)
{
    const uint32_t *number = (const uint32_t *)pages_at(&decisive, stream);
    return number ? *number : 0;
}

/* The number of the stream's verdict in this frame, or if need be on a `dropped` RST; 0 when there is none. */
static uint32_t find_verdict(uint32_t frame, uint32_t stream, bool dropped)
{
    uint32_t low = 1, high = verdict_count + 1;

    if (high > low && verdict_at(high - 1)->frame < frame)
        return 0; /* for every new RST */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (verdict_at(middle)->frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low <= verdict_count && verdict_at(low)->frame == frame; low++)
        if (verdict_at(low)->stream == stream && verdict_at(low)->dropped <= dropped)
            return low;
    return 0;
}

void verdicts_add(uint32_t frame, uint32_t stream, const struct ta_reset_bytes *reset)
{
    char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE];
    unsigned count = ta_diagnose(reset, lines); /* most RSTs say nothing */

    if (find_verdict(frame, stream, false))
        return; /* the same RST twice in one frame: the first verdict is the frame's */
    struct kept_verdict *kept = (struct kept_verdict *)pages_make(&verdicts, verdict_count++);
    *kept = (struct kept_verdict){ .frame = frame, .stream = stream };
    if (count > 0)
        kept->diagnostic = wmem_alloc0_array(wmem_file_scope(), char *, TA_DIAGNOSTICS);
    for (unsigned i = 0; i < count; i++)
        kept->diagnostic[i] = wmem_strdup(wmem_file_scope(), lines[i]);
}

void verdicts_drop(uint32_t frame)
{
    for (uint32_t number = verdict_count; number > 0 && verdict_at(number)->frame == frame; number--)
        verdict_at(number)->dropped = true;
}

enum { VERDICT_SIZE = sizeof(struct ta_verdict), GROUP = 8, PACKED_MOST = VERDICT_SIZE + VERDICT_SIZE / GROUP + 1 };

/* Most of its bytes are 0: of each group of eight comes a byte that tells which are not, then those. Returns the size. */
static size_t pack(const struct ta_verdict *verdict, uint8_t to[PACKED_MOST])
{
    const uint8_t *from = (const uint8_t *)verdict;
    uint8_t *end = to;

    for (size_t group = 0; group < VERDICT_SIZE; group += GROUP) {
        uint8_t *mask = end++;
        *mask = 0;
        for (size_t i = group; i < group + GROUP && i < VERDICT_SIZE; i++)
            if (from[i] != 0) {
                *mask |= (uint8_t)(1u << (i - group));
                *end++ = from[i];
            }
    }
    return (size_t)(end - to);
}

static void unpack(const uint8_t *from, struct ta_verdict *verdict)
{
    uint8_t *to = (uint8_t *)verdict;

    for (size_t group = 0; group < VERDICT_SIZE; group += GROUP) {
        unsigned mask = *from++;
        for (size_t i = group; i < group + GROUP && i < VERDICT_SIZE; i++)
            to[i] = (mask & 1u << (i - group)) ? *from++ : 0;
    }
}

void verdicts_set(uint32_t stream, const struct ta_verdict *verdict, bool decides)
{
    uint32_t number = find_verdict(verdict->evidence.frame, stream, true);
    struct kept_verdict *kept = number ? verdict_at(number) : NULL;

    if (!kept)
        return;
    if (!kept->packed) {
        uint8_t bytes[PACKED_MOST];
        size_t size = pack(verdict, bytes);
        kept->packed = (uint8_t *)wmem_memdup(wmem_file_scope(), bytes, size);
    }
    if (decides)
        *(uint32_t *)pages_make(&decisive, stream) = number;
}

void verdicts_overrule(uint32_t stream, uint32_t reset, uint32_t by)
{
    uint32_t decided = decisive_of(stream);
    bool was_decisive = decided && verdict_at(decided)->frame == reset;
    uint32_t number = was_decisive ? decided : find_verdict(reset, stream, true);

    if (was_decisive)
        *(uint32_t *)pages_at(&decisive, stream) = 0;
    if (number)
        verdict_at(number)->overruled = by;
}

static const struct verdict_record *open_verdict(const struct kept_verdict *kept, struct verdict_record *room)
{
    memset(room, 0, sizeof *room);
    unpack(kept->packed, &room->verdict);
    room->overruled = kept->overruled;
    for (int i = 0; i < TA_DIAGNOSTICS; i++)
        room->diagnostic[i] = kept->diagnostic ? kept->diagnostic[i] : NULL;
    return room;
}

const struct verdict_record *verdicts_of_frame(uint32_t frame, uint32_t stream, struct verdict_record *room)
{
    uint32_t number = find_verdict(frame, stream, false);
    return number && verdict_at(number)->packed ? open_verdict(verdict_at(number), room) : NULL;
}

const struct verdict_record *verdicts_decisive(uint32_t stream, struct verdict_record *room)
{
    uint32_t number = decisive_of(stream);
    return number ? open_verdict(verdict_at(number), room) : NULL;
}

uint32_t verdicts_decisive_frame(uint32_t stream)
{
    uint32_t number = decisive_of(stream);
    return number ? verdict_at(number)->frame : 0;
}
