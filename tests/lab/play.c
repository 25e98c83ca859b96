/* Directs the two processes of an experiment step by step.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "play.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "end.h"
#include "fail.h"
#include "journal.h"
#include "line.h"
#include "net.h"
#include "record.h"
#include "trace.h"

/* Longer than a delayed ACK on a fast link (40 ms), so that every step finds a quiet network. */
enum { SETTLE_MS = 100 };

struct actor {
    pid_t pid;
    int orders; /* the parent's side of the socket pair; -1: the process is dead */
};

static void wait_ms(int ms)
{
    struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
    nanosleep(&time, NULL);
}

static void die_with_parent(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(LAB_FAILED);
}

static struct actor start_actor(const struct net *net, int end, const struct script *script)
{
    int pair[2];
    pid_t parent = getpid();
    struct actor actor = { .orders = -1 };
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 || (actor.pid = fork()) < 0)
        fail(LAB_FAILED, "cannot start the %s: %s", journal_ends[end], strerror(errno));
    if (actor.pid == 0) {
        die_with_parent(parent);
        close(pair[0]);
        net_enter(net, end);
        end_serve(end, pair[1], script);
        _exit(0);
    }
    close(pair[1]);
    actor.orders = pair[0];
    return actor;
}

static void end_actor(struct actor *actor, bool by_signal)
{
    if (actor->orders < 0)
        return;
    if (by_signal)
        kill(actor->pid, SIGKILL);
    shutdown(actor->orders, SHUT_RDWR); /* the other process has a copy of this descriptor */
    close(actor->orders);
    waitpid(actor->pid, NULL, 0);
    actor->orders = -1;
}

static void write_header(FILE *truth, const struct scenario *scenario)
{
    struct utsname system;
    uname(&system);
    /* The release without what distributions append to it. */
    int length = (int)strspn(system.release, "0123456789.");
    fprintf(truth, "# scenario: %s\n# what: %s\n# kernel: %s %.*s at both ends\n", scenario->name,
            scenario->sentence, system.sysname, length, system.release);
    fprintf(truth, "# columns: end, its TCP state before the call, call = result\n");
}

struct stage {
    const struct scenario *scenario;
    const struct play_files *files;
    struct net net;
    struct actor actors[ENDS];
    struct recording recordings[ENDS];
    int connection[ENDS]; /* the one that calls are about */
    struct journal journal;
    bool traced;
    char no_trace[256]; /* why not */
};

/* Has one step made; `index` is its place in the script that the actors have. */
static void order(struct stage *stage, const struct step *step, int index, struct report *report)
{
    struct actor *actor = &stage->actors[step->end];
    if (actor->orders < 0)
        fail(LAB_FAILED, "step %d: the %s is dead", index + 1, journal_ends[step->end]);
    if (send(actor->orders, &index, sizeof index, MSG_NOSIGNAL) < 0 ||
        recv(actor->orders, report, sizeof *report, 0) != (ssize_t)sizeof *report)
        fail(LAB_FAILED, "step %d: the %s does not answer", index + 1, journal_ends[step->end]);
}

static void play_step(struct stage *stage, const struct step *step, int index)
{
    struct report report;
    char call[MAX_TEXT + 64];
    int64_t now = line_now();
    order(stage, step, index, &report);
    if (step->verb == VERB_KILL)
        end_actor(&stage->actors[step->end], true);
    if (step->verb == VERB_USE)
        stage->connection[step->end] = step->number;
    step_write(step, call, sizeof call);
    journal_call(&stage->journal, now, step, stage->connection[step->end], &report);
    fprintf(stage->files->truth, "%s  %-11s  %s = %s\n", journal_ends[step->end], report.state, call, report.result);
}

/* The script and, behind it, what asks an end for the state of each of its connections. */
static struct script with_questions(const struct script *script)
{
    struct script all = *script;
    for (int end = 0; end < ENDS; end++)
        for (int i = 0; i < CONNECTIONS; i++) {
            all.steps[all.count++] = (struct step){ .verb = VERB_USE, .end = end, .number = i };
            all.steps[all.count++] = (struct step){ .verb = VERB_LOOK, .end = end, .number = i };
        }
    return all;
}

