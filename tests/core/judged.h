/* A recording fed to the core: what it said after every frame.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TESTS_JUDGED_H
#define TCPABORT_TESTS_JUDGED_H

#include "connection.h"
#include "player.h"

struct judged_frame {
    uint8_t state[TA_ENDS];
    enum ta_kind stream;
    unsigned step; /* TA_STEP_...; 0 for an ICMP error */
    bool repeats_handshake; /* of the connection as it was before */
};

struct judged {
    const struct recording *recording;
    const struct ta_policy *policy;
    struct judged_frame frame[PLAYER_FRAMES];
    struct ta_verdict verdict[PLAYER_FRAMES + 1]; /* one a RST, in capture order; last the silence */
    unsigned taken; /* frames; fewer than recorded when a promise broke */
    unsigned verdicts, resets; /* all, and those on a RST */
    uint32_t overruled[PLAYER_FRAMES + 1];      /* of each verdict: the frame that shows it had no effect; 0 none */
    const char *diagnostic[PLAYER_FRAMES + 1][2]; /* of each verdict: what the RST says in its payload, then NULL */
    char line[PLAYER_FRAMES][TA_DIAGNOSTIC_SIZE];
    struct ta_connection connection; /* after the last frame */
    struct ta_duplicates duplicates;
};

/* Feeds the recording to a fresh flow. Returns NULL, or which promise the core broke (promises.h). */
const char *judge_recording(const struct recording *recording, const struct ta_policy *policy, struct judged *judged);

#endif
