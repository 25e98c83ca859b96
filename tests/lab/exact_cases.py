"""Reads exact.cases, whose header explains the lines."""
import collections
import pathlib

TABLE = pathlib.Path(__file__).resolve().parent / "exact.cases"

Capture = collections.namedtuple("Capture", "name sentence cases")
Case = collections.namedtuple("Case", "name words answers")
Difference = collections.namedtuple("Difference", "capture case field kernel plugin reason")


def expand(words, names):
    for word in words:
        if word.startswith("@"):
            yield from names[word]
        else:
            yield word


def read_table():
    """[Capture], [Difference]"""
    names, captures, differences = {}, [], []
    for line in TABLE.read_text().splitlines():
        if line.startswith("@"):
            name, _, words = line.partition("=")
            names[name.strip()] = list(expand(words.split(), names))
        elif line.strip() and not line.startswith("#"):
            kind, *columns = (column.strip() for column in line.split("|"))
            if kind == "capture":
                captures.append(Capture(*columns, []))
            elif kind == "case":
                name, words, answers = columns
                captures[-1].cases.append(Case(name, list(expand(words.split(), names)), answers.split()))
            elif kind == "grid":
                name, words, answers = columns
                for number, answer in (pair.split() for pair in answers.split(",")):
                    filled = words.replace("*", number).split()
                    captures[-1].cases.append(Case(f"{name}-{number}", list(expand(filled, names)), [answer]))
            elif kind == "differ":
                differences.append(Difference(*columns))
            else:
                raise ValueError(f"{TABLE}: no such line: {line}")
    return captures, differences
