"""Writes tests/data/render/{photo.jpg,photo.png,wide.png,images.json}: pictures, and what Pillow reads of them and
makes of their size.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 pillow==13.0.0
    /tmp/golden/bin/python tests/golden/make_images.py

The JPEG has no subsampled colours; decoders may differ by a few steps. Resizing is Pillow's BILINEAR in 8 bits, which
rounds after each axis: within 1 of exact.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image

DATA = Path(__file__).parent.parent / "data" / "render"


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
    (DATA / "images.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
