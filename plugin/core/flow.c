/* What a segment other than a RST does to a connection: sequence numbers first, then both state machines.
 * RSTs are judged in reset.c.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"

#include "seq.h"

const struct ta_policy ta_default_policy = {
    .give_up_least = 3000 * TA_MILLISECOND,
    .give_up_lone = 75000 * TA_MILLISECOND,
    .gap_most = 120000 * TA_MILLISECOND,
    .recent = 1000 * TA_MILLISECOND,
};

bool ta_fin_acked(const struct ta_end *end)
{
    return end->fin.sent && ta_seq_after(end->seq.una, end->fin.seq);
}

uint32_t ta_unacked_bytes(const struct ta_end *end)
{
    if (!end->seq.known)
        return 0;
    uint32_t bytes = end->seq.nxt - end->seq.una;
    /* SYN and FIN each take a sequence number but are no payload. */
    if (bytes > 0 && (end->syn.sent || end->syn.ack_sent) && end->seq.una == end->seq.iss)
        bytes--;
    if (bytes > 0 && end->fin.sent && !ta_fin_acked(end))
        bytes--;
    return bytes;
}

/* Everything before `seq` was captured or ACKed, and with it every range that it touches. */
static void move_contiguous(struct ta_end *end, uint32_t seq)
{
    end->seq.rcv_nxt = ta_seq_later(end->seq.rcv_nxt, seq);
    for (bool moved = end->seq.has_beyond; moved;) {
        moved = end->seq.has_beyond = false;
        for (int i = 0; i < TA_HOLES; i++) {
            struct ta_range *r = &end->seq.beyond[i];
            bool ahead = r->from != r->to && ta_seq_after(r->from, end->seq.rcv_nxt);
            end->seq.has_beyond |= ahead;
            if (ahead || r->from == r->to)
                continue;
            end->seq.rcv_nxt = ta_seq_later(end->seq.rcv_nxt, r->to);
            *r = (struct ta_range){ 0 };
            moved = true;
        }
    }
}

void ta_advance_una(struct ta_end *from, struct ta_end *to, uint32_t ack)
{
    uint32_t bytes = ack - to->seq.una;

    if ((to->syn.sent || to->syn.ack_sent) && to->seq.una == to->seq.iss)
        bytes--;
    if (bytes > 0 && to->fin.sent && !ta_fin_acked(to) && ta_seq_after(ack, to->fin.seq))
        bytes--;
    from->payload.unread = bytes < UINT32_MAX - from->payload.unread ? from->payload.unread + bytes : UINT32_MAX;
    to->seq.una = ack;
    move_contiguous(to, ack);
    to->seq.hole_shown = to->seq.una_repeated = false;
    /* ACKed segments are not lost and provoke nothing; kept, their numbers would come round again. */
    for (int i = 0; i < TA_KEPT_SEGMENTS; i++)
        if (to->sent.kept[i].frame != 0 && !ta_seq_after(to->sent.kept[i].end, ack))
            to->sent.kept[i] = (struct ta_sent){ 0 };
}

bool ta_first_sender_is_client(uint8_t flags, uint16_t source_port, uint16_t destination_port)
{
    if (flags & TA_SYN)
        return !(flags & TA_ACK);
    return source_port >= destination_port;
}

static void limit(struct ta_flow *flow, enum ta_limit limit)
{
    flow->limits |= (uint16_t)(1u << limit);
}

static void start_sequence(struct ta_end *end, uint32_t seq)
{
    end->seq.known = true;
    end->seq.nxt_guessed = end->seq.has_beyond = false;
    end->seq.una = end->seq.rcv_nxt = end->seq.nxt = seq;
    for (int i = 0; i < TA_HOLES; i++)
        end->seq.beyond[i] = (struct ta_range){ 0 };
}

/* A window only reaches further; shrinking is not believed (RFC 9293 section 3.8.6). Where the window
 * scale was not captured, every shift from 0 to 14 is possible (RFC 7323 section 2.3). */
