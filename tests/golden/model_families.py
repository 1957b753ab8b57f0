"""TABLE of the small models of make_models.py: one row a folder of tests/data/models.

A row has the model's class, the members of its config, and where its layers are below the base model. Besides:
`config`   members that are written otherwise in config.json, as older checkpoints spell them; None takes one away, so
           that its default counts
`older`    names of tensors that older checkpoints spell otherwise: pattern and replacement
`batch`    lengths of a right-padded batch that is run too
`text`     a folder of tests/data/tokenizers and one or two texts: the model is run with that tokenizer's vocabulary too
`rounded`  an element type of which the model is run too, with the numbers that it leaves of the weights
`extra`    tensors that older checkpoints carry and no model reads: names, `{}` for the number of a layer, and shapes
`adds_one`, `unscaled`, `columns`  what model_rule.py must know to draw the tensors well
`image`    height and width of the picture that is the input
"""

import transformers as hf

IDS = dict(pad_token_id=0, bos_token_id=1, eos_token_id=2)
SMALL = dict(vocab_size=64, hidden_size=24, intermediate_size=40, num_hidden_layers=3, num_attention_heads=4)
BERT = dict(SMALL, max_position_embeddings=20, layer_norm_eps=1e-5)
LLAMA = dict(SMALL, num_key_value_heads=2, max_position_embeddings=32, rms_norm_eps=1e-5, **IDS)
GPT2 = dict(vocab_size=64, n_positions=20, n_embd=24, n_layer=3, n_head=4, layer_norm_epsilon=1e-4, bos_token_id=1,
            eos_token_id=2)  # fmt: skip
OPT = dict(vocab_size=64, hidden_size=24, ffn_dim=40, num_hidden_layers=3, num_attention_heads=4,
           max_position_embeddings=20, **IDS)  # fmt: skip
T5 = dict(vocab_size=64, d_model=24, d_kv=8, d_ff=32, num_layers=2, num_decoder_layers=2, num_heads=3,
          relative_attention_num_buckets=8, relative_attention_max_distance=10, layer_norm_epsilon=1e-5,
          decoder_start_token_id=0)  # fmt: skip
IMAGE = dict(hidden_size=24, num_hidden_layers=3, num_attention_heads=4, image_size=16, patch_size=4)
DINO = dict(IMAGE, mlp_ratio=2, layer_norm_eps=1e-4)
COLUMNS = r"c_attn|c_proj|c_fc"


def rope(theta, **more):
    return dict({"rope_type": "default"}, rope_theta=theta, **more)


ENCODER = "encoder.layer"
CROSS = dict(encoder="encoder.block", decoder="decoder.block")

