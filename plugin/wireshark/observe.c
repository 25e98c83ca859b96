/* Reads TCP segments where they lie in the frame.
 *
 * Every wanted field costs each packet, so only tcp.stream is asked for: its item starts at the TCP header.
 * The IP header is looked for just before it. icmp.type and icmpv6.type tell a quoted segment from a real one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "compat.h"
#include "tcpabort.h"

enum { TCP_HEADER = 20, IPV6_HEADER = 40, IPV6_EXTENSIONS_MAX = 256, PROTOCOL_TCP = 6 };

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
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t read32(const guint8 *p)
{
    return read16(p) << 16 | read16(p + 2);
}

/* What an IP header in front of a TCP header says. */
struct ip {
    const guint8 *header;
    int version;    /* 4, 6, or 0 when there is none */
    uint32_t bytes; /* TCP header and payload; 0 when the header does not say (segmentation offload) */
};

static bool find_ipv4(tvbuff_t *tvb, int tcp, struct ip *ip)
{
    for (int size = 20; size <= 60 && size <= tcp; size += 4) {
        const guint8 *p = tvb_get_ptr(tvb, tcp - size, size);
        uint32_t total = read16(p + 2);
        bool fits = p[0] == (0x40 | size / 4) && p[9] == PROTOCOL_TCP && (read16(p + 6) & 0x1fff) == 0
                    && (total == 0 || total >= (uint32_t)size + TCP_HEADER);
        if (fits) {
            *ip = (struct ip){ p, 4, total ? total - (uint32_t)size : 0 };
            return true;
        }
    }
    return false;
}

/* Whether the chain of extension headers from an IPv6 header at `from` ends exactly at `tcp`. */
static bool chain_reaches(tvbuff_t *tvb, int from, int tcp)
{
    enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION = 60 };
    int next = tvb_get_ptr(tvb, from, IPV6_HEADER)[6], at = from + IPV6_HEADER;

    while (at + 8 <= tcp) {
        const guint8 *p = tvb_get_ptr(tvb, at, 8);
        if (next == HOP_BY_HOP || next == ROUTING || next == DESTINATION)
            at += 8 * (p[1] + 1);
        else if (next == FRAGMENT)
            at += 8;
        else if (next == AUTHENTICATION)
            at += 4 * (p[1] + 2);
        else
            return false;
        next = p[0];
    }
    return at == tcp && next == PROTOCOL_TCP;
}

static bool find_ipv6(tvbuff_t *tvb, int tcp, struct ip *ip)
{
    for (int extensions = 0; extensions <= IPV6_EXTENSIONS_MAX; extensions += 4) {
        int from = tcp - IPV6_HEADER - extensions;
        if (from < 0)
            return false;
        const guint8 *p = tvb_get_ptr(tvb, from, IPV6_HEADER);
        if (p[0] >> 4 != 6 || !chain_reaches(tvb, from, tcp))
            continue;
        uint32_t length = read16(p + 4), used = (uint32_t)extensions;
        *ip = (struct ip){ p, 6, length > used ? length - used : 0 };
        return true;
    }
    return false;
}

static void set_bytes(struct endpoint *end, const void *bytes, unsigned length)
{
    end->address_len = (uint8_t)length;
    memcpy(end->address, bytes, length);
}

static void take_pinfo_address(struct endpoint *end, const address *from)
{
    if ((from->type == AT_IPv4 && from->len == 4) || (from->type == AT_IPv6 && from->len == 16))
        set_bytes(end, from->data, (unsigned)from->len);
}

/* Addresses, TTL and length from the IP header; from Wireshark where none stands before the TCP header,
 * as in a reassembled datagram. Returns the bytes from the TCP header to the end of the payload. */
