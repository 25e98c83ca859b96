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

static unsigned pref_recent = 1000; /* milliseconds */
static dissector_handle_t tcpabort_handle;

static void take_segment(packet_info *pinfo, struct observed *seen)
{
    struct ta_policy policy = ta_default_policy;
    policy.recent = (int64_t)pref_recent * 1000000;
    store_segment(pinfo, seen, &policy);
}

static int dissect_tcpabort(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    const struct stream *stream;

    if (!PINFO_FD_VISITED(pinfo) && tree)
        observe_segments(tvb, pinfo, tree, take_segment);
    for (unsigned i = 0; (stream = store_frame_stream(pinfo->num, i)) != NULL; i++) {
        if (tree)
            show_stream(tvb, pinfo, tree, stream);
        if (have_tap_listener(tap_tcpabort))
            tap_queue_packet(tap_tcpabort, pinfo, stream);
    }
    return (int)tvb_captured_length(tvb);
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
    module_t *module = prefs_register_protocol(proto_tcpabort, NULL);

    prefs_register_enum_preference(module, "stack", "Stack named in summaries",
                                   "Whose error codes summaries name, and whose evidence the certainty follows. The "
                                   "likelier stack is guessed from the initial TTL and marked as a guess. All fields "
                                   "are shown whatever is chosen here.",
                                   &pref_stack, stacks, FALSE);
    prefs_register_uint_preference(module, "recent_payload", "Payload counts as possibly unread for (ms)",
                                   "Payload that reached an end less than this many milliseconds before a reset "
                                   "counts as possibly unread by its application.",
                                   10, &pref_recent);
}

void proto_register_tcpabort(void)
{
    proto_tcpabort = proto_register_protocol("TCP abort analysis", "TCP abort", "tcpabort");
    show_register();
    register_preferences();
    tap_tcpabort = register_tap("tcpabort");
    register_init_routine(store_init);
    tcpabort_handle = register_dissector("tcpabort", dissect_tcpabort, proto_tcpabort);
    register_postdissector(tcpabort_handle);
}

void proto_reg_handoff_tcpabort(void)
{
    static bool done;

    if (!done)
        observe_init(tcpabort_handle);
    done = true;
}
