/* Feeds recordings to the core and watches what flow.h promises at every step; see judged.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "judged.h"

#include <string.h>

#include "seq.h"

static const char *broken_end(const struct ta_end *end)
{
    if (end->state >= TA_STATE_COUNT)
        return "a state that does not exist";
    if (!end->seq_known)
        return NULL;
    if (ta_seq_after(end->una, end->contiguous) || ta_seq_after(end->contiguous, end->nxt))
        return "una <= contiguous <= nxt does not hold";
    if (ta_unacked_bytes(end) > end->nxt - end->una)
        return "more un-ACKed bytes than una..nxt holds";
    return NULL;
}

static const char *broken_silence(const struct ta_flow *flow, int64_t now)
{
    struct ta_verdict silence;

    if (flow->reset_frame == 0 && ta_flow_silence(flow, now, &ta_default_policy, &silence)
        && silence.kind != ta_flow_kind(flow, now, &ta_default_policy))
        return "the verdict on the silence is not the stream's kind";
    return NULL;
}

static const char *broken_step(const struct ta_flow *flow, const struct player_frame *frame, unsigned step)
{
    bool is_reset = frame->icmp_type == 0 && frame->segment.flags & TA_RST;
    if (!!(step & TA_STEP_JUDGED) != is_reset)
        return "a RST and only a RST is judged";
    enum ta_kind kind = ta_flow_kind(flow, frame->segment.time, &ta_default_policy);
    if (kind == TA_KIND_NONE || kind == TA_KIND_IGNORED_RST || kind >= TA_KIND_COUNT)
        return "a stream's kind is never none or ignored_rst";
    for (int who = 0; who < TA_ENDS; who++) {
        const char *broken = broken_end(&flow->end[who]);
        if (broken)
            return broken;
    }
    return broken_silence(flow, frame->segment.time);
}

static const char *broken_verdict(const struct recording *recording, const struct ta_verdict *verdict)
{
    if (verdict->frame == 0 || verdict->frame > recording->count
        || verdict->time != recording->frame[verdict->frame - 1].segment.time)
        return "a verdict's time is not its frame's";
    if (verdict->kind >= TA_KIND_COUNT || verdict->effect >= TA_EFFECT_COUNT ||
        verdict->shape >= TA_SHAPE_COUNT || verdict->cause >= TA_CAUSE_COUNT ||
        verdict->harm >= TA_HARM_COUNT || verdict->rule >= ta_rule_count)
        return "a verdict holds a value its table does not have";
    if (verdict->kind != ta_rules[verdict->rule].kind)
        return "a verdict's kind is not its rule's";
    if (!(verdict->facts & TA_F_ICMP) != (verdict->icmp == 0) || verdict->icmp > ta_icmp_error_count)
        return "an ICMP error without a row of icmp.def";
    if ((verdict->kind == TA_KIND_IGNORED_RST) && verdict->effect == TA_EFFECT_RESET)
        return "an ignored RST has the effect of a reset";
    return NULL;
}

/* A later frame may prove that the decisive RST had no effect. */
static void mark_overruled(struct judged *judged, uint32_t reset_frame, uint32_t by_frame)
{
    for (unsigned i = 0; i < judged->verdicts; i++)
        if (judged->verdict[i].frame == reset_frame)
            judged->verdict[i].overruled = by_frame;
}

/* What the RST says, as the glue keeps it with the verdict. */
static void note_diagnostic(const struct player_frame *frame, char line[TA_DIAGNOSTIC_SIZE], struct ta_verdict *verdict)
{
    char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE];
    const uint32_t length = frame->segment.len;
    const struct ta_reset_bytes bytes = { .payload = frame->says, .payload_captured = length, .payload_sent = length };

    if (!frame->has_says || ta_diagnose(&bytes, lines) == 0)
        return;
    memcpy(line, lines[0], TA_DIAGNOSTIC_SIZE);
    verdict->diagnostic[0] = line;
}

/* One frame: the core takes it, and keeps what flow.h promises. */
static const char *take_frame(const struct player_frame *frame, struct judged *judged, unsigned *step)
{
    struct ta_segment copied = frame->segment;
    const struct ta_segment *segment = &copied;
    uint32_t reset_frame = judged->flow.reset_frame;
    struct ta_verdict *verdict = &judged->verdict[judged->verdicts];

    *step = 0;
    copied.copy = frame->icmp_type == 0 && ta_is_copy(&judged->mirror, 0, judged->flow.end[copied.from].nxt, &copied);
    if (frame->icmp_type != 0) {
        const struct ta_icmp icmp = { .frame = segment->frame, .time = segment->time, .about = segment->from, .version = 4,
                                      .type = frame->icmp_type, .code = frame->icmp_code, .seq = segment->seq };
        ta_flow_icmp(&judged->flow, &icmp);
    } else {
        *step = ta_flow_step(&judged->flow, segment, &ta_default_policy, verdict);
        ta_zeek_step(&judged->zeek, segment);
        if (!segment->copy)
            ta_tamper_step(&judged->tamper, segment);
    }
    if (*step & TA_STEP_OVERRULED)
        mark_overruled(judged, reset_frame, segment->frame);
    if (*step & TA_STEP_JUDGED)
        note_diagnostic(frame, judged->diagnostic[judged->verdicts++], verdict);
    const char *broken = broken_step(&judged->flow, frame, *step);
    return broken || !(*step & TA_STEP_JUDGED) ? broken : broken_verdict(judged->recording, verdict);
}

const char *judge_recording(const struct recording *recording, struct judged *judged)
{
    memset(judged, 0, sizeof *judged);
    judged->recording = recording;
    for (unsigned i = 0; i < recording->count; i++) {
        unsigned step;
        const char *broken = take_frame(&recording->frame[i], judged, &step);
        if (broken)
            return broken;
        int64_t now = i + 1 == recording->count ? recording->end : recording->frame[i].segment.time;
        judged->frame[i] = (struct judged_frame){
            { judged->flow.end[TA_CLIENT].state, judged->flow.end[TA_SERVER].state },
            ta_flow_kind(&judged->flow, now, &ta_default_policy), step,
        };
    }
    judged->resets = judged->verdicts;
    struct ta_verdict silence;
    if (judged->flow.reset_frame != 0
        || !ta_flow_silence(&judged->flow, recording->end, &ta_default_policy, &silence))
        return NULL;
    judged->verdict[judged->verdicts++] = silence;
    return broken_verdict(recording, &silence);
}
