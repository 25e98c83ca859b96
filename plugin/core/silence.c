/* What silence means: an end that gave up after unanswered tries, or a connection only one end closed.
 * Silence is judged against the capture's own clock.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"

#include "seq.h"

void ta_count_try(struct ta_end *from, const struct ta_segment *s, bool is_new, bool probe)
{
    /* Sent again within less than the shortest retransmission timer (Linux: 200 ms): one try, or a copy. */
    const int64_t one_try = 190 * TA_MILLISECOND;

    /* New payload behind what is un-ACKed is no repetition; a probe begins a count of its own. */
    if (from->retry.count == 0 || probe != from->retry.is_probe) {
        bool goes_on = probe && from->retry.is_probe; /* the one before was answered */
        from->retry.count = 1;
        from->retry.peer_sent = false;
        from->retry.gap = goes_on ? s->time - from->retry.time : 0;
    } else if (s->time - from->retry.time < one_try) {
        from->retry.frame = s->frame;
        from->retry.frame_time = s->time;
        return;
    } else if (!is_new) {
        from->retry.count += from->retry.count < UINT8_MAX;
        from->retry.gap = s->time - from->retry.time;
    }
    from->retry.is_probe = probe;
    from->retry.frame = s->frame;
    from->retry.time = from->retry.frame_time = s->time;
}

void ta_answer_tries(struct ta_end *end, bool progress)
{
    if (end->retry.is_probe)
        end->retry.count = 0; /* any segment answers a probe */
    else if (progress)
        end->retry.count = end->retry.count && end->seq.una != end->seq.nxt; /* what is left was sent once, as far as is known */
    else
        end->retry.peer_sent = true;
    if (progress) {
        end->retry.peer_sent = false;
        end->retry.gap = 0;
    }
}

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

bool ta_flow_icmp(struct ta_flow *flow, const struct ta_icmp *icmp)
{
    struct ta_end *end = &flow->end[icmp->about];
    unsigned number = ta_find_icmp(icmp->version, icmp->type, icmp->code);

    /* Linux takes SEQ from SND.UNA to SND.NXT, both included (row 50). */
    if (number == 0 || !end->seq.known || ta_seq_before(icmp->seq, end->seq.una) || ta_seq_after(icmp->seq, end->seq.nxt)
        || end->state == TA_CLOSED)
        return false;
    end->icmp.number = (uint8_t)number;
    end->icmp.frame = icmp->frame;
    end->icmp.time = icmp->time;
    return true;
}

