// The TABLE of commands, and what the help of each opens with.
#include <algorithm>
#include <array>

#include "cli/commands/command.hpp"

namespace attn::cli {
namespace {

constexpr const char* of_compute[] = {"causal", "mask", "heads", "random", "emit", "steps", "output", "format"};
constexpr const char* of_mask[] = {"queries", "keys", "input", "stats", "as", "output", "format"};
constexpr const char* of_multihead[] = {"weights", "text", "layer", "list",   "causal", "heads",
                                        "init",    "emit", "steps", "output", "format"};
constexpr const char* of_visualize[] = {"layer", "head", "annot", "cmap", "compare", "output", "format"};
constexpr const char* of_bench[] = {"suite", "shape", "mode", "kernel", "threads", "output", "format"};

constexpr std::array<CommandInfo, 6> table{{
    {"compute",
     "Attention: softmax(QKᵀ/√d)·V, with every stage between",
     make_compute,
     {"[OPTIONS] [INPUT]",
      {{{"attn compute sentence.json --causal -f text", "The weights and the output of a document, as tables"},
        {"attn compute sentence.json -o weights.png -o output=output.npy",
         "A picture of the weights, and the output for NumPy"},
        {"attn compute --query q.npy --key k.npy --value v.npy --steps",
         "The formula step by step, with the numbers of your own arrays"}}},
      of_compute}},
    {"mask",
     "Which keys each query may attend, from a line of the mask language",
     make_mask,
     {"[OPTIONS] [EXPR]",
      {{{"attn mask 'causal & (window:2,0 | sink:1)' --queries 8", "A mask, drawn on the terminal"},
        {"attn mask 'causal & window:511,0' --queries 16384 --stats", "How much of a long sequence a mask leaves"},
        {"attn mask causal --input sentence.json -o mask.png", "A picture, labelled with a document's tokens"}}},
      of_mask}},
    {"multihead",
     "Multi-head attention: projections, heads, output projection",
     make_multihead,
     {"[OPTIONS] [INPUT]",
      {{{"attn multihead --weights models/gpt2 --text 'The dogs play' -o heads.html",
         "What every head of a stored model looks at, as a page to click"},
        {"attn multihead mat.json -o heads.png", "The heads of a document that has its projections"},
        {"attn multihead journey.json --init torch-linear --seed 789 --steps",
         "Projections drawn as PyTorch draws them, and each step with its numbers"}}},
      of_multihead}},
    {"visualize",
     "Heatmaps of attention weights",
     make_visualize,
     {"[OPTIONS] [INPUT ...]",
      {{{"attn compute sentence.json | attn visualize", "Weights, drawn on the terminal"},
        {"attn visualize weights.npy -o heads.html", "Every layer and head of an array, as a page to click"},
        {"attn visualize regular.json --compare causal.json --annot -o both.png",
         "Two results beside each other, with their numbers"}}},
      of_visualize}},
    {"bench",
     "How fast attention is on this machine, checked before it is timed",
     make_bench,
     {"[OPTIONS]",
      {{{"attn bench -f text", "The output alone, at a common size, as a table"},
        {"attn bench --shape 1,8,512,64 --mode stream --mode decode --causal", "Cases of your own"},
        {"attn bench --suite quick -o bench.json -o bench.png", "Whether everything works, in seconds"}}},
      of_bench}},
    {"completion",
     "What completes attn's commands, options and values in a shell",
     make_completion,
     {"SHELL",
      {{{"source <(attn completion bash)", "For the bash that runs; a line for ~/.bashrc"},
        {"attn completion zsh > ~/.zfunc/_attn", "For zsh, in a folder of its $fpath"},
        {"attn completion fish > ~/.config/fish/completions/attn.fish", "For fish"}}},
      {}}},
}};

constexpr HelpOpening of_attn{
    "COMMAND [OPTIONS]",
    {{{"attn compute --random 4,8 --causal -f text", "Attention of four random vectors, as tables"},
      {"attn mask 'causal & window:3,0' --queries 8", "A mask, drawn on the terminal"},
      {"attn multihead --weights models/gpt2 --text 'The dogs play' -o heads.html",
       "What every head of a stored model looks at, as a page to click"}}},
    {}};

}  // namespace

std::span<const CommandInfo> commands() { return table; }

const HelpOpening& opening_of(const std::string& command) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.name == command; });
  return found == table.end() ? of_attn : found->opening;
}

}  // namespace attn::cli
