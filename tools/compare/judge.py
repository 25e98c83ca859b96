"""What two captures of one connection prove together: which one is nearer the client, how their clocks differ, what
was lost between them, and where each RST, FIN and the last data were seen. No TCP rule: those are the plugin's."""
import bisect
import statistics

from capture import CLIENT, END_NAMES, ENDS, FIN, MILLISECOND, RST, SERVER

# What makes a stream's record too weak to say that something was not there: limits of the plugin.
WEAK = {"loss": "missed payload that was ACKed", "one_way": "has one direction only",
        "truncated": "has TCP headers that were cut", "time_backwards": "is not in the order of time"}


class Event:
    """One RST, FIN or last data of an end. `packets`: in the client's capture and in the server's, None where it is
    not. `where`: both, sender (it did not pass the other point), peer (its sender's capture does not have it) or
    changed (both have one, with different numbers). `doubt`: why not having it proves nothing, else empty."""
    def __init__(self, what, end, packets, changed=False):
        self.what, self.end, self.packets, self.doubt = what, end, packets, ""
        self.where = "changed" if changed else "both" if all(packets) else "sender" if packets[end] else "peer"

    def time(self, view):
        """By the clock of the client's capture."""
        if self.packets[CLIENT]:
            return self.packets[CLIENT].time
        return self.packets[SERVER].time - (view.offset or 0)

    def why_not(self, view):
        """Why it proves nothing that one capture does not have it, else empty."""
        if self.where == "peer":
            return view.doubt(self.end, self.packets[1 - self.end].time)
        return view.uncovered(1 - self.end, self.packets[self.end].time) if self.where == "sender" else ""


class View:
    """A match seen from the client: `captures` and `streams`, the client's first. `placed`: delay, ttl or others, what
    tells that order; None: nothing does. `others`: what the other connections tell. `offset`: how far the server's clock is ahead, in ns, right to +-`error`; `paths`:
    both ways together; None where only one direction was seen at both points."""
    def __init__(self, match, first, second, others=None):
        self.match, self.others = match, others
        self.placed, self.swapped = place(match)
        if not self.placed and others:
            self.placed, self.swapped = others.place(match)
        self.captures, self.streams, self.pairs = [first, second], [match.a, match.b], match.pairs
        self.even = True
        if self.swapped:
            self.turn()
        else:
            self.clock()
        self.loss = [Loss(self, end) for end in ENDS]
        self.events = sorted(find_events(self), key=lambda event: event.time(self))
        for event in self.events:
            event.doubt = event.why_not(self)
            if event.what == "RST" and event.where == "sender" and not event.doubt:
                self.loss[event.end].packets += 1

    def turn(self):
        self.captures.reverse()
        self.streams.reverse()
        self.pairs = [(q, p, sure) for p, q, sure in self.pairs]
        self.clock()

    def clock(self):
        samples = [[q.time - p.time for p, q in trusted(self.pairs) if p.end == end] for end in ENDS]
        self.offset = self.error = self.paths = None
        if all(samples):
            most, least = min(samples[CLIENT]), max(samples[SERVER])
            self.even = least <= most
            if not self.even:  # one of the clocks was set, or they run at different speed
                most, least = statistics.median(samples[CLIENT]), statistics.median(samples[SERVER])
            self.offset, self.error = (most + least) // 2, abs(most - least) // 2
            self.paths = most - least if self.even else None
            if not self.even:
                self.error += max(max(s) - min(s) for s in samples)
        elif self.others and self.others.ahead is not None:
            self.offset, self.error = (-1 if self.swapped else 1) * self.others.ahead, self.others.error

    def other_time(self, end, time):
        """A time of this end's capture by the other capture's clock."""
        return time + (self.offset if end == CLIENT else -self.offset)

    def uncovered(self, end, time):
        """Why this end's capture might not cover what the other one has at that time, "" if there is no reason."""
        capture = self.captures[end]
        if self.offset is None:
            return "how their clocks differ is not known"
        time = self.other_time(1 - end, time)
        if time - 3 * self.error < capture.began:
            return f"the {END_NAMES[end]}'s capture begins later"
        if time + self.error > capture.ended:
            return f"the {END_NAMES[end]}'s capture ends before that, as far as the file tells"
        return ""

    def doubt(self, end, time):
        """Why it proves nothing that this end's capture does not have a RST, "" if there is no reason."""
        capture, stream = self.captures[end], self.streams[end]
        if capture.dropped:
            return f"the recorder of the {END_NAMES[end]}'s capture dropped packets"
        for limit in stream.verdict["limit"]:
            if limit in WEAK:
                return f"the {END_NAMES[end]}'s capture {WEAK[limit]}"
        seen = self.streams[1 - end].verdict.get("rst", {})
        if capture.dropped is None and seen.get("origin") == "endpoint":
            return (f"the {END_NAMES[end]}'s capture does not say whether its recorder dropped packets, and signs in the "
                    f"other one speak for the {END_NAMES[end]}")
        if self.loss[end].extra:
            return f"the {END_NAMES[end]}'s capture lacks packets that came from there ({self.loss[end].extra})"
        if capture.resets(stream.address) - {stream.number}:
            return f"the {END_NAMES[end]}'s capture has a RST between the same ports in another stream"
        return self.uncovered(end, time)


