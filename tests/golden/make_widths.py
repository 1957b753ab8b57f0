#!/usr/bin/env python3
"""Writes src/core/width_tables.hpp: the characters that take no column of a terminal, and those that take two.

Two: East Asian Width W or F; of code points that Unicode has not assigned yet, for which Python answers F, those that
EastAsianWidth.txt reserves for ideographs. None: nonspacing and enclosing marks, and format characters but the soft hyphen, as
wcwidth has them (https://github.com/jquast/wcwidth); Hangul vowels and final consonants, which join what is before."""
import pathlib
import sys
import unicodedata


def ranges(belongs):
    found = []
    for code in range(0x20, 0x110000):
        if not belongs(chr(code)):
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def none(character):
    code = ord(character)
    joins = 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF
    kind = unicodedata.category(character)
    return joins or kind in ("Mn", "Me") or kind == "Cf" and code != 0xAD


def two(character):
    if unicodedata.category(character) == "Cn":
        code = ord(character)
        reserved = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FFFD), (0x30000, 0x3FFFD))
        return any(first <= code <= last for first, last in reserved)
    return unicodedata.east_asian_width(character) in "WF" and not none(character)


def table(name, found):
    lines, line = [], "   "
    for first, last in found:
        item = f" {{0x{first:X}, 0x{last:X}}},"
        if len(line) + len(item) > 118:
            lines.append(line)
            line = "   "
        line += item
    lines.append(line)
    return f"inline constexpr CodeRange {name}[] = {{\n" + "\n".join(lines) + "\n};\n"


text = f"""// Widths of characters in a terminal, Unicode {unicodedata.unidata_version}; written by tests/golden/make_widths.py.
#pragma once

namespace attn {{

struct CodeRange {{
  char32_t first, last;
}};

// clang-format off
{table("zero_width", ranges(none))}
{table("double_width", ranges(two))}
// clang-format on

}}  // namespace attn
"""
root = pathlib.Path(__file__).resolve().parents[2]
(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "src/core/width_tables.hpp").write_text(text)
