"""The scripted peer of a kernel's TCP: it sends exactly the packets that words describe, and nothing by itself.

A word is a segment in the notation of tests/README.md: who sends, what, modifiers. `C:R,seq=edge+1` is a RST of
the client one past the right edge of the kernel's window. exact.cases lists the words and modifiers.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import struct

from wire import KERNEL, PEER, Failure, checksum

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
LETTERS = {"F": FIN, "S": SYN, "R": RST, "A": ACK}
ISN, WINDOW, SHIFT = 100000, 64256, 7
WHOLE = 1 << 32


def is_after(a, b):
    """Whether sequence number a comes after b."""
    return 0 < (a - b) % WHOLE < WHOLE // 2


class Segment:
    """A TCP segment as read from an IPv4 packet; None stands for one that is no TCP."""

    def __init__(self, packet):
        header = packet[(packet[0] & 15) * 4:]
        self.ports = struct.unpack("!HH", header[:4])
        self.seq, self.ack, offset, self.flags, self.window = struct.unpack("!IIBBH", header[4:16])
        self.options = header[20:(offset >> 4) * 4]
        payload = len(header) - (offset >> 4) * 4
        self.end = (self.seq + payload + bool(self.flags & SYN) + bool(self.flags & FIN)) % WHOLE

    @staticmethod
    def of(packet):
        return Segment(packet) if packet[0] >> 4 == 4 and packet[9] == 6 else None

    def shift(self):
        """The window scale that a SYN offers, or None. Linux pads it with a NOP in front."""
        match = re.search(rb"\x03\x03(.)", self.options, re.S)
        return match[1][0] if match else None

    def letters(self):
        """What it is in the notation: A, SA, R, 10F ..."""
        names = "".join(letter for letter, bit in LETTERS.items() if self.flags & bit and bit != ACK)
        size = (self.end - self.seq - bool(self.flags & SYN) - bool(self.flags & FIN)) % WHOLE
        bare = self.flags & (SYN | RST) or not (names or size)
        return (str(size) if size else "") + names + ("A" if self.flags & ACK and bare else "")


class Peer:
    """Numbers of both ends as this end sees them: `nxt`, `rcv` are its own, `kernel_*` the kernel's."""

    def __init__(self, port, kernel_port):
        self.ports = (port, kernel_port)
        self.isn = ISN
        self.nxt = self.fin = self.last = None
        self.rcv = self.kernel_isn = 0
        self.kernel_rcv = None          # next byte that the kernel lacks
        self.beyond = []                # (seq, end) of what reached the kernel beyond a hole
        self.acked = self.edge = None   # the kernel's last ACK number, the right edge of its window
        self.shift = SHIFT              # own window scale; None: none
        self.kernel_shift = None
        self.sack = True
        self.ip_id = 0

    # ---- what the kernel sends ----

    def hear(self, segment):
        self.last = segment
        if segment.flags & SYN:
            self.kernel_isn = segment.seq
            self.rcv = segment.end
            self.kernel_shift = segment.shift()
            if segment.flags & ACK:     # also when it answers a SYN inside an older connection
                self.isn, self.nxt, self.kernel_rcv = segment.ack - 1, segment.ack, segment.ack
                self.edge = None
        elif not segment.flags & RST and is_after(segment.end, self.rcv):
            self.rcv = segment.end
        if segment.flags & ACK and not segment.flags & RST:
            scaled = self.shift is not None and self.kernel_shift is not None and not segment.flags & SYN
            edge = (segment.ack + (segment.window << (self.kernel_shift if scaled else 0))) % WHOLE
            self.acked = segment.ack
            if self.edge is None or is_after(edge, self.edge):
                self.edge = edge

    # ---- what this end sends ----

    def packet(self, word):
        """The packet that a word describes, and its modifiers without a value."""
        match = re.fullmatch(r"[CS]:(\d*)([SFRA]*)((?:,[^,]+)*)", word)
        if not match or not match[1] + match[2]:
            raise Failure(f"no such segment: {word}")
        size, flags = int(match[1] or 0), sum(LETTERS[letter] for letter in match[2])
        given = dict(m.split("=", 1) if "=" in m else (m, None) for m in match[3].split(",")[1:])
        unknown = set(given) - {"seq", "ack", "win", "lost", "hidden", "now", "slow", "noack"}
        if unknown:
            raise Failure(f"{word}: no such modifier: {' '.join(unknown)}")
        if not flags & (SYN | RST) and "noack" not in given:
            flags |= ACK
        seq, ack, window = self.usual(flags)
        seq = self.number(given.get("seq"), seq, False)
        ack = self.number(given.get("ack"), ack, True)
        window = int(given["win"]) if "win" in given else window
        if "lost" not in given:
            self.deliver(seq, size, flags)
        self.advance(seq, size, flags)
        return self.build(seq, ack, flags, window, size), {name for name, value in given.items() if value is None}

    def usual(self, flags):
        """SEQ, ACK and window of a well-behaved end. A bare RST answers the kernel's last segment."""
        nxt = self.isn if self.nxt is None else self.nxt
        if flags & RST and not flags & ACK:
            return self.last.ack if self.last and self.last.flags & ACK else 0, 0, 0
        if flags & RST and self.nxt is None:
            return 0, self.rcv, 0
        scaled = self.shift is not None and not flags & SYN
        return nxt, self.rcv if flags & ACK else 0, WINDOW >> SHIFT if scaled else WINDOW

    def number(self, text, usual, is_ack):
        """`+1`, `rcv-1`, `edge`: relative to the usual number or to a name. For ACK numbers the roles are swapped."""
        match = re.fullmatch(r"([a-z]*)([+-]\d+)?", text or "")
        if not match:
            raise Failure(f"no such number: {text}")
        own = {"": usual, "isn": self.isn, "nxt": self.nxt, "rcv": self.kernel_rcv, "acked": self.acked,
               "edge": self.edge, "sack": max((end for _, end in self.beyond), default=None)}
        other = {"": usual, "isn": self.kernel_isn, "nxt": self.rcv}
        base = (other if is_ack else own).get(match[1])
        if base is None:
            raise Failure(f"this number is not known here: {text}")
        return (base + int(match[2] or 0)) % WHOLE

    def advance(self, seq, size, flags):
        """A SYN in the middle of a connection changes nothing until the kernel takes it (see hear)."""
        if flags & RST or (flags & SYN and self.nxt is not None):
            return
        end = (seq + size + bool(flags & SYN) + bool(flags & FIN)) % WHOLE
        if self.nxt is None or is_after(end, self.nxt):
            self.nxt = end

    def deliver(self, seq, size, flags):
        """What the kernel holds now. Nothing beyond the FIN counts (row 75 of docs/socket-errors.md)."""
        if flags & SYN and self.kernel_rcv is None:
            self.kernel_rcv = (seq + 1) % WHOLE
        if flags & (SYN | RST) or self.kernel_rcv is None:
            return
        if self.fin is None or not is_after(seq + size, self.fin):
            self.beyond.append((seq, (seq + size + bool(flags & FIN)) % WHOLE))
        if flags & FIN:
            self.fin = (seq + size) % WHOLE
        for start, end in sorted(self.beyond):
            if not is_after(start, self.kernel_rcv) and is_after(end, self.kernel_rcv):
                self.kernel_rcv = end
        self.beyond = [part for part in self.beyond if is_after(part[1], self.kernel_rcv)]

    def build(self, seq, ack, flags, window, size):
        options = b""
        if flags & SYN:
            options = struct.pack("!BBH", 2, 4, 1460) + (b"\1\1\4\2" if self.sack else b"")
            options += struct.pack("!BBBB", 1, 3, 3, self.shift) if self.shift is not None else b""
        flags |= PSH if size else 0
        offset = (20 + len(options)) // 4 << 4
        body = options + b"x" * size
        pseudo = PEER + KERNEL + struct.pack("!HH", 6, 20 + len(body))
        fields = (*self.ports, seq, ack, offset, flags, window)
        total = checksum(pseudo + struct.pack("!HHIIBBHHH", *fields, 0, 0) + body)
        header = struct.pack("!HHIIBBHHH", *fields, total, 0)
        # As Linux does: a RST that answers has no identification.
        bare = flags & RST and not flags & ACK
        self.ip_id += not bare
        ip = (0x45, 0, 40 + len(body), 0 if bare else self.ip_id, 0x4000, 64, 6)
        total = checksum(struct.pack("!BBHHHBBH4s4s", *ip, 0, PEER, KERNEL))
        return struct.pack("!BBHHHBBH4s4s", *ip, total, PEER, KERNEL) + header + body
