"""Random documents over the features of compute and multihead, each with its flags and what is right. For check_random.py.

The formulas are written out in NumPy, in float64, from attn-numerics(7) and attn-json(5); letters are those pages'.
"""

import math

import numpy as np
from random_masks import Grid, expression


class Case:
    """A run of attn: its arguments, its document, and the tensors that it must give by name."""

    def __init__(self, random, folder):
        self.random, self.folder = random, folder
        self.document, self.flags, self.expected = {}, [], {}
        self.command = "compute"
        self.is_array_file = False  # The document is an NPZ file, not JSON.
        self.dtype = str(random.choice(["f32", "f64", "f16"]))
        self.rounds_results = False  # What f16 rounds is a result, which float32 may have on the other side of a tie.

    def n(self, least, most):
        return int(self.random.integers(least, most + 1))

    def chance(self, share):
        return self.random.random() < share

    def draw(self, *shape, spread=1.0):
        """Numbers that float32 holds exactly."""
        return self.random.normal(0, spread, shape).astype(np.float32).astype(np.float64)

    def operand(self, x):
        """An operand of a matrix product, as the element type has it."""
        return x.astype(np.float16).astype(np.float64) if self.dtype == "f16" else x

    def numbers(self, count, choices):
        return [float(self.random.choice(choices)) for _ in range(count)]

    def flag(self, name, value=None):
        self.flags += [name] if value is None else [f"{name}={value}"]


def slopes_of(heads):
    """ALiBi's, as in the authors' code (github.com/ofirpress/attention_with_linear_biases)."""
    if math.log2(heads).is_integer():
        return [2 ** (-8 * (i + 1) / heads) for i in range(heads)]
    power = 2 ** math.floor(math.log2(heads))
    return slopes_of(power) + slopes_of(2 * power)[0::2][: heads - power]


def listed(numbers):
    return ",".join(repr(float(x)) for x in numbers)


def normed(x, kind, epsilon, weight=None):
    if kind == "l2":
        return x / np.maximum(np.sqrt((x * x).sum(-1, keepdims=True)), epsilon)
    y = x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon)
    return y if weight is None else y * weight


def turned(x, positions, theta, interleaved, dims):
    """RoPE of (B, H, T, D) by positions (B, T)."""
    y = x.copy()
    half = dims // 2
    angles = positions[:, None, :, None] * theta ** (-2 * np.arange(half) / dims)
    cos, sin = np.cos(angles), np.sin(angles)
    a, b = (slice(0, dims, 2), slice(1, dims, 2)) if interleaved else (slice(0, half), slice(half, dims))
    y[..., a], y[..., b] = x[..., a] * cos - x[..., b] * sin, x[..., b] * cos + x[..., a] * sin
    return y


