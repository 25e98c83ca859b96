"""One capture: its TCP streams and the plugin's verdicts, both read by one run of tshark; when it was recorded."""
import gzip
import hashlib
import json
import re
import struct
import subprocess
import tempfile
import zlib

FIN, SYN, RST, ACK = 1, 2, 4, 16
CLIENT, SERVER = ENDS = 0, 1
END_NAMES = "client", "server"
SECOND, MILLISECOND = 10**9, 10**6
YEAR = 366 * 86400 * SECOND

# The last occurrence of each: of a tunnel the inner packet.
FIELDS = ("frame.number", "frame.time_epoch", "frame.protocols", "tcp.stream", "ip.src", "ipv6.src", "tcp.srcport",
          "tcp.seq_raw", "tcp.ack_raw", "tcp.flags", "tcp.len", "ip.id", "ip.ttl", "ipv6.hlim",
          "tcp.options.timestamp.tsval", "tcp.options.timestamp.tsecr", "tcp.payload")
PREFIX = 32  # bytes at the start of a segment that stay together whatever TSO or GRO does


class Unreadable(Exception):
    """The capture holds nothing to compare; the text says why."""


class Packet:
    """One TCP segment. Times are nanoseconds; seq and ack are unwrapped, so that they compare as numbers.
    ack, tsval and tsecr are None where there is none; payload is the hash of the first bytes and of all,
    None for bytes that the capture cut."""
    __slots__ = "frame", "time", "source", "end", "seq", "ack", "flags", "len", "ip_id", "ttl", "tsval", "tsecr", "payload"

    @property
    def after(self):
        """The sequence number after its last byte, SYN and FIN counted."""
        return self.seq + self.len + bool(self.flags & SYN) + bool(self.flags & FIN)


class Stream:
    def __init__(self, number):
        self.number, self.packets, self.verdict, self.address = number, [], None, None

    @property
    def ended(self):
        """Whether the plugin says that it did not end cleanly."""
        return "frame" in self.verdict

    def roles(self, verdict):
        """Takes the plugin's verdict, and from it who is the client."""
        self.verdict = verdict
        self.address = [(verdict[name].get("address", ""), verdict[name]["port"]) for name in END_NAMES]
        for packet in self.packets:
            packet.end = SERVER if packet.source == self.address[SERVER] != self.address[CLIENT] else CLIENT
        self.packets = once(self.packets)
        unwrap(self.packets)

    def turn(self):
        """Takes the other end for the client."""
        self.address.reverse()
        for packet in self.packets:
            packet.end = 1 - packet.end


class Capture:
    """`streams` by number; `first` and `last` time of any frame; `ended`, when the recording stopped, is the last
    frame's time where the file does not say it; `dropped`: packets that the recorder says it lost."""
    def __init__(self, name):
        self.name, self.streams, self.first, self.last, self.frames = name, {}, None, None, 0
        self.began = self.ended = self.dropped = None
        self.complaint, self.with_resets = "", None

    def resets(self, address):
        """The numbers of the streams between two ends that have a RST."""
        if self.with_resets is None:
            self.with_resets = {}
            for stream in self.streams.values():
                if any(p.flags & RST for p in stream.packets):
                    self.with_resets.setdefault(frozenset(stream.address), set()).add(stream.number)
        return self.with_resets.get(frozenset(address), set())


def once(packets):
    """Without the packets that were captured twice: the same one within 0.1 s, or 2 ms without an IP identification."""
    seen, kept = {}, []
    for p in packets:
        key = p.end, p.seq, p.ack, p.flags, p.len, p.ip_id, p.tsval, p.tsecr
        before = seen.get(key)
        seen[key] = p.time
        if before is None or not 0 <= p.time - before <= (100 if p.ip_id else 2) * MILLISECOND:
            kept.append(p)
    return kept


def near(number, reference):
    """The number of 32 bits, as the one nearest to the reference that equals it modulo 2^32."""
    return reference + (number - reference + 2**31) % 2**32 - 2**31


def unwrap(packets):
    at = [None, None]
    for p in packets:
        for end, name in (p.end, "seq"), (1 - p.end, "ack"):
            raw = getattr(p, name)
            if raw is None:
                continue
            number = raw if at[end] is None else near(raw, at[end])
            setattr(p, name, number)
            if not p.flags & RST:
                at[end] = number


def nanoseconds(text):
    whole, _, part = text.partition(".")
    return int(whole) * SECOND + int((part + "0" * 9)[:9])


def optional(text, base=10):
    return int(text, base) if text else None


