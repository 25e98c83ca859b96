"""The sources of the core as the mutants see them: files by name, rows of tables, conditions, and a changed file."""
import collections
import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE = ROOT / "plugin" / "core"
COMPILER = [os.environ.get("CC", "cc"), "-std=c11", "-O0", "-w", "-D_DEFAULT_SOURCE"]

# file: the one that changes; unit: the .c file compiled from it; both as paths from plugin/core. by_table: grid_test and tables_test may kill it, too
Mutant = collections.namedtuple("Mutant", "table row what file text unit by_table")


def find(name):
    """Where the file lies, as a path from plugin/core."""
    path, = CORE.rglob(name)
    return str(path.relative_to(CORE))


def read(name):
    return (CORE / find(name)).read_text()


class Table:
    """Makes the mutants of one file of a table."""

    def __init__(self, table, file, unit=None, by_table=False):
        self.table, self.file, self.unit, self.by_table = table, find(file), find(unit or file), by_table
        self.text = read(file)

    def mutant(self, row, what, text):
        return Mutant(self.table, row, what, self.file, text, self.unit, self.by_table)

    def cut(self, row, what, start, end, instead=""):
        return self.mutant(row, what, self.text[:start] + instead + self.text[end:])

    def removed(self, row, label):
        return self.cut(label, "removed", row.start, row.end)

    def changed(self, row, label, what, argument, value):
        return self.cut(label, what, *row.places[argument], f" {value}")

    def swaps(self, rows, labels, pairs, differ=lambda i, j: True):
        """Row j before row i, where both can match and they differ."""
        for i, j in pairs:
            if differ(i, j):
                a, b = rows[i], rows[j]
                text = self.text[:a.start] + self.text[b.start:b.end] + " " + self.text[a.start:b.start] + self.text[b.end:]
                yield self.mutant(labels[j], f"before '{labels[i]}'", text)


# ---- Rows ----

class Row:
    """Arguments of one macro call or braced list, with their places in the text."""

    def __init__(self, text, start, end, inside):
        self.start, self.end, self.places = start, end, []
        depth, quoted, begin = 0, False, inside
        for i in range(inside, end):
            c = text[i]
            if c == '"':
                quoted = not quoted
            elif not quoted and c in "({":
                depth += 1
            elif not quoted and (c in ")}" and depth == 0 or c == "," and depth == 0):
                self.places.append((begin, i))
                begin = i + 1
                if c != ",":
                    break
            elif not quoted and c in ")}":
                depth -= 1
        self.args = [" ".join(text[a:b].split()) for a, b in self.places]
        if not self.args[-1]:
            self.places.pop(), self.args.pop()


def closing(text, opened):
    """Just after the bracket that closes the one at `opened`."""
    depth, quoted = 0, False
    for i in range(opened, len(text)):
        if text[i] == '"':
            quoted = not quoted
        elif not quoted and text[i] in "({":
            depth += 1
        elif not quoted and text[i] in ")}":
            depth -= 1
            if depth == 0:
                return i + 1
    raise ValueError("unbalanced")


def def_rows(text, macro):
    """The rows of a .def file, outside its comments; or the calls of a function that begin a line or follow blanks."""
    return [Row(text, match.start(1), closing(text, match.end() - 1), match.end())
            for match in re.finditer(rf"^ *({macro})\(", text, re.M)]


def list_rows(text, header):
    """The braced rows of the C array that begins with `header`."""
    start = text.index("{", text.index(header) + len(header))
    end = closing(text, start)
    rows, i = [], start + 1
    while True:
        comment = text.find("/*", i, end)
        opened = text.find("{", i, end)
        if opened < 0:
            return rows
        if 0 <= comment < opened:
            i = text.index("*/", comment) + 2
            continue
        i = closing(text, opened)
        rows.append(Row(text, opened, text.index(",", i) + 1, opened + 1))


