/* tshark -q -z tcpabort,json,FILE: one JSON object a line for each stream. docs/report.schema.json says what
 * its members mean; where there is a field tcpabort.X, the member is X.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include <epan/to_str.h>
#include <wsutil/json_dumper.h>

#include "report.h"

struct json {
    json_dumper dumper;
    wmem_allocator_t *scope;
};

static void put_string(struct json *json, const char *name, const char *value)
{
    json_dumper_set_member_name(&json->dumper, name);
    json_dumper_value_string(&json->dumper, value);
}

static void put_number(struct json *json, const char *name, uint32_t value)
{
    json_dumper_set_member_name(&json->dumper, name);
    json_dumper_value_anyf(&json->dumper, "%" PRIu32, value);
}

/* A frame, or nothing where there is none. */
static void put_frame(struct json *json, const char *name, uint32_t frame)
{
    if (frame != 0)
        put_number(json, name, frame);
}

/* Seconds, exact to the nanosecond; nothing for a time that is not known. */
static void put_duration(struct json *json, const char *name, int64_t nanoseconds)
{
    if (nanoseconds < 0)
        return;
    json_dumper_set_member_name(&json->dumper, name);
    json_dumper_value_anyf(&json->dumper, "%" PRId64 ".%09" PRId64, nanoseconds / 1000000000, nanoseconds % 1000000000);
}

static void begin_object(struct json *json, const char *name)
{
    json_dumper_set_member_name(&json->dumper, name);
    json_dumper_begin_object(&json->dumper);
}

static void put_limits(struct json *json, unsigned limits)
{
    json_dumper_set_member_name(&json->dumper, "limit");
    json_dumper_begin_array(&json->dumper);
    for (int limit = 0; limit < TA_LIMIT_COUNT; limit++)
        if (limits & 1u << limit)
            json_dumper_value_string(&json->dumper, ta_limit_slug((enum ta_limit)limit));
    json_dumper_end_array(&json->dumper);
}

static void put_hints(struct json *json, const struct ta_verdict *v)
{
    if (v->hint_count == 0)
        return;
    json_dumper_set_member_name(&json->dumper, "context");
    json_dumper_begin_array(&json->dumper);
    for (unsigned i = 0; i < v->hint_count; i++)
        json_dumper_value_string(&json->dumper, report_hint_text(json->scope, v, i));
    json_dumper_end_array(&json->dumper);
}

static void put_stack(struct json *json, const struct ta_verdict *v, int end, enum ta_stack stack)
{
    struct ta_answer answer = ta_answer(v, end, stack);

    if (answer.recv == TA_NOT_KNOWN)
        return;
    begin_object(json, ta_stack_slug(stack));
    put_string(json, "recv", ta_result_name((enum ta_result)answer.recv));
    put_string(json, "send", ta_result_name((enum ta_result)answer.send));
    json_dumper_end_object(&json->dumper);
}

static void put_end(struct json *json, const struct report_stream *found, int end)
{
    const struct ta_verdict *v = found->verdict;
    const struct endpoint endpoint = stream_endpoint(found->stream, end);
    address bytes;

    begin_object(json, ta_end_slug(end));
    endpoint_address(&endpoint, &bytes);
    if (bytes.type != AT_NONE)
        put_string(json, "address", address_to_str(json->scope, &bytes));
    put_number(json, "port", endpoint.port);
    put_string(json, "state", ta_state_name(ta_end_state(answer_connection(found->stream), end)));
    if (v) {
        put_string(json, "handle", ta_handle_slug((enum ta_handle)v->evidence.handle[end]));
        put_number(json, "unacked_bytes", v->evidence.unacked_bytes[end]);
        put_number(json, "unread_bytes", v->evidence.unread_bytes[end]);
        if (ta_winsock(v, end))
            put_number(json, "winsock", ta_winsock(v, end));
        for (int stack = 0; stack < TA_STACK_COUNT; stack++)
            put_stack(json, v, end, (enum ta_stack)stack);
    }
    json_dumper_end_object(&json->dumper);
}

static void put_diagnostic(struct json *json, const char *const *diagnostic)
{
    if (!diagnostic[0])
        return;
    json_dumper_set_member_name(&json->dumper, "diagnostic");
    json_dumper_begin_array(&json->dumper);
    for (int i = 0; diagnostic[i]; i++)
        json_dumper_value_string(&json->dumper, diagnostic[i]);
    json_dumper_end_array(&json->dumper);
}

