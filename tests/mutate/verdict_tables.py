"""Mutants of the tables that a verdict comes from: rules, outcomes, causes, harm, acceptance, state grid, ICMP, advice, results."""
import functools
import re

from sources import Row, Table, body, def_rows, list_rows, names, short, value, without_operands

env = functools.cache(names)


# ---- Which rows stand above each other ----

def neighbours(rows, questions):
    """Pairs (i, j): row i is the first to take some question, row j the next. A question and a row are
    (group, states, facts) and (groups, states, need, bar)."""
    pairs = set()
    for group, state, facts in questions:
        first = None
        for i, (groups, states, need, bar) in enumerate(rows):
            if groups & group and states & state and facts & need == need and not facts & bar:
                if first is None:
                    first = i
                    continue
                pairs.add((first, i))
                break
    return sorted(pairs)


def values(row, first, last):
    return tuple(value(argument, env()) for argument in row.args[first:last])


def but_not(row, need, bar):
    return short(row.args[need]) + (" but not " + short(row.args[bar]) if row.args[bar] != "0" else "")


# ---- Tables. `combined`: (aborter's state, victim's state, facts, aborter's role) of everything that can occur ----

def mutate_rules(combined):
    table = Table("rules", "rules.def", "judge.c")
    rows = def_rows(table.text, "RULE")
    labels = [row.args[4].strip('"') for row in rows]
    for row, label in zip(rows, labels):
        yield table.removed(row, label)
        other = "TA_KIND_RST" if row.args[0] != "TA_KIND_RST" else "TA_KIND_FIN_RST"
        yield table.changed(row, label, f"kind {other}", 0, other)
    asked = {(1, 1 << victim, facts) for _, victim, facts, _ in combined}
    sets = [(1, *values(row, 1, 4)) for row in rows]
    yield from table.swaps(rows, labels, neighbours(sets, asked), lambda i, j: rows[i].args[0] != rows[j].args[0])


def mutate_outcomes(combined):
    table = Table("outcomes", "outcomes.def", "outcomes.c")
    rows = def_rows(table.text, "OUTCOME")
    labels = ["{} {} {} {}".format(row.args[0].strip('"'), *map(short, row.args[1:4])).removesuffix(" 0") for row in rows]
    queues = {"TA_KEPT": "TA_ERASED", "TA_ERASED": "TA_KEPT", "TA_UNSURE": "TA_KEPT", "TA_NO_QUEUE": "TA_UNSURE"}
    evidence = {"M": "D", "S": "D", "C": "D", "D": "F", "T": "F", "F": "M"}
    for row, label in zip(rows, labels):
        if row is not rows[-1]: # it stops the search
            yield table.removed(row, label)
        yield table.changed(row, label, f"queue {queues[row.args[5]]}", 5, queues[row.args[5]])
        for stack, place in zip(("windows", "linux", "freebsd", "macos"), row.places[6:10]):
            answer = Row(table.text, *place, table.text.index("(", place[0]) + 1)
            results = ["TA_WSAECONNABORTED", "TA_WSAECONNRESET"] if stack == "windows" else ["TA_ENONET", "TA_EPIPE"]
            for argument, call in enumerate(("recv", "send")):
                other = results[answer.args[argument] == results[0]]
                yield table.changed(answer, label, f"{stack} {call} {other}", argument, other)
            other = evidence[answer.args[2].strip("'")]
            yield table.changed(answer, label, f"{stack} evidence {other}", 2, f"'{other}'")
            other = results[0] if answer.args[3] == "TA_NOT_KNOWN" else "TA_NOT_KNOWN"
            yield table.changed(answer, label, f"{stack} alternative {other}", 3, other)
    asked = {(role, 1 << aborter, facts) for aborter, _, facts, role in combined}
    asked |= {(env()["TA_RESET" if facts & env()["TA_F_OBEYED"] else "TA_UNTOUCHED"], 1 << victim, facts)
              for _, victim, facts, _ in combined}
    sets = [values(row, 1, 5) for row in rows]
    yield from table.swaps(rows, labels, neighbours(sets, asked), lambda i, j: rows[i].args[5:] != rows[j].args[5:])


