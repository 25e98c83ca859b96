/* An array that grows without being moved: pages in file scope memory, zero at first. Moving a large one would for a
 * moment take twice its memory.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_PAGES_H
#define TCPABORT_PAGES_H

#include <stdint.h>
#include <string.h>

#include <epan/wmem_scopes.h>

enum { PAGE_BITS = 9, PAGE_ELEMENTS = 1 << PAGE_BITS };

struct pages {
    size_t size; /* of an element, in bytes; to be set at first */
    uint8_t **page;
    uint32_t room; /* for pages */
};

/* Element `index`, NULL when its page was never asked for by pages_make(). */
static inline void *pages_at(const struct pages *pages, uint32_t index)
{
    uint32_t number = index >> PAGE_BITS;
    uint8_t *page = number < pages->room ? pages->page[number] : NULL;
    return page ? page + (index & (PAGE_ELEMENTS - 1)) * pages->size : NULL;
}

/* The same; a new page when there is none. */
static inline void *pages_make(struct pages *pages, uint32_t index)
{
    uint32_t number = index >> PAGE_BITS;

    if (number >= pages->room) {
        uint32_t room = number + number / 2 + 8;
        pages->page = (uint8_t **)wmem_realloc(wmem_file_scope(), pages->page, room * sizeof *pages->page);
        memset(pages->page + pages->room, 0, (room - pages->room) * sizeof *pages->page);
        pages->room = room;
    }
    if (!pages->page[number])
        pages->page[number] = (uint8_t *)wmem_alloc0(wmem_file_scope(), PAGE_ELEMENTS * pages->size);
    return pages_at(pages, index);
}

#endif
