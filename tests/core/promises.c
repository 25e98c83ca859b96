/* The promises of the core, checked; see promises.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "promises.h"

#include <stdio.h>
#include <string.h>

#include "judge/judge.h"
#include "seq.h"
#include "sockets/sockets.h"
#include "track/machine.h"

#define EVENT(event) (1u << (event))

/* ---- A step ---- */

static const char *broken_end(const struct ta_end *end)
{
    if (end->state >= TA_STATE_COUNT || end->reset.state_before >= TA_STATE_COUNT)
        return "a state that does not exist";
    if (!ta_sequence_holds(&end->seq))
        return "una <= rcv_nxt <= nxt does not hold, or what lies beyond a hole is not between the last two";
    if (!end->seq.known)
        return NULL;
    if (ta_unacked_bytes(end) > end->seq.nxt - end->seq.una || ta_alert_bytes(end) > ta_unacked_bytes(end))
        return "more un-ACKed bytes than una..nxt holds, or more alerts than that";
    return NULL;
}

/* The states that `events` lead to from `states`, one after another in any order. */
static uint32_t reach(uint32_t states, uint32_t events)
{
    uint32_t before;
    do {
        before = states;
        for (unsigned state = 0; state < TA_STATE_COUNT; state++)
            for (unsigned event = 0; event < TA_EVENT_COUNT && before & TA_IN(state); event++)
                if (events & EVENT(event))
                    states |= TA_IN(ta_next_state((enum ta_state)state, (enum ta_event)event));
    } while (states != before);
    return states;
}

/* The states of an end after a segment that it sent, or received, by the grid of machine.c. */
static uint32_t allowed_states(const struct ta_end *end, const struct ta_segment *s, bool sent)
{
    const bool syn = s->flags & TA_SYN, ack = s->flags & TA_ACK;
    uint32_t from = TA_IN(end->state), events = EVENT(TA_SENT_NO_FIN) | EVENT(TA_GOT_NO_FIN) | EVENT(TA_GOT_FIN) | EVENT(TA_SENT_FIN);

    if (s->flags & TA_RST)
        return reach(from, sent ? EVENT(TA_SENT_RST) : EVENT(TA_GOT_RST));
    events |= sent ? EVENT(TA_SENT_CROSSING_FIN) : EVENT(TA_GOT_ACK_OF_SYN) | EVENT(TA_GOT_ACK_OF_FIN);
    if (!syn)
        events |= EVENT(TA_JOINED);
    else if (ack)
        events |= sent ? EVENT(TA_SENT_SYN_ACK) : EVENT(TA_GOT_SYN_ACK);
    else
        events |= sent ? EVENT(TA_SENT_SYN) | EVENT(TA_GOT_SYN) : EVENT(TA_GOT_SYN);
    /* What no grid has: a RST without effect is taken back; the next connection on the same ports; a SYN-ACK that did
     * not arrive, so that the SYN is repeated. */
    if (end->state == TA_CLOSED && (end->reset.obeyed || end->reset.aborted))
        from |= TA_IN(end->reset.state_before);
    if (end->state == TA_CLOSED && syn && sent)
        from |= TA_IN(TA_UNKNOWN) | TA_IN(TA_SYN_SENT);
    if (end->state == TA_ESTABLISHED && syn && !ack && sent)
        from |= TA_IN(TA_SYN_SENT);
    /* Nor what an end in SYN_SENT drops, which shows only with the next SYN or SYN-ACK. */
    if (syn && !end->syn.ack_sent)
        from |= TA_IN(end->syn.sent ? TA_SYN_SENT : TA_UNKNOWN);
    return reach(from, events);
}

static const char *broken_states(const struct ta_flow *before, const struct ta_flow *after, const struct player_frame *frame)
{
    for (int who = 0; who < TA_ENDS; who++) {
        const struct ta_end *end = &before->end[who];
        uint32_t allowed = frame->icmp_type ? TA_IN(end->state) : allowed_states(end, &frame->segment, who == frame->segment.from);
        /* Nor has it an older connection that goes on although an opening end reset it. */
        if (end->state == TA_CLOSED && before->unacceptable.rst_frame != 0)
            allowed |= TA_IN(TA_ESTABLISHED) | TA_IN(TA_FIN_WAIT_1) | TA_IN(TA_UNKNOWN);
        if (!(allowed & TA_IN(after->end[who].state)))
            return "a state that the grid of machine.c does not lead to";
    }
    return NULL;
}

static const char *broken_silence(const struct ta_connection *connection, int64_t now, const struct ta_policy *policy)
{
    struct ta_verdict silence;

    if (ta_decisive_frame(connection) == 0 && ta_stream_silence(connection, now, policy, &silence)
        && silence.kind != ta_stream_kind(connection, now, policy))
        return "the verdict on the silence is not the stream's kind";
    return NULL;
}

