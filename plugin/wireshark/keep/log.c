/* Logs of events; see log.h. Numbers are differences from what was before, in as few bytes as they need.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/log.h"

#include <string.h>

#include "keep/hash.h"
#include "keep/pages.h"
#include "seq.h"

/* The first byte of an event: what it is, and which parts it has. */
enum {
    FROM = 1 << 0,        /* the server */
    DUPLICATE = 1 << 1,
    NANO = 1 << 2,        /* its time is in nanoseconds, else in microseconds */
    APPLICATION = 1 << 3, /* struct ta_application */
    NUMBERS = 1 << 4,     /* its SEQ, ACK or IP identification is not the next one */
    PATH = 1 << 5,        /* TTL and MAC address are not those of the end's event before */
    WINDOW = 1 << 6,      /* nor is its window */
    RARE = 1 << 7,        /* another byte follows: */
};
enum { ICMP = 1 << 0, TRUNCATED = 1 << 1, TIMESTAMPS = 1 << 2, TRAILING_ALERTS = 1 << 3 };

enum { EVENT_MOST = 80, ROOM_AT_FIRST = 80, ROOM_STEP = 16, ROOM_DOUBLED = 512 };

static struct {
    struct pages addresses; /* uint64_t; the first is 0: none */
    uint32_t count;
    wmem_map_t *numbers; /* MAC address -> its number */
} macs;

void log_begin(void)
{
    memset(&macs, 0, sizeof macs);
    macs.addresses.size = sizeof(uint64_t);
    macs.count = 1;
}

struct log_place log_start(int64_t time)
{
    return (struct log_place){ .time = time };
}

static uint64_t mac_at(uint16_t number)
{
    return number ? *(uint64_t *)pages_at(&macs.addresses, number) : 0;
}

static guint hash_mac(gconstpointer mac)
{
    return (guint)hash_mix(*(const uint64_t *)mac);
}

/* The number of a MAC address. One of more than 65,535 is not told apart from none. */
static uint16_t mac_number(uint64_t mac)
{
    if (mac == 0)
        return 0;
    if (!macs.numbers)
        macs.numbers = wmem_map_new(wmem_file_scope(), hash_mac, g_int64_equal);
    uint32_t number = GPOINTER_TO_UINT(wmem_map_lookup(macs.numbers, &mac));
    if (number == 0 && macs.count <= UINT16_MAX) {
        uint64_t *kept = (uint64_t *)pages_make(&macs.addresses, number = macs.count++);
        *kept = mac;
        wmem_map_insert(macs.numbers, kept, GUINT_TO_POINTER(number));
    }
    return (uint16_t)number;
}

/* Seven bits a byte, the lowest first; the highest bit of a byte says that more follow. */
static inline uint8_t *put(uint8_t *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (uint8_t)(value | 0x80);
    *to++ = (uint8_t)value;
    return to;
}

static const uint8_t *get(const uint8_t *from, uint64_t *value)
{
    *value = *from & 0x7f;
    for (unsigned shift = 7; *from & 0x80; shift += 7)
        *value |= (uint64_t)(*++from & 0x7f) << shift;
    return from + 1;
}

