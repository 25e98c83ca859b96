"""What tshark draws at the end, -z tcpabort,tree and -z tcpabort,table among it, and the same as sharkd tells it."""
import re

MARK = "frame.number == 0"  # an empty report that stands before each statistic


def arguments(*names):
    """For tshark: these statistics, so that statistics() finds each."""
    return [a for name in names for a in ("-z", name, "-z", f"io,phs,{MARK}")]


def statistics(text):
    """What came before the statistics, and each of them in the order asked for: tshark draws the last one first."""
    before, *parts = re.split(rf"\n=+\n.*\nFilter: {MARK}\n\n=+\n", text)
    return [before, *reversed(parts)]


def read_tree(text):
    """{(topic, item, ...): count}"""
    counts, path = {}, []
    for line in text.splitlines():
        match = re.match(r"( *)(\S.*?) +(\d+) {9,}", line)
        if match:
            path = [*path[:len(match[1])], match[2]]
            counts[tuple(path)] = int(match[3])
    return counts


def read_table(text):
    """Rows as {title: cell}."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Stream |"))
    titles, *rows = (re.split(r" \|(?! )", line)[:-1] for line in lines[start:] if line.endswith(" |"))
    return [dict(zip(titles, row)) for row in rows]


def tree_of_tap(tap):
    """{(topic, item, ...): count} of sharkd's stat:tcpabort."""
    def walk(nodes, path=()):
        for node in nodes:
            yield (*path, node["name"]), node["count"]
            yield from walk(node.get("sub", []), (*path, node["name"]))
    return dict(walk(tap["stats"]))


def rows_of_tap(tap):
    """The cells of sharkd's nstat:tcpabort,table."""
    return [[str(cell) for cell in row] for row in tap["tables"][0]["i"]]
