/* What ta_diagnose() reads from a RST, and that hostile bytes come out harmless.
 *
 *     diagnostic_test                 the table below
 *     diagnostic_test --fuzz N SEED   N RSTs of random bytes: every line is safe, and tells what the payload holds
 *     diagnostic_test --characters    a line a Unicode character: its number, and whether it is printed as it is
 *
 * Codes: draft-ietf-tcpm-rst-diagnostic-payload and RFC 8684 section 3.6. Every payload lies in memory of its own
 * size, so that the sanitizer sees a byte too many. Exit codes: 0 as expected; 1 not; 2 wrong arguments.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcpabort.h"

static unsigned checks, failures;

/* Copies in memory of exactly their size. */
static uint8_t *copy(const void *bytes, size_t size)
{
    uint8_t *own = malloc(size ? size : 1);
    if (!own)
        abort();
    memcpy(own, bytes, size);
    return own;
}

static unsigned diagnose(const struct ta_reset_bytes *reset, char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE])
{
    uint8_t *own_options = copy(reset->options ? reset->options : (const uint8_t *)"", reset->options_captured);
    uint8_t *own_payload = copy(reset->payload ? reset->payload : (const uint8_t *)"", reset->payload_captured);
    struct ta_reset_bytes own = *reset;
    own.options = own_options;
    own.payload = own_payload;
    unsigned count = ta_diagnose(&own, lines);
    free(own_options);
    free(own_payload);
    return count;
}

static void expect(const struct ta_reset_bytes *reset, const char *const want[TA_DIAGNOSTICS])
{
    char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE];
    unsigned count = diagnose(reset, lines), wanted = 0;

    checks++;
    while (wanted < TA_DIAGNOSTICS && want[wanted])
        wanted++;
    bool good = count == wanted;
    for (unsigned i = 0; good && i < count; i++)
        good = strcmp(lines[i], want[i]) == 0;
    if (good)
        return;
    failures++;
    printf("got %u lines, want %u\n", count, wanted);
    for (unsigned i = 0; i < TA_DIAGNOSTICS; i++)
        printf("  got  %s\n  want %s\n", i < count ? lines[i] : "-", i < wanted ? want[i] : "-");
}

/* ---- Payload ---- */

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static void payload(const uint8_t *bytes, size_t captured, uint32_t sent, const char *want)
{
    expect(&(struct ta_reset_bytes){ .payload = bytes, .payload_captured = (uint32_t)captured, .payload_sent = sent },
           (const char *const[TA_DIAGNOSTICS]){ want });
}

/* All of it captured. */
static void whole(const uint8_t *bytes, size_t size, const char *want)
{
    payload(bytes, size, (uint32_t)size, want);
}

static void test_ietf(void)
{
    /* The examples of the draft. */
    whole(BYTES("\x33\xaa\x00\x02\x00\x00\x00\x00"), "IETF: code 2, the ends are not synchronized");
    whole(BYTES("\x33\xaa\x00\x0e\x00\x00\x00\x00"), "IETF: code 14, time-out");
    whole(BYTES("\x33\xaa\x04\xd2\x00\x00\x7e\xd9"), "IETF: code 1234 of enterprise 32473");

    whole(BYTES("\x33\xaa\x00\x04\x00\x00\x00\x00"), "IETF: code 4, abort by the process");
    whole(BYTES("\x33\xaa\x00\x09\x00\x00\x01\x37"), "IETF: code 9 of enterprise 311");
    whole(BYTES("\x33\xaa\x00\x09\xff\xff\xff\xfe"), "IETF: code 9 of enterprise 4294967294");
    whole(BYTES("\x33\xaa\x00\x12\x00\x00\x00\x00"), "IETF: code 18, without a name when this was written");
    whole(BYTES("\x33\xaa\xff\xff\x00\x00\x00\x00"), "IETF: code 65535, without a name when this was written");
    /* Malformed: "handled like an RST without" diagnostic payload. Code 0 is reserved. */
    whole(BYTES("\x33\xaa\x00\x00\x00\x00\x00\x00"), "binary: 33 aa 00 00 00 00 00 00");
    whole(BYTES("\x33\xaa\x00\x00\x00\x00\x01\x37"), "binary: 33 aa 00 00 00 00 01 37");
    whole(BYTES("\x33\xaa\x00\x04\x00\x00\x00"), "binary: 33 aa 00 04 00 00 00");
    whole(BYTES("\x33\xaa\x00\x04\x00\x00\x00\x00\x00"), "binary: 33 aa 00 04 00 00 00 00 00");
    whole(BYTES("\xaa\x33\x00\x04\x00\x00\x00\x00"), "binary: aa 33 00 04 00 00 00 00");
    whole(BYTES("\x33\xab\x00\x04\x00\x00\x00\x00"), "binary: 33 ab 00 04 00 00 00 00");
    /* Cut by the snapshot length: which enterprise's code it is cannot be known. */
    payload(BYTES("\x33\xaa\x00\x04\x00\x00"), 8, "binary: 33 aa 00 04 00 00... (2 bytes not shown)");
    payload(BYTES("\x33\xaa\x00\x04\x00\x00\x00\x00"), 9, "binary: 33 aa 00 04 00 00 00 00... (1 byte not shown)");
}

