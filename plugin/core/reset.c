/* One RST: does its receiver obey, what does it answer, what is left behind, and the verdict on it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"

#include "seq.h"

/* Where the SEQ of a RST lies for the end that receives it. RCV.NXT is the end of the contiguous data
 * captured: the receiver may hold data that it has not ACKed yet. As bits, for the table below. */
enum position {
    BEFORE = 1 << 0,      /* before its last ACK: left of the window */
    LAST_ACK = 1 << 1,    /* the number it ACKed last, but it holds data after that */
    UNHEARD = 1 << 2,    /* the same, and what lies after was repeated in vain: it may not hold it */
    UNACKED = 1 << 3,     /* after its last ACK, before RCV.NXT */
    FIN_ITSELF = 1 << 4,  /* RCV.NXT-1, the number of the FIN that it received */
    EXACT = 1 << 5,       /* RCV.NXT, ACKed; in SYN_SENT: the ACK covers its SYN */
    EXACT_UNACKED = 1 << 6, /* RCV.NXT, but it has not ACKed so far yet */
    SACK_EDGE = 1 << 7,   /* the end of the newest data, with a hole before, SACK in use */
    HOLE_EDGE = 1 << 8,   /* the same without SACK, and nothing shows that the hole is real */
    IN_WINDOW = 1 << 9,   /* after RCV.NXT, inside the window */
    AHEAD = 1 << 10,      /* inside the window and after everything captured of the sender */
    AFTER = 1 << 11,       /* right of the window; in SYN_SENT: no acceptable ACK */
    NO_WINDOW = 1 << 12,  /* after RCV.NXT, and inside or outside by the window scale, which is not known */
    NO_SEQUENCE = 1 << 13, /* the sender's data was not captured, so neither is RCV.NXT */
    ANYWHERE = (1 << 14) - 1,
};

enum {
    PASSIVE_CLOSE = TA_IN(TA_CLOSE_WAIT) | TA_IN(TA_LAST_ACK) | TA_IN(TA_CLOSING),
    GONE = TA_IN(TA_CLOSED),
    NOT_SEEN = TA_IN(TA_UNKNOWN),
    ANY = TA_ANY_STATE,
};

/* Linux's rule, first match. `differ` marks the rows where FreeBSD, macOS or the RFC decide otherwise. */
static const struct acceptance {
    uint32_t states;
    unsigned positions;
    enum ta_effect effect;
    uint64_t facts;
} acceptance[] = {
    /* No connection is left that could obey. */
    { GONE, ANYWHERE, TA_EFFECT_IGNORED, TA_F(OBEYED) },
    { NOT_SEEN, ANYWHERE, TA_EFFECT_UNKNOWN, TA_F(OBEYED) | TA_F(EFFECT_UNKNOWN) },
    { ANY, NO_SEQUENCE, TA_EFFECT_UNKNOWN, TA_F(OBEYED) | TA_F(EFFECT_UNKNOWN) },
    /* FreeBSD and macOS ignore every RST in TIME_WAIT. */
    { TA_IN(TA_TIME_WAIT), EXACT | EXACT_UNACKED, TA_EFFECT_RESET, TA_F(OBEYED) | TA_F(STACKS_DIFFER) },
    { ANY, EXACT, TA_EFFECT_RESET, TA_F(OBEYED) },
    /* FreeBSD and macOS compare with the last ACK they sent. */
    { ANY, EXACT_UNACKED, TA_EFFECT_RESET, TA_F(OBEYED) | TA_F(STACKS_DIFFER) },
    { ANY, UNHEARD, TA_EFFECT_UNKNOWN, TA_F(OBEYED) | TA_F(EFFECT_UNKNOWN) },
    { TA_IN(TA_TIME_WAIT), ANYWHERE, TA_EFFECT_IGNORED, 0 },
    /* macOS sends FIN and then a RST with the FIN's own SEQ; Linux takes it, FreeBSD does not. */
    { PASSIVE_CLOSE, FIN_ITSELF, TA_EFFECT_RESET, TA_F(OBEYED) | TA_F(STACKS_DIFFER) },
    { ANY, SACK_EDGE, TA_EFFECT_RESET, TA_F(OBEYED) | TA_F(STACKS_DIFFER) },
    /* Either the hole is in the capture and the SEQ is exact, or it is real and the RST is challenged. */
    { ANY, HOLE_EDGE, TA_EFFECT_UNKNOWN, TA_F(OBEYED) | TA_F(EFFECT_UNKNOWN) },
    { ANY, LAST_ACK, TA_EFFECT_CHALLENGED, TA_F(STACKS_DIFFER) },
    /* After close() Linux obeys any RST in the window here (measured), and close() cannot be seen. */
    { TA_IN(TA_FIN_WAIT_2), UNACKED | IN_WINDOW | AHEAD, TA_EFFECT_CHALLENGED, TA_F(STACKS_DIFFER) },
    /* Linux counts the window from the last ACK it sent (measured). */
    { ANY, UNACKED | FIN_ITSELF | IN_WINDOW, TA_EFFECT_CHALLENGED, 0 },
    /* Exact, if the sender's last payload is what the capture misses. */
    { ANY, AHEAD, TA_EFFECT_CHALLENGED, TA_F(AHEAD) },
    { ANY, NO_WINDOW, TA_EFFECT_UNKNOWN, TA_F(EFFECT_UNKNOWN) },
    { ANY, BEFORE | AFTER, TA_EFFECT_IGNORED, 0 },
};

