/* Finds the TCP segments of a frame, and the ICMP errors that quote one, and records them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_OBSERVE_H
#define TCPABORT_OBSERVE_H

#include <epan/packet.h>

/* Once, when protocols find each other. */
void observe_handoff(dissector_handle_t postdissector);

/* For each capture file, before its first frame. */
void observe_begin(void);

/* Records each TCP segment of the frame, in order, and ICMP errors that quote one: a quoted segment is no segment. To be
 * called from the post-dissector on first visits; `time` is the frame's. */
void observe_frame(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, int64_t time);

#endif
