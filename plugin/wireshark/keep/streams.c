/* The table of streams; see streams.h. Who looks for a stream by its ends finds the newest one: ports are used again.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/streams.h"

#include "keep/hash.h"
#include "keep/pages.h"

/* In a list a stream is named by its number + 1; its `next` is 0 when it is in none. */
static const uint32_t END = UINT32_MAX;

static struct {
    struct pages streams;
    uint32_t count;
    struct pages addresses; /* of IPv6 */
    uint32_t address_count;
    wmem_map_t *others;    /* number of a stream -> wmem_array_t of its other numbers; NULL: none has any */
    wmem_map_t *continued; /* other number -> its struct stream */
    uint32_t *heads; /* by hash: the newest stream of a list */
    uint32_t mask;   /* heads - 1, a power of two less one */
} table;

void streams_begin(void)
{
    memset(&table, 0, sizeof table);
    table.streams.size = sizeof(struct stream);
    table.addresses.size = 16;
}

bool stream_is_real(const struct stream *stream)
{
    return log_has_begun(&stream->log);
}

struct stream *streams_open(uint32_t number)
{
    struct stream *stream = (struct stream *)pages_at(&table.streams, number);

    if (stream && stream_is_real(stream))
        return stream;
    return table.continued ? (struct stream *)wmem_map_lookup(table.continued, GUINT_TO_POINTER(number)) : NULL;
}

const struct stream *streams_at(uint32_t number)
{
    return streams_open(number);
}

wmem_array_t *streams_other_numbers(const struct stream *stream)
{
    return table.others ? (wmem_array_t *)wmem_map_lookup(table.others, GUINT_TO_POINTER(stream->number)) : NULL;
}

void streams_continue(struct stream *stream, uint32_t number)
{
    wmem_array_t *numbers = streams_other_numbers(stream);

    if (!table.others) {
        table.others = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
        table.continued = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    }
    if (!numbers) {
        numbers = wmem_array_new(wmem_file_scope(), sizeof number);
        wmem_map_insert(table.others, GUINT_TO_POINTER(stream->number), numbers);
    }
    wmem_array_append_one(numbers, number);
    wmem_map_insert(table.continued, GUINT_TO_POINTER(number), stream);
    table.count = MAX(table.count, number + 1);
}

uint32_t streams_count(void)
{
    return table.count;
}

static const uint8_t *kept_address(const struct kept_endpoint *kept)
{
    return (const uint8_t *)pages_at(&table.addresses, kept->address);
}

bool endpoint_same(const struct endpoint *a, const struct endpoint *b)
{
    if (a->port != b->port || a->address_len != b->address_len)
        return false;
    return a->address_len == 4 ? a->address.v4 == b->address.v4
                               : a->address_len == 16 && memcmp(a->address.v6, b->address.v6, 16) == 0;
}

/* For every packet: whether the end is kept here. */
static inline bool is_kept(const struct kept_endpoint *kept, const struct endpoint *end)
{
    if (kept->port != end->port || kept->address_len != end->address_len)
        return false;
    return end->address_len == 4 ? kept->address == end->address.v4
                                 : end->address_len == 16 && memcmp(kept_address(kept), end->address.v6, 16) == 0;
}

/* For every packet, as is_kept(). */
static inline uint64_t mix_end(const struct endpoint *end)
{
    uint64_t address[2];

    if (end->address_len == 4)
        return hash_mix((uint64_t)end->port << 32 | end->address.v4);
    if (end->address_len != 16)
        return end->port; /* such an end is in no table */
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): kept addresses stay where they are */
    memcpy(address, end->address.v6, sizeof address);
    return hash_mix(hash_mix(hash_mix(address[0]) ^ address[1]) ^ end->port);
}

uint32_t endpoint_hash(const struct endpoint *end)
{
    return (uint32_t)mix_end(end);
}

struct endpoint stream_endpoint(const struct stream *stream, int end)
{
    const struct kept_endpoint *kept = &stream->end[end];
    struct endpoint endpoint = { .port = kept->port, .address_len = kept->address_len };

    if (kept->address_len == 16)
        endpoint.address.v6 = kept_address(kept);
    else
        endpoint.address.v4 = kept->address;
    return endpoint;
}

static struct kept_endpoint keep_endpoint(const struct endpoint *end)
{
    struct kept_endpoint kept = { .port = end->port, .address_len = end->address_len };

