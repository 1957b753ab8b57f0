"""Writes tests/data/attention/dropout.json: attention with dropout on its weights, as PyTorch gives it from a seed.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install torch==2.13.0
    /tmp/golden/bin/python tests/golden/make_dropout.py

Operands and results are in float64; float32 weights are dropped in the same places, which is asserted.
"""

import json
from pathlib import Path

import torch

DATA = Path(__file__).parent.parent / "data" / "attention"

# (B, H, L, S, d, d_v), probability, seed, causal
CASES = [((1, 1, 6, 6, 2, 2), 0.5, 123, False), ((1, 1, 6, 6, 2, 2), 0.1, 123, True), ((2, 3, 3, 5, 4, 2), 0.25, 7, False),
         ((1, 2, 40, 9, 3, 1), 0.9, 2**32 + 42, False), ((1, 1, 1, 33, 2, 2), 0.4, 0, False), ((1, 1, 2, 3, 2, 2), 1.0, 5, False)]


def rounded(tensor, digits):
    return [round(x, digits) for x in tensor.flatten().tolist()]


def golden(shape, p, seed, causal):
    batch, heads, queries, keys, depth, value_depth = shape
    torch.manual_seed(1000)
    # Few digits: the file holds the numbers that torch saw.
    draw = lambda *of: (torch.randn(*of, dtype=torch.float64) * 8).round() / 8
    q, k, v = draw(batch, heads, queries, depth), draw(batch, heads, keys, depth), draw(batch, heads, keys, value_depth)
    scores = q @ k.mT / depth**0.5
    if causal:
        scores = scores.masked_fill(~torch.ones(queries, keys, dtype=torch.bool).tril(), -torch.inf)
    weights = torch.softmax(scores, -1)
    torch.manual_seed(seed)
    dropped = torch.nn.functional.dropout(weights, p)
    torch.manual_seed(seed)
    assert ((torch.nn.functional.dropout(weights.float(), p) == 0) == (dropped == 0)).all()
    return {"shape": shape, "p": p, "seed": seed, "causal": causal,
            "query": rounded(q, 3), "key": rounded(k, 3), "value": rounded(v, 3),
            "dropped": rounded(dropped, 15), "output": rounded(dropped @ v, 15)}


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    with open(DATA / "dropout.json", "w", newline="\n") as out:
        rows = ",\n".join(json.dumps(golden(*case), separators=(",", ":")) for case in CASES)
        out.write(f'{{"torch":"{torch.__version__.split("+")[0]}","cases":[\n{rows}\n]}}\n')


main()
