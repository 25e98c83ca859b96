/* What the application was doing: the last HTTP request and answer, the TLS handshake and its alerts, idle time.
 *
 * It explains an end, and decides none. A stream without HTTP and TLS needs no struct ta_context.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_CONTEXT_H
#define TCPABORT_CONTEXT_H

#include "flow.h"

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

/* An alert in TLS 1.3: the header, level and description, the true type, the tag of AES-GCM or ChaCha20 (RFC 8446
 * section 5.2). Two bytes of payload take as many. */
enum { TA_SIZE_OF_ALERT = 5 + 2 + 1 + 16 };

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

/* Fills verdict->hint from what was seen so far. `context` may be NULL. */
void ta_context_note(const struct ta_context *context, const struct ta_flow *flow, struct ta_verdict *verdict);

/* The number of the HTTP method that is the first word of `text`; 0 none. */
unsigned ta_find_method(const uint8_t *text, size_t length);

#endif
