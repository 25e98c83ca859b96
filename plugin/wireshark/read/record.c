/* From packets to the tables; see record.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/record.h"

#include "answer/replay.h"
#include "compat.h"
#include "keep/frames.h"
#include "keep/segments.h"
#include "keep/verdicts.h"
#include "read/application.h"

static struct ta_duplicates *duplicates;

void record_begin(void)
{
    duplicates = NULL;
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
    return ta_repeats_handshake(replay(stream), s) ? stream : NULL;
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

/* The stream's next event. `unlogged`: replay_unlogged(). */
static void add_event(struct stream *stream, const struct event *event, bool unlogged)
{
    if (unlogged)
        replay_event(stream, event);
    else
        log_append(&stream->log, event);
}

void record_segment(packet_info *pinfo, struct observed *seen)
{
    struct stream *stream = find_stream(seen);
    struct event *event = &seen->event;
    struct ta_segment *s = &event->segment;
    const struct ta_connection *unlogged = replay_unlogged(stream, event);

    if (!duplicates)
        duplicates = wmem_new0(wmem_file_scope(), struct ta_duplicates);
    uint32_t nxt = unlogged ? ta_snd_nxt(unlogged, s->from) : stream->log.end.nxt[s->from];
    s->duplicate = ta_is_duplicate(duplicates, stream->number, nxt, s);
    if (seen->captured > 0) {
        event->application = (struct ta_application){ .method = 0 };
        event->has_application = application_read(pinfo, seen->payload, seen->captured, s, &stream->record[s->from], &event->application);
    }
    frames_add(s->frame, stream->number);
    if (s->flags & TA_RST) {
        frames_set_reset(s->frame);
        verdicts_add(s->frame, stream->number, &seen->reset);
    }
    add_event(stream, event, unlogged != NULL);
    segments_add(stream->number, s);
}

/* Whether it means anything to the stream, so far. To ask is to tell, so a copy of its connection is asked. */
static bool accepts(const struct stream *stream, const struct ta_icmp *icmp)
{
    struct ta_connection *copy = (struct ta_connection *)wmem_memdup(NULL, replay(stream), ta_connection_size());
    bool accepted = ta_step_icmp(copy, icmp);

    wmem_free(NULL, copy);
    return accepted;
}

void record_icmp(struct observed_icmp *seen)
{
    struct ta_icmp *icmp = &seen->icmp;
    struct stream *stream = streams_find(&seen->source, &seen->destination, true, &icmp->about);

    if (!stream || !accepts(stream, icmp))
        return;
    const struct event event = { .is_icmp = true, .icmp = *icmp };
    frames_add(icmp->frame, stream->number);
    add_event(stream, &event, replay_unlogged(stream, &event) != NULL);
    segments_add(stream->number, &(struct ta_segment){ .frame = icmp->frame, .time = icmp->time, .from = 1 - icmp->about });
}
