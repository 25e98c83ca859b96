/* By what a RST of somebody else is told: each packet leaves a few numbers behind, each RST its own. Whether a RST is
 * obeyed does not depend on who sent it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_SENDER_H
#define TCPABORT_SENDER_H

#include "track/flow.h"

/* What an end's packets have in common. RSTs apart. */
struct ta_sender {
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

struct ta_senders {
    struct ta_sender end[TA_ENDS];
    uint16_t limits_before_rst; /* ta_flow.limits when the last segment came that is no RST */
};

/* Takes a segment that is no RST, before the flow does. */
void ta_sender_segment(struct ta_senders *senders, const struct ta_flow *flow, const struct ta_segment *segment);

/* The same packet once more: where duplicates differ, the difference is no sign. */
void ta_sender_duplicate(struct ta_senders *senders, const struct ta_segment *segment);

/* Takes a RST, before the flow does. */
struct ta_rst_headers ta_sender_rst(struct ta_senders *senders, const struct ta_flow *flow, const struct ta_segment *segment);

#endif
