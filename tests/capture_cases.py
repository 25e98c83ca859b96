"""Reads tests/captures.cases, whose header comment explains the columns."""
import collections
import pathlib
import urllib.parse

CASES = pathlib.Path(__file__).resolve().parent / "captures.cases"

Case = collections.namedtuple("Case", "file stream kind frame silent fields truth")


def expand(end, words):
    """`winsock=10053 bsd=ECONNRESET/EPIPE` of an end's column -> field names and values; %20 is a space."""
    for word in words.split():
        name, want = word.split("=", 1)
        if "/" in want:
            for stack in ("freebsd", "macos") if name == "bsd" else (name,):
                for call, result in zip(("recv", "send"), want.split("/")):
                    yield f"{end}{stack}.{call}", result
        else:
            yield end + name, urllib.parse.unquote(want)


def read_cases():
    for line in CASES.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            file, stream, kind, frame, client, server, both, truth = (c.strip() for c in line.split("|"))
            fields = dict([*expand("client.", client), *expand("server.", server), *expand("", both)])
            number = None if frame == "-" else int(frame.lstrip("~"))
            yield Case(file, int(stream), kind, number, frame.startswith("~"), fields, truth)
