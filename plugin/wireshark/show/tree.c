/* Tree items: what is known of a stream, made visible. Nothing is decided here.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "show/tree.h"

#include "answer/answers.h"
#include "preferences.h"
#include "show/expert-info.h"
#include "show/fields.h"
#include "show/labels.h"

static int proto = -1, ett_tcpabort = -1, ett_end[TA_ENDS] = { -1, -1 };

void show_register(int protocol)
{
    static int *ett[] = { &ett_tcpabort, &ett_end[TA_CLIENT], &ett_end[TA_SERVER] };

    proto = protocol;
    proto_register_subtree_array(ett, array_length(ett));
    fields_register(protocol);
    labels_register(protocol);
    experts_register(protocol);
}

/* A call's result; on Windows with the other numbers that the same failure has. */
static void add_result(proto_tree *tree, tvbuff_t *tvb, int hf, enum ta_result result)
{
    proto_item *item = proto_tree_add_string(tree, hf, tvb, 0, 0, ta_result_name(result));

    proto_item_set_generated(item);
    if (ta_result_number(result))
        proto_item_append_text(item, " (%u", ta_result_number(result));
    if (ta_result_overlapped(result))
        proto_item_append_text(item, "; overlapped I/O %u", ta_result_overlapped(result));
    if (ta_result_fd_close(result))
        proto_item_append_text(item, "; FD_CLOSE %u", ta_result_fd_close(result));
    if (ta_result_number(result))
        proto_item_append_text(item, ")");
}

/* What becomes of received data that the application has not read yet. */
static void show_queue(proto_tree *tree, tvbuff_t *tvb, enum ta_queue windows)
{
    static const char *const texts[] = {
        [TA_KEPT] = "stays readable",
        [TA_ERASED] = "is erased on Windows, stays readable on Linux, FreeBSD and macOS",
        [TA_UNSURE] = "may be erased on Windows, stays readable on Linux, FreeBSD and macOS",
    };
    proto_item *item;

    if (windows == TA_NO_QUEUE)
        return;
    proto_tree_add_subtree_format(tree, tvb, 0, 0, ett_tcpabort, &item, "Received data not read yet: %s", texts[windows]);
    proto_item_set_generated(item);
}

/* What an application at this end gets, for a RST that has a kind. */
static void show_results(proto_tree *tree, tvbuff_t *tvb, const struct ta_verdict *v, int end)
{
    const struct end_fields *hf = &fields.end[end];
    unsigned winsock = ta_winsock(v, end);

    field_add_string(tree, tvb, hf->handle, ta_handle_slug(v->evidence.handle[end]));
    if (winsock)
        field_add_uint(tree, tvb, hf->winsock, winsock);
    for (int stack = 0; stack < TA_STACK_COUNT; stack++) {
        struct ta_answer answer = ta_answer(v, end, stack);
        if (answer.recv == TA_NOT_KNOWN)
            continue;
        add_result(tree, tvb, hf->result[stack][RECV], answer.recv);
        add_result(tree, tvb, hf->result[stack][SEND], answer.send);
    }
    if (ta_answer(v, end, TA_LINUX).recv != TA_NOT_KNOWN)
        show_queue(tree, tvb, ta_queue(v, end, TA_WINDOWS));
}

static void show_end(proto_tree *tree, tvbuff_t *tvb, int end, struct states now, const struct ta_verdict *v)
{
    const struct end_fields *hf = &fields.end[end];
    const char *state = ta_state_name((enum ta_state)now.of[end]);
    proto_item *item;

    if (!v) {
        field_add_string(tree, tvb, hf->state, state);
        return;
    }
    proto_tree *branch = proto_tree_add_subtree_format(tree, tvb, 0, 0, ett_end[end], &item, "%s: %s, was %s",
                                                       end == TA_CLIENT ? "Client" : "Server", state,
                                                       ta_state_name(v->evidence.state_before[end]));
    proto_item_set_generated(item);
    field_add_string(branch, tvb, hf->state, state);
    if (v->kind == TA_KIND_NONE)
        return;
    show_results(branch, tvb, v, end);
    field_add_uint(branch, tvb, hf->unacked, v->evidence.unacked_bytes[end]);
    field_add_uint(branch, tvb, hf->unread, v->evidence.unread_bytes[end]);
}

static void show_effect(proto_tree *tree, tvbuff_t *tvb, const struct verdict_record *record)
{
    const struct ta_verdict *v = &record->verdict;
    proto_item *effect = proto_tree_add_string(tree, fields.effect, tvb, 0, 0, ta_effect_slug(v->evidence.effect));

    proto_item_set_generated(effect);
    if (v->evidence.facts & TA_F(STACKS_DIFFER))
        proto_item_append_text(effect, " (on Linux; other stacks judge this SEQ differently)");
    field_add_string(tree, tvb, fields.shape, ta_shape_slug(v->evidence.shape));
    field_add_string(tree, tvb, fields.cause, ta_cause_slug(v->cause));
    for (int i = 0; record->diagnostic[i]; i++)
        field_add_string(tree, tvb, fields.diagnostic, record->diagnostic[i]);
}

