/* libFuzzer's target: hostile segments and ICMP errors of one stream, and what the core promises of them.
 *
 *     fuzz_core FOLDER [-libFuzzer-option...]     looks for an input that breaks a promise
 *     fuzz_core FILE                              one input again, with a trace
 *
 * Promises: those of promises.h after each frame; the same input gets the same answer; with both ends swapped the
 * answer is swapped; a verdict on a RST is the same when the capture ends there. tests/fuzz/run runs it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "input.h"
#include "trace.h"

/* libFuzzer's side of the border, for which there is no header in C. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out, size_t most,
                                 unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

static struct recording plain, swapped;
static struct judged first, other;

static void fail(const struct judged *judged, const char *promise)
{
    trace_print(judged);
    printf("broken: %s\n", promise);
    fflush(stdout);
    abort();
}

static void judge(const struct recording *recording, const struct ta_policy *policy, struct judged *judged)
{
    const char *broken = judge_recording(recording, policy, judged);
    if (broken)
        fail(judged, broken);
}

/* Segments of both ends in one frame: which of the ends has waited longer is arbitrary. */
static bool has_shared_frame(const struct recording *recording)
{
    for (unsigned i = 1; i < recording->count; i++) {
        const struct ta_segment *before = &recording->frame[i - 1].segment, *s = &recording->frame[i].segment;
        if (s->frame == before->frame && s->from != before->from)
            return true;
    }
    return false;
}

static void check_swapped(const uint8_t *data, size_t size)
{
    struct ta_policy policy;

    input_read(data, size, true, &swapped, &policy);
    judge(&swapped, &policy, &other);
    if (!has_shared_frame(&plain) && answers_all(&first, false, false) != answers_all(&other, true, false)) {
        trace_print(&first);
        fail(&other, "with the ends swapped the answer is not swapped");
    }
}

/* Ends the capture with the RST in the middle of them. */
static void check_cut(const struct ta_policy *policy)
{
    const unsigned index = first.resets / 2;

    if (first.resets == 0)
        return;
    swapped = plain;
    for (unsigned i = 0, resets = 0; resets <= index; i++) {
        resets += !!(first.frame[i].step & TA_STEP_JUDGED);
        swapped.count = i + 1;
    }
    swapped.end = swapped.frame[swapped.count - 1].segment.time;
    judge(&swapped, policy, &other);
    if (answers_verdict(&first, index, false, false) != answers_verdict(&other, index, false, false))
        fail(&other, "what comes after a RST changes its verdict");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ta_policy policy;

    if (!input_read(data, size, false, &plain, &policy))
        return 0;
    judge(&plain, &policy, &first);
    check_swapped(data, size);
    check_cut(&policy);
    judge(&plain, &policy, &other);
    if (answers_all(&first, false, true) != answers_all(&other, false, true))
        fail(&other, "the same input gets another answer");
    return 0;
}

/* ---- Mutations that know records ---- */

static size_t records(size_t size)
{
    return size < sizeof(struct input_head) ? 0 : (size - sizeof(struct input_head)) / INPUT_RECORD;
}

static uint8_t *record(uint8_t *data, size_t index)
{
    return data + sizeof(struct input_head) + index * INPUT_RECORD;
}

/* One field of one record. */
static void mutate_field(uint8_t *at, unsigned seed)
{
    static const struct {
        size_t at, size;
    } fields[] = {
#define FIELD(name) { offsetof(struct input_record, name), sizeof(((struct input_record *)0)->name) }
        FIELD(step), FIELD(seq), FIELD(ack), FIELD(len), FIELD(order), FIELD(bits), FIELD(window), FIELD(ip_id), FIELD(checksum),
        FIELD(status), FIELD(flags), FIELD(ttl), FIELD(mac), FIELD(shift), FIELD(trailing_alerts), FIELD(icmp_type), FIELD(icmp_code),
        FIELD(method), FIELD(alert_level), FIELD(alert_description), FIELD(handshake_type), FIELD(says),
#undef FIELD
    };
    const size_t i = seed % (sizeof fields / sizeof *fields);
    LLVMFuzzerMutate(at + fields[i].at, fields[i].size, fields[i].size);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    enum { ANYTHING, REMOVE, REPEAT, SWAP /* the rest: a field */ };
    const size_t count = records(size), at = count ? seed / 16 % count : 0, tail = (count - at - 1) * INPUT_RECORD;
    const unsigned what = seed % 16;

    if (count == 0 || what == ANYTHING)
        return LLVMFuzzerMutate(data, size, most);
    if (what == REMOVE && count > 1) {
        memmove(record(data, at), record(data, at + 1), tail);
        return size - INPUT_RECORD;
    }
    if (what == REPEAT && size + INPUT_RECORD <= most && count < PLAYER_FRAMES) {
        memmove(record(data, at + 1), record(data, at), tail + INPUT_RECORD);
        return size + INPUT_RECORD;
    }
    if (what == SWAP && at + 1 < count) {
        uint8_t kept[INPUT_RECORD];
        memcpy(kept, record(data, at), INPUT_RECORD);
        memcpy(record(data, at), record(data, at + 1), INPUT_RECORD);
        memcpy(record(data, at + 1), kept, INPUT_RECORD);
        return size;
    }
    mutate_field(record(data, at), seed / 16 / (unsigned)count);
    return size;
}

/* The beginning of one input and the end of another. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out, size_t most,
                                 unsigned seed)
{
    const size_t a_count = records(a_size), b_count = records(b_size);

    if (a_count == 0 || b_count == 0)
        return 0;
    const size_t head = sizeof(struct input_head) + (1 + seed % a_count) * INPUT_RECORD;
    const size_t from = sizeof(struct input_head) + seed / 256 % b_count * INPUT_RECORD;
    const size_t tail = b_size - from < most - head ? b_size - from : most - head;
    memcpy(out, a, head);
    memcpy(out + head, b + from, tail);
    return head + tail;
}
