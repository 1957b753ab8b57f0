#!/usr/bin/env python3
"""Trains small tokenizers of every kind and writes them to tests/data/tokenizers with what the tokenizers library makes
of some hundred texts: for each text a hash of the ids, places (code points) and types of its tokens. Exact.

Made with tokenizers 0.23.3 and sentencepiece 0.2.3 (whose rules of normalization one of them has).

    make_tokenizers.py                          # the files that are here
    make_tokenizers.py FOLDER [NAME=FILE ...]   # the same tokenizers, and others by their tokenizer.json, with 4000 texts,
                                                # for ATTN_TOKENIZERS=FOLDER build/…/test_text "[large]"
"""
import json
import pathlib
import sys
import tempfile

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from tokenizer_texts import SENTENCES, make_texts

ROOT = pathlib.Path(__file__).resolve().parent.parent / "data" / "tokenizers"
SPECIAL = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
CORPUS = SENTENCES * 3 + [s.lower() for s in SENTENCES] + make_texts(300)
EUROPEAN = [s for s in CORPUS if all(ord(c) < 0x530 for c in s)]  # the unigram trainer keeps every character that it sees


def trained(model, trainer, normalizer=None, pre_tokenizer=None, corpus=CORPUS):
    tokenizer = Tokenizer(model)
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(corpus, trainer)
    return tokenizer


def template(tokenizer, cls, sep, pair_type=1):
    ids = [(cls, tokenizer.token_to_id(cls)), (sep, tokenizer.token_to_id(sep))]
    return processors.TemplateProcessing(single=f"{cls} $A {sep}", pair=f"{cls} $A {sep} $B:{pair_type} {sep}:{pair_type}",
                                         special_tokens=ids)


def bert(lowercase, size):
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=SPECIAL, show_progress=False)
    tokenizer = trained(models.WordPiece(unk_token="[UNK]"), trainer, normalizers.BertNormalizer(lowercase=lowercase),
                        pre_tokenizers.BertPreTokenizer())
    if lowercase:
        tokenizer.post_processor = template(tokenizer, "[CLS]", "[SEP]")
    else:
        pairs = [(t, tokenizer.token_to_id(t)) for t in ("[SEP]", "[CLS]")]
        tokenizer.post_processor = processors.BertProcessing(*pairs)
    tokenizer.add_tokens([AddedToken("yesterday", single_word=True), AddedToken("New York", normalized=True),
                          AddedToken("tomorrow", lstrip=True, rstrip=True, normalized=False)])
    return tokenizer


def byte_level(pre_tokenizer, normalizer=None, special=("<|endoftext|>",), size=900, **model):
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=list(special), show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    return trained(models.BPE(**model), trainer, normalizer, pre_tokenizer)


def gpt2():
    tokenizer = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def roberta():
    tokenizer = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True), special=("<s>", "<pad>", "</s>", "<unk>"))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    pairs = [(t, tokenizer.token_to_id(t)) for t in ("</s>", "<s>")]
    tokenizer.post_processor = processors.RobertaProcessing(*pairs, trim_offsets=True, add_prefix_space=True)
    return tokenizer


def llama3():
    split = pre_tokenizers.Split(Regex(LLAMA3), behavior="isolated", invert=False)
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer = byte_level(pre_tokenizers.Sequence([split, level]), special=("<|begin_of_text|>", "<|im_start|>", "<|im_end|>"),
                           ignore_merges=True)
    begin = [("<|begin_of_text|>", tokenizer.token_to_id("<|begin_of_text|>"))]
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1",
                                      special_tokens=begin)])
    return tokenizer


