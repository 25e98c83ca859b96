/* What the reports made at the end of a capture share: which streams they show, and where they go.
 *
 * A report is one -z statistic of tshark: report-NAME.c, which only prints. All frames were read by then, so
 * its verdicts are final in one pass.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_REPORT_H
#define TCPABORT_REPORT_H

#include <stdio.h>

#include <epan/packet.h>
#include <epan/tap.h>

#include "answer/answers.h"
#include "keep/capture.h"
#include "keep/pages.h"
#include "keep/segments.h"
#include "preferences.h"

struct report;

struct report_kind {
    const char *name;    /* as in -z NAME */
    bool to_file;        /* what follows the name is a file, else nothing or a display filter */
    bool keeps_segments; /* print() uses the segments of streams */
    /* A frame of a stream, on whichever visit taps are run; may be NULL. Such a report takes no filter. */
    void (*packet)(struct report *report, packet_info *pinfo, const struct stream *stream);
    void (*print)(FILE *out, struct report *report);
};

/* How many streams, all and by how they ended. */
struct report_totals {
    unsigned streams, kinds[TA_KIND_COUNT], harms[TA_HARM_COUNT];
};

struct report {
    const struct report_kind *kind;
    char *path;         /* NULL: standard output */
    struct place *place; /* of the path */
    unsigned file;      /* capture_number() that the rest is about */
    struct pages chosen; /* bool by stream: it has a frame that neither the report's filter nor a read filter dropped */
    void *data;         /* of the kind's own; NULL at first and for each new file, freed by g_free() */
    struct report_totals totals; /* of the streams that report_next() has passed */
};

extern const struct report_kind report_streams, report_servers, report_json, report_html, report_comments;

/* One stream as reports show it. */
struct report_stream {
    const struct stream *stream;
    enum ta_kind kind;
    const struct ta_verdict *verdict; /* NULL when nothing but closing ended it: closed, open, unknown */
    struct verdict_record record;     /* with it */
};

/* What plugin.c calls: registers the reports. */
void register_tap_listener_tcpabort_reports(void);

/* Says why the statistic `name` will have no streams where the user has disabled this plugin's protocol or TCP. tshark ends then;
 * the window and sharkd go on, for the user may enable it again. */
void report_check_enabled(const char *name);

/* How the stream ended, as far as frames were read. */
void report_find(const struct stream *stream, struct report_stream *found);

/* The report's streams by number: starts at *next, which begins as 0; false after the last. Counts them in totals. */
bool report_next(struct report *report, uint32_t *next, struct report_stream *found);

/* Who ended it: value of tcpabort.stream.aborted_by. */
const char *report_blamed(const struct report_stream *stream);

enum ta_harm report_harm(const struct report_stream *stream);

/* Whether the stream did not end cleanly, and preferences let reports list it. Totals count the others too. */
bool report_lists(const struct report_stream *stream);

/* Texts, in memory of `scope`.
 * "192.0.2.1:80", "[2001:db8::1]:80"; "?:80" without an IP address. */
const char *report_end_text(wmem_allocator_t *scope, const struct stream *stream, int end);

/* "2026-11-22 22:03:57.123456+00:00", in this machine's time zone (TZ). */
const char *report_time_text(wmem_allocator_t *scope, int64_t nanoseconds);

/* A display filter that shows the stream and, if one is part of the verdict, the ICMP error. */
const char *report_filter_text(wmem_allocator_t *scope, const struct report_stream *stream);

/* "10053 | EOF/EPIPE": Windows number, then recv and send on Linux; "-" where no application is left. */
const char *report_errors_text(wmem_allocator_t *scope, const struct ta_verdict *verdict, int end);

/* ta_summary() for the stack of the preference, and whether something on the way sent the RST. */
const char *report_summary_text(wmem_allocator_t *scope, const struct stream *stream, const struct verdict_record *record);

/* ta_hint_text(). */
const char *report_hint_text(wmem_allocator_t *scope, const struct ta_verdict *verdict, unsigned index);

/* "3 TCP streams: 1 fin_rst, 2 closed; data lost in 1, possibly in 0": all streams, whether listed or not. */
const char *report_totals_text(wmem_allocator_t *scope, const struct report_totals *totals);

#endif