def mutate_causes(combined):
    table = Table("causes", "judge.c")
    start, end = body(table.text, "find_cause(const struct ta_verdict *v)")
    rows = list_rows(table.text, table.text[start:table.text.index("rows[] =", start) + len("rows[] =")])
    labels = [but_not(row, 0, 1) for row in rows]
    for row, label in zip(rows, labels):
        if row is not rows[-1]: # it stops the search
            yield table.removed(row, label)
        other = "TA_CAUSE_BAD_ACK" if row.args[2] != "TA_CAUSE_BAD_ACK" else "TA_CAUSE_UNKNOWN"
        yield table.changed(row, label, other, 2, other)
        if row.args[1] != "0":
            yield table.changed(row, label, "bars nothing", 1, "0")
    asked = {(1, 1, facts) for _, _, facts, _ in combined}
    sets = [(1, 1, *values(row, 0, 2)) for row in rows]
    yield from table.swaps(rows, labels, neighbours(sets, asked),
                           lambda i, j: rows[i].args[2] != rows[j].args[2] and rows[j] is not rows[-1])
    yield from branches(table, start, end, {"TA_CAUSE_UNKNOWN": "TA_CAUSE_BAD_ACK"})


def branches(table, start, end, others):
    """Each `if (...) return X;`: removed, another answer, each operand of its condition dropped."""
    for match in re.compile(r"if \((.*?)\)\n +return (\w+);", re.S).finditer(table.text, start, end):
        label = short(match[1])
        yield table.cut(label, "removed", *match.span())
        yield table.cut(label, f"returns {others[match[2]]}", *match.span(2), others[match[2]])
        yield from without_operands(table, *match.span(1), label)


def mutate_harm(_combined):
    table = Table("harm", "judge.c")
    start, end = body(table.text, "find_harm(const struct ta_verdict *v)")
    others = {"TA_HARM_NONE": "TA_HARM_POSSIBLE", "TA_HARM_POSSIBLE": "TA_HARM_LOST", "TA_HARM_LOST": "TA_HARM_POSSIBLE"}
    yield from branches(table, start, end, others)
    for match in re.compile(r"bool (\w+) = ([^;]*);").finditer(table.text, start, end):
        yield from without_operands(table, *match.span(2), match[1])
    for match in re.compile(r"1u << (TA_KIND_\w+)").finditer(table.text, start, end):
        yield table.cut("harmless", f"without {match[1]}", *match.span(), "0")
    last = table.text.rindex("TA_HARM_NONE", start, end)
    yield table.cut("otherwise", "TA_HARM_POSSIBLE", last, last + len("TA_HARM_NONE"), "TA_HARM_POSSIBLE")


def mutate_acceptance(_combined):
    table = Table("acceptance", "acceptance.c")
    rows = list_rows(table.text, "} acceptance[] =")
    labels = [f"{short(row.args[0])} {row.args[1]}" for row in rows]
    effects = {"TA_EFFECT_RESET": "TA_EFFECT_CHALLENGED", "TA_EFFECT_CHALLENGED": "TA_EFFECT_IGNORED",
               "TA_EFFECT_IGNORED": "TA_EFFECT_CHALLENGED", "TA_EFFECT_UNKNOWN": "TA_EFFECT_CHALLENGED"}
    for row, label in zip(rows, labels):
        if row is not rows[-1]: # it stops the search
            yield table.removed(row, label)
        yield table.changed(row, label, effects[row.args[2]], 2, effects[row.args[2]])
        facts = [] if row.args[3] == "0" else row.args[3].split(" | ")
        for fact in facts:
            left = " | ".join(f for f in facts if f != fact) or "0"
            yield table.changed(row, label, f"without {short(fact)}", 3, left)
        for fact in ("TA_F(OBEYED)", "TA_F(STACKS_DIFFER)"):
            if fact in facts or (fact == "TA_F(STACKS_DIFFER)" and "TA_F(EFFECT_UNKNOWN)" in facts):
                continue # once the effect is not known, certainty cannot fall any more
            yield table.changed(row, label, f"with {short(fact)}", 3, " | ".join(facts + [fact]))
    sets = [(*values(row, 1, 2), *values(row, 0, 1), 0, 0) for row in rows]
    yield from table.swaps(rows, labels, neighbours(sets, positions()), lambda i, j: rows[i].args[2:] != rows[j].args[2:])


