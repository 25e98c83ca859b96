/* Ladder diagrams; see ladder.h.
 *
 * Shown are each end's first SYN and first FIN up to the frame that decides, and the frames that the verdict names.
 * All others of the stream are counted in gaps.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ladder.h"

#include <inttypes.h>
#include <string.h>

#include <epan/to_str.h>

#include "markup.h"
#include "seq.h"

/* In units of the drawing: about a pixel each. */
enum {
    WIDTH = 560, LEFT = 166, RIGHT = 466, MIDDLE = (LEFT + RIGHT) / 2, HEAD = 56, STEP = 46, GAP = 28, FOOT = 24,
    LONG_ADDRESS = 32, /* characters that no longer fit centred above a line */
};

enum { STEPS_MAX = 9 }; /* two SYNs, two FINs, five frames of a verdict */

struct step {
    const struct ta_segment *segment;
    unsigned hidden;       /* segments since the step before */
    uint32_t hidden_frame; /* the last one's */
};

struct ladder {
    const struct report_stream *found;
    wmem_allocator_t *scope;
    struct step steps[STEPS_MAX];
    unsigned count, trailing; /* trailing: segments after the last step */
    uint32_t trailing_frame;
    bool any_shown;
    struct states shown; /* the states last written */
    int y;
};

/* The verdict's own frames. */
static bool is_evidence(const struct ta_verdict *v, uint32_t frame)
{
    return frame == v->evidence.frame || frame == v->evidence.fin_frame || frame == v->data_frame || frame == v->evidence.trigger_frame
           || frame == v->evidence.icmp_frame;
}

static void pick_steps(struct ladder *ladder)
{
    const struct stream *stream = ladder->found->stream;
    const struct ta_verdict *v = ladder->found->verdict;
    wmem_array_t *segments = segments_of(stream->number);
    unsigned kept = segments ? wmem_array_get_count(segments) : 0, sent[TA_ENDS] = { 0 };
    uint32_t last = 0, before = 0;

    for (unsigned i = 0; i < kept; i++) {
        const struct ta_segment *segment = (const struct ta_segment *)wmem_array_index(segments, i);
        bool first = segment->flags & (TA_SYN | TA_FIN) & ~sent[segment->from] && segment->frame <= v->evidence.frame;
        sent[segment->from] |= segment->flags;
        if ((first || is_evidence(v, segment->frame)) && segment->frame != last && ladder->count < STEPS_MAX) {
            ladder->steps[ladder->count++] = (struct step){ segment, ladder->trailing, ladder->trailing_frame };
            ladder->trailing = 0;
            last = segment->frame;
        } else if (segment->frame != before) {
            ladder->trailing++;
            ladder->trailing_frame = segment->frame;
        }
        before = segment->frame;
    }
}

static const char *seconds_text(wmem_allocator_t *scope, int64_t nanoseconds)
{
    const char *sign = nanoseconds < 0 ? "-" : "";
    int64_t micro = (nanoseconds < 0 ? -nanoseconds : nanoseconds) / 1000, seconds = micro / 1000000;

    /* There is room for ten characters. */
    if (seconds < 1000)
        return wmem_strdup_printf(scope, "%s%" PRId64 ".%06" PRId64, sign, seconds, micro % 1000000);
    if (seconds < 100000)
        return wmem_strdup_printf(scope, "%s%" PRId64 ".%03" PRId64, sign, seconds, micro % 1000000 / 1000);
    return wmem_strdup_printf(scope, "%s%" PRId64, sign, seconds);
}

static bool is_icmp(const struct ladder *ladder, const struct ta_segment *segment)
{
    return segment->frame == ladder->found->verdict->evidence.icmp_frame;
}

/* "FIN, ACK, 20 bytes", or what the ICMP error says. */
static const char *content_text(const struct ladder *ladder, const struct ta_segment *segment)
{
    static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" };
    wmem_strbuf_t *text = wmem_strbuf_new(ladder->scope, "");

    if (is_icmp(ladder, segment))
        return wmem_strdup_printf(ladder->scope, "ICMP error: %s", ta_icmp_title(ladder->found->verdict->evidence.icmp));
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        if (segment->flags & 1u << i)
            wmem_strbuf_append_printf(text, "%s%s", text->len ? ", " : "", names[i]);
    if (segment->flags == 0)
        wmem_strbuf_append(text, "no flags");
    if (segment->len)
        wmem_strbuf_append_printf(text, ", %u byte%s", segment->len, segment->len == 1 ? "" : "s");
    return wmem_strbuf_finalize(text);
}

