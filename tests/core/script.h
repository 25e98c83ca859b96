/* The notation of the segments column, word by word: what one word asks the player to do.
 *
 * tests/README.md describes the notation. This file only reads words; numbers that depend on the
 * connection (sequence numbers, windows) are filled in by the player.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TESTS_SCRIPT_H
#define TCPABORT_TESTS_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcpabort.h"

/* What a word asks for. */
enum script_verb {
    SCRIPT_WAIT,   /* `+1.5s`: the next segment comes that much after the last */
    SCRIPT_SET,    /* `C.isn=0`: a property of an end */
    SCRIPT_SEND,   /* `C:100`: a new segment */
    SCRIPT_REPEAT, /* `C:again`: a retransmission, with a fresh ACK number and window */
    SCRIPT_COPY,   /* `C:dup`: the same packet once more, every field unchanged */
    SCRIPT_RELEASE, /* `C:later`: what was sent with the modifier `later` passes now */
    SCRIPT_ICMP    /* `N:3.1`: the network answers a segment with an ICMP error */
};

/* Where a number given with `seq=` or `ack=` counts from. */
enum script_base {
    SCRIPT_DEFAULT, /* the value a well-behaved end would use */
    SCRIPT_ISN,     /* the sender's first sequence number */
    SCRIPT_NXT,     /* the sender's SND.NXT (for `ack=`: the peer's) */
    SCRIPT_RCV,     /* the peer's RCV.NXT (for `ack=`: the sender's) */
    SCRIPT_ACKED,   /* the ACK number the peer sent last (for `ack=`: the sender) */
    SCRIPT_EDGE,    /* the right edge of the window the peer offered: its ACK number plus window */
    SCRIPT_SACK     /* the end of the highest block the peer holds beyond a hole */
};

struct script_number {
    enum script_base base;
    int64_t offset;
};

enum script_property {
    SCRIPT_SET_ISN,
    SCRIPT_SET_WINDOW,
    SCRIPT_SET_SHIFT,
    SCRIPT_SET_SACK,
    SCRIPT_SET_TTL,
    SCRIPT_SET_IP_ID,
    SCRIPT_SET_TIMESTAMPS
};

enum { SCRIPT_OFF = -1, SCRIPT_ON = 1, SCRIPT_SAYS = 64 };

struct script_action {
    enum script_verb verb;
    uint8_t from;                  /* TA_CLIENT or TA_SERVER; means nothing for SCRIPT_ICMP */
    uint8_t flags;                 /* TA_FIN ... of a SCRIPT_SEND */
    uint32_t len;                  /* payload bytes */
    uint8_t says[SCRIPT_SAYS];     /* its bytes, where has_says */
    struct script_number seq, ack;
    int64_t window;                /* bytes; SCRIPT_OFF: the end's own */
    int ttl, ip_id, mac, timestamps; /* SCRIPT_OFF: the end's own; timestamps: 0 without */
    uint8_t icmp_type, icmp_code;  /* SCRIPT_ICMP */
    unsigned frame;                /* `again=N`, `dup=N`, `re=N`; 0: the last one */
    bool lost, hidden, later, crossing, truncated, has_says, alert, speaks;
    struct ta_application application; /* where it speaks */
    int64_t time;                  /* SCRIPT_WAIT: nanoseconds */
    enum script_property property; /* SCRIPT_SET */
    int64_t value;                 /* SCRIPT_SET; SCRIPT_OFF for `off` */
};

/* Reads one word; on failure writes what is wrong with it to `error` and returns false. */
bool script_read_word(const char *word, struct script_action *action, char *error, size_t size);

#endif
