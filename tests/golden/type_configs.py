"""Small configs of model types, and inputs that their models take, for make_types.py."""

import inspect
import json

import torch

LENGTH = 12

# Members of configs, by their names: what they are in a small model.
SMALL = {
    "vocab_size": 64, "hidden_size": 32, "d_model": 32, "n_embd": 32, "dim": 32, "embed_dim": 32, "embedding_size": 32,
    "n_embed": 32, "emb_dim": 32, "width": 32, "encoder_hidden_size": 32, "decoder_hidden_size": 32,
    "num_hidden_layers": 4, "n_layer": 4, "n_layers": 4, "num_layers": 4, "encoder_layers": 2, "decoder_layers": 2,
    "depth": 4, "num_decoder_layers": 4, "num_encoder_layers": 2,
    "num_attention_heads": 4, "n_head": 4, "n_heads": 4, "num_heads": 4, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "attention_heads": 4, "num_key_value_heads": 2, "num_kv_heads": 2,
    "intermediate_size": 24, "ffn_dim": 24, "d_ff": 24, "n_inner": 24, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24,
    "hidden_dim": 24, "ffn_hidden_size": 24, "mlp_dim": 24, "inner_dim": 24, "moe_intermediate_size": 16,
    "shared_expert_intermediate_size": 16, "shared_intermediate_size": 16, "intermediate_size_mlp": 24,
    "head_dim": 16, "d_kv": 8, "kv_channels": 8, "global_head_dim": 16, "rotary_dim": 4,
    "max_position_embeddings": 64, "n_positions": 64, "n_ctx": 64, "max_sequence_length": 64, "max_seq_len": 64,
    "max_source_positions": 64, "max_target_positions": 64, "seq_length": 64,
    "sliding_window": 4, "window_size": 4, "attention_chunk_size": 5, "local_attention": 8, "attention_window": 4,
    "num_experts": 4, "num_local_experts": 4, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_shared_experts": 1,
    "moe_num_experts": 4, "moe_k": 2, "num_experts_per_token": 2, "n_group": 1, "topk_group": 1,
    "first_k_dense_replace": 1, "q_lora_rank": 16, "kv_lora_rank": 12, "qk_rope_head_dim": 8, "qk_nope_head_dim": 16,
    "v_head_dim": 12, "vocab_size_per_layer_input": 64, "hidden_size_per_layer_input": 8,
    "relative_attention_num_buckets": 8, "relative_attention_max_distance": 10, "word_embed_proj_dim": 32,
    "image_size": 32, "patch_size": 8, "num_channels": 3, "num_mel_bins": 16, "feature_size": 16,
    "projection_dim": 32, "projection_size": 32, "embedding_dim": 32, "type_vocab_size": 2,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 0, "sep_token_id": 2,
    "mask_token_id": 3, "mamba_d_state": 8, "mamba_expand": 2, "mamba_n_heads": 8, "mamba_d_head": 8,
    "temporal_patch_size": 2, "num_frames": 2, "tubelet_size": 2, "max_length": 64, "query_pre_attn_scalar": 12,
    "num_codebooks": 2, "max_window_layers": 2, "entity_vocab_size": 16, "entity_emb_size": 16,
    "num_kv_shared_layers": 0,
    "num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2, "patch_embedding_size": 32,
}  # fmt: skip

# Of these, null says that a model has no such thing.
STAYS_NONE = {
    "num_key_value_heads", "rotary_dim", "n_inner", "num_kv_heads", "decoder_start_token_id", "sep_token_id",
    "mask_token_id", "bos_token_id", "eos_token_id", "q_lora_rank", "num_experts", "n_routed_experts",
    "num_local_experts", "moe_num_experts",
}  # fmt: skip

# What a type needs besides, or otherwise; None takes a member of SMALL away, NULL makes it null.
NULL = "null"
SPECIAL = {
    "helium": {"head_dim": 8},
    "esm": {"position_embedding_type": "rotary", "vocab_size": 64},
    "audio-spectrogram-transformer": {"max_length": 64, "frequency_stride": 8, "time_stride": 8},
    "nemotron": {"head_dim": 8, "num_key_value_heads": 2},
    "gemma3_text": {"layer_types": ["sliding_attention", "full_attention"] * 2},
    "gemma4_text": {"layer_types": ["sliding_attention", "full_attention"] * 2},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1, "expert_layer_period": 2, "expert_layer_offset": 1},
    "bamba": {"attn_layer_indices": [1, 3]},
    "granitemoehybrid": {"layer_types": ["linear_attention", "full_attention"] * 2},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"] * 2, "num_dense_layers": 1},
    "dots1": {"n_routed_experts": 4, "n_shared_experts": 1},
}


