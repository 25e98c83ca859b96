/* A single loop: steps when they are due, packets in between.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "crowd.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "end.h"
#include "fail.h"
#include "journal.h"
#include "line.h"
#include "random.h"
#include "record.h"
#include "script.h"
#include "trace.h"

#define MS ((int64_t)1000000)

enum {
    SETTLE_MS = 120, /* after `;`: longer than a delayed ACK (40 ms) and a round trip of the slowest line */
    APART_MS = 20,   /* between the beginnings of two connections */
    QUEUED_MOST = 100,
};

struct member {
    int number, next_step;
    int64_t due;
    bool over;
    struct random_script random;
    struct script script;
    struct end ends[ENDS];
    const char *last_state[ENDS];
    int packets[ENDS]; /* sent until it was over */
    int script_calls;  /* calls until the script was over */
    struct journal journal;
};

struct crowd {
    const struct crowd_order *order;
    struct net net;
    int where; /* the end in whose namespace this process is */
    int64_t start;
    bool traced;
    char no_trace[256]; /* why not */
    long trace_lost;
    struct recording recordings[ENDS];
    struct member *members;
};

static void enter(struct crowd *crowd, int end)
{
    if (crowd->where != end)
        net_enter(&crowd->net, end);
    crowd->where = end;
}

/* A process that holds the end's sockets, and nobody else does, is killed. */
static void kill_holder(struct end *end)
{
    int keep[] = { end->connections[0], end->listener };
    pid_t child = fork();
    if (child < 0)
        fail(LAB_FAILED, "cannot fork: %s", strerror(errno));
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int low = keep[0] < keep[1] ? keep[0] : keep[1], high = keep[0] < keep[1] ? keep[1] : keep[0];
        if (low < 0)
            low = high;
        if (low > 3)
            close_range(3, (unsigned)low - 1, 0);
        if (high - low > 1)
            close_range((unsigned)low + 1, (unsigned)high - 1, 0);
        close_range((unsigned)high + 1, ~0u, 0);
        kill(getpid(), SIGSTOP);
        _exit(0);
    }
    waitpid(child, NULL, WUNTRACED);
    for (int i = 0; i < 2; i++)
        if (keep[i] >= 0)
            close(keep[i]);
    end->connections[0] = end->listener = -1;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* What the line does and not a socket. False: it is none of it. */
static bool change_line(struct member *m, const struct step *step)
{
    struct line_way *way = line_way(m->number, step->end);
    if (step->verb == VERB_HOLD)
        way->held = true;
    else if (step->verb == VERB_RELEASE)
        line_release(way);
    else if (step->verb == VERB_DELAY)
        way->delay = step->number * MS;
    else if (step->verb == VERB_REJECT)
        way->reject = 1 + step->number, way->lose = LOSE_ALL;
    else if (step->verb != VERB_LOSE)
        return false;
    else if (!line_lose(way, step->text, step->number))
        fail(LAB_FAILED, "connection %d: lose what? %.*s", m->number, step->number, step->text);
    return true;
}

static void take_step(struct crowd *crowd, struct member *m, const struct step *step)
{
    struct report report = { .result = "0" };
    if (change_line(m, step))
        return;
    enter(crowd, step->end);
    int64_t now = line_now();
    if (step->verb == VERB_KILL) {
        snprintf(report.state, sizeof report.state, "%s", end_state(&m->ends[step->end]));
        kill_holder(&m->ends[step->end]);
    } else {
        end_perform(&m->ends[step->end], step, &report);
    }
    journal_call(&m->journal, now, step, 0, &report);
}

/* recv until nothing more is queued; on a live connection only when nothing is, for reading may send. */
static void call_recv(struct crowd *crowd, struct member *m, int who, bool alive)
{
    struct step recv = { .verb = VERB_RECV, .end = who, .number = 1 << 20 };
    int queued = 0;
    ioctl(m->ends[who].connections[0], FIONREAD, &queued);
    if (alive && queued > 0)
        return;
    for (int i = 0; i < QUEUED_MOST && (i == 0 || queued > 0); i++) {
        take_step(crowd, m, &recv);
        int left = 0;
        ioctl(m->ends[who].connections[0], FIONREAD, &left);
        if (queued == 0)
            return;
        queued = left;
    }
    take_step(crowd, m, &recv);
}

