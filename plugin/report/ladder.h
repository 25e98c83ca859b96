/* The frames that made a stream's verdict as a ladder diagram: both ends, and their states after each frame.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_LADDER_H
#define TCPABORT_LADDER_H

#include "report.h"

/* Writes an <svg> for a stream with a verdict, whose segments were kept. Colours are left to the page's style:
 * classes `decides`, `gap` and `unanswered` on rows, and time, state, changed, label, note and line in them. */
void ladder_draw(FILE *out, wmem_allocator_t *scope, const struct report_stream *found);

#endif
