#!/usr/bin/env python3
"""Makes tests/data/random/*.json: draws of the real PyTorch, NumPy and Intel MKL, for tests/random.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install torch==2.13.0 numpy==2.4.6 mkl==2026.2.0
    MKL_THREADING_LAYER=SEQUENTIAL /tmp/golden/bin/python tests/golden/make_random.py

PyTorch must run on a CPU with AVX2 (its other paths round normals differently). PyTorch 2.13 has no Bernoulli draws
from MKL any more, so those of `torch-mkl` are made as its older builds did: one word of PyTorch's engine seeds a
stream of MKL's, which is called itself.

Up to 32 values of a draw are written out; of longer ones the ends, and an FNV-1a hash of all bytes (little endian).
"""

import ctypes
import glob
import json
import os
import random
import sys

import numpy as np
import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "data", "random")
SIZES = (1, 3, 15, 16, 17, 31, 33, 100, 1000)
WHOLE, ENDS = 32, 8


def record(array, hashed=True):
    """An array as JSON: shape, and values or ends and hash. float32 as the shortest text that reads back."""
    array = np.ascontiguousarray(array)
    number = (lambda x: float(str(x))) if array.dtype == np.float32 else float
    flat = array.reshape(-1)
    out = {"shape": list(array.shape)}
    if flat.size <= WHOLE:
        return out | {"values": [number(x) for x in flat]}
    out |= {"head": [number(x) for x in flat[:ENDS]], "tail": [number(x) for x in flat[-ENDS:]]}
    if hashed:
        value = 0xCBF29CE484222325
        for byte in flat.tobytes():
            value = (value ^ byte) * 0x100000001B3 % 2**64
        out["fnv1a"] = f"{value:016x}"
    return out


def bits(mask):
    return "".join("1" if x else "0" for x in np.asarray(mask).reshape(-1))


# ---- Intel MKL ----------------------------------------------------------------------------------


class Mkl:
    BRNG_MCG31 = 0x00100000

    def __init__(self):
        self.lib = ctypes.CDLL(glob.glob(os.path.join(sys.prefix, "lib", "libmkl_rt.so*"))[0])

    def bernoulli(self, seed, n, p):
        stream, out = ctypes.c_void_p(), np.empty(n, np.int32)
        assert self.lib.vslNewStream(ctypes.byref(stream), self.BRNG_MCG31, ctypes.c_uint(seed)) == 0
        pointer = out.ctypes.data_as(ctypes.c_void_p)
        assert self.lib.viRngBernoulli(0, stream, ctypes.c_int(n), pointer, ctypes.c_double(p)) == 0
        assert self.lib.vslDeleteStream(ctypes.byref(stream)) == 0
        return out


def mkl_cases(mkl):
    """Plain draws, and first draws from seeds around the threshold, where rounding to float32 shows."""
    seeds = (0, 1, 123, 2**31 - 1, 2**31, 2**32 - 1, 3421126067)
    cases = [{"seed": s, "p": p, "kept": bits(mkl.bernoulli(s, 200, p))} for s in seeds for p in (0.5, 0.9, 0.3)]
    for p in (0.5, 0.1, 0.75, 1 / 3):
        centre = int(p * 2**31)
        for seed in range(centre - 96, centre + 96, 4):
            cases.append({"seed": seed, "p": p, "kept": bits(mkl.bernoulli(seed, 1, p))})
    return cases


# ---- sequences of draws -------------------------------------------------------------------------


class Torch:
    name = "torch"

    def seed(self, seed):
        torch.manual_seed(seed)

    def rand(self, n):
        return torch.rand(n).numpy()

    def randn(self, n):
        return torch.randn(n).numpy()

    def uniform(self, n, a, b):
        return torch.empty(n).uniform_(a, b).numpy()

    def normal(self, n, a, b):
        return torch.empty(n).normal_(a, b).numpy()

    def keep(self, n, p):
        return nn.functional.dropout(torch.ones(n), p).numpy() != 0


class TorchMkl(Torch):
    name = "torch-mkl"

    def __init__(self, mkl):
        self.mkl = mkl

    def keep(self, n, p):
        if p in (0, 1):
            return super().keep(n, p)
        return np.empty(0) if n == 0 else self.mkl.bernoulli(self.word(), n, 1 - p)

    @staticmethod
    def word():
        """The next word of the engine: the upper half of a 64-bit draw, of which only one word is then used up."""
        state = torch.get_rng_state()
        both = int(torch.empty(1, dtype=torch.int64).random_(-(2**63), None))
        torch.set_rng_state(state)
        torch.rand(1)
        return both >> 32 & 0xFFFFFFFF


