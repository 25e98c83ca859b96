/* What a segment adds to the sequence space of the end that sends it: SYN, payload, FIN, or a repetition.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"

#include "seq.h"

/* Captured bytes [first, last): the receiver has them once no hole is left before. */
static void track_range(struct ta_end *end, uint32_t first, uint32_t last)
{
    if (!ta_seq_after(first, end->seq.rcv_nxt)) {
        ta_move_rcv_nxt(end, last);
        return;
    }
    struct ta_range *empty = NULL;
    for (int i = 0; i < TA_HOLES; i++) {
        struct ta_range *r = &end->seq.beyond[i];
        if (r->from == r->to) {
            empty = r;
        } else if (!ta_seq_after(first, r->to) && !ta_seq_before(last, r->from)) {
            if (ta_seq_before(first, r->from))
                r->from = first;
            r->to = ta_seq_later(r->to, last);
            return;
        }
    }
    /* With more holes than are kept, this range is forgotten; the ACK over it closes the gap later. */
    if (empty)
        *empty = (struct ta_range){ first, last };
    end->seq.has_beyond = true;
}

/* Keeps the segment for later questions: which one does a RST answer, which payload was lost. */
static void keep_segment(struct ta_end *from, const struct ta_segment *s, uint32_t end_seq)
{
    struct ta_sent sent = { s->frame, end_seq, s->ack, (s->flags & TA_ACK) != 0, s->len > 0 };
    from->sent.last = sent;
    if (s->len == 0)
        return;
    /* The oldest un-ACKed segments stay; the newest takes a free place or the last one. */
    int place = TA_KEPT_SEGMENTS - 1;
    for (int i = 0; i < TA_KEPT_SEGMENTS; i++) {
        struct ta_sent *kept = &from->sent.kept[i];
        if (kept->frame == 0 || !ta_seq_after(kept->end, from->seq.una)) {
            place = i;
            break;
        }
        if (kept->end == end_seq)
            return;
    }
    from->sent.kept[place] = sent;
}

static void track_payload(struct ta_end *from, struct ta_end *to, const struct ta_segment *s,
                          uint32_t new_bytes)
{
    from->payload.last_frame = s->frame;
    from->payload.last_time = s->time;
    if (new_bytes == 0 || !to->fin.sent)
        return;
    if (!to->after_fin.peer_sent) {
        to->after_fin.peer_sent = true;
        to->after_fin.peer_end = from->seq.nxt;
    }
    if ((s->flags & TA_ACK) && ta_seq_after(s->ack, to->fin.seq)) {
        from->payload.after_fin += new_bytes;
        if (from->payload.after_fin_frame == 0)
            from->payload.after_fin_frame = s->frame;
    }
}

static void track_fin(struct ta_end *from, const struct ta_end *to, const struct ta_segment *s,
                      uint32_t fin_seq)
{
    if (from->fin.sent)
        return;
    from->fin.sent = true;
    from->fin.seq = fin_seq;
    from->fin.frame = s->frame;
    from->fin.time = s->time;
    from->fin.crossing = to->fin.sent && !((s->flags & TA_ACK) && ta_seq_after(s->ack, to->fin.seq));
}

static void track_syn(struct ta_end *from, const struct ta_segment *s)
{
    if (s->flags & TA_ACK)
        from->syn.ack_sent = true;
    else
        from->syn.sent = true;
    bool other = from->seq.iss != s->seq && from->seq.una == from->seq.nxt - 1, foreign = from->seq.una - s->seq > TA_WINDOW_MOST;
    if (!from->seq.known || other || foreign)
        ta_start_sequence(from, s->seq);
    from->seq.iss = s->seq;
    from->syn.options_known = s->syn.complete;
    from->syn.window = s->window;
    from->syn.scale_offered = s->syn.window_scale;
    from->syn.shift = s->syn.shift <= 14 ? s->syn.shift : 14; /* RFC 7323 section 2.3 */
    from->syn.sack_permitted = s->syn.sack_permitted;
    from->syn.option_order = s->syn.order;
}

