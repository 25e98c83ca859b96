/* What an end's calls return: the first row of outcomes.def that its role, state and the facts match.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sockets.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

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
                && ta_selects(ta_outcomes[i].states, ta_outcomes[i].need, ta_outcomes[i].bar, state, facts)))
        i++;
    return (uint8_t)i;
}

void ta_find_outcomes(struct ta_verdict *v)
{
    for (int end = 0; end < TA_ENDS; end++)
        v->outcome[end] = match_outcome(role_of(v, end), v->evidence.state_before[end], v->evidence.facts);
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

enum ta_stack ta_headline_stack(const struct ta_verdict *v, unsigned stack)
{
    if (stack != TA_STACK_AUTO)
        return (enum ta_stack)stack;
    return v->evidence.guess[v->evidence.told] == TA_STACK_COUNT ? TA_WINDOWS : (enum ta_stack)v->evidence.guess[v->evidence.told];
}
