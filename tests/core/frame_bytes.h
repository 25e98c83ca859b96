/* A segment as the bytes of an Ethernet frame: IPv4, TCP, SYN options, right checksums; or the ICMP error of a
 * router that quotes it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TESTS_FRAME_BYTES_H
#define TCPABORT_TESTS_FRAME_BYTES_H

#include <stddef.h>

#include "segment.h"

struct frame_address {
    uint32_t host; /* IPv4, host byte order */
    uint16_t port;
};

enum {
    FRAME_BYTES_MAX = 14 + 20 + 8 + 20 + 60 + 65000, /* of a segment quoted whole */
    FRAME_BYTES_CUT = 14 + 20 + 16 /* of a truncated segment: its checksum and options are missing */
};

/* Writes the frame; returns its length. `address` is indexed by end. Without `payload` the payload is some x. */
size_t frame_bytes(const struct ta_segment *segment, const uint8_t *payload, const struct frame_address *address,
                   uint8_t *bytes);

/* The same for an ICMP error, from a router to the sender of `quoted`. */
size_t frame_bytes_icmp(const struct ta_segment *quoted, uint8_t type, uint8_t code,
                        const struct frame_address *address, uint8_t *bytes);

#endif