/* Every code of both registries has its words, and no other one does. */
static void test_names(void)
{
    char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE];
    unsigned ietf = 0, mptcp = 0;

    for (unsigned code = 0; code <= UINT16_MAX; code++) {
        const uint8_t bytes[8] = { 0x33, 0xaa, (uint8_t)(code >> 8), (uint8_t)code };
        const struct ta_reset_bytes r = { .payload = bytes, .payload_captured = 8, .payload_sent = 8 };
        bool named = diagnose(&r, lines) == 1 && strncmp(lines[0], "IETF: ", 6) == 0 && !strstr(lines[0], "without a name");
        ietf += named && code >= 1 && code <= 17;
        failures += named != (code >= 1 && code <= 17);
    }
    for (unsigned reason = 0; reason <= UINT8_MAX; reason++) {
        const uint8_t option[4] = { 30, 4, 0x80, (uint8_t)reason };
        const struct ta_reset_bytes r = { .options = option, .options_captured = 4 };
        bool named = diagnose(&r, lines) == 1 && !strstr(lines[0], "without a name");
        mptcp += named && reason <= 6;
        failures += named != (reason <= 6);
    }
    checks += 2;
    failures += (ietf != 17) + (mptcp != 7);
}

static void test_text(void)
{
    whole(BYTES(""), NULL);
    whole(BYTES("BIG-IP: [0x2409e71:1] No local listener"), "text: BIG-IP: [0x2409e71:1] No local listener");
    whole(BYTES("Gr\xc3\xbc\xc3\x9f\x65 \xd1\x8f \xe4\xb8\xad \xf0\x9f\x98\x80"), "text: Gr\xc3\xbc\xc3\x9f\x65 \xd1\x8f \xe4\xb8\xad \xf0\x9f\x98\x80");
    whole(BYTES("line\r\n\ttwo\n"), "text: line\\r\\n\\ttwo\\n");
    whole(BYTES("C:\\new"), "text: C:\\\\new");
    whole(BYTES("fake \\n"), "text: fake \\\\n");
    whole(BYTES("ended\0"), "text: ended\\x00");
    whole(BYTES("<script>alert(1)</script>"), "text: <script>alert(1)</script>");
    whole(BYTES("\x1b[31mred\x1b[0m\x07"), "text: \\x1b[31mred\\x1b[0m\\x07");
    whole(BYTES("user\xe2\x80\xaegnp.exe"), "text: user\\u202egnp.exe");
    whole(BYTES("a\xe2\x81\xa6" "b\xe2\x80\x8b" "c\xef\xbb\xbf" "d\xc2\x85" "e\xe2\x80\xa8" "f"), "text: a\\u2066b\\u200bc\\ufeffd\\u0085e\\u2028f");
    whole(BYTES("tag\xf3\xa0\x81\x81"), "text: tag\\U000e0041");
    whole(BYTES("nonchar\xef\xbf\xbe"), "text: nonchar\\ufffe");
    /* No UTF-8 (RFC 3629): Latin-1, overlong, surrogate, above U+10FFFF, a byte that continues nothing, cut. */
    whole(BYTES("caf\xe9 ferm\xe9"), "text: caf\\xe9 ferm\\xe9");
    whole(BYTES("overlong \xc0\xaf"), "text: overlong \\xc0\\xaf");
    whole(BYTES("overlong \xc0\x8a newline"), "text: overlong \\xc0\\x8a newline");
    whole(BYTES("overlong \xc1\x9c backslash"), "text: overlong \\xc1\\x9c backslash");
    whole(BYTES("overlong \xe0\x80\xaf"), "text: overlong \\xe0\\x80\\xaf");
    whole(BYTES("overlong .. \xf0\x80\x80\xaf"), "text: overlong .. \\xf0\\x80\\x80\\xaf");
    whole(BYTES("surrogate \xed\xa0\x80"), "text: surrogate \\xed\\xa0\\x80");
    whole(BYTES("too large, far \xf4\x90\x80\x80"), "text: too large, far \\xf4\\x90\\x80\\x80");
    whole(BYTES("stray \x80"), "text: stray \\x80");
    whole(BYTES("cut here \xe4\xb8"), "text: cut here \\xe4\\xb8");
    payload(BYTES("BIG-IP: [0x24"), 39, "text: BIG-IP: [0x24... (26 bytes not shown)");
    payload(BYTES(""), 39, "payload: 39 bytes, not captured");
    payload(BYTES(""), 1, "payload: 1 byte, not captured");
}

