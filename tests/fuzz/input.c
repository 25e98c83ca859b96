/* From bytes to frames and back; see input.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "input.h"

#include <stdio.h>
#include <string.h>

#include "seq.h"

/* The highest number that each end has sent, as segments alone tell it. */
struct highest {
    uint32_t seq[TA_ENDS];
    bool known[TA_ENDS];
};

static void note_sent(struct highest *highest, const struct ta_segment *s)
{
    uint32_t end = s->seq + s->len + !!(s->flags & TA_SYN) + !!(s->flags & TA_FIN);
    if (s->flags & TA_RST || (highest->known[s->from] && !ta_seq_after(end, highest->seq[s->from])))
        return;
    highest->seq[s->from] = end;
    highest->known[s->from] = true;
}

static const struct {
    uint32_t bit;
    size_t at; /* in struct player_frame */
} truths[] = {
#define TRUTH(bit, field) { bit, offsetof(struct player_frame, field) }
    TRUTH(INPUT_TRUNCATED, segment.truncated), TRUTH(INPUT_TIMESTAMPS, segment.timestamps),
    TRUTH(INPUT_COMPLETE, segment.syn.complete), TRUTH(INPUT_SCALE, segment.syn.window_scale),
    TRUTH(INPUT_SACK, segment.syn.sack_permitted), TRUTH(INPUT_SAID, has_says), TRUTH(INPUT_SPEAKS, speaks),
    TRUTH(INPUT_MULTIPLEXED, application.multiplexed), TRUTH(INPUT_HELLO, application.client_hello),
    TRUTH(INPUT_HANDSHAKE, application.handshake), TRUTH(INPUT_CIPHER, application.change_cipher),
    TRUTH(INPUT_DATA, application.application_data), TRUTH(INPUT_ALERT, application.alert),
    TRUTH(INPUT_ALERT_READ, application.alert_read), TRUTH(INPUT_ALERT_SIZED, application.alert_sized),
#undef TRUTH
};

static void read_truths(uint32_t bits, struct player_frame *frame)
{
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        bool holds = bits & truths[i].bit;
        memcpy((char *)frame + truths[i].at, &holds, sizeof holds);
    }
}

static uint32_t write_truths(const struct player_frame *frame)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++)
        bits |= *((const char *)frame + truths[i].at) ? truths[i].bit : 0;
    return bits;
}

/* What else a record says of the segment and around it: bytes as they are. */
#define FOR_EACH_PLAIN(COPY)                                                                       \
    COPY(len, segment.len) COPY(order, segment.syn.order) COPY(window, segment.window) COPY(ip_id, segment.ip_id)         \
    COPY(checksum, segment.checksum) COPY(flags, segment.flags) COPY(ttl, segment.ttl) COPY(shift, segment.syn.shift)       \
    COPY(status, application.status) COPY(method, application.method) COPY(alert_level, application.alert_level)          \
    COPY(alert_description, application.alert_description) COPY(handshake_type, application.handshake_type)

static void read_frame(const struct input_record *r, const struct highest *highest, struct player_frame *frame)
{
    enum { SAID = sizeof r->says < sizeof frame->says ? sizeof r->says : sizeof frame->says };

    *frame = (struct player_frame){ .icmp_version = r->bits & INPUT_IPV6 ? 6 : 4 };
#define COPY(from, to) frame->to = r->from;
    FOR_EACH_PLAIN(COPY)
#undef COPY
    read_truths(r->bits, frame);
    struct ta_segment *s = &frame->segment;
    s->from = r->bits & INPUT_SERVER ? TA_SERVER : TA_CLIENT;
    s->seq = highest->seq[s->from] + r->seq;
    s->ack = highest->seq[!s->from] + r->ack;
    s->mac = r->mac;
    s->trailing_alerts = r->trailing_alerts < s->len ? r->trailing_alerts : s->len; /* a part of the payload */
    memcpy(frame->says, r->says, SAID);
    if (r->bits & INPUT_ICMP) {
        frame->icmp_type = r->icmp_type ? r->icmp_type : 1;
        frame->icmp_code = r->icmp_code;
    }
    if (!(s->flags & TA_SYN))
        s->syn = (struct ta_syn_options){ 0 };
}

