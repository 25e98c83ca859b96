/* Proves the state grid of machine.c, without any traffic: it has no hole, an event that is reported twice changes nothing the
 * second time, and a cell that changes nothing tells rightly whether the state is past the event or ignores it.
 * Prints one line for each failure, then a count. Exit codes: 0 all as expected; 1 not.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"
#include "track/machine.h"

/* States an end can get to from those of `set` by these events, both as sets. */
static unsigned reach(unsigned set, unsigned events)
{
    for (unsigned before = 0; before != set;) {
        before = set;
        for (unsigned state = 0; state < TA_STATE_COUNT; state++)
            for (unsigned event = 0; set & TA_IN(state) && event < TA_EVENT_COUNT; event++)
                if (events & 1u << event)
                    set |= TA_IN(ta_next_state(state, event));
    }
    return set;
}

/* A state is past an event when the grid leads there from where the event leads. The way back of a FIN that was none
 * does not count, and everything leads to CLOSED, where only a RST has been taken. */
static bool is_past(enum ta_state state, enum ta_event event)
{
    const unsigned back = 1u << TA_SENT_NO_FIN | 1u << TA_GOT_NO_FIN;
    unsigned set = 0;

    for (unsigned from = 0; from < TA_STATE_COUNT; from++)
        if (ta_next_state(from, event) != from)
            set |= TA_IN(ta_next_state(from, event));
    if (state == TA_CLOSED)
        return event == TA_SENT_RST || event == TA_GOT_RST;
    return reach(set, ~back) & TA_IN(state);
}

static void check_cell(enum ta_state state, enum ta_event event)
{
    enum ta_state next = ta_next_state(state, event);
    const char *from = ta_state_name(state), *what = ta_event_name(event);
    check(next < TA_STATE_COUNT, "%s, %s: leads to no state", from, what);
    if (next >= TA_STATE_COUNT)
        return;
    check(next != TA_UNKNOWN || state == TA_UNKNOWN, "%s, %s: a hole in the grid", from, what);
    check(ta_next_state(next, event) == next,
          "%s, %s: reported twice it leads on to %s", from, what, ta_state_name(ta_next_state(next, event)));
    check(state != TA_CLOSED || next == TA_CLOSED, "%s, %s: a closed end opens again", from, what);
    if (next == state)
        check(ta_is_ignored(state, event) != is_past(state, event), "%s, %s: %s", from, what,
              is_past(state, event) ? "past the event, and yet it is ignored" : "not past the event, and yet it was taken");
    if (event == TA_GOT_RST)
        check(next == TA_CLOSED, "%s: a RST that it obeys does not close it", from);
    bool way_back = event == TA_SENT_NO_FIN || event == TA_GOT_NO_FIN;
    check(next != TA_ESTABLISHED || state <= TA_ESTABLISHED || way_back, "%s, %s: back to ESTABLISHED", from, what);
}

static void check_grid(void)
{
    for (unsigned state = 0; state < TA_STATE_COUNT; state++)
        for (unsigned event = 0; event < TA_EVENT_COUNT; event++)
            check_cell(state, event);
    check(reach(TA_IN(TA_UNKNOWN), ~0u) == TA_ANY_STATE, "a state that no event leads to");
    for (unsigned state = 0; state < TA_STATE_COUNT; state++)
        check((reach(TA_IN(state), ~0u) & TA_IN(TA_CLOSED)) != 0, "%s never closes", ta_state_name(state));
    for (unsigned event = 0; event < TA_EVENT_COUNT; event++) {
        bool used = false;
        for (unsigned state = 0; state < TA_STATE_COUNT; state++)
            used = used || ta_next_state(state, event) != state;
        check(used, "%s: an event that changes nothing", ta_event_name(event));
    }
}

int main(void)
{
    check_grid();
    return finish_checks();
}
