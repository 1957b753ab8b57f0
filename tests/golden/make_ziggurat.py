#!/usr/bin/env python3
"""Prints src/random/ziggurat_tables.cpp: the layers under the normal curve that NumPy's standard_normal draws from.

    python3 tests/golden/make_ziggurat.py >src/random/ziggurat_tables.cpp

Doornik (2005), "An improved ziggurat method to generate normal random samples", with 256 layers: all have the area V,
the lowest with the tail beyond R. From the outermost edge inwards, x[k] = f⁻¹(V/x[k+1] + f(x[k+1])) with
f(x) = exp(−x²/2). NumPy's tables were made so in doubles, and their last bits are those of that arithmetic: V is 4
units in the last place below the true area, and f[38] is the next double above what today's C libraries give. The
draws of tests/data/random/pcg64.json hold all of it against NumPy.
"""

import math

LAYERS = 256
R = 3.6541528853610087963519472518
V = float.fromhex("0x1.43016a5a4372ep-8")
PER_LINE = 5


def curve(x):
    return math.exp(-0.5 * x * x)


def layers():
    edge, height = [0.0] * LAYERS, [1.0] * LAYERS
    edge[-1], height[-1] = R, curve(R)
    for k in range(LAYERS - 2, 0, -1):
        edge[k] = math.sqrt(-2 * math.log(V / edge[k + 1] + height[k + 1]))
        height[k] = curve(edge[k])
        if k == 38:
            height[k] = math.nextafter(height[k], 1)
    edge[0] = V / height[-1]  # of a rectangle with the lowest layer's area
    return edge, height


def table(name, numbers):
    rows = [numbers[i:i + PER_LINE] for i in range(0, LAYERS, PER_LINE)]
    body = "\n".join("    " + " ".join(number.hex() + "," for number in row) for row in rows)
    return f"const std::array<double, {LAYERS}> {name} = {{\n{body}\n}};"


if __name__ == "__main__":
    edge, height = layers()
    print(f"""// The layers of NumPy's ziggurat. Made by tests/golden/make_ziggurat.py: do not edit.
#include "random/ziggurat_tables.hpp"

namespace attn {{

{table("ziggurat_edge", edge)}

{table("ziggurat_height", height)}

}}  // namespace attn""")
