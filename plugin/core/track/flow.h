/* What a segment does to a connection.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_FLOW_H
#define TCPABORT_FLOW_H

#include <stddef.h>

#include "end.h"

/* Each segment that is not a duplicate, in capture order: first ta_track_begin(), then for a RST ta_track_rst() and
 * ta_track_closing(), for any other ta_track_segment(), last ta_track_end().
 *
 * Limits, clock and round-trip time of the handshake. */
void ta_track_begin(struct ta_flow *flow, const struct ta_segment *segment);
void ta_track_end(struct ta_flow *flow, const struct ta_segment *segment);

/* A segment that is no RST: sequence numbers first, then both state machines. */
void ta_track_segment(struct ta_flow *flow, const struct ta_segment *segment);

/* A RST, once it is known whether it is obeyed and how it is built: what it ACKs, and whether it shows that its sender's
 * application has closed. */
void ta_track_rst(struct ta_flow *flow, const struct ta_segment *segment, const struct ta_evidence *evidence);

/* The same RST, once it is judged: closes the ends that it closes. `aborts`: it shows that its sender has no connection
 * any more; `kind`: enum ta_kind. */
void ta_track_closing(struct ta_flow *flow, const struct ta_segment *segment, const struct ta_evidence *evidence, bool aborts, uint8_t kind);

/* An older connection, which an opening end has reset, still answers: that RST had no effect. */
void ta_track_old_alive(struct ta_flow *flow, const struct ta_segment *segment);

/* The segment shows that the decisive RST had no effect: the ends that talk go on from their states before it. */
void ta_track_overruled(struct ta_flow *flow, const struct ta_segment *segment);

/* An ICMP error, with its number of icmp.def. False when it means nothing to the connection: it quotes a number before
 * SND.UNA or after SND.NXT (RFC 5927 section 4). */
bool ta_track_icmp(struct ta_flow *flow, const struct ta_icmp *icmp, unsigned number);

/* Parts of the above, each in its own file: what the segment ACKs (false when the ACK cannot be meant for this
 * connection); what it adds to its sender's sequence space; the end's connection goes on from before a RST closed it. */
bool ta_track_ack(struct ta_flow *flow, struct ta_end *from, struct ta_end *to, const struct ta_segment *segment);
void ta_track_sent(struct ta_end *from, struct ta_end *to, const struct ta_segment *segment);
void ta_reopen(struct ta_end *end);

/* The window that `from` gives with this ACK number, in bytes `window << least` to `window << most`. */
void ta_give_window(struct ta_end *from, uint32_t ack, uint16_t window, unsigned least, unsigned most);

/* Whether a number of `from` lies so far beyond the window that `to` gave that it belongs to another connection. */
bool ta_is_stray(const struct ta_end *from, const struct ta_end *to, uint32_t seq);

enum { TA_MISSED = 1 << 24 }; /* bytes: no missed window update explains a number further beyond the window */

/* One more transmission by `from` of what the peer has not ACKed, or (probe) one that asks for an answer. */
void ta_count_retry(struct ta_end *from, const struct ta_segment *segment, bool is_new, bool probe);

/* The peer of `end` sent something; `progress`: it ACKed something new. */
void ta_answer_retries(struct ta_end *end, bool progress);

#endif
