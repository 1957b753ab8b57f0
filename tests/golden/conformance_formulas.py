"""Conformance cases of what cannot be installed here, or is a paper: formulas in float64. See make_conformance.py."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from conformance_cases import Cases, draw, keep, softmax

# ---- flash-attention ----------------------------------------------------------------------------


def flash_attention(q, k, v, causal=False, window=(-1, -1), softcap=0.0, slopes=None, lengths=None):
    """(B, H, L, D), after attention_ref of flash-attention 2's tests (tests/test_flash_attn.py: construct_local_mask,
    attn_bias_from_alibi_slopes) and its README: bottom-right alignment since 2.1, rows without keys are 0."""
    queries, keys = q.shape[2], k.shape[2]
    k, v = (np.repeat(x, q.shape[1] // x.shape[1], 1) for x in (k, v))
    valid = np.full(q.shape[0], keys) if lengths is None else np.asarray(lengths)
    # Column minus the row's own place: how far a key is ahead of the query.
    ahead = np.arange(keys) - (np.arange(queries)[:, None] + valid[:, None, None, None] - queries)
    shown = np.arange(keys) < valid[:, None, None, None]
    left, right = (window[0], 0) if causal else window
    if left >= 0:
        shown = shown & (ahead >= -left)
    if right >= 0:
        shown = shown & (ahead <= right)
    scores = np.einsum("bhid,bhjd->bhij", q, k) / math.sqrt(q.shape[3])
    if softcap > 0:
        scores = softcap * np.tanh(scores / softcap)
    if slopes is not None:
        scores = scores - np.asarray(slopes)[:, None, None] * np.abs(ahead)
    shown = np.broadcast_to(shown, scores.shape)
    weights = np.where(shown.any(-1, keepdims=True), softmax(np.where(shown, scores, -np.inf)), 0.0)
    return weights, weights @ v


def flash():
    cases = Cases("flash-attention 2's formula in float64, after its tests' attention_ref; it runs on GPUs alone")
    b, h, d = 2, 2, 4
    like = "compute --like flash"

    def add(name, call, q, k, v, flags="", extra={}, **options):
        weights, output = flash_attention(q, k, v, **options)
        cases.add(
            name,
            f"flash_attn_func(q, k, v{call})",
            f"{like} {flags}".rstrip(),
            {"query": q, "key": k, "value": v} | extra,
            weights=weights,
            output=output,
        )

    short, long = (draw(b, h, 3, d) for _ in range(3)), (draw(b, h, 5, d) for _ in range(3))
    (q3, k3, v3), (q5, k5, v5) = short, long
    add("no mask", "", q3, k5, v5)
    for name, q, k, v in (("L = S", q5, k5, v5), ("L < S", q3, k5, v5), ("L > S", q5, k3, v3)):
        add(f"causal, {name}: bottom right, rows without keys are 0", ", causal=True", q, k, v, "--causal", causal=True)
        add(
            f"window_size=(1, 1), {name}",
            ", window_size=(1, 1)",
            q,
            k,
            v,
            "--mask window:1,1:bottom-right",
            window=(1, 1),
        )
        add(
            f"causal, window_size=(1, -1), {name}",
            ", causal=True, window_size=(1, -1)",
            q,
            k,
            v,
            "--causal --mask window:1,-1:bottom-right",
            causal=True,
            window=(1, -1),
        )
        given = [0.5, 0.0625]
        add(f"alibi_slopes, {name}", ", alibi_slopes=slopes", q, k, v, "--alibi-slopes 0.5,0.0625", slopes=given)
        add(
            f"alibi_slopes, causal, {name}",
            ", causal=True, alibi_slopes=slopes",
            q,
            k,
            v,
            "--causal --alibi-slopes 0.5,0.0625",
            causal=True,
            slopes=given,
        )
    add("softcap", ", softcap=0.5", q3, k5, v5, "--softcap 0.5", softcap=0.5)
    add("softcap, causal", ", causal=True, softcap=0.5", q3, k5, v5, "--causal --softcap 0.5", causal=True, softcap=0.5)
    many = draw(b, 6, 3, d)
    add("grouped heads, causal", ", causal=True", many, k5, v5, "--causal", causal=True)

    def paper_slopes(n):
        """get_slopes of the authors' code (github.com/ofirpress/attention_with_linear_biases)."""

        def of_power(n):
            start = 2 ** (-(2 ** -(math.log2(n) - 3)))
            return [start * start**i for i in range(n)]

        if math.log2(n).is_integer():
            return of_power(n)
        power = 2 ** math.floor(math.log2(n))
        return of_power(power) + paper_slopes(2 * power)[0::2][: n - power]

    for heads in (1, 2, 6, 8, 12):
        q, k, v = draw(1, heads, 3, d), draw(1, heads, 5, d), draw(1, heads, 5, d)
        add(
            f"the paper's slopes of {heads} heads",
            ", alibi_slopes=get_slopes(H)",
            q,
            k,
            v,
            "--alibi",
            slopes=paper_slopes(heads),
        )
    for lengths in ([5, 4], [3, 2], [4, 0]):
        extra = {"key_lengths": np.array(lengths)}
        call = ", cache_seqlens=lengths, causal=True"
        add(f"cache_seqlens {lengths}", ", cache_seqlens=lengths", q3, k5, v5, "", extra, lengths=lengths)
        add(f"cache_seqlens {lengths}, causal", call, q3, k5, v5, "--causal", extra, causal=True, lengths=lengths)
        add(
            f"cache_seqlens {lengths}, causal, slopes",
            call + ", alibi_slopes=slopes",
            q3,
            k5,
            v5,
            "--causal --alibi-slopes 1,0.25",
            extra,
            causal=True,
            lengths=lengths,
            slopes=[1, 0.25],
        )
    # A cache that new keys are appended to is the same attention over both.
    weights, output = flash_attention(q3, k5, v5, causal=True, slopes=[1, 0.25])
    cases.add(
        "flash_attn_with_kvcache that appends",
        "flash_attn_with_kvcache(q, k_cache, v_cache, k, v, causal=True, alibi_slopes=slopes)",
        like + " --causal --alibi-slopes 1,0.25",
        {"query": q3, "key": k5[:, :, 2:], "value": v5[:, :, 2:], "past_key": k5[:, :, :2], "past_value": v5[:, :, :2]},
        weights=weights,
        output=output,
    )
    for queries, keys in ((40, 48), (48, 40)):
        q, k, v = draw(1, 2, queries, 2), draw(1, 2, keys, 2), draw(1, 2, keys, 2)
        add(
            f"{queries} queries, {keys} keys, causal, alibi_slopes",
            ", causal=True, alibi_slopes=slopes",
            q,
            k,
            v,
            "--causal --alibi-slopes 0.25,0.0625",
            causal=True,
            slopes=[0.25, 0.0625],
        )
        add(
            f"{queries} queries, {keys} keys, alibi_slopes",
            ", alibi_slopes=slopes",
            q,
            k,
            v,
            "--alibi-slopes 0.25,0.0625",
            slopes=[0.25, 0.0625],
        )
    cases.write("flash")


