/* The fuzzer's input: preferences and the frames of one stream, as bytes.
 *
 * Numbers stand relative to what its sender would use, so that a change of a few bits leaves a connection that hangs
 * together. Any bytes are an input; where the core is promised something (by its glue), the reader keeps to that.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_FUZZ_INPUT_H
#define TCPABORT_FUZZ_INPUT_H

#include "tcpabort.h"
#include "player.h"

enum { INPUT_SAYS = 17 };

/* Preferences in their units (milliseconds, milliseconds, seconds, seconds), and how long the capture goes on after its
 * last frame, in milliseconds. */
struct input_head {
    uint32_t recent, give_up_least, give_up_lone, gap_most, silence;
};

enum input_bit {
    INPUT_SERVER = 1 << 0,
    INPUT_ICMP = 1 << 1,
    INPUT_IPV6 = 1 << 2,
    INPUT_SAME_FRAME = 1 << 3, /* as the one before: TCP in TCP, a packet that holds several */
    INPUT_TRUNCATED = 1 << 4,
    INPUT_TIMESTAMPS = 1 << 5,
    INPUT_COMPLETE = 1 << 6,
    INPUT_SCALE = 1 << 7,
    INPUT_SACK = 1 << 8,
    INPUT_SAID = 1 << 9,
    INPUT_SPEAKS = 1 << 10, /* and of what it speaks: */
    INPUT_MULTIPLEXED = 1 << 11,
    INPUT_HELLO = 1 << 12,
    INPUT_HANDSHAKE = 1 << 13,
    INPUT_CIPHER = 1 << 14,
    INPUT_DATA = 1 << 15,
    INPUT_ALERT = 1 << 16,
    INPUT_ALERT_READ = 1 << 17,
    INPUT_ALERT_SIZED = 1 << 18,
};

/* A segment or ICMP error. */
struct input_record {
    int64_t step;       /* nanoseconds since the frame before */
    uint32_t seq, ack;  /* less the highest number that its sender, the other end, has sent so far */
    uint32_t len, order;
    uint32_t bits;      /* set of enum input_bit */
    uint16_t window, ip_id, checksum, status;
    uint8_t flags, ttl, mac, shift, trailing_alerts, icmp_type, icmp_code, method, alert_level, alert_description, handshake_type;
    uint8_t says[INPUT_SAYS];
};

enum { INPUT_RECORD = sizeof(struct input_record), INPUT_MOST = sizeof(struct input_head) + (size_t)PLAYER_FRAMES * INPUT_RECORD };
_Static_assert(INPUT_RECORD == 64, "no holes");

/* Reads an input. False when it holds no frame. With `mirrored` the ends change roles. */
bool input_read(const uint8_t *data, size_t size, bool mirrored, struct recording *recording, struct ta_policy *policy);

/* Writes the input that reads as this recording, as far as a record has room, with the usual preferences. Returns its size. */
size_t input_write(const struct recording *recording, uint8_t data[INPUT_MOST]);

#endif
