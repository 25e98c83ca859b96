/* Wireshark's side of the reports in plugin/report: streams as those show them, and the -z statistics that make them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_REPORTS_H
#define TCPABORT_REPORTS_H

#include <epan/packet_info.h>

#include "file.h"
#include "keep/pages.h"
#include "keep/streams.h"
#include "report.h"

/* The stream as reports show it, as far as frames were read. It stays until the next stream is asked for. */
const struct report_connection *reports_connection(const struct stream *stream);

/* The same, but with the verdict on its RST in this frame; NULL when there is none. */
const struct report_connection *reports_reset(const struct stream *stream, uint32_t frame);

/* What preferences say. */
struct report_options reports_options(void);

/* Says why the statistic `name` will have no streams where the user has disabled this plugin's protocol or TCP. tshark ends then;
 * the window and sharkd go on, for the user may enable it again. */
void reports_check_enabled(const char *name);

/* Registers the -z statistics. */
void register_tap_listener_tcpabort_reports(void);

struct statistic;

/* One -z NAME of tshark that prints at the end of a capture. All frames were read by then, so verdicts are final in one
 * pass. */
struct statistic_kind {
    const char *name;
    bool to_file;                       /* what follows the name is a file, else nothing or a display filter */
    const struct report_format *format; /* of the report it prints; NULL for what is no report */
    /* A frame of a stream, on whichever visit taps are run; may be NULL. Such a statistic takes no filter. */
    void (*packet)(struct statistic *statistic, packet_info *pinfo, const struct stream *stream);
    void (*print)(FILE *out, struct statistic *statistic);
};

struct statistic {
    const struct statistic_kind *kind;
    struct report_file file; /* path NULL: standard output */
    unsigned capture;    /* capture_number() that the rest is about */
    struct pages chosen; /* bool by stream: it has a frame that neither the statistic's filter nor a read filter dropped */
    void *data;          /* of the kind's own; NULL at first and for each new file, freed by g_free() */
};

/* The statistic's streams by number: starts at *next, which begins as 0; NULL after the last. */
const struct stream *statistic_next(const struct statistic *statistic, uint32_t *next);

/* tcpabort,comments: what tools/tcpabort annotate writes into a copy of the capture. */
extern const struct statistic_kind statistic_comments;

#endif
