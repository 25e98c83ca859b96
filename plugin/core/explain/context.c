/* From what the application said to the hints of a verdict.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "context.h"

#include <string.h>

#include "idle.h"
#include "seq.h"
#include "tcpabort.h"

enum { ALERT_FATAL = 2, CLOSE_NOTIFY = 0 };

static const int64_t second = 1000 * TA_MILLISECOND;

/* Where the end's payload ends so far. */
static uint32_t payload_end(const struct ta_end *end)
{
    return end->fin.sent ? end->fin.seq : end->seq.nxt;
}

static void take_http(struct ta_context *c, const struct ta_flow *flow, const struct ta_segment *s,
                      const struct ta_application *a)
{
    enum { SWITCHING_PROTOCOLS = 101, FINAL = 200 };

    c->multiplexed |= a->multiplexed;
    if (a->method) {
        c->multiplexed |= c->asked && !c->answered && c->asker == s->from; /* which one an answer is to is not followed */
        c->kept_alive = c->answer_frame != 0;
        c->asked = true;
        c->answered = false;
        c->asker = s->from;
        c->method = a->method;
        c->request_frame = s->frame;
        c->request_seq = s->seq;
        c->request_ack = s->ack;
        c->answer_from = payload_end(&flow->end[1 - s->from]);
    }
    bool tunnel = c->asked && strcmp(ta_method_name(c->method), "CONNECT") == 0 && a->status >= FINAL && a->status < 300;
    if (a->status == SWITCHING_PROTOCOLS || tunnel) { /* what follows is no HTTP/1 */
        c->asked = c->answered = false;
    } else if (a->status >= FINAL && (!c->asked || c->asker != s->from)) {
        c->answered = true;
        c->asker = 1 - s->from;
        c->answer_frame = s->frame;
        c->answer_time = s->time;
        c->status = a->status;
    }
}

static void take_tls(struct ta_context *c, const struct ta_segment *s, const struct ta_application *a)
{
    if (a->client_hello)
        c->hello = true;
    if (a->handshake && !c->encrypted[s->from]) {
        c->handshake_type = a->handshake_type;
        c->handshake_frame = s->frame;
    }
    c->encrypted[s->from] |= a->change_cipher;
    /* In TLS 1.3 the server's handshake looks like application data, and the client's Finished too. */
    c->finished |= (c->encrypted[TA_CLIENT] && c->encrypted[TA_SERVER]) || (a->application_data && s->from == TA_CLIENT);
    if (a->alert_sized)
        c->sized_frame[s->from] = s->frame;
    if (a->alert)
        c->alert[s->from] = (struct ta_alert){ s->frame, a->alert_read, a->alert_level, a->alert_description };
}

void ta_context_take(struct ta_context *c, const struct ta_flow *flow, const struct ta_segment *s,
                     const struct ta_application *a)
{
    take_http(c, flow, s, a);
    take_tls(c, s, a);
}

static void add(struct ta_verdict *v, enum ta_hint_id id, int end, uint32_t number, uint32_t frame, uint32_t other)
{
    if (v->hint_count < TA_HINTS_MAX)
        v->hint[v->hint_count++] = (struct ta_hint){ (uint8_t)id, (uint8_t)end, number, frame, other };
}

/* Bytes of the application that no ACK covers: without TLS alerts. */
static uint32_t missed_bytes(const struct ta_verdict *v, int end)
{
    return v->evidence.unacked_bytes[end] - v->evidence.alert_bytes[end];
}

/* The last request was answered: was the request read, and the answer? */
static void explain_answered(const struct ta_context *c, struct ta_verdict *v)
{
    int asker = c->asker, server = 1 - asker;
    bool cut_off = !(v->evidence.facts & (TA_F(SILENCE) | TA_F(GAVE_UP))) && v->evidence.aborter == server;
    /* It had sent the answer just before, and no FIN. */
    bool at_once = v->evidence.time - c->answer_time <= 1000 * TA_MILLISECOND && v->cause == TA_CAUSE_UNREAD_LINGER && v->evidence.facts & TA_F(RECENT_PAYLOAD) && !(v->evidence.facts & TA_F(ABORTER_FIN));

    if (cut_off && missed_bytes(v, asker) > 0 && c->asked && !c->multiplexed)
        add(v, TA_HINT_REQUEST_UNREAD, server, c->status, c->answer_frame, c->request_frame);
    else if (cut_off && missed_bytes(v, asker) > 0)
        add(v, TA_HINT_INPUT_UNREAD, server, c->status, c->answer_frame, 0);
    else if (cut_off && at_once)
        add(v, TA_HINT_ANSWERED_RESET, server, c->status, c->answer_frame, 0);
    if (missed_bytes(v, server) > 0)
        add(v, TA_HINT_ANSWER_UNACKED, server, c->status, c->answer_frame, 0);
    else if (v->evidence.aborter == asker && v->evidence.facts & TA_F(ACTIVE) && v->evidence.facts & TA_F(ABORTER_UNREAD))
        add(v, TA_HINT_ANSWER_UNREAD, server, c->status, c->answer_frame, 0);
}

