// Completion without a shell: what is proposed for words, and how a line is taken apart.
#include <algorithm>

#include "cli/commands/command.hpp"
#include "cli/completion/shell_line.hpp"
#include "cli/session.hpp"

namespace attn::test {
namespace {

// The candidates for the last word, without their meanings.
std::vector<std::string> proposed(const Arguments& words) {
  std::vector<std::string> candidates;
  const Outcome outcome = run(Arguments{"completion", "zsh", "--"} + words);
  CHECK(outcome.code == 0);
  CHECK(outcome.err == "");
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) candidates.push_back(line.substr(0, line.find('\t')));
  return candidates;
}

using Names = std::vector<std::string>;

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("commands are proposed, and their options", "[completion]") {
  CHECK(proposed({""}) == Names{"compute", "mask", "multihead", "visualize", "bench", "completion", "help"});
  CHECK(proposed({"m"}) == Names{"mask", "multihead"});
  CHECK(proposed({"--v"}) == Names{"--version"});
  CHECK(proposed({"help", "vi"}) == Names{"visualize"});
  CHECK(proposed({"completion", ""}) == Names{"bash", "zsh", "fish"});
  CHECK(proposed({"mask", "--key-"}) == Names{"--key-lengths", "--key-starts"});
  CHECK(proposed({"compute", "--he"}) == Names{"--heads", "--head", "--help"});
  CHECK(proposed({"nothing", ""}).empty());
}

TEST_CASE("an option that is there is not proposed again, unless it repeats", "[completion]") {
  CHECK(proposed({"compute", "--causal", "--caus"}).empty());
  CHECK(proposed({"compute", "--mask", "causal", "--mas"}) ==
        Names{"--mask-file", "--mask", "--mask-means", "--mask-of"});
  // The value of an option is none itself.
  CHECK(proposed({"compute", "--title", "--causal", "--caus"}) == Names{"--causal"});
}

TEST_CASE("every option of --help is proposed", "[completion]") {
  for (const cli::CommandInfo& info : cli::commands()) {
    const std::string command(info.name);
    const Names all = proposed({command, "--"});
    const std::string help = run({command, "--help"}).out;
    for (const std::string& option : all) {
      INFO(command << " " << option);
      CHECK(help.find(option) != std::string::npos);
    }
    std::size_t listed = 0;
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) listed += line.starts_with("      --") || line.find(", --") == 4;
    CHECK(listed == all.size());
  }
}

TEST_CASE("values are proposed from the tables", "[completion]") {
  CHECK(proposed({"compute", "--kernel", ""}) == Names{"auto", "reference", "neon", "sse4", "avx2", "avx512", "amx"});
  CHECK(proposed({"compute", "--kernel=re"}) == Names{"--kernel=reference"});
  CHECK(proposed({"compute", "--cmap", "vi"}) == Names{"viridis", "viridis_r"});
  CHECK(contains(proposed({"multihead", "--arch", ""}), "gpt2"));
  CHECK(proposed({"compute", "-f", "np"}) == Names{"npy", "npz"});
  CHECK(proposed({"compute", "--mask-means", ""}) == Names{"keep", "drop"});
  CHECK(proposed({"bench", "--dtype", "f32,"}) == Names{"f32,f64", "f32,bf16", "f32,f16"});
  CHECK(proposed({"compute", "--emit", "weights,w"}).empty());
  CHECK(proposed({"multihead", "--list", ""}) == Names{"layers", "tokens"});
  CHECK(proposed({"multihead", "--list", "--cros"}) == Names{"--cross"});
  CHECK(proposed({"compute", "--softcap", ""}) == Names{"none"});
  CHECK(proposed({"compute", "--title", ""}).empty());
  CHECK(proposed({"multihead", "--rope-sections", ""}).empty());
}

TEST_CASE("masks are completed atom by atom", "[completion]") {
  CHECK(proposed({"mask", "ca"}) == Names{"causal"});
  CHECK(proposed({"compute", "--mask", "causal & !(wi"}) == Names{"causal & !(window:"});
  CHECK(proposed({"mask", "window:2,0:"}) == Names{"window:2,0:bottom-right"});
  CHECK(proposed({"mask", "causal | block:4:f"}) == Names{"causal | block:4:from-start"});
  CHECK(proposed({"mask", "prefix"}) == Names{"prefix"});
  CHECK(contains(proposed({"mask", "causal & "}), "causal & segments"));
  CHECK(proposed({"mask", "nothing:"}).empty());
}

