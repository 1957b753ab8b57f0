"""Makes tests/golden/model_types.md: what attn says of one layer's attention, for every model type of transformers.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install torch==2.13.0 transformers==5.24.0
    /tmp/golden/bin/python tests/golden/make_types.py build/release/attn [TYPE...]

Each type is built small (a config of its class, cut down by type_configs.py), filled by model_rule.py, run on
random ids, pixels or features (eager attention, float32), and saved. Hooks keep what enters and leaves its attention
modules. attn then computes the same layers of the saved checkpoint. With types named, it prints lines and writes no
page; `--results FILE` keeps what was found, and the page is of all that is kept there; `--arch NAME` goes to attn.

Of each type that agrees it stores tests/data/types/TYPE.json for tests/cli/types_test.cpp: members of config.json, the
rules of the layers' tensors, and the weights that the model's attention gave of inputs that are drawn by the same rule.
"""

import collections
import inspect
import json
import math
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import traceback
import warnings

import numpy as np
import torch
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_MAPPING, MODEL_MAPPING_NAMES
from model_rule import tensor
from safetensors.torch import load_file, save_file
from type_configs import NORMED, VARIANTS, WRITTEN, inputs_of, rewrite_config, small_config

page = pathlib.Path(__file__).parent / "model_types.md"
BOUND = 1e-5
MOST_PARAMETERS = 20_000_000
SECONDS = 150
MEMORY = 6 << 30
MOST_LAYERS = 4
COMPUTED = re.compile(
    r"inv_freq|embed_positions|running_|rotary|positional_encoding|e_score|logit_scale|A_log|dt_bias|num_batches"
)
goldens = pathlib.Path(__file__).parent.parent / "data" / "types"
MOST_GOLDEN_LAYERS = 3
CROSS = re.compile(r"cross|encoder_attn|EncDec|encdec")
PART = re.compile(r"qformer|vision|visual|image|audio|speech")
# Members of config.json that change no number of attention.
NOISE = re.compile(
    r"transformers_version|dtype|initializer|init_|use_cache|dropout|pdrop|layerdrop|summary_|classifier_|label|"
    r"problem_type|output_|router_|pretraining_tp|task_specific|forced_|sparse_pred|deterministic|token_id|conv|"
    r"mask_time|mask_feature|ctc_|tdnn|xvector|codevector|adapter|diversity|feat_|mamba_|expert|moe_|architectures|"
    r"chunk_size_feed|tie_|_std|patch|image_size|vocab|loss|aux"
)

Seen = collections.namedtuple("Seen", "path kind input keys weights output before")
Verdict = collections.namedtuple("Verdict", "type says words")


def rule_for(name, shape):
    """How a tensor is drawn: attention is uneven, and no two norms, biases or embeddings are alike."""
    is_norm = re.search(r"norm|\.ln_|ln_\d|layer_?scale", name, re.I) is not None
    if len(shape) < 2 or is_norm:
        center, spread = (1 if is_norm and name.endswith("weight") else 0), 0.4
    elif re.search(r"embed|wte|wpe|relative_attention_bias|tokens?$", name):
        center, spread = 0, 1.5
    else:
        center, spread = 0, 2.2 / math.prod(shape[1:]) ** 0.5
    return {"shape": list(shape), "center": center, "spread": max(1, round(spread * 256)) / 256}


def draw(folder):
    """Fills the floating-point tensors of a saved model by model_rule.py, but for those that its class computes."""
    rules = {}
    for file in folder.glob("*.safetensors"):
        tensors = load_file(file)
        for name, value in tensors.items():
            if value.is_floating_point() and not COMPUTED.search(name):
                rules[name] = rule_for(name, value.shape)
                tensors[name] = torch.from_numpy(tensor(name, rules[name]))
        save_file(tensors, file, metadata={"format": "pt"})
    return rules


def tensors_in(values):
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from tensors_in(value)


