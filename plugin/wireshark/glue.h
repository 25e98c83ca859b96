/* What the parts of the glue share.
 *
 *     observe   finds the TCP headers of a frame and the stream of each; header reads one, application what HTTP and TLS
 *               say in its payload: they alone read packets
 *     streams   the streams by number and by ends, with their events in a log
 *     follow    feeds the events to the core when somebody asks what they come to
 *     store     what later visits need of every frame: its streams, states and verdicts
 *     show      turns them into tree items and fields; expert-info into expert info; labels adds what other tools would call
 *               the stream
 *     report    picks streams for the reports made at the end of a capture: report-NAME is -z tcpabort,NAME
 *     section, ladder, markup   parts of the page that report-html makes
 *     tap-tree, tap-table   the Statistics menu; tally picks the streams that they count
 *     menus     what else the window gets
 *     packet-tcpabort   registers all this and calls it for each frame
 *
 * No TCP rule lives here: those are in plugin/core.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_GLUE_H
#define TCPABORT_GLUE_H

#include <epan/packet.h>
#include <epan/tap.h>

#include "compat.h"
#include "answer/replay.h"
#include "read/observe.h"
#include "tcpabort.h"

/* Entry points named by plugin.c. */
void proto_register_tcpabort(void);
void proto_reg_handoff_tcpabort(void);
void register_tap_listener_tcpabort_reports(void);

/* The protocol's id, and the tap that gets one struct stream a TCP segment or ICMP error. */
extern int proto_tcpabort;
extern int tap_tcpabort;

/* Whether the frame that is dissected, or tapped after that, is visited for the first time; at the tap PINFO_FD_VISITED()
 * always holds. */
extern bool first_visit;

/* Preferences. */
extern int pref_stack; /* enum ta_stack or TA_STACK_AUTO */
extern int pref_point; /* enum ta_capture_point; TA_POINT_UNKNOWN: tell it from the TTL */
extern struct ta_policy policy;
extern ws_bool pref_show_states; /* states on packets without a verdict */
extern int pref_report_only;          /* enum ta_harm: reports list streams of this harm or worse */
extern const char *pref_report_filter; /* display filter for reports that take none of their own; may be empty */
extern ws_bool pref_report_overwrite; /* a report may replace a file */

/* Starts and ends a capture file. */
void store_init(void);

/* Which capture file this is: another number for each. */
unsigned store_file(void);

/* A frame, TCP or not, is visited for the first time: it moves the capture's clock. Forgets what an earlier frame of the
 * same number left. */
void store_begin_frame(uint32_t frame, int64_t time);

/* A frame of the stream, on its first visit, and a RST in it, with its bytes that may say why. */
void store_add_frame(uint32_t frame, uint32_t stream);
void store_add_reset(uint32_t frame, uint32_t stream, const struct ta_reset_bytes *reset);

/* The states after a frame of the stream. */
void store_set_states(uint32_t frame, const struct stream *stream, const struct ta_connection *connection);

/* The verdict on a RST; `decides`: it fixes the stream's kind. */
void store_judged(struct stream *stream, const struct ta_verdict *verdict, bool decides);

/* A later frame showed that the RST of frame `reset` had no effect. */
void store_overruled(struct stream *stream, uint32_t reset, uint32_t by);

/* The streams of a frame: the index-th one, NULL after the last. Any visit. */
struct stream *store_frame_stream(uint32_t frame, unsigned index);

/* A verdict, and what became known besides. */
struct verdict_record {
    struct ta_verdict verdict;
    uint32_t overruled; /* later frame that shows this RST had no effect; 0 none */
    const char *diagnostic[TA_DIAGNOSTICS + 1]; /* what the RST says: lines of ta_diagnose(), then NULL */
};

/* The verdict on the silence in which the stream ended, when this is its decisive frame. Later visits. */
bool store_silence(const struct stream *stream, uint32_t frame, struct verdict_record *room);

/* The verdict on how the stream ended so far: on the RST that decided, else on the silence at the end of the
 * capture; it is written to `room`. NULL when neither ended it. */
const struct verdict_record *store_end(const struct stream *stream, struct verdict_record *room);

/* Whether this verdict is the stream's, and not one on another of its RSTs. */
bool store_decides(const struct stream *stream, const struct ta_verdict *verdict);

/* The stream's kind, final once every frame was visited. */
enum ta_kind store_kind(const struct stream *stream);

/* What the capture cannot show of the whole stream: bit n is enum ta_limit n. */
unsigned store_limits(const struct stream *stream);

/* From now on keeps each stream's segments, some 80 bytes each. To be called before frames are read. */
void store_keep_segments(void);

bool store_keeps_segments(void);
void store_keep_segment(const struct stream *stream, const struct ta_segment *segment);

/* The stream's segments by ascending frames, as an array of struct ta_segment; of an ICMP error only frame, time and
 * `from`, the end it does not tell. NULL unless they are kept. */
wmem_array_t *store_segments(const struct stream *stream);

/* The capture's clock: the latest time stamp of any frame so far. */
int64_t store_now(void);

/* Both ends' states after this frame, one of the stream's. */
struct states {
    uint8_t of[TA_ENDS];
};
struct states store_states(const struct stream *stream, uint32_t frame);

/* Whether the frame holds a RST. */
bool store_has_reset(uint32_t frame);

/* The verdict on the RST of this stream in this frame, written to `room`; NULL when there is none. */
const struct verdict_record *store_verdict(const struct stream *stream, uint32_t frame, struct verdict_record *room);

/* Registers every field and expert item. */
void show_register(void);

/* Registers the statistics that Wireshark draws, and the window's other menu entries. */
void tree_register(void);
void table_register(void);
void menus_register(void);

/* Whether there is a window, that is to say whether this is Wireshark; after menus_init(), which asks once. */
void menus_init(void);
bool menus_in_window(void);

/* Shows what is known of the frame's stream: states, verdict, and on later visits the stream's kind. */
void show_stream(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct stream *stream);

/* Labels that others have published for a stream: their fields, and the labels of this one. */
void labels_register(void);
bool labels_wanted(proto_tree *tree);
void labels_show(tvbuff_t *tvb, proto_tree *tree, const struct stream *stream);

/* Expert info: registers its items; adds the verdict's to the item of its tree, with the summary unless that is NULL; the
 * same without a tree, for Wireshark's severity light and for expert lists; whether such a list is being made (-z expert, or
 * Expert Information's window); whether anybody reads what expert info of this tree says. */
void experts_register(void);
void experts_show(packet_info *pinfo, proto_item *item, const struct ta_verdict *verdict, const char *summary);
void experts_note(packet_info *pinfo, const struct verdict_record *record);
bool experts_listens(void);
bool experts_want_text(proto_tree *tree);

/* How sure the verdict is for the stack that summaries name, and where the capture was made, as preferences say. */
enum ta_certainty show_certainty(const struct ta_verdict *verdict);
enum ta_capture_point show_capture_point(const struct ta_verdict *verdict);

#endif
