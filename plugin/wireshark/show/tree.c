/* Fields, tree items and expert info: what is kept in the store, made visible. Nothing is decided here.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <epan/packet.h>

#include "compat.h"
#include "glue.h"

static int ett_tcpabort = -1, ett_end[TA_ENDS] = { -1, -1 };

static int hf_kind, hf_summary, hf_advice, hf_aborted_by, hf_harm, hf_certainty, hf_rule, hf_limit;
static int hf_capture_point, hf_effect, hf_shape, hf_cause, hf_diagnostic, hf_origin, hf_sign, hf_overruled;
static int hf_fin_frame, hf_data_frame, hf_rst_frame, hf_trigger_frame, hf_icmp_frame;
static int hf_fin_to_rst, hf_idle, hf_bytes_after_fin;
static int hf_context, hf_stream_kind, hf_stream_aborted_by, hf_stream_frame, hf_stream_limit;

enum { RECV, SEND, CALLS };
static struct end_fields {
    int state, handle, winsock, unacked, unread, result[TA_STACK_COUNT][CALLS];
} hf_end[TA_ENDS];

/* The results that have a Windows number. */
static const value_string *winsock_names(void)
{
    static value_string names[TA_RESULT_COUNT + 1];
    unsigned count = 0;

    for (int result = 0; result < TA_RESULT_COUNT; result++)
        if (ta_result_number(result))
            names[count++] = (value_string){ ta_result_number(result), ta_result_name(result) };
    return names;
}

