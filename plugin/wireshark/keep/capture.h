/* The capture file that is open.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_CAPTURE_H
#define TCPABORT_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

/* Begins a capture file. Each module of this room has such a function; all are called before the first frame and again when
 * the file is closed. They only forget: the memory is file scope memory, and went with the last file. */
void capture_begin(void);

/* Which capture file this is: another number for each. */
unsigned capture_number(void);

/* A frame, TCP or not, is visited, for the first time or later; and whether the one that is dissected, or tapped after that,
 * is visited for the first time. (At the tap Wireshark no longer tells.) */
void capture_begin_visit(bool first);
bool capture_first_visit(void);

/* The clock: the latest time stamp of any frame so far, nanoseconds since the Unix epoch. */
void capture_move_clock(int64_t time);
int64_t capture_now(void);

#endif
