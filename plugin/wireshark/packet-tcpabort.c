/* The post-dissector: how did this TCP connection end, who ended it, what was lost, and which error does
 * each application get? This file registers all that the rooms have, and calls them for each frame.
 *
 * The rooms, each of which includes nothing of those after it, nor any circle:
 *
 *     keep    tables that last as long as the capture file is open, each with its owner: streams with their logs, frames,
 *             verdicts, segments; and the file's number and clock
 *     answer  replays a stream's log when somebody asks, and answers from that and from the tables
 *     read    finds the TCP headers of a frame, reads them, and what HTTP and TLS say; records it in the tables. It asks, too:
 *             whether an ICMP error means anything to its connection
 *     show    tree items, fields and expert info
 *     window  menus and what else only Wireshark has
 *
 * preferences and compat (differences between Wireshark's releases) come before all. No TCP rule lives here: those are in
 * plugin/core, of which no room includes more than its public face.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet-tcpabort.h"

#include <epan/packet.h>
#include <epan/tap.h>

#include "answer/replay.h"
#include "keep/capture.h"
#include "keep/frames.h"
#include "keep/hash.h"
#include "keep/segments.h"
#include "keep/verdicts.h"
#include "preferences.h"
#include "read/header.h"
#include "read/observe.h"
#include "read/record.h"
#include "show/expert-info.h"
#include "show/tree.h"
#include "window/tally.h"
#include "window/menus.h"

static int proto_tcpabort = -1;
static int tap_tcpabort = -1; /* gets one const struct stream a TCP segment or ICMP error */
static dissector_handle_t tcpabort_handle;

/* A capture file begins, or was closed. */
static void begin_file(void)
{
    capture_begin();
    hash_begin();
    streams_begin();
    log_begin();
    frames_begin();
    verdicts_begin();
    segments_begin();
    replay_begin();
    record_begin();
    observe_begin();
}

/* A frame is visited for the first time. */
static void read_frame(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    int64_t time = frame_time(pinfo);

    capture_move_clock(time);
    /* tshark -2 -R gives the number of a frame that the read filter dropped to the next one. */
    if (frames_forget(pinfo->num))
        verdicts_drop(pinfo->num);
    observe_frame(tvb, pinfo, tree, time);
}

static int dissect_tcpabort(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    bool first_visit = !PINFO_FD_VISITED(pinfo);
    const struct stream *stream;

    capture_begin_visit(first_visit);
    if (first_visit)
        read_frame(tvb, pinfo, tree);
    /* Nothing is worked out for a frame that nobody looks at: that would be most of the plugin's cost. Expert info needs no
     * tree; the window's light shows the worst of it; on later visits a silence may have its verdict too. */
    bool shown = proto_field_is_referenced(tree, proto_tcpabort)
                 || (frames_has_reset(pinfo->num) && (menus_in_window() || experts_listens()))
                 || (!first_visit && experts_listens());
    bool tapped = have_tap_listener(tap_tcpabort);
    if (!shown && !tapped)
        return 0;
    const char *saved = pinfo->current_proto;
    pinfo->current_proto = "TCP abort"; /* whose expert info it is */
    for (unsigned i = 0; (stream = frames_stream(pinfo->num, i)) != NULL; i++) {
        if (shown)
            show_stream(tvb, pinfo, tree, stream);
        if (tapped)
            tap_queue_packet(tap_tcpabort, pinfo, stream);
    }
    pinfo->current_proto = saved;
    return 0;
}

void proto_register_tcpabort(void)
{
    proto_tcpabort = proto_register_protocol("TCP abort analysis", "TCP abort", "tcpabort");
    show_register(proto_tcpabort);
    tree_register();
    table_register();
    menus_register(proto_tcpabort);
    preferences_register(proto_tcpabort);
    tap_tcpabort = register_tap("tcpabort");
    register_init_routine(begin_file);
    register_cleanup_routine(begin_file);
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
        observe_handoff(tcpabort_handle);
        menus_handoff();
    }
    done = true;
}
