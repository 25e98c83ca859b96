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

struct net_address {
    struct sockaddr_storage bytes;
    socklen_t size;
};

/* An end's address. `family` is AF_INET or AF_INET6. */
struct net_address net_address(int end, int family, uint16_t port);

/* The calls below act on the namespace of the calling process, which is that of `end`. They return 0,
 * or -1 with errno set. */

/* Runs `command`, with `input` as its standard input; its output is thrown away. EPROTO: it failed. */
int net_run(const char *command, const char *input);

/* The kernel keeps back all that this end sends, before the recording sees it. */
int net_hold(int end);

/* Sends at once, and in order, what was kept back. */
int net_release(int end);

/* Writes a setting; `path` is relative to /proc/sys/net. */
int net_setting(const char *path, const char *value);

#endif
