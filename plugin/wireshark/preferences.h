/* The plugin's preferences.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_PREFERENCES_H
#define TCPABORT_PREFERENCES_H

#include "compat.h"
#include "tcpabort.h"

extern int pref_stack; /* enum ta_stack or TA_STACK_AUTO */
extern int pref_point; /* enum ta_capture_point; TA_POINT_UNKNOWN: tell it from the TTL */
extern struct ta_policy pref_policy;
extern ws_bool pref_show_states; /* states on packets without a verdict */
extern int pref_report_only;          /* enum ta_harm: reports list streams of this harm or worse */
extern const char *pref_report_filter; /* display filter for reports that take none of their own; may be empty */
extern ws_bool pref_report_overwrite; /* a report may replace a file */

void preferences_register(int protocol);

/* How sure the verdict is for the stack that summaries name, and where the capture was made, as preferences say. */
enum ta_certainty pref_certainty(const struct ta_verdict *verdict);
enum ta_capture_point pref_capture_point(const struct ta_verdict *verdict);

#endif