FAMILIES = {
    # Encoders of text.
    "bert": (
        hf.BertModel,
        dict(BERT, **IDS),
        dict(layers=ENCODER, batch=(9, 6), pair=True, text=("bert", "A café?", "It is on.")),
    ),
    "bert-masked-lm": (
        hf.BertForMaskedLM,
        dict(BERT, hidden_act="relu", **IDS),
        dict(layers=ENCODER, config=dict(layer_norm_eps=None),
             older=(r"(?<=LayerNorm\.)(weight|bias)$", lambda m: {"weight": "gamma", "bias": "beta"}[m[0]])),
    ),
    "roberta": (
        hf.RobertaForMaskedLM,
        dict(BERT, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2),
        dict(layers=ENCODER, batch=(6, 9), text=("roberta", "The cat sat on the mat.")),
    ),
    "xlm-roberta": (
        hf.XLMRobertaModel,
        dict(BERT, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2),
        dict(layers=ENCODER, pad_at=4),
    ),
    "electra": (hf.ElectraModel, dict(BERT, embedding_size=16, **IDS), dict(layers=ENCODER)),
    "electra-discriminator": (hf.ElectraForPreTraining, dict(BERT, embedding_size=24, **IDS), dict(layers=ENCODER)),
    "distilbert": (
        hf.DistilBertModel,
        dict(vocab_size=64, max_position_embeddings=20, n_layers=3, n_heads=4, dim=24, hidden_dim=40, pad_token_id=0),
        dict(layers="transformer.layer", batch=(7, 9), rounded="f16"),
    ),
    "albert": (
        hf.AlbertModel,
        dict(BERT, embedding_size=16, num_hidden_layers=4, num_hidden_groups=2, **IDS),
        dict(layers="encoder.albert_layer_groups.{}.albert_layers"),
    ),
    "albert-masked-lm": (
        hf.AlbertForMaskedLM,
        dict(BERT, embedding_size=16, hidden_act="gelu", **IDS),
        dict(layers="encoder.albert_layer_groups.{}.albert_layers"),
    ),
    "mpnet": (
        hf.MPNetModel,
        dict(BERT, pad_token_id=1, bos_token_id=0, eos_token_id=2),
        dict(layers=ENCODER, batch=(9, 5)),
    ),
    "modernbert": (
        hf.ModernBertForMaskedLM,
        dict(SMALL, num_hidden_layers=4, max_position_embeddings=32, norm_eps=1e-4, local_attention=6,
             global_attn_every_n_layers=3, cls_token_id=1, sep_token_id=2, **IDS),
        dict(layers="layers",
             config=dict(layer_types=None, rope_parameters=None, global_rope_theta=5000.0, local_rope_theta=100.0)),
    ),
    # Decoders.
    "gpt2": (
        hf.GPT2Model,
        GPT2,
        dict(layers="h", columns=COLUMNS, batch=(9, 6), text=("gpt2", "The cat sat on the mat."),
             extra={"h.{}.attn.bias": (1, 1, 20, 20)}),
    ),
    "gpt2-lm": (
        hf.GPT2LMHeadModel,
        dict(GPT2, n_inner=32, scale_attn_weights=False, scale_attn_by_inverse_layer_idx=True,
             activation_function="gelu"),
        dict(layers="h", columns=COLUMNS),
    ),
    "gpt-neo": (
        hf.GPTNeoForCausalLM,
        dict(vocab_size=64, max_position_embeddings=20, hidden_size=24, num_layers=3, num_heads=4, intermediate_size=40,
             attention_types=[[["global", "local"], 1], [["local"], 1]], window_size=4, bos_token_id=1, eos_token_id=2),
        dict(layers="h", unscaled=6),
    ),
    "gpt-neox": (
        hf.GPTNeoXForCausalLM,
        dict(SMALL, num_attention_heads=3, max_position_embeddings=32, layer_norm_eps=1e-4, eos_token_id=2),
        dict(layers="layers", config=dict(rope_parameters=None, rotary_pct=0.5, rotary_emb_base=1000),
             rounded="bf16",
             extra={"gpt_neox.layers.{}.attention.bias": (1, 1, 32, 32),
                    "gpt_neox.layers.{}.attention.masked_bias": ()}),
    ),
    "gpt-neox-sequential": (
        hf.GPTNeoXModel,
        dict(SMALL, hidden_act="gelu_new", use_parallel_residual=False, max_position_embeddings=32,
             attention_bias=False, rope_parameters=rope(500.0, partial_rotary_factor=1.0), eos_token_id=2),
        dict(layers="layers"),
    ),
    "opt": (hf.OPTForCausalLM, OPT, dict(layers="decoder.layers", config=dict(word_embed_proj_dim=None))),
    "opt-350m": (
        hf.OPTForCausalLM,
        dict(OPT, word_embed_proj_dim=16, do_layer_norm_before=False),
        dict(layers="decoder.layers"),
    ),
    "opt-galactica": (
        hf.OPTModel,
        dict(OPT, enable_bias=False, layer_norm_elementwise_affine=False, activation_function="gelu",
             _remove_final_layer_norm=True),
        dict(layers="decoder.layers"),
    ),
    "llama": (
        hf.LlamaForCausalLM,
        dict(LLAMA, head_dim=8, attention_bias=True, mlp_bias=True),
        dict(layers="layers", batch=(6, 9), text=("llama2", "The cat sat on the mat."),
             config=dict(rope_parameters=None, rope_theta=5000.0)),
    ),
    "llama3": (
        hf.LlamaForCausalLM,
        dict(LLAMA, tie_word_embeddings=True),
        dict(layers="layers", config=dict(
            rope_parameters=None, rope_theta=500.0, head_dim=None,
            rope_scaling=dict(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
                              original_max_position_embeddings=16))),
    ),
    "mistral": (
        hf.MistralForCausalLM,
        dict(LLAMA, head_dim=8, sliding_window=4, rope_parameters=rope(1000.0)),
        dict(layers="layers", rounded="bf16"),
    ),
    "qwen2": (
        hf.Qwen2ForCausalLM,
        dict(LLAMA, use_sliding_window=True, sliding_window=4, max_window_layers=1),
        dict(layers="layers", rounded="f16", config=dict(layer_types=None, rope_parameters=None, rope_theta=1000.0)),
    ),
    "qwen3": (
        hf.Qwen3ForCausalLM,
        dict(LLAMA, head_dim=8, tie_word_embeddings=True, rope_parameters=rope(1000.0)),
        dict(layers="layers"),
    ),
    "gemma": (
        hf.GemmaForCausalLM,
        dict(LLAMA, head_dim=8, rms_norm_eps=1e-2),
        dict(layers="layers", adds_one=True, text=("gemma", "naïve café"),
             config=dict(hidden_act="gelu", rope_parameters=None, rope_theta=5000.0)),
    ),
    "gemma2": (
        hf.Gemma2ForCausalLM,
        dict(LLAMA, head_dim=8, query_pre_attn_scalar=5, sliding_window=4, attn_logit_softcapping=2.0),
        dict(layers="layers", adds_one=True, config=dict(layer_types=None)),
    ),
    "gemma3": (
        hf.Gemma3ForCausalLM,
        dict(LLAMA, head_dim=8, query_pre_attn_scalar=5, sliding_window=4,
             layer_types=["sliding_attention", "sliding_attention", "full_attention"]),
        dict(layers="layers", adds_one=True, config=dict(
            layer_types=None, sliding_window_pattern=3, rope_parameters=None, rope_theta=5000.0,
            rope_local_base_freq=100.0, rope_scaling=dict(rope_type="linear", factor=2.0))),
    ),
    "phi3": (
        hf.Phi3ForCausalLM,
        dict(LLAMA, sliding_window=5),
        dict(layers="layers", config=dict(rope_parameters=None, rope_theta=1000.0, rope_scaling=None)),
    ),
    "phi4-mini": (
        hf.Phi3ForCausalLM,
        dict(LLAMA, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1, tie_word_embeddings=True,
             rope_parameters=rope(1000.0, partial_rotary_factor=0.5)),
        dict(layers="layers"),
    ),
    "smollm3": (
        hf.SmolLM3ForCausalLM,
        dict(LLAMA, no_rope_layer_interval=2),
        dict(layers="layers", config=dict(rope_parameters=None, rope_theta=1000.0, layer_types=None)),
    ),
    "olmo": (
        hf.OlmoForCausalLM,
        {k: v for k, v in dict(LLAMA, clip_qkv=1.5).items() if k != "rms_norm_eps"},
        dict(layers="layers"),
    ),
    "olmo2": (hf.Olmo2ForCausalLM, LLAMA, dict(layers="layers")),
    "granite": (
        hf.GraniteForCausalLM,
        dict(LLAMA, embedding_multiplier=3.0, residual_multiplier=0.3, attention_multiplier=0.25, logits_scaling=4.0,
             rms_norm_eps=1e-3),
        dict(layers="layers"),
    ),
    "stablelm": (
        hf.StableLmForCausalLM,
        dict(SMALL, num_attention_heads=3, num_key_value_heads=1, max_position_embeddings=32, layer_norm_eps=1e-4,
             use_qkv_bias=True, **IDS),
        dict(layers="layers", config=dict(rope_parameters=None, rope_theta=1000.0, partial_rotary_factor=0.5)),
    ),
    "stablelm-parallel": (
        hf.StableLmForCausalLM,
        dict(SMALL, num_attention_heads=3, num_key_value_heads=3, max_position_embeddings=32, qk_layernorm=True,
             use_parallel_residual=True, **IDS),
        dict(layers="layers", config=dict(rope_parameters=None)),
    ),
    "cohere": (
        hf.CohereForCausalLM,
        dict(SMALL, num_key_value_heads=2, max_position_embeddings=32, layer_norm_eps=1e-4, logit_scale=0.5, **IDS),
        dict(layers="layers"),
    ),
    "cohere-qk-norm": (
        hf.CohereForCausalLM,
        dict(SMALL, num_key_value_heads=2, max_position_embeddings=32, use_qk_norm=True, **IDS),
        dict(layers="layers", config=dict(rope_parameters=None, layer_norm_eps=None)),
    ),
    "glm": (
        hf.GlmForCausalLM,
        dict(LLAMA, num_attention_heads=3, num_key_value_heads=1, head_dim=8, attention_bias=True),
        dict(layers="layers", config=dict(
            rope_parameters=None, rope_theta=1000.0, partial_rotary_factor=0.5, attention_bias=None)),
    ),
    # Mixtures of experts.
    "mixtral": (
        hf.MixtralForCausalLM,
        dict(LLAMA, num_hidden_layers=2, num_local_experts=4, num_experts_per_tok=2, sliding_window=5),
        dict(layers="layers"),
    ),
    "qwen2-moe": (
        hf.Qwen2MoeForCausalLM,
        dict(LLAMA, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=16, shared_expert_intermediate_size=24,
             mlp_only_layers=[1], use_sliding_window=True, sliding_window=4, max_window_layers=2),
        dict(layers="layers", config=dict(layer_types=None)),
    ),
    "qwen3-moe": (
        hf.Qwen3MoeForCausalLM,
        dict(LLAMA, num_experts=5, num_experts_per_tok=3, moe_intermediate_size=16, norm_topk_prob=True,
             decoder_sparse_step=2, head_dim=8, use_sliding_window=True, sliding_window=4),
        dict(layers="layers"),
    ),
    "gpt-oss": (
        hf.GptOssForCausalLM,
        dict(LLAMA, num_hidden_layers=2, num_local_experts=4, num_experts_per_tok=2, intermediate_size=24, head_dim=8,
             sliding_window=4, swiglu_limit=1.0),
        dict(layers="layers"),
    ),
    # Encoders with decoders.
    "t5": (hf.T5ForConditionalGeneration, T5, dict(CROSS, unscaled=8, batch=(6, 9))),
    "t5-gated": (
        hf.T5ForConditionalGeneration,
        dict(T5, feed_forward_proj="gated-gelu", num_decoder_layers=3),
        dict(CROSS, unscaled=8, config=dict(tie_word_embeddings=False)),
    ),
    "t5-encoder": (
        hf.T5EncoderModel,
        T5,
        dict(encoder="encoder.block", unscaled=8, text=("unigram-bytes", "The cat sat 🐈."),
             config=dict(feed_forward_proj=None, dense_act_fn=None, is_gated_act=None,
                         relative_attention_max_distance=None)),
    ),
    "bart": (
        hf.BartForConditionalGeneration,
        dict(vocab_size=64, d_model=24, encoder_layers=2, decoder_layers=2, encoder_ffn_dim=40, decoder_ffn_dim=32,
             encoder_attention_heads=3, decoder_attention_heads=2, max_position_embeddings=20, scale_embedding=True,
             pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2),
        dict(encoder="encoder.layers", decoder="decoder.layers", batch=(9, 6)),
    ),
    # Encoders of pictures.
    "vit": (
        hf.ViTForImageClassification,
        dict(IMAGE, intermediate_size=40, layer_norm_eps=1e-4),
        dict(layers="layers", image=(16, 16), config=dict(qkv_bias=None)),
    ),
    "deit": (
        hf.DeiTForImageClassificationWithTeacher,
        dict(IMAGE, intermediate_size=40, layer_norm_eps=1e-4, qkv_bias=False, hidden_act="gelu_new"),
        dict(layers="layers", image=(16, 16)),
    ),
    "dinov2": (hf.Dinov2Model, DINO, dict(layers=ENCODER, image=(16, 16))),
    "dinov2-giant": (
        hf.Dinov2Model,
        dict(DINO, use_swiglu_ffn=True, patch_size=4, image_size=20),
        dict(layers=ENCODER, image=(16, 12)),
    ),
    "dinov2-registers": (
        hf.Dinov2WithRegistersModel,
        dict(DINO, num_register_tokens=3),
        dict(layers=ENCODER, image=(16, 16)),
    ),
}
