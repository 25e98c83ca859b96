/* Keeps what later visits need, for as long as the capture file is open.
 *
 * Per frame: four bytes, its stream and both ends' states after it. Per RST: its verdict. Everything lives in file scope
 * memory, so closing the file frees it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <epan/packet.h>

#include "keep/pages.h"
#include "glue.h"

/* An entry of the frame table: 0 for a frame without TCP or an ICMP error about it, else
 * (number of its stream + 1) << 8 | holds a RST << 7 | states. */
enum { NUMBER_SHIFT = 8, RESET = 1 << 7, STATES = RESET - 1 };
static const uint32_t CROWDED = (1u << (32 - NUMBER_SHIFT)) - 1; /* for a number: several streams, or one of 2^24 or more */
_Static_assert(TA_STATE_COUNT * TA_STATE_COUNT <= RESET, "both states fit");

/* One of the streams of a crowded frame. */
struct sharer {
    uint32_t number;
    uint8_t states;
};

/* A frame that holds a RST of a stream, and the verdict on it. */
struct kept_verdict {
    uint8_t *packed;            /* the verdict, see pack(); NULL until somebody asks */
    char **diagnostic;          /* what the RST says: TA_DIAGNOSTICS lines; NULL when it says nothing */
    uint32_t frame, stream;
    uint32_t overruled;         /* verdict_record.overruled */
    bool dropped;               /* a read filter dropped the frame and gave its number to the next one */
};

static struct {
    struct pages frames; /* uint32_t by frame number */
    wmem_map_t *crowded; /* frame -> wmem_array_t of struct sharer; tunnels carry TCP in TCP */
    struct pages verdicts; /* struct kept_verdict by ascending frames */
    uint32_t verdict_count;
    struct pages segments; /* wmem_array_t * by stream */
    int64_t now; /* the latest time stamp of any frame */
} store;

static bool keep_segments;
static unsigned file;

void store_init(void)
{
    memset(&store, 0, sizeof store); /* the memory itself went with the last file */
    store.frames.size = sizeof(uint32_t);
    store.verdicts.size = sizeof(struct kept_verdict);
    store.segments.size = sizeof(wmem_array_t *);
    streams_init();
    follow_init();
    observe_begin();
    file++;
}

unsigned store_file(void)
{
    return file;
}

void store_keep_segments(void)
{
    keep_segments = true;
}

static uint32_t frame_entry(uint32_t frame)
{
    const uint32_t *entry = (const uint32_t *)pages_at(&store.frames, frame);
    return entry ? *entry : 0;
}

/* By its number, from 1. */
static struct kept_verdict *verdict_at(uint32_t number)
{
    return (struct kept_verdict *)pages_at(&store.verdicts, number - 1);
}

void store_begin_frame(uint32_t frame, int64_t time)
{
    uint32_t *entry = (uint32_t *)pages_at(&store.frames, frame);

    if (time > store.now)
        store.now = time;
    if (!entry || *entry == 0)
        return;
    /* tshark -2 -R gives the number of a frame that the read filter dropped to the next one. */
    *entry = 0;
    if (store.crowded)
        wmem_map_remove(store.crowded, GUINT_TO_POINTER(frame));
    for (uint32_t number = store.verdict_count; number > 0 && verdict_at(number)->frame == frame; number--)
        verdict_at(number)->dropped = true;
}

static wmem_array_t *sharers_of(uint32_t frame)
{
    return store.crowded ? (wmem_array_t *)wmem_map_lookup(store.crowded, GUINT_TO_POINTER(frame)) : NULL;
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
        if (!store.crowded)
            store.crowded = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
        sharers = wmem_array_new(wmem_file_scope(), sizeof first);
        if (*entry != 0)
            wmem_array_append_one(sharers, first);
        wmem_map_insert(store.crowded, GUINT_TO_POINTER(frame), sharers);
        *entry = CROWDED << NUMBER_SHIFT | (*entry & RESET);
    }
    if (!find_sharer(frame, number))
        wmem_array_append_one(sharers, new);
}

void store_add_frame(uint32_t frame, uint32_t number)
{
    uint32_t *entry = (uint32_t *)pages_make(&store.frames, frame), name = number + 1;

    if (*entry == 0 && name < CROWDED)
        *entry = name << NUMBER_SHIFT;
    else if (*entry >> NUMBER_SHIFT != name)
        share_frame(frame, entry, number);
}

void store_set_states(uint32_t frame, const struct stream *stream, const struct ta_connection *connection)
{
    uint32_t *entry = (uint32_t *)pages_at(&store.frames, frame);
    uint8_t states = (uint8_t)((unsigned)ta_end_state(connection, TA_CLIENT) * TA_STATE_COUNT + (unsigned)ta_end_state(connection, TA_SERVER));
    struct sharer *sharer = entry && *entry >> NUMBER_SHIFT == CROWDED ? find_sharer(frame, stream->number) : NULL;

    if (sharer)
        sharer->states = states;
    else if (entry && *entry >> NUMBER_SHIFT == stream->number + 1) /* else a read filter gave the number to another frame */
        *entry = (*entry & ~(uint32_t)STATES) | states;
}

bool store_keeps_segments(void)
{
    return keep_segments;
}

void store_keep_segment(const struct stream *stream, const struct ta_segment *segment)
{
    wmem_array_t **segments = (wmem_array_t **)pages_make(&store.segments, stream->number);

    if (!*segments)
        *segments = wmem_array_sized_new(wmem_file_scope(), sizeof *segment, 8);
    wmem_array_append(*segments, segment, 1);
}

