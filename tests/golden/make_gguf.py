#!/usr/bin/env python3
"""Makes tests/data/gguf: GGUF files as llama.cpp's own converter writes them, and what other programs make of them.

    make_gguf.py LLAMA_CPP    # a checkout of llama.cpp, whose convert_hf_to_gguf.py runs
    made with transformers 5.24.0, torch 2.13.0, gguf 0.19.0, sentencepiece 0.2.3, tokenizers 0.23.3, numpy 2.4.6

    models.json         for each model of tests/data/models that GGUF can express: what its config.json has to say
                        otherwise (`config`), the tensors in the file's order with what the converter does to them
                        (`tensors`), and the hash (FNV-1a) of the file's data
    NAME.header         that file up to its data, which tests make of the rule of model_rule.py
    q8_0.gguf           a llama of 32 columns in Q8_0 by the gguf package; q8_0.safetensors is what transformers makes
                        of it (from_pretrained with gguf_file): `ids`, `hidden`, `hidden_last`, `weights`, and `down`,
                        the tensor blk.1.ffn_down.weight as the gguf package widens it
    llama.gguf, gemma.gguf   vocabularies that SentencePiece trained, with and without a space before texts
    bert.gguf, bert-cased.gguf, gpt2.gguf, llama-bpe.gguf   those of tests/data/tokenizers
    tokens.json         hashes of the ids that SentencePiece, or the tokenizers library, makes of the texts of
                        tests/data/tokenizers/texts.json, "" where they know nothing of special tokens; `pre` has those of the tokens of gpt2 cut in other ways

The converter refuses vocabularies that it does not know by a hash: it is told what they are.
"""
import importlib.util
import json
import os
import pathlib
import shutil
import sys
import tempfile

import gguf
import numpy as np
import torch
from model_rule import fnv1a64, tensor
from tokenizer_texts import SENTENCES
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "data"
OUT = DATA / "gguf"

# What the files cannot say otherwise: RoPE's base where the converter does not write it, windows of architectures whose
# windows it forgets, the function of an MLP.
MODELS = {
    "llama": {},
    "llama3": {"original_max_position_embeddings": 16},
    "mistral": {"sliding_window": None},
    "smollm3": {"no_rope_layer_interval": 4, "no_rope_layers": [1, 1, 1]},
    "qwen2": {"use_sliding_window": False},
    "qwen3": {"use_sliding_window": False},
    "gemma": {"rope_theta": 10000.0},
    "gemma2": {"query_pre_attn_scalar": 8},
    "gemma3": {"query_pre_attn_scalar": 8, "sliding_window_pattern": 6, "rope_local_base_freq": 10000.0},
    "phi3": {},
    "phi4-mini": {},
    "gpt2": {"n_ctx": 20, "architectures": ["GPT2LMHeadModel"]},
    "gpt-neox": {"rotary_emb_base": 10000},
    "olmo": {},
    "olmo2": {},
    "granite": {},
    "stablelm": {"rope_theta": 10000.0},
    "stablelm-parallel": {"partial_rotary_factor": 0.25},
    "cohere": {"model_max_length": 32},
    "cohere-qk-norm": {"layer_norm_eps": 1e-4, "rope_theta": 10000.0, "model_max_length": 32},
    "bert": {},
}
PRE = {}  # folder -> what the converter takes its vocabulary for


def load_converter(checkout):
    """convert_hf_to_gguf.py as a module, which reads config.json as it is."""
    os.environ["NO_LOCAL_GGUF"] = "1"
    spec = importlib.util.spec_from_file_location("converter", pathlib.Path(checkout) / "convert_hf_to_gguf.py")
    converter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(converter)
    converter.ModelBase.load_hparams = staticmethod(
        lambda folder, *args, **named: json.loads((pathlib.Path(folder) / "config.json").read_text()))
    converter.TextModel.get_vocab_base_pre = lambda self, tokenizer: PRE[self.dir_model.name]
    if "SmolLM3ForCausalLM" not in converter.ModelBase._model_classes[converter.ModelType.TEXT]:
        @converter.ModelBase.register("SmolLM3ForCausalLM")
        class SmolLM3Model(converter.LlamaModel):  # as it is in later versions
            model_arch = gguf.MODEL_ARCH.SMOLLM3
    return converter


