"""pcapng files block by block, made and read: https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/

`order` is the byte order of a section as `struct` writes it: "<" or ">".
"""
import struct

# Block types
SHB, IDB, PB, SPB, NRB, ISB, EPB, DSB, CUSTOM, UNKNOWN = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6, 10, 0xBAD, 0x0FFFFFF1
# Options: of every block, of an interface, of a packet
END_OF_OPTIONS, COMMENT, CUSTOM_STRING, CUSTOM_BYTES = 0, 1, 2988, 2989
IF_NAME, IF_TSRESOL = 2, 9
FLAGS, HASH, DROPS, PACKET_ID, QUEUE, VERDICT = 2, 3, 4, 5, 6, 7


def pad(data):
    return data + bytes(-len(data) % 4)


def block(order, kind, body):
    length = struct.pack(order + "I", 12 + len(pad(body)))
    return struct.pack(order + "I", kind) + length + pad(body) + length


def option(order, code, value=b""):
    return struct.pack(order + "HH", code, len(value)) + pad(value)


def options(order, *pairs):
    """What a writer should write: the options and the mark of their end."""
    return b"".join(option(order, *pair) for pair in pairs) + option(order, END_OF_OPTIONS)


def section(order, length=-1, tail=b""):
    """`length`: of what follows in the section; -1: not stated."""
    return block(order, SHB, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, length) + tail)


def interface(order, name, resolution=6, link=101):
    """`resolution`: time stamps count 10^-resolution seconds. Link type 101 is raw IP."""
    tail = options(order, (IF_NAME, name), (IF_TSRESOL, bytes([resolution])))
    return block(order, IDB, struct.pack(order + "HHI", link, 0, 0) + tail)


def packet(order, data, tail=b"", number=0, time=0, old=False):
    """`number`: of the interface. An Enhanced Packet Block, or the Packet Block of old."""
    head = struct.pack(order + ("HH" if old else "I"), number, *[0xFFFF] * old)
    head += struct.pack(order + "IIII", time >> 32, time & 0xFFFFFFFF, len(data), len(data))
    return block(order, PB if old else EPB, head + pad(data) + tail)


def simple_packet(order, data):
    return block(order, SPB, struct.pack(order + "I", len(data)) + data)


def names(order, address, name):
    record = address + name + b"\0"
    return block(order, NRB, struct.pack(order + "HH", 1, len(record)) + pad(record) + bytes(4))


def statistics(order, number=0):
    tail = options(order, (4, struct.pack(order + "Q", 12345)))  # isb_ifrecv
    return block(order, ISB, struct.pack(order + "III", number, 0, 1) + tail)


def secrets(order, log):
    return block(order, DSB, struct.pack(order + "II", 0x544C534B, len(log)) + log)  # a TLS key log


def custom(order, data):
    return block(order, CUSTOM, struct.pack(order + "I", 32473) + data)  # 32473: for examples


def blocks(content):
    """Each block of a file: its offset, byte order, type and bytes."""
    at, order = 0, None
    while at < len(content):
        if content[at:at + 4] == b"\n\r\r\n":
            order = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}[content[at + 8:at + 12]]
        kind, length = struct.unpack_from(order + "II", content, at)
        length += -length % 4
        yield at, order, kind, content[at:at + length]
        at += length


def comments(order, kind, content):
    """The comments of a block, and the block without them, its options with a mark of their end."""
    if kind not in (EPB, PB):
        return [], content
    captured, = struct.unpack_from(order + "I", content, 20)
    start = at = 28 + captured + -captured % 4
    found, kept, rest = [], b"", option(order, END_OF_OPTIONS)
    while at < len(content) - 4:
        code, length = struct.unpack_from(order + "HH", content, at)
        after = at + 4 + length + -length % 4
        if code == END_OF_OPTIONS:
            rest = content[at:-4]
            break
        if code == COMMENT:
            found.append(content[at + 4:at + 4 + length].decode())
        else:
            kept += content[at:after]
        at = after
    return found, block(order, kind, content[8:start] + kept + rest)
