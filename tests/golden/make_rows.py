"""Makes tests/data/rows: structure that differs from row to row of a batch, by plain predicates, NumPy and transformers.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install torch==2.13.0 transformers==5.24.0
    /tmp/golden/bin/python tests/golden/make_rows.py

masks.json      [{arguments, mask}]: what `attn mask` is given, and the matrix of each batch item as rows of 0 and 1,
                made by a predicate of (b, q, k) as PyTorch's FlexAttention takes them
attention.json  [{document, arguments, output}]: softmax(QK^T/sqrt(d) + mask)V in NumPy, float64, with the same
                predicates; a query that may attend nothing gives zeros
models.json     [{family, ids, starts, positions, hidden_last, weights}]: the models of tests/data/models on left-padded
                ids in transformers (eager attention, float32); rows before a start say nothing. `weights` are those of
                the last layer. With `decoder_ids`, the decoder's state and its attention to the encoder. Where positions are from-start, position_ids were given as `generate` makes them
"""

import json
import pathlib
import tempfile

import numpy as np
import torch
from make_models import load, save_as_drawn
from model_families import FAMILIES

data = pathlib.Path(__file__).parent.parent / "data"
folder = data / "rows"
folder.mkdir(exist_ok=True)


def matrices(predicate, batch, queries, keys):
    return [[[int(bool(predicate(b, q, k))) for k in range(keys)] for q in range(queries)] for b in range(batch)]


def documents_of(lengths):
    return [d for d, n in enumerate(lengths) for _ in range(n)]


starts, lengths, prefixes = [0, 3, 5], [8, 7, 6], [1, 3, 2]
rows = [[0, 0, 0, 1, 1, 1, 2, 2], [4, 4, 4, 4, 4, 9, 9, 9], [1, 2, 1, 2, 1, 2, 1, 2]]
padded = "--key-starts 0,3,5"
query_documents, key_documents = documents_of([2, 3, 0, 3]), documents_of([4, 1, 2, 1])


def last_seen(q):
    """The last key of the query's document that it sees if the document's last query sees its last key."""
    d = query_documents[q]
    last_query = max(i for i, e in enumerate(query_documents) if e == d)
    last_key = max(k for k, e in enumerate(key_documents) if e == d)
    return last_key - (last_query - q)


