/* Number, visit and clock of the capture file; see capture.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/capture.h"

static unsigned file;
static bool first_visit;
static int64_t now;

void capture_begin(void)
{
    file++;
    now = 0;
}

unsigned capture_number(void)
{
    return file;
}

void capture_begin_visit(bool first)
{
    first_visit = first;
}

bool capture_first_visit(void)
{
    return first_visit;
}

void capture_move_clock(int64_t time)
{
    if (time > now)
        now = time;
}

int64_t capture_now(void)
{
    return now;
}
