/* Prints a recording and what the core says of it, line by line.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TESTS_TRACE_H
#define TCPABORT_TESTS_TRACE_H

#include "judged.h"

void trace_print(const struct judged *judged);

#endif
