"""Mutants of the tables that explain and label, which no verdict depends on: signs, hints, tamper."""
import re

from sources import Table, closing, def_rows, place, short, without_operands

def mutate_signs(_combined):
    """Signs of one side and one group count once; the groups that ta_find_origin() names are special."""
    table = Table("signs", "signs.def", "signs.c")
    rows = def_rows(table.text, "SIGN")
    for row in rows:
        label, side, group = row.args[1].strip('"'), *row.args[2:4]
        other = {"FOR": "AGAINST", "AGAINST": "FOR"}[side]
        yield table.changed(row, label, other, 2, other)
        for other in sorted({row.args[3] for row in rows if row.args[2] == side} - {group}):
            yield table.changed(row, label, f"group {other}", 3, other)
    table = Table("signs", "signs.c")
    for match in re.compile(r"bit\(TA_SIGN_(\w+), ").finditer(table.text):
        end = closing(table.text, match.start() + len("bit")) - 1
        for value, what in (("false", "never"), ("true", "always")):
            yield table.cut(match[1], what, match.end(), end, value)
    yield from without_operands(table, 0, len(table.text))


def mutate_hints(_combined):
    table = Table("hints", "hints.def", "summary.c")
    rows = def_rows(table.text, "HINT")
    for i, row in enumerate(rows):
        label = short(row.args[0])
        yield table.changed(row, label, "the next row's words", 2, rows[(i + 1) % len(rows)].args[2])
        other = {"true": "false", "false": "true"}[row.args[1]]
        yield table.changed(row, label, f"headline {other}", 1, other)
    table = Table("hints", "context.c")
    for row in def_rows(table.text, "add"):
        label = " or ".join(short(name) for name in re.findall(r"TA_HINT_\w+", row.args[1]))
        yield table.cut(f"{place(table.text, row.start).split()[0]} {label}", "removed", row.start, row.end)
    yield from without_operands(table, 0, len(table.text))


STAGES = {"TA_POST_SYN": 1, "TA_POST_ACK": 2, "TA_POST_PSH": 2, "TA_LATER": 3} # packets before the end, at least
PACKETS = 10


def find_signatures(rows):
    """The signature that each set of a client's packets matches: the stage, RSTs, RST+ACKs, how the RSTs' ACK numbers compare."""
    limits = [(stage, *(PACKETS if number == "ALL" else int(number) for number in numbers), compare)
              for stage, _, *numbers, compare in rows]
    return {(stage, rst, rst_ack, compare):
            next((i for i, row in enumerate(limits) if row[0] == stage and row[1] <= rst <= row[2] and row[3] <= rst_ack <= row[4]
                  and row[5] in ("ANY", compare)), None)
            for stage, before in STAGES.items() for rst in range(PACKETS - before + 1)
            for rst_ack in range(PACKETS - before - rst + 1)
            for compare in ("EQUAL", "DIFFERENT", "ONE_ZERO")[:3 if rst > 1 else 1]}


def mutate_tamper(_combined):
    """Another stage, number or comparison, where some packets then match another signature."""
    table = Table("tamper", "tamper.def", "tamper.c")
    rows = def_rows(table.text, "SIGNATURE")
    found = find_signatures([row.args for row in rows])
    others = {0: STAGES, **dict.fromkeys(range(2, 6), ("0", "1", "2", "3", "ALL")), 6: ("ANY", "EQUAL", "DIFFERENT", "ONE_ZERO")}
    columns = ("stage", "name", "least RST", "most RST", "least RST+ACK", "most RST+ACK", "ACK numbers")
    for i, row in enumerate(rows):
        yield table.removed(row, row.args[1].strip('"'))
        for argument, values in others.items():
            for other in values:
                changed = [*row.args[:argument], other, *row.args[argument + 1:]]
                if found != find_signatures([changed if j == i else other_row.args for j, other_row in enumerate(rows)]):
                    yield table.changed(row, row.args[1].strip('"'), f"{columns[argument]} {other.removeprefix('TA_')}", argument, other)


TABLES = {"signs": mutate_signs, "hints": mutate_hints, "tamper": mutate_tamper}
