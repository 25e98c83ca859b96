/* The names of a verdict's values, read from the tables.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/judge.h"
#include "tcpabort.h"

#define NAMES(function, type, count, ...)                                                          \
    const char *function(type value)                                                               \
    {                                                                                              \
        static const char *const names[count] = { __VA_ARGS__ };                                   \
        return names[value];                                                                       \
    }

static const struct {
    const char *slug, *title, *headline;
    enum ta_blame blame;
} kinds[] = {
#define KIND(id, slug, title, headline, blame) [id] = { slug, title, headline, blame },
#include "judge/kinds.def"
#undef KIND
};

const char *ta_kind_slug(enum ta_kind kind)
{
    return kinds[kind].slug;
}

const char *ta_kind_title(enum ta_kind kind)
{
    return kinds[kind].title;
}

const char *ta_kind_headline(enum ta_kind kind)
{
    return kinds[kind].headline;
}

enum ta_blame ta_kind_blame(enum ta_kind kind)
{
    return kinds[kind].blame;
}

const char *ta_fact_name(enum ta_fact fact)
{
    static const char *const names[] = {
#define FACT(id, name, sentence) [TA_FACT_##id] = name,
#include "facts/facts.def"
#undef FACT
    };
    return names[fact];
}

static const struct {
    const char *slug, *title;
} causes[] = {
#define CAUSE(id, slug, title) [id] = { slug, title },
#include "judge/causes.def"
#undef CAUSE
};

const char *ta_cause_slug(enum ta_cause cause)
{
    return causes[cause].slug;
}

const char *ta_cause_title(enum ta_cause cause)
{
    return causes[cause].title;
}

const char *ta_limit_slug(enum ta_limit limit)
{
    static const char *const names[] = {
#define LIMIT(id, slug, meaning) [id] = slug,
        TA_LIMITS(LIMIT)
#undef LIMIT
    };
    return names[limit];
}

NAMES(ta_effect_slug, enum ta_effect, TA_EFFECT_COUNT, [TA_EFFECT_RESET] = "reset",
      [TA_EFFECT_CHALLENGED] = "challenged", [TA_EFFECT_IGNORED] = "ignored",
      [TA_EFFECT_DUPLICATE] = "duplicate", [TA_EFFECT_UNKNOWN] = "unknown")

NAMES(ta_shape_slug, enum ta_shape, TA_SHAPE_COUNT, [TA_SHAPE_REPLY] = "reply",
      [TA_SHAPE_ACTIVE] = "active", [TA_SHAPE_OTHER] = "other")

NAMES(ta_handle_slug, enum ta_handle, TA_HANDLE_COUNT, [TA_HANDLE_OPEN] = "open",
      [TA_HANDLE_CLOSED] = "closed", [TA_HANDLE_UNKNOWN] = "unknown")

NAMES(ta_harm_slug, enum ta_harm, TA_HARM_COUNT, [TA_HARM_NONE] = "none",
      [TA_HARM_POSSIBLE] = "possible", [TA_HARM_LOST] = "lost")

NAMES(ta_certainty_slug, enum ta_certainty, TA_CERTAINTY_COUNT, [TA_CERTAINTY_LOW] = "low",
      [TA_CERTAINTY_MEDIUM] = "medium", [TA_CERTAINTY_HIGH] = "high")

NAMES(ta_capture_point_slug, enum ta_capture_point, TA_POINT_COUNT, [TA_POINT_CLIENT] = "client",
      [TA_POINT_SERVER] = "server", [TA_POINT_MIDDLE] = "middle", [TA_POINT_UNKNOWN] = "unknown")

NAMES(ta_end_slug, int, TA_ENDS, [TA_CLIENT] = "client", [TA_SERVER] = "server")

const char *ta_blamed(const struct ta_verdict *verdict)
{
    switch (ta_kind_blame(verdict->kind)) {
    case TA_BY_ABORTER:
        return ta_end_slug(verdict->evidence.aborter);
    case TA_BY_NETWORK:
        return "network";
    case TA_BY_NOBODY:
    default:
        return "nobody";
    }
}

const char *ta_stream_blamed(const struct ta_connection *connection, const struct ta_verdict *v)
{
    bool by_end = ta_kind_blame((enum ta_kind)v->kind) == TA_BY_ABORTER;
    return by_end && ta_origin(connection, v) == TA_ORIGIN_NETWORK ? "network" : ta_blamed(v);
}

const char *ta_rule_text(const struct ta_verdict *verdict)
{
    return ta_rules[verdict->rule].why;
}
