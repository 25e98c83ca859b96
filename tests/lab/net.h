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

enum { NET_PLACES = 100 };

/* Other addresses, 192.0.2.(2 * place + 1) and so on, so that tracepoints tell experiments apart that run at
 * the same time. Before anything else; 0 unless called. */
void net_place(int place);

/* An end's address as text. */
const char *net_host(int end, int family);

/* Name of an end's interface, where recordings happen. */
const char *net_interface(int end);

/* Two namespaces and the veth pair. Ends the process with a message when it may not make namespaces. Moves
 * the caller into one. */
void net_open(struct net *net);

/* The namespaces alone, for line.c, which makes an interface in each and has its address set. */
void net_make_namespaces(struct net *net);
void net_set_up_line(int end);

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