class Others:
    """What the connections together tell: which capture is nearer a client's host, and how far the second capture's
    clock is `ahead`, right to +-`error`; None: not known."""
    def __init__(self, views):
        self.order = {}
        for view in views:
            if view.placed:
                self.order.setdefault(view.match.a.address[CLIENT][0], set()).add(view.swapped)
        known = [(-v.offset if v.swapped else v.offset, v.error) for v in views if v.offset is not None]
        self.ahead = statistics.median_low(ahead for ahead, _ in known) if known else None
        self.error = max((abs(ahead - self.ahead) + error for ahead, error in known), default=None)

    def place(self, match):
        found = self.order.get(match.a.address[CLIENT][0], ())
        return ("others", *found) if len(found) == 1 else (None, False)


def trusted(pairs):
    """The packets whose times tell something: not RSTs, unless there is nothing else, for those of the same number
    may be two, one of them forged."""
    plain = [(p, q) for p, q, sure in pairs if sure and not p.flags & RST]
    return plain + [(p, q) for p, q, sure in pairs if sure and p.flags & RST and all(p.end != other.end for other, _ in plain)]


def place(match):
    """What tells which capture is nearer the client, and whether it is the second. A packet passes the nearer one
    first: from one packet to the next in the other direction, whatever the clocks say, a round trip between the
    points is missing at the far one. Else the TTL, which falls from hop to hop. Where they disagree nothing tells."""
    pairs = trusted(match.pairs)
    order = sorted((p.time, p.end, q.time - p.time) for p, q in pairs)
    later, earlier = 0, 0
    for (_, end, one), (_, next_end, two) in zip(order, order[1:]):
        if end != next_end:
            round_trip = one - two if end == CLIENT else two - one
            later, earlier = later + (round_trip > 0), earlier + (round_trip < 0)
    by_delay = earlier > later if later + earlier > 1 and max(later, earlier) > 9 * min(later, earlier) else None
    hops = [(p.ttl - q.ttl) * (1 if p.end == CLIENT else -1) for p, q in pairs if p.ttl and q.ttl]
    if any(hops) and (min(hops) >= 0 or max(hops) <= 0):
        by_ttl = max(hops) <= 0
        if by_delay is None:
            return "ttl", by_ttl
        if by_delay != by_ttl:
            return None, False
    return (None, False) if by_delay is None else ("delay", by_delay)


def coverage(packets):
    """[from, to, copies] of the payload bytes, ascending."""
    steps = {}
    for p in packets:
        if p.len and not p.flags & RST:
            steps[p.seq] = steps.get(p.seq, 0) + 1
            steps[p.seq + p.len] = steps.get(p.seq + p.len, 0) - 1
    return sorted(steps.items())


def lost_ranges(sent, arrived):
    """(from, to, copies lost, copies arrived) where fewer copies arrived than were sent."""
    changes = sorted([(at, step, 0) for at, step in coverage(sent)] + [(at, 0, step) for at, step in coverage(arrived)])
    ranges, before, here, there = [], None, 0, 0
    for at, up, down in changes:
        if before is not None and at > before and here > there:
            ranges.append((before, at, here - there, there))
        before, here, there = at, here + up, there + down
    return ranges


