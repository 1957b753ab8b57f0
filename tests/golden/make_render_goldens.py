"""Writes tests/data/render: Python's own number formats, and the colours that matplotlib gives to cells.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 matplotlib==3.11.2
    /tmp/golden/bin/python tests/golden/make_render_goldens.py
"""

import math
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import LogNorm, Normalize

DATA = Path(__file__).parent.parent / "data" / "render"

FORMATS = [".2f", ".0f", ".3g", "g", ".1e", "e", ".0%", "%", ".1%", "+.2f", " .2f", "8.3f", "08.3f", ",.1f", ".4", "",
           "G", ".2E", "F", "-.2f", "+08.1e", ",", "3d", "d"]
VALUES = [0.0, -0.0, 1.0, 0.5, 0.125, -0.125, 2.5, 3.5, 0.1385, 1234567.891, -98765.4321, 1e-7, 6.02e23, math.pi,
          math.inf, -math.inf, math.nan]


def python_text(value, form):
    if form.endswith("d"):
        return format(round(value), form) if math.isfinite(value) else format(value, form[:-1] + ".0f")
    # An empty type is str() in Python; attn writes whole numbers without ".0".
    text = format(value, form)
    return text.replace(".0", "") if form in ("", ",", ".4") and text.endswith(".0") else text


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    with open(DATA / "number_formats.tsv", "w", newline="\n") as out:
        for form in FORMATS:
            for value in VALUES:
                out.write(f"{form}\t{value!r}\t{python_text(value, form)}\n")

    values = np.random.default_rng(3).normal(size=200)
    with open(DATA / "cell_colors.tsv", "w", newline="\n") as out:
        for name in ["viridis", "magma", "RdBu_r"]:
            for norm in [Normalize(-1.5, 1.25), LogNorm(0.01, 2.0)]:
                kept = values if not isinstance(norm, LogNorm) else np.abs(values)
                for value, color in zip(kept, matplotlib.colormaps[name](norm(kept), bytes=True)):
                    kind = "log" if isinstance(norm, LogNorm) else "linear"
                    out.write(f"{name}\t{kind}\t{norm.vmin!r}\t{norm.vmax!r}\t{value.item()!r}\t")
                    out.write("".join(f"{c:02x}" for c in color[:3]) + "\n")


if __name__ == "__main__":
    main()
