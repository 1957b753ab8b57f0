"""Writes tests/data/render/sizes.json and tests/data/models/pixels.json: what Pillow makes of an image's size by each of
its filters, and what the image processors of transformers make of an image for their models.

    python3 -m venv /tmp/golden
    /tmp/golden/bin/pip install torch==2.13.0 transformers==5.24.0 numpy==2.4.6 pillow==13.0.0
    /tmp/golden/bin/python tests/golden/make_vision.py

Pixels of Pillow are exact. Of the processors' numbers, float32, each image has its shape, the first, the last and the
sum of all in float64.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from transformers.models.beit.image_processing_pil_beit import BeitImageProcessorPil
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.deit.image_processing_pil_deit import DeiTImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

DATA = Path(__file__).parent.parent / "data"
KINDS = {"Beit": BeitImageProcessorPil, "Bit": BitImageProcessorPil, "Blip": BlipImageProcessorPil,
         "CLIP": CLIPImageProcessorPil, "DeiT": DeiTImageProcessorPil, "Siglip": SiglipImageProcessorPil,
         "ViT": ViTImageProcessorPil}


def noise(width, height, seed):
    """Pixels that a test can draw as well: the high bytes of a linear congruential sequence."""
    state, pixels = seed, []
    for _ in range(3 * width * height):
        state = (state * 1664525 + 1013904223) % 2**32
        pixels.append(state >> 24)
    return Image.fromarray(np.array(pixels, dtype=np.uint8).reshape(height, width, 3))


def vit(kind="ViT", **members):
    """A configuration with its own mean and deviation."""
    usual = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.6, 0.7]}
    return {"image_processor_type": kind + "ImageProcessor"} | usual | members


def main():
    image = noise(16, 12, 1)
    filters = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}
    sizes = {
        name: {f"{w}x{h}": np.asarray(image.resize((w, h), Image.Resampling(number))).ravel().tolist()
               for w, h in ((21, 17), (7, 5), (16, 5), (15, 3))}
        for name, number in filters.items()
    }
    (DATA / "render" / "sizes.json").write_text(json.dumps(sizes) + "\n")

    cases = []
    for config, width, height in (
        ({"image_processor_type": "ViTImageProcessor", "size": {"height": 16, "width": 16}, "resample": 2,
          "image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.6, 0.7]}, 37, 23),
        ({"feature_extractor_type": "ViTFeatureExtractor", "size": 16, "image_mean": [0.5, 0.5, 0.5],
          "image_std": [0.5, 0.5, 0.5]}, 20, 31),
        ({"image_processor_type": "DeiTImageProcessor", "size": {"height": 20, "width": 24}, "resample": 3,
          "do_center_crop": True, "crop_size": {"height": 16, "width": 17}, "image_mean": [0.485, 0.456, 0.406],
          "image_std": [0.229, 0.224, 0.225]}, 37, 23),
        ({"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 18},
          "crop_size": {"height": 16, "width": 16}, "image_mean": [0.485, 0.456, 0.406],
          "image_std": [0.229, 0.224, 0.225]}, 37, 23),
        ({"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 9},
          "crop_size": {"height": 12, "width": 11}, "image_mean": [0.485, 0.456, 0.406],
          "image_std": [0.229, 0.224, 0.225]}, 23, 37),
        ({"image_processor_type": "ViTImageProcessor", "do_resize": False, "do_normalize": False}, 9, 8),
        (vit(size={"shortest_edge": 20, "longest_edge": 30}), 37, 53),
        (vit(size={"shortest_edge": 40, "longest_edge": 44}), 37, 53),
        (vit(size={"shortest_edge": 23, "longest_edge": 200}), 97, 23),  # as it is
        (vit(size={"shortest_edge": 20, "longest_edge": 30}), 97, 23),
        (vit(size={"max_height": 30, "max_width": 25}), 37, 53),
        (vit(size={"max_height": 30, "max_width": 25}), 97, 23),
        (vit(size=[24, 36]), 37, 53),
        (vit(size=20, default_to_square=False), 37, 23),
        (vit(size=20, do_center_crop=1, crop_size=[12, 15]), 37, 23),
        (vit(size=20, image_mean=0.4, image_std=0.3), 37, 23),
        (vit(size=20, do_resize=None, do_normalize=0), 9, 8),
        (vit(size=20, do_rescale=None, do_center_crop=None), 9, 8),
        (vit(size=20, do_pad=False, pad_size={"height": 64, "width": 64}, data_format="channels_first"), 9, 8),
        (vit("Blip", size=[9, 8]), 37, 23),
        (vit("Beit", size=9), 37, 23),
        (vit("CLIP", size=9, crop_size=9), 37, 23),
        (vit("Siglip", size=9), 37, 23),
    ):
        name = config.get("image_processor_type", "ViTImageProcessor")
        kind = KINDS[name.removesuffix("ImageProcessor")]
        own = {k: v for k, v in config.items() if not k.endswith("_type")}
        pixels = np.asarray(kind(**own)(noise(width, height, 7), return_tensors="np")["pixel_values"])
        cases.append({"config": config, "width": width, "height": height, "shape": list(pixels.shape),
                      "first": float(pixels.flat[0]), "last": float(pixels.flat[-1]),
                      "sum": float(pixels.astype(np.float64).sum())})
    (DATA / "models" / "pixels.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
