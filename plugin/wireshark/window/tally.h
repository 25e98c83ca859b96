/* Counts each stream once, as it ended, for statistics that Wireshark draws itself.
 *
 * Those are told of packets only; but a stream may end with a packet that their filter drops, or in silence. On
 * later visits (the window, tshark -2) every stream is final when its first packet comes. On first visits (tshark)
 * they wait until all frames were read, and are counted just before anything is drawn.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TALLY_H
#define TCPABORT_TALLY_H

#include "window/reports.h"

/* Counts one stream for `owner`, the statistic. */
typedef void (*tally_count)(void *owner, const struct report_connection *connection);

/* Starts from nothing, also when the owner has counted before. */
void tally_start(void *owner, tally_count count);

/* A packet of the stream passed the owner's filter. */
void tally_packet(void *owner, const struct stream *stream);

/* Also for an owner that has not started. */
void tally_stop(void *owner);

/* Register the statistics that Wireshark draws. */
void tree_register(void);
void table_register(void);

#endif
