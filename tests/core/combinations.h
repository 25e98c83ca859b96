/* What can come together: the states of both ends, and the facts of a decisive event. tables_test visits every
 * combination of these once, and no other.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMBINATIONS_H
#define COMBINATIONS_H

#include "verdict.h"

enum {
    UNK = TA_IN(TA_UNKNOWN), SS = TA_IN(TA_SYN_SENT), SR = TA_IN(TA_SYN_RCVD), ES = TA_IN(TA_ESTABLISHED),
    F1 = TA_IN(TA_FIN_WAIT_1), F2 = TA_IN(TA_FIN_WAIT_2), CW = TA_IN(TA_CLOSE_WAIT), CG = TA_IN(TA_CLOSING),
    LA = TA_IN(TA_LAST_ACK), TW = TA_IN(TA_TIME_WAIT), CL = TA_IN(TA_CLOSED),
    ANY = TA_ANY_STATE,
    OPEN = SR | ES | F1 | F2 | CW | CG | LA, /* a RST's SEQ is compared with a window */
    SENT_FIN = F1 | F2 | CG | LA | TW,
};

/* States the other end can be in. What was sent is presumed to have arrived; a FIN behind a hole has not. */
static const uint32_t other_end[TA_STATE_COUNT] = {
    [TA_UNKNOWN]       = UNK | SS | CL,
    [TA_SYN_SENT]      = UNK | SR | ES | F1 | CL, /* an answer to another SYN, an old connection */
    [TA_SYN_RCVD]      = SS | SR | ES | CL,
    [TA_ESTABLISHED]   = SS | SR | ES | F1 | CL,
    [TA_FIN_WAIT_1]    = SS | ES | F1 | CW | CG | LA | CL,
    [TA_FIN_WAIT_2]    = CW | LA | CL,
    [TA_CLOSE_WAIT]    = F1 | F2 | CL,
    [TA_CLOSING]       = F1 | CG | LA | TW | CL,
    [TA_LAST_ACK]      = F1 | F2 | CG | TW | CL,
    [TA_TIME_WAIT]     = CG | LA | TW | CL,
    [TA_CLOSED]        = ANY,
};

/* One choice of a group. A combination takes exactly one of each group, in this order: one that the states of
 * both ends and the facts taken so far allow. The aborter is the end that sent the RST, gave up, or closed
 * alone. TA_F(INFERRED) only lowers the certainty and is in none. */
struct choice {
    enum { EVENT, TRIES, ICMP, ANSWERS, ACKED, EFFECT, SHAPE, OPENING, ABORTER_FIN, VICTIM_FIN, AFTER_FIN, VICTIM_UNACKED,
           ABORTER_UNACKED, UNREAD, RECENT, REPEATS, FIN_WAIT, LISTENER, PAYLOAD } group;
    uint32_t victim, aborter;
    uint64_t need, bar, facts;
};

