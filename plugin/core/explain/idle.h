/* Usual idle limits: idle.def.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_IDLE_H
#define TCPABORT_IDLE_H

/* A row of idle.def, from 1: its limit in seconds, 0 after the last, and what has it. */
unsigned ta_idle_seconds(unsigned number);
const char *ta_idle_owner(unsigned number);

#endif
