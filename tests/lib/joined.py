"""Captures of sample-pcaps/, many times in one: each time in another encapsulation, on an interface of its own, with
addresses of its own, all at the same time. A multiplexed pcapng file, in two sections, with comments on packets and other
blocks between them."""
import collections
import functools
import ipaddress
import itertools
import struct

import pcapng
import pdml
import wrap
from checks import CAPTURES, SAMPLES, read, run, save

START = 1_700_000_000 * 10**9

# One sample in one encapsulation; None: as it was captured. `ipv6`: as it would be over IPv6; `together`: how many of its
# packets one frame carries
Lane = collections.namedtuple("Lane", "wrapper sample ipv6 together", defaults=(False, 1))


def records(content):
    """Time in nanoseconds, link type and bytes of each packet of a pcapng file with one interface."""
    for _, order, kind, block in pcapng.blocks(content):
        if kind == pcapng.IDB:
            link, = struct.unpack_from(order + "H", block, 8)
            resolution = struct.pack(order + "HH", pcapng.IF_TSRESOL, 1)
            unit = 10 ** (9 - (block[block.index(resolution, 16) + 4] if resolution in block[16:] else 6))
        elif kind == pcapng.EPB:
            _, high, low, captured = struct.unpack_from(order + "IIII", block, 8)
            yield (high << 32 | low) * unit, link, block[28:28 + captured]


def content_of(sample):
    path = SAMPLES / sample
    if sample.endswith(".pcapng"):
        return path.read_bytes()
    return run("editcap", "-F", "pcapng", path, "-", decoded=False)


@functools.cache
def captured(sample):
    """Time, link type, link-layer header and IP packet of each frame."""
    found = []
    for time, link, frame in records(content_of(sample)):
        head, packet = (frame[:14], frame[14:]) if link == 1 else (b"", frame)
        length = struct.unpack_from("!H", packet, 2)[0] if wrap.is_v4(packet) else 40 + struct.unpack_from("!H", packet, 4)[0]
        found.append((time, link, head, packet[:length]))  # without what Ethernet pads
    return found


def packets(sample):
    """Time until the last one, which is none or less, and IP packet: captures that end at the same time have one clock, by
    which silence is judged, and so the verdicts of each alone."""
    last = max(time for time, *_ in captured(sample))
    return [(time - last, packet) for time, _, _, packet in captured(sample)]


def secrets(sample):
    """Its blocks of TLS keys; with other addresses they fit as well."""
    return [block for _, _, kind, block in pcapng.blocks(content_of(sample)) if kind == pcapng.DSB]


def readdressed(packet, number):
    """The packet, and what an ICMP error in it quotes, as of the lane of this number."""
    header = (packet[0] & 15) * 4 if wrap.is_v4(packet) else 40
    quote = header + 8
    if wrap.is_v4(packet):
        packet = packet[:12] + b"".join(struct.pack("!BHB", 10, number, end) for end in (packet[15], packet[19])) + packet[20:]
    else:
        packet = packet[:12] + struct.pack("!H", number) + packet[14:28] + struct.pack("!H", number) + packet[30:]
    return packet if wrap.is_tcp(packet) else packet[:quote] + readdressed(packet[quote:], number)


def events(lanes, first):
    """Time, number of the lane, numbers of the sample's packets, and those packets."""
    for number, lane in enumerate(lanes):
        story = [(n, (time, wrap.to_v6(p) if lane.ipv6 else p)) for n, (time, p) in enumerate(packets(lane.sample), 1)]
        for at in range(0, len(story), lane.together):
            group = story[at:at + lane.together]
            yield group[-1][1][0], number, [n for n, _ in group], [readdressed(p, first + number) for _, (_, p) in group]


def frames_of(lane, originals, group):
    if lane.wrapper:
        return lane.wrapper.frames(group)
    return [captured(lane.sample)[original - 1][2] + packet for original, packet in zip(originals, group)]


