"""Captures for tests, made from nothing: raw IPv4 packets in a pcap file. Checksums are left 0."""
import struct

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CLIENT, SERVER = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
TCP, UDP, ICMP = 6, 17, 1


def ip(source, target, protocol, payload):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0, source, target)
    return header + payload


def segment(source, target, ports, seq, ack, flags, payload=b"", window=65000):
    header = struct.pack("!HHIIBBHHH", *ports, seq, ack, 0x50, flags, window, 0, 0)
    return ip(source, target, TCP, header + payload)


def client(seq, ack, flags, payload=b"", window=65000):
    return segment(CLIENT, SERVER, (40000, 7000), seq, ack, flags, payload, window)


def server(seq, ack, flags, payload=b"", window=65000):
    return segment(SERVER, CLIENT, (7000, 40000), seq, ack, flags, payload, window)


def udp():
    return ip(CLIENT, SERVER, UDP, struct.pack("!HHHH", 1, 2, 8, 0))


def port_unreachable(source, target, quoted):
    """The ICMP error that quotes a whole packet."""
    return ip(source, target, ICMP, struct.pack("!BBHI", 3, 3, 0, 0) + quoted)


def handshake():
    """The client's next SEQ is 101, the server's 501."""
    return [client(100, 0, SYN), server(500, 101, SYN | ACK), client(101, 501, ACK)]


def pcap(*packets):
    """The bytes of a capture file, one packet a millisecond."""
    content = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for index, packet in enumerate(packets):
        content += struct.pack("<IIII", *divmod(1000 * index, 1000000), len(packet), len(packet)) + packet
    return content
