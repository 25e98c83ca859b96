/* Which rows and values of the core's tables the cases reach; see coverage.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "coverage.h"

#include <stdint.h>
#include <stdio.h>
#include "sockets/sockets.h"

/* One bit a value, in the order of the enums. */
static struct {
    uint32_t states, kinds, streams, effects, shapes, causes, harms, handles, certainties, points;
    uint64_t facts, outcomes;
    uint32_t hints, limits, rules, signatures, signs, origins;
} seen;

static void note_verdict(const struct ta_verdict *verdict)
{
    seen.kinds |= 1u << verdict->kind;
    seen.effects |= 1u << verdict->evidence.effect;
    seen.shapes |= 1u << verdict->evidence.shape;
    seen.causes |= 1u << verdict->cause;
    seen.harms |= 1u << verdict->harm;
    seen.points |= 1u << ta_capture_point(verdict->evidence.ttl);
    seen.facts |= verdict->evidence.facts;
    seen.rules |= 1u << verdict->rule;
    for (unsigned i = 0; i < verdict->hint_count; i++)
        seen.hints |= 1u << verdict->hint[i].id;
    seen.limits |= verdict->evidence.limits;
    for (int end = 0; end < TA_ENDS; end++) {
        seen.handles |= 1u << verdict->evidence.handle[end];
        seen.outcomes |= UINT64_C(1) << verdict->outcome[end];
    }
    for (unsigned stack = 0; stack < TA_STACK_COUNT; stack++)
        seen.certainties |= 1u << ta_certainty(verdict, stack);
}

void coverage_note(const struct judged *judged)
{
    for (unsigned i = 0; i < judged->recording->count; i++) {
        seen.streams |= 1u << judged->frame[i].stream;
        for (int end = 0; end < TA_ENDS; end++)
            seen.states |= 1u << judged->frame[i].state[end];
    }
    seen.limits |= ta_stream_limits(&judged->connection, judged->recording->end, &ta_default_policy);
    const struct ta_tamper_signature *signature = ta_tamper_match(&judged->connection.tamper, judged->recording->end);
    if (signature)
        seen.signatures |= 1u << (signature - ta_tamper_signatures);
    for (unsigned i = 0; i < judged->verdicts; i++) {
        seen.signs |= ta_signs(&judged->connection, &judged->verdict[i]);
        seen.origins |= 1u << ta_origin(&judged->connection, &judged->verdict[i]);
        note_verdict(&judged->verdict[i]);
    }
}

/* Number and name of each value below `count` that is not in `set`. */
#define MISSING(what, set, count, name)                                                            \
    do {                                                                                           \
        for (unsigned value = 0; value < (count); value++)                                         \
            if (!((uint64_t)(set) >> value & 1)) {                                                      \
                printf("no case shows %s %u: %s\n", what, value, name);                            \
                missing++;                                                                         \
            }                                                                                      \
    } while (0)

unsigned coverage_print_missing(void)
{
    static const char *const hints[] = {
#define HINT(id, headline, text) [id] = text,
#include "explain/hints.def"
#undef HINT
    };
    /* The last kinds are for streams only, the first and ignored_rst for RSTs only. */
    const uint32_t kinds = seen.kinds | 1u << TA_KIND_CLOSED | 1u << TA_KIND_OPEN | 1u << TA_KIND_UNKNOWN;
    const uint32_t streams = seen.streams | 1u << TA_KIND_NONE | 1u << TA_KIND_IGNORED_RST;
    unsigned missing = 0;
    MISSING("state", seen.states, TA_STATE_COUNT, ta_state_name(value));
    MISSING("kind", kinds, TA_KIND_COUNT, ta_kind_slug(value));
    MISSING("stream kind", streams, TA_KIND_COUNT, ta_kind_slug(value));
    MISSING("effect", seen.effects, TA_EFFECT_COUNT, ta_effect_slug(value));
    MISSING("shape", seen.shapes, TA_SHAPE_COUNT, ta_shape_slug(value));
    MISSING("cause", seen.causes, TA_CAUSE_COUNT, ta_cause_slug(value));
    MISSING("harm", seen.harms, TA_HARM_COUNT, ta_harm_slug(value));
    MISSING("handle", seen.handles, TA_HANDLE_COUNT, ta_handle_slug(value));
    MISSING("certainty", seen.certainties, TA_CERTAINTY_COUNT, ta_certainty_slug(value));
    MISSING("capture point", seen.points, TA_POINT_COUNT, ta_capture_point_slug(value));
    MISSING("limit", seen.limits, TA_LIMIT_COUNT, ta_limit_slug(value));
    MISSING("fact", seen.facts, TA_FACT_COUNT, ta_fact_name(value));
    MISSING("hint", seen.hints, TA_HINT_COUNT, hints[value]);
    MISSING("sign", seen.signs, TA_SIGN_COUNT, ta_sign_slug(value));
    MISSING("origin", seen.origins, TA_ORIGIN_COUNT, ta_origin_slug(value));
    MISSING("row of rules.def", seen.rules, ta_rule_count, ta_rules[value].why);
    MISSING("row of outcomes.def", seen.outcomes, ta_outcome_count, ta_outcomes[value].rows);
    MISSING("row of tamper.def", seen.signatures, ta_tamper_signature_count, ta_tamper_signatures[value].name);
    return missing;
}
