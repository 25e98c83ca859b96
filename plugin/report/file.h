/* Writing a file that is whole or not there: place.h, and what to say where it cannot be.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_REPORT_FILE_H
#define TCPABORT_REPORT_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct report_file {
    char *path;
    bool replace;               /* another file may lose this name */
    const char *how_to_replace; /* what the user can write for that */
    struct place *place;
    FILE *out;                  /* after report_file_open() */
};

/* These return NULL, or a line without its end that says why not, to be freed by g_free(). Before them `path`, `replace` and
 * `how_to_replace` are to be set.
 *
 * Before work begins: whether the file can be written in the end; holds its folder from now on. */
char *report_file_check(struct report_file *file);

char *report_file_open(struct report_file *file);

/* Gives the file its name. Whatever happens, nothing is left beside it. */
char *report_file_close(struct report_file *file);

/* Frees what it holds, `path` included. */
void report_file_free(struct report_file *file);

#endif