/* The states that the ends have when all is over, as an array of [end, connection, state]. */
static void ask_states(struct stage *stage, const struct script *all, int first)
{
    FILE *out = stage->files->journal;
    const char *separator = "";
    fputs("\"states\":[", out);
    for (int i = first; i < all->count; i++) {
        const struct step *step = &all->steps[i];
        struct report report = { .state = "CLOSED" };
        if (stage->actors[step->end].orders >= 0)
            order(stage, step, i, &report);
        if (step->verb != VERB_LOOK)
            continue;
        fprintf(out, "%s[\"%s\",%d,\"%s\"]", separator, journal_ends[step->end], step->number, report.state);
        separator = ",";
    }
    fputs("],", out);
}

static void take_event(const struct trace_event *event, void *context)
{
    enum { CLIENT_PORT = 40000 };
    struct stage *stage = context;
    for (int end = 0; end < ENDS; end++) {
        int connection = (end == CLIENT ? event->own_port : event->peer_port) - CLIENT_PORT;
        bool own = strcmp(event->own_host, net_host(end, AF_INET)) == 0 ||
                   strcmp(event->own_host, net_host(end, AF_INET6)) == 0;
        if (own)
            journal_event(&stage->journal, end, connection < 0 ? 0 : connection, event);
    }
}

static void write_journal(struct stage *stage)
{
    FILE *out = stage->files->journal;
    if (stage->traced)
        trace_stop(take_event, stage);
    fprintf(out, "\"name\":\"%s\",\"tracepoints\":%s,\"why_not\":\"%s\"", stage->scenario->name,
            stage->traced ? "true" : "false", stage->no_trace);
    for (int end = 0; end < ENDS; end++) {
        net_enter(&stage->net, end);
        fprintf(out, ",\"%s\":", journal_ends[end]);
        journal_counters(out);
    }
    fputc(',', out);
    journal_close(&stage->journal, stage->traced, out);
    fputs("}\n", out);
}

static int record(struct stage *stage, bool start)
{
    int packets[ENDS] = { 0, 0 };
    for (int end = 0; end < ENDS; end++) {
        const char *path = stage->files->captures[end];
        net_enter(&stage->net, end);
        if (path && start)
            record_start(&stage->recordings[end], net_interface(end), path, stage->scenario->sentence);
        else if (path)
            packets[end] = record_stop(&stage->recordings[end]);
    }
    return packets[CLIENT];
}

int play(const struct scenario *scenario, const struct script *script, const struct play_files *files)
{
    struct stage stage = { .scenario = scenario, .files = files };
    struct script all = with_questions(script);
    journal_open(&stage.journal);
    stage.traced = files->journal && trace_start(stage.no_trace, sizeof stage.no_trace);
    if (files->journal && !stage.traced)
        fprintf(stderr, "lab: no tracepoints: %s\n", stage.no_trace);
    net_open(&stage.net);
    for (int end = 0; end < ENDS; end++)
        stage.actors[end] = start_actor(&stage.net, end, &all);
    record(&stage, true);

    write_header(files->truth, scenario);
    for (int i = 0; i < script->count; i++) {
        const struct step *step = &script->steps[i];
        if (step->verb == VERB_WAIT)
            wait_ms(step->number);
        else
            play_step(&stage, step, i);
        if (step->settle)
            wait_ms(SETTLE_MS);
    }

    /* Stopped before the processes end, whose open sockets would send more. */
    fflush(files->truth);
    int packets = record(&stage, false);
    if (files->journal) {
        fputc('{', files->journal);
        ask_states(&stage, &all, script->count);
        write_journal(&stage);
    }
    for (int end = 0; end < ENDS; end++)
        end_actor(&stage.actors[end], false);
    net_close(&stage.net);
    return packets;
}
