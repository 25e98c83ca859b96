/* What the core promises whatever it is fed: flow.h, verdict.h, machine.h, text.h, zeek.h and tamper.h.
 *
 * Each function returns NULL, or which promise is broken.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TESTS_PROMISES_H
#define TCPABORT_TESTS_PROMISES_H

#include "track/flow.h"
#include "judged.h"

/* One frame took the flow from `before` to `after`; the capture's clock says `now`. */
const char *promises_step(const struct ta_connection *before, const struct ta_connection *after, const struct player_frame *frame,
                          unsigned step, int64_t now, const struct ta_policy *policy);

/* A verdict on a RST or on silence. */
const char *promises_verdict(const struct judged *judged, const struct ta_verdict *verdict);

/* All that it is shown as, at the end: errors, signs, texts. */
const char *promises_words(const struct judged *judged, const struct ta_verdict *verdict);

/* The labels of others, at the end. */
const char *promises_labels(const struct judged *judged, int64_t now);

#endif
