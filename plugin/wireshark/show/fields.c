/* Registers the fields; see fields.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "show/fields.h"

struct field_ids fields;

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
static hf_register_info list[] = {
    { &fields.kind, { "Kind", "tcpabort.kind", FT_STRING, BASE_NONE, NULL, 0,
      "How the connection ended, on the frame that decides: fin_rst, rst, refused ...", HFILL } },
    { &fields.summary, { "Summary", "tcpabort.summary", FT_STRING, BASE_NONE, NULL, 0,
      "The verdict in one sentence", HFILL } },
    { &fields.advice, { "Advice", "tcpabort.advice", FT_STRING, BASE_NONE, NULL, 0,
      "What to look at or change next", HFILL } },
    { &fields.aborted_by, { "Aborted by", "tcpabort.aborted_by", FT_STRING, BASE_NONE, NULL, 0,
      "client or server: who sent the RST; nobody when it ended nothing", HFILL } },
    { &fields.harm, { "Harm", "tcpabort.harm", FT_STRING, BASE_NONE, NULL, 0,
      "lost: payload was never ACKed; possible: payload may not have been read; none", HFILL } },
    { &fields.certainty, { "Certainty", "tcpabort.certainty", FT_STRING, BASE_NONE, NULL, 0,
      "high, medium or low: the weakest of evidence, inference and the capture's limits", HFILL } },
    { &fields.effect, { "Effect of the RST", "tcpabort.rst.effect", FT_STRING, BASE_NONE, NULL, 0,
      "reset, challenged, ignored, duplicate or unknown: what its receiver does", HFILL } },
    { &fields.shape, { "Shape of the RST", "tcpabort.rst.shape", FT_STRING, BASE_NONE, NULL, 0,
      "reply: built from the segment it answers; active: RST+ACK at the sender's SND.NXT; other", HFILL } },
    { &fields.cause, { "Cause of the RST", "tcpabort.rst.cause", FT_STRING, BASE_NONE, NULL, 0,
      "Why it was sent, as far as the headers carry it", HFILL } },
    { &fields.diagnostic, { "The RST says", "tcpabort.rst.diagnostic", FT_STRING, BASE_NONE, NULL, 0,
      "What its sender wrote into it of the cause: text, IETF or MPTCP code, a NetScaler's window", HFILL } },
    { &fields.origin, { "Origin of the RST", "tcpabort.rst.origin", FT_STRING, BASE_NONE, NULL, 0,
      "endpoint, network or undecided: whether the end whose address it bears sent it; on later visits only", HFILL } },
    { &fields.sign, { "Sign", "tcpabort.rst.sign", FT_STRING, BASE_NONE, NULL, 0,
      "What speaks for or against that end, with figures and frames; on later visits only", HFILL } },
    { &fields.fin_frame, { "FIN in frame", "tcpabort.fin_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The aborter's FIN, else the other end's", HFILL } },
    { &fields.data_frame, { "Data in frame", "tcpabort.data_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The payload that is lost or perhaps unread", HFILL } },
    { &fields.trigger_frame, { "RST answers frame", "tcpabort.trigger_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The segment that provoked the RST", HFILL } },
    { &fields.rst_frame, { "RST in frame", "tcpabort.rst_frame", FT_FRAMENUM, BASE_NONE, NULL, 0, NULL, HFILL } },
    { &fields.icmp_frame, { "ICMP error in frame", "tcpabort.icmp_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The ICMP error whose errno the end that gave up gets in place of a time-out", HFILL } },
    { &fields.fin_to_rst, { "Time from FIN to RST", "tcpabort.fin_to_rst", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      NULL, HFILL } },
    { &fields.idle, { "Idle before", "tcpabort.idle", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      "Time since the stream's previous segment", HFILL } },
    { &fields.bytes_after_fin, { "Bytes after the FIN", "tcpabort.bytes_after_fin", FT_UINT32, BASE_DEC, NULL, 0,
      "Payload the victim sent that acknowledges the aborter's FIN", HFILL } },
    { &fields.capture_point, { "Capture point", "tcpabort.capture_point", FT_STRING, BASE_NONE, NULL, 0,
      "client, server, middle or unknown: where an initial TTL is still untouched", HFILL } },
    { &fields.limit, { "Limit", "tcpabort.limit", FT_STRING, BASE_NONE, NULL, 0,
      "What the capture cannot show: late_start, early_end, one_way, truncated, duplicates, loss, time_backwards", HFILL } },
    { &fields.context, { "Context", "tcpabort.context", FT_STRING, BASE_NONE, NULL, 0,
      "What the application was doing: the HTTP request and answer, TLS alerts, idle time; a hint each", HFILL } },
    { &fields.rule, { "Rule", "tcpabort.rule", FT_STRING, BASE_NONE, NULL, 0,
      "The row of the rule table that decided", HFILL } },
    { &fields.overruled, { "Overruled by frame", "tcpabort.overruled", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "A later frame that shows this RST had no effect; on later visits only", HFILL } },
    { &fields.stream_kind, { "Stream", "tcpabort.stream.kind", FT_STRING, BASE_NONE, NULL, 0,
      "How this frame's stream ended; on later visits only", HFILL } },
    { &fields.stream_aborted_by, { "Stream aborted by", "tcpabort.stream.aborted_by", FT_STRING, BASE_NONE, NULL, 0,
      "Who ended this frame's stream; on later visits only", HFILL } },
    { &fields.stream_frame, { "Stream decided in frame", "tcpabort.stream.frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The frame whose verdict is the stream's; on later visits only", HFILL } },
    { &fields.stream_limit, { "Stream limit", "tcpabort.stream.limit", FT_STRING, BASE_NONE, NULL, 0,
      "What the capture cannot show of this frame's stream; on later visits only", HFILL } },
};
/* clang-format on */

