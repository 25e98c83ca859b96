/* Answers from what replaying a stream left; see answers.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer/answers.h"

#include "answer/replay.h"
#include "keep/capture.h"
#include "preferences.h"

const struct ta_connection *answer_connection(const struct stream *stream)
{
    return replay(stream);
}

const struct verdict_record *answer_verdict(const struct stream *stream, uint32_t frame, struct verdict_record *room)
{
    if (!frames_has_reset(frame))
        return NULL;
    replay(stream);
    return verdicts_of_frame(frame, stream->number, room);
}

bool answer_silence(const struct stream *stream, uint32_t frame, struct verdict_record *room)
{
    const struct ta_connection *connection = replay(stream);

    *room = (struct verdict_record){ .overruled = 0 };
    return !verdicts_decisive_frame(stream->number) && ta_stream_silence(connection, capture_now(), &pref_policy, &room->verdict)
           && (frame == 0 || room->verdict.evidence.frame == frame);
}

const struct verdict_record *answer_end(const struct stream *stream, struct verdict_record *room)
{
    if (answer_silence(stream, 0, room))
        return room;
    return verdicts_decisive(stream->number, room);
}

enum ta_kind answer_kind(const struct stream *stream)
{
    return ta_stream_kind(replay(stream), capture_now(), &pref_policy);
}

unsigned answer_limits(const struct stream *stream)
{
    return ta_stream_limits(replay(stream), capture_now(), &pref_policy);
}

struct states answer_states(const struct stream *stream, uint32_t frame)
{
    replay(stream);
    return frames_states(frame, stream->number);
}
