/* What is known of a stream by now, and in the end. Each of these first replays the events that were not replayed yet.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_ANSWERS_H
#define TCPABORT_ANSWERS_H

#include "keep/frames.h"
#include "keep/verdicts.h"

/* What the core has to ask. It stays where it is until some other streams were asked for. */
const struct ta_connection *answer_connection(const struct stream *stream);

/* The verdict on the RST of this stream in this frame, written to `room`; NULL when there is none. */
const struct verdict_record *answer_verdict(const struct stream *stream, uint32_t frame, struct verdict_record *room);

/* The verdict on the silence in which the stream ended, when this is its decisive frame; 0: whichever is. Later visits. */
bool answer_silence(const struct stream *stream, uint32_t frame, struct verdict_record *room);

/* The verdict on how the stream ended so far: on the RST that decided, else on the silence at the end of the
 * capture; it is written to `room`. NULL when neither ended it. */
const struct verdict_record *answer_end(const struct stream *stream, struct verdict_record *room);

/* The stream's kind, final once every frame was visited. */
enum ta_kind answer_kind(const struct stream *stream);

/* What the capture cannot show of the whole stream: bit n is enum ta_limit n. */
unsigned answer_limits(const struct stream *stream);

/* Both ends' states after this frame, one of the stream's. */
struct states answer_states(const struct stream *stream, uint32_t frame);

#endif
