#!/usr/bin/env python3
"""Makes tests/data/conformance/*.json: what the real libraries give, for tests/cli/conformance_test.cpp.

    python3 -m venv /tmp/golden
    /tmp/golden/bin/pip install torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
    /tmp/golden/bin/python tests/golden/make_conformance.py

Each case has the call that a user of the library makes, the `attn` command that gives the same, the documents that the
command reads, and the tensors that the library gave, in float64. Inputs are multiples of 1/64: float32 and JSON hold
them exactly. NaN and infinities are null, as in attn's own JSON.

PyTorch runs in float64, its math and flash backends must agree. ONNX cases run in onnx's reference evaluator in float64
and in ONNX Runtime in float32, which must agree, and opsets with each other where they have the case. flash-attention
needs a GPU, and transformers' eager attention, the sinks of gpt-oss and Vaswani's formula are a few lines each: those
are written out in conformance_formulas.py, after their sources, in float64.
"""

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.attention.bias import causal_lower_right

from conformance_cases import Cases, draw, keep, listed
from conformance_formulas import flash, hugging_face, softmax1, textbook


def same(a, b, tolerance, what):
    for x, y in zip(a, b):
        assert x.shape == y.shape, f"{what}: {x.shape} and {y.shape}"
        assert np.allclose(x, y, rtol=tolerance, atol=tolerance, equal_nan=True), f"{what}: {np.abs(x - y).max()}"


# ---- torch.nn.functional.scaled_dot_product_attention -------------------------------------------


def sdpa(q, k, v, mask=None, **options):
    q, k, v = (torch.from_numpy(x) for x in (q, k, v))
    if mask is not None and not isinstance(mask, torch.Tensor):
        mask = torch.from_numpy(mask)
    results = []
    for backend in (SDPBackend.MATH, SDPBackend.FLASH_ATTENTION):
        try:
            with sdpa_kernel(backend):
                results.append(F.scaled_dot_product_attention(q, k, v, attn_mask=mask, **options).numpy())
        except RuntimeError as error:  # flash takes less
            assert backend == SDPBackend.FLASH_ATTENTION and "No available kernel" in str(error), error
    same(results[:1], results[-1:], 1e-13, "math and flash")
    return results[0]


