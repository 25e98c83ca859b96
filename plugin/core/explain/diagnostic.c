/* Reads what a RST says of its cause; see ta_diagnose().
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcpabort.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MOST = 200 /* characters of a line that come from the payload */, HEX_MOST = 16 /* bytes */ };

struct line {
    char *text;
    size_t length;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void add(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(line->text + line->length, TA_DIAGNOSTIC_SIZE - line->length, format, arguments);
    va_end(arguments);
    line->length += added > 0 ? (size_t)added : 0;
    if (line->length >= TA_DIAGNOSTIC_SIZE)
        line->length = TA_DIAGNOSTIC_SIZE - 1;
}

/* What of `bytes` is left out. */
static void add_rest(struct line *line, uint32_t bytes)
{
    if (bytes > 0)
        add(line, "... (%" PRIu32 " byte%s not shown)", bytes, bytes == 1 ? "" : "s");
}

struct name {
    uint16_t code;
    const char *words;
};

static const struct name ietf_codes[] = {
#define IETF_CODE(code, words) { code, words },
#define MPTCP_REASON(code, words)
#include "diagnostics.def"
#undef IETF_CODE
#undef MPTCP_REASON
};

static const struct name mptcp_reasons[] = {
#define IETF_CODE(code, words)
#define MPTCP_REASON(code, words) { code, words },
#include "diagnostics.def"
#undef IETF_CODE
#undef MPTCP_REASON
};

static const char *find_words(const struct name *names, size_t count, unsigned code)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].code == code)
            return names[i].words;
    return "without a name when this was written";
}

/* draft-ietf-tcpm-rst-diagnostic-payload: exactly eight bytes, the magic number, a code that is not 0, and the
 * enterprise whose code it is, 0 for the IETF's own. Anything else is to be taken for a plain RST. */
static bool add_ietf(struct line *line, const struct ta_reset_bytes *r)
{
    enum { MAGIC = 0x33aa, BYTES = 8 };
    const uint8_t *p = r->payload;

    if (r->payload_sent != BYTES || r->payload_captured != BYTES || (p[0] << 8 | p[1]) != MAGIC)
        return false;
    unsigned code = (unsigned)p[2] << 8 | p[3];
    uint32_t enterprise = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
    if (code == 0)
        return false;
    if (enterprise != 0)
        add(line, "IETF: code %u of enterprise %" PRIu32, code, enterprise);
    else
        add(line, "IETF: code %u, %s", code, find_words(ietf_codes, sizeof ietf_codes / sizeof *ietf_codes, code));
    return true;
}

/* Characters that cannot be seen, or that change how others are seen: Unicode's categories C and Z but for the
 * space, what is ignorable by default, and blanks that pass for letters. */
static bool is_hidden(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x0, 0x1f }, { 0x7f, 0xa0 }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x600, 0x605 }, { 0x61c, 0x61c }, { 0x6dd, 0x6dd },
        { 0x70f, 0x70f }, { 0x890, 0x891 }, { 0x8e2, 0x8e2 }, { 0x115f, 0x1160 }, { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 },
        { 0x180b, 0x180f }, { 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 },
        { 0x3164, 0x3164 }, { 0xe000, 0xf8ff }, { 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
        { 0xfff0, 0xfffb }, { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
        { 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff },
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return (c & 0xfffe) == 0xfffe;
}

/* The character at `p`, of `left` bytes: its length in bytes; 0, and no character, when that is no UTF-8 (RFC 3629). */
static unsigned decode(const uint8_t *p, uint32_t left, uint32_t *character)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least; /* a smaller one has a shorter form */
    } forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

    for (unsigned length = 1; length <= 4 && length <= left; length++) {
        if ((p[0] & forms[length - 1].mask) != forms[length - 1].lead)
            continue;
        uint32_t c = p[0] & ~forms[length - 1].mask & 0xffu;
        for (unsigned i = 1; i < length; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (p[i] & 0x3f);
        }
        if (c < forms[length - 1].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return 0;
        *character = c;
        return length;
    }
    return 0;
}

