"""Which streams of two captures are the same connection, and which of their packets are the same.

Streams are matched by what is practically unique and what no ordinary device changes, in this order:
  numbers    a packet with the same SEQ and ACK (64 bits; of the SYN-ACK: both initial sequence numbers)
  syn        the SYN's number, and the same address and port at one end or the same time stamp: nothing was answered
  content    the same payload at the same places, or time stamps: a device rewrites sequence numbers
What fits several streams equally well is ambiguous and is not matched.
"""
import collections

from capture import ACK, CLIENT, ENDS, FIN, PREFIX, RST, SERVER, SYN

ENOUGH = 16      # bytes of equal payload, or two pairs of time stamps, that show the same connection
TIME_STAMPS = 8  # bytes in a pair of time stamps
COMMON = 64      # what so many streams have in common tells nothing
KIND = FIN | SYN | RST
# What tells copies of a segment apart, the surest first; None where a packet does not have it.
TELLS = lambda p: (p.ip_id, p.tsval) if p.ip_id else None, lambda p: p.tsval, lambda p: 0


class Match:
    """Stream `a` of the first capture and `b` of the second, whose packets are moved to a's ends and sequence
    numbers. `how`: numbers, syn or content. `pairs`: of packets, from same_packets()."""
    def __init__(self, a, b, how, flip, shift):
        self.a, self.b, self.how = a, b, how
        self.renumbered = [distance % 2**32 != 0 for distance in shift]
        if flip:
            b.turn()
        for p in b.packets:
            p.seq += shift[p.end]
            p.ack = None if p.ack is None else p.ack + shift[1 - p.end]
        self.pairs = [pair for end in ENDS for pair in same_packets(a.packets, b.packets, end)]

        if "late_start" in a.verdict["limit"] and "late_start" not in b.verdict["limit"] and flip:
            for stream in a, b:
                stream.turn()  # b saw who opened the connection

    def rewritten(self, end):
        """Whether a device changed this end's address or port."""
        return self.a.address[end] != self.b.address[end]


def same_ends(a, b):
    """How many ends have the same address and port in both; 2 also when their roles are swapped."""
    return len(set(a.address) & set(b.address))


def pair_up(scores):
    """{(a, b): (score, ...)} -> the pairs that fit best, and the streams that fit several equally well."""
    taken, pairs, ambiguous = set(), [], []
    order = sorted(scores, key=lambda ab: (scores[ab][0], -ab[0].number, -ab[1].number), reverse=True)
    best = collections.defaultdict(list)
    for ab in order:
        for side, stream in enumerate(ab):
            best[side, stream].append(scores[ab][0])
    for a, b in order:
        if taken & {(0, a), (1, b)}:
            continue
        score = scores[a, b][0]
        if best[0, a].count(score) > 1 or best[1, b].count(score) > 1:
            ambiguous.append((a, b))
        else:
            taken |= {(0, a), (1, b)}
            pairs.append((a, b))
    return pairs, [ab for ab in ambiguous if not taken & {(0, ab[0]), (1, ab[1])}]


def by_numbers(ours, theirs):
    """A score and an anchor for every pair of streams that share packets with the same SEQ and ACK."""
    index, scores = {}, {}
    for a in ours:
        for p in a.packets:
            if p.flags & ACK and not p.flags & RST:
                found = index.setdefault((p.seq % 2**32, p.ack % 2**32), [])
                if not found or found[-1][0] is not a:
                    found.append((a, p))
    for b in theirs:
        for q in b.packets:
            if not q.flags & ACK or q.flags & RST:
                continue
            found = index.get((q.seq % 2**32, q.ack % 2**32), ())
            for a, p in found if len(found) <= COMMON else ():
                shift = [p.seq - q.seq, p.ack - q.ack]
                votes, *anchor = scores.get((a, b), ((0, 0), p.end ^ q.end, shift if p.end == CLIENT else shift[::-1]))
                scores[a, b] = ((same_ends(a, b), votes[1] + 1), *anchor)
    return scores


def first_syn(stream, end=CLIENT, answer=0):
    return next((p for p in stream.packets if p.end == end and p.flags & (SYN | ACK) == SYN | answer), None)


