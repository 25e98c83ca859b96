/* Reports on how the TCP connections of a capture ended: a table, counts by server, JSON lines, an HTML page.
 *
 *     struct report *report = report_begin(&report_json, &options, stdout);
 *
 *     for each connection, in the order in which they are to stand there:
 *         report_add(report, &connection);
 *     report_end(report, now);
 *
 * Needs the core's public face (tcpabort.h) and glib. Whoever reads the capture, Wireshark's plugin or another program, fills
 * struct report_connection, and may forget the connection as soon as report_add() returns: each is looked at once. JSON is
 * written at once, the table by a thousand rows; counts by server keep eight bytes a listed connection, and the page keeps
 * its text to the end, some 400 bytes a listed connection and 5 KB for each of the first 2000.
 *
 * Whether all could be written the caller finds by ferror(); file.h writes a file that is whole or not there.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_REPORT_H
#define TCPABORT_REPORT_H

#include <stdio.h>

#include <glib.h>

#include "tcpabort.h"

struct report_options {
    unsigned stack;                     /* that summaries name: enum ta_stack or TA_STACK_AUTO */
    enum ta_capture_point capture_point; /* TA_POINT_UNKNOWN: tell it from the TTL */
    enum ta_harm only;                  /* list connections of this harm or worse */
    const char *filter;                 /* the display filter by which connections were chosen; "" none. The page says it */
};

enum { REPORT_ADDRESS_SIZE = 46 }; /* an IPv6 address as text */

struct report_end {
    char address[REPORT_ADDRESS_SIZE]; /* as text; with ip_version 0 not read */
    uint8_t ip_version;                /* 4 or 6; 0: no IP address is known */
    uint16_t port;
};

/* One connection, or one RST of it. */
struct report_connection {
    uint32_t number;     /* in headings and links */
    bool is_tcp_stream;  /* the number is Wireshark's tcp.stream; else one of the caller's, which JSON leaves out */
    const char *filter;  /* display filter that shows the connection and, if one is part of the verdict, the ICMP error */
    struct report_end end[TA_ENDS];
    int64_t first_time;  /* of its first segment, nanoseconds since the Unix epoch */
    int64_t now;         /* the capture's clock, by which it was judged */
    const struct ta_connection *tcp;
    enum ta_kind kind;
    const struct ta_verdict *verdict; /* how it ended, or one on another of its RSTs; NULL: nothing but closing ended it */
    uint32_t overruled;               /* later frame that shows the verdict's RST had no effect; 0 none */
    const char *const *diagnostic;    /* lines of ta_diagnose() on that RST, then NULL; read with a verdict only */
    unsigned limits;                  /* what the capture cannot show: bit n is enum ta_limit n */

    /* For a format with `needs_segments`: its segments by ascending frames; of an ICMP error only frame, time and `from`,
     * the end it does not tell, count. And the states of both ends after one of these frames. */
    const struct ta_segment *segments;
    unsigned segment_count;
    void (*find_states)(const struct report_connection *connection, uint32_t frame, enum ta_state states[TA_ENDS]);
    const void *source; /* the caller's own */
};

/* ---- Reports ---- */

struct report;
struct report_format;

extern const struct report_format report_table;   /* a line a connection that did not end cleanly, and totals */
extern const struct report_format report_servers; /* those by server, each with a histogram over time, and totals */
extern const struct report_format report_json;    /* an object a line for each connection: docs/report.schema.json */
extern const struct report_format report_html;    /* one page, of valid HTML and XML, that needs nothing but itself */

/* Whether report_add() reads segments and states. */
bool report_needs_segments(const struct report_format *format);

/* Begins a report that goes to `out`; the options are copied, the filter's text is not. */
struct report *report_begin(const struct report_format *format, const struct report_options *options, FILE *out);

void report_add(struct report *report, const struct report_connection *connection);

/* Writes what is left and frees the report. `now`: the latest time stamp of the capture. */
void report_end(struct report *report, int64_t now);

/* ---- What reports say of a connection ---- */

/* Whether reports list it: it did not end cleanly, and its harm is great enough. Totals count the others too. */
bool report_lists(const struct report_options *options, const struct report_connection *connection);

enum ta_harm report_harm(const struct report_connection *connection);

/* Who ended it: value of tcpabort.stream.aborted_by. */
const char *report_blamed(const struct report_connection *connection);

/* Texts, kept in `scope`. The first one is what printf() would print. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
const char *report_text(GStringChunk *scope, const char *format, ...);

/* "192.0.2.1:80", "[2001:db8::1]:80"; "?:80" without an IP address. */
const char *report_end_text(GStringChunk *scope, const struct report_end *end);

/* "2026-11-22 22:03:57.123456+00:00", in this machine's time zone (TZ). */
const char *report_time_text(GStringChunk *scope, int64_t nanoseconds);

/* "10053 | EOF/EPIPE": Windows number, then recv and send on Linux; "-" where no application is left. */
const char *report_errors_text(GStringChunk *scope, const struct ta_verdict *verdict, int end);

/* What a comment on the verdict's frame says: all of it as text, on one line. */
const char *report_comment_text(GStringChunk *scope, const struct report_options *options, const struct report_connection *connection);

#endif