const char *promises_step(const struct ta_connection *before, const struct ta_connection *after, const struct player_frame *frame,
                          unsigned step, int64_t now, const struct ta_policy *policy)
{
    bool is_reset = frame->icmp_type == 0 && frame->segment.flags & TA_RST;
    if (!!(step & TA_STEP_JUDGED) != is_reset)
        return "a RST and only a RST is judged";
    enum ta_kind kind = ta_stream_kind(after, now, policy);
    if (kind == TA_KIND_NONE || kind == TA_KIND_IGNORED_RST || kind >= TA_KIND_COUNT)
        return "a stream's kind is never none or ignored_rst";
    if (ta_stream_limits(after, now, policy) >> TA_LIMIT_COUNT)
        return "a limit that does not exist";
    for (int who = 0; who < TA_ENDS; who++) {
        const char *broken = broken_end(&after->flow.end[who]);
        if (broken)
            return broken;
    }
    const char *broken = broken_states(&before->flow, &after->flow, frame);
    return broken ? broken : broken_silence(after, now, policy);
}

/* ---- A verdict ---- */

/* A line that may stand anywhere: it fits, and is UTF-8 without control characters (RFC 3629). */
static bool is_line(const char *text, int length, size_t size)
{
    if (length <= 0 || (size_t)length >= size || strlen(text) != (size_t)length)
        return false;
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        unsigned more = *c < 0x80 ? 0 : *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : 1;
        if (*c < ' ' || *c == 0x7f || (*c >= 0x80 && *c < 0xc2) || *c > 0xf4)
            return false;
        for (c++; more > 0; more--, c++)
            if ((*c & 0xc0) != 0x80)
                return false;
    }
    return true;
}

/* Cut to `room` bytes, the same text as far as it goes. */
static bool is_cut_of(const char *cut, size_t room, const char *whole)
{
    size_t length = strlen(whole) < room ? strlen(whole) : room - 1;
    return strlen(cut) == length && memcmp(cut, whole, length) == 0;
}

static const char *broken_texts(const struct ta_connection *connection, const struct ta_verdict *v, const char *const *diagnostic)
{
    char text[TA_SUMMARY_SIZE] = "", cut[40] = "";

    for (unsigned stack = 0; stack <= TA_STACK_AUTO; stack++) {
        if (!is_line(text, ta_summary(text, sizeof text, v, stack, diagnostic), sizeof text))
            return "a summary that is empty, cut or no text";
        ta_summary(cut, sizeof cut, v, stack, diagnostic);
        if (!is_cut_of(cut, sizeof cut, text))
            return "a summary that a smaller room changes";
    }
    for (unsigned i = 0; i < v->hint_count; i++)
        if (!is_line(text, ta_hint_text(text, TA_HINT_SIZE, v, i), TA_HINT_SIZE))
            return "a hint that is empty, cut or no text";
    unsigned signs = ta_signs(connection, v);
    for (unsigned sign = 0; sign < TA_SIGN_COUNT; sign++)
        if (signs & 1u << sign && !is_line(text, ta_sign_text(text, TA_SIGN_SIZE, connection, v, (enum ta_sign)sign), TA_SIGN_SIZE))
            return "a sign that is empty, cut or no text";
    if (!*ta_rule_text(v) || (v->kind != TA_KIND_NONE) != !!*ta_advice(v))
        return "a verdict without a rule, or of a kind and without advice";
    return NULL;
}

static const char *broken_answers(const struct ta_connection *connection, const struct ta_verdict *v)
{
    for (int end = 0; end < TA_ENDS; end++)
        for (unsigned stack = 0; stack < TA_STACK_COUNT; stack++) {
            struct ta_answer answer = ta_answer(v, end, (enum ta_stack)stack);
            if (answer.recv >= TA_RESULT_COUNT || answer.send >= TA_RESULT_COUNT || answer.alternative >= TA_RESULT_COUNT
                || ta_first_failure(&answer) >= TA_RESULT_COUNT || ta_queue(v, end, (enum ta_stack)stack) > TA_NO_QUEUE
                || !strchr("MSCDTF", answer.evidence))
                return "an answer that its table does not have";
            if (ta_certainty(v, (enum ta_stack)stack) >= TA_CERTAINTY_COUNT)
                return "a certainty that does not exist";
        }
    for (int end = 0; end < TA_ENDS; end++)
        if (ta_winsock(v, end) != 0 && v->evidence.handle[end] != TA_HANDLE_OPEN)
            return "a Winsock error without an open handle";
    if (ta_signs(connection, v) >> TA_SIGN_COUNT || ta_origin(connection, v) >= TA_ORIGIN_COUNT || ta_capture_point(v->evidence.ttl) >= TA_POINT_COUNT)
        return "a sign, origin or capture point that does not exist";
    return NULL;
}