static void give_window(struct ta_end *from, uint32_t ack, uint16_t window, unsigned least, unsigned most)
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
        give_window(from, s->ack, s->window, 0, 0);
    else if (from->syn.options_known && to->syn.options_known)
        give_window(from, s->ack, s->window, shift, shift);
    else
        give_window(from, s->ack, s->window, 0, SHIFT_MAX);
}

enum { MISSED = 1 << 24 };

/* Whether a number of `from` lies so far beyond the window that `to` gave that no missed window update explains it: then
 * it belongs to another connection, or to none. */
static bool is_stray(const struct ta_end *from, const struct ta_end *to, uint32_t seq)
{
    return ta_seq_after(seq, from->seq.nxt + TA_WINDOW_MOST) || (to->window.known && ta_seq_after(seq, to->window.furthest_edge + MISSED));
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
    if (by_one && to->seq.nxt_guessed) {
        start_sequence(to, ack); /* what was captured first was a keep-alive */
        return true;
    }
    /* Nobody ACKs what was not sent (RFC 9293 section 3.5.1), nor beyond the window it gave. */
    if (to->state == TA_SYN_SENT || is_stray(to, from, ack))
        return false;
    limit(flow, TA_LIMIT_LOSS);
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
static bool track_ack(struct ta_flow *flow, struct ta_end *from, struct ta_end *to,
                      const struct ta_segment *s)
{
    if (!(s->flags & TA_ACK))
        return true;
    from->syn.ack_missed = false;
    if (to->syn.ack_missed && s->flags & TA_SYN)
        return false;
    if (to->state == TA_SYN_SENT && to->syn.sent && !ta_seq_after(s->ack, to->seq.iss))
        return false;
    if (!to->seq.known)
        start_sequence(to, s->ack);
    if (ta_seq_after(s->ack, to->seq.nxt) && !track_ack_beyond(flow, from, to, s))
        return false;
    if (!ta_seq_before(s->ack, to->seq.una))
        to->icmp.number = 0; /* an ACK proves the path (row 50) */
    if (ta_seq_after(s->ack, to->seq.una)) {
        ta_advance_una(from, to, s->ack);
        ta_answer_tries(to, true);
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

/* Captured bytes [first, last): the receiver has them once no hole is left before. */
static void track_range(struct ta_end *end, uint32_t first, uint32_t last)
{
    if (!ta_seq_after(first, end->seq.rcv_nxt)) {
        move_contiguous(end, last);
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
        start_sequence(from, s->seq);
    from->seq.iss = s->seq;
    from->syn.options_known = s->syn.complete;
    from->syn.window = s->window;
    from->syn.scale_offered = s->syn.window_scale;
    from->syn.shift = s->syn.shift <= 14 ? s->syn.shift : 14; /* RFC 7323 section 2.3 */
    from->syn.sack_permitted = s->syn.sack_permitted;
    from->syn.option_order = s->syn.order;
}

/* What `from` adds to its own sequence space. */
static void track_sent(struct ta_end *from, struct ta_end *to, const struct ta_segment *s)
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
            give_window(to, s->seq + 1, to->syn.window, 0, 0);
    }
    if (!from->seq.known) {
        start_sequence(from, s->seq);
        from->seq.nxt_guessed = end_seq == s->seq;
    }
    if (s->len > MISSED || is_stray(from, to, s->seq))
        return;
    /* What lies beyond its own FIN is dropped by every receiver (row 75). */
    if (from->fin.sent && ta_seq_after(end_seq, from->fin.seq + 1))
        return;

    /* One byte into a closed window only asks whether it is open (RFC 9293 section 3.8.6.1). */
    from->seq.window_probe = s->len == 1 && !fin && s->seq == from->seq.nxt && to->window.known
                         && !ta_seq_before(from->seq.nxt, to->window.furthest_edge);
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
        from->seq.nxt_guessed = false;
        if (from->seq.nxt - from->seq.una > TA_WINDOW_MOST) { /* it was ACKed, but no ACK was captured */
            from->seq.una = from->seq.nxt - TA_WINDOW_MOST;
            move_contiguous(from, from->seq.una);
        }
    }
    if (is_probe || (end_seq != s->seq && ta_seq_after(end_seq, from->seq.una)))
        ta_count_try(from, s, is_new, is_probe);
    if (is_probe || s->len > 0)
        from->retry.of_zero_window = is_probe && to->window.closed;
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
    from->fin.sent = from->fin.inferred = from->fin.crossing = from->after_fin.peer_sent = from->after_fin.socket_open = false;
    from->fin.frame = to->payload.after_fin = to->payload.after_fin_frame = 0;
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

/* Limits, clock and round-trip time of the handshake. */
static void note_segment(struct ta_flow *flow, const struct ta_segment *s)
{
    struct ta_end *from = &flow->end[s->from];

    if (flow->last_frame == 0) {
        if ((s->flags & (TA_SYN | TA_ACK | TA_RST)) != TA_SYN)
            limit(flow, TA_LIMIT_LATE_START);
    } else if (s->time < flow->last_time) {
        limit(flow, TA_LIMIT_TIME_BACKWARDS);
    } else if (s->time - flow->last_time >= TA_PAUSE_LEAST) {
        flow->pause = s->time - flow->last_time;
        flow->pause_end = s->time;
    }
    if (s->truncated)
        limit(flow, TA_LIMIT_TRUNCATED);
    if (!from->seen)
        from->ttl = s->ttl;
    if ((s->flags & (TA_SYN | TA_ACK)) == TA_SYN)
        flow->syn_time = s->time;
    else if (flow->rtt == 0 && from->state != TA_UNKNOWN && from->syn.sent && !(s->flags & (TA_SYN | TA_RST)))
        flow->rtt = s->time > flow->syn_time ? s->time - flow->syn_time : 1;
}

static void take_segment(struct ta_flow *flow, const struct ta_segment *s)
{
    struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];

    flow->doubtful = false;
    if (from->reset.aborted && flow->decisive.frame == 0)
        ta_reopen(from); /* its RST was not obeyed, and it goes on: it was not the one who sent it */
    ta_answer_tries(to, false);
    if (from->fin.inferred && s->len > 0 && ta_seq_after(s->seq + s->len, from->fin.seq + 1))
        retract_fin(from, to);
    bool ack_ok = track_ack(flow, from, to, s);
    uint32_t nxt = from->seq.nxt;
    track_sent(from, to, s);
    if (flow->decisive.frame != 0 && s->from == flow->decisive.aborter && from->seq.nxt != nxt)
        from->reset.sent_new = true;
    /* Most segments of most streams change no state. */
    bool quiet = from->state == TA_ESTABLISHED && to->state == TA_ESTABLISHED && !from->fin.sent
                 && !to->fin.sent && !(s->flags & TA_SYN);
    if (!quiet)
        advance(from, to, s, ack_ok);
}

unsigned ta_flow_step(struct ta_flow *flow, const struct ta_segment *s, const struct ta_policy *policy,
                      struct ta_verdict *verdict)
{
    unsigned done = 0;

    if (s->duplicate)
        limit(flow, TA_LIMIT_DUPLICATES);
    if (s->duplicate && !(s->flags & TA_RST)) {
        ta_origin_copy(flow, s);
        return 0;
    }
    note_segment(flow, s);
    if (s->flags & TA_RST) {
        struct ta_figures figures = ta_origin_reset(flow, s);
        ta_flow_reset(flow, s, policy, verdict);
        verdict->evidence.rst = figures;
        done = TA_STEP_JUDGED;
    } else {
        if (ta_overrules(flow, s)) {
            ta_reopen(&flow->end[TA_CLIENT]);
            ta_reopen(&flow->end[TA_SERVER]);
            flow->decisive.frame = 0;
            flow->decisive.kind = TA_KIND_NONE;
            done = TA_STEP_OVERRULED;
        }
        ta_origin_segment(flow, s);
        take_segment(flow, s);
    }
    flow->end[s->from].seen = true;
    flow->end[s->from].last_time = s->time;
    flow->last_frame = s->frame;
    flow->last_time = s->time;
    return done;
}