static void add_limits(proto_tree *tree, tvbuff_t *tvb, int hf, unsigned limits)
{
    for (int limit = -1; ta_next_in(limits, &limit);)
        field_add_string(tree, tvb, hf, ta_limit_slug(limit));
}

static void show_evidence(proto_tree *tree, tvbuff_t *tvb, const struct verdict_record *record)
{
    const struct ta_verdict *v = &record->verdict;
    bool silent = v->evidence.facts & TA_F(SILENCE);
    if (!silent)
        show_effect(tree, tvb, record);
    field_add_frame(tree, tvb, fields.fin_frame, v->evidence.fin_frame);
    field_add_frame(tree, tvb, fields.data_frame, v->data_frame);
    field_add_frame(tree, tvb, fields.trigger_frame, v->evidence.trigger_frame);
    field_add_frame(tree, tvb, fields.icmp_frame, v->evidence.icmp_frame);
    if (!silent)
        field_add_frame(tree, tvb, fields.rst_frame, v->evidence.frame);
    field_add_time(tree, tvb, fields.fin_to_rst, v->evidence.fin_to_rst);
    field_add_time(tree, tvb, fields.idle, v->evidence.idle);
    add_limits(tree, tvb, fields.limit, v->evidence.limits);
}

/* How much of the summary the item's own line can hold: whole clauses. */
static int headline_length(const char *summary)
{
    enum { MOST = ITEM_LABEL_LENGTH - 20 }; /* brackets and the name */
    size_t length = strlen(summary);

    while (length > MOST) {
        const char *clause = g_strrstr_len(summary, (gssize)length, "; ");
        length = clause ? (size_t)(clause - summary) : MOST;
    }
    return (int)length;
}

/* Whether the item itself is shown or asked for, and not only something below it. */
static bool wants_item(proto_tree *tree)
{
    const header_field_info *info = proto_registrar_get_nth((unsigned)proto);

    return PTREE_DATA(tree)->visible || !PTREE_DATA(tree)->fake_protocols || info->ref_type > HF_REF_TYPE_INDIRECT;
}

/* Whether anybody reads the summary: to make it takes most of what a verdict costs. */
static bool wants_summary(proto_tree *tree)
{
    return wants_item(tree) || proto_field_is_referenced(tree, fields.summary) || experts_want_text(tree);
}

static void add_hints(proto_tree *tree, tvbuff_t *tvb, const struct ta_verdict *v)
{
    char text[TA_HINT_SIZE];

    for (unsigned i = 0; proto_field_is_referenced(tree, fields.context) && i < v->hint_count; i++) {
        ta_hint_text(text, sizeof text, v, i);
        field_add_string(tree, tvb, fields.context, text);
    }
}

/* Who really sent the RST, as far as the packets up to the end of the capture tell. */
static void show_origin(proto_tree *tree, tvbuff_t *tvb, const struct ta_connection *connection, const struct ta_verdict *v)
{
    char text[TA_SIGN_SIZE];

    if (!proto_field_is_referenced(tree, fields.origin) && !proto_field_is_referenced(tree, fields.sign))
        return;
    unsigned signs = ta_signs(connection, v);
    field_add_string(tree, tvb, fields.origin, ta_origin_slug(ta_origin(connection, v)));
    for (int sign = -1; ta_next_in(signs, &sign);) {
        ta_sign_text(text, sizeof text, connection, v, (enum ta_sign)sign);
        field_add_string(tree, tvb, fields.sign, text);
    }
}

/* `summary`: NULL when nobody reads it. */
static void show_verdict(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo, proto_item *top,
                         const struct verdict_record *record, const char *summary)
{
    const struct ta_verdict *v = &record->verdict;

    if (v->kind != TA_KIND_NONE) {
        field_add_string(tree, tvb, fields.kind, ta_kind_slug(v->kind));
        if (summary)
            field_add_string(tree, tvb, fields.summary, summary);
        field_add_string(tree, tvb, fields.advice, ta_advice(v));
        add_hints(tree, tvb, v);
        field_add_string(tree, tvb, fields.aborted_by, ta_blamed(v));
        field_add_string(tree, tvb, fields.harm, ta_harm_slug(v->harm));
        field_add_string(tree, tvb, fields.certainty, ta_certainty_slug(pref_certainty(v)));
        field_add_uint(tree, tvb, fields.bytes_after_fin, v->evidence.bytes_after_fin);
        field_add_string(tree, tvb, fields.capture_point, ta_capture_point_slug(pref_capture_point(v)));
        experts_add(pinfo, top, v, summary);
    }
    field_add_string(tree, tvb, fields.rule, ta_rule_text(v));
    show_evidence(tree, tvb, record);
    if (PINFO_FD_VISITED(pinfo))
        field_add_frame(tree, tvb, fields.overruled, record->overruled);
}

