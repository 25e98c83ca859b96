/* Expands the grammar of random.def by a generator of its own, so that a seed means the same everywhere.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "random.h"

#include <ctype.h>
#include <string.h>

#include "fail.h"
#include "line.h"

static const struct {
    const char *name;
    int weight;
    const char *text;
} rules[] = {
#define RULE(name, weight, text) { #name, weight, text },
#include "random.def"
#undef RULE
};
enum { RULES = sizeof rules / sizeof *rules, DEEPEST = 40 };

struct writer {
    uint64_t state;
    struct random_script *script;
    size_t length;
    int number;
    int swapped; /* A is the server */
    int depth;
};

/* SplitMix64. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static int below(struct writer *w, int limit)
{
    return (int)(draw(&w->state) % (uint64_t)limit);
}

static void put(struct writer *w, const char *text, size_t length)
{
    if (w->length + length >= RANDOM_TEXT)
        fail(LAB_FAILED, "random.def: a script is longer than %d characters", RANDOM_TEXT);
    memcpy(w->script->text + w->length, text, length);
    w->length += length;
    w->script->text[w->length] = '\0';
}

static void put_number(struct writer *w, int number)
{
    char text[16];
    int length = snprintf(text, sizeof text, "%d", number);
    put(w, text, (size_t)length);
}

static void expand(struct writer *w, const char *at, const char *end);

/* One of the rules with this name, by weight. Returns its index. */
static int choose(struct writer *w, const char *name, size_t length)
{
    int sum = 0, chosen = -1;
    for (int i = 0; i < RULES; i++)
        if (strlen(rules[i].name) == length && strncmp(rules[i].name, name, length) == 0) {
            sum += rules[i].weight;
            if (below(w, sum) < rules[i].weight)
                chosen = i;
        }
    if (chosen < 0)
        fail(LAB_FAILED, "random.def: no rule is named %.*s", (int)length, name);
    return chosen;
}

static const char *expand_rule(struct writer *w, const char *at)
{
    size_t length = strcspn(at + 1, ">");
    int rule = choose(w, at + 1, length);
    if (++w->depth > DEEPEST)
        fail(LAB_FAILED, "random.def: %s goes too deep", rules[rule].name);
    expand(w, rules[rule].text, rules[rule].text + strlen(rules[rule].text));
    w->depth--;
    return at + length + 2;
}

/* (x|y|z): each alternative is as likely as the others. Returns what follows. */
static const char *expand_alternatives(struct writer *w, const char *at)
{
    const char *start = at + 1, *chosen = start, *chosen_end = start;
    int count = 0, depth = 1;
    for (at++; depth > 0; at++) {
        if (*at == '\0')
            fail(LAB_FAILED, "random.def: a parenthesis is not closed: %s", start);
        depth += (*at == '(') - (*at == ')');
        if (depth > 1 || (depth == 1 && *at != '|'))
            continue;
        if (below(w, ++count) == 0) {
            chosen = start;
            chosen_end = at;
        }
        start = at + 1;
    }
    expand(w, chosen, chosen_end);
    return at;
}

static void expand(struct writer *w, const char *at, const char *end)
{
    static const int sizes[] = { 1, 2, 10, 100, 100, 700, 1448, 1449, 4000 };
    while (at < end) {
        if (*at == '<') {
            at = expand_rule(w, at);
            continue;
        }
        if (*at == '(') {
            at = expand_alternatives(w, at);
            continue;
        }
        switch (*at) {
        case 'A': put(w, w->swapped ? "S" : "C", 1); break;
        case 'B': put(w, w->swapped ? "C" : "S", 1); break;
        case '@': put_number(w, line_port(SERVER, w->number)); break;
        case '#': put_number(w, sizes[below(w, sizeof sizes / sizeof *sizes)]); break;
        case '~': put_number(w, below(w, 200)); break;
        default: put(w, at, 1);
        }
        at++;
    }
}

void random_script(struct random_script *script, uint64_t seed, int number)
{
    static const char start[] = "start";
    struct writer w = { .state = seed * 0x2545f4914f6cdd1d + (uint64_t)number * 0x9e3779b97f4a7c15 + 1,
                        .script = script, .number = number };
    draw(&w.state);
    int rule = choose(&w, start, sizeof start - 1);
    w.swapped = below(&w, 2);
    script->first_is_send[CLIENT] = below(&w, 2);
    script->first_is_send[SERVER] = below(&w, 2);
    script->start_ms = below(&w, 100);
    script->text[0] = '\0';
    script->goal = rules[rule].text;
    expand(&w, rules[rule].text, rules[rule].text + strlen(rules[rule].text));
}
