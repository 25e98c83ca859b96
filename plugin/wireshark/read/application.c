/* What HTTP and TLS say in a segment; see application.h.
 *
 * Both are read where they lie: in the segment, or in what Wireshark reassembled, decrypted or decompressed of it, which
 * are data sources of the frame. Their fields would cost every packet of every capture, and its dissector shows a request
 * only when the last byte of the body has come.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "read/application.h"

#include <string.h>

#include <epan/packet.h>

#include "compat.h"

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 }; /* RFC 8446 section 5.1 */
enum { RECORD_HEADER = 5, RECORD_MOST = (1 << 14) + 2048, CLIENT_HELLO = 1, ALERT_LENGTH = 2 };

/* Captured bytes, one at least where they are read. */
struct text {
    const uint8_t *at;
    size_t length;
};

static bool begins(const struct text *text, const char *with)
{
    size_t length = strlen(with);
    return text->length >= length && memcmp(text->at, with, length) == 0;
}

/* Three digits, 100 to 599 (RFC 9110 section 15); 0 when they are none. */
static unsigned read_status(const uint8_t *p)
{
    if (p[0] < '1' || p[0] > '5' || !g_ascii_isdigit(p[1]) || !g_ascii_isdigit(p[2]))
        return 0;
    return (p[0] - '0') * 100u + (p[1] - '0') * 10u + (p[2] - '0');
}

/* "HTTP/1.1 413 ...": the status, 0 when it is none (RFC 9112 section 4). */
static unsigned read_status_line(const struct text *text)
{
    const uint8_t *p = text->at;

    if (*p != 'H' || !begins(text, "HTTP/1.") || text->length < 13 || !g_ascii_isdigit(p[7]) || p[8] != ' ' || (p[12] != ' ' && p[12] != '\r'))
        return 0;
    return read_status(p + 9);
}

/* Whether the line up to its '\n' ends with a version, " HTTP/1.1\r" (RFC 9112 section 3). */
static bool ends_with_version(const uint8_t *line, const uint8_t *end)
{
    static const char version[] = " HTTP/1.";
    const ptrdiff_t length = sizeof version; /* with the digit behind it */

    end -= end > line && end[-1] == '\r';
    return end - line > length && memcmp(end - length, version, sizeof version - 1) == 0;
}

/* Some request line, also one of a method that is not known or after an empty line (RFC 9112 section 2.2). */
static bool is_request_line(struct text text)
{
    while (text.length > 0 && (*text.at == '\r' || *text.at == '\n'))
        text = (struct text){ text.at + 1, text.length - 1 };
    const uint8_t *end = text.length > 0 && g_ascii_isupper(*text.at) ? (const uint8_t *)memchr(text.at, '\n', text.length) : NULL;
    return end && ends_with_version(text.at, end);
}

/* A request line, or as much of a long one as there is. */
static unsigned read_request_line(const struct text *text)
{
    unsigned method = g_ascii_isupper(*text->at) ? ta_find_method(text->at, text->length) : 0;
    size_t target = strlen(ta_method_name(method)) + 1;
    const uint8_t *end = method ? (const uint8_t *)memchr(text->at, '\n', text->length) : NULL;

    if (end)
        return ends_with_version(text->at, end) ? method : 0;
    return method && target < text->length && text->at[target] == '/' ? method : 0;
}

/* The message that begins here; of several answers the last, for 1xx may stand before it. */
static bool read_http(struct text text, struct ta_application *to)
{
    enum { FINAL = 200 };
    unsigned status = read_status_line(&text);

    while (status != 0 && status < FINAL) {
        const char *next = g_strstr_len((const char *)text.at, (gssize)text.length, "\r\n\r\n");
        text.length -= next ? (size_t)(next + 4 - (const char *)text.at) : text.length;
        text.at = next ? (const uint8_t *)next + 4 : NULL;
        unsigned following = text.length > 0 ? read_status_line(&text) : 0;
        if (following == 0)
            break;
        status = following;
    }
    to->status = (uint16_t)status;
    to->method = (uint8_t)(status ? 0 : read_request_line(&text));
    to->multiplexed |= !status && !to->method && text.length > 0 && is_request_line(text);
    return to->status || to->method || to->multiplexed;
}