wmem_array_t *store_segments(const struct stream *stream)
{
    wmem_array_t **segments = (wmem_array_t **)pages_at(&store.segments, stream->number);
    return segments ? *segments : NULL;
}

/* The number of the stream's verdict in this frame, or if need be on a `dropped` RST; 0 when there is none. */
static uint32_t find_verdict(uint32_t frame, uint32_t stream, bool dropped)
{
    uint32_t low = 1, high = store.verdict_count + 1;

    if (high > low && verdict_at(high - 1)->frame < frame)
        return 0; /* for every new RST */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (verdict_at(middle)->frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low <= store.verdict_count && verdict_at(low)->frame == frame; low++)
        if (verdict_at(low)->stream == stream && verdict_at(low)->dropped <= dropped)
            return low;
    return 0;
}

void store_add_reset(uint32_t frame, uint32_t stream, const struct ta_reset_bytes *reset)
{
    char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE];
    unsigned count = ta_diagnose(reset, lines); /* most RSTs say nothing */

    *(uint32_t *)pages_at(&store.frames, frame) |= RESET;
    if (find_verdict(frame, stream, false))
        return; /* the same RST twice in one frame: the first verdict is the frame's */
    struct kept_verdict *kept = (struct kept_verdict *)pages_make(&store.verdicts, store.verdict_count++);
    *kept = (struct kept_verdict){ .frame = frame, .stream = stream };
    if (count > 0)
        kept->diagnostic = wmem_alloc0_array(wmem_file_scope(), char *, TA_DIAGNOSTICS);
    for (unsigned i = 0; i < count; i++)
        kept->diagnostic[i] = wmem_strdup(wmem_file_scope(), lines[i]);
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

void store_judged(struct stream *stream, const struct ta_verdict *verdict, bool decides)
{
    uint32_t number = find_verdict(verdict->evidence.frame, stream->number, true);
    struct kept_verdict *kept = number ? verdict_at(number) : NULL;

    if (!kept)
        return;
    if (!kept->packed) {
        uint8_t bytes[PACKED_MOST];
        size_t size = pack(verdict, bytes);
        kept->packed = (uint8_t *)wmem_memdup(wmem_file_scope(), bytes, size);
    }
    if (decides)
        stream->decisive = number;
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

void store_overruled(struct stream *stream, uint32_t reset, uint32_t by)
{
    bool decided = stream->decisive && verdict_at(stream->decisive)->frame == reset;
    uint32_t number = decided ? stream->decisive : find_verdict(reset, stream->number, true);

    if (decided)
        stream->decisive = 0;
    if (number)
        verdict_at(number)->overruled = by;
}

int64_t store_now(void)
{
    return store.now;
}

struct stream *store_frame_stream(uint32_t frame, unsigned index)
{
    uint32_t name = frame_entry(frame) >> NUMBER_SHIFT;

    if (name == CROWDED) {
        wmem_array_t *sharers = sharers_of(frame);
        return index < wmem_array_get_count(sharers) ? streams_at(sharer_at(sharers, index)->number) : NULL;
    }
    return name != 0 && index == 0 ? streams_at(name - 1) : NULL;
}

bool store_silence(const struct stream *stream, uint32_t frame, struct verdict_record *room)
{
    const struct ta_connection *connection = follow(stream); /* which finds whether a RST decides */

    *room = (struct verdict_record){ .overruled = 0 };
    return !stream->decisive && ta_stream_silence(connection, store.now, &policy, &room->verdict)
           && (frame == 0 || room->verdict.evidence.frame == frame);
}

const struct verdict_record *store_end(const struct stream *stream, struct verdict_record *room)
{
    bool silent = store_silence(stream, 0, room); /* also finds whether a RST was overruled */

    if (stream->decisive)
        return open_verdict(verdict_at(stream->decisive), room);
    return silent ? room : NULL;
}

bool store_decides(const struct stream *stream, const struct ta_verdict *verdict)
{
    follow(stream);
    return verdict->evidence.facts & TA_F(SILENCE) || (stream->decisive && verdict_at(stream->decisive)->frame == verdict->evidence.frame);
}

enum ta_kind store_kind(const struct stream *stream)
{
    return ta_stream_kind(follow(stream), store.now, &policy);
}

unsigned store_limits(const struct stream *stream)
{
    return ta_stream_limits(follow(stream), store.now, &policy);
}

struct states store_states(const struct stream *stream, uint32_t frame)
{
    follow(stream); /* which sets them */
    const struct sharer *sharer = frame_entry(frame) >> NUMBER_SHIFT == CROWDED ? find_sharer(frame, stream->number) : NULL;
    unsigned states = sharer ? sharer->states : frame_entry(frame) & STATES;

    return (struct states){ { (uint8_t)(states / TA_STATE_COUNT), (uint8_t)(states % TA_STATE_COUNT) } };
}

bool store_has_reset(uint32_t frame)
{
    return frame_entry(frame) & RESET;
}

const struct verdict_record *store_verdict(const struct stream *stream, uint32_t frame, struct verdict_record *room)
{
    if (!store_has_reset(frame))
        return NULL;
    follow(stream); /* which judges */
    uint32_t number = find_verdict(frame, stream->number, false);
    return number && verdict_at(number)->packed ? open_verdict(verdict_at(number), room) : NULL;
}
