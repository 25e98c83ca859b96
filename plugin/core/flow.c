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
    return end->fin_sent && ta_seq_after(end->una, end->fin_seq);
}

uint32_t ta_unacked_bytes(const struct ta_end *end)
{
    if (!end->seq_known)
        return 0;
    uint32_t bytes = end->nxt - end->una;
    /* SYN and FIN each take a sequence number but are no payload. */
    if (bytes > 0 && (end->syn_sent || end->syn_ack_sent) && end->una == end->iss)
        bytes--;
    if (bytes > 0 && end->fin_sent && !ta_fin_acked(end))
        bytes--;
    return bytes;
}

/* Everything before `seq` was captured or ACKed, and with it every range that it touches. */
static void move_contiguous(struct ta_end *end, uint32_t seq)
{
    end->contiguous = ta_seq_later(end->contiguous, seq);
    for (bool moved = end->has_beyond; moved;) {
        moved = end->has_beyond = false;
        for (int i = 0; i < TA_HOLES; i++) {
            struct ta_range *r = &end->beyond[i];
            bool ahead = r->from != r->to && ta_seq_after(r->from, end->contiguous);
            end->has_beyond |= ahead;
            if (ahead || r->from == r->to)
                continue;
            end->contiguous = ta_seq_later(end->contiguous, r->to);
            *r = (struct ta_range){ 0 };
            moved = true;
        }
    }
}

void ta_advance_una(struct ta_end *from, struct ta_end *to, uint32_t ack)
{
    uint32_t bytes = ack - to->una;

    if ((to->syn_sent || to->syn_ack_sent) && to->una == to->iss)
        bytes--;
    if (bytes > 0 && to->fin_sent && !ta_fin_acked(to) && ta_seq_after(ack, to->fin_seq))
        bytes--;
    from->unread = bytes < UINT32_MAX - from->unread ? from->unread + bytes : UINT32_MAX;
    to->una = ack;
    move_contiguous(to, ack);
    to->hole_shown = to->una_repeated = false;
    /* ACKed segments are not lost and provoke nothing; kept, their numbers would come round again. */
    for (int i = 0; i < TA_KEPT_SEGMENTS; i++)
        if (to->kept[i].frame != 0 && !ta_seq_after(to->kept[i].end, ack))
            to->kept[i] = (struct ta_sent){ 0 };
}

bool ta_first_sender_is_client(uint8_t flags, uint16_t source_port, uint16_t destination_port)
{
    if (flags & TA_SYN)
        return !(flags & TA_ACK);
    return source_port >= destination_port;
}

static void limit(struct ta_flow *flow, enum ta_limit limit)
{
    flow->limits |= (uint8_t)(1u << limit);
}

static void start_sequence(struct ta_end *end, uint32_t seq)
{
    end->seq_known = true;
    end->nxt_guessed = end->has_beyond = false;
    end->una = end->contiguous = end->nxt = seq;
    for (int i = 0; i < TA_HOLES; i++)
        end->beyond[i] = (struct ta_range){ 0 };
}

/* A window only reaches further; shrinking is not believed (RFC 9293 section 3.8.6). Where the window
 * scale was not captured, every shift from 0 to 14 is possible (RFC 7323 section 2.3). */
static void give_window(struct ta_end *from, uint32_t ack, uint16_t window, unsigned least, unsigned most)
{
    uint32_t near = ack + ((uint32_t)window << least), far = ack + ((uint32_t)window << most);

    if (!from->window_seen || ta_seq_after(near, from->right_edge))
        from->right_edge = near;
    if (!from->window_seen || ta_seq_after(far, from->furthest_edge))
        from->furthest_edge = far;
    from->window_seen = true;
}

static void track_window(struct ta_end *from, const struct ta_end *to, const struct ta_segment *s)
{
    enum { SHIFT_MAX = 14 };
    unsigned shift = from->scale_offered && to->scale_offered ? from->shift : 0;

    from->window_closed = s->window == 0;
    if (s->flags & TA_SYN) /* the window of a SYN is never scaled (RFC 7323 section 2.2) */
        give_window(from, s->ack, s->window, 0, 0);
    else if (from->options_known && to->options_known)
        give_window(from, s->ack, s->window, shift, shift);
    else
        give_window(from, s->ack, s->window, 0, SHIFT_MAX);
}

enum { MISSED = 1 << 24 };

/* Whether a number of `from` lies so far beyond the window that `to` gave that no missed window update explains it: then
 * it belongs to another connection, or to none. */
static bool is_stray(const struct ta_end *from, const struct ta_end *to, uint32_t seq)
{
    return ta_seq_after(seq, from->nxt + TA_WINDOW_MOST) || (to->window_seen && ta_seq_after(seq, to->furthest_edge + MISSED));
}

