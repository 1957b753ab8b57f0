#!/usr/bin/env python3
"""Draws boat.png, and writes boat.json: its patches as tokens, as a vision transformer sees a picture.

Each of the 14 × 14 patches of 16 × 16 pixels becomes an embedding of five numbers: how far its mean red, green and blue
lie from the picture's, and where it is, both in units that make likeness of colour count most. Needs Python alone:

    examples/make_boat.py FOLDER
"""
import json
import struct
import sys
import zlib

SIDE, PATCH = 224, 16
COLOR_WEIGHT, PLACE_WEIGHT = 10.0, 1.5


def inside(polygon, x, y):
    """Whether a point lies in a convex polygon whose corners go clockwise on the screen."""
    corners = zip(polygon, polygon[1:] + polygon[:1])
    return all((bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0 for (ax, ay), (bx, by) in corners)


SHAPES = [  # later ones cover earlier ones
    ([(96, 28), (150, 138), (96, 138)], (246, 240, 226)),  # the sail
    ([(88, 60), (88, 138), (52, 138)], (232, 222, 202)),  # the jib
    ([(90, 20), (94, 20), (94, 150), (90, 150)], (96, 62, 38)),  # the mast
    ([(36, 148), (164, 148), (140, 176), (60, 176)], (178, 48, 40)),  # the hull
]


def color(x, y):
    for polygon, rgb in reversed(SHAPES):
        if inside(polygon, x, y):
            return rgb
    if (x - 186) ** 2 + (y - 44) ** 2 < 22**2:
        return 252, 208, 92  # the sun
    if y < 158:
        t = y / 158
        return round(120 + 80 * t), round(176 + 44 * t), round(226 + 8 * t)
    wave = 6 if (x + 3 * y) % 40 < 12 and y % 12 < 4 else 0
    t = (y - 158) / (SIDE - 158)
    return round(38 - 14 * t) + wave, round(96 - 30 * t) + wave, round(150 - 40 * t) + 2 * wave


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main(folder):
    pixels = [[color(x + 0.5, y + 0.5) for x in range(SIDE)] for y in range(SIDE)]
    rows = b"".join(b"\0" + bytes(v for pixel in row for v in pixel) for row in pixels)
    with open(f"{folder}/boat.png", "wb") as file:
        header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))

    count = SIDE // PATCH
    means = []
    for i in range(count):
        for j in range(count):
            patch = [p for row in pixels[i * PATCH:(i + 1) * PATCH] for p in row[j * PATCH:(j + 1) * PATCH]]
            means.append([sum(p[c] for p in patch) / len(patch) / 255 for c in range(3)])
    middle = [sum(m[c] for m in means) / len(means) for c in range(3)]
    embeddings = []
    for k, mean in enumerate(means):
        place = [2 * (v + 0.5) / count - 1 for v in divmod(k, count)]
        vector = [COLOR_WEIGHT * (v - m) for v, m in zip(mean, middle)] + [PLACE_WEIGHT * v for v in place]
        embeddings.append([round(v, 3) for v in vector])
    document = {
        "metadata": {"about": "14 x 14 patches of boat.png: colour and place of each; made by make_boat.py"},
        "tokens": [f"{k // count},{k % count}" for k in range(count * count)],
        "embeddings": embeddings,
    }
    with open(f"{folder}/boat.json", "w", encoding="utf-8") as file:
        lines = json.dumps(document).replace('"tokens"', '\n "tokens"').replace('"embeddings"', '\n "embeddings"')
        file.write(lines.replace("], [", "],\n  [") + "\n")


main(sys.argv[1] if len(sys.argv) > 1 else ".")
