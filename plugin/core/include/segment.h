/* One TCP segment, or one ICMP error that quotes one, as plain values: the whole border between a packet
 * analyser and the core.
 * Start reading at tcpabort.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_SEGMENT_H
#define TCPABORT_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

/* The two ends of a connection. Also the index into every array that has one element an end. */
enum { TA_CLIENT, TA_SERVER, TA_ENDS };

/* Times are nanoseconds. */
#define TA_MILLISECOND INT64_C(1000000)

/* Control bits as they stand in byte 13 of the TCP header (RFC 9293 section 3.1). */
enum {
    TA_FIN = 0x01,
    TA_SYN = 0x02,
    TA_RST = 0x04,
    TA_PSH = 0x08,
    TA_ACK = 0x10,
};

/* What the options of a SYN or SYN-ACK say; all zero in other segments. */
struct ta_syn_options {
    bool complete;        /* every option byte was captured, so an absent option is really absent */
    bool window_scale;    /* window scale option present (RFC 7323) */
    uint8_t shift;        /* its shift count, 0 to 14 */
    bool sack_permitted;  /* RFC 2018 */
    uint32_t order;       /* kinds of the options up to the end of the list, four bits each, the last one lowest */
};

struct ta_segment {
    uint32_t frame;    /* frame number in the capture, from 1 */
    int64_t time;      /* nanoseconds since the Unix epoch, of the capture's clock */
    uint8_t from;      /* sending end: TA_CLIENT or TA_SERVER */
    uint8_t flags;     /* TA_FIN ... */
    uint8_t ttl;       /* IPv4 TTL or IPv6 hop limit; 0 when no IP header was found */
    uint16_t ip_id;    /* IPv4 identification; 0 for IPv6, and when no IP header was found */
    uint16_t checksum; /* of the TCP header; 0 when it was not captured */
    uint64_t mac;      /* source address of the Ethernet frame, 48 bits; 0 when there is none */
    bool truncated;    /* the capture cut this segment's TCP header */
    bool duplicate;    /* the same packet was captured before: ta_is_duplicate() */
    uint16_t window;   /* the 16 bits of the header, not scaled */
    uint32_t seq;      /* raw sequence number */
    uint32_t ack;      /* raw acknowledgment number; meaningful with TA_ACK only */
    uint32_t len;      /* payload bytes as sent, also where the capture cut them off */
    uint32_t trailing_alerts; /* bytes at the end of the payload that are TLS alerts, such as close_notify: nobody misses them */
    struct ta_syn_options syn; /* for a segment with TA_SYN */
    bool timestamps;   /* timestamps option present (RFC 7323); for a segment with TA_RST */
};

/* An ICMP or ICMPv6 error that quotes a segment of this connection. */
struct ta_icmp {
    uint32_t frame;
    int64_t time;    /* as in struct ta_segment */
    uint8_t about;   /* the end that sent the quoted segment: the error is addressed to it */
    uint8_t version; /* of IP: 4 or 6 */
    uint8_t type, code;
    uint32_t seq;    /* sequence number in the quotation */
};

/* What the payload of one segment holds, as far as it can be read. */
struct ta_application {
    uint8_t method;         /* an HTTP request begins: number of its method, from 1; 0 none */
    uint16_t status;        /* an HTTP answer begins: its status, 0 none */
    bool multiplexed;       /* HTTP/2: several requests may be under way */
    bool client_hello;      /* TLS: the segment begins a handshake */
    bool handshake;         /* it holds a handshake message in clear; the last one is handshake_type */
    bool change_cipher, application_data;
    bool alert, alert_read; /* alert_read: the next two are known */
    bool alert_sized;       /* nothing but one encrypted record, as long as an alert of TLS 1.3 */
    uint8_t alert_level, alert_description;
    uint8_t handshake_type;
};

/* User preferences that change verdicts. Times in nanoseconds. */
struct ta_policy {
    int64_t give_up_least; /* silence after which a run of tries has given up, at least */
    int64_t give_up_lone;  /* the same for a single try */
    int64_t gap_most;      /* the longest gap between two tries that is doubled to expect the next one */
    int64_t recent; /* payload that reached the victim less than this before a RST counts as possibly unread */
};
extern const struct ta_policy ta_default_policy;

/* STATE(id, name as shown, what it means for an observer) */
#define TA_STATES(STATE)                                                                           \
    STATE(TA_UNKNOWN, "UNKNOWN", "nothing has shown this end's state yet")                         \
    STATE(TA_SYN_SENT, "SYN_SENT", "its SYN was sent, no acceptable answer seen")                  \
    STATE(TA_SYN_RCVD, "SYN_RCVD", "its SYN-ACK was sent, the last ACK of the handshake not seen") \
    STATE(TA_ESTABLISHED, "ESTABLISHED", "handshake complete, no FIN on either side")              \
    STATE(TA_FIN_WAIT_1, "FIN_WAIT_1", "its FIN was sent, not acknowledged")                       \
    STATE(TA_FIN_WAIT_2, "FIN_WAIT_2", "its FIN was acknowledged, the peer's has not come")        \
    STATE(TA_CLOSE_WAIT, "CLOSE_WAIT", "the peer's FIN was delivered, its own was not sent")       \
    STATE(TA_CLOSING, "CLOSING", "both FINs crossed, its own is not acknowledged")                 \
    STATE(TA_LAST_ACK, "LAST_ACK", "its FIN followed the peer's and is not acknowledged")          \
    STATE(TA_TIME_WAIT, "TIME_WAIT", "both FINs acknowledged, it closed first or both did")        \
    STATE(TA_CLOSED, "CLOSED", "no connection any more")

enum ta_state {
#define STATE(id, name, meaning) id,
    TA_STATES(STATE)
#undef STATE
        TA_STATE_COUNT
};

/* netstat's spelling of the state, e.g. "CLOSE_WAIT"; static. */
const char *ta_state_name(enum ta_state state);

/* Walks through a set in which bit n stands for the number n: for (int n = -1; ta_next_in(set, &n);) */
static inline bool ta_next_in(unsigned set, int *n)
{
    while (++*n < 32)
        if (set >> *n & 1)
            return true;
    return false;
}

/* State sets, for tables that select by state. */
#define TA_IN(state) (1u << (state))
#define TA_ANY_STATE ((1u << TA_STATE_COUNT) - 1)

#endif
