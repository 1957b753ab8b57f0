#!/usr/bin/env python3
"""Makes tests/data/random/pcg64.json: draws of np.random.default_rng, for tests/random.

    python3 tests/golden/make_pcg64.py

The format is that of make_random.py. The last case is a million normals, of which the ends and the hash are kept: some
hundreds come from beyond the ziggurat's edge.
"""

import random

import numpy as np

from make_random import WAITING, mixed, sequence, write


class Pcg64:
    name = "numpy-pcg64"

    def seed(self, seed):
        self.rng = np.random.default_rng(seed)

    def rand(self, n):
        return self.rng.random(n)

    def randn(self, n):
        return self.rng.standard_normal(n)

    def uniform(self, n, a, b):
        return self.rng.uniform(a, b, n)

    def normal(self, n, a, b):
        return self.rng.normal(a, b, n)

    def keep(self, n, p):
        return np.full(n, p == 0) if p in (0, 1) else self.rng.random(n) < 1 - p


if __name__ == "__main__":
    library = Pcg64()
    choice = random.Random(library.name)
    cases = [sequence(library, 42, WAITING)]
    cases += [sequence(library, seed, mixed(choice)) for seed in (0, 1, 123, 2**32 - 1, 2**32, 2**63 - 1, 20260101)]
    cases.append(sequence(library, 7, [("randn", 1000000), ("rand", 3)]))
    write("pcg64.json", cases)
