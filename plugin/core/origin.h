/* Who really sent a RST: the end whose address it bears, or something on the way?
 *
 * Each packet leaves a few numbers behind (struct ta_habit), each RST its own (struct ta_figures); signs.def lists
 * what speaks for or against the end. Signs are found when asked for, so what came after the RST counts too.
 * Nothing here changes a verdict: whether the RST is obeyed does not depend on who sent it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_ORIGIN_H
#define TCPABORT_ORIGIN_H

#include <stddef.h>

#include "segment.h"

struct ta_flow;
struct ta_verdict;

enum ta_sign {
#define SIGN(id, slug, side, group, title) id,
#include "signs.def"
#undef SIGN
    TA_SIGN_COUNT
};

enum ta_origin {
    TA_ORIGIN_UNDECIDED,
    TA_ORIGIN_ENDPOINT, /* signs of two groups for the end, none against it */
    TA_ORIGIN_NETWORK,  /* signs of two groups against it */
    TA_ORIGIN_COUNT
};

/* A RST as it was captured, and what came before it. Nothing is known of a RST captured once more: frame 0. */
struct ta_figures {
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

/* What an end's packets have in common. RSTs apart. */
struct ta_habit {
    int64_t nxt_time;      /* when it first sent the byte before SND.NXT */
    int64_t ack_time;      /* when it first sent its last ACK number, pauses apart */
    int64_t news_time;     /* when it last sent something new, or ACKed it, after a RST of it */
    int64_t rst_time;      /* of its last RST */
    uint64_t mac;
    uint32_t first_frame, last_frame, syn_frame, news_frame;
    uint32_t reaction;     /* the least microseconds in which it answered */
    uint32_t rst_frame, rst_seq, rst_ack;
    uint32_t pair_frame[2]; /* the first two RSTs that differ as no end's do; 0 none */
    uint32_t pair_step;    /* by how much */
    uint16_t ip_id;
    uint8_t ttl_low, ttl_high, rst_ttl, rst_flags;
    uint8_t segments, ids, answers; /* at most 255 */
    bool pair_ack;         /* their ACK numbers differ; else their SEQs */
    bool mac_varies, ids_wild, spoke /* a segment without SYN */, news_is_data;
};

/* Whether the timestamps option (RFC 7323) is among these; ta_syn_options.order. */
bool ta_has_timestamps(uint32_t order);

/* Takes a segment that is no RST, before the flow does. */
void ta_origin_segment(struct ta_flow *flow, const struct ta_segment *segment);

/* The same packet once more: where copies differ, the difference is no sign. */
void ta_origin_copy(struct ta_flow *flow, const struct ta_segment *segment);

/* Takes a RST, before the flow does. */
struct ta_figures ta_origin_reset(struct ta_flow *flow, const struct ta_segment *segment);

/* The signs about the RST of a verdict, by all that was captured up to now: bit n is enum ta_sign n. None about
 * silence. */
unsigned ta_signs(const struct ta_flow *flow, const struct ta_verdict *verdict);

/* What the signs come to. */
enum ta_origin ta_origin(const struct ta_flow *flow, const struct ta_verdict *verdict);

/* One of the signs with its figures and frames, "ttl_step: TTL 64, but 63 in ...", always terminated. Returns what
 * snprintf would. */
int ta_sign_text(char *text, size_t size, const struct ta_flow *flow, const struct ta_verdict *verdict, enum ta_sign sign);

/* Who ended the stream: as ta_blamed(), but the network where the signs say so. */
const char *ta_stream_blamed(const struct ta_flow *flow, const struct ta_verdict *verdict);

/* Names, all static. */
const char *ta_sign_slug(enum ta_sign sign);
const char *ta_sign_title(enum ta_sign sign);
const char *ta_origin_slug(enum ta_origin origin);

#endif
