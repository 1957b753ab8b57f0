#!/usr/bin/env python3
"""Makes tests/data/multihead/*.json: multi-head attention of the real PyTorch, NumPy and transformers, each with the
attn command line that gives the same numbers.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install torch==2.13.0 numpy==2.4.6 transformers==5.24.0
    /tmp/golden/bin/python tests/golden/make_multihead.py

Weights are drawn in float32, as the libraries do, and attention is computed in float64. `tolerance` is what attn in
float64 may differ by, relative to the greatest number of a tensor: 1e-8 is what is left of the written digits, 1e-6
is for code of transformers that goes through float32 by itself.
"""

import json
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "data", "multihead")


def numbers(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{x:.9g}") for x in tensor.detach().double().reshape(-1)]}


def nested(tensor):
    """For documents: every digit, since attn reads them exactly."""
    return tensor.detach().double().tolist()


class Cases:
    def __init__(self):
        self.cases = []

    def add(self, about, arguments, tensors, document=None, tolerance=1e-8, batch=True):
        """`batch`: tensors keep their first axis. What is expected is emitted, in attn's order."""
        if not batch:
            tensors = {name: t[0] for name, t in tensors.items()}
        line = ["multihead"] + [str(a) for a in arguments] + ["--emit", ",".join(tensors)]
        self.cases.append({"about": about, "arguments": line, "document": document, "tolerance": tolerance,
                           "tensors": {name: numbers(t) for name, t in tensors.items()}})

    def write(self, name):
        with open(os.path.join(DATA, name), "w", encoding="utf-8") as file:
            file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in self.cases) + "\n]\n")
        print(name, len(self.cases), "cases")


def inputs(seed, *shape):
    """Numbers of two decimals that have nothing to do with the seed of the weights."""
    return torch.round(torch.randn(shape, generator=torch.Generator().manual_seed(10_000 + seed)) * 100).double() / 100


def split(x, count):
    return x.unflatten(-1, (count, -1)).transpose(-3, -2)


def merge(x):
    return x.transpose(-3, -2).flatten(-2)


def attend(q, k, v, causal=False, lengths=None):
    """Heads of queries, keys and values to their weights and the merged output, checked against PyTorch's own."""
    group = q.shape[-3] // k.shape[-3]
    k, v = k.repeat_interleave(group, -3), v.repeat_interleave(group, -3)
    mask = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool)
    if causal:
        mask = mask.tril()
    if lengths is not None:
        mask = mask & (torch.arange(k.shape[-2]) < torch.tensor(lengths)[:, None])[:, None, None, :]
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    weights = scores.masked_fill(~mask, -torch.inf).softmax(-1)
    output = weights @ v
    assert torch.allclose(output, F.scaled_dot_product_attention(q, k, v, attn_mask=mask), atol=1e-12)
    return scores, weights, merge(output)


# ---- textbook modules ------------------------------------------------------------------------------


class Linear:
    """nn.Linear, called in float64."""

    def __init__(self, d_in, d_out, bias):
        self.module = nn.Linear(d_in, d_out, bias=bias).double()

    def __call__(self, x):
        return self.module(x)


class Parameter:
    """x·W of a bare parameter (in, out)."""

    def __init__(self, weight):
        self.weight = torch.as_tensor(weight).double()

    def __call__(self, x):
        return x @ self.weight


def xavier(d_in, d_out):
    return nn.init.xavier_uniform_(torch.empty(d_out, d_in)).T


LAYERS = {
    "torch-linear": lambda i, o, bias: Linear(i, o, bias),
    "torch-rand": lambda i, o, bias: Parameter(torch.rand(i, o)),
    "torch-randn": lambda i, o, bias: Parameter(torch.randn(i, o)),
    "xavier": lambda i, o, bias: Parameter(xavier(i, o)),
    "numpy:torch-rand": lambda i, o, bias: Parameter(np.random.rand(i, o)),
    "numpy:torch-randn": lambda i, o, bias: Parameter(np.random.randn(i, o)),
}