static void register_field(int protocol, int *id, const char *name, char *abbrev, enum ftenum type, const value_string *names,
                           const char *blurb)
{
    hf_register_info *field = wmem_new(wmem_epan_scope(), hf_register_info);
    *field = (hf_register_info){
        id, { name, abbrev, type, type == FT_STRING ? BASE_NONE : BASE_DEC, names ? VALS(names) : NULL, 0, blurb, HFILL }
    };
    proto_register_field_array(protocol, field, 1);
}

/* tcpabort.client.* and tcpabort.server.*, one list for both ends. */
static void register_end_fields(int protocol, int end)
{
    static const char *const calls[CALLS] = { "recv", "send" };
    struct end_fields *hf = &fields.end[end];
    wmem_allocator_t *scope = wmem_epan_scope();
    const char *slug = ta_end_slug(end);
#define ABBREV(leaf) wmem_strdup_printf(scope, "tcpabort.%s." leaf, slug)

    register_field(protocol, &hf->state, end == TA_CLIENT ? "Client state" : "Server state", ABBREV("state"), FT_STRING, NULL, "TCP state after this packet, as netstat would show it");
    register_field(protocol, &hf->handle, "Socket", ABBREV("handle"), FT_STRING, NULL, "open, closed or unknown: whether an application still holds the socket");
    register_field(protocol, &hf->winsock, "Windows error", ABBREV("winsock"), FT_UINT32, winsock_names(), "Number of the first failing call on Windows, for an open socket");
    register_field(protocol, &hf->unacked, "Bytes never ACKed", ABBREV("unacked_bytes"), FT_UINT32, NULL, "Payload this end sent that no ACK covers");
    register_field(protocol, &hf->unread, "Bytes possibly unread", ABBREV("unread_bytes"), FT_UINT32, NULL, "Upper bound: payload this end ACKed since it last sent payload or FIN");
    for (int stack = 0; stack < TA_STACK_COUNT; stack++)
        for (int call = 0; call < CALLS; call++)
            register_field(protocol, &hf->result[stack][call],
                           wmem_strdup_printf(scope, "%s on %s", calls[call], ta_stack_name(stack)),
                           wmem_strdup_printf(scope, "tcpabort.%s.%s.%s", slug, ta_stack_slug(stack), calls[call]),
                           FT_STRING, NULL, "Result of this call when it is the first one after the event");
#undef ABBREV
}

void fields_register(int protocol)
{
    proto_register_field_array(protocol, list, array_length(list));
    for (int end = 0; end < TA_ENDS; end++)
        register_end_fields(protocol, end);
}

void field_add_string(proto_tree *tree, tvbuff_t *tvb, int hf, const char *value)
{
    proto_item_set_generated(proto_tree_add_string(tree, hf, tvb, 0, 0, value));
}

void field_add_uint(proto_tree *tree, tvbuff_t *tvb, int hf, uint32_t value)
{
    proto_item_set_generated(proto_tree_add_uint(tree, hf, tvb, 0, 0, value));
}

void field_add_frame(proto_tree *tree, tvbuff_t *tvb, int hf, uint32_t frame)
{
    if (frame != 0)
        field_add_uint(tree, tvb, hf, frame);
}

void field_add_time(proto_tree *tree, tvbuff_t *tvb, int hf, int64_t nanoseconds)
{
    nstime_t time = { (time_t)(nanoseconds / 1000000000), (int)(nanoseconds % 1000000000) };
    if (nanoseconds >= 0)
        proto_item_set_generated(proto_tree_add_time(tree, hf, tvb, 0, 0, &time));
}
