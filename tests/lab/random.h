/* Random scripts: sentences of the grammar in random.def.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_RANDOM_H
#define LAB_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum { RANDOM_TEXT = 2000 };

/* What is played on one connection. Seed and number determine all of it. */
struct random_script {
    const char *goal;        /* the rule of random.def that it began with */
    char text[RANDOM_TEXT];  /* as script.h reads it */
    int first_is_send[2];    /* by end: whether it calls send first, and not recv, once all is over */
    int start_ms;            /* a little delay, so that connections do not go in step */
};

/* Ports are those that line.h gives the connection `number`. Ends the process when the grammar is wrong. */
void random_script(struct random_script *script, uint64_t seed, int number);

#endif
