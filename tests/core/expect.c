/* Compares the expected column with verdicts and flow; see expect.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcpabort.h"
#include "sockets/sockets.h"

enum { VALUE_SIZE = 240 };

/* One key asked for: which RST, which end, and whose names the answer uses. */
struct query {
    const struct judged *judged;
    const struct ta_verdict *verdict; /* NULL: the case has no such RST */
    bool mirrored;
    int end;        /* TA_CLIENT or TA_SERVER as the core knows them */
    unsigned frame; /* `@N`; 0: the last one */
    enum ta_stack stack;
    const char *want; /* for an answer that is a list */
};

typedef void getter(const struct query *query, char *value);

static void put(char *value, const char *text)
{
    snprintf(value, VALUE_SIZE, "%s", *text ? text : "none");
}

static void put_number(char *value, int64_t number)
{
    snprintf(value, VALUE_SIZE, "%lld", (long long)number);
}

/* %20 for a space. */
static void put_line(char *value, const char *line)
{
    size_t length = 0;
    for (; *line && length + 4 < VALUE_SIZE; line++)
        length += (size_t)snprintf(value + length, VALUE_SIZE - length, *line == ' ' ? "%%20" : "%c", *line);
}

static void get_diagnostic(const struct query *q, char *value)
{
    const char *line = q->judged->diagnostic[q->verdict - q->judged->verdict][0];
    put_line(value, line ? line : "none");
}

static void put_hint(const struct query *q, unsigned index, char *value)
{
    char text[TA_HINT_SIZE] = "none";
    if (index < q->verdict->hint_count)
        ta_hint_text(text, sizeof text, q->verdict, index);
    put_line(value, text);
}

/* The end as the case calls it. */
static const char *end_word(const struct query *query, int end)
{
    return ta_end_slug(query->mirrored ? !end : end);
}

static void get_kind(const struct query *q, char *value) { put(value, ta_kind_slug(q->verdict->kind)); }
static void get_effect(const struct query *q, char *value) { put(value, ta_effect_slug(q->verdict->evidence.effect)); }
static void get_shape(const struct query *q, char *value) { put(value, ta_shape_slug(q->verdict->evidence.shape)); }
static void get_cause(const struct query *q, char *value) { put(value, ta_cause_slug(q->verdict->cause)); }
static void get_hints(const struct query *q, char *value) { put_number(value, q->verdict->hint_count); }
static void get_hint(const struct query *q, char *value) { put_hint(q, 0, value); }
static void get_hint2(const struct query *q, char *value) { put_hint(q, 1, value); }

/* The number of the hint that the summary ends with; 0 none. */
static void get_headline(const struct query *q, char *value)
{
    char summary[TA_SUMMARY_SIZE], hint[TA_HINT_SIZE];
    unsigned number = 0;
    ta_summary(summary, sizeof summary, q->verdict, TA_STACK_AUTO, NULL);
    for (unsigned i = 0; i < q->verdict->hint_count && number == 0; i++) {
        ta_hint_text(hint, sizeof hint, q->verdict, i);
        if (strstr(summary, strchr(hint, ' ') + 1))
            number = i + 1;
    }
    put_number(value, number);
}

static void get_harm(const struct query *q, char *value) { put(value, ta_harm_slug(q->verdict->harm)); }
static void get_handle(const struct query *q, char *value) { put(value, ta_handle_slug(q->verdict->evidence.handle[q->end])); }
static void get_after_fin(const struct query *q, char *value) { put_number(value, q->verdict->evidence.bytes_after_fin); }
static void get_fin(const struct query *q, char *value) { put_number(value, q->verdict->evidence.fin_frame); }
static void get_data(const struct query *q, char *value) { put_number(value, q->verdict->data_frame); }
static void get_rst(const struct query *q, char *value) { put_number(value, q->verdict->evidence.frame); }
static void get_trigger(const struct query *q, char *value) { put_number(value, q->verdict->evidence.trigger_frame); }
static void get_icmp(const struct query *q, char *value) { put_number(value, q->verdict->evidence.icmp_frame); }
static void get_overruled(const struct query *q, char *value) { put_number(value, q->judged->overruled[q->verdict - q->judged->verdict]); }
static void get_unacked(const struct query *q, char *value) { put_number(value, q->verdict->evidence.unacked_bytes[q->end]); }
static void get_unread(const struct query *q, char *value) { put_number(value, q->verdict->evidence.unread_bytes[q->end]); }
static void get_winsock(const struct query *q, char *value) { put_number(value, ta_winsock(q->verdict, q->end)); }
static void get_before(const struct query *q, char *value) { put(value, ta_state_name(q->verdict->evidence.state_before[q->end])); }
static void get_stream(const struct query *q, char *value)
{
    put(value, ta_kind_slug(q->judged->frame[q->frame - 1].stream));
}

