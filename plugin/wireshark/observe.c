/* Reads TCP segments where they lie in the frame.
 *
 * Every wanted field costs each packet, so only tcp.stream is asked for: its item starts at the TCP header.
 * The IP header is looked for just before it. icmp.type and icmpv6.type tell a quoted segment from a real one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "compat.h"
#include "tcpabort.h"

enum { TCP_HEADER = 20, TCP_HEADER_USED = 16, IPV6_HEADER = 40, IPV6_EXTENSIONS_MAX = 256, PROTOCOL_TCP = 6 };

static int hf_stream, hf_icmp, hf_icmpv6;

void observe_init(dissector_handle_t handle)
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
    set_postdissector_wanted_hfids(handle, ids);
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

/* Whether the chain of extension headers from an IPv6 header at `from` ends exactly at the TCP header. */
static bool chain_reaches_tcp(const struct bytes *b, unsigned from)
{
    enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION = 60 };
    unsigned next = b->data[from + 6], at = from + IPV6_HEADER;

    while (at + 8 <= b->tcp) {
        const guint8 *p = b->data + at;
        if (next == HOP_BY_HOP || next == ROUTING || next == DESTINATION)
            at += 8 * (p[1] + 1u);
        else if (next == FRAGMENT)
            at += 8;
        else if (next == AUTHENTICATION)
            at += 4 * (p[1] + 2u);
        else
            return false;
        next = p[0];
    }
    return at == b->tcp && next == PROTOCOL_TCP;
}

static bool find_ipv6(const struct bytes *b, struct ip *ip)
{
    for (unsigned extensions = 0; extensions <= IPV6_EXTENSIONS_MAX; extensions += 4) {
        if (IPV6_HEADER + extensions > b->tcp)
            return false;
        unsigned from = b->tcp - IPV6_HEADER - extensions;
        if (b->data[from] >> 4 != 6 || !chain_reaches_tcp(b, from))
            continue;
        uint32_t payload = read16(b->data + from + 4);
        *ip = (struct ip){ .at = from, .version = 6 };
        if (payload > extensions)
            ip->bytes = payload - extensions;
        return true;
    }
    return false;
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
    unsigned length = ip.version == 4 ? 4 : 16;
    seen->source.address = header + (ip.version == 4 ? 12 : 8);
    seen->destination.address = seen->source.address + length;
    seen->source.address_len = seen->destination.address_len = (uint8_t)length;
    seen->segment.ttl = header[ip.version == 4 ? 8 : 7];
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
        if (p[at] == WINDOW_SCALE && size == 3) {
            options->window_scale = true;
            options->shift = p[at + 2];
        } else if (p[at] == SACK_PERMITTED) {
            options->sack_permitted = true;
        }
        at += size;
    }
}

/* Hostile time stamps must not overflow, neither here nor where two are subtracted. */
int64_t frame_time(const packet_info *pinfo)
{
    const int64_t furthest = 4500000000; /* seconds, the year 2112 */
    return CLAMP((int64_t)pinfo->abs_ts.secs, -furthest, furthest) * 1000000000 + pinfo->abs_ts.nsecs;
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
    s->truncated = captured < header || p[12] >> 4 < TCP_HEADER / 4; /* no header is that short */
    uint32_t bytes = read_ip(pinfo, b, seen);
    s->len = bytes > header ? bytes - header : 0;
    if (s->flags & TA_SYN && !s->truncated)
        read_syn_options(p + TCP_HEADER, header - TCP_HEADER, &s->syn);
    return true;
}

/* ICMP: unreachable, source quench, redirect, time exceeded, parameter problem. ICMPv6: errors are below 128
 * (RFC 4443 section 2.1), and the redirect. */
static bool is_error(bool v6, uint32_t type)
{
    const uint32_t v4_errors = 1u << 3 | 1u << 4 | 1u << 5 | 1u << 11 | 1u << 12;
    return v6 ? type < 128 || type == 137 : type < 32 && (v4_errors & 1u << type);
}

/* Whether an ICMP error stands somewhere before this item in the frame: then the segment is its quotation. */
static bool is_quoted(const tvbuff_t *frame, proto_tree *tree, const field_info *stream)
{
    enum { ICMP_QUOTE = 20 + 8 + 20 }; /* IP, ICMP and the quoted IP header */
    const int types[] = { hf_icmp, hf_icmpv6 };

    if (stream->ds_tvb == frame && stream->start < ICMP_QUOTE)
        return false;

    for (unsigned t = 0; t < G_N_ELEMENTS(types); t++) {
        GPtrArray *items = types[t] >= 0 ? proto_get_finfo_ptr_array(tree, types[t]) : NULL;
        for (unsigned i = 0; items && i < items->len; i++)
            if (((const field_info *)items->pdata[i])->total_layer_num < stream->total_layer_num
                && is_error(types[t] == hf_icmpv6, finfo_uint((const field_info *)items->pdata[i])))
                return true;
    }
    return false;
}

void observe_segments(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                      void (*take)(packet_info *pinfo, struct observed *seen))
{
    GPtrArray *items = hf_stream >= 0 ? proto_get_finfo_ptr_array(tree, hf_stream) : NULL;

    for (unsigned i = 0; items && i < items->len; i++) {
        const field_info *item = (const field_info *)items->pdata[i];
        if (!item->ds_tvb || is_quoted(tvb, tree, item))
            continue;
        struct bytes bytes = { tvb_get_ptr(item->ds_tvb, 0, -1), (unsigned)item->start,
                               tvb_captured_length(item->ds_tvb), tvb_reported_length(item->ds_tvb) };
        struct observed seen = { .stream = finfo_uint(item) };
        if (bytes.tcp < bytes.captured && read_segment(pinfo, &bytes, &seen))
            take(pinfo, &seen);
    }
}
