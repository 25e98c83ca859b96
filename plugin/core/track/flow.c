/* A segment other than a RST: sequence numbers first, then both state machines.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"

#include "machine.h"
#include "seq.h"

static void event(struct ta_end *end, enum ta_event event)
{
    end->state = (uint8_t)ta_next_state(end->state, event);
}

static bool fin_delivered(const struct ta_end *from)
{
    return from->fin.sent && ta_seq_after(from->seq.rcv_nxt, from->fin.seq);
}

/* What the ACK made look like a FIN was payload: `from` sends on after it. */
static void retract_fin(struct ta_end *from, struct ta_end *to)
{
    from->fin = (struct ta_fin){ .sent = false };
    from->after_fin = (struct ta_after_fin){ .peer_sent = false };
    to->payload.after_fin = to->payload.after_fin_frame = 0;
    event(from, TA_SENT_NO_FIN);
    event(to, TA_GOT_NO_FIN);
}

/* The segment ended the handshake as far as anybody can see: ends whose own was not captured join. */
static void join(struct ta_end *from, struct ta_end *to)
{
    bool syn_acked = to->state == TA_SYN_SENT && to->seq.known && ta_seq_after(to->seq.una, to->seq.iss);

    from->inferred |= from->state <= TA_SYN_SENT && !to->syn.ack_sent;
    event(from, TA_JOINED);
    if (to->state == TA_UNKNOWN || syn_acked) {
        to->inferred = true;
        event(to, TA_JOINED);
    }
}

/* Both state machines after the sequence numbers are known. Events are reported as long as they are
 * true, in the order in which RFC 9293 section 3.10.7 handles them: SYN, ACK, FIN. */
static void advance(struct ta_end *from, struct ta_end *to, const struct ta_segment *s, bool ack_ok)
{
    bool syn = s->flags & TA_SYN, ack = s->flags & TA_ACK;

    if (syn)
        event(from, ack ? TA_SENT_SYN_ACK : TA_SENT_SYN);
    if (syn && (!ack || ack_ok))
        event(to, ack ? TA_GOT_SYN_ACK : TA_GOT_SYN);
    if (syn && !ack && to->syn.sent)
        event(from, TA_GOT_SYN);
    if (!syn)
        join(from, to);
    if (to->syn.ack_sent && ta_seq_after(to->seq.una, to->seq.iss))
        event(to, TA_GOT_ACK_OF_SYN);
    if (!from->fin.sent && !to->fin.sent)
        return;
    if (fin_delivered(to))
        event(from, TA_GOT_FIN);
    if (from->fin.sent)
        event(from, from->fin.crossing ? TA_SENT_CROSSING_FIN : TA_SENT_FIN);
    if (to->fin.inferred)
        event(to, TA_SENT_FIN);
    if (ta_fin_acked(to))
        event(to, TA_GOT_ACK_OF_FIN);
    if (fin_delivered(from))
        event(to, TA_GOT_FIN);
}

void ta_track_begin(struct ta_flow *flow, const struct ta_segment *s)
{
    struct ta_end *from = &flow->end[s->from];

    if (flow->last_frame == 0) {
        if ((s->flags & (TA_SYN | TA_ACK | TA_RST)) != TA_SYN)
            ta_add_limit(flow, TA_LIMIT_LATE_START);
    } else if (s->time < flow->last_time) {
        ta_add_limit(flow, TA_LIMIT_TIME_BACKWARDS);
    } else if (s->time - flow->last_time >= TA_PAUSE_LEAST) {
        flow->pause = s->time - flow->last_time;
        flow->pause_end = s->time;
    }
    if (s->truncated)
        ta_add_limit(flow, TA_LIMIT_TRUNCATED);
    if (!from->seen)
        from->ttl = s->ttl;
    if ((s->flags & (TA_SYN | TA_ACK)) == TA_SYN)
        flow->syn_time = s->time;
    else if (flow->rtt == 0 && from->state != TA_UNKNOWN && from->syn.sent && !(s->flags & (TA_SYN | TA_RST)))
        flow->rtt = flow->rtt_most = s->time > flow->syn_time ? s->time - flow->syn_time : 1;
}

/* What came to an end in SYN_SENT without a SYN was dropped there (RFC 9293 section 3.10.7.3, fourth and fifth step). That it
 * was, shows when that end repeats its SYN, or when the SYN-ACK comes with a number not after what was sent. */
static void forget_dropped(struct ta_end *opener, struct ta_end *peer, const struct ta_segment *s)
{
    bool opens = opener->syn.sent && !opener->syn.ack_sent && opener->seq.nxt == opener->seq.iss + 1 && !opener->sent.last.has_ack;
    bool without_syn = peer->seen && peer->seq.known && !peer->syn.sent && !peer->syn.ack_sent;
    bool repeats = !(s->flags & TA_ACK) && s->seq == opener->seq.iss && opener->state != TA_SYN_SENT;
    bool answers = s->flags & TA_ACK && !ta_seq_after(peer->seq.una, s->seq);

    if (!opens || !without_syn || !(repeats || answers) || opener->state == TA_CLOSED)
        return;
    *peer = (struct ta_end){ .seen = true, .ttl = peer->ttl, .last_time = peer->last_time };
    opener->state = TA_SYN_SENT;
    opener->inferred = false;
    opener->seq.una = opener->seq.iss;
    opener->payload.unread = 0;
}

void ta_track_segment(struct ta_flow *flow, const struct ta_segment *s)
{
    struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];

    flow->doubtful = false;
    if (from->reset.aborted && flow->decisive.frame == 0)
        ta_reopen(from); /* its RST was not obeyed, and it goes on: it was not the one who sent it */
    ta_answer_retries(to, false);
    if (s->flags & TA_SYN)
        forget_dropped(s->flags & TA_ACK ? to : from, s->flags & TA_ACK ? from : to, s);
    if (from->fin.inferred && s->len > 0 && ta_seq_after(s->seq + s->len, from->fin.seq + 1))
        retract_fin(from, to);
    bool ack_ok = ta_track_ack(flow, from, to, s);
    uint32_t nxt = from->seq.nxt;
    ta_track_sent(from, to, s);
    if (flow->decisive.frame != 0 && s->from == flow->decisive.aborter && from->seq.nxt != nxt)
        from->reset.sent_new = true;
    /* Most segments of most streams change no state. */
    bool quiet = from->state == TA_ESTABLISHED && to->state == TA_ESTABLISHED && !from->fin.sent
                 && !to->fin.sent && !(s->flags & TA_SYN);
    if (!quiet)
        advance(from, to, s, ack_ok);
}

void ta_track_end(struct ta_flow *flow, const struct ta_segment *s)
{
    flow->end[s->from].seen = true;
    flow->end[s->from].last_time = s->time;
    flow->last_frame = s->frame;
    flow->last_time = s->time;
}

bool ta_track_icmp(struct ta_flow *flow, const struct ta_icmp *icmp, unsigned number)
{
    struct ta_end *end = &flow->end[icmp->about];

    /* Linux takes SEQ from SND.UNA to SND.NXT, both included (row 50). */
    if (!end->seq.known || ta_seq_before(icmp->seq, end->seq.una) || ta_seq_after(icmp->seq, end->seq.nxt) || end->state == TA_CLOSED)
        return false;
    end->icmp = (struct ta_icmp_quote){ (uint8_t)number, icmp->frame, icmp->time };
    return true;
}
