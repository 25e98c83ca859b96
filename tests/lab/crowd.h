/* Plays many random scripts at the same time, in one process over one line (line.h).
 *
 * No call blocks. After a connection's script both ends tell their state and call recv and send once more, in
 * the order that the script's number decides; their sockets stay open until nothing is recorded any more, so
 * that no packet of a connection comes after its end.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_CROWD_H
#define LAB_CROWD_H

#include <stdint.h>

struct crowd_order {
    uint64_t seed;
    int first, count;      /* numbers of the connections to play */
    const char *directory; /* NULL: the truth goes to stdout, nothing is recorded */
};

/* Writes random.truth, random.client.pcapng and random.server.pcapng into the directory. README.md has the
 * format of the truth. Ends the process on failure. */
void crowd_play(const struct crowd_order *order);

#endif
