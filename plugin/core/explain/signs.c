/* Which signs there are about a RST, and what they come to; see signs.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "signs.h"

enum side { FOR, AGAINST };
enum group { PATH, IP_ID, TIME, BUILD /* how its stack builds RSTs */, SEQ, TALK };

static const struct {
    const char *slug, *title;
    enum side side;
    enum group group;
} signs[] = {
#define SIGN(id, slug, side, group, title) [id] = { slug, title, side, group },
#include "signs.def"
#undef SIGN
};

static unsigned bit(enum ta_sign sign, bool holds)
{
    return holds ? 1u << sign : 0;
}

/* Routers passed, if the TTL began at the next usual value. */
static unsigned hops(uint8_t ttl)
{
    return (ttl <= 32 ? 32u : ttl <= 64 ? 64u : ttl <= 128 ? 128u : 255u) - ttl;
}

/* The end's packets, at least two and not its SYN alone (which a proxy may have sent), agree in their TTL. */
static bool one_ttl(const struct ta_sender *own)
{
    return own->segments > 1 && own->spoke && own->ttl_low != 0 && own->ttl_low == own->ttl_high;
}

/* What the capture could not show when the RST came, as bits. */
static unsigned before_rst(const struct ta_senders *senders, const struct ta_verdict *v)
{
    return senders->limits_before_rst | v->evidence.limits;
}

static unsigned path_signs(const struct ta_senders *senders, const struct ta_verdict *v)
{
    const struct ta_sender *own = &senders->end[v->evidence.aborter], *peer = &senders->end[1 - v->evidence.aborter];
    const struct ta_rst_headers *rst = &v->evidence.rst;
    int64_t apart = peer->rst_time - v->evidence.time;
    enum { OWN_CHOICE = 8 }; /* up to here a socket was given its TTL, as BGP's are */
    bool known = one_ttl(own) && rst->ttl != 0;
    /* An answer without a socket has the system's TTL, whatever TTL the socket had been given: as far, as before. */
    bool foreign = known && own->ttl_low > OWN_CHOICE && hops(rst->ttl) != hops(own->ttl_low);
    bool instant = peer->rst_frame != 0 && apart <= TA_MILLISECOND && apart >= -TA_MILLISECOND;
    bool one_maker = rst->ttl != 0 && peer->rst_ttl == rst->ttl && (foreign || (one_ttl(peer) && hops(rst->ttl) != hops(peer->ttl_low)));

    return bit(TA_SIGN_TTL_SAME, known && rst->ttl == own->ttl_low) | bit(TA_SIGN_TTL_STEP, foreign)
           | bit(TA_SIGN_MAC, own->segments > 1 && !own->mac_varies && own->mac != 0 && rst->mac != 0 && rst->mac != own->mac)
           | bit(TA_SIGN_BOTH_WAYS, instant && one_maker);
}

static unsigned ip_id_signs(const struct ta_senders *senders, const struct ta_verdict *v)
{
    enum { NEXT = 16, FAR = 1024, TELLING = 4 };
    const struct ta_rst_headers *rst = &v->evidence.rst;
    uint16_t after = (uint16_t)(rst->ip_id - rst->own_id), before = (uint16_t)(rst->own_id - rst->ip_id);
    bool next = rst->ids > 0 && !rst->ids_wild && rst->ip_id != 0 && after > 0 && after <= NEXT;
    /* A reply is built without the socket that counts. */
    bool counts = v->evidence.shape == TA_SHAPE_ACTIVE && rst->ids >= TELLING && !rst->ids_wild;
    bool complete = !(before_rst(senders, v) & (1u << TA_LIMIT_LOSS | 1u << TA_LIMIT_ONE_WAY));
    bool far = rst->soon && complete && rst->ip_id != 0 && after > FAR && before > FAR;

    return bit(TA_SIGN_IP_ID_NEXT, next) | bit(TA_SIGN_IP_ID_BREAK, counts && far)
           | bit(TA_SIGN_IP_ID_ZERO, counts && rst->ip_id == 0 && rst->linux_options)
           | bit(TA_SIGN_IP_ID_COPIED, !next && rst->ip_id != 0 && rst->ip_id == rst->peer_id && rst->ip_id != rst->own_id);
}

/* Only Linux is known to send them in every abort; RFC 7323 section 3.2 does not ask for that. */
static unsigned option_signs(const struct ta_verdict *v)
{
    const struct ta_rst_headers *rst = &v->evidence.rst;
    bool active = v->evidence.shape == TA_SHAPE_ACTIVE && rst->options_known && rst->agreed_timestamps;

    return bit(TA_SIGN_TIMESTAMPS, active && rst->has_timestamps)
           | bit(TA_SIGN_NO_TIMESTAMPS, active && !rst->has_timestamps && rst->linux_options);
}