class Recorder:
    """What enters and leaves every module whose class is an attention."""

    def __init__(self, model):
        self.seen, self.open, self.around = [], [], []
        for path, module in model.named_modules():
            if re.search(r"Attention|Attn", type(module).__name__):
                # What its own norm makes of it is not attention's output.
                own_norm = "residual" in inspect.signature(module.forward).parameters or any(
                    re.search("norm", n, re.I) and "_norm" not in n.lower() for n, _ in module.named_children()
                )
                module.register_forward_pre_hook(self.before(path), with_kwargs=True)
                module.register_forward_hook(self.after(path, type(module).__name__, own_norm))
            elif re.search(r"Layer|Block", type(module).__name__) and not re.search("Norm$|MLP", type(module).__name__):
                module.register_forward_pre_hook(self.enter(path), with_kwargs=True)
                module.register_forward_hook(lambda *_: self.around.pop() and None)

    def enter(self, path):
        def hook(module, args, kwargs):
            first = [t for t in (*args, *kwargs.values()) if isinstance(t, torch.Tensor)]
            self.around.append((path, first[0].detach().clone() if first else None))

        return hook

    def before(self, path):
        def hook(module, args, kwargs):
            first = [t for t in (*args, *kwargs.values()) if isinstance(t, torch.Tensor)]
            if "hidden_states" in kwargs:
                first = [kwargs["hidden_states"], *first]
            keys = [kwargs[k] for k in ("key_value_states", "encoder_hidden_states", "cross_attention_states") if
                    isinstance(kwargs.get(k), torch.Tensor)]  # fmt: skip
            self.open.append([t.detach().clone() for t in (first[:1] + keys)])

        return hook

    def after(self, path, kind, own_norm):
        def hook(module, args, result):
            entered = self.open.pop()
            given = list(tensors_in(result if isinstance(result, (tuple, list)) else [result]))
            weights = [t for t in given if t.ndim == 4 and entered and t.shape[-2] == entered[0].shape[-2]]
            output = None if own_norm else next((t for t in given if t.ndim in (2, 3)), None)
            before = next((x for at, x in reversed(self.around) if path.startswith(at + ".")), None)
            if entered and entered[0].ndim in (2, 3):
                self.seen.append(Seen(path, kind, entered[0], entered[1] if len(entered) > 1 else None,
                                      weights[-1] if weights else None, output, before))  # fmt: skip

        return hook


def run_attn(attn, arguments):
    done = subprocess.run([attn, "multihead", *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


def parts_of(path):
    return set(re.split(r"[._]", path)) - {"model", "self", "attn", "attention", ""}


def group_for(seen, groups, layer):
    """The prefix of the group whose path has most in common with the module's."""
    able = [g for g in groups if any(l["layer"] == layer for l in g["layers"])]

    def kind(path):
        return re.sub("visual|image", "vision", next(iter(PART.findall(path)), ""))

    able = [g for g in able if kind(g["attention"]) == kind(seen.path)]
    if not able and groups:
        return ["--prefix", re.split(r"\.\d+", seen.path)[0]]
    if len(groups) < 2:
        return []
    def likeness(group):
        a, b = parts_of(seen.path), parts_of(group["attention"])
        return len(a & b) - len(a ^ b) / 100
    return ["--prefix", max(able, key=likeness)["attention"]]


def distance(found, expected):
    if found is None or expected is None:
        return None
    found, expected = np.squeeze(found), np.squeeze(expected.detach().float().numpy())
    if found.shape != expected.shape:
        return float("inf")
    if not np.isfinite(expected).all():
        return float("inf")
    return float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))


def check_module(attn, seen, outer, folder, groups, more):
    """('agrees' | 'wrong' | 'error', words) of attn's run of the layer."""
    numbers = re.findall(r"(?:^|\.)(\d+)(?=\.|$)", seen.path)
    arguments = ["--weights", str(folder), *more]
    if numbers:
        arguments += ["--layer", numbers[0], *group_for(seen, groups, int(numbers[0]))]
    np.save(folder / "x.npy", seen.input.detach().float().numpy())
    if seen.keys is not None or CROSS.search(seen.path + seen.kind):
        keys = seen.keys if seen.keys is not None else seen.input
        np.save(folder / "keys.npy", keys.detach().float().numpy())
        arguments += ["--cross", "--query", str(folder / "x.npy"), "--key", str(folder / "keys.npy"), "--value",
                      str(folder / "keys.npy")]  # fmt: skip
    else:
        if "--prefix" not in arguments and "decoder" in parts_of(seen.path) and len(groups) > 1:
            arguments += ["--prefix", "decoder"]
        arguments += [str(folder / "x.npy")]
    code, words = run_attn(attn, [*arguments, "--emit", "weights,concat,output", "-o", str(folder / "out.npz")])
    if code != 0:
        return "error", words.strip().replace(str(folder) + "/", "")
    out = np.load(folder / "out.npz")
    weights = distance(out["weights"], seen.weights)
    candidates = [s.output for s in [seen, *outer] if s.output is not None]
    output = min((distance(out[k], c) for c in candidates for k in ("output", "concat") if k in out), default=None)
    of = f"{seen.path} ({seen.kind})"
    bad = [f"{n} {d:.2g}" for n, d in (("weights", weights), ("output", output)) if d is not None and d > BOUND]
    if weights is None and output is None:
        return "error", "nothing to compare"
    if not bad and "--cross" not in arguments and seen.before is not None and seen.before.shape == seen.input.shape:
        np.save(folder / "x.npy", seen.before.float().numpy())
        code, _ = run_attn(attn, [*arguments, "--norm", "-o", str(folder / "out.npz")])
        if code == 0:
            out = np.load(folder / "out.npz")
            off = distance(out["weights"], seen.weights)
            if off is not None and off > BOUND:
                bad.append(f"with its norm {off:.2g}")
    return ("wrong", f"{of}: {', '.join(bad)}; {words.strip()}") if bad else ("agrees", words.strip())


