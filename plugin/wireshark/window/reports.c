/* Fills reports with streams, and starts them as statistics of tshark; see reports.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "window/reports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <epan/stat_tap_ui.h>
#include <epan/to_str.h>
#include <wsutil/report_message.h>

#include "answer/answers.h"
#include "file.h"
#include "keep/capture.h"
#include "keep/segments.h"
#include "keep/verdicts.h"
#include "preferences.h"

/* ---- Streams as reports show them ---- */

/* The stream that was asked for last. */
static struct {
    struct report_connection connection;
    struct verdict_record record; /* its verdict */
    GString *filter;
} shown;

static void fill_end(struct report_end *end, const struct stream *stream, int index)
{
    const struct endpoint endpoint = stream_endpoint(stream, index);
    address bytes;

    endpoint_address(&endpoint, &bytes);
    end->port = endpoint.port;
    end->ip_version = bytes.type == AT_IPv4 ? 4 : bytes.type == AT_IPv6 ? 6 : 0;
    if (end->ip_version)
        address_to_str_buf(&bytes, end->address, sizeof end->address);
}

/* "tcp.stream eq 7", its other numbers, and the ICMP error of the verdict. */
static const char *fill_filter(const struct stream *stream, const struct ta_verdict *v)
{
    wmem_array_t *others = streams_other_numbers(stream);

    if (!shown.filter)
        shown.filter = g_string_new(NULL);
    g_string_printf(shown.filter, "tcp.stream eq %u", stream->number);
    for (unsigned i = 0; others && i < wmem_array_get_count(others); i++)
        g_string_append_printf(shown.filter, " or tcp.stream eq %u", *(const uint32_t *)wmem_array_index(others, i));
    if (v && v->evidence.icmp_frame != 0)
        g_string_append_printf(shown.filter, " or frame.number eq %u", v->evidence.icmp_frame);
    return shown.filter->str;
}

static void find_states(const struct report_connection *connection, uint32_t frame, enum ta_state states[TA_ENDS])
{
    const struct states now = answer_states((const struct stream *)connection->source, frame);

    for (int end = 0; end < TA_ENDS; end++)
        states[end] = (enum ta_state)now.of[end];
}

/* `record`: the verdict to show, NULL when there is none. */
static const struct report_connection *show(const struct stream *stream, const struct verdict_record *record)
{
    wmem_array_t *segments = segments_of(stream->number);
    const struct ta_verdict *v = record ? &record->verdict : NULL;

    shown.connection = (struct report_connection){
        .number = stream->number,
        .is_tcp_stream = true,
        .filter = fill_filter(stream, v),
        .first_time = stream->first_time,
        .now = capture_now(),
        .tcp = answer_connection(stream),
        .kind = answer_kind(stream),
        .verdict = v,
        .overruled = record ? record->overruled : 0,
        .diagnostic = record ? record->diagnostic : NULL,
        .limits = answer_limits(stream),
        .segments = segments ? (const struct ta_segment *)wmem_array_get_raw(segments) : NULL,
        .segment_count = segments ? wmem_array_get_count(segments) : 0,
        .find_states = find_states,
        .source = stream,
    };
    for (int end = 0; end < TA_ENDS; end++)
        fill_end(&shown.connection.end[end], stream, end);
    return &shown.connection;
}

const struct report_connection *reports_connection(const struct stream *stream)
{
    return show(stream, answer_end(stream, &shown.record));
}

const struct report_connection *reports_reset(const struct stream *stream, uint32_t frame)
{
    const struct verdict_record *record = answer_verdict(stream, frame, &shown.record);
    return record ? show(stream, record) : NULL;
}

struct report_options reports_options(void)
{
    return (struct report_options){
        .stack = (unsigned)pref_stack,
        .capture_point = (enum ta_capture_point)pref_point,
        .only = (enum ta_harm)pref_report_only,
        .filter = pref_report_filter,
    };
}

/* ---- Statistics of tshark ---- */

/* As one line that cannot drive a terminal, whatever a file name in it holds. */
static char *escaped(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    GString *line = g_string_new(NULL);

    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_isprint(c))
            g_string_append_unichar(line, c);
        else
            g_string_append_printf(line, c > 0xff ? "\\u%04x" : "\\x%02x", c);
    }
    g_free(valid);
    return g_string_free(line, FALSE);
}

/* A wrong argument, or a file that cannot be written: tshark ends with this one line. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3), noreturn))
#endif
static void fail(const char *name, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "tshark: -z %s: %s\n", escaped(name), escaped(g_strdup_vprintf(format, arguments)));
    va_end(arguments);
    exit(1);
}

void reports_check_enabled(const char *name)
{
    const int needed[] = { proto_get_id_by_filter_name("tcpabort"), proto_get_id_by_filter_name("tcp") };

    for (unsigned i = 0; i < G_N_ELEMENTS(needed); i++) {
        const char *protocol = proto_get_protocol_filter_name(needed[i]);
        if (proto_is_protocol_enabled(find_protocol_by_id(needed[i])))
            continue;
        if (g_strcmp0(g_get_prgname(), "tshark") == 0)
            fail(name, "the protocol %s is disabled, so no stream is followed", protocol);
        report_failure("%s: the protocol %s is disabled, so no stream is followed", name, protocol);
        return;
    }
}

const struct stream *statistic_next(const struct statistic *statistic, uint32_t *next)
{
    while (*next < streams_count()) {
        uint32_t number = (*next)++;
        const struct stream *stream = streams_at(number);
        const bool *chosen = (const bool *)pages_at(&statistic->chosen, number);
        if (stream && stream->number == number && chosen && *chosen)
            return stream;
    }
    return NULL;
}

static void print_report(FILE *out, struct statistic *statistic)
{
    const struct report_options options = reports_options();
    struct report *report = report_begin(statistic->kind->format, &options, out);
    const struct stream *stream;

    for (uint32_t next = 0; (stream = statistic_next(statistic, &next)) != NULL;)
        report_add(report, reports_connection(stream));
    report_end(report, capture_now());
}

/* Ends tshark if the file was not to be written. */
static void check_written(const struct statistic *statistic, const char *why)
{
    if (why)
        fail(statistic->kind->name, "%s", why);
}

