/* Verdicts in words. No decision is made here: every clause follows from the verdict.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "explain/idle.h"
#include "tcpabort.h"

struct sentence {
    char *text;
    size_t size;
    int length; /* as long as the text would be, like snprintf */
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void add(struct sentence *to, const char *format, ...)
{
    size_t used = (size_t)to->length < to->size ? (size_t)to->length : to->size;
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(used < to->size ? to->text + used : NULL, to->size - used, format, arguments);
    va_end(arguments);
    to->length += added > 0 ? added : 0;
}

/* What opens the summary, where the facts say more than the kind. First match. */
static const char *find_headline(const struct ta_verdict *v)
{
    static const struct {
        enum ta_kind kind;
        uint64_t need;
        const char *text;
    } rows[] = {
        { TA_KIND_SYN_TIMEOUT, TA_F(OLD_ACKS), "%T gave up connecting: its SYN was answered %n, by the ACK of another connection on these ports" },
        { TA_KIND_SYN_TIMEOUT, TA_F(BAD_REFUSALS), "%T gave up connecting: its SYN was answered %n, by a reset that does not acknowledge it" },
        { TA_KIND_IGNORED_RST, TA_F(ACKS_ISN), "%A sent a reset that %V %N obey: it ACKs the ISN, and not ISN+1" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].kind == v->kind && (v->evidence.facts & rows[i].need) == rows[i].need)
            return rows[i].text;
    return ta_kind_headline(v->kind);
}

static void add_times(struct sentence *to, unsigned times)
{
    if (times == 1)
        add(to, "once");
    else
        add(to, "%u times", times);
}

static void add_headline(struct sentence *to, const struct ta_verdict *v)
{
    for (const char *c = find_headline(v); *c; c++) {
        size_t plain = strcspn(c, "%");
        if (plain > 0) {
            add(to, "%.*s", (int)plain, c);
            c += plain - 1;
            continue;
        }
        c++;
        if (*c == 'N') {
            add(to, v->evidence.facts & (TA_F(EFFECT_UNKNOWN) | TA_F(AHEAD)) ? "may not" : "does not");
            continue;
        }
        if (*c == 'n') {
            add_times(to, v->evidence.bad_answers);
            continue;
        }
        if (*c == 'I') {
            add(to, "%s", ta_icmp_title(v->evidence.icmp));
            continue;
        }
        const char *name = ta_end_slug(*c == 'T' ? v->evidence.told : *c == 'A' ? v->evidence.aborter : 1 - v->evidence.aborter);
        add(to, "%c%s", to->length == 0 ? toupper((unsigned char)name[0]) : name[0], name + 1);
    }
}

static void add_result(struct sentence *to, enum ta_result result)
{
    unsigned number = ta_result_number(result);
    add(to, "%s", ta_result_name(result));
    if (number)
        add(to, " (%u)", number);
}

static void add_stack(struct sentence *to, const struct ta_verdict *v, int end, enum ta_stack stack)
{
    struct ta_answer answer = ta_answer(v, end, stack);
    add_result(to, ta_first_failure(&answer));
    if (answer.alternative != TA_NOT_KNOWN) {
        add(to, " or ");
        add_result(to, answer.alternative);
    }
    add(to, " on %s", ta_stack_name(stack));
}

/* The errors of the chosen stack, or of Windows and the likelier POSIX stack both. */
static void add_errors(struct sentence *to, const struct ta_verdict *v, unsigned stack)
{
    int victim = v->evidence.told;
    bool automatic = stack == TA_STACK_AUTO;
    enum ta_stack first = ta_headline_stack(v, stack);
    enum ta_stack second = !automatic ? first : first == TA_WINDOWS ? TA_LINUX : TA_WINDOWS;

    if (!ta_is_told(v, victim, first) && !ta_is_told(v, victim, second)) {
        add(to, ": no application notices it");
        return;
    }
    add(to, ": %s %s see ", ta_end_slug(victim), v->evidence.facts & TA_F(EFFECT_UNKNOWN) ? "may" : "will");
    if (v->evidence.handle[victim] != TA_HANDLE_OPEN)
        add(to, "(if it still holds the socket) ");
    add_stack(to, v, victim, first);
    if (!automatic)
        return;
    if (first == TA_FREEBSD || first == TA_MACOS)
        add(to, " (guessed from its SYN's options)");
    else if (v->evidence.guess[victim] != TA_STACK_COUNT)
        add(to, " (guessed from TTL %u)", v->evidence.ttl[victim]);
    add(to, ", ");
    add_stack(to, v, victim, second);
}

