#!/usr/bin/env python3
"""Makes tests/data/multihead/places.json: attention whose scales and positions differ from head to head and from place
to place, by formulas of transformers, PyTorch and Keras, each with the attn command line that gives the same numbers.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install torch==2.13.0 numpy==2.4.6 transformers==5.24.0
    /tmp/golden/bin/python tests/golden/make_places.py

All is computed in float64; rotations of transformers are its own functions on cosines in float64.
"""

import json
import pathlib
import types

import numpy as np
import torch
import torch.nn.functional as F
from transformers.models.glm4v import modeling_glm4v as glm4v
from transformers.models.qwen2_vl import modeling_qwen2_vl as qwen2
from transformers.models.qwen3_vl import modeling_qwen3_vl as qwen3

path = pathlib.Path(__file__).parent.parent / "data" / "multihead" / "places.json"
BATCH, HEADS, LENGTH, WIDTH = 2, 2, 5, 8
THETA = 100.0
torch.manual_seed(0)
x = torch.round(torch.randn(BATCH, LENGTH, HEADS * WIDTH) * 100).double() / 100
names = ["W_q", "W_k", "W_v", "W_o"]
weights = {n: torch.round(torch.randn(HEADS * WIDTH, HEADS * WIDTH) * 25).double() / 100 for n in names}
cases = []


def numbers(tensor):
    tensor = torch.as_tensor(tensor)
    return {"shape": list(tensor.shape), "values": [float(f"{v:.9g}") for v in tensor.double().reshape(-1)]}


def heads(tensor):
    return tensor.unflatten(-1, (HEADS, -1)).transpose(1, 2)


def attend(q, k, v, scale, sink=None):
    """Scores, weights and the output after W_o."""
    scores = q @ k.transpose(-2, -1) * scale
    if sink is None:
        probabilities = scores.softmax(-1)
    else:
        e = scores.exp()
        probabilities = e / (np.exp(sink) + e.sum(-1, keepdim=True))
    output = (probabilities @ v).transpose(1, 2).flatten(2) @ weights["W_o"]
    return {"scores": scores, "weights": probabilities, "output": output}


def add(about, arguments, tensors, tolerance=1e-8, **members):
    document = {"embeddings": x.tolist(), "projections": {n: w.tolist() for n, w in weights.items()},
                "num_heads": HEADS, **members}
    document = {n: m for n, m in document.items() if m is not None}
    cases.append({"about": about, "arguments": ["multihead", *arguments, "--emit", ",".join(tensors)],
                  "document": document, "tolerance": tolerance,
                  "tensors": {n: numbers(t) for n, t in tensors.items()}})


Q, K, V = (heads(x @ weights[n]) for n in names[:3])
root = WIDTH**-0.5

# Swin Transformer V2: cosines, and a scale for each head.
logit_scale = torch.tensor([10.0, 3.5], dtype=torch.float64)
cosine = attend(F.normalize(Q, dim=-1), F.normalize(K, dim=-1), V, logit_scale[:, None, None])
add("cosine attention with a scale a head", ["--norm-qk", "l2", "--scale", "10,3.5"], cosine)
add("the same, with the document's scales", ["--norm-qk", "l2"], cosine, scale=logit_scale.tolist())
floor = attend(F.normalize(Q, dim=-1, eps=1.5), F.normalize(K, dim=-1, eps=1.5), V, root)
add("cosine attention with a large epsilon", ["--norm-qk", "l2", "--qk-norm-epsilon", "1.5"], floor)

# Llama 4's temperature, and log-n scaling.
temperature = torch.log1p(torch.floor((torch.arange(LENGTH).double() + 1) / 2)) * 0.1 + 1
add("Llama 4's temperature", [], attend(Q * temperature[:, None], K, V, root), scale_by=temperature.tolist())
log_n = torch.log(torch.arange(LENGTH).double() + 2) / np.log(3)
add("log-n scaling, and other numbers in another batch item", ["--scale", "0.5"],
    attend(Q * torch.stack([log_n, temperature])[:, None, :, None], K, V, 0.5),
    scale_by=[log_n.tolist(), temperature.tolist()])
add("softmax1", ["--like", "softmax1"], attend(Q, K, V, root, sink=0))

