/* The signs about a RST in words, with their figures and frames.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "connection.h"

#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
static int put(char *text, size_t size, int length, const char *format, ...)
{
    size_t used = (size_t)length < size ? (size_t)length : size;
    va_list arguments;

    va_start(arguments, format);
    int added = vsnprintf(used < size ? text + used : NULL, size - used, format, arguments);
    va_end(arguments);
    return length + (added > 0 ? added : 0);
}

static void put_mac(char *text, size_t size, uint64_t mac)
{
    int length = 0;
    for (int i = 5; i >= 0; i--)
        length = put(text, size, length, "%02x%s", (unsigned)(mac >> 8 * i & 0xff), i ? ":" : "");
}

/* The figures and frames of a sign, after its name. */
static int put_figures(char *text, size_t size, int length, const struct ta_senders *senders, const struct ta_verdict *v,
                       enum ta_sign sign)
{
    const struct ta_sender *own = &senders->end[v->evidence.aborter], *peer = &senders->end[1 - v->evidence.aborter];
    const struct ta_rst_headers *rst = &v->evidence.rst;
    char mac[2][18];

    switch (sign) {
    case TA_SIGN_TTL_SAME:
    case TA_SIGN_TTL_STEP:
        return put(text, size, length, "TTL %u, %u in its other packets (frames %" PRIu32 " to %" PRIu32 ")", rst->ttl,
                   own->ttl_low, own->first_frame, own->last_frame);
    case TA_SIGN_MAC:
        put_mac(mac[0], sizeof mac[0], rst->mac);
        put_mac(mac[1], sizeof mac[1], own->mac);
        return put(text, size, length, "from %s, its other packets from %s (frames %" PRIu32 " to %" PRIu32 ")", mac[0], mac[1],
                   own->first_frame, own->last_frame);
    case TA_SIGN_BOTH_WAYS:
        return put(text, size, length, "TTL %u as in the RST the other way, %.3f ms apart (frame %" PRIu32 ")", rst->ttl,
                   (double)(peer->rst_time > v->evidence.time ? peer->rst_time - v->evidence.time : v->evidence.time - peer->rst_time) / TA_MILLISECOND,
                   peer->rst_frame);
    case TA_SIGN_IP_ID_NEXT:
        return put(text, size, length, "IP ID %u, %u in its packet before", rst->ip_id, rst->own_id);
    case TA_SIGN_IP_ID_BREAK:
    case TA_SIGN_IP_ID_ZERO:
        return put(text, size, length, "IP ID %u, %u in the last of a series of %u packets", rst->ip_id, rst->own_id, rst->ids);
    case TA_SIGN_IP_ID_COPIED:
        return put(text, size, length, "IP ID %u, as in the packet of the other end before it (frame %" PRIu32 ")", rst->ip_id,
                   rst->before_frame);
    case TA_SIGN_TIMESTAMPS:
    case TA_SIGN_NO_TIMESTAMPS:
        return put(text, size, length, "%s timestamps, as both SYNs offered them", rst->has_timestamps ? "with" : "without");
    case TA_SIGN_TOO_FAST:
        return put(text, size, length, "after %.3f ms, its fastest of %u answers took %.3f ms (frames %" PRIu32 " to %" PRIu32 ")",
                   rst->reaction / 1e3, own->answers, own->reaction / 1e3, own->first_frame, own->last_frame);
    case TA_SIGN_DATA_SEQ_RST:
        return put(text, size, length, "SEQ is %" PRIu32 " behind what it had sent", rst->behind);
    case TA_SIGN_RST_SEQ_CHANGE:
    case TA_SIGN_RST_ACK_CHANGE:
        return put(text, size, length, "%s is %" PRId32 " more in the second RST (frames %" PRIu32 " and %" PRIu32 ")",
                   sign == TA_SIGN_RST_SEQ_CHANGE ? "SEQ" : "ACK", (int32_t)own->pair_step, own->pair_frame[0], own->pair_frame[1]);
    case TA_SIGN_SYN_RST:
        return put(text, size, length, "nothing came between its SYN and this (frame %" PRIu32 ")", rst->syn_frame);
    case TA_SIGN_RST_SEQ_DATA:
        return put(text, size, length, "%s %.3f ms later (frame %" PRIu32 ")",
                   own->news_is_data ? "it sends something new" : "it ACKs something new",
                   (double)(own->news_time - v->evidence.time) / TA_MILLISECOND, own->news_frame);
    case TA_SIGN_COUNT:
    default:
        return length;
    }
}

int ta_sign_text(char *text, size_t size, const struct ta_connection *connection, const struct ta_verdict *v, enum ta_sign sign)
{
    int length = put(text, size, 0, "%s: ", ta_sign_slug(sign));
    return put_figures(text, size, length, &connection->senders, v, sign);
}