def convert(converter, folder, path, with_vocabulary):
    config = json.loads((folder / "config.json").read_text())
    name = converter.get_model_architecture(config, converter.ModelType.TEXT)
    base = converter.ModelBase.from_model_architecture(name)
    made = type(base.__name__, (base,), {"model_arch": base.model_arch})
    if not with_vocabulary:
        made.set_vocab = lambda self: self._set_vocab_none()
        made._create_vocab_sentencepiece = lambda self: ([b"x"] * config["vocab_size"], [], [])
    with torch.inference_mode():
        model = made(folder, gguf.LlamaFileType.ALL_F32, path, eager=True, model_name="small")
        model.write() if not with_vocabulary else model.write_vocab()


def write_checkpoint(name, change, folder):
    """The model with its config.json changed, as the converter of the time reads it."""
    config = json.loads((DATA / "models" / name / "config.json").read_text())
    rules = json.loads((DATA / "models" / name / "tensors.json").read_text())
    config.update(change)
    for member, value in config.pop("rope_parameters", {}).items():
        if member != "rope_type":
            config.setdefault(member, value)
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    tensors = {key: tensor(key, rule) for key, rule in rules.items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return config, tensors


def permuted(rows, heads):
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def by_kind(rows, heads):
    return rows.reshape(heads, 3, rows.shape[0] // heads // 3, *rows.shape[1:]).swapaxes(0, 1).reshape(rows.shape)


def candidates(tensors, config):
    """(how, source, data) of all that the converter may have written."""
    heads = config.get("num_attention_heads", config.get("n_head"))
    stacks = {}
    for key, values in tensors.items():
        if values.ndim == 0:
            continue
        yield ["as it is", key], values
        if values.ndim == 2:
            yield ["transposed", key], values.T
        if values.shape[0] % (2 * heads) == 0:
            yield ["permuted", key, heads], permuted(values, heads)
        kv = config.get("num_key_value_heads", heads)
        if values.shape[0] % (2 * kv) == 0:
            yield ["permuted", key, kv], permuted(values, kv)
        if values.shape[0] % (3 * heads) == 0:
            yield ["by kind", key, heads], by_kind(values, heads)
        yield ["plus 1", key], values + np.float32(1)
        if ".norms." in key:
            stacks.setdefault(key.split(".norms.")[0], []).append(key)
    for keys in stacks.values():
        yield ["stacked", *keys], np.stack([tensors[key] for key in keys])


def describe(reader, tensors, config):
    """Which of the candidates each tensor of the file is."""
    known = {}
    for how, values in candidates(tensors, config):
        known.setdefault(np.ascontiguousarray(values, dtype="<f4").tobytes(), how)
    found = []
    for stored in reader.tensors:
        values = np.ascontiguousarray(stored.data, dtype="<f4")
        how = known.get(values.tobytes(), ["values", *map(float, values.ravel())] if values.size < 20 else None)
        assert how, stored.name
        found.append([stored.name, int(stored.data_offset - reader.data_offset), *how])
    return found


def make_models(converter, work):
    index = {}
    for name, change in MODELS.items():
        config, tensors = write_checkpoint(name, change, work / name)
        path = work / f"{name}.gguf"
        convert(converter, work / name, path, False)
        reader = gguf.GGUFReader(path)
        data = path.read_bytes()
        (OUT / f"{name}.header").write_bytes(data[:reader.data_offset])
        index[name] = {"config": change, "tensors": describe(reader, tensors, config), "size": len(data) - int(reader.data_offset),
                       "hash": f"{fnv1a64(data[reader.data_offset:]):016x}"}
    lines = []
    for name, entry in index.items():
        tensors = ",\n  ".join(json.dumps(t) for t in entry.pop("tensors"))
        lines.append(f'"{name}": {json.dumps(entry)[:-1]}, "tensors": [\n  {tensors}]}}')
    (OUT / "models.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def make_q8_0(work):
    from transformers import AutoModelForCausalLM, LlamaConfig

    width, ff, layers, heads, kv, words = 32, 64, 2, 4, 2, 40
    path = work / "q8" / "q8_0.gguf"
    path.parent.mkdir()
    writer = gguf.GGUFWriter(path, "llama")
    for add, value in ((writer.add_block_count, layers), (writer.add_context_length, 64), (writer.add_embedding_length, width),
                       (writer.add_feed_forward_length, ff), (writer.add_head_count, heads), (writer.add_head_count_kv, kv),
                       (writer.add_rope_freq_base, 1000.0), (writer.add_layer_norm_rms_eps, 1e-5), (writer.add_vocab_size, words),
                       (writer.add_rope_dimension_count, width // heads)):
        add(value)
    shapes = {"token_embd.weight": (words, width), "output_norm.weight": (width,), "output.weight": (words, width)}
    for layer in range(layers):
        block = f"blk.{layer}."
        shapes |= {block + "attn_norm.weight": (width,), block + "attn_q.weight": (width, width),
                   block + "attn_k.weight": (width // 2, width), block + "attn_v.weight": (width // 2, width),
                   block + "attn_output.weight": (width, width), block + "ffn_norm.weight": (width,),
                   block + "ffn_gate.weight": (ff, width), block + "ffn_up.weight": (ff, width), block + "ffn_down.weight": (width, ff)}
    for name, shape in shapes.items():
        is_norm = "norm" in name
        rule = {"shape": shape, "center": 1.0 if is_norm else 0.0, "spread": 0.3 if is_norm or "token" not in name else 1.0}
        values = tensor(name, rule)
        if is_norm:
            writer.add_tensor(name, values)
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    shutil.copy(path, OUT / "q8_0.gguf")
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32,
                                                 attn_implementation="eager", config=LlamaConfig(
        hidden_size=width, intermediate_size=ff, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=kv,
        vocab_size=words, rms_norm_eps=1e-5, rope_theta=1000.0, head_dim=width // heads, tie_word_embeddings=False))
    ids = torch.tensor([[3, 17, 5, 9, 39, 22, 0]])
    seen = []
    for layer in model.model.layers:
        layer.register_forward_pre_hook(lambda module, args, named: seen.append((args[0] if args else named["hidden_states"]).clone()),
                                        with_kwargs=True)
    with torch.no_grad():
        result = model.model(ids, output_attentions=True)
    stored = {t.name: t for t in gguf.GGUFReader(path).tensors}["blk.1.ffn_down.weight"]
    save_file({"ids": ids.numpy().astype("<i8"), "hidden": torch.stack(seen).numpy(), "hidden_last": result.last_hidden_state.numpy(),
               "weights": torch.stack(result.attentions).numpy(),
               "down": gguf.quants.dequantize(stored.data, gguf.GGMLQuantizationType.Q8_0).astype("<f4")}, OUT / "q8_0.safetensors")


def hashes_of(texts, encode):
    return [f"{fnv1a64(' '.join(map(str, encode(text))).encode()):016x}" for text in texts]


def vocabulary_file(converter, work, name, architecture, config, files, pre="default"):
    folder = work / f"vocabulary-{name}"
    folder.mkdir()
    PRE[folder.name] = pre
    for file, content in files.items():
        (folder / file).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    config = {"architectures": [architecture], "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 1,
              "intermediate_size": 32, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "head_dim": 32} | config
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"")
    save_file({"x": np.zeros(1, np.float32)}, folder / "model.safetensors", metadata={"format": "pt"})
    convert(converter, folder, OUT / f"{name}.gguf", True)


def trained_piece(work, texts, prefix, adds_space, symbols):
    import sentencepiece

    text = work / f"{prefix}.txt"
    # All characters of the corpus become tokens; others are bytes.
    text.write_text("\n".join(t.replace("\n", " ") for t in texts if all(ord(c) < 0x180 or c == "\u20ac" for c in t)))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(work / prefix), vocab_size=700, model_type="bpe", byte_fallback=True, minloglevel=2,
        normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=adds_space, character_coverage=1.0,
        user_defined_symbols=symbols, max_sentence_length=20000)
    return (work / f"{prefix}.model").read_bytes(), sentencepiece.SentencePieceProcessor(model_file=str(work / f"{prefix}.model"))


def make_tokenizers(converter, work):
    from tokenizers import Tokenizer, pre_tokenizers
    from transformers import CohereTokenizer, GPT2Tokenizer, GPTNeoXTokenizer, Qwen2Tokenizer

    texts = json.loads((DATA / "tokenizers" / "texts.json").read_text())
    expected = {}
    for name, architecture, adds_space, symbols in (("llama", "LlamaForCausalLM", True, []),
                                                    ("gemma", "GemmaForCausalLM", False, ["\u2581\u2581", "\u2581\u2581\u2581", "<b>"])):
        model, processor = trained_piece(work, SENTENCES * 3 + texts, name, adds_space, symbols)
        files = {"tokenizer.model": model}
        if symbols:
            files["tokenizer_config.json"] = {"added_tokens_decoder": {
                str(processor.piece_to_id(s)): {"content": s, "special": False} for s in symbols}}
        vocabulary_file(converter, work, name, architecture, {"vocab_size": 700}, files)
        expected[name] = hashes_of(texts, lambda text: [1] + processor.encode(text))
        # SentencePiece takes the names of special tokens for text, which others do not.
        for i, text in enumerate(texts):
            if any(special in text for special in ("<unk>", "<s>", "</s>")):
                expected[name][i] = ""
    for name, architecture, folder, pre, special in (
            ("bert", "BertModel", "bert", "bert-bge", {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "pad_token": "[PAD]", "mask_token": "[MASK]"}),
            ("bert-cased", "BertModel", "bert-cased", "bert-bge", {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "pad_token": "[PAD]", "mask_token": "[MASK]"}),
            ("gpt2", "GPT2LMHeadModel", "gpt2", "gpt-2", {"eos_token": "<|endoftext|>", "bos_token": "<|endoftext|>"}),
            ("llama-bpe", "LlamaForCausalLM", "llama3", "llama-bpe", {"bos_token": "<|begin_of_text|>", "eos_token": "<|im_end|>"})):
        library = json.loads((DATA / "tokenizers" / folder / "tokenizer.json").read_text())
        # What a GGUF file does not say: whether a token is a word alone, and takes the spaces around it.
        library["added_tokens"] = [t for t in library["added_tokens"] if not (t["single_word"] or t["lstrip"] or t["rstrip"] or t["normalized"])]
        size = max(library["model"]["vocab"].values()) + 1
        vocabulary_file(converter, work, name, architecture, {"vocab_size": size, "n_layer": 1, "n_ctx": 64, "n_embd": 32, "n_head": 1,
                        "layer_norm_epsilon": 1e-5, "layer_norm_eps": 1e-5},
                        {"tokenizer.json": library, "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast"} | special}, pre)
        expected[name] = hashes_of(texts, lambda text, t=Tokenizer.from_str(json.dumps(library)): t.encode(text).ids)
    model = json.loads((DATA / "tokenizers" / "gpt2" / "tokenizer.json").read_text())["model"]
    merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"]]
    expected["pre"] = {}
    for pre, family in (("gpt-2", GPT2Tokenizer), ("qwen2", Qwen2Tokenizer), ("mpt", GPTNeoXTokenizer), ("olmo", GPTNeoXTokenizer),
                        ("command-r", CohereTokenizer), ("smollm", GPT2Tokenizer), ("starcoder", GPT2Tokenizer)):
        tokenizer = family(vocab=model["vocab"], merges=merges)._tokenizer
        if pre in ("smollm", "starcoder"):  # as their tokenizer.json has it
            tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(False)])
        tokenizer.add_special_tokens(["<|endoftext|>"])
        expected["pre"][pre] = hashes_of(texts, lambda text: tokenizer.encode(text, add_special_tokens=False).ids)
    lines = ",\n".join(f'"{name}": {json.dumps(value)}' for name, value in expected.items())
    (OUT / "tokens.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        converter = load_converter(sys.argv[1])
        make_models(converter, pathlib.Path(scratch))
        make_q8_0(pathlib.Path(scratch))
        make_tokenizers(converter, pathlib.Path(scratch))