/* Nothing was sent since the last request. */
static void explain_unanswered(const struct ta_context *c, const struct ta_flow *flow, struct ta_verdict *v)
{
    const struct ta_end *asker = &flow->end[c->asker], *server = &flow->end[1 - c->asker];

    if (payload_end(server) != c->answer_from)
        return;
    bool after_fin = server->fin.sent && ta_seq_after(c->request_ack, server->fin.seq);
    bool fin_captured = server->fin.sent && !server->fin.inferred;
    if (fin_captured && after_fin)
        add(v, TA_HINT_STALE, c->asker, 0, c->request_frame, server->fin.frame);
    else if (fin_captured && c->kept_alive && !ta_seq_after(asker->seq.una, c->request_seq))
        add(v, TA_HINT_RACE, c->asker, 0, c->request_frame, server->fin.frame);
    else
        add(v, TA_HINT_UNANSWERED, c->asker, c->method, c->request_frame, 0);
}

static void explain_alert(const struct ta_alert *alert, int end, struct ta_verdict *v)
{
    bool close_notify = alert->read && alert->description == CLOSE_NOTIFY;

    if (alert->frame == 0)
        return;
    if ((close_notify || !alert->read) && v->evidence.alert_bytes[end] > 0 && missed_bytes(v, end) == 0)
        add(v, close_notify ? TA_HINT_CLOSE_NOTIFY_UNACKED : TA_HINT_ALERT_UNACKED, end, 0, alert->frame, 0);
    else if (!alert->read)
        add(v, TA_HINT_ENCRYPTED_ALERT, end, 0, alert->frame, 0);
    else
        add(v, alert->level == ALERT_FATAL && !close_notify ? TA_HINT_FATAL_ALERT : TA_HINT_ALERT, end,
            alert->description, alert->frame, 0);
}

static void explain_tls(const struct ta_context *c, const struct ta_flow *flow, struct ta_verdict *v)
{
    for (int end = 0; end < TA_ENDS; end++) {
        explain_alert(&c->alert[end], end, v);
        if (c->finished && c->sized_frame[end] != 0 && v->evidence.unacked_bytes[end] == TA_SIZE_OF_ALERT
            && c->sized_frame[end] == flow->end[end].payload.last_frame)
            add(v, TA_HINT_ALERT_SIZED, end, 0, c->sized_frame[end], 0);
    }
    if (c->hello && !c->finished)
        add(v, TA_HINT_HANDSHAKE, TA_CLIENT, c->handshake_type, c->handshake_frame, 0);
}

/* Silence that ended less than a second before the RST, and is as long as a usual idle limit or a little longer. */
static void explain_idle(const struct ta_flow *flow, struct ta_verdict *v)
{
    if (v->evidence.facts & (TA_F(SILENCE) | TA_F(GAVE_UP)) || flow->pause == 0 || v->evidence.time - flow->pause_end > second)
        return;
    for (unsigned number = 1; ta_idle_seconds(number); number++) {
        int64_t limit = ta_idle_seconds(number) * second;
        int64_t late = limit / 50 > 2 * second ? limit / 50 : 2 * second;
        if (flow->pause >= limit - second / 10 && flow->pause <= limit + late)
            add(v, TA_HINT_IDLE, v->evidence.aborter, number, (uint32_t)(flow->pause / TA_MILLISECOND), 0);
    }
}

void ta_context_hints(const struct ta_context *c, const struct ta_flow *flow, struct ta_verdict *v)
{
    if (v->kind == TA_KIND_NONE || v->kind == TA_KIND_IGNORED_RST)
        return;
    if (c->answered)
        explain_answered(c, v);
    else if (c->asked)
        explain_unanswered(c, flow, v);
    explain_tls(c, flow, v);
    explain_idle(flow, v);
}