/* Small numbers of either sign become small ones. */
static uint64_t fold_sign(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t unfold_sign(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

static uint8_t *put_distance(uint8_t *to, uint32_t from, uint32_t number)
{
    return put(to, fold_sign(ta_seq_distance(from, number)));
}

static const uint8_t *get_distance(const uint8_t *from, uint32_t base, uint32_t *number)
{
    uint64_t distance;
    from = get(from, &distance);
    *number = base + (uint32_t)unfold_sign(distance);
    return from;
}

/* Moves on behind a segment. */
static inline void pass(struct log_place *place, const struct ta_segment *s)
{
    bool syn = s->flags & TA_SYN, fin = s->flags & TA_FIN;
    uint32_t end = s->seq + s->len + syn + fin, *nxt = &place->nxt[s->from];

    place->frame = s->frame;
    place->time = s->time;
    place->window[s->from] = s->window;
    place->ip_id[s->from] = s->ip_id;
    place->ttl[s->from] = s->ttl;
    if (!(s->flags & TA_RST) && (syn || *nxt == 0 || ta_seq_after(end, *nxt)))
        *nxt = end;
}

static uint32_t usual_ack(const struct log_place *place, const struct ta_segment *s)
{
    return s->flags & TA_ACK ? place->nxt[1 - s->from] : 0;
}

/* Most stacks count; where they send 0 they always do. */
static uint16_t usual_ip_id(uint16_t last)
{
    return last ? (uint16_t)(last + 1) : 0;
}

enum { MULTIPLEXED = 1, CLIENT_HELLO = 2, HANDSHAKE = 4, CHANGE_CIPHER = 8, APPLICATION_DATA = 16, ALERT = 32, ALERT_READ = 64, ALERT_SIZED = 128 };

static uint8_t *put_application(uint8_t *to, const struct ta_application *a)
{
    *to++ = (uint8_t)((a->multiplexed ? MULTIPLEXED : 0) | (a->client_hello ? CLIENT_HELLO : 0) | (a->handshake ? HANDSHAKE : 0)
                      | (a->change_cipher ? CHANGE_CIPHER : 0) | (a->application_data ? APPLICATION_DATA : 0)
                      | (a->alert ? ALERT : 0) | (a->alert_read ? ALERT_READ : 0) | (a->alert_sized ? ALERT_SIZED : 0));
    *to++ = a->method;
    to = put(to, a->status);
    if (a->handshake)
        *to++ = a->handshake_type;
    if (a->alert_read) {
        *to++ = a->alert_level;
        *to++ = a->alert_description;
    }
    return to;
}

static const uint8_t *get_application(const uint8_t *from, struct ta_application *a)
{
    unsigned bits = *from++;
    uint64_t status;

    *a = (struct ta_application){
        .multiplexed = bits & MULTIPLEXED, .client_hello = bits & CLIENT_HELLO, .handshake = bits & HANDSHAKE,
        .change_cipher = bits & CHANGE_CIPHER, .application_data = bits & APPLICATION_DATA, .alert = bits & ALERT,
        .alert_read = bits & ALERT_READ, .alert_sized = bits & ALERT_SIZED, .method = *from++,
    };
    from = get(from, &status);
    a->status = (uint16_t)status;
    if (a->handshake)
        a->handshake_type = *from++;
    if (a->alert_read) {
        a->alert_level = *from++;
        a->alert_description = *from++;
    }
    return from;
}

static uint8_t *put_syn(uint8_t *to, const struct ta_syn_options *syn)
{
    *to++ = (uint8_t)(syn->complete | syn->window_scale << 1 | syn->sack_permitted << 2);
    *to++ = syn->shift;
    return put(to, syn->order);
}

static const uint8_t *get_syn(const uint8_t *from, struct ta_syn_options *syn)
{
    unsigned bits = *from++;
    uint64_t order;

    syn->complete = bits & 1;
    syn->window_scale = bits & 2;
    syn->sack_permitted = bits & 4;
    syn->shift = *from++;
    from = get(from, &order);
    syn->order = (uint32_t)order;
    return from;
}

/* What every event begins with: which parts it has, its frame and its time. */
static inline uint8_t *put_head(uint8_t *to, const struct log_place *place, unsigned tag, unsigned rare, uint32_t frame, int64_t time)
{
    int64_t later = time - place->time;
    bool micro = later % 1000 == 0;

    *to++ = (uint8_t)(tag | (micro ? 0 : NANO) | (rare ? RARE : 0));
    if (rare)
        *to++ = (uint8_t)rare;
    to = put(to, (uint32_t)(frame - place->frame));
    return put(to, fold_sign(micro ? later / 1000 : later));
}

static uint8_t *put_segment(uint8_t *to, struct log_place *place, const struct event *event)
{
    const struct ta_segment *s = &event->segment;
    int from = s->from;
    bool path = s->ttl != place->ttl[from] || s->mac != mac_at(place->mac[from]), window = s->window != place->window[from];
    uint32_t seq = place->nxt[from], ack = usual_ack(place, s);
    uint16_t ip_id = usual_ip_id(place->ip_id[from]);
    bool numbers = s->seq != seq || s->ack != ack || s->ip_id != ip_id;
    unsigned tag = (from == TA_SERVER ? FROM : 0) | (s->duplicate ? DUPLICATE : 0) | (event->has_application ? APPLICATION : 0)
                   | (numbers ? NUMBERS : 0) | (path ? PATH : 0) | (window ? WINDOW : 0);
    unsigned rare = (s->truncated ? TRUNCATED : 0) | (s->timestamps ? TIMESTAMPS : 0) | (s->trailing_alerts ? TRAILING_ALERTS : 0);

    to = put_head(to, place, tag, rare, s->frame, s->time);
    *to++ = s->flags;
    to = put(to, s->len);
    if (numbers) {
        to = put_distance(to, seq, s->seq);
        to = put_distance(to, ack, s->ack);
        to = put(to, fold_sign((int16_t)(s->ip_id - ip_id)));
    }
    if (window)
        to = put(to, s->window);
    if (path) {
        *to++ = s->ttl;
        to = put(to, place->mac[from] = mac_number(s->mac));
    }
    if (s->flags & TA_SYN)
        to = put_syn(to, &s->syn);
    if (s->trailing_alerts)
        to = put(to, s->trailing_alerts);
    if (event->has_application)
        to = put_application(to, &event->application);
    pass(place, s);
    return to;
}

static const uint8_t *get_segment(const uint8_t *from, struct log_place *place, unsigned tag, unsigned rare, struct event *event)
{
    struct ta_segment *s = &event->segment;
    int end = tag & FROM ? TA_SERVER : TA_CLIENT;
    uint64_t value;

    *s = (struct ta_segment){ .frame = place->frame, .time = place->time, .from = (uint8_t)end, .duplicate = tag & DUPLICATE,
                              .truncated = rare & TRUNCATED, .timestamps = rare & TIMESTAMPS, .window = place->window[end], .flags = *from++ };
    from = get(from, &value);
    s->len = (uint32_t)value;
    s->seq = place->nxt[end];
    s->ack = usual_ack(place, s);
    s->ip_id = usual_ip_id(place->ip_id[end]);
    if (tag & NUMBERS) {
        from = get_distance(from, s->seq, &s->seq);
        from = get_distance(from, s->ack, &s->ack);
        from = get(from, &value);
        s->ip_id = (uint16_t)(s->ip_id + unfold_sign(value));
    }
    if (tag & WINDOW) {
        from = get(from, &value);
        s->window = (uint16_t)value;
    }
    s->ttl = place->ttl[end];
    if (tag & PATH) {
        s->ttl = *from++;
        from = get(from, &value);
        place->mac[end] = (uint16_t)value;
    }
    s->mac = mac_at(place->mac[end]);
    if (s->flags & TA_SYN)
        from = get_syn(from, &s->syn);
    if (rare & TRAILING_ALERTS) {
        from = get(from, &value);
        s->trailing_alerts = (uint32_t)value;
    }
    event->has_application = tag & APPLICATION;
    if (event->has_application)
        from = get_application(from, &event->application);
    pass(place, s);
    return from;
}

static uint8_t *put_icmp(uint8_t *to, struct log_place *place, const struct ta_icmp *icmp)
{
    to = put_head(to, place, icmp->about == TA_SERVER ? FROM : 0, ICMP, icmp->frame, icmp->time);
    *to++ = icmp->version;
    *to++ = icmp->type;
    *to++ = icmp->code;
    place->frame = icmp->frame;
    place->time = icmp->time;
    return put(to, icmp->seq);
}

static const uint8_t *get_icmp(const uint8_t *from, const struct log_place *place, unsigned tag, struct ta_icmp *icmp)
{
    uint64_t seq;

    *icmp = (struct ta_icmp){ .frame = place->frame, .time = place->time, .about = tag & FROM ? TA_SERVER : TA_CLIENT,
                              .version = from[0], .type = from[1], .code = from[2] };
    from = get(from + 3, &seq);
    icmp->seq = (uint32_t)seq;
    return from;
}

/* How much memory a log of this size has: in steps, as an allocation for each event would cost too much. */
static uint32_t room_for(uint32_t size)
{
    if (size > ROOM_DOUBLED)
        return 1u << g_bit_storage(size - 1);
    return size <= ROOM_AT_FIRST ? ROOM_AT_FIRST : ROOM_AT_FIRST + (size - ROOM_AT_FIRST + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
}

bool log_is_full(const struct log *log, const struct event *event)
{
    const uint32_t most_resets = 1 << 24;
    const struct ta_segment *s = &event->segment;
    bool more = !event->is_icmp && s->flags & TA_RST && s->mac == mac_at(log->end.mac[s->from]);

    return log->end.at > (more ? most_resets : LOG_MOST);
}

void log_append(struct log *log, const struct event *event)
{
    uint8_t bytes[EVENT_MOST];
    struct log_place *end = &log->end;
    uint8_t *behind = event->is_icmp ? put_icmp(bytes, end, &event->icmp) : put_segment(bytes, end, event);
    uint32_t size = (uint32_t)(behind - bytes);

    if (end->at == 0 || room_for(end->at + size) > room_for(end->at))
        log->bytes = (uint8_t *)wmem_realloc(wmem_file_scope(), log->bytes, room_for(end->at + size));
    memcpy(log->bytes + end->at, bytes, size);
    end->at += size;
}

bool log_read(const struct log *log, struct log_place *place, struct event *event)
{
    const uint8_t *from = log->bytes + place->at;
    uint64_t frame, time;

    if (place->at >= log->end.at)
        return false;
    unsigned tag = *from++, rare = tag & RARE ? *from++ : 0;
    from = get(from, &frame);
    from = get(from, &time);
    place->frame += (uint32_t)frame;
    place->time += tag & NANO ? unfold_sign(time) : unfold_sign(time) * 1000;
    event->is_icmp = rare & ICMP;
    event->has_application = false;
    from = event->is_icmp ? get_icmp(from, place, tag, &event->icmp) : get_segment(from, place, tag, rare, event);
    place->at = (uint32_t)(from - log->bytes);
    return true;
}

void log_close(struct log *log)
{
    wmem_free(wmem_file_scope(), log->bytes);
    log->bytes = NULL;
    log->end.at = UINT32_MAX;
}