static void test_binary(void)
{
    static const uint8_t zeros[65000];

    /* What Linux calls sk_rst_reason may be such a byte; nothing shows that it is. */
    whole(BYTES("\x08"), "binary: 08");
    whole(BYTES("\n"), "binary: 0a");
    whole(BYTES("  \t"), "binary: 20 20 09");
    whole(BYTES("ab\0\0"), "binary: 61 62 00 00");
    whole(BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xde\xad\xbe\xef\x00\x01"),
          "binary: 16 03 01 02 00 01 00 01 fc 03 03 de ad be ef 00... (1 byte not shown)");
    whole(zeros, sizeof zeros, "binary: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00... (64984 bytes not shown)");
}

/* A text of 64 KB: 200 characters of it. */
static void test_long(void)
{
    static uint8_t bytes[65000];
    char want[TA_DIAGNOSTIC_SIZE] = "text: ";

    memset(bytes, 'x', sizeof bytes);
    memset(want + 6, 'x', 200);
    snprintf(want + 206, sizeof want - 206, "... (64800 bytes not shown)");
    whole(bytes, sizeof bytes, want);
    want[205] = '.'; /* an escape that does not fit is not begun */
    snprintf(want + 206, sizeof want - 206, ".. (64801 bytes not shown)");
    bytes[199] = '\n';
    whole(bytes, sizeof bytes, want);
}

/* ---- MPTCP, NetScaler, several ---- */

static void options(const uint8_t *bytes, size_t size, const char *want)
{
    expect(&(struct ta_reset_bytes){ .options = bytes, .options_captured = (uint32_t)size }, (const char *const[TA_DIAGNOSTICS]){ want });
}