/* RCV.NXT of its peer, as far as it was captured. */
static uint32_t received(const struct ta_end *end)
{
    return end->seq.una_repeated ? end->seq.una : end->seq.rcv_nxt;
}

static bool has_hole(const struct ta_end *end)
{
    return received(end) != end->seq.nxt;
}

/* `from` sent the RST, `to` receives it. */
static enum position find_position(const struct ta_end *from, const struct ta_end *to,
                                   const struct ta_segment *s)
{
    if (to->state == TA_SYN_SENT) {
        bool acks_syn = (s->flags & TA_ACK) && to->seq.known && ta_seq_after(s->ack, to->seq.iss)
                        && !ta_seq_after(s->ack, to->seq.nxt);
        return acks_syn ? EXACT : AFTER;
    }
    /* An end that only asks for a connection shares no numbers yet with one that holds an old one: there,
     * the old one's ACK is what it expects (RFC 9293 section 3.5.1, figure 8). */
    if (from->state == TA_SYN_SENT && to->sent.last.has_ack && s->seq == to->sent.last.ack)
        return EXACT;
    if (!from->seq.known)
        return NO_SEQUENCE;
    uint32_t next = received(from), end = s->seq + s->len;
    if (s->seq == next)
        return from->seq.una == next ? EXACT : EXACT_UNACKED;
    bool unheard = s->seq == from->seq.una && from->retry.count > 1 && !from->retry.is_probe;
    if (from->fin.sent && s->seq == from->fin.seq && s->seq + 1 == next && !(unheard && to->state == TA_TIME_WAIT))
        return FIN_ITSELF;
    if (unheard)
        return UNHEARD;
    /* A segment counts as inside the window when its last number is (Linux, measured). */
    if (ta_seq_before(s->seq, next))
        return s->seq == from->seq.una ? LAST_ACK : ta_seq_before(end, from->seq.una) ? BEFORE : UNACKED;
    if (!from->seen)
        return NO_SEQUENCE;
    if (has_hole(from) && s->seq == from->seq.nxt && from->syn.sack_permitted && to->syn.sack_permitted)
        return SACK_EDGE;
    if (has_hole(from) && s->seq == from->seq.nxt && !from->seq.hole_shown && !from->seq.una_repeated)
        return HOLE_EDGE;
    if (!to->window.known || (ta_seq_after(end, to->window.right_edge) && !ta_seq_after(end, to->window.furthest_edge)))
        return NO_WINDOW;
    if (ta_seq_after(end, to->window.right_edge))
        return AFTER;
    return ta_seq_after(s->seq, from->seq.nxt) ? AHEAD : IN_WINDOW;
}

static enum ta_effect find_effect(const struct ta_end *from, const struct ta_end *to,
                                  const struct ta_segment *s, uint64_t *facts)
{
    if (to->reset.obeyed || to->reset.aborted) {
        *facts |= TA_F(ALREADY_ABORTED);
        return TA_EFFECT_DUPLICATE;
    }
    unsigned position = find_position(from, to, s);
    const struct acceptance *row = acceptance;
    while (!(row->states & TA_IN(to->state)) || !(row->positions & position))
        row++; /* the rows for ANY cover every position */
    *facts |= row->facts;
    return row->effect;
}

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

