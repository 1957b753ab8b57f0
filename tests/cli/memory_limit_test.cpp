// Runs past --max-memory: what they say, and whether their advice holds.
#include "cli/session.hpp"

namespace attn::test {

TEST_CASE("sizes past the memory limit are refused before they are allocated", "[errors]") {
  check_error(
      run({"compute", "--random", "100000,64", "--max-memory", "100M"}), 1,
      "--max-memory: this needs 37.3 GiB, of which weights (100000, 100000) takes 37.3 GiB; the limit is 100.0 MiB, "
      "of which 26.8 MiB are left");
  check_error(
      run({"compute", "--random", "100000,64", "--max-memory", "200M"}), 1,
      "--max-memory: this needs 37.3 GiB, of which weights (100000, 100000) takes 37.3 GiB; the limit is 200.0 MiB, "
      "of which 126.8 MiB are left; '--emit output' needs 48.8 MiB");
  check_error(run({"compute", "--random", "1000000,1000000", "--max-memory", "1G"}), 1,
              "--max-memory: --random 1000000,1000000 draws more than the limit allows");
  check_error(
      run({"mask", "causal", "--queries", "1000000", "--max-memory", "1G"}), 1,
      "--max-memory: a mask of 1000000 × 1000000 passes the limit of 1.0 GiB; 32768 queries and keys would fit, "
      "and --stats and pictures need no matrix");
  CHECK(run({"mask", "causal", "--queries", "1000000", "--max-memory", "1G", "--stats"}).code == 0);
}

TEST_CASE("output alone is advised where it fits, and only where nothing else asks for more", "[errors]") {
  const Folder folder;
  const auto check = [&](const Arguments& arguments, bool may_shrink, const Arguments& emit = {}) {
    std::size_t advised = 0;
    for (std::size_t limit = 3 << 20; limit < 60 << 20; limit *= 2) {
      const Arguments limited = arguments + Arguments{"--max-memory", std::to_string(limit)};
      const Outcome outcome = run(limited + emit);
      const bool fits = run(limited + Arguments{"--emit", "output"}).code == 0;
      const bool is_advised = outcome.err.find("'--emit output' needs ") != std::string::npos;
      INFO(joined(limited) << ": " << outcome.err);
      if (is_advised) CHECK(fits);
      advised += is_advised ? 1 : 0;
    }
    INFO(joined(arguments));
    CHECK((advised != 0) == may_shrink);
  };
  const Arguments archive{"compute", "--random", "3000,4", "-o", "x.npz"};
  check(archive, true);
  check(archive, true, {"--emit", "weights,key,lse"});
  check(archive + Arguments{"-o", "output=o.npy"}, true, {"--emit", "weights"});
  check(archive + Arguments{"-o", "w.png"}, false);
  check({"multihead", "--random", "3000,4", "--init", "torch-randn", "--heads", "2", "--average", "-o", "x.npz"}, true);
  check({"compute", "--random", "3000,4", "-o", "weights=w.npy"}, false);
  check({"compute", "--random", "3000,4", "-o", "x.npz", "-o", "scores=s.npy"}, false);
  check({"compute", "--random", "3000,4", "-f", "csv"}, false);
  check({"compute", "--random", "3000,4", "-f", "text", "--steps"}, false);
  REQUIRE(run({"compute", "--random", "3000,4", "--emit", "weights", "-o", "e.npz"}).code == 0);
  check({"compute", "--random", "3000,4", "-f", "npz", "--expect", "weights=e.npz"}, false);
}

}  // namespace attn::test
