/* What HTTP and TLS say in a segment.
 *
 * HTTP/1 is read where it lies, in the segment or in what Wireshark decrypted of it: its dissector shows a request only
 * when the last byte of the body has come, and one that is cut off never. TLS records come from Wireshark's dissector.
 * Its other fields, and HTTP/2's, are asked for only once a capture has shown TLS, so nobody else pays for them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "tcpabort.h"

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 }; /* RFC 8446 section 5.1 */
enum { RECORD_HEADER = 5, CLIENT_HELLO = 1, ALERT_LENGTH = 2 };

static int hf_record, hf_level, hf_description, hf_status, hf_method;

/* The field of this name, -1: none. Of several the one registered first: tls.record is SSLv2's too. */
static int find_field(const char *name)
{
    const header_field_info *field = proto_registrar_get_byname(name);

    while (field && field->same_name_prev_id != -1)
        field = proto_registrar_get_nth((guint)field->same_name_prev_id);
    return field ? field->id : -1;
}

void application_want(GArray *ids, bool more)
{
    const struct {
        int *id;
        const char *name;
    } wanted[] = { { &hf_record, "tls.record" }, { &hf_level, "tls.alert_message.level" },
                   { &hf_description, "tls.alert_message.desc" }, { &hf_status, "http2.headers.status" }, { &hf_method, "http2.headers.method" } };

    for (unsigned i = 0; i < (more ? G_N_ELEMENTS(wanted) : 1); i++) {
        *wanted[i].id = find_field(wanted[i].name);
        if (*wanted[i].id >= 0)
            g_array_append_val(ids, *wanted[i].id);
    }
}

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

/* "HTTP/1.1 413 ...": the status, 0 when it is none (RFC 9112 section 4). */
static unsigned read_status_line(const struct text *text)
{
    const uint8_t *p = text->at;

    if (*p != 'H' || !begins(text, "HTTP/1.") || text->length < 13 || !g_ascii_isdigit(p[7]) || p[8] != ' ' || p[9] < '1' || p[9] > '5'
        || !g_ascii_isdigit(p[10]) || !g_ascii_isdigit(p[11]) || (p[12] != ' ' && p[12] != '\r'))
        return 0;
    return (p[9] - '0') * 100u + (p[10] - '0') * 10u + (p[11] - '0');
}

/* Some request line, also one of a method that is not known or after an empty line (RFC 9112 section 2.2). */
static bool is_request_line(struct text text)
{
    while (text.length > 0 && (*text.at == '\r' || *text.at == '\n'))
        text = (struct text){ text.at + 1, text.length - 1 };
    const uint8_t *end = text.length > 0 && g_ascii_isupper(*text.at) ? (const uint8_t *)memchr(text.at, '\n', text.length) : NULL;
    return end && g_strstr_len((const char *)text.at, end - text.at, " HTTP/1.");
}

