/* One JSON object a line for each connection: tshark -q -z tcpabort,json,FILE. docs/report.schema.json says what its members
 * mean; where there is a field tcpabort.X, the member is X.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "format.h"
#include "json_writer.h"

/* A frame, or nothing where there is none. */
static void put_frame(struct json *json, const char *name, uint32_t frame)
{
    if (frame != 0)
        json_number(json, name, frame);
}

/* Nothing for a time that is not known. */
static void put_duration(struct json *json, const char *name, int64_t nanoseconds)
{
    if (nanoseconds >= 0)
        json_seconds(json, name, nanoseconds);
}

static void put_limits(struct json *json, unsigned limits)
{
    json_begin(json, "limit", '[');
    for (int limit = -1; ta_next_in(limits, &limit);)
        json_string(json, NULL, ta_limit_slug((enum ta_limit)limit));
    json_end(json, ']');
}

static void put_hints(struct json *json, GStringChunk *scope, const struct ta_verdict *v)
{
    if (v->hint_count == 0)
        return;
    json_begin(json, "context", '[');
    for (unsigned i = 0; i < v->hint_count; i++)
        json_string(json, NULL, report_hint_text(scope, v, i));
    json_end(json, ']');
}

static void put_stack(struct json *json, const struct ta_verdict *v, int end, enum ta_stack stack)
{
    struct ta_answer answer = ta_answer(v, end, stack);

    if (answer.recv == TA_NOT_KNOWN)
        return;
    json_begin(json, ta_stack_slug(stack), '{');
    json_string(json, "recv", ta_result_name((enum ta_result)answer.recv));
    json_string(json, "send", ta_result_name((enum ta_result)answer.send));
    json_end(json, '}');
}

static void put_end(struct json *json, const struct report_connection *c, int end)
{
    const struct ta_verdict *v = c->verdict;

    json_begin(json, ta_end_slug(end), '{');
    if (c->end[end].ip_version)
        json_string(json, "address", c->end[end].address);
    json_number(json, "port", c->end[end].port);
    json_string(json, "state", ta_state_name(ta_end_state(c->tcp, end)));
    if (v) {
        json_string(json, "handle", ta_handle_slug((enum ta_handle)v->evidence.handle[end]));
        json_number(json, "unacked_bytes", v->evidence.unacked_bytes[end]);
        json_number(json, "unread_bytes", v->evidence.unread_bytes[end]);
        if (ta_winsock(v, end))
            json_number(json, "winsock", ta_winsock(v, end));
        for (int stack = 0; stack < TA_STACK_COUNT; stack++)
            put_stack(json, v, end, (enum ta_stack)stack);
    }
    json_end(json, '}');
}

/* The RST of the verdict: what it does, what it says, who really sent it. */
static void put_rst(struct json *json, GStringChunk *scope, const struct report_connection *c)
{
    const struct ta_verdict *v = c->verdict;
    unsigned signs = ta_signs(c->tcp, v);

    json_begin(json, "rst", '{');
    json_string(json, "effect", ta_effect_slug((enum ta_effect)v->evidence.effect));
    json_string(json, "shape", ta_shape_slug((enum ta_shape)v->evidence.shape));
    json_string(json, "cause", ta_cause_slug((enum ta_cause)v->cause));
    if (c->diagnostic[0]) {
        json_begin(json, "diagnostic", '[');
        for (int i = 0; c->diagnostic[i]; i++)
            json_string(json, NULL, c->diagnostic[i]);
        json_end(json, ']');
    }
    json_string(json, "origin", ta_origin_slug(ta_origin(c->tcp, v)));
    json_begin(json, "sign", '[');
    for (int sign = -1; ta_next_in(signs, &sign);)
        json_string(json, NULL, report_sign_text(scope, c, sign));
    json_end(json, ']');
    json_end(json, '}');
}

static void put_verdict(struct json *json, const struct report *report, const struct report_connection *c)
{
    const struct report_options *options = &report->options;
    const struct ta_verdict *v = c->verdict;

    json_string(json, "time", report_time_text(report->scope, v->evidence.time));
    json_number(json, "frame", v->evidence.frame);
    json_string(json, "summary", report_summary_text(report->scope, options, c));
    json_string(json, "advice", ta_advice(v));
    put_hints(json, report->scope, v);
    json_string(json, "harm", ta_harm_slug((enum ta_harm)v->harm));
    json_string(json, "certainty", ta_certainty_slug(report_certainty(options, v)));
    json_string(json, "capture_point", ta_capture_point_slug(report_capture_point(options, v)));
    json_string(json, "rule", ta_rule_text(v));
    put_frame(json, "fin_frame", v->evidence.fin_frame);
    put_frame(json, "data_frame", v->data_frame);
    put_frame(json, "icmp_frame", v->evidence.icmp_frame);
    json_number(json, "bytes_after_fin", v->evidence.bytes_after_fin);
    if (v->evidence.facts & TA_F(SILENCE))
        return;
    put_frame(json, "trigger_frame", v->evidence.trigger_frame);
    json_number(json, "rst_frame", v->evidence.frame);
    put_duration(json, "fin_to_rst", v->evidence.fin_to_rst);
    put_duration(json, "idle", v->evidence.idle);
    put_rst(json, report->scope, c);
}

/* What others would call the connection. */
static void put_labels(struct json *json, const struct report_connection *c)
{
    const struct ta_labels labels = ta_labels(c->tcp, c->now);

    json_begin(json, "zeek", '{');
    json_string(json, "conn_state", labels.zeek_state);
    if (*labels.zeek_history)
        json_string(json, "history", labels.zeek_history);
    json_end(json, '}');
    if (!labels.tamper_signature)
        return;
    json_begin(json, "tamper", '{');
    json_string(json, "signature", labels.tamper_signature);
    json_string(json, "stage", labels.tamper_stage);
    json_end(json, '}');
}

static void *start(void)
{
    return g_string_new(NULL); /* the text of one object */
}

static void add(struct report *report, const struct report_connection *c)
{
    struct json json = { .text = (GString *)report->data };

    if (report_harm(c) < report->options.only)
        return;
    json_begin(&json, NULL, '{');
    if (c->is_tcp_stream)
        json_number(&json, "stream", c->number);
    json_string(&json, "filter", c->filter);
    json_string(&json, "kind", ta_kind_slug(c->kind));
    json_string(&json, "aborted_by", report_blamed(c));
    json_string(&json, "began", report_time_text(report->scope, c->first_time));
    if (c->verdict)
        put_verdict(&json, report, c);
    put_limits(&json, c->verdict ? c->verdict->evidence.limits : c->limits);
    for (int end = 0; end < TA_ENDS; end++)
        put_end(&json, c, end);
    put_labels(&json, c);
    json_end(&json, '}');
    fprintf(report->out, "%s\n", json.text->str);
    g_string_truncate(json.text, 0);
    g_string_chunk_clear(report->scope);
}

static void finish(struct report *report)
{
    g_string_free((GString *)report->data, TRUE);
}

const struct report_format report_json = { .start = start, .add = add, .finish = finish };
