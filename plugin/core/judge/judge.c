/* The ordered tables of the judgement, and the first-match search over them: rules.def, causes, harm.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"

const struct ta_rule ta_rules[] = {
#define RULE(kind, states, need, bar, why) { kind, states, need, bar, why },
#include "rules.def"
#undef RULE
};
const size_t ta_rule_count = sizeof ta_rules / sizeof ta_rules[0];

static uint8_t match_rule(unsigned victim_state, uint64_t facts)
{
    size_t i = 0;
    while (i + 1 < ta_rule_count
           && !ta_selects(ta_rules[i].states, ta_rules[i].need, ta_rules[i].bar, victim_state, facts))
        i++;
    return (uint8_t)i;
}

/* Why the RST was sent, as far as its headers and the history carry it. First match. */
static enum ta_cause find_cause(const struct ta_verdict *v)
{
    static const struct {
        uint64_t need, bar;
        enum ta_cause cause;
    } rows[] = {
        { TA_F(SILENCE), 0, TA_CAUSE_UNKNOWN },
        { TA_F(GAVE_UP) | TA_F(TRIES_KEEPALIVE), 0, TA_CAUSE_KEEPALIVE },
        { TA_F(GAVE_UP), 0, TA_CAUSE_TIMEOUT },
        { TA_F(REPLY) | TA_F(ABORTER_OPENING), 0, TA_CAUSE_BAD_ACK },
        { TA_F(REPLY) | TA_F(TRIGGER_DATA) | TA_F(ABORTER_FIN), 0, TA_CAUSE_ABORT_ON_DATA },
        { TA_F(REPLY) | TA_F(HANDSHAKE_ACK), 0, TA_CAUSE_LISTEN_OVERFLOW },
        { TA_F(REPLY), 0, TA_CAUSE_NO_SOCKET },
        { TA_F(ACTIVE) | TA_F(LONG_FIN_WAIT), 0, TA_CAUSE_FIN_WAIT_2_TIMER },
        /* What follows unanswered repeats may be giving up, with the same headers; a text is a device's. */
        { TA_F(ACTIVE), TA_F(ABORTER_REPEATS) | TA_F(RST_PAYLOAD), TA_CAUSE_UNREAD_LINGER },
        { 0, 0, TA_CAUSE_UNKNOWN },
    };
    size_t i = 0;
    /* Before accept() no application is there that could leave data unread or linger. */
    if (v->evidence.state_before[v->evidence.aborter] == TA_SYN_RCVD && v->evidence.facts & TA_F(ACTIVE))
        return TA_CAUSE_UNKNOWN;
    while ((v->evidence.facts & rows[i].need) != rows[i].need || (v->evidence.facts & rows[i].bar))
        i++;
    return rows[i].cause;
}

/* Data lost for certain, possibly unread, or nothing to miss. First match. */
static enum ta_harm find_harm(const struct ta_verdict *v)
{
    static const uint32_t harmless = 1u << TA_KIND_NONE | 1u << TA_KIND_REFUSED | 1u << TA_KIND_IGNORED_RST;
    unsigned victim = 1u - v->evidence.aborter;
    uint64_t f = v->evidence.facts;

    if (harmless & 1u << v->kind)
        return TA_HARM_NONE;
    if (v->evidence.unacked_bytes[TA_CLIENT] > v->evidence.alert_bytes[TA_CLIENT] || v->evidence.unacked_bytes[TA_SERVER] > v->evidence.alert_bytes[TA_SERVER])
        return TA_HARM_LOST;
    if (f & TA_F(GAVE_UP))
        return TA_HARM_NONE;
    if ((f & TA_F(ACTIVE)) && (f & TA_F(ABORTER_UNREAD)))
        return TA_HARM_POSSIBLE;
    /* A FIN tells the victim that nothing follows; without anything sent after it, a RST takes nothing
     * that the victim could not have read before. */
    bool bare_fin_rst = v->evidence.state_before[victim] == TA_CLOSE_WAIT && v->evidence.bytes_after_fin <= v->evidence.alert_bytes[victim];
    if ((f & TA_F(RECENT_PAYLOAD)) && !(f & TA_F(VICTIM_FIN)) && !bare_fin_rst)
        return TA_HARM_POSSIBLE;
    return TA_HARM_NONE;
}

void ta_judge(struct ta_verdict *v)
{
    v->rule = match_rule(v->evidence.state_before[1 - v->evidence.aborter], v->evidence.facts);
    v->kind = (uint8_t)ta_rules[v->rule].kind;
    v->cause = (uint8_t)find_cause(v);
    v->harm = (uint8_t)find_harm(v);
}
