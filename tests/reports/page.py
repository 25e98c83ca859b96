"""The page of -z tcpabort,html, read."""
import collections
import functools
import re
import xml.etree.ElementTree as ElementTree

from checks import check, merged, read, streams_of, tshark


def text_of(element):
    return "".join(element.itertext())


def cells(table, part="tbody"):
    return [[text_of(cell) for cell in row] for row in table.findall(f"{part}/tr")]


class Page:
    """One report, and the checks that every page must pass."""

    def __init__(self, capture, *options):
        self.name = capture.name
        self.source = tshark("-q", "-r", capture, *options, "-z", "tcpabort,html,-")
        self.root = ElementTree.fromstring(self.source)
        self.sections = {int(d.get("id")[7:]): d for d in self.root.iter("details")}
        self.check_form()

    def check_form(self):
        """Nothing from elsewhere, nothing that runs, every link with a target; HTML and XML read it alike."""
        elements = list(self.root.iter())
        check(self.source.startswith("<!DOCTYPE html>\n<html lang=\"en\">\n"), True, self.name, "begins as HTML")
        tags = {e.tag for e in elements}
        check(tags & {"script", "link", "iframe", "object", "embed", "img", "base", "form", "image", "use"}, set(), self.name, "tags")
        names = collections.Counter(name for e in elements for name in e.attrib)
        check([n for n in names if n.startswith("on") or n in ("src", "style", "srcset", "data")], [], self.name, "attributes")
        ids = [e.get("id") for e in elements if e.get("id")]
        check(len(ids), len(set(ids)), self.name, "unique ids")
        check([e.get("href") for e in elements if e.get("href") and e.get("href")[1:] not in ids], [], self.name, "links")
        check([e.get("href") for e in elements if e.get("href", "#")[0] != "#"], [], self.name, "links outside")
        policy = self.root.find("head/meta[@http-equiv='Content-Security-Policy']").get("content")
        check(policy, "default-src 'none'; style-src 'unsafe-inline'", self.name, "policy")
        check(re.findall(r"url\(|@import|://", self.source), [], self.name, "what a browser would fetch")
        # HTML closes only these by itself; in SVG "/>" does.
        check(set(re.findall(r"<(\w+)[^<>]*/>", self.source)) - {"meta", "br", "path", "circle", "rect"}, set(), self.name, "empty elements")
        for table in self.root.iter("table"):
            width = {sum(int(cell.get("colspan", 1)) for cell in row) for row in table.iter("tr")}
            check(len(width), 1, self.name, table.get("id"), "cells of each row")
        for svg in self.root.iter("svg"):
            check((svg.get("role"), svg[0].tag), ("img", "title"), self.name, "an image with a title")

    def table(self, name):
        return self.root.find(f".//table[@id='{name}']")

    def totals(self):
        """{kind: [streams, lost, possible, none]}, "all" last."""
        table = self.table("totals")
        rows = cells(table) + cells(table, "tfoot") if table is not None else []
        return {row[0]: [int(n) for n in row[2:]] for row in rows}

    def facts(self, stream):
        """{"Kind": "fin_rst, closed, then reset"} of a section; "Limits" are a list."""
        found = collections.defaultdict(list)
        for item in self.sections[stream].find(".//dl"):
            if item.tag == "dt":
                name = item.text
            else:
                found[name].append(text_of(item))
        return {n: v if n == "Limits" else v[0] for n, v in found.items()}


@functools.cache
def all_samples():
    """Of all samples merged: the page, the streams as JSON, and the fields of each frame."""
    names = ("frame.time_epoch", "tcp.stream", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport",
             "tcp.dstport", "tcp.flags", "tcp.len", "icmp.type", "icmpv6.type", "tcpabort.client.state", "tcpabort.server.state")
    return Page(merged()), streams_of("-r", merged()), read(names, "-2", "-r", merged())
