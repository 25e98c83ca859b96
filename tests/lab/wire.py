"""A network whose only other host is this program: a TUN device in a network namespace without a name.

What passes the device can be recorded, packet by packet, in the order in which this program sees it.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import time

KERNEL, PEER = bytes([192, 0, 2, 2]), bytes([192, 0, 2, 1])
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
SET_UP = """link set dev tun0 addrgenmode none mtu 1500
address add 192.0.2.2/24 dev tun0
link set dev tun0 up
"""


class Failure(Exception):
    """The experiment cannot be made; the text says why."""


def open_device():
    """Moves this process into a new network namespace and returns the descriptor of its TUN device."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        why = os.strerror(ctypes.get_errno())
        raise Failure(f"cannot make a network namespace (root or CAP_SYS_ADMIN needed): {why}")
    try:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
    except OSError as error:
        raise Failure(f"cannot make a TUN device (/dev/net/tun and CAP_NET_ADMIN needed): {error.strerror}") from error
    if subprocess.run(["ip", "-batch", "-"], input=SET_UP.encode(), stdout=subprocess.DEVNULL).returncode:
        raise Failure("ip (package iproute2) could not set up the TUN device")
    return device


def read_packets(device, seconds):
    """The packets that the kernel sends until it is silent for that long."""
    while select.select([device], [], [], seconds)[0]:
        yield os.read(device, 65536)


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def block(kind, body):
    """One block of a pcapng file."""
    size = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + size + body + size


def padded(data):
    return data + b"\0" * (-len(data) % 4)


def comment(text):
    data = text.encode()
    return struct.pack("<HH", 1, len(data)) + padded(data) + struct.pack("<I", 0)


class Recording:
    """A pcapng file of raw IP packets; packets and the file itself can carry a comment."""

    def __init__(self, sentence):
        self.blocks = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + comment(sentence)),
                       block(1, struct.pack("<HHI", 101, 0, 0))]

    def add(self, packet, text=None):
        now = time.time_ns() // 1000
        head = struct.pack("<IIIII", 0, now >> 32, now & 0xFFFFFFFF, len(packet), len(packet))
        self.blocks.append(block(6, head + padded(packet) + (comment(text) if text else b"")))

    def write(self, path):
        path.write_bytes(b"".join(self.blocks))
