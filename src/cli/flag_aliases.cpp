// TABLES of names that other programs have for attn's flags and commands.
#include "cli/flag_aliases.hpp"

#include <algorithm>
#include <cctype>

namespace attn::cli {
namespace {

struct Alias {
  std::string_view names;  ///< separated by spaces, with dashes for underscores
  std::string_view flag;
  std::string_view advice = {};  ///< in the place of "did you mean"
};

constexpr Alias aliases[] = {
    {"--show-steps --explain --walkthrough", "--steps"},
    {"--colormap --color-map --colour-map --palette", "--cmap"},
    {"--num-heads --n-heads --n-head --nheads --nhead --num-attention-heads", "--heads"},
    {"--num-kv-heads --n-kv-heads --num-key-value-heads", "--kv-heads"},
    {"--annotate --annotations --show-values", "--annot"},
    {"--out --outfile --out-file --output-file --save", "--output"},
    {"--output-format --fmt-out", "--format"},
    {"--attn-mask --attention-mask --mask-path", "--mask-file"},
    {"--is-causal --causal-mask", "--causal"},
    {"--lengths --seq-lens --seqlens --key-padding", "--key-lengths"},
    {"--dropout-p --attn-dropout --attention-dropout", "--dropout"},
    {"--decimals --digits", "--precision"},
    {"--precision --decimals --digits", "--fmt", "; --fmt .4f is of four decimals, in the cells of --annot"},
    {"--model --checkpoint", "--weights"},
    {"--sentence --prompt --input-text", "--text"},
    {"--labels", "--tokens"},
    {"--embedding --embed-dim --embedding-dim", "--embed"},
    {"--random-seed --manual-seed", "--seed"},
    {"--num-threads --n-threads", "--threads"},
    {"--silent", "--quiet"},
    {"--average-attn-weights", "--average"},
    {"--need-weights --return-weights", "--emit", "; --emit weights gives the weights, as attn does by default"},
    {"--temperature --temp", "--scale",
     "; --scale X multiplies QKᵀ: for a temperature of T, X is 1/(T·√d), where d is the width of a head"},
    {"--no-scale --no-scaling --unscaled", "--scale", "; did you mean '--scale none'?"},
    {"--window --window-size --sliding-window", "--mask",
     "; --mask window:L,R lets each query attend L keys before it and R after it"},
    {"--padding-mask", "--mask", "; --mask padding:N hides the keys from N on"},
    {"--cu-seqlens --cu-seqlens-q --cu-seqlens-k --doc-ids --document-ids", "--mask",
     "; --mask documents:L1,L2,... keeps packed documents apart, by their lengths"},
    {"--qkv-format --input-layout --qkv-layout --axes", "--layout"},
};

constexpr Alias command_aliases[] = {
    {"attention attend attn self-attention sdpa run", "compute"},
    {"mha multi-head multi-head-attention heads model", "multihead"},
    {"heatmap plot draw show view viz render picture", "visualize"},
    {"benchmark time timing perf", "bench"},
    {"completions autocomplete", "completion"},
    {"version", "--version"},
};

std::string normalised(std::string_view typed) {
  std::string name(typed);
  for (char& c : name) c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

bool is_among(std::string_view name, std::string_view names) {
  return (" " + std::string(names) + " ").find(" " + std::string(name) + " ") != std::string::npos;
}

}  // namespace

std::string alias_advice(std::string_view typed, const std::vector<std::string>& flags) {
  const std::string name = normalised(typed);
  for (const Alias& alias : aliases) {
    if (!is_among(name, alias.names) || std::find(flags.begin(), flags.end(), alias.flag) == flags.end()) continue;
    return alias.advice.empty() ? "; did you mean '" + std::string(alias.flag) + "'?" : std::string(alias.advice);
  }
  return "";
}

std::string command_advice(std::string_view typed) {
  const std::string name = normalised(typed);
  for (const Alias& alias : command_aliases)
    if (is_among(name, alias.names)) return "; did you mean '" + std::string(alias.flag) + "'?";
  return "";
}

}  // namespace attn::cli
