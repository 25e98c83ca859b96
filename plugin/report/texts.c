/* What reports say, as texts; see report.h and format.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>

#include "format.h"

const char *report_text(GStringChunk *scope, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    const char *kept = g_string_chunk_insert(scope, text);
    g_free(text);
    return kept;
}

const char *report_keep_text(GStringChunk *scope, GString *string)
{
    const char *kept = g_string_chunk_insert_len(scope, string->str, (gssize)string->len);

    g_string_free(string, TRUE);
    return kept;
}

const char *report_end_text(GStringChunk *scope, const struct report_end *end)
{
    return report_text(scope, end->ip_version == 6 ? "[%s]:%u" : "%s:%u", end->ip_version ? end->address : "?", end->port);
}

const char *report_time_text(GStringChunk *scope, int64_t nanoseconds)
{
    const int64_t second = 1000 * TA_MILLISECOND;
    int64_t rest = (nanoseconds % second + second) % second;
    GDateTime *time = g_date_time_new_from_unix_local((nanoseconds - rest) / second);
    char *day = time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S") : NULL;
    char *zone = time ? g_date_time_format(time, "%:z") : NULL;
    const char *text = report_text(scope, "%s.%06d%s", day ? day : "?", (int)(rest / 1000), zone ? zone : "");

    g_free(day);
    g_free(zone);
    if (time)
        g_date_time_unref(time);
    return text;
}

const char *report_errors_text(GStringChunk *scope, const struct ta_verdict *v, int end)
{
    struct ta_answer answer = ta_answer(v, end, TA_LINUX);
    unsigned winsock = ta_winsock(v, end);
    const char *number = winsock ? report_text(scope, "%u", winsock) : "-";

    if (answer.recv == TA_NO_CALL || answer.recv == TA_NOT_KNOWN)
        return "-";
    return report_text(scope, "%s | %s/%s", number, ta_result_name(answer.recv), ta_result_name(answer.send));
}

const char *report_summary_text(GStringChunk *scope, const struct report_options *options, const struct report_connection *c)
{
    char summary[TA_SUMMARY_SIZE];

    ta_summary(summary, sizeof summary, c->verdict, options->stack, c->diagnostic);
    return report_text(scope, "%s%s", summary,
                       ta_origin(c->tcp, c->verdict) == TA_ORIGIN_NETWORK ? "; signs say that something on the way sent this reset" : "");
}

const char *report_hint_text(GStringChunk *scope, const struct ta_verdict *v, unsigned index)
{
    char text[TA_HINT_SIZE];

    ta_hint_text(text, sizeof text, v, index);
    return g_string_chunk_insert(scope, text);
}

const char *report_sign_text(GStringChunk *scope, const struct report_connection *c, int sign)
{
    char text[TA_SIGN_SIZE];

    ta_sign_text(text, sizeof text, c->tcp, c->verdict, (enum ta_sign)sign);
    return g_string_chunk_insert(scope, text);
}

const char *report_kinds_text(GStringChunk *scope, const unsigned kinds[TA_KIND_COUNT])
{
    GString *text = g_string_new(NULL);

    for (int kind = 0; kind < TA_KIND_COUNT; kind++)
        if (kinds[kind] > 0)
            g_string_append_printf(text, "%s%u %s", text->len ? ", " : ": ", kinds[kind], ta_kind_slug((enum ta_kind)kind));
    return report_keep_text(scope, text);
}

const char *report_totals_text(GStringChunk *scope, const struct report_totals *totals)
{
    return report_text(scope, "%u TCP stream%s%s; data lost in %u, possibly in %u", totals->connections, totals->connections == 1 ? "" : "s",
                       report_kinds_text(scope, totals->kinds), totals->harms[TA_HARM_LOST], totals->harms[TA_HARM_POSSIBLE]);
}