static void test_mptcp(void)
{
    options(BYTES("\x1e\x04\x80\x00"), "MPTCP: reason 0, unspecified");
    options(BYTES("\x1e\x04\x81\x04"), "MPTCP: reason 4, too much outstanding data (transient)");
    options(BYTES("\x1e\x04\x8e\x06"), "MPTCP: reason 6, interference by a middlebox");
    options(BYTES("\x1e\x04\x80\x07"), "MPTCP: reason 7, without a name when this was written");
    options(BYTES("\x01\x01\x08\x0a" "12345678" "\x1e\x04\x81\x02"), "MPTCP: reason 2, lack of resources (transient)");
    options(BYTES("\x1e\x0c\x70\x00" "12345678" "\x1e\x04\x80\x03"), "MPTCP: reason 3, prohibited by the administrator"); /* after MP_FASTCLOSE */
    options(BYTES("\x1e\x04\x70\x02"), NULL); /* another subtype */
    options(BYTES("\x1d\x04\x80\x02"), NULL); /* another option */
    options(BYTES("\x1e\x00\x80\x02"), NULL); /* wrong lengths */
    options(BYTES("\x1e\x01\x80\x02"), NULL);
    options(BYTES("\x1e\x02\x80\x02"), NULL);
    options(BYTES("\x1e\x03\x80\x02"), NULL);
    options(BYTES("\x1e\x05\x80\x02\x00\x01\x01\x01"), NULL);
    options(BYTES("\x1e\x04\x80"), NULL); /* past the end of the header, or cut */
    options(BYTES("\x01\x1e\x04"), NULL);
    options(BYTES("\x01\x01\x01\x1e"), NULL);
    options(BYTES("\x00\x1e\x04\x80\x02"), NULL); /* after the end of the list */
    options(BYTES("\x08\x00\x1e\x04\x80\x02"), NULL); /* after a length that leads nowhere */
    options(BYTES("\x08\x01\x1e\x04\x80\x02"), NULL);
}

static void window(uint16_t value, bool from_netscaler, const char *want)
{
    expect(&(struct ta_reset_bytes){ .window = value, .from_netscaler = from_netscaler }, (const char *const[TA_DIAGNOSTICS]){ want });
}

static void test_several(void)
{
    window(9700, true, "NetScaler: window 9700, whose name Wireshark has since 4.4: tcp.nstrace.rst.window_error_code");
    window(8196, true, "NetScaler: window 8196, whose name Wireshark has since 4.4: tcp.nstrace.rst.window_error_code");
    window(10042, true, "NetScaler: window 10042, whose name Wireshark has since 4.4: tcp.nstrace.rst.window_error_code");
    window(8195, true, NULL);
    window(10043, true, NULL);
    window(9700, false, NULL);
    expect(&(struct ta_reset_bytes){ .options = (const uint8_t *)"\x1e\x04\x80\x05", .options_captured = 4,
                                     .payload = (const uint8_t *)"why", .payload_captured = 3, .payload_sent = 3,
                                     .window = 9700, .from_netscaler = true },
           (const char *const[TA_DIAGNOSTICS]){ "text: why", "MPTCP: reason 5, unacceptable performance",
                                                "NetScaler: window 9700, whose name Wireshark has since 4.4: tcp.nstrace.rst.window_error_code" });
}

/* ---- Any bytes ---- */

/* The character as UTF-8 (RFC 3629), surrogates too; returns its length. */
static size_t encode(uint32_t c, uint8_t bytes[4])
{
    static const uint8_t leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = size; i-- > 1; c >>= 6)
        bytes[i] = (uint8_t)(0x80 | (c & 0x3f));
    bytes[0] = (uint8_t)(leads[size] | c);
    return size;
}

/* The bytes that stand behind the piece of text at *at. */
static size_t read_piece(const char **at, uint8_t bytes[4])
{
    static const struct {
        const char *escape;
        uint8_t byte;
    } shorts[] = { { "\\\\", '\\' }, { "\\n", '\n' }, { "\\r", '\r' }, { "\\t", '\t' } };
    unsigned c;

    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++)
        if (strncmp(*at, shorts[i].escape, 2) == 0) {
            *at += 2;
            bytes[0] = shorts[i].byte;
            return 1;
        }
    if (**at != '\\') {
        bytes[0] = (uint8_t)*(*at)++;
        return 1;
    }
    unsigned digits = (*at)[1] == 'x' ? 2 : (*at)[1] == 'u' ? 4 : 8;
    if (sscanf(*at + 2, digits == 2 ? "%2x" : digits == 4 ? "%4x" : "%8x", &c) != 1)
        return 0;
    *at += 2 + digits;
    bytes[0] = (uint8_t)c;
    return digits == 2 ? 1 : encode(c, bytes);
}