static void add_bytes(struct sentence *to, uint32_t bytes)
{
    add(to, "%" PRIu32 " byte%s", bytes, bytes == 1 ? "" : "s");
}

static const char *were(uint32_t bytes)
{
    return bytes == 1 ? "was" : "were";
}

static void add_harm(struct sentence *to, const struct ta_verdict *v)
{
    int victim = 1 - v->evidence.aborter;
    uint32_t lost = v->evidence.unacked_bytes[victim], unread = v->evidence.unread_bytes[v->evidence.aborter];

    if (v->harm == TA_HARM_NONE)
        return;
    if (lost > 0 && v->evidence.bytes_after_fin == lost) {
        add(to, "; ");
        add_bytes(to, lost);
        add(to, " sent after the FIN %s discarded", were(lost));
    } else if (lost > 0) {
        add(to, "; ");
        add_bytes(to, lost);
        add(to, " from the %s %s never ACKed", ta_end_slug(victim), were(lost));
    }
    if (v->evidence.unacked_bytes[v->evidence.aborter] > 0) {
        add(to, "; ");
        add_bytes(to, v->evidence.unacked_bytes[v->evidence.aborter]);
        add(to, " from the %s %s never ACKed", ta_end_slug(v->evidence.aborter), were(v->evidence.unacked_bytes[v->evidence.aborter]));
    }
    if ((v->evidence.facts & TA_F(ACTIVE)) && unread > 0) {
        add(to, "; up to ");
        add_bytes(to, unread);
        add(to, " from the %s %s ACKed but perhaps not read", ta_end_slug(victim), were(unread));
    }
    /* Windows erases what its application has not read yet (rows 22, 27). */
    if ((v->evidence.facts & TA_F(RECENT_PAYLOAD)) && !(v->evidence.facts & (TA_F(VICTIM_FIN) | TA_F(GAVE_UP))))
        add(to, "; what the %s sent just before is gone on Windows if not read yet", ta_end_slug(v->evidence.aborter));
}

/* What the RST says of itself, a text in quotes: its words are not ours. */
static void add_diagnostic(struct sentence *to, const char *const *diagnostic)
{
    for (int i = 0; diagnostic && diagnostic[i]; i++) {
        const char *line = diagnostic[i];
        bool text = strncmp(line, TA_DIAGNOSTIC_TEXT, strlen(TA_DIAGNOSTIC_TEXT)) == 0;
        add(to, "%s", i == 0 ? "; the reset says: " : ", ");
        if (!text) {
            add(to, "%s", line);
            continue;
        }
        add(to, "\"");
        for (const char *c = line + strlen(TA_DIAGNOSTIC_TEXT); *c; c++)
            add(to, *c == '"' ? "\\%c" : "%c", *c);
        add(to, "\"");
    }
}

static void add_name(struct sentence *to, const char *name, uint32_t number)
{
    add(to, *name ? "%s" : "%s%" PRIu32, *name ? name : "number ", number);
}