YARN = {"rope_type": "yarn", "rope_theta": 100.0, "factor": 4.0, "original_max_position_embeddings": 4}
# Types once more, with members that change what their attention does: TYPE+NAME.
VARIANTS = {
    "gemma3_text+bidirectional": dict(SPECIAL["gemma3_text"], use_bidirectional_attention=True, sliding_window=6),
    "gemma4_text+bidirectional": dict(SPECIAL["gemma4_text"], use_bidirectional_attention="all", sliding_window=6),
    "falcon+new": {"new_decoder_architecture": True, "num_kv_heads": 2},
    "falcon+heads": {"multi_query": False, "bias": True, "num_kv_heads": 4},
    "falcon+alibi": {"alibi": True},
    "gpt_bigcode+heads": {"multi_query": False},
    "persimmon+unnormed": {"qk_layernorm": False},
    "phi+normed": {"qk_layernorm": True},
    "glm4_moe+normed": {"use_qk_norm": True},
    "stablelm+normed": {"qk_layernorm": True},
    "mpt+five": {"d_model": 40, "n_heads": 5},
    "bloom+five": {"hidden_size": 40, "n_head": 5},
    "deepseek_v3+direct": {"q_lora_rank": NULL},
    "deepseek_v3+yarn": {"rope_parameters": dict(YARN, mscale=1.0, mscale_all_dim=0.7), "rope_interleave": False},
    "llama4_text+warm": {"floor_scale": 4, "attn_scale": 0.3},
    "llama4_text+unnormed": {"use_qk_norm": False, "attn_temperature_tuning": False},
    "ministral3+warm": {"rope_parameters": dict(YARN, llama_4_scaling_beta=0.3)},
    "granitemoehybrid+rope": dict(SPECIAL["granitemoehybrid"], position_embedding_type="rope"),
    "esm+absolute": {"position_embedding_type": "absolute", "vocab_size": 64},
    "wav2vec2+stable": {"do_stable_layer_norm": True},
    "hubert+stable": {"do_stable_layer_norm": True},
    "unispeech+stable": {"do_stable_layer_norm": True},
    "unispeech-sat+stable": {"do_stable_layer_norm": True},
    "whisper+unlike": {"encoder_attention_heads": 2, "decoder_attention_heads": 8},
}

# Types of which goldens hold what attention makes of the layer's input as well: their norms have other names, or are there
# where config.json says so.
NORMED = {
    "esm", "roberta-prelayernorm", "wav2vec2+stable", "hubert+stable", "unispeech+stable", "unispeech-sat+stable",
}  # fmt: skip

