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

static struct {
    const char *interface;
    char address[16], address6[40];
    const char *mac;
} ends[ENDS] = {
    [CLIENT] = { "client0", "192.0.2.1", "2001:db8::1", "02:00:00:00:00:01" },
    [SERVER] = { "server0", "192.0.2.2", "2001:db8::2", "02:00:00:00:00:02" },
};

void net_place(int place)
{
    for (int end = 0; end < ENDS; end++) {
        snprintf(ends[end].address, sizeof ends[end].address, "192.0.2.%d", 2 * place + end + 1);
        snprintf(ends[end].address6, sizeof ends[end].address6, "2001:db8::%x", 2 * place + end + 1);
    }
}

const char *net_host(int end, int family)
{
    return family == AF_INET6 ? ends[end].address6 : ends[end].address;
}

static int new_namespace(void)
{
    if (unshare(CLONE_NEWNET) != 0)
        fail(LAB_FAILED, "cannot make a network namespace (root or CAP_SYS_ADMIN needed): %s", strerror(errno));
    int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail(LAB_FAILED, "cannot open the new network namespace: %s", strerror(errno));
    return fd;
}

int net_run(const char *command, const char *input)
{
    char line[128];
    snprintf(line, sizeof line, "%s >/dev/null", command);
    FILE *program = popen(line, "we");
    if (!program)
        return -1;
    fputs(input, program);
    if (pclose(program) == 0)
        return 0;
    errno = EPROTO;
    return -1;
}

/* Runs the lines of one `ip -batch` in the caller's namespace. */
static void run_ip(const char *lines)
{
    if (net_run("ip -batch -", lines) != 0)
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

int net_setting(const char *path, const char *value)
{
    char full[128];
    snprintf(full, sizeof full, "/proc/sys/net/%s", path);
    int fd = open(full, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    bool written = write(fd, value, strlen(value)) == (ssize_t)strlen(value);
    close(fd);
    return written ? 0 : -1;
}

int net_hold(int end)
{
    char lines[256];
    const char *interface = ends[end].interface;
    snprintf(lines, sizeof lines, "neighbour del %s dev %s\nneighbour del %s dev %s\n", ends[!end].address, interface,
             ends[!end].address6, interface);
    return net_run("ip -batch -", lines);
}

/* The peer becomes a permanent neighbour, so that nothing but the experiment sends packets. */
int net_release(int end)
{
    char lines[256];
    const char *interface = ends[end].interface, *mac = ends[!end].mac;
    snprintf(lines, sizeof lines,
             "neighbour replace %s lladdr %s dev %s nud permanent\n"
             "neighbour replace %s lladdr %s dev %s nud permanent\n",
             ends[!end].address, mac, interface, ends[!end].address6, mac, interface);
    return net_run("ip -batch -", lines);
}

/* Packets to a neighbour that is not known wait in the kernel, which net_hold() makes use of. With
 * app_solicit it is left to programs to find the neighbour, so that no ARP or ND asks for it. */
static void wait_for_neighbours(const char *interface)
{
    char path[64];
    for (int v6 = 0; v6 < 2; v6++) {
        snprintf(path, sizeof path, "ipv%d/neigh/%s/app_solicit", v6 ? 6 : 4, interface);
        if (net_setting(path, "1000") != 0)
            fail(LAB_FAILED, "cannot set %s: %s", path, strerror(errno));
    }
}

static void set_up(int end)
{
    const char *interface = ends[end].interface;
    char lines[512];
    snprintf(lines, sizeof lines,
             "link set dev %s addrgenmode none mtu 1500\n"
             "address add %s/24 dev %s\n"
             "address add %s/64 dev %s nodad\n"
             "link set dev %s up\n",
             interface, ends[end].address, interface, ends[end].address6, interface, interface);
    run_ip(lines);
    turn_offloads_off(interface);
    wait_for_neighbours(interface);
    if (net_release(end) != 0)
        fail(LAB_FAILED, "ip (package iproute2) could not set up the neighbours");
}

const char *net_interface(int end)
{
    return ends[end].interface;
}

void net_make_namespaces(struct net *net)
{
    net->namespaces[SERVER] = new_namespace();
    net->namespaces[CLIENT] = new_namespace();
}

void net_set_up_line(int end)
{
    char lines[256];
    snprintf(lines, sizeof lines,
             "link set dev %s addrgenmode none mtu 1500 txqueuelen 10000\n"
             "address add %s peer %s dev %s\n"
             "link set dev %s up\n",
             ends[end].interface, ends[end].address, ends[!end].address, ends[end].interface, ends[end].interface);
    run_ip(lines);
}

void net_open(struct net *net)
{
    net_make_namespaces(net);
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

struct net_address net_address(int end, int family, uint16_t port)
{
    struct net_address address = { .size = 0 };
    if (family == AF_INET6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address.bytes;
        *v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
        inet_pton(AF_INET6, ends[end].address6, &v6->sin6_addr);
        address.size = sizeof *v6;
    } else {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&address.bytes;
        *v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
        inet_pton(AF_INET, ends[end].address, &v4->sin_addr);
        address.size = sizeof *v4;
    }
    return address;
}