static void add_hint(struct sentence *to, const struct ta_hint *hint, const char *text)
{
    for (const char *c = text; *c; c++) {
        size_t plain = strcspn(c, "%");
        if (plain > 0) {
            add(to, "%.*s", (int)plain, c);
            c += plain - 1;
            continue;
        }
        switch (*++c) {
        case 'E': add(to, "%s", ta_end_slug(hint->end)); break;
        case 'O': add(to, "%s", ta_end_slug(1 - hint->end)); break;
        case 'f': add(to, "%" PRIu32, hint->frame); break;
        case 'o': add(to, "%" PRIu32, hint->other); break;
        case 'm': add_name(to, ta_method_name(hint->number), hint->number); break;
        case 'a': add_name(to, ta_alert_name((uint8_t)hint->number), hint->number); break;
        case 'h': add_name(to, ta_handshake_name((uint8_t)hint->number), hint->number); break;
        case 'i': add(to, "%s", ta_idle_owner(hint->number)); break;
        case 't': add(to, "%" PRIu32 ".%" PRIu32, hint->frame / 1000, hint->frame / 100 % 10); break;
        default: add(to, "%" PRIu32, hint->number);
        }
    }
}

static const struct {
    bool headline;
    const char *text;
} hints[] = {
#define HINT(id, headline, text) [id] = { headline, text },
#include "explain/hints.def"
#undef HINT
};

int ta_hint_text(char *text, size_t size, const struct ta_verdict *v, unsigned index)
{
    struct sentence to = { text, size, 0 };

    if (size > 0)
        text[0] = '\0';
    add_hint(&to, &v->hint[index], hints[v->hint[index].id].text);
    return to.length;
}

/* The most telling hint, without the word that names its protocol. */
static void add_headline_hint(struct sentence *to, const struct ta_verdict *v)
{
    for (unsigned i = 0; i < v->hint_count; i++)
        if (hints[v->hint[i].id].headline) {
            add(to, "; ");
            add_hint(to, &v->hint[i], strchr(hints[v->hint[i].id].text, ' ') + 1);
            return;
        }
}

int ta_summary(char *text, size_t size, const struct ta_verdict *v, unsigned stack, const char *const *diagnostic)
{
    struct sentence to = { text, size, 0 };

    if (size > 0)
        text[0] = '\0';
    if (v->kind == TA_KIND_NONE) {
        add(&to, "%s", v->evidence.effect == TA_EFFECT_DUPLICATE ? "Another reset: an earlier one decided"
                                                        : "Reset of a connection whose state was not captured");
        return to.length;
    }
    add_headline(&to, v);
    if (v->kind != TA_KIND_IGNORED_RST && v->kind != TA_KIND_HALF_CLOSED)
        add_errors(&to, v, stack);
    add_harm(&to, v);
    if (v->evidence.icmp != 0 && v->kind != TA_KIND_UNREACHABLE)
        add(&to, "; an ICMP error had said: %s", ta_icmp_title(v->evidence.icmp));
    add_headline_hint(&to, v);
    if ((v->evidence.facts & TA_F(STACKS_DIFFER)) && (v->evidence.facts & TA_F(OBEYED)))
        add(&to, "; FreeBSD and macOS may not obey this reset");
    add_diagnostic(&to, diagnostic);
    return to.length;
}

const char *ta_advice(const struct ta_verdict *v)
{
    static const struct {
        enum ta_kind kind;
        uint64_t need, bar;
        const char *text;
    } rows[] = {
#define ADVICE(kind, need, bar, text) { kind, need, bar, text },
#include "advice.def"
#undef ADVICE
    };
    uint32_t unacked = v->evidence.unacked_bytes[TA_CLIENT] + v->evidence.unacked_bytes[TA_SERVER];
    bool ends = v->kind != TA_KIND_NONE && v->kind != TA_KIND_IGNORED_RST && !(v->evidence.facts & TA_F(GAVE_UP));

    if (ends && unacked > 0 && unacked == v->evidence.alert_bytes[TA_CLIENT] + v->evidence.alert_bytes[TA_SERVER])
        return "Only an alert of TLS, such as its farewell close_notify, was not ACKed: if an application logs an error, let it treat a reset after the peer's close as a close.";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].kind == v->kind && (v->evidence.facts & rows[i].need) == rows[i].need && !(v->evidence.facts & rows[i].bar))
            return rows[i].text;
    return ""; /* a RST without a kind */
}
