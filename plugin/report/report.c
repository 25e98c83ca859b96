/* Begins reports, counts what they are given, ends them; see report.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "format.h"

bool report_needs_segments(const struct report_format *format)
{
    return format->needs_segments;
}

struct report *report_begin(const struct report_format *format, const struct report_options *options, FILE *out)
{
    struct report *report = g_new0(struct report, 1);

    report->format = format;
    report->options = *options;
    report->out = out;
    report->totals.first_time = INT64_MAX;
    report->scope = g_string_chunk_new(4096);
    report->data = format->start();
    return report;
}

static void count(struct report *report, const struct report_connection *c)
{
    struct report_totals *totals = &report->totals;

    totals->connections++;
    totals->ended += c->verdict != NULL;
    totals->listed += report_lists(&report->options, c);
    totals->kinds[c->kind]++;
    totals->harms[report_harm(c)]++;
    totals->both[c->kind][report_harm(c)]++;
    totals->first_time = MIN(totals->first_time, c->first_time);
}

void report_add(struct report *report, const struct report_connection *c)
{
    count(report, c);
    report->format->add(report, c);
}

void report_end(struct report *report, int64_t now)
{
    report->now = now;
    report->format->finish(report);
    g_string_chunk_free(report->scope);
    g_free(report);
}

enum ta_harm report_harm(const struct report_connection *c)
{
    return c->verdict ? (enum ta_harm)c->verdict->harm : TA_HARM_NONE;
}

bool report_lists(const struct report_options *options, const struct report_connection *c)
{
    return c->verdict && report_harm(c) >= options->only;
}

const char *report_blamed(const struct report_connection *c)
{
    return c->verdict ? ta_stream_blamed(c->tcp, c->verdict) : "nobody";
}

enum ta_certainty report_certainty(const struct report_options *options, const struct ta_verdict *v)
{
    return ta_certainty(v, ta_headline_stack(v, options->stack));
}

enum ta_capture_point report_capture_point(const struct report_options *options, const struct ta_verdict *v)
{
    return options->capture_point == TA_POINT_UNKNOWN ? ta_capture_point(v->evidence.ttl) : options->capture_point;
}