def overlaps(packet, ranges):
    """Whether a byte of the packet is in one of the ranges, which are ascending and do not overlap."""
    after = bisect.bisect_left(ranges, packet.seq + packet.len, key=lambda r: r[0])
    return after > 0 and ranges[after - 1][1] > packet.seq


class Loss:
    """What one end sent and the other point did not see: `packets` of `sent`, `bytes` with repetitions, and `never`,
    bytes of which no copy came. `acks`: packets without payload among them. `extra`: packets that only the other
    point has, but for RSTs: what the sender's capture missed, or somebody else sent."""
    def __init__(self, view, end):
        sides = [[p for p in stream.packets if p.end == end] for stream in view.streams]
        paired = [{id(pair[side]) for pair in view.pairs} for side in ENDS]
        sent, arrived = sides[end], sides[1 - end]
        comparable = [p for p in sent if not view.uncovered(1 - end, p.time)]
        ranges = lost_ranges(comparable, arrived)
        gone = [p for p in comparable if id(p) not in paired[end] and not p.flags & RST and
                (not p.len or overlaps(p, ranges))]
        self.sent, self.packets, self.acks = len(comparable), len(gone), sum(not p.len for p in gone)
        self.bytes = sum((to - start) * copies for start, to, copies, _ in ranges)
        self.never = sum(to - start for start, to, _, came in ranges if not came)
        extra = lost_ranges(arrived, sent)
        self.extra = sum(id(p) not in paired[1 - end] and not p.flags & RST and (not p.len or overlaps(p, extra)) and
                         not view.uncovered(end, p.time) for p in arrived)


def find_events(view):
    for end in ENDS:
        sides = [[p for p in stream.packets if p.end == end] for stream in view.streams]
        yield from last_data(end, sides)
        fins = [next((p for p in side if p.flags & FIN), None) for side in sides]
        if any(fins):
            yield Event("FIN", end, fins, all(fins) and fins[CLIENT].after != fins[SERVER].after)
        yield from resets(view, end, [[p for p in side if p.flags & RST] for side in sides])


def last_data(end, sides):
    """The last byte that this end sent as any capture knows, and the first packet with it in each."""
    last = max((p.seq + p.len for side in sides for p in side if p.len and not p.flags & RST), default=None)
    if last is not None:
        yield Event("last data", end, [next((p for p in side if p.seq < last <= p.seq + p.len and not p.flags & RST), None)
                                       for side in sides])


def resets(view, end, sides):
    """Each RST of this end, with the packet that it is at the other point."""
    left = [list(side) for side in sides]
    for *both, _ in view.pairs:
        if both[CLIENT].flags & RST and both[CLIENT].end == end and not too_early(view, end, both):
            yield Event("RST", end, both)
            for side in ENDS:
                left[side].remove(both[side])
    # The same RST, its numbers changed on the way, or two: in order, for there is nothing else to tell by.
    for both in zip(*left):
        if too_early(view, end, both):
            continue
        yield Event("RST", end, list(both), changed=True)
        for side in ENDS:
            left[side].remove(both[side])
    for side in ENDS:
        for p in left[side]:
            yield Event("RST", end, [p, None] if side == CLIENT else [None, p])


def too_early(view, end, both):
    """Whether the packet came out of the way before it went in, so that it is not the same."""
    if view.offset is None:
        return False
    return view.other_time(end, both[end].time) - both[1 - end].time > 2 * view.error + MILLISECOND


def judge(view):
    """The first row of CONCLUSIONS that applies: its name and text."""
    facts = {}
    for name, event in found_facts(view):
        facts.setdefault(name, event)
    for slug, needed, text in CONCLUSIONS:
        if all(name in facts for name in needed):
            event = facts[needed[0]] if needed else None
            names = {"end": END_NAMES[event.end], "peer": END_NAMES[1 - event.end], "doubt": event.doubt} if event else {}
            return slug, text.format(**names)


