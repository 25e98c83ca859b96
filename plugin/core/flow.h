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

/* One end: what it sent, and what of that the other end acknowledged.
 * una <= contiguous <= nxt, in sequence order; all three are valid once seq_known. */
struct ta_end {
    uint8_t state;        /* enum ta_state */
    uint8_t state_before; /* state before its own or the peer's RST closed it */
    uint8_t ttl;          /* of its first segment; 0 unknown */
    uint8_t shift;        /* of its window, when window_known */
    bool seen;        /* it sent at least one segment */
    bool seq_known;
    bool nxt_guessed; /* nxt is from a segment without payload, which may be a keep-alive: one too low */
    bool syn_sent, syn_ack_sent;
    bool fin_sent, fin_crossing; /* fin_crossing: its FIN does not acknowledge the peer's earlier FIN */
    bool fin_inferred; /* its FIN was not captured, but the peer's ACK covers one number more than was sent */
    bool sack_permitted, scale_offered, options_known;
    bool window_seen;  /* right_edge and furthest_edge are valid */
    bool window_closed; /* the last window it gave was 0 */
    bool window_probe; /* the byte at nxt was sent into a closed window; it counts once it is ACKed */
    bool last_window_unscaled; /* last_window was in a SYN-ACK */
    bool hole_shown;   /* the peer ACKed the start of the hole before `beyond`: the hole is real */
    bool una_repeated; /* the peer ACKed una again after later data was captured: what lies at una did not arrive */
    bool inferred;     /* its state was inferred, not followed from the handshake */
    bool was_reset;    /* it received a RST that it obeys */
    bool has_aborted;  /* it sent a RST that shows it has no connection (any more) */
    bool gave_up;      /* that RST shows that it gave up its tries */
    bool keeps_socket; /* that RST does not show that its application has closed */
    bool holds_socket; /* after its FIN it ACKed payload without resetting: an application reads */
    bool probed;       /* the peer sent payload after this end's FIN; probe_end is valid */
    bool sent_rst;     /* it sent any RST */
    bool talked;       /* after its RST it sent something new */
    bool has_beyond;   /* a range of `beyond` is not empty */
    bool probing;      /* the last try was a probe */
    bool probed_window; /* it was one of a closed window */
    bool deaf;         /* it repeated its SYN after the answer: that did not arrive, nor do others */
    bool heard;        /* the peer sent something since the first try */
    uint8_t tries;         /* transmissions of what the peer has not ACKed, or probes it has not answered */
    uint8_t icmp;          /* number of the ICMP error that quoted it since the peer's last ACK; 0 none */
    uint16_t syn_window;   /* of its SYN */
    uint16_t last_window;  /* of its last segment with ACK, as in its header */
    uint32_t option_order; /* of its SYN or SYN-ACK */
    uint32_t iss;         /* its initial sequence number, when a SYN of it was seen */
    uint32_t una;         /* SND.UNA: the peer acknowledged everything before */
    uint32_t contiguous;  /* everything before was captured or acknowledged */
    uint32_t nxt;         /* SND.NXT: highest sequence number sent, plus one */
    uint32_t nxt_at_reset; /* nxt when the decisive RST came */
    uint32_t farewell;    /* its payload ends with this many bytes of TLS alerts */
    uint32_t probe_end;   /* sequence number after the payload the peer sent first after this end's FIN */
    uint32_t fin_seq;     /* sequence number of its FIN, when fin_sent */
    uint32_t right_edge;  /* right edge of the window it gave; the nearest one, if its scale is not known */
    uint32_t furthest_edge; /* the furthest one */
    uint32_t unread;      /* payload it ACKed since it last sent payload or FIN; stops at UINT32_MAX */
    uint32_t bytes_after_fin; /* payload it sent that acknowledges the peer's FIN */
    uint32_t last_payload_frame, after_fin_frame;
    uint32_t fin_frame;   /* its FIN, or, when fin_inferred, the ACK that covers it */
    uint32_t try_frame;   /* of the last try */
    uint32_t icmp_frame;
    int64_t last_time, last_payload_time, fin_time, icmp_time; /* of those frames */
    int64_t try_time, try_gap; /* of the last try, and its distance from the one before */
    int64_t try_frame_time;    /* of try_frame: later than try_time when that went out several times at once */
    struct ta_range beyond[TA_HOLES]; /* captured, but with a hole before; in any order; empty when from == to */
    struct ta_sent kept[TA_KEPT_SEGMENTS]; /* the oldest un-ACKed ones and the newest */
    struct ta_sent last;
};

struct ta_flow {
    struct ta_end end[TA_ENDS];
    int64_t last_time;
    int64_t syn_time, reset_time;
    int64_t pause, pause_end; /* the last silence of TA_PAUSE_LEAST or more between two segments; 0 none */
    int64_t rtt;             /* of the handshake; 0 unknown */
    uint32_t last_frame;
    uint32_t reset_frame;    /* the decisive RST; 0 none. Its verdict fixes `kind` */
    uint8_t kind;            /* enum ta_kind of the decisive RST */
    uint8_t aborter;         /* who sent it */
    bool doubtful;           /* the last segment is a RST that counts if the capture missed payload before it */
    uint8_t limits;          /* set of TA_LIMIT_..., as bits */
    uint8_t limits_before_rst; /* the same, when the last segment came that is no RST */
    struct ta_habit habit[TA_ENDS]; /* by which a RST of somebody else is told, origin.h */
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

/* What the unanswered tries of this end are, as facts TA_F_TRIES_...; 0 when nothing is unanswered. */
uint32_t ta_tries(const struct ta_end *end, const struct ta_end *peer);

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
