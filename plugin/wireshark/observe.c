/* Reads TCP segments where they lie in the frame.
 *
 * Every wanted field costs each packet, so only tcp.stream is asked for: its item starts at the TCP header.
 * The IP header is looked for just before it. icmp.type and icmpv6.type tell a quoted segment from a real one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "compat.h"
#include "tcpabort.h"

enum { TCP_HEADER = 20, TCP_HEADER_USED = 16, TCP_HEADER_QUOTED = 8 };
enum { IPV6_HEADER = 40, IPV6_EXTENSIONS_MAX = 256, PROTOCOL_TCP = 6 };

static int hf_stream, hf_icmp, hf_icmpv6;
static dissector_handle_t wants;
static bool wants_more; /* the fields of decrypted traffic */

/* Asks for fields; Wireshark keeps those of the next frames. */
static void want_fields(bool more)
{
    const struct {
        int *id;
        const char *name;
    } wanted[] = { { &hf_stream, "tcp.stream" }, { &hf_icmp, "icmp.type" }, { &hf_icmpv6, "icmpv6.type" } };
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(int));

    for (unsigned i = 0; i < G_N_ELEMENTS(wanted); i++) {
        *wanted[i].id = proto_registrar_get_id_byname(wanted[i].name);
        if (*wanted[i].id >= 0)
            g_array_append_val(ids, *wanted[i].id);
        else
            g_warning("tcpabort: this Wireshark has no field %s", wanted[i].name);
    }
    application_want(ids, more);
    wants_more = more;
    set_postdissector_wanted_hfids(wants, ids);
}

void observe_init(dissector_handle_t handle)
{
    wants = handle;
    want_fields(false);
}

static uint32_t read16(const guint8 *p)
{
    uint16_t value;
    memcpy(&value, p, sizeof value);
    return GUINT16_FROM_BE(value);
}

static uint32_t read32(const guint8 *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return GUINT32_FROM_BE(value);
}

/* The captured bytes of the data source that holds a TCP header, which starts at `tcp`. */
struct bytes {
    const guint8 *data;
    unsigned tcp, captured, reported; /* the last two count from the start of data */
};

/* What an IP header in front of a TCP header says. */
struct ip {
    unsigned at;      /* where it starts */
    unsigned version; /* 4 or 6 */
    uint32_t bytes;   /* TCP header and payload; 0 when the header does not say (segmentation offload) */
};

static bool find_ipv4(const struct bytes *b, struct ip *ip)
{
    for (unsigned size = 20; size <= 60 && size <= b->tcp; size += 4) {
        const guint8 *p = b->data + b->tcp - size;
        uint32_t total = read16(p + 2);
        bool fits = p[0] == (0x40 | size / 4) && p[9] == PROTOCOL_TCP && (read16(p + 6) & 0x1fff) == 0
                    && (total == 0 || total >= size + TCP_HEADER);
        if (fits) {
            *ip = (struct ip){ b->tcp - size, 4, total ? total - size : 0 };
            return true;
        }
    }
    return false;
}

/* Where the chain of extension headers from an IPv6 header at `from` reaches a TCP header, 0 when it does
 * not up to `end`. */
static unsigned find_tcp_after_ipv6(const guint8 *data, unsigned from, unsigned end)
{
    enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION = 60 };
    unsigned next = data[from + 6], at = from + IPV6_HEADER;

    while (next != PROTOCOL_TCP && at + 8 <= end) {
        const guint8 *p = data + at;
        if (next == HOP_BY_HOP || next == ROUTING || next == DESTINATION)
            at += 8 * (p[1] + 1u);
        else if (next == FRAGMENT)
            at += 8;
        else if (next == AUTHENTICATION)
            at += 4 * (p[1] + 2u);
        else
            return 0;
        next = p[0];
    }
    return next == PROTOCOL_TCP ? at : 0;
}

