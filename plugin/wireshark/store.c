/* Keeps what was learnt on the first visit of each frame, for as long as the capture file is open.
 *
 * Per frame: four bytes that name its stream. Per stream: its flow and a short list of state changes.
 * Per RST: its verdict. Everything lives in file scope memory, so closing the file frees it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <epan/packet.h>
#include <epan/proto_data.h>

#include "tcpabort.h"

/* An entry of the frame table: 0 for a frame without TCP or an ICMP error about it, else the stream's number + 1 and two bits. */
static const uint32_t CROWDED = 1u << 31; /* several streams: their numbers are in `crowded` */
static const uint32_t JUDGED = 1u << 30;  /* the frame has a verdict */
static const uint32_t NUMBER = (1u << 30) - 1;

static struct {
    struct stream **streams; /* by tcp.stream */
    uint32_t stream_room, stream_count;
    uint32_t *frames; /* by frame number */
    uint32_t frame_room;
    int64_t now; /* the latest time stamp of any frame */
    wmem_map_t *crowded; /* frame -> wmem_array_t of stream numbers; tunnels carry TCP in TCP */
    wmem_map_t *newest;  /* ends of a stream -> the newest such stream; from the first ICMP error on */
} store;

static bool keep_segments;
static unsigned file;

void store_init(void)
{
    memset(&store, 0, sizeof store); /* the memory itself went with the last file */
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

/* Room for element `index`, new elements zero. */
static void *grow(void *array, uint32_t *room, uint32_t index, size_t size)
{
    if (index < *room)
        return array;
    uint32_t wanted = index < 512 ? 1024 : index + index / 2 + 1;
    array = wmem_realloc(wmem_file_scope(), array, (size_t)wanted * size);
    memset((char *)array + (size_t)*room * size, 0, (size_t)(wanted - *room) * size);
    *room = wanted;
    return array;
}

void store_begin_frame(uint32_t frame)
{
    if (frame >= store.frame_room || store.frames[frame] == 0)
        return;
    /* tshark -2 -R gives the number of a frame that the read filter dropped to the next one. */
    store.frames[frame] = 0;
    if (store.crowded)
        wmem_map_remove(store.crowded, GUINT_TO_POINTER(frame));
}

static void add_frame_stream(uint32_t frame, uint32_t number)
{
    store.frames = (uint32_t *)grow(store.frames, &store.frame_room, frame, sizeof *store.frames);
    uint32_t *entry = &store.frames[frame];
    if (*entry == 0) {
        *entry = number + 1;
        return;
    }
    if (!store.crowded)
        store.crowded = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    wmem_array_t *numbers = (wmem_array_t *)wmem_map_lookup(store.crowded, GUINT_TO_POINTER(frame));
    if (!numbers) {
        uint32_t first = (*entry & NUMBER) - 1;
        numbers = wmem_array_new(wmem_file_scope(), sizeof(uint32_t));
        wmem_array_append_one(numbers, first);
        wmem_map_insert(store.crowded, GUINT_TO_POINTER(frame), numbers);
    }
    for (unsigned i = 0; i < wmem_array_get_count(numbers); i++)
        if (*(uint32_t *)wmem_array_index(numbers, i) == number)
            return;
    wmem_array_append_one(numbers, number);
    *entry |= CROWDED;
}

static void keep_segment(struct stream *stream, const struct ta_segment *segment)
{
    if (!stream->segments)
        stream->segments = wmem_array_sized_new(wmem_file_scope(), sizeof *segment, 8);
    wmem_array_append(stream->segments, segment, 1);
}

static bool same_address(const struct endpoint *a, const struct endpoint *b)
{
    return a->address_len == b->address_len && a->address_len != 0
           && memcmp(a->address, b->address, a->address_len) == 0;
}

/* Which end sent the segment: by port, and by address where both use the same port. */
static uint8_t find_sender(const struct stream *stream, const struct endpoint *source)
{
    const struct endpoint *client = &stream->end[TA_CLIENT];
    bool is_client = source->port == client->port;

    if (client->port == stream->end[TA_SERVER].port)
        is_client = same_address(source, client);
    return is_client ? TA_CLIENT : TA_SERVER;
}

bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && same_address(a, b);
}

