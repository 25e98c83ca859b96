/* Writes JSON text, one value a line.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_JSON_WRITER_H
#define TCPABORT_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

struct json {
    GString *text;
    bool goes_on; /* a comma comes before the next value */
};

/* In what follows `name` is that of the member; NULL in an array, and for the outermost value.
 * Begins an object with '{', an array with '['; ends it with '}' or ']'. */
void json_begin(struct json *json, const char *name, char bracket);
void json_end(struct json *json, char bracket);

/* `value` is UTF-8. */
void json_string(struct json *json, const char *name, const char *value);

void json_number(struct json *json, const char *name, uint32_t value);

/* Nanoseconds as seconds, exact; not negative. */
void json_seconds(struct json *json, const char *name, int64_t nanoseconds);

#endif