static void put_origin(struct json *json, const struct ta_connection *connection, const struct ta_verdict *v)
{
    unsigned signs = ta_signs(connection, v);
    char text[TA_SIGN_SIZE];

    put_string(json, "origin", ta_origin_slug(ta_origin(connection, v)));
    json_dumper_set_member_name(&json->dumper, "sign");
    json_dumper_begin_array(&json->dumper);
    for (int sign = 0; sign < TA_SIGN_COUNT; sign++)
        if (signs & 1u << sign) {
            ta_sign_text(text, sizeof text, connection, v, (enum ta_sign)sign);
            json_dumper_value_string(&json->dumper, text);
        }
    json_dumper_end_array(&json->dumper);
}

static void put_verdict(struct json *json, const struct stream *stream, const struct verdict_record *record)
{
    const struct ta_verdict *v = &record->verdict;
    bool silent = v->evidence.facts & TA_F(SILENCE);

    put_string(json, "time", report_time_text(json->scope, v->evidence.time));
    put_number(json, "frame", v->evidence.frame);
    put_string(json, "summary", report_summary_text(json->scope, stream, record));
    put_string(json, "advice", ta_advice(v));
    put_hints(json, v);
    put_string(json, "harm", ta_harm_slug((enum ta_harm)v->harm));
    put_string(json, "certainty", ta_certainty_slug(pref_certainty(v)));
    put_string(json, "capture_point", ta_capture_point_slug(pref_capture_point(v)));
    put_string(json, "rule", ta_rule_text(v));
    put_frame(json, "fin_frame", v->evidence.fin_frame);
    put_frame(json, "data_frame", v->data_frame);
    put_frame(json, "icmp_frame", v->evidence.icmp_frame);
    put_number(json, "bytes_after_fin", v->evidence.bytes_after_fin);
    if (silent)
        return;
    put_frame(json, "trigger_frame", v->evidence.trigger_frame);
    put_number(json, "rst_frame", v->evidence.frame);
    put_duration(json, "fin_to_rst", v->evidence.fin_to_rst);
    put_duration(json, "idle", v->evidence.idle);
    begin_object(json, "rst");
    put_string(json, "effect", ta_effect_slug((enum ta_effect)v->evidence.effect));
    put_string(json, "shape", ta_shape_slug((enum ta_shape)v->evidence.shape));
    put_string(json, "cause", ta_cause_slug((enum ta_cause)v->cause));
    put_diagnostic(json, record->diagnostic);
    put_origin(json, answer_connection(stream), v);
    json_dumper_end_object(&json->dumper);
}

/* What others would call the stream. */
static void put_labels(struct json *json, const struct stream *stream)
{
    const struct ta_labels labels = ta_labels(answer_connection(stream), capture_now());

    begin_object(json, "zeek");
    put_string(json, "conn_state", labels.zeek_state);
    if (*labels.zeek_history)
        put_string(json, "history", labels.zeek_history);
    json_dumper_end_object(&json->dumper);
    if (!labels.tamper_signature)
        return;
    begin_object(json, "tamper");
    put_string(json, "signature", labels.tamper_signature);
    put_string(json, "stage", labels.tamper_stage);
    json_dumper_end_object(&json->dumper);
}

static void print_stream(FILE *out, wmem_allocator_t *scope, const struct report_stream *found)
{
    struct json json = { .dumper = { .output_file = out }, .scope = scope };

    json_dumper_begin_object(&json.dumper);
    put_number(&json, "stream", found->stream->number);
    put_string(&json, "filter", report_filter_text(scope, found));
    put_string(&json, "kind", ta_kind_slug(found->kind));
    put_string(&json, "aborted_by", report_blamed(found));
    put_string(&json, "began", report_time_text(scope, found->stream->first_time));
    if (found->verdict)
        put_verdict(&json, found->stream, &found->record);
    put_limits(&json, found->verdict ? found->verdict->evidence.limits : answer_limits(found->stream));
    for (int end = 0; end < TA_ENDS; end++)
        put_end(&json, found, end);
    put_labels(&json, found->stream);
    json_dumper_end_object(&json.dumper);
    json_dumper_finish(&json.dumper);
}

static void print(FILE *out, struct report *report)
{
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct report_stream found;

    for (uint32_t next = 0; report_next(report, &next, &found); wmem_free_all(scope))
        if ((int)report_harm(&found) >= pref_report_only)
            print_stream(out, scope, &found);
    wmem_destroy_allocator(scope);
}

const struct report_kind report_json = { .name = "tcpabort,json", .to_file = true, .print = print };