def run_model(model, config):
    """The first of the likely inputs that the model takes; its attentions."""
    problems = []
    for inputs in inputs_of(model, config):
        recorder = Recorder(model)
        if "use_cache" in inspect.signature(model.forward).parameters:
            inputs = inputs | {"use_cache": False}
        try:
            with torch.no_grad():
                model(**inputs)
        except Exception as problem:  # whatever a model does with an input it does not like
            problems.append(f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}"[:150])
            if recorder.seen:
                return recorder.seen, problems
            continue
        if recorder.seen:
            return recorder.seen, problems
    return [], problems


class Replacer:
    """Gives attention modules, or the layers that they are in, inputs that are drawn by the modules' paths, and keeps
    what the modules make of them."""

    def __init__(self, model, paths, in_layers=False):
        self.seen, self.hooks = {}, []
        for path in paths:
            module = model.get_submodule(path)
            entered = model.get_submodule(re.match(r".*?\.\d+(?=\.)", path)[0]) if in_layers else module
            self.hooks.append(entered.register_forward_pre_hook(self.before(path), with_kwargs=True))
            self.hooks.append(module.register_forward_hook(self.after(path)))

    def remove(self):
        for hook in self.hooks:
            hook.remove()

    def before(self, path):
        def hook(module, args, kwargs):
            one = {}

            def drawn(name, like):
                made = tensor(f"{path}.{name}", {"shape": list(like.shape[-2:]), "center": 0, "spread": 1.5})
                one[name] = list(like.shape[-2:])
                return torch.from_numpy(made).expand(like.shape).clone()

            for name in ("key_value_states", "encoder_hidden_states"):
                if isinstance(kwargs.get(name), torch.Tensor):
                    kwargs[name] = drawn("keys", kwargs[name])
            if isinstance(kwargs.get("hidden_states"), torch.Tensor):
                kwargs["hidden_states"] = drawn("x", kwargs["hidden_states"])
            else:
                at = next((i for i, a in enumerate(args) if isinstance(a, torch.Tensor)), None)
                if at is None:
                    return None
                args = (*args[:at], drawn("x", args[at]), *args[at + 1 :])
            self.seen.setdefault(path, one)
            return args, kwargs

        return hook

    def after(self, path):
        def hook(module, args, result):
            given = list(tensors_in(result if isinstance(result, (tuple, list)) else [result]))
            weights = [t for t in given if t.ndim == 4]
            if weights and path in self.seen:
                self.seen[path].setdefault("weights", weights[-1][0].detach().numpy())

        return hook


def layer_arguments(path, groups, keys):
    """What attn is asked for the layer of a module."""
    numbers = re.findall(r"(?:^|\.)(\d+)(?=\.|$)", path)
    arguments = ["--layer", numbers[0]] if numbers else []
    seen = Seen(path, "", None, None, None, None, None)
    prefix = group_for(seen, groups, int(numbers[0])) if numbers else []
    if not prefix and len(groups) > 1 and "decoder" in parts_of(path):
        prefix = ["--prefix", "decoder"]
    return arguments + ([] if keys else prefix) + (["--cross"] if keys else [])