/* Whether the text is the payload's beginning, and the rest is counted right. */
static bool tells(const char *text, const struct ta_reset_bytes *r)
{
    uint32_t shown = 0;

    for (;;) {
        char tail[64] = "";
        uint8_t bytes[4] = { 0 };
        if (shown < r->payload_sent)
            snprintf(tail, sizeof tail, "... (%u byte%s not shown)", (unsigned)(r->payload_sent - shown), r->payload_sent - shown == 1 ? "" : "s");
        if (strcmp(text, tail) == 0)
            return true;
        size_t size = *text ? read_piece(&text, bytes) : 0;
        if (size == 0 || size > r->payload_captured - shown || memcmp(bytes, r->payload + shown, size) != 0)
            return false;
        shown += (uint32_t)size;
    }
}

static bool is_safe(const char *line)
{
    const char *end = memchr(line, '\0', TA_DIAGNOSTIC_SIZE);
    for (const char *c = line; end && c < end; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return end && end > line;
}

/* Random bytes, half of them from what could matter. */
static void fill(uint8_t *bytes, size_t size)
{
    static const uint8_t liked[] = "abc XYZ.\\\n\x1b\x33\xaa\x00\x04\x1e\x04\x80\x01\x0c\xc2\xc0\xe2\x80\xae\xed\xa0\xf0\x9f\x98\x80\xf4\x90\xef\xbf\xbe(\x8a\x9c\xc1";
    int kind = rand() % 3;
    for (size_t i = 0; i < size; i++)
        bytes[i] = kind == 0 || rand() % 8 == 0 ? (uint8_t)rand() : kind == 1 ? liked[(size_t)rand() % sizeof liked] : (uint8_t)('a' + rand() % 26);
}

static void fuzz(unsigned long count, unsigned seed)
{
    static uint8_t options_bytes[40], payload_bytes[1500];
    char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE];

    srand(seed);
    for (; count > 0; count--) {
        struct ta_reset_bytes r = { .options = options_bytes, .payload = payload_bytes, .window = (uint16_t)rand(), .from_netscaler = rand() % 2 };
        r.options_captured = (uint32_t)rand() % (sizeof options_bytes + 1);
        r.payload_captured = (uint32_t)rand() % (rand() % 2 ? 12 : sizeof payload_bytes + 1);
        r.payload_sent = r.payload_captured + (rand() % 3 ? 0 : (uint32_t)rand());
        fill(options_bytes, r.options_captured);
        fill(payload_bytes, r.payload_captured);
        if (rand() % 4 == 0 && r.payload_captured >= 2)
            payload_bytes[0] = 0x33, payload_bytes[1] = 0xaa;
        memset(lines, 0xff, sizeof lines);
        unsigned lines_written = diagnose(&r, lines);
        bool good = lines_written <= TA_DIAGNOSTICS && (r.payload_sent == 0 || lines_written > 0);
        for (unsigned i = 0; good && i < lines_written; i++)
            good = is_safe(lines[i]);
        if (good && lines_written > 0 && strncmp(lines[0], "text: ", 6) == 0)
            good = tells(lines[0] + 6, &r);
        checks++;
        failures += !good;
        if (!good)
            printf("RST %lu from the last, seed %u: %.*s\n", count, seed, TA_DIAGNOSTIC_SIZE - 1, lines[0]);
    }
}

static void print_characters(void)
{
    for (uint32_t c = 0x20; c <= 0x10ffff; c++) {
        char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE];
        uint8_t text[8] = "aaaa"; /* so that it is one */
        uint32_t size = 4 + (uint32_t)encode(c, text + 4);
        diagnose(&(struct ta_reset_bytes){ .payload = text, .payload_captured = size, .payload_sent = size }, lines);
        printf("%x %d\n", (unsigned)c, strlen(lines[0]) == 6 + size && memcmp(lines[0] + 6, text, size) == 0);
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--characters") == 0) {
        print_characters();
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "--fuzz") == 0) {
        fuzz(strtoul(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10));
    } else if (argc == 1) {
        test_ietf();
        test_names();
        test_text();
        test_binary();
        test_long();
        test_mptcp();
        test_several();
    } else {
        fputs("usage: diagnostic_test [--fuzz N SEED | --characters]\n", stderr);
        return 2;
    }
    printf("%u checks, %u failed\n", checks, failures);
    return checks == 0 || failures > 0;
}
