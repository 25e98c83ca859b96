/* Plays the segments column; see player.h. Numbers follow RFC 9293: a segment starts at SND.NXT and
 * acknowledges RCV.NXT; a RST follows section 3.5.2 (a reply) or is built from SND.NXT (an abort).
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "player.h"

#include <stdio.h>
#include <string.h>

#include "script.h"

enum { RANGES = 8, SEGMENTS = 128 };

static const int64_t first_time = 1704067200000000000; /* 2024-01-01 */
static const int64_t default_step = 10000000;          /* 10 ms: a handshake takes two of them */

struct range {
    uint32_t from, to;
};

struct sent {
    struct ta_segment segment;
    bool postponed;
};

struct end {
    uint32_t isn, nxt, rcv, acked, edge;
    bool rcv_known, acked_known, edge_known, has_sent, syn_sent;
    int64_t window;    /* bytes */
    int shift;         /* offered; SCRIPT_OFF: not offered */
    int ttl;
    uint16_t ip_id;    /* of its last transmission */
    bool sack, ip_id_off, timestamps;
    bool peer_shift, peer_sack, peer_timestamps, got_syn; /* what the peer's SYN offered */
    struct range beyond[RANGES];         /* received with a hole before */
    unsigned beyond_count;
    struct ta_segment delivered;         /* the last one that is not a RST */
    bool has_delivered;
};

struct player {
    struct end end[TA_ENDS];
    struct sent sent[SEGMENTS];
    unsigned sent_count;
    int64_t time, step;
    struct recording *recording;
    char *error;
    size_t error_size;
};

static bool complain(struct player *player, const char *problem)
{
    snprintf(player->error, player->error_size, "%s", problem);
    return false;
}

static bool after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

static uint32_t segment_end(const struct ta_segment *segment)
{
    return segment->seq + segment->len + !!(segment->flags & TA_SYN) + !!(segment->flags & TA_FIN);
}

static uint32_t own_rcv(const struct player *player, int who)
{
    const struct end *end = &player->end[who];
    return end->rcv_known ? end->rcv : player->end[!who].isn;
}

/* The shift both ends use for this end's window. */
static unsigned shift_in_use(const struct end *end)
{
    return end->shift != SCRIPT_OFF && end->peer_shift ? (unsigned)end->shift : 0;
}

static uint16_t window_field(const struct end *end, int64_t bytes, uint8_t flags)
{
    int64_t field = flags & TA_SYN ? bytes : bytes >> shift_in_use(end);
    return (uint16_t)(field > 65535 ? 65535 : field);
}

/* Takes what lies beyond a hole once the hole is filled. */
static void join_ranges(struct end *end)
{
    for (bool again = true; again;) {
        again = false;
        for (unsigned i = 0; i < end->beyond_count; i++)
            if (!after(end->beyond[i].from, end->rcv)) {
                if (after(end->beyond[i].to, end->rcv))
                    end->rcv = end->beyond[i].to;
                end->beyond[i] = end->beyond[--end->beyond_count];
                again = true;
                break;
            }
    }
}

static void deliver(struct player *player, const struct ta_segment *segment)
{
    struct end *end = &player->end[!segment->from];
    if (segment->flags & TA_RST)
        return;
    end->delivered = *segment;
    end->has_delivered = true;
    uint32_t past = segment_end(segment);
    if (segment->flags & TA_SYN) {
        end->got_syn = true;
        end->peer_shift = segment->syn.window_scale;
        end->peer_sack = segment->syn.sack_permitted;
        end->peer_timestamps = segment->timestamps;
    }
    if (!end->rcv_known) {
        end->rcv_known = true;
        end->rcv = segment->flags & TA_SYN ? past : player->end[segment->from].isn;
    }
    if (past == segment->seq || !after(past, end->rcv))
        return;
    if (end->beyond_count < RANGES)
        end->beyond[end->beyond_count++] = (struct range){ segment->seq, past };
    join_ranges(end);
}

/* What tells this transmission from all others of its end. The checksum need not be the real one, only
 * the same for the same header. */
static void stamp(struct end *end, struct ta_segment *segment)
{
    const uint32_t multiplier = 0x01000193; /* of the FNV hash */
    const uint32_t fields[] = { segment->seq, segment->ack, segment->flags, segment->window, segment->len };
    uint32_t sum = 0;

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        sum = (sum ^ fields[i]) * multiplier;
    segment->checksum = segment->truncated ? 0 : (uint16_t)(sum ^ sum >> 16);
    segment->ip_id = end->ip_id_off ? 0 : ++end->ip_id;
}