def store_golden(kind, model, folder, rules, groups, paths, attn):
    """tests/data/types/TYPE.json: the weights of a few layers that differ in what attn says of them."""
    chosen, said = [], set()
    listed = {(g["attention"], l["layer"]): l.get("applied") for g in groups for l in g["layers"]}
    for path in paths:
        numbers = re.findall(r"(?:^|\.)(\d+)(?=\.|$)", path)
        like = re.sub(r"\d+", "N", path), *[v for k, v in listed.items() if numbers and k[1] == int(numbers[0])]
        # CTRL's have three inputs.
        if like not in said and "v" not in inspect.signature(model.get_submodule(path).forward).parameters:
            said.add(like)
            chosen.append(path)
    runs = []
    for in_layers in [False] + [True] * (kind in NORMED):
        replacer = Replacer(model, chosen[:MOST_GOLDEN_LAYERS], in_layers)
        run_model(model, model.config)
        replacer.remove()
        runs += [(path, one, in_layers) for path, one in replacer.seen.items()]
    layers, names = [], set()
    for path, one, in_layers in runs:
        if "weights" not in one or len(one["x"]) != 2:
            continue
        arguments = layer_arguments(path, groups, one.get("keys"))
        plan = run_list(attn, folder, arguments)
        if plan is None:
            continue
        names |= {t["name"] for t in plan["tensors"]}
        arguments = arguments + ["--norm"] * in_layers
        heads, length = sorted({0, len(one["weights"]) - 1}), one["weights"].shape[1]
        rows = list(range(length)) if length <= 12 else [0, 1, length - 1]
        layers.append({"arguments": arguments, "draws": path, **{k: one[k] for k in ("x", "keys") if k in one},
                       "heads": heads, "rows": rows,
                       "weights": [[float(f"{v:.7g}") for v in one["weights"][h][rows].ravel()] for h in heads]})  # fmt: skip
    if not layers:
        return
    config = json.loads((folder / "config.json").read_text())

    def without(part):
        return {k: without(v) if isinstance(v, dict) else v for k, v in part.items() if not NOISE.search(k)}

    kept = {n: r for n, r in rules.items() if n in names}
    goldens.mkdir(exist_ok=True)
    text = json.dumps({"config": without(config), "tensors": kept, "layers": layers}, separators=(",", ":"))
    (goldens / f"{kind}.json").write_text(text.replace('"layers":[{"arg', '\n"layers":[{"arg') + "\n")


def run_list(attn, folder, arguments):
    """What --list says of a layer, its tensors among it. Attention to an encoder is not listed apart."""
    wanted = [a for a in arguments if a != "--cross"]
    done = subprocess.run([attn, "multihead", "--weights", str(folder), "--list", *wanted, "-f", "json"],
                          capture_output=True, text=True)  # fmt: skip
    layers = [l for g in json.loads(done.stdout)["groups"] for l in g["layers"]] if done.returncode == 0 else []
    if "--cross" in arguments:
        layers = [l for l in layers if "cross" in l]
        return {"tensors": layers[0]["cross"]["tensors"]} if layers else None
    return layers[0] if layers and "tensors" in layers[0] else None


