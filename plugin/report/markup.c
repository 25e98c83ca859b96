/* Markup with arguments that are always text; see markup.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "markup.h"

#include <stdarg.h>
#include <stdbool.h>

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

static void put_text(GString *page, const char *text)
{
    while (*text) {
        gunichar c = g_utf8_get_char_validated(text, -1);
        bool valid = c < 0x110000; /* errors are the largest numbers */
        const char *next = valid ? g_utf8_next_char(text) : text + 1;

        if (!valid)
            g_string_append_printf(page, "\\x%02X", (unsigned char)*text);
        else if (must_be_shown(c))
            g_string_append_printf(page, "\\u%04X", c);
        else if (entity(c))
            g_string_append(page, entity(c));
        else
            g_string_append_len(page, text, next - text);
        text = next;
    }
}

void markup(GString *page, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    for (const char *c = format; *c; c++) {
        if (*c != '%') {
            g_string_append_c(page, *c);
            continue;
        }
        switch (*++c) {
        case 's': put_text(page, va_arg(arguments, const char *)); break;
        case 'u': g_string_append_printf(page, "%u", va_arg(arguments, unsigned)); break;
        case 'd': g_string_append_printf(page, "%d", va_arg(arguments, int)); break;
        default: g_string_append_c(page, *c); break; /* %% */
        }
    }
    va_end(arguments);
}
