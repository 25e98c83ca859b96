/* Proves the tables of the core, without any traffic: the state grid has no hole, the ordered tables
 * answer every consistent combination and no row is shadowed by the rows before it, and every word a
 * user may filter on is there once.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "text.h"

static unsigned checks, failures;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void check(bool good, const char *format, ...)
{
    checks++;
    if (good)
        return;
    failures++;
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

/* ---- The state grid ---- */

static void check_cell(enum ta_state state, enum ta_event event)
{
    enum ta_state next = ta_next_state(state, event);
    const char *from = ta_state_name(state), *what = ta_event_name(event);
    check(next < TA_STATE_COUNT, "%s, %s: leads to no state", from, what);
    if (next >= TA_STATE_COUNT)
        return;
    check(next != TA_UNKNOWN || state == TA_UNKNOWN, "%s, %s: a hole in the grid", from, what);
    check(ta_next_state(next, event) == next,
          "%s, %s: reported twice it leads on to %s", from, what, ta_state_name(ta_next_state(next, event)));
    check(state != TA_CLOSED || next == TA_CLOSED, "%s, %s: a closed end opens again", from, what);
    if (event == TA_GOT_RST)
        check(next == TA_CLOSED, "%s: a RST that it obeys does not close it", from);
    bool way_back = event == TA_SENT_NO_FIN || event == TA_GOT_NO_FIN;
    check(next != TA_ESTABLISHED || state <= TA_ESTABLISHED || way_back, "%s, %s: back to ESTABLISHED", from, what);
}

/* States an end can get to from `state`, as a set. */
static unsigned reach(unsigned set)
{
    for (unsigned before = 0; before != set;) {
        before = set;
        for (unsigned state = 0; state < TA_STATE_COUNT; state++)
            for (unsigned event = 0; set & TA_IN(state) && event < TA_EVENT_COUNT; event++)
                set |= TA_IN(ta_next_state(state, event));
    }
    return set;
}

static void check_grid(void)
{
    for (unsigned state = 0; state < TA_STATE_COUNT; state++)
        for (unsigned event = 0; event < TA_EVENT_COUNT; event++)
            check_cell(state, event);
    check(reach(TA_IN(TA_UNKNOWN)) == TA_ANY_STATE, "a state that no event leads to");
    for (unsigned state = 0; state < TA_STATE_COUNT; state++)
        check((reach(TA_IN(state)) & TA_IN(TA_CLOSED)) != 0, "%s never closes", ta_state_name(state));
    for (unsigned event = 0; event < TA_EVENT_COUNT; event++) {
        bool used = false;
        for (unsigned state = 0; state < TA_STATE_COUNT; state++)
            used = used || ta_next_state(state, event) != state;
        check(used, "%s: an event that changes nothing", ta_event_name(event));
    }
}

/* ---- Ordered tables: rules, outcomes, advice ---- */

struct row {
    const char *table, *name;
    uint32_t states, need, bar;
    enum ta_kind kind; /* advice only: the kind it is for */
    bool is_advice, hit;
};

enum { ROWS_MAX = 128 };

static struct row rules[ROWS_MAX], outcomes[ROWS_MAX], advice[ROWS_MAX];
static size_t advice_count;

static void load_rows(void)
{
    for (size_t i = 0; i < ta_rule_count; i++)
        rules[i] = (struct row){ .table = "rules.def", .name = ta_rules[i].why, .states = ta_rules[i].states,
                                 .need = ta_rules[i].need, .bar = ta_rules[i].bar };
    for (size_t i = 0; i < ta_outcome_count; i++)
        outcomes[i] = (struct row){ .table = "outcomes.def", .name = ta_outcomes[i].rows, .states = ta_outcomes[i].states,
                                    .need = ta_outcomes[i].need, .bar = ta_outcomes[i].bar };
#define ADVICE(of_kind, needs, bars, text)                                                         \
    advice[advice_count++] = (struct row){ .table = "advice.def", .name = text, .states = TA_ANY_STATE,       \
                                           .need = needs, .bar = bars, .kind = of_kind, .is_advice = true };
#include "advice.def"
#undef ADVICE
}

/* The first row that takes these facts; NULL when there is none. */
static struct row *first_match(struct row *rows, size_t count, unsigned state, uint32_t facts, enum ta_kind kind)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].states & TA_IN(state) && (facts & rows[i].need) == rows[i].need && !(facts & rows[i].bar)
            && (!rows[i].is_advice || rows[i].kind == kind))
            return &rows[i];
    return NULL;
}

static bool implies(bool condition, bool consequence)
{
    return !condition || consequence;
}