# ---- Hugging Face's transformers ----------------------------------------------------------------


def eager_attention(q, k, v, shown, scaling=None, softcap=None, sinks=None):
    """eager_attention_forward of transformers' modeling_llama.py, with the softcap of modeling_gemma2.py and the sinks
    of modeling_gpt_oss.py; `shown` becomes an additive mask of 0 and finfo.min as in masking_utils.py."""
    groups = q.shape[1] // k.shape[1]
    q, k, v = (torch.from_numpy(x) for x in (q, np.repeat(k, groups, 1), np.repeat(v, groups, 1)))
    scores = torch.matmul(q, k.transpose(2, 3)) * (q.shape[3] ** -0.5 if scaling is None else scaling)
    if softcap is not None:
        scores = torch.tanh(scores / softcap) * softcap
    mask = torch.where(torch.from_numpy(shown), torch.tensor(0.0, dtype=q.dtype), torch.finfo(q.dtype).min)
    scores = scores + mask
    if sinks is None:
        weights = F.softmax(scores, dim=-1)
    else:
        logits = torch.tensor(sinks, dtype=torch.float64).reshape(1, -1, 1, 1).expand(*scores.shape[:3], 1)
        combined = torch.cat([scores, logits], dim=-1)
        combined = combined - combined.max(dim=-1, keepdim=True).values
        weights = F.softmax(combined, dim=-1)[..., :-1]
    return weights.numpy(), torch.matmul(weights, v).numpy()


