/* The tables of verdict.h and the first-match search over them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const struct ta_rule ta_rules[] = {
#define RULE(kind, states, need, bar, why) { kind, states, need, bar, why },
#include "rules.def"
#undef RULE
};
const size_t ta_rule_count = COUNT(ta_rules);

const struct ta_outcome ta_outcomes[] = {
#define A(recv, send, evidence, alternative) { recv, send, evidence, alternative }
#define OUTCOME(rows, roles, states, need, bar, queue, windows, linux_, freebsd, macos)            \
    { rows, roles, states, need, bar, queue,                                                       \
      { [TA_WINDOWS] = windows, [TA_LINUX] = linux_, [TA_FREEBSD] = freebsd, [TA_MACOS] = macos } },
#include "outcomes.def"
#undef OUTCOME
#undef A
};
const size_t ta_outcome_count = COUNT(ta_outcomes);

const struct ta_icmp_error ta_icmp_errors[] = {
#define ICMP_ERROR(version, type, code, title, linux_, bsd, bsd_connected)                         \
    { version, type, code, title, linux_, bsd, bsd_connected },
#include "icmp.def"
#undef ICMP_ERROR
};
const size_t ta_icmp_error_count = COUNT(ta_icmp_errors);

static bool selects(uint32_t states, uint64_t need, uint64_t bar, unsigned state, uint64_t facts)
{
    return (states & TA_IN(state)) && (facts & need) == need && !(facts & bar);
}

static uint8_t match_rule(unsigned victim_state, uint64_t facts)
{
    size_t i = 0;
    while (i + 1 < ta_rule_count
           && !selects(ta_rules[i].states, ta_rules[i].need, ta_rules[i].bar, victim_state, facts))
        i++;
    return (uint8_t)i;
}

static enum ta_role role_of(const struct ta_verdict *v, int end)
{
    if (end == v->evidence.aborter && (v->evidence.facts & TA_F(GAVE_UP) || v->evidence.gave_up_before))
        return TA_GAVE_UP;
    /* A request not yet accepted is nobody's, but it was not aborted (row 7). */
    if (v->evidence.handle[end] == TA_HANDLE_CLOSED && (end == v->evidence.aborter || v->evidence.state_before[end] != TA_SYN_RCVD))
        return TA_ABORTED;
    return (end != v->evidence.aborter && v->evidence.facts & TA_F(OBEYED)) ? TA_RESET : TA_UNTOUCHED;
}

static uint8_t match_outcome(unsigned role, unsigned state, uint64_t facts)
{
    size_t i = 0;
    while (i + 1 < ta_outcome_count
           && !(ta_outcomes[i].roles & role
                && selects(ta_outcomes[i].states, ta_outcomes[i].need, ta_outcomes[i].bar, state, facts)))
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
    for (int end = 0; end < TA_ENDS; end++)
        v->outcome[end] = match_outcome(role_of(v, end), v->evidence.state_before[end], v->evidence.facts);
    v->cause = (uint8_t)find_cause(v);
    v->harm = (uint8_t)find_harm(v);
}

/* The errno of the ICMP error that stands in for a time-out's, or TA_ETIMEDOUT (rows 6, 40, 50, 52). */
static uint8_t timeout_errno(const struct ta_verdict *v, enum ta_stack stack)
{
    if (!(v->evidence.facts & TA_F(ICMP)))
        return TA_ETIMEDOUT;
    const struct ta_icmp_error *error = &ta_icmp_errors[v->evidence.icmp - 1];
    if (stack == TA_LINUX)
        return error->linux_;
    return v->evidence.state_before[v->evidence.told] == TA_SYN_SENT ? error->bsd : error->bsd_connected;
}

struct ta_answer ta_answer(const struct ta_verdict *v, int end, enum ta_stack stack)
{
    struct ta_answer answer = ta_outcomes[v->outcome[end]].stack[stack];

    if (answer.recv == TA_ETIMEDOUT)
        answer.recv = timeout_errno(v, stack);
    if (answer.send == TA_ETIMEDOUT)
        answer.send = timeout_errno(v, stack);
    return answer;
}

