/* Finds the TCP headers of a frame, and the stream that each belongs to.
 *
 * A field that a post-dissector asks for costs every packet of every capture, and where Wireshark would build no tree, a
 * third of all work. So none is asked for: a dissector of ours stands in TCP's place in the table "ip.proto", lists where
 * the header begins and hands on to TCP. Afterwards the stream's number follows from how many streams Wireshark counts,
 * and from the ends. Only where that does not tell it (conversations kept apart by interface, MAC address or VLAN; TCP
 * that is not carried by IP) tcp.stream is asked for.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/observe.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/prefs-int.h>

#include "compat.h"
#include "read/record.h"

enum { PROTOCOL_TCP = 6 };

static dissector_handle_t tcp_alone; /* TCP's own dissector */
static dissector_handle_t postdissector;
static int hf_stream, proto_icmp, proto_icmpv6;
static bool asks;      /* for tcp.stream */
static bool elsewhere; /* TCP was found that stands in no IP packet: from then on it is asked for */

/* What ICMP error quotes a TCP header. */
enum quotation { NOT_QUOTED, BY_ICMP, BY_ICMPV6, BY_OTHERS };

/* A TCP header, and what Wireshark knew when it came to it. */
struct header {
    tvbuff_t *tvb;           /* begins with it */
    struct endpoint ends[2]; /* source and destination */
    uint32_t streams;        /* TCP streams of the capture so far */
    enum quotation quoted;
};

/* The headers of the frame that is dissected for the first time. */
static struct {
    uint32_t frame;
    struct header *list;
    unsigned count, room;
} headers;

static void ask(bool for_stream)
{
    if (asks == for_stream)
        return;
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(int));
    if (for_stream)
        g_array_append_val(ids, hf_stream);
    set_postdissector_wanted_hfids(postdissector, ids);
    asks = for_stream;
}

/* Which ICMP error quotes the header that comes now; the last layer so far is IP. */
static enum quotation find_quotation(const packet_info *pinfo)
{
    if (!pinfo->flags.in_error_pkt)
        return NOT_QUOTED;
    wmem_list_frame_t *ip = wmem_list_tail(pinfo->layers), *error = ip ? wmem_list_frame_prev(ip) : NULL;
    int protocol = error ? GPOINTER_TO_INT(wmem_list_frame_data(error)) : -1;
    return protocol == proto_icmp ? BY_ICMP : protocol == proto_icmpv6 ? BY_ICMPV6 : BY_OTHERS;
}

static void list_header(tvbuff_t *tvb, packet_info *pinfo)
{
    if (headers.frame != pinfo->num)
        headers.count = 0;
    headers.frame = pinfo->num;
    if (headers.count == headers.room)
        headers.list = g_renew(struct header, headers.list, headers.room += 8);
    struct header *header = &headers.list[headers.count++];
    header->tvb = tvb;
    header->streams = get_tcp_stream_count();
    header->quoted = find_quotation(pinfo);
    endpoint_take(&header->ends[0], &pinfo->src);
    endpoint_take(&header->ends[1], &pinfo->dst);
}

/* Stands before TCP. Its handle has no protocol, so Wireshark keeps no layer for it and frame.protocols stays as it was. */
static int dissect_tcp_header(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (!PINFO_FD_VISITED(pinfo))
        list_header(tvb, pinfo);
    return call_dissector_only(tcp_alone, tvb, pinfo, tree, data);
}

void observe_handoff(dissector_handle_t handle)
{
    postdissector = handle;
    hf_stream = proto_registrar_get_id_byname("tcp.stream");
    proto_icmp = proto_get_id_by_filter_name("icmp");
    proto_icmpv6 = proto_get_id_by_filter_name("icmpv6");
    tcp_alone = find_dissector("tcp");
    dissector_add_uint("ip.proto", PROTOCOL_TCP,
                       create_dissector_handle_with_name_and_description(dissect_tcp_header, -1, NULL, "TCP, for TCP abort"));
}

/* Wireshark's preference to keep apart conversations of the same ends that it sees on different interfaces, MAC addresses
 * or VLANs; 4.0 has none. */
static bool keeps_apart(void)
{
    pref_t *key = prefs_find_preference(prefs_find_module("protocols"), "conversation_deinterlacing_key");
    return key && prefs_get_enum_value(key, pref_current) != 0;
}

void observe_begin(void)
{
    ask(elsewhere || keeps_apart());
}

/* The frame that is observed. */
struct frame {
    tvbuff_t *tvb;
    packet_info *pinfo;
    int64_t time;
};

static struct bytes find_bytes(tvbuff_t *tvb)
{
    unsigned at = (unsigned)tvb_raw_offset(tvb);
    return (struct bytes){ tvb_get_ptr(tvb_get_ds_tvb(tvb), 0, -1), at, tvb_captured_length(tvb), tvb_reported_length(tvb) };
}

static void take_ports(const struct bytes *bytes, struct endpoint ends[2])
{
    const uint8_t *p = bytes->data + bytes->at;

    ends[0].port = (uint16_t)(p[0] << 8 | p[1]);
    ends[1].port = (uint16_t)(p[2] << 8 | p[3]);
}

