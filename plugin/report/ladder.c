/* Ladder diagrams; see ladder.h.
 *
 * Shown are each end's first SYN and first FIN up to the frame that decides, and the frames that the verdict names.
 * All others of the connection are counted in gaps.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ladder.h"

#include <inttypes.h>
#include <string.h>

#include "format.h"
#include "markup.h"

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
    const struct report_connection *c;
    GStringChunk *scope;
    struct step steps[STEPS_MAX];
    unsigned count, trailing; /* trailing: segments after the last step */
    uint32_t trailing_frame;
    bool any_shown;
    enum ta_state shown[TA_ENDS]; /* the states last written */
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
    const struct ta_verdict *v = ladder->c->verdict;
    unsigned sent[TA_ENDS] = { 0 };
    uint32_t last = 0, before = 0;

    for (unsigned i = 0; i < ladder->c->segment_count; i++) {
        const struct ta_segment *segment = &ladder->c->segments[i];
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

/* In some ten characters: there is room for no more. */
static const char *seconds_text(GStringChunk *scope, int64_t nanoseconds)
{
    const char *sign = nanoseconds < 0 ? "-" : "";
    int64_t micro = (nanoseconds < 0 ? -nanoseconds : nanoseconds) / 1000, seconds = micro / 1000000;
    char text[24];

    if (seconds < 1000)
        g_snprintf(text, sizeof text, "%s%" PRId64 ".%06" PRId64, sign, seconds, micro % 1000000);
    else if (seconds < 100000)
        g_snprintf(text, sizeof text, "%s%" PRId64 ".%03" PRId64, sign, seconds, micro % 1000000 / 1000);
    else
        g_snprintf(text, sizeof text, "%s%" PRId64, sign, seconds);
    return g_string_chunk_insert(scope, text);
}

static bool is_icmp(const struct ladder *ladder, const struct ta_segment *segment)
{
    return segment->frame == ladder->c->verdict->evidence.icmp_frame;
}

/* "FIN, ACK, 20 bytes", or what the ICMP error says. */
static const char *content_text(const struct ladder *ladder, const struct ta_segment *segment)
{
    static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" };

    if (is_icmp(ladder, segment))
        return report_text(ladder->scope, "ICMP error: %s", ta_icmp_title(ladder->c->verdict->evidence.icmp));
    GString *text = g_string_new(NULL);
    for (int flag = -1; ta_next_in(segment->flags, &flag);)
        g_string_append_printf(text, "%s%s", text->len ? ", " : "", names[flag]);
    if (segment->flags == 0)
        g_string_append(text, "no flags");
    if (segment->len)
        g_string_append_printf(text, ", %u byte%s", segment->len, segment->len == 1 ? "" : "s");
    return report_keep_text(ladder->scope, text);
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
    return (v->evidence.facts & TA_F(GAVE_UP)) ? "gives up" : "this reset decides";
}

static const char *note_text(const struct ladder *ladder, const struct ta_segment *segment)
{
    const struct ta_verdict *v = ladder->c->verdict;
    uint32_t frame = segment->frame, unacked = v->evidence.unacked_bytes[segment->from];
    GString *text = g_string_new(NULL);
#define ADD(...) (g_string_append(text, text->len ? "; " : ""), g_string_append_printf(text, __VA_ARGS__))

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
    return report_keep_text(ladder->scope, text);
}

/* Who gave up had no answer to this, as far as the capture shows. */
static bool is_unanswered(const struct ladder *ladder, const struct ta_segment *segment)
{
    return !is_icmp(ladder, segment) && ta_is_unanswered(ladder->c->tcp, ladder->c->verdict, segment);
}

/* Both states beside the lines, in bold where they are new. */
static void put_states(GString *page, struct ladder *ladder, uint32_t frame, int y)
{
    enum ta_state now[TA_ENDS];
    ladder->c->find_states(ladder->c, frame, now);

    for (int end = 0; end < TA_ENDS; end++) {
        bool changed = !ladder->any_shown || ladder->shown[end] != now[end];
        markup(page, "<text class=\"state %s%s\" x=\"%d\" y=\"%d\">%s</text>", ta_end_slug(end), changed ? " changed" : "",
               end == TA_CLIENT ? LEFT - 8 : RIGHT + 8, y, ta_state_name(now[end]));
    }
    memcpy(ladder->shown, now, sizeof now);
    ladder->any_shown = true;
}

/* Begins a row and draws its part of both lines. */
static void begin_row(GString *page, struct ladder *ladder, const char *style, int height)
{
    markup(page, "<g class=\"%s\" transform=\"translate(0 %d)\">", style, ladder->y);
    if (strstr(style, "decides"))
        markup(page, "<rect width=\"%d\" height=\"%d\" rx=\"4\"/>", WIDTH, height);
    markup(page, "<path class=\"line\" d=\"M%d 0v%dM%d 0v%d\"/>", LEFT, height, RIGHT, height);
    ladder->y += height;
}

static void draw_gap(GString *page, struct ladder *ladder, unsigned hidden, uint32_t last_frame)
{
    if (hidden == 0)
        return;
    enum ta_state now[TA_ENDS];
    ladder->c->find_states(ladder->c, last_frame, now);
    begin_row(page, ladder, "gap", GAP);
    markup(page, "<text class=\"note\" x=\"%d\" y=\"%d\">%u frame%s not shown</text>", MIDDLE, GAP / 2 + 4, hidden, hidden == 1 ? "" : "s");
    if (!ladder->any_shown || memcmp(now, ladder->shown, sizeof now) != 0)
        put_states(page, ladder, last_frame, GAP / 2 + 4);
    markup(page, "</g>\n");
}

static void draw_arrow(GString *page, const struct ladder *ladder, const struct ta_segment *segment)
{
    enum { Y = 24, SPACE = 4 };
    int right = segment->from == TA_CLIENT ? 1 : -1; /* the direction it points to */
    int from = segment->from == TA_CLIENT ? LEFT : RIGHT, to = LEFT + RIGHT - from;

    if (is_icmp(ladder, segment)) {
        from = MIDDLE;
        markup(page, "<circle cx=\"%d\" cy=\"%d\" r=\"4\"/>", from, Y);
    }
    if (is_unanswered(ladder, segment)) {
        to -= right * 40;
        markup(page, "<text class=\"label\" x=\"%d\" y=\"%d\">?</text>", to + right * 12, Y + 4);
    } else {
        to -= right * SPACE;
    }
    markup(page, "<path d=\"M%d %dH%d\"/><path class=\"tip\" d=\"M%d %dl%d 5 %d 5\"/>", from + right * SPACE, Y, to, to - 9 * right,
           Y - 5, 9 * right, -9 * right);
}

static void draw_step(GString *page, struct ladder *ladder, const struct step *step)
{
    const struct ta_segment *segment = step->segment;
    const char *note = note_text(ladder, segment);
    bool decides = segment->frame == ladder->c->verdict->evidence.frame, unanswered = is_unanswered(ladder, segment);

    draw_gap(page, ladder, step->hidden, step->hidden_frame);
    begin_row(page, ladder, decides && unanswered ? "decides unanswered" : decides ? "decides" : unanswered ? "unanswered" : "step", STEP);
    markup(page, "<text class=\"time\" x=\"4\" y=\"28\">%s</text>",
           seconds_text(ladder->scope, segment->time - ladder->c->first_time));
    draw_arrow(page, ladder, segment);
    markup(page, "<text class=\"label\" x=\"%d\" y=\"17\">%u: %s</text>", MIDDLE, segment->frame, content_text(ladder, segment));
    if (*note)
        markup(page, "<text class=\"note\" x=\"%d\" y=\"39\">%s</text>", MIDDLE, note);
    put_states(page, ladder, segment->frame, 28);
    markup(page, "</g>\n");
}

static void draw_head(GString *page, const struct ladder *ladder)
{
    for (int end = 0; end < TA_ENDS; end++) {
        const struct report_end *at = &ladder->c->end[end];
        const char *host = at->ip_version ? at->address : "no IP address";
        bool long_host = strlen(host) > LONG_ADDRESS;
        int x = !long_host ? (end == TA_CLIENT ? LEFT : RIGHT) : end == TA_CLIENT ? MIDDLE - 8 : WIDTH - 4;
        markup(page, "<g class=\"head%s\"><text x=\"%d\" y=\"14\">%s, port %u</text><text x=\"%d\" y=\"32\">%s</text></g>",
               long_host ? " long" : "", x, end == TA_CLIENT ? "Client" : "Server", at->port, x, host);
    }
    markup(page, "<path class=\"line\" d=\"M%d 40v16M%d 40v16\"/>\n", LEFT, RIGHT);
}

/* The same in words, for who cannot see it. */
static void put_description(GString *page, const struct ladder *ladder)
{
    for (unsigned i = 0; i < ladder->count; i++) {
        const struct ta_segment *segment = ladder->steps[i].segment;
        enum ta_state now[TA_ENDS];
        const char *note = note_text(ladder, segment);
        ladder->c->find_states(ladder->c, segment->frame, now);
        markup(page, "Frame %u, from %s: %s%s%s", segment->frame,
               is_icmp(ladder, segment) ? "the network" : ta_end_slug(segment->from), content_text(ladder, segment),
               *note ? "; " : "", note);
        markup(page, "; client %s, server %s.\n", ta_state_name(now[TA_CLIENT]), ta_state_name(now[TA_SERVER]));
    }
}

void ladder_draw(GString *page, GStringChunk *scope, const struct report_connection *c)
{
    struct ladder ladder = { .c = c, .scope = scope, .y = HEAD };
    const struct ta_verdict *v = c->verdict;
    int height = HEAD + ((v->evidence.facts & TA_F(SILENCE)) ? FOOT : 4);

    pick_steps(&ladder);
    for (unsigned i = 0; i < ladder.count; i++)
        height += STEP + (ladder.steps[i].hidden ? GAP : 0);
    height += ladder.trailing ? GAP : 0;
    markup(page, "<svg role=\"img\" viewBox=\"0 0 %d %d\"><title>Frames that made the verdict on stream %u</title>\n<desc>", WIDTH, height,
           c->number);
    put_description(page, &ladder);
    markup(page, "</desc>\n");
    draw_head(page, &ladder);
    for (unsigned i = 0; i < ladder.count; i++)
        draw_step(page, &ladder, &ladder.steps[i]);
    draw_gap(page, &ladder, ladder.trailing, ladder.trailing_frame);
    if (v->evidence.facts & TA_F(SILENCE))
        markup(page, "<text class=\"note\" x=\"%d\" y=\"%d\">the capture ends %s s after frame %u</text>\n", MIDDLE, height - 8,
               seconds_text(scope, c->now - v->evidence.time), v->evidence.frame);
    markup(page, "</svg>\n");
}
