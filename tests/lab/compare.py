"""What check-random and check-scenarios share: reads captures with the plugin, and what the lab recorded beside
them, and compares."""
import collections
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from checks import BUILD, tshark, wanted

LAB = BUILD / "tests/lab/lab"
WITHOUT = "The lab needs root and network namespaces; tests/run --without-lab leaves it out."
ENDS = ("client", "server")
COLUMNS = ("recv", "send", "state", "cause", "socket")
PROMISED = ("recv", "send", "state")
ALL_RIGHT, KIND_RIGHT = 99.5, 98.0  # percent of what is compared
SILENT = ("unreachable", "syn_timeout", "handshake_timeout", "data_timeout", "fin_timeout", "keepalive_timeout",
          "zero_window_timeout")
FIELDS = ["frame.number", "tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "tcp.dstport", "tcp.seq_raw",
          "tcp.ack_raw", "tcp.len", "tcp.flags", "tcp.flags.reset", "tcpabort.kind", "tcpabort.stream.kind",
          "tcpabort.overruled", "tcpabort.rst.cause", "tcpabort.rst.origin", "tcpabort.rst.sign",
          *(f"tcpabort.{end}.{leaf}" for end in ENDS for leaf in ("state", "handle", "linux.recv", "linux.send"))]

# The causes that are right for a reason of the kernel (tcp:tcp_send_reset). README.md has the groups.
CAUSES = {
    "NO_SOCKET": ("no_socket", "abort_on_data", "listen_overflow"),
    "TCP_FLAGS": ("no_socket", "abort_on_data", "listen_overflow"),
    "TCP_TIMEWAIT_SOCKET": ("no_socket", "abort_on_data"),
    "TCP_ABORT_ON_DATA": ("no_socket", "abort_on_data"),
    "INVALID_SYN": ("listen_overflow",),
    "TCP_INVALID_ACK_SEQUENCE": ("bad_ack",),
    "TCP_ABORT_ON_CLOSE": ("unread_data_or_linger",),
    "TCP_ABORT_ON_LINGER": ("unread_data_or_linger",),
    "TCP_DISCONNECT_WITH_DATA": ("unread_data_or_linger",),
    "TCP_STATE": ("unread_data_or_linger",),
    "TCP_KEEPALIVE_TIMEOUT": ("keepalive",),
}

# Without tracepoints: what a counter that rose leaves possible (docs/socket-errors.md, section 5).
COUNTERS = {
    "TCPAbortOnData": ("TCP_ABORT_ON_DATA", "TCP_STATE"),
    "TCPAbortOnClose": ("TCP_ABORT_ON_CLOSE",),
    "TCPAbortOnLinger": ("TCP_ABORT_ON_LINGER",),
    # Only keep-alives give up with a RST; after a silent time-out a later segment may draw one.
    "TCPAbortOnTimeout": ("TCP_KEEPALIVE_TIMEOUT", "NO_SOCKET"),
    "ListenOverflows": ("INVALID_SYN",),
    "OutRsts": ("NO_SOCKET", "TCP_FLAGS", "TCP_TIMEWAIT_SOCKET", "TCP_INVALID_ACK_SEQUENCE", "TCP_STATE"),
}


def move_clock(capture, seconds=300):
    """Appends a section with one later SYN between other ports: nothing else was captured until then."""
    content = capture.read_bytes()
    syn = struct.pack("!BBHHHBBH4s4sHHIIBBHHH", 0x45, 0, 40, 1, 0, 64, 6, 0, b"\xc0\0\2\1", b"\xc0\0\2\2",
                      39999, 9999, 1, 0, 0x50, 2, 65000, 0, 0)
    now = int((last_time(content) + seconds) * 1e6)
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    section += struct.pack("<IIHHII", 1, 20, 101, 0, 0, 20)
    section += struct.pack("<IIIIIII", 6, 32 + len(syn), 0, now >> 32, now & 0xFFFFFFFF, len(syn), len(syn)) + syn
    section += struct.pack("<I", 32 + len(syn))
    capture.write_bytes(content + section)


def last_time(content):
    """Seconds of the last packet that dumpcap wrote, in nanoseconds."""
    at, time = 0, 0
    while at < len(content):
        kind, length = struct.unpack_from("<II", content, at)
        if kind == 6:
            high, low = struct.unpack_from("<II", content, at + 12)
            time = (high << 32 | low) / 1e9
        at += length
    return time


def read_capture(capture):
    """{(place, client port): [[frame, ...], ...]}: the plugin's fields, later frames known; a list for each
    connection between these ports."""
    streams, newest = collections.defaultdict(list), {}
    for line in tshark("-2", "-r", capture, "-T", "fields", *wanted(FIELDS)).splitlines():
        frame = dict(zip(FIELDS, line.split("\t")))
        if not frame["tcp.srcport"]:
            continue
        ports = [int(frame[f].split(",")[0]) for f in ("tcp.srcport", "tcp.dstport")]
        frame["sender"] = "client" if ports[0] > ports[1] else "server"
        key = (place_of(frame), max(ports))
        newest[key] = frame["tcp.stream"] or newest.get(key)  # an ICMP error quotes ports, but is of no stream
        streams[key, newest[key]].append(frame)
    for frames in streams.values():
        if frames[0]["sender"] == "server":  # of a simultaneous open: the plugin calls who is first the client
            for frame in frames:
                swap_ends(frame)
    connections = collections.defaultdict(list)
    for (key, _), frames in streams.items():
        connections[key].append(frames)
    return connections


