/* What a RST does to both ends, and taking it back.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"

#include "machine.h"
#include "seq.h"

/* The ACK of a RST+ACK that is obeyed counts like any other. */
static void take_ack(struct ta_flow *flow, struct ta_end *from, struct ta_end *to,
                     const struct ta_segment *s)
{
    if (!(s->flags & TA_ACK) || !to->seq.known || !ta_seq_after(s->ack, to->seq.una))
        return;
    if (ta_seq_after(s->ack, to->seq.nxt)) {
        if (!from->window.known || ta_seq_after(s->ack, from->window.furthest_edge) || ta_seq_after(s->ack, to->seq.nxt + TA_WINDOW_MOST))
            return;
        ta_add_limit(flow, TA_LIMIT_LOSS);
        to->seq.nxt = s->ack;
    }
    ta_advance_una(from, to, s->ack);
    ta_answer_retries(to, true);
}

void ta_track_rst(struct ta_flow *flow, const struct ta_segment *s, const struct ta_evidence *e)
{
    struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];

    from->seen = from->reset.sent = true;
    if (e->facts & TA_F(OBEYED))
        take_ack(flow, from, to, s);
    /* Its connection was over before, by both FINs or because it gave up: its application may still hold on. */
    if (e->shape == TA_SHAPE_REPLY && !from->reset.aborted)
        from->reset.socket_unknown = e->gave_up_before || from->state == TA_CLOSED;
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
void ta_track_closing(struct ta_flow *flow, const struct ta_segment *s, const struct ta_evidence *e, bool aborts, uint8_t kind)
{
    struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];
    bool obeyed = e->facts & TA_F(OBEYED);

    if (e->effect == TA_EFFECT_DUPLICATE) {
        to->state = (uint8_t)ta_next_state(to->state, TA_GOT_RST);
        /* It answers what its target had in flight: the target is given that much longer to notice. */
        if (flow->decisive.frame != 0 && s->from == flow->decisive.aborter) {
            flow->decisive.time = s->time;
            to->reset.nxt = to->seq.nxt;
        }
        return;
    }
    if (e->effect == TA_EFFECT_IGNORED && to->state == TA_SYN_SENT)
        flow->unacceptable.refusals += flow->unacceptable.refusals < UINT8_MAX;
    if (e->facts & TA_F(ABORTER_OPENING)) {
        /* It ends what is left of an older connection; this stream's own goes on with another SYN-ACK. */
        flow->unacceptable.rst_frame = s->frame;
        flow->unacceptable.rst_seq = s->seq;
        *to = (struct ta_end){ .seen = true, .ttl = to->ttl, .state = TA_CLOSED };
        return;
    }
    if (e->facts & TA_F(AHEAD)) {
        ta_add_limit(flow, TA_LIMIT_LOSS);
        flow->doubtful = true;
    }
    if (obeyed && to->state != TA_UNKNOWN) {
        close_end(to, TA_GOT_RST);
        to->reset.obeyed = true;
        flow->decisive = (struct ta_decisive){ s->frame, kind, s->from, s->time };
    }
    if (aborts && !from->reset.aborted) {
        close_end(from, TA_SENT_RST);
        from->reset.aborted = true;
        from->reset.gave_up = e->facts & TA_F(GAVE_UP) || e->gave_up_before;
    }
}

void ta_reopen(struct ta_end *end)
{
    if (end->state == TA_CLOSED && (end->reset.obeyed || end->reset.aborted))
        end->state = end->reset.state_before;
    end->reset = (struct ta_reset){ .sent = end->reset.sent };
}

void ta_track_old_alive(struct ta_flow *flow, const struct ta_segment *s)
{
    flow->end[s->from].state = TA_UNKNOWN; /* as it was before it showed itself for the first time */
    flow->overruled_frame = flow->unacceptable.rst_frame;
    flow->unacceptable.rst_frame = 0;
}

void ta_track_overruled(struct ta_flow *flow, const struct ta_segment *s)
{
    flow->overruled_frame = flow->decisive.frame;
    /* Only who went on talking has not taken it, or not sent it. */
    for (int end = 0; end < TA_ENDS; end++)
        if (end == s->from || flow->end[end].reset.sent_new)
            ta_reopen(&flow->end[end]);
    flow->decisive = (struct ta_decisive){ .frame = 0 };
}