/* clang-format off */
static hf_register_info fields[] = {
    { &hf_kind, { "Kind", "tcpabort.kind", FT_STRING, BASE_NONE, NULL, 0,
      "How the connection ended, on the frame that decides: fin_rst, rst, refused ...", HFILL } },
    { &hf_summary, { "Summary", "tcpabort.summary", FT_STRING, BASE_NONE, NULL, 0,
      "The verdict in one sentence", HFILL } },
    { &hf_advice, { "Advice", "tcpabort.advice", FT_STRING, BASE_NONE, NULL, 0,
      "What to look at or change next", HFILL } },
    { &hf_aborted_by, { "Aborted by", "tcpabort.aborted_by", FT_STRING, BASE_NONE, NULL, 0,
      "client or server: who sent the RST; nobody when it ended nothing", HFILL } },
    { &hf_harm, { "Harm", "tcpabort.harm", FT_STRING, BASE_NONE, NULL, 0,
      "lost: payload was never ACKed; possible: payload may not have been read; none", HFILL } },
    { &hf_certainty, { "Certainty", "tcpabort.certainty", FT_STRING, BASE_NONE, NULL, 0,
      "high, medium or low: the weakest of evidence, inference and the capture's limits", HFILL } },
    { &hf_effect, { "Effect of the RST", "tcpabort.rst.effect", FT_STRING, BASE_NONE, NULL, 0,
      "reset, challenged, ignored, duplicate or unknown: what its receiver does", HFILL } },
    { &hf_shape, { "Shape of the RST", "tcpabort.rst.shape", FT_STRING, BASE_NONE, NULL, 0,
      "reply: built from the segment it answers; active: RST+ACK at the sender's SND.NXT; other", HFILL } },
    { &hf_cause, { "Cause of the RST", "tcpabort.rst.cause", FT_STRING, BASE_NONE, NULL, 0,
      "Why it was sent, as far as the headers carry it", HFILL } },
    { &hf_diagnostic, { "The RST says", "tcpabort.rst.diagnostic", FT_STRING, BASE_NONE, NULL, 0,
      "What its sender wrote into it of the cause: text, IETF or MPTCP code, a NetScaler's window", HFILL } },
    { &hf_origin, { "Origin of the RST", "tcpabort.rst.origin", FT_STRING, BASE_NONE, NULL, 0,
      "endpoint, network or undecided: whether the end whose address it bears sent it; on later visits only", HFILL } },
    { &hf_sign, { "Sign", "tcpabort.rst.sign", FT_STRING, BASE_NONE, NULL, 0,
      "What speaks for or against that end, with figures and frames; on later visits only", HFILL } },
    { &hf_fin_frame, { "FIN in frame", "tcpabort.fin_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The aborter's FIN, else the other end's", HFILL } },
    { &hf_data_frame, { "Data in frame", "tcpabort.data_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The payload that is lost or perhaps unread", HFILL } },
    { &hf_trigger_frame, { "RST answers frame", "tcpabort.trigger_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The segment that provoked the RST", HFILL } },
    { &hf_rst_frame, { "RST in frame", "tcpabort.rst_frame", FT_FRAMENUM, BASE_NONE, NULL, 0, NULL, HFILL } },
    { &hf_icmp_frame, { "ICMP error in frame", "tcpabort.icmp_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The ICMP error whose errno the end that gave up gets in place of a time-out", HFILL } },
    { &hf_fin_to_rst, { "Time from FIN to RST", "tcpabort.fin_to_rst", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      NULL, HFILL } },
    { &hf_idle, { "Idle before", "tcpabort.idle", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      "Time since the stream's previous segment", HFILL } },
    { &hf_bytes_after_fin, { "Bytes after the FIN", "tcpabort.bytes_after_fin", FT_UINT32, BASE_DEC, NULL, 0,
      "Payload the victim sent that acknowledges the aborter's FIN", HFILL } },
    { &hf_capture_point, { "Capture point", "tcpabort.capture_point", FT_STRING, BASE_NONE, NULL, 0,
      "client, server, middle or unknown: where an initial TTL is still untouched", HFILL } },
    { &hf_limit, { "Limit", "tcpabort.limit", FT_STRING, BASE_NONE, NULL, 0,
      "What the capture cannot show: late_start, early_end, one_way, truncated, duplicates, loss, time_backwards", HFILL } },
    { &hf_context, { "Context", "tcpabort.context", FT_STRING, BASE_NONE, NULL, 0,
      "What the application was doing: the HTTP request and answer, TLS alerts, idle time; a hint each", HFILL } },
    { &hf_rule, { "Rule", "tcpabort.rule", FT_STRING, BASE_NONE, NULL, 0,
      "The row of the rule table that decided", HFILL } },
    { &hf_overruled, { "Overruled by frame", "tcpabort.overruled", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "A later frame that shows this RST had no effect; on later visits only", HFILL } },
    { &hf_stream_kind, { "Stream", "tcpabort.stream.kind", FT_STRING, BASE_NONE, NULL, 0,
      "How this frame's stream ended; on later visits only", HFILL } },
    { &hf_stream_aborted_by, { "Stream aborted by", "tcpabort.stream.aborted_by", FT_STRING, BASE_NONE, NULL, 0,
      "Who ended this frame's stream; on later visits only", HFILL } },
    { &hf_stream_frame, { "Stream decided in frame", "tcpabort.stream.frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The frame whose verdict is the stream's; on later visits only", HFILL } },
    { &hf_stream_limit, { "Stream limit", "tcpabort.stream.limit", FT_STRING, BASE_NONE, NULL, 0,
      "What the capture cannot show of this frame's stream; on later visits only", HFILL } },
};
/* clang-format on */

static void register_field(int *id, const char *name, char *abbrev, enum ftenum type, const value_string *names,
                           const char *blurb)
{
    hf_register_info *field = wmem_new(wmem_epan_scope(), hf_register_info);
    *field = (hf_register_info){
        id, { name, abbrev, type, type == FT_STRING ? BASE_NONE : BASE_DEC, names ? VALS(names) : NULL, 0, blurb, HFILL }
    };
    proto_register_field_array(proto_tcpabort, field, 1);
}

/* tcpabort.client.* and tcpabort.server.*, one list for both ends. */
static void register_end_fields(int end)
{
    static const char *const calls[CALLS] = { "recv", "send" };
    struct end_fields *hf = &hf_end[end];
    wmem_allocator_t *scope = wmem_epan_scope();
    const char *slug = ta_end_slug(end);
#define ABBREV(leaf) wmem_strdup_printf(scope, "tcpabort.%s." leaf, slug)

    register_field(&hf->state, end == TA_CLIENT ? "Client state" : "Server state", ABBREV("state"), FT_STRING, NULL, "TCP state after this packet, as netstat would show it");
    register_field(&hf->handle, "Socket", ABBREV("handle"), FT_STRING, NULL, "open, closed or unknown: whether an application still holds the socket");
    register_field(&hf->winsock, "Windows error", ABBREV("winsock"), FT_UINT32, winsock_names(), "Number of the first failing call on Windows, for an open socket");
    register_field(&hf->unacked, "Bytes never ACKed", ABBREV("unacked_bytes"), FT_UINT32, NULL, "Payload this end sent that no ACK covers");
    register_field(&hf->unread, "Bytes possibly unread", ABBREV("unread_bytes"), FT_UINT32, NULL, "Upper bound: payload this end ACKed since it last sent payload or FIN");
    for (int stack = 0; stack < TA_STACK_COUNT; stack++)
        for (int call = 0; call < CALLS; call++)
            register_field(&hf->result[stack][call],
                           wmem_strdup_printf(scope, "%s on %s", calls[call], ta_stack_name(stack)),
                           wmem_strdup_printf(scope, "tcpabort.%s.%s.%s", slug, ta_stack_slug(stack), calls[call]),
                           FT_STRING, NULL, "Result of this call when it is the first one after the event");
#undef ABBREV
}