/* `from` ACKs more than was captured of `to`: a window probe that was taken, a FIN that was not captured,
 * payload that was not captured, or a number that nobody sent. False for the last. */
static bool track_ack_beyond(struct ta_flow *flow, const struct ta_end *from, struct ta_end *to,
                             const struct ta_segment *s)
{
    uint32_t ack = s->ack;
    bool by_one = ack == to->nxt + 1;

    if (by_one && to->window_probe) {
        to->nxt = ack;
        return true;
    }
    if (by_one && to->nxt_guessed) {
        start_sequence(to, ack); /* what was captured first was a keep-alive */
        return true;
    }
    /* Nobody ACKs what was not sent (RFC 9293 section 3.5.1), nor beyond the window it gave. */
    if (to->state == TA_SYN_SENT || is_stray(to, from, ack))
        return false;
    limit(flow, TA_LIMIT_LOSS);
    if (by_one && !to->fin_sent && to->state >= TA_ESTABLISHED) {
        to->fin_sent = to->fin_inferred = true;
        to->fin_seq = to->nxt;
        to->fin_frame = s->frame;
        to->fin_time = s->time;
        flow->end[TA_CLIENT].inferred = flow->end[TA_SERVER].inferred = true;
    }
    to->nxt = ack;
    return true;
}

/* `from` acknowledges what `to` sent. False when the ACK cannot be meant for this connection. */
static bool track_ack(struct ta_flow *flow, struct ta_end *from, struct ta_end *to,
                      const struct ta_segment *s)
{
    if (!(s->flags & TA_ACK))
        return true;
    from->deaf = false;
    if (to->deaf && s->flags & TA_SYN)
        return false;
    if (to->state == TA_SYN_SENT && to->syn_sent && !ta_seq_after(s->ack, to->iss))
        return false;
    if (!to->seq_known)
        start_sequence(to, s->ack);
    if (ta_seq_after(s->ack, to->nxt) && !track_ack_beyond(flow, from, to, s))
        return false;
    if (!ta_seq_before(s->ack, to->una))
        to->icmp = 0; /* an ACK proves the path (row 50) */
    if (ta_seq_after(s->ack, to->una)) {
        ta_advance_una(from, to, s->ack);
        ta_answer_tries(to, true);
    }
    /* A receiver ACKs the same number once more only for data beyond a hole (RFC 5681 section 3.2). */
    bool repeats = s->len == 0 && !(s->flags & (TA_SYN | TA_FIN)) && s->ack == to->una && from->last.has_ack
                   && from->last.ack == s->ack && (s->window == from->last_window || from->last_window_unscaled);
    to->una_repeated |= repeats && to->una != to->contiguous && to->last.frame > from->last.frame;
    from->last_window = s->window;
    from->last_window_unscaled = s->flags & TA_SYN;
    to->hole_shown |= s->ack == to->contiguous && to->contiguous != to->nxt;
    if (from->probed && !ta_seq_before(s->ack, from->probe_end))
        from->holds_socket = true;
    track_window(from, to, s);
    return true;
}