static void reset(void *data)
{
    struct statistic *statistic = (struct statistic *)data;

    statistic->chosen = (struct pages){ .size = sizeof(bool) }; /* its memory goes with the file */
    g_free(statistic->data);
    statistic->data = NULL;
}

/* Without telling taps tshark -M drops what it has read, and a ring buffer begins its next file. */
static void forget_old_capture(struct statistic *statistic)
{
    if (statistic->capture != capture_number())
        reset(statistic);
    statistic->capture = capture_number();
}

static void draw(void *data)
{
    struct statistic *statistic = (struct statistic *)data;
    struct report_file *file = &statistic->file;

    if (file->path)
        check_written(statistic, report_file_open(file));
    forget_old_capture(statistic);
    statistic->kind->print(file->path ? file->out : stdout, statistic);
    if (file->path)
        check_written(statistic, report_file_close(file));
    else if (fflush(stdout) != 0 || ferror(stdout))
        fail(statistic->kind->name, "standard output: %s", g_strerror(errno));
}

static tap_packet_status packet(void *data, packet_info *pinfo, epan_dissect_t *edt _U_, const void *record,
                                tap_flags_t flags _U_)
{
    struct statistic *statistic = (struct statistic *)data;
    const struct stream *stream = (const struct stream *)record;

    forget_old_capture(statistic);
    *(bool *)pages_make(&statistic->chosen, stream->number) = true;
    if (statistic->kind->packet)
        statistic->kind->packet(statistic, pinfo, stream);
    return TAP_PACKET_DONT_REDRAW;
}

static void finish(void *data)
{
    struct statistic *statistic = (struct statistic *)data;

    reset(statistic);
    report_file_free(&statistic->file);
    g_free(statistic);
}

/* Before any frame is read: will the file be written at the end? */
static void check_path(struct statistic *statistic, const char *path)
{
    statistic->file = (struct report_file){ .path = g_strdup(path), .replace = pref_report_overwrite,
                                            .how_to_replace = "-o tcpabort.report_overwrite:TRUE" };
    if (*path == '\0')
        fail(statistic->kind->name, "the name of a file must follow: -z %s,FILE", statistic->kind->name);
    check_written(statistic, report_file_check(&statistic->file));
}

/* -z NAME[,FILTER] or -z NAME,FILE, where - is standard output. */
static stat_start start(const char *argument, void *user_data)
{
    const struct statistic_kind *kind = (const struct statistic_kind *)user_data;
    const char *rest = argument + strlen(kind->name), *value = *rest == ',' ? rest + 1 : NULL;
    const char *filter = kind->packet ? NULL : kind->to_file || !value ? pref_report_filter : value;
    struct statistic *statistic = g_new0(struct statistic, 1);

    if (*rest != '\0' && !value)
        fail(argument, "unknown statistic; did you mean -z %s?", kind->name);
    reports_check_enabled(kind->name);
    statistic->kind = kind;
    if (kind->to_file && !(value && strcmp(value, "-") == 0))
        check_path(statistic, value ? value : "");
    if (kind->format && report_needs_segments(kind->format))
        segments_keep();
    GString *error = register_tap_listener("tcpabort", statistic, filter && *filter ? filter : NULL, TL_REQUIRES_NOTHING,
                                           reset, packet, draw, finish);
    if (error)
        fail(kind->name, "%s", error->str);
    STAT_STARTED;
}

void register_tap_listener_tcpabort_reports(void)
{
    static const struct statistic_kind kinds[] = {
        { .name = "tcpabort,streams", .format = &report_table, .print = print_report },
        { .name = "tcpabort,servers", .format = &report_servers, .print = print_report },
        { .name = "tcpabort,json", .to_file = true, .format = &report_json, .print = print_report },
        { .name = "tcpabort,html", .to_file = true, .format = &report_html, .print = print_report },
    };
    static stat_tap_ui ui[G_N_ELEMENTS(kinds) + 1];

    for (unsigned i = 0; i < G_N_ELEMENTS(ui); i++) {
        const struct statistic_kind *kind = i < G_N_ELEMENTS(kinds) ? &kinds[i] : &statistic_comments;
        ui[i] = (stat_tap_ui){ REGISTER_STAT_GROUP_GENERIC, NULL, kind->name, start, 0, NULL };
        register_stat_tap_ui(&ui[i], (void *)(uintptr_t)kind);
    }
}
