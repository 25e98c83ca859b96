"""The comparison as JSON objects, and those as text."""
import datetime

from capture import CLIENT, END_NAMES, ENDS, SECOND, SERVER
from escape import escaped
from judge import difference, judge

MATCHED_BY = {"numbers": "SEQ and ACK", "syn": "the SYN's number", "content": "payload or time stamps"}


def address(end):
    host, port = end
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def point(capture, stream):
    """What one capture says of the connection."""
    shown = {"file": escaped(capture.name), "stream": stream.number}
    shown |= {name: address(end) for name, end in zip(END_NAMES, stream.address)}
    return shown | {name: stream.verdict[name] for name in ("kind", "aborted_by", "frame", "summary", "limit")
                    if name in stream.verdict}


def seconds(nanoseconds):
    return None if nanoseconds is None else nanoseconds / SECOND


def connection(view):
    """A matched stream as a JSON object."""
    conclusion, text = judge(view)
    changed = [f"{END_NAMES[end]} address" for end in ENDS if view.match.rewritten(end)]
    changed += [f"{END_NAMES[end]} sequence numbers" for end in ENDS if view.match.renumbered[end]]
    lost = {END_NAMES[end]: {"of": loss.sent, "packets": loss.packets, "bytes": loss.bytes, "never_arrived": loss.never,
                             "acks": loss.acks, "only_at_the_other_point": loss.extra} for end, loss in enumerate(view.loss)}
    return {"points": {name: point(view.captures[end], view.streams[end]) for end, name in enumerate(END_NAMES)},
            "matched_by": view.match.how, "rewritten": changed, "nearer_client_by": view.placed, "swapped": view.swapped,
            "clock": {"server_ahead": seconds(view.offset), "error": seconds(view.error), "even": view.even},
            "paths": seconds(view.paths), "lost": lost, "events": [event_object(event) for event in view.events],
            "conclusion": conclusion, "text": text, "differ_because": difference(view)}


def event_object(event):
    frames = [packet and packet.frame for packet in event.packets]
    return {"what": event.what, "sender": END_NAMES[event.end], "client_frame": frames[CLIENT], "server_frame": frames[SERVER],
            "where": event.where, "doubt": event.doubt, "text": event_text(event, frames)}


def event_text(event, frames):
    end, peer = END_NAMES[event.end], END_NAMES[1 - event.end]
    here, there = frames[event.end], frames[1 - event.end]
    if event.where == "both":
        return f"sent by the {end} in frame {here}, seen by the {peer} in frame {there}"
    if event.where == "changed":
        return f"sent by the {end} in frame {here}, seen by the {peer} in frame {there} with other numbers"
    if event.where == "sender":
        why = f", but {event.doubt}" if event.doubt else ": lost or dropped on the way"
        return f"sent by the {end} in frame {here}, not in the {peer}'s capture{why}"
    why = f", but {event.doubt}: cannot tell who sent it" if event.doubt else f": the {end} did not send it"
    return f"in the {peer}'s capture only (frame {there}){why}"


def duration(value):
    size = abs(value)
    return f"{value:.6f} s" if size >= 10 else f"{value * 1000:.3f} ms" if size >= 0.001 else f"{value * 1e6:.1f} us"


def clock_text(found):
    clock = found["clock"]
    if clock["server_ahead"] is None:
        return "their difference is not known: packets of one direction only are in both captures"
    ahead = "ahead" if clock["server_ahead"] >= 0 else "behind"
    uneven = "" if clock["even"] else "; they do not run alike, or one was set"
    return (f"the server's capture is {duration(abs(clock['server_ahead']))} {ahead}, right to +-{duration(clock['error'])}"
            f"{uneven}" + (f"; both ways between the points take {duration(found['paths'])}" if found["paths"] is not None else ""))


def loss_text(found, end):
    lost, sent = found["lost"][end], found["lost"][end]["of"]
    if found["clock"]["server_ahead"] is None:
        return "not counted: how the clocks differ is not known"
    text = f"{lost['packets']} of {sent} packets"
    if lost["bytes"]:
        text += f", {lost['bytes']} bytes, {lost['never_arrived']} of them for good"
    if lost["only_at_the_other_point"]:
        text += f"; {lost['only_at_the_other_point']} packets are at the other point only"
    return text


def table(rows):
    """Columns side by side, but for the last, which is as long as it is."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]) - 1)]
    return ["  ".join([cell.ljust(width) for cell, width in zip(row, widths)] + [row[-1]]).rstrip() for row in rows]


def frame(number):
    return "-" if number is None else str(number)


def connection_text(found):
    points = [found["points"][name] for name in END_NAMES]
    rows = [("Capture", "Filter", "Client", "Server", "Kind", "Verdict")]
    for name, at in zip(END_NAMES, points):
        summary = at.get("summary", "-")
        rows.append((f"{name}'s: {at['file']}", f"tcp.stream eq {at['stream']}", at["client"], at["server"], at["kind"], summary))
    lines = [found["text"], *table(rows)]
    notes = [("Clocks:", clock_text(found))]
    notes += [(f"Lost from the {name}:", loss_text(found, name)) for name in END_NAMES]
    if found["rewritten"]:
        notes.append(("Rewritten on the way:", ", ".join(found["rewritten"])))
    notes.append(("Matched by:", MATCHED_BY[found["matched_by"]]))
    if found["nearer_client_by"] is None:
        notes.append(("Order:", "nothing tells which capture is nearer the client; taken as the arguments name them"))
    if found["differ_because"]:
        notes.append(("Verdicts differ:", found["differ_because"]))
    lines += table(notes)
    events = [("Event", "Client's frame", "Server's frame", "")]
    events += [(f"{e['what']} of the {e['sender']}", frame(e["client_frame"]), frame(e["server_frame"]), e["text"])
               for e in found["events"]]
    return "\n".join([*lines, *(table(events) if found["events"] else ())])


def alone(captures, side, stream, why):
    """A stream that the other capture does not have."""
    return {"only_in": point(captures[side], stream), "argument": side + 1, "other_covers_it": not why, "why_not": why,
            "answered": len({p.end for p in stream.packets}) > 1}


def alone_text(found):
    at, why = found["only_in"], found["why_not"]
    text = f"Only in {at['file']}: tcp.stream eq {at['stream']}, {at['client']} - {at['server']}: {at.get('summary', at['kind'])}\n"
    if why:
        return text + f"That it is not in the other capture proves nothing: {why}."
    text += "The other capture covers its time and does not have it: nothing of it came to the other point"
    return text + ("; a device between the points answered, or another host behind one." if found["answered"] else ".")


def ambiguous_text(found):
    one, two = found["ambiguous"]
    return (f"Perhaps the same connection, but others fit as well: tcp.stream eq {one['stream']} of {one['file']} and "
            f"tcp.stream eq {two['stream']} of {two['file']}")


def time_text(nanoseconds):
    whole = datetime.datetime.fromtimestamp(nanoseconds // SECOND).astimezone()
    return f"{whole:%Y-%m-%d %H:%M:%S}.{nanoseconds % SECOND // 1000:06}{whole.isoformat()[-6:]}"


def files_text(captures):
    rows = [("Capture", "Frames", "Streams", "Recorded from", "to")]
    for capture in captures:
        rows.append((escaped(capture.name), str(capture.frames), str(len(capture.streams)),
                     time_text(capture.began), time_text(capture.ended)))
    return "\n".join(table(rows))