/* How the stream ends, with the way from every other frame to the one that decides. */
static void show_stream_end(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo, proto_item *top, const struct stream *stream)
{
    struct verdict_record room;
    const struct ta_verdict *v = answer_end(stream, &room) ? &room.verdict : NULL;
    const char *kind = ta_kind_slug(answer_kind(stream));

    field_add_string(tree, tvb, fields.stream_kind, kind);
    field_add_string(tree, tvb, fields.stream_aborted_by, v ? ta_stream_blamed(answer_connection(stream), v) : "nobody");
    if (v)
        field_add_frame(tree, tvb, fields.stream_frame, v->evidence.frame);
    add_limits(tree, tvb, fields.stream_limit, answer_limits(stream));
    labels_show(tvb, tree, stream);
    if (frames_has_reset(pinfo->num) || (v && v->evidence.frame == pinfo->num))
        return; /* the item's line tells that one */
    proto_item_append_text(top, "%s stream %s", pref_show_states ? "," : ":", kind);
    if (v)
        proto_item_append_text(top, " in frame %u", v->evidence.frame);
}

static bool wants_states(proto_tree *tree)
{
    return pref_show_states && (proto_field_is_referenced(tree, fields.end[TA_CLIENT].state)
                                || proto_field_is_referenced(tree, fields.end[TA_SERVER].state));
}

static bool wants_stream_end(proto_tree *tree)
{
    const int told[] = { fields.stream_kind, fields.stream_aborted_by, fields.stream_frame, fields.stream_limit };

    for (unsigned i = 0; i < G_N_ELEMENTS(told); i++)
        if (proto_field_is_referenced(tree, told[i]))
            return true;
    return labels_wanted(tree);
}

/* A frame without a verdict: most are. */
static void show_ordinary(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct stream *stream)
{
    bool states = wants_states(tree), end = PINFO_FD_VISITED(pinfo) && wants_stream_end(tree);

    if (!states && !end && (!wants_item(tree) || (!pref_show_states && !PINFO_FD_VISITED(pinfo))))
        return;
    proto_item *top = proto_tree_add_item(tree, proto, tvb, 0, 0, ENC_NA);
    proto_tree *branch = proto_item_add_subtree(top, ett_tcpabort);

    proto_item_set_generated(top);
    if (states || end)
        proto_item_set_text(top, "TCP abort");
    if (states) {
        const struct states now = answer_states(stream, pinfo->num);
        proto_item_append_text(top, ": client %s, server %s", ta_state_name((enum ta_state)now.of[TA_CLIENT]),
                               ta_state_name((enum ta_state)now.of[TA_SERVER]));
        for (int e = 0; e < TA_ENDS; e++)
            show_end(branch, tvb, e, now, NULL);
    }
    if (end)
        show_stream_end(branch, tvb, pinfo, top, stream);
}

static void show_judged(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct stream *stream, const struct verdict_record *record)
{
    const struct ta_verdict *v = &record->verdict;
    const struct states now = answer_states(stream, pinfo->num);
    proto_item *top = proto_tree_add_item(tree, proto, tvb, 0, 0, ENC_NA);
    proto_tree *branch = proto_item_add_subtree(top, ett_tcpabort);
    char room[TA_SUMMARY_SIZE], *summary = wants_summary(tree) ? room : NULL;

    proto_item_set_generated(top);
    if (summary) {
        ta_summary(summary, sizeof room, v, (unsigned)pref_stack, record->diagnostic);
        proto_item_set_text(top, "TCP abort: %.*s", headline_length(summary), summary);
    }
    show_verdict(branch, tvb, pinfo, top, record, summary);
    if (PINFO_FD_VISITED(pinfo) && !(v->evidence.facts & TA_F(SILENCE)))
        show_origin(branch, tvb, answer_connection(stream), v);
    for (int end = 0; end < TA_ENDS; end++)
        show_end(branch, tvb, end, now, v);
    if (PINFO_FD_VISITED(pinfo))
        show_stream_end(branch, tvb, pinfo, top, stream);
}

void show_stream(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct stream *stream)
{
    struct verdict_record room;
    const struct verdict_record *v = answer_verdict(stream, pinfo->num, &room);

    /* A later visit knows what followed: nothing. */
    if (!v && PINFO_FD_VISITED(pinfo) && answer_silence(stream, pinfo->num, &room))
        v = &room;
    if (!proto_field_is_referenced(tree, proto)) {
        if (v)
            experts_add_alone(pinfo, v);
    } else if (v) {
        show_judged(tvb, pinfo, tree, stream, v);
    } else {
        show_ordinary(tvb, pinfo, tree, stream);
    }
}
