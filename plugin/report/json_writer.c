/* JSON as text; see json_writer.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "json_writer.h"

#include <inttypes.h>
#include <string.h>

static void put_string(GString *text, const char *value)
{
    static const char escaped[] = "\b\f\n\r\t\"\\", escapes[] = "bfnrt\"\\";

    g_string_append_c(text, '"');
    for (const char *c = value; *c; c++) {
        const char *special = strchr(escaped, *c);
        if (special)
            g_string_append_printf(text, "\\%c", escapes[special - escaped]);
        else if ((unsigned char)*c < 0x20)
            g_string_append_printf(text, "\\u%04x", *c);
        else if (*c == '/' && c > value && c[-1] == '<')
            g_string_append(text, "\\/"); /* so that a script in a web page may hold it */
        else
            g_string_append_c(text, *c);
    }
    g_string_append_c(text, '"');
}

/* What comes before a value. */
static void begin_value(struct json *json, const char *name)
{
    if (json->goes_on)
        g_string_append_c(json->text, ',');
    if (name) {
        put_string(json->text, name);
        g_string_append_c(json->text, ':');
    }
    json->goes_on = true;
}

void json_begin(struct json *json, const char *name, char bracket)
{
    begin_value(json, name);
    g_string_append_c(json->text, bracket);
    json->goes_on = false;
}

void json_end(struct json *json, char bracket)
{
    g_string_append_c(json->text, bracket);
    json->goes_on = true;
}

void json_string(struct json *json, const char *name, const char *value)
{
    begin_value(json, name);
    put_string(json->text, value);
}

void json_number(struct json *json, const char *name, uint32_t value)
{
    begin_value(json, name);
    g_string_append_printf(json->text, "%" PRIu32, value);
}

void json_seconds(struct json *json, const char *name, int64_t nanoseconds)
{
    begin_value(json, name);
    g_string_append_printf(json->text, "%" PRId64 ".%09" PRId64, nanoseconds / 1000000000, nanoseconds % 1000000000);
}