static enum ta_shape find_shape(const struct ta_flow *flow, const struct ta_segment *s, struct ta_verdict *v)
{
    const struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];
    const struct ta_sent *trigger = find_trigger(flow, s);

    if (trigger) {
        v->evidence.trigger_frame = trigger->frame;
        v->evidence.facts |= TA_F(REPLY) | (trigger->has_payload ? TA_F(TRIGGER_DATA) : 0);
        v->evidence.facts |= ends_handshake(from, to, trigger) ? TA_F(HANDSHAKE_ACK) : 0;
        return TA_SHAPE_REPLY;
    }
    /* macOS takes the number of its FIN instead, although the FIN was sent. */
    bool at_fin = from->fin.sent && s->seq == from->fin.seq && s->seq + 1 == from->seq.nxt;
    if ((s->flags & TA_ACK) && from->seq.known && (s->seq == from->seq.nxt || at_fin)) {
        v->evidence.facts |= TA_F(ACTIVE);
        return TA_SHAPE_ACTIVE;
    }
    return TA_SHAPE_OTHER;
}

/* The ACK of a RST+ACK that is obeyed counts like any other. */
static void take_ack(struct ta_flow *flow, struct ta_end *from, struct ta_end *to,
                     const struct ta_segment *s)
{
    if (!(s->flags & TA_ACK) || !to->seq.known || !ta_seq_after(s->ack, to->seq.una))
        return;
    if (ta_seq_after(s->ack, to->seq.nxt)) {
        if (!from->window.known || ta_seq_after(s->ack, from->window.furthest_edge) || ta_seq_after(s->ack, to->seq.nxt + TA_WINDOW_MOST))
            return;
        flow->limits |= 1u << TA_LIMIT_LOSS;
        to->seq.nxt = s->ack;
    }
    ta_advance_una(from, to, s->ack);
    ta_answer_tries(to, true);
}

enum ta_handle ta_find_handle(const struct ta_end *end, bool aborts)
{
    if (end->reset.socket_unknown)
        return TA_HANDLE_UNKNOWN;
    if (aborts || end->reset.aborted)
        return TA_HANDLE_CLOSED;
    if (end->state == TA_UNKNOWN)
        return TA_HANDLE_UNKNOWN;
    /* accept() has not returned it, unless it sent data at once (RFC 7413). */
    if (end->state == TA_SYN_RCVD && !end->syn.sent && end->payload.last_frame == 0)
        return TA_HANDLE_CLOSED;
    /* close() and shutdown(SHUT_WR) send the same FIN; ACKing payload later shows that a socket is left. */
    return end->fin.sent && !end->after_fin.socket_open ? TA_HANDLE_UNKNOWN : TA_HANDLE_OPEN;
}

void ta_describe_ends(const struct ta_flow *flow, struct ta_verdict *v)
{
    static const uint64_t unacked[] = { TA_F(ABORTER_UNACKED), TA_F(VICTIM_UNACKED) };

    for (int end = 0; end < TA_ENDS; end++) {
        v->evidence.state_before[end] = flow->end[end].state;
        v->evidence.ttl[end] = flow->end[end].ttl;
        v->evidence.guess[end] = (uint8_t)ta_guess_stack(flow->end[end].ttl, flow->end[end].syn.option_order);
        v->evidence.unacked_bytes[end] = ta_unacked_bytes(&flow->end[end]);
        v->evidence.alert_bytes[end] = ta_farewell_bytes(&flow->end[end]);
        v->evidence.unread_bytes[end] = flow->end[end].payload.unread;
        if (v->evidence.unacked_bytes[end] > 0)
            v->evidence.facts |= unacked[end != v->evidence.aborter];
    }
    v->evidence.limits = (uint16_t)ta_flow_limits(flow);
}