class Attention:
    """The pipeline over heads: what both commands share. Draws options of it, and evaluates the formula."""

    def __init__(self, case, batch, heads, kv_heads, queries, new_keys, past, has_batch_axis, has_heads_axis):
        self.case = case
        self.batch, self.heads, self.kv_heads = batch, heads, kv_heads
        self.queries, self.keys, self.past = queries, past + new_keys, past
        self.has_batch_axis, self.has_heads_axis = has_batch_axis, has_heads_axis
        self.draw_structure()
        self.draw_scores()
        self.draw_masks()

    def draw_structure(self):
        """Lengths, starts, prefixes and segments: what masks may depend on."""
        c, document = self.case, self.case.document
        self.lengths = self.starts = prefixes = segments = None
        from_start = False
        if c.chance(0.2):
            self.lengths = [c.n(0, self.keys) for _ in range(self.batch)]
            document["key_lengths"] = self.lengths
        if c.chance(0.15):
            self.starts = [c.n(0, end) for end in self.lengths or [self.keys] * self.batch]
            document["key_starts"] = self.starts
            from_start = c.chance(0.5)
            if from_start:
                c.flag("--positions", "from-start")
        if c.chance(0.2):
            prefixes = [c.n(0, self.keys) for _ in range(self.batch)]
            document["prefix_lengths"] = prefixes
        if c.chance(0.2) and self.keys > 0:
            rows = self.batch if self.has_batch_axis and c.chance(0.5) else 1
            segments = [[c.n(0, 2) for _ in range(self.keys)] for _ in range(rows)]
            document["segments"] = segments if rows > 1 else segments[0]
        self.offsets = np.full(self.batch, self.past)
        if self.lengths is not None and self.past == 0:
            self.offsets = np.maximum(0, np.asarray(self.lengths) - self.queries)
        self.from_start = from_start and self.starts is not None
        self.grid = Grid(self.batch, self.heads, self.queries, self.keys, self.offsets, self.lengths, self.starts,
                         from_start, prefixes, segments)
        self.grid.rank3_is_batch = not self.has_heads_axis and self.has_batch_axis

    def broadcast(self, keys, integers=False):
        """Numbers of a shape that broadcasts to the scores: as the document has them, and as (B, H, L, S)."""
        c, b, h, l = self.case, self.batch, self.heads, self.queries
        one = lambda extent: extent if c.chance(0.7) else 1
        shapes = [(keys,), (one(l), keys)]
        if self.has_heads_axis:
            shapes += [(one(h), one(l), keys), (one(b), one(h), one(l), keys)]
        elif self.has_batch_axis:
            shapes += [(one(b), one(l), keys)]
        shape = shapes[c.n(0, len(shapes) - 1)]
        own = c.random.integers(0, 2, shape) if integers else c.draw(*shape)
        laid = own[:, None] if self.grid.rank3_is_batch and own.ndim == 3 else own
        return own, np.broadcast_to(laid, (b, h, l, keys))

    def draw_scores(self):
        c, document = self.case, self.case.document
        self.scale = np.full((self.heads, 1, 1), np.nan)  # none: by the width
        if c.chance(0.3):
            kind = c.n(0, 1 if c.is_array_file else 3)
            each = c.numbers(self.heads if kind == 1 else 1, [0, 0.5, -0.25, 1.5, 0.125])
            if kind == 2:
                each = [1.0]
                document["scale"] = "none"
            elif kind == 3:
                document["scale"] = each[0]
            else:
                c.flag("--scale", listed(each))
            self.scale = np.broadcast_to(np.reshape(each, (-1, 1, 1)), (self.heads, 1, 1))
        self.by_query = np.ones((1, 1, 1, 1))
        if c.chance(0.15):
            rows = self.batch if self.has_batch_axis and c.chance(0.5) else 1
            by = c.random.choice([0.5, 1, 2, -1, 0], (rows, self.queries))
            document["scale_by"] = by if rows > 1 or (self.has_batch_axis and c.chance(0.3) and self.batch == 1) else by[0]
            self.by_query = by[:, None, :, None]
        self.softcap = float(c.random.choice([0, 0, 0, 1.5, 4]))
        if self.softcap:
            c.flag("--softcap", self.softcap)
        self.bias = np.zeros((self.batch, self.heads, self.queries, self.keys))
        if c.chance(0.25):
            own, self.bias = self.broadcast(self.keys)
            hidden = c.random.random(own.shape) < 0.15
            own[hidden] = -np.inf
            laid = own[:, None] if self.grid.rank3_is_batch and own.ndim == 3 else own
            self.bias = np.broadcast_to(laid, self.bias.shape)
            document["bias"] = own
        self.slopes, self.distance = None, None
        if c.chance(0.2):
            self.slopes = slopes_of(self.heads)
            if c.chance(0.5):
                self.slopes = c.numbers(self.heads, [0.5, 0.25, 1, 0, 0.0625])
                c.flag("--alibi-slopes", listed(self.slopes))
            else:
                c.flag("--alibi")
        self.sinks = None
        if c.chance(0.2):
            self.sinks = c.numbers(self.heads if c.chance(0.5) else 1, [0, 0.5, -2, 3])
            c.flag("--sink", listed(self.sinks))
            self.sinks = np.broadcast_to(np.reshape(self.sinks, (-1, 1, 1)), (self.heads, 1, 1))

    def draw_masks(self):
        c, document = self.case, self.case.document
        self.allowed = np.ones((self.batch, self.heads, self.queries, self.keys), bool)
        if c.chance(0.3):
            of_new = self.past > 0 and c.chance(0.5)
            own, laid = self.broadcast(self.keys - self.past if of_new else self.keys, integers=True)
            document["mask"] = own.astype(bool) if c.chance(0.5) else own
            drop = c.chance(0.3)
            if drop:
                c.flag("--mask-means", "drop")
            if of_new:
                c.flag("--mask-of", "new")
                cached = np.ones((self.batch, self.heads, self.queries, self.past), bool)
                laid = np.concatenate([cached, (laid != 0) != drop], -1)
                self.allowed = self.allowed & laid
            else:
                self.allowed = self.allowed & ((laid != 0) != drop)
        of_new = "--mask-of=new" in c.flags
        if c.chance(0.3):
            c.flag("--causal")
            self.allowed = self.allowed & (self.grid.k <= self.grid.p)
        for _ in range(int(c.random.choice([0, 0, 0, 1, 1, 2]))):
            text, mask = expression(c.random, self.grid, c.folder)
            if of_new and "file:" in text:
                continue
            c.flag("--mask", text)
            self.allowed = self.allowed & mask
        if self.lengths is not None:
            self.allowed = self.allowed & (self.grid.k < np.reshape(self.lengths, (-1, 1, 1, 1)))
        if self.starts is not None:
            self.allowed = self.allowed & (self.grid.k >= np.reshape(self.starts, (-1, 1, 1, 1)))
        self.empty_row = str(c.random.choice(["zero", "zero", "nan", "uniform"]))
        if self.empty_row != "zero":
            c.flag("--empty-row", self.empty_row)

    def run(self, q, k, v, positions=None, key_positions=None, appended=0):
        """Tensors by name, (B, H, L, ·). The last `appended` keys are hidden by nothing."""
        q, k, v = (self.case.operand(x) for x in (q, k, v))
        share = self.heads // self.kv_heads
        k, v = np.repeat(k, share, 1), np.repeat(v, share, 1)
        width = q.shape[-1]
        scale = np.where(np.isnan(self.scale), 1 / math.sqrt(width) if width else 1.0, self.scale)
        pad = lambda x, value: np.concatenate([x, np.full(x.shape[:-1] + (appended,), value)], -1)
        allowed, bias = pad(self.allowed, True), pad(self.bias, 0.0)
        scores = np.einsum("bhid,bhjd->bhij", q, k) * scale * self.by_query
        capped = self.softcap * np.tanh(scores / self.softcap) if self.softcap else scores
        masked = capped + bias
        if self.slopes is not None:
            distance = abs(self.grid.p - self.grid.k)
            if positions is not None:
                distance = abs(positions[:, None, :, None] - key_positions[:, None, None, :])
            masked = masked - np.reshape(self.slopes, (-1, 1, 1)) * distance
        allowed = allowed & ~np.isneginf(bias)
        masked = np.where(allowed, masked, -np.inf)
        peak = masked.max(-1, keepdims=True, initial=-np.inf)
        if self.sinks is not None:
            peak = np.maximum(peak, self.sinks)
        shift = np.where(np.isneginf(peak), 0, peak)
        exponentials = np.exp(masked - shift)
        total = exponentials.sum(-1, keepdims=True)
        if self.sinks is not None:
            total = total + np.exp(self.sinks - shift)
        empty = ~allowed.any(-1, keepdims=True) & (self.sinks is None)
        weights = exponentials / np.where(empty, 1, total)
        if self.empty_row == "nan":
            weights = np.where(empty, np.nan, weights)
        elif self.empty_row == "uniform":
            weights = np.where(empty, 1 / max(1, weights.shape[-1]), weights)
        output = np.einsum("bhij,bhjd->bhid", weights, v)
        if self.empty_row == "nan":
            output = np.where(empty, np.nan, output)
        with np.errstate(divide="ignore"):
            lse = np.where(empty, -np.inf, shift + np.log(total))[..., 0]
        return {"scores": scores, "capped": capped, "masked": masked, "mask": allowed.astype(float),
                "weights": weights, "output": output, "lse": lse}


