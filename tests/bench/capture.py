"""Captures of any size for benchmarks: HTTP connections that end in several ways, many open at a time.

Ethernet, IPv4, timestamps; about 11 frames a connection. Numbers repeat from run to run. TCP checksums are left 0.
"""
import heapq
import itertools
import struct

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
REQUEST = (b"GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
           b"Accept: text/html,application/xhtml+xml\r\nAccept-Language: en\r\nConnection: keep-alive\r\n\r\n")
RESPONSE = (b"HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: nginx\r\nContent-Type: text/html\r\n"
            b"Content-Length: 500\r\nConnection: keep-alive\r\n\r\n" + b"<p>x</p>\n" * 55 + b"12345")
EACH = 500       # microseconds from one connection's first frame to the next one's, times PACE
PACE = 11
RTT = 50_000     # microseconds: about 100 connections are open at a time
RETRANSMISSIONS = (200_000, 400_000, 800_000, 1_600_000)


def endings():
    """What follows the answer in eight connections, as (microseconds, from client, SEQ, ACK, flags, payload) with numbers
    counted from each end's SYN: five close, one is reset after a FIN, one is aborted, one times out."""
    a, b = 1 + len(REQUEST), 1 + len(RESPONSE)
    closes = [(RTT, 0, b, a, FIN | ACK), (RTT, 1, a, b + 1, FIN | ACK), (RTT, 0, b + 1, a + 1, ACK)]
    closes = [closes[0], (RTT // 2, 1, a, b + 1, ACK), *closes[1:]]
    late_data = [(RTT, 0, b, a, FIN | ACK), (RTT // 2, 1, a, b + 1, ACK), (RTT, 1, a, b + 1, PSH | ACK, REQUEST),
                 (RTT, 0, b + 1, 0, RST)]
    aborts = [(RTT, 1, a, b, PSH | ACK, REQUEST), (RTT, 0, b, a + len(REQUEST), ACK), (RTT, 0, b, a + len(REQUEST), RST | ACK)]
    times_out = [(after, 1, a, b, PSH | ACK, REQUEST) for after in (RTT, *RETRANSMISSIONS)]
    return [closes, late_data, closes, aborts, closes, times_out, closes, closes]


def connections():
    """Their frames, whole: the handshake, a request, its answer, an ending."""
    a, b = 1 + len(REQUEST), 1 + len(RESPONSE)
    begin = [(0, 1, 0, 0, SYN), (RTT, 0, 0, 1, SYN | ACK), (RTT, 1, 1, 1, ACK), (100, 1, 1, 1, PSH | ACK, REQUEST),
             (RTT, 0, 1, a, ACK), (RTT, 0, 1, a, PSH | ACK, RESPONSE), (RTT, 1, a, b, ACK)]
    return [[Template(*step) for step in begin + ending] for ending in endings()]


class Template:
    """A frame whose addresses, ports, numbers and times are filled in."""
    IP, TCP = 14, 34

    def __init__(self, after, from_client, seq, ack, flags, payload=b""):
        self.after, self.from_client, self.seq, self.ack, self.acks = after, from_client, seq, ack, bool(flags & ACK)
        self.stamps = 0
        if flags & SYN:
            options = struct.pack("!BBHBBBBIIBBBB", 2, 4, 1460, 4, 2, 8, 10, 0, 0, 1, 3, 3, 7)
            self.stamps = 8
        elif flags & RST and not flags & ACK:
            options = b""
        else:
            options = struct.pack("!BBBBII", 1, 1, 8, 10, 0, 0)
            self.stamps = 4
        tcp = struct.pack("!HHIIBBHHH", 0, 0, 0, 0, (20 + len(options)) << 2, flags, 0 if flags & RST else 502, 0, 0) + options + payload
        ip = struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64 if from_client else 57, 6, 0, 0, 0)
        macs = (b"\2\0\0\0\0\2", b"\2\0\0\0\0\1")
        self.frame = bytearray((macs[not from_client] + macs[from_client] + b"\x08\0" + ip + tcp).ljust(60, b"\0"))

    def fill(self, number, ids, clock):
        """The frame for a connection: `ids` counts the packets of each end."""
        client, server = 0x0A000001 + number // 50000, 0xC6336401 + number % 4
        port = 10000 + number % 50000
        starts = (number * 2654435761 + 12345) & 0xFFFFFFFF, (number * 40503 * 97 + 99) & 0xFFFFFFFF
        if not self.from_client:
            starts = starts[::-1]
        frame = self.frame
        ends = (client, server, port, 80) if self.from_client else (server, client, 80, port)
        ids[self.from_client] = ids[self.from_client] + 1 & 0xFFFF
        struct.pack_into("!H", frame, self.IP + 4, ids[self.from_client] or 1)
        struct.pack_into("!IIHHII", frame, self.IP + 12, *ends, (starts[0] + self.seq) & 0xFFFFFFFF,
                         (starts[1] + self.ack) & 0xFFFFFFFF if self.acks else 0)
        if self.stamps:
            struct.pack_into("!I", frame, self.TCP + 20 + self.stamps, clock // 1000 & 0xFFFFFFFF)
        return frame


class Writer:
    """A pcap file."""

    def __init__(self, path):
        self.file = open(path, "wb", buffering=1 << 20)
        self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))

    def write(self, clock, frame):
        self.file.write(struct.pack("<IIII", clock // 1_000_000, clock % 1_000_000, len(frame), len(frame)))
        self.file.write(frame)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.file.close()


START = 1_700_000_000_000_000  # microseconds


def write_streams(path, streams):
    """Returns the number of frames."""
    kinds = connections()
    waiting, number, frames = [], 0, 0
    with Writer(path) as out:
        while waiting or number < streams:
            begins = START + number * EACH * PACE
            if number < streams and (not waiting or begins <= waiting[0][0]):
                clock, stream, step, ids = begins, number, 0, [number * 7 & 0xFFFF, number * 13 & 0xFFFF]
                number += 1
            else:
                clock, stream, step, ids = heapq.heappop(waiting)
            templates = kinds[stream % len(kinds)]
            out.write(clock, templates[step].fill(stream, ids, clock))
            frames += 1
            if step + 1 < len(templates):
                heapq.heappush(waiting, (clock + templates[step + 1].after, stream, step + 1, ids))
    return frames


def write_long_stream(path, packets):
    """One connection that asks again and again. Returns the number of frames."""
    begin = connections()[0][:3]
    a, b, ids, clock = 1, 1, [1, 1], START
    with Writer(path) as out:
        for template in begin:
            clock += template.after
            out.write(clock, template.fill(0, ids, clock))
        for index in itertools.count():
            if len(begin) + 4 * (index + 1) > packets:
                return len(begin) + 4 * index
            c, d = a + len(REQUEST), b + len(RESPONSE)
            for step in ((1, a, b, PSH | ACK, REQUEST), (0, b, c, ACK), (0, b, c, PSH | ACK, RESPONSE), (1, c, d, ACK)):
                template = LONG.setdefault(step[0] | step[3] << 1, Template(RTT // 10, *step))
                template.seq, template.ack = step[1], step[2]
                clock += template.after
                out.write(clock, template.fill(0, ids, clock))
            a, b = c, d


LONG = {}


def write_resets(path, resets):
    """One connection whose end is told again and again by RSTs. Returns the number of frames."""
    steps = connections()[1]
    ids, clock = [1, 1], START
    with Writer(path) as out:
        for template in steps[:-1]:
            clock += template.after
            out.write(clock, template.fill(0, ids, clock))
        for _ in range(resets):
            clock += 1000
            out.write(clock, steps[-1].fill(0, ids, clock))
    return len(steps) - 1 + resets
