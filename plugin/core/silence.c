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
    if (from->tries == 0 || probe != from->probing) {
        bool goes_on = probe && from->probing; /* the one before was answered */
        from->tries = 1;
        from->heard = false;
        from->try_gap = goes_on ? s->time - from->try_time : 0;
    } else if (s->time - from->try_time < one_try) {
        from->try_frame = s->frame;
        from->try_frame_time = s->time;
        return;
    } else if (!is_new) {
        from->tries += from->tries < UINT8_MAX;
        from->try_gap = s->time - from->try_time;
    }
    from->probing = probe;
    from->try_frame = s->frame;
    from->try_time = from->try_frame_time = s->time;
}

void ta_answer_tries(struct ta_end *end, bool progress)
{
    if (end->probing)
        end->tries = 0; /* any segment answers a probe */
    else if (progress)
        end->tries = end->tries && end->una != end->nxt; /* what is left was sent once, as far as is known */
    else
        end->heard = true;
    if (progress) {
        end->heard = false;
        end->try_gap = 0;
    }
}

uint32_t ta_tries(const struct ta_end *end, const struct ta_end *peer)
{
    /* Who probes a closed window goes on, answered or not, until it opens (RFC 9293 section 3.8.6.1). */
    bool must_probe = end->probing && peer->window_closed;
    if ((end->tries == 0 && !must_probe) || (end->has_aborted && !end->gave_up))
        return 0;
    if (end->state == TA_SYN_SENT || (end->state == TA_SYN_RCVD && end->syn_sent))
        return TA_F_TRIES_SYN;
    if (end->state == TA_SYN_RCVD)
        return TA_F_TRIES_SYN_ACK;
    if (end->probing)
        return peer->window_closed ? TA_F_TRIES_WINDOW : TA_F_TRIES_KEEPALIVE;
    if (ta_unacked_bytes(end) > 0)
        return TA_F_TRIES_DATA;
    return end->fin_sent && !ta_fin_acked(end) ? TA_F_TRIES_FIN : 0;
}

bool ta_flow_icmp(struct ta_flow *flow, const struct ta_icmp *icmp)
{
    struct ta_end *end = &flow->end[icmp->about];
    unsigned number = ta_find_icmp(icmp->version, icmp->type, icmp->code);

    /* Linux takes SEQ from SND.UNA to SND.NXT, both included (row 50). */
    if (number == 0 || !end->seq_known || ta_seq_before(icmp->seq, end->una) || ta_seq_after(icmp->seq, end->nxt)
        || end->state == TA_CLOSED)
        return false;
    end->icmp = (uint8_t)number;
    end->icmp_frame = icmp->frame;
    end->icmp_time = icmp->time;
    return true;
}

void ta_note_icmp(const struct ta_end *end, struct ta_verdict *v)
{
    if (end->icmp == 0)
        return;
    v->facts |= TA_F_ICMP;
    v->icmp = end->icmp;
    v->icmp_frame = end->icmp_frame;
}

/* When the end's next try is overdue. Timers back off by doubling, and a kernel's may be an eighth late
 * (Linux's timer wheel), so the next one is awaited for 2.25 times the last gap. */
static int64_t next_try_due(const struct ta_end *end, const struct ta_policy *policy)
{
    const int64_t century = 36525 * (86400 * (1000 * TA_MILLISECOND)); /* hostile time stamps and preferences must not overflow */
    int64_t most = policy->gap_most < century / 3 ? policy->gap_most : century / 3;
    int64_t gap = end->try_gap < 0 ? 0 : end->try_gap < most ? end->try_gap : most;
    int64_t wait = gap / 4 * 9 > policy->give_up_least ? gap / 4 * 9 : policy->give_up_least;
    /* After an ICMP error Linux and the BSDs repeat their SYN soon or not at all; Windows ignores it (row 6). */
    bool failed = end->state == TA_SYN_SENT && end->icmp && ta_guess_stack(end->ttl, end->option_order) != TA_WINDOWS;

    return end->try_time + (end->try_gap > 0 || failed ? wait : policy->give_up_lone);
}

