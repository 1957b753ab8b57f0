"""Writes tests/data/render/rollout.json: attention rollout (Abnar and Zuidema 2020) of drawn weights, in float64.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6
    /tmp/golden/bin/python tests/golden/make_rollout.py

Written from the paper: heads fused, A = 0.5 W + 0.5 I, rows normalised, matrices multiplied from the first layer on.
The product of all layers at once (numpy.linalg.multi_dot) is the second way. Exact to the last digits of float64.
"""

import json
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent.parent / "data" / "render"


def rollout(weights, fuse):
    fused = fuse(weights, axis=2)  # (layers, batch, L, L)
    a = 0.5 * fused + 0.5 * np.eye(weights.shape[-1])
    a = a / a.sum(axis=-1, keepdims=True)
    joint = [a[0]]
    for layer in a[1:]:
        joint.append(layer @ joint[-1])
    for batch in range(weights.shape[1]):
        at_once = np.linalg.multi_dot([m[batch] for m in a[::-1]])
        assert np.allclose(at_once, joint[-1][batch], rtol=1e-14, atol=0)
    return np.stack(joint)


def main():
    scores = np.random.default_rng(12).normal(scale=2, size=(3, 2, 4, 5, 5)).round(3)
    weights = np.exp(scores)
    weights = (weights / weights.sum(axis=-1, keepdims=True)).round(6)
    cases = {name: rollout(weights, fuse).tolist() for name, fuse in
             {"mean": np.mean, "max": np.max, "min": np.min}.items()}
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / "rollout.json").write_text(json.dumps({"weights": weights.tolist(), **cases}) + "\n")


if __name__ == "__main__":
    main()
