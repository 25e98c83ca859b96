/* One TCP connection as the capture shows it: two ends, each in parts by concern.
 *
 * Fixed size, no allocation, no clock but the capture's. Only the files of track/ write to it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_END_H
#define TCPABORT_END_H

#include "evidence.h"

/* A segment one end sent, kept because a RST may answer it or data in it may be lost. */
struct ta_sent {
    uint32_t frame; /* 0: empty */
    uint32_t end;   /* sequence number after its last byte, SYN and FIN counted */
    uint32_t ack;
    bool has_ack, has_payload;
};

#define TA_PAUSE_LEAST (50000 * TA_MILLISECOND) /* shorter than any limit of idle.def */

enum { TA_KEPT_SEGMENTS = 3, TA_HOLES = 3 };
enum { TA_WINDOW_MOST = 1 << 30 }; /* bytes, RFC 7323 section 2.3: no two numbers of a connection are further apart */

struct ta_range {
    uint32_t from, to; /* [from, to) */
};

/* Sequence numbers of what an end sent (RFC 9293 section 3.3.1). Once `known`,
 *     una <= rcv_nxt <= nxt, and rcv_nxt < beyond[i].from < beyond[i].to <= nxt for each range that is not empty,
 * in sequence order: ta_sequence_holds(). */
struct ta_sequence {
    bool known;
    bool nxt_guessed;  /* nxt is from a segment without payload that was ahead of all captured, and may be a keep-alive: one too low */
    bool has_beyond;   /* a range of `beyond` is not empty */
    bool hole_shown;   /* the peer ACKed the start of the hole before `beyond`: the hole is real */
    bool una_repeated; /* the peer ACKed una again after later data was captured: what lies at una did not arrive */
    bool window_probe; /* the byte at nxt is a zero-window probe: it counts once it is ACKed */
    uint32_t iss;      /* its initial sequence number, when a SYN of it was seen */
    uint32_t una;      /* SND.UNA: the peer acknowledged everything before */
    uint32_t rcv_nxt;  /* RCV.NXT of its peer, if all that was captured arrived */
    uint32_t nxt;      /* SND.NXT: highest sequence number sent, plus one */
    struct ta_range beyond[TA_HOLES]; /* captured, but with a hole before; in any order; empty when from == to */
};

/* Its SYN or SYN-ACK. */
struct ta_syn {
    bool sent, ack_sent; /* a SYN, a SYN-ACK */
    bool ack_missed;     /* it repeated its SYN after the SYN-ACK: that did not arrive, nor do other segments */
    bool scale_offered, sack_permitted, options_known;
    uint8_t shift;         /* of its window, with scale_offered */
    uint16_t window;       /* not scaled */
    uint32_t option_order; /* ta_syn_options.order */
};

/* The receive window that it gave. */
struct ta_window {
    bool known;          /* right_edge and furthest_edge are valid */
    bool closed;         /* the last one was 0 */
    bool last_unscaled;  /* `last` was in a SYN-ACK */
    uint16_t last;       /* of its last segment with ACK, as in its header */
    uint32_t right_edge; /* the nearest one, if its scale is not known */
    uint32_t furthest_edge;
};

struct ta_fin {
    bool sent;
    bool crossing; /* it does not acknowledge the peer's earlier FIN */
    bool inferred; /* it was not captured, but the peer's ACK covers one number more than was sent */
    uint32_t seq;
    uint32_t frame; /* where it is or, when inferred, the ACK that covers it */
    int64_t time;
};

/* What happened after its FIN. */
struct ta_after_fin {
    bool peer_sent;    /* the peer sent payload; peer_end is valid */
    bool socket_open;  /* it ACKed that payload without resetting: an application reads */
    uint32_t peer_end; /* sequence number after what the peer sent first */
};

struct ta_payload {
    uint32_t last_frame; /* its last segment with payload, 0 none */
    int64_t last_time;
    uint32_t unread;          /* payload of the peer that it ACKed since it last sent payload or FIN; stops at UINT32_MAX */
    uint32_t trailing_alerts; /* what it sent ends with this many bytes of TLS alerts */
    uint32_t after_fin;       /* bytes it sent that acknowledge the peer's FIN */
    uint32_t after_fin_frame; /* the first of them, 0 none */
};

/* Segments that it sent. */
struct ta_sent_segments {
    struct ta_sent kept[TA_KEPT_SEGMENTS]; /* with payload: the oldest un-ACKed ones and the newest */
    struct ta_sent last;
};