def place_of(frame):
    """The lab's --place, by the address: 192.0.2.(2 * place + end + 1) or 2001:db8::, the same in hexadecimal."""
    v4, v6 = frame["ip.src"].split(",")[0], frame["ipv6.src"].split(",")[0]
    return (int(v4.split(".")[3]) - 1) // 2 if v4 else (int(v6.split(":")[-1], 16) - 1) // 2


def swap_ends(frame):
    for field in [f for f in FIELDS if f.startswith("tcpabort.client.")]:
        other = field.replace("client", "server")
        frame[field], frame[other] = frame[other], frame[field]


def verdict_of(frames):
    """The frame that decides, or None."""
    kind = frames[0]["tcpabort.stream.kind"]
    found = [f for f in frames if f["tcpabort.kind"] == kind and not f["tcpabort.overruled"]]
    return found[-1] if found else None


class Tally:
    """Counts comparisons by kind and column."""

    def __init__(self):
        self.right = collections.Counter()
        self.wrong = collections.Counter()
        self.unpredicted = collections.Counter()
        self.mismatches = []
        self.errors = collections.Counter()  # compared results other than ok, by connection

    def check(self, column, got, want, where):
        """`where`: (kind, connection, capture point, end)."""
        if not want:
            self.unpredicted[where[0], column] += 1
            return
        if column in ("recv", "send") and got != "ok":
            self.errors[where[1]] += 1
        (self.right if got == want else self.wrong)[where[0], column] += 1
        if got != want:
            self.mismatches.append((*where, column, got, want))

    def share(self, kinds, columns):
        """Right ones, compared ones, not predicted ones."""
        right, wrong, silent = (sum(c[k, n] for k in kinds for n in columns)
                                for c in (self.right, self.wrong, self.unpredicted))
        return right, right + wrong, silent

    def kinds(self):
        return sorted({k for c in (self.right, self.wrong, self.unpredicted) for k, _ in c})


def results(truth, end):
    """[(call, result), ...]: each end's calls from the end of the connection on, queued data left out."""
    calls = []
    for index, (_, who, state, call, result, _) in enumerate(truth["calls"]):
        name = call.split("(")[0]
        if who != end or (name == "recv" and result.isdigit()):
            continue
        if name == "connect" and not result.isdigit() and result != "EINPROGRESS":
            calls.append(("recv", result))
        elif name in ("recv", "send") and (state == "CLOSED" or index >= truth["script_calls"]):
            calls.append((name, "ok" if result.isdigit() or result == "EAGAIN" else result))
    return calls


def second_call(name, predicted, first):
    """Linux forgets an error that it has told (docs/socket-errors.md, section 2)."""
    if first not in ("ok", "EOF", "EPIPE"):
        return "EOF" if name == "recv" else "EPIPE"
    return predicted


def closed_late(truth, end):
    """Whether the application gave its socket up only after the kernel had closed the connection."""
    return any(who == end and state == "CLOSED" and call in ("close()", "kill(SIGKILL)") and result == "0"
               for _, who, state, call, result, _ in truth["calls"])


def compare_calls(tally, truth, verdict, where):
    end = where[-1]
    calls = results(truth, end)
    handle = verdict[f"tcpabort.{end}.handle"]
    predicted = {name: verdict[f"tcpabort.{end}.linux.{name}"] for name in ("recv", "send")}
    has_socket = bool(calls) or truth[end]["socket"] or closed_late(truth, end)
    if handle in ("open", "closed"):
        tally.check("socket", "open" if has_socket else "closed", handle, where)
    if not has_socket:
        for name in ("recv", "send"):
            if handle == "closed":
                tally.check(name, "none", predicted[name], where)
        return
    if not calls:
        return
    name, first = calls[0]
    tally.check(name, first, predicted[name], where)
    for other, second in calls[1:]:
        if other != name:
            tally.check(other, second, predicted[other] and second_call(other, predicted[other], first), where)
            break


def compare_state(tally, truth, frames, verdict, where):
    kind, _, _, end = where
    got = truth[end]["state"]
    got = "CLOSED" if got in ("LISTEN", "-") else got
    want = frames[-1][f"tcpabort.{end}.state"]
    if verdict and kind in SILENT and (verdict["sender"] == end or want in ("SYN_SENT", "SYN_RCVD")):
        want = "CLOSED"  # it gave up after its last packet
    elif want == "UNKNOWN" or (verdict and not verdict[f"tcpabort.{end}.linux.recv"]):
        want = None  # whether anything of this reached the end is not known
    if got:
        tally.check("state", got, want, where)


