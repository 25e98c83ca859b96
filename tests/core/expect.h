/* The expected column: `key=value` words compared with what the core said.
 * tests/README.md lists the keys; they have the names of the fields the plugin shows.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TESTS_EXPECT_H
#define TCPABORT_TESTS_EXPECT_H

#include "judged.h"

/* Called for each difference: `message` is `key: got X, want Y`, or what is wrong with a word. */
typedef void expect_report(void *context, const char *message);

/* Compares; `mirrored` swaps the ends. Returns the number of differences and bad words. */
unsigned expect_check(const char *expected, bool mirrored, const struct judged *judged,
                      expect_report *report, void *context);

#endif