static bool find_ipv6(const struct bytes *b, struct ip *ip)
{
    for (unsigned extensions = 0; extensions <= IPV6_EXTENSIONS_MAX; extensions += 4) {
        if (IPV6_HEADER + extensions > b->tcp)
            return false;
        unsigned from = b->tcp - IPV6_HEADER - extensions;
        if (b->data[from] >> 4 != 6 || find_tcp_after_ipv6(b->data, from, b->tcp) != b->tcp)
            continue;
        uint32_t payload = read16(b->data + from + 4);
        *ip = (struct ip){ .at = from, .version = 6 };
        if (payload > extensions)
            ip->bytes = payload - extensions;
        return true;
    }
    return false;
}

/* The addresses of an IP header, left where they lie. */
static void take_ip_addresses(const guint8 *header, struct endpoint *source, struct endpoint *destination)
{
    bool v4 = header[0] >> 4 == 4;
    source->address_len = destination->address_len = v4 ? 4 : 16;
    source->address = header + (v4 ? 12 : 8);
    destination->address = source->address + source->address_len;
}

static void take_pinfo_address(struct endpoint *end, const address *from)
{
    if ((from->type == AT_IPv4 && from->len == 4) || (from->type == AT_IPv6 && from->len == 16)) {
        end->address = (const uint8_t *)from->data;
        end->address_len = (uint8_t)from->len;
    }
}

/* Addresses, TTL and length from the IP header; from Wireshark where none stands before the TCP header,
 * as in a reassembled datagram. Returns the bytes from the TCP header to the end of the payload. */
static uint32_t read_ip(packet_info *pinfo, const struct bytes *b, struct observed *seen)
{
    uint32_t available = b->reported - b->tcp;
    struct ip ip;

    /* Address bytes can look like the other version's header, so the likelier version comes first. */
    bool likely6 = pinfo->net_src.type == AT_IPv6;
    bool found = (likely6 && find_ipv6(b, &ip)) || find_ipv4(b, &ip) || (!likely6 && find_ipv6(b, &ip));
    if (!found) {
        take_pinfo_address(&seen->source, &pinfo->src);
        take_pinfo_address(&seen->destination, &pinfo->dst);
        return available;
    }
    const guint8 *header = b->data + ip.at;
    take_ip_addresses(header, &seen->source, &seen->destination);
    seen->segment.ttl = header[ip.version == 4 ? 8 : 7];
    seen->segment.ip_id = ip.version == 4 ? (uint16_t)read16(header + 4) : 0;
    return ip.bytes && ip.bytes <= available ? ip.bytes : available;
}

static void read_syn_options(const guint8 *p, unsigned length, struct ta_syn_options *options)
{
    enum { END = 0, NO_OPERATION = 1, WINDOW_SCALE = 3, SACK_PERMITTED = 4 };

    options->complete = true;
    for (unsigned at = 0; at < length && p[at] != END;) {
        unsigned size = p[at] == NO_OPERATION ? 1 : at + 1 < length ? p[at + 1] : 0;
        if (size == 0 || at + size > length || (p[at] != NO_OPERATION && size < 2))
            return;
        options->order = options->order << 4 | MIN(p[at], 15u);
        if (p[at] == WINDOW_SCALE && size == 3) {
            options->window_scale = true;
            options->shift = p[at + 2];
        } else if (p[at] == SACK_PERMITTED) {
            options->sack_permitted = true;
        }
        at += size;
    }
}

static bool has_timestamps(const guint8 *p, unsigned length)
{
    struct ta_syn_options options = { 0 };

    read_syn_options(p, length, &options);
    return ta_has_timestamps(options.order);
}

static uint64_t read_mac(const packet_info *pinfo)
{
    const guint8 *bytes = (const guint8 *)pinfo->dl_src.data;
    return pinfo->dl_src.type == AT_ETHER && pinfo->dl_src.len == 6 ? (uint64_t)read16(bytes) << 32 | read32(bytes + 2) : 0;
}

/* Hostile time stamps must not overflow, neither here nor where two are subtracted. */
int64_t frame_time(const packet_info *pinfo)
{
    const int64_t furthest = 4500000000; /* seconds, the year 2112 */
    return CLAMP((int64_t)pinfo->abs_ts.secs, -furthest, furthest) * 1000000000 + pinfo->abs_ts.nsecs;
}

