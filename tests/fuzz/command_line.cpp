// Runs command lines, and looks at their answers.
#include "fuzz/command_line.hpp"

#include <algorithm>
#include <sstream>

#include "cli/run.hpp"
#include "fuzz/fuzz.hpp"

namespace attn::fuzz {
namespace {

// Lines of standard error that begin so. Each line has a beginning of its own.
std::size_t lines_with(const std::string& err, std::string_view beginning) {
  std::size_t count = 0;
  std::istringstream lines(err);
  for (std::string line; std::getline(lines, line);) count += line.starts_with(beginning) ? 1U : 0U;
  return count;
}

}  // namespace

Answer run_command(const std::vector<std::string>& arguments, const std::string& input) {
  scratch_folder();
  std::istringstream in(input);
  StringSink out, err;
  cli::Environment environment{.in = in, .out = out, .err = err};
  Answer answer;
  answer.code = cli::run(arguments, environment);
  answer.out = std::move(out.text);
  answer.err = std::move(err.text);
  const std::size_t errors = lines_with(answer.err, "attn: error: ");
  require(answer.code >= 0 && answer.code <= 3, "an exit code that is not documented");
  // --expect says each difference in a line.
  const bool is_said = answer.code == 3 && lines_with(answer.err, "attn: expect: ") > 0;
  // Of JSON Lines each says in its place what is wrong with it.
  const bool is_of_lines = answer.code == 1 && errors == 0 &&
                           (answer.out.find(R"({"error":{"line":)") != std::string::npos ||
                            std::any_of(arguments.begin(), arguments.end(), [](const std::string& argument) {
                              return argument.starts_with("-o") || argument.starts_with("--output");
                            }));
  require(errors == (answer.code == 0 || is_said || is_of_lines ? 0U : 1U),
          "not one error for a failure:\n" + answer.err);
  require(answer.err.empty() || answer.err.back() == '\n', "an unfinished line on standard error");
  require(lines_with(answer.err, "attn: error: a fault of attn itself") == 0, answer.err);
  return answer;
}

}  // namespace attn::fuzz