def verdict_of(attn, kind, more):
    config_class = CONFIG_MAPPING[kind.split("+")[0]]
    model_class = MODEL_MAPPING[config_class]
    if isinstance(model_class, tuple):
        model_class = model_class[0]
    config = small_config(kind, config_class)
    with torch.device("meta"):
        count = sum(p.numel() for p in model_class._from_config(config, attn_implementation="eager").parameters())
    if count > MOST_PARAMETERS:
        return "not built", f"{count} parameters"
    model = model_class._from_config(config, attn_implementation="eager").float()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        model.save_pretrained(folder)
        rules = draw(folder)
        rewrite_config(kind, folder / "config.json")
        listed = subprocess.run([attn, "multihead", "--weights", str(folder), "--list", *more, "-f", "json"],
                                capture_output=True, text=True)  # fmt: skip
        groups = json.loads(listed.stdout)["groups"] if listed.returncode == 0 else []
        if not groups:
            return "error", listed.stderr.strip().replace(str(folder) + "/", "") or "no layer that attn recognises"
        # What the files say is what the library makes of them.
        model = model_class.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
        seen, problems = run_model(model, model.config)
        if not seen:
            return "not run", "; ".join(problems) or "no attention module"
        found, done = {}, set()
        # Inner modules come before those around them.
        for i, one in enumerate(seen):
            if any(p != one.path and p.startswith(one.path + ".") for p in done) or one.path in done:
                continue
            numbers = re.findall(r"\.(\d+)", "." + one.path)
            if numbers and int(numbers[0]) >= MOST_LAYERS:
                continue
            # Of several attentions side by side, the one that the tensors' names are of.
            beside, name = one.path.rpartition(".")[::2]
            names = {s.path.rpartition(".")[2] for s in seen if s.path.rpartition(".")[0] == beside}
            tails = {g["attention"].rstrip(".").rpartition(".")[2] for g in groups}
            if names & tails and name not in tails and not CROSS.search(one.path + one.kind):
                found.setdefault("error", []).append((one.path, "attn lists no such layers"))
                continue
            done.add(one.path)
            outer = [s for s in seen[i + 1 :] if one.path.startswith(s.path + ".")]
            says, words = check_module(attn, one, outer, folder, groups, more)
            found.setdefault(says, []).append((one.path, words))
        if "agrees" in found and "wrong" not in found and not more:
            store_golden(kind, model, folder, rules, groups, [path for path, _ in found["agrees"]], attn)
    if "wrong" in found:
        return "WRONG", found["wrong"][0][1] + f" ({len(found['wrong'])} wrong, {len(found.get('agrees', []))} agree)"
    if "agrees" in found:
        words = f"{len(found['agrees'])} layers"
        if "error" in found:
            words += f"; {len(found['error'])} others: {found['error'][0][0]}: {found['error'][0][1]}"
        return "agrees", words
    return "error", found["error"][0][1]


def in_child(attn, kind, more):
    """A model that takes too much memory or time ends its child alone."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY * 4, MEMORY * 4))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            says, words = verdict_of(attn, kind, more)
        except BaseException as problem:
            says, words = "not built", f"{type(problem).__name__}: {problem}"
            if os.environ.get("TRACE"):
                traceback.print_exc(file=sys.stdout)
                sys.stdout.flush()
        os.write(write, json.dumps([says, words[:600]]).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    says, words = json.loads(text) if text else ("not built", "it took too long or too much memory")
    return Verdict(kind, says, " ".join(words.split()))


HEAD = """# Model types

What `attn multihead --weights` says of one layer of each model type of transformers {version}: made by
[make_types.py](make_types.py), which says how. `agrees`: the weights and the output of all attention layers that were
run are the model's, to 1e-5. `refused`: attn gives an error and no number. There is no third.

{agree} types agree, {refused} are refused, and {other} more could not be built or run small. `TYPE+NAME` is a type once
more, with other members in its config.json (type_configs.py). A type that is not in the table has not been run.

| Type | attn | Words |
|---|---|---|
"""


def write_page(results):
    order = sorted(results)
    count = collections.Counter(results[k][0] for k in order)
    text = HEAD.format(version=transformers.__version__, agree=count["agrees"], refused=count["error"],
                       other=len(order) - count["agrees"] - count["error"])  # fmt: skip
    names = {"error": "refused"}
    for kind in order:
        says, words = results[kind]
        words = re.sub(r"attn: error: ", "", words).replace("|", "\\|")
        words = re.sub(r"/[^ '\"]*/(?:site-packages|tmp\w+)/", "", words)  # where this machine has its folders
        text += f"| `{kind}` | {names.get(says, says)} | {words[:220]} |\n"
    page.write_text(text)


def main():
    arguments = sys.argv[1:]
    more, kept = [], None
    for flag in ("--arch", "--results"):
        if flag in arguments:
            at = arguments.index(flag)
            if flag == "--arch":
                more = arguments[at : at + 2]
            else:
                kept = pathlib.Path(arguments[at + 1])
            del arguments[at : at + 2]
    attn, *types = arguments
    attn = str(pathlib.Path(attn).resolve())
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    results = json.loads(kept.read_text()) if kept and kept.exists() else {}
    for kind in types or sorted([*MODEL_MAPPING_NAMES, *VARIANTS, *WRITTEN]):
        verdict = in_child(attn, kind, more)
        print(*verdict, sep=" | ", flush=True)
        results[kind] = [verdict.says, verdict.words]
        if kept:
            kept.write_text(json.dumps(results))
    if kept or not types:
        write_page(results)


if __name__ == "__main__":
    main()
