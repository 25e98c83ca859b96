"""The kernel's end of a connection: socket calls, and the state that the kernel tells.

No call blocks: one that would wait fails with EAGAIN (connect: EINPROGRESS).
SPDX-License-Identifier: GPL-2.0-or-later
"""
import errno
import pathlib
import socket
import struct

PORT = 7000
ADDRESS, PEER_ADDRESS = "192.0.2.2", "192.0.2.1"
# The kernel's numbers (include/net/tcp_states.h, part of its ABI).
STATES = ("-", "ESTABLISHED", "SYN_SENT", "SYN_RCVD", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSED", "CLOSE_WAIT",
          "LAST_ACK", "LISTEN", "CLOSING", "SYN_RCVD")
CLOSED = STATES.index("CLOSED")


class Kernel:
    def __init__(self, ports):
        self.local, self.remote = ports
        self.listener = self.connection = None
        self.settings = {}  # sysctls changed, and what they were

    def state(self):
        """TCP_INFO of the socket. If it is closed or has no connection: what the kernel lists for the ports
        (an orphan, TIME_WAIT, a connection not accepted yet), else LISTEN, CLOSED or "-"."""
        state = 0
        if self.connection:
            state = self.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        if state in (0, CLOSED):
            state = self.listed() or state
        return "LISTEN" if state == 0 and self.listener else STATES[state]

    def listed(self):
        for line in pathlib.Path("/proc/self/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, state = line.split()[:4]
            if (int(local[-4:], 16), int(remote[-4:], 16)) == (self.local, self.remote):
                return int(state, 16)
        return 0

    def call(self, word):
        """Makes the call `name` or `name(argument)`. Returns it as the truth shows it, and its result."""
        name, _, argument = word.rstrip(")").partition("(")
        text, function = CALLS[name]
        try:
            result = function(self, argument)
        except OSError as error:
            result = errno.errorcode[error.errno]
        return text % argument if "%" in text else text, 0 if result is None else result

    def socket(self):
        fd = socket.socket()
        fd.setblocking(False)
        fd.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        fd.bind((ADDRESS, self.local))
        return fd

    def listen(self, _):
        self.listener = self.listener or self.socket()
        self.listener.listen(8)

    def accept(self, _):
        self.connection = self.listener.accept()[0]
        self.connection.setblocking(False)

    def connect(self, _):
        self.connection = self.connection or self.socket()
        self.connection.connect((PEER_ADDRESS, self.remote))

    def recv(self, size):
        return len(self.connection.recv(int(size))) or "EOF"

    def send(self, size):
        return self.connection.send(b"x" * int(size))

    def close(self, _):
        self.connection.close()
        self.connection = None

    def option(self, level, name, value):
        """Of the connection; without one of the listener, whose connections inherit it."""
        if not self.connection and not self.listener:
            self.listener = self.socket()
        (self.connection or self.listener).setsockopt(level, name, value)

    def so_error(self, _):
        error = self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return errno.errorcode[error] if error else 0

    def setting(self, text):
        """NAME=VALUE, until the end of the case."""
        name, value = text.split("=")
        path = pathlib.Path("/proc/sys/net/ipv4") / name
        self.settings.setdefault(path, path.read_text())
        path.write_text(value)

    def end(self):
        """Nothing of this end goes on: a RST where the kernel thinks that there still is a connection."""
        for path, value in self.settings.items():
            path.write_text(value)
        if self.connection:
            self.option(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        if self.listener:
            self.listener.close()


# Word of a script: the call as the truth shows it, and what makes it.
CALLS = {
    "listen": (f"listen({PORT})", Kernel.listen),
    "accept": ("accept()", Kernel.accept),
    "connect": (f"connect({PORT})", Kernel.connect),
    "recv": ("recv(%s)", Kernel.recv),
    "send": ("send(%s)", Kernel.send),
    "shutdown": ("shutdown(SHUT_WR)", lambda end, _: end.connection.shutdown(socket.SHUT_WR)),
    "close": ("close()", Kernel.close),
    "so_error": ("getsockopt(SO_ERROR)", Kernel.so_error),
    "rcvbuf": ("setsockopt(SO_RCVBUF, %s)",
               lambda end, n: end.option(socket.SOL_SOCKET, socket.SO_RCVBUF, int(n))),
    "quickack": ("setsockopt(TCP_QUICKACK, %s)",
                 lambda end, n: end.option(socket.IPPROTO_TCP, socket.TCP_QUICKACK, int(n))),
    "setting": ("sysctl: net.ipv4.%s", Kernel.setting),
    "look": ("look", lambda end, _: None),
}
