"""Makes tests/data/type_defaults.json: what the library's config classes say where config.json does not.

    /tmp/golden/bin/python tests/golden/make_defaults.py

Of each type of tests/data/types without a config within its config: the members that its class fills in if config.json
has only the sizes of the small model, of those that change what attention does. tests/cli/types_test.cpp takes layers
with these members written out, and without them.
"""

import json
import pathlib
import re

from huggingface_hub.errors import StrictDataclassClassValidationError
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from make_types import NOISE, goldens

page = goldens.parent / "type_defaults.json"
# What the shapes of tensors and the number of layers hang on.
SIZES = re.compile(
    r"^model_type$|hidden_size|_size$|^n_|^num_|_num_|dim$|d_model|d_kv|d_ff|heads$|_layers$|^layers_|_rank$|expand|"
    r"_bias|multi_query|new_decoder_architecture|num_buckets"
)
# What changes what attention does.
COUNTS = re.compile(
    r"layer_types|sliding_window|window_size|max_window|rope(?!_head)|theta|_eps|epsilon|position_embedding|_causal|"
    r"is_decoder|attn_|query_pre|pattern|qk_norm|qk_layernorm|clip_|"
    r"interval|chunk_size$|interleave|alibi|max_distance|^max_position|rotary_value|multiplier|local_attention|"
    r"floor_scale|do_layer_norm_before|decoder_sparse_step"
)


def defaults_of(kind):
    config = json.loads((goldens / f"{kind}.json").read_text())["config"]
    if any(isinstance(config.get(name), dict) for name in config if name.endswith("_config")):
        return None
    kept = {n: v for n, v in config.items() if SIZES.search(n) and not COUNTS.search(n)}
    try:
        made = CONFIG_MAPPING[kind].from_dict(kept).to_dict()
    except StrictDataclassClassValidationError as problem:  # of members that NOISE leaves out
        print(kind, str(problem).splitlines()[-1].strip(), sep=": ")
        return None
    return {n: v for n, v in made.items() if COUNTS.search(n) and not NOISE.search(n)}


def main():
    found = {}
    for file in sorted(goldens.glob("*.json")):
        if "+" not in file.stem and (members := defaults_of(file.stem)):
            found[file.stem] = members
    lines = [f"{json.dumps(kind)}: {json.dumps(members, sort_keys=True)}" for kind, members in found.items()]
    page.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
