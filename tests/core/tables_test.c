/* Proves the tables of the core, without any traffic: the ordered ones
 * answer every combination that can occur, no row is shadowed by the rows before it, the order is the one
 * that rungs.def derives by hand, and every word a user may filter on is there once.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "combinations.h"
#include "facts/facts.h"
#include "judge/judge.h"
#include "tcpabort.h"
#include "sockets/sockets.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool listing; /* --list: print the combinations instead, for tests/mutate/run */

/* ---- Verdicts ---- */

/* The verdict that ta_judge reads: the sender of the RST is the server. */
static struct ta_verdict judge(const struct combination *c, bool aborter_closed)
{
    struct ta_verdict v = { .evidence = {
        .facts = c->facts, .aborter = TA_SERVER, .fin_to_rst = -1, .idle = -1, .icmp = !!(c->facts & TA_F(ICMP)),
        .told = (c->facts & TA_F(GAVE_UP)) ? TA_SERVER : TA_CLIENT,
        .state_before = { (uint8_t)c->victim, (uint8_t)c->aborter },
        .handle = { TA_HANDLE_OPEN, aborter_closed ? TA_HANDLE_CLOSED : TA_HANDLE_OPEN },
        .unacked_bytes = { !!(c->facts & TA_F(VICTIM_UNACKED)), (c->facts & TA_F(ABORTER_UNACKED)) ? 2 : 0 },
        .unread_bytes = { 0, (c->facts & TA_F(ABORTER_UNREAD)) ? 3 : 0 }, .bytes_after_fin = !!(c->facts & TA_F(DATA_AFTER_FIN)),
    } };
    ta_judge(&v);
    ta_find_outcomes(&v);
    return v;
}

/* ---- Ordered tables: rules, outcomes, advice ---- */

struct row {
    const char *name;
    uint32_t group; /* roles of outcomes.def, kinds of advice.def, as a set */
    uint32_t states;
    uint64_t need, bar;
    bool hit;
};

enum { ROWS_MAX = 64 };

static struct table {
    const char *name;
    size_t count;
    uint64_t read; /* facts that its rows need or bar */
    struct row rows[ROWS_MAX];
    bool above[ROWS_MAX][ROWS_MAX]; /* [i][j]: where row i answers, row j would if i were not there */
} rules = { .name = "rules.def" }, outcomes = { .name = "outcomes.def" }, advice = { .name = "advice.def" };

static void add_row(struct table *table, struct row row)
{
    table->rows[table->count++] = row;
    table->read |= row.need | row.bar;
}

static void load_rows(void)
{
    for (size_t i = 0; i < ta_rule_count; i++)
        add_row(&rules, (struct row){ ta_rules[i].why, 1, ta_rules[i].states, ta_rules[i].need, ta_rules[i].bar, false });
    for (size_t i = 0; i < ta_outcome_count; i++)
        add_row(&outcomes, (struct row){ ta_outcomes[i].rows, ta_outcomes[i].roles, ta_outcomes[i].states,
                                         ta_outcomes[i].need, ta_outcomes[i].bar, false });
#define ADVICE(kind, need, bar, text) add_row(&advice, (struct row){ text, 1u << (kind), ANY, need, bar, false });
#include "words/advice.def"
#undef ADVICE
}

static bool takes(const struct row *row, uint32_t group, unsigned state, uint64_t facts)
{
    return row->group & group && row->states & TA_IN(state) && (facts & row->need) == row->need && !(facts & row->bar);
}

/* The first row that takes these, marked together with the next one that would; -1 when there is none. */
static int find_row(struct table *table, uint32_t group, unsigned state, uint64_t facts)
{
    int first = -1;
    for (size_t i = 0; i < table->count; i++) {
        if (!takes(&table->rows[i], group, state, facts))
            continue;
        if (first >= 0) {
            table->above[first][i] = true;
            break;
        }
        first = (int)i;
        table->rows[i].hit = true;
    }
    return first;
}

