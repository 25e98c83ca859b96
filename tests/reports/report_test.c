/* Reports made by a program that is no Wireshark: it links plugin/report, the core and glib, and nothing else. One connection
 * without IP addresses and tcp.stream, one with.
 *
 * Exit codes: 0 all as expected; 1 not.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static unsigned failed;

static void expect(bool holds, const char *what, const char *text)
{
    if (holds)
        return;
    failed++;
    fprintf(stderr, "%s, in:\n%s\n", what, text);
}

/* A handshake, a request that no ACK covers, and a RST in answer to it (RFC 9293 section 3.5.2). */
static const struct ta_segment segments[] = {
    { .frame = 1, .time = 1000 * TA_MILLISECOND, .from = TA_CLIENT, .flags = TA_SYN, .seq = 100, .window = 1000 },
    { .frame = 2, .time = 1001 * TA_MILLISECOND, .from = TA_SERVER, .flags = TA_SYN | TA_ACK, .seq = 300, .ack = 101, .window = 1000 },
    { .frame = 3, .time = 1002 * TA_MILLISECOND, .from = TA_CLIENT, .flags = TA_ACK, .seq = 101, .ack = 301, .window = 1000 },
    { .frame = 4, .time = 1003 * TA_MILLISECOND, .from = TA_CLIENT, .flags = TA_PSH | TA_ACK, .seq = 101, .ack = 301, .len = 10, .window = 1000 },
    { .frame = 5, .time = 1004 * TA_MILLISECOND, .from = TA_SERVER, .flags = TA_RST, .seq = 301 },
};

static void find_states(const struct report_connection *connection, uint32_t frame, enum ta_state states[TA_ENDS])
{
    const enum ta_state *after = (const enum ta_state *)connection->source; /* TA_ENDS states each frame, from 1 */

    memcpy(states, after + (size_t)TA_ENDS * (frame - 1), TA_ENDS * sizeof *states);
}

static const char *const nothing[] = { NULL };

static struct report_connection first, second;

/* Fills `first` from the segments, and `second` alike but for its ends. */
static void follow_segments(struct ta_connection *connection, struct ta_verdict *verdict, enum ta_state states[][TA_ENDS])
{
    for (unsigned i = 0; i < COUNT(segments); i++) {
        ta_step(connection, &segments[i], NULL, &ta_default_policy, verdict);
        for (int end = 0; end < TA_ENDS; end++)
            states[i][end] = ta_end_state(connection, end);
    }
    const int64_t now = segments[COUNT(segments) - 1].time;
    first = (struct report_connection){
        .number = 1, .filter = "\"\\\x01\b\f\n\r\t\x1f</x> /\xc3\xa4", .end = { { .port = 1024 }, { .port = 80 } }, .first_time = segments[0].time,
        .now = now, .tcp = connection, .kind = ta_stream_kind(connection, now, &ta_default_policy), .verdict = verdict,
        .diagnostic = nothing, .segments = segments, .segment_count = COUNT(segments), .find_states = find_states, .source = states,
    };
    second = first;
    second.number = 2;
    second.is_tcp_stream = true;
    second.end[TA_CLIENT] = (struct report_end){ "192.0.2.1", 4, 1024 };
    second.end[TA_SERVER] = (struct report_end){ "2001:db8::1", 6, 80 };
}

/* Both connections, each twice, in a report. */
static char *print(const struct report_format *format)
{
    const struct report_options options = { .stack = TA_STACK_AUTO, .capture_point = TA_POINT_UNKNOWN, .filter = "" };
    FILE *out = tmpfile();
    struct report *report = report_begin(format, &options, out);
    const struct report_connection *const connections[] = { &first, &first, &second, &second };
    char *text = g_malloc0(1 << 20);

    for (unsigned i = 0; i < COUNT(connections); i++)
        report_add(report, connections[i]);
    report_end(report, first.now);
    rewind(out);
    expect(fread(text, 1, (1 << 20) - 1, out) > 0, "nothing was printed", "");
    fclose(out);
    return text;
}

static void expect_in(const struct report_format *format, const char *const *parts)
{
    char *text = print(format);

    for (; *parts; parts++)
        expect(strstr(text, *parts) != NULL, *parts, text);
    g_free(text);
}

static void check_json(void)
{
    char *text = print(&report_json);
    char **lines = g_strsplit(text, "\n", -1);

    expect(g_strv_length(lines) == 5 && !*lines[4], "not a line each", text);
    /* RFC 8259 section 7: the quotation mark, the backslash and control characters are escaped. */
    expect(g_str_has_prefix(lines[0], "{\"filter\":\"\\\"\\\\\\u0001\\b\\f\\n\\r\\t\\u001f<\\/x> /\xc3\xa4\",\"kind\":\"rst\",\"aborted_by\":\"server\","), "wrong begin", lines[0]);
    expect(strstr(lines[0], "\"client\":{\"port\":1024,") != NULL, "an end without address", lines[0]);
    expect(g_str_has_prefix(lines[2], "{\"stream\":2,\"filter\""), "wrong begin", lines[2]);
    expect(strstr(lines[2], "\"server\":{\"address\":\"2001:db8::1\",\"port\":80,") != NULL, "an end with address", lines[2]);
    expect(strstr(lines[2], "\"harm\":\"lost\",") != NULL && strstr(lines[2], "\"limit\":[],") != NULL, "harm or limits", lines[2]);
    g_strfreev(lines);
    g_free(text);
}

int main(void)
{
    static const char *const in_table[] = { "?:1024 ", "[2001:db8::1]:80 ", "\n4 TCP streams: 4 rst; data lost in 4, possibly in 0\n", NULL };
    /* Where no address tells, it is not known to be the same server. */
    static const char *const in_servers[] = { "[2001:db8::1]:80  2 of 2 streams: 2 rst\n", "?:80  1 of 1 stream: 1 rst\n", NULL };
    static const char *const in_page[] = { "4 of 4 TCP connections did not end cleanly.", "<svg role=\"img\" viewBox", "SYN_SENT</text>",
                                           "<title>Streams: 2</title>", "4: PSH, ACK, 10 bytes</text>", "</html>\n", NULL };
    struct ta_connection *connection = calloc(1, ta_connection_size());
    enum ta_state states[COUNT(segments)][TA_ENDS];
    struct ta_verdict verdict;

    g_setenv("TZ", "UTC", TRUE);
    follow_segments(connection, &verdict, states);
    expect_in(&report_table, in_table);
    expect_in(&report_servers, in_servers);
    expect_in(&report_html, in_page);
    check_json();
    free(connection);
    return failed > 0;
}
