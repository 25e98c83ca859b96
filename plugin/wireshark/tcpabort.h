/* What the parts of the glue share.
 *
 *     observe   reads the TCP segments of a frame: with application the only reader of packets
 *     application   what HTTP and TLS say in a segment
 *     store     keeps every stream's flow, states and verdicts for later visits
 *     show      turns them into tree items, fields and expert info
 *     labels    the same for what other tools would call the stream
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
#include "context.h"
#include "flow.h"
#include "tamper.h"
#include "zeek.h"

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

/* A TCP segment as observe.c found it, with what tells its direction. */
struct endpoint {
    const uint8_t *address; /* 4 or 16 bytes; in the packet, or in the stream that keeps them */
    uint8_t address_len;    /* 0: no IP address known */
    uint16_t port;
};

struct observed {
    uint32_t stream; /* tcp.stream */
    struct endpoint source, destination;
    struct ta_segment segment; /* all but `from`, which the store fills in */
    struct ta_reset_bytes reset; /* of a RST: where it says why */
    bool speaks;               /* `application` holds something */
    struct ta_application application;
};

/* An ICMP error, and the ends of the TCP segment that it quotes. */
struct observed_icmp {
    struct endpoint source, destination;
    struct ta_icmp icmp; /* all but `about`, which the store fills in */
};

/* Who wants to know what a frame holds. */
struct observer {
    void (*segment)(packet_info *pinfo, struct observed *seen);
    void (*icmp)(packet_info *pinfo, struct observed_icmp *seen);
};

/* Fields to ask for, so that Wireshark keeps them for observe_frame(). To be called once. */
void observe_init(dissector_handle_t handle);

/* The fields that application.c asks for: its first ones; with `more` those of decrypted traffic too. */
void application_want(GArray *ids, bool more);

/* Fills seen->application and segment.farewell from the payload, whose captured bytes begin at `start` of `source`. True
 * when the fields of decrypted traffic are needed from the next frame on. */
bool application_read(packet_info *pinfo, proto_tree *tree, tvbuff_t *source, unsigned start, struct observed *seen);

/* The frame's time stamp in nanoseconds since the Unix epoch, clamped to 142 years around it. */
int64_t frame_time(const packet_info *pinfo);

/* Tells the observer of each TCP segment of the frame, in order, and of an ICMP error that quotes one: a
 * quoted segment is no segment. First visits only: later ones do not have the fields. */
void observe_frame(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct observer *observer);

enum { SIGN_MAX = 256 }; /* bytes of ta_sign_text() */

/* One TCP stream. */
struct state_change {
    uint32_t frame; /* from this frame on */
    uint8_t state[TA_ENDS];
};

struct stream {
    struct ta_flow flow;
    struct ta_zeek zeek;
    struct ta_tamper tamper;
    struct ta_context *context; /* NULL: neither HTTP nor TLS was seen */
    uint32_t number; /* tcp.stream */
    int64_t first_time; /* of its first frame, nanoseconds since the Unix epoch */
    struct endpoint end[TA_ENDS];
    uint32_t change_count, change_room;
    struct state_change *changes; /* ascending frames */
    struct ta_verdict *decisive;  /* the RST that fixed the stream's kind, NULL when none did */
    wmem_array_t *segments;       /* struct ta_segment, ascending frames; of an ICMP error only frame, time and
                                   * `from`, the end it does not tell. NULL unless store_keep_segments() */
};

/* Starts and ends a capture file. */
void store_init(void);

/* Which capture file this is: another number for each. */
unsigned store_file(void);

/* A frame is visited for the first time; forgets what an earlier frame of the same number left. */
void store_begin_frame(uint32_t frame);

/* Feeds a segment to its stream; keeps what later visits need. */
void store_segment(packet_info *pinfo, struct observed *seen);

/* Feeds an ICMP error to the newest stream between the ends that it quotes, if there is one. */
void store_icmp(packet_info *pinfo, struct observed_icmp *seen);

/* Number of streams, and one of them by tcp.stream; NULL when no segment of it was seen. */
uint32_t store_stream_count(void);
struct stream *store_stream(uint32_t number);

/* The streams of a frame: the index-th one, NULL after the last. Any visit. */
struct stream *store_frame_stream(uint32_t frame, unsigned index);

/* The verdict on the silence in which the stream ended, when this is its decisive frame. Later visits. */
bool store_silence(const struct stream *stream, uint32_t frame, struct ta_verdict *verdict);

/* The verdict on how the stream ended so far: on the RST that decided, else on the silence at the end of the
 * capture, for which there must be room. NULL when neither ended it. */
const struct ta_verdict *store_end(const struct stream *stream, struct ta_verdict *silence);

/* The stream's kind, final once every frame was visited. */
enum ta_kind store_kind(const struct stream *stream);

/* What the capture cannot show of the whole stream: bit n is enum ta_limit n. */
unsigned store_limits(const struct stream *stream);

/* From now on keeps each stream's segments, some 50 bytes each. To be called before frames are read. */
void store_keep_segments(void);

/* Every frame, TCP or not, moves the capture's clock. */
void store_clock(const packet_info *pinfo);

/* The capture's clock: the latest time stamp of any frame so far. */
int64_t store_now(void);

/* Both ends' states after this frame; NULL before the stream's first frame. */
const struct state_change *store_states(const struct stream *stream, uint32_t frame);

/* Whether any RST in this frame was judged. */
bool store_has_verdict(uint32_t frame);

/* The verdict on the RST of this stream in this frame, or NULL. */
const struct ta_verdict *store_verdict(packet_info *pinfo, const struct stream *stream);

/* Registers every field and expert item. */
void show_register(void);

/* Registers the statistics that Wireshark draws, and the window's other menu entries. */
void tree_register(void);
void table_register(void);
void menus_register(void);

/* Shows what is known of the frame's stream: states, verdict, and on later visits the stream's kind. */
void show_stream(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct stream *stream);

/* Labels that others have published for a stream: their fields, and the labels of this one. */
void labels_register(void);
void labels_show(tvbuff_t *tvb, proto_tree *tree, const struct stream *stream);

/* Whether an expert list is being made: -z expert, or the window Expert Information. */
bool show_expert_listens(void);

/* How sure the verdict is for the stack that summaries name, and where the capture was made, as preferences say. */
enum ta_certainty show_certainty(const struct ta_verdict *verdict);
enum ta_capture_point show_capture_point(const struct ta_verdict *verdict);

/* Whether both have the same known address and the same port. */
bool same_endpoint(const struct endpoint *a, const struct endpoint *b);

/* The end's address as an epan address, pointing into the stream. */
void endpoint_address(const struct endpoint *end, address *to);

#endif
