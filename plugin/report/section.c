/* One connection's section of the HTML report; see section.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "section.h"

#include "ladder.h"
#include "markup.h"

static const char *const end_titles[TA_ENDS] = { [TA_CLIENT] = "Client", [TA_SERVER] = "Server" };

static void put_fact(GString *page, const char *name, const char *value)
{
    markup(page, "<dt>%s</dt><dd><bdi>%s</bdi></dd>\n", name, value);
}

/* What this capture cannot show of the connection. */
static void put_limits(GString *page, unsigned limits)
{
    static const char *const meanings[TA_LIMIT_COUNT] = {
#define LIMIT(id, slug, meaning) [id] = meaning,
        TA_LIMITS(LIMIT)
#undef LIMIT
    };

    if (limits == 0)
        return;
    markup(page, "<dt>Limits</dt>");
    for (int limit = -1; ta_next_in(limits, &limit);)
        markup(page, "<dd>%s (<code>%s</code>)</dd>", meanings[limit], ta_limit_slug((enum ta_limit)limit));
    markup(page, "\n");
}

/* Who sent the RST, and what speaks for and against its end. */
static void put_origin(GString *page, GStringChunk *scope, const struct report_connection *c)
{
    unsigned signs = ta_signs(c->tcp, c->verdict);

    put_fact(page, "Origin of the reset", ta_origin_slug(ta_origin(c->tcp, c->verdict)));
    for (int sign = -1; ta_next_in(signs, &sign);)
        markup(page, "<dd>%s; %s</dd>\n", report_sign_text(scope, c, sign), ta_sign_title((enum ta_sign)sign));
}

/* What the verdict says of the connection as a whole. */
static void put_facts(GString *page, const struct report *report, const struct report_connection *c)
{
    static const char *const harms[TA_HARM_COUNT] = {
        [TA_HARM_LOST] = "payload was never ACKed",
        [TA_HARM_POSSIBLE] = "payload may not have been read",
        [TA_HARM_NONE] = "nothing is known to be lost",
    };
    GStringChunk *scope = report->scope;
    const struct ta_verdict *v = c->verdict;
    enum ta_capture_point point = report_capture_point(&report->options, v);
    const char *harm = ta_harm_slug((enum ta_harm)v->harm);

    markup(page, "<dl>\n");
    for (int end = 0; end < TA_ENDS; end++)
        put_fact(page, end_titles[end], report_end_text(scope, &c->end[end]));
    put_fact(page, "Began", report_time_text(scope, c->first_time));
    markup(page, "<dt>Decided</dt><dd>%s</dd>\n<dt>Deciding frame</dt><dd>%u</dd>\n", report_time_text(scope, v->evidence.time), v->evidence.frame);
    markup(page, "<dt>Kind</dt><dd><code>%s</code>, %s</dd>\n", ta_kind_slug(c->kind), ta_kind_title(c->kind));
    put_fact(page, "Aborted by", report_blamed(c));
    markup(page, "<dt>Harm</dt><dd><b class=\"%s\">%s</b>: %s</dd>\n", harm, harm, harms[v->harm]);
    put_fact(page, "Certainty", ta_certainty_slug(report_certainty(&report->options, v)));
    if (!(v->evidence.facts & TA_F(SILENCE)) && v->cause != TA_CAUSE_UNKNOWN)
        put_fact(page, "Cause", ta_cause_title((enum ta_cause)v->cause));
    for (int i = 0; c->diagnostic[i]; i++)
        put_fact(page, "The reset says", c->diagnostic[i]);
    if (!(v->evidence.facts & TA_F(SILENCE)))
        put_origin(page, scope, c);
    if (point != TA_POINT_UNKNOWN)
        put_fact(page, "Captured at", ta_capture_point_slug(point));
    put_limits(page, v->evidence.limits);
    markup(page, "<dt>Wireshark filter</dt><dd><code class=\"paste\">%s</code></dd>\n</dl>\n", c->filter);
}

static const char *result_text(GStringChunk *scope, enum ta_result result)
{
    unsigned number = ta_result_number(result);
    return number ? report_text(scope, "%s (%u)", ta_result_name(result), number) : ta_result_name(result);
}

