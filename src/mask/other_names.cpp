// Names of masks in transformers, PyTorch's FlexAttention, flash-attention, xFormers, MLX and papers.
#include "mask/other_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace attn::mask_detail {
namespace {

constexpr std::array<OtherName, 21> names{{
    {"chunk chunked chunked_attention chunked_causal chunked_overlay attention_chunk_size local_chunk chunk_size",
     "attention in chunks of N positions", "block:N, or block:N:from-start where rows begin with padding",
     "causal & block:4"},
    {"sliding_window sliding sliding_attention sliding_window_causal sliding_window_overlay swa local local_window "
     "local_attention band banded window_size local_causal localattentionfromblockdiagonal",
     "a window of N keys that ends at the query", "window:N-1,0", "causal & window:3,0"},
    {"symmetric_window bidirectional_window bidirectional_sliding_window sliding_window_bidirectional neighborhood "
     "natten na1d",
     "a window of N keys to both sides", "window:N,N", "window:2,2"},
    {"neighborhood_2d natten_2d na2d", "a window on a grid of patches", "grid:HxW,K", "grid:2x3,1"},
    {"left_padding left_pad pad_left leftpadding left_padded key_starts left", "padding before key N",
     "padding:N:left, with one N for all batch items or one each", "padding:2:left"},
    {"right_padding right_pad pad_right pad padding_mask key_padding key_padding_mask seqlen seqlens lengths "
     "key_lengths",
     "padding from key N on", "padding:N, with one N for all batch items or one each", "padding:4"},
    {"prefix_lm prefixlm prefix_causal prefix_length prefix_lengths prefix_mask",
     "a prefix of N keys that all see, with causal after it", "causal | prefix:N", "causal | prefix:3"},
    {"block_diagonal block_diag blockdiagonal blockdiagonalmask document doc docs doc_mask document_mask document_ids "
     "doc_ids document_id varlen cu_seqlens packed packing packed_sequence packed_sequence_mask sequences seq_ids "
     "sequence_ids",
     "packed documents", "documents:L1,L2,... by their lengths, or segments by ids of the input", "documents:2,4"},
    {"block_diagonal_causal block_diag_causal blockdiagonalcausalmask document_causal doc_causal",
     "packed documents, each causal", "documents:L1,L2,...:causal", "documents:2,4:causal"},
    {"segment segment_id segment_ids segment_mask", "ids of the input that must be equal", "", "segments"},
    {"tril lower_triangular lowertriangularmask autoregressive causal_mask causal_lower_right is_causal look_ahead "
     "no_look_ahead subsequent subsequent_mask upper_left causal_upper_left",
     "every key up to the query", "causal, or causal:bottom-right to let the last query see the last key", "causal"},
    {"bottom_right lower_right lowertriangularfrombottomrightmask causal_bottom_right lower_right_causal",
     "causal with the last query at the last key", "", "causal:bottom-right"},
    {"triu upper_triangular anticausal anti_causal reverse_causal future", "the query and every key after it", "",
     "window:0,-1"},
    {"diagonal eye identity self", "the query alone", "", "window:0,0"},
    {"not_self no_self exclude_self off_diagonal", "every key but the query's own", "", "!window:0,0"},
    {"bidirectional full dense noop no_mask unmasked everything true", "every key", "", "all"},
    {"attention_sink attention_sinks sink_tokens sinks streaming streaming_llm first initial",
     "the first N keys beside a window", "sink:N", "causal & (sink:2 | window:3,0)"},
    {"strided sparse_transformer", "every Nth key, as sparse transformers have it", "stride:N",
     "causal & (stride:2 | window:1,0)"},
    {"dilated_window dilated_sliding_window dilated_neighborhood dilation", "every Nth key within a distance R",
     "dilated:R,N", "dilated:4,2"},
    {"global_attention global_tokens longformer bigbird big_bird", "positions that all see and that see all",
     "global:I,J,... beside a window", "window:1,1 | global:0"},
    {"tree_attention tree_mask medusa ancestors", "the ancestors of a node of a tree", "tree:P0,P1,...",
     "tree:-1,0,0,1,2,2"},
}};

bool has_name(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == name) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

std::span<const OtherName> other_names() { return names; }

std::string advice_of_other_name(std::string_view name) {
  std::string plain(name);
  std::transform(plain.begin(), plain.end(), plain.begin(),
                 [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(c < 0x80 ? std::tolower(c) : c); });
  const auto* const row = std::find_if(names.begin(), names.end(),
                                       [&plain](const OtherName& other) { return has_name(other.names, plain); });
  if (row == names.end()) return "";
  const std::string example = "'" + std::string(row->example) + "'";
  const std::string text = "; for " + std::string(row->meaning) + " write ";
  return row->form.empty() ? text + example : text + std::string(row->form) + ", as in " + example;
}

}  // namespace attn::mask_detail