# Rotations: positions of three axes, in every layout.
positions = torch.randint(0, 40, (3, BATCH, LENGTH), generator=torch.Generator().manual_seed(3))
frequencies = 1 / THETA ** (torch.arange(0, WIDTH, 2, dtype=torch.float64) / WIDTH)
for about, rotary, rotate, sections, layout, rope in [
    ("Qwen2-VL", qwen2.Qwen2VLRotaryEmbedding, qwen2.apply_rotary_pos_emb, [1, 2, 1], "", "100"),
    ("GLM-4V", glm4v.Glm4vTextRotaryEmbedding, glm4v.apply_rotary_pos_emb, [1, 1, 2], ":sectioned", "100:interleaved"),
    ("Qwen3-VL", qwen3.Qwen3VLTextRotaryEmbedding, qwen3.apply_rotary_pos_emb, [2, 1, 1], ":interleaved", "100"),
]:
    angles = positions[..., None].double() * frequencies
    model = types.SimpleNamespace(mrope_section=sections)
    cos, sin = (rotary.recomposition_frequencies(model, f(angles)) for f in (torch.cos, torch.sin))
    q, k = rotate(Q, K, cos, sin)
    add(f"positions of {about}", ["--rope", rope, "--rope-sections", ",".join(map(str, sections)) + layout],
        {"query": q, "key": k, **attend(q, k, V, root)}, position_ids=positions.tolist())

grid = positions[:2, 0]
spatial = 1 / THETA ** (torch.arange(0, WIDTH // 2, 2, dtype=torch.float64) / (WIDTH // 2))
angles = grid.T[..., None].double() * spatial  # (L, 2, pairs)
cos, sin = (qwen2.Qwen2VLVisionRotaryEmbedding.recomposition_frequencies(None, f(angles)) for f in (torch.cos, torch.sin))
q, k = (t * cos + qwen2.rotate_half(t) * sin for t in (Q, K))
add("rows and columns of Qwen2-VL's images", ["--rope", "100", "--rope-sections", "2,2:axial"],
    {"query": q, "key": k, **attend(q, k, V, root)}, position_ids=grid[:, None].tolist())

one = positions[0]
cos, sin = (torch.cat([f, f], -1)[:, None] for f in ((one[..., None] * frequencies).cos(),
                                                     (one[..., None] * frequencies).sin()))
q, k = (t * cos + qwen2.rotate_half(t) * sin for t in (Q, K))
add("RoPE by positions of each batch item", ["--rope", "100"], {"query": q, "key": k, **attend(q, k, V, root)},
    position_ids=one.tolist())

slopes = torch.tensor([0.5, 0.125], dtype=torch.float64)
other = torch.tensor([3.0, 9, 0, 1, 1], dtype=torch.float64)
distance = (one[:, :, None] - other).abs()
biased = (Q @ K.transpose(-2, -1) * root - slopes[:, None, None] * distance[:, None]).softmax(-1)
add("ALiBi by positions", ["--alibi-slopes", "0.5,0.125"], {"weights": biased}, position_ids=one.tolist(),
    key_position_ids=other.tolist())

# keras.layers.MultiHeadAttention: EinsumDense layers "abc,cde->abde" and "abcd,cde->abe".
kernels = {n: w.reshape(HEADS * WIDTH, HEADS, WIDTH).numpy() for n, w in weights.items() if n != "W_o"}
output_kernel = weights["W_o"].reshape(HEADS, WIDTH, HEADS * WIDTH).numpy()
bias, output_bias = np.arange(HEADS * WIDTH).reshape(HEADS, WIDTH) / 8, np.arange(HEADS * WIDTH) / 4
query, key, value = (np.einsum("abc,cde->abde", x.numpy(), kernels[n]) + bias for n in names[:3])
scores = np.einsum("aecd,abcd->acbe", key, query * root)
softmax = np.exp(scores - scores.max(-1, keepdims=True))
softmax /= softmax.sum(-1, keepdims=True)
output = np.einsum("abcd,cde->abe", np.einsum("acbe,aecd->abcd", softmax, value), output_kernel) + output_bias
parts = {"query": "W_q", "key": "W_k", "value": "W_v"}
add("Keras's MultiHeadAttention", [], {"query": query.transpose(0, 2, 1, 3), "weights": softmax, "output": output},
    num_heads=None,
    projections={**{f"{p}/kernel": kernels[n].tolist() for p, n in parts.items()},
                 **{f"{p}/bias": bias.tolist() for p in parts},
                 "attention_output/kernel": output_kernel.tolist(), "attention_output/bias": output_bias.tolist()})

with open(path, "w", encoding="utf-8") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(path.name, len(cases), "cases")
