"""Makes tests/data/checkpoints: small checkpoints of real model classes, and what their attention layers give.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install torch==2.13.0 transformers==5.24.0
    /tmp/golden/bin/python tests/golden/make_checkpoints.py

Each folder has model.safetensors (the attention's tensors and its input norm, under the names that save_pretrained
writes), config.json and expected.safetensors. The latter holds of each layer N what a run of the whole model passed by:
`N.input` enters the layer, `N.normed` enters the projections, `N.weights` and `N.output` are the attention's.
"""

import json
import pathlib
import re
import shutil
import tempfile

import numpy as np
import torch
import transformers as hf
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import load_file, save_file

folder = pathlib.Path(__file__).parent.parent / "data" / "checkpoints"
shutil.rmtree(folder, ignore_errors=True)
LENGTH = 10
WANTED = re.compile(
    r"attention\.self|attention\.output\.dense|attention\.(attention|output)\.|attention\.(q|k|v|out)_lin|\.attn\.|ln_1|"
    r"self_attn|(^|\.)input_layernorm|pre_feedforward|layernorm_before|SelfAttention|layer\.0\.layer_norm|"
    r"attention\.(query_key_value|dense)|attention\.[qkvo]_proj"
)


def randomise(model, seed):
    """Weights that make attention uneven; norms stay near 1."""
    torch.manual_seed(seed)
    for name, p in model.named_parameters():
        spread = 0.2 if p.ndim < 2 else 0.35
        p.data = torch.randn_like(p) * spread + (1.0 if "norm" in name.lower() and "weight" in name else 0.0)
        if "ln_" in name and "weight" in name:
            p.data += 1
    return model.eval()


def first(args, kwargs):
    return args[0] if args else kwargs["hidden_states"]


def record(expected, number, layer, attention, output=None):
    """Keeps what passes by: `attention` gives (output, ..., weights), or `output` is the module with the output."""

    def keep(name, value):
        expected[f"{number}.{name}"] = value.detach()[0].float().contiguous().clone()

    layer.register_forward_pre_hook(lambda m, a, k: keep("input", first(a, k)), with_kwargs=True)
    attention.register_forward_pre_hook(lambda m, a, k: keep("normed", first(a, k)), with_kwargs=True)

    def after(module, args, result):
        keep("weights", result[-1])
        if output is None:
            keep("output", result[0])

    attention.register_forward_hook(after)
    if output is not None:
        output.register_forward_hook(lambda m, a, r: keep("output", r))


def store(name, model, layers, run, dtype=torch.float32, more=None):
    """`layers` gives (number, layer, attention, output module or None); `more` is expected too."""
    if dtype != torch.float32:
        for p in model.parameters():
            p.data = p.data.to(dtype).float()
    expected = dict(more or {})
    for number, *modules in layers:
        record(expected, number, *modules)
    with torch.no_grad():
        run(model)
    to = folder / name
    to.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        model.save_pretrained(temporary)
        tensors = load_file(pathlib.Path(temporary) / "model.safetensors")
        shutil.copy(pathlib.Path(temporary) / "config.json", to / "config.json")
    tensors = {k: v.to(dtype).contiguous() for k, v in tensors.items() if WANTED.search(k)}
    save_file(tensors, to / "model.safetensors", metadata={"format": "pt"})
    save_numpy({k: v.numpy() for k, v in expected.items()}, to / "expected.safetensors")
    print(name, sorted(tensors)[:12], sep="\n  ")


def embeddings(seed=7, length=LENGTH):
    torch.manual_seed(seed)
    return torch.randn(1, length, 16)


def with_embeddings(model):
    model(inputs_embeds=embeddings(), output_attentions=True)


COMMON = dict(vocab_size=8, hidden_size=16, intermediate_size=8, num_hidden_layers=2, attn_implementation="eager")


def decoder(name, config, model_class, seed, path="model", dtype=torch.float32, run=with_embeddings):
    model = randomise(model_class._from_config(config, attn_implementation="eager"), seed)
    layers = model
    for part in path.split(".") if path else []:
        layers = getattr(layers, part)
    store(name, model, [(i, l, l.self_attn) for i, l in enumerate(layers.layers)], run, dtype)


