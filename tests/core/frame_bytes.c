/* Builds Ethernet frames; see frame_bytes.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame_bytes.h"

#include <string.h>

enum { ETHERNET = 14, IP = 20, TCP = 20, ICMP = 8, PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, MSS = 1460 };
enum { QUOTED = IP + 8 /* what RFC 792 promises of the packet in error: ports and SEQ */ };

static const uint32_t router = 0xCB007101; /* 203.0.113.1 */

static uint8_t *put16(uint8_t *to, unsigned value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
    return to + 2;
}

static uint8_t *put32(uint8_t *to, uint32_t value)
{
    return put16(put16(to, value >> 16), value & 0xffff);
}

static uint32_t sum16(uint32_t sum, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    if (length % 2)
        sum += (uint32_t)bytes[length - 1] << 8;
    return sum;
}

static unsigned checksum(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

/* Timestamps at an even place, two bytes before a multiple of four. */
static uint8_t *put_timestamps(uint8_t *to)
{
    *to++ = 8;
    *to++ = 10;
    return put32(put32(to, 1), 1);
}

/* MSS, SACK permitted, timestamps and window scale, padded to four bytes. */
static size_t put_options(const struct ta_segment *segment, uint8_t *to)
{
    uint8_t *start = to;
    if (!(segment->flags & TA_SYN) && !segment->timestamps)
        return 0;
    if (!(segment->flags & TA_SYN))
        return (size_t)(put_timestamps(put16(to, 0x0101)) - start);
    *to++ = 2;
    *to++ = 4;
    to = put16(to, MSS);
    if (segment->syn.sack_permitted) {
        *to++ = 4;
        *to++ = 2;
    } else if (segment->timestamps) {
        to = put16(to, 0x0101);
    }
    if (segment->timestamps)
        to = put_timestamps(to);
    if (segment->timestamps && segment->syn.window_scale)
        *to++ = 1;
    if (segment->syn.window_scale) {
        *to++ = 3;
        *to++ = 3;
        *to++ = segment->syn.shift;
    }
    while ((to - start) % 4)
        *to++ = 1;
    return (size_t)(to - start);
}

/* The last byte of an address is 1 for the client, 2 for the server, 3 for the router; no address is all zero. */
static void put_ethernet(int from, int host, uint8_t *to)
{
    const int hosts[] = { host, from };
    for (size_t i = 0; i < 2; i++) {
        const uint8_t prefix[] = { hosts[i] ? 0x02 : 0, 0, 0, 0, 0 };
        memcpy(to + i * 6, prefix, sizeof prefix);
        to[i * 6 + 5] = (uint8_t)hosts[i];
    }
    put16(to + 12, 0x0800);
}

struct ip {
    uint16_t id;
    uint8_t ttl, protocol;
    uint32_t source, destination;
};

static void put_ip(const struct ip *ip, size_t length, uint8_t *to)
{
    memset(to, 0, IP);
    to[0] = 0x45;
    put16(to + 2, (unsigned)length);
    put16(to + 4, ip->id);
    to[6] = 0x40; /* do not fragment */
    to[8] = ip->ttl;
    to[9] = ip->protocol;
    put32(put32(to + 12, ip->source), ip->destination);
    put16(to + 10, checksum(sum16(0, to, IP)));
}

size_t frame_bytes(const struct ta_segment *segment, const uint8_t *payload, const struct frame_address *address,
                   uint8_t *bytes)
{
    const struct frame_address *source = &address[segment->from], *destination = &address[!segment->from];
    uint8_t *ip = bytes + ETHERNET, *tcp = ip + IP;
    size_t header = TCP + put_options(segment, tcp + TCP);
    size_t length = header + segment->len;
    put_ethernet((int)segment->mac, 1 + !segment->from, bytes);
    put_ip(&(struct ip){ segment->ip_id, segment->ttl, PROTOCOL_TCP, source->host, destination->host }, IP + length, ip);

    uint8_t *to = put16(put16(tcp, source->port), destination->port);
    to = put32(put32(to, segment->seq), segment->ack);
    *to++ = (uint8_t)(header / 4 << 4);
    *to++ = segment->flags;
    to = put16(to, segment->window);
    put32(to, 0);
    memset(tcp + header, 'x', segment->len);
    if (payload)
        memcpy(tcp + header, payload, segment->len);
    uint32_t sum = sum16(PROTOCOL_TCP + (uint32_t)length, ip + 12, 8);
    put16(to, checksum(sum16(sum, tcp, length)));
    return ETHERNET + IP + length;
}

size_t frame_bytes_icmp(const struct ta_segment *quoted, uint8_t type, uint8_t code,
                        const struct frame_address *address, uint8_t *bytes)
{
    uint8_t *ip = bytes + ETHERNET, *icmp = ip + IP;

    /* The quoted packet lands where it belongs, and the headers before it overwrite its Ethernet header. */
    frame_bytes(quoted, NULL, address, icmp + ICMP - ETHERNET);
    put_ethernet(1 + TA_ENDS, 1 + quoted->from, bytes);
    put_ip(&(struct ip){ (uint16_t)quoted->frame, 64, PROTOCOL_ICMP, router, address[quoted->from].host },
           IP + ICMP + QUOTED, ip);
    memset(icmp, 0, ICMP);
    icmp[0] = type;
    icmp[1] = code;
    put16(icmp + 2, checksum(sum16(0, icmp, ICMP + QUOTED)));
    return ETHERNET + IP + ICMP + QUOTED;
}