/* Whether a victim in `state` can come with these facts. */
static bool consistent(unsigned state, uint32_t facts)
{
    static const uint32_t fin_acked = TA_IN(TA_TIME_WAIT) | TA_IN(TA_CLOSED) | TA_IN(TA_FIN_WAIT_2);
    static const uint32_t own_fin = TA_IN(TA_FIN_WAIT_1) | TA_IN(TA_FIN_WAIT_2) | TA_IN(TA_CLOSING)
                                    | TA_IN(TA_LAST_ACK) | TA_IN(TA_TIME_WAIT) | TA_IN(TA_CLOSED);
    static const uint32_t peer_fin = TA_IN(TA_CLOSE_WAIT) | TA_IN(TA_CLOSING) | TA_IN(TA_LAST_ACK)
                                     | TA_IN(TA_TIME_WAIT) | TA_IN(TA_CLOSED);
    uint32_t here = TA_IN(state);
    return implies(facts & TA_F_ALREADY_ABORTED, state == TA_CLOSED)
           && implies(facts & TA_F_VICTIM_UNACKED && !(facts & TA_F_ALREADY_ABORTED), !(here & fin_acked))
           && implies(facts & TA_F_VICTIM_FIN, here & own_fin)
           && implies(facts & TA_F_DATA_AFTER_FIN, here & peer_fin)
           && implies(facts & TA_F_LISTENER, state == TA_SYN_RCVD)
           && implies(facts & TA_F_REPLY, !(facts & TA_F_ACTIVE))
           && implies(facts & TA_F_THIS_RESET, facts & TA_F_OBEYED && !(facts & TA_F_THIS_ABORTED));
}

static uint32_t facts_used(const struct row *rows, size_t count)
{
    uint32_t facts = 0;
    for (size_t i = 0; i < count; i++)
        facts |= rows[i].need | rows[i].bar;
    return facts;
}

/* Judging goes through the rules in the same order as here. */
static void check_judge(unsigned state, uint32_t facts, const struct row *rule)
{
    struct ta_verdict verdict = { .facts = facts, .aborter = TA_SERVER };
    verdict.state_before[TA_CLIENT] = (uint8_t)state;
    verdict.state_before[TA_SERVER] = TA_CLOSED;
    ta_judge(&verdict);
    check(verdict.rule == rule - rules, "%s, facts %#x: ta_judge takes another rule", ta_state_name(state), (unsigned)facts);
    check(verdict.kind == ta_rules[verdict.rule].kind, "%s: kind and rule differ", ta_state_name(state));
    check(verdict.cause < TA_CAUSE_COUNT && verdict.harm < TA_HARM_COUNT, "no cause or harm");
    for (int end = 0; end < TA_ENDS; end++)
        check(verdict.outcome[end] < ta_outcome_count, "no outcome");

    char text[512], cut[8];
    int length = ta_summary(text, sizeof text, &verdict, TA_STACK_AUTO);
    check(length > 0 && (size_t)length == strlen(text), "summary: length %d of '%s'", length, text);
    check(!strchr(text, '%') && !strstr(text, "  "), "summary: '%s'", text);
    check(ta_summary(cut, sizeof cut, &verdict, TA_STACK_AUTO) == length, "summary: a short buffer changes its length");
    check(strncmp(cut, text, sizeof cut - 1) == 0 && strlen(cut) == sizeof cut - 1, "summary: cut to '%s'", cut);
    check(verdict.kind == TA_KIND_NONE || *ta_advice(&verdict) != '\0', "%s: no advice", ta_kind_slug(verdict.kind));
}

static void check_combination(unsigned state, uint32_t facts)
{
    struct row *rule = first_match(rules, ta_rule_count, state, facts, TA_KIND_NONE);
    struct row *outcome = first_match(outcomes, ta_outcome_count, state, facts, TA_KIND_NONE);
    check(rule != NULL, "rules.def: no row for %s, facts %#x", ta_state_name(state), (unsigned)facts);
    check(outcome != NULL, "outcomes.def: no row for %s, facts %#x", ta_state_name(state), (unsigned)facts);
    if (outcome)
        outcome->hit = true;
    if (!rule)
        return;
    rule->hit = true;
    enum ta_kind kind = ta_rules[rule - rules].kind;
    struct row *advised = first_match(advice, advice_count, state, facts, kind);
    check(advised || kind == TA_KIND_NONE, "advice.def: no row for %s", ta_kind_slug(kind));
    if (advised)
        advised->hit = true;
    check_judge(state, facts, rule);
}

static void check_hit(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(rows[i].hit, "%s: row %zu is never the first that matches: %s", rows[i].table, i + 1, rows[i].name);
}

static void check_ordered_tables(void)
{
    load_rows();
    uint32_t used = facts_used(rules, ta_rule_count) | facts_used(outcomes, ta_outcome_count)
                    | facts_used(advice, advice_count);
    for (unsigned state = 0; state < TA_STATE_COUNT; state++)
        for (uint32_t facts = used;; facts = (facts - 1) & used) {
            if (consistent(state, facts))
                check_combination(state, facts);
            if (facts == 0)
                break;
        }
    check_hit(rules, ta_rule_count);
    check_hit(outcomes, ta_outcome_count);
    check_hit(advice, advice_count);

    for (unsigned kind = 0; kind < TA_KIND_CLOSED; kind++) {
        bool used_kind = false;
        for (size_t i = 0; i < ta_rule_count; i++)
            used_kind = used_kind || ta_rules[i].kind == kind;
        check(used_kind, "kind %s: no rule leads to it", ta_kind_slug(kind));
    }
}

/* ---- Answers ---- */

