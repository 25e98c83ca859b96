/* What the parts of the glue share.
 *
 *     observe   reads the TCP segments of a frame: the only reader of packets
 *     store     keeps every stream's flow, states and verdicts for later visits
 *     show      turns them into tree items, fields and expert info
 *     tap-streams   prints them at the end of a capture
 *     packet-tcpabort   registers all this and calls it for each frame
 *
 * No TCP rule lives here: those are in plugin/core.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_GLUE_H
#define TCPABORT_GLUE_H

#include <epan/packet.h>
#include <epan/tap.h>

#include "flow.h"

/* Entry points named by plugin.c. */
void proto_register_tcpabort(void);
void proto_reg_handoff_tcpabort(void);
void register_tap_listener_tcpabort_streams(void);

/* The protocol's id, and the tap that gets one struct stream a TCP segment or ICMP error. */
extern int proto_tcpabort;
extern int tap_tcpabort;

/* Preferences. */
extern int pref_stack; /* enum ta_stack or TA_STACK_AUTO */
extern int pref_point; /* enum ta_capture_point; TA_POINT_UNKNOWN: tell it from the TTL */
extern struct ta_policy policy;

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

/* The frame's time stamp in nanoseconds since the Unix epoch, clamped to 142 years around it. */
int64_t frame_time(const packet_info *pinfo);

/* Tells the observer of each TCP segment of the frame, in order, and of an ICMP error that quotes one: a
 * quoted segment is no segment. First visits only: later ones do not have the fields. */
void observe_frame(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct observer *observer);

/* One TCP stream. */
struct state_change {
    uint32_t frame; /* from this frame on */
    uint8_t state[TA_ENDS];
};

struct stream {
    struct ta_flow flow;
    uint32_t number; /* tcp.stream */
    struct endpoint end[TA_ENDS];
    uint32_t change_count, change_room;
    struct state_change *changes; /* ascending frames */
    struct ta_verdict *decisive;  /* the RST that fixed the stream's kind, NULL when none did */
};

/* Starts and ends a capture file. */
void store_init(void);

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

/* The stream's kind, final once every frame was visited. */
enum ta_kind store_kind(const struct stream *stream);

/* What the capture cannot show of the whole stream: bit n is enum ta_limit n. */
unsigned store_limits(const struct stream *stream);

/* Every frame, TCP or not, moves the capture's clock. */
void store_clock(const packet_info *pinfo);

/* Both ends' states after this frame; NULL before the stream's first frame. */
const struct state_change *store_states(const struct stream *stream, uint32_t frame);

/* Whether any RST in this frame was judged. */
bool store_has_verdict(uint32_t frame);

/* The verdict on the RST of this stream in this frame, or NULL. */
const struct ta_verdict *store_verdict(packet_info *pinfo, const struct stream *stream);

/* Registers every field and expert item. */
void show_register(void);

/* Shows what is known of the frame's stream: states, verdict, and on later visits the stream's kind. */
void show_stream(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct stream *stream);

/* The end's address as an epan address, pointing into the stream. */
void endpoint_address(const struct endpoint *end, address *to);

#endif
