/* The words in which the core says what it has seen: facts, limits, effects, shapes, and struct ta_evidence, which a
 * verdict is made from.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_EVIDENCE_H
#define TCPABORT_EVIDENCE_H

#include "segment.h"

/* What a flow can establish about a decisive event, a bit each: facts.def. */
enum ta_fact {
#define FACT(id, name, sentence) TA_FACT_##id,
#include "../facts/facts.def"
#undef FACT
    TA_FACT_COUNT
};
_Static_assert(TA_FACT_COUNT <= 64, "a set of facts fits 64 bits");

/* A fact as a set: TA_F(OBEYED). Sets are joined by |. */
#define TA_F(id) (UINT64_C(1) << TA_FACT_##id)

/* Stacks whose answers are predicted: stacks.def. */
enum ta_stack {
#define STACK(id, slug, name) id,
#include "../facts/stacks.def"
#undef STACK
    TA_STACK_COUNT
};

/* LIMIT(id, slug, meaning): what the capture cannot show. */
#define TA_LIMITS(LIMIT)                                                                           \
    LIMIT(TA_LIMIT_LATE_START, "late_start", "the capture begins after the client's SYN")          \
    LIMIT(TA_LIMIT_EARLY_END, "early_end", "the capture ends while an answer was still awaited")   \
    LIMIT(TA_LIMIT_ONE_WAY, "one_way", "only one direction was captured")                          \
    LIMIT(TA_LIMIT_TRUNCATED, "truncated", "TCP headers were cut by the capture")                  \
    LIMIT(TA_LIMIT_DUPLICATES, "duplicates", "the same packets were captured more than once")      \
    LIMIT(TA_LIMIT_LOSS, "loss", "an ACK covers payload that was not captured")                    \
    LIMIT(TA_LIMIT_TIME_BACKWARDS, "time_backwards", "time runs backwards inside the stream")

enum ta_limit {
#define LIMIT(id, slug, meaning) id,
    TA_LIMITS(LIMIT)
#undef LIMIT
        TA_LIMIT_COUNT
};
_Static_assert(TA_LIMIT_COUNT <= 16, "a set of limits fits 16 bits");

/* What the receiver of a RST does. */
enum ta_effect {
    TA_EFFECT_RESET,      /* it obeys */
    TA_EFFECT_CHALLENGED, /* it answers with a challenge ACK (RFC 5961) and lives on */
    TA_EFFECT_IGNORED,    /* it drops the RST, or has no connection left */
    TA_EFFECT_DUPLICATE,  /* an earlier RST closed it */
    TA_EFFECT_UNKNOWN,
    TA_EFFECT_COUNT
};

enum ta_shape {
    TA_SHAPE_REPLY,  /* built from the segment it answers (RFC 9293 section 3.5.2) */
    TA_SHAPE_ACTIVE, /* RST+ACK at the sender's SND.NXT */
    TA_SHAPE_OTHER,
    TA_SHAPE_COUNT
};

/* Whether an application holds the end's socket. */
enum ta_handle { TA_HANDLE_OPEN, TA_HANDLE_CLOSED, TA_HANDLE_UNKNOWN, TA_HANDLE_COUNT };

/* A RST as it was captured, and what came before it. Nothing is known of a RST captured once more: frame 0. */
struct ta_rst_headers {
    uint64_t mac;
    uint32_t frame, seq, ack;
    uint32_t reaction;     /* microseconds since what it answers passed; UINT32_MAX unknown */
    uint32_t behind;       /* how far SEQ lies behind SND.NXT where no stack puts it, else 0 */
    uint32_t syn_frame;    /* the unanswered SYN or SYN-ACK right before it, else 0 */
    uint32_t before_frame; /* the other end's last packet before it */
    uint16_t ip_id, own_id, peer_id; /* its own, and each end's last one before it; 0 none */
    uint8_t ids;           /* how many IP IDs of its end came before it; at most 255 */
    uint8_t ttl, flags;
    bool exact;            /* its SEQ is SND.NXT */
    bool has_timestamps, options_known;
    bool agreed_timestamps, linux_options; /* from the handshake */
    bool ids_wild;         /* the IP IDs of its end count no series */
    bool soon;             /* its end sent something in the 2 s before: a counter of the whole system has not gone far */
};

/* What is known about one RST at the moment it was captured; or about the silence in which a stream ended: then facts has
 * TA_F(SILENCE), and effect, shape and trigger mean nothing. Frame numbers are 0 and times -1 where there is nothing to
 * name. */
struct ta_evidence {
    uint64_t facts;                /* set of enum ta_fact */
    uint8_t aborter;               /* the end that sent the RST, gave up, or closed alone */
    uint8_t told;                  /* the end whose application is told */
    bool gave_up_before;           /* the aborter answers a segment after it gave up in silence */
    uint8_t effect, shape;         /* enum ta_effect, ta_shape */
    uint8_t icmp;                  /* with TA_F(ICMP): number of the ICMP error */
    uint8_t state_before[TA_ENDS]; /* enum ta_state when the RST came */
    uint8_t handle[TA_ENDS];       /* enum ta_handle */
    uint8_t ttl[TA_ENDS];          /* of each end's first segment, 0 unknown */
    uint8_t guess[TA_ENDS];        /* enum ta_stack each end probably is; TA_STACK_COUNT where nothing tells */
    uint16_t limits;               /* bit n: enum ta_limit n */
    uint32_t unacked_bytes[TA_ENDS], unread_bytes[TA_ENDS];
    uint32_t alert_bytes[TA_ENDS]; /* how many of the un-ACKed ones are TLS alerts */
    uint32_t bytes_after_fin;      /* payload that acknowledges the aborter's FIN */
    uint8_t bad_answers;           /* with TA_F(OLD_ACKS) or TA_F(BAD_REFUSALS): how many there were, at most 255 */
    uint32_t frame;                /* the decisive one */
    int64_t time;                  /* its time stamp, nanoseconds since the Unix epoch */
    uint32_t fin_frame, trigger_frame, icmp_frame;
    int64_t fin_to_rst, idle;      /* nanoseconds; idle: since the segment before, RSTs only */
    struct ta_rst_headers rst;         /* what tells who sent it */
};

#endif
