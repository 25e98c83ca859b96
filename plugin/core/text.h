/* Verdicts in words: the summary and the advice (advice.def).
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TEXT_H
#define TCPABORT_TEXT_H

#include "verdict.h"

/* Which stack a summary names: one of enum ta_stack, or TA_STACK_AUTO for Windows and the POSIX stack
 * both, the one guessed from the victim's TTL first. */
enum { TA_STACK_AUTO = TA_STACK_COUNT };

/* Room for every summary. */
enum { TA_SUMMARY_SIZE = 1024 + TA_DIAGNOSTICS * TA_DIAGNOSTIC_SIZE };

/* Writes one sentence for a human, always terminated; returns what snprintf would. `diagnostic`: the lines of ta_diagnose(),
 * then NULL; NULL when there are none. */
int ta_summary(char *text, size_t size, const struct ta_verdict *verdict, unsigned stack, const char *const *diagnostic);

enum { TA_HINT_SIZE = 512 };

/* The verdict's hint number `index` in words, the same way. */
int ta_hint_text(char *text, size_t size, const struct ta_verdict *verdict, unsigned index);

/* What to look at or change next, one sentence; static. */
const char *ta_advice(const struct ta_verdict *verdict);

#endif
