"""Makes tests/data/models: small whole models of transformers' classes, and what runs of them gave, layer by layer.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install torch==2.13.0 transformers==5.24.0 pillow==13.0.0
    /tmp/golden/bin/python tests/golden/make_models.py [FOLDER...]

A row of model_families.py is a folder. No weights are stored: model_rule.py makes them of their names. The script
writes them into a checkpoint, as save_pretrained names them, loads that with from_pretrained, and runs it (eager
attention, float32). A folder has

    config.json         as save_pretrained writes it, without what changes no number; some in older spellings
    tensors.json        name -> {shape, center, spread}, the tensors of model.safetensors
    golden.safetensors  `ids` (B, L), or of a vision model the picture: image.png as `pixels` (B, 3, height, width),
                        with preprocessor_config.json;
                        `hidden` (layers + 1, B, L, width): what enters each layer (seen by hooks), then the last hidden
                        state, after the model's last norm; `hidden_last` where that has another width;
                        `weights` (layers, B, H, L, S).
                        With `batch.` before them, those of a right-padded batch with its `lengths`: rows past a length
                        say nothing. With `pair.`, of two sentences with their `types`. A decoder's have `decoder.`
                        before them, and its attention to the encoder is `cross.weights`. With `text.`, of the texts
                        of text.json. With `bf16.` or `f16.`, of weights rounded to that type: a float32 run
    text.json           {tokenizer, vocabulary, texts}: the model with a tokenizer of tests/data/tokenizers, and as many
                        rows of word embeddings as that has tokens

rule.json beside the folders says what one tensor must be, for the C++ side of the rule.
"""

import json
import pathlib
import re
import shutil
import sys
import tempfile

import numpy as np
import torch
from model_families import FAMILIES
from model_rule import fnv1a64, rule_of, tensor
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

data = pathlib.Path(__file__).parent.parent / "data"
folder = data / "models"
# Members of config.json that change no number of a run.
NOISE = re.compile(
    r"transformers_version|dtype|initializer|init_|use_cache|dropout|pdrop|layerdrop|summary_|classifier_|label|"
    r"problem_type|output_|router_aux|pretraining_tp|task_specific|forced_|sparse_pred|deterministic|decoder_bias|"
    r"encoder_stride|pooler_|_out_|out_features|out_indices|stage_names|reshape_hidden|apply_layernorm|drop_path|"
    r"^_sliding_window_pattern"
)


def first(args, kwargs):
    return args[0] if args else kwargs["hidden_states"]


class Recorder:
    """Keeps what enters each of the modules, in the order of their calls, and what leaves the last of them."""

    def __init__(self, modules):
        self.seen, self.after = [], None
        self.handles = [m.register_forward_pre_hook(self.before, with_kwargs=True) for m in modules]
        self.handles += [m.register_forward_hook(self.behind) for m in modules]

    def before(self, module, args, kwargs):
        self.seen.append(first(args, kwargs).clone())

    def behind(self, module, args, result):
        self.after = result[0] if isinstance(result, tuple) else result

    def states(self):
        for handle in self.handles:
            handle.remove()
        return self.seen, self.after


def layers_at(base, path):
    """`a.b` is a list of layers; `a.{}.b` of layers in each of a list."""
    if "{}" in path:
        outer, inner = path.split(".{}.")
        return [layer for part in base.get_submodule(outer) for layer in part.get_submodule(inner)]
    return list(base.get_submodule(path))


def stored(values):
    return np.stack([v.numpy() for v in values]).astype(np.float32)


def states_of(name, recorded, last, library):
    """`hidden`, and `hidden_last` if the last state has another width. Says where the library's own list differs."""
    seen, after = recorded
    odd = [i for i, (a, b) in enumerate(zip([*seen, last], library)) if not torch.equal(a, b)]
    if odd or len(library) != len(seen) + 1:
        print(f"  {name}: the library's hidden_states are {len(library)}, and other than what hooks saw at {odd}")
    if last.shape != after.shape:
        return {"hidden": stored([*seen, after]), "hidden_last": last.numpy()}
    return {"hidden": stored([*seen, last])}


