/* Sets up an instance of the kernel's tracing and reads its text.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing"

static char instance[96];
static pid_t owner;

static bool set(const char *name, const char *value)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", instance, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_TRUNC);
    if (fd < 0)
        return false;
    bool written = write(fd, value, strlen(value)) == (ssize_t)strlen(value);
    close(fd);
    return written;
}

/* Also when the lab fails; not by its children. */
static void remove_instance(void)
{
    if (owner == getpid())
        rmdir(instance);
    owner = 0;
}

bool trace_start(char *why, size_t size)
{
    static const struct {
        const char *file, *value;
    } settings[] = {
        { "trace_clock", "mono" },
        { "buffer_size_kb", "32768" },
        { "events/sock/inet_sock_set_state/filter", "protocol == 6" },
        { "events/sock/inet_sock_set_state/enable", "1" },
        { "events/tcp/tcp_send_reset/enable", "1" },
        { "events/tcp/tcp_receive_reset/enable", "1" },
    };
    if (access(TRACING "/instances", F_OK) != 0)
        mount("nodev", TRACING, "tracefs", 0, NULL); /* what fails shows below */
    snprintf(instance, sizeof instance, TRACING "/instances/tcpabort_lab_%ld", (long)getpid());
    if (mkdir(instance, 0700) != 0) {
        snprintf(why, size, "%s: %s", instance, strerror(errno));
        return false;
    }
    owner = getpid();
    atexit(remove_instance);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (!set(settings[i].file, settings[i].value)) {
            snprintf(why, size, "%s/%s: %s", instance, settings[i].file, strerror(errno));
            return false;
        }
    return true;
}

/* The kernel's name of a state as the lab's: TCP_FIN_WAIT1 is FIN_WAIT_1. */
static void take_state(const char *kernel, char *name, size_t size)
{
    static const char *const others[][2] = {
        { "TCP_SYN_RECV", "SYN_RCVD" }, { "TCP_NEW_SYN_RECV", "SYN_RCVD" }, { "TCP_FIN_WAIT1", "FIN_WAIT_1" },
        { "TCP_FIN_WAIT2", "FIN_WAIT_2" }, { "TCP_CLOSE", "CLOSED" },
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(kernel, others[i][0]) == 0) {
            snprintf(name, size, "%s", others[i][1]);
            return;
        }
    snprintf(name, size, "%s", strncmp(kernel, "TCP_", 4) == 0 ? kernel + 4 : "-");
}

/* Reads what follows `name` up to the next space. False when the line has no such field. */
static bool take_field(const char *line, const char *name, char *value, size_t size)
{
    const char *at = strstr(line, name);
    if (!at)
        return false;
    at += strlen(name);
    snprintf(value, size, "%.*s", (int)strcspn(at, " \n"), at);
    return true;
}

/* Takes "192.0.2.1:40000" or "[2001:db8::1]:40000" apart. */
static uint16_t split_address(const char *address, char *host, size_t size)
{
    const char *colon = strrchr(address, ':');
    size_t bracket = address[0] == '[';
    if (!colon)
        return 0;
    if (host)
        snprintf(host, size, "%.*s", (int)(colon - address - 2 * bracket), address + bracket);
    return (uint16_t)strtol(colon + 1, NULL, 10);
}

/* Both ends' addresses, in either of the two forms in which tracepoints print them. */
static bool read_addresses(const char *line, struct trace_event *event)
{
    char own[64], peer[64], v6[64];
    if (take_field(line, " src=", own, sizeof own) && take_field(line, " dest=", peer, sizeof peer)) {
        event->own_port = split_address(own, event->own_host, sizeof event->own_host);
        event->peer_port = split_address(peer, NULL, 0);
        return true;
    }
    if (!take_field(line, " sport=", own, sizeof own) || !take_field(line, " dport=", peer, sizeof peer))
        return false;
    event->own_port = (uint16_t)strtol(own, NULL, 10);
    event->peer_port = (uint16_t)strtol(peer, NULL, 10);
    take_field(line, " saddr=", event->own_host, sizeof event->own_host);
    if (strstr(line, "family=AF_INET6") && take_field(line, " saddrv6=", v6, sizeof v6))
        snprintf(event->own_host, sizeof event->own_host, "%.*s", (int)sizeof event->own_host - 1, v6);
    return true;
}

static bool read_event(const char *line, struct trace_event *event)
{
    char from[32] = "";
    long seconds, microseconds;
    const char *at = strchr(line, ']'); /* after the name of the task, which may hold anything, and the CPU */
    if (!at || sscanf(at, "] %*s %ld.%ld:", &seconds, &microseconds) != 2)
        return false;
    event->time = (seconds * 1000000 + microseconds) * 1000;
    event->from[0] = event->to[0] = '\0';
    if (strstr(at, " inet_sock_set_state: ")) {
        char to[32] = "";
        event->kind = TRACE_STATE;
        take_field(at, " oldstate=", from, sizeof from);
        take_field(at, " newstate=", to, sizeof to);
        take_state(to, event->to, sizeof event->to);
    } else if (strstr(at, " tcp_send_reset: ")) {
        event->kind = TRACE_SENT_RST;
        take_field(at, " state=", from, sizeof from);
        take_field(at, " reason=", event->to, sizeof event->to);
    } else {
        event->kind = TRACE_GOT_RST;
    }
    take_state(from, event->from, sizeof event->from);
    return read_addresses(at, event);
}

/* Sums "overrun" of all CPUs. */
static long count_lost(void)
{
    long lost = 0;
    for (int cpu = 0;; cpu++) {
        char path[256], line[128];
        snprintf(path, sizeof path, "%s/per_cpu/cpu%d/stats", instance, cpu);
        FILE *stats = fopen(path, "r");
        if (!stats)
            return lost;
        long overrun = 0;
        while (fgets(line, sizeof line, stats))
            if (sscanf(line, "overrun: %ld", &overrun) == 1)
                lost += overrun;
        fclose(stats);
    }
}

long trace_stop(void (*take)(const struct trace_event *event, void *context), void *context)
{
    char path[256], line[1024];
    set("tracing_on", "0");
    long lost = count_lost();
    snprintf(path, sizeof path, "%s/trace", instance);
    FILE *trace = fopen(path, "r");
    while (trace && fgets(line, sizeof line, trace)) {
        struct trace_event event;
        if (line[0] != '#' && read_event(line, &event))
            take(&event, context);
    }
    if (trace)
        fclose(trace);
    set("events/enable", "0");
    remove_instance();
    return lost;
}