static const struct choice choices[] = {
    /* A RST; one that gives up: RST+ACK inside a run of tries; silence; one FIN ACKed, then silence. */
    { EVENT, ANY, ANY, 0, 0, 0 },
    { EVENT, ANY, ANY, 0, 0, TA_F(GAVE_UP) | TA_F(ACTIVE) | TA_F(ABORTER_REPEATS) },
    { EVENT, ANY, ANY, 0, 0, TA_F(GAVE_UP) | TA_F(SILENCE) },
    { EVENT, CW, F2 | CL, 0, 0, TA_F(SILENCE) },
    /* Who gives up has tried one thing. A SYN whose peer was heard is no run of unanswered ones; silence
     * counts it. An end whose own RST missed its peer is closed, and its peer silent. A SYN closes no window. */
    { TRIES, ANY, ANY, 0, TA_F(GAVE_UP), 0 },
    { TRIES, ANY, SS | SR, TA_F(GAVE_UP) | TA_F(SILENCE), 0, TA_F(TRIES_SYN) },
    { TRIES, SR, SS, TA_F(GAVE_UP) | TA_F(SILENCE), 0, TA_F(TRIES_SYN) | TA_F(TRIES_SYN_ACK) },
    { TRIES, UNK, SS, TA_F(GAVE_UP), TA_F(SILENCE), TA_F(TRIES_SYN) },
    { TRIES, SR | ES, SR, TA_F(GAVE_UP), TA_F(SILENCE), TA_F(TRIES_SYN) },
    { TRIES, ANY, SR, TA_F(GAVE_UP), 0, TA_F(TRIES_SYN_ACK) },
    { TRIES, ANY & ~UNK, ES | F1 | CW | CG | LA | CL, TA_F(GAVE_UP), 0, TA_F(TRIES_DATA) },
    { TRIES, ANY & ~UNK, F1 | CG | LA | CL, TA_F(GAVE_UP), 0, TA_F(TRIES_FIN) },
    { TRIES, ANY & ~UNK, ES | F1 | F2 | CW | CG | LA | CL, TA_F(GAVE_UP), 0, TA_F(TRIES_KEEPALIVE) },
    { TRIES, ANY & ~(UNK | SS), ES | F1 | F2 | CW | CG | LA | CL, TA_F(GAVE_UP), 0, TA_F(TRIES_WINDOW) },
    { ICMP, ANY, ANY, 0, 0, 0 },
    { ICMP, ANY, ANY, TA_F(GAVE_UP), 0, TA_F(ICMP) },
    /* What came back to a SYN that was tried until the end; a RST that ACKs the SYN's own number is never obeyed. */
    { ANSWERS, ANY, ANY, 0, 0, 0 },
    { ANSWERS, UNK | CL, SS, TA_F(SILENCE) | TA_F(TRIES_SYN), TA_F(TRIES_SYN_ACK), TA_F(OLD_ACKS) },
    { ANSWERS, UNK | CL, SS, TA_F(SILENCE) | TA_F(TRIES_SYN), TA_F(TRIES_SYN_ACK), TA_F(BAD_REFUSALS) },
    { ACKED, ANY, ANY, 0, 0, 0 },
    { ACKED, SS, ANY, 0, TA_F(SILENCE), TA_F(ACKS_ISN) },
    /* What acceptance says of a RST, by the state of its receiver. Windows repeats a SYN that was refused. */
    { EFFECT, ANY, ANY, TA_F(SILENCE), 0, 0 },
    { EFFECT, SS | CL, ANY, 0, TA_F(SILENCE), TA_F(ALREADY_ABORTED) },
    { EFFECT, ANY & ~UNK, ANY, 0, TA_F(SILENCE) | TA_F(ACKS_ISN), TA_F(OBEYED) },
    { EFFECT, UNK | OPEN | TW, ANY, 0, TA_F(SILENCE), TA_F(OBEYED) | TA_F(EFFECT_UNKNOWN) },
    { EFFECT, OPEN | TW, ANY, 0, TA_F(SILENCE), TA_F(OBEYED) | TA_F(STACKS_DIFFER) },
    { EFFECT, SS | OPEN | TW, ANY, 0, TA_F(SILENCE), 0 },
    { EFFECT, OPEN, ANY, 0, TA_F(SILENCE), TA_F(STACKS_DIFFER) },
    { EFFECT, OPEN & ~F2, ANY, 0, TA_F(SILENCE), TA_F(AHEAD) },
    { EFFECT, OPEN, ANY, 0, TA_F(SILENCE), TA_F(EFFECT_UNKNOWN) },
    /* Neither, a reply to a segment without and with payload, to the last ACK of the handshake, active. */
    { SHAPE, ANY, ANY, 0, 0, 0 },
    { SHAPE, ANY & ~UNK, ANY, 0, TA_F(SILENCE) | TA_F(GAVE_UP), TA_F(REPLY) },
    { SHAPE, ANY & ~UNK, ANY, 0, TA_F(SILENCE) | TA_F(GAVE_UP), TA_F(REPLY) | TA_F(TRIGGER_DATA) },
    { SHAPE, ES | CL, ES | CL, 0, TA_F(SILENCE) | TA_F(GAVE_UP), TA_F(REPLY) | TA_F(HANDSHAKE_ACK) },
    { SHAPE, ANY, ANY & ~UNK, 0, TA_F(SILENCE) | TA_F(GAVE_UP), TA_F(ACTIVE) },
    { OPENING, ANY, SS, 0, TA_F(SILENCE), TA_F(ABORTER_OPENING) },
    { OPENING, ANY, ANY & ~SS, 0, TA_F(SILENCE), 0 },
    { OPENING, ANY, ANY, TA_F(SILENCE), 0, 0 },
    /* Silence notes no FIN, and nothing of what follows but un-ACKed payload and repeats. */
    { ABORTER_FIN, ANY, ANY, TA_F(SILENCE), 0, 0 },
    { ABORTER_FIN, ANY, SENT_FIN | CL, 0, TA_F(SILENCE), TA_F(ABORTER_FIN) },
    { ABORTER_FIN, ANY, ANY & ~SENT_FIN, 0, TA_F(SILENCE), 0 },
    { VICTIM_FIN, ANY, ANY, TA_F(SILENCE), 0, 0 },
    { VICTIM_FIN, SENT_FIN | CL, ANY, 0, TA_F(SILENCE), TA_F(VICTIM_FIN) },
    { VICTIM_FIN, ANY & ~SENT_FIN, ANY, 0, TA_F(SILENCE), 0 },
    { AFTER_FIN, ANY, ANY, 0, 0, 0 },
    { AFTER_FIN, CW | LA | CL, ANY, TA_F(ABORTER_FIN), 0, TA_F(DATA_AFTER_FIN) },
    { VICTIM_UNACKED, ANY, ANY, 0, 0, 0 },
    { VICTIM_UNACKED, SS | SR | ES | F1 | CW | CG | LA, ANY, 0, TA_F(SILENCE), TA_F(VICTIM_UNACKED) },
    { VICTIM_UNACKED, CL, ANY, TA_F(ALREADY_ABORTED), 0, TA_F(VICTIM_UNACKED) },
    { VICTIM_UNACKED, SS | SR | ES | F1 | CW | CG | LA | CL, ANY, TA_F(SILENCE) | TA_F(GAVE_UP), 0, TA_F(VICTIM_UNACKED) },
    { ABORTER_UNACKED, ANY, ANY, 0, TA_F(TRIES_DATA), 0 },
    { ABORTER_UNACKED, ANY, SS | SR | ES | F1 | CW | CG | LA | CL, 0, TA_F(SILENCE) | TA_F(TRIES_FIN), TA_F(ABORTER_UNACKED) },
    { ABORTER_UNACKED, ANY, ANY & ~F2, TA_F(SILENCE) | TA_F(GAVE_UP), TA_F(TRIES_FIN), TA_F(ABORTER_UNACKED) },
    { UNREAD, ANY, ANY, 0, 0, 0 },
    { UNREAD, ANY, ANY & ~SS, 0, TA_F(SILENCE), TA_F(ABORTER_UNREAD) },
    { RECENT, ANY, ANY, 0, 0, 0 },
    { RECENT, ANY, ANY & ~UNK, 0, TA_F(SILENCE), TA_F(RECENT_PAYLOAD) },
    { REPEATS, ANY, ANY, 0, 0, 0 },
    { REPEATS, ANY, ANY & ~UNK, 0, TA_F(SILENCE) | TA_F(GAVE_UP), TA_F(ABORTER_REPEATS) },
    { REPEATS, ANY, ANY, TA_F(SILENCE) | TA_F(GAVE_UP), 0, TA_F(ABORTER_REPEATS) },
    { FIN_WAIT, ANY, ANY, 0, 0, 0 },
    { FIN_WAIT, ANY, F2, TA_F(ABORTER_FIN), 0, TA_F(LONG_FIN_WAIT) },
    { LISTENER, ANY, ANY, 0, 0, 0 },
    { LISTENER, SR | ES | CW | CL, ANY, 0,
      TA_F(SILENCE) | TA_F(VICTIM_FIN) | TA_F(VICTIM_UNACKED) | TA_F(DATA_AFTER_FIN) | TA_F(TRIGGER_DATA), TA_F(LISTENER) },
    { PAYLOAD, ANY, ANY, 0, 0, 0 },
    { PAYLOAD, ANY, ANY, 0, TA_F(SILENCE), TA_F(RST_PAYLOAD) },
};

struct combination {
    unsigned aborter, victim; /* states */
    uint64_t facts;
};

typedef void combination_visitor(const struct combination *combination);

static void combine(size_t first, struct combination c, combination_visitor *visit)
{
    const size_t count = sizeof choices / sizeof *choices;
    size_t next = first;
    if (first == count) {
        visit(&c);
        return;
    }
    while (next < count && choices[next].group == choices[first].group)
        next++;
    for (const struct choice *choice = &choices[first]; choice < &choices[next]; choice++)
        if (choice->victim & TA_IN(c.victim) && choice->aborter & TA_IN(c.aborter)
            && (c.facts & choice->need) == choice->need && !(c.facts & choice->bar))
            combine(next, (struct combination){ c.aborter, c.victim, c.facts | choice->facts }, visit);
}

static void visit_combinations(combination_visitor *visit)
{
    for (unsigned aborter = 0; aborter < TA_STATE_COUNT; aborter++)
        for (unsigned victim = 0; victim < TA_STATE_COUNT; victim++)
            if (other_end[aborter] & TA_IN(victim))
                combine(0, (struct combination){ aborter, victim, 0 }, visit);
}

#endif