def hugging_face():
    cases = Cases(
        "eager attention of Hugging Face's transformers (llama, gemma2, mistral, gpt-oss), its formula in float64"
    )
    b, h, l, d = 2, 2, 5, 4
    q, k, v = draw(b, 4, l, d), draw(b, h, l, d), draw(b, h, l, d)
    i, j = np.arange(l)[:, None], np.arange(l)

    def add(name, call, flags, shown, extra={}, operands=(q, k, v), more={}, **options):
        weights, output = eager_attention(*operands, shown, **options)
        document = dict(zip(("query", "key", "value"), operands)) | more | extra
        cases.add(name, call, f"compute --like hf {flags}".rstrip(), document, weights=weights, output=output)

    causal = j <= i
    llama = "LlamaAttention"
    add("no mask", "BertSelfAttention", "", np.ones((l, l), dtype=bool))
    add("causal", llama, "--causal", causal)
    add("scaling", "query_pre_attn_scalar=16", "--causal --scale 0.25", causal, scaling=0.25)
    for width in (1, 2, 3):
        add(
            f"sliding_window={width} counts the query itself",
            f"MistralAttention, sliding_window={width}",
            f"--mask window:{width - 1},0",
            causal & (j > i - width),
        )
    add(
        "softcap before the mask",
        "Gemma2Attention, attn_logit_softcapping=0.5",
        "--causal --softcap 0.5",
        causal,
        softcap=0.5,
    )
    padded = np.array([[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]], dtype=bool)[:, None, None, :]
    add(
        "left padding: rows of padding are uniform",
        llama + ", attention_mask",
        "--causal",
        causal & padded,
        {"mask": padded},
    )
    none = np.array([[1, 1, 1, 1, 0], [0, 0, 0, 0, 0]], dtype=bool)[:, None, None, :]
    add(
        "an item that is all padding",
        "BertSelfAttention, attention_mask",
        "",
        np.broadcast_to(none, (b, 1, l, l)),
        {"mask": none},
    )
    right = np.array([5, 3])
    add(
        "right padding",
        llama + ", attention_mask",
        "--causal",
        causal & (j < right[:, None, None, None]),
        {"key_lengths": right},
    )
    logits = [0.5, -1.0, 2.0, 0.0]
    listed_logits = ",".join(str(x) for x in logits)
    add("sinks", "GptOssAttention", f"--causal --sink {listed_logits}", causal, sinks=logits)
    add(
        "sinks and a window",
        "GptOssAttention, sliding_window=2",
        f"--mask window:1,0 --sink {listed_logits}",
        causal & (j > i - 2),
        sinks=logits,
    )
    add(
        "sinks where all is padding",
        "GptOssAttention, attention_mask",
        f"--causal --sink {listed_logits}",
        causal & padded,
        {"mask": padded},
        sinks=logits,
    )
    # Two new tokens after three cached ones.
    new = causal[3:]
    weights, output = eager_attention(q[:, :, 3:], k, v, new)
    cases.add(
        "a cache",
        llama + ", past_key_values",
        "compute --like hf --causal",
        {
            "query": q[:, :, 3:],
            "key": k[:, :, 3:],
            "value": v[:, :, 3:],
            "past_key": k[:, :, :3],
            "past_value": v[:, :, :3],
        },
        weights=weights,
        output=output,
    )
    long = (draw(2, 2, 40, 2), draw(2, 1, 40, 2), draw(2, 1, 40, 2))
    causal = np.tril(np.ones((40, 40), dtype=bool))
    padded = np.array([[True] * 40, [False] * 9 + [True] * 31])[:, None, None, :]
    add("40 queries, left padding", llama + ", attention_mask", "--causal", causal & padded, {"mask": padded}, long)
    add("40 queries, sinks", "GptOssAttention", "--causal --sink 0.5,-1", causal, operands=long, sinks=[0.5, -1])
    cases.write("hf")


