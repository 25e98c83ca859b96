/* The events of a stream in few bytes, some twelve a segment: all that the core is told of them.
 *
 * Most streams end cleanly and nobody looks at them; what their events come to is worked out when somebody does.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_LOG_H
#define TCPABORT_LOG_H

#include "tcpabort.h"

/* What the next event is told apart from. */
struct log_place {
    int64_t time; /* of the event before, like `frame` */
    uint32_t frame; /* 0: before the first event */
    uint32_t nxt[TA_ENDS]; /* SND.NXT, by the segments alone */
    uint16_t window[TA_ENDS], ip_id[TA_ENDS], mac[TA_ENDS];
    uint8_t ttl[TA_ENDS];
    uint32_t at; /* where it begins; UINT32_MAX: the log is closed */
};

struct log {
    uint8_t *bytes;
    struct log_place end; /* behind the last event */
};

/* A segment, or an ICMP error. */
struct event {
    struct ta_segment segment;
    bool has_application; /* the payload says something: */
    struct ta_application application;
    bool is_icmp;
    struct ta_icmp icmp;
};

void log_begin(void);

/* Bytes of a log that is full: it is better replayed for the last time, and what comes is no longer logged. */
enum { LOG_MOST = 480 };

/* Whether the log is full for this event. RSTs, which cost most to judge, may go on in it, unless they come by another way
 * each: the addresses of those would fill a table that all streams have. */
bool log_is_full(const struct log *log, const struct event *event);

/* Whether there ever was an event. */
static inline bool log_has_begun(const struct log *log)
{
    return log->end.frame != 0;
}

/* Appends an event. */
void log_append(struct log *log, const struct event *event);

/* A place before the first event: what both a log that begins and who reads it start from. `time`: near the first one's. */
struct log_place log_start(int64_t time);

/* Reads the event at `place` and moves it on; false at the end of the log. */
bool log_read(const struct log *log, struct log_place *place, struct event *event);

/* Frees its memory. From then on it is full for every event. */
void log_close(struct log *log);

#endif
