/* The network of one experiment: two namespaces without a name, joined by a veth pair.
 *
 * Nothing else is on it. It vanishes when the last process that uses it ends.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_NET_H
#define LAB_NET_H

#include <netinet/in.h>
#include <stdint.h>

#include "script.h"

struct net {
    int namespaces[ENDS]; /* file descriptors for setns() */
};

/* Name of the client's interface, where the recording happens. */
#define CLIENT_INTERFACE "client0"

/* Ends the process with a message when it may not make namespaces. Moves the caller into one. */
void net_open(struct net *net);

/* Moves the calling process to one end's side. */
void net_enter(const struct net *net, int end);

void net_close(struct net *net);

struct sockaddr_in net_address(int end, uint16_t port);

#endif
