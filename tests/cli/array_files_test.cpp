// Files of arrays at the command line: what of them is taken for what, and what is refused.
#include "support/array_files.hpp"

#include "cli/session.hpp"

namespace attn::test {
namespace {

using namespace std::string_literals;

const std::string lower_triangle = npy_bytes("|b1", "(3, 3)", "\1\0\0\1\1\0\1\1\1"s);

}  // namespace

TEST_CASE("a mask of booleans is a mask alone, and draws and compares as a result", "[arrays]") {
  const Folder folder;
  folder.write("three.json", three_tokens);
  folder.write("m.npy", lower_triangle);
  const std::string message = "holds booleans where numbers are expected; only 'mask' takes booleans";
  check_error(run({"compute", "three.json", "--bias", "m.npy"}), 1, "m.npy: " + message);
  check_error(run({"compute", "three.json", "--query", "m.npy"}), 1, "m.npy: " + message);
  check_error(run({"compute", "m.npy"}), 1, "m.npy: " + message);
  const Outcome causal = run({"compute", "three.json", "--causal", "-f", "json"});
  CHECK(run({"compute", "three.json", "--mask-file", "m.npy", "-f", "json"}).json()["weights"] ==
        causal.json()["weights"]);
  CHECK(run({"compute", "three.json", "--causal", "--expect", "mask=m.npy", "-q"}).code == 0);
  CHECK(run({"visualize", "m.npy"}).code == 0);
  folder.write("m.npz", npz_bytes({{"mask.npy", lower_triangle}}));
  CHECK(run({"visualize", "m.npz", "--tensor", "mask"}).code == 0);
}

}  // namespace attn::test