def bert(name, config, model_class, path, seed):
    model = randomise(model_class._from_config(config, attn_implementation="eager"), seed)
    layers = getattr(model, path).encoder.layer if path else model.encoder.layer
    store(
        name, model, [(i, l, l.attention.self, l.attention.output.dense) for i, l in enumerate(layers)], with_embeddings
    )


small = {k: v for k, v in COMMON.items() if k != "attn_implementation"}
bert("bert", hf.BertConfig(**small, num_attention_heads=4), hf.BertModel, "", 1)
bert("roberta", hf.RobertaConfig(**small, num_attention_heads=2, pad_token_id=1), hf.RobertaForMaskedLM, "roberta", 2)

distil = randomise(
    hf.DistilBertForMaskedLM._from_config(
        hf.DistilBertConfig(vocab_size=8, dim=16, hidden_dim=8, n_layers=2, n_heads=4), attn_implementation="eager"
    ),
    3,
)
store(
    "distilbert",
    distil,
    [(i, l, l.attention, l.attention.out_lin) for i, l in enumerate(distil.distilbert.transformer.layer)],
    with_embeddings,
)

for name, model_class, more in [
    ("gpt2", hf.GPT2LMHeadModel, {}),
    ("gpt2-inverse-layer", hf.GPT2Model, dict(scale_attn_by_inverse_layer_idx=True)),
]:
    model = randomise(
        model_class._from_config(
            hf.GPT2Config(vocab_size=8, n_embd=16, n_layer=2, n_head=4, n_positions=32, **more),
            attn_implementation="eager",
        ),
        4,
    )
    blocks = model.transformer.h if hasattr(model, "transformer") else model.h
    store(name, model, [(i, l, l.attn) for i, l in enumerate(blocks)], with_embeddings)

# RoPE that wavelengths of a few tokens make visible.
theta = {"rope_type": "default", "rope_theta": 100.0}
heads = dict(num_attention_heads=4, num_key_value_heads=2)
decoder(
    "llama",
    hf.LlamaConfig(**small, **heads, rms_norm_eps=1e-3, rope_parameters=dict(theta), max_position_embeddings=64),
    hf.LlamaForCausalLM,
    5,
)
for name, rope in [
    ("llama-linear", dict(rope_type="linear", factor=2.0)),
    (
        "llama-llama3",
        dict(
            rope_type="llama3",
            factor=8.0,
            low_freq_factor=1.0,
            high_freq_factor=4.0,
            original_max_position_embeddings=64,
        ),
    ),
    (
        "llama-yarn",
        dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=4.0, beta_slow=1.0),
    ),
    ("llama-dynamic", dict(rope_type="dynamic", factor=3.0)),
]:
    positions = 6 if "dynamic" in name else 64
    decoder(
        name,
        hf.LlamaConfig(
            **{**small, "num_hidden_layers": 1},
            **heads,
            head_dim=8,
            rope_parameters={**theta, **rope},
            max_position_embeddings=positions,
        ),
        hf.LlamaModel,
        6,
        path="",
    )
decoder(
    "mistral",
    hf.MistralConfig(**small, **heads, head_dim=8, sliding_window=4, rope_parameters=dict(theta)),
    hf.MistralModel,
    7,
    path="",
    dtype=torch.bfloat16,
)
decoder(
    "qwen2",
    hf.Qwen2Config(
        **small,
        **heads,
        use_sliding_window=True,
        sliding_window=3,
        max_window_layers=1,
        rope_parameters=dict(theta),
    ),
    hf.Qwen2ForCausalLM,
    8,
    dtype=torch.float16,
)
decoder(
    "qwen3",
    hf.Qwen3Config(**small, **heads, head_dim=8, rope_parameters=dict(theta)),
    hf.Qwen3ForCausalLM,
    9,
)
# Positions of an image of 2 × 3 patches between texts, on axes of time, rows and columns.
positions = torch.tensor([[0, 1, 2, 2, 2, 2, 2, 2, 5, 6], [0, 1, 2, 2, 2, 3, 3, 3, 5, 6], [0, 1, 2, 3, 4, 2, 3, 4, 5, 6]])
for name, config, model_class, sections in [
    ("qwen2-vl", hf.Qwen2VLTextConfig, hf.Qwen2VLTextModel, [1, 2, 1]),
    ("qwen3-vl", hf.Qwen3VLTextConfig, hf.Qwen3VLTextModel, [2, 1, 1]),
]:
    model = randomise(
        model_class._from_config(
            config(**small, **heads, head_dim=8, rope_parameters={**theta, "mrope_section": sections})
            if name == "qwen3-vl"
            else config(
                **{**small, "hidden_size": 32}, **heads, rope_parameters={**theta, "mrope_section": sections}
            ),
            attn_implementation="eager",
        ),
        30,
    )
    torch.manual_seed(31)
    x = torch.randn(1, LENGTH, model.config.hidden_size)
    store(
        name,
        model,
        [(i, l, l.self_attn) for i, l in enumerate(model.layers)],
        lambda m: m(inputs_embeds=x, position_ids=positions[:, None], output_attentions=True),
        more={"position_ids": positions.float()},
    )
