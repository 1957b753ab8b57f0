"""Cases of tests/data/conformance: random numbers, documents and files. See make_conformance.py."""

import json
import pathlib

import numpy as np

DATA = pathlib.Path(__file__).parent.parent / "data" / "conformance"
rng = np.random.default_rng(2026)


def draw(*shape):
    return np.round(rng.standard_normal(shape) * 64) / 64


def keep(*shape, density=0.6):
    """A boolean mask in which every row keeps a key."""
    mask = rng.random(shape) < density
    mask[..., 0] |= ~mask.any(-1)
    return mask


def listed(array):
    """Nested lists of numbers of 15 digits; NaN and infinities are None, booleans 0 and 1."""
    array = np.asarray(array)
    if array.dtype == bool:
        return array.astype(int).tolist()
    if array.dtype.kind in "iu":
        return array.tolist()
    short = np.vectorize(lambda x: float(f"{x:.15g}"), otypes=[float])
    return np.where(np.isfinite(array), short(array), None).tolist()


class Cases:
    def __init__(self, source):
        self.source, self.cases = source, []

    def add(self, name, call, command, document, **expected):
        """`command` is completed by the input, case.json, and what it is to emit."""
        document = {k: v if isinstance(v, (int, float, str, dict)) else listed(v) for k, v in document.items()}
        verb, _, flags = command.partition(" ")
        if np.shape(expected["output"])[-2] > 32:  # matrices would be large
            expected = {"output": expected["output"]}
        line = f"attn {verb} case.json {flags}".rstrip() + f" --emit {','.join(expected)}"
        self.cases.append(
            {
                "name": name,
                "call": call,
                "command": line,
                "document": document,
                "expect": {k: listed(v) for k, v in expected.items()},
            }
        )

    def write(self, name):
        DATA.mkdir(parents=True, exist_ok=True)
        lines = ",\n".join("  " + json.dumps(case, separators=(",", ":")) for case in self.cases)
        text = f'{{"source":{json.dumps(self.source)},"cases":[\n{lines}\n]}}\n'
        (DATA / f"{name}.json").write_text(text)
        print(f"{name}: {len(self.cases)} cases, {len(text)} bytes")


def softmax(scores):
    """Of rows, NaN where every score is -inf."""
    with np.errstate(invalid="ignore"):
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        return weights / weights.sum(-1, keepdims=True)