/* The next frame of the capture; false when it is full. */
static bool capture(struct player *player, struct player_frame frame, const char *word)
{
    struct recording *recording = player->recording;
    if (recording->count == PLAYER_FRAMES)
        return complain(player, "too many segments");
    frame.segment.frame = recording->count + 1;
    frame.segment.time = player->time;
    snprintf(recording->word[recording->count], PLAYER_WORD, "%s", word);
    recording->frame[recording->count++] = frame;
    return true;
}

/* The first frame of a capture, unless a time word comes before it, is at its beginning. */
static void pass_time(struct player *player)
{
    player->time += player->recording->count || player->step != default_step ? player->step : 0;
    player->step = default_step;
}

/* Where the peer's window ends, as the sender of `segment` may use it. */
static void note_window(struct player *player, const struct ta_segment *segment)
{
    struct end *end = &player->end[segment->from];
    if (!(segment->flags & TA_ACK) || segment->flags & TA_RST)
        return;
    uint32_t bytes = (uint32_t)segment->window << (segment->flags & TA_SYN ? 0 : shift_in_use(end));
    if (!end->edge_known || after(segment->ack + bytes, end->edge))
        end->edge = segment->ack + bytes;
    end->edge_known = true;
}

/* The wire: the sender's numbers move on, the capture sees the segment, the peer gets it. */
static bool transmit(struct player *player, const struct ta_segment *segment,
                     const struct script_action *action, const char *word)
{
    struct end *end = &player->end[segment->from];
    pass_time(player);
    if (!(segment->flags & TA_RST)) {
        if (!end->has_sent || after(segment_end(segment), end->nxt))
            end->nxt = segment_end(segment);
        end->has_sent = true;
    }
    if (segment->flags & TA_ACK) {
        end->acked = segment->ack;
        end->acked_known = true;
    }
    note_window(player, segment);
    struct player_frame frame = { .segment = *segment, .has_says = action->has_says,
                                  .speaks = action->speaks, .application = action->application };
    memcpy(frame.says, action->says, sizeof frame.says);
    if (!action->hidden && !capture(player, frame, word))
        return false;
    if (!action->lost)
        deliver(player, segment);
    return true;
}

static bool base_value(const struct player *player, int who, enum script_base base, uint32_t usual,
                       uint32_t *value)
{
    const struct end *own = &player->end[who], *peer = &player->end[!who];
    switch (base) {
    case SCRIPT_DEFAULT: *value = usual; return true;
    case SCRIPT_ISN: *value = own->isn; return true;
    case SCRIPT_NXT: *value = own->nxt; return true;
    case SCRIPT_RCV: *value = own_rcv(player, !who); return true;
    case SCRIPT_ACKED: *value = peer->acked; return peer->acked_known;
    case SCRIPT_EDGE: *value = peer->edge; return peer->edge_known;
    case SCRIPT_SACK:
        for (unsigned i = 0; i < peer->beyond_count; i++)
            if (i == 0 || after(peer->beyond[i].to, *value))
                *value = peer->beyond[i].to;
        return peer->beyond_count > 0;
    }
    return false;
}

/* The segment of a captured frame; NULL when there is no such frame, or it is an ICMP error. */
static const struct ta_segment *captured(const struct player *player, unsigned frame)
{
    const struct recording *recording = player->recording;
    bool is_segment = frame >= 1 && frame <= recording->count && recording->frame[frame - 1].icmp_type == 0;
    return is_segment ? &recording->frame[frame - 1].segment : NULL;
}

/* The last segment captured, of this end or (TA_ENDS) of either. */
static const struct ta_segment *last_captured(const struct player *player, int from)
{
    for (unsigned frame = player->recording->count; frame > 0; frame--) {
        const struct ta_segment *segment = captured(player, frame);
        if (segment && (from == TA_ENDS || segment->from == from))
            return segment;
    }
    return NULL;
}

/* The segment a RST answers: the named frame, else the last one delivered. */
static const struct ta_segment *answered(const struct player *player, const struct script_action *action)
{
    const struct end *end = &player->end[action->from];
    if (action->frame)
        return captured(player, action->frame);
    return end->has_delivered ? &end->delivered : NULL;
}

/* SEQ, ACK and window of a RST. A bare RST, or one that answers a SYN, is built from the segment it
 * answers; any other RST+ACK from the sender's own numbers, which are set already. */
static void fill_reset(const struct player *player, const struct script_action *action, struct ta_segment *segment)
{
    const struct ta_segment *trigger = answered(player, action);
    bool answers_syn = trigger && (trigger->flags & (TA_SYN | TA_ACK)) == TA_SYN;
    if (segment->flags & TA_ACK && !answers_syn)
        return;
    segment->window = 0;
    if (trigger)
        segment->seq = trigger->flags & TA_ACK ? trigger->ack : 0;
    segment->ack = segment->flags & TA_ACK ? segment_end(trigger) : 0;
}

