/* A line for each connection that did not end cleanly, and totals: tshark -q -z tcpabort,streams.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "format.h"

enum column {
    FILTER, BEGAN, ENDED, CLIENT, SERVER, KIND_, BY, HARM, CLIENT_SEES, SERVER_SEES, FRAMES, BYTES, SUMMARY, COLUMNS
};

static const char *const titles[COLUMNS] = {
    [FILTER] = "Filter", [BEGAN] = "Began", [ENDED] = "Decided", [CLIENT] = "Client", [SERVER] = "Server",
    [KIND_] = "Kind", [BY] = "By", [HARM] = "Harm", [CLIENT_SEES] = "Client sees", [SERVER_SEES] = "Server sees",
    [FRAMES] = "FIN,data,end", [BYTES] = "Lost+unread", [SUMMARY] = "Summary",
};

enum { ALIGNED = 1000 }; /* so many rows are kept before they are printed */

struct table {
    const char *rows[ALIGNED][COLUMNS];
    unsigned count;
    size_t width[COLUMNS]; /* of what was printed; 0 before the first row */
};

static const char *frame_text(GStringChunk *scope, uint32_t frame)
{
    return frame ? report_text(scope, "%u", frame) : "-";
}

static void fill_row(GStringChunk *scope, const struct report_options *options, const struct report_connection *c, const char *row[COLUMNS])
{
    const struct ta_verdict *v = c->verdict;

    row[FILTER] = g_string_chunk_insert(scope, c->filter);
    row[BEGAN] = report_time_text(scope, c->first_time);
    row[ENDED] = report_time_text(scope, v->evidence.time);
    row[CLIENT] = report_end_text(scope, &c->end[TA_CLIENT]);
    row[SERVER] = report_end_text(scope, &c->end[TA_SERVER]);
    row[KIND_] = ta_kind_slug((enum ta_kind)v->kind);
    row[BY] = report_blamed(c);
    row[HARM] = ta_harm_slug((enum ta_harm)v->harm);
    row[CLIENT_SEES] = report_errors_text(scope, v, TA_CLIENT);
    row[SERVER_SEES] = report_errors_text(scope, v, TA_SERVER);
    row[FRAMES] = report_text(scope, "%s,%s,%u", frame_text(scope, v->evidence.fin_frame), frame_text(scope, v->data_frame), v->evidence.frame);
    row[BYTES] = report_text(scope, "%u+%u", v->evidence.unacked_bytes[TA_CLIENT] + v->evidence.unacked_bytes[TA_SERVER],
                             v->evidence.unread_bytes[v->evidence.aborter]);
    row[SUMMARY] = report_summary_text(scope, options, c);
}

static void print_row(FILE *out, const char *const row[COLUMNS], const size_t width[COLUMNS])
{
    for (int column = 0; column < COLUMNS; column++)
        fprintf(out, "%-*s%s", column == SUMMARY ? 0 : (int)width[column], row[column], column == SUMMARY ? "\n" : "  ");
}

/* The rows so far, under the titles if those do not stand there yet; columns get no narrower. */
static void print_rows(FILE *out, struct table *table)
{
    bool begin = table->width[0] == 0;

    for (int column = 0; column < COLUMNS; column++) {
        table->width[column] = MAX(table->width[column], strlen(titles[column]));
        for (unsigned row = 0; row < table->count; row++)
            table->width[column] = MAX(table->width[column], strlen(table->rows[row][column]));
    }
    if (begin && table->count > 0)
        print_row(out, titles, table->width);
    for (unsigned row = 0; row < table->count; row++)
        print_row(out, table->rows[row], table->width);
    table->count = 0;
}

static void *start(void)
{
    return g_new0(struct table, 1);
}

static void add(struct report *report, const struct report_connection *c)
{
    struct table *table = (struct table *)report->data;

    if (!report_lists(&report->options, c))
        return;
    fill_row(report->scope, &report->options, c, table->rows[table->count++]);
    if (table->count < ALIGNED)
        return;
    print_rows(report->out, table);
    g_string_chunk_clear(report->scope);
}

static void finish(struct report *report)
{
    print_rows(report->out, (struct table *)report->data);
    fprintf(report->out, "%s\n", report_totals_text(report->scope, &report->totals));
    g_free(report->data);
}

const struct report_format report_table = { .start = start, .add = add, .finish = finish };