def by_syn(ours, theirs):
    """Connections of which only the SYN, and perhaps a RST, was captured at both points."""
    index, scores = {}, {}
    for a in ours:
        if p := first_syn(a):
            index.setdefault(p.seq % 2**32, []).append((a, p))
    for b in theirs:
        q = first_syn(b)
        found = index.get(q.seq % 2**32, []) if q else []
        for a, p in found if len(found) <= COMMON else ():
            stamped = p.tsval is not None and p.tsval == q.tsval
            if same_ends(a, b) or stamped:
                both = first_syn(a, SERVER, ACK), first_syn(b, SERVER, ACK)
                other = both[0].seq - both[1].seq if all(both) else 0
                scores[a, b] = (same_ends(a, b), stamped), 0, [p.seq - q.seq, other]
    return scores


def by_content(ours, theirs):
    """Connections whose sequence numbers a device rewrites: the same payload at the same distances."""
    payloads, stamps = {}, {}
    for a in ours:
        for p in a.packets:
            if p.payload[0] is not None:
                payloads.setdefault(p.payload[0], {}).setdefault(a, p)
            if p.tsval and p.tsecr:
                stamps.setdefault((p.tsval, p.tsecr), {}).setdefault(a, p)
    scores = {}
    for b in theirs:
        places = {}
        for q in b.packets:
            found = payloads.get(q.payload[0], {}) if q.payload[0] is not None else {}
            for a, p in found.items() if len(found) <= COMMON else ():
                if p.len != q.len or None in (p.payload[1], q.payload[1]) or p.payload[1] == q.payload[1]:
                    size = p.len if p.len == q.len else min(p.len, q.len, PREFIX)
                    places.setdefault((a, p.end ^ q.end), ({}, {}))[p.end].setdefault(p.seq - q.seq, {})[p.seq] = size
            found = stamps.get((q.tsval, q.tsecr), {}) if q.tsval and q.tsecr else {}
            for a, p in found.items() if len(found) <= COMMON else ():
                if p.len == q.len and (p.flags ^ q.flags) & KIND == 0:
                    places.setdefault((a, p.end ^ q.end), ({}, {}))[p.end].setdefault(p.seq - q.seq, {})[p.seq, 0] = TIME_STAMPS
        for (a, flip), ends in places.items():
            keep_best(scores, a, b, flip, ends)
    return scores


def keep_best(scores, a, b, flip, ends):
    """Adds up what agrees: in each direction the one distance between the two that most bytes have."""
    shift, total = [0, 0], 0
    for end in ENDS:
        syn = first_syn(a, end, ACK * end), first_syn(b, end ^ flip, ACK * (end ^ flip))
        known = syn[0].seq - syn[1].seq if all(syn) else None
        sums = {distance: sum(found.values()) for distance, found in ends[end].items() if known in (None, distance)}
        if sums:
            shift[end] = max(sums, key=lambda d: (sums[d], -d))
            total += sums[shift[end]]
        elif known is not None:
            shift[end] = known
    score = same_ends(a, b), total
    if total >= ENOUGH and ((a, b) not in scores or scores[a, b][0] < score):
        scores[a, b] = score, flip, shift


def match(first, second):
    """Two captures -> matches, streams of each that have none, and pairs that could be one but are not the only ones."""
    ours, theirs = list(first.streams.values()), list(second.streams.values())
    matches, ambiguous = [], []
    for how, score in ("numbers", by_numbers), ("syn", by_syn), ("content", by_content):
        scores = score(ours, theirs)
        pairs, unclear = pair_up(scores)
        matches += [Match(a, b, how, *scores[a, b][1:]) for a, b in pairs]
        ambiguous += unclear
        done = {a for a, _ in pairs + unclear}, {b for _, b in pairs + unclear}
        ours, theirs = [a for a in ours if a not in done[0]], [b for b in theirs if b not in done[1]]
    return sorted(matches, key=lambda m: m.a.number), ours, theirs, ambiguous


def same_packets(ours, theirs, end):
    """Pairs of packets that are one and the same, sent by this end, each with whether that is sure."""
    groups = {}
    for side, packets in enumerate((ours, theirs)):
        for p in packets:
            if p.end == end:
                groups.setdefault((p.seq, p.len, p.flags & KIND, p.ack), ([], []))[side].append(p)
    for mine, yours in groups.values():
        only = len(mine) == len(yours) == 1
        for tell in TELLS:
            # Copies that nothing tells apart are paired in order, and surely so only if there are no others.
            places = collections.defaultdict(collections.deque)
            for q in yours:
                places[tell(q)].append(q)
            left = []
            for p in mine:
                if tell(p) is not None and places[tell(p)]:
                    yield p, places[tell(p)].popleft(), only or tell(p) != 0
                else:
                    left.append(p)
            mine, yours = left, [q for found in places.values() for q in found]