/* Key of `newest`: both ends, in either order. */
static gboolean same_ends(gconstpointer a, gconstpointer b)
{
    const struct endpoint *x = ((const struct stream *)a)->end, *y = ((const struct stream *)b)->end;
    return (same_endpoint(&x[0], &y[0]) && same_endpoint(&x[1], &y[1])) || (same_endpoint(&x[0], &y[1]) && same_endpoint(&x[1], &y[0]));
}

static guint hash_ends(gconstpointer key)
{
    const struct stream *stream = (const struct stream *)key;
    guint hash = 0;

    for (int end = 0; end < TA_ENDS; end++)
        hash += stream->end[end].port * 0x9e3779b1u
                ^ wmem_strong_hash(stream->end[end].address, stream->end[end].address_len);
    return hash;
}

/* Most captures hold no ICMP error, so nothing is indexed before the first one. */
static void index_streams(void)
{
    store.newest = wmem_map_new(wmem_file_scope(), hash_ends, same_ends);
    for (uint32_t i = 0; i < store.stream_count; i++)
        if (store.streams[i])
            wmem_map_insert(store.newest, store.streams[i], store.streams[i]);
}

static void keep_endpoint(struct endpoint *to, const struct endpoint *from)
{
    *to = *from;
    if (from->address_len)
        to->address = (const uint8_t *)wmem_memdup(wmem_file_scope(), from->address, from->address_len);
}

static struct stream *find_stream(const packet_info *pinfo, const struct observed *seen)
{
    store.streams = (struct stream **)grow(store.streams, &store.stream_room, seen->stream, sizeof *store.streams);
    struct stream *stream = store.streams[seen->stream];
    if (stream)
        return stream;

    stream = wmem_new0(wmem_file_scope(), struct stream);
    bool client = ta_first_sender_is_client(seen->segment.flags, seen->source.port, seen->destination.port);
    stream->number = seen->stream;
    stream->first_time = frame_time(pinfo);
    keep_endpoint(&stream->end[client ? TA_CLIENT : TA_SERVER], &seen->source);
    keep_endpoint(&stream->end[client ? TA_SERVER : TA_CLIENT], &seen->destination);
    store.streams[seen->stream] = stream;
    if (store.newest)
        wmem_map_insert(store.newest, stream, stream);
    if (seen->stream >= store.stream_count)
        store.stream_count = seen->stream + 1;
    return stream;
}

static void add_change(struct stream *stream, uint32_t frame)
{
    if (stream->change_count == stream->change_room) {
        stream->change_room = stream->change_room ? 2 * stream->change_room : 4;
        stream->changes = (struct state_change *)wmem_realloc(wmem_file_scope(), stream->changes,
                                                              stream->change_room * sizeof *stream->changes);
    }
    stream->changes[stream->change_count++] = (struct state_change){
        frame, { stream->flow.end[TA_CLIENT].state, stream->flow.end[TA_SERVER].state }
    };
}

void store_clock(const packet_info *pinfo)
{
    int64_t time = frame_time(pinfo);
    if (time > store.now)
        store.now = time;
}

/* Most RSTs say nothing, and cost nothing. */
static void keep_diagnostic(const struct ta_reset_bytes *reset, struct ta_verdict *verdict)
{
    char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE];
    unsigned count = ta_diagnose(reset, lines);

    for (unsigned i = 0; i < count; i++)
        verdict->diagnostic[i] = wmem_strdup(wmem_file_scope(), lines[i]);
}

static void take_application(struct stream *stream, const struct observed *seen)
{
    if (!stream->context)
        stream->context = wmem_new0(wmem_file_scope(), struct ta_context);
    ta_context_take(stream->context, &stream->flow, &seen->segment, &seen->application);
}