static void check_text(const struct ta_verdict *v)
{
    char text[512], cut[8];
    int length = ta_summary(text, sizeof text, v, TA_STACK_AUTO, NULL);
    check(length > 0 && (size_t)length == strlen(text), "summary: length %d of '%s'", length, text);
    check(!strchr(text, '%') && !strstr(text, "  "), "summary: '%s'", text);
    check(ta_summary(cut, sizeof cut, v, TA_STACK_AUTO, NULL) == length, "summary: a short buffer changes its length");
    check(strncmp(cut, text, sizeof cut - 1) == 0 && strlen(cut) == sizeof cut - 1, "summary: cut to '%s'", cut);
}

static void note_rung(const struct table *table, uint32_t group, unsigned state, uint64_t facts, const char *answer);

static void check_verdict(const struct combination *c, unsigned aborter_role)
{
    if (listing) {
        printf("%u %u %llu %u\n", c->aborter, c->victim, (unsigned long long)c->facts, aborter_role);
        return;
    }
    unsigned role[TA_ENDS] = { (c->facts & TA_F(OBEYED)) ? TA_RESET : TA_UNTOUCHED, aborter_role };
    struct ta_verdict v = judge(c, aborter_role == TA_ABORTED);
    int rule = find_row(&rules, 1, c->victim, c->facts);
    check(rule == v.rule, "%s, facts %#llx: ta_judge takes rule %u, not %d", ta_state_name(c->victim), (unsigned long long)c->facts, v.rule + 1u, rule + 1);
    check(v.kind == ta_rules[v.rule].kind, "%s: kind and rule differ", ta_state_name(c->victim));
    for (int end = 0; end < TA_ENDS; end++) {
        unsigned state = v.evidence.state_before[end];
        int outcome = find_row(&outcomes, role[end], state, c->facts);
        check(outcome == v.outcome[end], "%s, role %u, facts %#llx: ta_judge takes outcome %u, not %d", ta_state_name(state), role[end],
              (unsigned long long)c->facts, v.outcome[end] + 1u, outcome + 1);
        note_rung(&outcomes, role[end], state, c->facts, ta_outcomes[v.outcome[end]].rows);
    }
    check(v.cause < TA_CAUSE_COUNT && v.harm < TA_HARM_COUNT, "no cause or harm");
    int advised = find_row(&advice, 1u << v.kind, c->victim, c->facts);
    check((advised >= 0) == (v.kind != TA_KIND_NONE), "advice.def: %s", ta_kind_slug(v.kind));
    check(strcmp(ta_advice(&v), advised >= 0 ? advice.rows[advised].name : "") == 0, "ta_advice: %s", ta_kind_slug(v.kind));
    if (v.kind == TA_KIND_NONE || v.kind == TA_KIND_IGNORED_RST) { /* which end no connection, also where only an alert is un-ACKed */
        struct ta_verdict alert = v;
        alert.evidence.unacked_bytes[TA_CLIENT] = alert.evidence.alert_bytes[TA_CLIENT] = 31;
        check(ta_advice(&alert) == ta_advice(&v), "ta_advice: %s, an alert un-ACKed", ta_kind_slug(v.kind));
    }
    note_rung(&rules, 1, c->victim, c->facts, ta_kind_slug(v.kind));
    note_rung(&advice, 1u << v.kind, TA_UNKNOWN, c->facts, ta_advice(&v));
    if (!(c->facts & TA_F(RST_PAYLOAD))) /* half the time; it tells the cause only */
        check_text(&v);
}

/* Once for each role that the end which sent the RST, gave up or closed alone can have. */
static void check_combination(const struct combination *c)
{
    bool rst = !(c->facts & (TA_F(GAVE_UP) | TA_F(SILENCE)));
    bool fits = c->facts & (TA_F(OBEYED) | TA_F(REPLY) | TA_F(ACTIVE)) && c->aborter != TA_SYN_SENT;
    if (c->facts & TA_F(GAVE_UP))
        check_verdict(c, TA_GAVE_UP);
    else if (!rst || !fits)
        check_verdict(c, TA_UNTOUCHED);
    if (rst && (fits || TA_IN(c->aborter) & (SR | CL))) /* accept() has not returned it; an earlier RST of its own */
        check_verdict(c, TA_ABORTED);
}