/* A request line, or as much of a long one as there is (RFC 9112 section 3). */
static unsigned read_request_line(const struct text *text)
{
    static const char version[] = " HTTP/1.";
    unsigned method = g_ascii_isupper(*text->at) ? ta_find_method(text->at, text->length) : 0;
    size_t target = strlen(ta_method_name(method)) + 1;
    const uint8_t *end = method ? (const uint8_t *)memchr(text->at, '\n', text->length) : NULL;

    if (end)
        return g_strstr_len((const char *)text->at, end - text->at, version) ? method : 0;
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

/* Bytes of a field where they lie; none when they were not captured. */
static struct text bytes_of(const field_info *item, unsigned length)
{
    struct text none = { NULL, 0 };

    if (!item->ds_tvb || item->start < 0 || !tvb_bytes_exist(item->ds_tvb, item->start, (int)length))
        return none;
    return (struct text){ tvb_get_ptr(item->ds_tvb, item->start, (int)length), length };
}

static void note_alert(struct ta_application *to, unsigned level, unsigned description)
{
    to->alert = to->alert_read = true;
    to->alert_level = (uint8_t)level;
    to->alert_description = (uint8_t)description;
}

/* The messages of a handshake record in clear, as far as they lie in it. */
static void read_handshake(const field_info *item, unsigned length, struct ta_application *to)
{
    enum { HEADER = 4 };

    for (unsigned at = RECORD_HEADER; at + HEADER <= RECORD_HEADER + length;) {
        if (!tvb_bytes_exist(item->ds_tvb, item->start + (int)at, HEADER))
            return;
        const uint8_t *p = tvb_get_ptr(item->ds_tvb, item->start + (int)at, HEADER);
        if (!*ta_handshake_name(p[0])) /* encrypted, after all */
            return;
        to->handshake = true;
        to->handshake_type = p[0];
        to->client_hello |= p[0] == CLIENT_HELLO;
        at += HEADER + ((unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3]);
    }
}

/* What a record is; its type, and its length with the header: 0 when it is none of TLS's. */
static unsigned read_record(const field_info *item, unsigned *type, struct ta_application *to)
{
    struct text header = bytes_of(item, RECORD_HEADER);

    if (!header.at || header.at[0] < CHANGE_CIPHER_SPEC || header.at[0] > APPLICATION_DATA || header.at[1] != 3)
        return 0;
    unsigned length = (unsigned)header.at[3] << 8 | header.at[4];
    *type = header.at[0];
    if (*type == CHANGE_CIPHER_SPEC)
        to->change_cipher = true;
    else if (*type == APPLICATION_DATA)
        to->application_data = true;
    else if (*type == HANDSHAKE && !to->change_cipher)
        read_handshake(item, length, to);
    else if (*type == ALERT) {
        struct text whole = bytes_of(item, RECORD_HEADER + ALERT_LENGTH);
        to->alert = true;
        to->alert_read = false;
        if (whole.at && length == ALERT_LENGTH)
            note_alert(to, whole.at[RECORD_HEADER], whole.at[RECORD_HEADER + 1]);
    }
    return RECORD_HEADER + length;
}

/* The values of a field in this frame; NULL when it has none. */
static const GPtrArray *values_of(proto_tree *tree, int id)
{
    GPtrArray *items = id > 0 ? proto_get_finfo_ptr_array(tree, id) : NULL;
    return items && items->len > 0 ? items : NULL;
}

/* Alerts that Wireshark decrypted; returns how many. */
static unsigned read_decrypted_alerts(proto_tree *tree, const tvbuff_t *source, struct ta_application *to)
{
    const GPtrArray *levels = values_of(tree, hf_level), *descriptions = values_of(tree, hf_description);
    unsigned count = 0;

    for (unsigned i = 0; levels && descriptions && i < levels->len && i < descriptions->len; i++) {
        const field_info *level = (const field_info *)levels->pdata[i];
        if (level->ds_tvb == source)
            continue;
        note_alert(to, finfo_uint(level), finfo_uint((const field_info *)descriptions->pdata[i]));
        count++;
    }
    return count;
}

/* The records that begin in this segment's payload, from `start` of `source`, and those that it completes. What it ends
 * with is a farewell when that is alerts, to the last byte: by their type, or because all were decrypted as such. */
static bool read_tls(proto_tree *tree, const tvbuff_t *source, unsigned start, struct observed *seen)
{
    const GPtrArray *records = values_of(tree, hf_record);
    unsigned end = start + seen->segment.len, at = start, count = 0, farewell = 0;

    for (unsigned i = 0; records && i < records->len; i++) {
        const field_info *item = (const field_info *)records->pdata[i];
        bool inside = item->ds_tvb == source;
        unsigned type = 0, from = (unsigned)item->start;
        if (inside && (from < start || from >= end))
            continue; /* of another segment in the same frame */
        unsigned length = read_record(item, &type, &seen->application);
        count += length > 0;
        if (!inside || length == 0)
            continue;
        /* In clear an alert has two bytes; encrypted also a tag, or padding and a code. */
        bool sized = length == RECORD_HEADER + ALERT_LENGTH || length >= RECORD_HEADER + ALERT_LENGTH + 16;
        farewell = type == ALERT && sized ? farewell + length : 0;
        at = from + length;
    }
    unsigned decrypted = count > 0 ? read_decrypted_alerts(tree, source, &seen->application) : 0;
    if (decrypted > 0 && decrypted == count)
        farewell = seen->segment.len;
    seen->application.alert_sized = count == 1 && decrypted == 0 && seen->application.application_data && at == end
                                    && seen->segment.len == TA_SIZE_OF_ALERT;
    seen->segment.farewell = at == end && farewell <= seen->segment.len ? farewell : 0;
    return count > 0;
}

static uint8_t find_method(const field_info *item)
{
    const char *name = finfo_string(item);
    return (uint8_t)ta_find_method((const uint8_t *)name, strlen(name));
}

/* HTTP in what was decrypted: of HTTP/1 the first record, of HTTP/2 what its dissector found. */
static void read_decrypted_http(packet_info *pinfo, proto_tree *tree, struct ta_application *to)
{
    tvbuff_t *decrypted = get_data_source_tvb_by_name(pinfo, "Decrypted TLS");
    const GPtrArray *status = values_of(tree, hf_status), *method = values_of(tree, hf_method);

    if (decrypted && tvb_captured_length(decrypted) > 0)
        read_http((struct text){ tvb_get_ptr(decrypted, 0, -1), tvb_captured_length(decrypted) }, to);
    to->multiplexed = status || method;
    if (status)
        to->status = (uint16_t)finfo_uint((const field_info *)status->pdata[0]);
    else if (method)
        to->method = find_method((const field_info *)method->pdata[0]);
}

bool application_read(packet_info *pinfo, proto_tree *tree, tvbuff_t *source, unsigned start, struct observed *seen)
{
    unsigned captured = tvb_captured_length(source);
    struct text text = { NULL, start < captured ? MIN(captured - start, seen->segment.len) : 0 };

    if (text.length > 0)
        text.at = tvb_get_ptr(source, (int)start, (int)text.length);
    if (text.length > 0 && read_http(text, &seen->application)) {
        seen->speaks = true;
        return false;
    }
    seen->speaks = read_tls(tree, source, start, seen);
    if (seen->speaks)
        read_decrypted_http(pinfo, tree, &seen->application);
    return seen->speaks;
}