def found_facts(view):
    """(name, event): what the first RST at each point shows, and what of the rest did not pass."""
    if view.match.how == "content" and not any(p.tsval == q.tsval is not None or p.ip_id == q.ip_id != 0
                                               for p, q, _ in view.pairs):
        yield "only payload is the same", None
    rsts = [event for event in view.events if event.what == "RST"]
    for side in ENDS:
        event = next((e for e in rsts if e.packets[side]), None)
        if event and event.where != "both" and not view.placed:
            yield "RST at one point, unplaced", event
        if event and event.where == "peer":
            yield "RST in doubt" if event.doubt else "RST from between", event
            if not event.doubt:
                yield f"RST from between, as the {END_NAMES[event.end]}'s", event
    for event in rsts[:1]:
        yield f"RST {event.where}" + " in doubt" * bool(event.doubt), event
    for event in view.events:
        if event.what != "RST" and event.where == "sender" and not event.doubt:
            yield f"{event.what} lost", event
    for end in ENDS:
        if view.loss[end].packets:
            yield "loss", Event("loss", end, [None, None])


# The first row whose facts are all there. {end} is whose packet the first fact is about.
CONCLUSIONS = (
    ("proxy", ("only payload is the same",),
     "Only payload is the same at both points: a device between them ends the connection and opens another one, so a "
     "FIN or RST of one is not that of the other."),
    ("unplaced", ("RST at one point, unplaced",),
     "A RST is at one point only, and nothing tells which capture is nearer the client: who sent it cannot be known."),
    ("middle_both", ("RST from between, as the server's", "RST from between, as the client's"),
     "Each side's capture shows the RST coming from the other: a device between them sent it."),
    ("middle", ("RST from between",),
     "The RST that the {peer}'s capture shows as the {end}'s is not in the {end}'s capture: a device between the two "
     "points sent it."),
    ("doubt", ("RST in doubt",),
     "The RST that the {peer}'s capture shows as the {end}'s is not in the {end}'s capture, but {doubt}: who sent it "
     "cannot be known."),
    ("changed", ("RST changed",),
     "Both captures show a RST of the {end}, with different numbers: a device between them changed it, or each is "
     "another one."),
    ("rst_lost", ("RST sender",),
     "The {end}'s side sent a RST that did not come to the {peer}'s capture: lost or dropped between the two points."),
    ("doubt", ("RST sender in doubt",),
     "The {end}'s side sent a RST that is not in the {peer}'s capture, but {doubt}."),
    ("end", ("RST both",),
     "The {end}'s side sent the RST, and it passed both points: it comes from the {end} or from something between the "
     "{end} and its capture point."),
    ("fin_lost", ("FIN lost",),
     "The {end}'s FIN did not come to the {peer}'s capture: lost or dropped between the two points."),
    ("data_lost", ("last data lost",),
     "The {end}'s last data did not come to the {peer}'s capture: lost or dropped between the two points."),
    ("loss", ("loss",),
     "Packets of the {end} were lost between the two points; the last data, FIN and RST passed both."),
    ("nothing", (), "Nothing that ended the connection was lost or added between the two points."),
)

# Conclusions that a device between the points sent a RST.
MIDDLE = {"middle_both", "middle"}


def difference(view):
    """Why the plugin's verdicts on the two captures differ, "" when they do not."""
    kinds = [stream.verdict["kind"] for stream in view.streams]
    if kinds[CLIENT] == kinds[SERVER] and view.streams[CLIENT].verdict["aborted_by"] == view.streams[SERVER].verdict["aborted_by"]:
        return ""
    for what in "RST", "FIN", "last data":
        for event in view.events:
            if event.what == what and event.where in ("sender", "peer"):
                side = CLIENT if event.packets[CLIENT] else SERVER
                return f"the {what} in frame {event.packets[side].frame} of the {END_NAMES[side]}'s capture is not in the other one"
    for end in ENDS:
        loss = view.loss[end]
        if loss.packets:
            kind = "ACKs" if loss.acks == loss.packets else "packets"
            return f"{kind} of the {END_NAMES[end]} were lost between the points ({loss.packets})"
    for end in ENDS:
        limits = set(view.streams[end].verdict["limit"]) - set(view.streams[1 - end].verdict["limit"])
        if limits:
            return f"the {END_NAMES[end]}'s capture has limits of its own: {', '.join(sorted(limits))}"
    return "both have the same packets, in another order: they crossed on the way"
