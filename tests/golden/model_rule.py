"""The rule that fills the tensors of small models, so that no weights are stored. tests/support/small_model.cpp has it
too.

Element i of the tensor NAME is float32(center + spread * (2u - 1)), u = (splitmix64(fnv1a64(NAME) + i) >> 40) / 2^24.
`center` and `spread` are multiples of 1/256, so that the sum is exact before it is rounded.

    fnv1a64     h = 0xcbf29ce484222325; for each byte: h ^= byte, h *= 0x100000001b3
    splitmix64  z = x + 0x9e3779b97f4a7c15; z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
                z = (z ^ z >> 27) * 0x94d049bb133111eb; z ^ z >> 31
"""

import math
import re

import numpy as np


def fnv1a64(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def splitmix64(x):
    """Of an array of uint64."""
    z = x + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return z ^ z >> np.uint64(31)


def tensor(name, rule):
    """The float32 array that `rule` ({shape, center, spread}) makes of the name."""
    count = math.prod(rule["shape"])
    with np.errstate(over="ignore"):
        bits = splitmix64(np.uint64(fnv1a64(name.encode())) + np.arange(count, dtype=np.uint64))
    u = (bits >> np.uint64(40)).astype(np.float64) / 2**24
    return (rule["center"] + rule["spread"] * (2 * u - 1)).astype(np.float32).reshape(rule["shape"])


# Spreads of matrices: products keep their size, and scores are uneven.
def by_fan_in(shape):
    return 1.5 * math.sqrt(3 / math.prod(shape[1:]))


def by_rows(shape):
    return 1.5 * math.sqrt(3 / shape[-2])


# The first row whose pattern is found in the name says how a tensor is drawn: its center, and its spread or a function
# of its shape.
ROWS = [
    (r"lambda1|layer_scale", 0.5, 0.3),
    (r"sinks$", 0, 1),
    (r"relative_attention_bias", 0, 1.5),
    (r"(bias|beta|inv_freq)$", 0, 0.1),
    (r"position_embeddings(\.weight)?$|embed_positions|wpe|token_type", 0, 0.8),
    (r"(cls|mask|distillation)_token$|register_tokens$", 0, 0.8),
    (r"embeddings\.weight|embed_tokens|wte|shared\.weight|embed_in|tok_embeddings", 0, 1.7),
    (r"experts\.(gate_up_proj|down_proj)$", 0, by_rows),
]


def rule_of(name, shape, family):
    """The rule of a tensor. `family` may say: adds_one (norms' weights lie about 0), unscaled (the scores have no
    scale: the width of a head), columns (a pattern of matrices that are stored as (in, out))."""
    shape = list(shape)
    unscaled = family.get("unscaled")
    for pattern, center, spread in ROWS:
        if re.search(pattern, name):
            break
    else:
        if len(shape) < 2 or "q_norm" in name or "k_norm" in name or "layernorm" in name:
            center, spread = 0 if family.get("adds_one") else 1, 0.3
        elif family.get("columns") and re.search(family["columns"], name):
            center, spread = 0, by_rows
        else:
            center, spread = 0, by_fan_in
            if unscaled and re.search(r"\.q(_proj)?\.weight$", name):
                spread = by_fan_in(shape) / math.sqrt(unscaled)
    if callable(spread):
        spread = spread(shape)
    return {"shape": shape, "center": round(center * 256) / 256, "spread": round(spread * 256) / 256}
