"""The plugin's items as `tshark -T pdml -J tcpabort` shows them.

An item is [label, [the items below]].
"""
import re
import xml.etree.ElementTree as ElementTree

END = "</pdml>"


def packets(text):
    """Of each packet the plugin's protocol elements; what follows the PDML is left out."""
    root = ElementTree.fromstring(text[:text.index(END) + len(END)])
    return [[proto for proto in packet if proto.get("name") == "tcpabort"] for packet in root.iter("packet")]


def label(element):
    return element.get("showname") or element.get("show")


def item(element):
    return [label(element), [item(below) for below in element if below.get("hide") != "yes"]]


def renumbered(text, number):
    """A text, or items, with other frame numbers: number(old) is the new one."""
    if not isinstance(text, str):
        return [renumbered(part, number) for part in text]
    return re.sub(r"(\bframes?:? |\bframe\.number eq )(\d+(?: (?:to|and) \d+)?)",
                  lambda match: match[1] + re.sub(r"\d+", lambda digits: str(number(int(digits[0]))), match[2]), text)
