"""Makes the files in tests/data/io with the real numpy and safetensors.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 safetensors==0.8.0 ml_dtypes==0.6.0
    /tmp/golden/bin/python tests/golden/make_io_data.py

Every array holds what `small` gives, so that the tests know the values without another file.
"""

import json
import pathlib
import zipfile

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

folder = pathlib.Path(__file__).parent.parent / "data" / "io"
folder.mkdir(parents=True, exist_ok=True)


def small(dtype):
    """0, 0.5, ... (integers: 0, 1, ...; booleans: 0 and 1 in turn) in the shape (2, 3, 4)."""
    count = np.arange(24).reshape(2, 3, 4)
    kind = np.dtype(dtype).kind
    if kind == "b":
        return (count % 2 == 1).astype(dtype)
    return (count if kind in "iu" else count / 2).astype(dtype)


for code in ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8", "|b1", "|i1", "<i2", ">i4", "<i8", "|u1", ">u2", "<u4", "<u8"]:
    name = code.translate({ord("<"): "le_", ord(">"): "be_", ord("|"): ""})
    np.save(folder / f"{name}.npy", small(code))
np.save(folder / "fortran.npy", np.asfortranarray(small("<f4")))
np.save(folder / "scalar.npy", np.float64(2.5))
np.save(folder / "empty.npy", np.zeros((0, 4), dtype="<f4"))
for version in [(2, 0), (3, 0)]:
    with open(folder / f"version{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, small("<f4"), version=version)
np.save(folder / "special_f2.npy", np.array([0, -0.0, 2**-24, -(2**-24), 2**-14, 65504, np.inf, -np.inf, np.nan], "<f2"))
np.save(folder / "object.npy", np.array([{}, None], dtype=object), allow_pickle=True)
np.save(folder / "structured.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
np.save(folder / "complex.npy", np.zeros(2, dtype="<c8"))
np.save(folder / "strings.npy", np.array(["a", "bc"]))
np.save(folder / "dates.npy", np.zeros(2, dtype="<M8[s]"))

members = {
    "query": small("<f4"),
    "key": small("<f8"),
    "value": small("<f2"),
    "mask": np.tril(np.ones((3, 3), dtype=bool)),
    "key_lengths": np.array([3, 2]),
    "num_heads": np.int64(2),
    "scale": np.float64(0.25),
    "W_q": np.eye(4, dtype="<f4"),
}
texts = {"tokens": np.array(["The", "cat", "sät"]), "metadata": np.array('{"model": "tiny"}')}
np.savez(folder / "input.npz", **members, **texts)
np.savez_compressed(folder / "compressed.npz", **members, **texts)
# A zip that was written to a pipe has data descriptors in place of sizes.
with open(folder / "descriptors.npz", "wb") as raw:

    class Pipe:
        """Only writes: zipfile then cannot go back to fill in sizes."""

        def write(self, data):
            return raw.write(data)

        def flush(self):
            raw.flush()

    with zipfile.ZipFile(Pipe(), "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("query.npy", "w") as member:
            np.lib.format.write_array(member, small("<f4"))

save_file(
    {
        "query": small("<f4"),
        "key": small("<f8"),
        "value": small("<f2"),
        "embeddings": small(ml_dtypes.bfloat16),
        "mask": np.tril(np.ones((3, 3), dtype=bool)),
        "key_lengths": np.array([3, 2]),
        "q_proj.weight": np.eye(4, dtype="<f4"),
    },
    folder / "input.safetensors",
    metadata={"format": "np", "tokens": json.dumps(["The", "cat", "sät"]), "metadata": '{"model": "tiny"}'},
)
# Batches whose rows differ.
rows = {
    "embeddings": np.ones((2, 3, 1), dtype="<f4"),
    "segments": np.array([[0, 0, 1], [1, 2, 1]]),
    "key_starts": np.array([0, 1]),
    "prefix_lengths": np.array([1, 2]),
}
np.savez(folder / "rows.npz", **rows, positions=np.array("from-start"))
save_file(rows, folder / "rows.safetensors", metadata={"positions": "from-zero"})