class Numpy:
    name = "numpy"

    def seed(self, seed):
        np.random.seed(seed)

    def rand(self, n):
        return np.random.rand(n)

    def randn(self, n):
        return np.random.randn(n)

    def uniform(self, n, a, b):
        return np.random.uniform(a, b, n)

    def normal(self, n, a, b):
        return np.random.normal(a, b, n)

    def keep(self, n, p):
        return np.full(n, p == 0) if p in (0, 1) else np.random.rand(n) < 1 - p


# Where the second normal of a pair must wait, or must not be touched.
WAITING = [("randn", 1), ("rand", 3), ("randn", 16), ("randn", 1), ("randn", 3), ("keep", 5, 0.5), ("randn", 17),
           ("uniform", 4, -0.5, 0.25), ("randn", 1), ("randn", 15), ("normal", 3, 2.0, 0.5), ("normal", 33, -1.0, 3.0),
           ("keep", 7, 0.0), ("keep", 7, 1.0), ("keep", 0, 0.5), ("randn", 0), ("randn", 3)]


def mixed(choice, length=14):
    """A sequence of draws of all kinds and sizes, chosen by Python's own generator."""
    draws = []
    for _ in range(length):
        kind, n = choice.choice(("rand", "randn", "randn", "uniform", "normal", "keep")), choice.choice(SIZES)
        if kind in ("uniform", "normal"):
            a = round(choice.uniform(-1, 1), 3)
            draws.append((kind, n, a, round(a + choice.uniform(0.1, 2), 3) if kind == "uniform" else 0.37))
        elif kind == "keep":
            draws.append((kind, n, choice.choice((0.1, 0.5, 0.9, 0.25))))
        else:
            draws.append((kind, n))
    return draws


def sequence(library, seed, plan):
    library.seed(seed)
    draws = []
    for kind, n, *parameters in plan:
        drawn = getattr(library, kind)(n, *parameters)
        # NumPy's logarithm is the C library's: the last bit of a normal is not NumPy's to promise.
        hashed = not (library.name == "numpy" and kind in ("randn", "normal"))
        result = {"kept": bits(drawn)} if kind == "keep" else record(drawn, hashed)
        draws.append({"kind": kind, "n": n, "parameters": parameters} | result)
    return {"generator": library.name, "seed": seed, "draws": draws}


def sequences(mkl):
    cases = []
    for library in (Torch(), TorchMkl(mkl), Numpy()):
        choice = random.Random(library.name)
        seeds = [0, 1, 42, 123, 789, 2**31, 2**32 - 1] + ([2**32 + 5] if library.name != "numpy" else [])
        cases.append(sequence(library, 42, WAITING))
        cases += [sequence(library, seed, mixed(choice)) for seed in seeds]
    return cases


# ---- initialisers -------------------------------------------------------------------------------


def linear(name, layers):
    """Layers with the same input, side by side."""
    out = {f"{name}.weight": torch.cat([layer.weight for layer in layers])}
    if layers[0].bias is not None:
        out[f"{name}.bias"] = torch.cat([layer.bias for layer in layers])
    return out


