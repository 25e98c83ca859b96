"""File names and what other programs say, as one line that cannot drive a terminal or show other text than there is.

Usage: python3 -I tools/lib/escape.py WORDS       prints them escaped
What is a control, invisible, a blank other than the space, or changes the direction of text is escaped as \\n, \\x1b or
\\u202e, a byte that is no UTF-8 as \\xff, a backslash as \\\\: as tcpabort.rst.diagnostic does it.
"""
import sys

# Ignorable by default (DerivedCoreProperties.txt), or blank, though Python calls them printable.
UNSEEN = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10),
          *range(0xE0100, 0xE01F0)}


def escaped(text):
    """`text` may come from the command line, where a byte that is no UTF-8 is a lone surrogate (PEP 383)."""
    return "".join(c if c.isprintable() and c != "\\" and ord(c) not in UNSEEN else
                   f"\\x{ord(c) - 0xDC00:02x}" if 0xDC80 <= ord(c) <= 0xDCFF else c.encode("unicode_escape").decode()
                   for c in text)


if __name__ == "__main__":
    sys.stdout.buffer.write(escaped(sys.argv[1]).encode() + b"\n")
