/* Which streams a statistic has chosen, and which of them still wait.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "window/tally.h"

#include <epan/tap.h>

#include "keep/capture.h"

struct tally {
    tally_count count;
    GHashTable *chosen; /* numbers of streams */
    GArray *waiting;    /* of uint32_t: those of them that are not counted yet */
    unsigned file;      /* capture_number() that both are about */
};

static GHashTable *tallies; /* owner -> struct tally */

static void count_stream(void *owner, const struct tally *tally, const struct stream *stream)
{
    tally->count(owner, reports_connection(stream));
}

/* tshark -M drops what it has read without telling taps. */
static void forget_old_file(struct tally *tally)
{
    if (tally->file == capture_number())
        return;
    tally->file = capture_number();
    g_hash_table_remove_all(tally->chosen);
    g_array_set_size(tally->waiting, 0);
}

static void count_waiting(void *unused _U_)
{
    GHashTableIter iter;
    void *owner, *value;

    g_hash_table_iter_init(&iter, tallies);
    while (g_hash_table_iter_next(&iter, &owner, &value)) {
        struct tally *tally = (struct tally *)value;
        forget_old_file(tally);
        for (unsigned i = 0; i < tally->waiting->len; i++)
            count_stream(owner, tally, streams_at(g_array_index(tally->waiting, uint32_t, i)));
        g_array_set_size(tally->waiting, 0);
    }
}

/* Listeners draw in the reverse order of their registration: this one, registered when the others already get
 * packets, before them. It stays, for only tshark taps first visits. */
static void count_before_drawing(void)
{
    static bool registered;

    if (!registered)
        registered = !register_tap_listener("tcpabort", &tallies, NULL, TL_REQUIRES_NOTHING, NULL, NULL, count_waiting, NULL);
}

static void free_tally(void *data)
{
    struct tally *tally = (struct tally *)data;

    g_hash_table_destroy(tally->chosen);
    g_array_free(tally->waiting, TRUE);
    g_free(tally);
}

void tally_start(void *owner, tally_count count)
{
    struct tally *tally = g_new(struct tally, 1);

    *tally = (struct tally){ count, g_hash_table_new(g_direct_hash, g_direct_equal), g_array_new(FALSE, FALSE, sizeof(uint32_t)), capture_number() };
    if (!tallies)
        tallies = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_tally);
    g_hash_table_replace(tallies, owner, tally);
}

void tally_packet(void *owner, const struct stream *stream)
{
    struct tally *tally = (struct tally *)g_hash_table_lookup(tallies, owner);

    forget_old_file(tally);
    if (!g_hash_table_add(tally->chosen, GUINT_TO_POINTER(stream->number)))
        return;
    if (!capture_first_visit()) {
        count_stream(owner, tally, stream);
        return;
    }
    count_before_drawing();
    g_array_append_val(tally->waiting, stream->number);
}

void tally_stop(void *owner)
{
    if (tallies)
        g_hash_table_remove(tallies, owner);
}