/* Frames, times and the facts that follow from them. */
static void measure(const struct ta_flow *flow, const struct ta_segment *s, const struct ta_policy *policy,
                    struct ta_verdict *v)
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
    bool silent = ta_guess_stack(from->ttl, from->syn.option_order) == TA_LINUX && !(tries & TA_F(TRIES_KEEPALIVE));

    v->evidence.bytes_after_fin = to->payload.after_fin;
    v->evidence.frame = s->frame;
    v->evidence.time = s->time;
    v->evidence.fin_frame = fin_sender->fin.inferred ? 0 : fin_sender->fin.frame;
    v->evidence.fin_to_rst = v->evidence.fin_frame != 0 && s->time >= fin_sender->fin.time ? s->time - fin_sender->fin.time : -1;
    v->evidence.idle = flow->last_frame != 0 && s->time >= flow->last_time ? s->time - flow->last_time : -1;

    const struct {
        uint64_t fact;
        bool holds;
    } facts[] = {
        { TA_F(ABORTER_OPENING), from->state == TA_SYN_SENT },
        { TA_F(ABORTER_FIN), from->fin.sent },
        { TA_F(VICTIM_FIN), to->fin.sent },
        { TA_F(DATA_AFTER_FIN), v->evidence.bytes_after_fin > 0 },
        { TA_F(ABORTER_UNREAD), v->evidence.unread_bytes[s->from] > 0 },
        { TA_F(RECENT_PAYLOAD), from->payload.last_frame && s->time - from->payload.last_time < policy->recent },
        { TA_F(ABORTER_REPEATS), from->retry.count > 1 || (from->retry.count == 1 && from->retry.is_probe) },
        { TA_F(GAVE_UP) | tries, tries != 0 && timer && !silent && (v->evidence.facts & TA_F(ACTIVE)) },
        { TA_F(LONG_FIN_WAIT), from->state == TA_FIN_WAIT_2 && s->time - from->fin.time >= fin_wait },
        { TA_F(LISTENER), to->syn.ack_sent && !to->syn.sent && !to->fin.sent && to->payload.last_frame == 0 },
        { TA_F(INFERRED), to->inferred },
        { TA_F(RST_PAYLOAD), s->len > 0 },
    };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        v->evidence.facts |= facts[i].holds ? facts[i].fact : 0;
    if (v->evidence.facts & TA_F(GAVE_UP))
        ta_note_icmp(from, v);
}

/* Sent after the FIN, else never ACKed, else perhaps unread. */
uint32_t ta_find_data_frame(const struct ta_flow *flow, const struct ta_verdict *v)
{
    const struct ta_end *from = &flow->end[v->evidence.aborter], *to = &flow->end[1 - v->evidence.aborter];
    const struct ta_end *senders[] = { to, from };

    if (to->payload.after_fin_frame != 0)
        return to->payload.after_fin_frame;
    for (int i = 0; i < TA_ENDS; i++) {
        uint32_t oldest = 0;
        for (int k = 0; k < TA_KEPT_SEGMENTS; k++) {
            const struct ta_sent *kept = &senders[i]->sent.kept[k];
            bool unacked = kept->frame != 0 && ta_seq_after(kept->end, senders[i]->seq.una);
            if (unacked && (oldest == 0 || kept->frame < oldest))
                oldest = kept->frame;
        }
        if (oldest != 0)
            return oldest;
    }
    if (v->harm == TA_HARM_NONE)
        return 0;
    return (v->evidence.facts & TA_F(ABORTER_UNREAD)) ? to->payload.last_frame : from->payload.last_frame;
}

static void close_end(struct ta_end *end, enum ta_event event)
{
    end->reset.state_before = end->state;
    end->state = (uint8_t)ta_next_state(end->state, event);
    end->reset.nxt = end->seq.nxt;
    end->reset.sent_new = false;
}

/* Closes the ends. The sender of a RST that nobody obeys is gone all the same when the RST fits its own
 * connection; a RST that fits nothing tells nothing about it. */
