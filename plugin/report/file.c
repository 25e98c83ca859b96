/* Files that are whole or not there; see file.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "file.h"

#include <errno.h>

#include <glib.h>

#include "place.h"

/* A symbolic link counts, whatever it leads to. */
static bool exists(const char *path)
{
    return g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

static char *say(const struct report_file *file, int why)
{
    if (why == EEXIST)
        return g_strdup_printf("%s: exists already (%s replaces it)", file->path, file->how_to_replace);
    return g_strdup_printf("%s: %s", file->path, g_strerror(why));
}

char *report_file_open(struct report_file *file)
{
    file->out = file->place ? place_open(file->place) : NULL;
    return file->out ? NULL : say(file, errno);
}

char *report_file_check(struct report_file *file)
{
    bool regular = g_file_test(file->path, G_FILE_TEST_IS_REGULAR) && !g_file_test(file->path, G_FILE_TEST_IS_SYMLINK);

    if (g_file_test(file->path, G_FILE_TEST_IS_DIR))
        return g_strdup_printf("%s: is a directory", file->path);
    if (!file->replace && exists(file->path))
        return say(file, EEXIST);
    if (exists(file->path) && !regular)
        return g_strdup_printf("%s: is not a regular file (- is standard output)", file->path);
    file->place = place_new(file->path);
    char *why = report_file_open(file);
    if (why)
        return why;
    fclose(file->out);
    place_drop(file->place);
    return NULL;
}

char *report_file_close(struct report_file *file)
{
    bool written = fflush(file->out) == 0 && !ferror(file->out);
    int why = errno;

    if (fclose(file->out) != 0 && written) {
        written = false;
        why = errno;
    }
    if (!written)
        place_drop(file->place);
    else if (place_take(file->place, file->replace))
        return NULL;
    else
        why = errno;
    return say(file, why);
}

void report_file_free(struct report_file *file)
{
    place_free(file->place);
    g_free(file->path);
}
