/* The line between the two ends of many connections: all packets pass through this program, which
 * delays, keeps back and loses them, each connection and direction by itself.
 *
 *     client0 (TUN, client's namespace) <- line -> server0 (TUN, server's namespace)
 *
 * Connection N runs between the client's port line_port(CLIENT, N) and the server's line_port(SERVER, N).
 * A recording at one end's interface shows what that end sent and what reached it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_LINE_H
#define LAB_LINE_H

#include <stdint.h>

#include "net.h"

enum { LINE_CONNECTIONS = 20000 };

/* Which packets are lost, as bits. Each packet is of exactly one sort: the first that fits. */
enum {
    LOSE_RST = 1,
    LOSE_SYN = 2,
    LOSE_FIN = 4,  /* perhaps with payload */
    LOSE_DATA = 8,
    LOSE_ACK = 16, /* nothing but an ACK */
    LOSE_ALL = 31,
    LOSE_NEXT = 32, /* the next packet only */
};

/* The way of what one end of one connection sends. */
struct line_way {
    int lose;        /* set of LOSE_... */
    int reject;      /* 0, or 1 + the code of the ICMP error "unreachable" that answers each lost packet */
    int64_t delay;   /* nanoseconds */
    bool held;       /* packets wait until line_release() */
    int packets, lost;
    int64_t last;    /* when it sent its last packet, line_now() */
    struct line_packet *waiting, **end_of_waiting; /* while held */
};

/* Makes the interfaces and their addresses; the namespaces have none yet. Ends the process on failure. */
void line_open(struct net *net);

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t line_now(void);

uint16_t line_port(int end, int number);

/* The way of what `end` of connection `number` sends. */
struct line_way *line_way(int number, int end);

/* `what` is "all", "none", "next" or some of rst, syn, fin, data, ack with spaces between. False: it is not. */
bool line_lose(struct line_way *way, const char *what, int length);

void line_release(struct line_way *way);

/* Carries packets until `until`. */
void line_carry(int64_t until);

#endif
