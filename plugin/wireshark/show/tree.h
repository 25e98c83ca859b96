/* The tree item of a frame.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TREE_H
#define TCPABORT_TREE_H

#include <epan/packet.h>

#include "keep/streams.h"

/* Registers what this room has: every field and expert item. */
void show_register(int protocol);

/* Shows what is known of the frame's stream: states, verdict, and on later visits the stream's kind. */
void show_stream(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct stream *stream);

#endif
