/* What silence means: an end that gave up after unanswered retransmissions or probes, or a connection only one end
 * closed. Silence is judged against the capture's own clock.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts.h"
#include "seq.h"

uint64_t ta_tries(const struct ta_end *end, const struct ta_end *peer)
{
    /* Who probes a closed window goes on, answered or not, until it opens (RFC 9293 section 3.8.6.1). */
    bool must_probe = end->retry.is_probe && peer->window.closed;
    if ((end->retry.count == 0 && !must_probe) || (end->reset.aborted && !end->reset.gave_up))
        return 0;
    if (end->state == TA_SYN_SENT || (end->state == TA_SYN_RCVD && end->syn.sent))
        return TA_F(TRIES_SYN);
    if (end->state == TA_SYN_RCVD)
        return TA_F(TRIES_SYN_ACK);
    if (end->retry.is_probe)
        return peer->window.closed ? TA_F(TRIES_WINDOW) : TA_F(TRIES_KEEPALIVE);
    if (ta_unacked_bytes(end) > 0)
        return TA_F(TRIES_DATA);
    return end->fin.sent && !ta_fin_acked(end) ? TA_F(TRIES_FIN) : 0;
}

/* When the end's next try is overdue. Timers back off by doubling, and a kernel's may be an eighth late
 * (Linux's timer wheel), so the next one is awaited for 2.25 times the last gap. */
static int64_t next_try_due(const struct ta_end *end, const struct ta_policy *policy)
{
    const int64_t century = 36525 * (86400 * (1000 * TA_MILLISECOND)); /* hostile time stamps and preferences must not overflow */
    int64_t most = policy->gap_most < century / 3 ? policy->gap_most : century / 3;
    int64_t gap = end->retry.gap < 0 ? 0 : end->retry.gap < most ? end->retry.gap : most;
    int64_t wait = gap / 4 * 9 > policy->give_up_least ? gap / 4 * 9 : policy->give_up_least;
    /* After an ICMP error Linux and the BSDs repeat their SYN soon or not at all; Windows ignores it (row 6). */
    bool failed = end->state == TA_SYN_SENT && end->icmp.number && ta_end_stack(end) != TA_WINDOWS;

    return end->retry.time + (end->retry.gap > 0 || failed ? wait : policy->give_up_lone);
}

/* Whether the end would have tried again by `now`, had it not given up. */
static bool gave_up(const struct ta_end *end, int64_t now, const struct ta_policy *policy)
{
    int64_t due = next_try_due(end, policy);

    if (end->reset.aborted)
        return end->reset.gave_up;
    /* Whoever is heard later is alive: the tries in between were not captured. */
    return now > due && end->last_time <= due;
}

/* An end whose tries stay unanswered, or -1. Where both wait, the one that tried more often, else waits longer; but who
 * repeats its SYN is told of more than who repeats the answer, which only shows that the answer is lost. */
static int waiting_end(const struct ta_flow *flow)
{
    const struct ta_end *client = &flow->end[TA_CLIENT], *server = &flow->end[TA_SERVER];
    bool client_waits = ta_tries(client, server) != 0, server_waits = ta_tries(server, client) != 0;

    if (client_waits && server_waits) {
        bool client_asks = client->state == TA_SYN_SENT && client->retry.count > 1;
        bool server_asks = server->state == TA_SYN_SENT && server->retry.count > 1;
        bool server_first = client_asks != server_asks        ? server_asks
                            : server->retry.count != client->retry.count ? server->retry.count > client->retry.count
                                                             : server->retry.frame < client->retry.frame;
        return server_first ? TA_SERVER : TA_CLIENT;
    }
    return client_waits ? TA_CLIENT : server_waits ? TA_SERVER : -1;
}

/* Half of a conversation tells nothing of the other half's silence: it was not captured. */
bool ta_can_judge_silence(const struct ta_flow *flow)
{
    const struct ta_end *client = &flow->end[TA_CLIENT], *server = &flow->end[TA_SERVER];
    bool joined = client->state != TA_UNKNOWN || server->state != TA_UNKNOWN;
    /* A RST that nobody obeyed, and then nothing: what the capture misses may have made it count. */
    bool incomplete = flow->limits & ~(1u << TA_LIMIT_DUPLICATES);
    bool dropped = flow->doubtful || ((client->reset.aborted || server->reset.aborted) && incomplete);
    return joined && !dropped && !ta_both_closed(flow) && flow->decisive.frame == 0 && !(ta_flow_limits(flow) & 1u << TA_LIMIT_ONE_WAY);
}

