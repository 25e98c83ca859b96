/* The fields that the tree has, and how one is added to it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_FIELDS_H
#define TCPABORT_FIELDS_H

#include <epan/packet.h>

#include "tcpabort.h"

enum { RECV, SEND, CALLS };

/* Their ids, by the last words of their names; end: tcpabort.client.* and tcpabort.server.* */
struct field_ids {
    int kind, summary, advice, aborted_by, harm, certainty, rule, limit;
    int capture_point, effect, shape, cause, diagnostic, origin, sign, overruled;
    int fin_frame, data_frame, rst_frame, trigger_frame, icmp_frame;
    int fin_to_rst, idle, bytes_after_fin;
    int context, stream_kind, stream_aborted_by, stream_frame, stream_limit;
    struct end_fields {
        int state, handle, winsock, unacked, unread, result[TA_STACK_COUNT][CALLS];
    } end[TA_ENDS];
};
extern struct field_ids fields;

void fields_register(int protocol);

/* Each adds a field in brackets, as what no packet holds; a frame only when it is not 0, a time when it is not negative. */
void field_add_string(proto_tree *tree, tvbuff_t *tvb, int hf, const char *value);
void field_add_uint(proto_tree *tree, tvbuff_t *tvb, int hf, uint32_t value);
void field_add_frame(proto_tree *tree, tvbuff_t *tvb, int hf, uint32_t frame);
void field_add_time(proto_tree *tree, tvbuff_t *tvb, int hf, int64_t nanoseconds);

#endif
