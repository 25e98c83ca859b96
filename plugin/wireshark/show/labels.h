/* Labels that others have published for a stream: their fields, and the labels of this one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_LABELS_H
#define TCPABORT_LABELS_H

#include <epan/packet.h>

#include "keep/streams.h"

void labels_register(int protocol);
bool labels_wanted(proto_tree *tree);
void labels_show(tvbuff_t *tvb, proto_tree *tree, const struct stream *stream);

#endif
