/* Plays one scenario between two processes, one at each end, and writes what each call returned.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_PLAY_H
#define LAB_PLAY_H

#include <stdio.h>

#include "script.h"

struct scenario {
    const char *name, *sentence, *steps;
};

/* Writes the truth (format: README.md) to `truth`, and records to `capture_path` unless it is NULL.
 * Returns the number of recorded packets. */
int play(const struct scenario *scenario, const struct script *script, FILE *truth, const char *capture_path);

#endif
