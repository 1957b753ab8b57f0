// No output takes the place of a file that the run reads.
#include <filesystem>

#include "cli/model_case.hpp"

namespace attn::test {
namespace {

const std::string two = R"({"tokens":["a","b"],"embeddings":[[1,0],[0,1]]})";

// The output is refused, and every file is as it was.
void check_kept(const Folder& folder, const Arguments& arguments, const std::string& output,
                const std::string& read = "", const std::string& input = "") {
  INFO(joined(arguments));
  const std::vector<std::string> before = folder.files();
  const std::string bytes = folder.read(output);
  check_error(run(arguments, input), 2,
              "-o: '" + output + "' is a file that this run reads" + (read.empty() ? "" : ", as '" + read + "'") +
                  ", and would be replaced; write to another one");
  CHECK(folder.read(output) == bytes);
  CHECK(folder.files() == before);
}

}  // namespace

TEST_CASE("an output that the run reads is refused", "[outputs]") {
  const Folder folder;
  folder.write("in.json", two);
  folder.write("in.jsonl", two + "\n" + two + "\n");
  folder.write("labels.txt", "a\nb\n");
  folder.write("lengths.json", "[2]");
  run({"compute", "in.json", "-o", "weights.npy"});
  run({"mask", "causal", "--queries", "2", "-o", "mask.npy"});
  const std::pair<std::string, std::string> cases[] = {
      {"compute in.json -o in.json", "in.json"},
      {"compute in.json -o ./in.json", "./in.json in.json"},
      {"compute in.json -o weights=json:in.json", "in.json"},
      {"compute in.json -o w.png -o in.json", "in.json"},
      {"compute in.jsonl -o in.jsonl", "in.jsonl"},
      {"compute in.jsonl --mask-file mask.npy -o json:mask.npy", "mask.npy"},
      {"compute --query weights.npy --key weights.npy --value weights.npy -o weights.npy", "weights.npy"},
      {"compute in.json --mask-file mask.npy -o mask.npy", "mask.npy"},
      {"compute in.json --mask file:mask.npy -o mask.npy", "mask.npy"},
      {"compute in.json --bias weights.npy -o weights.npy", "weights.npy"},
      {"compute in.json --key-lengths lengths.json -o lengths.json", "lengths.json"},
      {"compute in.json --tokens labels.txt -o labels.txt", "labels.txt"},
      {"compute in.json --expect weights=weights.npy -o weights.npy", "weights.npy"},
      {"compute in.json --expect weights=weights.npy -o output=weights.npy", "weights.npy"},
      {"multihead in.json --heads 1 --init xavier -o in.json", "in.json"},
      {"mask file:mask.npy --queries 2 -o mask.npy", "mask.npy"},
      {"visualize in.json --tensor embeddings -o svg:in.json", "in.json"},
      {"visualize weights.npy --compare in.json --tensor embeddings -o png:in.json", "in.json"},
      {"visualize in.json --tensor embeddings --diff weights.npy -o png:weights.npy", "weights.npy"},
      {"visualize weights.npy --tokens labels.txt -o labels.txt", "labels.txt"},
      {"bench --input in.json --stages --runs 1 -o in.json", "in.json"},
  };
  for (const auto& [command, names] : cases) {
    const std::size_t space = names.find(' ');
    check_kept(folder, words_of(command), names.substr(0, space),
               space == std::string::npos ? "" : names.substr(space + 1));
  }
}

TEST_CASE("pictures, fonts and models that a run reads are kept", "[outputs]") {
  const Folder folder;
  folder.write("in.json", two);
  REQUIRE(run({"compute", "in.json", "-o", "w.png"}).code == 0);
  check_kept(folder, {"compute", "in.json", "--overlay", "w.png", "--reshape", "1x2", "-o", "w.png"}, "w.png");
  write_bert();
  for (const std::string file : {"m/model.safetensors", "m/config.json", "m/tokenizer.json"})
    check_kept(folder, model({"--text", "a cat", "-o", "json:" + file}), file);
  check_kept(folder, {"multihead", "--weights", "m", "--list", "-o", "m/config.json"}, "m/config.json");
}

TEST_CASE("links lead to the same file", "[outputs]") {
  const Folder folder;
  folder.write("in.json", two);
  std::filesystem::create_symlink("in.json", "soft.json");
  std::filesystem::create_hard_link("in.json", "hard.json");
  for (const std::string link : {"soft.json", "hard.json"}) {
    check_kept(folder, {"compute", "in.json", "-o", link}, link, "in.json");
    check_kept(folder, {"compute", link, "-o", "in.json"}, "in.json", link);
  }
}

TEST_CASE("what is not read may be replaced, and runs are strangers to each other", "[outputs]") {
  const Folder folder;
  folder.write("in.json", two);
  folder.write("out.json", "what was there");
  CHECK(run({"compute", "in.json", "-o", "out.json"}).code == 0);
  CHECK(run({"compute", "out.json", "-o", "in.json"}).code == 1);  // a result is no input, which is found later
  CHECK(run({"visualize", "out.json", "-o", "html:in.json"}).code == 0);
  CHECK(run({"compute", "--random", "2,2", "-o", "out.json"}).code == 0);
}

}  // namespace attn::test
