/* One end of the experiment: a process with one listener and a few connections at most.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_END_H
#define LAB_END_H

#include "script.h"

/* What the process answers to an order, which is the index of a step. */
struct report {
    char state[16];  /* the end's TCP state before the call */
    char result[24]; /* a number, EOF or the name of an errno */
};

/* Makes the calls ordered through `orders` (a SOCK_SEQPACKET socket) until it is closed. */
void end_serve(int end, int orders, const struct script *script);

#endif
