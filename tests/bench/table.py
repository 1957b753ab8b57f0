#!/usr/bin/env python3
"""Puts measured figures into README.md beside this file.

    attn bench --suite standard -o standard.json
    python3 tests/bench/peers.py build/release/attn --json peers.json
    python3 tests/bench/table.py standard.json [peers.json] [--again standard.json [peers.json]] \\
        [--shapes FILE... [--shapes-again FILE...]]

Between the page's two marks each processor has a section: date, limits, and a table of each kind. That of the report's
processor is replaced, or added. Without peers.json there is no comparison. With --again, columns of that name have what
a second whole run measured. The files of --shapes are reports of `attn bench` with shapes of one's own, for a table of
their own. Needs nothing but Python.
"""

import argparse
import json
import pathlib

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def with_section(sections, name, text):
    """The sections of the page, each under its heading, with one of them anew."""
    kept = [section for section in sections.split("\n### ")[1:] if section.splitlines()[0] != name]
    return "\n" + "\n".join(f"### {section.strip()}\n" for section in sorted([*kept, f"{name}\n\n{text}"]))


def table(header, rows):
    """A Markdown table; columns whose name ends with a colon are aligned to the right."""
    rule = ["---:" if name.endswith(":") else "---" for name in header]
    lines = [[name.rstrip(":") for name in header], rule, *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def shape(result):
    rows, width = result["batch"] * result["queries"], result["heads"] * result["dim"]
    if result["mode"].endswith("projection"):
        return f"{rows},{width},{width}"
    groups = "" if result["kv_heads"] == result["heads"] else f"({result['kv_heads']})"
    numbers = [result["batch"], f"{result['heads']}{groups}", result["queries"], result["keys"], result["dim"]]
    return ",".join(map(str, numbers)) + (" causal" if result["causal"] else "")


def figure(number, decimals):
    return "" if number is None else f"{number:.{decimals}f}"


def with_again(header, rows, after, column):
    """The same with a column "again" behind the one named, if there is one to put there."""
    if column is None:
        return table(header, rows)
    at = header.index(after) + 1
    return table([*header[:at], "again:", *header[at:]],
                 [[*row[:at], cell, *row[at:]] for row, cell in zip(rows, column, strict=True)])


def results_table(report, again):
    rows = []
    for result in report["results"]:
        median = result["median"]
        spread = "" if median is None else f"±{100 * result['stddev'] / median:.1f} %"
        dtype = "" if result["dtype"] == "f32" else f" {result['dtype']}"
        rows.append([f"{result['mode']} {shape(result)}{dtype}", result["kernel"], str(result["threads"]),
                     figure(median and median * 1e3, 2), spread, figure(result["gflops"], 0),
                     figure(result["peak_share"], 2), figure(result["gbps"], 1),
                     figure(result["bandwidth_share"], 2)])
    header = ["case", "kernel", "threads:", "median ms:", "spread:", "GFLOP/s:", "of peak:", "GB/s:", "of reads:"]
    return with_again(header, rows, "of reads:", again and [
        figure(result["bandwidth_share" if result["mode"] == "decode" else "peak_share"], 2)
        for result in again["results"]])


def stages_table(report, again):
    def mebibytes(number):
        return "" if number is None else f"{number / 2**20:.1f}"

    def rate(number, seconds):
        return "" if number is None else f"{number / seconds / 1e6:.1f}"

    rows = [[stage["stage"], figure(stage["median"] * 1e3, 2), rate(stage["bytes"], stage["median"]),
             rate(stage["elements"], stage["median"]), mebibytes(stage["peak_bytes"]),
             mebibytes(stage["overhead_bytes"]), figure(stage["ratio"], 2)] for stage in report["stages"]]
    header = ["stage", "median ms:", "MB/s:", "M numbers/s:", "memory MiB:", "beyond data MiB:", "ratio:"]
    return with_again(header, rows, "median ms:",
                      again and [figure(stage["median"] * 1e3, 2) for stage in again["stages"]])


def libraries_of(peers):
    found = [library for row in peers["rows"] for library in row["peers"]]
    return list(dict.fromkeys(found))


def peers_table(peers, again):
    libraries, rows, header = libraries_of(peers), [], ["case", "attn ms:"]
    columns = ["ms:", "ratio:", "again:"] if again else ["ms:", "ratio:"]
    for library in libraries:
        header += [library, *columns]
    for row, other in zip(peers["rows"], (again or peers)["rows"], strict=True):
        cells = [row["row"], figure(row["attn_ms"], 2)]
        for library in libraries:
            peer, later = row["peers"].get(library), other["peers"].get(library)
            found = [peer["way"], figure(peer["ms"], 2), figure(peer["ratio"], 2)] if peer else [""] * 3
            cells += [*found, figure(later and later["ratio"], 2)] if again else found
        rows.append(cells)
    return table(header, rows)


def errors_table(peers):
    programs = ["attn", *libraries_of(peers)]
    rows = []
    for row in peers["rows"]:
        found = [row["errors"].get(program) for program in programs]
        rows.append([row["row"], *(f"{e['rms']:.1e}, {e['greatest']:.1e}" if e else "" for e in found)])
    return table(["case", *(f"{program}:" for program in programs)], rows)


def read(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def joined(paths):
    """Reports as one, with results alone."""
    return {"results": [result for path in paths for result in read(path)["results"]]} if paths else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="+", help="standard.json, and perhaps peers.json")
    parser.add_argument("--again", nargs="+", default=[], help="those of a second run")
    parser.add_argument("--shapes", nargs="+", default=[], help="reports of other shapes")
    parser.add_argument("--shapes-again", nargs="+", default=[], help="those of a second run")
    arguments = parser.parse_args()
    if len(arguments.reports) > 2 or len(arguments.again) > len(arguments.reports):
        parser.error("a run has a report, and perhaps one of peers")
    report, peers = [*map(read, arguments.reports), None][:2]
    report_again, peers_again = [*map(read, arguments.again), None, None][:2]
    text = f"Measured on {report['date'][:10]} with attn {report['version']}.\n\n"
    for peak in report["peaks"]:
        text += (f"- {peak['kernel']} {peak['dtype']}, {peak['threads']} threads: {peak['fma_gflops']:.0f} GFLOP/s of "
                 f"multiply-adds, {peak['read_gbps']:.1f} GB/s read from memory\n")
    runs = min((result["runs"] for result in report["results"] if result["runs"]), default=0)
    text += f"\nMedians of {runs} runs"
    if report_again:
        text += "; again: the share of a second whole run, of the peak or, of decoding, of reads"
    text += f":\n\n{results_table(report, report_again)}\nThe rest of a run:\n\n{stages_table(report, report_again)}"
    if arguments.shapes:
        text += f"\nOther shapes:\n\n{results_table(joined(arguments.shapes), joined(arguments.shapes_again))}"
    if peers:
        text += f"\nBeside other programs ({peers['versions']}), a ratio over 1 where attn is faster:\n\n"
        text += peers_table(peers, peers_again)
        text += "\nErrors of their outputs against float64, rms and greatest:\n\n" + errors_table(peers)
    page = pathlib.Path(__file__).with_name("README.md")
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    sections, after = rest.split(END)
    sections = with_section(sections, report["cpu"], text)
    page.write_text(before + BEGIN + "\n" + sections + "\n" + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
