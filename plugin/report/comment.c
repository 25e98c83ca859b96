/* tshark -q -z tcpabort,comments,FILE: what `tools/tcpabort annotate` writes into a copy of the capture.
 *
 * One line a comment, OFFSET<TAB>FRAME<TAB>TEXT, by ascending offset: where the packet's block begins in the file
 * (of a compressed one: in what it holds), its number, and the verdict as text. pcapng alone has blocks; in other
 * formats the offset is of no use.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "report.h"

struct comment {
    const struct stream *stream;
    uint32_t frame;
};

struct comments {
    wmem_array_t *offsets; /* int64_t by frame number */
    wmem_array_t *list;    /* of struct comment; on silence they come last, when all frames were read */
};

static const char *evidence_text(wmem_allocator_t *scope, const struct ta_verdict *v)
{
    const struct {
        const char *name;
        uint32_t frame;
    } evidence[] = {
        { "FIN", v->evidence.fin_frame },
        { "data", v->data_frame },
        { "answered segment", v->evidence.trigger_frame == v->data_frame ? 0 : v->evidence.trigger_frame },
        { "ICMP error", v->evidence.icmp_frame },
    };
    wmem_strbuf_t *text = wmem_strbuf_new(scope, "");

    for (unsigned i = 0; i < G_N_ELEMENTS(evidence); i++)
        if (evidence[i].frame != 0 && evidence[i].frame != v->evidence.frame)
            wmem_strbuf_append_printf(text, "%s%s in frame %u", text->len ? ", " : " Evidence: ", evidence[i].name, evidence[i].frame);
    if (text->len)
        wmem_strbuf_append(text, ".");
    return wmem_strbuf_finalize(text);
}

static const char *context_text(wmem_allocator_t *scope, const struct ta_verdict *v)
{
    wmem_strbuf_t *text = wmem_strbuf_new(scope, "");

    for (unsigned i = 0; i < v->hint_count; i++)
        wmem_strbuf_append_printf(text, "%s%s", i > 0 ? "; " : " Context: ", report_hint_text(scope, v, i));
    if (text->len)
        wmem_strbuf_append(text, ".");
    return wmem_strbuf_finalize(text);
}

/* What says that something on the way sent the RST, if enough does. */
static const char *origin_text(wmem_allocator_t *scope, const struct ta_connection *connection, const struct ta_verdict *v)
{
    unsigned signs = ta_origin(connection, v) == TA_ORIGIN_NETWORK ? ta_signs(connection, v) : 0;
    wmem_strbuf_t *text = wmem_strbuf_new(scope, "");
    char sign_text[TA_SIGN_SIZE];

    for (int sign = 0; sign < TA_SIGN_COUNT; sign++)
        if (signs & 1u << sign) {
            ta_sign_text(sign_text, sizeof sign_text, connection, v, (enum ta_sign)sign);
            wmem_strbuf_append_printf(text, "%s%s", text->len ? "; " : " Signs of the reset's origin: ", sign_text);
        }
    if (text->len)
        wmem_strbuf_append(text, ".");
    return wmem_strbuf_finalize(text);
}

static const char *comment_text(wmem_allocator_t *scope, const struct stream *stream, const struct verdict_record *record)
{
    const struct ta_verdict *v = &record->verdict;
    const char *overruled = record->overruled ? wmem_strdup_printf(scope, " Overruled by frame %u.", record->overruled) : "";
    const char *other = answer_decides(stream, v) ? "" : wmem_strdup_printf(scope, " It did not decide the stream, whose kind is %s.", ta_kind_slug(answer_kind(stream)));

    return wmem_strdup_printf(scope, "tcpabort: %s: %s.%s%s%s%s%s %s TCP stream %u; harm: %s; certainty: %s.", ta_kind_slug((enum ta_kind)v->kind),
                              report_summary_text(scope, stream, record), overruled, other, evidence_text(scope, v), context_text(scope, v),
                              origin_text(scope, answer_connection(stream), v), ta_advice(v), stream->number, ta_harm_slug((enum ta_harm)v->harm), ta_certainty_slug(pref_certainty(v)));
}

static void packet(struct report *report, packet_info *pinfo, const struct stream *stream)
{
    struct comments *comments = (struct comments *)report->data;
    const struct comment comment = { stream, pinfo->num };
    struct verdict_record room;
    const int64_t none = -1;

    if (!comments) {
        report->data = comments = g_new(struct comments, 1);
        comments->offsets = wmem_array_new(wmem_file_scope(), sizeof none);
        comments->list = wmem_array_new(wmem_file_scope(), sizeof comment);
    }
    while (wmem_array_get_count(comments->offsets) <= pinfo->num)
        wmem_array_append_one(comments->offsets, none);
    *(int64_t *)wmem_array_index(comments->offsets, pinfo->num) = pinfo->fd->file_off;
    if (answer_verdict(stream, pinfo->num, &room) && room.verdict.kind != TA_KIND_NONE)
        wmem_array_append_one(comments->list, comment);
}

static int by_frame(const void *a, const void *b)
{
    uint32_t x = ((const struct comment *)a)->frame, y = ((const struct comment *)b)->frame;
    return x < y ? -1 : x > y;
}

/* On the RST in the frame, else on the silence. */
static const struct verdict_record *verdict_of(const struct comment *comment, struct verdict_record *room)
{
    const struct verdict_record *reset = answer_verdict(comment->stream, comment->frame, room);
    return reset ? reset : answer_end(comment->stream, room);
}

/* Where the frame's block begins, -1 for a frame that a read filter dropped. */
static int64_t offset_of(const struct comments *comments, uint32_t frame)
{
    if (frame >= wmem_array_get_count(comments->offsets))
        return -1;
    return *(const int64_t *)wmem_array_index(comments->offsets, frame);
}

/* The verdicts on resets, and those on silence, which are known only now. */
static void print(FILE *out, struct report *report)
{
    struct comments *comments = (struct comments *)report->data;
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct report_stream found;

    for (uint32_t next = 0; comments && report_next(report, &next, &found);) {
        struct comment silence = { found.stream, found.record.verdict.evidence.frame };
        if (found.verdict && found.verdict->evidence.facts & TA_F(SILENCE))
            wmem_array_append_one(comments->list, silence);
    }
    if (comments)
        wmem_array_sort(comments->list, by_frame);
    for (unsigned i = 0; comments && i < wmem_array_get_count(comments->list); i++) {
        const struct comment *comment = (const struct comment *)wmem_array_index(comments->list, i);
        int64_t offset = offset_of(comments, comment->frame);
        if (offset >= 0)
            fprintf(out, "%" PRId64 "\t%" PRIu32 "\t%s\n", offset, comment->frame, comment_text(scope, comment->stream, verdict_of(comment, &found.record)));
    }
    wmem_destroy_allocator(scope);
}

const struct report_kind report_comments = { .name = "tcpabort,comments", .to_file = true, .packet = packet, .print = print };
