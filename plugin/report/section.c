/* One stream's section of the HTML report; see section.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "section.h"

#include "ladder.h"
#include "markup.h"

static const char *const end_titles[TA_ENDS] = { [TA_CLIENT] = "Client", [TA_SERVER] = "Server" };

static void put_fact(FILE *out, const char *name, const char *value)
{
    markup(out, "<dt>%s</dt><dd><bdi>%s</bdi></dd>\n", name, value);
}

/* What this capture cannot show of the stream. */
static void put_limits(FILE *out, unsigned limits)
{
    static const char *const meanings[TA_LIMIT_COUNT] = {
#define LIMIT(id, slug, meaning) [id] = meaning,
        TA_LIMITS(LIMIT)
#undef LIMIT
    };

    if (limits == 0)
        return;
    markup(out, "<dt>Limits</dt>");
    for (int limit = 0; limit < TA_LIMIT_COUNT; limit++)
        if (limits & 1u << limit)
            markup(out, "<dd>%s (<code>%s</code>)</dd>", meanings[limit], ta_limit_slug((enum ta_limit)limit));
    markup(out, "\n");
}

/* Who sent the RST, and what speaks for and against its end. */
static void put_origin(FILE *out, const struct ta_connection *connection, const struct ta_verdict *v)
{
    unsigned signs = ta_signs(connection, v);
    char text[TA_SIGN_SIZE];

    put_fact(out, "Origin of the reset", ta_origin_slug(ta_origin(connection, v)));
    for (int sign = 0; sign < TA_SIGN_COUNT; sign++)
        if (signs & 1u << sign) {
            ta_sign_text(text, sizeof text, connection, v, (enum ta_sign)sign);
            markup(out, "<dd>%s; %s</dd>\n", text, ta_sign_title((enum ta_sign)sign));
        }
}

/* What the verdict says of the stream as a whole. */
static void put_facts(FILE *out, wmem_allocator_t *scope, const struct report_stream *found)
{
    static const char *const harms[TA_HARM_COUNT] = {
        [TA_HARM_LOST] = "payload was never ACKed",
        [TA_HARM_POSSIBLE] = "payload may not have been read",
        [TA_HARM_NONE] = "nothing is known to be lost",
    };
    const struct ta_verdict *v = found->verdict;
    const char *harm = ta_harm_slug((enum ta_harm)v->harm);

    markup(out, "<dl>\n");
    for (int end = 0; end < TA_ENDS; end++)
        put_fact(out, end_titles[end], report_end_text(scope, found->stream, end));
    put_fact(out, "Began", report_time_text(scope, found->stream->first_time));
    markup(out, "<dt>Decided</dt><dd>%s</dd>\n<dt>Deciding frame</dt><dd>%u</dd>\n", report_time_text(scope, v->evidence.time), v->evidence.frame);
    markup(out, "<dt>Kind</dt><dd><code>%s</code>, %s</dd>\n", ta_kind_slug(found->kind), ta_kind_title(found->kind));
    put_fact(out, "Aborted by", report_blamed(found));
    markup(out, "<dt>Harm</dt><dd><b class=\"%s\">%s</b>: %s</dd>\n", harm, harm, harms[v->harm]);
    put_fact(out, "Certainty", ta_certainty_slug(pref_certainty(v)));
    if (!(v->evidence.facts & TA_F(SILENCE)) && v->cause != TA_CAUSE_UNKNOWN)
        put_fact(out, "Cause", ta_cause_title((enum ta_cause)v->cause));
    for (int i = 0; found->record.diagnostic[i]; i++)
        put_fact(out, "The reset says", found->record.diagnostic[i]);
    if (!(v->evidence.facts & TA_F(SILENCE)))
        put_origin(out, answer_connection(found->stream), v);
    if (pref_capture_point(v) != TA_POINT_UNKNOWN)
        put_fact(out, "Captured at", ta_capture_point_slug(pref_capture_point(v)));
    put_limits(out, v->evidence.limits);
    markup(out, "<dt>Wireshark filter</dt><dd><code class=\"paste\">%s</code></dd>\n</dl>\n", report_filter_text(scope, found));
}

static const char *result_text(wmem_allocator_t *scope, enum ta_result result)
{
    unsigned number = ta_result_number(result);
    return number ? wmem_strdup_printf(scope, "%s (%u)", ta_result_name(result), number) : ta_result_name(result);
}

