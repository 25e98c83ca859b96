/* Folds answers; see answers.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answers.h"

#include <string.h>

#include "tcpabort.h"

static void fold(uint64_t *sum, uint64_t value)
{
    const uint64_t multiplier = 0x9e3779b97f4a7c15; /* odd, bits well mixed */
    *sum = (*sum ^ value) * multiplier;
    *sum ^= *sum >> 29;
}

static void fold_text(uint64_t *sum, const char *text)
{
    for (; *text; text++)
        fold(sum, (unsigned char)*text);
}

static void fold_ends(uint64_t *sum, const struct ta_verdict *v, bool mirrored)
{
    for (int i = 0; i < TA_ENDS; i++) {
        int end = i ^ mirrored;
        const uint64_t values[] = { v->evidence.state_before[end], v->evidence.handle[end], v->evidence.ttl[end], v->evidence.guess[end], v->outcome[end],
                                    v->evidence.unacked_bytes[end], v->evidence.unread_bytes[end], v->evidence.alert_bytes[end], ta_winsock(v, end) };
        for (size_t k = 0; k < sizeof values / sizeof *values; k++)
            fold(sum, values[k]);
        for (unsigned stack = 0; stack < TA_STACK_COUNT; stack++) {
            struct ta_answer answer = ta_answer(v, end, (enum ta_stack)stack);
            fold(sum, answer.recv << 16 | answer.send << 8 | answer.alternative);
        }
    }
}

static void fold_texts(uint64_t *sum, const struct judged *judged, unsigned index)
{
    const struct ta_connection *connection = &judged->connection;
    const struct ta_verdict *v = &judged->verdict[index];
    char text[TA_SUMMARY_SIZE];
    unsigned signs = ta_signs(connection, v);

    ta_summary(text, sizeof text, v, TA_STACK_AUTO, judged->diagnostic[index]);
    fold_text(sum, text);
    fold_text(sum, ta_advice(v));
    for (unsigned i = 0; i < v->hint_count; i++) {
        ta_hint_text(text, sizeof text, v, i);
        fold_text(sum, text);
    }
    for (unsigned sign = 0; sign < TA_SIGN_COUNT; sign++)
        if (signs & 1u << sign) {
            ta_sign_text(text, sizeof text, connection, v, (enum ta_sign)sign);
            fold_text(sum, text);
        }
    fold_text(sum, ta_stream_blamed(connection, v));
    fold(sum, judged->overruled[index]);
}

uint64_t answers_verdict(const struct judged *judged, unsigned index, bool mirrored, bool whole)
{
    const struct ta_verdict *v = &judged->verdict[index];
    const uint64_t values[] = { v->evidence.facts, v->kind, v->evidence.aborter ^ mirrored, v->evidence.told ^ mirrored, v->evidence.gave_up_before, v->evidence.effect, v->evidence.shape,
                                v->cause, v->harm, v->evidence.limits, v->rule, v->evidence.icmp, v->evidence.bytes_after_fin, v->evidence.frame, (uint64_t)v->evidence.time,
                                v->evidence.fin_frame, v->data_frame, v->evidence.trigger_frame, v->evidence.icmp_frame, (uint64_t)v->evidence.fin_to_rst,
                                (uint64_t)v->evidence.idle, ta_certainty(v, TA_WINDOWS) };
    uint64_t sum = 0;

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        fold(&sum, values[i]);
    fold_ends(&sum, v, mirrored);
    if (whole)
        fold_texts(&sum, judged, index);
    return sum;
}

uint64_t answers_all(const struct judged *judged, bool mirrored, bool whole)
{
    const int64_t end = judged->recording->end;
    uint64_t sum = ta_stream_limits(&judged->connection, end, judged->policy);
    char history[TA_ZEEK_TEXT];

    for (unsigned i = 0; i < judged->recording->count; i++) {
        const struct judged_frame *frame = &judged->frame[i];
        fold(&sum, frame->state[mirrored] << 8 | frame->state[!mirrored]);
        fold(&sum, frame->stream);
        fold(&sum, frame->step);
    }
    for (unsigned i = 0; i < judged->verdicts; i++)
        fold(&sum, answers_verdict(judged, i, mirrored, whole));
    if (!whole)
        return sum;
    const struct ta_tamper_signature *signature = ta_tamper_match(&judged->connection.tamper, end);
    ta_zeek_history(&judged->connection.zeek, history);
    fold_text(&sum, history);
    fold_text(&sum, ta_zeek_conn_state(&judged->connection.zeek));
    fold_text(&sum, signature ? signature->name : "");
    return sum;
}
