/* tshark -q -z tcpabort,streams[,filter]: one line a stream that did not end cleanly, and totals.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "report.h"

enum column {
    FILTER, BEGAN, ENDED, CLIENT, SERVER, KIND_, BY, HARM, CLIENT_SEES, SERVER_SEES, FRAMES, BYTES, SUMMARY, COLUMNS
};

static const char *const titles[COLUMNS] = {
    [FILTER] = "Filter", [BEGAN] = "Began", [ENDED] = "Decided", [CLIENT] = "Client", [SERVER] = "Server",
    [KIND_] = "Kind", [BY] = "By", [HARM] = "Harm", [CLIENT_SEES] = "Client sees", [SERVER_SEES] = "Server sees",
    [FRAMES] = "FIN,data,end", [BYTES] = "Lost+unread", [SUMMARY] = "Summary",
};

static const char *frame_text(wmem_allocator_t *scope, uint32_t frame)
{
    return frame ? wmem_strdup_printf(scope, "%u", frame) : "-";
}

static const char **make_row(wmem_allocator_t *scope, const struct report_stream *found)
{
    const char **row = wmem_alloc_array(scope, const char *, COLUMNS);
    const struct ta_verdict *v = found->verdict;

    row[FILTER] = report_filter_text(scope, found);
    row[BEGAN] = report_time_text(scope, found->stream->first_time);
    row[ENDED] = report_time_text(scope, v->evidence.time);
    row[CLIENT] = report_end_text(scope, found->stream, TA_CLIENT);
    row[SERVER] = report_end_text(scope, found->stream, TA_SERVER);
    row[KIND_] = ta_kind_slug(v->kind);
    row[BY] = report_blamed(found);
    row[HARM] = ta_harm_slug(v->harm);
    row[CLIENT_SEES] = report_errors_text(scope, v, TA_CLIENT);
    row[SERVER_SEES] = report_errors_text(scope, v, TA_SERVER);
    row[FRAMES] = wmem_strdup_printf(scope, "%s,%s,%u", frame_text(scope, v->evidence.fin_frame), frame_text(scope, v->data_frame), v->evidence.frame);
    row[BYTES] = wmem_strdup_printf(scope, "%u+%u", v->evidence.unacked_bytes[TA_CLIENT] + v->evidence.unacked_bytes[TA_SERVER],
                                    v->evidence.unread_bytes[v->evidence.aborter]);
    row[SUMMARY] = report_summary_text(scope, found->stream, &found->record);
    return row;
}

/* The rows so far, under the titles if those do not stand there yet; columns get no narrower. */
static void print_rows(FILE *out, const GPtrArray *rows, size_t width[COLUMNS])
{
    bool begin = width[0] == 0;

    for (int c = 0; c < COLUMNS; c++) {
        width[c] = MAX(width[c], strlen(titles[c]));
        for (unsigned r = 0; r < rows->len; r++)
            width[c] = MAX(width[c], strlen(((const char **)rows->pdata[r])[c]));
    }
    for (unsigned r = begin ? 0 : 1; rows->len > 0 && r <= rows->len; r++) {
        const char *const *row = r == 0 ? titles : (const char *const *)rows->pdata[r - 1];
        for (int c = 0; c < COLUMNS; c++)
            fprintf(out, "%-*s%s", c == SUMMARY ? 0 : (int)width[c], row[c], c == SUMMARY ? "\n" : "  ");
    }
}

static void print(FILE *out, struct report *report)
{
    enum { ALIGNED = 1000 }; /* so many rows are kept before they are printed */
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    GPtrArray *rows = g_ptr_array_new();
    size_t width[COLUMNS] = { 0 };
    struct report_stream found;

    for (uint32_t next = 0; report_next(report, &next, &found);) {
        if (report_lists(&found))
            g_ptr_array_add(rows, make_row(scope, &found));
        if (rows->len < ALIGNED)
            continue;
        print_rows(out, rows, width);
        g_ptr_array_set_size(rows, 0);
        wmem_free_all(scope);
    }
    print_rows(out, rows, width);
    fprintf(out, "%s\n", report_totals_text(scope, &report->totals));
    g_ptr_array_free(rows, TRUE);
    wmem_destroy_allocator(scope);
}

const struct report_kind report_streams = { .name = "tcpabort,streams", .print = print };
