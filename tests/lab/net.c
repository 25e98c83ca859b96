/* Makes the two namespaces with unshare(), and the veth pair with ip(8) and the ethtool ioctl.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fail.h"

static const struct {
    const char *interface, *address, *mac;
} ends[ENDS] = {
    [CLIENT] = { CLIENT_INTERFACE, "192.0.2.1", "02:00:00:00:00:01" },
    [SERVER] = { "server0", "192.0.2.2", "02:00:00:00:00:02" },
};

static int new_namespace(void)
{
    if (unshare(CLONE_NEWNET) != 0)
        fail(LAB_FAILED, "cannot make a network namespace (root or CAP_SYS_ADMIN needed): %s", strerror(errno));
    int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail(LAB_FAILED, "cannot open the new network namespace: %s", strerror(errno));
    return fd;
}

/* Runs the lines of one `ip -batch` in the caller's namespace. */
static void run_ip(const char *lines)
{
    FILE *ip = popen("ip -batch -", "w");
    if (!ip)
        fail(LAB_FAILED, "cannot run ip: %s", strerror(errno));
    fputs(lines, ip);
    if (pclose(ip) != 0)
        fail(LAB_FAILED, "ip (package iproute2) could not set up the interfaces");
}

/* Segments on the wire must be the segments TCP made, with real checksums. */
static void turn_offloads_off(const char *interface)
{
    static const uint32_t offloads[] = { ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (size_t i = 0; i < sizeof offloads / sizeof *offloads; i++) {
        struct ethtool_value off = { .cmd = offloads[i] };
        struct ifreq request = { .ifr_data = (char *)&off };
        snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
        if (ioctl(fd, SIOCETHTOOL, &request) != 0)
            fail(LAB_FAILED, "cannot turn an offload of %s off: %s", interface, strerror(errno));
    }
    close(fd);
}

/* Addresses are permanent neighbours of each other and IPv6 has no address, so that only the
 * experiment sends packets. */
static void set_up(int end)
{
    const char *interface = ends[end].interface;
    char lines[512];
    snprintf(lines, sizeof lines,
             "link set dev %s addrgenmode none mtu 1500\n"
             "address add %s/24 dev %s\n"
             "link set dev %s up\n"
             "neighbour add %s lladdr %s dev %s nud permanent\n",
             interface, ends[end].address, interface, interface, ends[!end].address, ends[!end].mac, interface);
    run_ip(lines);
    turn_offloads_off(interface);
}

void net_open(struct net *net)
{
    net->namespaces[SERVER] = new_namespace();
    net->namespaces[CLIENT] = new_namespace();
    char lines[512];
    snprintf(lines, sizeof lines,
             "link add name %s address %s type veth peer name %s address %s netns /proc/%ld/fd/%d\n",
             ends[CLIENT].interface, ends[CLIENT].mac, ends[SERVER].interface, ends[SERVER].mac,
             (long)getpid(), net->namespaces[SERVER]);
    run_ip(lines);
    for (int end = 0; end < ENDS; end++) {
        net_enter(net, end);
        set_up(end);
    }
}

void net_enter(const struct net *net, int end)
{
    if (setns(net->namespaces[end], CLONE_NEWNET) != 0)
        fail(LAB_FAILED, "cannot enter a network namespace: %s", strerror(errno));
}

void net_close(struct net *net)
{
    for (int end = 0; end < ENDS; end++)
        close(net->namespaces[end]);
}

struct sockaddr_in net_address(int end, uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    inet_pton(AF_INET, ends[end].address, &address.sin_addr);
    return address;
}
