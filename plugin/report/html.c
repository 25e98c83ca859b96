/* One page for a ticket: tshark -q -z tcpabort,html,FILE. It needs nothing but itself: no scripts, no fonts, no
 * network. Totals, a table of the connections that did not end cleanly, and a section for each with a ladder diagram.
 *
 * All text goes through markup(), which escapes it. The page is well-formed XML as well.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "html-style.h"
#include "markup.h"
#include "section.h"
#include "servers.h"

enum {
    SECTIONS_MAX = 2000, /* some 5 KB each: a page that browsers and mail still take; other connections are table rows */
    SECTIONS_OPEN = 20,  /* so many are unfolded at first */
    SERVERS_MAX = 20,    /* rows of the servers' table */
};

/* What stands below the totals, while those are not known yet. */
struct parts {
    struct servers *servers;
    GString *rows, *sections;
};

static void put_head(GString *page, const char *began)
{
    markup(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                 "<title>How TCP connections ended: %s</title>\n<style>\n",
           began);
    g_string_append(page, style);
    markup(page, "</style>\n</head>\n<body>\n");
}

/* What most readers want to know, in one paragraph. */
static void put_lead(GString *page, const struct report_totals *totals)
{
    unsigned lost = totals->harms[TA_HARM_LOST], possible = totals->harms[TA_HARM_POSSIBLE], unknown = totals->kinds[TA_KIND_UNKNOWN];

    markup(page, "<p class=\"lead\">");
    if (totals->connections == 0)
        markup(page, "No TCP connection was found.");
    else if (totals->ended == 0)
        markup(page, "None of the TCP connections here (%u) is known to have ended uncleanly.", totals->connections);
    else
        markup(page, "%u of %u TCP connections did not end cleanly.", totals->ended, totals->connections);
    if (lost > 0)
        markup(page, " Data was lost in <b class=\"lost\">%u</b>", lost);
    if (possible > 0)
        markup(page, "%s in <b class=\"possible\">%u</b>", lost > 0 ? ", possibly" : " Data was possibly lost", possible);
    markup(page, lost + possible > 0 ? "." : totals->ended > 0 ? " No data is known to be lost." : "");
    if (unknown > 0)
        markup(page, " How %u ended, the capture does not show.", unknown);
    markup(page, "</p>\n");
}

static void put_capture(GString *page, const struct report *report)
{
    const struct report_totals *totals = &report->totals;
    const struct report_options *options = &report->options;

    markup(page, "<dl>\n");
    if (totals->connections > 0)
        markup(page, "<dt>First TCP packet</dt><dd>%s</dd>\n<dt>End of the capture</dt><dd>%s</dd>\n",
               report_time_text(report->scope, totals->first_time), report_time_text(report->scope, report->now));
    if (*options->filter)
        markup(page, "<dt>Counted</dt><dd>streams with a frame that matches <code><bdi>%s</bdi></code></dd>\n", options->filter);
    if (options->only != TA_HARM_NONE)
        markup(page, "<dt>Listed</dt><dd>only streams where %s</dd>\n",
               options->only == TA_HARM_LOST ? "data was lost" : "data was lost, or possibly lost");
    markup(page, "</dl>\n");
}

static void put_counts(GString *page, const unsigned harms[TA_HARM_COUNT], unsigned all)
{
    markup(page, "<td class=\"number\">%u</td><td class=\"number\">%u</td><td class=\"number\">%u</td>"
                 "<td class=\"number\">%u</td></tr>\n",
           all, harms[TA_HARM_LOST], harms[TA_HARM_POSSIBLE], harms[TA_HARM_NONE]);
}

static void put_totals(GString *page, const struct report_totals *totals)
{
    markup(page, "<h2>Totals</h2>\n<div class=\"scroll\"><table id=\"totals\">\n<thead><tr><th scope=\"col\">Kind</th>"
                 "<th scope=\"col\">How it ended</th><th scope=\"col\" class=\"number\">Streams</th>"
                 "<th scope=\"col\" class=\"number\">Data lost</th><th scope=\"col\" class=\"number\">Possibly lost</th>"
                 "<th scope=\"col\" class=\"number\">None lost</th></tr></thead>\n<tbody>\n");
    for (int kind = 0; kind < TA_KIND_COUNT; kind++) {
        if (totals->kinds[kind] == 0)
            continue;
        markup(page, "<tr><th scope=\"row\"><code>%s</code></th><td>%s</td>", ta_kind_slug((enum ta_kind)kind), ta_kind_title((enum ta_kind)kind));
        put_counts(page, totals->both[kind], totals->kinds[kind]);
    }
    markup(page, "</tbody>\n<tfoot><tr><th scope=\"row\">all</th><td></td>");
    put_counts(page, totals->harms, totals->connections);
    markup(page, "</tfoot>\n</table></div>\n");
}

