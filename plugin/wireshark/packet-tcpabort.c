/* The post-dissector: how did this TCP connection end, who ended it, what was lost, and which error does
 * each application get? This file registers the parts (see tcpabort.h) and calls them for each frame.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <epan/packet.h>
#include <epan/prefs.h>

#include "tcpabort.h"
#include "text.h"

int proto_tcpabort = -1;
int tap_tcpabort = -1;
int pref_stack = TA_STACK_AUTO;
int pref_point = TA_POINT_UNKNOWN;

static const int64_t millisecond = 1000000, second = 1000000000;
static unsigned pref_recent, pref_give_up;        /* milliseconds */
static unsigned pref_give_up_lone, pref_gap_most; /* seconds */
struct ta_policy policy;
static dissector_handle_t tcpabort_handle;

static void apply_preferences(void)
{
    policy.recent = pref_recent * millisecond;
    policy.give_up_least = pref_give_up * millisecond;
    policy.give_up_lone = pref_give_up_lone * second;
    policy.gap_most = pref_gap_most * second;
}

static int dissect_tcpabort(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    static const struct observer observer = { .segment = store_segment, .icmp = store_icmp };
    const struct stream *stream;

    if (!PINFO_FD_VISITED(pinfo)) {
        store_clock(pinfo);
        store_begin_frame(pinfo->num);
        if (tree)
            observe_frame(tvb, pinfo, tree, &observer);
    }
    /* Nothing is built for a frame that nobody looks at: that would be most of the plugin's cost. */
    bool shown = tree && (proto_field_is_referenced(tree, proto_tcpabort) || store_has_verdict(pinfo->num));
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
    static const enum_val_t stacks[] = {
        { "auto", "Windows and Linux, the likelier first", TA_STACK_AUTO },
#define STACK(id, slug, name) { slug, name, id },
#include "stacks.def"
#undef STACK
        { NULL, NULL, 0 }
    };
    static const enum_val_t points[] = {
        { "auto", "Tell it from untouched initial TTLs", TA_POINT_UNKNOWN },
        { "client", "At the client", TA_POINT_CLIENT },
        { "server", "At the server", TA_POINT_SERVER },
        { "middle", "Between them", TA_POINT_MIDDLE },
        { NULL, NULL, 0 }
    };
    const struct ta_policy *usual = &ta_default_policy;
    module_t *module = prefs_register_protocol(proto_tcpabort, apply_preferences);

    pref_recent = (unsigned)(usual->recent / millisecond);
    pref_give_up = (unsigned)(usual->give_up_least / millisecond);
    pref_give_up_lone = (unsigned)(usual->give_up_lone / second);
    pref_gap_most = (unsigned)(usual->gap_most / second);
    prefs_register_enum_preference(module, "stack", "Stack named in summaries",
                                   "Whose error codes summaries name, and whose evidence the certainty follows. The "
                                   "likelier stack is guessed from the initial TTL and marked as a guess. All fields "
                                   "are shown whatever is chosen here.",
                                   &pref_stack, stacks, FALSE);
    prefs_register_uint_preference(module, "recent_payload", "Payload counts as possibly unread for (ms)",
                                   "Payload that reached an end less than this many milliseconds before a reset "
                                   "counts as possibly unread by its application.",
                                   10, &pref_recent);
    prefs_register_enum_preference(module, "capture_point", "Where the capture was made",
                                   "What tcpabort.capture_point says. An end whose initial TTL no router has "
                                   "lowered is near; that is a guess.",
                                   &pref_point, points, FALSE);
    prefs_register_uint_preference(module, "give_up_after", "Repeated tries have given up after at least (ms)",
                                   "Silence after the last of several transmissions that counts as giving up, at "
                                   "least; twice the last gap between two of them where that is longer.",
                                   10, &pref_give_up);
    prefs_register_uint_preference(module, "give_up_lone", "A single try has given up after (s)",
                                   "Silence after a single transmission that counts as giving up, at low certainty.",
                                   10, &pref_give_up_lone);
    prefs_register_uint_preference(module, "longest_gap", "Longest gap that is doubled (s)",
                                   "Gaps between two tries count as this long at most when the next try is expected.",
                                   10, &pref_gap_most);
}

void proto_register_tcpabort(void)
{
    proto_tcpabort = proto_register_protocol("TCP abort analysis", "TCP abort", "tcpabort");
    show_register();
    register_preferences();
    apply_preferences();
    tap_tcpabort = register_tap("tcpabort");
    register_init_routine(store_init);
    register_cleanup_routine(store_init);
    /* A dissector without a protocol: Wireshark keeps no layer for it, which is a third of its call's cost,
     * and frame.protocols stays as it was. */
    tcpabort_handle = create_dissector_handle(dissect_tcpabort, -1);
    register_postdissector(tcpabort_handle);
}

void proto_reg_handoff_tcpabort(void)
{
    static bool done;

    if (!done)
        observe_init(tcpabort_handle);
    done = true;
}
