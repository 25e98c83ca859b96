/* The full record of an experiment, as JSON: every call with its time, and what the kernel tells of it.
 * README.md has the format.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_JOURNAL_H
#define LAB_JOURNAL_H

#include <stdint.h>
#include <stdio.h>

#include "end.h"
#include "script.h"
#include "trace.h"

struct journal {
    FILE *calls, *events; /* in memory */
    char *calls_text, *events_text;
    size_t calls_size, events_size;
    int call_count;
};

extern const char *const journal_ends[ENDS]; /* "client", "server" */

/* Ends the process when there is no memory. */
void journal_open(struct journal *journal);

/* A call that `end` made at `time` (nanoseconds of CLOCK_MONOTONIC) about its connection number `connection`. */
void journal_call(struct journal *journal, int64_t time, const struct step *step, int connection,
                  const struct report *report);

void journal_event(struct journal *journal, int end, int connection, const struct trace_event *event);

/* Writes the members "calls" and, when `traced`, "kernel"; closes the journal. */
void journal_close(struct journal *journal, bool traced, FILE *out);

/* Writes an object: counters of the caller's namespace that tell why RSTs were sent. */
void journal_counters(FILE *out);

#endif