/* What `from` adds to its own sequence space. */
void ta_track_sent(struct ta_end *from, struct ta_end *to, const struct ta_segment *s)
{
    bool syn = s->flags & TA_SYN, fin = s->flags & TA_FIN;
    uint32_t end_seq = s->seq + s->len + syn + fin;

    if (syn && from->state == TA_CLOSED && !from->seq.known)
        from->state = TA_UNKNOWN; /* what was closed was left of an older connection */
    /* Windows answers a refusal with further SYNs, all for one connect() (row 1). */
    if (syn && from->state == TA_CLOSED && from->reset.obeyed && from->reset.state_before == TA_SYN_SENT)
        from->state = TA_SYN_SENT;
    /* Whoever repeats its SYN has not got the answer that was captured. */
    if (syn && !(s->flags & TA_ACK) && from->state == TA_ESTABLISHED && s->seq == from->seq.iss && !from->sent.last.has_ack) {
        from->state = TA_SYN_SENT;
        from->seq.una = from->seq.iss;
        from->syn.ack_missed = true;
    }
    if (syn && from->state <= TA_SYN_RCVD) {
        track_syn(from, s);
        if (to->syn.sent && !to->window.known) /* the SYN it answers could not name an ACK number */
            ta_give_window(to, s->seq + 1, to->syn.window, 0, 0);
    }
    if (!from->seq.known) {
        /* A lone byte that nobody pushes is a keep-alive of a stack that sends one (RFC 9293 section 3.8.4): what an application
         * writes ends with PSH (section 3.9.1.2). */
        bool keepalive = s->len == 1 && !(s->flags & (TA_SYN | TA_FIN | TA_PSH));
        ta_start_sequence(from, s->seq + keepalive);
        from->seq.nxt_guessed = end_seq == s->seq;
    }
    if (s->len > TA_MISSED || ta_is_stray(from, to, s->seq))
        return;
    /* What lies beyond its own FIN is dropped by every receiver (row 75). */
    if (from->fin.sent && ta_seq_after(end_seq, from->fin.seq + 1))
        return;

    /* One byte into a closed window only asks whether it is open (RFC 9293 section 3.8.6.1). */
    from->seq.window_probe = s->len == 1 && !fin && s->seq == from->seq.nxt && to->window.known
                             && (to->window.closed || !ta_seq_before(from->seq.nxt, to->window.furthest_edge));
    if (from->seq.window_probe)
        end_seq = s->seq;
    bool is_new = ta_seq_after(end_seq, from->seq.nxt);
    /* A keep-alive repeats the last ACKed number, with no byte or one that means nothing (RFC 9293
     * section 3.8.4). The same byte not ACKed yet is a retransmission. */
    bool is_probe = from->seq.window_probe || (s->len <= 1 && s->seq + 1 == from->seq.una && !syn && !fin);
    uint32_t before = ta_seq_later(from->seq.nxt, s->seq);
    if (is_new) {
        if (s->len > 0) /* alerts may follow alerts */
            from->payload.trailing_alerts = s->trailing_alerts + (s->trailing_alerts == s->len && before == from->seq.nxt ? from->payload.trailing_alerts : 0);
        from->seq.nxt = end_seq;
        from->seq.nxt_guessed = end_seq == s->seq;
        if (from->seq.nxt - from->seq.una > TA_WINDOW_MOST) { /* it was ACKed, but no ACK was captured */
            from->seq.una = from->seq.nxt - TA_WINDOW_MOST;
            ta_move_rcv_nxt(from, from->seq.una);
        }
    }
    if (is_probe || (end_seq != s->seq && ta_seq_after(end_seq, from->seq.una)))
        ta_count_retry(from, s, is_new, is_probe);
    if (is_probe || s->len > 0)
        from->retry.of_zero_window = is_probe && to->window.closed;
    if (s->len > 0 && !ta_seq_after(s->seq, from->seq.una) && ta_seq_after(end_seq, from->seq.una))
        from->seq.una_repeated = false; /* what had not arrived is sent again */
    if (end_seq != s->seq)
        track_range(from, s->seq, end_seq);
    if (s->len > 0 && ta_seq_after(end_seq, from->seq.una) && !is_probe)
        track_payload(from, to, s, is_new ? end_seq - before - (fin && !from->fin.sent) : 0);
    if (fin)
        track_fin(from, to, s, end_seq - 1);
    if ((s->len > 0 || fin) && !is_probe)
        from->payload.unread = 0;
    keep_segment(from, s, end_seq);
}