/* "recv EOF, send EPIPE": what the end's application gets on this stack. */
static void put_answer(GString *page, GStringChunk *scope, const struct ta_verdict *v, int end, enum ta_stack stack)
{
    struct ta_answer answer = ta_answer(v, end, stack);
    /* Where the connection is still being opened, the first result is connect's. */
    const char *recv = v->evidence.state_before[end] == TA_SYN_SENT ? "connect" : "recv";

    markup(page, "<td>");
    if (answer.recv == TA_NO_CALL)
        markup(page, "no open socket");
    else if (answer.recv == TA_NOT_KNOWN)
        markup(page, "not known");
    else if (answer.recv == answer.send)
        markup(page, "%s, send <code>%s</code>", recv, result_text(scope, answer.recv));
    else
        markup(page, "%s <code>%s</code>, send <code>%s</code>", recv, result_text(scope, answer.recv), result_text(scope, answer.send));
    if (answer.alternative != TA_NOT_KNOWN)
        markup(page, " or <code>%s</code>", result_text(scope, answer.alternative));
    markup(page, "</td>");
}

static void put_bytes(GString *page, const char *name, const uint32_t bytes[TA_ENDS])
{
    if (bytes[TA_CLIENT] || bytes[TA_SERVER])
        markup(page, "<tr><th scope=\"row\">%s</th><td>%u byte%s</td><td>%u byte%s</td></tr>\n", name, bytes[TA_CLIENT],
               bytes[TA_CLIENT] == 1 ? "" : "s", bytes[TA_SERVER], bytes[TA_SERVER] == 1 ? "" : "s");
}

/* What becomes of data that was received and not read. */
static void put_queue(GString *page, const struct ta_verdict *v)
{
    static const char *const texts[] = {
        [TA_KEPT] = "stays readable", [TA_ERASED] = "erased on Windows, else readable",
        [TA_UNSURE] = "may be erased on Windows, else readable", [TA_NO_QUEUE] = "-",
    };
    enum ta_queue queue[TA_ENDS];

    for (int end = 0; end < TA_ENDS; end++)
        queue[end] = ta_answer(v, end, TA_LINUX).recv == TA_NOT_KNOWN ? TA_NO_QUEUE : ta_queue(v, end, TA_WINDOWS);
    if (queue[TA_CLIENT] != TA_NO_QUEUE || queue[TA_SERVER] != TA_NO_QUEUE)
        markup(page, "<tr><th scope=\"row\">Data not read yet</th><td>%s</td><td>%s</td></tr>\n", texts[queue[TA_CLIENT]],
               texts[queue[TA_SERVER]]);
}

/* Both ends side by side: sockets, results, bytes. */
static void put_ends(GString *page, GStringChunk *scope, const struct report_connection *c)
{
    const struct ta_verdict *v = c->verdict;

    markup(page, "<table>\n<caption>What the application at each end gets</caption>\n"
                 "<thead><tr><td></td><th scope=\"col\">Client</th><th scope=\"col\">Server</th></tr></thead>\n<tbody>\n"
                 "<tr><th scope=\"row\">Socket</th><td>%s</td><td>%s</td></tr>\n",
           ta_handle_slug((enum ta_handle)v->evidence.handle[TA_CLIENT]), ta_handle_slug((enum ta_handle)v->evidence.handle[TA_SERVER]));
    for (int stack = 0; stack < TA_STACK_COUNT; stack++) {
        markup(page, "<tr><th scope=\"row\">%s</th>", ta_stack_name((enum ta_stack)stack));
        for (int end = 0; end < TA_ENDS; end++)
            put_answer(page, scope, v, end, (enum ta_stack)stack);
        markup(page, "</tr>\n");
    }
    put_queue(page, v);
    put_bytes(page, "Sent, never ACKed", v->evidence.unacked_bytes);
    put_bytes(page, "Perhaps unread, at most", v->evidence.unread_bytes);
    markup(page, "</tbody>\n</table>\n");
}

void section_put(GString *page, const struct report *report, const struct report_connection *c, bool open)
{
    const struct ta_verdict *v = c->verdict;

    markup(page, "<details id=\"stream-%u\" class=\"stream is-%s\"", c->number, ta_harm_slug((enum ta_harm)v->harm));
    if (open)
        markup(page, " open=\"open\"");
    markup(page, ">\n<summary><h3>Stream %u: <bdi>%s</bdi></h3></summary>\n<div class=\"body\">\n<div>\n"
                 "<p class=\"advice\"><bdi>%s</bdi></p>\n",
           c->number, report_summary_text(report->scope, &report->options, c), ta_advice(v));
    for (unsigned i = 0; i < v->hint_count; i++)
        markup(page, "<p class=\"context\"><bdi>%s</bdi></p>\n", report_hint_text(report->scope, v, i));
    put_facts(page, report, c);
    markup(page, "</div>\n<figure class=\"ladder\">\n");
    ladder_draw(page, report->scope, c);
    markup(page, "</figure>\n<div class=\"wide\">\n");
    put_ends(page, report->scope, c);
    markup(page, "</div>\n</div>\n</details>\n");
}
