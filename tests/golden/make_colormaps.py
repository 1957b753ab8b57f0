"""Writes src/render/colormap_tables.cpp, on standard output, from matplotlib.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 matplotlib==3.11.2
    /tmp/golden/bin/python tests/golden/make_colormaps.py >src/render/colormap_tables.cpp

Each table holds the 256 colours that matplotlib gives for `colormap(i, bytes=True)`.
"""

import matplotlib
import numpy as np

NAMES = [
    ("viridis", "perceptually even, dark blue to yellow"),
    ("plasma", "perceptually even, blue to yellow"),
    ("inferno", "perceptually even, black to pale yellow"),
    ("magma", "perceptually even, black to pale pink"),
    ("cividis", "even for colour-blind readers too"),
    ("Blues", "white to blue"),
    ("Greens", "white to green"),
    ("Oranges", "white to orange"),
    ("Reds", "white to red"),
    ("Greys", "white to black"),
    ("gray", "black to white"),
    ("RdBu", "diverging, red to blue"),
    ("coolwarm", "diverging, blue to red"),
]


def table(name):
    return matplotlib.colormaps[name](np.arange(256), bytes=True)[:, :3]


def main():
    tables = []
    for name, note in NAMES:
        tables.append((name, note))
        # matplotlib reverses the control points of an interpolated map, which can round a byte differently.
        if not np.array_equal(table(name)[::-1], table(name + "_r")):
            tables.append((name + "_r", f"{name} reversed, where it rounds differently"))

    print("// Colour tables, 256 colours as RRGGBB each. Made by tests/golden/make_colormaps.py: do not edit.")
    print("// viridis, plasma, inferno, magma: CC0, by Nathaniel J. Smith, Stefan van der Walt and Eric Firing;")
    print("// cividis: Nuñez, Anderton and Renslow (2018); the others after ColorBrewer (Apache 2.0) and Moreland.")
    print('#include "render/colormap.hpp"\n')
    print("namespace attn {")
    print("namespace {\n")
    print(f"// As in matplotlib {matplotlib.__version__}.")
    print(f"constexpr std::array<ColormapTable, {len(tables)}> tables{{{{")
    for name, note in tables:
        text = "".join(f"{r:02x}{g:02x}{b:02x}" for r, g, b in table(name))
        print(f"    // {note}")
        print(f'    {{"{name}",')
        lines = [text[i : i + 108] for i in range(0, len(text), 108)]
        print("\n".join(f'     "{line}"' for line in lines) + "},")
    print("}};\n")
    print("}  // namespace\n")
    print("std::span<const ColormapTable> colormap_tables() { return tables; }\n")
    print("}  // namespace attn")


if __name__ == "__main__":
    main()
