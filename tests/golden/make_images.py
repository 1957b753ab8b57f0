"""Writes tests/data/render/{photo.jpg,photo.png,wide.png,turned.json,images.json}: pictures, and what Pillow reads of them and
makes of their size.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 pillow==13.0.0
    /tmp/golden/bin/python tests/golden/make_images.py

The JPEG has no subsampled colours; decoders may differ by a few steps. Resizing is Pillow's BILINEAR in 8 bits, which
rounds after each axis: within 1 of exact. The JPEGs of turned.json, in hexadecimal, have each orientation that Exif knows, in
both byte orders, and what ImageOps.exif_transpose makes of them.
"""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

DATA = Path(__file__).parent.parent / "data" / "render"


def turned(photo):
    """A JPEG for each orientation and byte order, and its pixels as they are to be seen."""
    small = photo.crop((0, 0, 5, 3)).resize((10, 6), Image.Resampling.NEAREST)
    cases = []
    for orientation in range(1, 9):
        for endian in "<>":
            exif = Image.Exif()
            exif.endian = endian
            exif[0x010F] = "a camera"  # another entry, whose text lies elsewhere
            exif[0x0112] = orientation
            file = io.BytesIO()
            small.save(file, "jpeg", quality=95, subsampling=0, exif=exif.tobytes())
            seen = ImageOps.exif_transpose(Image.open(io.BytesIO(file.getvalue())))
            cases.append({
                "orientation": orientation,
                "jpeg": file.getvalue().hex(),
                "width": seen.width,
                "rgb": np.asarray(seen).ravel().tolist(),
            })
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
    (DATA / "images.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