enum ta_queue ta_queue(const struct ta_verdict *v, int end, enum ta_stack stack)
{
    enum ta_queue queue = ta_outcomes[v->outcome[end]].queue;
    return stack == TA_WINDOWS || queue == TA_NO_QUEUE ? queue : TA_KEPT;
}

unsigned ta_find_icmp(uint8_t version, uint8_t type, uint8_t code)
{
    for (size_t i = 0; i < ta_icmp_error_count; i++) {
        const struct ta_icmp_error *error = &ta_icmp_errors[i];
        if (error->version == version && error->type == type && (error->code == code || error->code == TA_ANY_CODE))
            return (unsigned)i + 1;
    }
    return 0;
}

bool ta_is_told(const struct ta_verdict *v, int end, enum ta_stack stack)
{
    struct ta_answer answer = ta_answer(v, end, stack);
    const struct ta_answer *quiet = &ta_outcomes[match_outcome(TA_UNTOUCHED, v->evidence.state_before[end], 0)].stack[stack];
    bool same = answer.recv == quiet->recv && answer.send == quiet->send;

    return !same && ta_result_is_error(ta_first_failure(&answer));
}

enum ta_result ta_first_failure(const struct ta_answer *answer)
{
    if (ta_result_is_error(answer->recv) || !ta_result_is_error(answer->send))
        return answer->recv;
    return answer->send;
}

unsigned ta_winsock(const struct ta_verdict *v, int end)
{
    /* FIN and RST in one burst: 10053 and 10054 are both reported (row 28), so no number. */
    const int64_t burst = TA_MILLISECOND;
    bool unsettled = end != v->evidence.aborter && v->evidence.state_before[end] == TA_CLOSE_WAIT
                     && v->evidence.fin_to_rst >= 0 && v->evidence.fin_to_rst < burst && !(v->evidence.facts & TA_F(DATA_AFTER_FIN));
    if (v->evidence.handle[end] != TA_HANDLE_OPEN || unsettled || !ta_is_told(v, end, TA_WINDOWS))
        return 0;
    struct ta_answer answer = ta_answer(v, end, TA_WINDOWS);
    return ta_result_number(ta_first_failure(&answer));
}

enum ta_stack ta_guess_stack(uint8_t ttl, uint32_t order)
{
    static const struct {
        enum ta_stack stack;
        uint32_t order;
    } signatures[] = {
#define SIGNATURE(stack, order) { stack, order },
#include "signatures.def"
#undef SIGNATURE
    };

    /* Initial TTL is 128 on Windows, 64 on Linux, the BSDs and macOS; routers only lower it. */
    if (ttl == 0 || ttl > 128)
        return TA_STACK_COUNT;
    if (ttl > 64)
        return TA_WINDOWS;
    for (size_t i = 0; i < COUNT(signatures); i++)
        if (signatures[i].order == order)
            return signatures[i].stack;
    return TA_LINUX;
}

enum ta_stack ta_headline_stack(const struct ta_verdict *v)
{
    return v->evidence.guess[v->evidence.told] == TA_STACK_COUNT ? TA_WINDOWS : (enum ta_stack)v->evidence.guess[v->evidence.told];
}

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

enum ta_capture_point ta_capture_point(const uint8_t ttl[TA_ENDS])
{
    bool untouched[TA_ENDS];
    for (int end = 0; end < TA_ENDS; end++) {
        if (ttl[end] == 0)
            return TA_POINT_UNKNOWN;
        untouched[end] = ttl[end] == 64 || ttl[end] == 128 || ttl[end] == 255;
    }
    /* Both untouched: no router between the ends, so the TTL does not tell where between. */
    if (untouched[TA_CLIENT] && untouched[TA_SERVER])
        return TA_POINT_UNKNOWN;
    if (untouched[TA_CLIENT])
        return TA_POINT_CLIENT;
    return untouched[TA_SERVER] ? TA_POINT_SERVER : TA_POINT_MIDDLE;
}