# Types once more, whose config.json is written otherwise than the library writes it, as older or other programs have
# done: members that are changed, or missing.
MISSING = "missing"
OLDER = {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 8, "attention_factor": 1.2}
WRITTEN = {
    "cohere2+pattern": {"layer_types": MISSING, "sliding_window_pattern": 2},
    "cohere2+older": {"layer_types": MISSING, "order_of_interleaved_layers": "local_attn_first", "layer_switch": 4},
    "cohere2+windowless": {"sliding_window": MISSING},
    "exaone4+pattern": {"layer_types": MISSING, "sliding_window_pattern": 2},
    "exaone4+windowless": {"sliding_window": MISSING},
    "exaone_moe+older": {"layer_types": MISSING, "sliding_window_pattern": MISSING},
    "olmo3+older": {"layer_types": MISSING, "rope_parameters": MISSING, "rope_scaling": OLDER, "rope_theta": 300.0},
    "olmo3+flat": {"layer_types": MISSING, "rope_parameters": dict(OLDER, rope_theta=77.0)},
    "cwm+bare": {"layer_types": MISSING, "rope_parameters": MISSING},
    "dots1+upper": {"layer_types": MISSING, "max_window_layers": 2},
    "minimax_m2+part": {"rope_parameters": {"rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 0.5}},
    "minimax_m2+older": {"rope_parameters": MISSING, "rope_theta": 100.0, "partial_rotary_factor": 0.5, "rotary_dim": 4},
    "minimax_m2+columns": {"rope_parameters": MISSING, "rope_theta": 100.0, "rotary_dim": 4},
    "ministral3+bare": {"rope_parameters": MISSING},
    "ministral3+beside": {
        "rope_parameters": dict(YARN, llama_4_scaling_beta=0.3), "original_max_position_embeddings": 6
    },
    "gemma4_text+bare": {"rope_parameters": MISSING, "rope_theta": 77.0},
    "apertus+bare": {"rope_parameters": MISSING},
    "glm+whole": {"rope_parameters": MISSING, "partial_rotary_factor": None},
    "codegen+theta": {"rope_theta": 50.0},
    "esm+unread": {"rope_parameters": {"rope_type": "linear", "factor": 3.0, "rope_theta": 77.0}},
    "gpt2+uncausal": {"is_causal": False},
    "llama+uncausal": {"is_causal": False},
    "mistral+uncausal": {"is_causal": False},
    "gemma2+uncausal": {"is_causal": False},
}  # fmt: skip


def is_member(config, name):
    try:
        return hasattr(config, name)
    except Exception:  # of members that differ by layer
        return True


def small_settings(config_class, own):
    """Members for the class's constructor, and those of the configs within it."""
    default = config_class()
    settings = {}
    for name, value in SMALL.items():
        own_property = getattr(config_class, name, None)
        if not is_member(default, name) or name in config_class.attribute_map or isinstance(own_property, property):
            continue
        if name == "num_key_value_heads" and hasattr(default, "qk_rope_head_dim"):
            value = SMALL["num_attention_heads"]
        if name == "head_dim" and hasattr(default, "qk_rope_head_dim"):
            value = SMALL["qk_rope_head_dim"]
        was = default.to_dict().get(name, value)
        if was is None and name in STAYS_NONE:
            continue
        if isinstance(was, (list, tuple, dict)) or isinstance(was, bool):
            continue
        settings[name] = value
    for name, part in (config_class.sub_configs or {}).items():
        sub = getattr(default, name, None)
        if sub is None or not hasattr(sub, "model_type"):
            continue
        settings[name] = dict(small_settings(type(sub), {}), model_type=sub.model_type)
    for name, value in own.items():
        if isinstance(value, dict) and isinstance(settings.get(name), dict):
            settings[name] |= value
        elif value is None:
            settings.pop(name, None)
        elif value == NULL:
            settings[name] = None
        else:
            settings[name] = value
    return settings


def small_config(kind, config_class):
    settings = small_settings(config_class, VARIANTS.get(kind, SPECIAL.get(kind.split("+")[0], {})))
    return config_class(**settings)


def rewrite_config(kind, file):
    """Changes the config.json of a saved model as WRITTEN says."""
    changes = WRITTEN.get(kind, {})
    config = {n: v for n, v in (json.loads(file.read_text()) | changes).items() if changes.get(n) != MISSING}
    file.write_text(json.dumps(config, indent=2))


def find(config, name, otherwise):
    for part in [config, *[getattr(config, n, None) for n in (config.sub_configs or {})]]:
        value = getattr(part, name, None) if is_member(part, name) else None
        if isinstance(value, int):
            return value
        if isinstance(value, (list, tuple)) and value and isinstance(value[0], int):
            return value[0]
    return otherwise


def inputs_of(model, config):
    """Likely inputs, one after the other."""
    generator = torch.Generator().manual_seed(5)
    names = inspect.signature(model.forward).parameters
    ids = torch.randint(4, 60, (1, LENGTH), generator=generator)
    some = {}
    if "decoder_input_ids" in names:
        some["decoder_input_ids"] = torch.randint(4, 60, (1, 7), generator=generator)
    size, channels = find(config, "image_size", 32), find(config, "num_channels", 3)
    if "input_ids" in names:
        yield {"input_ids": ids, **some}
    if "pixel_values" in names:
        pixels = torch.randn(1, channels, size, size, generator=generator)
        if "input_ids" in names:
            yield {"input_ids": ids, "pixel_values": pixels, **some}
        yield {"pixel_values": pixels}
        yield {"pixel_values": torch.randn(1, find(config, "num_frames", 2), channels, size, size, generator=generator)}
    if "pixel_values_videos" in names:
        frames = torch.randn(1, 4, channels, size, size, generator=generator)
        yield {"pixel_values_videos": frames}
    mels = find(config, "num_mel_bins", find(config, "feature_size", find(config, "input_feat_per_channel", 80)))
    for name in ("input_features", "input_values", "input_audio"):
        if name not in names:
            continue
        for shape in ((1, mels, 2 * find(config, "max_source_positions", 64)), (1, 128, mels), (1, 4000), (1, 1, 4000)):
            yield {name: torch.randn(*shape, generator=generator), **some}
    if "inputs_embeds" in names:
        yield {"inputs_embeds": torch.randn(1, LENGTH, find(config, "hidden_size", 32), generator=generator)}
    if "hidden_states" in names:
        yield {"hidden_states": torch.randn(1, LENGTH, find(config, "hidden_size", 32), generator=generator)}