/* The piece of payload at `p` as it may be printed; returns its length in bytes. `odd`: no text has it. */
static unsigned print_piece(const uint8_t *p, uint32_t left, char printed[16], bool *odd)
{
    uint32_t c = 0;
    unsigned length = decode(p, left, &c);
    const char *short_form = c == '\\' ? "\\\\" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : NULL;

    *odd = length <= 1 && !short_form && (length == 0 || is_hidden(c));
    if (*odd) {
        snprintf(printed, 16, "\\x%02x", p[0]);
    } else if (short_form) {
        snprintf(printed, 16, "%s", short_form);
    } else if (!is_hidden(c)) {
        snprintf(printed, 16, "%.*s", (int)length, (const char *)p);
    } else {
        snprintf(printed, 16, c > 0xffff ? "\\U%08" PRIx32 : "\\u%04" PRIx32, c);
    }
    return length > 0 ? length : 1;
}

/* A text, as far as it fits. False when nothing of that can be seen, or more than a quarter of it could not be text. */
static bool add_text(struct line *line, const struct ta_reset_bytes *r)
{
    uint32_t at = 0, odd_bytes = 0, visible = 0;
    size_t start = line->length + strlen(TA_DIAGNOSTIC_TEXT);
    bool odd;
    char printed[16];

    add(line, "%s", TA_DIAGNOSTIC_TEXT);
    while (at < r->payload_captured) {
        unsigned length = print_piece(r->payload + at, r->payload_captured - at, printed, &odd);
        if (line->length - start + strlen(printed) > TEXT_MOST)
            break;
        add(line, "%s", printed);
        at += length;
        odd_bytes += odd;
        visible += printed[0] != '\\' && printed[0] != ' ';
    }
    add_rest(line, r->payload_sent - at);
    return visible > 0 && odd_bytes * 4 <= at;
}

static void add_binary(struct line *line, const struct ta_reset_bytes *r)
{
    uint32_t shown = 0;

    add(line, "binary:");
    for (; shown < r->payload_captured && shown < HEX_MOST; shown++)
        add(line, " %02x", r->payload[shown]);
    add_rest(line, r->payload_sent - shown);
}

static bool add_payload(struct line *line, const struct ta_reset_bytes *r)
{
    if (r->payload_sent == 0)
        return false;
    if (r->payload_captured == 0) {
        add(line, "payload: %" PRIu32 " byte%s, not captured", r->payload_sent, r->payload_sent == 1 ? "" : "s");
        return true;
    }
    if (add_ietf(line, r) || add_text(line, r))
        return true;
    line->length = 0;
    add_binary(line, r);
    return true;
}

/* MP_TCPRST, RFC 8684 section 3.6: kind, length, subtype and flags, reason. */
static bool add_mptcp(struct line *line, const struct ta_reset_bytes *r)
{
    enum { END = 0, NO_OPERATION = 1, MPTCP = 30, MP_TCPRST = 8, MP_TCPRST_LENGTH = 4, TRANSIENT = 1 };

    for (uint32_t at = 0; at < r->options_captured && r->options[at] != END;) {
        const uint8_t *p = r->options + at;
        uint32_t left = r->options_captured - at, length = p[0] == NO_OPERATION ? 1 : left > 1 ? p[1] : 0;
        if (length == 0 || length > left || (p[0] != NO_OPERATION && length < 2))
            return false;
        if (p[0] == MPTCP && length == MP_TCPRST_LENGTH && p[2] >> 4 == MP_TCPRST) {
            add(line, "MPTCP: reason %u, %s%s", p[3], find_words(mptcp_reasons, sizeof mptcp_reasons / sizeof *mptcp_reasons, p[3]),
                p[2] & TRANSIENT ? " (transient)" : "");
            return true;
        }
        at += length;
    }
    return false;
}

/* A NetScaler writes its reason into the window of the RST. Any other sender may have such a window as well, and
 * neither TTL nor earlier windows tell them apart, so only the NetScaler's own capture counts. */
static bool add_netscaler(struct line *line, const struct ta_reset_bytes *r)
{
    enum { FIRST = 8196, LAST = 10042 };

    if (!r->from_netscaler || r->window < FIRST || r->window > LAST)
        return false;
    add(line, "NetScaler: window %u, whose name Wireshark has since 4.4: tcp.nstrace.rst.window_error_code", r->window);
    return true;
}

unsigned ta_diagnose(const struct ta_reset_bytes *reset, char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE])
{
    static bool (*const readers[TA_DIAGNOSTICS])(struct line *, const struct ta_reset_bytes *) = { add_payload, add_mptcp,
                                                                                                 add_netscaler };
    unsigned count = 0;

    for (int i = 0; i < TA_DIAGNOSTICS; i++)
        count += readers[i](&(struct line){ lines[count], 0 }, reset);
    return count;
}
