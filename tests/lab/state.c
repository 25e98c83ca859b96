/* Reads TCP states from TCP_INFO and from the kernel's list of connections.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "state.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

/* The kernel's numbers (include/net/tcp_states.h, part of its ABI). */
enum { STATE_CLOSE = 7, STATE_LISTEN = 10, STATES = 12 };

static const char *const names[STATES] = {
    [1] = "ESTABLISHED", [2] = "SYN_SENT",   [3] = "SYN_RCVD",           [4] = "FIN_WAIT_1",
    [5] = "FIN_WAIT_2",  [6] = "TIME_WAIT",  [STATE_CLOSE] = "CLOSED",   [8] = "CLOSE_WAIT",
    [9] = "LAST_ACK",    [10] = "LISTEN",    [11] = "CLOSING",
};

/* 0 when the kernel lists no connection between these ports; a listener is none. */
static unsigned listed_state(const char *path, uint16_t local_port, uint16_t remote_port)
{
    FILE *list = fopen(path, "r");
    if (!list)
        return 0;
    char line[512];
    unsigned found = 0;
    while (!found && fgets(line, sizeof line, list)) {
        unsigned local, remote, state;
        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%x %x", &local, &remote, &state) == 3 &&
            local == local_port && remote == remote_port)
            found = state;
    }
    fclose(list);
    return found;
}

static unsigned own_state(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    return fd >= 0 && getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_state : 0;
}

const char *tcp_state_name(int fd, int listener, uint16_t local_port, uint16_t remote_port)
{
    unsigned state = own_state(fd);
    if (state == 0 || state == STATE_CLOSE) {
        unsigned listed = listed_state("/proc/self/net/tcp", local_port, remote_port);
        if (!listed)
            listed = listed_state("/proc/self/net/tcp6", local_port, remote_port);
        if (listed)
            state = listed;
        else if (!state && listener >= 0)
            state = STATE_LISTEN;
    }
    return state > 0 && state < STATES ? names[state] : "-";
}
