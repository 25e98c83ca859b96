/* The TCP state of one end as the kernel tells it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_STATE_H
#define LAB_STATE_H

#include "net.h"

/* Name of a state by the kernel's number, "-" when there is none with it. */
const char *tcp_state_of(unsigned number);

/* Name of the state of the connection between these addresses, in the caller's namespace.
 *
 * TCP_INFO of `fd`, when it is a socket with a live connection. Otherwise what the kernel lists for
 * the addresses (sock_diag), so that orphans, TIME_WAIT and connections not accepted yet have a state
 * too. Then LISTEN or CLOSED for a socket without a connection, and "-" when there is no socket. */
const char *tcp_state_name(int fd, int listener, const struct net_address *local, const struct net_address *remote);

#endif