def positions_of(case, batch, queries, keys, has_batch_axis):
    """Positions for the document, and as (B, L) and (B, S)."""
    rows = batch if has_batch_axis and case.chance(0.5) else 1
    own = case.random.integers(0, 40, (rows, queries)).astype(float) / 2
    of_keys = case.random.integers(0, 40, (rows, keys)).astype(float) / 2
    case.document["position_ids"] = own if rows > 1 else own[0]
    case.document["key_position_ids"] = of_keys if rows > 1 else of_keys[0]
    return np.broadcast_to(own, (batch, queries)), np.broadcast_to(of_keys, (batch, keys))


def compute_case(case):
    layout = str(case.random.choice(["L", "BL", "BHL", "L*", "BL*"]))
    split = layout.endswith("*")
    batch = case.n(1, 3) if layout.startswith("B") else 1
    kv_heads = case.n(1, 2) if layout in ("BHL", "L*", "BL*") else 1
    heads = kv_heads * (case.n(1, 3) if kv_heads * layout.count("H") + split else 1)
    case.is_array_file = case.chance(0.3)
    least = 0 if case.is_array_file and case.chance(0.3) else 1  # JSON has no empty rows
    queries, new, past = case.n(least, 9), case.n(least, 12), case.n(1, 5) if case.chance(0.25) else 0
    width, value_width = case.n(1, 9), case.n(least, 9)
    if case.chance(0.3):
        new = queries
    q = case.draw(batch, heads, queries, width)
    k, v = case.draw(batch, kv_heads, new, width), case.draw(batch, kv_heads, new, value_width)
    past_k, past_v = case.draw(batch, kv_heads, past, width), case.draw(batch, kv_heads, past, value_width)

    def laid(x):
        """(B, H, T, D) as the document has it."""
        if layout == "BHL":
            return x
        x = x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], x.shape[1] * x.shape[3])
        return x if layout.startswith("B") else x[0]

    def laid_cache(x):
        x = x if split or layout == "BHL" else x[:, 0]
        return x if layout.startswith("B") else x[0]

    case.document.update(query=laid(q), key=laid(k), value=laid(v))
    if past:
        case.document.update(past_key=laid_cache(past_k), past_value=laid_cache(past_v))
    if split:
        case.flag("--heads", heads)
        if kv_heads != heads or case.chance(0.2):
            case.flag("--kv-heads", kv_heads)
    attention = Attention(case, batch, heads, kv_heads, queries, new, past, layout.startswith("B"), layout not in ("L", "BL"))
    positions = key_positions = None
    if attention.slopes is not None and case.chance(0.4):
        positions, key_positions = positions_of(case, batch, queries, past + new, layout.startswith("B"))
    if not past and case.chance(0.1):
        kind = str(case.random.choice(["l2", "rms"]))
        case.flag("--norm-qk", kind)
        q, k = (normed(x, kind, 1e-12 if kind == "l2" else 1e-6) for x in (q, k))
        case.rounds_results = True
    all_k, all_v = np.concatenate([past_k, k], 2), np.concatenate([past_v, v], 2)
    results = attention.run(q, all_k, all_v, positions, key_positions)
    for name, tensor in results.items():
        if name == "output":
            case.expected[name] = laid(tensor)
            continue
        tensor = tensor if layout not in ("L", "BL") else tensor[:, 0]
        case.expected[name] = tensor if layout.startswith("B") else tensor[0]
    if past:
        case.expected["present_key"], case.expected["present_value"] = laid_cache(all_k), laid_cache(all_v)
    case.row_axis = {name: -1 if name == "lse" else -2 for name in results}
    case.queries = queries