def parse(capture, line, sources):
    """A line of FIELDS."""
    number, time, protocols, stream, ip4, ip6, port, seq, ack, flags, length, ip_id, ttl, hops, tsval, tsecr, data = line
    time = nanoseconds(time)
    capture.frames += 1
    capture.first = time if capture.first is None else min(capture.first, time)
    capture.last = time if capture.last is None else max(capture.last, time)
    if not stream or not seq or re.search(r":icmp(v6)?:", protocols):
        return  # no TCP, or only quoted; or a header that was cut
    p = Packet()
    six = protocols.rfind(":ipv6") > protocols.rfind(":ip:")
    source = (ip6 if six else ip4), int(port)
    p.source = sources.setdefault(source, source)
    p.frame, p.time, p.flags, p.len, p.end = int(number), time, int(flags, 0), int(length or 0), None
    p.seq, p.ack = int(seq), int(ack) if p.flags & ACK and ack else None
    p.ip_id, p.ttl = (0, int(hops or 0)) if six else (int(ip_id or "0", 0), int(ttl or 0))
    p.tsval, p.tsecr = optional(tsval), optional(tsecr)
    p.payload = prints(bytes.fromhex(data.replace(":", "")), p.len) if p.len else (None, None)
    number = int(stream)
    if number not in capture.streams:
        capture.streams[number] = Stream(number)
    capture.streams[number].packets.append(p)


def prints(data, length):
    """Hashes of the payload's start and of all of it; None where the capture cut it."""
    def digest(part):
        return hashlib.blake2b(part, digest_size=8).digest()
    return (digest(data[:PREFIX]) if len(data) >= min(PREFIX, length) else None,
            digest(data) if len(data) == length else None)


def read(name):
    """The capture of this name; whatever tshark complained about is its `complaint`."""
    capture, sources = Capture(name), {}
    command = ["tshark", "-n", "-o", "tcpabort.report_filter:", "-o", "tcpabort.report_only:all", "-z", "tcpabort,json,-",
               "-T", "fields", "-E", "separator=/t", "-E", "occurrence=l", "-r", "-"]
    for field in FIELDS:
        command += "-e", field
    with open(name, "rb") as file, tempfile.TemporaryFile("w+", errors="replace") as errors, subprocess.Popen(
            command, stdin=file, stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace") as tshark:
        for line in tshark.stdout:
            if line.startswith("{"):
                verdict = json.loads(line)
                first, *others = (capture.streams.get(int(n)) for n in re.findall(r"tcp\.stream eq (\d+)", verdict["filter"]))
                if first:
                    first.packets += (p for other in others if other for p in other.packets)
                    first.roles(verdict)
            elif line.count("\t") == len(FIELDS) - 1:
                parse(capture, line.rstrip("\n").split("\t"), sources)
        tshark.wait()
        errors.seek(0)
        said = [re.sub(r"^[a-z-]*: (The standard input |stdin: )?", "", line) for line in errors.read().splitlines()
                if line.strip() and not line.startswith('Running as user "root"')]
    if tshark.returncode:
        capture.complaint = " ".join(said[:2]) or f"tshark failed with status {tshark.returncode}"
    capture.streams = {n: s for n, s in capture.streams.items() if s.verdict}
    if not capture.streams:
        raise Unreadable(capture.complaint or "no TCP in this capture")
    capture.began, capture.ended = capture.first, capture.last
    recording(capture)
    return capture


def recording(capture):
    """When the recording began and ended, and what it dropped, from pcapng's interface statistics."""
    with open(capture.name, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    try:
        with (gzip.open if packed else open)(capture.name, "rb") as file:
            options = list(statistics(file))
    except (OSError, EOFError, zlib.error, struct.error):
        return  # not pcapng, or cut short: the frames alone tell
    drops = [number for _, _, *numbers in options for number in numbers if number is not None]
    capture.dropped = sum(drops) if drops else None
    spans = []
    for begin, end, *_ in options:
        # dumpcap counts microseconds whatever the interface's unit. A file whose times were shifted contradicts itself.
        for unit in 1000, 1:
            if None not in (begin, end) and begin * unit <= capture.first and capture.last <= end * unit < capture.last + YEAR:
                spans.append((begin * unit, end * unit))
                break
    if spans and len(spans) == len(options):
        capture.began, capture.ended = max(s[0] for s in spans), min(s[1] for s in spans)


def statistics(file):
    """Each interface's begin and end of recording, in its own unit, and its numbers of dropped packets."""
    order = None
    while len(head := file.read(8)) == 8:
        if head[:4] == b"\n\r\r\n":
            order = "<" if file.read(4) == b"\x4d\x3c\x2b\x1a" else ">"
            file.seek(-4, 1)
        if not order:
            return
        kind, length = struct.unpack(order + "II", head)
        if length < 12:
            return
        if kind != 5:
            file.seek(length - 8, 1)
            continue
        body, option = file.read(min(length - 8, 65536))[12:], {}
        while len(body) >= 4:
            code, size = struct.unpack_from(order + "HH", body)
            option[code] = body[4:4 + size]
            body = body[4 + size + -size % 4:]
        words = {code: struct.unpack(order + "II", value) for code, value in option.items() if len(value) == 8}
        begin, end = (high << 32 | low if high or low else None for high, low in (words.get(c, (0, 0)) for c in (2, 3)))
        counts = [struct.unpack(order + "Q", option[c])[0] if len(option.get(c, b"")) == 8 else None for c in (5, 7)]
        yield (begin, end, *counts)
