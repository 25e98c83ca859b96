/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal.h"

#include <string.h>

#include "fail.h"

const char *const journal_ends[ENDS] = { [CLIENT] = "client", [SERVER] = "server" };

void journal_open(struct journal *journal)
{
    *journal = (struct journal){ .call_count = 0 };
    journal->calls = open_memstream(&journal->calls_text, &journal->calls_size);
    journal->events = open_memstream(&journal->events_text, &journal->events_size);
    if (!journal->calls || !journal->events)
        fail(LAB_FAILED, "out of memory");
}

void journal_call(struct journal *journal, int64_t time, const struct step *step, int connection,
                  const struct report *report)
{
    char call[MAX_TEXT + 64];
    step_write(step, call, sizeof call);
    fprintf(journal->calls, "%s[%.6f,\"%s\",\"%s\",\"%s\",\"%s\",%d]", journal->call_count++ ? "," : "",
            (double)time / 1e9, journal_ends[step->end], report->state, call, report->result, connection);
}

void journal_event(struct journal *journal, int end, int connection, const struct trace_event *event)
{
    static const char *const kinds[] = {
        [TRACE_STATE] = "state", [TRACE_SENT_RST] = "sent_rst", [TRACE_GOT_RST] = "got_rst"
    };
    fprintf(journal->events, "%s[%.6f,\"%s\",\"%s\",\"%s\",\"%s\",%d]", ftell(journal->events) ? "," : "",
            (double)event->time / 1e9, journal_ends[end], kinds[event->kind], event->from, event->to, connection);
}

void journal_close(struct journal *journal, bool traced, FILE *out)
{
    fclose(journal->calls);
    fclose(journal->events);
    fprintf(out, "\"calls\":[%s]", journal->calls_text);
    if (traced)
        fprintf(out, ",\"kernel\":[%s]", journal->events_text);
    free(journal->calls_text);
    free(journal->events_text);
}

static bool tells_of_resets(const char *counter)
{
    return strncmp(counter, "TCPAbort", 8) == 0 || strcmp(counter, "OutRsts") == 0 ||
           strcmp(counter, "ListenOverflows") == 0;
}

/* A table of /proc/net is pairs of lines: names, values. */
static void write_table(FILE *out, const char *path, const char **separator)
{
    char names[8192], values[8192];
    FILE *table = fopen(path, "r");
    while (table && fgets(names, sizeof names, table) && fgets(values, sizeof values, table)) {
        char *name_rest, *value_rest;
        char *name = strtok_r(names, " \n", &name_rest), *value = strtok_r(values, " \n", &value_rest);
        while (name && value) {
            if (tells_of_resets(name)) {
                fprintf(out, "%s\"%s\":%s", *separator, name, value);
                *separator = ",";
            }
            name = strtok_r(NULL, " \n", &name_rest);
            value = strtok_r(NULL, " \n", &value_rest);
        }
    }
    if (table)
        fclose(table);
}

void journal_counters(FILE *out)
{
    const char *separator = "";
    fputc('{', out);
    write_table(out, "/proc/thread-self/net/snmp", &separator);
    write_table(out, "/proc/thread-self/net/netstat", &separator);
    fputc('}', out);
}
