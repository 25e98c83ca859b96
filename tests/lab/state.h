/* The TCP state of one end as the kernel tells it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_STATE_H
#define LAB_STATE_H

#include <stdint.h>

/* Name of the state of the connection between these ports, seen from the process that calls.
 *
 * TCP_INFO of `fd`, when it is a socket with a live connection. Otherwise what the kernel lists for
 * the ports, so that orphans, TIME_WAIT and connections not accepted yet have a state too. Then
 * LISTEN or CLOSED for a socket without a connection, and "-" when there is no socket. */
const char *tcp_state_name(int fd, int listener, uint16_t local_port, uint16_t remote_port);

#endif
