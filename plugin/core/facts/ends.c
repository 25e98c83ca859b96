/* What the evidence says of both ends and of the capture, whatever ended the connection.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts.h"

enum ta_handle ta_find_handle(const struct ta_end *end, bool aborts)
{
    if (end->reset.socket_unknown)
        return TA_HANDLE_UNKNOWN;
    if (aborts || end->reset.aborted)
        return TA_HANDLE_CLOSED;
    if (end->state == TA_UNKNOWN)
        return TA_HANDLE_UNKNOWN;
    /* accept() has not returned it, unless it sent data at once (RFC 7413). */
    if (end->state == TA_SYN_RCVD && !end->syn.sent && end->payload.last_frame == 0)
        return TA_HANDLE_CLOSED;
    /* close() and shutdown(SHUT_WR) send the same FIN; ACKing payload later shows that a socket is left. */
    return end->fin.sent && !end->after_fin.socket_open ? TA_HANDLE_UNKNOWN : TA_HANDLE_OPEN;
}

bool ta_both_closed(const struct ta_flow *flow)
{
    return ta_fin_acked(&flow->end[TA_CLIENT]) && ta_fin_acked(&flow->end[TA_SERVER]);
}

/* Whether half of a conversation is missing. A lone SYN is a question without an answer. */
static bool is_one_way(const struct ta_flow *flow)
{
    const struct ta_end *client = &flow->end[TA_CLIENT], *server = &flow->end[TA_SERVER];
    const struct ta_end *only = client->seen ? client : server;

    return client->seen != server->seen && !(only->state == TA_SYN_SENT && !only->reset.sent);
}

unsigned ta_flow_limits(const struct ta_flow *flow)
{
    return flow->limits | (is_one_way(flow) ? 1u << TA_LIMIT_ONE_WAY : 0);
}

void ta_describe_ends(const struct ta_flow *flow, struct ta_evidence *e)
{
    static const uint64_t unacked[] = { TA_F(ABORTER_UNACKED), TA_F(VICTIM_UNACKED) };

    for (int end = 0; end < TA_ENDS; end++) {
        e->state_before[end] = flow->end[end].state;
        e->ttl[end] = flow->end[end].ttl;
        e->guess[end] = (uint8_t)ta_end_stack(&flow->end[end]);
        e->unacked_bytes[end] = ta_unacked_bytes(&flow->end[end]);
        e->alert_bytes[end] = ta_alert_bytes(&flow->end[end]);
        e->unread_bytes[end] = flow->end[end].payload.unread;
        if (e->unacked_bytes[end] > 0)
            e->facts |= unacked[end != e->aborter];
    }
    e->limits = (uint16_t)ta_flow_limits(flow);
}

void ta_add_icmp(const struct ta_end *end, struct ta_evidence *e)
{
    if (end->icmp.number == 0)
        return;
    e->facts |= TA_F(ICMP);
    e->icmp = end->icmp.number;
    e->icmp_frame = end->icmp.frame;
}
