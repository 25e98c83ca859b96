/* Runs the cases of .cases files through the core and compares what it says with what they expect.
 *
 *     core_test FILE...               every case; exit 1 when one fails
 *     core_test --case NAME FILE...   one case, with its segments and the states after each
 *     core_test --mirrored FILE...    with client and server swapped: the step has no favourite end
 *     core_test --shaken FILE...      every case with a segment missing, doubled, repeated or moved: no promise breaks
 *     core_test --coverage FILE...    whether the cases reach every row and value of the core's tables
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "case_file.h"
#include "coverage.h"
#include "expect.h"
#include "judged.h"
#include "player.h"
#include "trace.h"

static struct recording recording;
static struct judged judged;

static void print_failure(void *context, const char *message)
{
    const struct test_case *test = context;
    printf("%s:%u: %s: %s\n", test->file, test->line, test->name, message);
}

static bool run(struct test_case *test, bool mirrored)
{
    char error[256];
    if (!player_play(test->segments, mirrored, &recording, error, sizeof error)) {
        print_failure(test, error);
        return false;
    }
    const char *broken = judge_recording(&recording, &ta_default_policy, &judged);
    if (broken)
        print_failure(test, broken);
    return !broken && expect_check(test->expected, mirrored, &judged, print_failure, test) == 0;
}

static int run_one(struct case_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->item[i].name, name) == 0) {
            recording.count = 0;
            bool good = run(&list->item[i], false);
            printf("%s: %s\n", name, list->item[i].segments);
            trace_print(&judged);
            printf("%s\n", good ? "passed" : "FAILED");
            return !good;
        }
    fprintf(stderr, "%s: no such case\n", name);
    return 1;
}

static int run_all(struct case_list *list, bool mirrored)
{
    size_t failed = 0;
    for (size_t i = 0; i < list->count; i++)
        failed += !run(&list->item[i], mirrored);
    printf("%zu cases%s, %zu failed\n", list->count, mirrored ? " mirrored" : "", failed);
    return failed > 0;
}

enum way { WITHOUT, TWICE, REPEATED, MOVED, FROM, WAYS };

/* Leaves out, doubles, repeats or moves frame `at`, or begins there; the numbers of the rest stay as they were. */
static void shake(const struct recording *from, enum way way, unsigned at, struct recording *to)
{
    to->count = 0;
    for (unsigned i = 0; i < from->count; i++) {
        unsigned pick = way == MOVED && at + 1 < from->count && (i == at || i == at + 1) ? 2 * at + 1 - i : i;
        unsigned times = 1;
        if (i == at && way != MOVED && way != FROM)
            times = way == WITHOUT ? 0 : 2;
        if (i < at && way == FROM)
            times = 0;
        for (unsigned time = 0; time < times && to->count < PLAYER_FRAMES; time++) {
            struct ta_segment *segment = &to->frame[to->count].segment;
            to->frame[to->count++] = from->frame[pick];
            segment->frame = to->count;
            if (way == REPEATED && time > 0)
                segment->ip_id ^= 0x8000; /* another transmission, not a copy */
        }
    }
    to->end = from->end;
}

static int run_shaken(struct case_list *list)
{
    static const char *const ways[WAYS] = { "without", "with twice", "with repeated", "with moved", "from" };
    static struct recording shaken;
    size_t count = 0, failed = 0;
    char message[256];
    for (size_t i = 0; i < list->count; i++) {
        if (!player_play(list->item[i].segments, false, &recording, message, sizeof message)) {
            print_failure(&list->item[i], message);
            failed++;
            continue;
        }
        for (enum way way = 0; way < WAYS; way++)
            for (unsigned at = 0; at < recording.count; at++, count++) {
                shake(&recording, way, at, &shaken);
                const char *broken = judge_recording(&shaken, &ta_default_policy, &judged);
                if (!broken)
                    continue;
                failed++;
                snprintf(message, sizeof message, "%s frame %u: %s", ways[way], at + 1, broken);
                print_failure(&list->item[i], message);
            }
    }
    printf("%zu cases shaken in %zu ways, %zu failed\n", list->count, count, failed);
    return failed > 0;
}

static int run_coverage(struct case_list *list)
{
    char message[256];
    for (size_t i = 0; i < list->count; i++)
        if (player_play(list->item[i].segments, false, &recording, message, sizeof message) &&
            !judge_recording(&recording, &ta_default_policy, &judged))
            coverage_note(&judged);
    unsigned missing = coverage_print_missing();
    printf("%zu cases, %u rows or values that none of them shows\n", list->count, missing);
    return missing > 0;
}

static int run_plain(struct case_list *list)
{
    return run_all(list, false);
}

static int run_mirrored(struct case_list *list)
{
    return run_all(list, true);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *option;
        int (*run)(struct case_list *);
    } ways[] = { { "--mirrored", run_mirrored }, { "--shaken", run_shaken }, { "--coverage", run_coverage } };
    int (*way)(struct case_list *) = run_plain;
    const char *name = NULL;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--case") == 0) {
        name = argv[2];
        first = 3;
    }
    for (size_t i = 0; argc > 1 && i < sizeof ways / sizeof *ways; i++)
        if (strcmp(argv[1], ways[i].option) == 0) {
            way = ways[i].run;
            first = 2;
        }
    if (first >= argc || argv[first][0] == '-') {
        fputs("usage: core_test [--case NAME | --mirrored | --shaken | --coverage] FILE.cases...\n", stderr);
        return 2;
    }
    struct case_list list = { 0 };
    bool good = true;
    for (int i = first; i < argc; i++)
        good = case_file_read(&list, argv[i]) && good;
    if (list.count == 0) {
        fprintf(stderr, "%s: no case\n", argv[first]);
        good = false;
    }
    int status = 1;
    if (list.count > 0)
        status = name ? run_one(&list, name) : way(&list);
    case_list_free(&list);
    return good ? status : 1;
}
