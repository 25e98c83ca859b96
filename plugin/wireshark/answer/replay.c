/* Feeds the events of a stream to the core; see follow.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer/replay.h"

#include <string.h>

#include "read/application.h"
#include "glue.h"

enum { SLOTS = 256 }; /* more than streams are usually open at a time: a later visit goes through all of them */

/* A stream whose events are in its log, as far as they were read. */
struct slot {
    struct stream *stream; /* NULL: nobody's */
    bool used;             /* since the hand came by last */
    struct log_place read;
    struct ta_connection *connection;
};

static struct slot *slots; /* SLOTS of them */
static unsigned hand;      /* of a clock: the slot that is looked at next when one is wanted */
static struct ta_duplicates *duplicates;

void follow_init(void)
{
    slots = NULL;
    duplicates = NULL;
    hand = 0;
    log_init();
}

/* The core takes the event. */
static void take_event(struct stream *stream, struct ta_connection *connection, const struct event *event)
{
    const struct ta_segment *s = &event->segment;
    struct ta_verdict verdict;

    if (event->is_icmp) {
        ta_step_icmp(connection, &event->icmp);
        store_set_states(event->icmp.frame, stream, connection);
        return;
    }
    uint32_t decisive = ta_decisive_frame(connection);
    unsigned done = ta_step(connection, s, event->speaks ? &event->said : NULL, &policy, &verdict);
    if (done & TA_STEP_OVERRULED)
        store_overruled(stream, decisive, s->frame);
    if (done & TA_STEP_JUDGED)
        store_judged(stream, &verdict, ta_decisive_frame(connection) == s->frame);
    store_set_states(s->frame, stream, connection);
}

static void end_log(struct stream *stream);

/* A slot that was not asked for since the hand came by last. A log of many RSTs is not gone through a second time. */
static struct slot *free_slot(void)
{
    if (!slots) {
        size_t size = ta_connection_size();
        char *connections = (char *)wmem_alloc(wmem_file_scope(), SLOTS * size);
        slots = (struct slot *)wmem_alloc0(wmem_file_scope(), SLOTS * sizeof *slots);
        for (unsigned i = 0; i < SLOTS; i++)
            slots[i].connection = (struct ta_connection *)(connections + i * size);
    }
    while (slots[hand].used) {
        slots[hand].used = false;
        hand = (hand + 1) % SLOTS;
    }
    struct slot *slot = &slots[hand];
    if (slot->stream && slot->stream->log.end.at > LOG_MOST)
        end_log(slot->stream);
    else if (slot->stream)
        slot->stream->slot = 0;
    hand = (hand + 1) % SLOTS;
    return slot;
}

static struct slot *take_slot(struct stream *stream)
{
    if (stream->slot == 0) {
        struct slot *slot = free_slot();
        slot->stream = stream;
        slot->read = log_start(stream->first_time);
        memset(slot->connection, 0, ta_connection_size());
        stream->slot = (uint32_t)(slot - slots) + 1;
    }
    slots[stream->slot - 1].used = true;
    return &slots[stream->slot - 1];
}

/* Follows the stream to the end of its log. */
static struct ta_connection *catch_up(struct stream *stream)
{
    struct event event;

    if (stream->connection)
        return stream->connection;
    struct slot *slot = take_slot(stream);
    while (log_read(&stream->log, &slot->read, &event))
        take_event(stream, slot->connection, &event);
    return slot->connection;
}

const struct ta_connection *follow(const struct stream *stream)
{
    return catch_up(streams_at(stream->number));
}

/* From now on the stream is followed at once. */
static void end_log(struct stream *stream)
{
    stream->connection = (struct ta_connection *)wmem_memdup(wmem_file_scope(), catch_up(stream), ta_connection_size());
    slots[stream->slot - 1].stream = NULL;
    stream->slot = 0;
    log_clear(&stream->log);
}

/* The stream whose handshake goes on with a segment that Wireshark takes for the first of a new one. */
static struct stream *find_continued(struct observed *seen)
{
    struct ta_segment *s = &seen->event.segment;

    if (!(s->flags & TA_SYN) || seen->source.address_len == 0)
        return NULL;
    struct stream *stream = streams_find(&seen->source, &seen->destination, true, &s->from);
    if (!stream)
        return NULL;
    return ta_repeats_handshake(follow(stream), s) ? stream : NULL;
}

static struct stream *begin_stream(struct observed *seen)
{
    struct ta_segment *s = &seen->event.segment;
    bool client = ta_first_sender_is_client(s->flags, seen->source.port, seen->destination.port);
    struct stream *stream = streams_add(seen->number, client ? &seen->source : &seen->destination,
                                        client ? &seen->destination : &seen->source, true);

    s->from = client ? TA_CLIENT : TA_SERVER;
    stream->first_time = s->time;
    stream->log.end = log_start(stream->first_time);
    return stream;
}

/* The stream of the segment. */
static struct stream *find_stream(struct observed *seen)
{
    if (seen->stream && stream_is_real(seen->stream))
        return seen->stream;
    struct stream *stream = WS_SPLITS_STREAMS ? find_continued(seen) : NULL;
    if (!stream)
        return begin_stream(seen);
    streams_continue(stream, seen->number);
    return stream;
}

void follow_segment(packet_info *pinfo, struct observed *seen)
{
    struct stream *stream = find_stream(seen);
    struct event *event = &seen->event;
    struct ta_segment *s = &event->segment;

    if (!stream->connection && log_is_full(&stream->log, s))
        end_log(stream);
    if (!duplicates)
        duplicates = wmem_new0(wmem_file_scope(), struct ta_duplicates);
    uint32_t nxt = stream->connection ? ta_snd_nxt(stream->connection, s->from) : stream->log.end.nxt[s->from];
    s->duplicate = ta_is_duplicate(duplicates, stream->number, nxt, s);
    if (seen->captured > 0) {
        event->said = (struct ta_application){ .method = 0 };
        event->speaks = application_read(pinfo, seen->payload, seen->captured, s, &stream->record[s->from], &event->said);
    }
    store_add_frame(s->frame, stream->number);
    if (s->flags & TA_RST)
        store_add_reset(s->frame, stream->number, &seen->reset);
    if (stream->connection) {
        take_event(stream, stream->connection, event);
    } else {
        log_append(&stream->log, event);
    }
    if (store_keeps_segments())
        store_keep_segment(stream, s);
}

void follow_icmp(packet_info *pinfo, struct observed_icmp *seen)
{
    struct stream *stream = streams_find(&seen->source, &seen->destination, true, &seen->icmp.about);
    struct ta_connection *connection = stream ? catch_up(stream) : NULL;
    struct event event = { .is_icmp = true, .icmp = seen->icmp };

    if (!connection || !ta_step_icmp(connection, &seen->icmp))
        return;
    store_add_frame(pinfo->num, stream->number);
    store_set_states(pinfo->num, stream, connection);
    if (!stream->connection) {
        log_append(&stream->log, &event);
        slots[stream->slot - 1].read = stream->log.end; /* taken already */
        if (stream->log.end.at > LOG_MOST)
            end_log(stream);
    }
    if (store_keeps_segments())
        store_keep_segment(stream, &(struct ta_segment){ .frame = pinfo->num, .time = seen->icmp.time, .from = 1 - seen->icmp.about });
}