/* Captured bytes [first, last): the receiver has them once no hole is left before. */
static void track_range(struct ta_end *end, uint32_t first, uint32_t last)
{
    if (!ta_seq_after(first, end->contiguous)) {
        move_contiguous(end, last);
        return;
    }
    struct ta_range *empty = NULL;
    for (int i = 0; i < TA_HOLES; i++) {
        struct ta_range *r = &end->beyond[i];
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
    end->has_beyond = true;
}

/* Keeps the segment for later questions: which one does a RST answer, which payload was lost. */
static void keep_segment(struct ta_end *from, const struct ta_segment *s, uint32_t end_seq)
{
    struct ta_sent sent = { s->frame, end_seq, s->ack, (s->flags & TA_ACK) != 0, s->len > 0 };
    from->last = sent;
    if (s->len == 0)
        return;
    /* The oldest un-ACKed segments stay; the newest takes a free place or the last one. */
    int place = TA_KEPT_SEGMENTS - 1;
    for (int i = 0; i < TA_KEPT_SEGMENTS; i++) {
        struct ta_sent *kept = &from->kept[i];
        if (kept->frame == 0 || !ta_seq_after(kept->end, from->una)) {
            place = i;
            break;
        }
        if (kept->end == end_seq)
            return;
    }
    from->kept[place] = sent;
}

static void track_payload(struct ta_end *from, struct ta_end *to, const struct ta_segment *s,
                          uint32_t new_bytes)
{
    from->last_payload_frame = s->frame;
    from->last_payload_time = s->time;
    if (new_bytes == 0 || !to->fin_sent)
        return;
    if (!to->probed) {
        to->probed = true;
        to->probe_end = from->nxt;
    }
    if ((s->flags & TA_ACK) && ta_seq_after(s->ack, to->fin_seq)) {
        from->bytes_after_fin += new_bytes;
        if (from->after_fin_frame == 0)
            from->after_fin_frame = s->frame;
    }
}

static void track_fin(struct ta_end *from, const struct ta_end *to, const struct ta_segment *s,
                      uint32_t fin_seq)
{
    if (from->fin_sent)
        return;
    from->fin_sent = true;
    from->fin_seq = fin_seq;
    from->fin_frame = s->frame;
    from->fin_time = s->time;
    from->fin_crossing = to->fin_sent && !((s->flags & TA_ACK) && ta_seq_after(s->ack, to->fin_seq));
}

static void track_syn(struct ta_end *from, const struct ta_segment *s)
{
    if (s->flags & TA_ACK)
        from->syn_ack_sent = true;
    else
        from->syn_sent = true;
    bool other = from->iss != s->seq && from->una == from->nxt - 1, foreign = from->una - s->seq > TA_WINDOW_MOST;
    if (!from->seq_known || other || foreign)
        start_sequence(from, s->seq);
    from->iss = s->seq;
    from->options_known = s->syn.complete;
    from->syn_window = s->window;
    from->scale_offered = s->syn.window_scale;
    from->shift = s->syn.shift <= 14 ? s->syn.shift : 14; /* RFC 7323 section 2.3 */
    from->sack_permitted = s->syn.sack_permitted;
    from->option_order = s->syn.order;
}

/* What `from` adds to its own sequence space. */
static void track_sent(struct ta_end *from, struct ta_end *to, const struct ta_segment *s)
{
    bool syn = s->flags & TA_SYN, fin = s->flags & TA_FIN;
    uint32_t end_seq = s->seq + s->len + syn + fin;

    if (syn && from->state == TA_CLOSED && !from->seq_known)
        from->state = TA_UNKNOWN; /* what was closed was left of an older connection */
    /* Windows answers a refusal with further SYNs, all for one connect() (row 1). */
    if (syn && from->state == TA_CLOSED && from->was_reset && from->state_before == TA_SYN_SENT)
        from->state = TA_SYN_SENT;
    /* Whoever repeats its SYN has not got the answer that was captured. */
    if (syn && !(s->flags & TA_ACK) && from->state == TA_ESTABLISHED && s->seq == from->iss && !from->last.has_ack) {
        from->state = TA_SYN_SENT;
        from->una = from->iss;
        from->deaf = true;
    }
    if (syn && from->state <= TA_SYN_RCVD) {
        track_syn(from, s);
        if (to->syn_sent && !to->window_seen) /* the SYN it answers could not name an ACK number */
            give_window(to, s->seq + 1, to->syn_window, 0, 0);
    }
    if (!from->seq_known) {
        start_sequence(from, s->seq);
        from->nxt_guessed = end_seq == s->seq;
    }
    if (s->len > MISSED || is_stray(from, to, s->seq))
        return;
    /* What lies beyond its own FIN is dropped by every receiver (row 75). */
    if (from->fin_sent && ta_seq_after(end_seq, from->fin_seq + 1))
        return;

    /* One byte into a closed window only asks whether it is open (RFC 9293 section 3.8.6.1). */
    from->window_probe = s->len == 1 && !fin && s->seq == from->nxt && to->window_seen
                         && !ta_seq_before(from->nxt, to->furthest_edge);
    if (from->window_probe)
        end_seq = s->seq;
    bool is_new = ta_seq_after(end_seq, from->nxt);
    /* A keep-alive repeats the last ACKed number, with no byte or one that means nothing (RFC 9293
     * section 3.8.4). The same byte not ACKed yet is a retransmission. */
    bool is_probe = from->window_probe || (s->len <= 1 && s->seq + 1 == from->una && !syn && !fin);
    uint32_t before = ta_seq_later(from->nxt, s->seq);
    if (is_new) {
        if (s->len > 0) /* alerts may follow alerts */
            from->farewell = s->farewell + (s->farewell == s->len && before == from->nxt ? from->farewell : 0);
        from->nxt = end_seq;
        from->nxt_guessed = false;
        if (from->nxt - from->una > TA_WINDOW_MOST) { /* it was ACKed, but no ACK was captured */
            from->una = from->nxt - TA_WINDOW_MOST;
            move_contiguous(from, from->una);
        }
    }
    if (is_probe || (end_seq != s->seq && ta_seq_after(end_seq, from->una)))
        ta_count_try(from, s, is_new, is_probe);
    if (is_probe || s->len > 0)
        from->probed_window = is_probe && to->window_closed;
    if (end_seq != s->seq)
        track_range(from, s->seq, end_seq);
    if (s->len > 0 && ta_seq_after(end_seq, from->una) && !is_probe)
        track_payload(from, to, s, is_new ? end_seq - before - (fin && !from->fin_sent) : 0);
    if (fin)
        track_fin(from, to, s, end_seq - 1);
    if ((s->len > 0 || fin) && !is_probe)
        from->unread = 0;
    keep_segment(from, s, end_seq);
}

static void event(struct ta_end *end, enum ta_event event)
{
    end->state = (uint8_t)ta_next_state(end->state, event);
}

static bool fin_delivered(const struct ta_end *from)
{
    return from->fin_sent && ta_seq_after(from->contiguous, from->fin_seq);
}

/* What the ACK made look like a FIN was payload: `from` sends on after it. */
static void retract_fin(struct ta_end *from, struct ta_end *to)
{
    from->fin_sent = from->fin_inferred = from->fin_crossing = from->probed = from->holds_socket = false;
    from->fin_frame = to->bytes_after_fin = to->after_fin_frame = 0;
    event(from, TA_SENT_NO_FIN);
    event(to, TA_GOT_NO_FIN);
}

/* The segment ended the handshake as far as anybody can see: ends whose own was not captured join. */
static void join(struct ta_end *from, struct ta_end *to)
{
    bool syn_acked = to->state == TA_SYN_SENT && to->seq_known && ta_seq_after(to->una, to->iss);

    from->inferred |= from->state <= TA_SYN_SENT && !to->syn_ack_sent;
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
    if (syn && !ack && to->syn_sent)
        event(from, TA_GOT_SYN);
    if (!syn)
        join(from, to);
    if (to->syn_ack_sent && ta_seq_after(to->una, to->iss))
        event(to, TA_GOT_ACK_OF_SYN);
    if (!from->fin_sent && !to->fin_sent)
        return;
    if (fin_delivered(to))
        event(from, TA_GOT_FIN);
    if (from->fin_sent)
        event(from, from->fin_crossing ? TA_SENT_CROSSING_FIN : TA_SENT_FIN);
    if (to->fin_inferred)
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
    else if (flow->rtt == 0 && from->state != TA_UNKNOWN && from->syn_sent && !(s->flags & (TA_SYN | TA_RST)))
        flow->rtt = s->time > flow->syn_time ? s->time - flow->syn_time : 1;
}

static void take_segment(struct ta_flow *flow, const struct ta_segment *s)
{
    struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];

    flow->doubtful = false;
    if (from->has_aborted && flow->reset_frame == 0)
        ta_reopen(from); /* its RST was not obeyed, and it goes on: it was not the one who sent it */
    ta_answer_tries(to, false);
    if (from->fin_inferred && s->len > 0 && ta_seq_after(s->seq + s->len, from->fin_seq + 1))
        retract_fin(from, to);
    bool ack_ok = track_ack(flow, from, to, s);
    uint32_t nxt = from->nxt;
    track_sent(from, to, s);
    if (flow->reset_frame != 0 && s->from == flow->aborter && from->nxt != nxt)
        from->talked = true;
    /* Most segments of most streams change no state. */
    bool quiet = from->state == TA_ESTABLISHED && to->state == TA_ESTABLISHED && !from->fin_sent
                 && !to->fin_sent && !(s->flags & TA_SYN);
    if (!quiet)
        advance(from, to, s, ack_ok);
}

unsigned ta_flow_step(struct ta_flow *flow, const struct ta_segment *s, const struct ta_policy *policy,
                      struct ta_verdict *verdict)
{
    unsigned done = 0;

    if (s->copy)
        limit(flow, TA_LIMIT_DUPLICATES);
    if (s->copy && !(s->flags & TA_RST)) {
        ta_origin_copy(flow, s);
        return 0;
    }
    note_segment(flow, s);
    if (s->flags & TA_RST) {
        struct ta_figures figures = ta_origin_reset(flow, s);
        ta_flow_reset(flow, s, policy, verdict);
        verdict->rst = figures;
        done = TA_STEP_JUDGED;
    } else {
        if (ta_overrules(flow, s)) {
            ta_reopen(&flow->end[TA_CLIENT]);
            ta_reopen(&flow->end[TA_SERVER]);
            flow->reset_frame = 0;
            flow->kind = TA_KIND_NONE;
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
