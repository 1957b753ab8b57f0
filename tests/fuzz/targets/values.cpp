// A value for a flag: `COMMAND --flag=VALUE` and some input. The first byte chooses among all flags of all commands, in
// their order.
#include <algorithm>

#include "cli/commands/command.hpp"
#include "fuzz/command_line.hpp"
#include "fuzz/fuzz.hpp"

using namespace attn;
using namespace attn::fuzz;

namespace {

using Arguments = std::vector<std::string>;

struct Flag {
  Arguments command;  ///< what makes a run to which the flag may matter
  std::string name;
};

// Runs that are short whatever a flag says.
Arguments base_of(const std::string& command) {
  if (command == "compute") return {"compute", "in.json", "--max-memory", "64M"};
  if (command == "multihead") return {"multihead", "in.json", "--init", "xavier", "--max-memory", "64M"};
  if (command == "mask") return {"mask", "causal", "--queries", "4", "--max-memory", "64M"};
  if (command == "visualize") return {"visualize", "weights.json"};
  return {};
}

std::vector<Flag> all_flags() {
  std::vector<Flag> all;
  for (const cli::CommandInfo& info : cli::commands()) {
    const Arguments base = base_of(std::string(info.name));
    if (base.empty()) continue;
    const std::unique_ptr<cli::Command> command = info.make();
    for (const cli::FlagInfo& flag : cli::flags_added_by([&](cli::FlagSet& set) { command->add_flags(set); }))
      if (!flag.is_positional() && flag.takes != cli::FlagInfo::Takes::nothing) all.push_back({base, flag.name});
  }
  return all;
}

// Paths lead out of the folder.
bool stays_here(const std::string& value) {
  return value.find('/') == std::string::npos && value.find("..") == std::string::npos;
}

// Draws are skipped one by one, up to 2^36 of them: minutes, if that is what is asked for.
bool takes_long(const std::string& flag, const std::string& value) {
  constexpr int most_digits = 8;
  int digits = 0, longest = 0;
  for (const char c : value) longest = std::max(longest, digits = c >= '0' && c <= '9' ? digits + 1 : 0);
  return flag == "--seed-skip" && longest > most_digits;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Flag> flags = all_flags();
  Draw draw(data, size);
  const Flag& flag = flags[draw.below(65536) % flags.size()];
  const std::string value = draw.rest();
  if (!stays_here(value) || takes_long(flag.name, value) || value.find('\0') != std::string::npos) return 0;
  clear_scratch_but({});
  write_scratch("in.json", R"({"tokens":["a","b","c"],"embeddings":[[0.5,1,-1,2],[1,0,2,0.25],[3,-1,0,1]]})");
  write_scratch("weights.json", R"({"tokens":["a","b"],"weights":[[[0.25,0.75],[1,0]],[[0.5,0.5],[0.125,0.875]]]})");
  Arguments arguments = flag.command;
  arguments.push_back(flag.name + "=" + value);
  run_command(arguments);
  return 0;
}
