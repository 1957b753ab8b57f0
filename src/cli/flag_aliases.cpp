// TABLES of names that other programs have for attn's flags and commands.
#include "cli/flag_aliases.hpp"

#include <algorithm>
#include <cctype>

#include "core/nearest.hpp"
#include "core/text.hpp"

namespace attn::cli {
namespace {

struct Alias {
  std::string_view names;  ///< separated by spaces, with dashes for underscores
  std::string_view flag;
  std::string_view advice = {};  ///< in the place of "did you mean"; '@' is the name without dashes
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
    {"--key-padding-mask", "--key-lengths",
     "; --key-lengths N,M,… has the keys of each batch item that are no padding, which comes after them"},
    {"--tolerance --tol --rel-tol --abs-tol", "--rtol",
     "; --rtol R is the relative tolerance of --expect, and --atol A the absolute one"},
    {"--dark --light --dark-mode", "--theme", "; did you mean '--theme light' or '--theme dark'?"},
    {"--html --png --svg", "--theme", "; -o FILE.@ writes that format"},
    {"--json --jsonl --csv --tsv --npy --npz", "--emit", "; -f @, or -o FILE.@, gives that format"},
    {"--json --jsonl --csv --tsv --npy --npz", "--as", "; -f @, or -o FILE.@, gives that format"},
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
    if (alias.advice.empty()) return "; did you mean '" + std::string(alias.flag) + "'?";
    std::string advice;
    for (const char c : alias.advice) advice.append(c == '@' ? name.substr(2) : std::string(1, c));
    return advice;
  }
  return "";
}

// What is left of the dashes is the name: they make no two flags alike.
std::string nearest_flag_advice(std::string_view typed, const std::vector<std::string>& flags) {
  constexpr std::size_t short_name = 3;  // of which another is made by any slip
  const std::string_view letters = typed.substr(std::min(typed.find_first_not_of('-'), typed.size()));
  std::vector<std::string_view> names;
  for (const std::string_view flag : flags)
    if (flag.starts_with("--")) names.push_back(flag.substr(2));
  if (const auto begun = names_begun(letters, names); !begun.empty())
    return "; did you mean " +
           listed(
               begun, [](std::string_view name) { return "'--" + std::string(name) + "'"; }, "or") +
           "?";
  if (letters.size() <= short_name)
    std::erase_if(names, [](std::string_view name) { return name.size() <= short_name; });
  const std::string nearest = letters.size() < 2 ? "" : nearest_name(letters, names);
  return nearest.empty() ? "" : "; did you mean '--" + nearest + "'?";
}

std::string command_advice(std::string_view typed) {
  const std::string name = normalised(typed);
  for (const Alias& alias : command_aliases)
    if (is_among(name, alias.names)) return "; did you mean '" + std::string(alias.flag) + "'?";
  return "";
}

}  // namespace attn::cli
