/* The segments of streams; see segments.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/segments.h"

#include "keep/pages.h"

static struct pages segments; /* wmem_array_t * by stream */
static bool kept;

void segments_begin(void)
{
    segments = (struct pages){ .size = sizeof(wmem_array_t *) };
}

void segments_keep(void)
{
    kept = true;
}

void segments_add(uint32_t stream, const struct ta_segment *segment)
{
    if (!kept)
        return;
    wmem_array_t **list = (wmem_array_t **)pages_make(&segments, stream);
    if (!*list)
        *list = wmem_array_sized_new(wmem_file_scope(), sizeof *segment, 8);
    wmem_array_append(*list, segment, 1);
}

wmem_array_t *segments_of(uint32_t stream)
{
    wmem_array_t **list = (wmem_array_t **)pages_at(&segments, stream);
    return list ? *list : NULL;
}
