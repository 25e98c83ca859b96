/* The table of frames; see frames.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/frames.h"

#include "keep/pages.h"

/* An entry of the table: 0 for a frame without TCP or an ICMP error about it, else
 * (number of its stream + 1) << 8 | holds a RST << 7 | states. */
enum { NUMBER_SHIFT = 8, RESET = 1 << 7, STATES = RESET - 1 };
static const uint32_t CROWDED = (1u << (32 - NUMBER_SHIFT)) - 1; /* for a number: several streams, or one of 2^24 or more */
_Static_assert(TA_STATE_COUNT * TA_STATE_COUNT <= RESET, "both states fit");

/* One of the streams of a crowded frame. */
struct sharer {
    uint32_t number;
    uint8_t states;
};

static struct pages frames; /* uint32_t by frame number */
static wmem_map_t *crowded; /* frame -> wmem_array_t of struct sharer; tunnels carry TCP in TCP */

void frames_begin(void)
{
    frames = (struct pages){ .size = sizeof(uint32_t) };
    crowded = NULL;
}

static uint32_t frame_entry(uint32_t frame)
{
    const uint32_t *entry = (const uint32_t *)pages_at(&frames, frame);
    return entry ? *entry : 0;
}

bool frames_forget(uint32_t frame)
{
    uint32_t *entry = (uint32_t *)pages_at(&frames, frame);

    if (!entry || *entry == 0)
        return false;
    *entry = 0;
    if (crowded)
        wmem_map_remove(crowded, GUINT_TO_POINTER(frame));
    return true;
}

static wmem_array_t *sharers_of(uint32_t frame)
{
    return crowded ? (wmem_array_t *)wmem_map_lookup(crowded, GUINT_TO_POINTER(frame)) : NULL;
}

static struct sharer *sharer_at(wmem_array_t *sharers, unsigned index)
{
    return (struct sharer *)wmem_array_index(sharers, index);
}

/* The stream's place in a crowded frame, NULL when it has none. */
static struct sharer *find_sharer(uint32_t frame, uint32_t number)
{
    wmem_array_t *sharers = sharers_of(frame);

    for (unsigned i = 0; sharers && i < wmem_array_get_count(sharers); i++)
        if (sharer_at(sharers, i)->number == number)
            return sharer_at(sharers, i);
    return NULL;
}

/* The frame has several streams; those so far move into a list. */
static void share_frame(uint32_t frame, uint32_t *entry, uint32_t number)
{
    const struct sharer first = { (*entry >> NUMBER_SHIFT) - 1, *entry & STATES }, new = { number, 0 };
    wmem_array_t *sharers = sharers_of(frame);

    if (!sharers) {
        if (!crowded)
            crowded = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
        sharers = wmem_array_new(wmem_file_scope(), sizeof first);
        if (*entry != 0)
            wmem_array_append_one(sharers, first);
        wmem_map_insert(crowded, GUINT_TO_POINTER(frame), sharers);
        *entry = CROWDED << NUMBER_SHIFT | (*entry & RESET);
    }
    if (!find_sharer(frame, number))
        wmem_array_append_one(sharers, new);
}

void frames_add(uint32_t frame, uint32_t number)
{
    uint32_t *entry = (uint32_t *)pages_make(&frames, frame), name = number + 1;

    if (*entry == 0 && name < CROWDED)
        *entry = name << NUMBER_SHIFT;
    else if (*entry >> NUMBER_SHIFT != name)
        share_frame(frame, entry, number);
}

void frames_set_reset(uint32_t frame)
{
    *(uint32_t *)pages_make(&frames, frame) |= RESET;
}

bool frames_has_reset(uint32_t frame)
{
    return frame_entry(frame) & RESET;
}

const struct stream *frames_stream(uint32_t frame, unsigned index)
{
    uint32_t name = frame_entry(frame) >> NUMBER_SHIFT;

    if (name == CROWDED) {
        wmem_array_t *sharers = sharers_of(frame);
        return index < wmem_array_get_count(sharers) ? streams_at(sharer_at(sharers, index)->number) : NULL;
    }
    return name != 0 && index == 0 ? streams_at(name - 1) : NULL;
}

void frames_set_states(uint32_t frame, uint32_t number, struct states states)
{
    uint32_t *entry = (uint32_t *)pages_at(&frames, frame);
    uint8_t packed = (uint8_t)(states.of[TA_CLIENT] * TA_STATE_COUNT + states.of[TA_SERVER]);
    struct sharer *sharer = entry && *entry >> NUMBER_SHIFT == CROWDED ? find_sharer(frame, number) : NULL;

    if (sharer)
        sharer->states = packed;
    else if (entry && *entry >> NUMBER_SHIFT == number + 1) /* else a read filter gave the number to another frame */
        *entry = (*entry & ~(uint32_t)STATES) | packed;
}

struct states frames_states(uint32_t frame, uint32_t number)
{
    uint32_t entry = frame_entry(frame);
    const struct sharer *sharer = entry >> NUMBER_SHIFT == CROWDED ? find_sharer(frame, number) : NULL;
    unsigned packed = sharer ? sharer->states : entry & STATES;

    return (struct states){ { (uint8_t)(packed / TA_STATE_COUNT), (uint8_t)(packed % TA_STATE_COUNT) } };
}
