/* One end of the experiment: one listener and a few connections at most.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_END_H
#define LAB_END_H

#include <stdint.h>

#include "script.h"

enum { CONNECTIONS = 4 };

struct end {
    int who, family;
    int listener, connections[CONNECTIONS]; /* -1: none */
    int used;                               /* index of the connection that calls are about */
    uint16_t first_port;                    /* the client's port of connection 0 */
    uint16_t server_port;
    bool never_blocks;                      /* else a call may block for a second */
};

/* What a step did. */
struct report {
    char state[16];  /* the end's TCP state before the call */
    char result[24]; /* a number, EOF or the name of an errno */
};

/* An end without any socket; `who` is CLIENT or SERVER. */
void end_init(struct end *end, int who);

/* Name of the TCP state of the connection in use, see state.h. */
const char *end_state(struct end *end);

/* Makes one call, in the namespace that the caller is in. Ends the process when a step that changes the
 * network fails. VERB_WAIT and VERB_KILL do nothing here. */
void end_perform(struct end *end, const struct step *step, struct report *report);

/* Makes the calls ordered through `orders` (a SOCK_SEQPACKET socket of step indices) until it is closed. */
void end_serve(int end, int orders, const struct script *script);

#endif
