/* The seed of hashes; see hash.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/hash.h"

#include <glib.h>

uint64_t hash_seed[2];

void hash_begin(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(hash_seed); i++)
        hash_seed[i] = (uint64_t)g_random_int() << 32 | g_random_int() | 1;
}
