"""Writes tests/data/render/{photo.jpg,photo.png,wide.png,turned.json,stored.json,plain.json,images.json}: pictures, and
what Pillow reads of them and makes of their size.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 pillow==13.0.0
    /tmp/golden/bin/python tests/golden/make_images.py

Resizing is Pillow's BILINEAR in 8 bits, which
rounds after each axis: within 1 of exact. The files of turned.json, in hexadecimal, have each orientation that Exif
knows, JPEGs in both byte orders, and what ImageOps.exif_transpose makes of them; stored.json has ways to store pixels.
"""

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

DATA = Path(__file__).parent.parent / "data" / "render"


def turned(photo):
    """A file for each orientation and byte order, and its pixels as they are to be seen."""
    small = photo.crop((0, 0, 5, 3)).resize((10, 6), Image.Resampling.NEAREST)
    cases = []
    for orientation in range(1, 9):
        for kind, endian in (("jpeg", "<"), ("jpeg", ">"), ("png", ">")):
            exif = Image.Exif()
            exif.endian = endian
            exif[0x010F] = "a camera"  # another entry, whose text lies elsewhere
            exif[0x0112] = orientation
            file = io.BytesIO()
            options = {"quality": 95, "subsampling": 0} if kind == "jpeg" else {}
            small.save(file, kind, exif=exif.tobytes(), **options)
            seen = ImageOps.exif_transpose(Image.open(io.BytesIO(file.getvalue())))
            cases.append({
                "orientation": orientation,
                "file": file.getvalue().hex(),
                "width": seen.width,
                "rgb": np.asarray(seen).ravel().tolist(),
            })
    return cases


def interlaced(pixels, color_type, palette=b""):
    """A PNG in the seven passes of Adam7, which Pillow reads and does not write: pixels (height, width, bytes)."""
    rows = b""
    passes = (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
    for x, y, right, down in passes:
        for row in pixels[y::down, x::right]:
            rows += b"\0" + row.tobytes() if row.size else b""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, color_type, 0, 0, 1)
    colors = chunk(b"PLTE", palette) if palette else b""
    body = chunk(b"IHDR", header) + colors + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def stored():
    """Pixels in each way of storing them that a decoder knows by itself."""
    noise = np.random.default_rng(7).integers(0, 256, (3, 5, 3), dtype=np.uint8)
    colors = Image.fromarray(noise).resize((13, 7), Image.Resampling.BICUBIC)
    clear = Image.fromarray(np.dstack([np.asarray(colors), np.asarray(colors)[..., :1]]))
    greys = colors.convert("L")
    few = colors.quantize(11)
    deep = Image.fromarray(np.asarray(greys).astype(np.uint16) * 200 + 77)
    images = {
        "jpeg 4:2:2": (colors, "jpeg", {"subsampling": "4:2:2"}),
        "jpeg 4:2:0": (colors, "jpeg", {"subsampling": "4:2:0"}),
        "jpeg 4:4:4, progressive": (colors, "jpeg", {"subsampling": "4:4:4", "progressive": True}),
        "jpeg of rgb": (colors, "jpeg", {"keep_rgb": True, "subsampling": "4:4:4"}),
        "jpeg of cmyk": (colors.convert("CMYK"), "jpeg", {}),
        "jpeg of greys": (greys, "jpeg", {}),
        "png of rgba": (clear, "png", {}),
        "png of greys and alpha": (clear.convert("LA"), "png", {}),
        "png of a palette": (few, "png", {"transparency": bytes(range(0, 250, 50))}),
        "png of a palette of 4 bits": (colors.quantize(3), "png", {"bits": 4}),
        "png with a colour that is clear": (colors, "png", {"transparency": colors.getpixel((3, 3))}),
        "png with a grey that is clear": (greys, "png", {"transparency": greys.getpixel((3, 3))}),
        "png of black and white": (colors.convert("1"), "png", {}),
        "png of 16 bits": (deep, "png", {}),
    }
    files = {}
    for name, (image, kind, options) in images.items():
        file = io.BytesIO()
        image.save(file, kind, **options)
        files[name] = file.getvalue()
    files["png of rgba, interlaced"] = interlaced(np.asarray(clear), 6)
    files["png of a palette, interlaced"] = interlaced(np.asarray(few)[..., None], 3, bytes(few.getpalette()))
    cases = []
    for name, file in files.items():
        read = Image.open(io.BytesIO(file))
        if read.mode == "I;16":  # whose values Pillow cuts at 255
            rgb = np.repeat(np.asarray(read) >> 8, 3)
        elif read.format == "JPEG":
            rgb = np.asarray(read.convert("RGB"))
        else:
            rgba = read.convert("RGBA")
            rgb = np.asarray(Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB"))
        cases.append({"name": name, "file": file.hex(), "rgb": rgb.ravel().tolist()})
    return cases


def plain():
    """Files of 256 x 128 pixels of one colour, for what decoding takes."""
    image = Image.new("RGB", (256, 128), (10, 20, 30))
    files = {"png, interlaced": interlaced(np.asarray(image), 2)}
    for name in ("png", "jpeg", "jpeg, progressive"):
        file = io.BytesIO()
        image.save(file, name.split(",")[0], subsampling=0, progressive="progressive" in name)
        files[name] = file.getvalue()
    return {name: file.hex() for name, file in files.items()}


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[0:12, 0:16]
    rgb = np.stack([x * 16, y * 20, 255 - x * 8 - y * 8], axis=-1).astype(np.uint8)
    photo = Image.fromarray(rgb)
    photo.save(DATA / "photo.jpg", quality=95, subsampling=0)
    photo.resize((32, 16)).save(DATA / "wide.png")
    alpha = ((x + y) % 4 * 85).astype(np.uint8)
    clear = Image.fromarray(np.dstack([rgb, alpha]))
    clear.save(DATA / "photo.png")
    on_white = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    golden = {
        "jpg": np.asarray(Image.open(DATA / "photo.jpg").convert("RGB")).ravel().tolist(),
        "png": np.asarray(on_white).ravel().tolist(),
        "larger": np.asarray(photo.resize((23, 31), Image.Resampling.BILINEAR)).ravel().tolist(),
        "smaller": np.asarray(photo.resize((5, 7), Image.Resampling.BILINEAR)).ravel().tolist(),
        "source": rgb.ravel().tolist(),
    }
    (DATA / "turned.json").write_text(json.dumps(turned(photo)) + "\n")
    (DATA / "plain.json").write_text(json.dumps(plain()) + "\n")
    (DATA / "stored.json").write_text(json.dumps(stored()) + "\n")
    (DATA / "images.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
