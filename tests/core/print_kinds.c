/* Prints what the tables answer for each kind, for tests/docs/check-docs: kind, Windows number (0 for none), Linux
 * recv, Linux send. The verdict is the least that makes the first rule of that kind match.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "verdict.h"
#include "sockets/sockets.h"

static unsigned first_state(uint32_t states)
{
    unsigned state = TA_SYN_SENT;
    while (state + 1 < TA_STATE_COUNT && !(states & TA_IN(state)))
        state++;
    return state;
}

/* The end that is told, in the state in which it is told of this. */
static unsigned told_state(const struct ta_rule *rule)
{
    static const struct {
        uint64_t fact;
        enum ta_state state;
    } tried[] = {
        { TA_F(TRIES_SYN_ACK), TA_SYN_RCVD }, { TA_F(TRIES_SYN), TA_SYN_SENT }, { TA_F(TRIES_FIN), TA_FIN_WAIT_1 },
        { TA_F(GAVE_UP), TA_ESTABLISHED },    { TA_F(SILENCE), TA_CLOSE_WAIT },
    };
    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++)
        if (rule->need & tried[i].fact)
            return tried[i].state;
    return first_state(rule->states);
}

int main(void)
{
    int last = TA_KIND_NONE;

    for (size_t i = 0; i < ta_rule_count; i++) {
        const struct ta_rule *rule = &ta_rules[i];
        bool gave_up = rule->need & TA_F(GAVE_UP);
        struct ta_verdict v = { .evidence.facts = rule->need, .evidence.aborter = gave_up ? TA_CLIENT : TA_SERVER, .evidence.told = TA_CLIENT, .evidence.icmp = 1 };

        if (rule->kind == TA_KIND_NONE || (int)rule->kind == last)
            continue;
        last = rule->kind;
        v.evidence.facts |= gave_up ? TA_F(SILENCE) : 0;
        if (!(rule->bar & TA_F(OBEYED)) && !gave_up && !(rule->need & TA_F(SILENCE)))
            v.evidence.facts |= TA_F(OBEYED) | (rule->kind == TA_KIND_HANDSHAKE_RST ? TA_F(LISTENER) : 0);
        v.evidence.state_before[TA_CLIENT] = (uint8_t)told_state(rule);
        v.evidence.state_before[TA_SERVER] = TA_ESTABLISHED;
        ta_judge(&v);
        ta_find_outcomes(&v);
        struct ta_answer windows = ta_answer(&v, TA_CLIENT, TA_WINDOWS), posix = ta_answer(&v, TA_CLIENT, TA_LINUX);
        printf("%s %u %s %s\n", ta_kind_slug(v.kind),
               ta_is_told(&v, TA_CLIENT, TA_WINDOWS) ? ta_result_number(ta_first_failure(&windows)) : 0,
               ta_result_name(posix.recv), ta_result_name(posix.send));
    }
    return 0;
}
