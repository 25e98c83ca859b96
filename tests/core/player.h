/* Two well-behaved TCP ends that play the segments column of a case.
 *
 * The player keeps what real ends would keep (SND.NXT, RCV.NXT, windows, the segment a RST answers)
 * and fills in every header field a case does not state. It must not use the core's state machine,
 * only segment.h: otherwise both would share the same mistake.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TESTS_PLAYER_H
#define TCPABORT_TESTS_PLAYER_H

#include <stdbool.h>
#include <stddef.h>

#include "script.h"
#include "segment.h"

enum { PLAYER_FRAMES = 96, PLAYER_WORD = 48 };

/* A captured frame: a segment, or an ICMP error that quotes it. Frame number and time are the captured
 * frame's, everything else is the segment's as sent or as quoted. */
struct player_frame {
    struct ta_segment segment;
    uint8_t icmp_version, icmp_type, icmp_code; /* type 0: no ICMP */
    bool has_says, speaks;
    uint8_t says[SCRIPT_SAYS];    /* the payload of a RST, where has_says */
    struct ta_application application; /* where it speaks */
};

/* What a capture of the case holds. */
struct recording {
    struct player_frame frame[PLAYER_FRAMES];
    char word[PLAYER_FRAMES][PLAYER_WORD]; /* the word that made the frame */
    unsigned count;
    int64_t end; /* the capture's clock when it ends: the last frame, or a time word after it */
};

/* Plays `segments`. With `mirrored` both ends change roles. On failure says why in `error`. */
bool player_play(const char *segments, bool mirrored, struct recording *recording, char *error, size_t size);

#endif
