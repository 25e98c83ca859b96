/* Crafted captures must not fill one list of a hash table: comparisons of the tables that packets fill, by which each lookup
 * costs the same whatever its keys are. Includes the table of streams, for its lists are nobody else's business.
 *
 * Usage: flood_test        Prints one line for each failure, then a count. Exit codes: 0 all as expected; 1 not.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "keep/hash.h"
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "keep/streams.c"

/* With as many lists as streams a random hash makes lists of ten. */
enum { KEYS = 60000, MOST = 100 };

/* In the place of wmem_file_scope(): CMakeLists.txt. */
wmem_allocator_t *test_scope(void);

static unsigned checks, failures, comparisons;

wmem_allocator_t *test_scope(void)
{
    static wmem_allocator_t *scope;

    if (!scope)
        scope = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    return scope;
}

/* In the place of glib's, which may be a macro too. */
gboolean (g_int64_equal)(gconstpointer a, gconstpointer b)
{
    comparisons++;
    return *(const gint64 *)a == *(const gint64 *)b;
}

static void check(const char *what, unsigned most)
{
    checks++;
    if (most > MOST || most == 0) {
        failures++;
        printf("%s: %u comparisons in a lookup, want 1 to %d\n", what, most, MOST);
    }
}

/* The ends of crafted stream n; IPv6 addresses are written to `room`. */
typedef void make_ends(uint32_t n, struct endpoint ends[2], uint64_t room[2][2]);

static struct endpoint end_v4(uint32_t address, uint32_t port)
{
    return (struct endpoint){ .address.v4 = address, .port = (uint16_t)port, .address_len = 4 };
}

static struct endpoint end_v6(uint64_t address[2], uint64_t high, uint64_t low, uint32_t port)
{
    address[0] = high;
    address[1] = low;
    return (struct endpoint){ .address.v6 = (const uint8_t *)address, .port = (uint16_t)port, .address_len = 16 };
}

/* Ports, or addresses, whose sum is the same. */
static void equal_sums(uint32_t n, struct endpoint ends[2], uint64_t room[2][2] _U_)
{
    ends[0] = end_v4(1, n);
    ends[1] = end_v4(2, 65535 - n);
}

static void equal_sums_of_addresses(uint32_t n, struct endpoint ends[2], uint64_t room[2][2] _U_)
{
    ends[0] = end_v4(n, 1000);
    ends[1] = end_v4(65535 - n, 80);
}

/* Highest bits, of which a product keeps nothing in its lower ones. */
static void high_bits_v6(uint32_t n, struct endpoint ends[2], uint64_t room[2][2])
{
    ends[0] = end_v6(room[0], (uint64_t)n << 48, (uint64_t)n << 48, 1000);
    ends[1] = end_v6(room[1], 1, 2, 80);
}

/* A port that takes back what the address has. */
static void port_undoes_address(uint32_t n, struct endpoint ends[2], uint64_t room[2][2])
{
    ends[0] = end_v6(room[0], n, 7, n);
    ends[1] = end_v6(room[1], 1, 2, 80);
}

/* Comparisons of the dearest lookup: the longest list. */
static unsigned longest_list(void)
{
    unsigned longest = 0;

    for (uint32_t i = 0; i <= table.mask; i++) {
        unsigned length = 0;
        for (const struct stream *stream = listed(table.heads[i]); stream; stream = listed(stream->next))
            length++;
        longest = MAX(longest, length);
    }
    return longest;
}

static void test_streams(void)
{
    static const struct { const char *name; make_ends *make; } crafted[] = {
        { "ports of equal sums", equal_sums }, { "addresses of equal sums", equal_sums_of_addresses }, { "high bits of IPv6", high_bits_v6 },
        { "IPv6 and port", port_undoes_address },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(crafted); i++) {
        streams_begin();
        for (uint32_t n = 1; n <= KEYS; n++) {
            struct endpoint ends[2];
            uint64_t room[2][2];
            crafted[i].make(n, ends, room);
            /* Not real: such a stream has no segment, and takes no list's place. */
            streams_add(n - 1, &ends[0], &ends[1], false);
        }
        check(crafted[i].name, longest_list());
    }
}

/* MAC addresses of which glib's hash, which one depends on its version, is the same: the lower 32 bits, or those under exclusive or with
 * the upper ones. */
static void test_macs(uint64_t factor)
{
    struct log log = { .end = log_start(0) };
    unsigned most = 0;

    log_begin();
    for (uint32_t i = 0; i < 2 * KEYS; i++) { /* each after the first one, which is known by then */
        const struct event event = { .segment = { .mac = i % 2 ? factor * (i / 2 + 2) : factor } };
        comparisons = 0;
        log_append(&log, &event);
        most = MAX(most, comparisons);
    }
    check("MAC addresses", most);
}

int main(void)
{
    wmem_init();
    hash_begin();
    test_streams();
    test_macs(UINT64_C(1) << 32);
    test_macs((UINT64_C(1) << 32) + 1);
    printf("%u of %u checks passed\n", checks - failures, checks);
    return failures > 0;
}