static void get_by(const struct query *q, char *value)
{
    bool by_end = ta_kind_blame(q->verdict->kind) == TA_BY_ABORTER;
    put(value, by_end ? end_word(q, q->verdict->evidence.aborter) : ta_blamed(q->verdict));
}

static void get_certainty(const struct query *q, char *value)
{
    put(value, ta_certainty_slug(ta_certainty(q->verdict, q->stack)));
}

static void get_point(const struct query *q, char *value)
{
    uint8_t ttl[TA_ENDS] = { q->verdict->evidence.ttl[q->mirrored], q->verdict->evidence.ttl[!q->mirrored] };
    put(value, ta_capture_point_slug(ta_capture_point(ttl)));
}

static void get_answer(const struct query *q, char *value)
{
    struct ta_answer answer = ta_answer(q->verdict, q->end, q->stack);
    snprintf(value, VALUE_SIZE, "%s/%s", ta_result_name(answer.recv), ta_result_name(answer.send));
}

static void get_alternative(const struct query *q, char *value)
{
    put(value, ta_result_name(ta_answer(q->verdict, q->end, q->stack).alternative));
}

static void get_queue(const struct query *q, char *value)
{
    static const char *const names[] = { [TA_KEPT] = "kept", [TA_ERASED] = "erased", [TA_UNSURE] = "unsure",
                                         [TA_NO_QUEUE] = "none" };
    put(value, names[ta_queue(q->verdict, q->end, q->stack)]);
}

/* The row asked for, when it is one of "20, 22"; else all of them. */
static void get_row(const struct query *q, char *value)
{
    const char *rows = ta_outcomes[q->verdict->outcome[q->end]].rows;
    size_t length = strlen(q->want);
    put(value, rows);
    for (const char *row = rows; *row; row += strspn(row, ", ")) {
        size_t digits = strcspn(row, ",");
        if (digits == length && strncmp(row, q->want, length) == 0)
            put(value, q->want);
        row += digits;
    }
}

static void get_states(const struct query *q, char *value)
{
    const uint8_t *state = q->judged->frame[q->frame - 1].state;
    snprintf(value, VALUE_SIZE, "%s/%s", ta_state_name(state[q->mirrored]), ta_state_name(state[!q->mirrored]));
}

static void get_state(const struct query *q, char *value)
{
    put(value, ta_state_name(q->judged->frame[q->frame - 1].state[q->end]));
}

static void get_origin(const struct query *q, char *value) { put(value, ta_origin_slug(ta_origin(&q->judged->connection, q->verdict))); }

static void get_signs(const struct query *q, char *value)
{
    unsigned signs = ta_signs(&q->judged->connection, q->verdict);
    size_t length = 0;
    *value = '\0';
    for (int i = 0; i < TA_SIGN_COUNT; i++)
        if (signs & 1u << i)
            length += (size_t)snprintf(value + length, VALUE_SIZE - length, "%s%s", length ? "," : "", ta_sign_slug(i));
    if (length == 0)
        put(value, "none");
}

/* The last of the signs, as it is told. */
static void get_sign(const struct query *q, char *value)
{
    unsigned signs = ta_signs(&q->judged->connection, q->verdict);
    char text[TA_SIGN_SIZE] = "none";
    for (int sign = 0; sign < TA_SIGN_COUNT; sign++)
        if (signs & 1u << sign)
            ta_sign_text(text, sizeof text, &q->judged->connection, q->verdict, (enum ta_sign)sign);
    put_line(value, text);
}

/* The frames without an answer, separated by commas. */
static void get_unanswered(const struct query *q, char *value)
{
    size_t length = 0;
    put(value, "none");
    for (unsigned i = 0; i < q->judged->recording->count; i++) {
        const struct player_frame *frame = &q->judged->recording->frame[i];
        if (frame->icmp_type == 0 && ta_is_unanswered(&q->judged->connection, q->verdict, &frame->segment))
            length += (size_t)snprintf(value + length, VALUE_SIZE - length, "%s%u", length ? "," : "", i + 1);
    }
}

static void get_repeats(const struct query *q, char *value) { put(value, q->judged->frame[q->frame - 1].repeats_handshake ? "yes" : "no"); }

