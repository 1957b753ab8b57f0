// Every case of tests/data/conformance: what the real libraries gave, from the command that the case names.
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "attn/conventions.hpp"
#include "attn/kernels.hpp"
#include "cli/session.hpp"

namespace attn::test {
namespace {

// The cases of a preset.
Json load(std::string_view preset) {
  std::ifstream file(std::string(ATTN_TEST_DATA) + "/conformance/" + std::string(preset) + ".json");
  REQUIRE(file.good());
  Json cases = parsed_json(file)["cases"];
  CHECK(cases.size() >= 5);
  return cases;
}

// The case's command without the program's name.
Arguments arguments_of(const Json& c) {
  std::istringstream words(c["command"].get<std::string>());
  Arguments arguments;
  for (std::string word; words >> word;) arguments.push_back(word);
  REQUIRE(arguments.front() == "attn");
  arguments.erase(arguments.begin());
  return arguments;
}

// The same without --like and its value.
Arguments without_preset(Arguments arguments) {
  for (auto at = arguments.begin(); at != arguments.end(); ++at)
    if (*at == "--like") return arguments.erase(at, at + 2), arguments;
  return arguments;
}

void flatten(const Json& value, std::vector<double>& out) {
  if (value.is_array()) {
    for (const Json& item : value) flatten(item, out);
  } else {
    out.push_back(value.is_null() ? std::nan("") : value.get<double>());
  }
}

// max |given − wanted| over max(1, max |wanted|); infinite if shapes differ, or if one of two numbers is null.
double error_of(const Json& given, const Json& wanted) {
  if (shape(given) != shape(wanted)) return INFINITY;
  std::vector<double> a, b;
  flatten(given, a);
  flatten(wanted, b);
  if (a.size() != b.size()) return INFINITY;
  double worst = 0, greatest = 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) != std::isnan(b[i])) return INFINITY;
    if (std::isnan(a[i])) continue;
    worst = std::max(worst, std::abs(a[i] - b[i]));
    greatest = std::max(greatest, std::abs(b[i]));
  }
  return worst / greatest;
}

double worst_error(const Outcome& outcome, const Json& c) {
  if (outcome.code != 0) return INFINITY;
  const Json result = outcome.json();
  double worst = 0;
  for (const auto& [name, wanted] : c["expect"].items()) worst = std::max(worst, error_of(result.at(name), wanted));
  return worst;
}

// Of f32: a few roundings of numbers next to 1, as much as plain loops in float32 lose on these cases.
constexpr double f32_tolerance = 1e-6, f64_tolerance = 1e-12;

}  // namespace

TEST_CASE("attn gives what the libraries give, on every kernel set", "[conformance]") {
  const Folder folder;
  for (const Conventions& preset : conventions()) {
    const Json cases = load(preset.name);
    for (const Json& c : cases) {
      folder.write("case.json", c["document"].dump());
      const Arguments command = arguments_of(c);
      CHECK(std::count(command.begin(), command.end(), preset.name) == 1);
      for (const KernelSet* kernels : supported_kernel_sets()) {
        for (const auto& [dtype, tolerance] : {std::pair{"f32", f32_tolerance}, std::pair{"f64", f64_tolerance}}) {
          const Arguments run_with = command + Arguments{"--kernel", std::string(kernels->name), "--dtype", dtype};
          const Outcome outcome = run(run_with);
          INFO(preset.name << ", " << c["name"] << ": " << c["call"] << "\n"
                           << joined(run_with) << "\n"
                           << outcome.err);
          CHECK(worst_error(outcome, c) <= tolerance);
        }
      }
    }
  }
}

TEST_CASE("outputs alone, which stream, are as those with all stages", "[conformance]") {
  const Folder folder;
  for (const Conventions& preset : conventions()) {
    const Json cases = load(preset.name);
    for (const Json& c : cases) {
      folder.write("case.json", c["document"].dump());
      Arguments command = arguments_of(c);
      command.back() = "output";
      Json output = c;
      output["expect"] = {{"output", c["expect"]["output"]}};
      INFO(preset.name << ", " << c["name"] << "\n" << joined(command));
      for (const KernelSet* kernels : supported_kernel_sets())
        CHECK(worst_error(run(command + Arguments{"--kernel", std::string(kernels->name)}), output) <= f32_tolerance);
    }
  }
}

TEST_CASE("presets count: without them the libraries' results are others", "[conformance]") {
  const Folder folder;
  // attn's own conventions are those of torch-sdpa.
  const std::map<std::string_view, std::size_t> least{{"torch-sdpa", 0}, {"torch-mha", 6}, {"onnx", 4},    {"flash", 8},
                                                      {"hf", 2},         {"textbook", 1},  {"softmax1", 7}};
  for (const Conventions& preset : conventions()) {
    std::size_t others = 0;
    const Json cases = load(preset.name);
    for (const Json& c : cases) {
      folder.write("case.json", c["document"].dump());
      if (worst_error(run(without_preset(arguments_of(c))), c) > f32_tolerance) ++others;
    }
    INFO(preset.name << ": " << others);
    CHECK(others >= least.at(preset.name));
    if (preset.name == "torch-sdpa") CHECK(others == 0);
  }
}

}  // namespace attn::test
