/* One line on stderr, then out: the lab either plays the whole experiment or nothing of it counts.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_FAIL_H
#define LAB_FAIL_H

#include <stdio.h>
#include <stdlib.h>

enum { LAB_FAILED = 1, LAB_USAGE = 2 };

/* The calling process ends; its children end with it (see die_with_parent in play.c). */
#define fail(status, ...)             \
    do {                              \
        fputs("lab: ", stderr);       \
        fprintf(stderr, __VA_ARGS__); \
        fputc('\n', stderr);          \
        exit(status);                 \
    } while (0)

#endif