static void take_quoted(const struct frame *frame, const struct header *h, const struct bytes *bytes, bool is_new)
{
    struct observed_icmp error = { h->ends[0], h->ends[1], { .frame = frame->pinfo->num, .time = frame->time } };

    if (is_new && bytes->captured >= TCP_HEADER_USED) { /* Wireshark counts what an error quotes as a stream */
        struct endpoint ends[] = { h->ends[0], h->ends[1] };
        take_ports(bytes, ends);
        streams_add(h->streams, &ends[0], &ends[1], false);
    }
    if (h->quoted != BY_OTHERS && header_read_quoting(bytes, h->quoted == BY_ICMPV6, &error))
        record_icmp(&error);
}

/* A segment between these ends. */
static void take_segment(const struct frame *frame, const struct bytes *bytes, const struct endpoint ends[2], struct stream *stream,
                         uint32_t number, uint8_t from)
{
    struct observed seen; /* what is not set here is set where it is used: there are many packets */

    seen.stream = stream;
    seen.number = number;
    seen.source = ends[0];
    seen.destination = ends[1];
    seen.event.is_icmp = seen.event.has_application = false;
    seen.event.segment = (struct ta_segment){ .from = from, .time = frame->time };
    header_read(frame->tvb, frame->pinfo, bytes, &seen);
    record_segment(frame->pinfo, &seen);
}

/* The headers listed, whose streams follow from the ends; only those quoted with `by_field`. `streams`: how many there are
 * now that all were dissected. */
static void take_listed(const struct frame *frame, uint32_t streams, bool by_field)
{
    for (unsigned i = 0; i < headers.count; i++) {
        struct header *h = &headers.list[i];
        struct bytes bytes = find_bytes(h->tvb);
        /* TCP begins a stream before it hands the payload to anybody who may find another header in it. */
        bool is_new = h->streams != (i + 1 == headers.count ? streams : h[1].streams);
        uint8_t from = TA_CLIENT;

        if (h->quoted)
            take_quoted(frame, h, &bytes, is_new);
        if (h->quoted || bytes.captured < TCP_HEADER_USED || by_field)
            continue;
        take_ports(&bytes, h->ends);
        struct stream *stream = is_new ? NULL : streams_find(&h->ends[0], &h->ends[1], false, &from);
        if (is_new || stream)
            take_segment(frame, &bytes, h->ends, stream, is_new ? h->streams : stream->number, from);
        else
            elsewhere = true;
    }
}

static struct header *find_listed(const field_info *item)
{
    for (unsigned i = 0; i < headers.count; i++)
        if (tvb_get_ds_tvb(headers.list[i].tvb) == item->ds_tvb && tvb_raw_offset(headers.list[i].tvb) == item->start)
            return &headers.list[i];
    return NULL;
}

/* A header that is not listed: what carries it does not say where its payload ends. */
static struct bytes find_unlisted(const field_info *item)
{
    unsigned at = (unsigned)item->start;
    return (struct bytes){ tvb_get_ptr(item->ds_tvb, 0, -1), at, tvb_captured_length(item->ds_tvb) - at,
                           tvb_reported_length(item->ds_tvb) - at };
}

/* The headers that have the field tcp.stream. */
static void take_by_field(const struct frame *frame, proto_tree *tree)
{
    GPtrArray *items = proto_get_finfo_ptr_array(tree, hf_stream);

    for (unsigned i = 0; items && i < items->len; i++) {
        field_info *item = (field_info *)items->pdata[i];
        struct header *h = item->ds_tvb ? find_listed(item) : NULL;
        uint32_t number = finfo_uint(item);
        struct endpoint ends[2];

        if (!item->ds_tvb || (h && h->quoted))
            continue;
        struct bytes bytes = h ? find_bytes(h->tvb) : find_unlisted(item);
        if (bytes.captured < TCP_HEADER_USED)
            continue;
        if (h) {
            memcpy(ends, h->ends, sizeof ends);
        } else {
            endpoint_take(&ends[0], &frame->pinfo->src);
            endpoint_take(&ends[1], &frame->pinfo->dst);
        }
        take_ports(&bytes, ends);
        struct stream *stream = streams_open(number);
        take_segment(frame, &bytes, ends, stream, number, stream ? stream_end(stream, &ends[0]) : TA_CLIENT);
    }
}

void observe_frame(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, int64_t time)
{
    const struct frame frame = { tvb, pinfo, time };
    bool by_field = asks && tree; /* in the middle of a file Wireshark does not begin to build trees */

    if (headers.frame != pinfo->num)
        headers.count = 0;
    if (headers.count == 0 && pinfo->ptype != PT_TCP)
        return;
    elsewhere |= headers.count == 0 && proto_is_frame_protocol(pinfo->layers, "tcp");
    take_listed(&frame, get_tcp_stream_count(), by_field);
    if (by_field)
        take_by_field(&frame, tree);
    headers.count = 0;
    if (elsewhere)
        ask(true);
}