/* ---- The order of these tables, by hand ---- */

struct rung {
    struct table *table;
    uint32_t group, states;
    uint64_t facts;
    const char *want; /* kind; row numbers; words of the advice */
    uint32_t met;     /* states in which a combination was this one */
};

static struct rung rungs[] = {
#define RULE_RUNG(states, facts, kind) { &rules, 1, states, facts, kind, 0 },
#define OUTCOME_RUNG(role, states, facts, rows) { &outcomes, role, states, facts, rows, 0 },
#define ADVICE_RUNG(kind, facts, words) { &advice, 1u << (kind), UNK, facts, words, 0 },
#define ICMP6_RUNG(type, code, linux_, bsd, bsd_connected)
#include "rungs.def"
#undef RULE_RUNG
#undef OUTCOME_RUNG
#undef ADVICE_RUNG
#undef ICMP6_RUNG
};

/* The rungs that are this combination want this answer. */
static void note_rung(const struct table *table, uint32_t group, unsigned state, uint64_t facts, const char *answer)
{
    for (struct rung *rung = rungs; rung < rungs + COUNT(rungs); rung++) {
        if (rung->table != table || !(rung->group & group) || !(rung->states & TA_IN(state)) || rung->facts != (facts & table->read))
            continue;
        rung->met |= TA_IN(state);
        bool good = table == &advice ? strstr(answer, rung->want) != NULL : strcmp(answer, rung->want) == 0;
        check(good, "%s: rung %zu: %s, facts %#llx: got '%s', want '%s'", table->name, (size_t)(rung - rungs) + 1,
              ta_state_name(state), (unsigned long long)facts, answer, rung->want);
    }
}

static bool covers(const struct rung *rung, const struct table *table, size_t first, size_t next)
{
    for (unsigned state = 0; rung->table == table && state < TA_STATE_COUNT; state++)
        if (rung->states & TA_IN(state) && takes(&table->rows[first], rung->group, state, rung->facts)
            && (first == next || takes(&table->rows[next], rung->group, state, rung->facts)))
            return true;
    return false;
}

static bool has_rung(const struct table *table, size_t first, size_t next)
{
    for (size_t i = 0; i < COUNT(rungs); i++)
        if (covers(&rungs[i], table, first, next))
            return true;
    return false;
}

static void check_table(const struct table *table)
{
    const struct row *last = &table->rows[table->count - 1];
    bool catches_all = last->group == TA_ANY_ROLE && last->states == ANY && !last->need && !last->bar;
    for (size_t i = 0; i < table->count; i++) {
        check(table->rows[i].hit, "%s: row %zu is never the first that matches: %s", table->name, i + 1, table->rows[i].name);
        /* Every row is above one that catches all; the row just before it stands for the others. */
        for (size_t j = i + 1; j < table->count; j++)
            if (table->above[i][j] && !(catches_all && j + 1 == table->count && i + 1 < j))
                check(has_rung(table, i, j), "%s: no rung says that row %zu comes before row %zu: %s", table->name, i + 1, j + 1, table->rows[i].name);
        check(table == &outcomes || has_rung(table, i, i), "%s: no rung for row %zu: %s", table->name, i + 1, table->rows[i].name);
    }
}

static void check_ordered_tables(void)
{
    check_table(&rules);
    check_table(&outcomes);
    check_table(&advice);
    for (size_t i = 0; i < COUNT(rungs); i++)
        check(rungs[i].met == rungs[i].states, "%s: rung %zu, '%s': states %#x cannot be", rungs[i].table->name, i + 1,
              rungs[i].want, (unsigned)(rungs[i].states & ~rungs[i].met));

    uint64_t given = TA_F(INFERRED); /* only lowers the certainty */
    for (size_t i = 0; i < COUNT(choices); i++)
        given |= choices[i].facts;
    for (unsigned fact = 0; fact < TA_FACT_COUNT; fact++)
        check(given >> fact & 1, "fact '%s': in no combination", ta_fact_name(fact));
    for (unsigned state = 0; state < TA_STATE_COUNT; state++)
        for (unsigned other = 0; other < TA_STATE_COUNT; other++)
            check((other_end[state] >> other & 1) == (other_end[other] >> state & 1), "states %u, %u: one way only", state, other);
    uint32_t kinds = 0;
    for (size_t i = 0; i < ta_rule_count; i++)
        kinds |= 1u << ta_rules[i].kind;
    check(kinds == (1u << TA_KIND_CLOSED) - 1, "rules.def: kinds %#x, that is not all but those of streams", (unsigned)kinds);
}

