#!/usr/bin/env python3
"""Times attn beside PyTorch, ONNX Runtime and OpenVINO: one machine, one run, the same numbers, the same threads.

    python3 -m venv /tmp/peers
    /tmp/peers/bin/pip install torch==2.13.0 onnxruntime onnx openvino numpy
    /tmp/peers/bin/python tests/bench/peers.py build/release/attn

Each row is a shape of `attn bench --suite standard`. The inputs are drawn by PyTorch from the seed 0, which gives
the numbers that `attn bench` draws. Before anything is timed, the programs' outputs for these inputs, passed to attn
as NPY files, are compared with attn's, and the error of each beside the formula in float64 is taken. Then the programs
run in turn (attn, PyTorch, ONNX Runtime, OpenVINO, attn, ...), a few runs each time; the medians over all rounds are
compared. Times are those of the attention alone: attn's are the
`seconds` of `attn bench -f json`, the others' are taken around the call, and no start of a process is in them.

Where a library has several ways to compute a row, each is tried and the fastest one is compared. What each way is:

    sdpa            torch.nn.functional.scaled_dot_product_attention, is_causal
    sdpa, grouped   the same with enable_gqa, where key/value heads are fewer
    sdpa, repeated  the same on key/value heads that were repeated before the time was taken
    formula         softmax(q @ k.mT * scale) @ v, with a mask that is added where it is causal
    x @ W           torch.mm
    Attention       the operator of ONNX opset 23 and later
    MHA, GQA        com.microsoft MultiHeadAttention and GroupQueryAttention; GQA is causal only. For one query
                    its cache is a shared buffer, as a decoder keeps it
    MatMul          with the matrix as a constant, so that it can be packed ahead
    SDPA            OpenVINO's scaled_dot_product_attention, in float32, on key/value heads that were repeated

A ratio over 1 means that attn is faster. Errors are those of the output (of x·W), rms and greatest. OpenVINO is left out
where it is not installed. This is no part of the tests.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass


LIBRARIES = ("PyTorch", "ONNX Runtime", "OpenVINO")
SPINNING = 0.3  # seconds for which a library's threads look for work before they sleep


@dataclass
class Row:
    mode: str
    batch: int
    heads: int
    kv_heads: int
    queries: int
    keys: int
    dim: int
    causal: bool = False

    @property
    def label(self):
        heads = f"{self.heads}" if self.heads == self.kv_heads else f"{self.heads}({self.kv_heads})"
        if self.projects:
            return f"{self.mode} {self.batch * self.queries},{self.width},{self.width}"
        shape = f"{self.batch},{heads},{self.queries},{self.keys},{self.dim}"
        return f"{self.mode} {shape}" + (" causal" if self.causal else "")

    @property
    def projects(self):
        return self.mode in ("projection", "packed-projection")

    @property
    def width(self):
        return self.heads * self.dim

    def bench_arguments(self):
        arguments = ["--mode", self.mode, "--shape", f"{self.batch},{self.heads},{self.queries},{self.dim}"]
        if not self.projects:
            arguments += ["--keys", str(self.keys), "--kv-heads", str(self.kv_heads)]
        return arguments + (["--causal"] if self.causal else [])


ROWS = [
    Row("stream", 1, 12, 12, 1024, 1024, 64),
    Row("stream", 1, 12, 12, 1024, 1024, 64, True),
    Row("stream", 1, 12, 12, 4096, 4096, 64),
    Row("stream", 1, 12, 12, 4096, 4096, 64, True),
    Row("stream", 1, 32, 8, 2048, 2048, 128),
    Row("stream", 1, 32, 8, 2048, 2048, 128, True),
    Row("stream", 8, 12, 12, 1024, 1024, 64),
    Row("materialise", 1, 12, 12, 1024, 1024, 64),
    Row("decode", 1, 32, 8, 1, 16384, 128),
    Row("projection", 1, 12, 12, 1024, 1024, 64),
    Row("packed-projection", 1, 12, 12, 1024, 1024, 64),
]


def draw(row):
    """The tensors of a row, as `attn bench` draws them: query, key, value, or x and W."""
    torch.manual_seed(0)
    if row.projects:
        x = torch.randn(row.batch * row.queries, row.width)
        return [x, torch.empty(row.width, row.width).normal_(0, 1 / math.sqrt(row.width))]
    query = torch.randn(row.batch, row.heads, row.queries, row.dim)
    key = torch.randn(row.batch, row.kv_heads, row.keys, row.dim)
    return [query, key, torch.randn(row.batch, row.kv_heads, row.keys, row.dim)]


class Attn:
    def __init__(self, executable, threads, kernel):
        self.executable, self.options = executable, ["--threads", str(threads), "--kernel", kernel]

    def run(self, arguments):
        return subprocess.run([self.executable, *arguments], check=True, capture_output=True, text=True).stdout

    def seconds(self, row, runs):
        arguments = ["bench", *row.bench_arguments(), *self.options, "--runs", str(runs), "--warmup", "1", "-f", "json"]
        result = json.loads(self.run(arguments))["results"][0]
        if result["status"] != "ok":
            sys.exit(f"attn: {row.label}: {result['status']}: {result['reason']}")
        return result["seconds"]

    def outputs(self, row, tensors, folder):
        """What attn makes of the tensors: [output], [output, weights] or [x @ W]."""
        def path(name):
            return os.path.join(folder, name)

        if row.projects:
            # As the query projection of a layer; the rest of the layer is not looked at.
            x, weight = (tensor.numpy() for tensor in tensors)
            numpy.savez(path("layer.npz"), embeddings=x, W_q=weight, W_k=weight, W_v=weight)
            self.run(["multihead", path("layer.npz"), "--heads", "1", *self.options, "-o", "query=" + path("query.npy")])
            return [numpy.load(path("query.npy")).reshape(x.shape)]
        arguments = ["compute", *self.options, "-q"] + (["--causal"] if row.causal else [])
        for name, tensor in zip(("query", "key", "value"), tensors):
            numpy.save(path(name), tensor.numpy())
            arguments += ["--" + name, path(name + ".npy")]
        wanted = ["output"] + (["weights"] if row.mode == "materialise" else [])
        for name in wanted:
            arguments += ["-o", f"{name}={path(name + '-attn.npy')}"]
        self.run(arguments)
        return [numpy.load(path(name + "-attn.npy")) for name in wanted]


def torch_ways(row, tensors):
    """Ways to compute a row: name -> function that gives a list of tensors."""
    if row.projects:
        x, weight = tensors
        return {"x @ W": lambda: [torch.mm(x, weight)]}
    query, key, value = tensors
    group = row.heads // row.kv_heads
    repeated = [key, value] if group == 1 else [t.repeat_interleave(group, dim=1) for t in (key, value)]
    scale = 1 / math.sqrt(row.dim)
    mask = torch.full((row.queries, row.keys), -math.inf).triu(1) if row.causal else None

    def formula():
        scores = (query @ repeated[0].mT) * scale
        weights = torch.softmax(scores if mask is None else scores + mask, dim=-1)
        return [weights @ repeated[1], weights]

    if row.mode == "materialise":
        return {"formula": formula}
    sdpa = torch.nn.functional.scaled_dot_product_attention
    ways = {"formula": lambda: formula()[:1]}
    if group == 1:
        ways["sdpa"] = lambda: [sdpa(query, key, value, is_causal=row.causal)]
    else:
        ways["sdpa, grouped"] = lambda: [sdpa(query, key, value, is_causal=row.causal, enable_gqa=True)]
        ways["sdpa, repeated"] = lambda: [sdpa(query, *repeated, is_causal=row.causal)]
    return ways


def session_of(nodes, inputs, outputs, threads, constants=()):
    """An ONNX Runtime session of a graph; inputs and outputs are (name, element type, shape)."""
    info = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "row",
        [info(*i) for i in inputs],
        [info(*o) for o in outputs],
        [onnx.numpy_helper.from_array(array, name) for name, array in constants],
    )
    opsets = [onnx.helper.make_opsetid("", 23), onnx.helper.make_opsetid("com.microsoft", 1)]
    model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def onnx_ways(row, tensors, threads):
    """As torch_ways; a way that this ONNX Runtime refuses is left out with a note."""
    f32 = onnx.TensorProto.FLOAT
    arrays = [tensor.numpy() for tensor in tensors]
    ways = {}

    def add(name, make):
        try:
            way = make()
            way()
            ways[name] = way
        except Exception as error:  # what an operator cannot do differs from version to version
            print(f"note: {row.label}: ONNX Runtime's {name}: {str(error).splitlines()[0][:150]}", file=sys.stderr)

    if row.projects:
        def matmul():
            x, weight = arrays
            session = session_of([onnx.helper.make_node("MatMul", ["x", "W"], ["y"])], [("x", f32, x.shape)],
                                 [("y", f32, x.shape)], threads, [("W", weight)])
            return lambda: session.run(["y"], {"x": x})

        add("MatMul", matmul)
        return ways

    query, key, value = arrays
    batch, heads, kv_heads, queries, keys, dim = (row.batch, row.heads, row.kv_heads, row.queries, row.keys, row.dim)

    def flat(array):  # (B, H, L, D) -> (B, L, H*D), as the com.microsoft operators take it
        return numpy.ascontiguousarray(array.transpose(0, 2, 1, 3)).reshape(batch, array.shape[2], -1)

    def unflat(array):
        return array.reshape(batch, queries, heads, dim).transpose(0, 2, 1, 3)

    def attention():
        weights = row.mode == "materialise"
        node = onnx.helper.make_node("Attention", ["q", "k", "v"], ["o"] + (["", "", "w"] if weights else []),
                                     is_causal=int(row.causal), **({"qk_matmul_output_mode": 3} if weights else {}))
        outputs = [("o", f32, query.shape)] + ([("w", f32, (batch, heads, queries, keys))] if weights else [])
        session = session_of([node], [("q", f32, query.shape), ("k", f32, key.shape), ("v", f32, value.shape)],
                             outputs, threads)
        return lambda: session.run(None, {"q": query, "k": key, "v": value})

    def multi_head():
        repeat = heads // kv_heads
        q, k, v = flat(query), flat(numpy.repeat(key, repeat, 1)), flat(numpy.repeat(value, repeat, 1))
        node = onnx.helper.make_node("MultiHeadAttention", ["q", "k", "v"], ["o"], domain="com.microsoft",
                                     num_heads=heads, unidirectional=int(row.causal))
        session = session_of([node], [("q", f32, q.shape), ("k", f32, k.shape), ("v", f32, v.shape)],
                             [("o", f32, q.shape)], threads)
        return Flat(lambda: session.run(None, {"q": q, "k": k, "v": v}), unflat)

    def grouped():
        past = keys - 1 if queries == 1 else 0
        q, k, v = flat(query), flat(key[:, :, past:]), flat(value[:, :, past:])
        i32 = onnx.TensorProto.INT32
        cache = (batch, kv_heads, keys if past else 0, dim)
        present = (batch, kv_heads, keys, dim)
        node = onnx.helper.make_node("GroupQueryAttention", ["q", "k", "v", "pk", "pv", "lengths", "total"],
                                     ["o", "nk", "nv"], domain="com.microsoft", num_heads=heads, kv_num_heads=kv_heads)
        session = session_of(
            [node],
            [("q", f32, q.shape), ("k", f32, k.shape), ("v", f32, v.shape), ("pk", f32, cache), ("pv", f32, cache),
             ("lengths", i32, (batch,)), ("total", i32, (1,))],
            [("o", f32, q.shape), ("nk", f32, present), ("nv", f32, present)],
            threads,
        )
        small = {"q": q, "k": k, "v": v, "lengths": numpy.full(batch, keys - 1, numpy.int32),
                 "total": numpy.array([keys], numpy.int32)}
        if not past:
            empty = numpy.zeros(cache, numpy.float32)
            return Flat(lambda: session.run(["o"], {**small, "pk": empty, "pv": empty}), unflat)
        # The cache holds all keys already, the last one is written over itself.
        binding = session.io_binding()
        value_of = onnxruntime.OrtValue.ortvalue_from_numpy
        for name, array in small.items():
            binding.bind_ortvalue_input(name, value_of(array))
        for source, target, array in (("pk", "nk", key), ("pv", "nv", value)):
            shared = value_of(array.copy())
            binding.bind_ortvalue_input(source, shared)
            binding.bind_ortvalue_output(target, shared)
        binding.bind_output("o")

        def run():
            session.run_with_iobinding(binding)
            return [binding.get_outputs()[2].numpy()]  # in the order in which they were bound

        return Flat(run, unflat)

    add("Attention", attention)
    if row.mode != "materialise":
        add("MHA", multi_head)
        if row.causal or queries == 1:
            add("GQA", grouped)
    return ways


def openvino_ways(row, tensors, threads):
    """As torch_ways. There is none for weights."""
    if openvino is None or row.mode == "materialise":
        return {}
    arrays = [tensor.numpy() for tensor in tensors]
    operators = openvino.opset13
    if row.projects:
        x = operators.parameter(arrays[0].shape, numpy.float32)
        result, inputs, given = operators.matmul(x, operators.constant(arrays[1]), False, False), [x], arrays[:1]
        name = "MatMul"
    else:
        repeat = row.heads // row.kv_heads
        given = [arrays[0], *(numpy.repeat(array, repeat, 1) for array in arrays[1:])]
        inputs = [operators.parameter(array.shape, numpy.float32) for array in given]
        result, name = operators.scaled_dot_product_attention(*inputs, causal=row.causal), "SDPA"
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    model = openvino.Core().compile_model(openvino.Model([result], inputs), "CPU", settings)
    request = model.create_infer_request()
    for at, array in enumerate(given):
        request.set_input_tensor(at, openvino.Tensor(array, shared_memory=True))

    def run():
        request.infer()
        return [request.get_output_tensor(0).data]

    run.inputs = given  # which the request does not keep
    return {name: run}


class Flat:
    """A way whose output has its heads side by side; they are taken apart where outputs are compared."""

    def __init__(self, run, unflat):
        self.run, self.unflat = run, unflat

    def __call__(self):
        return self.run()

    def comparable(self):
        return [self.unflat(output) for output in self.run()]


def comparable(way):
    outputs = way.comparable() if isinstance(way, Flat) else way()
    return [numpy.asarray(output) for output in outputs]


def time_way(way, runs):
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        way()
        seconds.append(time.perf_counter() - start)
    return seconds


def agreement(outputs, wanted, row, name):
    """The greatest difference; ends the program where it is past what float32 explains."""
    difference = 0.0
    for ours, theirs in zip(wanted, outputs):
        if ours.shape != theirs.shape:
            sys.exit(f"{row.label}: {name} gives the shape {theirs.shape}, attn {ours.shape}")
        largest = float(numpy.abs(ours).max())
        difference = max(difference, float(numpy.abs(ours - theirs).max()))
        if not difference <= 2e-5 * max(1.0, largest):
            sys.exit(f"{row.label}: {name} and attn differ by {difference:.2e}")
    return difference


def exact(row, tensors):
    """The output, or x·W, in float64."""
    if row.projects:
        return (tensors[0].double() @ tensors[1].double()).numpy()
    query, key, value = tensors
    group = row.heads // row.kv_heads
    mask = torch.full((row.queries, row.keys), -math.inf, dtype=torch.float64).triu(1) if row.causal else 0
    output = numpy.empty((row.batch, row.heads, row.queries, row.dim))
    for b in range(row.batch):
        for h in range(row.heads):  # one at a time, as they are large
            scores = query[b, h].double() @ key[b, h // group].double().mT / math.sqrt(row.dim) + mask
            output[b, h] = (torch.softmax(scores, dim=-1) @ value[b, h // group].double()).numpy()
    return output


def errors(output, wanted):
    """rms and greatest."""
    difference = output.reshape(wanted.shape) - wanted
    return {"rms": float(numpy.sqrt(numpy.mean(difference**2))), "greatest": float(numpy.abs(difference).max())}


def fastest(ways, runs=3):
    medians = {name: statistics.median(time_way(way, runs + 1)[1:]) for name, way in ways.items()}
    return min(medians, key=medians.get)


def measure(row, attn, threads, rounds, runs):
    tensors = draw(row)
    libraries = {
        "PyTorch": torch_ways(row, tensors),
        "ONNX Runtime": onnx_ways(row, tensors, threads),
        "OpenVINO": openvino_ways(row, tensors, threads),
    }
    with tempfile.TemporaryDirectory() as folder:
        wanted = attn.outputs(row, tensors, folder)
    right = exact(row, tensors)
    found = {"attn": errors(wanted[0], right)}
    difference = 0.0
    chosen = {library: fastest(ways) for library, ways in libraries.items() if ways}
    for library, ways in libraries.items():
        for name, way in ways.items():
            outputs = comparable(way)
            difference = max(difference, agreement(outputs, wanted, row, f"{library}'s {name}"))
            if name == chosen[library]:
                found[library] = errors(outputs[0], right)
    del wanted, right
    seconds = {"attn": [], **{library: [] for library in chosen}}
    for _ in range(rounds):
        time.sleep(SPINNING)
        seconds["attn"] += attn.seconds(row, runs)
        for library, name in chosen.items():
            time.sleep(SPINNING)
            seconds[library] += time_way(libraries[library][name], runs + 1)[1:]
    medians = {name: statistics.median(some) for name, some in seconds.items()}
    return {
        "row": row.label,
        "attn_ms": 1e3 * medians["attn"],
        "peers": {
            library: {"way": name, "ms": 1e3 * medians[library], "ratio": medians[library] / medians["attn"]}
            for library, name in chosen.items()
        },
        "errors": found,
        "difference": difference,
    }


def cells(result):
    row = [result["row"], f"{result['attn_ms']:.2f}"]
    for library in LIBRARIES:
        peer = result["peers"].get(library)
        row += [peer["way"], f"{peer['ms']:.2f}", f"{peer['ratio']:.2f}"] if peer else ["", "", ""]
    for program in ("attn", *LIBRARIES):
        error = result["errors"].get(program)
        row.append(f"{error['rms']:.1e}, {error['greatest']:.1e}" if error else "")
    return row + [f"{result['difference']:.1e}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("attn", help="the executable")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of every program")
    parser.add_argument("--kernel", default="auto", help="attn's kernel set")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each program (default: 5)")
    parser.add_argument("--runs", type=int, default=5, help="runs a turn (default: 5)")
    parser.add_argument("--rows", default="", help="only rows that have this text in their label")
    parser.add_argument("--json", metavar="FILE", help="write the figures to FILE as well")
    options = parser.parse_args()

    global numpy, onnx, onnxruntime, openvino, torch
    # A core type that was set for another library's sake would hold the peers back; so would a thread count.
    for name in ("OPENBLAS_CORETYPE", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.pop(name, None)
    import numpy
    import onnx
    import onnxruntime
    import torch

    try:
        import openvino
    except ImportError:
        openvino = None

    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    attn = Attn(options.attn, options.threads, options.kernel)
    versions = f"PyTorch {torch.__version__}, ONNX Runtime {onnxruntime.__version__}, "
    versions += f"OpenVINO {openvino.__version__}, " if openvino else ""
    versions += f"{options.threads} threads, float32"
    print(f"{attn.run(['--version']).strip()}, {versions}\n")
    header = ["row", "attn ms"]
    for library in LIBRARIES:
        header += [library, "ms", "ratio"]
    header += [f"{program}'s error" for program in ("attn", *LIBRARIES)] + ["difference"]
    print("| " + " | ".join(header) + " |\n|" + " --- |" * len(header), flush=True)
    results = []
    for row in ROWS:
        if options.rows not in row.label:
            continue
        results.append(measure(row, attn, options.threads, options.rounds, options.runs))
        print("| " + " | ".join(cells(results[-1])) + " |", flush=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"versions": versions, "rows": results}, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
