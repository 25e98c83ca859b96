/* Reads .cases files: one case a line, `name | segments | expected | covers`, names beginning with @ expanded.
 * It knows the shape of a line only; the words are read by script.c and expect.c. The last column may be missing.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_TESTS_CASE_FILE_H
#define TCPABORT_TESTS_CASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct test_case {
    char *name, *segments, *expected;
    char *file;
    unsigned line;
};

/* `@name = words`, usable in the segments and expected columns of the lines below it. */
struct case_name {
    char *name, *words;
};

struct case_list {
    struct test_case *item;
    struct case_name *name;
    char **included;
    size_t count, names, files;
};

/* Adds the cases of one file. Complaints go to stderr as `file:line: name: message`; false after any. */
bool case_file_read(struct case_list *list, const char *path);

void case_list_free(struct case_list *list);

#endif