/* ---- Answers ---- */

static bool used_result[TA_RESULT_COUNT];

static void check_result(const char *rows, bool windows, enum ta_result result, const char *call)
{
    check(result < TA_RESULT_COUNT, "rows %s: %s: unknown result", rows, call);
    used_result[result] = true;
    if (ta_result_is_error(result))
        check((ta_result_number(result) != 0) == windows, "rows %s: %s: %s is another system's", rows, call, ta_result_name(result));
}

static void check_answers(void)
{
    for (size_t i = 0; i < ta_outcome_count; i++)
        for (unsigned stack = 0; stack < TA_STACK_COUNT; stack++) {
            const struct ta_answer *answer = &ta_outcomes[i].stack[stack];
            const char *rows = ta_outcomes[i].rows;
            check_result(rows, stack == TA_WINDOWS, answer->recv, "recv");
            check_result(rows, stack == TA_WINDOWS, answer->send, "send");
            check_result(rows, stack == TA_WINDOWS, answer->alternative, "alternative");
            check(answer->evidence && strchr("MSCDTF", answer->evidence), "rows %s: evidence '%c'", rows, answer->evidence);
            enum ta_result first = ta_first_failure(answer);
            check(ta_result_is_error(first) || !ta_result_is_error(answer->send), "rows %s: a failing send is missed", rows);
            check(first == answer->recv || (first == answer->send && !ta_result_is_error(answer->recv)),
                  "rows %s: recv's error comes first", rows);

            struct ta_verdict v = { .outcome = { (uint8_t)i } };
            bool same = stack == TA_WINDOWS || ta_outcomes[i].queue == TA_NO_QUEUE;
            check(ta_outcomes[i].queue <= TA_NO_QUEUE, "rows %s: queue", rows);
            check(ta_queue(&v, TA_CLIENT, stack) == (same ? ta_outcomes[i].queue : TA_KEPT), "rows %s: only Windows erases", rows);
        }
}

/* docs/socket-errors.md section 6, and Winsock's own numbers. */
static void check_numbers(void)
{
    static const struct {
        unsigned number, overlapped, fd_close;
    } winsock[TA_RESULT_COUNT] = {
        [TA_WSAENETRESET] = { 10052, 0, 0 },       [TA_WSAECONNABORTED] = { 10053, 1236, 0 },
        [TA_WSAECONNRESET] = { 10054, 64, 10053 }, [TA_WSAESHUTDOWN] = { 10058, 0, 0 },
        [TA_WSAETIMEDOUT] = { 10060, 121, 0 },     [TA_WSAECONNREFUSED] = { 10061, 1225, 0 },
        [TA_WSAEHOSTUNREACH] = { 10065, 0, 0 },
    };
    for (unsigned result = 0; result < TA_RESULT_COUNT; result++) {
        const char *name = ta_result_name(result);
        check(ta_result_number(result) == winsock[result].number, "%s: number %u", name, ta_result_number(result));
        check(ta_result_overlapped(result) == winsock[result].overlapped, "%s: overlapped %u", name, ta_result_overlapped(result));
        check(ta_result_fd_close(result) == winsock[result].fd_close, "%s: FD_CLOSE %u", name, ta_result_fd_close(result));
        check((winsock[result].number != 0) == (strncmp(name, "WSA", 3) == 0), "%s: a number for Winsock errors only", name);
        check(used_result[result], "result %s: in no row", name);
    }
}

/* ---- ICMP errors ---- */

