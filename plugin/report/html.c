/* tshark -q -z tcpabort,html,FILE: one page for a ticket. It needs nothing but itself: no scripts, no fonts, no
 * network. Totals, a table of the streams that did not end cleanly, and a section for each with a ladder diagram.
 *
 * All text goes through markup(), which escapes it. The page is well-formed XML as well.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "markup.h"
#include "html-style.h"
#include "section.h"
#include "servers.h"

enum {
    SECTIONS_MAX = 2000, /* some 5 KB each: a page that browsers and mail still take; other streams are table rows */
    SECTIONS_OPEN = 20,  /* so many are unfolded at first */
    SERVERS_MAX = 20,    /* rows of the servers' table */
};

struct totals {
    unsigned streams, ended, listed;
    unsigned kinds[TA_KIND_COUNT], harms[TA_HARM_COUNT], both[TA_KIND_COUNT][TA_HARM_COUNT];
    int64_t first_time;
};

static struct totals count_streams(struct report *report)
{
    struct totals totals = { .first_time = INT64_MAX };
    struct report_stream found;

    for (uint32_t next = 0; report_next(report, &next, &found);) {
        totals.streams++;
        totals.ended += found.verdict != NULL;
        totals.listed += report_lists(&found);
        totals.kinds[found.kind]++;
        totals.harms[report_harm(&found)]++;
        totals.both[found.kind][report_harm(&found)]++;
        totals.first_time = MIN(totals.first_time, found.stream->first_time);
    }
    return totals;
}

static void put_head(FILE *out, const char *began)
{
    markup(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                "<title>How TCP connections ended: %s</title>\n<style>\n",
           began);
    fputs(style, out);
    markup(out, "</style>\n</head>\n<body>\n");
}

/* What most readers want to know, in one paragraph. */
static void put_lead(FILE *out, const struct totals *totals)
{
    unsigned lost = totals->harms[TA_HARM_LOST], possible = totals->harms[TA_HARM_POSSIBLE], unknown = totals->kinds[TA_KIND_UNKNOWN];

    markup(out, "<p class=\"lead\">");
    if (totals->streams == 0)
        markup(out, "No TCP connection was found.");
    else if (totals->ended == 0)
        markup(out, "None of the TCP connections here (%u) is known to have ended uncleanly.", totals->streams);
    else
        markup(out, "%u of %u TCP connections did not end cleanly.", totals->ended, totals->streams);
    if (lost > 0)
        markup(out, " Data was lost in <b class=\"lost\">%u</b>", lost);
    if (possible > 0)
        markup(out, "%s in <b class=\"possible\">%u</b>", lost > 0 ? ", possibly" : " Data was possibly lost", possible);
    markup(out, lost + possible > 0 ? "." : totals->ended > 0 ? " No data is known to be lost." : "");
    if (unknown > 0)
        markup(out, " How %u ended, the capture does not show.", unknown);
    markup(out, "</p>\n");
}

static void put_capture(FILE *out, wmem_allocator_t *scope, const struct totals *totals)
{
    markup(out, "<dl>\n");
    if (totals->streams > 0)
        markup(out, "<dt>First TCP packet</dt><dd>%s</dd>\n<dt>End of the capture</dt><dd>%s</dd>\n",
               report_time_text(scope, totals->first_time), report_time_text(scope, capture_now()));
    if (*pref_report_filter)
        markup(out, "<dt>Counted</dt><dd>streams with a frame that matches <code><bdi>%s</bdi></code></dd>\n", pref_report_filter);
    if (pref_report_only != TA_HARM_NONE)
        markup(out, "<dt>Listed</dt><dd>only streams where %s</dd>\n",
               pref_report_only == TA_HARM_LOST ? "data was lost" : "data was lost, or possibly lost");
    markup(out, "</dl>\n");
}

static void put_counts(FILE *out, const unsigned harms[TA_HARM_COUNT], unsigned all)
{
    markup(out, "<td class=\"number\">%u</td><td class=\"number\">%u</td><td class=\"number\">%u</td>"
                "<td class=\"number\">%u</td></tr>\n",
           all, harms[TA_HARM_LOST], harms[TA_HARM_POSSIBLE], harms[TA_HARM_NONE]);
}

