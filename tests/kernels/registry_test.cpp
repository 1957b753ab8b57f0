// The choice of a kernel set.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "attn/error.hpp"
#include "attn/kernels.hpp"

using Catch::Matchers::Contains;

TEST_CASE("auto is the last set that this CPU runs, and the reference runs everywhere") {
  const auto sets = attn::supported_kernel_sets();
  REQUIRE(sets.front()->name == "reference");
  REQUIRE(attn::choose_kernel_set("auto", "--kernel").name == sets.back()->name);
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
    REQUIRE_THAT(error.what(), Contains("unknown kernel set 'avx521'; there are auto, reference, sse4, avx2, avx512") &&
                                   Contains("did you mean 'avx512'?"));
  }
}

TEST_CASE("ATTN_KERNEL counts where no name is given, and a wrong one is an error") {
  setenv("ATTN_KERNEL", "reference", 1);
  REQUIRE(attn::choose_kernel_set(std::nullopt, "--kernel").name == "reference");
  REQUIRE(attn::choose_kernel_set("auto", "--kernel").name == attn::supported_kernel_sets().back()->name);
  setenv("ATTN_KERNEL", "fast", 1);
  try {
    attn::choose_kernel_set(std::nullopt, "--kernel");
    FAIL("no error");
  } catch (const attn::Error& error) {
    REQUIRE(error.where() == "ATTN_KERNEL");
  }
  unsetenv("ATTN_KERNEL");
}

TEST_CASE("a set that this CPU lacks is an error, never a fallback") {
  for (const attn::KernelSet& set : attn::kernel_sets()) {
    if (attn::supported(set)) continue;
    REQUIRE_THROWS_WITH(attn::choose_kernel_set(std::string(set.name), "--kernel"), Contains("this CPU cannot run"));
  }
  SUCCEED("where the CPU runs all, there is nothing to refuse");
}
