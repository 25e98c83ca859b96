/* One step of all that is followed; see live.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "live.h"

unsigned ta_live_step(struct ta_live *live, const struct ta_segment *s, const struct ta_application *said,
                      const struct ta_policy *policy, struct ta_verdict *verdict)
{
    const struct ta_end *from = &live->flow.end[s->from];
    uint32_t nxt = from->seq.nxt;
    unsigned done = ta_flow_step(&live->flow, s, policy, verdict);

    ta_zeek_step(&live->zeek, s);
    if (!s->duplicate)
        ta_tamper_step(&live->tamper, s);
    if (said && from->seq.nxt != nxt) /* what is sent again was taken before */
        ta_context_take(&live->context, &live->flow, s, said);
    if (done & TA_STEP_JUDGED)
        ta_context_note(&live->context, &live->flow, verdict);
    return done;
}

bool ta_live_silence(const struct ta_live *live, int64_t now, const struct ta_policy *policy, struct ta_verdict *verdict)
{
    if (!ta_flow_silence(&live->flow, now, policy, verdict))
        return false;
    ta_context_note(&live->context, &live->flow, verdict);
    return true;
}