# Expression, flags, batch, predicate; 8 queries and 8 keys.
MASKS = [
    ("causal", padded, 3, lambda b, q, k: q >= k >= starts[b]),
    ("all", padded + " --key-lengths 8,7,6", 3, lambda b, q, k: starts[b] <= k < lengths[b]),
    ("causal & window:2,0", padded, 3, lambda b, q, k: q >= k >= starts[b] and q - k <= 2),
    ("block:3 & causal", padded + " --positions from-start", 3,
     lambda b, q, k: q >= k >= starts[b] and (q - starts[b]) // 3 == (k - starts[b]) // 3),
    ("block:3:from-start & causal", padded, 3,
     lambda b, q, k: q >= k >= starts[b] and (q - starts[b]) // 3 == (k - starts[b]) // 3),
    ("block:3 & causal", padded + " --positions from-zero", 3,
     lambda b, q, k: q >= k >= starts[b] and q // 3 == k // 3),
    ("causal & (sink:2 | window:1,0)", padded + " --positions from-start", 3,
     lambda b, q, k: q >= k >= starts[b] and (k - starts[b] < 2 or q - k <= 1)),
    ("global:0,2 | window:1,1", padded + " --positions from-start", 3,
     lambda b, q, k: k >= starts[b] and (q - starts[b] in (0, 2) or k - starts[b] in (0, 2) or abs(q - k) <= 1)),
    ("grid:2x4,1", padded + " --positions from-start", 3,
     lambda b, q, k: k >= starts[b] and q >= starts[b] and abs((q - starts[b]) // 4 - (k - starts[b]) // 4) <= 1
     and abs((q - starts[b]) % 4 - (k - starts[b]) % 4) <= 1),
    ("causal | prefix:1,3,2", padded + " --positions from-start", 3,
     lambda b, q, k: k >= starts[b] and (k <= q or k - starts[b] < prefixes[b])),
    ("causal | prefix", "--prefix-lengths 1,3,2", 3, lambda b, q, k: k <= q or k < prefixes[b]),
    ("causal | prefix:2", "", 1, lambda b, q, k: k <= q or k < 2),
    ("padding:0,3,5:left & causal", "--key-lengths 8,8,8", 3, lambda b, q, k: q >= k >= starts[b]),
    ("padding:8,7,6", "--key-lengths 8,8,8", 3, lambda b, q, k: k < lengths[b]),
    ("!padding:3:left", "", 1, lambda b, q, k: k < 3),
    ("segments & causal", "--input segments.json", 3, lambda b, q, k: q >= k and rows[b][q] == rows[b][k]),
    ("documents:2,3,0,3/4,1,2,1", "", 1, lambda b, q, k: query_documents[q] == key_documents[k]),
    ("documents:2,3,0,3/4,1,2,1:causal", "", 1,
     lambda b, q, k: query_documents[q] == key_documents[k] and k <= last_seen(q)),
    ("documents:3,5:causal", "", 1, lambda b, q, k: k <= q and (q < 3) == (k < 3)),
]


def make_masks():
    cases = []
    for expression, flags, batch, predicate in MASKS:
        mask = matrices(predicate, batch, 8, 8)
        sizes = "" if "--input" in flags else "--queries 8 "
        cases.append({"arguments": [expression, *(sizes + flags).split()],
                      "mask": [[" ".join(map(str, row)) for row in matrix] for matrix in mask]})
    return {"segments": rows, "cases": cases}


def softmax_rows(scores):
    shown = np.isfinite(scores)
    peak = np.where(shown.any(-1, keepdims=True), scores.max(-1, keepdims=True), 0)
    weights = np.where(shown, np.exp(scores - peak), 0)
    return weights / np.maximum(weights.sum(-1, keepdims=True), 1e-300)


def attend(query, key, value, mask):
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1])
    return softmax_rows(np.where(mask, scores, -np.inf)) @ value


def make_attention():
    random = np.random.default_rng(3)
    draw = lambda *shape: random.standard_normal(shape).round(3)  # noqa: E731
    cases = []

    def add(members, arguments, mask, past=None):
        query, key, value = (np.array(members[name]) for name in ("query", "key", "value"))
        if past is not None:
            key, value = np.concatenate([past[0], key], -2), np.concatenate([past[1], value], -2)
            members |= {"past_key": past[0].tolist(), "past_value": past[1].tolist()}
        output = attend(query, key, value, np.array(mask))
        cases.append({"document": {k: np.array(v).tolist() for k, v in members.items()} | extra,
                      "arguments": arguments.split(";"), "output": output.round(9).tolist()})

    for expression, flags, batch, predicate in MASKS:
        if "--input" in flags:
            continue
        members = {name: draw(batch, 8, 2) for name in ("query", "key", "value")}
        extra = {}
        for flag, member in (("--key-starts", "key_starts"), ("--key-lengths", "key_lengths"),
                             ("--prefix-lengths", "prefix_lengths")):
            if flag in flags:
                extra[member] = [int(n) for n in flags.split(flag + " ")[1].split()[0].split(",")]
        if "--positions" in flags:
            extra["positions"] = flags.split("--positions ")[1].split()[0]
        add(members, f"--mask;{expression}", matrices(predicate, batch, 8, 8))
    extra = {"segments": rows}
    add({name: draw(3, 8, 2) for name in ("query", "key", "value")}, "--mask;segments & causal",
        matrices(lambda b, q, k: q >= k and rows[b][q] == rows[b][k], 3, 8, 8))
    # Left-padded rows after a cache: two new tokens after six cached keys, of which the first are padding.
    extra = {"key_starts": starts}
    add({name: draw(3, 2, 2) for name in ("query", "key", "value")}, "--causal",
        matrices(lambda b, q, k: q + 6 >= k >= starts[b], 3, 2, 8), (draw(3, 6, 2), draw(3, 6, 2)))
    # A mask of the new keys alone.
    of_new = [[1, 0, 1], [0, 1, 1], [0, 0, 0]]
    extra = {"mask": of_new}
    add({name: draw(2, 3, 2) for name in ("query", "key", "value")}, "--mask-of;new",
        matrices(lambda b, q, k: k < 4 or of_new[q][k - 4], 2, 3, 7), (draw(2, 4, 2), draw(2, 4, 2)))
    return cases


# Family, starts, positions that are given.
MODELS = [("gpt2", [0, 3], "from-start"), ("gpt2", [2, 0], "from-zero"), ("opt", [0, 3], "from-zero"),
          ("llama", [0, 3], "from-start"), ("gemma3", [4, 0], "from-start"), ("bert", [0, 3], "from-zero"),
          ("bert", [2, 1], "from-start"), ("t5-encoder", [0, 3], "from-zero"), ("phi3", [3, 1], "from-start"),
          ("t5", [3, 0], "from-zero"), ("bart", [0, 2], "from-zero")]


def make_models():
    cases = []
    for family, at, positions in MODELS:
        model_class, _, _ = FAMILIES[family]
        source = data / "models" / family
        with tempfile.TemporaryDirectory() as temporary:
            path = pathlib.Path(temporary)
            (path / "config.json").write_text((source / "config.json").read_text())
            save_as_drawn(path, json.loads((source / "tensors.json").read_text()))
            model = load(model_class, path)
        ids = torch.from_numpy(np.random.default_rng(11).integers(3, 60, (len(at), 7)))
        mask = (torch.arange(7)[None] >= torch.tensor(at)[:, None]).long()
        inputs = {"input_ids": ids, "attention_mask": mask}
        if positions == "from-start":
            inputs["position_ids"] = (mask.cumsum(-1) - 1).masked_fill(mask == 0, 0)
        more = {}
        if model.config.is_encoder_decoder and family != "t5-encoder":
            more["decoder_ids"] = np.random.default_rng(12).integers(3, 60, (len(at), 4)).tolist()
            inputs["decoder_input_ids"] = torch.tensor(more["decoder_ids"])
        with torch.no_grad():
            out = model.base_model(**inputs, output_attentions=True, output_hidden_states=bool(more))
        weights = out.cross_attentions if more else out.attentions
        last = out.decoder_hidden_states[-1] if more else out.last_hidden_state
        cases.append({"family": family, "ids": ids.tolist(), **more, "starts": at, "positions": positions,
                      "hidden_last": np.round(last.numpy().astype(float), 6).tolist(),
                      "weights": np.round(weights[-1].numpy().astype(float), 6).tolist()})
    return cases


if __name__ == "__main__":
    for name, content in (("masks", make_masks()), ("attention", make_attention()), ("models", make_models())):
        text = json.dumps(content, separators=(",", ":"))
        (folder / f"{name}.json").write_text(text.replace('},{"', '},\n{"') + "\n")
        print(name, len(text))