/* The script is over: state and calls of one end. A send of nothing tells the error and sends nothing. */
static void end_member(struct crowd *crowd, struct member *m, int who)
{
    struct end *end = &m->ends[who];
    if (end->connections[0] < 0 && end->listener >= 0)
        take_step(crowd, m, &(struct step){ .verb = VERB_ACCEPT, .end = who });
    enter(crowd, who);
    m->last_state[who] = end_state(end);
    m->packets[who] = line_way(m->number, who)->packets;
    if (end->connections[0] < 0)
        return;
    bool alive = strcmp(m->last_state[who], "CLOSED") != 0;
    struct step send = { .verb = VERB_SEND, .end = who, .number = !alive };
    if (m->random.first_is_send[who])
        take_step(crowd, m, &send);
    call_recv(crowd, m, who, alive);
    if (!m->random.first_is_send[who])
        take_step(crowd, m, &send);
}

/* Plays what is due; when nothing is left, the end. */
static void advance(struct crowd *crowd, struct member *m)
{
    while (m->next_step < m->script.count && m->due <= line_now()) {
        const struct step *step = &m->script.steps[m->next_step++];
        if (step->verb == VERB_WAIT)
            m->due += step->number * MS;
        else
            take_step(crowd, m, step);
        m->due += step->settle ? SETTLE_MS * MS : 0;
    }
    if (m->next_step < m->script.count || m->due > line_now())
        return;
    m->script_calls = m->journal.call_count;
    for (int who = 0; who < ENDS; who++)
        end_member(crowd, m, who);
    m->over = true;
}

static void make_member(struct crowd *crowd, struct member *m, int index)
{
    char error[96];
    m->number = crowd->order->first + index;
    random_script(&m->random, crowd->order->seed, m->number);
    if (!script_read(&m->script, m->random.text, error, sizeof error))
        fail(LAB_FAILED, "connection %d: %s: %s", m->number, error, m->random.text);
    m->due = crowd->start + (index * APART_MS + m->random.start_ms) * MS;
    for (int who = 0; who < ENDS; who++) {
        end_init(&m->ends[who], who);
        m->ends[who].never_blocks = true;
        m->ends[who].first_port = line_port(CLIENT, m->number);
        m->ends[who].server_port = line_port(SERVER, m->number);
    }
    journal_open(&m->journal);
}

static void play_all(struct crowd *crowd)
{
    for (int left = crowd->order->count; left > 0;) {
        int64_t next = INT64_MAX;
        left = 0;
        for (int i = 0; i < crowd->order->count; i++) {
            struct member *m = &crowd->members[i];
            if (!m->over && m->due <= line_now())
                advance(crowd, m);
            if (m->over)
                continue;
            left++;
            next = m->due < next ? m->due : next;
        }
        line_carry(left ? next : line_now());
    }
}

static void take_event(const struct trace_event *event, void *context)
{
    struct crowd *crowd = context;
    int first = crowd->order->first, who = event->own_port >= line_port(CLIENT, 0) ? CLIENT : SERVER;
    int index = event->own_port - line_port(who, first);
    /* A listener that sends a RST has no peer. */
    if (index < 0 || index >= crowd->order->count)
        return;
    if (event->peer_port && event->peer_port != line_port(!who, first + index))
        return;
    journal_event(&crowd->members[index].journal, who, 0, event);
}

static void write_member(const struct crowd *crowd, struct member *m, FILE *truth)
{
    fprintf(truth, "{\"number\":%d,\"goal\":\"%s\",\"script\":\"%s\"", m->number, m->random.goal, m->random.text);
    for (int who = 0; who < ENDS; who++) {
        const struct line_way *way = line_way(m->number, who);
        fprintf(truth, ",\"%s\":{\"port\":%d,\"state\":\"%s\",\"socket\":%s,\"first\":\"%s\"", journal_ends[who],
                line_port(who, m->number), m->last_state[who], m->ends[who].connections[0] >= 0 ? "true" : "false",
                m->random.first_is_send[who] ? "send" : "recv");
        fprintf(truth, ",\"packets\":%d,\"lost\":%d,\"late\":%d}", way->packets, way->lost,
                way->packets - m->packets[who]);
    }
    fprintf(truth, ",\"script_calls\":%d,", m->script_calls);
    journal_close(&m->journal, crowd->traced, truth);
    fputs("}\n", truth);
}

