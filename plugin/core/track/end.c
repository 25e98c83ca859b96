/* What is asked of an end by everybody, and how its sequence numbers move on.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "end.h"

#include "seq.h"

bool ta_sequence_holds(const struct ta_sequence *seq)
{
    if (!seq->known)
        return true;
    for (int i = 0; i < TA_HOLES; i++) {
        const struct ta_range *r = &seq->beyond[i];
        if (r->from != r->to && (!ta_seq_after(r->from, seq->rcv_nxt) || !ta_seq_after(r->to, r->from) || ta_seq_after(r->to, seq->nxt)))
            return false;
    }
    return !ta_seq_after(seq->una, seq->rcv_nxt) && !ta_seq_after(seq->rcv_nxt, seq->nxt);
}

bool ta_fin_acked(const struct ta_end *end)
{
    return end->fin.sent && ta_seq_after(end->seq.una, end->fin.seq);
}

/* Whether its FIN takes a number of its own, not yet ACKed. One of a number inside what was sent before, as broken ends send,
 * does not. */
static bool fin_counts(const struct ta_end *end)
{
    return end->fin.sent && !ta_fin_acked(end) && end->fin.seq + 1 == end->seq.nxt;
}

uint32_t ta_unacked_bytes(const struct ta_end *end)
{
    if (!end->seq.known)
        return 0;
    uint32_t bytes = end->seq.nxt - end->seq.una;
    /* SYN and FIN each take a sequence number but are no payload. */
    if (bytes > 0 && (end->syn.sent || end->syn.ack_sent) && end->seq.una == end->seq.iss)
        bytes--;
    if (bytes > 0 && fin_counts(end))
        bytes--;
    return bytes;
}

uint32_t ta_alert_bytes(const struct ta_end *end)
{
    uint32_t unacked = ta_unacked_bytes(end);
    return end->payload.trailing_alerts < unacked ? end->payload.trailing_alerts : unacked;
}

uint32_t ta_peer_rcv_nxt(const struct ta_end *end)
{
    return end->seq.una_repeated ? end->seq.una : end->seq.rcv_nxt;
}

void ta_start_sequence(struct ta_end *end, uint32_t seq)
{
    end->seq = (struct ta_sequence){ .known = true, .una = seq, .rcv_nxt = seq, .nxt = seq };
}

void ta_move_rcv_nxt(struct ta_end *end, uint32_t seq)
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
    if (bytes > 0 && fin_counts(to) && ta_seq_after(ack, to->fin.seq))
        bytes--;
    from->payload.unread = bytes < UINT32_MAX - from->payload.unread ? from->payload.unread + bytes : UINT32_MAX;
    to->seq.una = ack;
    ta_move_rcv_nxt(to, ack);
    to->seq.hole_shown = to->seq.una_repeated = false;
    /* ACKed segments are not lost and provoke nothing; kept, their numbers would come round again. */
    for (int i = 0; i < TA_KEPT_SEGMENTS; i++)
        if (to->sent.kept[i].frame != 0 && !ta_seq_after(to->sent.kept[i].end, ack))
            to->sent.kept[i] = (struct ta_sent){ 0 };
}