def multihead_case(case):
    case.rounds_results = True
    has_batch = case.chance(0.5)
    batch = case.n(1, 3) if has_batch else 1
    kv_heads = case.n(1, 2)
    heads = kv_heads * case.n(1, 3)
    queries, past = case.n(1, 8), case.n(1, 4) if case.chance(0.2) else 0
    width, value_width, model = 2 * case.n(1, 3), case.n(1, 5), case.n(2, 7)
    cross = case.chance(0.3)
    new = case.n(1, 9) if cross else queries
    names = str(case.random.choice(["plain", "linear", "in_proj"]))
    if names == "in_proj":
        kv_heads, width = heads, 2 * case.n(1, 2)
        value_width, model = width, heads * width
    x = case.draw(batch, queries, model)
    xk, xv = (case.draw(batch, new, model), case.draw(batch, new, model)) if cross else (x, x)
    item = lambda t: t if has_batch else t[0]
    if cross:
        case.document.update(query=item(x), key=item(xk), value=item(xv))
    else:
        case.document["embeddings"] = item(x)
    sizes = {"q": heads * width, "k": kv_heads * width, "v": kv_heads * value_width}
    matrices = {n: case.draw(model, size, spread=0.6) for n, size in sizes.items()}
    biases = {n: case.draw(size, spread=0.3) if case.chance(0.5) else None for n, size in sizes.items()}
    out = case.n(1, 6)
    matrices["o"] = case.draw(heads * value_width, out, spread=0.6) if case.chance(0.7) else None
    biases["o"] = case.draw(out, spread=0.3) if matrices["o"] is not None and case.chance(0.5) else None
    projections = {}
    if names == "in_proj":
        projections["in_proj_weight"] = np.concatenate([matrices[n].T for n in "qkv"])
        if biases["q"] is not None:
            biases["k"], biases["v"] = case.draw(sizes["k"]), case.draw(sizes["v"])
            projections["in_proj_bias"] = np.concatenate([biases[n] for n in "qkv"])
        else:
            biases["k"] = biases["v"] = None
    for n in "qkvo":
        if matrices[n] is None or (names == "in_proj" and n != "o"):
            continue
        long = "out_proj" if n == "o" else f"{n}_proj"
        if names == "plain":
            projections[f"W_{n}"] = matrices[n]
        else:
            projections[f"{long}.weight"] = matrices[n].T
        if biases[n] is not None:
            projections[f"b_{n}" if names == "plain" else f"{long}.bias"] = biases[n]
    case.document["projections"] = projections
    case.document["num_heads"] = heads
    if kv_heads != heads and case.chance(0.5):
        case.document["num_kv_heads"] = kv_heads
    if value_width != width or kv_heads != heads:
        case.document["num_kv_heads"] = kv_heads

    def projected(t, n, count):
        y = case.operand(t) @ case.operand(matrices[n]) + (0 if biases[n] is None else biases[n])
        return y.reshape(batch, t.shape[1], count, -1).transpose(0, 2, 1, 3)

    q, k, v = projected(x, "q", heads), projected(xk, "k", kv_heads), projected(xv, "v", kv_heads)
    attention = Attention(case, batch, heads, kv_heads, queries, new, past, has_batch, True)
    if case.chance(0.2):
        kind = str(case.random.choice(["l2", "rms"]))
        case.flag("--norm-qk", kind)
        weights = {n: None for n in "qk"}
        if kind == "rms" and case.chance(0.5):
            weights = {n: case.draw(width) for n in "qk"}
            projections.update({f"{n}_norm.weight": weights[n] for n in "qk"})
        epsilon = 1e-12 if kind == "l2" else 1e-6
        q, k = normed(q, kind, epsilon, weights["q"]), normed(k, kind, epsilon, weights["k"])
    positions = key_positions = None
    if case.chance(0.4) and not (attention.from_start and past):
        theta, interleaved = float(case.random.choice([100, 10000])), case.chance(0.5)
        case.flag("--rope", f"{theta:g}" + (":interleaved" if interleaved else ":half" if case.chance(0.5) else ""))
        dims = width
        if case.chance(0.3):
            dims = 2 * case.n(1, width // 2)
            case.flag("--rope-dims", dims)
        start = case.n(0, 9) if case.chance(0.3) else 0
        if start:
            case.flag("--rope-offset", start)
        if past or attention.starts is not None or attention.lengths is not None or case.chance(0.3):
            positions, key_positions = positions_of(case, batch, queries, past + new, has_batch)
            own, of_keys = positions, key_positions[:, past:]
        else:
            own = np.broadcast_to(np.arange(queries), (batch, queries))
            of_keys = np.broadcast_to(np.arange(new), (batch, new))
        q, k = (turned(t, at + start, theta, interleaved, dims) for t, at in ((q, own), (k, of_keys)))
    past_k, past_v = case.draw(batch, kv_heads, past, width), case.draw(batch, kv_heads, past, value_width)
    if past:
        case.document.update(past_key=item(past_k), past_value=item(past_v))
    all_k, all_v = np.concatenate([past_k, k], 2), np.concatenate([past_v, v], 2)
    appended = 0
    run_k, run_v = all_k, all_v
    if attention.slopes is None and case.chance(0.15):
        case.flag("--add-zero-attn")
        appended = 1
        run_k, run_v = (np.concatenate([t, np.zeros(t.shape[:2] + (1, t.shape[3]))], 2) for t in (all_k, all_v))
    results = attention.run(q, run_k, run_v, positions, key_positions, appended)
    concat = results["output"].transpose(0, 2, 1, 3).reshape(batch, queries, -1)
    results["concat"] = results["output"] = concat
    if matrices["o"] is not None and case.chance(0.1):
        case.flag("--no-output-projection")
    elif matrices["o"] is not None:
        results["output"] = case.operand(concat) @ case.operand(matrices["o"]) + (0 if biases["o"] is None else biases["o"])
    if case.chance(0.15):
        case.flag("--average")
        results["weights"] = results["weights"].mean(1)
    case.command = "multihead"
    case.expected = {name: item(tensor) for name, tensor in results.items()}
    if past:
        case.expected["present_key"], case.expected["present_value"] = item(all_k), item(all_v)
    case.row_axis = {name: -1 if name == "lse" else -2 for name in results}
    case.queries = queries


def mask_case(case):
    queries, keys, offset = case.n(0, 9), case.n(0, 12), case.n(-3, 4)
    grid = Grid(1, 1, queries, keys, [offset])
    text, mask = expression(case.random, grid, case.folder, 3)
    case.command = "mask"
    case.flags = [text, f"--queries={queries}", f"--keys={keys}", f"--offset={offset}"]
    case.expected = {"mask": mask[0, 0].astype(float)}
    case.row_axis, case.queries, case.document = {}, queries, None


def drawn(random, folder):
    case = Case(random, folder)
    kind = case.n(0, 9)
    (mask_case if kind == 0 else compute_case if kind < 6 else multihead_case)(case)
    if case.command != "mask" and case.queries > 0 and case.chance(0.15):
        begin = case.n(0, case.queries - 1)
        end = case.n(begin + 1, case.queries)
        case.flag("--query-range", f"{begin}:{end}")
        for name, axis in case.row_axis.items():
            case.expected[name] = np.take(case.expected[name], range(begin, end), axis)
    return case
