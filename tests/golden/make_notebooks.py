#!/usr/bin/env python3
"""Makes tests/data/multihead/notebooks.json: teaching code that draws in its own order, for tests/cli/notebooks_test.cpp.

    python3 tests/golden/make_notebooks.py

Each case has the attn command that gives the same numbers: those of `tensors`, to the last bit where `exact`.
"""

import json
import os

import numpy as np
import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
FILE = os.path.join(HERE, "..", "data", "multihead", "notebooks.json")


def number(x):
    return float(str(x)) if isinstance(x, np.float32) else float(x)


def listed(array):
    array = np.asarray(array.detach() if torch.is_tensor(array) else array)
    return number(array[()]) if array.ndim == 0 else [listed(part) for part in array]


def case(command, exact=False, **tensors):
    return {"command": command, "exact": exact, "tensors": {name: listed(t) for name, t in tensors.items()}}


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def attention(x, wq, wk, wv):
    """One head; PyTorch's and NumPy's tensors alike."""
    scores = (x @ wq) @ (x @ wk).T / wk.shape[1] ** 0.5
    weights = torch.softmax(scores, -1) if torch.is_tensor(x) else softmax(scores)
    return {"weights": weights[None], "output": weights @ (x @ wv)}


def module_first():
    torch.manual_seed(123)
    module = nn.MultiheadAttention(8, 2, batch_first=True)
    x = torch.randn(1, 4, 8)
    output, weights = module(x, x, x, average_attn_weights=False)
    return case("multihead --random 1,4,8 --init torch-mha --heads 2 --seed 123 --draw-order weights,inputs",
                weights=weights, output=output)


def linear_first():
    torch.manual_seed(3)
    layers = [nn.Linear(6, 4) for _ in range(3)]
    x = torch.randn(5, 6)
    q, k, v = (layer(x) for layer in layers)
    weights = torch.softmax(q @ k.T / 2, -1)
    return case("multihead --random 5,6 --init torch-linear --qkv-bias --d-out 4 --no-output-projection --seed 3 "
                "--draw-order weights,inputs", weights=weights[None], output=weights @ v)


def drawn_before():
    torch.manual_seed(7)
    torch.randn(5, 5)
    nn.Linear(4, 3)
    x = torch.randn(3, 4)
    wq, wk, wv = (torch.rand(4, 2) for _ in range(3))
    return case("multihead --random 3,4 --init torch-rand --d-out 2 --no-output-projection --seed 7 "
                "--seed-skip randn:25,15", **attention(x, wq, wk, wv))


def skipped_inputs():
    torch.manual_seed(7)
    torch.randn(5, 5)
    torch.rand(2)
    return case("compute --random 3,4 --self --seed 7 --seed-skip randn:25,2 --emit query", exact=True,
                query=torch.randn(3, 4))


def scaled_numpy():
    np.random.seed(0)
    x = np.random.randn(4, 8)
    return case("multihead --random 4,8 --rng numpy --seed 0 --init torch-randn --init-scale 0.1 "
                "--no-output-projection --dtype f64", **attention(x, *(np.random.randn(8, 8) * 0.1 for _ in range(3))))


def scaled_torch():
    torch.manual_seed(1)
    x = torch.randn(4, 8)
    return case("multihead --random 4,8 --seed 1 --init torch-randn --init-scale 0.1 --no-output-projection",
                **attention(x, *(torch.randn(8, 8) * 0.1 for _ in range(3))))


def default_rng():
    rng = np.random.default_rng(42)
    x = rng.standard_normal((5, 6))
    return case("multihead --random 5,6 --rng numpy-pcg64 --seed 42 --init torch-randn --no-output-projection "
                "--dtype f64", **attention(x, *(rng.standard_normal((6, 6)) for _ in range(3))))


def default_rng_operands():
    rng = np.random.default_rng(5)
    q, k, v = (rng.standard_normal((3, 4)) for _ in range(3))
    weights = softmax(q @ k.T / 2)
    return [case("compute --random 3,4 --rng numpy-pcg64 --seed 5 --dtype f64 --emit query,key,value", exact=True,
                 query=q, key=k, value=v),
            case("compute --random 3,4 --rng numpy-pcg64 --seed 5 --dtype f64", weights=weights, output=weights @ v)]


def embeddings():
    words = "the cat saw the dog".split()
    seen = {word: i for i, word in enumerate(dict.fromkeys(words))}
    in_order = {word: i for i, word in enumerate(sorted(set(words)))}
    text = "compute --text 'the cat saw the dog' --seed 123 --emit query"

    def looked_up(vocabulary, size, width):
        torch.manual_seed(123)
        return nn.Embedding(size, width)(torch.tensor([vocabulary[word] for word in words]))

    return [case(f"{text} --embed 16", exact=True, query=looked_up(seen, 4, 16)),
            case(f"{text} --embed 3 --embed-order sorted", exact=True, query=looked_up(in_order, 4, 3)),
            case(f"{text} --embed 50,3", exact=True, query=looked_up(seen, 50, 3))]


def embedding_and_weights():
    """The order of a notebook: vocabulary by sorted(), embedding, then the seed again for the weights."""
    words = "Life is short, eat dessert first".replace(",", "").split()
    vocabulary = {word: i for i, word in enumerate(sorted(words))}
    torch.manual_seed(123)
    x = nn.Embedding(6, 16)(torch.tensor([vocabulary[word] for word in words])).detach()
    torch.manual_seed(123)
    weights = [nn.Parameter(torch.rand(16, 24)) for _ in range(3)]
    return case("multihead --text 'Life is short eat dessert first' --embed 16 --embed-order sorted --seed 123 "
                "--init torch-rand --init-seed 123 --d-out 24 --no-output-projection", **attention(x, *weights))


def embedding_after_module():
    torch.manual_seed(11)
    wq, wk, wv = (torch.rand(6, 6) for _ in range(3))
    x = nn.Embedding(3, 6)(torch.tensor([0, 1, 2, 0]))
    return case("multihead --tokens 'a,b,c,a' --embed 6 --seed 11 --init torch-rand --no-output-projection "
                "--draw-order weights,inputs", **attention(x, wq, wk, wv))


if __name__ == "__main__":
    cases = [module_first(), linear_first(), drawn_before(), skipped_inputs(), scaled_numpy(), scaled_torch(),
             default_rng(), *default_rng_operands(), *embeddings(), embedding_and_weights(), embedding_after_module()]
    with open(FILE, "w", encoding="ascii") as file:
        file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