static void put_limits(char *value, unsigned limits)
{
    size_t length = 0;
    *value = '\0';
    for (unsigned i = 0; i < TA_LIMIT_COUNT; i++)
        if (limits & (1u << i))
            length += (size_t)snprintf(value + length, VALUE_SIZE - length, "%s%s", length ? "," : "", ta_limit_slug(i));
    if (length == 0)
        put(value, "none");
}

static void get_limits(const struct query *q, char *value) { put_limits(value, q->verdict->evidence.limits); }
static void get_stream_limits(const struct query *q, char *value) { put_limits(value, ta_stream_limits(&q->judged->connection, q->judged->recording->end, &ta_default_policy)); }

static void get_zeek(const struct query *q, char *value) { put(value, ta_zeek_conn_state(&q->judged->connection.zeek)); }

static void get_history(const struct query *q, char *value)
{
    char text[TA_ZEEK_TEXT];
    ta_zeek_history(&q->judged->connection.zeek, text);
    put(value, text);
}

static const struct ta_tamper_signature *signature(const struct query *q)
{
    return ta_tamper_match(&q->judged->connection.tamper, q->judged->recording->end);
}

/* A word of the expected column has no spaces. */
static void get_tamper(const struct query *q, char *value)
{
    put(value, signature(q) ? signature(q)->name : "none");
    for (char *space; (space = strchr(value, ' ')) != NULL;)
        memmove(space, space + 1, strlen(space));
}

static void get_stage(const struct query *q, char *value)
{
    put(value, signature(q) ? ta_tamper_stage_name(signature(q)) : "none");
}

/* What a key is about, and so what may be written before and after it. ONE_WAY: swapped ends are another case. */
enum { OF_RST = 1, OF_END = 2, OF_FRAME = 4, OF_STACK = 8, STACK_SUFFIX = 16, ONE_WAY = 32 };

static const struct key {
    const char *name;
    unsigned about;
    getter *get;
} keys[] = {
    { "kind", OF_RST, get_kind },
    { "effect", OF_RST, get_effect },
    { "shape", OF_RST, get_shape },
    { "cause", OF_RST, get_cause },
    { "diagnostic", OF_RST, get_diagnostic },
    { "hints", OF_RST | ONE_WAY, get_hints },
    { "hint", OF_RST | ONE_WAY, get_hint },
    { "hint2", OF_RST | ONE_WAY, get_hint2 },
    { "headline", OF_RST | ONE_WAY, get_headline },
    { "by", OF_RST, get_by },
    { "harm", OF_RST, get_harm },
    { "certainty", OF_RST | STACK_SUFFIX, get_certainty },
    { "handle", OF_RST | OF_END, get_handle },
    { "winsock", OF_RST | OF_END, get_winsock },
    { "unacked", OF_RST | OF_END, get_unacked },
    { "unread", OF_RST | OF_END, get_unread },
    { "before", OF_RST | OF_END, get_before },
    { "alternative", OF_RST | OF_END | STACK_SUFFIX, get_alternative },
    { "queue", OF_RST | OF_END | STACK_SUFFIX, get_queue },
    { "row", OF_RST | OF_END, get_row },
    { "after_fin", OF_RST, get_after_fin },
    { "fin", OF_RST, get_fin },
    { "data", OF_RST, get_data },
    { "rst", OF_RST, get_rst },
    { "trigger", OF_RST, get_trigger },
    { "icmp", OF_RST, get_icmp },
    { "overruled", OF_RST, get_overruled },
    { "limits", OF_RST, get_limits },
    { "origin", OF_RST, get_origin },
    { "signs", OF_RST, get_signs },
    { "sign", OF_RST, get_sign },
    { "unanswered", OF_RST, get_unanswered },
    { "point", OF_RST, get_point },
    { "stream", OF_FRAME, get_stream },
    { "states", OF_FRAME, get_states },
    { "repeats", OF_FRAME | ONE_WAY, get_repeats },
    { "state", OF_END | OF_FRAME, get_state },
    { "stream.limits", 0, get_stream_limits },
    { "zeek", ONE_WAY, get_zeek },
    { "history", ONE_WAY, get_history },
    { "tamper", ONE_WAY, get_tamper },
    { "stage", ONE_WAY, get_stage },
    /* The answers: one key a stack, from the table of stacks. */
#define STACK(id, slug, name) { slug, OF_RST | OF_END | OF_STACK, get_answer },
#include "facts/stacks.def"
#undef STACK
};

