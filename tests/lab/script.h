/* A script: the calls of one experiment, in the order in which they are made.
 *
 *     S listen 7000; C connect 7000; S accept; C send 1; S recv 1, S close; wait 300; C recv 100
 *
 * A step is an end (C client, S server), a word of verbs.def and its argument; `wait MS` has no end.
 * After `;` the network gets time to settle, after `,` the next step follows at once. Bytes are a
 * count or text in single quotes, which cannot contain one; other text is always in quotes.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_SCRIPT_H
#define LAB_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

enum { CLIENT, SERVER, ENDS };

enum verb {
#define VERB(id, word, argument, call) VERB_##id,
#include "verbs.def"
#undef VERB
    VERB_COUNT
};

struct step {
    enum verb verb;
    int end;          /* CLIENT or SERVER; CLIENT for wait */
    int number;       /* the argument; the number of bytes for bytes and text */
    const char *text; /* `number` bytes inside the script, or NULL for bytes of no meaning */
    bool settle;
};

enum { MAX_STEPS = 100, MORE_STEPS = 20 /* for the lab's own */, MAX_TEXT = 200 };

struct script {
    int count;
    struct step steps[MAX_STEPS + MORE_STEPS];
};

/* Reads `source`, which must outlive the script. On failure false, and `error` says where and why. */
bool script_read(struct script *script, const char *source, char *error, size_t size);

/* Writes the step as the call that the .truth file shows. */
void step_write(const struct step *step, char *text, size_t size);

#endif
