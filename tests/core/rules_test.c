/* The rules that are not tables: whether a socket is held, how sure a verdict is, what harm was done, where the
 * capture was made, which stack an end runs. Each is tested on every combination it depends on, against the rule
 * as README.md and docs/socket-errors.md state it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"
#include "facts/facts.h"
#include "sockets/sockets.h"

/* ---- tcpabort.{client,server}.handle ---- */

static enum ta_handle expected_handle(const struct ta_end *end, bool aborts)
{
    bool connecting = end->state == TA_SYN_RCVD && !end->syn.sent && end->payload.last_frame == 0;
    if (aborts || end->reset.aborted || connecting)
        return TA_HANDLE_CLOSED; /* it sent the abort; nobody accepted it */
    if (end->state == TA_UNKNOWN)
        return TA_HANDLE_UNKNOWN;
    if (end->fin.sent)
        return end->after_fin.socket_open ? TA_HANDLE_OPEN : TA_HANDLE_UNKNOWN; /* close() and shutdown() look alike */
    return TA_HANDLE_OPEN;
}

static void check_handles(void)
{
    for (unsigned bits = 0; bits < 1u << 6; bits++)
        for (unsigned state = 0; state < TA_STATE_COUNT; state++) {
            struct ta_end end = { .state = (uint8_t)state, .syn.sent = bits & 1, .fin.sent = bits & 2,
                                  .after_fin.socket_open = bits & 4, .reset.aborted = bits & 8,
                                  .payload.last_frame = bits & 16 ? 7 : 0 };
            bool aborts = bits & 32;
            check(ta_find_handle(&end, aborts) == expected_handle(&end, aborts), "handle: %s, bits %#x: %s",
                  ta_state_name(state), bits, ta_handle_slug(ta_find_handle(&end, aborts)));
        }
}

/* ---- tcpabort.harm ---- */

enum { BYTES = 3 };

static enum ta_harm expected_harm(const struct ta_verdict *v)
{
    unsigned victim_state = v->evidence.state_before[1 - v->evidence.aborter];
    uint64_t f = v->evidence.facts;
    bool over = v->kind == TA_KIND_REFUSED || v->kind == TA_KIND_IGNORED_RST || v->kind == TA_KIND_NONE;
    bool reset = !(f & TA_F(GAVE_UP)); /* a time-out leaves nothing unread behind */

    if (over)
        return TA_HARM_NONE;
    bool only_alerts = v->evidence.alert_bytes[TA_CLIENT] == BYTES;
    if ((f & TA_F(VICTIM_UNACKED) && !only_alerts) || f & TA_F(ABORTER_UNACKED))
        return TA_HARM_LOST;
    if (reset && f & TA_F(ACTIVE) && f & TA_F(ABORTER_UNREAD))
        return TA_HARM_POSSIBLE; /* (a) the aborter may not have read what it ACKed */
    bool after_fin = victim_state != TA_CLOSE_WAIT || (f & TA_F(DATA_AFTER_FIN) && !only_alerts);
    if (reset && f & TA_F(RECENT_PAYLOAD) && !(f & TA_F(VICTIM_FIN)) && after_fin)
        return TA_HARM_POSSIBLE; /* (b) the victim may not have read it in time */
    return TA_HARM_NONE;
}

static void check_harm(void)
{
    static const uint64_t facts[] = { TA_F(OBEYED), TA_F(VICTIM_UNACKED), TA_F(ABORTER_UNACKED), TA_F(ACTIVE),
                                      TA_F(ABORTER_UNREAD), TA_F(RECENT_PAYLOAD), TA_F(VICTIM_FIN),
                                      TA_F(DATA_AFTER_FIN), TA_F(GAVE_UP) | TA_F(TRIES_DATA) };
    enum { FACTS = sizeof facts / sizeof *facts };

    for (unsigned set = 0; set < 2u << FACTS; set++) /* the last bit: all of the victim's are TLS alerts, else all but one */
        for (unsigned state = 0; state < TA_STATE_COUNT; state++) {
            struct ta_verdict v = { .evidence.aborter = TA_SERVER };
            for (unsigned i = 0; i < FACTS; i++)
                v.evidence.facts |= (set & 1u << i) ? facts[i] : 0;
            v.evidence.state_before[TA_CLIENT] = (uint8_t)state;
            v.evidence.unacked_bytes[TA_CLIENT] = (v.evidence.facts & TA_F(VICTIM_UNACKED)) ? BYTES : 0;
            v.evidence.unacked_bytes[TA_SERVER] = (v.evidence.facts & TA_F(ABORTER_UNACKED)) ? BYTES : 0;
            v.evidence.bytes_after_fin = (v.evidence.facts & TA_F(DATA_AFTER_FIN)) ? BYTES : 0;
            if (v.evidence.facts & TA_F(VICTIM_UNACKED))
                v.evidence.alert_bytes[TA_CLIENT] = set >> FACTS ? BYTES : BYTES - 1;
            ta_judge(&v);
            ta_find_outcomes(&v);
            check(v.harm == expected_harm(&v), "harm: %s, facts %#llx: %s", ta_state_name(state), (unsigned long long)v.evidence.facts,
                  ta_harm_slug(v.harm));
        }
}

/* ---- tcpabort.certainty: the weakest of evidence, inference and limits ---- */