void ta_note_icmp(const struct ta_end *end, struct ta_verdict *v)
{
    if (end->icmp.number == 0)
        return;
    v->evidence.facts |= TA_F(ICMP);
    v->evidence.icmp = end->icmp.number;
    v->evidence.icmp_frame = end->icmp.frame;
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
    bool failed = end->state == TA_SYN_SENT && end->icmp.number && ta_guess_stack(end->ttl, end->syn.option_order) != TA_WINDOWS;

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

static bool both_closed(const struct ta_flow *flow)
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

/* Half of a conversation tells nothing of the other half's silence: it was not captured. */
static bool can_judge(const struct ta_flow *flow)
{
    const struct ta_end *client = &flow->end[TA_CLIENT], *server = &flow->end[TA_SERVER];
    bool joined = client->state != TA_UNKNOWN || server->state != TA_UNKNOWN;
    /* A RST that nobody obeyed, and then nothing: what the capture misses may have made it count. */
    bool incomplete = flow->limits & ~(1u << TA_LIMIT_DUPLICATES);
    bool dropped = flow->doubtful || ((client->reset.aborted || server->reset.aborted) && incomplete);
    return joined && !dropped && !both_closed(flow) && flow->decisive.frame == 0 && !(ta_flow_limits(flow) & 1u << TA_LIMIT_ONE_WAY);
}

static void judge_tries(const struct ta_flow *flow, int end, struct ta_verdict *v)
{
    const struct ta_end *gives_up = &flow->end[end];

    v->evidence.told = v->evidence.aborter = (uint8_t)end;
    v->evidence.frame = gives_up->retry.frame;
    v->evidence.time = gives_up->retry.frame_time;
    v->evidence.facts |= ta_tries(gives_up, &flow->end[1 - end]) | TA_F(GAVE_UP);
    if (v->evidence.facts & TA_F(TRIES_SYN))
        v->evidence.facts |= ta_tries(&flow->end[1 - end], gives_up) & TA_F(TRIES_SYN_ACK);
    v->evidence.facts |= gives_up->retry.gap > 0 ? TA_F(ABORTER_REPEATS) : 0;
    ta_note_icmp(gives_up, v);
    if (v->evidence.facts & TA_F(TRIES_SYN) && v->evidence.facts & TA_F(ICMP)) {
        v->evidence.frame = v->evidence.icmp_frame;
        v->evidence.time = gives_up->icmp.time;
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

static void judge_half_closed(const struct ta_flow *flow, struct ta_verdict *v)
{
    int closer = ta_fin_acked(&flow->end[TA_CLIENT]) ? TA_CLIENT : TA_SERVER;

    v->evidence.aborter = (uint8_t)closer;
    v->evidence.told = (uint8_t)(1 - closer);
    v->evidence.frame = flow->end[closer].fin.frame;
    v->evidence.time = flow->end[closer].fin.time;
    v->evidence.fin_frame = flow->end[closer].fin.inferred ? 0 : v->evidence.frame;
}

bool ta_flow_silence(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy, struct ta_verdict *v)
{
    int waiting = waiting_end(flow);

    *v = (struct ta_verdict){ .evidence.facts = TA_F(SILENCE), .evidence.fin_to_rst = -1, .evidence.idle = -1 };
    if (!can_judge(flow))
        return false;
    if (waiting >= 0 && gave_up(&flow->end[waiting], now, policy))
        judge_tries(flow, waiting, v);
    else if (waiting < 0 && one_closed(flow))
        judge_half_closed(flow, v);
    else
        return false;
    v->evidence.facts |= flow->end[v->evidence.told].inferred ? TA_F(INFERRED) : 0;
    ta_describe_ends(flow, v);
    for (int end = 0; end < TA_ENDS; end++)
        v->evidence.handle[end] = (uint8_t)ta_find_handle(&flow->end[end], false);
    /* Every stack repeats its SYN; one that was not repeated is of a socket that was closed meanwhile. */
    if (v->evidence.facts & TA_F(TRIES_SYN) && !(v->evidence.facts & (TA_F(ABORTER_REPEATS) | TA_F(ICMP))))
        v->evidence.handle[v->evidence.told] = TA_HANDLE_UNKNOWN;
    if (flow->end[v->evidence.told].reset.aborted) /* it gave up with a RST that its peer ignored */
        v->evidence.state_before[v->evidence.told] = flow->end[v->evidence.told].reset.state_before;
    v->evidence.limits = (uint16_t)ta_stream_limits(flow, now, policy);
    ta_judge(v);
    v->data_frame = ta_find_data_frame(flow, v);
    return true;
}

unsigned ta_stream_limits(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy)
{
    int waiting = waiting_end(flow);
    bool early = waiting >= 0 ? !gave_up(&flow->end[waiting], now, policy)
                              : one_closed(flow) && !long_silent(flow, now, policy);
    return ta_flow_limits(flow) | (early && can_judge(flow) ? 1u << TA_LIMIT_EARLY_END : 0);
}

enum ta_kind ta_flow_kind(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy)
{
    struct ta_verdict verdict;

    if (flow->decisive.frame != 0)
        return flow->decisive.kind;
    if (both_closed(flow))
        return TA_KIND_CLOSED;
    if (!can_judge(flow))
        return TA_KIND_UNKNOWN;
    return ta_flow_silence(flow, now, policy, &verdict) ? verdict.kind : TA_KIND_OPEN;
}
