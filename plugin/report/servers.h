/* Connections counted by server and over time.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_SERVERS_H
#define TCPABORT_SERVERS_H

#include "report.h"

enum { SERVER_BINS = 20 };

struct server {
    char *end; /* report_end_text() */
    unsigned connections, listed;
    unsigned kinds[TA_KIND_COUNT]; /* of the listed ones, like what follows */
    GArray *times;                 /* int64_t: when they were decided; NULL when there are none */
    unsigned bins[SERVER_BINS];    /* how many in each step of the axis */
};

/* A histogram's time: whole steps of a length that people count in. */
struct axis {
    int64_t from, step; /* nanoseconds */
    unsigned bins;
};

struct servers {
    GPtrArray *list;    /* struct server */
    GTree *by_end; /* those with an IP address, by `end` */
    int64_t first, last; /* when listed connections were decided; first > last when there are none */
    /* After servers_finish(): */
    struct axis axis;
    unsigned most; /* in a bin, at least 1 */
};

struct servers *servers_new(void);

void servers_add(struct servers *servers, GStringChunk *scope, const struct report_connection *connection, bool listed);

/* Sorts the list, the server with most listed connections first, and fills bins. */
void servers_finish(struct servers *servers);

void servers_free(struct servers *servers);

#endif