/* Why the frame decides, for the reader of the diagram. */
static const char *decision_text(const struct ta_verdict *v)
{
    if (v->kind == TA_KIND_UNREACHABLE)
        return "the attempt ends here";
    if (v->kind == TA_KIND_HALF_CLOSED)
        return "no FIN came back";
    if (v->evidence.facts & TA_F(SILENCE))
        return "last try: no answer was captured";
    return v->evidence.facts & TA_F(GAVE_UP) ? "gives up" : "this reset decides";
}

static const char *note_text(const struct ladder *ladder, const struct ta_segment *segment)
{
    const struct ta_verdict *v = ladder->found->verdict;
    uint32_t frame = segment->frame, unacked = v->evidence.unacked_bytes[segment->from];
    wmem_strbuf_t *text = wmem_strbuf_new(ladder->scope, "");
#define ADD(...) (wmem_strbuf_append(text, text->len ? "; " : ""), wmem_strbuf_append_printf(text, __VA_ARGS__))

    if (segment->flags & TA_FIN)
        ADD("closes its side");
    if (frame == v->data_frame && unacked > 0)
        ADD("%s%u byte%s never ACKed", unacked > segment->len ? "first of " : "", unacked, unacked == 1 ? "" : "s");
    else if (frame == v->data_frame && v->harm == TA_HARM_POSSIBLE)
        ADD("perhaps not read");
    if (frame == v->evidence.trigger_frame)
        ADD("reset answers this");
    if (frame == v->evidence.frame)
        ADD("%s", decision_text(v));
#undef ADD
    return wmem_strbuf_finalize(text);
}

/* Who gave up had no answer to this, as far as the capture shows. */
static bool is_unanswered(const struct ladder *ladder, const struct ta_segment *segment)
{
    return !is_icmp(ladder, segment) && ta_is_unanswered(answer_connection(ladder->found->stream), ladder->found->verdict, segment);
}

/* Both states beside the lines, in bold where they are new. */
static void put_states(FILE *out, struct ladder *ladder, uint32_t frame, int y)
{
    struct states now = answer_states(ladder->found->stream, frame);

    for (int end = 0; end < TA_ENDS; end++) {
        bool changed = !ladder->any_shown || ladder->shown.of[end] != now.of[end];
        markup(out, "<text class=\"state %s%s\" x=\"%d\" y=\"%d\">%s</text>", ta_end_slug(end), changed ? " changed" : "",
               end == TA_CLIENT ? LEFT - 8 : RIGHT + 8, y, ta_state_name((enum ta_state)now.of[end]));
    }
    ladder->shown = now;
    ladder->any_shown = true;
}

/* Begins a row and draws its part of both lines. */
static void begin_row(FILE *out, struct ladder *ladder, const char *style, int height)
{
    markup(out, "<g class=\"%s\" transform=\"translate(0 %d)\">", style, ladder->y);
    if (strstr(style, "decides"))
        markup(out, "<rect width=\"%d\" height=\"%d\" rx=\"4\"/>", WIDTH, height);
    markup(out, "<path class=\"line\" d=\"M%d 0v%dM%d 0v%d\"/>", LEFT, height, RIGHT, height);
    ladder->y += height;
}

static void draw_gap(FILE *out, struct ladder *ladder, unsigned hidden, uint32_t last_frame)
{
    if (hidden == 0)
        return;
    struct states now = answer_states(ladder->found->stream, last_frame);
    begin_row(out, ladder, "gap", GAP);
    markup(out, "<text class=\"note\" x=\"%d\" y=\"%d\">%u frame%s not shown</text>", MIDDLE, GAP / 2 + 4, hidden, hidden == 1 ? "" : "s");
    if (!ladder->any_shown || memcmp(&now, &ladder->shown, sizeof now) != 0)
        put_states(out, ladder, last_frame, GAP / 2 + 4);
    markup(out, "</g>\n");
}

static void draw_arrow(FILE *out, const struct ladder *ladder, const struct ta_segment *segment)
{
    enum { Y = 24, SPACE = 4 };
    int right = segment->from == TA_CLIENT ? 1 : -1; /* the direction it points to */
    int from = segment->from == TA_CLIENT ? LEFT : RIGHT, to = LEFT + RIGHT - from;

    if (is_icmp(ladder, segment)) {
        from = MIDDLE;
        markup(out, "<circle cx=\"%d\" cy=\"%d\" r=\"4\"/>", from, Y);
    }
    if (is_unanswered(ladder, segment)) {
        to -= right * 40;
        markup(out, "<text class=\"label\" x=\"%d\" y=\"%d\">?</text>", to + right * 12, Y + 4);
    } else {
        to -= right * SPACE;
    }
    markup(out, "<path d=\"M%d %dH%d\"/><path class=\"tip\" d=\"M%d %dl%d 5 %d 5\"/>", from + right * SPACE, Y, to, to - 9 * right,
           Y - 5, 9 * right, -9 * right);
}