/* Its retransmissions of what the peer has not ACKed, or its probes that the peer has not answered. */
struct ta_retry {
    uint8_t count;       /* transmissions: 1 is the first one; 0 nothing waits for an answer; at most 255 */
    bool is_probe;       /* the last one was a keep-alive or a zero-window probe */
    bool of_zero_window; /* it was a zero-window probe */
    bool peer_sent;      /* the peer sent something since the first one */
    uint32_t frame;      /* the last one */
    int64_t time, gap;   /* of the last one, and its distance from the one before */
    int64_t frame_time;  /* of `frame`: later than `time` when it went out several times at once */
};

/* The ICMP error that quoted it since the peer's last ACK. */
struct ta_icmp_quote {
    uint8_t number; /* of ta_find_icmp(); 0 none */
    uint32_t frame;
    int64_t time;
};

/* What RSTs, its own and the peer's, did to it. */
struct ta_reset {
    bool sent;           /* it sent any RST */
    bool aborted;        /* it sent a RST that shows it has no connection (any more) */
    bool gave_up;        /* that RST shows that it gave up its retransmissions */
    bool socket_unknown; /* that RST does not show that its application has closed */
    bool obeyed;         /* it received a RST that it obeys */
    bool sent_new;       /* after its RST it sent something new */
    uint8_t state_before; /* enum ta_state before its own or the peer's RST closed it */
    uint32_t nxt;        /* SND.NXT when the decisive RST came */
};

/* One end: what it sent, and what became of that. */
struct ta_end {
    uint8_t state; /* enum ta_state */
    uint8_t ttl;   /* of its first segment; 0 unknown */
    bool seen;     /* it sent at least one segment */
    bool inferred; /* its state was inferred, not followed from the handshake */
    int64_t last_time; /* of its last segment */
    struct ta_sequence seq;
    struct ta_syn syn;
    struct ta_window window;
    struct ta_fin fin;
    struct ta_after_fin after_fin;
    struct ta_payload payload;
    struct ta_sent_segments sent;
    struct ta_retry retry;
    struct ta_icmp_quote icmp;
    struct ta_reset reset;
};

/* The RST that fixed the stream's kind. */
struct ta_decisive {
    uint32_t frame;  /* 0 none */
    uint8_t kind;    /* enum ta_kind */
    uint8_t aborter; /* who sent it */
    int64_t time;
};

/* What came back to a SYN and is no answer to it. */
struct ta_unacceptable {
    uint8_t acks;       /* ACKs of another connection, at most 255 */
    uint8_t refusals;   /* RSTs that do not acknowledge the SYN, at most 255 */
    uint32_t rst_frame; /* the last RST by which such an ACK was answered (RFC 9293 section 3.10.7.3), 0 none */
    uint32_t rst_seq;   /* its SEQ is the number of that ACK */
};

struct ta_flow {
    struct ta_end end[TA_ENDS];
    struct ta_unacceptable unacceptable;
    uint32_t overruled_frame; /* the RST whose lack of effect the last segment proved, 0 none */
    struct ta_decisive decisive;
    int64_t last_time, syn_time;
    int64_t pause, pause_end; /* the last silence of TA_PAUSE_LEAST or more between two segments; 0 none */
    int64_t rtt;         /* round-trip time of the handshake; 0 unknown */
    int64_t rtt_most;    /* the longest from what was sent once to its ACK, the handshake's too; 0 unknown */
    uint32_t last_frame;
    bool doubtful;       /* the last segment is a RST that counts if the capture missed payload before it */
    uint16_t limits;     /* bit n: enum ta_limit n */
};

/* The invariant of struct ta_sequence, for tests: true unless `known`, and where it holds. */
bool ta_sequence_holds(const struct ta_sequence *seq);

/* Whether the end's FIN was sent and is acknowledged. */
bool ta_fin_acked(const struct ta_end *end);

/* Payload this end sent that no ACK covers, in bytes, and how many of these are TLS alerts. */
uint32_t ta_unacked_bytes(const struct ta_end *end);
uint32_t ta_alert_bytes(const struct ta_end *end);

/* RCV.NXT of its peer, as far as it was captured. */
uint32_t ta_peer_rcv_nxt(const struct ta_end *end);

/* The end has sent nothing yet: its first sequence number is `seq`. */
void ta_start_sequence(struct ta_end *end, uint32_t seq);

/* Everything before `seq` was captured or ACKed, and with it every range that it touches. */
void ta_move_rcv_nxt(struct ta_end *end, uint32_t seq);

/* `from` ACKs everything of `to` before `ack`, which lies after to->seq.una. */
void ta_advance_una(struct ta_end *from, struct ta_end *to, uint32_t ack);

/* Adds something that the capture cannot show. */
static inline void ta_add_limit(struct ta_flow *flow, enum ta_limit limit)
{
    flow->limits |= (uint16_t)(1u << limit);
}

#endif
