/* tshark -q -z tcpabort,streams[,filter]: one line a stream that did not end cleanly, and totals.
 *
 * Printed when all frames were read, so the verdicts are final in one pass. With a filter, the streams with
 * at least one matching frame.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <epan/packet.h>
#include <epan/stat_tap_ui.h>
#include <epan/to_str.h>

#include "compat.h"
#include "tcpabort.h"
#include "text.h"

static const char NAME[] = "tcpabort,streams";

enum column { STREAM, CLIENT, SERVER, KIND_, BY, HARM, CLIENT_SEES, SERVER_SEES, FRAMES, BYTES, SUMMARY, COLUMNS };

static const char *const titles[COLUMNS] = {
    [STREAM] = "Stream", [CLIENT] = "Client", [SERVER] = "Server", [KIND_] = "Kind", [BY] = "By", [HARM] = "Harm",
    [CLIENT_SEES] = "Client sees", [SERVER_SEES] = "Server sees", [FRAMES] = "FIN,data,end", [BYTES] = "Lost+unread",
    [SUMMARY] = "Summary",
};

struct table {
    GHashTable *chosen; /* stream numbers that a filter let through; NULL without a filter */
};

static const char *end_text(wmem_allocator_t *scope, const struct endpoint *end)
{
    address bytes;
    endpoint_address(end, &bytes);
    char *host = address_to_str(scope, &bytes);
    return wmem_strdup_printf(scope, bytes.type == AT_IPv6 ? "[%s]:%u" : "%s:%u", host, end->port);
}

/* "10053 | EOF/EPIPE": Windows number, then recv and send on Linux; "-" where no application is left. */
static const char *errors_text(wmem_allocator_t *scope, const struct ta_verdict *v, int end)
{
    struct ta_answer answer = ta_answer(v, end, TA_LINUX);
    unsigned winsock = ta_winsock(v, end);
    const char *number = winsock ? wmem_strdup_printf(scope, "%u", winsock) : "-";

    if (answer.recv == TA_NO_CALL || answer.recv == TA_NOT_KNOWN)
        return "-";
    return wmem_strdup_printf(scope, "%s | %s/%s", number, ta_result_name(answer.recv), ta_result_name(answer.send));
}

static const char *frame_text(wmem_allocator_t *scope, uint32_t frame)
{
    return frame ? wmem_strdup_printf(scope, "%u", frame) : "-";
}

static const char **make_row(wmem_allocator_t *scope, const struct stream *stream, const struct ta_verdict *v)
{
    const char **row = wmem_alloc_array(scope, const char *, COLUMNS);
    char *summary = (char *)wmem_alloc(scope, 512);

    ta_summary(summary, 512, v, (unsigned)pref_stack);
    row[STREAM] = wmem_strdup_printf(scope, "%u", stream->number);
    row[CLIENT] = end_text(scope, &stream->end[TA_CLIENT]);
    row[SERVER] = end_text(scope, &stream->end[TA_SERVER]);
    row[KIND_] = ta_kind_slug(v->kind);
    row[BY] = ta_blamed(v);
    row[HARM] = ta_harm_slug(v->harm);
    row[CLIENT_SEES] = errors_text(scope, v, TA_CLIENT);
    row[SERVER_SEES] = errors_text(scope, v, TA_SERVER);
    row[FRAMES] = wmem_strdup_printf(scope, "%s,%s,%u", frame_text(scope, v->fin_frame), frame_text(scope, v->data_frame), v->frame);
    row[BYTES] = wmem_strdup_printf(scope, "%u+%u", v->unacked_bytes[TA_CLIENT] + v->unacked_bytes[TA_SERVER],
                                    v->unread_bytes[v->aborter]);
    row[SUMMARY] = summary;
    return row;
}

static void print_rows(const char *const *rows[], unsigned count)
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
            printf("%-*s%s", c == SUMMARY ? 0 : (int)width[c], row[c], c == SUMMARY ? "\n" : "  ");
    }
}

static void print_totals(const unsigned totals[TA_KIND_COUNT])
{
    unsigned all = 0;
    const char *separator = ": ";

    for (int kind = 0; kind < TA_KIND_COUNT; kind++)
        all += totals[kind];
    printf("%u TCP stream%s", all, all == 1 ? "" : "s");
    for (int kind = 0; kind < TA_KIND_COUNT; kind++) {
        if (totals[kind] == 0)
            continue;
        printf("%s%u %s", separator, totals[kind], ta_kind_slug(kind));
        separator = ", ";
    }
    printf("\n");
}

static void draw(void *data)
{
    const struct table *table = (const struct table *)data;
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    GPtrArray *rows = g_ptr_array_new();
    unsigned totals[TA_KIND_COUNT] = { 0 };

    for (uint32_t i = 0; i < store_stream_count(); i++) {
        const struct stream *stream = store_stream(i);
        if (!stream || (table->chosen && !g_hash_table_contains(table->chosen, GUINT_TO_POINTER(i))))
            continue;
        struct ta_verdict silence;
        totals[store_kind(stream)]++;
        if (stream->decisive)
            g_ptr_array_add(rows, make_row(scope, stream, stream->decisive));
        else if (store_silence(stream, 0, &silence))
            g_ptr_array_add(rows, make_row(scope, stream, &silence));
    }
    print_rows((const char *const **)rows->pdata, rows->len);
    print_totals(totals);
    g_ptr_array_free(rows, TRUE);
    wmem_destroy_allocator(scope);
}

static void reset(void *data)
{
    struct table *table = (struct table *)data;
    if (table->chosen)
        g_hash_table_remove_all(table->chosen);
}

static tap_packet_status packet(void *data, packet_info *pinfo _U_, epan_dissect_t *edt _U_, const void *record,
                                tap_flags_t flags _U_)
{
    struct table *table = (struct table *)data;
    if (table->chosen)
        g_hash_table_add(table->chosen, GUINT_TO_POINTER(((const struct stream *)record)->number));
    return TAP_PACKET_DONT_REDRAW;
}

static void finish(void *data)
{
    struct table *table = (struct table *)data;
    if (table->chosen)
        g_hash_table_destroy(table->chosen);
    g_free(table);
}

static void init(const char *argument, void *user_data _U_)
{
    const char *rest = argument + sizeof NAME - 1, *filter = *rest == ',' ? rest + 1 : NULL;
    struct table *table = g_new0(struct table, 1);

    if (*rest != '\0' && !filter) {
        fprintf(stderr, "tshark: -z %s: unknown statistic; did you mean -z %s?\n", argument, NAME);
        exit(1);
    }
    if (filter)
        table->chosen = g_hash_table_new(g_direct_hash, g_direct_equal);
    GString *error = register_tap_listener("tcpabort", table, filter, TL_REQUIRES_NOTHING, reset, packet, draw, finish);
    if (error) {
        fprintf(stderr, "tshark: -z %s: %s\n", NAME, error->str);
        g_string_free(error, TRUE);
        exit(1);
    }
}

void register_tap_listener_tcpabort_streams(void)
{
    static stat_tap_ui ui = { REGISTER_STAT_GROUP_GENERIC, NULL, NAME, init, 0, NULL };
    register_stat_tap_ui(&ui, NULL);
}