/* A word for traces. */
static void name_frame(const struct player_frame *frame, char word[PLAYER_WORD])
{
    static const char letters[] = "FSRPA";
    size_t length = (size_t)snprintf(word, PLAYER_WORD, "%c:", frame->segment.from == TA_CLIENT ? 'C' : 'S');

    if (frame->icmp_type) {
        snprintf(word, PLAYER_WORD, "N:%u.%u,about=%c", frame->icmp_type, frame->icmp_code, *word);
        return;
    }
    for (int i = 0; letters[i]; i++)
        if (frame->segment.flags & 1u << i)
            word[length++] = letters[i];
    word[length] = '\0';
}

/* The glue's clock: no time stamp is further from 1970, so none overflows where two are subtracted. */
static int64_t move_clock(int64_t time, int64_t step)
{
    const int64_t furthest = INT64_C(4500000000) * 1000 * TA_MILLISECOND;

    if (step > furthest - (time > 0 ? time : 0))
        return furthest;
    return step < -furthest - (time < 0 ? time : 0) ? -furthest : time + step;
}

bool input_read(const uint8_t *data, size_t size, bool mirrored, struct recording *recording, struct ta_policy *policy)
{
    struct input_head head;
    struct input_record record;
    struct highest highest = { { 100000, 500000 }, { false, false } };
    int64_t time = INT64_C(1704067200) * 1000 * TA_MILLISECOND;
    uint32_t number = 1;

    recording->count = 0;
    if (size < sizeof head + sizeof record)
        return false;
    memcpy(&head, data, sizeof head);
    *policy = (struct ta_policy){ .recent = head.recent * TA_MILLISECOND,
                                  .give_up_least = head.give_up_least * TA_MILLISECOND,
                                  .give_up_lone = head.give_up_lone * (1000 * TA_MILLISECOND),
                                  .gap_most = head.gap_most * (1000 * TA_MILLISECOND) };
    recording->end = 0;
    for (size_t at = sizeof head; at + sizeof record <= size && recording->count < PLAYER_FRAMES; at += sizeof record) {
        struct player_frame *frame = &recording->frame[recording->count];
        memcpy(&record, data + at, sizeof record);
        read_frame(&record, &highest, frame);
        if (!(record.bits & INPUT_SAME_FRAME) || recording->count == 0) {
            time = move_clock(time, record.step);
            number += recording->count > 0;
        }
        frame->segment.frame = number;
        frame->segment.time = time;
        recording->end = time > recording->end ? time : recording->end;
        if (frame->icmp_type == 0)
            note_sent(&highest, &frame->segment);
        if (mirrored)
            frame->segment.from = !frame->segment.from;
        name_frame(frame, recording->word[recording->count++]);
    }
    recording->end = move_clock(recording->end, head.silence * TA_MILLISECOND);
    return true;
}

size_t input_write(const struct recording *recording, uint8_t data[INPUT_MOST])
{
    const struct player_frame *last = &recording->frame[recording->count - 1];
    const struct input_head head = { 1000, 3000, 75, 120, (uint32_t)((recording->end - last->segment.time) / TA_MILLISECOND) };
    struct highest highest = { { 100000, 500000 }, { false, false } };
    int64_t time = recording->frame[0].segment.time;
    size_t size = sizeof head;

    memcpy(data, &head, sizeof head);
    for (unsigned i = 0; i < recording->count; i++, size += INPUT_RECORD) {
        const struct player_frame *frame = &recording->frame[i];
        const struct ta_segment *s = &frame->segment;
        struct input_record r = { .step = s->time - time, .seq = s->seq - highest.seq[s->from], .ack = s->ack - highest.seq[!s->from],
                                  .mac = (uint8_t)s->mac, .trailing_alerts = (uint8_t)s->trailing_alerts, .icmp_type = frame->icmp_type,
                                  .icmp_code = frame->icmp_code, .bits = write_truths(frame) };
#define COPY(to, from) r.to = frame->from;
        FOR_EACH_PLAIN(COPY)
#undef COPY
        r.bits |= (s->from == TA_SERVER ? INPUT_SERVER : 0) | (frame->icmp_type ? INPUT_ICMP : 0);
        memcpy(r.says, frame->says, sizeof r.says);
        time = s->time;
        if (frame->icmp_type == 0)
            note_sent(&highest, s);
        memcpy(data + size, &r, sizeof r);
    }
    return size;
}
