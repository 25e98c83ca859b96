/* Files that are there whole or not at all; see place.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_PATH, with which a folder need not be readable */
#endif
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>

struct place {
    char *path, *beside; /* of the new file; without a folder but on Windows */
    int folder;
};

/* Windows has no openat(), and its ordinary users have no symbolic links. Its rename() replaces nothing, g_rename() does. */
#ifdef _WIN32
#include <io.h>

static int open_folder(const char *path)
{
    (void)path;
    return 0;
}

static void close_folder(const struct place *place)
{
    (void)place;
}

static int create(struct place *place)
{
    place->beside = g_strconcat(place->path, ".XXXXXX", NULL);
    return g_mkstemp_full(place->beside, O_WRONLY | O_BINARY, 0666);
}

static bool take(const struct place *place, bool replace)
{
    return (replace ? g_rename(place->beside, place->path) : rename(place->beside, place->path)) == 0;
}

static void drop(const struct place *place)
{
    g_unlink(place->beside);
}
#else
#include <unistd.h>

#ifndef O_PATH
#define O_PATH O_RDONLY
#endif

static int open_folder(const char *path)
{
    char *folder = g_path_get_dirname(path);
    int opened = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

    g_free(folder);
    return opened;
}

static void close_folder(const struct place *place)
{
    close(place->folder);
}

static int create_in(const struct place *place, const char *name)
{
    return openat(place->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

static int create(struct place *place)
{
    place->beside = g_strdup_printf(".tcpabort.%08x", g_random_int());
    return create_in(place, place->beside);
}

static bool take(const struct place *place, bool replace)
{
    const char *slash = strrchr(place->path, '/'), *name = slash ? slash + 1 : place->path;

    if (!replace && linkat(place->folder, place->beside, place->folder, name, 0) == 0)
        return unlinkat(place->folder, place->beside, 0) == 0;
    if (!replace) {
        int taken = errno == EEXIST ? -1 : create_in(place, name); /* FAT, for one, has no hard links: take the name first */
        if (taken < 0)
            return false;
        close(taken);
    }
    return renameat(place->folder, place->beside, place->folder, name) == 0;
}

static void drop(const struct place *place)
{
    unlinkat(place->folder, place->beside, 0);
}
#endif

struct place *place_new(const char *path)
{
    int folder = open_folder(path);
    if (folder < 0)
        return NULL;
    struct place *place = g_new0(struct place, 1);
    place->path = g_strdup(path);
    place->folder = folder;
    return place;
}

void place_free(struct place *place)
{
    if (!place)
        return;
    close_folder(place);
    g_free(place->path);
    g_free(place);
}

FILE *place_open(struct place *place)
{
    int descriptor = create(place);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "wb") : NULL;

    if (!file)
        g_clear_pointer(&place->beside, g_free);
    return file;
}

bool place_take(struct place *place, bool replace)
{
    if (take(place, replace)) {
        g_clear_pointer(&place->beside, g_free);
        return true;
    }
    int why = errno;
    place_drop(place);
    errno = why;
    return false;
}

void place_drop(struct place *place)
{
    drop(place);
    g_clear_pointer(&place->beside, g_free);
}
