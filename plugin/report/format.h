/* What the formats of reports share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_REPORT_FORMAT_H
#define TCPABORT_REPORT_FORMAT_H

#include "report.h"

struct report_format {
    bool needs_segments;
    void *(*start)(void); /* returns the format's own data */
    void (*add)(struct report *report, const struct report_connection *connection);
    void (*finish)(struct report *report); /* writes what is left and frees the data */
};

/* How many connections, all and by how they ended. */
struct report_totals {
    unsigned connections;
    unsigned ended, listed; /* with a verdict; and as report_lists() */
    unsigned kinds[TA_KIND_COUNT], harms[TA_HARM_COUNT], both[TA_KIND_COUNT][TA_HARM_COUNT];
    int64_t first_time; /* of the earliest segment, with any connection */
};

struct report {
    const struct report_format *format;
    struct report_options options;
    FILE *out;
    struct report_totals totals; /* with the connection that is being added */
    int64_t now;                 /* when it ends */
    GStringChunk *scope;         /* for texts; the format clears it */
    void *data;
};

/* ta_summary() for the stack of the options, and whether something on the way sent the RST. */
const char *report_summary_text(GStringChunk *scope, const struct report_options *options, const struct report_connection *connection);

/* ta_hint_text() and ta_sign_text(). */
const char *report_hint_text(GStringChunk *scope, const struct ta_verdict *verdict, unsigned index);
const char *report_sign_text(GStringChunk *scope, const struct report_connection *connection, int sign);

/* How sure the verdict is for the stack that summaries name, and where the capture was made, as the options say. */
enum ta_certainty report_certainty(const struct report_options *options, const struct ta_verdict *verdict);
enum ta_capture_point report_capture_point(const struct report_options *options, const struct ta_verdict *verdict);

/* ": 1 fin_rst, 2 closed"; empty where all are 0. */
const char *report_kinds_text(GStringChunk *scope, const unsigned kinds[TA_KIND_COUNT]);

/* "3 TCP streams: 1 fin_rst, 2 closed; data lost in 1, possibly in 0": all connections, whether listed or not. */
const char *report_totals_text(GStringChunk *scope, const struct report_totals *totals);

/* The string's text, kept in `scope`; frees the string. */
const char *report_keep_text(GStringChunk *scope, GString *string);

#endif
