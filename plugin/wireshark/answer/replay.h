/* What the core makes of a stream's events.
 *
 * A first visit only logs them. They are replayed when somebody asks: into one of a few connections that streams have by
 * turns, and where the log is full into one that the stream keeps. The states and verdicts found by the way are written to the
 * tables of frames and verdicts, by one function of replay.c and by nobody else.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_REPLAY_H
#define TCPABORT_REPLAY_H

#include "keep/streams.h"

void replay_begin(void);

/* The stream's connection after all events so far. It stays where it is until some other streams were asked for. */
const struct ta_connection *replay(const struct stream *stream);

/* For who reads packets, before an event: NULL when it is to be logged. Else the log is full for it, or was before: then it is
 * closed, and the connection is the stream's own. */
const struct ta_connection *replay_own(struct stream *stream, const struct event *event);
static inline const struct ta_connection *replay_unlogged(struct stream *stream, const struct event *event)
{
    return stream->log.end.at <= LOG_MOST ? NULL : replay_own(stream, event); /* for every packet */
}

/* That connection takes the event. */
void replay_event(const struct stream *stream, const struct event *event);

#endif