/* What came back to the SYN and was no answer to it. */
static void describe_bad_answers(const struct ta_unacceptable *unacceptable, struct ta_evidence *e)
{
    e->facts |= unacceptable->acks ? TA_F(OLD_ACKS) : unacceptable->refusals ? TA_F(BAD_REFUSALS) : 0;
    e->bad_answers = unacceptable->acks ? unacceptable->acks : unacceptable->refusals;
}

static void describe_tries(const struct ta_flow *flow, int end, struct ta_evidence *e)
{
    const struct ta_end *gives_up = &flow->end[end];

    e->told = e->aborter = (uint8_t)end;
    e->frame = gives_up->retry.frame;
    e->time = gives_up->retry.frame_time;
    e->facts |= ta_tries(gives_up, &flow->end[1 - end]) | TA_F(GAVE_UP);
    if (e->facts & TA_F(TRIES_SYN))
        e->facts |= ta_tries(&flow->end[1 - end], gives_up) & TA_F(TRIES_SYN_ACK);
    e->facts |= gives_up->retry.gap > 0 ? TA_F(ABORTER_REPEATS) : 0;
    if (e->facts & TA_F(TRIES_SYN))
        describe_bad_answers(&flow->unacceptable, e);
    ta_add_icmp(gives_up, e);
    if (e->facts & TA_F(TRIES_SYN) && e->facts & TA_F(ICMP)) {
        e->frame = e->icmp_frame;
        e->time = gives_up->icmp.time;
    }
}

static bool one_closed(const struct ta_flow *flow)
{
    return ta_fin_acked(&flow->end[TA_CLIENT]) != ta_fin_acked(&flow->end[TA_SERVER]);
}

/* Whether a living connection would have been heard of by `now`. */
static bool long_silent(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy)
{
    return now - flow->last_time > policy->give_up_lone;
}

static void describe_half_closed(const struct ta_flow *flow, struct ta_evidence *e)
{
    int closer = ta_fin_acked(&flow->end[TA_CLIENT]) ? TA_CLIENT : TA_SERVER;

    e->aborter = (uint8_t)closer;
    e->told = (uint8_t)(1 - closer);
    e->frame = flow->end[closer].fin.frame;
    e->time = flow->end[closer].fin.time;
    e->fin_frame = flow->end[closer].fin.inferred ? 0 : e->frame;
}

bool ta_find_silence(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy, struct ta_evidence *e)
{
    int waiting = waiting_end(flow);

    *e = (struct ta_evidence){ .facts = TA_F(SILENCE), .fin_to_rst = -1, .idle = -1 };
    if (!ta_can_judge_silence(flow))
        return false;
    if (waiting >= 0 && gave_up(&flow->end[waiting], now, policy))
        describe_tries(flow, waiting, e);
    else if (waiting < 0 && one_closed(flow))
        describe_half_closed(flow, e);
    else
        return false;
    e->facts |= flow->end[e->told].inferred ? TA_F(INFERRED) : 0;
    ta_describe_ends(flow, e);
    for (int end = 0; end < TA_ENDS; end++)
        e->handle[end] = (uint8_t)ta_find_handle(&flow->end[end], false);
    /* Every stack repeats its SYN; one that was not repeated is of a socket that was closed meanwhile. */
    if (e->facts & TA_F(TRIES_SYN) && !(e->facts & (TA_F(ABORTER_REPEATS) | TA_F(ICMP))))
        e->handle[e->told] = TA_HANDLE_UNKNOWN;
    if (flow->end[e->told].reset.aborted) /* it gave up with a RST that its peer ignored */
        e->state_before[e->told] = flow->end[e->told].reset.state_before;
    e->limits = (uint16_t)ta_flow_final_limits(flow, now, policy);
    return true;
}

unsigned ta_flow_final_limits(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy)
{
    int waiting = waiting_end(flow);
    bool early = waiting >= 0 ? !gave_up(&flow->end[waiting], now, policy)
                              : one_closed(flow) && !long_silent(flow, now, policy);
    return ta_flow_limits(flow) | (early && ta_can_judge_silence(flow) ? 1u << TA_LIMIT_EARLY_END : 0);
}
