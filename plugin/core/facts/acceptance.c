/* Whether the receiver of a RST obeys it: where its SEQ lies, and the table of what stacks do.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "acceptance.h"

#include "seq.h"

/* Where the SEQ of a RST lies for the end that receives it. RCV.NXT is the end of the contiguous data
 * captured: the receiver may hold data that it has not ACKed yet. As bits, for the table below. */
enum position {
    BEFORE = 1 << 0,      /* before its last ACK: left of the window */
    LAST_ACK = 1 << 1,    /* the number it ACKed last, but it holds data that it has not ACKed yet */
    RETRANSMITTED = 1 << 2, /* the same, but the sender has retransmitted from there without an ACK: it may hold nothing after that */
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

/* Linux's rule, first match. TA_F(STACKS_DIFFER) is in the rows where FreeBSD, macOS or the RFC decide otherwise. */
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
    { ANY, RETRANSMITTED, TA_EFFECT_UNKNOWN, TA_F(OBEYED) | TA_F(EFFECT_UNKNOWN) },
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

static bool has_hole(const struct ta_end *end)
{
    return ta_peer_rcv_nxt(end) != end->seq.nxt;
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
    uint32_t next = ta_peer_rcv_nxt(from), end = s->seq + s->len;
    if (s->seq == next)
        return from->seq.una == next ? EXACT : EXACT_UNACKED;
    bool retransmitted = s->seq == from->seq.una && from->retry.count > 1 && !from->retry.is_probe;
    if (from->fin.sent && s->seq == from->fin.seq && s->seq + 1 == next && !(retransmitted && to->state == TA_TIME_WAIT))
        return FIN_ITSELF;
    if (retransmitted)
        return RETRANSMITTED;
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

enum ta_effect ta_find_effect(const struct ta_end *from, const struct ta_end *to, const struct ta_segment *s, uint64_t *facts)
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
