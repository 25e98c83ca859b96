/* Keeps what is read of packets, on the first visit of their frame.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_RECORD_H
#define TCPABORT_RECORD_H

#include "read/header.h"

void record_begin(void);

/* The next segment of the capture. */
void record_segment(packet_info *pinfo, struct observed *seen);

/* An ICMP error: one for the newest stream between the ends that it quotes, if there is one and the error means anything to
 * it. */
void record_icmp(struct observed_icmp *seen);

#endif
