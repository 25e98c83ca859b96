"""What every test script does: it counts checks, starts tshark, and runs the groups that its command line names."""
import argparse
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TCPABORT_BUILD", ROOT / "build"))
SAMPLES = ROOT / "sample-pcaps"
CAPTURES = sorted(path for path in SAMPLES.iterdir() if re.search(r"\.pcap(ng)?$", path.name))
TSHARK = ROOT / "tests/tshark"
NOBODY = 65534

# Fields that hold what later frames prove, shown on later visits only: the first ones by every packet of a stream.
OF_STREAM = ("tcpabort.stream.", "tcpabort.zeek.", "tcpabort.tamper.")
LATER = (*OF_STREAM, "tcpabort.rst.origin", "tcpabort.rst.sign", "tcpabort.overruled")

everything = tempfile.TemporaryDirectory()
checked = failed = 0


# ---- Checks ----

def check(got, want, *where):
    """Counts one comparison, and prints it when it fails: of lists only what differs."""
    global checked, failed
    checked += 1
    if got == want:
        return
    failed += 1
    if isinstance(got, list) and isinstance(want, list) and len(got) == len(want):
        at = next(i for i, pair in enumerate(zip(got, want)) if pair[0] != pair[1])
        where, got, want = (*where, f"number {at + 1}"), got[at], want[at]
    elif isinstance(got, list) and isinstance(want, list):
        where, got, want = (*where, f"{len(got)} for {len(want)}"), [g for g in got if g not in want], [w for w in want if w not in got]
    print(": ".join(map(str, where)) + f": got {got!r}, want {want!r}")


def check_that(condition, *words):
    """Counts one expectation, and prints the words when it does not hold."""
    global checked, failed
    checked += 1
    if not condition:
        failed += 1
        print("FAILED:", *words)


def main(script, call=lambda test, _: test(), **options):
    """Runs a script: its groups are the functions whose names begin with test_, and the command line names some of them,
    after `options`: their names and defaults, False for a flag. `call` gets each function and what was parsed.
    Exit codes: 0 all as expected; 1 not, or nothing was checked; 2 wrong arguments."""
    groups = {name[5:]: test for name, test in script.items() if name.startswith("test_")}
    path = pathlib.Path(script["__file__"]).resolve().relative_to(ROOT)
    words = "".join(f"[--{name}{'' if default is False else ' N'}] " for name, default in options.items())
    parser = argparse.ArgumentParser(prog=str(path), usage=f"{path} {words}GROUP...   groups: {', '.join(groups)}")
    for name, default in options.items():
        parser.add_argument(f"--{name}", default=default, **({"action": "store_true"} if default is False else {"type": int}))
    parser.add_argument("groups", nargs="+", choices=groups)
    chosen = parser.parse_args()
    for name in chosen.groups:
        call(groups[name], chosen)
    finish()


def finish():
    """Ends a script: the last line is how many checks passed."""
    print(f"{checked - failed} of {checked} checks passed")
    sys.exit(0 if checked and not failed else 1)


# ---- Files ----

def scratch(within=None):
    """A new folder that every user can read: as root, tests/tshark runs as nobody. It goes when the script ends."""
    pathlib.Path(everything.name).chmod(0o755)
    made = pathlib.Path(tempfile.mkdtemp(dir=within or everything.name))
    made.chmod(0o755)
    return made


@functools.cache
def folder():
    """The script's own."""
    return scratch()


def save(content, name):
    """The path of a new file in it."""
    (folder() / name).write_bytes(content)
    return folder() / name


@functools.cache
def merged(captures=tuple(CAPTURES)):
    """Captures as one, in the order of their times; without any, all samples."""
    whole = scratch() / "merged.pcapng"
    run("mergecap", "-w", whole, *captures)
    return whole


def source(name):
    """The source file or table of this name, wherever it is below plugin/."""
    [path] = (ROOT / "plugin").rglob(name)
    return path


def all_kinds():
    """All kinds, in the order of their table."""
    return re.findall(r'^KIND\(\w+, *"(\w+)"', source("kinds.def").read_text(), re.M)


# ---- Programs ----

def run(*command, says=None, decoded=True, **options):
    """What a command prints, UTF-8 if it is to be decoded. It must succeed and, where `says` is given, say just that on
    stderr: else the test ends."""
    result = subprocess.run([text(word) for word in command], capture_output=True, timeout=600, **options)
    said = result.stderr.decode(errors="replace")
    if result.returncode or says not in (None, said):
        sys.exit(f"{' '.join(map(str, command))}: exit {result.returncode}: {said.strip()[-4000:]}")
    return result.stdout.decode() if decoded else result.stdout


def text(word):
    """A word of a command line: numbers are written, bytes stay."""
    return word if isinstance(word, bytes) else str(word)


def tshark(*arguments, **options):
    """What tshark prints with the plugin of the build tree. That it succeeds is a check."""
    global checked
    printed = run(TSHARK, *arguments, **options)
    checked += 1
    return printed


def wanted(fields):
    """For tshark: these fields."""
    return [word for field in fields for word in ("-e", field)]


def read(fields, *arguments, tshark=tshark):
    """{frame: {field: [values]}} as tshark shows them with these arguments; a field that is not there is left out."""
    printed = json.loads(tshark(*arguments, "-T", "json", *wanted(dict.fromkeys(("frame.number", *fields)))))
    layers = [frame["_source"]["layers"] for frame in printed]
    return {int(layer["frame.number"][0]): layer for layer in layers}


@functools.cache
def plugin_fields():
    """All fields that the plugin registers."""
    rows = (line.split("\t") for line in tshark("-G", "fields").splitlines())
    return sorted(row[2] for row in rows if row[0] == "F" and row[2].startswith("tcpabort."))


def streams_of(*arguments, **options):
    """What -z tcpabort,json says of each stream."""
    return [json.loads(line) for line in tshark("-q", *arguments, "-z", "tcpabort,json,-", **options).splitlines()]
