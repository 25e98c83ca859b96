/* One endpoint's TCP state machine as an observer can follow it (RFC 9293 section 3.3.2).
 *
 * A capture shows what was sent; that it arrived is presumed until the peer proves otherwise.
 * The same grid serves both ends. It knows nothing of sequence numbers: flow.c turns segments into the
 * events below.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_MACHINE_H
#define TCPABORT_MACHINE_H

#include "segment.h"

/* EVENT(id, name, what happened). An event may be reported again as long as it stays true: a state
 * that has taken it already keeps. */
#define TA_EVENTS(EVENT)                                                                           \
    EVENT(TA_SENT_SYN, "sent SYN", "it opens the connection")                                      \
    EVENT(TA_SENT_SYN_ACK, "sent SYN-ACK", "it answers the peer's SYN")                            \
    EVENT(TA_GOT_SYN, "got SYN", "the peer's SYN without ACK reached it")                          \
    EVENT(TA_GOT_SYN_ACK, "got SYN-ACK", "the peer's SYN reached it and its own is acknowledged")  \
    EVENT(TA_GOT_ACK_OF_SYN, "got ACK of SYN", "its SYN is acknowledged")                          \
    EVENT(TA_JOINED, "joined", "a segment without SYN shows the handshake is over")                \
    EVENT(TA_SENT_FIN, "sent FIN", "it ends its direction, aware of every FIN delivered to it")    \
    EVENT(TA_SENT_CROSSING_FIN, "sent crossing FIN", "its FIN does not acknowledge the peer's")    \
    EVENT(TA_GOT_ACK_OF_FIN, "got ACK of FIN", "its FIN is acknowledged")                          \
    EVENT(TA_GOT_FIN, "got FIN", "the peer's FIN and all data before it reached it")               \
    EVENT(TA_SENT_NO_FIN, "sent no FIN", "it sends on, so the FIN inferred of it was not one")         \
    EVENT(TA_GOT_NO_FIN, "got no FIN", "the peer sends on, so the FIN inferred of it was not one")     \
    EVENT(TA_SENT_RST, "sent RST", "it dropped the connection, or had none")                       \
    EVENT(TA_GOT_RST, "got RST", "a RST that it obeys reached it")

enum ta_event {
#define EVENT(id, name, meaning) id,
    TA_EVENTS(EVENT)
#undef EVENT
        TA_EVENT_COUNT
};

/* The state after `event`; the same state where the event changes nothing. Total. */
enum ta_state ta_next_state(enum ta_state state, enum ta_event event);

/* Whether the event means nothing in this state. Where it does and changes nothing, the state is past it. */
bool ta_is_ignored(enum ta_state state, enum ta_event event);

/* The event's name, e.g. "got FIN"; for printed grids. */
const char *ta_event_name(enum ta_event event);

#endif
