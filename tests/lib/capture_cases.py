"""Reads tests/captures/captures.cases, whose header comment explains the columns."""
import collections
import functools
import re
import urllib.parse

from checks import ROOT, run

CASES = ROOT / "tests/captures/captures.cases"

Case = collections.namedtuple("Case", "file stream kind frame silent fields truth")

# captures.cases counts streams as Wireshark 4.0 does. From 4.2 on a SYN or SYN-ACK after a RST begins another tcp.stream, even
# one that repeats the handshake's numbers; these streams then go on in one.
SPLIT = {"exact_opening.pcapng": (4, 6, 7, 8, 9, 10)}


@functools.cache
def wireshark():
    """Major and minor number of the Wireshark that is tested."""
    return tuple(map(int, re.search(r" (\d+)\.(\d+)\.", run("tshark", "--version")).groups()))


def splits(file):
    """The streams of the file that have two numbers with this Wireshark."""
    return SPLIT[file] if file in SPLIT and wireshark() >= (4, 2) else ()


def begins(file, stream):
    """The tcp.stream in which a stream of captures.cases begins."""
    return stream + sum(split < stream for split in splits(file))


def goes_on(file, number):
    """The tcp.stream in which the connection of this one begins."""
    return number - 1 if number - 1 in (begins(file, split) for split in splits(file)) else number


def tcp_streams(line):
    """The numbers of tcp.stream under which a stream of the JSON report goes on, the first one first."""
    return [int(number) for number in re.findall(r"tcp\.stream eq (\d+)", line["filter"])]


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
            yield Case(file, begins(file, int(stream)), kind, number, frame.startswith("~"), fields, truth)
