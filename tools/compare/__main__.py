"""tools/tcpabort compare: two captures of the same connections, made at two points. Started by tools/commands/compare.

Usage: python3 -I tools/compare text|json ended|all never|middle CLIENT SERVER
tshark, with the plugin, is the one in PATH. Exit codes: those of tools/tcpabort compare.
"""
import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent.parent / "lib"))  # -I leaves only this folder

from capture import Unreadable, read
from escape import escaped
from judge import MIDDLE, Others, View
from match import match
from show import alone, alone_text, ambiguous_text, connection, connection_text, files_text, point


def fail(*words):
    print("tcpabort:", *map(escaped, words), file=sys.stderr)
    return 2


def why_alone(captures, side, stream, others, unmatched):
    """Why the other capture might not have this stream, "" when it should."""
    other = captures[1 - side]
    if others.ahead is None:
        return "how the clocks differ is not known"
    times = [p.time + (others.ahead if side == 0 else -others.ahead) for p in stream.packets]
    if min(times) - others.error < other.began or max(times) + others.error > other.ended:
        return "the other capture does not cover all of its time"
    ends = {frozenset(s.address) for s in unmatched}
    if frozenset(stream.address) in ends:
        return "a stream between the same ports there could be it, with other sequence numbers"
    return "the other capture's recorder dropped packets" if other.dropped else ""


def compare(captures):
    """Objects for every connection, the matched ones first."""
    matches, *rest, ambiguous = match(*captures)
    others = Others([View(m, *captures) for m in matches])
    views = [View(m, *captures, others) for m in matches]
    found = [connection(view) for view in views]
    for side, streams in enumerate(rest):
        found += [alone(captures, side, s, why_alone(captures, side, s, others, rest[1 - side])) for s in streams]
    found += [{"ambiguous": [point(captures[0], a), point(captures[1], b)]} for a, b in ambiguous]
    return found


def is_listed(found):
    """Whether the connection did not end cleanly in one of the captures at least, as the plugin says."""
    points = found.get("points", found)
    return any("frame" in at for at in (points.values() if "points" in found else found.get("ambiguous") or [found["only_in"]]))


def print_text(found, listed, captures):
    print(files_text(captures))
    matched = [f for f in found if "points" in f]
    only = [sum(f.get("argument") == number for f in found) for number in (1, 2)]
    print(f"{len(matched)} TCP stream{'s' * (len(matched) != 1)} in both, {only[0]} only in the first, "
          f"{only[1]} only in the second; {len(listed)} shown")
    placed = [f["swapped"] for f in matched if f["nearer_client_by"]]
    if sum(placed) * 2 > len(placed):
        print("The captures look swapped: the second one is nearer the clients.")
    for f in listed:
        print("\n" + (connection_text(f) if "points" in f else alone_text(f) if "only_in" in f else ambiguous_text(f)))


def main(form, which, fail_on, *names):
    captures = []
    for name in names:
        try:
            captures.append(read(name))
        except (Unreadable, OSError) as error:
            return fail(f"{name}: {error.strerror if isinstance(error, OSError) else error}")
    found = compare(captures)
    listed = [f for f in found if which == "all" or is_listed(f)]
    if form == "json":
        for f in listed:
            print(json.dumps(f))
    else:
        print_text(found, listed, captures)
    sys.stdout.flush()
    for capture in captures:
        if capture.complaint:
            return fail(f"{capture.name}: {capture.complaint}")
    return 1 if fail_on == "middle" and any(f.get("conclusion") in MIDDLE for f in found) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except (BrokenPipeError, OSError) as error:
        sys.exit(fail(f"the output cannot be written: {error.strerror}"))
