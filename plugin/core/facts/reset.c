/* One RST: what it answers, how it is built, what is left behind.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "acceptance.h"
#include "facts.h"
#include "seq.h"

/* The segment of `to` that the RST answers, or NULL. A bare RST takes its SEQ from that segment's ACK; the
 * answer to a segment without ACK has SEQ 0 and acknowledges it (RFC 9293 section 3.5.2). */
static const struct ta_sent *find_trigger(const struct ta_flow *flow, const struct ta_segment *s)
{
    static const int64_t second = 1000 * TA_MILLISECOND;
    const struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];
    const struct ta_sent *oldest = NULL;
    /* An answer comes at once: after a round trip, and before its sender says anything else. */
    bool fresh = to->sent.last.frame > from->sent.last.frame
                 && s->time - to->last_time <= (flow->rtt > second ? flow->rtt : second);

    if (s->flags & TA_ACK) {
        bool answers = fresh && s->seq == 0 && to->sent.last.frame != 0 && !to->sent.last.has_ack && s->ack == to->sent.last.end;
        return answers ? &to->sent.last : NULL;
    }
    /* Payload that nobody ACKed is the likelier trigger than the ACKs sent around it; of several such
     * segments the first RST answers the first, but once they are repeated the newest. */
    for (int i = 0; i < TA_KEPT_SEGMENTS && to->retry.count <= 1; i++) {
        const struct ta_sent *kept = &to->sent.kept[i];
        if (kept->frame != 0 && kept->has_ack && kept->ack == s->seq && ta_seq_after(kept->end, to->seq.una)
            && (!oldest || kept->frame < oldest->frame))
            oldest = kept;
    }
    if (oldest)
        return oldest;
    return fresh && to->sent.last.has_ack && to->sent.last.ack == s->seq ? &to->sent.last : NULL;
}

/* Whether `to` sent with it the ACK of the handshake, and neither end has sent anything else since. */
static bool ends_handshake(const struct ta_end *from, const struct ta_end *to, const struct ta_sent *trigger)
{
    return from->syn.ack_sent && !from->syn.sent && from->seq.nxt == from->seq.iss + 1 && trigger->has_ack
           && trigger->end == to->seq.iss + 1 && to->seq.nxt == to->seq.iss + 1;
}

static enum ta_shape find_shape(const struct ta_flow *flow, const struct ta_segment *s, struct ta_evidence *e)
{
    const struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];
    const struct ta_sent *trigger = find_trigger(flow, s);

    if (trigger) {
        e->trigger_frame = trigger->frame;
        e->facts |= TA_F(REPLY) | (trigger->has_payload ? TA_F(TRIGGER_DATA) : 0);
        e->facts |= ends_handshake(from, to, trigger) ? TA_F(HANDSHAKE_ACK) : 0;
        return TA_SHAPE_REPLY;
    }
    /* macOS takes the number of its FIN instead, although the FIN was sent. */
    bool at_fin = from->fin.sent && s->seq == from->fin.seq && s->seq + 1 == from->seq.nxt;
    if ((s->flags & TA_ACK) && from->seq.known && (s->seq == from->seq.nxt || at_fin)) {
        e->facts |= TA_F(ACTIVE);
        return TA_SHAPE_ACTIVE;
    }
    return TA_SHAPE_OTHER;
}

void ta_receive_rst(const struct ta_flow *flow, const struct ta_segment *s, struct ta_evidence *e)
{
    const struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];

    *e = (struct ta_evidence){ .aborter = s->from };
    e->effect = (uint8_t)ta_find_effect(from, to, s, &e->facts);
    e->shape = (uint8_t)find_shape(flow, s, e);
    if (to->state == TA_SYN_SENT && s->flags & TA_ACK && s->ack == to->seq.iss)
        e->facts |= TA_F(ACKS_ISN);
    /* Only a connection that was over before answers so after its own repetitions; but in SYN_SENT an end answers an ACK that it
     * cannot accept, and goes on (RFC 9293 section 3.10.7.3). */
    e->gave_up_before = e->shape == TA_SHAPE_REPLY && !from->reset.aborted && from->state != TA_SYN_SENT && (from->retry.count > 1 || from->retry.of_zero_window);
}