static void put_totals(FILE *out, const struct totals *totals)
{
    markup(out, "<h2>Totals</h2>\n<div class=\"scroll\"><table id=\"totals\">\n<thead><tr><th scope=\"col\">Kind</th>"
                "<th scope=\"col\">How it ended</th><th scope=\"col\" class=\"number\">Streams</th>"
                "<th scope=\"col\" class=\"number\">Data lost</th><th scope=\"col\" class=\"number\">Possibly lost</th>"
                "<th scope=\"col\" class=\"number\">None lost</th></tr></thead>\n<tbody>\n");
    for (int kind = 0; kind < TA_KIND_COUNT; kind++) {
        if (totals->kinds[kind] == 0)
            continue;
        markup(out, "<tr><th scope=\"row\"><code>%s</code></th><td>%s</td>", ta_kind_slug((enum ta_kind)kind), ta_kind_title((enum ta_kind)kind));
        put_counts(out, totals->both[kind], totals->kinds[kind]);
    }
    markup(out, "</tbody>\n<tfoot><tr><th scope=\"row\">all</th><td></td>");
    put_counts(out, totals->harms, totals->streams);
    markup(out, "</tfoot>\n</table></div>\n");
}

/* When the server's streams ended, as bars with the highest one of all servers as their measure. */
static void put_bars(FILE *out, const struct server *server, const struct axis *axis, unsigned most)
{
    enum { BAR = 5, HEIGHT = 20 };

    markup(out, "<svg class=\"bars\" role=\"img\" viewBox=\"0 0 100 20\"><title>Streams: ");
    for (unsigned bin = 0; bin < axis->bins; bin++)
        markup(out, "%s%u", bin ? ", " : "", server->bins[bin]);
    markup(out, "</title><path d=\"M0 19.5h%uv.5h-%uz", axis->bins * BAR, axis->bins * BAR);
    for (unsigned bin = 0; bin < axis->bins; bin++) {
        unsigned height = (server->bins[bin] * HEIGHT + most - 1) / most;
        if (height > 0)
            markup(out, "M%u 20v-%uh%uv%uz", bin * BAR, height, BAR - 1, height);
    }
    markup(out, "\"/></svg>");
}

static void put_server(FILE *out, wmem_allocator_t *scope, const struct server *server)
{
    const char *separator = "";

    markup(out, "<tr><th scope=\"row\" class=\"end\"><bdi>%s</bdi></th><td class=\"number\">%u of %u</td><td>",
           report_end_text(scope, server->stream, TA_SERVER), server->ended, server->streams);
    for (int kind = 0; kind < TA_KIND_COUNT; kind++) {
        if (server->kinds[kind] == 0)
            continue;
        markup(out, "%s%u <code>%s</code>", separator, server->kinds[kind], ta_kind_slug((enum ta_kind)kind));
        separator = ", ";
    }
    markup(out, "</td><td>");
}

/* "10 s", "2 min", "6 h", "7 d" */
static const char *step_text(wmem_allocator_t *scope, int64_t nanoseconds)
{
    unsigned seconds = (unsigned)(nanoseconds / (1000 * TA_MILLISECOND));

    if (seconds < 60)
        return wmem_strdup_printf(scope, "%u s", seconds);
    if (seconds < 3600)
        return wmem_strdup_printf(scope, "%u min", seconds / 60);
    return seconds < 86400 ? wmem_strdup_printf(scope, "%u h", seconds / 3600) : wmem_strdup_printf(scope, "%u d", seconds / 86400);
}

static void put_servers(FILE *out, wmem_allocator_t *scope, struct report *report)
{
    struct servers servers = servers_count(report);
    unsigned rows = 0;

    markup(out, "<h2>Servers</h2>\n<div class=\"scroll\"><table id=\"servers\">\n<thead><tr><th scope=\"col\">Server</th>"
                "<th scope=\"col\" class=\"number\">Listed below</th><th scope=\"col\">Kinds</th>"
                "<th scope=\"col\">When: a bar for %s, from %s</th></tr></thead>\n<tbody>\n",
           step_text(scope, servers.axis.step), report_time_text(scope, servers.axis.from));
    for (unsigned i = 0; i < servers.list->len; i++) {
        const struct server *server = (const struct server *)servers.list->pdata[i];
        if (server->ended == 0 || rows++ >= SERVERS_MAX)
            continue;
        put_server(out, scope, server);
        put_bars(out, server, &servers.axis, servers.most);
        markup(out, "</td></tr>\n");
    }
    markup(out, "</tbody>\n</table></div>\n");
    if (rows > SERVERS_MAX)
        markup(out, "<p class=\"small\">%u more: <code>-z tcpabort,servers</code> shows them all.</p>\n", rows - SERVERS_MAX);
    g_ptr_array_free(servers.list, TRUE);
}

