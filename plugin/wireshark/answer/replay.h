/* What the events of a stream come to.
 *
 * A first visit only logs them. What they come to is worked out when somebody asks, in one of a few slots; for a stream of
 * many events once and for all.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_FOLLOW_H
#define TCPABORT_FOLLOW_H

#include "read/observe.h"

/* Forgets all: the memory itself went with the last file. */
void follow_init(void);

/* Takes a segment, on the first visit of its frame. */
void follow_segment(packet_info *pinfo, struct observed *seen);

/* Takes an ICMP error for the newest stream between the ends that it quotes, if there is one. */
void follow_icmp(packet_info *pinfo, struct observed_icmp *seen);

/* What is known of the stream by now. It stays where it is until some other streams were asked for. */
const struct ta_connection *follow(const struct stream *stream);

#endif
