/* Prints what the core says of a recording; see trace.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace.h"

#include <stdio.h>

static void print_frame(const struct judged *judged, unsigned i)
{
    const struct player_frame *shown = &judged->recording->frame[i];
    const struct ta_segment *segment = &shown->segment;
    const struct judged_frame *frame = &judged->frame[i];
    char states[48];
    snprintf(states, sizeof states, "%s/%s", ta_state_name(frame->state[TA_CLIENT]),
             ta_state_name(frame->state[TA_SERVER]));
    printf("%3u %10.6f %c %-22s seq %10u ack %10u win %5u len %5u  %-24s %s\n", segment->frame,
           (double)(segment->time - judged->recording->frame[0].segment.time) / 1e9, shown->icmp_type ? 'N' : segment->from == TA_CLIENT ? 'C' : 'S',
           judged->recording->word[i],
           (unsigned)segment->seq, (unsigned)segment->ack, (unsigned)segment->window, (unsigned)segment->len,
           states, ta_kind_slug(frame->stream));
}

static void print_verdict(const struct ta_verdict *verdict)
{
    printf("    frame %u: kind %s, effect %s, shape %s, cause %s, harm %s; %s\n", (unsigned)verdict->evidence.frame,
           ta_kind_slug(verdict->kind), ta_effect_slug(verdict->evidence.effect), ta_shape_slug(verdict->evidence.shape),
           ta_cause_slug(verdict->cause), ta_harm_slug(verdict->harm), ta_rule_text(verdict));
    printf("    facts:");
    for (unsigned i = 0; i < TA_FACT_COUNT; i++)
        if (verdict->evidence.facts >> i & 1)
            printf(" %s;", ta_fact_name(i));
    putchar('\n');
}

void trace_print(const struct judged *judged)
{
    unsigned verdict = 0;
    for (unsigned i = 0; i < judged->taken; i++) {
        print_frame(judged, i);
        if (judged->frame[i].step & TA_STEP_JUDGED)
            print_verdict(&judged->verdict[verdict++]);
        if (judged->frame[i].step & TA_STEP_OVERRULED)
            puts("    overrules the RST before");
    }
    if (verdict < judged->verdicts)
        print_verdict(&judged->verdict[verdict]);
}