static void close_ends(struct ta_flow *flow, const struct ta_segment *s, const struct ta_verdict *v, bool aborts)
{
    struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];
    bool obeyed = v->evidence.facts & TA_F(OBEYED);

    if (v->evidence.effect == TA_EFFECT_DUPLICATE) {
        to->state = (uint8_t)ta_next_state(to->state, TA_GOT_RST);
        /* It answers what its target had in flight: the target is given that much longer to notice. */
        if (flow->decisive.frame != 0 && s->from == flow->decisive.aborter) {
            flow->decisive.time = s->time;
            to->reset.nxt = to->seq.nxt;
        }
        return;
    }
    if (v->evidence.facts & TA_F(ABORTER_OPENING)) {
        /* It ends what is left of an older connection; this stream's own goes on with another SYN-ACK. */
        *to = (struct ta_end){ .seen = true, .ttl = to->ttl, .state = TA_CLOSED };
        return;
    }
    if (v->evidence.facts & TA_F(AHEAD)) {
        flow->limits |= 1u << TA_LIMIT_LOSS;
        flow->doubtful = true;
    }
    if (obeyed && to->state != TA_UNKNOWN) {
        close_end(to, TA_GOT_RST);
        to->reset.obeyed = true;
        flow->decisive.frame = s->frame;
        flow->decisive.time = s->time;
        flow->decisive.kind = v->kind;
        flow->decisive.aborter = s->from;
    }
    if (aborts && !from->reset.aborted) {
        close_end(from, TA_SENT_RST);
        from->reset.aborted = true;
        from->reset.gave_up = v->evidence.facts & TA_F(GAVE_UP) || v->evidence.gave_up_before;
    }
}

void ta_flow_reset(struct ta_flow *flow, const struct ta_segment *s, const struct ta_policy *policy,
                   struct ta_verdict *v)
{
    struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];

    *v = (struct ta_verdict){ .evidence.aborter = s->from };
    v->evidence.effect = (uint8_t)find_effect(from, to, s, &v->evidence.facts);
    from->seen = from->reset.sent = true;
    v->evidence.shape = (uint8_t)find_shape(flow, s, v);
    bool obeyed = v->evidence.facts & TA_F(OBEYED);
    if (obeyed)
        take_ack(flow, from, to, s);
    ta_describe_ends(flow, v);
    measure(flow, s, policy, v);
    bool gave_up = v->evidence.facts & TA_F(GAVE_UP);
    bool aborts = from->state != TA_SYN_SENT && (obeyed || v->evidence.shape != TA_SHAPE_OTHER);
    /* Its connection was over before, by both FINs or because it gave up: its application may still hold on. */
    if (v->evidence.shape == TA_SHAPE_REPLY && !from->reset.aborted) {
        v->evidence.gave_up_before = from->retry.count > 1 || from->retry.of_zero_window;
        from->reset.socket_unknown = v->evidence.gave_up_before || from->state == TA_CLOSED;
    }
    /* A stack that gives up drops the connection; its application still holds the socket and is told. */
    v->evidence.told = gave_up ? s->from : 1 - s->from;
    v->evidence.handle[s->from] = (uint8_t)ta_find_handle(from, aborts && !gave_up);
    v->evidence.handle[1 - s->from] = (uint8_t)ta_find_handle(to, false);
    ta_judge(v);
    v->data_frame = ta_find_data_frame(flow, v);
    close_ends(flow, s, v, aborts);
}

/* Its target says something new later than it could still have been unaware, or accepts something new from the
 * RST's sender; or who refused a connection accepts it. */
bool ta_overrules(const struct ta_flow *flow, const struct ta_segment *s)
{
    const struct ta_end *target = &flow->end[1 - flow->decisive.aborter], *sender = &flow->end[flow->decisive.aborter];
    /* Scheduling and capture clocks jitter; without a handshake the round-trip time is a guess. */
    int64_t grace = flow->rtt ? flow->rtt : 1000 * TA_MILLISECOND;

    if (flow->decisive.frame == 0)
        return false;
    if (s->from == flow->decisive.aborter)
        return flow->decisive.kind == TA_KIND_REFUSED && (s->flags & TA_SYN) && (s->flags & TA_ACK) && s->ack == target->seq.nxt;
    if (grace < 10 * TA_MILLISECOND)
        grace = 10 * TA_MILLISECOND;
    bool says_new = (s->len > 0 || s->flags & TA_FIN) && !(s->flags & TA_SYN)
                    && ta_seq_after(s->seq + s->len + (s->flags & TA_FIN ? 1 : 0), target->reset.nxt);
    if (says_new && s->time - flow->decisive.time > grace)
        return true;
    return sender->reset.sent_new && (s->flags & TA_ACK) && s->ack == sender->seq.nxt;
}

void ta_reopen(struct ta_end *end)
{
    if (end->state == TA_CLOSED && (end->reset.obeyed || end->reset.aborted))
        end->state = end->reset.state_before;
    end->reset.obeyed = end->reset.aborted = end->reset.sent_new = end->reset.gave_up = end->reset.socket_unknown = false;
}