def positions():
    """Where a SEQ can lie in each state. In SYN_SENT the ACK decides; of an end not seen the peer has only sent its SYN;
    once the FIN has come there is no hole, and before that its number cannot come again."""
    syn_sent = value("TA_IN(TA_SYN_SENT)", env())
    fin = value("PASSIVE_CLOSE | TA_IN(TA_TIME_WAIT) | TA_IN(TA_CLOSED)", env())
    closed = value("TA_IN(TA_TIME_WAIT) | TA_IN(TA_CLOSED)", env())
    holes = value("SACK_EDGE | HOLE_EDGE | IN_WINDOW | NO_SEQUENCE", env())
    after_syn = value("NO_SEQUENCE | EXACT_UNACKED | BEFORE | LAST_ACK | UNACKED | NO_WINDOW", env())
    asked = set()
    for state in (1 << i for i in range(env()["TA_ANY_STATE"].bit_length())):
        places = env()["ANYWHERE"] & ~(env()["FIN_ITSELF"] if not state & fin else holes if state & closed else 0)
        places &= value("EXACT | AFTER", env()) if state == syn_sent else after_syn if state == env()["NOT_SEEN"] else ~0
        asked |= {(1 << i, state, 0) for i in range(places.bit_length()) if places >> i & 1}
    return asked


def mutate_grid(_combined):
    """A cell that leads to another state keeps; one that keeps is ignored for taken, or the other way."""
    table, tested = Table("grid", "machine.c"), Table("grid", "machine.c", by_table=True)
    columns = re.search(r"/\* +UNK (.*) \*/", table.text)[0].strip("/* ").split()
    for line in re.finditer(r"^\[TA_(\w+)\] += \{(.*?)\},$", table.text, re.M):
        for column, cell in zip(columns, re.compile(r"\w+").finditer(table.text, *line.span(2))):
            keeps = {"ok": "ig", "ig": "ok"}.get(cell[0])
            yield (tested if keeps else table).cut(f"{line[1]} in {column}", keeps or "keeps", *cell.span(), keeps or "ok")


def mutate_icmp(_combined):
    for version in "46": # no case has ICMPv6
        table = Table("icmp", "icmp.def", "outcomes.c", by_table=version == "6")
        for row in def_rows(table.text, "ICMP_ERROR"):
            label = "IPv{} {}/{} {}".format(*row.args[:3], row.args[3].strip('"'))
            if row.args[0] != version:
                continue
            yield table.removed(row, label)
            for argument, stack in ((4, "linux"), (5, "bsd"), (6, "bsd connected")):
                other = "TA_EHOSTDOWN" if row.args[argument] != "TA_EHOSTDOWN" else "TA_ENONET"
                yield table.changed(row, label, f"{stack} {other}", argument, other)


def mutate_advice(combined):
    table = Table("advice", "advice.def", "summary.c", by_table=True)
    rows = def_rows(table.text, "ADVICE")
    labels = [f"{short(row.args[0])} {but_not(row, 1, 2)}" for row in rows]
    for i, (row, label) in enumerate(zip(rows, labels)):
        yield table.removed(row, label)
        yield table.changed(row, label, "the next row's words", 3, rows[(i + 1) % len(rows)].args[3])
    kinds = {env()[row.args[0]] for row in rows}
    asked = {(1 << kind, 1, facts) for facts in {facts for _, _, facts, _ in combined} for kind in kinds}
    sets = [(1 << env()[row.args[0]], 1, *values(row, 1, 3)) for row in rows]
    yield from table.swaps(rows, labels, neighbours(sets, asked))


def mutate_results(_combined):
    table = Table("results", "results.def", "results.c", by_table=True)
    for row in def_rows(table.text, "RESULT"):
        for argument, what in ((2, "number"), (3, "overlapped"), (4, "FD_CLOSE")):
            other = "0" if row.args[argument] != "0" else "1"
            yield table.changed(row, row.args[0], f"{what} {other}", argument, other)


TABLES = {"rules": mutate_rules, "outcomes": mutate_outcomes, "causes": mutate_causes, "harm": mutate_harm,
          "acceptance": mutate_acceptance, "grid": mutate_grid, "icmp": mutate_icmp, "advice": mutate_advice,
          "results": mutate_results}