static void draw_step(FILE *out, struct ladder *ladder, const struct step *step)
{
    const struct ta_segment *segment = step->segment;
    const char *note = note_text(ladder, segment);
    bool decides = segment->frame == ladder->found->verdict->evidence.frame, unanswered = is_unanswered(ladder, segment);

    draw_gap(out, ladder, step->hidden, step->hidden_frame);
    begin_row(out, ladder, decides && unanswered ? "decides unanswered" : decides ? "decides" : unanswered ? "unanswered" : "step", STEP);
    markup(out, "<text class=\"time\" x=\"4\" y=\"28\">%s</text>",
           seconds_text(ladder->scope, segment->time - ladder->found->stream->first_time));
    draw_arrow(out, ladder, segment);
    markup(out, "<text class=\"label\" x=\"%d\" y=\"17\">%u: %s</text>", MIDDLE, segment->frame, content_text(ladder, segment));
    if (*note)
        markup(out, "<text class=\"note\" x=\"%d\" y=\"39\">%s</text>", MIDDLE, note);
    put_states(out, ladder, segment->frame, 28);
    markup(out, "</g>\n");
}

static void draw_head(FILE *out, const struct ladder *ladder)
{
    for (int end = 0; end < TA_ENDS; end++) {
        const struct endpoint endpoint = stream_endpoint(ladder->found->stream, end);
        address bytes;
        endpoint_address(&endpoint, &bytes);
        const char *host = bytes.type == AT_NONE ? "no IP address" : address_to_str(ladder->scope, &bytes);
        bool long_host = strlen(host) > LONG_ADDRESS;
        int x = !long_host ? (end == TA_CLIENT ? LEFT : RIGHT) : end == TA_CLIENT ? MIDDLE - 8 : WIDTH - 4;
        markup(out, "<g class=\"head%s\"><text x=\"%d\" y=\"14\">%s, port %u</text><text x=\"%d\" y=\"32\">%s</text></g>",
               long_host ? " long" : "", x, end == TA_CLIENT ? "Client" : "Server", endpoint.port, x, host);
    }
    markup(out, "<path class=\"line\" d=\"M%d 40v16M%d 40v16\"/>\n", LEFT, RIGHT);
}

/* The same in words, for who cannot see it. */
static void put_description(FILE *out, const struct ladder *ladder)
{
    for (unsigned i = 0; i < ladder->count; i++) {
        const struct ta_segment *segment = ladder->steps[i].segment;
        struct states now = answer_states(ladder->found->stream, segment->frame);
        const char *note = note_text(ladder, segment);
        markup(out, "Frame %u, from %s: %s%s%s", segment->frame,
               is_icmp(ladder, segment) ? "the network" : ta_end_slug(segment->from), content_text(ladder, segment),
               *note ? "; " : "", note);
        markup(out, "; client %s, server %s.\n", ta_state_name((enum ta_state)now.of[TA_CLIENT]),
               ta_state_name((enum ta_state)now.of[TA_SERVER]));
    }
}

void ladder_draw(FILE *out, wmem_allocator_t *scope, const struct report_stream *found)
{
    struct ladder ladder = { .found = found, .scope = scope, .y = HEAD };
    const struct ta_verdict *v = found->verdict;
    int height = HEAD + (v->evidence.facts & TA_F(SILENCE) ? FOOT : 4);

    pick_steps(&ladder);
    for (unsigned i = 0; i < ladder.count; i++)
        height += STEP + (ladder.steps[i].hidden ? GAP : 0);
    height += ladder.trailing ? GAP : 0;
    markup(out, "<svg role=\"img\" viewBox=\"0 0 %d %d\"><title>Frames that made the verdict on stream %u</title>\n<desc>", WIDTH, height,
           found->stream->number);
    put_description(out, &ladder);
    markup(out, "</desc>\n");
    draw_head(out, &ladder);
    for (unsigned i = 0; i < ladder.count; i++)
        draw_step(out, &ladder, &ladder.steps[i]);
    draw_gap(out, &ladder, ladder.trailing, ladder.trailing_frame);
    if (v->evidence.facts & TA_F(SILENCE))
        markup(out, "<text class=\"note\" x=\"%d\" y=\"%d\">the capture ends %s s after frame %u</text>\n", MIDDLE, height - 8,
               seconds_text(scope, capture_now() - v->evidence.time), v->evidence.frame);
    markup(out, "</svg>\n");
}
