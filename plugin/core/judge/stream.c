/* How a whole stream ended: silence judged, a RST overruled, its kind.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"

#include "seq.h"

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

/* How long after a RST what its target says may still have been sent before it came: paths jitter (measured: 217 ms where
 * the handshake took 93), and what was in flight came later than a round trip. Without a handshake that is a guess. */
static int64_t find_grace(const struct ta_flow *flow)
{
    const int64_t jitter = 200 * TA_MILLISECOND, unknown = 1000 * TA_MILLISECOND;
    const int64_t msl = 120000 * TA_MILLISECOND; /* no segment is older (RFC 9293 section 3.4.2), whatever a clock says */

    if (flow->rtt == 0)
        return unknown;
    if (flow->rtt_most > msl)
        return 2 * msl;
    return flow->rtt_most > jitter ? 2 * flow->rtt_most : flow->rtt_most + jitter;
}

/* Its target says something new later than it could still have been unaware, or accepts something new from the RST's
 * sender: also the SYN-ACK of one who had refused. */
bool ta_overrules(const struct ta_flow *flow, const struct ta_segment *s)
{
    const struct ta_end *target = &flow->end[1 - flow->decisive.aborter], *sender = &flow->end[flow->decisive.aborter];
    int64_t grace = find_grace(flow);

    if (flow->decisive.frame == 0)
        return false;
    if (s->from == flow->decisive.aborter) /* its SYN-ACK alone may come from elsewhere: who was refused must take it */
        return false;
    bool says_new = (s->len > 0 || s->flags & TA_FIN) && !(s->flags & TA_SYN)
                    && ta_seq_after(s->seq + s->len + (s->flags & TA_FIN ? 1 : 0), target->reset.nxt);
    if (says_new && s->time - flow->decisive.time > grace)
        return true;
    return sender->reset.sent_new && (s->flags & TA_ACK) && s->ack == sender->seq.nxt;
}

bool ta_is_old_alive(const struct ta_flow *flow, const struct ta_segment *s)
{
    return flow->unacceptable.rst_frame != 0 && flow->end[1 - s->from].state == TA_SYN_SENT && flow->end[s->from].state == TA_CLOSED
           && s->flags & TA_ACK && !(s->flags & TA_SYN) && s->ack == flow->unacceptable.rst_seq;
}

bool ta_judge_silence(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy, struct ta_verdict *v)
{
    *v = (struct ta_verdict){ .kind = TA_KIND_NONE };
    if (!ta_find_silence(flow, now, policy, &v->evidence))
        return false;
    ta_judge(v);
    v->data_frame = ta_find_data_frame(flow, v);
    return true;
}

enum ta_kind ta_flow_kind(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy)
{
    struct ta_verdict verdict;

    if (flow->decisive.frame != 0)
        return flow->decisive.kind;
    if (ta_both_closed(flow))
        return TA_KIND_CLOSED;
    if (!ta_can_judge_silence(flow))
        return TA_KIND_UNKNOWN;
    return ta_judge_silence(flow, now, policy, &verdict) ? verdict.kind : TA_KIND_OPEN;
}

bool ta_flow_unanswered(const struct ta_flow *flow, const struct ta_verdict *v, const struct ta_segment *s)
{
    const struct ta_end *from = &flow->end[s->from];
    uint32_t length = s->len + !!(s->flags & TA_SYN) + !!(s->flags & TA_FIN);

    if (!(v->evidence.facts & TA_F(GAVE_UP)))
        return false;
    bool last_try = v->evidence.facts & TA_F(SILENCE) && s->frame == v->evidence.frame;
    return last_try || (length > 0 && from->seq.known && ta_seq_after(s->seq + length, from->seq.una));
}