void store_segment(packet_info *pinfo, struct observed *seen)
{
    struct stream *stream = find_stream(pinfo, seen);
    struct ta_verdict verdict;

    add_frame_stream(pinfo->num, seen->stream);
    seen->segment.from = find_sender(stream, &seen->source);
    uint32_t nxt = stream->flow.end[seen->segment.from].nxt;
    unsigned done = ta_flow_step(&stream->flow, &seen->segment, &policy, &verdict);
    ta_zeek_step(&stream->zeek, &seen->segment);
    if (!(done & TA_STEP_COPY))
        ta_tamper_step(&stream->tamper, &seen->segment);
    if (seen->speaks && stream->flow.end[seen->segment.from].nxt != nxt)
        take_application(stream, seen);
    if (done & TA_STEP_JUDGED)
        ta_context_note(stream->context, &stream->flow, &verdict);
    if (done & TA_STEP_STATE_CHANGED || stream->change_count == 0)
        add_change(stream, pinfo->num);
    if (done & TA_STEP_OVERRULED && stream->decisive) {
        stream->decisive->overruled = pinfo->num;
        stream->decisive = NULL;
    }
    /* The same RST twice in one frame: the first verdict is the frame's. */
    bool again = done & TA_STEP_JUDGED && verdict.effect == TA_EFFECT_DUPLICATE && store_verdict(pinfo, stream);
    if (done & TA_STEP_JUDGED && !again) {
        struct ta_verdict *kept = (struct ta_verdict *)wmem_memdup(wmem_file_scope(), &verdict, sizeof verdict);
        keep_diagnostic(&seen->reset, kept);
        p_add_proto_data(wmem_file_scope(), pinfo, proto_tcpabort, stream->number, kept);
        store.frames[pinfo->num] |= JUDGED;
        if (stream->flow.reset_frame == pinfo->num)
            stream->decisive = kept;
    }
    if (keep_segments)
        keep_segment(stream, &seen->segment);
}

void store_icmp(packet_info *pinfo, struct observed_icmp *seen)
{
    struct stream ends = { .end = { seen->source, seen->destination } };

    if (!store.newest)
        index_streams();
    struct stream *stream = (struct stream *)wmem_map_lookup(store.newest, &ends);
    if (!stream)
        return;
    seen->icmp.about = find_sender(stream, &seen->source);
    if (!ta_flow_icmp(&stream->flow, &seen->icmp))
        return;
    add_frame_stream(pinfo->num, stream->number);
    if (keep_segments)
        keep_segment(stream, &(struct ta_segment){ .frame = pinfo->num, .time = seen->icmp.time, .from = 1 - seen->icmp.about });
}

int64_t store_now(void)
{
    return store.now;
}

uint32_t store_stream_count(void)
{
    return store.stream_count;
}

struct stream *store_stream(uint32_t number)
{
    return number < store.stream_room ? store.streams[number] : NULL;
}

struct stream *store_frame_stream(uint32_t frame, unsigned index)
{
    uint32_t entry = frame < store.frame_room ? store.frames[frame] : 0;

    if (entry & CROWDED) {
        wmem_array_t *numbers = (wmem_array_t *)wmem_map_lookup(store.crowded, GUINT_TO_POINTER(frame));
        if (index >= wmem_array_get_count(numbers))
            return NULL;
        return store_stream(*(uint32_t *)wmem_array_index(numbers, index));
    }
    return entry != 0 && index == 0 ? store_stream((entry & NUMBER) - 1) : NULL;
}

bool store_silence(const struct stream *stream, uint32_t frame, struct ta_verdict *verdict)
{
    if (stream->decisive || !ta_flow_silence(&stream->flow, store.now, &policy, verdict))
        return false;
    ta_context_note(stream->context, &stream->flow, verdict);
    return frame == 0 || verdict->frame == frame;
}

const struct ta_verdict *store_end(const struct stream *stream, struct ta_verdict *silence)
{
    return stream->decisive ? stream->decisive : store_silence(stream, 0, silence) ? silence : NULL;
}

enum ta_kind store_kind(const struct stream *stream)
{
    return ta_flow_kind(&stream->flow, store.now, &policy);
}

unsigned store_limits(const struct stream *stream)
{
    return ta_stream_limits(&stream->flow, store.now, &policy);
}

const struct state_change *store_states(const struct stream *stream, uint32_t frame)
{
    uint32_t low = 0, high = stream->change_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (stream->changes[middle].frame <= frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &stream->changes[low - 1] : NULL;
}

bool store_has_verdict(uint32_t frame)
{
    return frame < store.frame_room && store.frames[frame] & JUDGED;
}

const struct ta_verdict *store_verdict(packet_info *pinfo, const struct stream *stream)
{
    if (!store_has_verdict(pinfo->num))
        return NULL;
    return (const struct ta_verdict *)p_get_proto_data(wmem_file_scope(), pinfo, proto_tcpabort, stream->number);
}

void endpoint_address(const struct endpoint *end, address *to)
{
    int type = end->address_len == 4 ? AT_IPv4 : end->address_len == 16 ? AT_IPv6 : AT_NONE;
    set_address(to, type, end->address_len, end->address_len ? end->address : NULL);
}