def torch_sdpa():
    cases = Cases(f"PyTorch {torch.__version__}, torch.nn.functional.scaled_dot_product_attention in float64")
    b, h, l, s, d = 2, 2, 3, 5, 4
    q, k, v = draw(b, h, l, d), draw(b, h, s, d), draw(b, h, s, d)
    document = {"query": q, "key": k, "value": v}
    like = "compute --like torch-sdpa"

    def add(name, call, extra, output, command=like, base=document):
        cases.add(name, f"scaled_dot_product_attention(q, k, v{call})", command, base | extra, output=output)

    add("no mask", "", {}, sdpa(q, k, v))
    wide = draw(b, h, s, 3)
    add("values of another width", "", {}, sdpa(q, k, wide), base=document | {"value": wide})
    add("rank 2", "", {}, sdpa(q[0, 0], k[0, 0], v[0, 0]), base={"query": q[0, 0], "key": k[0, 0], "value": v[0, 0]})

    mask = keep(l, s)
    add("boolean mask (L, S): true may attend", ", attn_mask=mask", {"mask": mask}, sdpa(q, k, v, mask))
    for shape in ((1, s), (l, 1), (b, 1, 1, s), (1, h, 1, s), (b, 1, l, s), (b, h, l, s), (h, l, s), (h, 1, s)):
        mask = keep(*shape) if shape[-1] != 1 else np.array([[True], [False], [True]])
        add(f"boolean mask broadcast from {shape}", ", attn_mask=mask", {"mask": mask}, sdpa(q, k, v, mask))
    mask = keep(b, l, s)
    add(
        "boolean mask (B, L, S) on rank 3",
        ", attn_mask=mask",
        {"mask": mask},
        sdpa(q[:, 0], k[:, 0], v[:, 0], mask),
        base={"query": q[:, 0], "key": k[:, 0], "value": v[:, 0]},
    )
    mask = keep(l, s)
    mask[1] = False
    add("a row masked whole by a boolean mask is 0", ", attn_mask=mask", {"mask": mask}, sdpa(q, k, v, mask))

    bias = draw(b, 1, l, s)
    add("float mask (B, 1, L, S)", ", attn_mask=bias", {"bias": bias}, sdpa(q, k, v, bias))
    bias = draw(l, s)
    bias[0, 2:], bias[1] = -np.inf, -np.inf
    add("a row of a float mask of -inf is 0", ", attn_mask=bias", {"bias": bias}, sdpa(q, k, v, bias))
    bias = np.zeros((l, s))
    bias[1], bias[2, 3:] = np.finfo(np.float32).min, np.finfo(np.float32).min
    add(
        "a row of a float mask of finfo(float32).min is not masked",
        ", attn_mask=bias",
        {"bias": bias},
        sdpa(q, k, v, bias),
    )

    for queries, keys in ((5, 5), (3, 5), (5, 3)):
        q2, k2, v2 = draw(1, 2, queries, d), draw(1, 2, keys, d), draw(1, 2, keys, d)
        add(
            f"is_causal, L = {queries}, S = {keys}",
            ", is_causal=True",
            {},
            sdpa(q2, k2, v2, is_causal=True),
            like + " --causal",
            {"query": q2, "key": k2, "value": v2},
        )
        add(
            f"causal_lower_right, L = {queries}, S = {keys}",
            ", attn_mask=causal_lower_right(L, S)",
            {},
            sdpa(q2, k2, v2, causal_lower_right(queries, keys)._materialize()),
            like + " --mask causal:bottom-right",
            {"query": q2, "key": k2, "value": v2},
        )
    add("scale", ", scale=0.25", {}, sdpa(q, k, v, scale=0.25), like + " --scale 0.25")
    add("a scale of 0", ", scale=0.0", {}, sdpa(q, k, v, scale=0.0), like + " --scale 0")
    many = draw(b, 6, l, d)
    add(
        "enable_gqa: 6 heads on 2",
        ", enable_gqa=True",
        {},
        sdpa(many, k, v, enable_gqa=True),
        base=document | {"query": many},
    )
    mask = keep(b, 1, l, s)
    add(
        "enable_gqa with a mask",
        ", attn_mask=mask, enable_gqa=True",
        {"mask": mask},
        sdpa(many, k, v, mask, enable_gqa=True),
        base=document | {"query": many},
    )
    # More queries than attn decodes at once: it streams these.
    q, k, v = draw(1, 2, 40, 2), draw(1, 2, 48, 2), draw(1, 2, 48, 2)
    long = {"query": q, "key": k, "value": v}
    mask = keep(40, 48)
    mask[7:30:3] = False
    add(
        "40 queries, boolean mask with rows masked whole",
        ", attn_mask=mask",
        {"mask": mask},
        sdpa(q, k, v, mask),
        base=long,
    )
    add("40 queries, is_causal", ", is_causal=True", {}, sdpa(q, k, v, is_causal=True), like + " --causal", long)
    cases.write("torch-sdpa")


# ---- torch.nn.MultiheadAttention ----------------------------------------------------------------