/* Whether a NetScaler captured the frame and sent it. The records of its traces are of types TX, TXB, RX and NEW_RX,
 * in the two lowest bits (nstrace.dir). */
static bool sent_by_netscaler(const packet_info *pinfo, tvbuff_t *frame)
{
    enum { RECEIVED = 2 };
    int encapsulation = pinfo->rec->rec_header.packet_header.pkt_encap;
    unsigned type = pinfo->pseudo_header->nstr.dir_offset;

    if (encapsulation != WTAP_ENCAP_NSTRACE_1_0 && encapsulation != WTAP_ENCAP_NSTRACE_2_0
        && encapsulation != WTAP_ENCAP_NSTRACE_3_0 && encapsulation != WTAP_ENCAP_NSTRACE_3_5)
        return false;
    return type < tvb_captured_length(frame) && !(*tvb_get_ptr(frame, (int)type, 1) & RECEIVED);
}

/* The bytes of a RST in which it may say why. */
static void read_reset(const struct bytes *b, unsigned header, struct observed *seen)
{
    const guint8 *p = b->data + b->tcp;
    unsigned captured = b->captured - b->tcp;

    seen->reset.window = seen->segment.window;
    seen->reset.payload_sent = seen->segment.len;
    if (captured > TCP_HEADER) {
        seen->reset.options = p + TCP_HEADER;
        seen->reset.options_captured = MIN(captured, header) - TCP_HEADER;
    }
    if (captured > header) {
        seen->reset.payload = p + header;
        seen->reset.payload_captured = MIN(captured - header, seen->segment.len);
    }
}

/* False when the header is cut so short that nothing can be said. */
static bool read_segment(packet_info *pinfo, const struct bytes *b, struct observed *seen)
{
    const guint8 *p = b->data + b->tcp;
    unsigned captured = b->captured - b->tcp, header;
    struct ta_segment *s = &seen->segment;

    if (captured < TCP_HEADER_USED)
        return false;
    header = MAX((p[12] >> 4) * 4u, TCP_HEADER);
    seen->source.port = (uint16_t)read16(p);
    seen->destination.port = (uint16_t)read16(p + 2);
    s->frame = pinfo->num;
    s->time = frame_time(pinfo);
    s->seq = read32(p + 4);
    s->ack = read32(p + 8);
    s->flags = p[13];
    s->window = (uint16_t)read16(p + 14);
    s->checksum = captured >= TCP_HEADER_USED + 2 ? (uint16_t)read16(p + 16) : 0;
    s->truncated = captured < header || p[12] >> 4 < TCP_HEADER / 4; /* no header is that short */
    uint32_t bytes = read_ip(pinfo, b, seen);
    s->len = bytes > header ? bytes - header : 0;
    s->mac = read_mac(pinfo);
    if (s->flags & TA_SYN && !s->truncated)
        read_syn_options(p + TCP_HEADER, header - TCP_HEADER, &s->syn);
    if (s->flags & TA_RST)
        read_reset(b, header, seen);
    if (s->flags & TA_RST && !s->truncated)
        s->timestamps = has_timestamps(p + TCP_HEADER, header - TCP_HEADER);
    return true;
}

/* ICMP: unreachable, source quench, redirect, time exceeded, parameter problem. ICMPv6: errors are below 128
 * (RFC 4443 section 2.1), and the redirect. */
static bool is_error(bool v6, uint32_t type)
{
    const uint32_t v4_errors = 1u << 3 | 1u << 4 | 1u << 5 | 1u << 11 | 1u << 12;
    return v6 ? type < 128 || type == 137 : type < 32 && (v4_errors & 1u << type);
}

/* The first ICMP error of the frame, NULL when there is none. What stands in layers after it is quoted. */
static const field_info *find_icmp(proto_tree *tree, bool *v6)
{
    const int types[] = { hf_icmp, hf_icmpv6 };
    const field_info *first = NULL;

    for (unsigned t = 0; t < G_N_ELEMENTS(types); t++) {
        GPtrArray *items = types[t] >= 0 ? proto_get_finfo_ptr_array(tree, types[t]) : NULL;
        for (unsigned i = 0; items && i < items->len; i++) {
            const field_info *item = (const field_info *)items->pdata[i];
            if ((first && item->total_layer_num > first->total_layer_num) || !is_error(t == 1, finfo_uint(item)))
                continue;
            first = item;
            *v6 = t == 1;
        }
    }
    return first;
}

