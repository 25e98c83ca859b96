/* Registers the preferences; see preferences.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "preferences.h"

#include <epan/prefs.h>

int pref_stack = TA_STACK_AUTO;
int pref_point = TA_POINT_UNKNOWN;
ws_bool pref_show_states = TRUE;
int pref_report_only = TA_HARM_NONE;
const char *pref_report_filter = "";
ws_bool pref_report_overwrite = FALSE;

struct ta_policy pref_policy;

/* The policy's times as preferences, in a unit people use. */
static struct time_preference {
    int64_t *time; /* in pref_policy */
    int64_t unit;  /* nanoseconds */
    const char *name, *title, *help;
    unsigned shown;
} times[] = {
    { &pref_policy.recent, TA_MILLISECOND, "recent_payload", "Payload counts as possibly unread for (ms)",
      "Payload that reached an end less than this many milliseconds before a reset counts as possibly unread by its "
      "application.", 0 },
    { &pref_policy.give_up_least, TA_MILLISECOND, "give_up_after", "Repeated tries have given up after at least (ms)",
      "Silence after the last of several transmissions that counts as giving up, at least; 2.25 times the last gap "
      "between two of them where that is longer.", 0 },
    { &pref_policy.give_up_lone, 1000 * TA_MILLISECOND, "give_up_lone", "A single try has given up after (s)",
      "Silence after a single transmission that counts as giving up, at low certainty.", 0 },
    { &pref_policy.gap_most, 1000 * TA_MILLISECOND, "longest_gap", "Longest gap between two tries that counts (s)",
      "Gaps between two tries count as this long at most when the next try is expected.", 0 },
};

static void apply_preferences(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(times); i++)
        *times[i].time = times[i].shown * times[i].unit;
}

void preferences_register(int protocol)
{
    static enum_val_t stacks[TA_STACK_COUNT + 2] = { { "auto", "Windows and Linux, the likelier first", TA_STACK_AUTO } };
    static const enum_val_t points[] = {
        { "auto", "Tell it from untouched initial TTLs", TA_POINT_UNKNOWN },
        { "client", "At the client", TA_POINT_CLIENT },
        { "server", "At the server", TA_POINT_SERVER },
        { "middle", "Between them", TA_POINT_MIDDLE },
        { NULL, NULL, 0 }
    };
    static const enum_val_t harms[] = {
        { "all", "Every stream", TA_HARM_NONE },
        { "possible", "Where data is lost or may be", TA_HARM_POSSIBLE },
        { "lost", "Where data is lost", TA_HARM_LOST },
        { NULL, NULL, 0 }
    };
    module_t *module = prefs_register_protocol(protocol, apply_preferences);

    for (int stack = 0; stack < TA_STACK_COUNT; stack++)
        stacks[stack + 1] = (enum_val_t){ ta_stack_slug((enum ta_stack)stack), ta_stack_name((enum ta_stack)stack), stack };
    prefs_register_enum_preference(module, "stack", "Stack named in summaries",
                                   "Whose error codes summaries name, and whose evidence the certainty follows. The "
                                   "likelier stack is guessed from the initial TTL and marked as a guess. All fields "
                                   "are shown whatever is chosen here.",
                                   &pref_stack, stacks, FALSE);
    prefs_register_enum_preference(module, "capture_point", "Where the capture was made",
                                   "What tcpabort.capture_point says. An end whose initial TTL no router has "
                                   "lowered is near; that is a guess.",
                                   &pref_point, points, FALSE);
    prefs_register_bool_preference(module, "show_states", "Show TCP states on every packet",
                                   "Whether packets without a verdict show both ends' states. A verdict always does.",
                                   &pref_show_states);
    pref_policy = ta_default_policy;
    for (struct time_preference *t = times; t < times + G_N_ELEMENTS(times); t++) {
        t->shown = (unsigned)(*t->time / t->unit);
        prefs_register_uint_preference(module, t->name, t->title, t->help, 10, &t->shown);
    }
    prefs_register_enum_preference(module, "report_only", "Streams that reports list",
                                   "Which streams -z tcpabort,streams, servers, table, json and html list. Totals count all.",
                                   &pref_report_only, harms, FALSE);
    prefs_register_string_preference(module, "report_filter", "Filter of reports",
                                     "A display filter: reports that are given none are about the streams with at "
                                     "least one frame that matches.",
                                     &pref_report_filter);
    prefs_register_bool_preference(module, "report_overwrite", "Reports may replace a file",
                                   "Whether -z tcpabort,json,FILE and the like may write to a FILE that exists.",
                                   &pref_report_overwrite);
}

/* The stack a summary names first decides how sure the verdict is. */
enum ta_certainty pref_certainty(const struct ta_verdict *v)
{
    return ta_certainty(v, ta_headline_stack(v, (unsigned)pref_stack));
}

enum ta_capture_point pref_capture_point(const struct ta_verdict *v)
{
    return pref_point == TA_POINT_UNKNOWN ? ta_capture_point(v->evidence.ttl) : (enum ta_capture_point)pref_point;
}