/* When the server's streams ended, as bars with the highest one of all servers as their measure. */
static void put_bars(GString *page, const struct server *server, const struct axis *axis, unsigned most)
{
    enum { BAR = 5, HEIGHT = 20 };

    markup(page, "<svg class=\"bars\" role=\"img\" viewBox=\"0 0 100 20\"><title>Streams: ");
    for (unsigned bin = 0; bin < axis->bins; bin++)
        markup(page, "%s%u", bin ? ", " : "", server->bins[bin]);
    markup(page, "</title><path d=\"M0 19.5h%uv.5h-%uz", axis->bins * BAR, axis->bins * BAR);
    for (unsigned bin = 0; bin < axis->bins; bin++) {
        unsigned height = (server->bins[bin] * HEIGHT + most - 1) / most;
        if (height > 0)
            markup(page, "M%u 20v-%uh%uv%uz", bin * BAR, height, BAR - 1, height);
    }
    markup(page, "\"/></svg>");
}

static void put_server(GString *page, const struct server *server)
{
    const char *separator = "";

    markup(page, "<tr><th scope=\"row\" class=\"end\"><bdi>%s</bdi></th><td class=\"number\">%u of %u</td><td>",
           server->end, server->listed, server->connections);
    for (int kind = 0; kind < TA_KIND_COUNT; kind++) {
        if (server->kinds[kind] == 0)
            continue;
        markup(page, "%s%u <code>%s</code>", separator, server->kinds[kind], ta_kind_slug((enum ta_kind)kind));
        separator = ", ";
    }
    markup(page, "</td><td>");
}

/* "10 s", "2 min", "6 h", "7 d" */
static const char *step_text(GStringChunk *scope, int64_t nanoseconds)
{
    unsigned seconds = (unsigned)(nanoseconds / (1000 * TA_MILLISECOND));

    if (seconds < 60)
        return report_text(scope, "%u s", seconds);
    if (seconds < 3600)
        return report_text(scope, "%u min", seconds / 60);
    return seconds < 86400 ? report_text(scope, "%u h", seconds / 3600) : report_text(scope, "%u d", seconds / 86400);
}

static void put_servers(GString *page, GStringChunk *scope, struct servers *servers)
{
    unsigned rows = 0;

    servers_finish(servers);
    markup(page, "<h2>Servers</h2>\n<div class=\"scroll\"><table id=\"servers\">\n<thead><tr><th scope=\"col\">Server</th>"
                 "<th scope=\"col\" class=\"number\">Listed below</th><th scope=\"col\">Kinds</th>"
                 "<th scope=\"col\">When: a bar for %s, from %s</th></tr></thead>\n<tbody>\n",
           step_text(scope, servers->axis.step), report_time_text(scope, servers->axis.from));
    for (unsigned i = 0; i < servers->list->len; i++) {
        const struct server *server = (const struct server *)servers->list->pdata[i];
        if (server->listed == 0 || rows++ >= SERVERS_MAX)
            continue;
        put_server(page, server);
        put_bars(page, server, &servers->axis, servers->most);
        markup(page, "</td></tr>\n");
    }
    markup(page, "</tbody>\n</table></div>\n");
    if (rows > SERVERS_MAX)
        markup(page, "<p class=\"small\">%u more: <code>-z tcpabort,servers</code> shows them all.</p>\n", rows - SERVERS_MAX);
}

static void put_row(GString *page, GStringChunk *scope, const struct report_connection *c, bool linked)
{
    const struct ta_verdict *v = c->verdict;

    if (linked)
        markup(page, "<tr><th scope=\"row\"><a href=\"#stream-%u\">%u</a></th>", c->number, c->number);
    else
        markup(page, "<tr><th scope=\"row\">%u</th>", c->number);
    markup(page, "<td>%s</td>", report_time_text(scope, v->evidence.time));
    for (int end = 0; end < TA_ENDS; end++)
        markup(page, "<td class=\"end\"><bdi>%s</bdi><br/><small>%s</small></td>", report_end_text(scope, &c->end[end]),
               report_errors_text(scope, v, end));
    markup(page, "<td><code>%s</code></td><td>%s</td><td class=\"%s\">%s</td></tr>\n", ta_kind_slug(c->kind), report_blamed(c),
           ta_harm_slug(report_harm(c)), ta_harm_slug(report_harm(c)));
}

