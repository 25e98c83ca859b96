/* How sure a verdict is: the weakest of evidence, inference and the capture's limits.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sockets.h"

static enum ta_certainty lower_of(enum ta_certainty a, enum ta_certainty b)
{
    return a < b ? a : b;
}

static enum ta_certainty certainty_of_evidence(char evidence)
{
    switch (evidence) {
    case 'M':
    case 'S':
    case 'C':
        return TA_CERTAINTY_HIGH;
    case 'D':
    case 'T':
        return TA_CERTAINTY_MEDIUM;
    default:
        return TA_CERTAINTY_LOW;
    }
}

enum ta_certainty ta_certainty(const struct ta_verdict *v, enum ta_stack headline)
{
    static const unsigned low = 1u << TA_LIMIT_ONE_WAY | 1u << TA_LIMIT_TIME_BACKWARDS;
    static const unsigned medium = 1u << TA_LIMIT_LOSS | 1u << TA_LIMIT_TRUNCATED;
    enum ta_certainty sure = certainty_of_evidence(ta_answer(v, v->evidence.told, headline).evidence);

    /* Not repeating a SYN after an ICMP error is an answer in itself: connect() has failed (row 6). */
    bool lone_try = v->evidence.facts & TA_F(GAVE_UP) && !(v->evidence.facts & TA_F(ABORTER_REPEATS)) && v->kind != TA_KIND_UNREACHABLE;
    /* What a new SYN found of an old connection was open, or only in TIME_WAIT (rows 76, 77). */
    bool older = v->evidence.facts & TA_F(ABORTER_OPENING) && v->evidence.facts & TA_F(INFERRED);

    if (v->evidence.facts & TA_F(EFFECT_UNKNOWN) || lone_try || older || v->evidence.limits & low)
        return TA_CERTAINTY_LOW;
    /* With answers missing, or little time to come, silence may be the capture's. */
    if (v->evidence.facts & TA_F(SILENCE) && v->evidence.limits & (1u << TA_LIMIT_LOSS | 1u << TA_LIMIT_EARLY_END))
        return TA_CERTAINTY_LOW;
    /* An abort inside own repeats: the application's, or a timer's. */
    bool either = v->evidence.facts & TA_F(ACTIVE) && v->evidence.facts & TA_F(ABORTER_REPEATS) && !(v->evidence.facts & TA_F(GAVE_UP));
    if (either || v->evidence.facts & (TA_F(INFERRED) | TA_F(AHEAD)) || v->evidence.limits & medium)
        sure = lower_of(sure, TA_CERTAINTY_MEDIUM);
    if (v->evidence.facts & TA_F(STACKS_DIFFER) && (headline == TA_FREEBSD || headline == TA_MACOS))
        return TA_CERTAINTY_LOW;
    if (v->evidence.facts & TA_F(STACKS_DIFFER) && sure > TA_CERTAINTY_LOW)
        sure--;
    return sure;
}
