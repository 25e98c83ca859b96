/* Feeds the events of a stream to the core; see replay.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer/replay.h"

#include <string.h>

#include "keep/frames.h"
#include "keep/pages.h"
#include "keep/verdicts.h"
#include "preferences.h"

enum { SLOTS = 256 }; /* more than streams are usually open at a time: a later visit goes through all of them */

/* A connection that streams have by turns, as far as the log of its stream was read. */
struct slot {
    const struct stream *stream; /* NULL: nobody's */
    bool used;                   /* since the hand came by last */
    struct log_place read;
    struct ta_connection *connection;
};

static struct slot *slots;  /* SLOTS of them */
static unsigned hand;       /* of a clock: the slot that is looked at next when one is wanted */
static struct pages owned;  /* struct ta_connection *: those that belong to one stream for good */
static uint32_t owned_count;
static struct pages places; /* uint32_t by stream: 0 nowhere, up to SLOTS the slot of this number from 1, above one of those owned */

void replay_begin(void)
{
    slots = NULL;
    hand = 0;
    owned = (struct pages){ .size = sizeof(struct ta_connection *) };
    owned_count = 0;
    places = (struct pages){ .size = sizeof(uint32_t) };
}

static uint32_t place_of(const struct stream *stream)
{
    const uint32_t *place = (const uint32_t *)pages_at(&places, stream->number);
    return place ? *place : 0;
}

static void set_place(const struct stream *stream, uint32_t place)
{
    *(uint32_t *)pages_make(&places, stream->number) = place;
}

/* NULL when the place is none of those owned. */
static struct ta_connection *owned_at(uint32_t place)
{
    return place > SLOTS ? *(struct ta_connection **)pages_at(&owned, place - SLOTS - 1) : NULL;
}

/* What an event came to. */
struct findings {
    uint32_t frame;
    struct states states;
    unsigned done;    /* TA_STEP_... */
    bool decides;     /* the verdict fixes how the stream ended */
    uint32_t overruled; /* the frame of the RST that is overruled */
    struct ta_verdict verdict;
};

/* The core takes the event. */
static void take_event(struct ta_connection *connection, const struct event *event, struct findings *found)
{
    found->frame = event->is_icmp ? event->icmp.frame : event->segment.frame;
    found->done = 0;
    if (event->is_icmp)
        ta_step_icmp(connection, &event->icmp);
    else
        found->done = ta_step(connection, &event->segment, event->has_application ? &event->application : NULL, &pref_policy,
                              &found->verdict);
    found->decides = ta_decisive_frame(connection) == found->frame;
    found->overruled = ta_overruled_frame(connection);
    for (int end = 0; end < TA_ENDS; end++)
        found->states.of[end] = (uint8_t)ta_end_state(connection, end);
}

/* The one place where what was found is written down for who asks. */
static void keep_findings(uint32_t stream, const struct findings *found)
{
    if (found->done & TA_STEP_OVERRULED)
        verdicts_overrule(stream, found->overruled, found->frame);
    if (found->done & TA_STEP_JUDGED)
        verdicts_set(stream, &found->verdict, found->decides);
    frames_set_states(found->frame, stream, found->states);
}

/* To the end of the stream's log. */
static void read_on(struct slot *slot)
{
    struct event event;
    struct findings found;

    while (log_read(&slot->stream->log, &slot->read, &event)) {
        take_event(slot->connection, &event, &found);
        keep_findings(slot->stream->number, &found);
    }
}

/* The slot's stream gets the connection for good. */
static void give_away(struct slot *slot)
{
    read_on(slot);
    struct ta_connection **place = (struct ta_connection **)pages_make(&owned, owned_count++);
    *place = (struct ta_connection *)wmem_memdup(wmem_file_scope(), slot->connection, ta_connection_size());
    set_place(slot->stream, SLOTS + owned_count);
    slot->stream = NULL;
}

static void make_slots(void)
{
    size_t size = ta_connection_size();
    char *connections = (char *)wmem_alloc(wmem_file_scope(), SLOTS * size);

    slots = (struct slot *)wmem_alloc0(wmem_file_scope(), SLOTS * sizeof *slots);
    for (unsigned i = 0; i < SLOTS; i++)
        slots[i].connection = (struct ta_connection *)(connections + i * size);
}

/* A slot that was not asked for since the hand came by last. A log of many RSTs is not gone through a second time. */
static struct slot *free_slot(void)
{
    if (!slots)
        make_slots();
    while (slots[hand].used) {
        slots[hand].used = false;
        hand = (hand + 1) % SLOTS;
    }
    struct slot *slot = &slots[hand];
    if (slot->stream && slot->stream->log.end.at > LOG_MOST)
        give_away(slot);
    else if (slot->stream)
        set_place(slot->stream, 0);
    hand = (hand + 1) % SLOTS;
    return slot;
}

/* The stream's slot, read to the end of its log; it has no connection of its own. */
static struct slot *open_slot(const struct stream *stream, uint32_t place)
{
    struct slot *slot = place ? &slots[place - 1] : free_slot();

    if (!place) {
        slot->stream = stream;
        slot->read = log_start(stream->first_time);
        memset(slot->connection, 0, ta_connection_size());
        set_place(stream, (uint32_t)(slot - slots) + 1);
    }
    slot->used = true;
    if (slot->read.at != stream->log.end.at)
        read_on(slot);
    return slot;
}

const struct ta_connection *replay(const struct stream *stream)
{
    uint32_t place = place_of(stream);
    const struct ta_connection *own = owned_at(place);

    return own ? own : open_slot(stream, place)->connection;
}

const struct ta_connection *replay_own(struct stream *stream, const struct event *event)
{
    uint32_t place = place_of(stream);

    if (place <= SLOTS) {
        if (!log_is_full(&stream->log, event))
            return NULL;
        give_away(open_slot(stream, place));
        place = place_of(stream);
    }
    if (stream->log.bytes)
        log_close(&stream->log);
    return owned_at(place);
}

void replay_event(const struct stream *stream, const struct event *event)
{
    struct findings found;

    take_event(owned_at(place_of(stream)), event, &found);
    keep_findings(stream->number, &found);
}