TEST_CASE("files are proposed by their endings, and folders", "[completion]") {
  const Folder folder;
  for (const char* name : {"a.json", "a.npy", "a.md", "a.png", "A.NPZ", ".hidden.json", "a b.csv"})
    folder.write(name, "");
  std::filesystem::create_directory("sub");
  folder.write("sub/in.json", "");
  CHECK(proposed({"compute", ""}) == Names{"A.NPZ", "a b.csv", "a.json", "a.npy", "sub/"});
  CHECK(proposed({"compute", "sub/"}) == Names{"sub/in.json"});
  CHECK(proposed({"compute", ".h"}) == Names{".hidden.json"});
  CHECK(proposed({"compute", "--query=a.n"}) == Names{"--query=a.npy"});
  CHECK(proposed({"compute", "--overlay", ""}) == Names{"a.png", "sub/"});
  CHECK(proposed({"mask", "causal & file:a."}).size() == 4);
  CHECK(proposed({"compute", "-o", "output=a.n"}) == Names{"output=a.npy"});
  CHECK(proposed({"compute", "-o", "outp"}) == Names{"output="});
  CHECK(proposed({"compute", "nowhere/"}).empty());
}

TEST_CASE("layers are those of the checkpoint that --weights names", "[completion]") {
  const std::string llama = std::string(ATTN_TEST_DATA) + "/../../examples/llama";
  CHECK(proposed({"multihead", "--weights", llama, "--layer", ""}) == Names{"0", "1", "all"});
  CHECK(proposed({"multihead", "--weights=" + llama, "--layer", "0,"}) == Names{"0,0", "0,1"});
  CHECK(proposed({"multihead", "--weights", llama, "--arch", "bert", "--layer", "1"}).empty());
  CHECK(proposed({"multihead", "--weights", "nothing", "--layer", ""}).empty());
  CHECK(proposed({"multihead", "--layer", ""}).empty());
}

TEST_CASE("a shell's line is taken apart with its quotes", "[completion]") {
  const auto words = [](const char* line) { return cli::split_shell_line(line, "=:").words; };
  CHECK(words("attn compute ") == Names{"attn", "compute", ""});
  CHECK(words("A=1 b_2=x attn co") == Names{"attn", "co"});
  CHECK(words(R"(attn --mask 'a b' "c \"d" e\ f)") == Names{"attn", "--mask", "a b", "c \"d", "e f"});
  CHECK(words("attn 'open wo") == Names{"attn", "open wo"});
  CHECK(words("attn ''") == Names{"attn", ""});
  CHECK(words("") == Names{""});
  const auto kept = [](const char* line) { return cli::split_shell_line(line, "=:").kept; };
  CHECK(kept("attn --mask=caus") == 7);
  CHECK(kept("attn --mask 'a:b") == 0);
  CHECK(kept("attn --mask='a:b") == 7);
  CHECK(kept("attn a=b ") == 0);
  CHECK(kept("attn a=b c") == 0);
}

TEST_CASE("bash gets options for compopt, and what it replaces", "[completion]") {
  CHECK(run({"completion", "bash", "--", "=:", "attn compute --kernel=ref"}).out == "\nreference\n");
  CHECK(run({"completion", "bash", "--", "", "attn compute --kernel=ref"}).out == "\n--kernel=reference\n");
  CHECK(run({"completion", "bash", "--", "=:", "attn mask 'causal & str"}).out == " nospace\ncausal & stride:\n");
  CHECK(run({"completion", "bash", "--", "=:", "attn"}).out == "\n");
  check_error(run({"completion", "bash", "--", "attn"}), 2, "WORD: are two for bash: $COMP_WORDBREAKS, and the line");
}

TEST_CASE("completion wants a shell that it knows", "[completion]") {
  check_error(run({"completion"}), 2, "SHELL: is missing: it is one of bash, zsh and fish");
  check_error(run({"completion", "fihs"}), 2, "SHELL: 'fihs' is not one of bash, zsh and fish; did you mean 'fish'?");
  for (const char* shell : {"bash", "zsh", "fish"}) CHECK(run({"completion", shell}).out.find("attn completion") != 0);
}

}  // namespace attn::test