static void read_alert(struct ta_application *to, const uint8_t *alert)
{
    to->alert = to->alert_read = true;
    to->alert_level = alert[0];
    to->alert_description = alert[1];
}

/* The messages of a handshake record in clear, as far as they are there. */
static void read_handshake(struct text text, struct ta_application *to)
{
    enum { HEADER = 4 };

    for (size_t at = 0; at + HEADER <= text.length;) {
        const uint8_t *p = text.at + at;
        if (!*ta_handshake_name(p[0])) /* encrypted, after all */
            return;
        to->handshake = true;
        to->handshake_type = p[0];
        to->client_hello |= p[0] == CLIENT_HELLO;
        at += HEADER + ((size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
    }
}

/* Length of the record that begins here, with its header; 0 when none does. */
static uint32_t record_size(struct text text)
{
    const uint8_t *p = text.at;

    if (text.length < RECORD_HEADER || p[0] < CHANGE_CIPHER_SPEC || p[0] > APPLICATION_DATA || p[1] != 3 || p[2] > 4)
        return 0;
    uint32_t length = (uint32_t)p[3] << 8 | p[4];
    return length > RECORD_MOST ? 0 : RECORD_HEADER + length;
}

/* What the record is that begins here, by as much of it as is there. */
static void read_record(struct text text, uint32_t size, struct ta_application *to)
{
    unsigned type = *text.at;
    struct text content = { text.at + RECORD_HEADER, MIN(size, text.length) - RECORD_HEADER };

    if (type == CHANGE_CIPHER_SPEC) {
        to->change_cipher = true;
    } else if (type == APPLICATION_DATA) {
        to->application_data = true;
    } else if (type == HANDSHAKE && !to->change_cipher) {
        read_handshake(content, to);
    } else if (type == ALERT) {
        to->alert = true;
        to->alert_read = false;
        if (content.length == ALERT_LENGTH && size == RECORD_HEADER + ALERT_LENGTH)
            read_alert(to, content.at);
    }
}

/* The next data source of this name, from `*item` on, which moves on behind it; nothing when there is none. */
static struct text next_source(const GSList **item, const char *name)
{
    while (*item) {
        const struct data_source *source = (const struct data_source *)(*item)->data;
        tvbuff_t *bytes = source_is(source, name) ? get_data_source_tvb(source) : NULL;
        *item = (*item)->next;
        if (bytes && tvb_captured_length(bytes) > 0)
            return (struct text){ tvb_get_ptr(bytes, 0, -1), tvb_captured_length(bytes) };
    }
    return (struct text){ NULL, 0 };
}

/* What dissectors made; the first source is the frame. */
static const GSList *made_sources(const packet_info *pinfo)
{
    return pinfo->data_src ? pinfo->data_src->next : NULL;
}

static struct text find_source(const packet_info *pinfo, const char *name)
{
    const GSList *item = made_sources(pinfo);
    return next_source(&item, name);
}

/* What Wireshark decrypted: HTTP/1 and alerts; returns how many of these. */
static unsigned read_decrypted(const packet_info *pinfo, struct ta_application *to)
{
    enum { WARNING = 1, FATAL = 2 };
    const GSList *item = made_sources(pinfo);
    struct text text;
    unsigned alerts = 0;

    while ((text = next_source(&item, "Decrypted TLS")).length > 0) {
        if (text.length == ALERT_LENGTH && (text.at[0] == WARNING || text.at[0] == FATAL) && *ta_alert_name(text.at[1])) {
            read_alert(to, text.at);
            alerts++;
        } else {
            struct ta_application found = *to;
            if (read_http(text, &found))
                *to = found;
        }
    }
    return alerts;
}

/* A field of HTTP/2's decompressed headers: a length of four bytes and a name, then the same of the value. */
static struct text find_header(struct text headers, const char *name)
{
    struct text field[2]; /* name and value */

    for (size_t at = 0; at < headers.length;) {
        for (int part = 0; part < 2; part++) {
            if (headers.length - at < 4)
                return (struct text){ NULL, 0 };
            const uint8_t *p = headers.at + at;
            size_t length = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
            at += 4;
            if (length > headers.length - at)
                return (struct text){ NULL, 0 };
            field[part] = (struct text){ p + 4, length };
            at += length;
        }
        if (field[0].length == strlen(name) && begins(&field[0], name))
            return field[1];
    }
    return (struct text){ NULL, 0 };
}

static void read_http2(const packet_info *pinfo, struct ta_application *to)
{
    struct text headers = find_source(pinfo, "Decompressed Header");
    struct text status = find_header(headers, ":status"), method = find_header(headers, ":method");

    to->multiplexed = status.length > 0 || method.length > 0;
    if (status.length == 3)
        to->status = (uint16_t)read_status(status.at);
    else if (method.length > 0)
        to->method = (uint8_t)ta_find_method(method.at, method.length);
}

/* Where the first record begins that does not begin before the payload, as bytes from its start; UINT32_MAX when that
 * is not known. What ends here is read as a whole, if Wireshark put it together. */
static uint32_t find_first_record(const packet_info *pinfo, struct text text, const struct ta_segment *s,
                                  uint32_t record, struct ta_application *to, unsigned *count)
{
    uint32_t ahead = record - s->seq, behind = s->seq - record;
    bool ends = record && ahead > 0 && ahead <= s->len, split = record && behind > 0 && behind < RECORD_HEADER;
    struct text whole = ends || split ? find_source(pinfo, "Reassembled TCP") : (struct text){ NULL, 0 };
    uint32_t size = record_size(whole);

    if (size > 0) {
        read_record(whole, size, to);
        ++*count;
    }
    if (ends || (record && ahead == 0))
        return ahead;
    if (split && size > behind)
        return size - behind;
    return record_size(text) > 0 ? 0 : UINT32_MAX;
}

/* The records that begin in this payload, and the one that ends in it. What it ends with is a alerts when that is
 * alerts, to the last byte: by their type, or because all were decrypted as such. */
static bool read_tls(const packet_info *pinfo, struct text text, struct ta_segment *s, uint32_t *record,
                     struct ta_application *to)
{
    unsigned count = 0, alerts = 0;
    uint32_t size, at = find_first_record(pinfo, text, s, *record, to, &count);

    if (at == UINT32_MAX)
        return false;
    for (; at < text.length; at += size) {
        struct text rest = { text.at + at, text.length - at };
        size = record_size(rest);
        if (size == 0)
            break;
        read_record(rest, size, to);
        count++;
        /* In clear an alert has two bytes; encrypted also a tag, or padding and a code. */
        bool sized = size == RECORD_HEADER + ALERT_LENGTH || size >= RECORD_HEADER + ALERT_LENGTH + 16;
        alerts = *rest.at == ALERT && sized ? alerts + size : 0;
    }
    /* A header may be split between two segments; anything else that is none ends TLS. */
    *record = at >= text.length || text.length - at < RECORD_HEADER ? s->seq + at : 0;
    unsigned decrypted = count > 0 ? read_decrypted(pinfo, to) : 0;
    if (count > 0)
        read_http2(pinfo, to);
    if (decrypted > 0 && decrypted == count)
        alerts = s->len;
    to->alert_sized = count == 1 && decrypted == 0 && to->application_data && at == s->len && s->len == TA_SIZE_OF_ALERT;
    s->trailing_alerts = at == s->len && alerts <= s->len ? alerts : 0;
    return count > 0;
}

bool application_read(packet_info *pinfo, const uint8_t *bytes, uint32_t captured, struct ta_segment *s,
                      uint32_t *record, struct ta_application *to)
{
    struct text text = { bytes, MIN(captured, s->len) };

    return text.length > 0 && (read_http(text, to) || read_tls(pinfo, text, s, record, to));
}
