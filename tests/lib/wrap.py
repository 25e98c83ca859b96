"""The same IP packet in every encapsulation that tshark reads and that needs no state of its own: link types, tunnels,
extension headers, fragments. Link types: https://www.tcpdump.org/linktypes.html"""
import itertools
import struct
import typing

from packets import ACK, PSH, SYN, segment

IPV4, IPV6 = 0x0800, 0x86DD
TCP, UDP = 6, 17
OUTER = bytes([198, 51, 100, 1]), bytes([198, 51, 100, 2])  # a tunnel's ends
OUTER6 = bytes.fromhex("20010db8ffff0000000000000000000120010db8ffff00000000000000000002")
MACS = bytes.fromhex("00000c000002 00000c000001")  # of a known maker: tshark tells Ethernet in MPLS by that

numbers = itertools.count(1)  # identifications and sequence numbers


def is_v4(packet):
    return packet[0] >> 4 == 4


def is_tcp(packet):
    """An ICMP error is none, though it quotes a segment."""
    return packet[9 if is_v4(packet) else 6] == TCP


def typed(packet, before=b""):
    """The packet after its EtherType."""
    return before + struct.pack("!H", IPV4 if is_v4(packet) else IPV6) + packet


def ethernet(content):
    """`content` begins with an EtherType, or a length."""
    return MACS + content


def snap(packet):
    return typed(packet, b"\xaa\xaa\3\0\0\0")  # RFC 1042


def ppp(packet):
    return struct.pack("!H", 0x21 if is_v4(packet) else 0x57) + packet


def labels(payload, bottom=200):
    """Two MPLS labels. tshark remembers of the one at the bottom of the stack what it carries."""
    return struct.pack("!II", 100 << 12 | 64, bottom << 12 | 1 << 8 | 64) + payload


def wlan(packet):
    """A QoS-less data frame from an access point, without its frame check sequence."""
    return b"\x08\x02\0\0" + MACS + MACS[6:] + bytes(2) + snap(packet)


def ip(protocol, payload):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), next(numbers) & 0xFFFF, 0, 64, protocol, 0, *OUTER) + payload


def ip6(protocol, payload):
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + OUTER6 + payload


def udp(port, payload):
    return ip(UDP, struct.pack("!HHHH", port, port, 8 + len(payload), 0) + payload)


def gre(protocol, payload, flags=0, more=b""):
    return ip(47, struct.pack("!HH", flags, protocol) + more + payload)


def in_ip(packet):
    """IP in IPv4: 4 is the number of IPv4, 41 of IPv6."""
    return ip(4 if is_v4(packet) else 41, packet)


# ---- IPv6 extension headers ----

HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION = 0, 43, 44, 51, 60


def extended(packet, *headers):
    """The packet with extension headers before its payload: (number, what follows the next header's number) each."""
    content, following = packet[40:], packet[6]
    for number, header in reversed(headers):
        content, following = bytes([following]) + header + content, number
    return packet[:4] + struct.pack("!HB", len(content), following) + packet[7:40] + content


PADDING = b"\0\1\4" + bytes(4)  # PadN
SEGMENTS = b"\2\4\0\0\0\0\0" + OUTER6[16:]  # RFC 8754, none left


def authentication():
    return b"\4\0\0" + struct.pack("!II", 1, next(numbers)) + bytes(12)


def to_v6(packet):
    """A TCP segment over IPv4 as it would go over IPv6, its addresses embedded (RFC 6052)."""
    header, prefix = (packet[0] & 15) * 4, bytes.fromhex("0064ff9b0000000000000000")
    ends = prefix + packet[12:16] + prefix + packet[16:20]
    return struct.pack("!IHBB", 6 << 28, len(packet) - header, TCP, packet[8]) + ends + packet[header:]


# ---- Fragments: 16 bytes of the TCP header, then the rest ----

def fragments(packet):
    number = next(numbers)
    if not is_tcp(packet):
        return [packet]
    if not is_v4(packet):
        head, content = packet[:4], packet[40:]
        return [head + struct.pack("!HB", 8 + len(piece), FRAGMENT) + packet[7:40] + struct.pack("!BBHI", TCP, 0, at, number) + piece
                for piece, at in ((content[:16], 1), (content[16:], 16))]
    header = (packet[0] & 15) * 4
    content = packet[header:]
    return [packet[:2] + struct.pack("!HHH", header + len(piece), number & 0xFFFF, at) + packet[8:header] + piece
            for piece, at in ((content[:16], 0x2000), (content[16:], 2))]


# ---- TCP in TCP ----

