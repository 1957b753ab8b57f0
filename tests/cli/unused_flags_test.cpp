// Flags that do nothing in a run are an error or a note, never silence: all flags of the commands that compute or draw,
// over runs with outputs of every kind.
#include <algorithm>
#include <iostream>
#include <map>

#include "cli/checkpoint_case.hpp"
#include "cli/commands/command.hpp"
#include "cli/model_case.hpp"

namespace attn::test {
namespace {

// What a flag is tried with, where it has a value, and what goes with it, if it does not act alone.
struct Trial {
  std::string flag;
  std::string value;
  Arguments with = {};
};

// In every command that has the flag.
std::vector<Trial> trials() {
  return {{"--causal", ""},
          {"--mask", "causal"},
          {"--heads", "3"},
          {"--random", "2,3,6"},
          {"--emit", "scores"},
          {"--steps", ""},
          {"--format", "csv"},
          {"--embeddings", "other.npy"},
          {"--query", "other.npy"},
          {"--key", "other.npy"},
          {"--value", "other.npy"},
          {"--layout", "bshd"},
          {"--mask-file", "mask.json"},
          {"--bias", "mask.json"},
          {"--past-key", "other.npy", {"--past-value", "other.npy"}},
          {"--past-value", "other.npy", {"--past-key", "other.npy"}},
          {"--key-lengths", "2,3"},
          {"--key-starts", "1,0"},
          {"--positions", "from-start", {"--key-starts", "1,0", "--mask", "global:1"}},
          {"--prefix-lengths", "1,2"},
          {"--scale-by", "1,2,3"},
          {"--position-ids", "0,2,5"},
          {"--key-position-ids", "0,2,5"},
          {"--text", "a b c"},
          {"--tokens", "a,b,c"},
          {"--keys", "2"},
          {"--d-value", "2"},
          {"--self", ""},
          {"--embed", "4"},
          {"--embed-order", "sorted"},
          {"--seed", "3"},
          {"--seed-skip", "5"},
          {"--rng", "numpy"},
          {"--csv-header", "yes"},
          {"--scale", "3"},
          {"--softcap", "1"},
          {"--like", "softmax1"},
          {"--mask-means", "drop"},
          {"--mask-of", "new"},
          {"--alibi", ""},
          {"--alibi-slopes", "1,2"},
          {"--sink", "0"},
          {"--kv-heads", "1"},
          {"--average", ""},
          {"--no-output-projection", ""},
          {"--query-range", "1:2"},
          {"--query-part", "1/2"},
          {"--rope", "100"},
          {"--rope-dims", "2"},
          {"--rope-offset", "3"},
          {"--rope-sections", "1,1"},
          {"--add-zero-attn", ""},
          {"--norm-qk", "l2"},
          {"--qk-norm", ""},
          {"--qk-norm-epsilon", "1"},
          {"--dropout", "0.5"},
          {"--dropout-seed", "5", {"--dropout", "0.5"}},
          {"--text-pair", "a"},
          {"--ids", "1,2"},
          {"--no-special-tokens", ""},
          {"--decoder-text", "a"},
          {"--decoder-ids", "1"},
          {"--image", "none.png"},
          {"--mask-head", "0:0"},
          {"--weights", checkpoint_path("bert")},
          {"--layer", "0"},
          {"--list", "layers"},
          {"--arch", "bert"},
          {"--prefix", "x"},
          {"--ignore-tensors", "all"},
          {"--cross", ""},
          {"--norm", ""},
          {"--no-causal", ""},
          {"--init", "torch-linear"},
          {"--init-seed", "3"},
          {"--draw-order", "weights,inputs"},
          {"--init-scale", "2"},
          {"--head-dim", "4"},
          {"--d-out", "8"},
          {"--qkv-bias", ""},
          {"--stacked", ""},
          {"--add-bias-kv", ""},
          {"--stats", ""},
          {"--top", "1"},
          {"--shared", ""},
          {"--missing", ""},
          {"--precision", "2"},
          {"--expect", "mask.json"},
          {"--rtol", "1"},
          {"--atol", "1"},
          {"--head", "1"},
          {"--batch", "1"},
          {"--cmap", "magma"},
          {"--annot", ""},
          {"--fmt", ".1f"},
          {"--title", "T"},
          {"--xlabel", "X"},
          {"--ylabel", "Y"},
          {"--colorbar-label", "Z"},
          {"--vmin", "0.1"},
          {"--vmax", "0.9"},
          {"--center", "0.3"},
          {"--scale-per", "head", {"--head", "all"}},
          {"--robust", ""},
          {"--log", ""},
          {"--theme", "dark"},
          {"--size", "500x400"},
          {"--dpi", "50"},
          {"--font", "mask.json"},
          {"--grid-columns", "1"},
          {"--page-precision", "u8"},
          {"--max-labels", "1"},
          {"--merge-words", ""},
          {"--rows", "0:2"},
          {"--cols", "0:2"},
          {"--renormalize", "", {"--cols", "0:2"}},
          {"--reshape", "1x3"},
          {"--titles", "a,b"},
          {"--overlay", "none.png", {"--reshape", "1x3"}},
          {"--rollout", ""},
          {"--rollout-fusion", "max", {"--rollout"}},
          {"--compare", "w.npy"},
          {"--diff", "w.npy"},
          {"--tensor", "output"},
          {"--queries", "4"},
          {"--offset", "1"},
          {"--input", "long.json"},
          {"--as", "additive"},
          {"--verbose", ""}};
}

// What never shows in a result, or is about data that may come.
const std::map<std::string, std::string> exempt{
    {"--output", "each run has it"},
    {"--threads", "results are the same with any number"},
    {"--kernel", "how, not what"},
    {"--dtype", "how, not what"},
    {"--max-memory", "a limit that is not reached"},
    {"--color", "of terminals"},
    {"--quiet", "no notes, which there may be"},
    {"--empty-row", "of rows that attend nothing, which there may be"},
    {"--json-nan", "of numbers that a file may have"},
    {"--pool", "of matrices with more cells than pixels"},
    {"--scale-per", "of several matrices, which there may be"},
    {"--grid-columns", "of several matrices, which there may be"},
    {"--ignore-tensors", "of tensors that a checkpoint may have"},
    {"--value", "what a run must have, whether its output shows or not"},
    {"--d-value", "the width of that"},
};

struct Base {
  std::string name;
  Arguments arguments;
  std::vector<std::string> formats;
};

const std::vector<std::string> all_formats{"json", "csv", "npy", "npz", "txt", "png", "html"}, texts{"json", "txt"},
    pictures{"txt", "png", "html"}, matrices{"txt", "png", "html", "json", "csv", "npy"};

std::vector<Base> bases() {
  const Arguments layer{"multihead", "--weights", checkpoint_path("bert"), "--layer", "1"};
  return {{"compute document", {"compute", "in.json", "--heads", "2"}, all_formats},
          {"compute drawn", {"compute", "--random", "2,3,4", "--heads", "2"}, all_formats},
          {"compute CSV", {"compute", "--query", "w.csv", "--key", "w.csv", "--value", "w.csv"}, {"json", "png"}},
          {"multihead drawn", {"multihead", "in.json", "--heads", "2", "--init", "xavier"}, all_formats},
          {"multihead layer", layer + Arguments{"--random", "3,16"}, {"json", "npy", "txt", "png"}},
          {"whole model", {"multihead", "--weights", "m", "--text", "a b"}, {"json", "npy", "txt", "png"}},
          {"whole model, ids", {"multihead", "ids.json", "--weights", "m", "--layer", "0,2"}, {"json", "csv", "html"}},
          {"multihead list", {"multihead", "--weights", checkpoint_path("llama"), "--list"}, texts},
          {"mask grid", {"mask", "causal", "--queries", "3"}, all_formats},
          {"mask document", {"mask", "causal", "--input", "in.json"}, {"csv", "png", "txt"}},
          {"mask counts", {"mask", "causal", "--queries", "3", "--stats"}, texts},
          {"visualize matrices", {"visualize", "w.npy"}, matrices},
          {"visualize layers", {"visualize", "layers.json"}, matrices},
          {"visualize CSV", {"visualize", "w.csv"}, matrices},
          {"visualize counts", {"visualize", "w.npy", "--stats"}, {"txt"}}};
}

struct Traces {
  Outcome outcome;
  std::map<std::string, std::string> files;

