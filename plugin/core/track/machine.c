/* The state grid of machine.h: one row an event, one column a state, no cell empty.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

/* clang-format off */
enum {
    HOLE = TA_UNKNOWN,     /* no event leads back to "unknown", so an empty cell shows as a hole */
    SS = TA_SYN_SENT, SR = TA_SYN_RCVD, ES = TA_ESTABLISHED,
    F1 = TA_FIN_WAIT_1, F2 = TA_FIN_WAIT_2, CW = TA_CLOSE_WAIT,
    CG = TA_CLOSING, LA = TA_LAST_ACK, TW = TA_TIME_WAIT, CL = TA_CLOSED,
    oo = TA_STATE_COUNT    /* keep: the event was taken before, or means nothing in this state */
};

static const unsigned char grid[TA_EVENT_COUNT][TA_STATE_COUNT] = {
/*                          UNK SS  SR  ES  F1  F2  CW  CG  LA  TW  CL */
[TA_SENT_SYN]          = {  SS, oo, oo, oo, oo, oo, oo, oo, oo, oo, oo },
/* Only an end not seen before opens. A SYN of a dead connection's number is a repeat (Windows
 * repeats a refused SYN); another number is a new stream. */
[TA_SENT_SYN_ACK]      = {  SR, SR, oo, oo, oo, oo, oo, oo, oo, oo, oo },
/* SYN_SENT: simultaneous open (RFC 9293 figure 7). */
[TA_GOT_SYN]           = {  oo, SR, oo, oo, oo, oo, oo, oo, oo, oo, oo },
/* UNKNOWN keeps: whether anyone listens shows only when it answers. */
[TA_GOT_SYN_ACK]       = {  ES, ES, ES, oo, oo, oo, oo, oo, oo, oo, oo },
/* UNKNOWN: its SYN was not captured, but the SYN-ACK proves it. SYN_RCVD: simultaneous open. */
[TA_GOT_ACK_OF_SYN]    = {  oo, oo, ES, oo, oo, oo, oo, oo, oo, oo, oo },
/* SYN_SENT keeps: without the peer's SYN the handshake is not done. */
[TA_JOINED]            = {  ES, ES, oo, oo, oo, oo, oo, oo, oo, oo, oo },
/* SYN_RCVD keeps: with TCP Fast Open a server sends data before the last ACK (RFC 7413). */
[TA_SENT_FIN]          = {  F1, oo, F1, F1, oo, oo, LA, oo, oo, oo, oo },
/* SYN_SENT keeps: closing there sends nothing (RFC 9293 section 3.10.4). */
[TA_SENT_CROSSING_FIN] = {  F1, oo, F1, F1, oo, oo, CG, oo, oo, oo, oo },
/* CLOSE_WAIT: delivery of the peer's FIN was presumed too early; both FINs were in flight. */
[TA_GOT_ACK_OF_FIN]    = {  oo, oo, oo, oo, F2, oo, oo, TW, CL, oo, oo },
[TA_GOT_FIN]           = {  oo, oo, CW, CW, CG, TW, oo, oo, oo, oo, oo },
/* SYN_SENT keeps: a FIN there is dropped (RFC 9293 section 3.10.7.4, eighth step). UNKNOWN keeps: whoever
 * takes a FIN has joined before. */
[TA_SENT_NO_FIN]       = {  oo, oo, oo, oo, ES, ES, oo, CW, CW, CW, oo },
[TA_GOT_NO_FIN]        = {  oo, oo, oo, oo, oo, oo, ES, F1, F1, F2, oo },
/* The way back of the FIN rows above. CLOSED keeps: it cannot be told which way led there. */
[TA_SENT_RST]          = {  CL, oo, CL, CL, CL, CL, CL, CL, CL, CL, oo },
/* SYN_SENT keeps: it answers a wrong ACK with RST and goes on trying (RFC 9293 section 3.10.7.3). */
[TA_GOT_RST]           = {  CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, oo },
};
/* clang-format on */

enum ta_state ta_next_state(enum ta_state state, enum ta_event event)
{
    unsigned char next = grid[event][state];
    return next == TA_STATE_COUNT ? state : (enum ta_state)next;
}

const char *ta_state_name(enum ta_state state)
{
    static const char *const names[] = {
#define STATE(id, name, meaning) [id] = name,
        TA_STATES(STATE)
#undef STATE
    };
    return names[state];
}

const char *ta_event_name(enum ta_event event)
{
    static const char *const names[] = {
#define EVENT(id, name, meaning) [id] = name,
        TA_EVENTS(EVENT)
#undef EVENT
    };
    return names[event];
}
