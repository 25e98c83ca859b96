/* The judgement: from the evidence to kind, cause and harm.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_JUDGE_H
#define TCPABORT_JUDGE_H

#include <stddef.h>

#include "facts/facts.h"
#include "verdict.h"

/* A row of rules.def. */
struct ta_rule {
    enum ta_kind kind;
    uint32_t states;
    uint64_t need, bar;
    const char *why;
};
extern const struct ta_rule ta_rules[];
extern const size_t ta_rule_count;

/* Whether a row of a table takes this state and these facts. */
static inline bool ta_selects(uint32_t states, uint64_t need, uint64_t bar, unsigned state, uint64_t facts)
{
    return (states & TA_IN(state)) && (facts & need) == need && !(facts & bar);
}

/* Fills rule, kind, cause and harm from the evidence. */
void ta_judge(struct ta_verdict *verdict);

/* The payload frame that the verdict's harm is about; 0 none. */
uint32_t ta_find_data_frame(const struct ta_flow *flow, const struct ta_verdict *verdict);

/* Whether a later segment proves that the decisive RST had no effect. */
bool ta_overrules(const struct ta_flow *flow, const struct ta_segment *segment);

/* Whether a later segment proves that the RST to an older connection had no effect: it still sends the ACK that was answered. */
bool ta_is_old_alive(const struct ta_flow *flow, const struct ta_segment *segment);

/* Judges a stream that no RST ended, at `now`, the latest time stamp of the capture: fills rule, kind, cause, harm and
 * evidence of `verdict` and returns true when an end gave up or only one end closed. */
bool ta_judge_silence(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy, struct ta_verdict *verdict);

/* The stream's kind at `now`: exactly one, never none or ignored_rst. */
enum ta_kind ta_flow_kind(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy);

/* Who gave up had no answer to this segment, as far as the flow shows. */
bool ta_flow_unanswered(const struct ta_flow *flow, const struct ta_verdict *verdict, const struct ta_segment *segment);

#endif
