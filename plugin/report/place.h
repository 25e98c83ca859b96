/* A file that is there whole or not at all, also where somebody else is at work.
 *
 * It is written beside its place under another name, and takes the place when it is whole: an interrupted run leaves what
 * was there. Root may be asked to write where another user can put symbolic links in place of files and folders, so the
 * folder is opened once, and in it no name is opened that was not made just now. tools/lib/place.py does the same.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_PLACE_H
#define TCPABORT_PLACE_H

#include <stdbool.h>
#include <stdio.h>

struct place;

/* The place of a path; NULL, with errno, when its folder cannot be opened. Freed by place_free(), which takes NULL too. */
struct place *place_new(const char *path);
void place_free(struct place *place);

/* The new file, empty, to be closed by fclose(); NULL, with errno. Then it takes its place or is dropped. */
FILE *place_open(struct place *place);

/* False, with errno, when it cannot; then the new file is dropped. `replace`: what is there gives way, a symbolic link itself
 * and not what it leads to; else that is an error, EEXIST. */
bool place_take(struct place *place, bool replace);
void place_drop(struct place *place);

#endif