def torch_mha():
    cases = Cases(f"PyTorch {torch.__version__}, torch.nn.MultiheadAttention in float64")
    b, h, l, s, e = 2, 2, 3, 5, 4

    def module(**options):
        mha = torch.nn.MultiheadAttention(e, h, dtype=torch.float64, **options)
        with torch.no_grad():
            for parameter in mha.parameters():
                parameter.copy_(torch.from_numpy(draw(*parameter.shape) / 2))
        return mha

    def add(name, call, mha, q, k, v, extra, command="", axes=lambda x: x, average=False, **options):
        options = {n: torch.from_numpy(x) if isinstance(x, np.ndarray) else x for n, x in options.items()}
        with torch.no_grad():
            output, weights = mha(*(torch.from_numpy(x) for x in (q, k, v)), average_attn_weights=average, **options)
        projections = {n: listed(p.detach()) for n, p in mha.named_parameters()}
        document = {"query": axes(q), "key": axes(k), "value": axes(v), "num_heads": h, "projections": projections}
        cases.add(
            name,
            f"mha(q, k, v{call})",
            f"multihead --like torch-mha {command}".rstrip(),
            document | extra,
            weights=weights,
            output=axes(output.numpy()),
        )

    mha = module(batch_first=True)
    q, k, v = draw(b, l, e), draw(b, s, e), draw(b, s, e)
    apart = ", average_attn_weights=False"
    add("cross-attention", apart, mha, q, k, v, {})
    add("self-attention, weights averaged over heads", "", mha, q, q, q, {}, "--average", average=True)
    add("no bias", apart, module(batch_first=True, bias=False), q, k, v, {})
    add("not batched", apart, mha, q[0], k[0], v[0], {})
    turned = lambda x: np.swapaxes(x, 0, 1)
    add("batch_first=False", apart, module(), turned(q), turned(k), turned(v), {}, axes=turned)
    wide = module(batch_first=True, kdim=6, vdim=3)
    add("kdim and vdim", apart, wide, q, draw(b, s, 6), draw(b, s, 3), {})

    padding = np.array([[False, False, False, False, True], [False, False, True, True, True]])
    add(
        "key_padding_mask: true drops",
        ", key_padding_mask=padding" + apart,
        mha,
        q,
        k,
        v,
        {"mask": padding[:, None, None, :]},
        key_padding_mask=padding,
    )
    whole = padding.copy()
    whole[1] = True
    add(
        "a batch item that is all padding is NaN",
        ", key_padding_mask=padding" + apart,
        mha,
        q,
        k,
        v,
        {"mask": whole[:, None, None, :]},
        key_padding_mask=whole,
    )
    drop = ~keep(l, s)
    add(
        "boolean attn_mask (L, S): true drops", ", attn_mask=mask" + apart, mha, q, k, v, {"mask": drop}, attn_mask=drop
    )
    drop = ~keep(b * h, l, s)
    add("boolean attn_mask (N*H, L, S)", ", attn_mask=mask" + apart, mha, q, k, v, {"mask": drop}, attn_mask=drop)
    bias = draw(l, s)
    bias[0, 1] = -np.inf
    add("float attn_mask (L, S)", ", attn_mask=bias" + apart, mha, q, k, v, {"bias": bias}, attn_mask=bias)
    bias = draw(b * h, l, s)
    add("float attn_mask (N*H, L, S)", ", attn_mask=bias" + apart, mha, q, k, v, {"bias": bias}, attn_mask=bias)
    bias, floats = draw(l, s), np.where(padding, -np.inf, 0.0)
    add(
        "float attn_mask and key_padding_mask",
        ", key_padding_mask=padding, attn_mask=bias" + apart,
        mha,
        q,
        k,
        v,
        {"bias": bias, "mask": padding[:, None, None, :]},
        attn_mask=bias,
        key_padding_mask=floats,
    )
    later = np.triu(np.ones((s, s), dtype=bool), 1)
    add(
        "causal",
        ", attn_mask=mask, is_causal=True" + apart,
        mha,
        k,
        k,
        k,
        {},
        "--causal",
        attn_mask=later,
        is_causal=True,
    )
    add(
        "causal and padded",
        ", key_padding_mask=padding, attn_mask=mask" + apart,
        mha,
        k,
        k,
        k,
        {"mask": padding[:, None, None, :]},
        "--causal",
        attn_mask=later,
        key_padding_mask=padding,
    )
    q, k = draw(1, 40, e), draw(1, 40, e)
    padding = np.array([[False] * 33 + [True] * 7])
    drop = ~keep(40, 40)
    drop[11, :33] = True
    add(
        "40 queries, key_padding_mask and attn_mask",
        ", key_padding_mask=padding, attn_mask=mask" + apart,
        mha,
        q,
        k,
        k,
        {"mask": drop | padding},
        attn_mask=drop,
        key_padding_mask=padding,
    )
    cases.write("torch-mha")


# ---- the ONNX operator Attention ----------------------------------------------------------------

INPUTS = ("Q", "K", "V", "attn_mask", "past_key", "past_value", "nonpad_kv_seqlen")
OUTPUTS = ("Y", "present_key", "present_value", "qk_matmul_output")
TYPES = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "bool": TensorProto.BOOL,
    "int64": TensorProto.INT64,
}


