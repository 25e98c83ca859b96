/* HTML and SVG as text, well-formed as XML too.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_MARKUP_H
#define TCPABORT_MARKUP_H

#include <glib.h>

/* Like g_string_append_printf(), with %s, %u, %d and %% only. The format is markup, and nothing but literals of ours; arguments are
 * text and come out as text, whoever wrote it: what is special in markup is escaped, and what would hide or
 * reorder text is shown instead, as \u202E, or \xFF for a byte that is not UTF-8. Text with letters written from right
 * to left still wants a <bdi> around it. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void markup(GString *page, const char *format, ...);

#endif
