/* Reads packets from one TUN device, writes them to the other, after what struct line_way says.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"

enum { PACKET_MAX = 1500, QUOTED = sizeof(struct iphdr) + 8 };

static const uint16_t first_port[ENDS] = { [CLIENT] = 40000, [SERVER] = 10000 };

struct line_packet {
    struct line_packet *next;
    int64_t due;
    int to; /* an end */
    int size;
    unsigned char bytes[PACKET_MAX];
};

static int devices[ENDS];
static struct line_way ways[LINE_CONNECTIONS][ENDS];
static struct line_packet *under_way; /* ascending by due; of equals the older first */

int64_t line_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

uint16_t line_port(int end, int number)
{
    return (uint16_t)(first_port[end] + number);
}

struct line_way *line_way(int number, int end)
{
    return &ways[number][end];
}

static void deliver(int to, const void *bytes, int size)
{
    if (write(devices[to], bytes, (size_t)size) != size)
        fail(LAB_FAILED, "the line cannot deliver a packet: %s", strerror(errno));
}

static void send_off(struct line_packet *packet)
{
    struct line_packet **place = &under_way;
    while (*place && (*place)->due <= packet->due)
        place = &(*place)->next;
    packet->next = *place;
    *place = packet;
}

void line_release(struct line_way *way)
{
    way->held = false;
    while (way->waiting) {
        struct line_packet *packet = way->waiting;
        way->waiting = packet->next;
        packet->due = line_now() + way->delay;
        send_off(packet);
    }
}

bool line_lose(struct line_way *way, const char *what, int length)
{
    static const struct {
        const char *word;
        int set;
    } words[] = { { "none", 0 }, { "all", LOSE_ALL }, { "rst", LOSE_RST }, { "syn", LOSE_SYN },
                  { "fin", LOSE_FIN }, { "data", LOSE_DATA }, { "ack", LOSE_ACK }, { "next", LOSE_NEXT } };
    enum { WORDS = sizeof words / sizeof *words };
    way->lose = 0;
    for (const char *at = what, *end = what + length; at < end;) {
        size_t size = strcspn(at, " '"), i = 0;
        while (i < WORDS && (strlen(words[i].word) != size || strncmp(at, words[i].word, size) != 0))
            i++;
        if (i == WORDS)
            return false;
        way->lose |= words[i].set;
        at += size + strspn(at + size, " ");
    }
    return true;
}

static uint16_t checksum(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (uint32_t)at[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

/* Answers a packet to its sender, in the name of its target. */
static void answer_by_icmp(const struct line_packet *packet, int code)
{
    struct {
        struct iphdr ip;
        struct icmphdr icmp;
        unsigned char quoted[QUOTED];
    } error = { .icmp = { .type = ICMP_DEST_UNREACH, .code = (uint8_t)code } };
    const struct iphdr *ip = (const struct iphdr *)packet->bytes;
    error.ip = (struct iphdr){ .version = 4, .ihl = 5, .tot_len = htons(sizeof error), .ttl = 64,
                               .protocol = IPPROTO_ICMP, .saddr = ip->daddr, .daddr = ip->saddr };
    memcpy(error.quoted, packet->bytes, QUOTED);
    error.ip.check = checksum(&error.ip, sizeof error.ip);
    error.icmp.checksum = checksum(&error.icmp, sizeof error - sizeof error.ip);
    deliver(!packet->to, &error, sizeof error);
}

static int sort_of(const struct tcphdr *tcp, int payload)
{
    return tcp->rst ? LOSE_RST : tcp->syn ? LOSE_SYN : tcp->fin ? LOSE_FIN : payload > 0 ? LOSE_DATA : LOSE_ACK;
}

/* Takes or frees the packet. */
static void route(struct line_packet *packet)
{
    const struct iphdr *ip = (const struct iphdr *)packet->bytes;
    const struct tcphdr *tcp = (const struct tcphdr *)(packet->bytes + ip->ihl * (size_t)4);
    int from = !packet->to;
    int number = ntohs(tcp->source) - first_port[from];
    bool known = ip->version == 4 && ip->protocol == IPPROTO_TCP && number >= 0 && number < LINE_CONNECTIONS;
    struct line_way *way = &ways[known ? number : 0][from];
    if (!known)
        return free(packet);
    way->packets++;
    way->last = line_now();
    if (way->lose & (sort_of(tcp, ntohs(ip->tot_len) - ip->ihl * 4 - tcp->doff * 4) | LOSE_NEXT)) {
        way->lost++;
        way->lose &= ~LOSE_NEXT;
        if (way->reject)
            answer_by_icmp(packet, way->reject - 1);
        return free(packet);
    }
    packet->due = way->last + way->delay;
    if (!way->held)
        return send_off(packet);
    packet->next = NULL;
    if (!way->waiting)
        way->end_of_waiting = &way->waiting;
    *way->end_of_waiting = packet;
    way->end_of_waiting = &packet->next;
}

/* Returns false when nothing more is there. */
static bool take_packet(int from)
{
    struct line_packet *packet = malloc(sizeof *packet);
    if (!packet)
        fail(LAB_FAILED, "out of memory");
    packet->to = !from;
    packet->size = (int)read(devices[from], packet->bytes, sizeof packet->bytes);
    if (packet->size < (int)(sizeof(struct iphdr) + sizeof(struct tcphdr))) {
        bool ended = packet->size < 0;
        free(packet);
        return !ended;
    }
    route(packet);
    return true;
}

static void deliver_due(void)
{
    while (under_way && under_way->due <= line_now()) {
        struct line_packet *packet = under_way;
        under_way = packet->next;
        deliver(packet->to, packet->bytes, packet->size);
        free(packet);
    }
}

void line_carry(int64_t until)
{
    for (;;) {
        bool more = true;
        while (more)
            more = take_packet(CLIENT) || take_packet(SERVER);
        deliver_due();
        int64_t now = line_now(), next = under_way && under_way->due < until ? under_way->due : until;
        if (now >= until)
            return;
        struct pollfd polled[ENDS] = { { devices[CLIENT], POLLIN, 0 }, { devices[SERVER], POLLIN, 0 } };
        struct timespec wait = { .tv_nsec = 0 };
        if (next > now)
            wait = (struct timespec){ (next - now) / 1000000000, (next - now) % 1000000000 };
        ppoll(polled, ENDS, &wait, NULL);
    }
}

void line_open(struct net *net)
{
    net_make_namespaces(net);
    for (int end = 0; end < ENDS; end++) {
        struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
        net_enter(net, end);
        snprintf(request.ifr_name, sizeof request.ifr_name, "%s", net_interface(end));
        devices[end] = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (devices[end] < 0 || ioctl(devices[end], TUNSETIFF, &request) != 0)
            fail(LAB_FAILED, "cannot make a TUN device: %s", strerror(errno));
        net_set_up_line(end);
    }
}
