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
#include "net.h"
#include "record.h"

/* Longer than a delayed ACK on a fast link (40 ms), so that every step finds a quiet network. */
enum { SETTLE_MS = 100 };

static const char *const end_names[ENDS] = { [CLIENT] = "client", [SERVER] = "server" };

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
        fail(LAB_FAILED, "cannot start the %s: %s", end_names[end], strerror(errno));
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

static void play_step(struct actor *actor, const struct step *step, int index, FILE *truth)
{
    struct report report;
    char call[MAX_TEXT + 64];
    step_write(step, call, sizeof call);
    if (actor->orders < 0)
        fail(LAB_FAILED, "step %d: the %s is dead", index + 1, end_names[step->end]);
    if (send(actor->orders, &index, sizeof index, MSG_NOSIGNAL) < 0 ||
        recv(actor->orders, &report, sizeof report, 0) != (ssize_t)sizeof report)
        fail(LAB_FAILED, "step %d: the %s does not answer", index + 1, end_names[step->end]);
    if (step->verb == VERB_KILL)
        end_actor(actor, true);
    fprintf(truth, "%s  %-11s  %s = %s\n", end_names[step->end], report.state, call, report.result);
}

int play(const struct scenario *scenario, const struct script *script, FILE *truth, const char *capture_path)
{
    struct net net;
    struct recording recording = { .messages = NULL };
    struct actor actors[ENDS];
    net_open(&net);
    net_enter(&net, CLIENT);
    for (int end = 0; end < ENDS; end++)
        actors[end] = start_actor(&net, end, script);
    if (capture_path)
        record_start(&recording, capture_path, scenario->sentence);

    write_header(truth, scenario);
    for (int i = 0; i < script->count; i++) {
        const struct step *step = &script->steps[i];
        if (step->verb == VERB_WAIT)
            wait_ms(step->number);
        else
            play_step(&actors[step->end], step, i, truth);
        if (step->settle)
            wait_ms(SETTLE_MS);
    }

    /* Stopped before the processes end, whose open sockets would send more. */
    fflush(truth);
    int packets = capture_path ? record_stop(&recording) : 0;
    for (int end = 0; end < ENDS; end++)
        end_actor(&actors[end], false);
    net_close(&net);
    return packets;
}
