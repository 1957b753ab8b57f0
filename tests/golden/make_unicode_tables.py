#!/usr/bin/env python3
"""Writes src/text/unicode_tables.cpp to standard output: the characters that the tokenizers library classes otherwise
than utf8proc does, by asking both about every character of Unicode.

Made with tokenizers 0.23.3 and Debian's libutf8proc 2.8.0 (Unicode 15). The library's own tables are of Unicode 8
(categories of punctuation and control characters), 12 (normal forms, marks) and 16 (Rust's).
"""
import ctypes

from tokenizers import normalizers, pre_tokenizers

utf8proc = ctypes.CDLL("libutf8proc.so.2")
utf8proc.utf8proc_category_string.restype = ctypes.c_char_p
utf8proc.utf8proc_decompose_char.argtypes = [ctypes.c_int32, ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int,
                                             ctypes.c_void_p]
utf8proc.utf8proc_decompose_char.restype = ctypes.c_ssize_t
utf8proc.utf8proc_get_property.restype = ctypes.POINTER(ctypes.c_uint16)

CHARACTERS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
CATEGORY = {c: utf8proc.utf8proc_category_string(c).decode() for c in CHARACTERS}
CLASS = {c: utf8proc.utf8proc_get_property(c)[1] for c in CHARACTERS}  # the second member of its struct


def of_category(*starts):
    return {c for c in CHARACTERS if CATEGORY[c].startswith(starts)}


def ranges(characters):
    found = []
    for c in sorted(characters):
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


def removed_by(normalizer):
    return {c for c in CHARACTERS if normalizer.normalize_str(f"a{chr(c)}b") == "ab"}


def pieces_of(splitter, count):
    return {c for c in CHARACTERS if len(splitter.pre_tokenize_str(f"a{chr(c)}b")) == count}


def bert(**parts):
    off = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return normalizers.BertNormalizer(**{**off, **parts})


def decomposition(c, compatible):
    parts = (ctypes.c_int32 * 32)()
    bound = ctypes.c_int()
    options = (1 << 4) | ((1 << 2) if compatible else 0)  # UTF8PROC_DECOMPOSE, UTF8PROC_COMPAT
    count = utf8proc.utf8proc_decompose_char(c, parts, 32, options, ctypes.byref(bound))
    return "".join(map(chr, parts[:count]))


def undecomposed():
    found = set()
    nfd, nfkd = normalizers.NFD(), normalizers.NFKD()
    for c in CHARACTERS:
        if any(form.normalize_str(chr(c)) != decomposition(c, kind) for form, kind in ((nfd, False), (nfkd, True))):
            found.add(c)
        # A mark of class 1 comes before all others, if the library knows that they are marks.
        if CLASS[c] > 1 and nfd.normalize_str(f"a{chr(c)}\u0334")[1] != "\u0334":
            found.add(c)
        if CLASS[c] == 1 and nfd.normalize_str(f"a\u0301{chr(c)}")[1] == "\u0301":
            found.add(c)
    return found


def table(name, characters):
    rows = [f"{{0x{a:X}, 0x{b:X}}}" for a, b in ranges(characters)]
    return f"constexpr std::array<CodeRange, {len(rows)}> {name}{{{{{', '.join(rows)}}}}};"


def main():
    ascii_symbols = {c for c in range(0x21, 0x7F) if not chr(c).isalnum()}
    tables, differences = [], []

    def compare(name, library, own):
        members = []
        for part, characters in (("more", library - own), ("fewer", own - library)):
            if characters:
                tables.append(table(f"{name}_{part}", characters))
            members.append(f"{name}_{part}" if characters else "{}")
        differences.append(f"const ClassDifference {name}_difference{{{', '.join(members)}}};")

    # Of control characters, these are dealt with apart.
    apart = {0x09, 0x0A, 0x0D, 0xFFFD}
    compare("control", removed_by(bert(clean_text=True)) - apart, of_category("Cc", "Cf", "Co") - apart)
    compare("punctuation", pieces_of(pre_tokenizers.Punctuation(), 3), of_category("P") | ascii_symbols)
    compare("number", pieces_of(pre_tokenizers.Digits(individual_digits=True), 3), of_category("N"))
    compare("word", pieces_of(pre_tokenizers.Whitespace(), 1), of_category("L", "M", "Nd", "Nl", "Pc"))
    compare("nonspacing_mark", removed_by(bert(strip_accents=True)), of_category("Mn"))
    compare("mark", removed_by(normalizers.StripAccents()), of_category("M"))
    tables.append(table("undecomposed_characters", undecomposed()))
    lower = normalizers.Lowercase()
    cases = [(c, lower.normalize_str(chr(c))) for c in CHARACTERS]
    cases = [(c, ord(l)) for c, l in cases if len(l) == 1 and ord(l) != utf8proc.utf8proc_tolower(c)]
    rows = ", ".join(f"{{0x{c:X}, 0x{l:X}}}" for c, l in cases)
    tables.append(f"constexpr std::array<LowerCase, {len(cases)}> cases{{{{{rows}}}}};")

    print("// Made by tests/golden/make_unicode_tables.py: see there. Not to be edited.")
    print('#include "text/unicode_tables.hpp"\n\n#include <array>\n\nnamespace attn::text {\nnamespace {\n')
    print("\n\n".join(tables))
    print("\n}  // namespace\n")
    print("\n".join(differences))
    print("const std::span<const CodeRange> undecomposed = undecomposed_characters;")
    print("const std::span<const LowerCase> other_lower_case = cases;")
    print("\n}  // namespace attn::text")


main()
