/* One stream's section of the HTML report.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_SECTION_H
#define TCPABORT_SECTION_H

#include "report.h"

/* Writes the section with the id stream-NUMBER, for a stream with a verdict whose segments were kept; `open`:
 * unfolded at first. */
void section_put(FILE *out, wmem_allocator_t *scope, const struct report_stream *found, bool open);

#endif