decoder("gemma", hf.GemmaConfig(**small, **heads, head_dim=8, pad_token_id=0), hf.GemmaForCausalLM, 10)
decoder(
    "gemma2",
    hf.Gemma2Config(
        **small,
        **heads,
        head_dim=8,
        query_pre_attn_scalar=4,
        attn_logit_softcapping=2.0,
        sliding_window=4,
        pad_token_id=0,
    ),
    hf.Gemma2ForCausalLM,
    11,
)
decoder(
    "gemma3",
    hf.Gemma3TextConfig(
        **small,
        **heads,
        head_dim=8,
        query_pre_attn_scalar=16,
        sliding_window=4,
        layer_types=["sliding_attention", "full_attention"],
        rope_parameters={
            "full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
        },
        pad_token_id=0,
    ),
    hf.Gemma3ForCausalLM,
    12,
)
decoder(
    "gpt-oss",
    hf.GptOssConfig(
        **small,
        **heads,
        head_dim=8,
        sliding_window=3,
        num_local_experts=2,
        num_experts_per_tok=1,
        rope_parameters=dict(
            rope_type="yarn",
            rope_theta=100.0,
            factor=4.0,
            beta_fast=4.0,
            beta_slow=1.0,
            truncate=False,
            original_max_position_embeddings=16,
        ),
        max_position_embeddings=64,
    ),
    hf.GptOssForCausalLM,
    13,
)
decoder(
    "phi3",
    hf.Phi3Config(
        **small,
        **heads,
        sliding_window=5,
        rope_parameters={**theta, "partial_rotary_factor": 0.5},
        pad_token_id=0,
    ),
    hf.Phi3ForCausalLM,
    14,
)
for name, original in [("phi3-longrope-short", 32), ("phi3-longrope-long", 8)]:
    decoder(
        name,
        hf.Phi3Config(
            **{**small, "num_hidden_layers": 1},
            **heads,
            rope_parameters={
                **theta,
                "rope_type": "longrope",
                "short_factor": [1.0, 1.5],
                "long_factor": [2.0, 4.0],
                "original_max_position_embeddings": original,
            },
            original_max_position_embeddings=original,
            max_position_embeddings=64,
            pad_token_id=0,
        ),
        hf.Phi3Model,
        15,
        path="",
    )

neox = randomise(
    hf.GPTNeoXForCausalLM._from_config(
        hf.GPTNeoXConfig(
            **small,
            num_attention_heads=2,
            max_position_embeddings=64,
            rope_parameters={**theta, "partial_rotary_factor": 0.5},
        ),
        attn_implementation="eager",
    ),
    16,
)
store("gpt-neox", neox, [(i, l, l.attention) for i, l in enumerate(neox.gpt_neox.layers)], with_embeddings)

vit = randomise(
    hf.ViTForImageClassification._from_config(
        hf.ViTConfig(
            hidden_size=16,
            intermediate_size=8,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=12,
            patch_size=4,
            num_channels=1,
        ),
        attn_implementation="eager",
    ),
    17,
)
torch.manual_seed(18)
image = torch.randn(1, 1, 12, 12)
store(
    "vit",
    vit,
    [(i, l, l.attention) for i, l in enumerate(vit.vit.layers)],
    lambda m: m(pixel_values=image, output_attentions=True),
)

