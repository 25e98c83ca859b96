/* Reads scripts (script.h) by the table verbs.def.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "script.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum argument { NONE, NUMBER, BYTES, TEXT };

static const struct {
    const char *word;
    enum argument argument;
    const char *call;
} verbs[] = {
#define VERB(id, word, argument, call) [VERB_##id] = { word, argument, call },
#include "verbs.def"
#undef VERB
};

static const char *skip_space(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* Takes one word; returns what follows it. */
static const char *take_word(const char *at, char *word, size_t size)
{
    size_t length = 0;
    for (at = skip_space(at); isalnum((unsigned char)*at) || *at == '_'; at++)
        if (length + 1 < size)
            word[length++] = *at;
    word[length] = '\0';
    return skip_space(at);
}

static const char *take_verb(const char *at, struct step *step)
{
    char word[32];
    at = take_word(at, word, sizeof word);
    step->end = strcmp(word, "S") == 0 ? SERVER : CLIENT;
    bool has_end = strcmp(word, "S") == 0 || strcmp(word, "C") == 0;
    if (has_end)
        at = take_word(at, word, sizeof word);
    for (step->verb = 0; step->verb < VERB_COUNT; step->verb++)
        if (strcmp(word, verbs[step->verb].word) == 0)
            return has_end == (step->verb != VERB_WAIT) ? at : NULL;
    return NULL;
}

static const char *take_argument(const char *at, struct step *step)
{
    enum argument argument = verbs[step->verb].argument;
    if (argument == NONE)
        return at;
    if (argument != NUMBER && *at == '\'') {
        const char *end = strchr(at + 1, '\'');
        if (!end)
            return NULL;
        step->text = at + 1;
        step->number = (int)(end - step->text);
        return skip_space(end + 1);
    }
    if (argument == TEXT)
        return NULL;
    char *end;
    long number = strtol(at, &end, 10);
    if (end == at || number < -1 || number > INT_MAX)
        return NULL;
    step->number = (int)number;
    return skip_space(end);
}

bool script_read(struct script *script, const char *source, char *error, size_t size)
{
    const char *at = skip_space(source);
    for (script->count = 0; *at; script->count++) {
        const char *start = at;
        struct step step = { .settle = true };
        if (script->count == MAX_STEPS) {
            snprintf(error, size, "more than %d steps", MAX_STEPS);
            return false;
        }
        at = take_verb(at, &step);
        if (!at) {
            snprintf(error, size, "step %d is no known call: %.30s", script->count + 1, start);
            return false;
        }
        at = take_argument(at, &step);
        if (!at || (*at && *at != ';' && *at != ',')) {
            snprintf(error, size, "step %d has a wrong argument: %.30s", script->count + 1, start);
            return false;
        }
        step.settle = *at != ',';
        if (*at)
            at = skip_space(at + 1);
        script->steps[script->count] = step;
    }
    return true;
}

void step_write(const struct step *step, char *text, size_t size)
{
    /* The formats are the literals of verbs.def, each with one %d or %s, or none. */
    const char *call = verbs[step->verb].call;
    const char *hole = strchr(call, '%');
    char argument[MAX_TEXT] = "";
    if (hole && verbs[step->verb].argument == TEXT)
        snprintf(argument, sizeof argument, "%.*s", step->number, step->text);
    else if (hole)
        snprintf(argument, sizeof argument, "%d", step->number);
    snprintf(text, size, "%.*s%s%s", (int)strcspn(call, "%"), call, argument, hole ? hole + 2 : "");
}