static void fill_syn_options(const struct end *end, struct ta_segment *segment)
{
    bool answer = segment->flags & TA_ACK && end->got_syn;
    segment->syn.complete = !segment->truncated;
    if (segment->truncated)
        return;
    segment->syn.window_scale = end->shift != SCRIPT_OFF && (!answer || end->peer_shift);
    segment->syn.shift = segment->syn.window_scale ? (uint8_t)end->shift : 0;
    segment->syn.sack_permitted = end->sack && (!answer || end->peer_sack);
    segment->timestamps = end->timestamps && (!answer || end->peer_timestamps);
    if (segment->timestamps) /* as Linux: MSS, SACK permitted, timestamps, NOP, window scale */
        segment->syn.order = (segment->syn.sack_permitted ? 0x248 : 0x2118) << (segment->syn.window_scale ? 8 : 0)
                             | (segment->syn.window_scale ? 0x13 : 0);
}

/* What the word says of the packet around the segment. Agreed timestamps are in all but replies by a RST. */
static void dress(const struct end *end, const struct script_action *action, struct ta_segment *segment)
{
    bool reply = segment->flags & TA_RST && !(segment->flags & TA_ACK && segment->seq == end->nxt);
    if (!(segment->flags & TA_SYN))
        segment->timestamps = end->timestamps && end->peer_timestamps && !reply;
    if (action->timestamps != SCRIPT_OFF)
        segment->timestamps = action->timestamps;
    if (action->ttl != SCRIPT_OFF)
        segment->ttl = (uint8_t)action->ttl;
    if (action->ip_id != SCRIPT_OFF)
        segment->ip_id = (uint16_t)action->ip_id;
    if (action->mac != SCRIPT_OFF)
        segment->mac = (uint64_t)action->mac;
}

static bool send_segment(struct player *player, const struct script_action *action, const char *word)
{
    struct end *end = &player->end[action->from];
    struct ta_segment segment = { .from = action->from, .flags = action->flags, .len = action->len };
    segment.truncated = action->truncated;
    segment.trailing_alerts = action->alert ? action->len : 0;
    segment.ttl = (uint8_t)end->ttl;
    segment.mac = (uint64_t)(1 + segment.from);
    segment.seq = action->flags & TA_SYN ? end->isn : end->nxt;
    segment.ack = action->crossing && end->acked_known ? end->acked : own_rcv(player, action->from);
    segment.window = window_field(end, end->window, action->flags);
    if (action->flags & TA_RST)
        fill_reset(player, action, &segment);
    if (action->window != SCRIPT_OFF)
        segment.window = window_field(end, action->window, action->flags);
    if (action->flags & TA_SYN)
        fill_syn_options(end, &segment);
    uint32_t base;
    if (!base_value(player, action->from, action->seq.base, segment.seq, &base))
        return complain(player, "seq= counts from a number the peer has not given yet");
    segment.seq = base + (uint32_t)action->seq.offset;
    if (!base_value(player, !action->from, action->ack.base, segment.ack, &base))
        return complain(player, "ack= counts from a number this end has not given yet");
    if (!(segment.flags & TA_ACK) && action->ack.base == SCRIPT_DEFAULT)
        base = 0;
    segment.ack = base + (uint32_t)action->ack.offset;
    stamp(end, &segment);
    dress(end, action, &segment);

    if (player->sent_count == SEGMENTS)
        return complain(player, "too many segments");
    player->sent[player->sent_count++] = (struct sent){ .segment = segment, .postponed = action->later };
    if (!action->later)
        return transmit(player, &segment, action, word);
    if (after(segment_end(&segment), end->nxt))
        end->nxt = segment_end(&segment);
    return true;
}

/* This end's last segment, captured or not. */
static const struct ta_segment *last_sent(const struct player *player, int from)
{
    for (unsigned i = player->sent_count; i-- > 0;)
        if (player->sent[i].segment.from == from && !player->sent[i].postponed)
            return &player->sent[i].segment;
    return NULL;
}

/* Sends once more: the named frame, else this end's last segment. */
static bool send_again(struct player *player, const struct script_action *action, const char *word)
{
    const struct ta_segment *old = action->frame ? captured(player, action->frame) : last_sent(player, action->from);
    if (!old || old->from != action->from)
        return complain(player, "nothing this end could send again");
    struct ta_segment segment = *old;
    struct end *end = &player->end[action->from];
    if (segment.flags & TA_ACK && !(segment.flags & TA_RST)) {
        segment.ack = action->crossing && end->acked_known ? end->acked : own_rcv(player, action->from);
        segment.window = window_field(end, end->window, segment.flags);
    }
    stamp(end, &segment);
    dress(end, action, &segment);
    return transmit(player, &segment, action, word);
}