t5 = randomise(
    hf.T5ForConditionalGeneration._from_config(
        hf.T5Config(
            vocab_size=8,
            d_model=16,
            d_kv=8,
            d_ff=8,
            num_layers=2,
            num_decoder_layers=2,
            num_heads=4,
            relative_attention_num_buckets=8,
            relative_attention_max_distance=12,
            decoder_start_token_id=0,
        ),
        attn_implementation="eager",
    ),
    19,
)
sides = [("encoder", t5.encoder), ("decoder", t5.decoder)]
store(
    "t5",
    t5,
    [(f"{s}.{i}", b.layer[0], b.layer[0].SelfAttention) for s, side in sides for i, b in enumerate(side.block)],
    lambda m: m(inputs_embeds=embeddings(), decoder_inputs_embeds=embeddings(8), output_attentions=True),
)

# torch.nn.MultiheadAttention: inside an encoder's layers, and on its own with other widths of keys and values.
torch.manual_seed(20)
encoder = torch.nn.TransformerEncoder(
    torch.nn.TransformerEncoderLayer(16, 4, 8, batch_first=True), 2, enable_nested_tensor=False
)
own = torch.nn.MultiheadAttention(16, 4, kdim=12, vdim=8, batch_first=True)
encoder.eval(), own.eval()
for p in [*encoder.parameters(), *own.parameters()]:
    p.data = torch.randn_like(p) * 0.35
x, key, value = embeddings(), torch.randn(1, 7, 12), torch.randn(1, 7, 8)
expected = {"1.normed": x[0]}
with torch.no_grad():
    output, weights = encoder.layers[1].self_attn(x, x, x, average_attn_weights=False)
    expected |= {"1.output": output[0], "1.weights": weights[0]}
    output, weights = own(x, key, value, average_attn_weights=False)
    cross = {"query": x[0], "key": key[0], "value": value[0], "output": output[0], "weights": weights[0]}
for name, state, values in [("torch", encoder.state_dict(), expected), ("torch-cross", own.state_dict(), cross)]:
    (folder / name).mkdir()
    state = {k: v for k, v in state.items() if "linear" not in k and "norm" not in k}
    save_file(state, folder / name / "model.safetensors")
    save_numpy({k: v.contiguous().numpy() for k, v in values.items()}, folder / name / "expected.safetensors")

# The buckets of T5's relative positions, from the model's own function: distances -200 ... 200.
bucket = type(t5.encoder.block[0].layer[0].SelfAttention)._relative_position_bucket
buckets = []
for bidirectional in [True, False]:
    for count, farthest in [(32, 128), (8, 12), (16, 100), (64, 256), (7, 20)]:
        rows = bucket(torch.arange(-200, 201), bidirectional, count, farthest)
        buckets.append(
            {"bidirectional": bidirectional, "buckets": count, "max_distance": farthest, "of": rows.tolist()}
        )
(folder / "t5_buckets.json").write_text(json.dumps(buckets, separators=(",", ":")) + "\n")

# The llama in two shards with an index, and as NPZ.
tensors = load_file(folder / "llama" / "model.safetensors")
sharded = folder / "llama-sharded"
sharded.mkdir()
shutil.copy(folder / "llama" / "config.json", sharded / "config.json")
shards = {"model-00001-of-00002.safetensors": {}, "model-00002-of-00002.safetensors": {}}
for i, (name, tensor) in enumerate(sorted(tensors.items())):
    shards[sorted(shards)[i % 2]][name] = tensor
for shard, part in shards.items():
    save_file(part, sharded / shard)
index = {
    "metadata": {"total_size": sum(t.numel() * 4 for t in tensors.values())},
    "weight_map": {name: shard for shard, part in shards.items() for name in sorted(part)},
}
(sharded / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")
np.savez(folder / "llama" / "model.npz", **{k: v.numpy() for k, v in tensors.items()})

# The same llama for everybody to try.
example = folder.parent.parent.parent / "examples" / "llama"
example.mkdir(exist_ok=True)
for name in ["model.safetensors", "config.json"]:
    shutil.copy(folder / "llama" / name, example / name)