static void put_row(FILE *out, wmem_allocator_t *scope, const struct report_stream *found, bool linked)
{
    const struct ta_verdict *v = found->verdict;
    unsigned number = found->stream->number;

    if (linked)
        markup(out, "<tr><th scope=\"row\"><a href=\"#stream-%u\">%u</a></th>", number, number);
    else
        markup(out, "<tr><th scope=\"row\">%u</th>", number);
    markup(out, "<td>%s</td>", report_time_text(scope, v->evidence.time));
    for (int end = 0; end < TA_ENDS; end++)
        markup(out, "<td class=\"end\"><bdi>%s</bdi><br/><small>%s</small></td>", report_end_text(scope, found->stream, end),
               report_errors_text(scope, v, end));
    markup(out, "<td><code>%s</code></td><td>%s</td><td class=\"%s\">%s</td></tr>\n", ta_kind_slug(found->kind), report_blamed(found),
           ta_harm_slug(report_harm(found)), ta_harm_slug(report_harm(found)));
}

static void put_list(FILE *out, wmem_allocator_t *scope, struct report *report, const struct totals *totals)
{
    static const char *const titles[] = { "Stream", "Decided", "Client", "Server", "Kind", "Aborted by", "Harm" };
    struct report_stream found;
    unsigned rows = 0;

    if (totals->listed > SECTIONS_MAX)
        markup(out, "<p>Only the first %u of these %u have a section below: a report about fewer streams "
                    "(<code>tcpabort.report_filter</code>, <code>tcpabort.report_only</code>) shows the others.</p>\n",
               (unsigned)SECTIONS_MAX, totals->listed);
    markup(out, "<div class=\"scroll\"><table id=\"streams\">\n<caption>Below the addresses: error number on Windows | recv/send "
                "on Linux.</caption>\n<thead><tr>");
    for (unsigned i = 0; i < G_N_ELEMENTS(titles); i++)
        markup(out, "<th scope=\"col\">%s</th>", titles[i]);
    markup(out, "</tr></thead>\n<tbody>\n");
    for (uint32_t next = 0; report_next(report, &next, &found); wmem_free_all(scope))
        if (report_lists(&found))
            put_row(out, scope, &found, rows++ < SECTIONS_MAX);
    markup(out, "</tbody>\n</table></div>\n");
}

static void put_sections(FILE *out, wmem_allocator_t *scope, struct report *report)
{
    struct report_stream found;
    unsigned sections = 0;

    for (uint32_t next = 0; sections < SECTIONS_MAX && report_next(report, &next, &found); wmem_free_all(scope))
        if (report_lists(&found))
            section_put(out, scope, &found, sections++ < SECTIONS_OPEN);
}

static void put_help(FILE *out)
{
    markup(out, "<h2>How to read this page</h2>\n<ul class=\"small\">\n"
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

static void print(FILE *out, struct report *report)
{
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct totals totals = count_streams(report);

    put_head(out, totals.streams ? report_time_text(scope, totals.first_time) : "no TCP");
    markup(out, "<header>\n<h1>How the TCP connections ended</h1>\n");
    put_lead(out, &totals);
    put_capture(out, scope, &totals);
    markup(out, "</header>\n<main>\n");
    if (totals.streams > 0)
        put_totals(out, &totals);
    if (totals.listed > 1)
        put_servers(out, scope, report);
    if (totals.listed > 0)
        markup(out, "<h2>Streams that did not end cleanly</h2>\n");
    if (totals.listed > 1)
        put_list(out, scope, report, &totals);
    put_sections(out, scope, report);
    markup(out, "</main>\n<footer>\n");
    if (totals.listed > 0)
        put_help(out);
    markup(out, "<p class=\"small\">Made by tcpabort %s.</p>\n</footer>\n</body>\n</html>\n", TCPABORT_VERSION);
    wmem_destroy_allocator(scope);
}

const struct report_kind report_html = { .name = "tcpabort,html", .to_file = true, .keeps_segments = true, .print = print };