void show_register(void)
{
    static int *ett[] = { &ett_tcpabort, &ett_end[TA_CLIENT], &ett_end[TA_SERVER] };

    proto_register_field_array(proto_tcpabort, fields, array_length(fields));
    for (int end = 0; end < TA_ENDS; end++)
        register_end_fields(end);
    proto_register_subtree_array(ett, array_length(ett));
    labels_register();
    experts_register();
}

static void add_string(proto_tree *tree, tvbuff_t *tvb, int hf, const char *value)
{
    proto_item_set_generated(proto_tree_add_string(tree, hf, tvb, 0, 0, value));
}

static void add_uint(proto_tree *tree, tvbuff_t *tvb, int hf, uint32_t value)
{
    proto_item_set_generated(proto_tree_add_uint(tree, hf, tvb, 0, 0, value));
}

static void add_frame(proto_tree *tree, tvbuff_t *tvb, int hf, uint32_t frame)
{
    if (frame != 0)
        add_uint(tree, tvb, hf, frame);
}

static void add_time(proto_tree *tree, tvbuff_t *tvb, int hf, int64_t nanoseconds)
{
    nstime_t time = { (time_t)(nanoseconds / 1000000000), (int)(nanoseconds % 1000000000) };
    if (nanoseconds >= 0)
        proto_item_set_generated(proto_tree_add_time(tree, hf, tvb, 0, 0, &time));
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
    const struct end_fields *hf = &hf_end[end];
    unsigned winsock = ta_winsock(v, end);

    add_string(tree, tvb, hf->handle, ta_handle_slug(v->evidence.handle[end]));
    if (winsock)
        add_uint(tree, tvb, hf->winsock, winsock);
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
    const struct end_fields *hf = &hf_end[end];
    const char *state = ta_state_name((enum ta_state)now.of[end]);
    proto_item *item;

    if (!v) {
        add_string(tree, tvb, hf->state, state);
        return;
    }
    proto_tree *branch = proto_tree_add_subtree_format(tree, tvb, 0, 0, ett_end[end], &item, "%s: %s, was %s",
                                                       end == TA_CLIENT ? "Client" : "Server", state,
                                                       ta_state_name(v->evidence.state_before[end]));
    proto_item_set_generated(item);
    add_string(branch, tvb, hf->state, state);
    if (v->kind == TA_KIND_NONE)
        return;
    show_results(branch, tvb, v, end);
    add_uint(branch, tvb, hf->unacked, v->evidence.unacked_bytes[end]);
    add_uint(branch, tvb, hf->unread, v->evidence.unread_bytes[end]);
}

static void show_effect(proto_tree *tree, tvbuff_t *tvb, const struct verdict_record *record)
{
    const struct ta_verdict *v = &record->verdict;
    proto_item *effect = proto_tree_add_string(tree, hf_effect, tvb, 0, 0, ta_effect_slug(v->evidence.effect));

    proto_item_set_generated(effect);
    if (v->evidence.facts & TA_F(STACKS_DIFFER))
        proto_item_append_text(effect, " (on Linux; other stacks judge this SEQ differently)");
    add_string(tree, tvb, hf_shape, ta_shape_slug(v->evidence.shape));
    add_string(tree, tvb, hf_cause, ta_cause_slug(v->cause));
    for (int i = 0; record->diagnostic[i]; i++)
        add_string(tree, tvb, hf_diagnostic, record->diagnostic[i]);
}