static uint32_t read_ip(packet_info *pinfo, tvbuff_t *tvb, int tcp, struct observed *seen)
{
    uint32_t available = (uint32_t)tvb_reported_length_remaining(tvb, tcp);
    struct ip ip = { 0 };

    /* Address bytes can look like the other version's header, so the likelier version comes first. */
    bool found = pinfo->net_src.type == AT_IPv6 ? find_ipv6(tvb, tcp, &ip) || find_ipv4(tvb, tcp, &ip)
                                                : find_ipv4(tvb, tcp, &ip) || find_ipv6(tvb, tcp, &ip);
    if (!found) {
        take_pinfo_address(&seen->source, &pinfo->src);
        take_pinfo_address(&seen->destination, &pinfo->dst);
        return available;
    }
    unsigned length = ip.version == 4 ? 4 : 16, at = ip.version == 4 ? 12 : 8;
    set_bytes(&seen->source, ip.header + at, length);
    set_bytes(&seen->destination, ip.header + at + length, length);
    seen->segment.ttl = ip.header[ip.version == 4 ? 8 : 7];
    return ip.bytes && ip.bytes <= available ? ip.bytes : available;
}

static void read_syn_options(const guint8 *p, unsigned length, struct ta_syn_options *options)
{
    enum { END = 0, NO_OPERATION = 1, WINDOW_SCALE = 3, SACK_PERMITTED = 4 };

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

/* False when the header is cut so short that nothing can be said. */
static bool read_segment(packet_info *pinfo, tvbuff_t *tvb, int tcp, struct observed *seen)
{
    unsigned captured = (unsigned)tvb_captured_length_remaining(tvb, tcp);
    if (captured < 16)
        return false;

    const guint8 *p = tvb_get_ptr(tvb, tcp, 16);
    struct ta_segment *s = &seen->segment;
    unsigned header = (p[12] >> 4) * 4u;

    seen->source.port = (uint16_t)read16(p);
    seen->destination.port = (uint16_t)read16(p + 2);
    s->frame = pinfo->num;
    s->time = (int64_t)pinfo->abs_ts.secs * 1000000000 + pinfo->abs_ts.nsecs;
    s->seq = read32(p + 4);
    s->ack = read32(p + 8);
    s->flags = p[13];
    s->window = (uint16_t)read16(p + 14);
    s->truncated = captured < header;
    uint32_t bytes = read_ip(pinfo, tvb, tcp, seen);
    s->len = bytes > header ? bytes - header : 0;
    if (s->flags & TA_SYN && header > TCP_HEADER && !s->truncated) {
        s->syn.complete = true;
        read_syn_options(tvb_get_ptr(tvb, tcp + TCP_HEADER, header - TCP_HEADER), header - TCP_HEADER, &s->syn);
    } else if (s->flags & TA_SYN) {
        s->syn.complete = !s->truncated;
    }
    return header >= TCP_HEADER;
}

/* Whether an ICMP header stands somewhere before this item in the frame: then the segment is a quotation. */
static bool is_quoted(proto_tree *tree, const field_info *stream)
{
    const int types[] = { hf_icmp, hf_icmpv6 };

    for (unsigned t = 0; t < G_N_ELEMENTS(types); t++) {
        GPtrArray *items = types[t] >= 0 ? proto_get_finfo_ptr_array(tree, types[t]) : NULL;
        for (unsigned i = 0; items && i < items->len; i++)
            if (((const field_info *)items->pdata[i])->total_layer_num < stream->total_layer_num)
                return true;
    }
    return false;
}

void observe_segments(packet_info *pinfo, proto_tree *tree,
                      void (*take)(packet_info *pinfo, const struct observed *seen))
{
    GPtrArray *items = hf_stream >= 0 ? proto_get_finfo_ptr_array(tree, hf_stream) : NULL;

    for (unsigned i = 0; items && i < items->len; i++) {
        const field_info *item = (const field_info *)items->pdata[i];
        struct observed seen = { .stream = finfo_uint(item) };
        if (item->ds_tvb && !is_quoted(tree, item) && read_segment(pinfo, item->ds_tvb, item->start, &seen))
            take(pinfo, &seen);
    }
}
