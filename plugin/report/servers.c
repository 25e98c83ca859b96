/* tshark -q -z tcpabort,servers[,filter]: the streams that did not end cleanly, by server, each with its kinds and
 * a histogram over time that shows bursts.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "servers.h"

enum { BINS = SERVER_BINS, BAR = 40 };

static guint hash_end(gconstpointer key)
{
    return endpoint_hash((const struct endpoint *)key);
}

static gboolean same_end(gconstpointer a, gconstpointer b)
{
    return endpoint_same((const struct endpoint *)a, (const struct endpoint *)b);
}

static int by_ended(const void *a, const void *b)
{
    const struct server *x = *(const struct server *const *)a, *y = *(const struct server *const *)b;
    if (x->ended != y->ended)
        return x->ended > y->ended ? -1 : 1;
    return x->streams > y->streams ? -1 : x->streams < y->streams;
}

/* The shortest step that covers first to last in BINS; bins begin at whole multiples of it (UTC). The
 * longest covers all that a time stamp can say. */
static struct axis find_axis(int64_t first, int64_t last)
{
    static const int64_t steps[] = { /* seconds */
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 604800, 2592000, 31536000, 157680000, 504576000,
    };
    struct axis axis = { 0, 0, 0 };

    for (unsigned i = 0; i < G_N_ELEMENTS(steps); i++) {
        axis.step = steps[i] * 1000 * TA_MILLISECOND;
        axis.from = first - (first % axis.step + axis.step) % axis.step;
        if ((last - axis.from) / axis.step < BINS)
            break;
    }
    axis.bins = (unsigned)MIN((last - axis.from) / axis.step + 1, BINS);
    return axis;
}

static unsigned find_bin(const struct axis *axis, int64_t time)
{
    return (unsigned)MIN((time - axis->from) / axis->step, axis->bins - 1);
}

static void find_span(struct report *report, int64_t *first, int64_t *last)
{
    struct report_stream found;
    bool any = false;

    for (uint32_t next = 0; report_next(report, &next, &found);) {
        if (!report_lists(&found))
            continue;
        *first = any ? MIN(*first, found.verdict->evidence.time) : found.verdict->evidence.time;
        *last = any ? MAX(*last, found.verdict->evidence.time) : found.verdict->evidence.time;
        any = true;
    }
}

static void count(struct server *server, const struct report_stream *found, const struct axis *axis)
{
    server->streams++;
    if (!report_lists(found))
        return;
    server->ended++;
    server->kinds[found->kind]++;
    server->bins[find_bin(axis, found->verdict->evidence.time)]++;
}

static GPtrArray *count_servers(struct report *report, const struct axis *axis)
{
    GHashTable *by_end = g_hash_table_new(hash_end, same_end);
    GPtrArray *servers = g_ptr_array_new_with_free_func(g_free);
    struct report_stream found;

    for (uint32_t next = 0; report_next(report, &next, &found);) {
        const struct endpoint end = stream_endpoint(found.stream, TA_SERVER);
        bool known = end.address_len != 0; /* else it is the same as none */
        struct server *server = known ? (struct server *)g_hash_table_lookup(by_end, &end) : NULL;
        if (!server) {
            server = g_new0(struct server, 1);
            server->end = end;
            server->stream = found.stream;
            if (known)
                g_hash_table_insert(by_end, &server->end, server);
            g_ptr_array_add(servers, server);
        }
        count(server, &found, axis);
    }
    g_ptr_array_sort(servers, by_ended);
    g_hash_table_destroy(by_end);
    return servers;
}

struct servers servers_count(struct report *report)
{
    struct servers servers = { .most = 1 };
    int64_t first = 0, last = 0;

    find_span(report, &first, &last);
    servers.axis = find_axis(first, last);
    servers.list = count_servers(report, &servers.axis);
    for (unsigned i = 0; i < servers.list->len; i++)
        for (unsigned bin = 0; bin < servers.axis.bins; bin++)
            servers.most = MAX(servers.most, ((const struct server *)servers.list->pdata[i])->bins[bin]);
    return servers;
}

static void print_server(FILE *out, wmem_allocator_t *scope, const struct server *server, const struct axis *axis, unsigned most)
{
    static const char bar[BAR + 1] = "########################################";
    const char *separator = ": ";

    fprintf(out, "%s  %u of %u stream%s", report_end_text(scope, server->stream, TA_SERVER), server->ended, server->streams,
            server->streams == 1 ? "" : "s");
    for (int kind = 0; kind < TA_KIND_COUNT; kind++) {
        if (server->kinds[kind] == 0)
            continue;
        fprintf(out, "%s%u %s", separator, server->kinds[kind], ta_kind_slug((enum ta_kind)kind));
        separator = ", ";
    }
    fprintf(out, "\n");
    for (unsigned bin = 0; bin < axis->bins; bin++) {
        const char *time = report_time_text(scope, axis->from + bin * axis->step);
        unsigned length = (unsigned)(((uint64_t)server->bins[bin] * BAR + most - 1) / most);
        fprintf(out, "  %.19s%s  %6u%s%.*s\n", time, time + strcspn(time, ".") + 7, server->bins[bin], length ? "  " : "",
                (int)length, bar);
    }
}

static void print(FILE *out, struct report *report)
{
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct servers servers = servers_count(report);

    for (unsigned i = 0; i < servers.list->len; i++)
        if (((const struct server *)servers.list->pdata[i])->ended > 0)
            print_server(out, scope, (const struct server *)servers.list->pdata[i], &servers.axis, servers.most);
    fprintf(out, "%s\n", report_totals_text(scope, &report->totals));
    g_ptr_array_free(servers.list, TRUE);
    wmem_destroy_allocator(scope);
}

const struct report_kind report_servers = { .name = "tcpabort,servers", .print = print };
