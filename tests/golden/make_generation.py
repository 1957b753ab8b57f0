"""Writes tests/data/io/generation.json: the attentions that generate(output_attentions=True) of transformers
returns, as they are (steps, of layers, of arrays), and those of one run over the whole text, which they should equal.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install torch==2.13.0 transformers==5.24.0
    /tmp/golden/bin/python tests/golden/make_generation.py

The models are small and drawn: a decoder, and an encoder with a decoder, whose attentions over the encoder's output
have the same keys in each step. The prompt has three tokens, the steps after it one each. Equal to 1e-6.
"""

import json
from pathlib import Path

import torch
from transformers import BartConfig, BartForConditionalGeneration, GPT2Config, GPT2LMHeadModel

DATA = Path(__file__).parent.parent / "data" / "io"
PLAIN = dict(do_sample=False, output_attentions=True, return_dict_in_generate=True, eos_token_id=None, pad_token_id=0)


def lists(arrays):
    """Tensors of float32 as numbers of six digits, in the lists and tuples that hold them."""
    if torch.is_tensor(arrays):
        return json.loads(json.dumps(arrays.double().tolist()), parse_float=lambda text: round(float(text), 6))
    return [lists(array) for array in arrays]


def main():
    torch.manual_seed(0)
    small = dict(vocab_size=40, attn_implementation="eager")
    decoder = GPT2LMHeadModel(GPT2Config(n_positions=16, n_embd=8, n_layer=2, n_head=2, initializer_range=1.0, **small))
    decoder.eval()
    made = decoder.generate(torch.tensor([[3, 1, 4]]), max_new_tokens=3, **PLAIN)
    whole = decoder(made.sequences[:, :-1], output_attentions=True)

    both = BartForConditionalGeneration(
        BartConfig(
            d_model=8, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2,
            encoder_ffn_dim=8, decoder_ffn_dim=8, max_position_embeddings=16, init_std=0.4, **small,
        )
    ).eval()
    source = torch.tensor([[5, 6, 7, 8]])
    translated = both.generate(
        source, max_new_tokens=3, num_beams=1, decoder_start_token_id=2, forced_eos_token_id=None, **PLAIN
    )
    crossed = both(source, decoder_input_ids=translated.sequences[:, :-1], output_attentions=True)

    document = {
        "steps": lists(made.attentions),
        "whole": lists(torch.stack(whole.attentions)),
        "cross_steps": lists(translated.cross_attentions),
        "cross_whole": lists(torch.stack(crossed.cross_attentions)),
    }
    (DATA / "generation.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
