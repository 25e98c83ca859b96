/* What the kernel itself tells of its connections: tracepoints sock:inet_sock_set_state,
 * tcp:tcp_send_reset (with the reason) and tcp:tcp_receive_reset, in a buffer of their own.
 *
 * Optional: without them an experiment is as good, but its states come from TCP_INFO alone and its RSTs
 * have no reason.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_TRACE_H
#define LAB_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trace_kind { TRACE_STATE, TRACE_SENT_RST, TRACE_GOT_RST };

struct trace_event {
    int64_t time; /* nanoseconds of CLOCK_MONOTONIC */
    enum trace_kind kind;
    char own_host[40]; /* as text */
    uint16_t own_port, peer_port; /* a listener has no peer: 0 */
    char from[24], to[24]; /* states, as state.h names them; SENT_RST: the state, and the reason */
};

/* Begins to trace. False, with one line in `why`, when the kernel or its settings do not allow it. */
bool trace_start(char *why, size_t size);

/* Ends tracing and calls `take` for every event, in the order of time. Only after trace_start(). Returns
 * the number of events that the kernel could not keep. */
long trace_stop(void (*take)(const struct trace_event *event, void *context), void *context);

#endif