/* Whether the end would have tried again by `now`, had it not given up. */
static bool gave_up(const struct ta_end *end, int64_t now, const struct ta_policy *policy)
{
    int64_t due = next_try_due(end, policy);

    if (end->has_aborted)
        return end->gave_up;
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
        bool client_asks = client->state == TA_SYN_SENT && client->tries > 1;
        bool server_asks = server->state == TA_SYN_SENT && server->tries > 1;
        bool server_first = client_asks != server_asks        ? server_asks
                            : server->tries != client->tries ? server->tries > client->tries
                                                             : server->try_frame < client->try_frame;
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

    return client->seen != server->seen && !(only->state == TA_SYN_SENT && !only->sent_rst);
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
    bool dropped = flow->doubtful || ((client->has_aborted || server->has_aborted) && incomplete);
    return joined && !dropped && !both_closed(flow) && flow->reset_frame == 0 && !(ta_flow_limits(flow) & 1u << TA_LIMIT_ONE_WAY);
}

static void judge_tries(const struct ta_flow *flow, int end, struct ta_verdict *v)
{
    const struct ta_end *gives_up = &flow->end[end];

    v->told = v->aborter = (uint8_t)end;
    v->frame = gives_up->try_frame;
    v->time = gives_up->try_frame_time;
    v->facts |= ta_tries(gives_up, &flow->end[1 - end]) | TA_F_GAVE_UP;
    if (v->facts & TA_F_TRIES_SYN)
        v->facts |= ta_tries(&flow->end[1 - end], gives_up) & TA_F_TRIES_SYN_ACK;
    v->facts |= gives_up->try_gap > 0 ? TA_F_ABORTER_REPEATS : 0;
    ta_note_icmp(gives_up, v);
    if (v->facts & TA_F_TRIES_SYN && v->facts & TA_F_ICMP) {
        v->frame = v->icmp_frame;
        v->time = gives_up->icmp_time;
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

    v->aborter = (uint8_t)closer;
    v->told = (uint8_t)(1 - closer);
    v->frame = flow->end[closer].fin_frame;
    v->time = flow->end[closer].fin_time;
    v->fin_frame = flow->end[closer].fin_inferred ? 0 : v->frame;
}

bool ta_flow_silence(const struct ta_flow *flow, int64_t now, const struct ta_policy *policy, struct ta_verdict *v)
{
    int waiting = waiting_end(flow);

    *v = (struct ta_verdict){ .facts = TA_F_SILENCE, .fin_to_rst = -1, .idle = -1 };
    if (!can_judge(flow))
        return false;
    if (waiting >= 0 && gave_up(&flow->end[waiting], now, policy))
        judge_tries(flow, waiting, v);
    else if (waiting < 0 && one_closed(flow))
        judge_half_closed(flow, v);
    else
        return false;
    v->facts |= flow->end[v->told].inferred ? TA_F_INFERRED : 0;
    ta_describe_ends(flow, v);
    for (int end = 0; end < TA_ENDS; end++)
        v->handle[end] = (uint8_t)ta_find_handle(&flow->end[end], false);
    /* Every stack repeats its SYN; one that was not repeated is of a socket that was closed meanwhile. */
    if (v->facts & TA_F_TRIES_SYN && !(v->facts & (TA_F_ABORTER_REPEATS | TA_F_ICMP)))
        v->handle[v->told] = TA_HANDLE_UNKNOWN;
    if (flow->end[v->told].has_aborted) /* it gave up with a RST that its peer ignored */
        v->state_before[v->told] = flow->end[v->told].state_before;
    v->limits = (uint8_t)ta_stream_limits(flow, now, policy);
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

    if (flow->reset_frame != 0)
        return flow->kind;
    if (both_closed(flow))
        return TA_KIND_CLOSED;
    if (!can_judge(flow))
        return TA_KIND_UNKNOWN;
    return ta_flow_silence(flow, now, policy, &verdict) ? verdict.kind : TA_KIND_OPEN;
}
