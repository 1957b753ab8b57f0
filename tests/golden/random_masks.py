"""Random expressions of the mask language, each with its meaning by plain NumPy. For check_random.py.

Definitions are those of attn-mask(1) and attn-numerics(7), MASKS.
"""

import numpy as np


class Grid:
    """What atoms may depend on. Arrays of atoms broadcast to (B, H, L, S)."""

    def __init__(self, batch, heads, queries, keys, offsets, lengths=None, starts=None, from_start=False,
                 prefixes=None, segments=None):
        self.batch, self.heads, self.queries, self.keys = batch, heads, queries, keys
        self.lengths, self.starts, self.prefixes, self.segments = lengths, starts, prefixes, segments
        self.offsets = np.broadcast_to(np.asarray(offsets), batch)
        column = lambda numbers: np.asarray(numbers).reshape(-1, 1, 1, 1)
        self.i = np.arange(queries).reshape(1, 1, -1, 1)
        self.k = np.arange(keys).reshape(1, 1, 1, -1)
        self.p = self.i + column(self.offsets)
        # Bottom right: the last query attends the last key, of those that are no padding.
        ends = np.full(batch, keys) if lengths is None else np.asarray(lengths)
        self.p_right = self.i + column(ends - queries)
        first = column(starts if starts is not None and from_start else np.zeros(batch, int))
        self.own_p, self.own_k = self.p - first, self.k - first
        self.rank3_is_batch = False
        self.has_places = bool(queries == 0 or (self.p.max() < keys and self.p.min() >= 0))

    def full(self, mask):
        return np.broadcast_to(mask, (self.batch, self.heads, self.queries, self.keys))


def split_mix(state, n):
    """Output n of SplitMix64 for a seed, as attn-numerics(7) has it."""
    word = (1 << 64) - 1
    z = (state + (n + 1) * 0x9E3779B97F4A7C15) & word
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & word
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & word
    return z ^ (z >> 31)


def parts_of(random, total):
    """Whole numbers that sum to a total."""
    cuts = sorted(random.integers(0, total + 1, random.integers(0, 4)))
    return [int(b - a) for a, b in zip([0] + cuts, cuts + [total])]


def documents_of(lengths):
    return np.repeat(np.arange(len(lengths)), lengths)


def window(p, k, left, right):
    return ((left < 0) | (k >= p - left)) & ((right < 0) | (k <= p + right))