class Switch:
    """Sends whole Ethernet frames to its OpenFlow controller (OpenFlow 1.0, OFPT_PACKET_IN), over one TCP connection."""

    def __init__(self, port, pieces=1):
        self.ports, self.pieces, self.seq = (port, 6653), pieces, 0

    def send(self, flags, payload=b""):
        frame = ethernet(typed(segment(*OUTER, self.ports, self.seq, 501 if flags & ACK else 0, flags, payload)))
        self.seq += len(payload) + (flags == SYN)
        return frame

    def __call__(self, *packets):
        frames, message = [], b""
        if self.seq == 0:
            answer = segment(*OUTER[::-1], self.ports[::-1], 500, 1, SYN | ACK)
            frames = [self.send(SYN), ethernet(typed(answer)), self.send(ACK)]
        for packet in packets:
            frame = ethernet(typed(packet))
            message += struct.pack("!BBHIIHHBB", 1, 10, 18 + len(frame), next(numbers), 0xFFFFFFFF, len(frame), 1, 0, 0) + frame
        size = -(-len(message) // self.pieces)
        return frames + [self.send(PSH | ACK, message[at:at + size]) for at in range(0, len(message), size)]


# ---- The table ----

class Wrapper(typing.NamedTuple):
    name: str
    link: int
    layers: str  # which frame.protocols names in this order; {ip} is the packet's own
    wrap: typing.Callable  # packet -> frame, or frames of which the last shows the segment
    versions: tuple = (4, 6)  # of IP

    def frames(self, packets):
        result = self.wrap(*packets)
        return result if isinstance(result, list) else [result]


V4, V6 = (4,), (6,)
TEB = 0x6558  # transparent Ethernet bridging

# Newer Wiresharks do not count IP behind MPLS (4.4) and GTP (4.6) as a layer.
WRAPPERS = [
    Wrapper("Ethernet", 1, "eth {ip}", lambda p: ethernet(typed(p))),
    Wrapper("VLAN", 1, "eth vlan {ip}", lambda p: ethernet(typed(p, b"\x81\0\0\x64"))),
    Wrapper("QinQ", 1, "eth ieee8021ad vlan {ip}", lambda p: ethernet(typed(p, b"\x88\xa8\0\x64\x81\0\0\xc8"))),
    Wrapper("802.1ah", 1, "eth ieee8021ah {ip}", lambda p: ethernet(b"\x88\xe7" + bytes(4) + ethernet(typed(p)))),
    Wrapper("802.3 with SNAP", 1, "eth llc {ip}", lambda p: ethernet(struct.pack("!H", len(p) + 8) + snap(p))),
    Wrapper("MPLS", 1, "eth mpls", lambda p: ethernet(b"\x88\x47" + labels(p))),
    Wrapper("Ethernet in MPLS", 1, "eth mpls eth {ip}", lambda p: ethernet(b"\x88\x47" + labels(bytes(4) + ethernet(typed(p)), 300))),
    Wrapper("PPPoE", 1, "eth pppoes ppp {ip}", lambda p: ethernet(b"\x88\x64\x11\0\0\1" + struct.pack("!H", len(p) + 2) + ppp(p))),
    Wrapper("NSH", 1, "eth nsh {ip}", lambda p: ethernet(b"\x89\x4f\x0f\xc6\1" + (b"\1" if is_v4(p) else b"\2") + b"\0\0\1\xff" + bytes(16) + p)),
    Wrapper("segmentation offload", 1, "eth {ip}", lambda p: ethernet(typed(p[:2] + bytes(2) + p[4:])), V4),
    Wrapper("VN-tag", 1, "eth vntag {ip}", lambda p: ethernet(typed(p, b"\x89\x26\0\0\0\1"))),
    Wrapper("TRILL", 1, "eth trill eth {ip}", lambda p: ethernet(b"\x22\xf3\0\x3f\0\1\0\2" + ethernet(typed(p)))),
    Wrapper("padded Ethernet", 1, "eth {ip}", lambda p: ethernet(typed(p)) + b"trailer"),
    Wrapper("PPP", 9, "ppp {ip}", lambda p: b"\xff\3" + ppp(p)),
    Wrapper("PPP over a serial line", 50, "ppp {ip}", lambda p: b"\xff\3" + ppp(p)),
    Wrapper("PPP with direction", 204, "ppp {ip}", lambda p: b"\0\xff\3" + ppp(p)),
    Wrapper("Cisco HDLC", 104, "chdlc {ip}", lambda p: typed(p, b"\x0f\0")),
    Wrapper("Frame Relay", 107, "fr {ip}", lambda p: b"\x18\x41\3" + (b"\xcc" if is_v4(p) else b"\x8e") + p),
    Wrapper("ATM, RFC 1483", 100, "llc {ip}", snap),
    Wrapper("FDDI", 10, "fddi llc {ip}", lambda p: b"\x50" + MACS + snap(p)),
    Wrapper("Token Ring", 6, "tr llc {ip}", lambda p: b"\x10\x40" + MACS + snap(p)),
    Wrapper("IP over Fibre Channel", 122, "ipfc llc {ip}", lambda p: bytes(2) + MACS[:6] + bytes(2) + MACS[6:] + snap(p)),
    Wrapper("IP over InfiniBand", 242, "ipoib {ip}", lambda p: bytes(40) + typed(p) [:2] + bytes(2) + p),
    Wrapper("Linux cooked", 113, "sll {ip}", lambda p: typed(p, b"\0\0\0\1\0\6" + MACS[:6] + bytes(2))),
    Wrapper("Linux cooked 2", 276, "sll {ip}", lambda p: typed(p) [:2] + bytes(2) + b"\0\0\0\1\0\1\0\6" + MACS[:6] + bytes(2) + p),
    Wrapper("NULL", 0, "null {ip}", lambda p: struct.pack("<I", 2 if is_v4(p) else 30) + p),
    Wrapper("NULL, big-endian", 0, "null {ip}", lambda p: struct.pack(">I", 2 if is_v4(p) else 24) + p),
    Wrapper("LOOP", 108, "null {ip}", lambda p: struct.pack(">I", 2 if is_v4(p) else 24) + p),
    Wrapper("OpenBSD enc", 109, "enc {ip}", lambda p: struct.pack("<I", 2 if is_v4(p) else 24) + bytes(8) + p),
    Wrapper("OpenBSD pflog", 117, "pflog {ip}", lambda p: b"\x3d" + (b"\2" if is_v4(p) else b"\x18") + bytes(58) + b"\1\0\0\0" + p),
    Wrapper("macOS pktap", 258, "pktap eth {ip}", lambda p: struct.pack("<III", 108, 1, 1) + bytes(96) + ethernet(typed(p))),
    Wrapper("ERF", 197, "erf eth {ip}", lambda p: bytes(8) + struct.pack("!BBHHHH", 2, 4, len(p) + 32, 0, len(p) + 14, 0) + ethernet(typed(p))),
    Wrapper("raw IP", 101, "raw {ip}", lambda p: p),
    Wrapper("raw IP, as OpenBSD has it", 14, "raw {ip}", lambda p: p),
    Wrapper("raw IPv4", 228, "{ip}", lambda p: p, V4),
    Wrapper("raw IPv6", 229, "{ip}", lambda p: p, V6),
    Wrapper("802.11", 105, "wlan llc {ip}", wlan),
    Wrapper("802.11 with radiotap", 127, "radiotap wlan llc {ip}", lambda p: b"\0\0\x08\0\0\0\0\0" + wlan(p)),
    Wrapper("802.11 with PPI", 192, "ppi wlan llc {ip}", lambda p: b"\0\0\x08\0\x69\0\0\0" + wlan(p)),
    Wrapper("Netfilter log", 239, "nflog {ip}", lambda p: (b"\2" if is_v4(p) else b"\x0a") + bytes(3) + struct.pack("<HH", 4 + len(p), 9) + p),
    Wrapper("exported PDU", 252, "exported_pdu {ip}", lambda p: b"\0\x0c\0\x04" + (b"ip\0\0" if is_v4(p) else b"ipv6") + bytes(4) + p),
    Wrapper("IP in IP", 1, "eth ip {ip}", lambda p: ethernet(typed(in_ip(p)))),
    Wrapper("IP in IPv6", 1, "ipv6 {ip}", lambda p: ethernet(typed(ip6(4 if is_v4(p) else 41, p)))),
    Wrapper("IP in IP in IP", 1, "ip ip {ip}", lambda p: ethernet(typed(in_ip(in_ip(p))))),
    Wrapper("GRE", 1, "gre {ip}", lambda p: ethernet(typed(gre(IPV4 if is_v4(p) else IPV6, p)))),
    Wrapper("GRE with key and sequence", 1, "gre {ip}", lambda p: ethernet(typed(gre(IPV4 if is_v4(p) else IPV6, p, 0x3000, bytes(7) + b"\1")))),
    Wrapper("NVGRE", 1, "gre eth {ip}", lambda p: ethernet(typed(gre(TEB, ethernet(typed(p)), 0x2000, b"\0\0\1\0")))),
    Wrapper("ERSPAN", 1, "gre erspan eth {ip}", lambda p: ethernet(typed(gre(0x88BE, b"\x10\1\0\0" + bytes(4) + ethernet(typed(p)), 0x1000, bytes(4))))),
    Wrapper("PPTP", 1, "gre ppp {ip}", lambda p: ethernet(typed(gre(0x880B, b"\xff\3" + ppp(p), 0x3001, struct.pack("!HHI", len(p) + 4, 1, next(numbers)))))),
    Wrapper("MPLS in GRE", 1, "gre mpls", lambda p: ethernet(typed(gre(0x8847, labels(p))))),
    Wrapper("EtherIP", 1, "etherip eth {ip}", lambda p: ethernet(typed(ip(97, b"\x30\0" + ethernet(typed(p)))))),
    Wrapper("VXLAN", 1, "udp vxlan eth {ip}", lambda p: ethernet(typed(udp(4789, b"\x08\0\0\0\0\0\1\0" + ethernet(typed(p)))))),
    Wrapper("VXLAN-GPE", 1, "udp {ip}", lambda p: ethernet(typed(udp(4790, b"\x0c\0\0" + (b"\1" if is_v4(p) else b"\2") + b"\0\0\1\0" + p)))),
    Wrapper("GENEVE", 1, "udp geneve eth {ip}", lambda p: ethernet(typed(udp(6081, b"\0\0\x65\x58\0\0\1\0" + ethernet(typed(p)))))),
    Wrapper("GTP-U", 1, "udp gtp", lambda p: ethernet(typed(udp(2152, b"\x30\xff" + struct.pack("!HI", len(p), 7) + p)))),
    Wrapper("L2TP", 1, "udp l2tp ppp {ip}", lambda p: ethernet(typed(udp(1701, b"\0\2\0\1\0\1\xff\3" + ppp(p))))),
    Wrapper("TZSP", 1, "udp tzsp eth {ip}", lambda p: ethernet(typed(udp(37008, b"\1\0\0\1\1" + ethernet(typed(p)))))),
    Wrapper("CAPWAP", 1, "udp capwap.data eth {ip}", lambda p: ethernet(typed(udp(5247, b"\0\x10\0\0" + bytes(4) + ethernet(typed(p)))))),
    Wrapper("LISP", 1, "udp lisp-data {ip}", lambda p: ethernet(typed(udp(4341, bytes(8) + p)))),
    Wrapper("MPLS in UDP", 1, "udp mpls", lambda p: ethernet(typed(udp(6635, labels(p))))),
    Wrapper("Teredo", 1, "udp teredo {ip}", lambda p: ethernet(typed(udp(3544, p))), V6),
    Wrapper("hop-by-hop options", 1, "ipv6 ipv6.hopopts", lambda p: ethernet(typed(extended(p, (HOP_BY_HOP, PADDING)))), V6),
    Wrapper("routing header", 1, "ipv6 ipv6.routing", lambda p: ethernet(typed(extended(p, (ROUTING, SEGMENTS)))), V6),
    Wrapper("destination options", 1, "ipv6 ipv6.dstopts", lambda p: ethernet(typed(extended(p, (DESTINATION, PADDING)))), V6),
    Wrapper("atomic fragment", 1, "ipv6 ipv6.fraghdr", lambda p: ethernet(typed(extended(p, (FRAGMENT, bytes(3) + struct.pack("!I", next(numbers)))))), V6),
    Wrapper("authentication header", 1, "ipv6 ah", lambda p: ethernet(typed(extended(p, (AUTHENTICATION, authentication())))), V6),
    Wrapper("four extension headers", 1, "ipv6 ipv6.hopopts ipv6.dstopts ipv6.routing ipv6.dstopts", lambda p: ethernet(typed(
        extended(p, (HOP_BY_HOP, PADDING), (DESTINATION, PADDING), (ROUTING, SEGMENTS), (DESTINATION, PADDING)))), V6),
    Wrapper("fragments", 1, "eth {ip}", lambda p: [ethernet(typed(f)) for f in fragments(p)]),
    Wrapper("fragments out of order", 1, "eth {ip}", lambda p: [ethernet(typed(f)) for f in fragments(p)[::-1]]),
    Wrapper("fragments in GRE", 1, "gre {ip}", lambda p: [ethernet(typed(gre(IPV4 if is_v4(p) else IPV6, f))) for f in fragments(p)]),
]


def tunnels():
    """TCP in TCP, each with a connection of its own; the last is for two packets at a time."""
    return [Wrapper("OpenFlow", 1, "ip tcp openflow eth {ip}", Switch(50001)),
            Wrapper("OpenFlow, cut in two", 1, "ip tcp openflow eth {ip}", Switch(50002, 2)),
            Wrapper("OpenFlow, two in one", 1, "ip tcp openflow eth {ip}", Switch(50003))]
