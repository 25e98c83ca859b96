/* Makes the socket calls of a script at one end and reports state and result of each.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "end.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "state.h"

enum { CLIENT_PORT = 40000, CALL_SECONDS = 1, MAX_BYTES = 1 << 20 };

struct end {
    int who;
    int listener, connection; /* -1: none */
    uint16_t server_port;
};

/* No call blocks longer than CALL_SECONDS: then it fails with EAGAIN (connect: EINPROGRESS). */
static int limit_calls(int fd)
{
    static const struct timeval limit = { .tv_sec = CALL_SECONDS };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return fd;
}

static int new_socket(void)
{
    return limit_calls(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int listen_on(struct end *end, int port)
{
    end->server_port = (uint16_t)port;
    end->listener = new_socket();
    struct sockaddr_in own = net_address(end->who, end->server_port);
    if (bind(end->listener, (struct sockaddr *)&own, sizeof own) != 0)
        return -1;
    return listen(end->listener, 1);
}

static int connect_to(struct end *end, int port, bool wait)
{
    end->server_port = (uint16_t)port;
    if (end->connection < 0)
        end->connection = new_socket();
    struct sockaddr_in own = net_address(end->who, CLIENT_PORT);
    struct sockaddr_in peer = net_address(!end->who, end->server_port);
    if (bind(end->connection, (struct sockaddr *)&own, sizeof own) != 0)
        return -1;
    int flags = fcntl(end->connection, F_GETFL);
    fcntl(end->connection, F_SETFL, wait ? flags : flags | O_NONBLOCK);
    int result = connect(end->connection, (struct sockaddr *)&peer, sizeof peer);
    int error = errno;
    fcntl(end->connection, F_SETFL, flags);
    errno = error;
    return result;
}

static int accept_one(struct end *end)
{
    int fd = accept4(end->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return -1;
    end->connection = limit_calls(fd);
    return 0;
}

static int send_bytes(int fd, const char *text, int count)
{
    static char filler[MAX_BYTES];
    if (count > MAX_BYTES) {
        errno = EMSGSIZE;
        return -1;
    }
    memset(filler, 'x', sizeof filler);
    return (int)send(fd, text ? text : filler, (size_t)count, MSG_NOSIGNAL);
}

static int receive_bytes(int fd, int count)
{
    static char bytes[MAX_BYTES];
    return (int)recv(fd, bytes, (size_t)(count < MAX_BYTES ? count : MAX_BYTES), 0);
}

static int close_fd(int *fd)
{
    int result = close(*fd);
    *fd = -1;
    return result;
}

static int set_linger(int fd, int seconds)
{
    struct linger linger = { .l_onoff = seconds >= 0, .l_linger = seconds };
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static int set_number(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

/* The pending error is returned as if the call had failed with it. */
static int take_pending_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return -1;
    errno = error;
    return error ? -1 : 0;
}

/* The kernel drops every segment that reaches this socket, after the recording saw it. */
static int drop_incoming(struct end *end)
{
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = { .len = 1, .filter = &nothing };
    if (end->connection < 0)
        end->connection = new_socket();
    return setsockopt(end->connection, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int keep_alive(int fd, int probes)
{
    int failed = set_number(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1) | set_number(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1)
                 | set_number(fd, IPPROTO_TCP, TCP_KEEPCNT, probes);
    return failed ? -1 : set_number(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static int make_call(struct end *end, const struct step *step)
{
    int fd = end->connection;
    switch (step->verb) {
    case VERB_LISTEN:         return listen_on(end, step->number);
    case VERB_ACCEPT:         return accept_one(end);
    case VERB_CONNECT:        return connect_to(end, step->number, true);
    case VERB_CONNECT_NOWAIT: return connect_to(end, step->number, false);
    case VERB_SEND:           return send_bytes(fd, step->text, step->number);
    case VERB_RECV:           return receive_bytes(fd, step->number);
    case VERB_SHUTDOWN_RD:    return shutdown(fd, SHUT_RD);
    case VERB_SHUTDOWN_WR:    return shutdown(fd, SHUT_WR);
    case VERB_SHUTDOWN_RDWR:  return shutdown(fd, SHUT_RDWR);
    case VERB_CLOSE:          return close_fd(&end->connection);
    case VERB_CLOSE_LISTENER: return close_fd(&end->listener);
    case VERB_LINGER:         return set_linger(fd, step->number);
    case VERB_LINGER2:        return set_number(fd, IPPROTO_TCP, TCP_LINGER2, step->number);
    case VERB_CORK:           return set_number(fd, IPPROTO_TCP, TCP_CORK, step->number);
    case VERB_NODELAY:        return set_number(fd, IPPROTO_TCP, TCP_NODELAY, step->number);
    case VERB_RCVBUF:         return set_number(fd, SOL_SOCKET, SO_RCVBUF, step->number);
    case VERB_USER_TIMEOUT:   return set_number(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, step->number);
    case VERB_KEEPALIVE:      return keep_alive(fd, step->number);
    case VERB_SO_ERROR_GET:   return take_pending_error(fd);
    case VERB_DEAF:           return drop_incoming(end);
    case VERB_HEAR:           return set_number(fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
    case VERB_KILL:           /* made from outside, by play.c */
    case VERB_WAIT:
    case VERB_LOOK:
    case VERB_COUNT:          return 0;
    }
    return 0;
}

static void perform(struct end *end, const struct step *step, struct report *report)
{
    uint16_t own = end->who == CLIENT ? CLIENT_PORT : end->server_port;
    uint16_t peer = end->who == CLIENT ? end->server_port : CLIENT_PORT;
    snprintf(report->state, sizeof report->state, "%s",
             tcp_state_name(end->connection, end->listener, own, peer));
    errno = 0;
    int result = make_call(end, step);
    if (result < 0)
        snprintf(report->result, sizeof report->result, "%s", strerrorname_np(errno));
    else if (result == 0 && step->verb == VERB_RECV)
        snprintf(report->result, sizeof report->result, "EOF");
    else
        snprintf(report->result, sizeof report->result, "%d", result);
}

void end_serve(int who, int orders, const struct script *script)
{
    struct end end = { .who = who, .listener = -1, .connection = -1 };
    int index;
    while (recv(orders, &index, sizeof index, 0) == (ssize_t)sizeof index) {
        struct report report = { .state = "" };
        perform(&end, &script->steps[index], &report);
        if (send(orders, &report, sizeof report, MSG_NOSIGNAL) < 0)
            return;
    }
}
