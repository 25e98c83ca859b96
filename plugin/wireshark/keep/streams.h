/* The TCP streams of the capture, by number and by their ends.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_STREAMS_H
#define TCPABORT_STREAMS_H

#include <epan/address.h>

#include "keep/log.h"

struct endpoint {
    union {
        uint32_t v4;       /* as in the packet */
        const uint8_t *v6; /* in the packet, or where it is kept */
    } address;
    uint16_t port;
    uint8_t address_len; /* 4 or 16; 0: no IP address known */
};

/* The same, kept: of an IPv6 address its number. */
struct kept_endpoint {
    uint32_t address;
    uint16_t port;
    uint8_t address_len;
};

/* One TCP stream. There may be millions. Who asks gets a const one; only who reads packets of it changes it. */
struct stream {
    struct log log;           /* its events, while they are few */
    int64_t first_time;       /* of its first frame, nanoseconds since the Unix epoch */
    uint32_t record[TA_ENDS]; /* SEQ at which each end's next TLS record begins; 0 unknown */
    uint32_t number;          /* tcp.stream */
    uint32_t next;            /* of the streams with the same hash: private to streams.c */
    struct kept_endpoint end[TA_ENDS];
};

void streams_begin(void);

/* The stream of this number, which may be one of its other_numbers; NULL when there is none. */
const struct stream *streams_at(uint32_t number);

/* The same, for who reads packets of it. */
struct stream *streams_open(uint32_t number);

/* One more than the highest number. */
uint32_t streams_count(void);

/* The newest stream between these ends, and which of its ends the first is; NULL when there is none. With `real`
 * one of which a segment was seen. */
struct stream *streams_find(const struct endpoint *source, const struct endpoint *destination, bool real, uint8_t *from);

/* A new stream between these ends; `real`: a segment of it comes now, so it takes the place of older ones. */
struct stream *streams_add(uint32_t number, const struct endpoint *client, const struct endpoint *server, bool real);

/* Gives the stream another number, under which it goes on; and those numbers, in order, as an array of uint32_t, NULL when
 * there are none. See WS_SPLITS_STREAMS. */
void streams_continue(struct stream *stream, uint32_t number);
wmem_array_t *streams_other_numbers(const struct stream *stream);

/* Whether a segment of the stream was seen. */
bool stream_is_real(const struct stream *stream);

/* One of its ends. */
struct endpoint stream_endpoint(const struct stream *stream, int end);

/* Which end of the stream this is: by port, and by address where both use the same port. */
uint8_t stream_end(const struct stream *stream, const struct endpoint *source);

/* A hash of both (hash.h), and whether both have the same known address and the same port. */
uint32_t endpoint_hash(const struct endpoint *end);
bool endpoint_same(const struct endpoint *a, const struct endpoint *b);

/* Takes an address where it lies; address_len is 0 when it is not of IP. */
void endpoint_take(struct endpoint *end, const address *from);

/* The end's address as an epan address, pointing into the endpoint or where it lies. */
void endpoint_address(const struct endpoint *end, address *to);

#endif