class Textbook(nn.Module):
    """Multi-head attention as textbooks write it: W_q, W_k, W_v, heads, W_o."""

    def __init__(self, layer, widths, heads, kv_heads, d_out, bias, output):
        super().__init__()
        head = d_out // heads
        self.heads, self.kv_heads = heads, kv_heads
        self.q = layer(widths[0], d_out, bias)
        self.k = layer(widths[1], kv_heads * head, bias)
        self.v = layer(widths[2], kv_heads * head, bias)
        self.o = layer(d_out, d_out, True) if output else lambda x: x

    def forward(self, xq, xk, xv, turn=lambda q, k: (q, k), **mask):
        q, k = turn(split(self.q(xq), self.heads), split(self.k(xk), self.kv_heads))
        v = split(self.v(xv), self.kv_heads)
        scores, weights, concat = attend(q, k, v, **mask)
        return {"query": q, "key": k, "value": v, "scores": scores, "weights": weights, "concat": concat,
                "output": self.o(concat)}


def seed_all(seed):
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)


def some(tensors, names="weights,output"):
    return {name: tensors[name] for name in names.split(",")}


def textbook(cases, init, seed, shape, heads=1, kv_heads=None, d_out=None, bias=False, output=True, causal=False,
             lengths=None, cross=None, head_dim=False, names="weights,output", draw=False, own_seed=None):
    """One Textbook under the seed. `cross`: (keys, d_key, d_value); `draw`: inputs from the stream too."""
    numpy = init.startswith("numpy:")
    has_batch = len(shape) == 3
    d_out_given, d_out = d_out is not None, d_out or shape[-1]
    arguments, document = ["--init", init.split(":")[-1]], {}
    seed_all(seed)
    if draw:
        x = torch.as_tensor(np.random.randn(*shape)) if numpy else torch.randn(shape).double()
        arguments = ["--random", ",".join(map(str, shape))] + arguments
        document = None
    else:
        x = inputs(seed, *shape)
        document["embeddings"] = nested(x)
    xk = xv = x
    if cross:
        lead = shape[:-2]
        xk, xv = inputs(seed + 1, *lead, cross[0], cross[1]), inputs(seed + 2, *lead, cross[0], cross[2])
        document = {"query": nested(x), "key": nested(xk), "value": nested(xv)}
    if own_seed is not None:
        seed_all(own_seed)
        arguments += ["--init-seed", own_seed]
    arguments += ["--seed", seed]
    model = Textbook(LAYERS[init], (shape[-1], xk.shape[-1], xv.shape[-1]), heads, kv_heads or heads, d_out, bias, output)
    for flag, value, given in (("--heads", heads, heads > 1), ("--kv-heads", kv_heads, kv_heads),
                               ("--d-out", d_out, d_out_given and not head_dim),
                               ("--head-dim", d_out // heads, head_dim)):
        if given:
            arguments += [flag, value]
    arguments += ["--qkv-bias"] * bias + ["--no-output-projection"] * (not output) + ["--causal"] * causal
    arguments += ["--rng", "numpy"] * numpy
    if lengths:
        arguments += ["--key-lengths", ",".join(map(str, lengths))]
    add_axis = (lambda t: t) if has_batch else (lambda t: t[None])
    result = model(add_axis(x), add_axis(xk), add_axis(xv), causal=causal, lengths=lengths)
    cases.add(f"textbook {init}", arguments, some(result, names), document, batch=has_batch)


def stacked(cases, init, seed, shape, heads, d_out, bias=False, causal=False):
    """A list of single heads side by side."""
    x = inputs(seed, *shape)
    seed_all(seed)
    models = [Textbook(LAYERS[init], (shape[-1],) * 3, 1, 1, d_out // heads, bias, False) for _ in range(heads)]
    batched = x if x.dim() == 3 else x[None]
    results = [m(batched, batched, batched, causal=causal) for m in models]
    tensors = {"weights": torch.cat([r["weights"] for r in results], 1),
               "output": torch.cat([r["output"] for r in results], -1)}
    arguments = ["--init", init, "--stacked", "--seed", seed, "--heads", heads, "--d-out", d_out]
    arguments += ["--qkv-bias"] * bias + ["--causal"] * causal
    cases.add(f"stacked {init}", arguments, tensors, {"embeddings": nested(x)}, batch=x.dim() == 3)


# ---- nn.MultiheadAttention -------------------------------------------------------------------------


def mha(cases, seed, shape, heads, cross=None, bias_kv=False, zero=False, average=False, lengths=None, causal=False,
        trained=False, float_mask=False):
    """The real module. `trained`: parameters that no initialiser draws, given in the document."""
    width = shape[-1]
    x = inputs(seed, *shape)
    xk = xv = x
    document = {"embeddings": nested(x)}
    if cross:
        xk, xv = inputs(seed + 1, *shape[:-2], cross[0], cross[1]), inputs(seed + 2, *shape[:-2], cross[0], cross[2])
        document = {"query": nested(x), "key": nested(xk), "value": nested(xv)}
    seed_all(seed)
    module = nn.MultiheadAttention(width, heads, kdim=xk.shape[-1], vdim=xv.shape[-1], add_bias_kv=bias_kv,
                                   add_zero_attn=zero, batch_first=True)
    arguments = ["--heads", heads]
    if trained:
        with torch.no_grad():
            for i, parameter in enumerate(module.parameters()):
                parameter.copy_(inputs(seed + 50 + i, *parameter.shape) / 2)
        document["projections"] = {name: nested(p) for name, p in module.named_parameters()}
    else:
        arguments += ["--init", "torch-mha", "--seed", seed] + ["--add-bias-kv"] * bias_kv
    arguments += ["--add-zero-attn"] * zero + ["--average"] * average + ["--causal"] * causal
    options = {"average_attn_weights": average}
    if causal:
        options["attn_mask"] = torch.ones(shape[-2], xk.shape[-2], dtype=torch.bool).triu(1)
    if float_mask:
        options["attn_mask"] = inputs(seed + 9, shape[-2], xk.shape[-2])
        document["bias"] = nested(options["attn_mask"])
    if lengths:
        options["key_padding_mask"] = torch.arange(xk.shape[-2]) >= torch.tensor(lengths)[:, None]
        arguments += ["--key-lengths", ",".join(map(str, lengths))]
    output, weights = module.double()(x, xk, xv, **options)
    cases.add("nn.MultiheadAttention", arguments, {"weights": weights, "output": output}, document)


# ---- RoPE and norms --------------------------------------------------------------------------------


def rope_plain(x, theta, interleaved, dims, offset):
    """The paper's complex numbers, on the first `dims` columns."""
    part, rest = x[..., :dims], x[..., dims:]
    pairs = part.unflatten(-1, (-1, 2)) if interleaved else part.unflatten(-1, (2, -1)).transpose(-1, -2)
    angles = torch.outer(torch.arange(x.shape[-2]).double() + offset, theta ** -(torch.arange(0, dims, 2).double() / dims))
    turned = torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * torch.polar(torch.ones_like(angles), angles))
    return torch.cat([turned.flatten(-2) if interleaved else turned.transpose(-1, -2).flatten(-2), rest], -1)


def rope_transformers(x, theta, interleaved, offset):
    """The functions that Llama's and GPT-J's models call."""
    from transformers.models.gptj import modeling_gptj as gptj
    from transformers.models.llama import modeling_llama as llama

    dims, rows = x.shape[-1], x.shape[-2]
    if interleaved:
        sines, cosines = gptj.create_sinusoidal_positions(rows + offset, dims)[offset:].double().split(dims // 2, -1)
        turned = gptj.apply_rotary_pos_emb(x.transpose(1, 2), sines[None], cosines[None])
        return turned.transpose(1, 2)
    config = llama.LlamaConfig(hidden_size=dims, num_attention_heads=1, head_dim=dims,
                               rope_parameters={"rope_type": "default", "rope_theta": theta})
    cosines, sines = llama.LlamaRotaryEmbedding(config)(x, torch.arange(offset, rows + offset)[None])
    return llama.apply_rotary_pos_emb(x, x, cosines, sines)[0]


def norm_plain(x):
    return x / (x.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt()


def rotary(cases, seed, shape, heads, kv_heads, theta=10000, interleaved=False, dims=None, offset=0, norm=False,
           transformers=False, causal=False):
    x = inputs(seed, *shape)
    seed_all(seed)
    model = Textbook(LAYERS["torch-linear"], (shape[-1],) * 3, heads, kv_heads, shape[-1], False, True)
    head = shape[-1] // heads

    def turn(*sides):
        if norm:
            sides = [norm_plain(s) for s in sides]
        if transformers:
            return [rope_transformers(s, theta, interleaved, offset) for s in sides]
        return [rope_plain(s, theta, interleaved, dims or head, offset) for s in sides]

    result = model(x, x, x, turn=turn, causal=causal)
    arguments = ["--init", "torch-linear", "--seed", seed, "--heads", heads, "--kv-heads", kv_heads, "--rope",
                 f"{theta}{':interleaved' if interleaved else ''}"]
    arguments += ["--rope-dims", dims] if dims else []
    arguments += ["--rope-offset", offset] if offset else []
    arguments += ["--qk-norm"] * norm + ["--causal"] * causal
    cases.add("RoPE of " + ("transformers" if transformers else "plain torch"), arguments,
              some(result, "query,key,weights,output"), {"embeddings": nested(x)}, 1e-6 if transformers else 1e-8)


def whole_module(cases, seed, shape, heads, kv_heads, family, theta=10000.0):
    """A whole attention module of transformers: Llama, Qwen3 (norms by head) or OLMo 2 (norms over all heads)."""
    if family == "llama":
        from transformers.models.llama.modeling_llama import LlamaAttention as Attention
        from transformers.models.llama.modeling_llama import LlamaConfig as Config
        from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding as Rotary
    elif family == "qwen3":
        from transformers.models.qwen3.modeling_qwen3 import Qwen3Attention as Attention
        from transformers.models.qwen3.modeling_qwen3 import Qwen3Config as Config
        from transformers.models.qwen3.modeling_qwen3 import Qwen3RotaryEmbedding as Rotary
    else:
        from transformers.models.olmo2.modeling_olmo2 import Olmo2Attention as Attention
        from transformers.models.olmo2.modeling_olmo2 import Olmo2Config as Config
        from transformers.models.olmo2.modeling_olmo2 import Olmo2RotaryEmbedding as Rotary
    width = shape[-1]
    extra = {} if family == "olmo2" else {"head_dim": 6}
    config = Config(hidden_size=width, num_attention_heads=heads, num_key_value_heads=kv_heads, rms_norm_eps=1e-5,
                    rope_parameters={"rope_type": "default", "rope_theta": theta}, **extra)
    config._attn_implementation = "eager"
    module = Attention(config, 0)
    with torch.no_grad():
        for i, parameter in enumerate(module.parameters()):
            parameter.copy_(inputs(seed + 30 + i, *parameter.shape) / 2)
    module = module.double().eval()
    x = inputs(seed, *shape)
    mask = torch.zeros(shape[-2], shape[-2], dtype=torch.float64).masked_fill(
        torch.ones(shape[-2], shape[-2], dtype=torch.bool).triu(1), -torch.inf)[None, None]
    output, weights = module(x, position_embeddings=Rotary(config)(x, torch.arange(shape[-2])[None]), attention_mask=mask)
    rename = {"o_proj.weight": "out_proj.weight"}
    document = {"embeddings": nested(x), "num_heads": heads,
                "projections": {rename.get(name, name): nested(p) for name, p in module.named_parameters()}}
    arguments = ["--rope", f"{theta:g}", "--causal"] + ([] if family == "llama" else ["--qk-norm-epsilon", "1e-5"])
    cases.add(f"{Attention.__name__} of transformers", arguments, {"weights": weights, "output": output}, document,
              tolerance=1e-6)


def main():
    os.makedirs(DATA, exist_ok=True)
    drawn = Cases()
    for seed, init in enumerate(("torch-linear", "torch-rand", "torch-randn", "xavier", "numpy:torch-rand",
                                 "numpy:torch-randn")):
        textbook(drawn, init, seed, (4, 3), d_out=2, output=False, names="query,key,value,weights,output")
        textbook(drawn, init, 40 + seed, (2, 5, 8), heads=4, kv_heads=2, causal=True, names="weights,concat,output")
        textbook(drawn, init, 70 + seed, (3, 6), heads=2, draw=True, causal=True)
    for seed, heads, d_out in ((123, 2, 4), (42, 3, 12), (7, 6, 6)):
        textbook(drawn, "torch-linear", seed, (6, 6), heads=heads, d_out=d_out, bias=True)
        textbook(drawn, "torch-linear", seed, (2, 3, 4), heads=heads, d_out=d_out, head_dim=True, output=False)
        stacked(drawn, "torch-linear", seed, (6, 3), heads, d_out, causal=True)
    stacked(drawn, "torch-linear", 789, (2, 4, 5), 2, 6, bias=True)
    stacked(drawn, "torch-rand", 1, (5, 3), 2, 4)
    stacked(drawn, "torch-randn", 2, (5, 3), 3, 6)
    stacked(drawn, "xavier", 3, (5, 3), 2, 8)
    textbook(drawn, "torch-linear", 5, (2, 4, 8), heads=2, cross=(6, 5, 7), lengths=(6, 3))
    textbook(drawn, "torch-rand", 6, (3, 4), heads=4, kv_heads=1, cross=(5, 6, 3))
    textbook(drawn, "torch-linear", 8, (2, 6, 8), heads=4, kv_heads=2, bias=True, lengths=(2, 5))
    textbook(drawn, "torch-linear", 9, (4, 8), heads=2, draw=True, own_seed=123)
    textbook(drawn, "numpy:torch-randn", 10, (4, 8), heads=2, draw=True, own_seed=11)
    textbook(drawn, "torch-linear", 4294967296 + 42, (3, 64), heads=8, kv_heads=4)
    drawn.write("drawn.json")

    module = Cases()
    for trained in (False, True):
        base = 300 * trained
        mha(module, 0 + base, (2, 4, 6), 2, trained=trained)
        mha(module, 1 + base, (1, 5, 8), 4, causal=True, trained=trained)
        mha(module, 2 + base, (2, 3, 4), 2, cross=(5, 6, 3), trained=trained)
        mha(module, 3 + base, (2, 3, 4), 1, cross=(5, 4, 7), lengths=(4, 2), trained=trained)
        mha(module, 4 + base, (2, 4, 6), 3, bias_kv=True, trained=trained)
        mha(module, 5 + base, (2, 4, 6), 3, zero=True, lengths=(1, 3), trained=trained)
        mha(module, 6 + base, (2, 4, 6), 3, bias_kv=True, zero=True, causal=True, lengths=(4, 2), trained=trained)
        mha(module, 7 + base, (2, 4, 8), 4, average=True, trained=trained)
        mha(module, 8 + base, (1, 4, 8), 4, average=True, bias_kv=True, zero=True, float_mask=True, trained=trained)
        mha(module, 9 + base, (2, 3, 8), 2, cross=(4, 8, 8), bias_kv=True, trained=trained)
    module.write("torch_mha.json")

    rotated = Cases()
    for seed, interleaved in ((1, False), (2, True)):
        for plain in (True, False):
            rotary(rotated, seed, (2, 5, 16), 4, 2, interleaved=interleaved, transformers=not plain)
            rotary(rotated, seed + 10, (1, 4, 12), 2, 1, interleaved=interleaved, offset=3, causal=True, norm=True,
                   transformers=not plain)
        rotary(rotated, seed + 20, (1, 5, 16), 2, 2, theta=500000, interleaved=interleaved, dims=4)
        rotary(rotated, seed + 30, (1, 3, 8), 2, 2, theta=100, interleaved=interleaved, offset=2000000000)
    rotary(rotated, 3, (1, 6, 8), 1, 1, theta=1000000, transformers=True)
    for family in ("llama", "qwen3", "olmo2"):
        whole_module(rotated, 60, (2, 5, 16), 4, 2, family)
        whole_module(rotated, 80, (1, 4, 8), 2, 2, family, theta=500000.0)
    rotated.write("rope_and_norm.json")


if __name__ == "__main__":
    with torch.no_grad():
        main()