def compare_causes(tally, truth, frames, where):
    """Each RST this end sent, against the kernel's reason for it."""
    end = where[-1]
    rsts = [f for f in frames if is_rst(f) and f["sender"] == end]
    reasons = [(e[4],) for e in truth.get("kernel", ()) if e[1] == end and e[2] == "sent_rst"]
    if len(rsts) != len(reasons):
        reasons = [reasons_by_counters(truth, end)] * len(rsts)
    for rst, possible in zip(rsts, reasons):
        cause = rst["tcpabort.rst.cause"]
        told = possible and cause not in ("", "unknown")
        right = any(cause in CAUSES.get(reason, ()) for reason in possible)
        tally.check("cause", cause if right else "/".join(possible), cause if told else None, where)


def reasons_by_counters(truth, end):
    """The reasons that are possible by the counters of this end's namespace; none when tracepoints told them."""
    counters = truth.get("counters", {}).get(end, {}) if "kernel" not in truth else {}
    special = [r for c, reasons in COUNTERS.items() if c != "OutRsts" and counters.get(c) for r in reasons]
    return tuple(special or (COUNTERS["OutRsts"] if counters.get("OutRsts") else ()))


def is_rst(frame):
    return frame["tcp.flags.reset"] in ("1", "True")


def compare(tally, truth, frames, point, ends):
    """What the capture made at `point` says of these ends."""
    verdict = verdict_of(frames)
    for end in ends:
        where = (frames[0]["tcpabort.stream.kind"], truth["number"], point, end)
        if verdict:
            compare_calls(tally, truth, verdict, where)
        compare_state(tally, truth, frames, verdict, where)
        compare_causes(tally, truth, frames, where)


def order_of(frames):
    """What tells a stream's packets apart, in the order in which they passed the capture point."""
    return [[f[n] for n in ("sender", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.flags")] for f in frames]


def origins_of(captures):
    """How many RSTs of all captures were said to come from where, and what is said of each that an end would not have
    sent: both ends' kernels sent every one."""
    rsts = [f for connections in captures.values() for streams in connections.values() for frames in streams
            for f in frames if f["tcpabort.rst.origin"]]
    forged = [f"frame {f['frame.number']}: an end's RST is called network: {f['tcpabort.rst.sign']}" for f in rsts
              if "network" in f["tcpabort.rst.origin"]]
    return collections.Counter(f["tcpabort.rst.origin"] for f in rsts), forged


def print_table(tally, least=(0, 0)):
    """Prints the accuracy by kind. Returns what is less accurate than `least`, in percent: of all, of each kind."""
    kinds = tally.kinds()
    bad = []
    print(f"{'kind':20}" + "".join(f"{c:>22}" for c in COLUMNS))
    for name, group in [*((k, [k]) for k in kinds), ("all", kinds)]:
        row = f"{name:20}"
        for column in COLUMNS:
            right, compared, silent = tally.share(group, [column])
            share = f"{100 * right / compared:6.2f} %" if compared else "       -"
            row += f"{right}/{compared}{f'+{silent}' if silent else ''} {share}".rjust(22)
        print(row)
        right, compared, _ = tally.share(group, PROMISED)
        if compared and 100 * right / compared < least[name != "all"]:
            bad.append(f"not accurate: {name}: {100 * right / compared:.2f} %")
    right, compared, _ = tally.share(kinds, ["cause"])
    if any(least) and right != compared:
        bad.append(f"not accurate: cause: {right} of {compared}")
    return bad


def explain(truth, end, column):
    """Why a capture cannot show it, or "NOT EXPLAINED"."""
    calls = [(state, call) for _, who, state, call, _, _ in truth["calls"] if who == end]
    accepted = any(call == "accept()" and result == "0" for _, who, _, call, result, _ in truth["calls"] if who == end)
    if any(call in ("ss -K", "connect(AF_UNSPEC)") for _, call in calls):
        return "ss -K and connect(AF_UNSPEC) leave the caller its socket, with the packets of SO_LINGER 0"
    if any(call in ("shutdown(SHUT_RD)", "shutdown(SHUT_RDWR)") for _, call in calls):
        return "shutdown(SHUT_RD) sends nothing, and after shutdown(SHUT_RDWR) packets are those of close()"
    if column == "socket" and ("SYN_SENT", "close()") in calls:
        return "close() in SYN_SENT sends nothing"
    if column == "socket" and end == "server" and not accepted:
        return "accept() sends nothing"
    return "NOT EXPLAINED"


def compare_points(near, far, truth, at):
    """Compares what both captures, `at` = {end: frames}, say of both ends: in `near` where the capture shows what
    the end sent and got, else in `far`. Returns the kinds, and why they differ or ""."""
    seen = {point: frames[0]["tcpabort.stream.kind"] for point, frames in at.items() if frames}
    same = len(seen) == 2 and order_of(at["client"]) == order_of(at["server"])
    for point in seen:
        compare(near, truth, at[point], point, ENDS if same else (point,))
        compare(far, truth, at[point], point, () if same else [e for e in ENDS if e != point])
    if seen.get("client") == seen.get("server"):
        return seen, ""
    return seen, "SAME PACKETS" if same else "lost" if any(truth[e].get("lost") for e in ENDS) else "crossed"
