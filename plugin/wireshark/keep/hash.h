/* The hash of all tables that packets fill, with a seed for each capture file: who makes packets cannot choose keys of one hash.
 * Nothing but the time of a search may depend on it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_HASH_H
#define TCPABORT_HASH_H

#include <stdint.h>

/* Private: two random odd numbers. */
extern uint64_t hash_seed[2];

/* Another seed, for a new capture file; to be called while the tables are empty. */
void hash_begin(void);

/* Another number for each key. A longer key is mixed piece by piece, each under exclusive or with what those before gave. */
static inline uint64_t hash_mix(uint64_t key)
{
    key *= hash_seed[0];
    key ^= key >> 32;
    key *= hash_seed[1];
    return key ^ key >> 32;
}

/* The same for two numbers in either order. A product, for the sum of two may follow from the keys that they are of. */
static inline uint32_t hash_pair(uint64_t a, uint64_t b)
{
    return (uint32_t)((a | 1) * (b | 1) >> 32);
}

#endif
