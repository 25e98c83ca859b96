/* Builds Ethernet frames; see frame_bytes.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame_bytes.h"

#include <string.h>

enum { ETHERNET = 14, IP = 20, TCP = 20, PROTOCOL_TCP = 6, MSS = 1460 };

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

/* MSS, window scale and SACK permitted, padded to four bytes. */
static size_t put_options(const struct ta_segment *segment, uint8_t *to)
{
    uint8_t *start = to;
    if (!(segment->flags & TA_SYN))
        return 0;
    *to++ = 2;
    *to++ = 4;
    to = put16(to, MSS);
    if (segment->syn.sack_permitted) {
        *to++ = 4;
        *to++ = 2;
    }
    if (segment->syn.window_scale) {
        *to++ = 3;
        *to++ = 3;
        *to++ = segment->syn.shift;
    }
    while ((to - start) % 4)
        *to++ = 1;
    return (size_t)(to - start);
}

static void put_ethernet(int from, uint8_t *to)
{
    for (int i = 0; i < 2; i++) {
        static const uint8_t prefix[] = { 0x02, 0, 0, 0, 0 };
        memcpy(to + i * 6, prefix, sizeof prefix);
        to[i * 6 + 5] = (uint8_t)(1 + (i == 0 ? !from : from));
    }
    put16(to + 12, 0x0800);
}

static void put_ip(const struct ta_segment *segment, uint32_t source, uint32_t destination, size_t length, uint8_t *to)
{
    memset(to, 0, IP);
    to[0] = 0x45;
    put16(to + 2, (unsigned)length);
    put16(to + 4, segment->frame & 0xffff);
    to[6] = 0x40; /* do not fragment */
    to[8] = segment->ttl;
    to[9] = PROTOCOL_TCP;
    put32(put32(to + 12, source), destination);
    put16(to + 10, checksum(sum16(0, to, IP)));
}

size_t frame_bytes(const struct ta_segment *segment, const struct frame_address *address, uint8_t *bytes)
{
    const struct frame_address *source = &address[segment->from], *destination = &address[!segment->from];
    uint8_t *ip = bytes + ETHERNET, *tcp = ip + IP;
    size_t header = TCP + put_options(segment, tcp + TCP);
    size_t length = header + segment->len;
    put_ethernet(segment->from, bytes);
    put_ip(segment, source->host, destination->host, IP + length, ip);

    uint8_t *to = put16(put16(tcp, source->port), destination->port);
    to = put32(put32(to, segment->seq), segment->ack);
    *to++ = (uint8_t)(header / 4 << 4);
    *to++ = segment->flags;
    to = put16(to, segment->window);
    put32(to, 0);
    memset(tcp + header, 'x', segment->len);
    uint32_t sum = sum16(PROTOCOL_TCP + (uint32_t)length, ip + 12, 8);
    put16(to, checksum(sum16(sum, tcp, length)));
    return ETHERNET + IP + length;
}
