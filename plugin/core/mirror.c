/* Copies: one packet captured twice, on two interfaces, in two VLANs, at several layers of one host, or in
 * two captures that were merged. They are no retransmissions.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"

#include "seq.h"

/* A print is 20 bits of the segment and 12 bits of its time, in units of 2^20 ns: about a millisecond;
 * they wrap after 4.3 s. */
enum { TIME = 0xfff, TIME_UNIT = 20 };
static const uint32_t PRINT = 0xfffff000;

/* All that a router, a VLAN tag or a mirror port leaves as it is. Each transmission has an IP identification
 * of its own; IPv6 has none and Linux sends 0 in some, then the checksum stands in, with the timestamps
 * that it covers (RFC 7323). */
static uint32_t print_of(const struct ta_segment *s)
{
    const uint64_t multiplier = 0x9e3779b97f4a7c15; /* odd, bits well mixed */
    uint64_t numbers = (uint64_t)s->seq << 32 | s->ack;
    uint64_t rest = (uint64_t)s->len << 40 ^ (uint64_t)s->flags << 32 ^ (uint64_t)s->window << 16
                    ^ (s->ip_id ? s->ip_id : s->checksum);
    uint64_t print = (numbers * multiplier ^ rest) * multiplier;

    return (uint32_t)(print >> 32) & PRINT;
}

bool ta_is_copy(struct ta_end *from, const struct ta_segment *s)
{
    bool syn = s->flags & TA_SYN, fin = s->flags & TA_FIN, rst = s->flags & TA_RST;
    uint32_t end_seq = s->seq + s->len + syn + fin;
    bool known = from->seq_known && !ta_seq_after(end_seq, from->nxt);

    /* An ACK without anything is repeated at once on purpose (RFC 5681 section 3.2), and means the same. */
    if (s->len == 0 && s->seq == from->nxt && !syn && !fin && !rst)
        return false;
    /* Mirrors take microseconds, merged captures of both ends half a round trip; the shortest retransmission
     * timer is 200 ms (Linux). Without an identification a fast retransmission would look the same. */
    const uint32_t most = s->ip_id ? 95 : 1, now = (uint32_t)(s->time >> TIME_UNIT) & TIME;
    uint32_t print = print_of(s);

    for (unsigned i = 0; i < TA_PRINTS && (known || rst); i++) {
        uint32_t old = from->prints[i], then = old & TIME;
        if ((old & PRINT) == print && (((now - then) & TIME) <= most || ((then - now) & TIME) <= most))
            return true;
    }
    from->prints[from->next_print] = print | now;
    from->next_print = (from->next_print + 1) % TA_PRINTS;
    return false;
}
