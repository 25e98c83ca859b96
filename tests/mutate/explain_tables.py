"""Mutants of the tables that explain and label, which no verdict depends on: signs, hints, tamper."""
import re

from sources import Table, closing, def_rows, place, read, short, without_operands

GROUPS = ("PATH", "IP_ID", "TIME", "BUILD", "SEQ", "TALK")


def mutate_signs(_combined):
    table = Table("signs", "signs.def", "signs.c")
    for row in def_rows(table.text, "SIGN"):
        label, side, group = row.args[1].strip('"'), *row.args[2:4]
        other = {"FOR": "AGAINST", "AGAINST": "FOR"}[side]
        yield table.changed(row, label, other, 2, other)
        for group in GROUPS:
            if group != row.args[3]:
                yield table.changed(row, label, f"group {group}", 3, group)
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


def mutate_tamper(_combined):
    table = Table("tamper", "tamper.def", "tamper.c")
    rows = def_rows(table.text, "SIGNATURE")
    stages = re.search(r"enum ta_tamper_stage { (.*), TA_TAMPER_STAGES", read("tamper.h"))[1].split(", ")
    for row in rows:
        label = row.args[1].strip('"')
        yield table.removed(row, label)
        for stage in stages:
            if stage != row.args[0]:
                yield table.changed(row, label, stage, 0, stage)
        for argument, what in enumerate(("least RST", "most RST", "least RST+ACK", "most RST+ACK"), 2):
            number = row.args[argument]
            for other in {"0": ("1", "ALL"), "1": ("0", "2"), "2": ("1", "3"), "ALL": ("1", "2", "9")}[number]:
                yield table.changed(row, label, f"{what} {other}", argument, other)
        for compare in ("ANY", "EQUAL", "DIFFERENT", "ONE_ZERO"):
            if compare != row.args[6]:
                yield table.changed(row, label, compare, 6, compare)


TABLES = {"signs": mutate_signs, "hints": mutate_hints, "tamper": mutate_tamper}
