/* Feeds the events of a stream to the core; see follow.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "follow.h"

#include <string.h>

#include "application.h"
#include "mirror.h"
#include "tcpabort.h"

enum { SLOTS = 256 }; /* more than streams are usually open at a time: a later visit goes through all of them */

/* A stream whose events are in its log, as far as they were read. */
struct slot {
    struct stream *stream; /* NULL: nobody's */
    bool used;             /* since the hand came by last */
    struct log_place read;
    struct ta_live live;
};

static struct slot *slots; /* SLOTS of them */
static unsigned hand;      /* of a clock: the slot that is looked at next when one is wanted */
static struct ta_mirror *mirror;

void follow_init(void)
{
    slots = NULL;
    mirror = NULL;
    hand = 0;
    log_init();
}

/* The core takes the event. */
static void take_event(struct stream *stream, struct ta_live *live, const struct event *event)
{
    const struct ta_segment *s = &event->segment;
    struct ta_verdict verdict;

    if (event->is_icmp) {
        ta_flow_icmp(&live->flow, &event->icmp);
        store_set_states(event->icmp.frame, stream, &live->flow);
        return;
    }
    uint32_t decisive = live->flow.decisive.frame;
    unsigned done = ta_live_step(live, s, event->speaks ? &event->said : NULL, &policy, &verdict);
    if (done & TA_STEP_OVERRULED)
        store_overruled(stream, decisive, s->frame);
    if (done & TA_STEP_JUDGED)
        store_judged(stream, &verdict, live->flow.decisive.frame == s->frame);
    store_set_states(s->frame, stream, &live->flow);
}

static void end_log(struct stream *stream);

/* A slot that was not asked for since the hand came by last. A log of many RSTs is not gone through a second time. */
static struct slot *free_slot(void)
{
    if (!slots)
        slots = (struct slot *)wmem_alloc0(wmem_file_scope(), SLOTS * sizeof *slots);
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
        memset(&slot->live, 0, sizeof slot->live);
        stream->slot = (uint32_t)(slot - slots) + 1;
    }
    slots[stream->slot - 1].used = true;
    return &slots[stream->slot - 1];
}

/* Follows the stream to the end of its log. */
static struct ta_live *catch_up(struct stream *stream)
{
    struct event event;

    if (stream->live)
        return stream->live;
    struct slot *slot = take_slot(stream);
    while (log_read(&stream->log, &slot->read, &event))
        take_event(stream, &slot->live, &event);
    return &slot->live;
}

const struct ta_live *follow(const struct stream *stream)
{
    return catch_up(streams_at(stream->number));
}

/* From now on the stream is followed at once. */
static void end_log(struct stream *stream)
{
    stream->live = (struct ta_live *)wmem_memdup(wmem_file_scope(), catch_up(stream), sizeof *stream->live);
    slots[stream->slot - 1].stream = NULL;
    stream->slot = 0;
    log_clear(&stream->log);
}

/* The stream whose handshake goes on with a segment that Wireshark takes for the first of a new one: the client repeats
 * its SYN, or a SYN-ACK acknowledges it. */
static struct stream *find_continued(const struct observed *seen, uint8_t *from)
{
    const struct ta_segment *s = &seen->event.segment;

    if (!(s->flags & TA_SYN) || seen->source.address_len == 0)
        return NULL;
    struct stream *stream = streams_find(&seen->source, &seen->destination, true, from);
    if (!stream)
        return NULL;
    const struct ta_end *ends = follow(stream)->flow.end, *client = &ends[TA_CLIENT], *server = &ends[TA_SERVER];
    bool ended = client->reset.sent || server->reset.sent || client->fin.sent || server->fin.sent, answer = s->flags & TA_ACK;
    uint32_t iss = answer ? s->ack - 1 : s->seq;
    return ended && client->syn.sent && client->seq.iss == iss && (*from == TA_CLIENT) != answer ? stream : NULL;
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
    struct stream *stream = WS_SPLITS_STREAMS ? find_continued(seen, &seen->event.segment.from) : NULL;
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

    if (!stream->live && log_is_full(&stream->log, s))
        end_log(stream);
    if (!mirror)
        mirror = wmem_new0(wmem_file_scope(), struct ta_mirror);
    uint32_t nxt = stream->live ? stream->live->flow.end[s->from].seq.nxt : stream->log.end.nxt[s->from];
    s->duplicate = ta_is_copy(mirror, stream->number, nxt, s);
    if (seen->captured > 0) {
        event->said = (struct ta_application){ .method = 0 };
        event->speaks = application_read(pinfo, seen->payload, seen->captured, s, &stream->record[s->from], &event->said);
    }
    store_add_frame(s->frame, stream->number);
    if (s->flags & TA_RST)
        store_add_reset(s->frame, stream->number, &seen->reset);
    if (stream->live) {
        take_event(stream, stream->live, event);
    } else {
        log_append(&stream->log, event);
    }
    if (store_keeps_segments())
        store_keep_segment(stream, s);
}

void follow_icmp(packet_info *pinfo, struct observed_icmp *seen)
{
    struct stream *stream = streams_find(&seen->source, &seen->destination, true, &seen->icmp.about);
    struct ta_live *live = stream ? catch_up(stream) : NULL;
    struct event event = { .is_icmp = true, .icmp = seen->icmp };

    if (!live || !ta_flow_icmp(&live->flow, &seen->icmp))
        return;
    store_add_frame(pinfo->num, stream->number);
    store_set_states(pinfo->num, stream, &live->flow);
    if (!stream->live) {
        log_append(&stream->log, &event);
        slots[stream->slot - 1].read = stream->log.end; /* taken already */
        if (stream->log.end.at > LOG_MOST)
            end_log(stream);
    }
    if (store_keeps_segments())
        store_keep_segment(stream, &(struct ta_segment){ .frame = pinfo->num, .time = seen->icmp.time, .from = 1 - seen->icmp.about });
}
