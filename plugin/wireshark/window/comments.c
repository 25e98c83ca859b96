/* tshark -q -z tcpabort,comments,FILE: what `tools/tcpabort annotate` writes into a copy of the capture.
 *
 * One line a comment, OFFSET<TAB>FRAME<TAB>TEXT, by ascending offset: where the packet's block begins in the file
 * (of a compressed one: in what it holds), its number, and the verdict as text. pcapng alone has blocks; in other
 * formats the offset is of no use.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "window/reports.h"

#include <inttypes.h>

#include <epan/packet.h>

#include "answer/answers.h"
#include "keep/verdicts.h"

struct comment {
    const struct stream *stream;
    uint32_t frame;
};

struct comments {
    wmem_array_t *offsets; /* int64_t by frame number */
    wmem_array_t *list;    /* of struct comment; on silence they come last, when all frames were read */
};

static void packet(struct statistic *statistic, packet_info *pinfo, const struct stream *stream)
{
    struct comments *comments = (struct comments *)statistic->data;
    const struct comment comment = { stream, pinfo->num };
    struct verdict_record room;
    const int64_t none = -1;

    if (!comments) {
        statistic->data = comments = g_new(struct comments, 1);
        comments->offsets = wmem_array_new(wmem_file_scope(), sizeof none);
        comments->list = wmem_array_new(wmem_file_scope(), sizeof comment);
    }
    while (wmem_array_get_count(comments->offsets) <= pinfo->num)
        wmem_array_append_one(comments->offsets, none);
    *(int64_t *)wmem_array_index(comments->offsets, pinfo->num) = pinfo->fd->file_off;
    if (answer_verdict(stream, pinfo->num, &room) && room.verdict.kind != TA_KIND_NONE)
        wmem_array_append_one(comments->list, comment);
}

/* The verdicts on silence, which are known only now. */
static void add_silence(const struct statistic *statistic, wmem_array_t *list)
{
    const struct stream *stream;

    for (uint32_t next = 0; (stream = statistic_next(statistic, &next)) != NULL;) {
        const struct ta_verdict *v = reports_connection(stream)->verdict;
        if (v && v->evidence.facts & TA_F(SILENCE)) {
            const struct comment silence = { stream, v->evidence.frame };
            wmem_array_append_one(list, silence);
        }
    }
}

static int by_frame(const void *a, const void *b)
{
    uint32_t x = ((const struct comment *)a)->frame, y = ((const struct comment *)b)->frame;
    return x < y ? -1 : x > y;
}

/* Where the frame's block begins, -1 for a frame that a read filter dropped. */
static int64_t offset_of(const struct comments *comments, uint32_t frame)
{
    if (frame >= wmem_array_get_count(comments->offsets))
        return -1;
    return *(const int64_t *)wmem_array_index(comments->offsets, frame);
}

static void print(FILE *out, struct statistic *statistic)
{
    const struct comments *comments = (const struct comments *)statistic->data;
    const struct report_options options = reports_options();

    if (!comments)
        return;
    GStringChunk *scope = g_string_chunk_new(4096);
    add_silence(statistic, comments->list);
    wmem_array_sort(comments->list, by_frame);
    for (unsigned i = 0; i < wmem_array_get_count(comments->list); i++) {
        const struct comment *comment = (const struct comment *)wmem_array_index(comments->list, i);
        const struct report_connection *reset = reports_reset(comment->stream, comment->frame);
        int64_t offset = offset_of(comments, comment->frame);
        if (offset >= 0)
            fprintf(out, "%" PRId64 "\t%" PRIu32 "\t%s\n", offset, comment->frame,
                    report_comment_text(scope, &options, reset ? reset : reports_connection(comment->stream)));
        g_string_chunk_clear(scope);
    }
    g_string_chunk_free(scope);
}

const struct statistic_kind statistic_comments = { .name = "tcpabort,comments", .to_file = true, .packet = packet, .print = print };
