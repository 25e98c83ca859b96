"""sharkd with the plugin: Wireshark without a window, asked by JSON lines, one request after the other."""
import itertools
import json
import os
import shutil
import subprocess
import tempfile

from checks import TSHARK, scratch

MISSING = "/nonexistent"  # no capture
# winerror.h; a column shows the name in place of the number, and a tick for a field without a value.
WINSOCK = {"WSAENETRESET": "10052", "WSAECONNABORTED": "10053", "WSAECONNRESET": "10054", "WSAESHUTDOWN": "10058",
           "WSAETIMEDOUT": "10060", "WSAECONNREFUSED": "10061", "WSAEHOSTUNREACH": "10065"}


class Ended(Exception):
    """sharkd is gone: its exit code, and what it said last."""


class Sharkd:
    """`command` runs it, `program` stands for sharkd."""

    def __init__(self, *command, program="sharkd"):
        self.said = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen([*(command or [TSHARK]), "-"], text=True, stderr=self.said, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env={**os.environ, "TSHARK_PROGRAM": str(program)})
        self.ids = itertools.count(1)

    def tell(self, method, **params):
        """A request whose answer does not matter; its number."""
        number = next(self.ids)
        try:
            self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return number

    def ask(self, method, **params):
        """The result of a request; {"error": ...} where sharkd refuses it."""
        number = self.tell(method, **params)
        for line in self.process.stdout:
            answer = json.loads(line)
            if answer["id"] == number:
                return answer["result"] if "result" in answer else {"error": answer["error"]}
        raise Ended(f"sharkd ended in {method} {params}: exit {self.process.wait()}: {self.messages()[-4000:]}")

    def columns(self, fields):
        """Of each frame {field: text}, "" where it is not there, numbers as tshark's fields have them; the 32 columns that
        sharkd shows at a time."""
        frames = []
        for start in range(0, len(fields), 32):
            names = fields[start:start + 32]
            rows = self.ask("frames", **{f"column{i}": f"{name}:0" for i, name in enumerate(names)})
            frames.append([dict(zip(names, row["c"])) for row in rows])
        found = [{name: text for part in parts for name, text in part.items()} for parts in zip(*frames)]
        return [{name: as_number(name, text) for name, text in frame.items()} for frame in found]

    def messages(self):
        """What it wrote to stderr, without the log of its requests."""
        self.said.seek(0)
        usual = ("Hello in child.", "load: ", "sharkd_session_process_tap() count=", f'sharkd: The file "{MISSING}" ')
        return "".join(line for line in self.said if not line.startswith(usual))

    def close(self):
        """Its exit code."""
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=300)


def as_number(name, text):
    """A column's text as tshark's fields have it."""
    return WINSOCK.get(text, text) if name.endswith(".winsock") else text.replace("\u2713", "1")


def readable(captures):
    """Copies of captures that sharkd can read: {capture: copy}."""
    copies = scratch()
    return {capture: shutil.copy(capture, copies) for capture in captures}
