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

#include "fail.h"
#include "net.h"
#include "state.h"

enum { CLIENT_PORT = 40000, CALL_SECONDS = 1, MAX_BYTES = 1 << 20 };

void end_init(struct end *end, int who)
{
    *end = (struct end){ .who = who, .family = AF_INET, .listener = -1, .first_port = CLIENT_PORT };
    for (int i = 0; i < CONNECTIONS; i++)
        end->connections[i] = -1;
}

static int *connection_of(struct end *end)
{
    return &end->connections[end->used];
}

/* The port of either end's connection in use. */
static uint16_t port_of(const struct end *end, int who)
{
    return who == CLIENT ? (uint16_t)(end->first_port + end->used) : end->server_port;
}

/* No call blocks longer than CALL_SECONDS, or at all: then it fails with EAGAIN (connect: EINPROGRESS). */
static int limit_calls(const struct end *end, int fd)
{
    if (end->never_blocks)
        fcntl(fd, F_SETFL, O_NONBLOCK);
    static const struct timeval limit = { .tv_sec = CALL_SECONDS };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return fd;
}

static int new_socket(const struct end *end)
{
    return limit_calls(end, socket(end->family, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* The connection; without one the listener, whose options its connections inherit; else a new socket. */
static int socket_for_options(struct end *end)
{
    int *connection = connection_of(end);
    if (*connection < 0 && end->listener >= 0)
        return end->listener;
    if (*connection < 0)
        *connection = new_socket(end);
    return *connection;
}

static int bind_to(int fd, const struct end *end, uint16_t port)
{
    struct net_address own = net_address(end->who, end->family, port);
    return bind(fd, (struct sockaddr *)&own.bytes, own.size);
}

static int listen_on(struct end *end, int port)
{
    end->server_port = (uint16_t)port;
    if (end->listener < 0)
        end->listener = new_socket(end);
    return bind_to(end->listener, end, end->server_port) == 0 ? listen(end->listener, 1) : -1;
}

static int connect_to(struct end *end, int port, bool wait)
{
    end->server_port = (uint16_t)port;
    int *fd = connection_of(end);
    if (*fd < 0)
        *fd = new_socket(end);
    if (bind_to(*fd, end, port_of(end, end->who)) != 0)
        return -1;
    struct net_address peer = net_address(!end->who, end->family, port_of(end, !end->who));
    int flags = fcntl(*fd, F_GETFL);
    fcntl(*fd, F_SETFL, wait ? flags : flags | O_NONBLOCK);
    int result = connect(*fd, (struct sockaddr *)&peer.bytes, peer.size);
    int error = errno;
    fcntl(*fd, F_SETFL, flags);
    errno = error;
    return result;
}

static int disconnect(int fd)
{
    struct sockaddr nobody = { .sa_family = AF_UNSPEC };
    return connect(fd, &nobody, sizeof nobody);
}

static int accept_one(struct end *end)
{
    int fd = accept4(end->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return -1;
    *connection_of(end) = limit_calls(end, fd);
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
static int drop_incoming(int fd)
{
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = { .len = 1, .filter = &nothing };
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int keep_alive(int fd, int probes)
{
    int failed = set_number(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1) | set_number(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1)
                 | set_number(fd, IPPROTO_TCP, TCP_KEEPCNT, probes);
    return failed ? -1 : set_number(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

/* A process of its own does it, so that the other end's next call is under way by then. */
static int release_after(int end, int ms)
{
    pid_t child = fork();
    if (child == 0) {
        usleep((useconds_t)ms * 1000);
        _exit(net_release(end) == 0 ? 0 : LAB_FAILED);
    }
    return child < 0 ? -1 : 0;
}

/* Adds a rule of nft(8) about what arrives, after the recording saw it. */
static int filter_input(const struct step *step)
{
    char lines[MAX_TEXT + 128];
    snprintf(lines, sizeof lines,
             "add table inet lab\nadd chain inet lab input { type filter hook input priority 0; }\n"
             "add rule inet lab input %.*s\n", step->number, step->text);
    return net_run("nft -f -", lines);
}

/* The text is NAME=VALUE. */
static int set_setting(const struct step *step)
{
    char path[MAX_TEXT];
    snprintf(path, sizeof path, "ipv4/%.*s", step->number, step->text);
    char *value = strchr(path, '=');
    if (!value)
        return errno = EINVAL, -1;
    *value = '\0';
    return net_setting(path, value + 1);
}

static int destroy(const struct end *end)
{
    char command[64];
    const char *field = end->who == CLIENT ? "sport" : "dport";
    snprintf(command, sizeof command, "ss -K -t '%s = :%d'", field, port_of(end, CLIENT));
    return net_run(command, "");
}

/* Without these the experiment would be another one. */
static int must(const struct step *step, int result)
{
    char call[MAX_TEXT + 64];
    step_write(step, call, sizeof call);
    if (result < 0)
        fail(LAB_FAILED, "%s: %s", call, strerror(errno));
    return result;
}

static int use_connection(struct end *end, int number)
{
    if (number < 0 || number >= CONNECTIONS)
        return errno = EINVAL, -1;
    end->used = number;
    return 0;
}

static int make_call(struct end *end, const struct step *step)
{
    int *connection = connection_of(end);
    int fd = *connection;
    switch (step->verb) {
    case VERB_USE:            return must(step, use_connection(end, step->number));
    case VERB_IPV6:           return end->family = AF_INET6, 0;
    case VERB_LISTEN:         return listen_on(end, step->number);
    case VERB_BACKLOG:        return listen(end->listener, step->number);
    case VERB_ACCEPT:         return accept_one(end);
    case VERB_CONNECT:        return connect_to(end, step->number, true);
    case VERB_CONNECT_NOWAIT: return connect_to(end, step->number, false);
    case VERB_DISCONNECT:     return disconnect(fd);
    case VERB_SEND:           return send_bytes(fd, step->text, step->number);
    case VERB_RECV:           return receive_bytes(fd, step->number);
    case VERB_SHUTDOWN_RD:    return shutdown(fd, SHUT_RD);
    case VERB_SHUTDOWN_WR:    return shutdown(fd, SHUT_WR);
    case VERB_SHUTDOWN_RDWR:  return shutdown(fd, SHUT_RDWR);
    case VERB_CLOSE:          return close_fd(connection);
    case VERB_CLOSE_LISTENER: return close_fd(&end->listener);
    case VERB_LINGER:         return set_linger(fd, step->number);
    case VERB_KEEPALIVE:      return keep_alive(fd, step->number);
    case VERB_DEAF:           return drop_incoming(socket_for_options(end));
    case VERB_SO_ERROR_GET:   return take_pending_error(fd);
    case VERB_HOLD:           return must(step, net_hold(end->who));
    case VERB_RELEASE:        return must(step, net_release(end->who));
    case VERB_RELEASE_AFTER:  return must(step, release_after(end->who, step->number));
    case VERB_INPUT:          return must(step, filter_input(step));
    case VERB_INPUT_CLEAR:    return must(step, net_run("nft -f -", "delete table inet lab\n"));
    case VERB_SETTING:        return must(step, set_setting(step));
    case VERB_DESTROY:        return must(step, destroy(end));
    case VERB_DELAY: /* the line's business, and here is none */
    case VERB_LOSE:
    case VERB_REJECT:         return must(step, (errno = ENOTSUP, -1));
    case VERB_KILL:           /* made from outside, by play.c or crowd.c */
    case VERB_WAIT:
    case VERB_LOOK:
    case VERB_COUNT:          return 0;
#define VERB(...)
#define OPTION(id, word, argument, call, level, option) \
    case VERB_##id: return set_number(socket_for_options(end), level, option, step->number);
#include "verbs.def"
#undef VERB
    }
    return 0;
}

const char *end_state(struct end *end)
{
    struct net_address own = net_address(end->who, end->family, port_of(end, end->who));
    struct net_address peer = net_address(!end->who, end->family, port_of(end, !end->who));
    return tcp_state_name(*connection_of(end), end->listener, &own, &peer);
}

void end_perform(struct end *end, const struct step *step, struct report *report)
{
    snprintf(report->state, sizeof report->state, "%s", end_state(end));
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
    struct end end;
    int index;
    end_init(&end, who);
    while (recv(orders, &index, sizeof index, 0) == (ssize_t)sizeof index) {
        struct report report = { .state = "" };
        end_perform(&end, &script->steps[index], &report);
        if (send(orders, &report, sizeof report, MSG_NOSIGNAL) < 0)
            return;
    }
}