static void add_limits(proto_tree *tree, tvbuff_t *tvb, int hf, unsigned limits)
{
    for (int limit = 0; limit < TA_LIMIT_COUNT; limit++)
        if (limits & 1u << limit)
            add_string(tree, tvb, hf, ta_limit_slug(limit));
}

static void show_evidence(proto_tree *tree, tvbuff_t *tvb, const struct verdict_record *record)
{
    const struct ta_verdict *v = &record->verdict;
    bool silent = v->evidence.facts & TA_F(SILENCE);
    if (!silent)
        show_effect(tree, tvb, record);
    add_frame(tree, tvb, hf_fin_frame, v->evidence.fin_frame);
    add_frame(tree, tvb, hf_data_frame, v->data_frame);
    add_frame(tree, tvb, hf_trigger_frame, v->evidence.trigger_frame);
    add_frame(tree, tvb, hf_icmp_frame, v->evidence.icmp_frame);
    if (!silent)
        add_frame(tree, tvb, hf_rst_frame, v->evidence.frame);
    add_time(tree, tvb, hf_fin_to_rst, v->evidence.fin_to_rst);
    add_time(tree, tvb, hf_idle, v->evidence.idle);
    add_limits(tree, tvb, hf_limit, v->evidence.limits);
}

/* The stack a summary names first decides how sure the verdict is. */
static enum ta_stack headline_stack(const struct ta_verdict *v)
{
    return pref_stack == TA_STACK_AUTO ? ta_headline_stack(v) : (enum ta_stack)pref_stack;
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

enum ta_certainty show_certainty(const struct ta_verdict *v)
{
    return ta_certainty(v, headline_stack(v));
}

enum ta_capture_point show_capture_point(const struct ta_verdict *v)
{
    return pref_point == TA_POINT_UNKNOWN ? ta_capture_point(v->evidence.ttl) : (enum ta_capture_point)pref_point;
}

/* Whether the item itself is shown or asked for, and not only something below it. */
static bool wants_item(proto_tree *tree)
{
    const header_field_info *info = proto_registrar_get_nth((unsigned)proto_tcpabort);

    return PTREE_DATA(tree)->visible || !PTREE_DATA(tree)->fake_protocols || info->ref_type > HF_REF_TYPE_INDIRECT;
}

/* Whether anybody reads the summary: to make it takes most of what a verdict costs. */
static bool wants_summary(proto_tree *tree)
{
    return wants_item(tree) || proto_field_is_referenced(tree, hf_summary) || experts_want_text(tree);
}

static void add_hints(proto_tree *tree, tvbuff_t *tvb, const struct ta_verdict *v)
{
    char text[TA_HINT_SIZE];

    for (unsigned i = 0; proto_field_is_referenced(tree, hf_context) && i < v->hint_count; i++) {
        ta_hint_text(text, sizeof text, v, i);
        add_string(tree, tvb, hf_context, text);
    }
}

/* Who really sent the RST, as far as the packets up to the end of the capture tell. */
static void show_origin(proto_tree *tree, tvbuff_t *tvb, const struct ta_connection *connection, const struct ta_verdict *v)
{
    char text[TA_SIGN_SIZE];

    if (!proto_field_is_referenced(tree, hf_origin) && !proto_field_is_referenced(tree, hf_sign))
        return;
    unsigned signs = ta_signs(connection, v);
    add_string(tree, tvb, hf_origin, ta_origin_slug(ta_origin(connection, v)));
    for (int sign = 0; sign < TA_SIGN_COUNT; sign++)
        if (signs & 1u << sign) {
            ta_sign_text(text, sizeof text, connection, v, (enum ta_sign)sign);
            add_string(tree, tvb, hf_sign, text);
        }
}

/* `summary`: NULL when nobody reads it. */
static void show_verdict(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo, proto_item *top,
                         const struct verdict_record *record, const char *summary)
{
    const struct ta_verdict *v = &record->verdict;

    if (v->kind != TA_KIND_NONE) {
        add_string(tree, tvb, hf_kind, ta_kind_slug(v->kind));
        if (summary)
            add_string(tree, tvb, hf_summary, summary);
        add_string(tree, tvb, hf_advice, ta_advice(v));
        add_hints(tree, tvb, v);
        add_string(tree, tvb, hf_aborted_by, ta_blamed(v));
        add_string(tree, tvb, hf_harm, ta_harm_slug(v->harm));
        add_string(tree, tvb, hf_certainty, ta_certainty_slug(show_certainty(v)));
        add_uint(tree, tvb, hf_bytes_after_fin, v->evidence.bytes_after_fin);
        add_string(tree, tvb, hf_capture_point, ta_capture_point_slug(show_capture_point(v)));
        experts_show(pinfo, top, v, summary);
    }
    add_string(tree, tvb, hf_rule, ta_rule_text(v));
    show_evidence(tree, tvb, record);
    if (PINFO_FD_VISITED(pinfo))
        add_frame(tree, tvb, hf_overruled, record->overruled);
}

/* How the stream ends, with the way from every other frame to the one that decides. */
static void show_stream_end(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo, proto_item *top, const struct stream *stream)
{
    struct verdict_record room;
    const struct ta_verdict *v = store_end(stream, &room) ? &room.verdict : NULL;
    const char *kind = ta_kind_slug(store_kind(stream));

    add_string(tree, tvb, hf_stream_kind, kind);
    add_string(tree, tvb, hf_stream_aborted_by, v ? ta_stream_blamed(follow(stream), v) : "nobody");
    if (v)
        add_frame(tree, tvb, hf_stream_frame, v->evidence.frame);
    add_limits(tree, tvb, hf_stream_limit, store_limits(stream));
    labels_show(tvb, tree, stream);
    if (store_has_reset(pinfo->num) || (v && v->evidence.frame == pinfo->num))
        return; /* the item's line tells that one */
    proto_item_append_text(top, "%s stream %s", pref_show_states ? "," : ":", kind);
    if (v)
        proto_item_append_text(top, " in frame %u", v->evidence.frame);
}

static bool wants_states(proto_tree *tree)
{
    return pref_show_states && (proto_field_is_referenced(tree, hf_end[TA_CLIENT].state)
                                || proto_field_is_referenced(tree, hf_end[TA_SERVER].state));
}

static bool wants_stream_end(proto_tree *tree)
{
    const int told[] = { hf_stream_kind, hf_stream_aborted_by, hf_stream_frame, hf_stream_limit };

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
    proto_item *top = proto_tree_add_item(tree, proto_tcpabort, tvb, 0, 0, ENC_NA);
    proto_tree *branch = proto_item_add_subtree(top, ett_tcpabort);

    proto_item_set_generated(top);
    if (states || end)
        proto_item_set_text(top, "TCP abort");
    if (states) {
        const struct states now = store_states(stream, pinfo->num);
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
    const struct states now = store_states(stream, pinfo->num);
    proto_item *top = proto_tree_add_item(tree, proto_tcpabort, tvb, 0, 0, ENC_NA);
    proto_tree *branch = proto_item_add_subtree(top, ett_tcpabort);
    char room[TA_SUMMARY_SIZE], *summary = wants_summary(tree) ? room : NULL;

    proto_item_set_generated(top);
    if (summary) {
        ta_summary(summary, sizeof room, v, (unsigned)pref_stack, record->diagnostic);
        proto_item_set_text(top, "TCP abort: %.*s", headline_length(summary), summary);
    }
    show_verdict(branch, tvb, pinfo, top, record, summary);
    if (PINFO_FD_VISITED(pinfo) && !(v->evidence.facts & TA_F(SILENCE)))
        show_origin(branch, tvb, follow(stream), v);
    for (int end = 0; end < TA_ENDS; end++)
        show_end(branch, tvb, end, now, v);
    if (PINFO_FD_VISITED(pinfo))
        show_stream_end(branch, tvb, pinfo, top, stream);
}

void show_stream(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct stream *stream)
{
    struct verdict_record room;
    const struct verdict_record *v = store_verdict(stream, pinfo->num, &room);

    /* A later visit knows what followed: nothing. */
    if (!v && PINFO_FD_VISITED(pinfo) && store_silence(stream, pinfo->num, &room))
        v = &room;
    if (!proto_field_is_referenced(tree, proto_tcpabort)) {
        if (v)
            experts_note(pinfo, v);
    } else if (v) {
        show_judged(tvb, pinfo, tree, stream, v);
    } else {
        show_ordinary(tvb, pinfo, tree, stream);
    }
}
