// The choice of a kernel set.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "attn/error.hpp"
#include "attn/kernels.hpp"
#include "kernels/processors.hpp"
#include "support/catch.hpp"

using Catch::ContainsSubstring;

TEST_CASE("auto is the last set that this CPU runs and that is not by name only; the reference runs everywhere") {
  const auto sets = attn::supported_kernel_sets();
  REQUIRE(sets.front() == &attn::reference_kernel_set());
  REQUIRE(sets.front()->name == "reference");
  const attn::KernelSet& chosen = attn::choose_kernel_set("auto", "--kernel");
  REQUIRE(&chosen == &attn::fastest_kernel_set());
  REQUIRE_FALSE(chosen.by_name_only);
  for (auto set = sets.rbegin(); *set != &chosen; ++set) REQUIRE((*set)->by_name_only);
  for (const attn::KernelSet* set : sets)
    REQUIRE(attn::choose_kernel_set(std::string(set->name), "--kernel").name == set->name);
}

TEST_CASE("an unknown kernel set is an error that names the sets and the nearest") {
  try {
    attn::choose_kernel_set("avx521", "--kernel");
    FAIL("no error");
  } catch (const attn::Error& error) {
    REQUIRE(error.kind() == attn::ErrorKind::usage);
    REQUIRE(error.where() == "--kernel");
    std::string names;
    for (const std::string_view name : attn::kernel_set_names())
      names += (names.empty() ? "" : ", ") + std::string(name);
    REQUIRE_THAT(error.what(),
                 ContainsSubstring("unknown kernel set 'avx521'; there are " + names + "; did you mean 'avx512'?"));
  }
}

TEST_CASE("ATTN_KERNEL counts where no name is given, and a wrong one is an error") {
  setenv("ATTN_KERNEL", "reference", 1);
  REQUIRE(attn::choose_kernel_set(std::nullopt, "--kernel").name == "reference");
  REQUIRE(attn::choose_kernel_set("auto", "--kernel").name == attn::fastest_kernel_set().name);
  setenv("ATTN_KERNEL", "fast", 1);
  try {
    attn::choose_kernel_set(std::nullopt, "--kernel");
    FAIL("no error");
  } catch (const attn::Error& error) {
    REQUIRE(error.where() == "ATTN_KERNEL");
  }
  unsetenv("ATTN_KERNEL");
}

TEST_CASE("a set is there where its instructions are") {
#if defined(__aarch64__)
  const std::string_view here = "ARM";
#else
  const std::string_view here = "x86";
#endif
  for (const attn::KernelSet& set : attn::kernel_sets()) {
    CAPTURE(set.name);
    if (attn::processors_of(set).empty()) continue;
    CHECK((set.f32 != nullptr) == (attn::processors_of(set) == here));
    if (attn::processors_of(set) != here) CHECK_FALSE(set.is_supported());
  }
#if defined(__aarch64__)
  CHECK(attn::choose_kernel_set("auto", "--kernel").name == "neon");
#endif
}

TEST_CASE("a set that this CPU lacks is an error, never a fallback") {
  for (const attn::KernelSet& set : attn::kernel_sets()) {
    if (set.is_supported()) continue;
    std::string message = "this CPU cannot run the kernel set '" + std::string(set.name) + "'";
    if (set.f32 == nullptr) message += ", which is for " + std::string(attn::processors_of(set));
    message += "; it runs reference";
    REQUIRE_THROWS_WITH(attn::choose_kernel_set(std::string(set.name), "--kernel"), ContainsSubstring(message));
  }
  SUCCEED("where the CPU runs all, there is nothing to refuse");
}

#if defined(__x86_64__)
TEST_CASE("a set is supported where the system's list of the CPU's features has all that it needs") {
  std::ifstream file("/proc/cpuinfo");
  std::set<std::string> features;
  for (std::string line; features.empty() && std::getline(file, line);)
    if (line.rfind("flags", 0) == 0) {
      std::istringstream words(line.substr(line.find(':') + 1));
      for (std::string word; words >> word;) features.insert(word);
    }
  if (features.empty()) {
    WARN("this system lists no features");
    return;
  }
  std::map<std::string_view, std::set<std::string>> needs{{"reference", {}}, {"sse4", {"sse4_2", "ssse3"}}};
  needs["neon"] = {"asimd"};  // which is ARM's name for it
  needs["avx2"] = {"sse4_2", "ssse3", "avx2", "fma", "bmi1", "bmi2", "f16c"};
  needs["avx512"] = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"};
  needs["avx512"].merge(std::set(needs["avx2"]));
  needs["amx"] = {"avx512_bf16", "amx_tile", "amx_bf16"};
  needs["amx"].merge(std::set(needs["avx512"]));
  for (const attn::KernelSet& set : attn::kernel_sets()) {
    CAPTURE(set.name);
    const std::set<std::string>& wanted = needs.at(set.name);
    const bool all = std::includes(features.begin(), features.end(), wanted.begin(), wanted.end());
    CHECK(set.is_supported() == all);
  }
}
#endif

TEST_CASE("a set has the kernels of every type, or none") {
  for (const attn::KernelSet& set : attn::kernel_sets()) {
    CAPTURE(set.name);
    CHECK_FALSE(set.meaning.empty());
    const bool has_kernels = set.tiles<float>() != nullptr;
    CHECK((set.tiles<double>() != nullptr) == has_kernels);
    CHECK((set.tiles<float>(true) != nullptr) == has_kernels);
    CHECK((set.pooling<float>() != nullptr) == has_kernels);
    CHECK((set.pooling<double>() != nullptr) == has_kernels);
    if (set.prefers_bf16_dot) CHECK(set.bf16_dot != nullptr);
  }
}
