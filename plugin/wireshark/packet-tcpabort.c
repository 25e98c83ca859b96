/* The post-dissector: how did this TCP connection end, who ended it, what was lost, and which error does
 * each application get? This file registers the parts (see tcpabort.h) and calls them for each frame.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <epan/packet.h>
#include <epan/prefs.h>

#include "glue.h"

int proto_tcpabort = -1;
int tap_tcpabort = -1;
bool first_visit;
int pref_stack = TA_STACK_AUTO;
int pref_point = TA_POINT_UNKNOWN;

ws_bool pref_show_states = TRUE;
int pref_report_only = TA_HARM_NONE;
const char *pref_report_filter = "";
ws_bool pref_report_overwrite = FALSE;

struct ta_policy policy;
static dissector_handle_t tcpabort_handle;

/* The policy's times as preferences, in a unit people use. */
static struct time_preference {
    int64_t *time; /* in `policy` */
    int64_t unit;  /* nanoseconds */
    const char *name, *title, *help;
    unsigned shown;
} times[] = {
    { &policy.recent, TA_MILLISECOND, "recent_payload", "Payload counts as possibly unread for (ms)",
      "Payload that reached an end less than this many milliseconds before a reset counts as possibly unread by its "
      "application.", 0 },
    { &policy.give_up_least, TA_MILLISECOND, "give_up_after", "Repeated tries have given up after at least (ms)",
      "Silence after the last of several transmissions that counts as giving up, at least; 2.25 times the last gap "
      "between two of them where that is longer.", 0 },
    { &policy.give_up_lone, 1000 * TA_MILLISECOND, "give_up_lone", "A single try has given up after (s)",
      "Silence after a single transmission that counts as giving up, at low certainty.", 0 },
    { &policy.gap_most, 1000 * TA_MILLISECOND, "longest_gap", "Longest gap between two tries that counts (s)",
      "Gaps between two tries count as this long at most when the next try is expected.", 0 },
};

static void apply_preferences(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(times); i++)
        *times[i].time = times[i].shown * times[i].unit;
}

static int dissect_tcpabort(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    static const struct observer observer = { .segment = follow_segment, .icmp = follow_icmp };
    const struct stream *stream;

    first_visit = !PINFO_FD_VISITED(pinfo);
    if (first_visit) {
        int64_t time = frame_time(pinfo);
        store_begin_frame(pinfo->num, time);
        observe_frame(tvb, pinfo, tree, time, &observer);
    }
    /* Nothing is worked out for a frame that nobody looks at: that would be most of the plugin's cost. Expert info needs no
     * tree; the window's light shows the worst of it; on later visits a silence may have its verdict too. */
    bool shown = proto_field_is_referenced(tree, proto_tcpabort)
                 || (store_has_reset(pinfo->num) && (menus_in_window() || experts_listens()))
                 || (PINFO_FD_VISITED(pinfo) && experts_listens());
    bool tapped = have_tap_listener(tap_tcpabort);
    if (!shown && !tapped)
        return 0;
    const char *saved = pinfo->current_proto;
    pinfo->current_proto = "TCP abort"; /* whose expert info it is */
    for (unsigned i = 0; (stream = store_frame_stream(pinfo->num, i)) != NULL; i++) {
        if (shown)
            show_stream(tvb, pinfo, tree, stream);
        if (tapped)
            tap_queue_packet(tap_tcpabort, pinfo, stream);
    }
    pinfo->current_proto = saved;
    return 0;
}

static void register_preferences(void)
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
    module_t *module = prefs_register_protocol(proto_tcpabort, apply_preferences);

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
    policy = ta_default_policy;
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

void proto_register_tcpabort(void)
{
    proto_tcpabort = proto_register_protocol("TCP abort analysis", "TCP abort", "tcpabort");
    show_register();
    tree_register();
    table_register();
    menus_register();
    register_preferences();
    tap_tcpabort = register_tap("tcpabort");
    register_init_routine(store_init);
    register_cleanup_routine(store_init);
    /* Wireshark keeps no layer for a protocol in name only, which is a third of the call's cost, and frame.protocols stays as
     * it was. It is enabled when its parent is; with no protocol at all Wireshark would not count this post-dissector, and
     * call none where there is no other. */
    int in_name_only = proto_register_protocol_in_name_only("TCP abort analysis, without a layer", "TCP abort without a layer",
                                                            "tcpabort.without_layer", proto_tcpabort, FT_PROTOCOL);
    tcpabort_handle = create_dissector_handle(dissect_tcpabort, in_name_only);
    register_postdissector(tcpabort_handle);
}

void proto_reg_handoff_tcpabort(void)
{
    static bool done;

    if (!done) {
        observe_init(tcpabort_handle);
        menus_init();
    }
    done = true;
}