def atom(random, grid, folder):
    """An atom's text and its mask."""
    n = lambda least, most: int(random.integers(least, most + 1))
    numbers = lambda values: ",".join(map(str, values))
    i, k, p = grid.i, grid.k, grid.p
    kinds = ["all", "none", "causal", "window", "right", "sink", "prefix", "padding", "global", "block", "stride",
             "dilated", "random", "packed", "file"]
    if grid.has_places and grid.keys > 0:
        kinds += ["documents", "grid", "tree"] + ["segments"] * (grid.segments is not None)
    kind = kinds[n(0, len(kinds) - 1)]
    if kind == "all":
        return "all", np.array(True)
    if kind == "none":
        return "none", np.array(False)
    if kind == "causal":
        return "causal", k <= p
    if kind == "window":
        left, right = n(-1, 5), n(-1, 5)
        return f"window:{left},{right}", window(p, k, left, right)
    if kind == "right":
        if n(0, 1):
            return "causal:bottom-right", k <= grid.p_right
        left, right = n(-1, 5), n(-1, 5)
        return f"window:{left},{right}:bottom-right", window(grid.p_right, k, left, right)
    if kind == "sink":
        first = n(0, 4)
        return f"sink:{first}", grid.own_k < first
    if kind == "prefix":
        if grid.prefixes is not None and n(0, 1):
            return "prefix", grid.own_k < np.reshape(grid.prefixes, (-1, 1, 1, 1))
        each = [n(0, grid.keys) for _ in range(grid.batch if n(0, 1) else 1)]
        return f"prefix:{numbers(each)}", grid.own_k < np.reshape(each, (-1, 1, 1, 1))
    if kind == "padding":
        each = [n(0, grid.keys) for _ in range(grid.batch if n(0, 1) else 1)]
        bounds = np.reshape(each, (-1, 1, 1, 1))
        return (f"padding:{numbers(each)}", k < bounds) if n(0, 1) else (f"padding:{numbers(each)}:left", k >= bounds)
    if kind == "global":
        listed = [n(0, max(0, grid.keys - 1)) for _ in range(n(1, 3))]
        return f"global:{numbers(listed)}", np.isin(grid.own_p, listed) | np.isin(grid.own_k, listed)
    if kind == "block":
        size = n(1, 5)
        return f"block:{size}", (grid.own_p >= 0) & (grid.own_k >= 0) & (grid.own_p // size == grid.own_k // size)
    if kind == "stride":
        step = n(1, 4)
        return f"stride:{step}", (p - k) % step == 0
    if kind == "dilated":
        reach, step = n(0, 6), n(1, 3)
        return f"dilated:{reach},{step}", (abs(p - k) <= reach) & ((p - k) % step == 0)
    if kind == "random":
        share, seed = [0, 0.25, 0.5, 1][n(0, 3)], n(0, 99)
        drawn = [[split_mix(split_mix(seed, a), b) < share * 2**64 for b in range(grid.keys)]
                 for a in range(grid.queries)]
        return f"random:{share},{seed}", np.array(drawn, bool).reshape(1, 1, grid.queries, grid.keys)
    if kind == "packed":
        of_queries = parts_of(random, grid.queries)
        of_keys = parts_of(random, grid.keys)
        count = min(len(of_queries), len(of_keys))
        of_queries = of_queries[: count - 1] + [sum(of_queries[count - 1 :])]
        of_keys = of_keys[: count - 1] + [sum(of_keys[count - 1 :])]
        queries, keys = documents_of(of_queries), documents_of(of_keys)
        text = f"documents:{numbers(of_queries)}/{numbers(of_keys)}"
        same = queries[:, None] == keys[None, :]
        if n(0, 1):
            return text, same.reshape(1, 1, grid.queries, grid.keys)
        # The last query of each document sees the last key of it.
        last_query, last_key = np.cumsum(of_queries) - 1, np.cumsum(of_keys) - 1
        seen = np.arange(grid.queries) - last_query[queries] + last_key[queries]
        return text + ":causal", (same & (np.arange(grid.keys)[None, :] <= seen[:, None])).reshape(same.shape)[None, None]
    if kind == "file":
        shape = [(grid.keys,), (grid.queries, grid.keys), (grid.heads, grid.queries, grid.keys),
                 (grid.batch, 1, 1, grid.keys), (1, grid.heads, grid.queries, 1)][n(0, 4)]
        if grid.rank3_is_batch and len(shape) == 3:
            shape = (grid.batch, grid.queries, grid.keys)
        if grid.rank3_is_batch and len(shape) == 4:
            shape = (grid.batch, grid.queries, 1)
        stored = random.integers(0, 2, shape).astype(np.uint8)
        name = f"mask{n(0, 10**9)}.npy"
        np.save(folder / name, stored)
        if grid.rank3_is_batch and len(shape) == 3:
            stored = stored[:, None]
        return f"file:{folder / name}", stored != 0
    if kind == "documents":
        lengths = parts_of(random, grid.keys)
        ids = documents_of(lengths)
        causal = bool(n(0, 1))
        same = ids[p] == ids[k]
        return f"documents:{numbers(lengths)}" + ":causal" * causal, same & (k <= p) if causal else same
    if kind == "grid":
        height = n(1, 4)
        width, reach = -(-grid.keys // height), n(0, 2)
        a, b = grid.own_p, grid.own_k
        near = (abs(a // width - b // width) <= reach) & (abs(a % width - b % width) <= reach)
        return f"grid:{height}x{width},{reach}", (a >= 0) & (b >= 0) & near
    if kind == "tree":
        parents = [n(-1, j - 1) for j in range(grid.keys)]
        above = np.zeros((grid.keys, grid.keys), bool)
        for j, parent in enumerate(parents):
            if parent >= 0:
                above[j] = above[parent]
            above[j, j] = True
        return f"tree:{numbers(parents)}", above[p, k]
    ids = np.broadcast_to(np.asarray(grid.segments), (grid.batch, grid.keys))
    items = np.arange(grid.batch).reshape(-1, 1, 1, 1)
    return "segments", ids[items, p] == ids[items, k]


def expression(random, grid, folder, depth=2):
    """A random expression: its text, and its mask as (B, H, L, S) booleans."""
    kind = random.integers(0, 5) if depth > 0 else 0
    if kind <= 1:
        text, mask = atom(random, grid, folder)
    elif kind == 2:
        text, mask = expression(random, grid, folder, depth - 1)
        text, mask = f"!({text})", ~mask
    else:
        (a, x), (b, y) = expression(random, grid, folder, depth - 1), expression(random, grid, folder, depth - 1)
        text, mask = (f"({a}) & {b}" if kind == 3 else f"({a} | {b})"), (x & y if kind == 3 else x | y)
        # What is joined by | within b binds less than &.
        if kind == 3:
            text = f"({a}) & ({b})"
    return text, grid.full(mask)
