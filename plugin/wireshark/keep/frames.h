/* Of each frame: its streams, the states of both ends after it, and whether it holds a RST. Four bytes a frame.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_FRAMES_H
#define TCPABORT_FRAMES_H

#include "keep/streams.h"

/* Both ends' states, enum ta_state. */
struct states {
    uint8_t of[TA_ENDS];
};

void frames_begin(void);

/* Forgets what an earlier frame of the same number left: false when that was nothing. */
bool frames_forget(uint32_t frame);

/* The frame is one of the stream with this number; and it holds a RST. */
void frames_add(uint32_t frame, uint32_t stream);
void frames_set_reset(uint32_t frame);
bool frames_has_reset(uint32_t frame);

/* The streams of a frame: the index-th one, NULL after the last. */
const struct stream *frames_stream(uint32_t frame, unsigned index);

/* The states after the frame, one of this stream. Set for another frame, they are not kept; TA_UNKNOWN until they are set. */
void frames_set_states(uint32_t frame, uint32_t stream, struct states states);
struct states frames_states(uint32_t frame, uint32_t stream);

#endif