static FILE *open_truth(const struct crowd_order *order, char *path, size_t size)
{
    if (!order->directory)
        return stdout;
    snprintf(path, size, "%s/random.truth", order->directory);
    FILE *truth = fopen(path, "w");
    if (!truth)
        fail(LAB_FAILED, "cannot write %s: %s", path, strerror(errno));
    return truth;
}

static void write_truth(struct crowd *crowd, FILE *truth, const char *path)
{
    struct utsname system;
    uname(&system);
    fprintf(truth, "{\"seed\":%llu,\"count\":%d,\"kernel\":\"%s %s\",", (unsigned long long)crowd->order->seed,
            crowd->order->count, system.sysname, system.release);
    fprintf(truth, "\"tracepoints\":%s,\"why_not\":\"%s\",\"events_lost\":%ld", crowd->traced ? "true" : "false",
            crowd->no_trace, crowd->trace_lost);
    for (int who = 0; who < ENDS; who++) {
        enter(crowd, who);
        fprintf(truth, ",\"%s\":", journal_ends[who]);
        journal_counters(truth);
    }
    fputs("}\n", truth);
    for (int i = 0; i < crowd->order->count; i++)
        write_member(crowd, &crowd->members[i], truth);
    if (fflush(truth) != 0 || ferror(truth))
        fail(LAB_FAILED, "cannot write %s: %s", path, strerror(errno));
}

static void change_settings(struct crowd *crowd)
{
    static const struct {
        const char *path, *value;
    } settings[] = {
#define SETTING(path, value) { path, value },
#include "random.def"
#undef SETTING
    };
    for (int who = 0; who < ENDS; who++) {
        enter(crowd, who);
        for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
            if (net_setting(settings[i].path, settings[i].value) != 0)
                fail(LAB_FAILED, "cannot set %s: %s", settings[i].path, strerror(errno));
    }
}

static void record(struct crowd *crowd, bool start)
{
    for (int who = 0; who < ENDS && crowd->order->directory; who++) {
        char path[4096], comment[128];
        snprintf(path, sizeof path, "%s/random.%s.pcapng", crowd->order->directory, journal_ends[who]);
        snprintf(comment, sizeof comment, "lab --random, seed %llu", (unsigned long long)crowd->order->seed);
        enter(crowd, who);
        if (start)
            record_start(&crowd->recordings[who], net_interface(who), path, comment);
        else
            record_stop(&crowd->recordings[who]);
        chmod(path, 0644); /* dumpcap makes it private */
    }
}

void crowd_play(const struct crowd_order *order)
{
    struct crowd crowd = { .order = order, .where = -1 };
    struct rlimit files = { 200000, 200000 };
    char path[4096] = "stdout";
    FILE *truth = open_truth(order, path, sizeof path);
    setrlimit(RLIMIT_NOFILE, &files);
    crowd.members = calloc((size_t)order->count, sizeof *crowd.members);
    if (!crowd.members)
        fail(LAB_FAILED, "out of memory");
    crowd.traced = trace_start(crowd.no_trace, sizeof crowd.no_trace);
    if (!crowd.traced)
        fprintf(stderr, "lab: no tracepoints, states come from TCP_INFO and RSTs have no reason: %s\n", crowd.no_trace);
    line_open(&crowd.net);
    change_settings(&crowd);
    record(&crowd, true);
    crowd.start = line_now() + 100 * MS;
    for (int i = 0; i < order->count; i++)
        make_member(&crowd, &crowd.members[i], i);
    play_all(&crowd);
    record(&crowd, false);
    if (crowd.traced)
        crowd.trace_lost = trace_stop(take_event, &crowd);
    write_truth(&crowd, truth, path);
}