# ---- Vaswani et al. (2017) ----------------------------------------------------------------------


def textbook():
    cases = Cases("softmax(QK^T/sqrt(d_k))V of Vaswani et al. (2017), sections 3.2.1 and 3.2.3, in float64")
    l, d = 5, 4
    x, y, v = draw(l, d), draw(3, d), draw(l, 3)

    def add(name, flags, q, k, v, shown, extra={}):
        scores = np.where(shown, q @ k.T / math.sqrt(q.shape[1]), -np.inf)
        weights = softmax(scores)
        cases.add(
            name,
            "softmax(QK^T/sqrt(d_k))V",
            f"compute --like textbook {flags}".rstrip(),
            {"query": q, "key": k, "value": v} | extra,
            masked=scores,
            weights=weights,
            output=weights @ v,
        )

    every = np.ones((l, l), dtype=bool)
    add("no mask", "", x, x, v, every)
    add("causal", "--causal", x, x, v, np.tril(every))
    add("encoder-decoder attention", "", y, x, v, every[:3])
    mask = keep(l, l)
    add("illegal connections are minus infinity", "", x, x, v, mask, {"mask": mask})
    mask = mask.copy()
    mask[2] = False
    add("a softmax of minus infinities alone is NaN", "", x, x, v, mask, {"mask": mask})
    mask = keep(40, 40)
    mask[5:30:4] = False
    add("40 queries, rows of minus infinities alone", "", *(draw(40, 2) for _ in range(3)), mask, {"mask": mask})
    cases.write("textbook")


# ---- softmax1 -----------------------------------------------------------------------------------


def softmax1():
    cases = Cases("exp(x_i)/(1 + sum exp(x_j)) of Miller, Attention is off by one (2023), in float64")
    own = np.random.default_rng(1)

    def numbers(*shape):
        return np.round(own.standard_normal(shape) * 64) / 64

    def add(name, flags, q, k, v, shown=True, extra={}):
        scores = np.where(shown, q @ np.swapaxes(k, -2, -1) / math.sqrt(q.shape[-1]), -np.inf)
        exponentials = np.exp(scores)
        weights = exponentials / (1 + exponentials.sum(-1, keepdims=True))
        cases.add(
            name,
            "softmax1(QK^T/sqrt(d_k))V",
            f"compute --like softmax1 {flags}".rstrip(),
            {"query": q, "key": k, "value": v} | extra,
            weights=weights,
            output=weights @ v,
        )

    x, y, v = numbers(5, 4), numbers(3, 4), numbers(5, 3)
    every = np.ones((5, 5), dtype=bool)
    add("no mask", "", x, x, v)
    add("causal", "--causal", x, x, v, np.tril(every))
    add("other numbers of queries", "", y, x, v)
    mask = np.tril(every)
    mask[2] = False
    add("a row without keys is 0", "", x, x, v, mask, {"mask": mask})
    heads = [numbers(2, 3, 6, 4) for _ in range(3)]
    add("heads", "", *heads)
    add("scores far below 0 leave next to nothing", "", -64 * np.abs(x), np.abs(x), v)
    add("48 queries", "", *(numbers(48, 4) for _ in range(3)))
    cases.write("softmax1")
