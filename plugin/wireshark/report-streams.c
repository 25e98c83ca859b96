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
    row[ENDED] = report_time_text(scope, v->time);
    row[CLIENT] = report_end_text(scope, &found->stream->end[TA_CLIENT]);
    row[SERVER] = report_end_text(scope, &found->stream->end[TA_SERVER]);
    row[KIND_] = ta_kind_slug(v->kind);
    row[BY] = ta_stream_blamed(&found->stream->flow, v);
    row[HARM] = ta_harm_slug(v->harm);
    row[CLIENT_SEES] = report_errors_text(scope, v, TA_CLIENT);
    row[SERVER_SEES] = report_errors_text(scope, v, TA_SERVER);
    row[FRAMES] = wmem_strdup_printf(scope, "%s,%s,%u", frame_text(scope, v->fin_frame), frame_text(scope, v->data_frame), v->frame);
    row[BYTES] = wmem_strdup_printf(scope, "%u+%u", v->unacked_bytes[TA_CLIENT] + v->unacked_bytes[TA_SERVER],
                                    v->unread_bytes[v->aborter]);
    row[SUMMARY] = report_summary_text(scope, found->stream, v);
    return row;
}

static void print_rows(FILE *out, const char *const *rows[], unsigned count)
{
    size_t width[COLUMNS];

    for (int c = 0; c < COLUMNS; c++) {
        width[c] = strlen(titles[c]);
        for (unsigned r = 0; r < count; r++)
            width[c] = MAX(width[c], strlen(rows[r][c]));
    }
    for (unsigned r = 0; count > 0 && r <= count; r++) {
        const char *const *row = r == 0 ? titles : rows[r - 1];
        for (int c = 0; c < COLUMNS; c++)
            fprintf(out, "%-*s%s", c == SUMMARY ? 0 : (int)width[c], row[c], c == SUMMARY ? "\n" : "  ");
    }
}

static void print(FILE *out, struct report *report)
{
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    GPtrArray *rows = g_ptr_array_new();
    struct report_stream found;

    for (uint32_t next = 0; report_next(report, &next, &found);)
        if (report_lists(&found))
            g_ptr_array_add(rows, make_row(scope, &found));
    print_rows(out, (const char *const **)rows->pdata, rows->len);
    fprintf(out, "%s\n", report_totals_text(scope, report));
    g_ptr_array_free(rows, TRUE);
    wmem_destroy_allocator(scope);
}

const struct report_kind report_streams = { .name = "tcpabort,streams", .print = print };