static void check_result(const char *rows, enum ta_stack stack, enum ta_result result, const char *call)
{
    bool error = ta_result_is_error(result);
    check(result < TA_RESULT_COUNT, "rows %s: %s: unknown result", rows, call);
    check((ta_result_number(result) != 0) == (error && strncmp(ta_result_name(result), "WSA", 3) == 0),
          "%s: a number for Winsock errors only", ta_result_name(result));
    if (error)
        check((ta_result_number(result) != 0) == (stack == TA_WINDOWS), "rows %s: %s on %s: %s", rows, call,
              ta_stack_name(stack), ta_result_name(result));
}

static void check_answers(void)
{
    bool used[TA_RESULT_COUNT] = { false };
    for (size_t i = 0; i < ta_outcome_count; i++)
        for (unsigned stack = 0; stack < TA_STACK_COUNT; stack++) {
            const struct ta_answer *answer = &ta_outcomes[i].stack[stack];
            check_result(ta_outcomes[i].rows, stack, answer->recv, "recv");
            check_result(ta_outcomes[i].rows, stack, answer->send, "send");
            check_result(ta_outcomes[i].rows, stack, answer->alternative, "alternative");
            check(answer->evidence && strchr("MSCDTF", answer->evidence), "rows %s: evidence '%c'",
                  ta_outcomes[i].rows, answer->evidence);
            used[answer->recv] = used[answer->send] = true;
            enum ta_result first = ta_first_failure(answer);
            check(ta_result_is_error(first) || !ta_result_is_error(answer->send), "rows %s: a failing send is missed",
                  ta_outcomes[i].rows);
            check(first == answer->recv || (first == answer->send && !ta_result_is_error(answer->recv)),
                  "rows %s: recv's error comes first", ta_outcomes[i].rows);
        }
    for (unsigned result = 0; result < TA_RESULT_COUNT; result++)
        check(used[result], "result %s: in no row", ta_result_name(result));
}

/* ---- Words ---- */

enum { WORDS_MAX = 32 };

/* Each word is there, once, in letters a display filter can hold. */
static void check_list(const char *what, const char *const *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        check(words[i] != NULL, "%s %u: no word", what, i);
        check(words[i][strspn(words[i], "abcdefghijklmnopqrstuvwxyz_0123456789")] == '\0', "%s: '%s'", what, words[i]);
        for (unsigned other = 0; other < i; other++)
            check(strcmp(words[i], words[other]) != 0, "%s: '%s' twice", what, words[i]);
    }
}

#define CHECK_WORDS(what, count, word)                                                             \
    do {                                                                                           \
        const char *words[WORDS_MAX];                                                              \
        for (unsigned value = 0; value < (count); value++)                                         \
            words[value] = word(value);                                                            \
        check_list(what, words, count);                                                            \
    } while (0)

static void check_words(void)
{
    CHECK_WORDS("kind", TA_KIND_COUNT, ta_kind_slug);
    CHECK_WORDS("stack", TA_STACK_COUNT, ta_stack_slug);
    CHECK_WORDS("cause", TA_CAUSE_COUNT, ta_cause_slug);
    CHECK_WORDS("limit", TA_LIMIT_COUNT, ta_limit_slug);
    CHECK_WORDS("effect", TA_EFFECT_COUNT, ta_effect_slug);
    CHECK_WORDS("shape", TA_SHAPE_COUNT, ta_shape_slug);
    CHECK_WORDS("handle", TA_HANDLE_COUNT, ta_handle_slug);
    CHECK_WORDS("harm", TA_HARM_COUNT, ta_harm_slug);
    CHECK_WORDS("certainty", TA_CERTAINTY_COUNT, ta_certainty_slug);
    CHECK_WORDS("capture point", TA_POINT_COUNT, ta_capture_point_slug);
    for (unsigned kind = 0; kind < TA_KIND_COUNT; kind++) {
        check(*ta_kind_title(kind) != '\0', "kind %u: no title", kind);
        check(kind == TA_KIND_NONE || *ta_kind_headline(kind) != '\0', "kind %u: no headline", kind);
    }
}

/* ---- Which end is the client ---- */

static void check_roles(void)
{
    static const struct {
        uint8_t flags;
        uint16_t source, destination;
        bool client;
    } rows[] = {
        { TA_SYN, 80, 50000, true },          { TA_SYN, 50000, 80, true },
        { TA_SYN | TA_ACK, 80, 50000, false }, { TA_SYN | TA_ACK, 50000, 80, false },
        { TA_ACK, 50000, 80, true },          { TA_ACK, 80, 50000, false },
        { TA_RST, 80, 50000, false },         { TA_FIN | TA_ACK, 50000, 80, true },
        { TA_ACK, 179, 179, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(ta_first_sender_is_client(rows[i].flags, rows[i].source, rows[i].destination) == rows[i].client,
              "roles: row %zu", i + 1);
}

int main(void)
{
    check_grid();
    check_ordered_tables();
    check_answers();
    check_words();
    check_roles();
    printf("%u checks, %u failed\n", checks, failures);
    return failures > 0 || checks == 0;
}