def body(text, function):
    """Where the body of the function begins and ends; `function` is its name with its parameters."""
    start = text.index("{", text.index(f"{function}\n{{"))
    return start, closing(text, start)


# ---- Expressions ----

def names():
    """The values of the names in the tables' expressions."""
    env = {f"TA_F_{name}": 1 << i for i, name in enumerate(re.findall(r"^FACT\((\w+)", read("facts.def"), re.M))}
    states = re.findall(r"^ +STATE\((\w+), ", read("segment.h"), re.M)
    env.update({name: i for i, name in enumerate(states)})
    env["TA_ANY_STATE"] = (1 << len(states)) - 1
    env["TA_IN"] = lambda state: 1 << state
    env.update({name: int(number) for name, number in re.findall(r"(TA_[A-Z_]+) = (\d+)", read("sockets.h"))})
    env.update({name: i for i, name in enumerate(re.findall(r"^KIND\((\w+)", read("kinds.def"), re.M))})
    for name, expression in re.findall(r"^ +([A-Z_]+) = ([^,;]*?),", read("acceptance.c"), re.M):
        env[name] = value(expression, env)
    return env


def value(expression, env):
    return eval(re.sub(r"TA_F\((\w+)\)", r"TA_F_\1", expression), {}, env)


def short(expression):
    """An expression as a name of a row: without prefixes."""
    expression = re.sub(r"TA_(?:IN|F)\((\w+)\)", r"\1", " ".join(expression.split()))
    return re.sub(r"\bTA_(KIND_|EFFECT_|CAUSE_|SIGN_|HINT_)?", "", expression.replace("v->evidence.", ""))


def boundary(text, at, step):
    """Where the operand of && or || ends that begins at `at`, going left (step -1) or right (1)."""
    depth, opening, shutting = 0, "([{" if step > 0 else ")]}", ")]}" if step > 0 else "([{"
    while True:
        c, around = text[at], text[at - 1:at + 2]
        if c in opening:
            depth += 1
        elif c in shutting:
            if depth == 0:
                break
            depth -= 1
        elif depth == 0:
            if c in ",;?:" or c in "&|" and (text[at + step] == c) or re.fullmatch(r"[^=!<>]=[^=]", around):
                break
            if step < 0 and text[at - 6:at + 1] == "return ":
                break
        at += step
    return at + (step < 0)


def operands(text, start, end):
    """(begin, end, what makes no difference there) of each operand of && and || between start and end, outside comments."""
    found = {}
    blank = re.sub(r"/\*.*?\*/", lambda comment: " " * len(comment[0]), text, flags=re.S)
    for match in re.compile(r"&&|\|\|").finditer(blank, start, end):
        for a, b in ((boundary(blank, match.start() - 1, -1), match.start()), (match.end(), boundary(blank, match.end(), 1))):
            a, b = a + len(blank[a:b]) - len(blank[a:b].lstrip()), a + len(blank[a:b].rstrip())
            found[a, b] = "1" if match[0] == "&&" else "0"
    return [(a, b, neutral) for (a, b), neutral in sorted(found.items())]


def without_operands(table, start, end, row=None):
    """Each operand of a condition dropped. Unless given, a row is named by the function and what the condition is for."""
    seen = collections.Counter()
    for a, b, neutral in operands(table.text, start, end):
        label, what = row or place(table.text, a), f"without '{short(table.text[a:b])}'"
        seen[label, what] += 1
        yield table.cut(label, what + (f" ({seen[label, what]})" if seen[label, what] > 1 else ""), a, b, neutral)


def place(text, at):
    """The function that this place is in, and the variable, sign or statement."""
    function = list(re.finditer(r"^[a-z].*?(\w+)\([^;{}]*\)\n\{", text[:at], re.M))[-1]
    statement = re.findall(r"(?:bool|int64_t) (\w+)(?:\[\])? = |TA_SIGN_(\w+)|\b(if|return)\b", text[function.end():at])
    return " ".join([function[1], *filter(None, statement[-1] if statement else ())])