  bool operator==(const Traces& other) const {
    return outcome.code == other.outcome.code && outcome.out == other.outcome.out && outcome.err == other.outcome.err &&
           files == other.files;
  }
};

Traces traces_of(const Folder& folder, const Arguments& arguments) {
  Traces traces{run(arguments), {}};
  for (const std::string& name : folder.files())
    if (name.starts_with("out.")) traces.files[name] = folder.read(name);
  for (const auto& [name, text] : traces.files) std::filesystem::remove(name);
  return traces;
}

// What a flag did: '+' another result, 'n' a note, 'e' an error, '=' nothing.
char effect_of(const Traces& without, const Traces& with) {
  if (with.outcome.code == 1 || with.outcome.code == 2) return 'e';
  if (with.outcome.code != without.outcome.code || with.outcome.out != without.outcome.out ||
      with.files != without.files)
    return '+';
  return with.outcome.err == without.outcome.err ? '=' : 'n';
}

void write_inputs(const Folder& folder) {
  folder.write(
      "in.json",
      R"({"tokens":["un","##do","it"],"embeddings":[[[1,0,2,1],[0,1,1,3],[1,1,0,2]],[[0,1,0,1],[2,1,1,0],[1,0,1,1]]]})");
  folder.write("long.json", R"({"tokens":["a","b","c","d"],"embeddings":[[1],[2],[3],[4]]})");
  folder.write("mask.json", "[[1,0,1],[1,1,0],[0,1,1]]");
  folder.write("ids.json", R"({"token_ids":[[1,43,2],[1,44,2]]})");
  write_bert();
  REQUIRE(run({"compute", "in.json", "--heads", "2", "--causal", "-o", "weights=w.npy"}).code == 0);
  REQUIRE(run({"compute", "--random", "3,3", "-o", "weights=w.csv"}).code == 0);
  REQUIRE(run({"compute", "--random", "2,3,4", "--seed", "7", "-o", "output=other.npy"}).code == 0);
  folder.write("layers.json",
               "[[[[[0.5,0.25,0.25],[0,1,0],[0.5,0.5,0]],[[1,0,0],[0,1,0],[0,0.5,0.5]]]],"
               "[[[[1,0,0],[0.25,0.75,0],[0,0,1]],[[0.5,0.5,0],[0,0,1],[1,0,0]]]]]");
}

// Of each flag, what it did in each base: a character a format.
using Table = std::map<std::string, std::map<std::string, std::string>>;

std::vector<std::string> flags_of(const std::string& command) {
  std::vector<std::string> names;
  for (const cli::CommandInfo& info : cli::commands()) {
    if (info.name != command) continue;
    const std::unique_ptr<cli::Command> made = info.make();
    for (const cli::FlagInfo& flag : cli::flags_added_by([&](cli::FlagSet& flags) { made->add_flags(flags); }))
      if (!flag.is_positional() && !exempt.contains(flag.name)) names.push_back(flag.name);
  }
  return names;
}

// Of data that shows no difference, although the flag acts.
bool is_of_data(const std::string& flag, const std::string& base, const std::string& format) {
  return (flag == "--arch" && (base == "multihead layer" || base.starts_with("whole model"))) ||  // found without it
         (flag == "--robust" && base.starts_with("visualize")) ||                       // no numbers lie far out
         (flag == "--page-precision" && base.starts_with("mask") && format == "html");  // 0 and 1 are exact in any
}

// Runs without a flag are the same for many flags.
using Known = std::map<Arguments, Traces>;

const Traces& known_traces(const Folder& folder, const Arguments& arguments, Known& known) {
  const auto at = known.find(arguments);
  return at != known.end() ? at->second : known.emplace(arguments, traces_of(folder, arguments)).first->second;
}

void try_flag(const Folder& folder, const Base& base, const Trial& trial, Known& known, Table& table) {
  if (std::count(base.arguments.begin(), base.arguments.end(), trial.flag) != 0) return;
  for (const std::string& format : base.formats) {
    const Arguments without = base.arguments + Arguments{"-o", "out." + format} + trial.with;
    Arguments with = without + Arguments{trial.flag};
    if (!trial.value.empty()) with.push_back(trial.value);
    const char effect = effect_of(known_traces(folder, without, known), traces_of(folder, with));
    table[trial.flag][base.name] += effect == '=' && is_of_data(trial.flag, base.name, format) ? '.' : effect;
  }
}

Table tried() {
  const Folder folder;
  write_inputs(folder);
  Table table;
  Known known;
  const std::vector<Trial> all = trials();
  for (const Base& base : bases())
    for (const std::string& flag : flags_of(base.arguments.front())) {
      const auto trial = std::find_if(all.begin(), all.end(), [&](const Trial& row) { return row.flag == flag; });
      INFO(flag << " has no row among the trials");
      CHECK(trial != all.end());
      if (trial != all.end()) try_flag(folder, base, *trial, known, table);
    }
  return table;
}

TEST_CASE("a flag that does nothing in a run is an error or a note", "[unused]") {
  for (const auto& [flag, effects] : tried()) {
    for (const auto& [base, effect] : effects) {
      INFO(flag << " in " << base << ": " << effect);
      CHECK(effect.find('=') == std::string::npos);
    }
  }
}

TEST_CASE("a whole model says what its layers have no use for", "[unused]") {
  const Folder folder;
  write_bert();
  const auto noted = [](const Arguments& more) {
    return run(Arguments{"multihead", "--weights", "m", "--text", "a"} + more).err;
  };
  CHECK_THAT(noted({"--no-causal"}),
             Catch::ContainsSubstring(
                 "attn: note: --no-causal changes nothing here: no layer that was run has a causal mask\n"));
  CHECK_THAT(noted({"--rope-offset", "3"}),
             Catch::ContainsSubstring(
                 "attn: note: --rope-offset changes nothing here: no layer that was run turns queries and keys\n"));
  CHECK(noted({}).find("changes nothing") == std::string::npos);
  check_error(run(model({"--text", "a", "--embed-order", "sorted"})), 2,
              "--embed-order: is not for whole models, which have tokens and embeddings of their own");
  write_small_model("gpt2", "g");
  CHECK(run({"multihead", "--weights", "g", "--ids", "1,2", "--no-causal"}).err.find("changes nothing") ==
        std::string::npos);
  write_small_model("llama", "l");
  CHECK(run({"multihead", "--weights", "l", "--ids", "1,2", "--rope-offset", "2"}).err.find("changes nothing") ==
        std::string::npos);
}

// test_cli "[flag-table]"
TEST_CASE("the table of flags and runs", "[.][flag-table]") {
  const Table table = tried();
  std::cout << "+ another result, n a note, e an error, . nothing of these data, = nothing; one for each format\n";
  std::size_t width = 0;
  for (const auto& [flag, effects] : table) width = std::max(width, flag.size());
  for (const Base& base : bases()) {
    std::cout << "\n" << base.name << ":";
    for (const std::string& format : base.formats) std::cout << " " << format;
    std::cout << "\n";
    for (const std::string& flag : flags_of(base.arguments.front()))
      if (const auto row = table.find(flag); row != table.end() && row->second.contains(base.name))
        std::cout << "  " << flag << std::string(width + 2 - flag.size(), ' ') << row->second.at(base.name) << "\n";
  }
}

}  // namespace
}  // namespace attn::test
