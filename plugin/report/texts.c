/* Starts reports, picks their streams, writes their files; see report.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <epan/stat_tap_ui.h>
#include <epan/to_str.h>
#include <wsutil/report_message.h>

#include "place.h"

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

void report_check_enabled(const char *name)
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

void report_find(const struct stream *stream, struct report_stream *found)
{
    found->stream = stream;
    found->kind = answer_kind(stream);
    found->verdict = answer_end(stream, &found->record) ? &found->record.verdict : NULL;
}

const char *report_blamed(const struct report_stream *found)
{
    return found->verdict ? ta_stream_blamed(answer_connection(found->stream), found->verdict) : "nobody";
}

bool report_next(struct report *report, uint32_t *next, struct report_stream *found)
{
    struct report_totals *totals = &report->totals;

    if (*next == 0)
        memset(totals, 0, sizeof *totals);
    while (*next < streams_count()) {
        uint32_t number = (*next)++;
        const struct stream *stream = streams_at(number);
        const bool *chosen = (const bool *)pages_at(&report->chosen, number);
        if (!stream || stream->number != number || !chosen || !*chosen)
            continue;
        report_find(stream, found);
        totals->streams++;
        totals->kinds[found->kind]++;
        totals->harms[report_harm(found)]++;
        return true;
    }
    return false;
}

enum ta_harm report_harm(const struct report_stream *stream)
{
    return stream->verdict ? (enum ta_harm)stream->verdict->harm : TA_HARM_NONE;
}

bool report_lists(const struct report_stream *stream)
{
    return stream->verdict && (int)report_harm(stream) >= pref_report_only;
}

const char *report_end_text(wmem_allocator_t *scope, const struct stream *stream, int end)
{
    const struct endpoint endpoint = stream_endpoint(stream, end);
    address bytes;
    endpoint_address(&endpoint, &bytes);
    char *host = bytes.type == AT_NONE ? wmem_strdup(scope, "?") : address_to_str(scope, &bytes);
    return wmem_strdup_printf(scope, bytes.type == AT_IPv6 ? "[%s]:%u" : "%s:%u", host, endpoint.port);
}

const char *report_time_text(wmem_allocator_t *scope, int64_t nanoseconds)
{
    const int64_t second = 1000 * TA_MILLISECOND;
    int64_t rest = (nanoseconds % second + second) % second;
    GDateTime *time = g_date_time_new_from_unix_local((nanoseconds - rest) / second);
    char *day = time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S") : NULL;
    char *zone = time ? g_date_time_format(time, "%:z") : NULL;
    const char *text = wmem_strdup_printf(scope, "%s.%06d%s", day ? day : "?", (int)(rest / 1000), zone ? zone : "");

    g_free(day);
    g_free(zone);
    if (time)
        g_date_time_unref(time);
    return text;
}

const char *report_filter_text(wmem_allocator_t *scope, const struct report_stream *found)
{
    const struct stream *stream = found->stream;
    wmem_array_t *others = streams_other_numbers(stream);
    wmem_strbuf_t *text = wmem_strbuf_new(scope, NULL);

    wmem_strbuf_append_printf(text, "tcp.stream eq %u", stream->number);
    for (unsigned i = 0; others && i < wmem_array_get_count(others); i++)
        wmem_strbuf_append_printf(text, " or tcp.stream eq %u", *(const uint32_t *)wmem_array_index(others, i));
    if (found->verdict && found->verdict->evidence.icmp_frame != 0)
        wmem_strbuf_append_printf(text, " or frame.number eq %u", found->verdict->evidence.icmp_frame);
    return wmem_strbuf_finalize(text);
}

const char *report_errors_text(wmem_allocator_t *scope, const struct ta_verdict *v, int end)
{
    struct ta_answer answer = ta_answer(v, end, TA_LINUX);
    unsigned winsock = ta_winsock(v, end);
    const char *number = winsock ? wmem_strdup_printf(scope, "%u", winsock) : "-";

    if (answer.recv == TA_NO_CALL || answer.recv == TA_NOT_KNOWN)
        return "-";
    return wmem_strdup_printf(scope, "%s | %s/%s", number, ta_result_name(answer.recv), ta_result_name(answer.send));
}

const char *report_summary_text(wmem_allocator_t *scope, const struct stream *stream, const struct verdict_record *record)
{
    const struct ta_verdict *v = &record->verdict;
    char *summary = (char *)wmem_alloc(scope, TA_SUMMARY_SIZE);
    ta_summary(summary, TA_SUMMARY_SIZE, v, (unsigned)pref_stack, record->diagnostic);
    if (ta_origin(answer_connection(stream), v) != TA_ORIGIN_NETWORK)
        return summary;
    return wmem_strdup_printf(scope, "%s; signs say that something on the way sent this reset", summary);
}

const char *report_hint_text(wmem_allocator_t *scope, const struct ta_verdict *v, unsigned index)
{
    char *text = (char *)wmem_alloc(scope, TA_HINT_SIZE);
    ta_hint_text(text, TA_HINT_SIZE, v, index);
    return text;
}

const char *report_totals_text(wmem_allocator_t *scope, const struct report_totals *totals)
{
    wmem_strbuf_t *text = wmem_strbuf_new(scope, "");
    const char *separator = ": ";

    wmem_strbuf_append_printf(text, "%u TCP stream%s", totals->streams, totals->streams == 1 ? "" : "s");
    for (int kind = 0; kind < TA_KIND_COUNT; kind++) {
        if (totals->kinds[kind] == 0)
            continue;
        wmem_strbuf_append_printf(text, "%s%u %s", separator, totals->kinds[kind], ta_kind_slug((enum ta_kind)kind));
        separator = ", ";
    }
    wmem_strbuf_append_printf(text, "; data lost in %u, possibly in %u", totals->harms[TA_HARM_LOST], totals->harms[TA_HARM_POSSIBLE]);
    return wmem_strbuf_finalize(text);
}

static FILE *open_place(struct report *report)
{
    FILE *file = report->place ? place_open(report->place) : NULL;
    if (!file)
        fail(report->kind->name, "%s: %s", report->path, g_strerror(errno));
    return file;
}

/* A symbolic link counts, whatever it leads to. */
static bool exists(const char *path)
{
    return g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

static void fail_exists(const struct report *report)
{
    fail(report->kind->name, "%s: exists already (-o tcpabort.report_overwrite:TRUE replaces it)", report->path);
}

/* Before any frame is read: will the file be written at the end? */
static void check_path(struct report *report)
{
    if (report->path[0] == '\0')
        fail(report->kind->name, "the name of a file must follow: -z %s,FILE", report->kind->name);
    if (g_file_test(report->path, G_FILE_TEST_IS_DIR))
        fail(report->kind->name, "%s: is a directory", report->path);
    if (!pref_report_overwrite && exists(report->path))
        fail_exists(report);
    bool regular = g_file_test(report->path, G_FILE_TEST_IS_REGULAR) && !g_file_test(report->path, G_FILE_TEST_IS_SYMLINK);
    if (exists(report->path) && !regular)
        fail(report->kind->name, "%s: is not a regular file (- is standard output)", report->path);
    report->place = place_new(report->path);
    fclose(open_place(report));
    place_drop(report->place);
}

static void reset(void *data)
{
    struct report *report = (struct report *)data;

    report->chosen = (struct pages){ .size = sizeof(bool) }; /* its memory goes with the file */
    g_free(report->data);
    report->data = NULL;
}

/* Without telling taps tshark -M drops what it has read, and a ring buffer begins its next file. */
static void forget_old_file(struct report *report)
{
    if (report->file != capture_number())
        reset(report);
    report->file = capture_number();
}

static void draw(void *data)
{
    struct report *report = (struct report *)data;
    FILE *out = report->path ? open_place(report) : stdout;

    forget_old_file(report);
    report->kind->print(out, report);
    bool written = fflush(out) == 0 && !ferror(out);
    if (!report->path) {
        if (!written)
            fail(report->kind->name, "standard output: %s", g_strerror(errno));
        return;
    }
    written &= fclose(out) == 0;
    int why = errno;
    if (!written)
        place_drop(report->place);
    else if (place_take(report->place, pref_report_overwrite))
        return;
    else if ((why = errno) == EEXIST)
        fail_exists(report); /* somebody else's, made meanwhile */
    fail(report->kind->name, "%s: %s", report->path, g_strerror(why));
}

static tap_packet_status packet(void *data, packet_info *pinfo, epan_dissect_t *edt _U_, const void *record,
                                tap_flags_t flags _U_)
{
    struct report *report = (struct report *)data;
    const struct stream *stream = (const struct stream *)record;

    forget_old_file(report);
    *(bool *)pages_make(&report->chosen, stream->number) = true;
    if (report->kind->packet)
        report->kind->packet(report, pinfo, stream);
    return TAP_PACKET_DONT_REDRAW;
}

static void finish(void *data)
{
    struct report *report = (struct report *)data;

    reset(report);
    place_free(report->place);
    g_free(report->path);
    g_free(report);
}

/* -z NAME[,FILTER] or -z NAME,FILE, where - is standard output. */
static stat_start start(const char *argument, void *user_data)
{
    const struct report_kind *kind = (const struct report_kind *)user_data;
    const char *rest = argument + strlen(kind->name), *value = *rest == ',' ? rest + 1 : NULL;
    const char *filter = kind->packet ? NULL : kind->to_file || !value ? pref_report_filter : value;
    struct report *report = g_new0(struct report, 1);

    if (*rest != '\0' && !value)
        fail(argument, "unknown statistic; did you mean -z %s?", kind->name);
    report_check_enabled(kind->name);
    report->kind = kind;
    if (kind->to_file && !(value && strcmp(value, "-") == 0)) {
        report->path = g_strdup(value ? value : "");
        check_path(report);
    }
    if (kind->keeps_segments)
        segments_keep();
    GString *error = register_tap_listener("tcpabort", report, filter && *filter ? filter : NULL, TL_REQUIRES_NOTHING,
                                           reset, packet, draw, finish);
    if (error)
        fail(kind->name, "%s", error->str);
    STAT_STARTED;
}

void register_tap_listener_tcpabort_reports(void)
{
    static const struct report_kind *const kinds[] = { &report_streams, &report_servers, &report_json, &report_html,
                                                       &report_comments };
    static stat_tap_ui ui[G_N_ELEMENTS(kinds)];

    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        ui[i] = (stat_tap_ui){ REGISTER_STAT_GROUP_GENERIC, NULL, kinds[i]->name, start, 0, NULL };
        register_stat_tap_ui(&ui[i], (void *)(uintptr_t)kinds[i]);
    }
}
