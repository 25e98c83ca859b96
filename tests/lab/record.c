/* Runs dumpcap and reads from its messages when it captures and how much it got.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "record.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"

/* dumpcap reads packets in blocks that the kernel hands over after a fraction of a second. */
static const struct timespec handover = { .tv_sec = 1 };

static void run_dumpcap(int output, const char *interface, const char *path, const char *comment)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(output, STDERR_FILENO);
    /* Of ICMPv6 only errors: the rest is the kernel's own business with its neighbours. */
    execlp("dumpcap", "dumpcap", "-q", "-i", interface, "-B", "64", "-f", "tcp or icmp or icmp6[icmp6type] < 128",
           "--capture-comment", comment, "-w", path, (char *)NULL);
    dprintf(STDERR_FILENO, "cannot run dumpcap: %s\n", strerror(errno));
    _exit(LAB_FAILED);
}

void record_start(struct recording *recording, const char *interface, const char *path, const char *comment)
{
    int ends[2];
    if (pipe(ends) != 0 || (recording->pid = fork()) < 0)
        fail(LAB_FAILED, "cannot start dumpcap: %s", strerror(errno));
    if (recording->pid == 0)
        run_dumpcap(ends[1], interface, path, comment);
    close(ends[1]);
    recording->messages = fdopen(ends[0], "r");
    /* It names its file after it has opened interface, filter and file. */
    char line[512] = "dumpcap ended without a message";
    do {
        if (!recording->messages || !fgets(line, sizeof line, recording->messages))
            fail(LAB_FAILED, "%.*s", (int)strcspn(line, "\n"), line);
    } while (strncmp(line, "File: ", 6) != 0);
}

int record_stop(struct recording *recording)
{
    nanosleep(&handover, NULL);
    kill(recording->pid, SIGINT);
    int captured = -1, received = -1, dropped = -1;
    char line[512];
    while (fgets(line, sizeof line, recording->messages)) {
        const char *counts = strstr(line, "': ");
        const char *packets = strstr(line, "Packets captured: ");
        if (packets)
            sscanf(packets, "Packets captured: %d", &captured);
        else if (counts && strstr(line, "Packets received/dropped"))
            sscanf(counts, "': %d/%d", &received, &dropped);
    }
    fclose(recording->messages);
    waitpid(recording->pid, NULL, 0);
    if (captured < 0 || captured != received || dropped != 0)
        fail(LAB_FAILED, "dumpcap lost packets: %d captured, %d received, %d dropped", captured, received, dropped);
    return captured;
}