def clip():
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words = pre_tokenizers.Split(Regex(r"<\|startoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"),
                                 behavior="removed", invert=True)
    steps = [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    trainer = trainers.BpeTrainer(vocab_size=1100, special_tokens=["<|startoftext|>", "<|endoftext|>"], show_progress=False,
                                  end_of_word_suffix="</w>", initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer = trained(models.BPE(end_of_word_suffix="</w>", unk_token="<|endoftext|>"), trainer, normalizers.Sequence(steps),
                        pre_tokenizers.Sequence([words, level]))
    pairs = [(t, tokenizer.token_to_id(t)) for t in ("<|endoftext|>", "<|startoftext|>")]
    tokenizer.post_processor = processors.RobertaProcessing(*pairs, trim_offsets=False, add_prefix_space=False)
    return tokenizer


def fallback(normalizer, pre_tokenizer, **model):
    """BPE over characters, with bytes for what has no token: Llama 2 and Gemma."""
    specials = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=1000, special_tokens=specials, show_progress=False, limit_alphabet=150)
    tokenizer = trained(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True, **model), trainer, normalizer,
                        pre_tokenizer)
    # Bytes are tokens of the model, not added ones.
    parts = json.loads(tokenizer.to_str())
    parts["added_tokens"] = parts["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(parts))
    tokenizer.post_processor = template(tokenizer, "<s>", "</s>")
    return tokenizer


def llama2():
    return fallback(normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None)


def gemma():
    return fallback(normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", behavior="merged_with_previous"))


def plain_bpe():
    steps = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("merged_with_previous"), pre_tokenizers.Digits(True)]
    trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=["<unk>"], show_progress=False, limit_alphabet=200,
                                  continuing_subword_prefix="##")
    forms = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Strip()])
    tokenizer = trained(models.BPE(unk_token="<unk>", continuing_subword_prefix="##", fuse_unk=False), trainer, forms,
                        pre_tokenizers.Sequence(steps))
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    return tokenizer


