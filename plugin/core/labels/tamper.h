/* Published signatures of connection tampering: what the client's first ten packets look like at a server.
 *
 * A match says that the packets look so, not that anybody tampered: scanners, impatient clients and lost packets look
 * so too. Source: Sundara Raman et al., "Global, Passive Detection of Connection Tampering", SIGCOMM 2023, Table 1.
 * Where the paper leaves a choice, the narrower reading counts: the first packet is the only SYN; after the first RST
 * only RSTs follow; a FIN is in no signature; silence counts only if the server has sent neither FIN nor RST;
 * "PSH+ACK -> ..." is the one packet with payload, and the end follows right after it; "PSH+ACK;Data -> ..." has
 * several, one of them with PSH.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TAMPER_H
#define TCPABORT_TAMPER_H

#include "segment.h"

enum ta_tamper_stage { TA_POST_SYN, TA_POST_ACK, TA_POST_PSH, TA_LATER, TA_TAMPER_STAGES };

/* Zero it, feed it every segment of one stream in capture order, but one captured twice only once. */
struct ta_tamper {
    int64_t time;    /* of the client's last packet */
    uint32_t ack;    /* ACK number of its first bare RST */
    uint8_t packets; /* of the client, up to one more than counts */
    uint8_t acks, data, resets, reset_acks; /* of them: without payload, with payload, RST, RST+ACK */
    bool pushed;     /* a packet with payload had PSH */
    bool acked_last; /* the last packet before a RST had no payload */
    bool differ;     /* bare RSTs with different ACK numbers */
    bool zero;       /* a bare RST with ACK number 0 */
    bool misfit;     /* a packet that no signature has */
    bool server_ended; /* the server sent a FIN or RST: the client has a reason for silence */
};

struct ta_tamper_signature {
    const char *name;
    uint8_t stage; /* enum ta_tamper_stage */
    uint8_t resets_least, resets_most, reset_acks_least, reset_acks_most;
    uint8_t compare; /* private to tamper.c */
};
extern const struct ta_tamper_signature ta_tamper_signatures[];
extern const unsigned ta_tamper_signature_count;

void ta_tamper_step(struct ta_tamper *tamper, const struct ta_segment *segment);

/* The signature that the packets match at `now`, the latest time stamp of the capture; NULL when none. */
const struct ta_tamper_signature *ta_tamper_match(const struct ta_tamper *tamper, int64_t now);

/* Post-SYN, Post-ACK, Post-PSH or Later. */
const char *ta_tamper_stage_name(const struct ta_tamper_signature *signature);

#endif
