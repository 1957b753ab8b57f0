"""Holds attn against NumPy on random documents: an oracle of its own, written from the manual alone.

    python3 tests/golden/check_random.py build/release/attn [--count 1000] [--seed N] [--kernel NAME]...

Documents of compute and multihead, with all that happens between Q·K^T and the output, and masks of `attn mask`, are
drawn from the seed, which is printed. Each is run with --dtype f32, f64 or f16 by every kernel set, or those named, and
what it gives is compared with float64. Only NumPy (tested: 2.4.6) is needed. What differs is printed with the command and kept.
"""

import argparse
import io
import json
import pathlib
import random as system_random
import subprocess
import sys
import tempfile

import numpy as np
from random_documents import drawn

# Of the greatest number, or 1. Float32: scores of some units lose some 1e-7 each, and so do their weights.
BOUNDS = {"f64": 1e-12, "f32": 4e-6, "f16": 4e-6}
# Operands of f16 that are results themselves are at times rounded the other way, which is 1e-3 of one.
BOUND_OF_ROUNDED_RESULTS = 4e-3


def json_of(value):
    """A document's members for JSON: −inf as null."""
    if isinstance(value, dict):
        return {name: json_of(member) for name, member in value.items()}
    if isinstance(value, np.ndarray):
        return json_of(value.tolist())
    if isinstance(value, list):
        return [json_of(element) for element in value]
    return None if isinstance(value, float) and value == -np.inf else value


def tensors_of(output, form):
    if form == "npz":
        return {name: tensor.astype(np.float64) for name, tensor in np.load(io.BytesIO(output)).items()
                if tensor.dtype.kind in "fub"}
    members = json.loads(output)
    return {name: np.array(member, dtype=np.float64) for name, member in members.items()
            if isinstance(member, list) and not (member and isinstance(member[0], str))}


def difference(found, expected, form):
    """The greatest, of the greatest expected number; infinity where one alone is not finite, or of another shape."""
    if form == "json" and expected.size == 0:  # the extents of empty lists are lost
        return 0.0 if found.size == 0 else np.inf
    if found.shape != expected.shape:
        return np.inf
    if form == "json":  # null stands for all that is not finite
        expected = np.where(np.isfinite(expected), expected, np.nan)
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    if same.all():
        return 0.0
    off = np.abs(found[~same] - expected[~same])
    greatest = np.abs(expected[np.isfinite(expected)]).max(initial=1.0)
    return np.inf if not np.isfinite(off).all() else off.max() / greatest


def bytes_of(case):
    if case.document is None:
        return b""
    if not case.is_array_file:
        return json.dumps(json_of(case.document)).encode()
    file = io.BytesIO()
    np.savez(file, **{name: np.asarray(member) for name, member in case.document.items()})
    return file.getvalue()


def run(attn, case, document, kernel, form):
    arguments = [attn, case.command, *case.flags, "-q", "-f", form]
    if case.command != "mask":
        arguments += ["-", f"--kernel={kernel}", f"--dtype={case.dtype}", "--emit=" + ",".join(case.expected)]
    return arguments, subprocess.run(arguments, input=document, capture_output=True)


def problem_with(case, done, form):
    if done.returncode != 0:
        return f"exit code {done.returncode}: {done.stderr.decode().strip()}"
    found = tensors_of(done.stdout, form)
    bound = BOUND_OF_ROUNDED_RESULTS if case.dtype == "f16" and case.rounds_results else BOUNDS[case.dtype]
    for name, expected in case.expected.items():
        if name not in found:
            return f"{name} is missing"
        off = difference(found[name], expected, form)
        if off > bound:
            return f"{name} {found[name].shape} is off by {off:.3g}; expected {expected.shape}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("attn")
    parser.add_argument("--seed", type=int, default=system_random.randrange(10**9))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="begin with this document of the seed")
    parser.add_argument("--kernel", action="append")
    options = parser.parse_args()
    attn = str(pathlib.Path(options.attn).resolve())
    version = subprocess.run([attn, "--version"], capture_output=True, text=True, check=True).stdout
    kernels = options.kernel or version.split("kernel sets ")[1].strip(")\n ").split(", ")
    print(f"seed {options.seed}, {options.count} documents, kernel sets {', '.join(kernels)}", flush=True)
    wrong = runs = 0
    with tempfile.TemporaryDirectory() as name:
        for number in range(options.first, options.first + options.count):
            random = np.random.default_rng([options.seed, number])
            case = drawn(random, pathlib.Path(name))
            form = str(random.choice(["json", "npz"]))
            document = bytes_of(case)
            for kernel in kernels if case.command != "mask" else kernels[:1]:
                arguments, done = run(attn, case, document, kernel, form)
                runs += 1
                problem = problem_with(case, done, form)
                if problem is None:
                    continue
                wrong += 1
                kept = pathlib.Path(f"differs-{options.seed}-{number}.{'npz' if case.is_array_file else 'json'}")
                kept.write_bytes(document)
                print(f"document {number}, {kernel}: {problem}\n  {' '.join(map(repr, arguments))} <{kept}", flush=True)
                break
    print(f"{runs} runs, {wrong} documents differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