static enum ta_certainty expected_certainty(const struct ta_verdict *v, enum ta_stack stack)
{
    char evidence = ta_answer(v, v->evidence.told, stack).evidence;
    bool bsd = stack == TA_FREEBSD || stack == TA_MACOS, differ = v->evidence.facts & TA_F(STACKS_DIFFER);
    bool low_limit = v->evidence.limits & (1u << TA_LIMIT_ONE_WAY | 1u << TA_LIMIT_TIME_BACKWARDS);
    bool medium_limit = v->evidence.limits & (1u << TA_LIMIT_LOSS | 1u << TA_LIMIT_TRUNCATED);
    int sure = evidence == 'F' ? 0 : evidence == 'D' || evidence == 'T' ? 1 : 2;
    bool missing = v->evidence.limits & (1u << TA_LIMIT_LOSS | 1u << TA_LIMIT_EARLY_END), silent = v->evidence.facts & TA_F(SILENCE);

    if (silent && missing)
        return TA_CERTAINTY_LOW;
    if (sure == 2 && (medium_limit || v->evidence.facts & (TA_F(INFERRED) | TA_F(AHEAD) | TA_F(ABORTER_REPEATS))))
        sure = 1;
    sure -= differ ? 1 : 0;
    if (low_limit || v->evidence.facts & TA_F(EFFECT_UNKNOWN) || (differ && bsd) || sure < 0)
        sure = 0;
    return (enum ta_certainty)sure;
}

static void check_certainty(void)
{
    static const uint64_t facts[] = { TA_F(OBEYED), TA_F(EFFECT_UNKNOWN), TA_F(STACKS_DIFFER), TA_F(INFERRED),
                                      TA_F(AHEAD), TA_F(DATA_AFTER_FIN), TA_F(SILENCE),
                                      TA_F(ACTIVE) | TA_F(ABORTER_REPEATS) };
    enum { FACTS = sizeof facts / sizeof *facts };

    for (unsigned set = 0; set < 1u << (FACTS + TA_LIMIT_COUNT); set++)
        for (unsigned state = TA_SYN_SENT; state < TA_STATE_COUNT; state++) {
            struct ta_verdict v = { .evidence.aborter = TA_SERVER, .evidence.told = TA_CLIENT, .evidence.limits = (uint8_t)(set >> FACTS) };
            for (unsigned i = 0; i < FACTS; i++)
                v.evidence.facts |= (set & 1u << i) ? facts[i] : 0;
            v.evidence.state_before[TA_CLIENT] = (uint8_t)state;
            ta_judge(&v);
            ta_find_outcomes(&v);
            for (unsigned stack = 0; stack < TA_STACK_COUNT; stack++)
                check(ta_certainty(&v, stack) == expected_certainty(&v, stack), "certainty: %s, facts %#llx, limits %#x: %s",
                      ta_state_name(state), (unsigned long long)v.evidence.facts, v.evidence.limits, ta_certainty_slug(ta_certainty(&v, stack)));
        }
}

/* ---- tcpabort.capture_point and the guess of the stack ---- */

static void check_capture_point(void)
{
    static const struct {
        uint8_t client, server;
        enum ta_capture_point point;
    } rows[] = {
        { 64, 57, TA_POINT_CLIENT },   { 128, 1, TA_POINT_CLIENT },   { 255, 63, TA_POINT_CLIENT },
        { 57, 64, TA_POINT_SERVER },   { 119, 128, TA_POINT_SERVER }, { 200, 255, TA_POINT_SERVER },
        { 60, 120, TA_POINT_MIDDLE },  { 63, 127, TA_POINT_MIDDLE },  { 254, 65, TA_POINT_MIDDLE },
        { 64, 64, TA_POINT_UNKNOWN },  { 128, 64, TA_POINT_UNKNOWN }, { 0, 64, TA_POINT_UNKNOWN },
        { 57, 0, TA_POINT_UNKNOWN },   { 0, 0, TA_POINT_UNKNOWN },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t ttl[TA_ENDS] = { rows[i].client, rows[i].server };
        check(ta_capture_point(ttl) == rows[i].point, "capture point: TTL %u and %u: %s", ttl[0], ttl[1],
              ta_capture_point_slug(ta_capture_point(ttl)));
    }
}

static void check_guess(void)
{
    static const struct {
        uint8_t ttl;
        uint32_t order;
        int stack;
    } rows[] = {
        { 128, 0x213114, TA_WINDOWS }, { 65, 0x213114, TA_WINDOWS }, { 128, 0x2131184, TA_WINDOWS },
        { 64, 0x24813, TA_LINUX },     { 1, 0, TA_LINUX },           { 50, 0x2134, TA_LINUX },
        { 64, 0x21348, TA_FREEBSD },   { 64, 0x2131184, TA_MACOS },  { 57, 0x2131184, TA_MACOS },
        { 0, 0x24813, TA_STACK_COUNT }, { 129, 0x24813, TA_STACK_COUNT }, { 255, 0, TA_STACK_COUNT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check((int)ta_guess_stack(rows[i].ttl, rows[i].order) == rows[i].stack, "guess: TTL %u, options %#x",
              rows[i].ttl, (unsigned)rows[i].order);
}

int main(void)
{
    check_handles();
    check_harm();
    check_certainty();
    check_capture_point();
    check_guess();
    return finish_checks();
}
