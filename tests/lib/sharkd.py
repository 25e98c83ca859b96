"""sharkd with the plugin: Wireshark without a window, asked by JSON lines, one request after the other."""
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

MISSING = "/nonexistent"  # no capture
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Ended(Exception):
    """sharkd is gone: its exit code, and what it said last."""


class Sharkd:
    """`program` stands for sharkd: another one that runs it."""

    def __init__(self, program="sharkd"):
        self.said = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen([ROOT / "tests/tshark", "-"], text=True, stderr=self.said, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env={**os.environ, "TSHARK_PROGRAM": str(program)})
        self.ids = itertools.count(1)

    def ask(self, method, **params):
        """The result of a request; {"error": ...} where sharkd refuses it."""
        request = {"jsonrpc": "2.0", "id": next(self.ids), "method": method, "params": params}
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        if not line:
            raise Ended(f"sharkd ended in {method} {params}: exit {self.process.wait()}: {self.messages()[-500:]}")
        answer = json.loads(line)
        return answer["result"] if "result" in answer else {"error": answer["error"]}

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


def folder(within):
    """A new folder that every user can read: as root, tests/tshark runs as nobody."""
    pathlib.Path(within).chmod(0o755)
    made = pathlib.Path(tempfile.mkdtemp(dir=within))
    made.chmod(0o755)
    return made


def readable(captures, within):
    """Copies of captures in such a folder: {capture: copy}."""
    copies = folder(within)
    return {capture: shutil.copy(capture, copies) for capture in captures}
