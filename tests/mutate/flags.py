"""Mutants of the connection's state: every read of a flag in one file is the constant true, or false."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from sources import COMPILER, CORE, Table

HEADERS = ("track/end.h", "include/evidence.h", "explain/sender.h", "explain/context.h", "labels/tamper.h", "labels/zeek.h")


def hide(header):
    """Renames the flags of the header's structs, so that the compiler says where they are used."""
    def rename(declaration):
        return re.sub(r"/\*.*?\*/|\[\w+\]|(\w+)", lambda part: f"hidden_{part[1]}" if part[1] else part[0], declaration[0])
    header.write_text(re.sub(r"(?<=^    bool )[^(]*?;", rename, header.read_text(), flags=re.M))


def uses(core, path):
    """(struct, flag, line, column) of each use in a file of the core whose flags are hidden."""
    command = [*COMPILER, "-fsyntax-only", "-I", core / "include", "-I", core, path]
    messages = subprocess.run(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"}).stderr
    gcc = re.findall(r":(\d+):(\d+): error: '(?:const )?struct ta_(\w+)' has no member named '(\w+)'", messages)
    clang = re.findall(r":(\d+):(\d+): error: no member named '(\w+)' in 'struct ta_(\w+)'", messages)
    found = [(struct, flag, int(line), int(column)) for line, column, struct, flag in gcc]
    found += [(struct, flag, int(line), int(column)) for line, column, flag, struct in clang]
    if len(found) != messages.count(" error: "):
        raise RuntimeError(messages)
    return found


def forced(text, line, column, flag, constant):
    """(start, end, replacement) of the use of a flag at this place; None where it is only set."""
    at = text.index(flag, sum(len(other) + 1 for other in text.split("\n")[:line - 1]) + column - 1)
    start = at - len(re.search(r"(?:\w+(?:\[[^\]]*\])?(?:->|\.))*$", text[:at])[0])
    end = at + len(re.match(r"\w+(?:\[[^\]]*\])?", text[at:])[0])
    if start == at or re.match(r"\s*=(?!=)", text[end:]):
        return None
    sets_more = re.match(r"\s*\|=", text[end:])
    return (end, end + sets_more.end(), f" = {constant} ||") if sets_more else (start, end, constant)


def mutate_flags(_combined):
    with tempfile.TemporaryDirectory() as name:
        core = pathlib.Path(name) / "core"
        shutil.copytree(CORE, core)
        for header in HEADERS:
            hide(core / header)
        for path in sorted(core.rglob("*.c")):
            file, places = str(path.relative_to(core)), {}
            for struct, flag, line, column in uses(core, path):
                places.setdefault((struct, flag), []).append((line, column))
            for (struct, flag), found in sorted(places.items()):
                table = Table("flags", file)
                for constant in ("true", "false"):
                    text = table.text
                    changes = {forced(text, line, column, flag, constant) for line, column in found} - {None}
                    for start, end, instead in sorted(changes, reverse=True):
                        text = text[:start] + instead + text[end:]
                    if changes:
                        yield table.mutant(file, f"{struct}.{flag} {constant}", text)
