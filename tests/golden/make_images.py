"""Writes tests/data/render/{photo.jpg,photo.png,wide.png,turned.json,stored.json,images.json}: pictures, and what Pillow
reads of them and makes of their size.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 pillow==13.0.0
    /tmp/golden/bin/python tests/golden/make_images.py

Resizing is Pillow's BILINEAR in 8 bits, which
rounds after each axis: within 1 of exact. The files of turned.json, in hexadecimal, have each orientation that Exif
knows, JPEGs in both byte orders, and what ImageOps.exif_transpose makes of them; stored.json has ways to store pixels.
"""

import io
import json
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
    cases = []
    for name, (image, kind, options) in images.items():
        file = io.BytesIO()
        image.save(file, kind, **options)
        read = Image.open(io.BytesIO(file.getvalue()))
        if read.mode == "I;16":  # whose values Pillow cuts at 255
            rgb = np.repeat(np.asarray(read) >> 8, 3)
        elif kind == "jpeg":
            rgb = np.asarray(read.convert("RGB"))
        else:
            rgba = read.convert("RGBA")
            rgb = np.asarray(Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB"))
        cases.append({"name": name, "file": file.getvalue().hex(), "rgb": rgb.ravel().tolist()})
    return cases


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
    (DATA / "stored.json").write_text(json.dumps(stored()) + "\n")
    (DATA / "images.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