/* Reads the quotation of an ICMP error: an IP header and at least eight bytes of what it carries (RFC 792,
 * RFC 4443 section 3). False when that is no TCP segment. */
static bool read_quote(const field_info *item, bool v6, struct observed_icmp *seen)
{
    enum { ICMP_HEADER = 8 };
    unsigned captured = tvb_captured_length(item->ds_tvb), ip = (unsigned)item->start + ICMP_HEADER, tcp = 0;
    const guint8 *data = tvb_get_ptr(item->ds_tvb, 0, -1);

    if (v6 && ip + IPV6_HEADER <= captured && data[ip] >> 4 == 6)
        tcp = find_tcp_after_ipv6(data, ip, captured);
    else if (!v6 && ip + 20 <= captured && data[ip] >> 4 == 4 && data[ip + 9] == PROTOCOL_TCP
             && (read16(data + ip + 6) & 0x1fff) == 0)
        tcp = ip + (data[ip] & 15u) * 4;
    if (tcp < ip + 20 || tcp + TCP_HEADER_QUOTED > captured)
        return false;
    take_ip_addresses(data + ip, &seen->source, &seen->destination);
    seen->source.port = (uint16_t)read16(data + tcp);
    seen->destination.port = (uint16_t)read16(data + tcp + 2);
    seen->icmp.version = v6 ? 6 : 4;
    seen->icmp.type = data[item->start];
    seen->icmp.code = data[item->start + 1];
    seen->icmp.seq = read32(data + tcp + 4);
    return true;
}

/* Whether no ICMP error can stand before the frame's first TCP segment: most frames. */
static bool is_plain(const tvbuff_t *frame, const GPtrArray *streams)
{
    enum { ICMP_QUOTE = 20 + 8 + 20 }; /* IP, ICMP and the quoted IP header */
    const field_info *first = streams && streams->len > 0 ? (const field_info *)streams->pdata[0] : NULL;
    return first && first->ds_tvb == frame && first->start < ICMP_QUOTE;
}

void observe_frame(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct observer *observer)
{
    GPtrArray *items = hf_stream >= 0 ? proto_get_finfo_ptr_array(tree, hf_stream) : NULL;
    bool v6 = false;
    const field_info *icmp = is_plain(tvb, items) ? NULL : find_icmp(tree, &v6);
    struct observed_icmp error = { .icmp.frame = pinfo->num };

    for (unsigned i = 0; items && i < items->len; i++) {
        const field_info *item = (const field_info *)items->pdata[i];
        if (!item->ds_tvb || (icmp && icmp->total_layer_num < item->total_layer_num))
            continue;
        struct bytes bytes = { tvb_get_ptr(item->ds_tvb, 0, -1), (unsigned)item->start,
                               tvb_captured_length(item->ds_tvb), tvb_reported_length(item->ds_tvb) };
        struct observed seen = { .stream = finfo_uint(item) };
        if (bytes.tcp >= bytes.captured || !read_segment(pinfo, &bytes, &seen))
            continue;
        if (seen.segment.flags & TA_RST)
            seen.reset.from_netscaler = sent_by_netscaler(pinfo, tvb);
        unsigned payload = bytes.tcp + MAX((bytes.data[bytes.tcp + 12] >> 4) * 4u, TCP_HEADER);
        if (seen.segment.len > 0 && application_read(pinfo, tree, item->ds_tvb, payload, &seen) && !wants_more)
            want_fields(true);
        observer->segment(pinfo, &seen);
    }
    if (icmp && icmp->ds_tvb && read_quote(icmp, v6, &error)) {
        error.icmp.time = frame_time(pinfo);
        observer->icmp(pinfo, &error);
    }
}
