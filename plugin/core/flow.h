/* One TCP connection as the capture shows it: two ends, fed one segment at a time.
 *
 * Fixed size, no allocation, no clock but the capture's, no knowledge of Wireshark. Zero it, feed it
 * every segment of one stream in capture order, and read states, verdicts and the stream's kind.
 * Everything decided about a RST is decided from that segment and earlier ones.
 *
 *     struct ta_flow flow = { 0 };
 *     struct ta_verdict verdict;
 *     if (ta_flow_step(&flow, &segment, &ta_default_policy, &verdict) & TA_STEP_JUDGED) ...
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_FLOW_H
#define TCPABORT_FLOW_H

#include "machine.h"
#include "origin.h"
#include "segment.h"
#include "verdict.h"

/* User preferences that change verdicts. Times in nanoseconds. */
struct ta_policy {
    int64_t give_up_least; /* silence after which a run of tries has given up, at least */
    int64_t give_up_lone;  /* the same for a single try */
    int64_t gap_most;      /* the longest gap between two tries that is doubled to expect the next one */
    int64_t recent; /* payload that reached the victim less than this before a RST counts as possibly unread */
};
extern const struct ta_policy ta_default_policy;

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
    bool nxt_guessed;  /* nxt is from a segment without payload, which may be a keep-alive: one too low */
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
struct ta_icmp_error_seen {
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

/* One end, what it sent and what became of that; each part is written by the file that its comment in track/ names. */
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
    struct ta_icmp_error_seen icmp;
    struct ta_reset reset;
};

/* The RST that fixed the stream's kind. */
struct ta_decisive {
    uint32_t frame;  /* 0 none */
    uint8_t kind;    /* enum ta_kind */
    uint8_t aborter; /* who sent it */
    int64_t time;
};

struct ta_flow {
    struct ta_end end[TA_ENDS];
    struct ta_decisive decisive;
    int64_t last_time, syn_time;
    int64_t pause, pause_end; /* the last silence of TA_PAUSE_LEAST or more between two segments; 0 none */
    int64_t rtt;         /* of the handshake; 0 unknown */
    uint32_t last_frame;
    bool doubtful;       /* the last segment is a RST that counts if the capture missed payload before it */
    uint16_t limits;     /* bit n: enum ta_limit n */
    uint16_t limits_before_rst; /* the same, when the last segment came that is no RST */
    struct ta_habit habit[TA_ENDS];
};

/* What a step did, as bits. */
enum {
    TA_STEP_JUDGED = 1,        /* the segment is a RST and *verdict is filled */
    TA_STEP_OVERRULED = 2,     /* the segment proves that the decisive RST before it had no effect */
};

/* One RST, judged by reset.c: fills the verdict and closes the ends that it closes. */
void ta_flow_reset(struct ta_flow *flow, const struct ta_segment *segment,
                   const struct ta_policy *policy, struct ta_verdict *verdict);

/* Whether a later segment proves that the decisive RST had no effect. */
bool ta_overrules(const struct ta_flow *flow, const struct ta_segment *segment);

/* The end's connection goes on from the state it had before a RST closed it. */
void ta_reopen(struct ta_end *end);

/* Takes the next segment. `verdict` is written only when TA_STEP_JUDGED is returned. */
unsigned ta_flow_step(struct ta_flow *flow, const struct ta_segment *segment,
                      const struct ta_policy *policy, struct ta_verdict *verdict);

/* Takes an ICMP error. False when it means nothing to the connection: not an error to TCP, or quoting a number
 * before SND.UNA or after SND.NXT (RFC 5927 section 4). Its verdict, if any, is one on silence. */
bool ta_flow_icmp(struct ta_flow *flow, const struct ta_icmp *icmp);

/* The stream's kind at `now`: exactly one, never none or ignored_rst. Pure. */
enum ta_kind ta_flow_kind(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy);

/* One more try of `from`, silence.c: it sent what the peer has not ACKed, or (probe) asks for an answer. */
void ta_count_try(struct ta_end *from, const struct ta_segment *segment, bool is_new, bool probe);

/* The peer was heard; `progress`: it ACKed something new. */
void ta_answer_tries(struct ta_end *end, bool progress);

/* What the unanswered tries of this end are, as facts TA_F(TRIES_)...; 0 when nothing is unanswered. */
uint64_t ta_tries(const struct ta_end *end, const struct ta_end *peer);

/* Judges a stream that no RST ended, at `now`, the latest time stamp of the capture: fills `verdict` and
 * returns true when an end gave up or only one end closed. */
bool ta_flow_silence(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy,
                     struct ta_verdict *verdict);

/* What the capture cannot show of this stream so far, as a set: bit n is enum ta_limit n. */
unsigned ta_flow_limits(const struct ta_flow *flow);

/* The same for the whole stream at `now`: also whether the capture ends while an answer is awaited. */
unsigned ta_stream_limits(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy);

/* The payload frame that the verdict's harm is about; 0 none. */
uint32_t ta_find_data_frame(const struct ta_flow *flow, const struct ta_verdict *verdict);

/* What a verdict says of both ends, whatever ended the connection: states, bytes, limits, TTLs. */
void ta_describe_ends(const struct ta_flow *flow, struct ta_verdict *verdict);

/* Whether an application still holds the end's socket; `aborts`: it just dropped the connection. */
enum ta_handle ta_find_handle(const struct ta_end *end, bool aborts);

/* Marks the verdict with the ICMP error that this end, which gave up, has got. */
void ta_note_icmp(const struct ta_end *end, struct ta_verdict *verdict);

/* Whether the end's FIN was sent and is acknowledged. */
bool ta_fin_acked(const struct ta_end *end);

/* Payload this end sent that no ACK covers, in bytes. */
uint32_t ta_unacked_bytes(const struct ta_end *end);

/* How many of these are TLS alerts. */
uint32_t ta_farewell_bytes(const struct ta_end *end);

/* `from` ACKs everything of `to` before `ack`, which lies after to->una. */
void ta_advance_una(struct ta_end *from, struct ta_end *to, uint32_t ack);

/* Whether the sender of a stream's first captured segment is the client: the sender of a SYN, else the
 * receiver of a SYN-ACK, else the higher port, else the first sender. */
bool ta_first_sender_is_client(uint8_t flags, uint16_t source_port, uint16_t destination_port);

#endif