def run(name, model, says, inputs, decoder_ids=None):
    """What one run gives, by the names of golden.safetensors."""
    base = model.base_model
    parts = [part for part in ("layers", "encoder", "decoder") if part in says]
    recorders = {part: Recorder(layers_at(base, says[part])) for part in parts}
    lasts = {}
    stacks = {part: base.get_submodule(part) if "decoder" in says else base for part in parts}
    handles = [
        stack.register_forward_hook(lambda m, a, out, part=part: lasts.update({part: out.last_hidden_state}))
        for part, stack in stacks.items()
    ]
    more = {} if decoder_ids is None else {"decoder_input_ids": decoder_ids}
    with torch.no_grad():
        out = base(**inputs, **more, output_attentions=True, output_hidden_states=True)
    for handle in handles:
        handle.remove()
    recorded = {part: recorder.states() for part, recorder in recorders.items()}
    if "decoder" not in says:
        (part,) = parts
        return states_of(name, recorded[part], lasts[part], out.hidden_states) | {"weights": stored(out.attentions)}
    result = states_of(name, recorded["encoder"], lasts["encoder"], out.encoder_hidden_states)
    decoder = states_of(name + " (decoder)", recorded["decoder"], lasts["decoder"], out.decoder_hidden_states)
    result["weights"] = stored(out.encoder_attentions)
    result |= {f"decoder.{k}": v for k, v in decoder.items()}
    result["decoder.ids"] = decoder_ids.numpy()
    result["decoder.weights"] = stored(out.decoder_attentions)
    result["cross.weights"] = stored(out.cross_attentions)
    return result


def draw_ids(seed, shape, pad):
    ids = np.random.default_rng(seed).integers(3, 64, shape)
    ids[..., 0] = 2
    assert pad is None or not (ids == pad).any()
    return torch.from_numpy(ids)


def text_runs(name, model, says):
    pad = getattr(model.config, "pad_token_id", None)
    ids = draw_ids(len(name), (1, 10), pad)
    if "pad_at" in says:
        ids[0, says["pad_at"]] = pad
    decoder = draw_ids(99, (1, 7), pad) if "decoder" in says else None
    golden = {"ids": ids.numpy()} | run(name, model, says, {"input_ids": ids}, decoder)
    if "batch" in says:
        lengths = torch.tensor(says["batch"])
        ids = draw_ids(7, (len(lengths), int(lengths.max())), pad)
        mask = (torch.arange(ids.shape[1])[None] < lengths[:, None]).long()
        ids[mask == 0] = 0 if pad is None else pad
        decoder = draw_ids(98, (len(lengths), 5), pad) if "decoder" in says else None
        result = run(name, model, says, {"input_ids": ids, "attention_mask": mask}, decoder)
        golden |= {f"batch.{k}": v for k, v in {"ids": ids.numpy(), "lengths": lengths.numpy(), **result}.items()}
    if "pair" in says:
        ids = draw_ids(8, (1, 9), pad)
        types = torch.tensor([[0] * 5 + [1] * 4])
        result = run(name, model, says, {"input_ids": ids, "token_type_ids": types})
        golden |= {f"pair.{k}": v for k, v in {"ids": ids.numpy(), "types": types.numpy(), **result}.items()}
    return golden


def text_run(name, path, model_class, says, to):
    """A run of the checkpoint at `path` on a text, with the vocabulary of the text's tokenizer."""
    kind, *texts = says["text"]
    tokenizer = Tokenizer.from_file(str(data / "tokenizers" / kind / "tokenizer.json"))
    config, rules = (json.loads((to / file).read_text()) for file in ("config.json", "tensors.json"))
    vocabulary = tokenizer.get_vocab_size()
    for rule in rules.values():
        if rule["shape"][:1] == [config["vocab_size"]]:
            rule["shape"][0] = vocabulary
    (path / "config.json").write_text(json.dumps(config | {"vocab_size": vocabulary}))
    save_as_drawn(path, rules)
    encoded = tokenizer.encode(*texts)
    inputs = {"input_ids": torch.tensor([encoded.ids])}
    if len(texts) > 1:
        inputs["token_type_ids"] = torch.tensor([encoded.type_ids])
    result = run(name, load(model_class, path), says, inputs)
    settings = {"tokenizer": kind, "vocabulary": vocabulary, "texts": texts}
    (to / "text.json").write_text(json.dumps(settings, indent=1, ensure_ascii=False) + "\n")
    return {f"text.{k}": v for k, v in {"ids": inputs["input_ids"].numpy(), **result}.items()}


def rounded_run(name, path, model_class, says, ids):
    """A run in float32 of the checkpoint at `path`, whose weights are rounded to a narrower type."""
    kind = says["rounded"]
    narrow = {"bf16": torch.bfloat16, "f16": torch.float16}[kind]
    tensors = {k: torch.from_numpy(v).to(narrow).float() for k, v in load_file(path / "model.safetensors").items()}
    save_file({k: v.numpy() for k, v in tensors.items()}, path / "model.safetensors", metadata={"format": "pt"})
    result = run(name, load(model_class, path), says, {"input_ids": torch.from_numpy(ids)})
    return {f"{kind}.{k}": v for k, v in {"ids": ids, **result}.items()}