def model(opset, feeds, outputs, attributes):
    names = [name if name in feeds else "" for name in INPUTS]
    while not names[-1]:
        names.pop()
    element = TYPES[str(feeds["Q"].dtype)]
    graph = helper.make_graph(
        [helper.make_node("Attention", names, OUTPUTS[:outputs], **attributes)],
        "attention",
        [helper.make_tensor_value_info(n, TYPES[str(a.dtype)], a.shape) for n, a in feeds.items()],
        [helper.make_tensor_value_info(n, element, None) for n in OUTPUTS[:outputs]],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=11)


def onnx_attention(opsets, feeds, outputs=1, **attributes):
    narrow = {n: a.astype(np.float32) if a.dtype == np.float64 else a for n, a in feeds.items()}
    reference = None
    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 4
    for opset in opsets:
        evaluated = ReferenceEvaluator(model(opset, feeds, outputs, attributes)).run(None, feeds)
        reference = reference or evaluated
        same(reference, evaluated, 1e-13, f"opset {opset} and {opsets[0]}")
        try:
            session = onnxruntime.InferenceSession(
                model(opset, narrow, outputs, attributes).SerializeToString(), quiet, providers=["CPUExecutionProvider"]
            )
            same(reference, session.run(None, narrow), 1e-5, f"the runtime, opset {opset}")
        except onnxruntime.capi.onnxruntime_pybind11_state.Fail as error:  # masks to be broadcast, or short ones
            assert "attn_mask->Shape()" in str(error), error
            print("  the runtime refuses opset", opset, "with a mask of shape", feeds["attn_mask"].shape)
    return reference


