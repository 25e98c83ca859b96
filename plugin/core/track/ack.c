/* What a segment acknowledges, and the window that it gives.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"

#include "seq.h"

/* A window only reaches further; shrinking is not believed (RFC 9293 section 3.8.6). Where the window
 * scale was not captured, every shift from 0 to 14 is possible (RFC 7323 section 2.3). */
void ta_give_window(struct ta_end *from, uint32_t ack, uint16_t window, unsigned least, unsigned most)
{
    uint32_t near = ack + ((uint32_t)window << least), far = ack + ((uint32_t)window << most);

    if (!from->window.known || ta_seq_after(near, from->window.right_edge))
        from->window.right_edge = near;
    if (!from->window.known || ta_seq_after(far, from->window.furthest_edge))
        from->window.furthest_edge = far;
    from->window.known = true;
}

static void track_window(struct ta_end *from, const struct ta_end *to, const struct ta_segment *s)
{
    enum { SHIFT_MAX = 14 };
    unsigned shift = from->syn.scale_offered && to->syn.scale_offered ? from->syn.shift : 0;

    from->window.closed = s->window == 0;
    if (s->flags & TA_SYN) /* the window of a SYN is never scaled (RFC 7323 section 2.2) */
        ta_give_window(from, s->ack, s->window, 0, 0);
    else if (from->syn.options_known && to->syn.options_known)
        ta_give_window(from, s->ack, s->window, shift, shift);
    else
        ta_give_window(from, s->ack, s->window, 0, SHIFT_MAX);
}

/* Whether a number of `from` lies so far beyond the window that `to` gave that no missed window update explains it: then
 * it belongs to another connection, or to none. */
bool ta_is_stray(const struct ta_end *from, const struct ta_end *to, uint32_t seq)
{
    return ta_seq_after(seq, from->seq.nxt + TA_WINDOW_MOST) || (to->window.known && ta_seq_after(seq, to->window.furthest_edge + TA_MISSED));
}

/* `from` ACKs more than was captured of `to`: a window probe that was taken, a FIN that was not captured,
 * payload that was not captured, or a number that nobody sent. False for the last. */
static bool track_ack_beyond(struct ta_flow *flow, const struct ta_end *from, struct ta_end *to,
                             const struct ta_segment *s)
{
    uint32_t ack = s->ack;
    bool by_one = ack == to->seq.nxt + 1;

    if (by_one && to->seq.window_probe) {
        to->seq.nxt = ack;
        return true;
    }
    if (by_one && to->seq.nxt_guessed) { /* what told nxt was a keep-alive */
        if (to->seq.una == to->seq.nxt)
            ta_start_sequence(to, ack);
        to->seq.nxt = ack;
        to->seq.nxt_guessed = false;
        return true;
    }
    /* Nobody ACKs what was not sent (RFC 9293 section 3.5.1), nor beyond the window it gave. */
    if (to->state == TA_SYN_SENT || ta_is_stray(to, from, ack))
        return false;
    ta_add_limit(flow, TA_LIMIT_LOSS);
    if (by_one && !to->fin.sent && to->state >= TA_ESTABLISHED) {
        to->fin.sent = to->fin.inferred = true;
        to->fin.seq = to->seq.nxt;
        to->fin.frame = s->frame;
        to->fin.time = s->time;
        flow->end[TA_CLIENT].inferred = flow->end[TA_SERVER].inferred = true;
    }
    to->seq.nxt = ack;
    return true;
}

/* `from` acknowledges what `to` sent. False when the ACK cannot be meant for this connection. */
bool ta_track_ack(struct ta_flow *flow, struct ta_end *from, struct ta_end *to,
                      const struct ta_segment *s)
{
    if (!(s->flags & TA_ACK))
        return true;
    from->syn.ack_missed = false;
    if (to->syn.ack_missed && s->flags & TA_SYN)
        return false;
    if (to->state == TA_SYN_SENT && (!ta_seq_after(s->ack, to->seq.iss) || ta_seq_after(s->ack, to->seq.nxt))) {
        flow->unacceptable.acks += !(s->flags & TA_SYN) && flow->unacceptable.acks < UINT8_MAX;
        return false;
    }
    if (!to->seq.known)
        ta_start_sequence(to, s->ack);
    if (ta_seq_after(s->ack, to->seq.nxt) && !track_ack_beyond(flow, from, to, s))
        return false;
    if (!ta_seq_before(s->ack, to->seq.una))
        to->icmp.number = 0; /* an ACK proves the path (row 50) */
    if (ta_seq_after(s->ack, to->seq.una)) {
        /* Only of what was sent once it is known which transmission the ACK answers (RFC 6298 section 3). */
        if (to->retry.count == 1 && s->time - to->retry.time > flow->rtt_most && flow->rtt != 0)
            flow->rtt_most = s->time - to->retry.time;
        ta_advance_una(from, to, s->ack);
        ta_answer_retries(to, true);
    }
    /* A receiver ACKs the same number once more only for data beyond a hole (RFC 5681 section 3.2). */
    bool repeats = s->len == 0 && !(s->flags & (TA_SYN | TA_FIN)) && s->ack == to->seq.una && from->sent.last.has_ack
                   && from->sent.last.ack == s->ack && (s->window == from->window.last || from->window.last_unscaled);
    to->seq.una_repeated |= repeats && to->seq.una != to->seq.rcv_nxt && to->sent.last.frame > from->sent.last.frame;
    from->window.last = s->window;
    from->window.last_unscaled = s->flags & TA_SYN;
    to->seq.hole_shown |= s->ack == to->seq.rcv_nxt && to->seq.rcv_nxt != to->seq.nxt;
    if (from->after_fin.peer_sent && !ta_seq_before(s->ack, from->after_fin.peer_end))
        from->after_fin.socket_open = true;
    track_window(from, to, s);
    return true;
}
