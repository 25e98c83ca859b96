/* TCP sequence number arithmetic (RFC 9293 section 3.4): 32 bits, modulo 2^32.
 *
 * The only place where sequence numbers are subtracted and cast. Two numbers are compared by the
 * sign of their distance, which is right while they are less than 2^31 apart.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_SEQ_H
#define TCPABORT_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* Signed distance from `from` to `to`: positive when `to` lies after `from`. */
static inline int32_t ta_seq_distance(uint32_t from, uint32_t to)
{
    return (int32_t)(to - from);
}

static inline bool ta_seq_before(uint32_t a, uint32_t b)
{
    return ta_seq_distance(a, b) > 0;
}

static inline bool ta_seq_after(uint32_t a, uint32_t b)
{
    return ta_seq_distance(a, b) < 0;
}

static inline uint32_t ta_seq_later(uint32_t a, uint32_t b)
{
    return ta_seq_after(a, b) ? a : b;
}

#endif
