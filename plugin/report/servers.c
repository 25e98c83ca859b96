/* The connections that did not end cleanly, by server, each with its kinds and a histogram over time that shows bursts:
 * tshark -q -z tcpabort,servers[,filter].
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "servers.h"

#include <string.h>

#include "format.h"

enum { BINS = SERVER_BINS, BAR = 40 };

static void free_server(void *data)
{
    struct server *server = (struct server *)data;

    if (server->times)
        g_array_free(server->times, TRUE);
    g_free(server->end);
    g_free(server);
}

struct servers *servers_new(void)
{
    struct servers *servers = g_new0(struct servers, 1);

    servers->list = g_ptr_array_new_with_free_func(free_server);
    servers->by_end = g_tree_new((GCompareFunc)strcmp); /* who makes packets could choose names of one hash */
    servers->first = INT64_MAX;
    servers->last = INT64_MIN;
    return servers;
}

/* Servers without an IP address are not told apart by their ports: each connection has its own. */
static struct server *find_server(struct servers *servers, GStringChunk *scope, const struct report_end *end)
{
    const char *text = report_end_text(scope, end);
    struct server *server = end->ip_version ? (struct server *)g_tree_lookup(servers->by_end, text) : NULL;

    if (server)
        return server;
    server = g_new0(struct server, 1);
    server->end = g_strdup(text);
    if (end->ip_version)
        g_tree_insert(servers->by_end, server->end, server);
    g_ptr_array_add(servers->list, server);
    return server;
}

void servers_add(struct servers *servers, GStringChunk *scope, const struct report_connection *c, bool listed)
{
    struct server *server = find_server(servers, scope, &c->end[TA_SERVER]);

    server->connections++;
    if (!listed)
        return;
    const int64_t time = c->verdict->evidence.time;
    if (!server->times)
        server->times = g_array_new(FALSE, FALSE, sizeof time);
    g_array_append_val(server->times, time);
    server->listed++;
    server->kinds[c->kind]++;
    servers->first = MIN(servers->first, time);
    servers->last = MAX(servers->last, time);
}

static int by_listed(const void *a, const void *b)
{
    const struct server *x = *(const struct server *const *)a, *y = *(const struct server *const *)b;
    if (x->listed != y->listed)
        return x->listed > y->listed ? -1 : 1;
    return x->connections > y->connections ? -1 : x->connections < y->connections;
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

void servers_finish(struct servers *servers)
{
    bool any = servers->first <= servers->last;

    servers->axis = find_axis(any ? servers->first : 0, any ? servers->last : 0);
    servers->most = 1;
    for (unsigned i = 0; i < servers->list->len; i++) {
        struct server *server = (struct server *)g_ptr_array_index(servers->list, i);
        for (unsigned time = 0; time < server->listed; time++) {
            unsigned *bin = &server->bins[find_bin(&servers->axis, g_array_index(server->times, int64_t, time))];
            ++*bin;
            servers->most = MAX(servers->most, *bin);
        }
    }
    g_ptr_array_sort(servers->list, by_listed);
}

void servers_free(struct servers *servers)
{
    g_tree_destroy(servers->by_end);
    g_ptr_array_free(servers->list, TRUE);
    g_free(servers);
}

static void *start(void)
{
    return servers_new();
}

static void add(struct report *report, const struct report_connection *c)
{
    servers_add((struct servers *)report->data, report->scope, c, report_lists(&report->options, c));
    g_string_chunk_clear(report->scope);
}

static void print_server(FILE *out, GStringChunk *scope, const struct servers *servers, unsigned index)
{
    static const char bar[BAR + 1] = "########################################";
    const struct server *server = (const struct server *)g_ptr_array_index(servers->list, index);
    const struct axis *axis = &servers->axis;

    if (server->listed == 0)
        return;
    fprintf(out, "%s  %u of %u stream%s%s\n", server->end, server->listed, server->connections, server->connections == 1 ? "" : "s",
            report_kinds_text(scope, server->kinds));
    for (unsigned bin = 0; bin < axis->bins; bin++) {
        const char *time = report_time_text(scope, axis->from + bin * axis->step);
        unsigned length = (unsigned)(((uint64_t)server->bins[bin] * BAR + servers->most - 1) / servers->most);
        fprintf(out, "  %.19s%s  %6u%s%.*s\n", time, time + strcspn(time, ".") + 7, server->bins[bin], length ? "  " : "",
                (int)length, bar);
    }
}

static void finish(struct report *report)
{
    struct servers *servers = (struct servers *)report->data;

    servers_finish(servers);
    for (unsigned i = 0; i < servers->list->len; i++)
        print_server(report->out, report->scope, servers, i);
    fprintf(report->out, "%s\n", report_totals_text(report->scope, &report->totals));
    servers_free(servers);
}

const struct report_format report_servers = { .start = start, .add = add, .finish = finish };