/* A packet captured twice was sent once: the ends take no notice of the copy. */
static bool copy_packet(struct player *player, const struct script_action *action, const char *word)
{
    const struct ta_segment *old = action->frame ? captured(player, action->frame)
                                                 : last_captured(player, action->from);
    if (!old || old->from != action->from)
        return complain(player, "nothing this end has sent");
    struct player_frame frame = player->recording->frame[old->frame - 1];
    if (action->ttl != SCRIPT_OFF)
        frame.segment.ttl = (uint8_t)action->ttl;
    if (action->mac != SCRIPT_OFF)
        frame.segment.mac = (uint64_t)action->mac;
    pass_time(player);
    return capture(player, frame, word);
}

/* An ICMP error about the named frame, else about the last segment captured. The ends take no notice. */
static bool send_icmp(struct player *player, const struct script_action *action, const char *word)
{
    const struct ta_segment *about = action->frame ? captured(player, action->frame) : last_captured(player, TA_ENDS);
    uint32_t base;
    if (!about)
        return complain(player, "no segment to quote");
    struct player_frame frame = { .segment = *about, .icmp_version = 4, .icmp_type = action->icmp_type, .icmp_code = action->icmp_code };
    if (!base_value(player, about->from, action->seq.base, about->seq, &base))
        return complain(player, "seq= counts from a number the peer has not given yet");
    frame.segment.seq = base + (uint32_t)action->seq.offset;
    pass_time(player);
    return capture(player, frame, word);
}

/* The oldest postponed segment of this end passes. */
static bool release(struct player *player, const struct script_action *action, const char *word)
{
    for (unsigned i = 0; i < player->sent_count; i++)
        if (player->sent[i].postponed && player->sent[i].segment.from == action->from) {
            player->sent[i].postponed = false;
            return transmit(player, &player->sent[i].segment, action, word);
        }
    return complain(player, "nothing was postponed");
}

static bool set(struct player *player, const struct script_action *action)
{
    struct end *end = &player->end[action->from];
    if (end->has_sent && action->property != SCRIPT_SET_WINDOW)
        return complain(player, "a setting comes before the first segment of its end");
    switch (action->property) {
    case SCRIPT_SET_ISN: end->isn = end->nxt = (uint32_t)action->value; break;
    case SCRIPT_SET_WINDOW: end->window = action->value; break;
    case SCRIPT_SET_SHIFT: end->shift = (int)action->value; break;
    case SCRIPT_SET_SACK: end->sack = false; break;
    case SCRIPT_SET_TTL: end->ttl = (int)action->value; break;
    case SCRIPT_SET_IP_ID: end->ip_id_off = true; break;
    case SCRIPT_SET_TIMESTAMPS: end->timestamps = true; break;
    }
    return true;
}

static bool perform(struct player *player, const struct script_action *action, const char *word)
{
    switch (action->verb) {
    case SCRIPT_WAIT: player->step = action->time; return true;
    case SCRIPT_SET: return set(player, action);
    case SCRIPT_SEND: return send_segment(player, action, word);
    case SCRIPT_REPEAT: return send_again(player, action, word);
    case SCRIPT_COPY: return copy_packet(player, action, word);
    case SCRIPT_RELEASE: return release(player, action, word);
    case SCRIPT_ICMP: return send_icmp(player, action, word);
    }
    return false;
}

bool player_play(const char *segments, bool mirrored, struct recording *recording, char *error, size_t size)
{
    struct player player = { .time = first_time, .step = default_step, .recording = recording,
                             .error = error, .error_size = size };
    for (int who = 0; who < TA_ENDS; who++) {
        uint32_t isn = (who == TA_CLIENT) != mirrored ? 100000 : 500000;
        player.end[who] = (struct end){ .isn = isn, .nxt = isn, .ip_id = (uint16_t)(isn / 100), .window = 64256,
                                        .shift = 7, .ttl = 64, .sack = true };
    }
    recording->count = 0;
    char word[256];
    int length;
    for (; sscanf(segments, "%255s%n", word, &length) == 1; segments += length) {
        struct script_action action;
        if (!script_read_word(word, &action, error, size))
            return false;
        if (mirrored)
            action.from = !action.from;
        char reason[160] = "";
        player.error = reason;
        player.error_size = sizeof reason;
        if (!perform(&player, &action, word)) {
            snprintf(error, size, "%s: %s", word, reason);
            return false;
        }
    }
    if (recording->count == 0) {
        snprintf(error, size, "no segment");
        return false;
    }
    recording->end = player.time + (player.step != default_step ? player.step : 0);
    return true;
}