def image_runs(name, model, says, to):
    height, width = says["image"]
    picture = np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(picture).save(to / "image.png")
    settings = dict(do_resize=False, do_center_crop=False, do_rescale=True, rescale_factor=1 / 255, do_normalize=True,
                    image_mean=[0.5, 0.4, 0.3], image_std=[0.5, 0.25, 0.2])  # fmt: skip
    (to / "preprocessor_config.json").write_text(json.dumps(settings, indent=1) + "\n")
    pixels = (picture * settings["rescale_factor"] - settings["image_mean"]) / settings["image_std"]
    pixels = torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32))
    return {"pixels": pixels.numpy()} | run(name, model, says, {"pixel_values": pixels})


def save_as_drawn(path, rules):
    save_file({k: tensor(k, rule) for k, rule in rules.items()}, path / "model.safetensors", metadata={"format": "pt"})


def load(model_class, path):
    model, loading = model_class.from_pretrained(path, attn_implementation="eager", output_loading_info=True)
    assert not any(loading.values()), (path, loading)
    assert all(p.dtype == torch.float32 for p in model.parameters())
    return model.eval()


def stored_config(text, says):
    config = {k: v for k, v in json.loads(text).items() if not NOISE.search(k)}
    for member, value in says.get("config", {}).items():
        config.pop(member, None)
        if value is not None:
            config[member] = value
    return json.dumps(config, indent=1) + "\n"


def make(name, model_class, settings, says):
    to = folder / name
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    model = model_class._from_config(model_class.config_class(**settings), attn_implementation="eager")
    with tempfile.TemporaryDirectory() as temporary:
        path = pathlib.Path(temporary)
        model.save_pretrained(path)
        with safe_open(path / "model.safetensors", "np") as file:
            shapes = {k: file.get_slice(k).get_shape() for k in file.keys()}
        if "older" in says:
            shapes = {re.sub(*says["older"], k): shape for k, shape in shapes.items()}
        for k, shape in says.get("extra", {}).items():
            shapes |= {k.format(i): shape for i in range(model.config.num_hidden_layers)}
        rules = {k: rule_of(k, shape, says) for k, shape in shapes.items()}
        save_as_drawn(path, rules)
        (path / "config.json").write_text(stored_config((path / "config.json").read_text(), says))
        shutil.copy(path / "config.json", to / "config.json")
        lines = [f' "{k}": {json.dumps(rule)}' for k, rule in rules.items()]
        (to / "tensors.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
        model = load(model_class, path)
        golden = image_runs(name, model, says, to) if "image" in says else text_runs(name, model, says)
        if "rounded" in says:
            golden |= rounded_run(name, path, model_class, says, golden["ids"])
        if "text" in says:
            golden |= text_run(name, path, model_class, says, to)
    save_file({k: np.ascontiguousarray(v) for k, v in golden.items()}, to / "golden.safetensors")
    (to / "golden.safetensors").chmod(0o644)
    describe(name, golden, sum(p.stat().st_size for p in to.iterdir()))


def describe(name, golden, size):
    """One line: sizes of states and how uneven the attention is, to see that a model is neither dead nor wild."""
    sizes = [f"{np.sqrt((h**2).mean()):.3g}" for h in golden["hidden"]]
    peaks = [f"{w.max(-1).mean():.2f}" for w in golden["weights"]]
    assert all(np.isfinite(v).all() for v in golden.values()), name
    print(f"{name}: {size} bytes; rms of states {' '.join(sizes)}; mean greatest weight {' '.join(peaks)}")
    assert size < 60000, name


def make_rule():
    """One tensor of a model, for the C++ side: hashes of its float32 numbers, exact and rounded to narrower types."""
    family, name = "distilbert", "transformer.layer.1.ffn.lin1.weight"
    rule = json.loads((folder / family / "tensors.json").read_text())[name]
    values = torch.from_numpy(tensor(name, rule))
    hashes = {
        kind: f"{fnv1a64(values.to(dtype).float().numpy().tobytes()):016x}"
        for kind, dtype in (("f32", torch.float32), ("bf16", torch.bfloat16), ("f16", torch.float16))
    }
    says = {"family": family, "name": name, "first": values.ravel()[:3].tolist(), "fnv1a64": hashes}
    (folder / "rule.json").write_text(json.dumps(says, indent=1) + "\n")


if __name__ == "__main__":
    for one in sys.argv[1:] or list(FAMILIES):
        make(one, *FAMILIES[one])
    make_rule()
