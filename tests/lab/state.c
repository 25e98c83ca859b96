/* Reads TCP states from TCP_INFO and from the kernel's list of connections.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "state.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fail.h"

/* The kernel's numbers (include/net/tcp_states.h, part of its ABI). */
enum { STATE_CLOSE = 7, STATE_LISTEN = 10, STATES = 13 };

const char *tcp_state_of(unsigned number)
{
    static const char *const names[STATES] = {
        [1] = "ESTABLISHED", [2] = "SYN_SENT",   [3] = "SYN_RCVD",           [4] = "FIN_WAIT_1",
        [5] = "FIN_WAIT_2",  [6] = "TIME_WAIT",  [STATE_CLOSE] = "CLOSED",   [8] = "CLOSE_WAIT",
        [9] = "LAST_ACK",    [10] = "LISTEN",    [11] = "CLOSING",           [12] = "SYN_RCVD",
    };
    return number > 0 && number < STATES ? names[number] : "-";
}

/* Copies the address and returns its port. */
static uint16_t take_address(const struct net_address *from, __be32 *to)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&from->bytes;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&from->bytes;
    if (from->bytes.ss_family == AF_INET6)
        memcpy(to, &v6->sin6_addr, sizeof v6->sin6_addr);
    else
        memcpy(to, &v4->sin_addr, sizeof v4->sin_addr);
    return v4->sin_port; /* at the same place in both */
}

/* 0 when the kernel lists no connection between these addresses; a listener is none. */
static unsigned listed_state(const struct net_address *local, const struct net_address *remote)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
    } request = {
        .header = { .nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST },
        .body = { .sdiag_family = (uint8_t)local->bytes.ss_family, .sdiag_protocol = IPPROTO_TCP,
                  .id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } },
    };
    request.body.id.idiag_sport = take_address(local, request.body.id.idiag_src);
    request.body.id.idiag_dport = take_address(remote, request.body.id.idiag_dst);

    char answer[4096] __attribute__((aligned(8)));
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0 || send(fd, &request, sizeof request, 0) < 0 || recv(fd, answer, sizeof answer, 0) < 0)
        fail(LAB_FAILED, "cannot ask the kernel for a connection's state: %s", strerror(errno));
    close(fd);
    const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return 0;
    const struct inet_diag_msg *found = NLMSG_DATA(header);
    return found->idiag_state == STATE_LISTEN ? 0 : found->idiag_state;
}

static unsigned own_state(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    return fd >= 0 && getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_state : 0;
}

const char *tcp_state_name(int fd, int listener, const struct net_address *local, const struct net_address *remote)
{
    unsigned state = own_state(fd);
    if (state == 0 || state == STATE_CLOSE) {
        unsigned listed = listed_state(local, remote);
        if (listed)
            state = listed;
        else if (!state && listener >= 0)
            state = STATE_LISTEN;
    }
    return tcp_state_of(state);
}