static const char *broken_values(const struct ta_verdict *v)
{
    if (v->kind >= TA_KIND_COUNT || v->evidence.effect >= TA_EFFECT_COUNT || v->evidence.shape >= TA_SHAPE_COUNT || v->cause >= TA_CAUSE_COUNT
        || v->harm >= TA_HARM_COUNT || v->rule >= ta_rule_count || v->evidence.aborter >= TA_ENDS || v->evidence.told >= TA_ENDS
        || (uint64_t)v->evidence.facts >> TA_FACT_COUNT || v->evidence.limits >> TA_LIMIT_COUNT || v->hint_count > TA_HINTS_MAX)
        return "a verdict holds a value its table does not have";
    for (int end = 0; end < TA_ENDS; end++) {
        if (v->evidence.state_before[end] >= TA_STATE_COUNT || v->evidence.handle[end] >= TA_HANDLE_COUNT || v->evidence.guess[end] > TA_STACK_COUNT
            || v->outcome[end] >= ta_outcome_count)
            return "a verdict holds a value of an end that its table does not have";
        if (v->evidence.alert_bytes[end] > v->evidence.unacked_bytes[end])
            return "more alerts than un-ACKed bytes";
    }
    for (unsigned i = 0; i < v->hint_count; i++)
        if (v->hint[i].id >= TA_HINT_COUNT || v->hint[i].end >= TA_ENDS)
            return "a hint that does not exist";
    return NULL;
}

/* The time stamp of a frame; several segments may share one. */
static const struct player_frame *find_frame(const struct recording *recording, uint32_t number)
{
    for (unsigned i = 0; i < recording->count; i++)
        if (recording->frame[i].segment.frame == number)
            return &recording->frame[i];
    return NULL;
}

static const char *broken_frames(const struct recording *recording, const struct ta_verdict *v)
{
    const struct player_frame *decisive = find_frame(recording, v->evidence.frame);
    const uint32_t evidence[] = { v->evidence.fin_frame, v->data_frame, v->evidence.trigger_frame, v->evidence.icmp_frame };

    if (!decisive || v->evidence.time != decisive->segment.time)
        return "a verdict's time is not its frame's";
    for (size_t i = 0; i < sizeof evidence / sizeof *evidence; i++)
        if (evidence[i] != 0 && (!find_frame(recording, evidence[i]) || (evidence[i] > v->evidence.frame && !(v->evidence.facts & TA_F(SILENCE)))))
            return "evidence that is no frame, or one after the RST";
    if (v->evidence.idle < -1 || v->evidence.fin_to_rst < -1)
        return "a time that is negative";
    return NULL;
}

const char *promises_verdict(const struct judged *judged, const struct ta_verdict *v)
{
    const char *broken = broken_values(v);
    if (broken)
        return broken;
    if (v->kind != ta_rules[v->rule].kind)
        return "a verdict's kind is not its rule's";
    if (!(v->evidence.facts & TA_F(ICMP)) != (v->evidence.icmp == 0) || v->evidence.icmp > ta_icmp_error_count)
        return "an ICMP error without a row of icmp.def";
    if (v->kind == TA_KIND_IGNORED_RST && v->evidence.effect == TA_EFFECT_RESET)
        return "an ignored RST has the effect of a reset";
    return broken_frames(judged->recording, v);
}

const char *promises_words(const struct judged *judged, const struct ta_verdict *v)
{
    const char *broken = broken_answers(&judged->connection, v);
    return broken ? broken : broken_texts(&judged->connection, v, judged->diagnostic[v - judged->verdict]);
}

/* ---- Labels ---- */

const char *promises_labels(const struct judged *judged, int64_t now)
{
    static const char states[] = " S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH ";
    char text[TA_ZEEK_TEXT], word[16];
    const struct ta_tamper_signature *signature = ta_tamper_match(&judged->connection.tamper, now);

    snprintf(word, sizeof word, " %s ", ta_zeek_conn_state(&judged->connection.zeek));
    ta_zeek_history(&judged->connection.zeek, text);
    size_t letters = strspn(text, "^SHAFDRCGTWIQshafdrcgtwiq");
    if (!strstr(states, word) || (strcmp(text + letters, "...") != 0 && text[letters]))
        return "a conn_state or history that Zeek does not have";
    if (signature && (signature < ta_tamper_signatures || signature >= ta_tamper_signatures + ta_tamper_signature_count
                      || !*ta_tamper_stage_name(signature)))
        return "a signature of tampering that is in no table";
    return NULL;
}
