/* Streams counted by server and over time, for reports.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_SERVERS_H
#define TCPABORT_SERVERS_H

#include "report.h"

enum { SERVER_BINS = 20 };

struct server {
    struct endpoint end;
    const struct stream *stream; /* one of its streams */
    unsigned streams, ended; /* all of them, and those that have a verdict */
    unsigned kinds[TA_KIND_COUNT];
    unsigned bins[SERVER_BINS];
};

/* A histogram's time: whole steps of a length that people count in. */
struct axis {
    int64_t from, step; /* nanoseconds */
    unsigned bins;
};

struct servers {
    GPtrArray *list; /* struct server, the one with most endings first; the caller frees it */
    struct axis axis;
    unsigned most; /* in a bin, at least 1 */
};

/* The report's servers. */
struct servers servers_count(struct report *report);

#endif
