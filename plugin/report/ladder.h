/* The frames that made a connection's verdict as a ladder diagram: both ends, and their states after each frame.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_LADDER_H
#define TCPABORT_LADDER_H

#include "report.h"

/* Writes an <svg> for a connection with a verdict. Colours are left to the page's style:
 * classes `decides`, `gap` and `unanswered` on rows, and time, state, changed, label, note and line in them. */
void ladder_draw(GString *page, GStringChunk *scope, const struct report_connection *connection);

#endif
