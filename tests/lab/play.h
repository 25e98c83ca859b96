/* Plays one scenario between two processes, one at each end, and writes what each call returned.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_PLAY_H
#define LAB_PLAY_H

#include <stdio.h>

#include "script.h"

struct scenario {
    const char *name, *sentence, *steps;
};

/* What to write: `truth` always, the others unless NULL. Formats: README.md. */
struct play_files {
    FILE *truth;
    FILE *journal;                 /* one JSON object */
    const char *captures[ENDS];    /* paths, by the end at whose interface is recorded */
};

/* Returns the number of packets recorded at the client, 0 when nothing is recorded. */
int play(const struct scenario *scenario, const struct script *script, const struct play_files *files);

#endif
