/* Counts what a test program checks and prints what fails; tables_test, grid_test and rules_test share it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TESTS_CHECK_H
#define TCPABORT_TESTS_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned checks, failures;

/* One check; the format is the line that is printed when it fails. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void check(bool good, const char *format, ...)
{
    checks++;
    if (good)
        return;
    failures++;
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

/* Prints the count; returns what main() returns: 0 all as expected, 1 a check failed or there was none. */
static int finish_checks(void)
{
    printf("%u checks, %u failed\n", checks, failures);
    return failures > 0 || checks == 0;
}

#endif
