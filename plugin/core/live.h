/* All that is followed of one connection, fed together: the plugin and the tests of the core take the same step.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_LIVE_H
#define TCPABORT_LIVE_H

#include "context.h"
#include "flow.h"
#include "tamper.h"
#include "zeek.h"

/* Zero it at first. */
struct ta_live {
    struct ta_flow flow;
    struct ta_zeek zeek;
    struct ta_tamper tamper;
    struct ta_context context;
};

/* Takes the connection's next segment. `said`: what its payload says, NULL when that is nothing. Returns TA_STEP_...; with
 * TA_STEP_JUDGED the verdict has its hints. */
unsigned ta_live_step(struct ta_live *live, const struct ta_segment *segment, const struct ta_application *said,
                      const struct ta_policy *policy, struct ta_verdict *verdict);

/* ta_flow_silence(), and the verdict's hints. */
bool ta_live_silence(const struct ta_live *live, int64_t now, const struct ta_policy *policy, struct ta_verdict *verdict);

#endif