static void put_list(GString *page, const struct report_totals *totals, const GString *rows)
{
    static const char *const titles[] = { "Stream", "Decided", "Client", "Server", "Kind", "Aborted by", "Harm" };

    if (totals->listed > SECTIONS_MAX)
        markup(page, "<p>Only the first %u of these %u have a section below: a report about fewer streams "
                     "(<code>tcpabort.report_filter</code>, <code>tcpabort.report_only</code>) shows the others.</p>\n",
               (unsigned)SECTIONS_MAX, totals->listed);
    markup(page, "<div class=\"scroll\"><table id=\"streams\">\n<caption>Below the addresses: error number on Windows | recv/send "
                 "on Linux.</caption>\n<thead><tr>");
    for (unsigned i = 0; i < G_N_ELEMENTS(titles); i++)
        markup(page, "<th scope=\"col\">%s</th>", titles[i]);
    markup(page, "</tr></thead>\n<tbody>\n");
    g_string_append_len(page, rows->str, (gssize)rows->len);
    markup(page, "</tbody>\n</table></div>\n");
}

static void put_help(GString *page)
{
    markup(page, "<h2>How to read this page</h2>\n<ul class=\"small\">\n"
                 "<li>A diagram shows each end's first SYN and FIN and the frames that made the verdict, with the time in seconds "
                 "since the stream's first frame. Beside the lines stand both ends' TCP states after the frame, as netstat would "
                 "have shown them; new ones are bold. The frame that decides is red. A dashed arrow with a question mark: no answer "
                 "was captured.</li>\n"
                 "<li>recv and send are what that call returns if it is the first one after the event, with received data already "
                 "read. An application whose socket is closed gets nothing any more; where the socket is unknown, the results hold "
                 "if it is still open.</li>\n"
                 "<li>Harm: lost, payload was never ACKed; possible, payload was ACKed but perhaps not read, or Windows drops what it "
                 "had received; none.</li>\n"
                 "<li>A capture shows packets at one place. Certainty is high, medium or low: the weakest of evidence, inference and "
                 "what the capture misses.</li>\n</ul>\n");
}

static void *start(void)
{
    struct parts *parts = g_new(struct parts, 1);

    *parts = (struct parts){ servers_new(), g_string_new(NULL), g_string_new(NULL) };
    return parts;
}

static void add(struct report *report, const struct report_connection *c)
{
    struct parts *parts = (struct parts *)report->data;
    bool listed = report_lists(&report->options, c);
    unsigned count = report->totals.listed; /* with this one */

    servers_add(parts->servers, report->scope, c, listed);
    if (listed)
        put_row(parts->rows, report->scope, c, count <= SECTIONS_MAX);
    if (listed && count <= SECTIONS_MAX)
        section_put(parts->sections, report, c, count <= SECTIONS_OPEN);
    g_string_chunk_clear(report->scope);
}

/* All that stands above the sections. */
static void put_overview(GString *page, const struct report *report)
{
    const struct report_totals *totals = &report->totals;
    const struct parts *parts = (const struct parts *)report->data;

    put_head(page, totals->connections ? report_time_text(report->scope, totals->first_time) : "no TCP");
    markup(page, "<header>\n<h1>How the TCP connections ended</h1>\n");
    put_lead(page, totals);
    put_capture(page, report);
    markup(page, "</header>\n<main>\n");
    if (totals->connections > 0)
        put_totals(page, totals);
    if (totals->listed > 1)
        put_servers(page, report->scope, parts->servers);
    if (totals->listed > 0)
        markup(page, "<h2>Streams that did not end cleanly</h2>\n");
    if (totals->listed > 1)
        put_list(page, totals, parts->rows);
}

static void put_foot(GString *page, const struct report_totals *totals)
{
    markup(page, "</main>\n<footer>\n");
    if (totals->listed > 0)
        put_help(page);
    markup(page, "<p class=\"small\">Made by tcpabort %s.</p>\n</footer>\n</body>\n</html>\n", TCPABORT_VERSION);
}

static void finish(struct report *report)
{
    struct parts *parts = (struct parts *)report->data;
    GString *page = g_string_new(NULL);

    put_overview(page, report);
    fwrite(page->str, 1, page->len, report->out);
    fwrite(parts->sections->str, 1, parts->sections->len, report->out);
    g_string_truncate(page, 0);
    put_foot(page, &report->totals);
    fwrite(page->str, 1, page->len, report->out);
    g_string_free(page, TRUE);
    g_string_free(parts->rows, TRUE);
    g_string_free(parts->sections, TRUE);
    servers_free(parts->servers);
    g_free(parts);
}

const struct report_format report_html = { .needs_segments = true, .start = start, .add = add, .finish = finish };
