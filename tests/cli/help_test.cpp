// Help: complete, and readable on a terminal.
#include <sstream>

#include "cli/commands/command.hpp"
#include "cli/session.hpp"
#include "cli/vector_set.hpp"
#include "core/utf8.hpp"

namespace attn::test {

TEST_CASE("help of every command fits 80 columns and has no trailing space", "[help]") {
  for (const Arguments& arguments :
       {Arguments{"--help"}, Arguments{"compute", "--help"}, Arguments{"mask", "-h"}, Arguments{"multihead", "-h"},
        Arguments{"visualize", "-h"}, Arguments{"bench", "-h"}, Arguments{"completion", "-h"}}) {
    const Outcome outcome = run(arguments);
    INFO(joined(arguments));
    CHECK(outcome.code == 0);
    CHECK(outcome.err == "");
    CHECK(outcome.out.find("Usage: attn ") != std::string::npos);
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(display_width(line) <= 80);
      CHECK((line.empty() || line.back() != ' '));
    }
  }
}

TEST_CASE("help lists every command, and the mask's help every atom", "[help]") {
  const std::string help = run({"--help"}).out, atoms = run({"mask", "--help"}).out;
  for (const char* name : {"compute", "mask", "multihead", "visualize", "bench", "completion", "help"})
    CHECK(help.find("\n  " + std::string(name) + " ") != std::string::npos);
  for (const char* atom : {"all", "none", "causal", "window:", "sink:", "padding:", "global:", "block:", "documents:",
                           "segments", "stride:", "dilated:", "grid:", "tree:", "random:", "file:"})
    CHECK(atoms.find("\n  " + std::string(atom)) != std::string::npos);
}

TEST_CASE("help of a command can be asked for in two ways", "[help]") {
  CHECK(run({"help"}).out == run({"--help"}).out);
  for (const char* name : {"compute", "mask", "multihead", "visualize", "bench", "completion"})
    CHECK(run({"help", name}).out == run({name, "--help"}).out);
  check_error(run({"help", "comptue"}), 2, "unknown command 'comptue'; did you mean 'compute'?");
  CHECK(run({"help", "help"}).out == run({"--help"}).out);
  check_error(run({"help", "mask", "bench"}), 2, "help: is of one command: 'bench' is one too many");
  check_error(run({"help", "help", "mask"}), 2, "help: is of one command: 'mask' is one too many");
  check_error(run({"help", "mask", "help"}), 2, "help: is of one command: 'help' is one too many");
}

TEST_CASE("each option is listed once, those that most people need first", "[help]") {
  for (const char* name : {"compute", "mask", "multihead", "visualize", "bench"}) {
    const std::string help = run({name, "--help"}).out;
    INFO(name);
    const std::size_t first = help.find("\nMost used:\n"), output = help.find(", --output");
    CHECK(first < output);
    CHECK(output < help.find("\n\n", first));
    CHECK(help.find(", --output", output + 1) == std::string::npos);
    CHECK(help.find("\nOptions:\n  -h, --help") != std::string::npos);
  }
}

TEST_CASE("each option that help has first is one of its command", "[help]") {
  for (const cli::CommandInfo& info : cli::commands()) {
    const std::string help = run({std::string(info.name), "--help"}).out;
    for (const char* const option : info.opening.first) {
      INFO(info.name << " --" << option);
      CHECK(help.find("--" + std::string(option)) < help.find("\n\n", help.find("\nMost used:\n") + 1));
    }
  }
}

TEST_CASE("the version is one line", "[help]") {
  for (const char* option : {"--version", "-V"}) {
    const std::string line = run({option}).out;
    CHECK(line.find("attn " ATTN_VERSION " (kernel sets reference, " + vector_set()) == 0);
    CHECK(line.find('\n') == line.size() - 1);
  }
}

TEST_CASE("other words for commands, and options before them, are answered", "[help]") {
  const std::pair<Arguments, const char*> cases[] = {
      {{"attend"}, "unknown command 'attend'; did you mean 'compute'?"},
      {{"mha"}, "unknown command 'mha'; did you mean 'multihead'?"},
      {{"heatmap"}, "unknown command 'heatmap'; did you mean 'visualize'?"},
      {{"benchmark"}, "unknown command 'benchmark'; did you mean 'bench'?"},
      {{"version"}, "unknown command 'version'; did you mean '--version'?"},
      {{"visualise"}, "unknown command 'visualise'; did you mean 'visualize'?"},
      {{"hlep"}, "unknown command 'hlep'; did you mean 'help'?"},
      {{"--causal", "compute"}, "--causal: stands before the command: write 'attn compute --causal'"},
      {{"--caussal", "compute"}, "--caussal: unknown option"},
      {{"--verison"}, "--verison: unknown option; did you mean '--version'?"},
  };
  for (const auto& [arguments, message] : cases) check_error(run(arguments), 2, message);
}

}  // namespace attn::test
