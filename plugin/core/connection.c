/* One step of all that is followed of a connection, and what it answers; see tcpabort.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection.h"

#include "explain/signs.h"
#include "sockets/sockets.h"

const struct ta_policy ta_default_policy = {
    .give_up_least = 3000 * TA_MILLISECOND,
    .give_up_lone = 75000 * TA_MILLISECOND,
    .gap_most = 120000 * TA_MILLISECOND,
    .recent = 1000 * TA_MILLISECOND,
};

size_t ta_connection_size(void)
{
    return sizeof(struct ta_connection);
}

/* ---- Steps ---- */

/* Evidence, judgement, and only then what the RST does to the connection. */
static void judge_rst(struct ta_connection *c, const struct ta_segment *s, const struct ta_policy *policy, struct ta_verdict *v)
{
    struct ta_evidence *e = &v->evidence;

    *v = (struct ta_verdict){ .kind = TA_KIND_NONE };
    struct ta_rst_headers headers = ta_sender_rst(&c->senders, &c->flow, s);
    ta_receive_rst(&c->flow, s, e);
    ta_track_rst(&c->flow, s, e);
    ta_measure_rst(&c->flow, s, policy->recent, e);
    e->rst = headers;
    ta_judge(v);
    ta_find_outcomes(v);
    v->data_frame = ta_find_data_frame(&c->flow, v);
    ta_track_closing(&c->flow, s, e, ta_rst_aborts(&c->flow, s, e), v->kind);
    ta_context_hints(&c->context, &c->flow, v);
}

static unsigned take_other(struct ta_connection *c, const struct ta_segment *s, const struct ta_application *application)
{
    bool overrules = ta_overrules(&c->flow, s), old_alive = ta_is_old_alive(&c->flow, s);
    uint32_t nxt = c->flow.end[s->from].seq.nxt;

    if (overrules)
        ta_track_overruled(&c->flow, s);
    if (old_alive)
        ta_track_old_alive(&c->flow, s);
    ta_sender_segment(&c->senders, &c->flow, s);
    ta_track_segment(&c->flow, s);
    if (application && c->flow.end[s->from].seq.nxt != nxt) /* what is sent again was taken before */
        ta_context_take(&c->context, &c->flow, s, application);
    return overrules || old_alive ? TA_STEP_OVERRULED : 0;
}

unsigned ta_step(struct ta_connection *c, const struct ta_segment *s, const struct ta_application *application,
                 const struct ta_policy *policy, struct ta_verdict *verdict)
{
    unsigned done = 0;

    ta_zeek_step(&c->zeek, s);
    if (s->duplicate)
        ta_add_limit(&c->flow, TA_LIMIT_DUPLICATES);
    else
        ta_tamper_step(&c->tamper, s);
    if (s->duplicate && !(s->flags & TA_RST)) {
        ta_sender_duplicate(&c->senders, s);
        return 0;
    }
    ta_track_begin(&c->flow, s);
    if (s->flags & TA_RST) {
        judge_rst(c, s, policy, verdict);
        done = TA_STEP_JUDGED;
    } else {
        done = take_other(c, s, application);
    }
    ta_track_end(&c->flow, s);
    return done;
}

bool ta_step_icmp(struct ta_connection *c, const struct ta_icmp *icmp)
{
    unsigned number = ta_find_icmp(icmp->version, icmp->type, icmp->code);
    return number != 0 && ta_track_icmp(&c->flow, icmp, number);
}

bool ta_first_sender_is_client(uint8_t flags, uint16_t source_port, uint16_t destination_port)
{
    if (flags & TA_SYN)
        return !(flags & TA_ACK);
    return source_port >= destination_port;
}

/* ---- Answers ---- */

enum ta_state ta_end_state(const struct ta_connection *c, int end)
{
    return (enum ta_state)c->flow.end[end].state;
}

uint32_t ta_snd_nxt(const struct ta_connection *c, int end)
{
    return c->flow.end[end].seq.nxt;
}

uint32_t ta_decisive_frame(const struct ta_connection *c)
{
    return c->flow.decisive.frame;
}

uint32_t ta_overruled_frame(const struct ta_connection *c)
{
    return c->flow.overruled_frame;
}

enum ta_kind ta_stream_kind(const struct ta_connection *c, int64_t now, const struct ta_policy *policy)
{
    return ta_flow_kind(&c->flow, now, policy);
}

bool ta_stream_silence(const struct ta_connection *c, int64_t now, const struct ta_policy *policy, struct ta_verdict *v)
{
    if (!ta_judge_silence(&c->flow, now, policy, v))
        return false;
    ta_find_outcomes(v);
    ta_context_hints(&c->context, &c->flow, v);
    return true;
}

unsigned ta_stream_limits(const struct ta_connection *c, int64_t now, const struct ta_policy *policy)
{
    return ta_flow_final_limits(&c->flow, now, policy);
}

bool ta_repeats_handshake(const struct ta_connection *c, const struct ta_segment *s)
{
    const struct ta_end *client = &c->flow.end[TA_CLIENT], *server = &c->flow.end[TA_SERVER];
    bool ended = client->reset.sent || server->reset.sent || client->fin.sent || server->fin.sent, answer = s->flags & TA_ACK;
    uint32_t iss = answer ? s->ack - 1 : s->seq;

    return s->flags & TA_SYN && ended && client->syn.sent && client->seq.iss == iss && (s->from == TA_CLIENT) != answer;
}

bool ta_is_unanswered(const struct ta_connection *c, const struct ta_verdict *v, const struct ta_segment *s)
{
    return ta_flow_unanswered(&c->flow, v, s);
}

unsigned ta_signs(const struct ta_connection *c, const struct ta_verdict *v)
{
    return ta_find_signs(&c->senders, &c->flow, v);
}

enum ta_origin ta_origin(const struct ta_connection *c, const struct ta_verdict *v)
{
    return ta_find_origin(&c->senders, &c->flow, v);
}

struct ta_labels ta_labels(const struct ta_connection *c, int64_t now)
{
    const struct ta_tamper_signature *signature = ta_tamper_match(&c->tamper, now);
    struct ta_labels labels = { .zeek_state = ta_zeek_conn_state(&c->zeek) };

    ta_zeek_history(&c->zeek, labels.zeek_history);
    if (signature) {
        labels.tamper_signature = signature->name;
        labels.tamper_stage = ta_tamper_stage_name(signature);
    }
    return labels;
}