def onnx_operator():
    cases = Cases(
        f"the ONNX operator Attention: onnx {onnx.__version__}'s reference evaluator in float64, checked "
        f"against ONNX Runtime {onnxruntime.__version__}"
    )
    b, h, l, s, d = 2, 2, 3, 5, 4
    q, k, v = draw(b, h, l, d), draw(b, h, s, d), draw(b, h, s, d)
    base = {"Q": q, "K": k, "V": v}
    members = dict(zip(INPUTS, ("query", "key", "value", "mask", "past_key", "past_value", "key_lengths")))
    every, later, windows = (23, 24, 25), (24, 25), (25,)

    def add(name, opsets, extra={}, flags="", emit=("output",), feeds=base, **attributes):
        feeds = feeds | extra
        results = onnx_attention(opsets, feeds, 1 if len(emit) == 1 else 4 if len(emit) == 4 else 3, **attributes)
        document = {("bias" if n == "attn_mask" and a.dtype != bool else members[n]): a for n, a in feeds.items()}
        call = "Attention(" + ", ".join(list(feeds) + [f"{n}={x}" for n, x in attributes.items()]) + ")"
        call += " of opset " + " and ".join(str(o) for o in opsets)
        expected = dict(zip(emit, results))
        cases.add(name, call, f"compute --like onnx {flags}".rstrip(), document, **expected)

    add("no mask", every)
    add("scale", every, flags="--scale 0.25", scale=0.25)
    mask = keep(l, s)
    add("boolean mask: true may attend", every, {"attn_mask": mask})
    add("boolean mask (H, L, S)", every, {"attn_mask": keep(h, l, s)})
    add("boolean mask (B, 1, 1, S)", every, {"attn_mask": keep(b, 1, 1, s)})
    empty = mask.copy()
    empty[1] = False
    add("a row masked whole is 0", every, {"attn_mask": empty})
    add("float mask", every, {"attn_mask": draw(b, 1, l, s)})
    bias = draw(l, s)
    bias[0, 2:], bias[2] = -np.inf, -np.inf
    add("float mask with -inf", every, {"attn_mask": bias})
    add("is_causal without a cache: upper left", every, flags="--causal", is_causal=1)
    add("is_causal, L = S", every, flags="--causal", feeds={"Q": k, "K": k, "V": v}, is_causal=1)
    add("is_causal, L > S", every, flags="--causal", feeds={"Q": k, "K": q, "V": draw(b, h, l, d)}, is_causal=1)
    add("is_causal and a boolean mask", every, {"attn_mask": empty}, "--causal", is_causal=1)
    add("softcap", every, flags="--softcap 0.5", softcap=0.5)
    add("softcap before a mask", every, {"attn_mask": mask}, "--softcap 0.5", softcap=0.5)
    past = {"past_key": draw(b, h, 2, d), "past_value": draw(b, h, 2, d)}
    new = {"K": k[:, :, :l], "V": v[:, :, :l]}
    caches = ("output", "present_key", "present_value")
    add("a cache", every, past | new, emit=caches)
    add("is_causal after a cache", every, past | new, "--causal", caches, is_causal=1)
    add(
        "is_causal after a cache, one query",
        every,
        past | {n: a[:, :, :1] for n, a in base.items()},
        "--causal",
        caches,
        is_causal=1,
    )
    add("a cache and a mask over all keys", every, past | new | {"attn_mask": keep(l, 5)}, emit=caches)
    for mode, stage in enumerate(("scores", "capped", "masked", "weights")):
        # The evaluator's mode 0 is after a softcap, if there is one; the text and the runtime have it before.
        cap = {} if mode == 0 else {"softcap": 0.5}
        add(
            f"qk_matmul_output_mode {mode}",
            every,
            {"attn_mask": draw(l, s)},
            "--softcap 0.5" if cap else "",
            ("output", "present_key", "present_value", stage),
            qk_matmul_output_mode=mode,
            **cap,
        )
    add(
        "qk_matmul_output_mode 3 of a row masked whole",
        every,
        {"attn_mask": empty},
        "",
        ("output", "present_key", "present_value", "weights"),
        qk_matmul_output_mode=3,
    )
    add("grouped heads", every, {"Q": draw(b, 6, l, d)})
    flat = {"Q": draw(b, l, 12), "K": draw(b, s, 6), "V": draw(b, s, 4)}
    add("rank 3", every, flags="--heads 4 --kv-heads 2", feeds=flat, q_num_heads=4, kv_num_heads=2)
    add(
        "rank 3, causal, mask (H, L, S)",
        every,
        {"attn_mask": keep(4, l, s)},
        "--heads 4 --kv-heads 2 --causal",
        feeds=flat,
        q_num_heads=4,
        kv_num_heads=2,
        is_causal=1,
    )

    for lengths in ([5, 3], [4, 0], [2, 1]):
        nonpad = {"nonpad_kv_seqlen": np.array(lengths)}
        add(f"nonpad_kv_seqlen {lengths}", later, nonpad)
        add(f"nonpad_kv_seqlen {lengths}, is_causal: at the last valid key", later, nonpad, "--causal", is_causal=1)
        add(
            f"nonpad_kv_seqlen {lengths}, a window",
            windows,
            nonpad,
            "--mask window:1,0:bottom-right",
            left_window_size=1,
            right_window_size=0,
        )
    add("a boolean mask of fewer keys", later, {"attn_mask": keep(l, 4)})
    add("a float mask of fewer keys", later, {"attn_mask": draw(b, 1, l, 3)}, "--causal", is_causal=1)
    add("a boolean mask of one key", later, {"attn_mask": np.ones((l, 1), dtype=bool)})
    for left, right in ((1, 0), (2, 1), (-1, 1), (0, -1)):
        add(
            f"a window of {left} and {right}",
            windows,
            flags=f"--mask window:{left},{right}",
            left_window_size=left,
            right_window_size=right,
        )
    add(
        "a window and is_causal",
        windows,
        flags="--causal --mask window:1,1",
        left_window_size=1,
        right_window_size=1,
        is_causal=1,
    )
    add(
        "a window after a cache",
        windows,
        past | new,
        "--mask window:1,0",
        caches,
        left_window_size=1,
        right_window_size=0,
    )
    long = {"Q": draw(2, 2, 40, 2), "K": draw(2, 1, 48, 2), "V": draw(2, 1, 48, 2)}
    add("40 queries, no cache, is_causal", every, flags="--causal", feeds=long, is_causal=1)
    nonpad = {"nonpad_kv_seqlen": np.array([48, 20])}
    add("40 queries, nonpad_kv_seqlen, is_causal", later, nonpad, "--causal", feeds=long, is_causal=1)
    add(
        "40 queries, a window and a softcap",
        windows,
        nonpad,
        "--mask window:3,2:bottom-right --softcap 0.5",
        feeds=long,
        left_window_size=3,
        right_window_size=2,
        softcap=0.5,
    )
    cases.write("onnx")


if __name__ == "__main__":
    torch_sdpa()
    torch_mha()
    onnx_operator()
    flash()
    hugging_face()
    textbook()
    softmax1()