def join(lanes, first=0):
    """The file; for each lane where its sample's frames are: {frame of the sample: frame of the file}; and the lane of each
    frame of the file. Addresses are those of lanes from number `first`."""
    places, frames = [{} for _ in lanes], []
    for time, number, originals, group in sorted(events(lanes, first), key=lambda e: e[:2]):
        for data in frames_of(lanes[number], originals, group):
            frames.append((time, number, data))
        places[number].update((original, len(frames)) for original in originals)
    half = len(frames) // 2
    owners = {place: lanes[number] for place, (_, number, _) in enumerate(frames, 1)}
    return section(lanes, frames[:half]) + section(lanes, frames[half:]), places, owners


def section(lanes, frames):
    """Interfaces count micro- and nanoseconds in turn; nanoseconds for what is as it was captured."""
    blocks = [pcapng.section("<")]
    digits = [9 if number % 2 or not lane.wrapper else 6 for number, lane in enumerate(lanes)]
    for number, lane in enumerate(lanes):
        link = lane.wrapper.link if lane.wrapper else captured(lane.sample)[0][1]
        blocks.append(pcapng.interface("<", b"lane %d" % number, digits[number], link))
    blocks += [block for lane in lanes for block in secrets(lane.sample)]
    between = itertools.cycle([b"", pcapng.statistics("<"), pcapng.names("<", b"\xcb\0\x71\1", b"router.example"),
                               pcapng.block("<", pcapng.UNKNOWN, b"unknown")])  # a custom block would count as a frame
    for index, (time, number, data) in enumerate(frames):
        comment = pcapng.options("<", (pcapng.COMMENT, b"frame %d of the section" % index)) if index % 5 == 0 else b""
        stamp = (START + time) // 10 ** (9 - digits[number])
        blocks.append(pcapng.packet("<", data, comment, number, stamp))
        if index % 50 == 0:
            blocks.append(next(between))
    return b"".join(blocks)


class Together:
    """Samples as they were captured, in one capture: tshark starts once for all, and says of each what it says of it alone."""

    def __init__(self, captures):
        self.names = [capture.name for capture in captures]
        content, self.places, _ = join([Lane(None, name) for name in self.names])
        self.path = save(content, "together.pcapng")

    def read(self, fields, *options):
        """{sample: what checks.read() says of it}"""
        frames = read(("tcp.stream", *fields), "-r", self.path, *options)
        return {name: renumbered(frames, place) for name, place in zip(self.names, self.places)}


    @functools.cached_property
    def streams(self):
        """{(sample, its tcp.stream): tcp.stream here}"""
        frames = read(("tcp.stream",), "-r", self.path)
        found = {}
        for name, place in zip(self.names, self.places):
            here = dict.fromkeys(int(value) for _, at in sorted(place.items()) for value in frames[at].get("tcp.stream", ()))
            found.update({(name, number): stream for number, stream in enumerate(here)})
        return found

    @functools.cached_property
    def addresses(self):
        """{address here: address in the sample}"""
        found = {}
        for lane, name in enumerate(self.names):
            for _, packet in packets(name):
                start, size = (12, 4) if wrap.is_v4(packet) else (8, 16)
                new = readdressed(packet, lane)
                found.update({str(ipaddress.ip_address(new[at:at + size])): str(ipaddress.ip_address(packet[at:at + size]))
                              for at in (start, start + size)})
        return found


@functools.cache
def all_samples():
    return Together(CAPTURES)


def renumbered(frames, place):
    """The frames of a sample, with the numbers of frames and streams that it has alone."""
    numbers, streams, found = {at: number for number, at in place.items()}, {}, {}
    for number, at in sorted((number, at) for number, at in place.items() if at in frames):
        frame = found[number] = {field: pdml.renumbered(values, numbers.get) for field, values in frames[at].items()}
        for field in frame.keys() & {"tcp.stream"}:
            frame[field] = [str(streams.setdefault(value, len(streams))) for value in frame[field]]
        for field in (f for f in frame if f.endswith("frame") or f in ("frame.number", "tcpabort.overruled")):
            frame[field] = [str(numbers[int(value)]) if int(value) else value for value in frame[field]]
    return found
