/* What is read of a frame: TCP segments, and the ICMP errors that quote one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_OBSERVE_H
#define TCPABORT_OBSERVE_H

#include "tcpabort.h"

#include <epan/packet.h>

#include "keep/streams.h"

/* A TCP segment with its ends. */
struct observed {
    struct stream *stream; /* NULL for a new one */
    uint32_t number;       /* tcp.stream */
    struct endpoint source, destination;
    struct event event;          /* the segment: all but `farewell`, `copy` and, of a new stream, `from` */
    struct ta_reset_bytes reset; /* of a RST: where it says why */
    const uint8_t *payload;      /* its captured bytes */
    uint32_t captured;
};

/* An ICMP error, and the ends of the TCP segment that it quotes. */
struct observed_icmp {
    struct endpoint source, destination;
    struct ta_icmp icmp; /* all but `about` */
};

/* Who wants to know what a frame holds. */
struct observer {
    void (*segment)(packet_info *pinfo, struct observed *seen);
    void (*icmp)(packet_info *pinfo, struct observed_icmp *seen);
};

/* Once, when protocols find each other. */
void observe_init(dissector_handle_t postdissector);

/* For each capture file, before its first frame. */
void observe_begin(void);

/* Tells the observer of each TCP segment of the frame, in order, and of ICMP errors that quote one: a quoted segment is
 * no segment. To be called from the post-dissector on first visits; `time` is the frame's. */
void observe_frame(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, int64_t time, const struct observer *observer);

/* What ICMP error quotes a TCP header. */
enum quotation { NOT_QUOTED, BY_ICMP, BY_ICMPV6, BY_OTHERS };

/* A TCP header, and what Wireshark knew when it came to it. */
struct header {
    tvbuff_t *tvb;           /* begins with it */
    struct endpoint ends[2]; /* source and destination */
    uint32_t streams;        /* TCP streams of the capture so far */
    enum quotation quoted;
};

/* Its bytes, with what stands before them in the same data source. */
struct bytes {
    const uint8_t *data; /* of the whole source */
    unsigned at;         /* where the header begins there */
    unsigned captured, reported; /* bytes from there to the end of the payload */
};

/* Enough of a header to tell its stream: Wireshark names none for a shorter one. */
enum { TCP_HEADER_USED = 16 };

/* Reads the segment of a header of TCP_HEADER_USED bytes or more: all but its stream and time. header.c */
void segment_read(tvbuff_t *frame, packet_info *pinfo, const struct bytes *bytes, struct observed *seen);

/* Reads the ICMP error, or ICMPv6 error, that quotes the header; false when there is none. */
bool segment_read_quoting(const struct bytes *bytes, bool v6, struct observed_icmp *seen);

/* The frame's time stamp in nanoseconds since the Unix epoch, clamped to 142 years around it. */
int64_t frame_time(const packet_info *pinfo);

#endif