def draw_torch_linear(s):
    width, kv = s["heads"] * s["head_dim"], s["kv_heads"] * s["head_dim"]
    passes = s["heads"] if s["stacked"] else 1
    layers = [[], [], []]
    for _ in range(passes):
        layers[0].append(nn.Linear(s["d_query"], width // passes, bias=s["qkv_bias"]))
        layers[1].append(nn.Linear(s["d_key"], kv // passes, bias=s["qkv_bias"]))
        layers[2].append(nn.Linear(s["d_value"], kv // passes, bias=s["qkv_bias"]))
    out = linear("q_proj", layers[0]) | linear("k_proj", layers[1]) | linear("v_proj", layers[2])
    if s["out_projection"] and not s["stacked"]:
        out |= linear("out_proj", [nn.Linear(width, s["d_out"])])
    return out


def draw_parameters(s, draw, join):
    width, kv = s["heads"] * s["head_dim"], s["kv_heads"] * s["head_dim"]
    passes = s["heads"] if s["stacked"] else 1
    parts = [[], [], []]
    for _ in range(passes):
        parts[0].append(draw(s["d_query"], width // passes))
        parts[1].append(draw(s["d_key"], kv // passes))
        parts[2].append(draw(s["d_value"], kv // passes))
    out = {name: join(part) for name, part in zip(("W_q", "W_k", "W_v"), parts)}
    if s["out_projection"] and not s["stacked"]:
        out["W_o"] = draw(width, s["d_out"])
    return out


def draw_xavier(s):
    def draw(i, o):
        return nn.init.xavier_uniform_(torch.empty(o, i))

    drawn = draw_parameters(s, draw, torch.cat)
    names = {"W_q": "q_proj", "W_k": "k_proj", "W_v": "v_proj", "W_o": "out_proj"}
    out = {}
    for name, weight in drawn.items():
        out |= {f"{names[name]}.weight": weight, f"{names[name]}.bias": torch.zeros(len(weight))}
    return out


def draw_torch_mha(s):
    width = s["d_query"]
    mha = nn.MultiheadAttention(width, s["heads"], kdim=s["d_key"], vdim=s["d_value"], add_bias_kv=s["add_bias_kv"])
    if mha.in_proj_weight is not None:
        weights = mha.in_proj_weight.chunk(3)
    else:
        weights = (mha.q_proj_weight, mha.k_proj_weight, mha.v_proj_weight)
    out = {}
    for name, weight, bias in zip(("q_proj", "k_proj", "v_proj"), weights, mha.in_proj_bias.chunk(3)):
        out |= {f"{name}.weight": weight, f"{name}.bias": bias}
    if s["out_projection"]:
        out |= {"out_proj.weight": mha.out_proj.weight, "out_proj.bias": mha.out_proj.bias}
    if s["add_bias_kv"]:
        out |= {"bias_k": mha.bias_k, "bias_v": mha.bias_v}
    return out


def initialisation(generator, name, seed, spec):
    np.random.seed(seed)
    torch.manual_seed(seed)
    drawn = {
        "torch-linear": draw_torch_linear,
        "torch-rand": lambda s: draw_parameters(s, torch.rand, lambda parts: torch.cat(parts, -1)),
        "torch-randn": lambda s: draw_parameters(s, torch.randn, lambda parts: torch.cat(parts, -1)),
        "torch-mha": draw_torch_mha,
        "xavier": draw_xavier,
        "numpy-rand": lambda s: draw_parameters(s, np.random.rand, np.hstack),
        "numpy-randn": lambda s: draw_parameters(s, np.random.randn, np.hstack),
    }[name.replace("torch", "numpy") if generator == "numpy" else name](spec)
    hashed = not (generator == "numpy" and name == "torch-randn")
    tensors = {k: record(v.detach().numpy() if torch.is_tensor(v) else v, hashed) for k, v in drawn.items()}
    after = record(np.random.rand(1) if generator == "numpy" else torch.rand(1).numpy())
    return {"generator": generator, "initialiser": name, "seed": seed, "spec": spec, "tensors": tensors, "after": after}


def spec(d, heads, head_dim, **changes):
    base = {"d_query": d, "d_key": d, "d_value": d, "heads": heads, "kv_heads": heads, "head_dim": head_dim,
            "d_out": heads * head_dim, "qkv_bias": False, "out_projection": True, "stacked": False,
            "add_bias_kv": False}
    return base | changes


def initialisations():
    shapes = [spec(3, 1, 2, out_projection=False), spec(3, 2, 1), spec(6, 2, 3, kv_heads=1),
              spec(5, 4, 4, d_key=7, d_value=2, kv_heads=2), spec(3, 2, 2, stacked=True),
              spec(16, 3, 5, stacked=True), spec(64, 4, 16)]
    cases = []

    def add(generator, name, seeds, specs):
        assert len(seeds) == len(specs)
        cases.extend(initialisation(generator, name, seed, s) for seed, s in zip(seeds, specs))

    for name in ("torch-linear", "torch-rand", "torch-randn", "xavier"):
        add("torch", name, (789, 123, 42, 0, 123, 7, 2**32 - 1), shapes)
    biased = [spec(3, 1, 2, qkv_bias=True), spec(6, 2, 3, kv_heads=1, qkv_bias=True),
              spec(4, 3, 2, stacked=True, qkv_bias=True)]
    add("torch", "torch-linear", (789, 1, 42), biased)
    mha = [spec(2, 1, 2), spec(6, 2, 3), spec(12, 4, 3, add_bias_kv=True), spec(16, 4, 4, add_bias_kv=True),
           spec(8, 2, 4, d_key=5), spec(8, 2, 4, d_key=3, d_value=9), spec(8, 4, 2, out_projection=False),
           spec(64, 8, 8)]
    add("torch", "torch-mha", (0, 42, 123, 7, 1, 2, 3, 99), mha)
    for name in ("torch-rand", "torch-randn"):
        add("numpy", name, (0, 42, 7, 123, 1, 5, 2**32 - 1), shapes)
    return cases


def write(name, cases):
    with open(os.path.join(DATA, name), "w", encoding="ascii") as file:
        file.write("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")


if __name__ == "__main__":
    assert torch.__version__.startswith("2.13.0") and torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")
    os.makedirs(DATA, exist_ok=True)
    intel = Mkl()
    write("mkl.json", mkl_cases(intel))
    write("sequences.json", sequences(intel))
    write("initialisers.json", initialisations())
