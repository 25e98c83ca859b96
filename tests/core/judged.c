/* Feeds recordings to the core and watches what it promises at every step; see judged.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "judged.h"

#include <string.h>

#include "promises.h"

/* A later frame may prove that the decisive RST had no effect. */
static void mark_overruled(struct judged *judged, uint32_t reset_frame, uint32_t by_frame)
{
    for (unsigned i = 0; i < judged->verdicts; i++)
        if (judged->verdict[i].evidence.frame == reset_frame)
            judged->overruled[i] = by_frame;
}

/* What the RST says, as the glue keeps it with the verdict. */
static void note_diagnostic(const struct player_frame *frame, struct judged *judged, unsigned verdict)
{
    char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE];
    const uint32_t length = frame->segment.len;
    const struct ta_reset_bytes bytes = { .payload = frame->says, .payload_sent = length,
                                          .payload_captured = length < sizeof frame->says ? length : sizeof frame->says };

    if (!frame->has_says || ta_diagnose(&bytes, lines) == 0)
        return;
    memcpy(judged->line[verdict], lines[0], TA_DIAGNOSTIC_SIZE);
    judged->diagnostic[verdict][0] = judged->line[verdict];
}

/* One frame: the core takes it, as the glue feeds it. */
static unsigned take_frame(const struct player_frame *frame, struct judged *judged, struct ta_verdict *verdict)
{
    struct ta_segment copied = frame->segment;
    const struct ta_segment *segment = &copied;

    if (frame->icmp_type != 0) {
        const struct ta_icmp icmp = { .frame = segment->frame, .time = segment->time, .about = segment->from,
                                      .version = frame->icmp_version, .type = frame->icmp_type, .code = frame->icmp_code,
                                      .seq = segment->seq };
        ta_step_icmp(&judged->connection, &icmp);
        return 0;
    }
    copied.duplicate = ta_is_duplicate(&judged->duplicates, 0, ta_snd_nxt(&judged->connection, segment->from), segment);
    unsigned step = ta_step(&judged->connection, segment, frame->speaks ? &frame->application : NULL, judged->policy, verdict);
    if (step & TA_STEP_OVERRULED)
        mark_overruled(judged, ta_overruled_frame(&judged->connection), segment->frame);
    if (step & TA_STEP_JUDGED)
        note_diagnostic(frame, judged, judged->verdicts++);
    return step;
}

const char *judge_recording(const struct recording *recording, const struct ta_policy *policy, struct judged *judged)
{
    int64_t now = 0; /* the capture's clock, as the glue has it */
    memset(judged, 0, sizeof *judged);
    judged->recording = recording;
    judged->policy = policy;
    for (unsigned i = 0; i < recording->count; i++) {
        const struct player_frame *frame = &recording->frame[i];
        const struct ta_connection before = judged->connection;
        struct ta_verdict *verdict = &judged->verdict[judged->verdicts];
        unsigned step = take_frame(frame, judged, verdict);
        now = frame->segment.time > now ? frame->segment.time : now;
        judged->frame[judged->taken++] = (struct judged_frame){
            { (uint8_t)ta_end_state(&judged->connection, TA_CLIENT), (uint8_t)ta_end_state(&judged->connection, TA_SERVER) },
            ta_stream_kind(&judged->connection, i + 1 == recording->count ? recording->end : frame->segment.time, policy), step,
            frame->icmp_type == 0 && ta_repeats_handshake(&before, &frame->segment),
        };
        const char *broken = promises_step(&before, &judged->connection, frame, step, now, policy);
        if (!broken && step & TA_STEP_JUDGED)
            broken = promises_verdict(judged, verdict);
        if (broken)
            return broken;
    }
    judged->resets = judged->verdicts;
    struct ta_verdict *silence = &judged->verdict[judged->verdicts];
    const char *broken = NULL;
    if (ta_decisive_frame(&judged->connection) == 0 && ta_stream_silence(&judged->connection, recording->end, policy, silence)) {
        judged->verdicts++;
        broken = promises_verdict(judged, silence);
    }
    for (unsigned i = 0; i < judged->verdicts && !broken; i++)
        broken = promises_words(judged, &judged->verdict[i]);
    return broken ? broken : promises_labels(judged, recording->end);
}
