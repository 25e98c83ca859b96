/* Recording of one experiment by dumpcap, on one interface.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_RECORD_H
#define LAB_RECORD_H

#include <stdio.h>
#include <sys/types.h>

struct recording {
    pid_t pid;      /* dumpcap */
    FILE *messages; /* what it prints */
};

/* Returns when dumpcap captures. To be called in the namespace of the interface. */
void record_start(struct recording *recording, const char *interface, const char *path, const char *comment);

/* Returns the number of packets in the file. Ends the process when one was lost. */
int record_stop(struct recording *recording);

#endif