    if (end->address_len == 16)
        memcpy(pages_make(&table.addresses, kept.address = table.address_count++), end->address.v6, 16);
    else
        kept.address = end->address.v4;
    return kept;
}

static struct stream *listed(uint32_t name)
{
    return name == END ? NULL : (struct stream *)pages_at(&table.streams, name - 1);
}

/* Whether the stream lies between these ends, and which of its ends the first is. */
static inline bool lies_between(const struct stream *stream, const struct endpoint *source, const struct endpoint *destination,
                         uint8_t *from)
{
    const struct kept_endpoint *client = &stream->end[TA_CLIENT], *server = &stream->end[TA_SERVER];

    *from = is_kept(client, source) && is_kept(server, destination) ? TA_CLIENT : TA_SERVER;
    return *from == TA_CLIENT || (is_kept(server, source) && is_kept(client, destination));
}

static uint32_t *list_of(const struct endpoint *a, const struct endpoint *b)
{
    return &table.heads[hash_pair(mix_end(a), mix_end(b)) & table.mask];
}

struct stream *streams_find(const struct endpoint *source, const struct endpoint *destination, bool real, uint8_t *from)
{
    struct stream *stream = table.heads ? listed(*list_of(source, destination)) : NULL;

    while (stream && !(lies_between(stream, source, destination, from) && (!real || stream_is_real(stream))))
        stream = listed(stream->next);
    return stream;
}

/* Makes the stream the newest of its list. */
static void list(struct stream *stream)
{
    struct endpoint client = stream_endpoint(stream, TA_CLIENT), server = stream_endpoint(stream, TA_SERVER);
    uint32_t *head = list_of(&client, &server);

    stream->next = *head;
    *head = stream->number + 1;
}

/* Older streams between the same ends get no segment any more. */
static void unlist_older(const struct endpoint *client, const struct endpoint *server)
{
    uint8_t from;

    for (uint32_t *place = list_of(client, server); *place != END;) {
        struct stream *stream = listed(*place);
        if (lies_between(stream, client, server, &from)) {
            *place = stream->next;
            stream->next = 0;
        } else {
            place = &stream->next;
        }
    }
}

/* As many lists as streams, so that they stay short. */
static void grow_lists(void)
{
    enum { AT_FIRST = 256 };
    uint32_t size = table.heads ? 2 * (table.mask + 1) : AT_FIRST;

    wmem_free(wmem_file_scope(), table.heads);
    table.heads = (uint32_t *)wmem_alloc(wmem_file_scope(), size * sizeof *table.heads);
    for (uint32_t i = 0; i < size; i++)
        table.heads[i] = END;
    table.mask = size - 1;
    for (uint32_t number = 0; number < table.count; number++) {
        struct stream *stream = (struct stream *)pages_at(&table.streams, number);
        if (stream && stream->next != 0)
            list(stream);
    }
}

struct stream *streams_add(uint32_t number, const struct endpoint *client, const struct endpoint *server, bool real)
{
    struct stream *stream = (struct stream *)pages_make(&table.streams, number);

    if (!table.heads || table.count > table.mask)
        grow_lists();
    if (real)
        unlist_older(client, server);
    stream->number = number;
    stream->end[TA_CLIENT] = keep_endpoint(client);
    stream->end[TA_SERVER] = keep_endpoint(server);
    if (client->address_len)
        list(stream);
    if (number >= table.count)
        table.count = number + 1;
    return stream;
}

uint8_t stream_end(const struct stream *stream, const struct endpoint *source)
{
    uint16_t client = stream->end[TA_CLIENT].port;

    if (client == stream->end[TA_SERVER].port)
        return is_kept(&stream->end[TA_CLIENT], source) ? TA_CLIENT : TA_SERVER;
    return source->port == client ? TA_CLIENT : TA_SERVER;
}

void endpoint_take(struct endpoint *end, const address *from)
{
    end->address_len = 0;
    if (from->type == AT_IPv4 && from->len == 4)
        memcpy(&end->address.v4, from->data, end->address_len = 4);
    else if (from->type == AT_IPv6 && from->len == 16) {
        end->address.v6 = (const uint8_t *)from->data;
        end->address_len = 16;
    }
}

void endpoint_address(const struct endpoint *end, address *to)
{
    if (end->address_len == 4)
        set_address(to, AT_IPv4, 4, &end->address.v4);
    else if (end->address_len == 16)
        set_address(to, AT_IPv6, 16, end->address.v6);
    else
        clear_address(to);
}
