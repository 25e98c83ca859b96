/* The state grid of machine.h: one row an event, one column a state, no cell empty.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

/* clang-format off */
enum {
    HOLE = TA_UNKNOWN,         /* no event leads back to "unknown", so an empty cell shows as a hole */
    SS = TA_SYN_SENT, SR = TA_SYN_RCVD, ES = TA_ESTABLISHED,
    F1 = TA_FIN_WAIT_1, F2 = TA_FIN_WAIT_2, CW = TA_CLOSE_WAIT,
    CG = TA_CLOSING, LA = TA_LAST_ACK, TW = TA_TIME_WAIT, CL = TA_CLOSED,
    ok = TA_STATE_COUNT,       /* taken: the state is past this event, which is reported again; it stays */
    ig = TA_STATE_COUNT + 1,   /* ignored: the event means nothing in this state; it stays */
};

static const unsigned char grid[TA_EVENT_COUNT][TA_STATE_COUNT] = {
/*                          UNK SS  SR  ES  F1  F2  CW  CG  LA  TW  CL */
/* CLOSED: Windows repeats a SYN that was refused; a SYN of another number is a new stream. */
[TA_SENT_SYN]          = {  SS, ok, ok, ok, ok, ok, ok, ok, ok, ok, ig },
[TA_SENT_SYN_ACK]      = {  SR, SR, ok, ok, ok, ok, ok, ok, ok, ok, ig },
/* UNKNOWN: whether anyone listens shows only when it answers. SYN_SENT: simultaneous open (RFC 9293 figure 7). */
[TA_GOT_SYN]           = {  ig, SR, ok, ok, ok, ok, ok, ok, ok, ok, ig },
/* UNKNOWN: its SYN was not captured, but the SYN-ACK proves it. SYN_RCVD: simultaneous open. */
[TA_GOT_SYN_ACK]       = {  ES, ES, ES, ok, ok, ok, ok, ok, ok, ok, ig },
/* SYN_SENT: without the peer's SYN the handshake is not done. */
[TA_GOT_ACK_OF_SYN]    = {  ig, ig, ES, ok, ok, ok, ok, ok, ok, ok, ig },
/* SYN_RCVD: with TCP Fast Open a server sends data before the last ACK (RFC 7413). */
[TA_JOINED]            = {  ES, ES, ig, ok, ok, ok, ok, ok, ok, ok, ig },
/* SYN_SENT: closing there sends nothing (RFC 9293 section 3.10.4). */
[TA_SENT_FIN]          = {  F1, ig, F1, F1, ok, ok, LA, ok, ok, ok, ig },
/* CLOSE_WAIT: delivery of the peer's FIN was presumed too early; both FINs were in flight. LAST_ACK has sent another. */
[TA_SENT_CROSSING_FIN] = {  F1, ig, F1, F1, ok, ok, CG, ok, ig, ok, ig },
[TA_GOT_ACK_OF_FIN]    = {  ig, ig, ig, ig, F2, ok, ig, TW, CL, ok, ig },
/* SYN_SENT: a FIN there is dropped (RFC 9293 section 3.10.7.4, eighth step). UNKNOWN: whoever takes a FIN has joined
 * before. */
[TA_GOT_FIN]           = {  ig, ig, CW, CW, CG, TW, ok, ok, ok, ok, ig },
/* The way back of the FIN rows above. CLOSED: it cannot be told which way led there. */
[TA_SENT_NO_FIN]       = {  ig, ig, ig, ok, ES, ES, ok, CW, CW, CW, ig },
[TA_GOT_NO_FIN]        = {  ig, ig, ig, ok, ok, ok, ES, F1, F1, F2, ig },
/* SYN_SENT: it answers a wrong ACK with RST and goes on trying (RFC 9293 section 3.10.7.3). */
[TA_SENT_RST]          = {  CL, ig, CL, CL, CL, CL, CL, CL, CL, CL, ok },
[TA_GOT_RST]           = {  CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, ok },
};
/* clang-format on */

enum ta_state ta_next_state(enum ta_state state, enum ta_event event)
{
    unsigned char next = grid[event][state];
    return next >= TA_STATE_COUNT ? state : (enum ta_state)next;
}

bool ta_is_ignored(enum ta_state state, enum ta_event event)
{
    return grid[event][state] == ig;
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