/* The stack a name ends in or consists of; TA_STACK_COUNT when it is none. */
static enum ta_stack stack_named(const char *name)
{
    unsigned stack = 0;
    while (stack < TA_STACK_COUNT && strcmp(name, ta_stack_slug(stack)) != 0)
        stack++;
    return (enum ta_stack)stack;
}

static const struct key *find_key(const char *name, struct query *query)
{
    query->stack = TA_LINUX;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t length = strlen(keys[i].name);
        if (strcmp(name, keys[i].name) == 0) {
            if (keys[i].about & OF_STACK)
                query->stack = stack_named(name);
            return &keys[i];
        }
        if (keys[i].about & STACK_SUFFIX && strncmp(name, keys[i].name, length) == 0 && name[length] == '.') {
            query->stack = stack_named(name + length + 1);
            return query->stack == TA_STACK_COUNT ? NULL : &keys[i];
        }
    }
    return NULL;
}

/* Reads `2.C.handle` or `states@4` into the query; NULL when there is no such key. */
static const struct key *read_key(char *text, struct query *query)
{
    const struct judged *judged = query->judged;
    unsigned number = judged->resets ? judged->resets : judged->verdicts;
    bool numbered = false, ended = false;
    char *end;
    if (*text >= '1' && *text <= '9') {
        number = (unsigned)strtoul(text, &end, 10);
        if (*end != '.')
            return NULL;
        numbered = true;
        text = end + 1;
    }
    if ((*text == 'C' || *text == 'S') && text[1] == '.') {
        query->end = (*text == 'C' ? TA_CLIENT : TA_SERVER) ^ query->mirrored;
        ended = true;
        text += 2;
    }
    char *at = strchr(text, '@');
    query->frame = judged->recording->count;
    if (at) {
        *at = '\0';
        query->frame = (unsigned)strtoul(at + 1, &end, 10);
        if (*end != '\0' || query->frame == 0 || query->frame > judged->recording->count)
            return NULL;
    }
    const struct key *key = find_key(text, query);
    if (!key || ended != !!(key->about & OF_END) || (at && !(key->about & OF_FRAME)) || (numbered && !(key->about & OF_RST)))
        return NULL;
    query->verdict = number >= 1 && number <= judged->verdicts ? &judged->verdict[number - 1] : NULL;
    return key;
}

/* Checks one word; true when it holds. Otherwise `message` says why not. */
static bool holds(const char *word, struct query *query, char *message, size_t size)
{
    char name[VALUE_SIZE], got[VALUE_SIZE];
    const char *equals = strchr(word, '=');
    if (!equals || equals == word || equals[1] == '\0' || (size_t)(equals - word) >= sizeof name) {
        snprintf(message, size, "bad expectation '%s'", word);
        return false;
    }
    memcpy(name, word, (size_t)(equals - word));
    name[equals - word] = '\0';
    const struct key *key = read_key(name, query);
    if (!key) {
        snprintf(message, size, "unknown key in '%s'", word);
        return false;
    }
    if (key->about & OF_RST && !query->verdict) {
        snprintf(message, size, "no such RST for '%s'", word);
        return false;
    }
    if (key->about & ONE_WAY && query->mirrored)
        return true;
    query->want = equals + 1;
    key->get(query, got);
    snprintf(message, size, "%.*s: got %s, want %s", (int)(equals - word), word, got, equals + 1);
    return strcmp(got, equals + 1) == 0;
}

/* Whether a word of the same key stands earlier in the column. */
static bool repeated(const char *expected, const char *position, const char *word)
{
    size_t length = strcspn(word, "=") + 1;
    for (const char *at = expected; at < position; at += strcspn(at, " ") + 1)
        if (strncmp(at, word, length) == 0)
            return true;
    return false;
}

unsigned expect_check(const char *expected, bool mirrored, const struct judged *judged,
                      expect_report *report, void *context)
{
    unsigned wrong = 0;
    char word[2 * VALUE_SIZE], message[4 * VALUE_SIZE];
    int length, start;
    for (const char *at = expected; sscanf(at, " %n%255s%n", &start, word, &length) == 1; at += length) {
        struct query query = { .judged = judged, .mirrored = mirrored };
        bool good = !repeated(expected, at + start, word);
        if (!good)
            snprintf(message, sizeof message, "'%s': the key was given before", word);
        else
            good = holds(word, &query, message, sizeof message);
        if (good)
            continue;
        wrong++;
        report(context, message);
    }
    return wrong;
}
