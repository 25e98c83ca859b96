/* What the application was doing: the last HTTP request and answer, the TLS handshake and its alerts, idle time.
 *
 * It explains an end, and decides none.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_CONTEXT_H
#define TCPABORT_CONTEXT_H

#include "judge/judge.h"

struct ta_alert {
    uint32_t frame; /* 0: none */
    bool read;
    uint8_t level, description;
};

struct ta_context {
    int64_t answer_time;
    uint32_t request_frame, answer_frame; /* of the last ones; 0 none */
    uint32_t request_seq, request_ack;    /* of the segment that begins the request */
    uint32_t answer_from; /* where the other end's payload ended when the request was sent */
    uint16_t status;
    uint8_t method;
    uint8_t asker;        /* the end that sends requests */
    bool asked, answered; /* a request was seen; nothing but its answer followed */
    bool kept_alive;      /* an answer came before the last request */
    bool multiplexed;
    bool hello, encrypted[TA_ENDS], finished; /* of TLS; encrypted: ChangeCipherSpec was sent */
    uint8_t handshake_type;
    uint32_t handshake_frame;
    struct ta_alert alert[TA_ENDS]; /* each end's last */
    uint32_t sized_frame[TA_ENDS];  /* its last segment with alert_sized; 0 none */
};

/* Takes what a segment holds that was new to the flow, which has taken the segment already. */
void ta_context_take(struct ta_context *context, const struct ta_flow *flow, const struct ta_segment *segment,
                     const struct ta_application *application);

/* Fills the verdict's hints from what was seen so far. */
void ta_context_hints(const struct ta_context *context, const struct ta_flow *flow, struct ta_verdict *verdict);

#endif