/* "recv EOF, send EPIPE": what the end's application gets on this stack. */
static void put_answer(FILE *out, wmem_allocator_t *scope, const struct ta_verdict *v, int end, enum ta_stack stack)
{
    struct ta_answer answer = ta_answer(v, end, stack);
    /* Where the connection is still being opened, the first result is connect's. */
    const char *recv = v->evidence.state_before[end] == TA_SYN_SENT ? "connect" : "recv";

    markup(out, "<td>");
    if (answer.recv == TA_NO_CALL)
        markup(out, "no open socket");
    else if (answer.recv == TA_NOT_KNOWN)
        markup(out, "not known");
    else if (answer.recv == answer.send)
        markup(out, "%s, send <code>%s</code>", recv, result_text(scope, answer.recv));
    else
        markup(out, "%s <code>%s</code>, send <code>%s</code>", recv, result_text(scope, answer.recv), result_text(scope, answer.send));
    if (answer.alternative != TA_NOT_KNOWN)
        markup(out, " or <code>%s</code>", result_text(scope, answer.alternative));
    markup(out, "</td>");
}

static void put_bytes(FILE *out, const char *name, const uint32_t bytes[TA_ENDS])
{
    if (bytes[TA_CLIENT] || bytes[TA_SERVER])
        markup(out, "<tr><th scope=\"row\">%s</th><td>%u byte%s</td><td>%u byte%s</td></tr>\n", name, bytes[TA_CLIENT],
               bytes[TA_CLIENT] == 1 ? "" : "s", bytes[TA_SERVER], bytes[TA_SERVER] == 1 ? "" : "s");
}

/* What becomes of data that was received and not read. */
static void put_queue(FILE *out, const struct ta_verdict *v)
{
    static const char *const texts[] = {
        [TA_KEPT] = "stays readable", [TA_ERASED] = "erased on Windows, else readable",
        [TA_UNSURE] = "may be erased on Windows, else readable", [TA_NO_QUEUE] = "-",
    };
    enum ta_queue queue[TA_ENDS];

    for (int end = 0; end < TA_ENDS; end++)
        queue[end] = ta_answer(v, end, TA_LINUX).recv == TA_NOT_KNOWN ? TA_NO_QUEUE : ta_queue(v, end, TA_WINDOWS);
    if (queue[TA_CLIENT] != TA_NO_QUEUE || queue[TA_SERVER] != TA_NO_QUEUE)
        markup(out, "<tr><th scope=\"row\">Data not read yet</th><td>%s</td><td>%s</td></tr>\n", texts[queue[TA_CLIENT]],
               texts[queue[TA_SERVER]]);
}

/* Both ends side by side: sockets, results, bytes. */
static void put_ends(FILE *out, wmem_allocator_t *scope, const struct report_stream *found)
{
    const struct ta_verdict *v = found->verdict;

    markup(out, "<table>\n<caption>What the application at each end gets</caption>\n"
                "<thead><tr><td></td><th scope=\"col\">Client</th><th scope=\"col\">Server</th></tr></thead>\n<tbody>\n"
                "<tr><th scope=\"row\">Socket</th><td>%s</td><td>%s</td></tr>\n",
           ta_handle_slug((enum ta_handle)v->evidence.handle[TA_CLIENT]), ta_handle_slug((enum ta_handle)v->evidence.handle[TA_SERVER]));
    for (int stack = 0; stack < TA_STACK_COUNT; stack++) {
        markup(out, "<tr><th scope=\"row\">%s</th>", ta_stack_name((enum ta_stack)stack));
        for (int end = 0; end < TA_ENDS; end++)
            put_answer(out, scope, v, end, (enum ta_stack)stack);
        markup(out, "</tr>\n");
    }
    put_queue(out, v);
    put_bytes(out, "Sent, never ACKed", v->evidence.unacked_bytes);
    put_bytes(out, "Perhaps unread, at most", v->evidence.unread_bytes);
    markup(out, "</tbody>\n</table>\n");
}

void section_put(FILE *out, wmem_allocator_t *scope, const struct report_stream *found, bool open)
{
    const struct ta_verdict *v = found->verdict;

    markup(out, "<details id=\"stream-%u\" class=\"stream is-%s\"", found->stream->number, ta_harm_slug((enum ta_harm)v->harm));
    if (open)
        markup(out, " open=\"open\"");
    markup(out, ">\n<summary><h3>Stream %u: <bdi>%s</bdi></h3></summary>\n<div class=\"body\">\n<div>\n"
                "<p class=\"advice\"><bdi>%s</bdi></p>\n",
           found->stream->number, report_summary_text(scope, found->stream, &found->record), ta_advice(v));
    for (unsigned i = 0; i < v->hint_count; i++)
        markup(out, "<p class=\"context\"><bdi>%s</bdi></p>\n", report_hint_text(scope, v, i));
    put_facts(out, scope, found);
    markup(out, "</div>\n<figure class=\"ladder\">\n");
    ladder_draw(out, scope, found);
    markup(out, "</figure>\n<div class=\"wide\">\n");
    put_ends(out, scope, found);
    markup(out, "</div>\n</div>\n</details>\n");
}
