/* Which packets were captured before; see ta_is_duplicate().
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcpabort.h"

#include <string.h>

/* A print is 48 bits of the segment and 16 bits of its time, in units of 2^20 ns: about a millisecond; they wrap after
 * 68 s. The highest bits choose its set. There is no seed: a capture must always give the same answers.
 * Crafted packets gain nothing: a full set costs no more than another, and any flood pushes out older prints. */
enum { TIME = 0xffff, TIME_UNIT = 20, SET_BITS = 13 };
_Static_assert(TA_DUPLICATE_SETS == 1 << SET_BITS, "a set for every index");
static const uint64_t PRINT = ~(uint64_t)TIME;

/* All that a router, a VLAN tag or a mirror port leaves as it is. Each transmission has an IP identification
 * of its own; IPv6 has none and Linux sends 0 in some, then the checksum stands in, with the timestamps
 * that it covers (RFC 7323). */
static uint64_t hash(const struct ta_segment *s, uint32_t stream)
{
    const uint64_t multiplier = 0x9e3779b97f4a7c15; /* odd, bits well mixed */
    uint64_t numbers = ((uint64_t)s->seq << 32 | s->ack) + ((uint64_t)stream << 1 | s->from) * multiplier;
    uint64_t rest = (uint64_t)s->len << 40 ^ (uint64_t)s->flags << 32 ^ (uint64_t)s->window << 16
                    ^ (s->ip_id ? s->ip_id : s->checksum);

    numbers *= multiplier;
    return ((numbers ^ numbers >> 32) ^ rest) * multiplier;
}

bool ta_is_duplicate(struct ta_duplicates *duplicates, uint32_t stream, uint32_t nxt, const struct ta_segment *s)
{
    /* An ACK without anything is repeated at once on purpose (RFC 5681 section 3.2), and means the same. */
    if (s->len == 0 && s->seq == nxt && !(s->flags & (TA_SYN | TA_FIN | TA_RST)))
        return false;
    /* Mirrors take microseconds, merged captures of both ends half a round trip; the shortest retransmission
     * timer is 200 ms (Linux). Without an identification a fast retransmission would look the same. */
    const uint32_t most = s->ip_id ? 95 : 1, now = (uint32_t)(s->time >> TIME_UNIT) & TIME;
    uint64_t mixed = hash(s, stream), print = mixed & PRINT, *set = duplicates->prints[mixed >> (64 - SET_BITS)];

    for (unsigned i = 0; i < TA_DUPLICATE_WAYS; i++) {
        uint32_t then = set[i] & TIME;
        if ((set[i] & PRINT) == print && (((now - then) & TIME) <= most || ((then - now) & TIME) <= most))
            return true;
    }
    memmove(set + 1, set, (TA_DUPLICATE_WAYS - 1) * sizeof *set); /* the oldest goes */
    set[0] = print | now;
    return false;
}