def charsmap():
    """Rules in SentencePiece's own form, small ones."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    rules = [("ﬁ", "fi"), ("ﬂ", "fl"), ("½", "1/2"), ("\u3000", " "), ("\u200b", ""), ("é", "e\u0301"), ("e\u0301", "é"),
             ("İ", "i\u0307"), ("…", "..."), ("ガ", "か"), ("\t", " "), ("\x07", ""), ("क्", "k"), ("①", "1"), ("™", "TM")]
    code = lambda text: " ".join(f"{ord(c):X}" for c in text)
    with tempfile.TemporaryDirectory() as folder:
        table, text, prefix = (f"{folder}/{name}" for name in ("rules.tsv", "text.txt", "model"))
        pathlib.Path(table).write_text("".join(f"{code(a)}\t{code(b)}\n" for a, b in rules))
        pathlib.Path(text).write_text("\n".join(SENTENCES[:20]))
        sentencepiece.SentencePieceTrainer.train(input=text, model_prefix=prefix, vocab_size=400, minloglevel=2,
                                                 normalization_rule_tsv=table, character_coverage=1.0, hard_vocab_limit=False)
        model = sentencepiece_model_pb2.ModelProto()
        model.ParseFromString(pathlib.Path(prefix + ".model").read_bytes())
    return bytes(model.normalizer_spec.precompiled_charsmap)


def unigram(normalizer, pre_tokenizer, byte_fallback=False, size=700):
    specials = ["<s>", "<pad>", "</s>", "<unk>"] + ([f"<0x{b:02X}>" for b in range(256)] if byte_fallback else [])
    trainer = trainers.UnigramTrainer(vocab_size=size, special_tokens=specials, unk_token="<unk>", show_progress=False,
                                      max_piece_length=12)
    tokenizer = trained(models.Unigram(), trainer, normalizer, pre_tokenizer, EUROPEAN)
    parts = json.loads(tokenizer.to_str())
    parts["added_tokens"] = parts["added_tokens"][:4]
    parts["model"]["byte_fallback"] = byte_fallback
    for token in parts["model"]["vocab"]:
        token[1] = round(token[1], 6)
    if byte_fallback:  # characters that only bytes can stand for
        parts["model"]["vocab"] = [t for t in parts["model"]["vocab"] if len(t[0]) > 1 or ord(t[0]) < 0x250 or t[0] == "▁"]
    tokenizer = Tokenizer.from_str(json.dumps(parts))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.post_processor = template(tokenizer, "<s>", "</s>", pair_type=0)
    return tokenizer


def xlm_roberta():
    return unigram(normalizers.Sequence([normalizers.Precompiled(charsmap()), normalizers.Replace(Regex(" {2,}"), " ")]),
                   pre_tokenizers.Metaspace(prepend_scheme="always"))


def metaspace_first():
    forms = [normalizers.Nmt(), normalizers.NFKC(), normalizers.Strip(left=True, right=False)]
    return unigram(normalizers.Sequence(forms), pre_tokenizers.Metaspace(prepend_scheme="first", split=False), True, 1000)


def word_level(pre_tokenizer, normalizer=None):
    trainer = trainers.WordLevelTrainer(vocab_size=600, special_tokens=SPECIAL, show_progress=False)
    return trained(models.WordLevel(unk_token="[UNK]"), trainer, normalizer, pre_tokenizer)


def words():
    tokenizer = word_level(pre_tokenizers.Whitespace(), normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase()]))
    tokenizer.post_processor = template(tokenizer, "[CLS]", "[SEP]")
    return tokenizer


def cut_words():
    steps = [pre_tokenizers.CharDelimiterSplit("-"), pre_tokenizers.Digits(False), pre_tokenizers.Split("e", "merged_with_next"),
             pre_tokenizers.Split(Regex(r"[aou]\p{L}?"), "contiguous"), pre_tokenizers.FixedLength(4)]
    return word_level(pre_tokenizers.Sequence(steps))


def older_files(folder):
    """vocab.txt, and vocab.json with merges.txt, as older checkpoints have them."""
    small = bert(True, 700)
    tokenizers = {"older-bert": bert(True, 700), "older-roberta": roberta()}
    tokenizers["older-bert"] = Tokenizer(models.WordPiece(json.loads(small.to_str())["model"]["vocab"], unk_token="[UNK]"))
    one = tokenizers["older-bert"]
    one.normalizer, one.pre_tokenizer = normalizers.BertNormalizer(lowercase=False), pre_tokenizers.BertPreTokenizer()
    one.add_special_tokens(SPECIAL)
    one.post_processor = template(one, "[CLS]", "[SEP]")
    two = tokenizers["older-roberta"]
    two.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pairs = [(t, two.token_to_id(t)) for t in ("</s>", "<s>")]
    two.post_processor = processors.RobertaProcessing(*pairs, trim_offsets=True, add_prefix_space=False)
    for name in tokenizers:
        (folder / name).mkdir(parents=True, exist_ok=True)
    vocabulary = sorted(one.get_vocab().items(), key=lambda item: item[1])
    (folder / "older-bert/vocab.txt").write_text("".join(f"{token}\n" for token, _ in vocabulary))
    (folder / "older-bert/tokenizer_config.json").write_text('{"do_lower_case": false}\n')
    parts = json.loads(two.to_str())["model"]
    parts["vocab"]["<mask>"] = two.token_to_id("<mask>")
    (folder / "older-roberta/vocab.json").write_text(json.dumps(parts["vocab"], ensure_ascii=False))
    merges = [m if isinstance(m, str) else " ".join(m) for m in parts["merges"]]
    (folder / "older-roberta/merges.txt").write_text("#version: 0.2\n" + "".join(f"{m}\n" for m in merges))
    (folder / "older-roberta/config.json").write_text('{"model_type": "roberta"}\n')
    return tokenizers


MAKERS = {"bert": lambda: bert(True, 1000), "bert-cased": lambda: bert(False, 1000), "gpt2": gpt2, "roberta": roberta,
          "llama3": llama3, "clip": clip, "llama2": llama2, "gemma": gemma, "bpe": plain_bpe, "xlm-roberta": xlm_roberta,
          "unigram-bytes": metaspace_first, "words": words, "cut-words": cut_words}


def hash_of(encoding):
    value = 0xCBF29CE484222325
    rows = zip(encoding.ids, encoding.offsets, encoding.type_ids)
    for byte in "".join(f"{i} {a} {b} {t}\n" for i, (a, b), t in rows).encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def write(folder, tokenizer, texts, save=True):
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if save:
        (folder / "tokenizer.json").write_text(tokenizer.to_str())
    part = len(texts) // 8
    expected = {"single": [hash_of(tokenizer.encode(t)) for t in texts],
                "bare": [hash_of(tokenizer.encode(t, add_special_tokens=False)) for t in texts[:part]],
                "pair": [hash_of(tokenizer.encode(t, texts[-1 - i])) for i, t in enumerate(texts[:part])]}
    (folder / "expected.json").write_text(json.dumps(expected, indent=0))
    print(folder.name, tokenizer.get_vocab_size())


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    texts = make_texts(4000 if len(sys.argv) > 1 else 400)
    root.mkdir(parents=True, exist_ok=True)
    (root / "texts.json").write_text(json.dumps(texts, ensure_ascii=False, indent=0) + "\n")
    for name, make in MAKERS.items():
        write(root / name, make(), texts)
    for name, tokenizer in older_files(root).items():
        write(root / name, tokenizer, texts, save=False)
    for argument in sys.argv[2:]:
        name, file = argument.split("=", 1)
        write(root / name, Tokenizer.from_file(file), texts)


main()
