/* Markup with arguments that are always text; see markup.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "markup.h"

#include <stdarg.h>
#include <stdbool.h>

#include <glib.h>

static const char *entity(gunichar c)
{
    switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

/* Control characters, the ones that XML cannot hold, and those that change the direction of other text. */
static bool must_be_shown(gunichar c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xfffe || c == 0xffff || (c >= 0x202a && c <= 0x202e)
           || (c >= 0x2066 && c <= 0x2069);
}

static void put_text(FILE *out, const char *text)
{
    while (*text) {
        gunichar c = g_utf8_get_char_validated(text, -1);
        bool valid = c < 0x110000; /* errors are the largest numbers */
        const char *next = valid ? g_utf8_next_char(text) : text + 1;

        if (!valid)
            fprintf(out, "\\x%02X", (unsigned char)*text);
        else if (must_be_shown(c))
            fprintf(out, "\\u%04X", c);
        else if (entity(c))
            fputs(entity(c), out);
        else
            fwrite(text, 1, (size_t)(next - text), out);
        text = next;
    }
}

void markup(FILE *out, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    for (const char *c = format; *c; c++) {
        if (*c != '%') {
            putc(*c, out);
            continue;
        }
        switch (*++c) {
        case 's': put_text(out, va_arg(arguments, const char *)); break;
        case 'u': fprintf(out, "%u", va_arg(arguments, unsigned)); break;
        case 'd': fprintf(out, "%d", va_arg(arguments, int)); break;
        default: putc(*c, out); break; /* %% */
        }
    }
    va_end(arguments);
}
