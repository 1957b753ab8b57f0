// Help: complete, and readable on a terminal.
#include <sstream>

#include "cli/session.hpp"
#include "cli/vector_set.hpp"
#include "core/utf8.hpp"

namespace attn::test {

TEST_CASE("help of every command fits 100 columns and has no trailing space", "[help]") {
  for (const Arguments& arguments :
       {Arguments{"--help"}, Arguments{"compute", "--help"}, Arguments{"mask", "-h"}, Arguments{"multihead", "-h"},
        Arguments{"visualize", "-h"}, Arguments{"bench", "-h"}}) {
    const Outcome outcome = run(arguments);
    INFO(joined(arguments));
    CHECK(outcome.code == 0);
    CHECK(outcome.err == "");
    CHECK(outcome.out.find("Usage: attn ") != std::string::npos);
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(display_width(line) <= 100);
      CHECK((line.empty() || line.back() != ' '));
    }
  }
}

TEST_CASE("help lists every command, and the mask's help every atom", "[help]") {
  const std::string help = run({"--help"}).out, atoms = run({"mask", "--help"}).out;
  for (const char* name : {"compute", "mask", "multihead", "visualize", "bench"})
    CHECK(help.find("\n  " + std::string(name) + " ") != std::string::npos);
  for (const char* atom : {"all", "none", "causal", "window:", "sink:", "padding:", "global:", "block:", "documents:",
                           "segments", "stride:", "dilated:", "grid:", "tree:", "random:", "file:"})
    CHECK(atoms.find("\n  " + std::string(atom)) != std::string::npos);
}

TEST_CASE("the version is one line, with the kernel sets of this CPU", "[help]") {
  const std::string line = run({"--version"}).out;
  CHECK(line.find("attn " ATTN_VERSION " (kernel sets reference, " + vector_set()) == 0);
  CHECK(line.find('\n') == line.size() - 1);
}

}  // namespace attn::test
