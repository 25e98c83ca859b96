/* Copies: one packet captured twice, on two interfaces, in two VLANs, at several layers of one host, or in two captures
 * that were merged. They are no retransmissions.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_MIRROR_H
#define TCPABORT_MIRROR_H

#include "segment.h"

/* Prints of a capture's newest packets, of all its connections. Zero it once for the capture. */
enum { TA_MIRROR_SETS = 1 << 13, TA_MIRROR_WAYS = 4 };
struct ta_mirror {
    uint64_t prints[TA_MIRROR_SETS][TA_MIRROR_WAYS]; /* private to mirror.c */
};

/* Whether the packet was captured before: the same once more, not another transmission. `stream` tells its connection
 * from the capture's others; `nxt` is its sender's SND.NXT as far as captured. To be asked once for each segment, which
 * it remembers. */
bool ta_is_copy(struct ta_mirror *mirror, uint32_t stream, uint32_t nxt, const struct ta_segment *segment);

#endif
