"""Two captures of one connection, made from nothing: what each point sees, and when, is said packet by packet."""
import random
import socket
import struct

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CLIENT, SERVER = 0, 1


class Packet:
    """One segment at one point: `when` by that point's clock."""
    def __init__(self, **values):
        self.__dict__.update(values)

    def bytes(self):
        (source, source_port), (target, target_port) = self.addresses[self.end], self.addresses[1 - self.end]
        options = struct.pack("!BBBBII", 1, 1, 8, 10, *self.stamps) if self.stamps else b""
        tcp = struct.pack("!HHIIBBHHH", source_port, target_port, self.seq % 2**32, self.ack % 2**32 if self.flags & ACK else 0,
                          (20 + len(options)) // 4 << 4, self.flags, 65000, 0, 0) + options + self.data
        # The length is 0 where it does not fit, as of a segment that the hardware cuts.
        length = 20 + len(tcp) if 20 + len(tcp) < 65536 else 0
        return struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, self.ip_id, 0, self.ttl, 6, 0,
                           socket.inet_aton(source), socket.inet_aton(target)) + tcp


class Pair:
    """`delay`: seconds from client to server and back; `offset`, `drift`: of the server's clock; `hops` between the points;
    `addresses`: of both ends as the server's point sees them; `renumber`: what a device adds to each end's sequence numbers;
    `proxy`: every packet is another one behind the device."""
    def __init__(self, delay=(0.010, 0.010), offset=0, drift=0, hops=1, port=40000, addresses=None, isn=(100000, 500000),
                 renumber=(0, 0), proxy=False, ip_ids=True, stamps=False, miss=None):
        near = ("192.0.2.1", port), ("198.51.100.2", 7000)
        self.addresses = near, addresses or near
        self.delay, self.offset, self.drift, self.hops, self.renumber, self.proxy = delay, offset, drift, hops, renumber, proxy
        self.ip_ids, self.stamps = ip_ids, stamps
        self.next, self.at, self.count = list(isn), 0.0, 0
        self.seen = [], []
        self.random = random.Random(port)

    def point(self, side, end, seq, ack, flags, data):
        """Adds the packet to what one point sees."""
        late = side != end
        when = self.at + self.delay[end] * late
        if side == SERVER:
            when = when * (1 + self.drift) + self.offset
            seq, ack = seq + self.renumber[end], ack + self.renumber[1 - end]
        other = 1000 * (self.proxy and late)
        stamps = (int(self.at * 1000) + 5000 + other, int(self.at * 1000) + 4000) if self.stamps else None
        self.seen[side].append(Packet(when=when + 1700000000, end=end, seq=seq, ack=ack, flags=flags, data=data, stamps=stamps,
                                      addresses=self.addresses[side], ip_id=self.count + other if self.ip_ids else 0,
                                      ttl=64 - self.hops * late))

    def send(self, end, payload=0, flags=None, lost=False, only=None, missing=None, seq=None, changed=False):
        """The end sends payload, or so many bytes. `lost` between the points; `only` one point sees it; `missing`: this
        point's capture missed it; `changed`: with another sequence number at the far point."""
        data = payload if isinstance(payload, bytes) else self.random.randbytes(payload)
        flags = (ACK | PSH if data else ACK) if flags is None else flags
        self.count += 1
        self.at += 0.1
        seq = self.next[end] if seq is None else seq
        self.last = end, seq, self.next[1 - end], flags, data
        if flags & RST and only is not None:
            self.forged_seq = seq
        for side in CLIENT, SERVER:
            if only in (None, side) and missing != side and not (lost and side != end):
                self.point(side, end, seq + (changed and side != end), *self.last[2:])
        if only is None or not flags & RST:
            self.next[end] += len(data) + bool(flags & SYN) + bool(flags & FIN)

    def again(self):
        """The last packet is sent once more, and arrives."""
        self.count += 1
        self.at += 0.3
        for side in CLIENT, SERVER:
            self.point(side, *self.last)

    def handshake(self):
        self.send(CLIENT, 0, SYN)
        self.send(SERVER, 0, SYN | ACK)
        self.send(CLIENT)

    def burst(self, end, size, most, lost=None, merged=False):
        """One large segment at one point, segments of `most` bytes at the other: at the far one, or the near one with
        `merged`. The lost-th of those is lost."""
        data = self.random.randbytes(size)
        whole, parts = (1 - end, end) if merged else (end, 1 - end)
        self.at += 0.1
        self.count += 1
        self.point(whole, end, self.next[end], self.next[1 - end], ACK, data)
        for number, start in enumerate(range(0, size, most)):
            if number != lost:
                self.point(parts, end, self.next[end] + start, self.next[1 - end], ACK, data[start:start + most])
            self.count += 1
        self.next[end] += size

    def also(self, other):
        """Another connection in the same two captures."""
        for mine, theirs in zip(self.seen, other.seen):
            mine += theirs

    def without(self, left_out):
        """The captures do not have the packets for which left_out() holds."""
        self.seen = tuple([p for p in side if not left_out(p)] for side in self.seen)
        return self

    def files(self):
        for side in self.seen:
            content = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
            for p in sorted(side, key=lambda p: p.when):
                data = p.bytes()
                micro = round(p.when * 1000000)
                content += struct.pack("<IIII", *divmod(micro, 1000000), len(data), len(data)) + data
            yield content
