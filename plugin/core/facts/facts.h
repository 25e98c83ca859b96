/* What the flow shows of a decisive event: struct ta_evidence is filled here, and nothing is judged.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_FACTS_H
#define TCPABORT_FACTS_H

#include <stddef.h>

#include "track/flow.h"

/* A RST, before the flow takes it: whether its receiver obeys, what it answers, how it is built. Begins the evidence. */
void ta_receive_rst(const struct ta_flow *flow, const struct ta_segment *segment, struct ta_evidence *evidence);

/* The same RST, after ta_track_rst(): the rest of the evidence. `recent`: ta_policy.recent. */
void ta_measure_rst(const struct ta_flow *flow, const struct ta_segment *segment, int64_t recent, struct ta_evidence *evidence);

/* Whether the RST shows that its sender has no connection any more. */
bool ta_rst_aborts(const struct ta_flow *flow, const struct ta_segment *segment, const struct ta_evidence *evidence);

/* The silence of a stream that no RST ended, at `now`, the latest time stamp of the capture: fills the evidence and
 * returns true when an end gave up or only one end closed. */
bool ta_find_silence(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy, struct ta_evidence *evidence);

/* Whether silence, or its absence, tells how the stream stands: half of a conversation does not. */
bool ta_can_judge_silence(const struct ta_flow *flow);

/* What the unanswered retransmissions or probes of this end are, as facts TA_F(TRIES_...); 0 when nothing is unanswered. */
uint64_t ta_tries(const struct ta_end *end, const struct ta_end *peer);

/* Whether both FINs are ACKed. */
bool ta_both_closed(const struct ta_flow *flow);

/* What the capture cannot show of this stream so far, as a set: bit n is enum ta_limit n; and of the whole stream at
 * `now`: also whether the capture ends while an answer is awaited. */
unsigned ta_flow_limits(const struct ta_flow *flow);
unsigned ta_flow_final_limits(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy);

/* What the evidence says of both ends, whatever ended the connection: states, bytes, limits, TTLs. */
void ta_describe_ends(const struct ta_flow *flow, struct ta_evidence *evidence);

/* Whether an application still holds the end's socket; `aborts`: it just dropped the connection. */
enum ta_handle ta_find_handle(const struct ta_end *end, bool aborts);

/* Adds the ICMP error that this end, which gave up, has got. */
void ta_add_icmp(const struct ta_end *end, struct ta_evidence *evidence);

/* Which stack sends this TTL, as captured, and these options in its SYN (ta_syn_options.order); TA_STACK_COUNT when that
 * tells nothing. */
enum ta_stack ta_guess_stack(uint8_t ttl, uint32_t order);

/* The same of an end. */
static inline enum ta_stack ta_end_stack(const struct ta_end *end)
{
    return ta_guess_stack(end->ttl, end->syn.option_order);
}

#endif