/* An end in a synchronized state has no connection left after its RST. */
static bool is_synchronized(const struct ta_verdict *v)
{
    const uint32_t states = TA_IN(TA_ESTABLISHED) | TA_IN(TA_FIN_WAIT_1) | TA_IN(TA_FIN_WAIT_2) | TA_IN(TA_CLOSE_WAIT)
                            | TA_IN(TA_CLOSING) | TA_IN(TA_LAST_ACK);
    return TA_IN(v->evidence.state_before[v->evidence.aborter]) & states;
}

static bool goes_on(const struct ta_senders *senders, const struct ta_flow *flow, const struct ta_verdict *v)
{
    const struct ta_sender *own = &senders->end[v->evidence.aborter];
    /* Packets may overtake each other; an ACK has no place that tells when it was sent. */
    int64_t grace = own->news_is_data && v->evidence.rst.exact ? 2 * TA_MILLISECOND : 10 * TA_MILLISECOND + flow->rtt;
    bool restarted = own->syn_frame > v->evidence.frame || senders->end[1 - v->evidence.aborter].syn_frame > v->evidence.frame;

    return is_synchronized(v) && !restarted && own->news_frame > v->evidence.frame && own->news_time - v->evidence.time > grace;
}

static unsigned order_signs(const struct ta_senders *senders, const struct ta_flow *flow, const struct ta_verdict *v)
{
    enum { TELLING = 2000 /* microseconds */ };
    const struct ta_sender *own = &senders->end[v->evidence.aborter];
    unsigned limits = before_rst(senders, v);
    bool complete = !(limits & (1u << TA_LIMIT_LOSS | 1u << TA_LIMIT_ONE_WAY));
    bool pair = own->pair_frame[0] != 0 && (v->evidence.frame == own->pair_frame[0] || v->evidence.frame == own->pair_frame[1]);
    /* A handshake shows how fast its kernel answers; ACKs of data may have waited. */
    bool fast = !(limits & 1u << TA_LIMIT_LATE_START) && v->evidence.rst.reaction != UINT32_MAX && own->answers > 1 && own->reaction >= TELLING
                && v->evidence.rst.reaction < own->reaction / 2;

    if (flow->limits & 1u << TA_LIMIT_TIME_BACKWARDS)
        return 0;
    return bit(TA_SIGN_TOO_FAST, fast && is_synchronized(v))
           | bit(TA_SIGN_DATA_SEQ_RST, complete && v->evidence.rst.behind != 0 && v->evidence.shape == TA_SHAPE_OTHER && is_synchronized(v))
           | bit(TA_SIGN_RST_SEQ_CHANGE, complete && pair && !own->pair_ack)
           | bit(TA_SIGN_RST_ACK_CHANGE, complete && pair && own->pair_ack)
           | bit(TA_SIGN_SYN_RST, v->evidence.rst.syn_frame != 0)
           | bit(TA_SIGN_RST_SEQ_DATA, goes_on(senders, flow, v));
}

unsigned ta_find_signs(const struct ta_senders *senders, const struct ta_flow *flow, const struct ta_verdict *v)
{
    if (v->evidence.rst.frame == 0)
        return 0;
    return path_signs(senders, v) | ip_id_signs(senders, v) | option_signs(v) | order_signs(senders, flow, v);
}

enum ta_origin ta_find_origin(const struct ta_senders *senders, const struct ta_flow *flow, const struct ta_verdict *v)
{
    unsigned found = ta_find_signs(senders, flow, v), groups[] = { [FOR] = 0, [AGAINST] = 0 };

    for (int sign = -1; ta_next_in(found, &sign);)
        groups[signs[sign].side] |= 1u << signs[sign].group;
    const bool several[] = { [FOR] = groups[FOR] & (groups[FOR] - 1), [AGAINST] = groups[AGAINST] & (groups[AGAINST] - 1) };
    /* An IP ID in the series is hard to hit: then only the RST's order in the stream speaks against its end. */
    bool in_series = groups[FOR] & 1u << IP_ID && !(groups[AGAINST] & (1u << SEQ | 1u << TALK));
    if (several[AGAINST] && !in_series)
        return TA_ORIGIN_NETWORK;
    return several[FOR] && !groups[AGAINST] ? TA_ORIGIN_ENDPOINT : TA_ORIGIN_UNDECIDED;
}

const char *ta_sign_slug(enum ta_sign sign)
{
    return signs[sign].slug;
}

const char *ta_sign_title(enum ta_sign sign)
{
    return signs[sign].title;
}

const char *ta_origin_slug(enum ta_origin origin)
{
    static const char *const slugs[TA_ORIGIN_COUNT] = {
        [TA_ORIGIN_UNDECIDED] = "undecided", [TA_ORIGIN_ENDPOINT] = "endpoint", [TA_ORIGIN_NETWORK] = "network",
    };
    return slugs[origin];
}
