/* One TCP header where it lies.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_HEADER_H
#define TCPABORT_HEADER_H

#include <epan/packet.h>

#include "keep/streams.h"

/* The bytes of a header, with what stands before them in the same data source. */
struct bytes {
    const uint8_t *data; /* of the whole source */
    unsigned at;         /* where the header begins there */
    unsigned captured, reported; /* bytes from there to the end of the payload */
};

/* Enough of a header to tell its stream: Wireshark names none for a shorter one. */
enum { TCP_HEADER_USED = 16 };

/* A TCP segment with its ends. */
struct observed {
    struct stream *stream; /* NULL for a new one */
    uint32_t number;       /* tcp.stream */
    struct endpoint source, destination;
    struct event event;          /* the segment: all but `trailing_alerts`, `duplicate` and, of a new stream, `from` */
    struct ta_reset_bytes reset; /* of a RST: where it says why */
    const uint8_t *payload;      /* its captured bytes */
    uint32_t captured;
};

/* An ICMP error, and the ends of the TCP segment that it quotes. */
struct observed_icmp {
    struct endpoint source, destination;
    struct ta_icmp icmp; /* all but `about` */
};

/* Reads the segment of a header of TCP_HEADER_USED bytes or more: all but its stream and time. */
void header_read(tvbuff_t *frame, packet_info *pinfo, const struct bytes *bytes, struct observed *seen);

/* Reads the ICMP error, or ICMPv6 error, that quotes the header; false when there is none. */
bool header_read_quoting(const struct bytes *bytes, bool v6, struct observed_icmp *seen);

/* The frame's time stamp in nanoseconds since the Unix epoch, clamped to 142 years around it. */
int64_t frame_time(const packet_info *pinfo);

#endif
