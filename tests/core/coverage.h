/* Whether the cases together reach every row and value of the core's tables.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TESTS_COVERAGE_H
#define TCPABORT_TESTS_COVERAGE_H

#include "judged.h"

/* Notes what one judged case shows. */
void coverage_note(const struct judged *judged);

/* Prints each row or value that no noted case showed; returns how many. */
unsigned coverage_print_missing(void);

#endif
