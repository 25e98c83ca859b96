/* Reads one TCP header: its fields, options and payload, the IP header before it, the ICMP error that quotes it; see header.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/header.h"

#include <string.h>

#include "compat.h"

enum { TCP_HEADER = 20 };
enum { IPV6_HEADER = 40, IPV6_EXTENSIONS_MAX = 256, PROTOCOL_TCP = 6 };

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

/* What an IP header in front of a TCP header says. */
struct ip {
    unsigned at;      /* where it starts */
    unsigned version; /* 4 or 6 */
};

static bool find_ipv4(const guint8 *data, unsigned tcp, struct ip *ip)
{
    for (unsigned size = 20; size <= 60 && size <= tcp; size += 4) {
        const guint8 *p = data + tcp - size;
        uint32_t total = read16(p + 2);
        bool fits = p[0] == (0x40 | size / 4) && p[9] == PROTOCOL_TCP && (read16(p + 6) & 0x1fff) == 0
                    && (total == 0 || total >= size + TCP_HEADER);
        if (fits) {
            *ip = (struct ip){ tcp - size, 4 };
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

static bool find_ipv6(const guint8 *data, unsigned tcp, struct ip *ip)
{
    for (unsigned extensions = 0; extensions <= IPV6_EXTENSIONS_MAX; extensions += 4) {
        if (IPV6_HEADER + extensions > tcp)
            return false;
        unsigned from = tcp - IPV6_HEADER - extensions;
        if (data[from] >> 4 != 6 || find_tcp_after_ipv6(data, from, tcp) != tcp)
            continue;
        *ip = (struct ip){ from, 6 };
        return true;
    }
    return false;
}

/* The header's own; of a datagram that was put together of fragments there is none. Address bytes can look like the
 * other version's header, so the likelier version comes first. */
static bool find_ip(const guint8 *data, unsigned tcp, bool likely6, struct ip *ip)
{
    return (likely6 && find_ipv6(data, tcp, ip)) || find_ipv4(data, tcp, ip) || (!likely6 && find_ipv6(data, tcp, ip));
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
static void read_reset(const guint8 *p, const struct bytes *h, unsigned header, struct observed *seen)
{
    memset(&seen->reset, 0, sizeof seen->reset);
    seen->reset.window = seen->event.segment.window;
    seen->reset.payload_sent = seen->event.segment.len;
    if (h->captured > TCP_HEADER) {
        seen->reset.options = p + TCP_HEADER;
        seen->reset.options_captured = MIN(h->captured, header) - TCP_HEADER;
    }
    seen->reset.payload = seen->captured ? seen->payload : NULL;
    seen->reset.payload_captured = seen->captured;
}

void header_read(tvbuff_t *frame, packet_info *pinfo, const struct bytes *h, struct observed *seen)
{
    const guint8 *data = h->data, *p = data + h->at;
    unsigned header = MAX((p[12] >> 4) * 4u, TCP_HEADER);
    struct ta_segment *s = &seen->event.segment;
    struct ip ip;

    s->frame = pinfo->num;
    s->seq = read32(p + 4);
    s->ack = read32(p + 8);
    s->flags = p[13];
    s->window = (uint16_t)read16(p + 14);
    s->checksum = h->captured >= TCP_HEADER_USED + 2 ? (uint16_t)read16(p + 16) : 0;
    s->truncated = h->captured < header || p[12] >> 4 < TCP_HEADER / 4; /* no header is that short */
    s->len = h->reported > header ? h->reported - header : 0;
    s->mac = read_mac(pinfo);
    if (find_ip(data, h->at, seen->source.address_len == 16, &ip)) {
        s->ttl = data[ip.at + (ip.version == 4 ? 8 : 7)];
        s->ip_id = ip.version == 4 ? (uint16_t)read16(data + ip.at + 4) : 0;
    }
    seen->payload = p + header;
    seen->captured = h->captured > header ? MIN(h->captured - header, s->len) : 0;
    if (!(s->flags & (TA_SYN | TA_RST)))
        return;
    if (s->flags & TA_SYN && !s->truncated)
        read_syn_options(p + TCP_HEADER, header - TCP_HEADER, &s->syn);
    if (!(s->flags & TA_RST))
        return;
    read_reset(p, h, header, seen);
    seen->reset.from_netscaler = sent_by_netscaler(pinfo, frame);
    if (!s->truncated)
        s->timestamps = has_timestamps(p + TCP_HEADER, header - TCP_HEADER);
}

/* ICMP: unreachable, source quench, redirect, time exceeded, parameter problem. ICMPv6: errors are below 128
 * (RFC 4443 section 2.1), and the redirect. */
static bool is_error(bool v6, uint32_t type)
{
    const uint32_t v4_errors = 1u << 3 | 1u << 4 | 1u << 5 | 1u << 11 | 1u << 12;
    return v6 ? type < 128 || type == 137 : type < 32 && (v4_errors & 1u << type);
}

/* A quotation is an IP header and at least eight bytes of what it carries, behind the eight of ICMP's own header (RFC 792,
 * RFC 4443 section 3). */
bool header_read_quoting(const struct bytes *h, bool v6, struct observed_icmp *seen)
{
    enum { ICMP_HEADER = 8, QUOTED = 8 };
    const guint8 *data = h->data, *tcp = data + h->at;
    struct ip ip;

    if (h->captured < QUOTED || !(v6 ? find_ipv6(data, h->at, &ip) : find_ipv4(data, h->at, &ip)) || ip.at < ICMP_HEADER)
        return false;
    const guint8 *icmp = data + ip.at - ICMP_HEADER;
    if (!is_error(v6, icmp[0]))
        return false;
    seen->source.port = (uint16_t)read16(tcp);
    seen->destination.port = (uint16_t)read16(tcp + 2);
    seen->icmp.version = v6 ? 6 : 4;
    seen->icmp.type = icmp[0];
    seen->icmp.code = icmp[1];
    seen->icmp.seq = read32(tcp + 4);
    return true;
}