/* Frames, times and the facts that follow from them. */
static void measure(const struct ta_flow *flow, const struct ta_segment *s, int64_t recent, struct ta_evidence *e)
{
    static const int64_t fin_wait = 59000 * TA_MILLISECOND;
    const struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];
    const struct ta_end *fin_sender = from->fin.sent ? from : to;
    uint64_t tries = ta_tries(from, to);
    /* Not a word from the peer since several tries, or one probe, and the next one was due: a timer sent the
     * RST. Keep-alives are a second apart at least (Linux, TCP_KEEPINTVL). */
    int64_t pause = from->retry.count > 1 ? from->retry.gap / 4 * 3 : 950 * TA_MILLISECOND;
    bool timer = (from->retry.count > 1 || from->retry.is_probe) && !from->retry.peer_sent && s->time - from->retry.time >= pause;
    /* Linux gives up in silence, but for keep-alives (rows 40, 42, 44). */
    bool silent = ta_end_stack(from) == TA_LINUX && !(tries & TA_F(TRIES_KEEPALIVE));

    e->bytes_after_fin = to->payload.after_fin;
    e->frame = s->frame;
    e->time = s->time;
    e->fin_frame = fin_sender->fin.inferred ? 0 : fin_sender->fin.frame;
    e->fin_to_rst = e->fin_frame != 0 && s->time >= fin_sender->fin.time ? s->time - fin_sender->fin.time : -1;
    e->idle = flow->last_frame != 0 && s->time >= flow->last_time ? s->time - flow->last_time : -1;

    const struct {
        uint64_t fact;
        bool holds;
    } facts[] = {
        { TA_F(ABORTER_OPENING), from->state == TA_SYN_SENT },
        { TA_F(ABORTER_FIN), from->fin.sent },
        { TA_F(VICTIM_FIN), to->fin.sent },
        { TA_F(DATA_AFTER_FIN), e->bytes_after_fin > 0 },
        { TA_F(ABORTER_UNREAD), e->unread_bytes[s->from] > 0 },
        { TA_F(RECENT_PAYLOAD), from->payload.last_frame && s->time - from->payload.last_time < recent },
        { TA_F(ABORTER_REPEATS), from->retry.count > 1 || (from->retry.count == 1 && from->retry.is_probe) },
        { TA_F(GAVE_UP) | tries, tries != 0 && timer && !silent && (e->facts & TA_F(ACTIVE)) },
        { TA_F(LONG_FIN_WAIT), from->state == TA_FIN_WAIT_2 && s->time - from->fin.time >= fin_wait },
        { TA_F(LISTENER), to->syn.ack_sent && !to->syn.sent && !to->fin.sent && to->payload.last_frame == 0 },
        { TA_F(INFERRED), to->inferred },
        { TA_F(RST_PAYLOAD), s->len > 0 },
    };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        e->facts |= facts[i].holds ? facts[i].fact : 0;
    if (e->facts & TA_F(GAVE_UP))
        ta_add_icmp(from, e);
}

bool ta_rst_aborts(const struct ta_flow *flow, const struct ta_segment *s, const struct ta_evidence *e)
{
    return flow->end[s->from].state != TA_SYN_SENT && (e->facts & TA_F(OBEYED) || e->shape != TA_SHAPE_OTHER);
}

void ta_measure_rst(const struct ta_flow *flow, const struct ta_segment *s, int64_t recent, struct ta_evidence *e)
{
    const struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];

    ta_describe_ends(flow, e);
    measure(flow, s, recent, e);
    /* A stack that gives up drops the connection; its application still holds the socket and is told. */
    bool gave_up = e->facts & TA_F(GAVE_UP);
    e->told = gave_up ? s->from : 1 - s->from;
    e->handle[s->from] = (uint8_t)ta_find_handle(from, ta_rst_aborts(flow, s, e) && !gave_up);
    e->handle[1 - s->from] = (uint8_t)ta_find_handle(to, false);
}