static void check_icmp6(uint8_t type, uint8_t code, enum ta_result linux_, enum ta_result bsd, enum ta_result bsd_connected)
{
    unsigned number = ta_find_icmp(6, type, code);
    check(number != 0, "icmp.def: ICMPv6 %u/%u is not there", type, code);
    if (number == 0)
        return;
    const struct ta_icmp_error *error = &ta_icmp_errors[number - 1];
    check(error->linux_ == linux_ && error->bsd == bsd && error->bsd_connected == bsd_connected, "icmp.def: ICMPv6 %u/%u: errno", type, code);
}

static void check_icmp(void)
{
#define RULE_RUNG(states, facts, kind)
#define OUTCOME_RUNG(role, states, facts, rows)
#define ADVICE_RUNG(kind, facts, words)
#define ICMP6_RUNG(type, code, linux_, bsd, bsd_connected) check_icmp6(type, code, linux_, bsd, bsd_connected);
#include "rungs.def"
#undef RULE_RUNG
#undef OUTCOME_RUNG
#undef ADVICE_RUNG
#undef ICMP6_RUNG

    /* RFC 1191, RFC 8201, RFC 6633, redirects, echoes. */
    static const uint8_t none[][3] = { { 4, 3, 4 }, { 4, 4, 0 }, { 4, 5, 0 }, { 4, 5, 1 }, { 4, 8, 0 }, { 4, 0, 0 },
                                       { 6, 2, 0 }, { 6, 128, 0 }, { 6, 129, 0 }, { 6, 137, 0 }, { 4, 1, 0 }, { 0, 3, 0 } };
    for (size_t i = 0; i < COUNT(none); i++)
        check(ta_find_icmp(none[i][0], none[i][1], none[i][2]) == 0, "icmp.def: IPv%u %u/%u is no error to TCP", none[i][0], none[i][1], none[i][2]);
    for (size_t i = 0; i < ta_icmp_error_count; i++) {
        const struct ta_icmp_error *error = &ta_icmp_errors[i];
        bool any = error->code == TA_ANY_CODE;
        const uint8_t result[] = { error->linux_, error->bsd, error->bsd_connected };
        check(error->version == 4 || error->version == 6, "icmp.def: row %zu: version", i + 1);
        for (unsigned code = any ? 0 : error->code; code <= (any ? 255u : error->code); code++)
            check(ta_find_icmp(error->version, error->type, (uint8_t)code) == i + 1, "icmp.def: row %zu is not found: %s", i + 1, error->title);
        check(strcmp(ta_icmp_title((unsigned)i + 1), error->title) == 0 && *error->title, "icmp.def: row %zu: title", i + 1);
        for (size_t j = 0; j < COUNT(result); j++) {
            check_result(error->title, false, result[j], "icmp.def");
            check(ta_result_is_error(result[j]), "icmp.def: %s: no error", error->title);
        }
        check(error->bsd_connected == error->bsd || error->bsd_connected == TA_ETIMEDOUT, "icmp.def: %s: connected BSD", error->title);
    }
}

/* ---- Words ---- */

enum { WORDS_MAX = 32 };

/* Each word is there, once, in letters a display filter can hold. */
static void check_list(const char *what, const char *const *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        check(words[i] != NULL, "%s %u: no word", what, i);
        if (!words[i])
            continue;
        check(words[i][strspn(words[i], "abcdefghijklmnopqrstuvwxyz_0123456789")] == '\0', "%s: '%s'", what, words[i]);
        for (unsigned other = 0; other < i; other++)
            check(words[other] && strcmp(words[i], words[other]) != 0, "%s: '%s' twice", what, words[i]);
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

int main(int argc, char **argv)
{
    listing = argc == 2 && strcmp(argv[1], "--list") == 0;
    if (argc != 1 + listing)
        return 2;
    load_rows();
    visit_combinations(check_combination);
    if (listing)
        return 0;
    check_ordered_tables();
    check_answers();
    check_icmp();
    check_numbers();
    check_words();
    check_roles();
    return finish_checks();
}
