// Conventions by flag: presets against the flags that they stand for, notes on choices, and rules on every engine.
#include "attn/conventions.hpp"

#include <cmath>

#include "attn/kernels.hpp"
#include "cli/session.hpp"

namespace attn::test {
namespace {

// A result without its metadata, whose members differ.
Json numbers(const std::string& command) {
  const Outcome outcome = run(words_of(command));
  INFO(command << "\n" << outcome.err);
  REQUIRE(outcome.code == 0);
  Json result = outcome.json();
  result.erase("metadata");
  return result;
}

std::string notes(const std::string& command) {
  const Outcome outcome = run(words_of(command));
  CHECK(outcome.code == 0);
  return outcome.err;
}

// Two tokens; the second query may attend nothing, if 1 means keep.
const std::string masked = R"({"embeddings":[[1,0],[0,1]],"mask":[[1,0],[0,0]]})";

}  // namespace

TEST_CASE("a preset is the flags that it stands for", "[conventions]") {
  const Folder folder;
  folder.write("m.json", masked);
  const std::string oblong = "compute --random 2,2,3,4 --keys 5 --emit masked,weights,output,lse";
  struct Pair {
    std::string preset, flags;
  };
  const std::vector<Pair> pairs{
      {"compute m.json --like torch-sdpa", "compute m.json --mask-means keep --empty-row zero"},
      {"compute m.json --like torch-mha", "compute m.json --mask-means drop --empty-row nan"},
      {"compute m.json --like onnx", "compute m.json --empty-row zero"},
      {"compute m.json --like flash", "compute m.json --empty-row zero"},
      {"compute m.json --like hf", "compute m.json --empty-row uniform"},
      {"compute m.json --like textbook", "compute m.json --empty-row nan"},
      {"compute m.json --like softmax1", "compute m.json --sink 0"},
      {oblong + " --causal --like torch-sdpa", oblong + " --mask causal"},
      {oblong + " --causal --like torch-mha", oblong + " --mask causal"},
      {oblong + " --causal --like onnx", oblong + " --mask causal"},
      {oblong + " --causal --like flash", oblong + " --mask causal:bottom-right"},
      {oblong + " --causal --like hf", oblong + " --mask causal"},
      {oblong + " --causal --like textbook", oblong + " --mask causal"},
      {oblong + " --key-lengths 2,5 --causal --like onnx", oblong + " --key-lengths 2,5 --mask causal:bottom-right"},
      {oblong + " --key-lengths 2,5 --causal --like flash", oblong + " --key-lengths 2,5 --mask causal:bottom-right"},
      {oblong + " --key-lengths 2,5 --causal --like hf", oblong + " --key-lengths 2,5 --mask causal"},
  };
  for (const Pair& pair : pairs) {
    INFO(pair.preset << " and " << pair.flags);
    CHECK(numbers(pair.preset) == numbers(pair.flags));
  }
}

TEST_CASE("flags win over the preset, wherever they stand", "[conventions]") {
  const Folder folder;
  folder.write("m.json", masked);
  const Json plain = numbers("compute m.json");
  CHECK(numbers("compute m.json --like torch-mha --mask-means keep --empty-row zero") == plain);
  CHECK(numbers("compute m.json --mask-means keep --empty-row zero --like torch-mha") == plain);
  CHECK(numbers("compute m.json --like hf --empty-row zero") == plain);
  CHECK(numbers("compute m.json --like textbook --empty-row uniform") == numbers("compute m.json --like hf"));
  CHECK(numbers("compute m.json --like softmax1 --sink 2") == numbers("compute m.json --sink 2"));
  // Atoms say how they are aligned, and mean the same under every preset.
  const std::string oblong = "compute --random 3,4 --keys 5 --mask causal";
  CHECK(numbers(oblong + " --like flash") == numbers(oblong));
}

TEST_CASE("ALiBi counts from where the preset aligns the queries", "[conventions]") {
  const Json upper = numbers("compute --random 1,1,2,4 --keys 4 --scale 0 --alibi-slopes 1 --emit masked");
  const Json lower = numbers("compute --random 1,1,2,4 --keys 4 --scale 0 --alibi-slopes 1 --emit masked --like flash");
  CHECK(upper["masked"][0][0] == parsed_json("[[0,-1,-2,-3],[-1,0,-1,-2]]"));
  CHECK(lower["masked"][0][0] == parsed_json("[[-2,-1,0,-1],[-3,-2,-1,0]]"));
}

TEST_CASE("the metadata name the preset and what --causal became", "[conventions]") {
  const Json metadata = run(words_of("compute --random 2,4 --keys 3 --like flash --causal")).json()["metadata"];
  CHECK(metadata["like"] == "flash");
  CHECK(metadata["mask"] == "causal:bottom-right");
  CHECK(metadata["empty_row"] == "zero");
  CHECK(run(words_of("compute --random 2,4")).json()["metadata"].count("like") == 0);
}

TEST_CASE("--verbose says what each convention of a preset is, and which flag wins over it", "[conventions]") {
  const std::string base = "compute --random 2,4 ";
  const std::string text = notes(base + "-v --like torch-mha --mask-means keep --scale 2");
  const std::string wanted =
      "attn: note: like torch-mha: the conventions of torch.nn.MultiheadAttention\n"
      "attn: note: like torch-mha: true in a mask drops the key (--mask-means drop); --mask-means keep wins\n"
      "attn: note: like torch-mha: a mask of rank 3 is (B*H, L, S)\n"
      "attn: note: like torch-mha: a mask with fewer keys is an error\n"
      "attn: note: like torch-mha: --causal is causal: upper left, or after the cached keys\n"
      "attn: note: like torch-mha: a query without keys gets nan (--empty-row)\n"
      "attn: note: like torch-mha: the scale is 1/sqrt(d), unless the document has one; --scale wins\n"
      "attn: note: like torch-mha: the softcap comes before bias, ALiBi and mask\n";
  CHECK(text.rfind(wanted, 0) == 0);
  CHECK(notes(base + "--like torch-mha").empty());
  CHECK(notes(base + "-v").find(" like ") == std::string::npos);
  for (const Conventions& preset : conventions()) {
    INFO(preset.name);
    const std::string said = notes(base + "-v --empty-row uniform --like " + std::string(preset.name));
    const bool wins = said.find("; --empty-row uniform wins\n") != std::string::npos;
    CHECK(wins == (preset.empty_row != EmptyRow::uniform));
  }
  CHECK(notes(base + "-v --like flash").find("--causal is causal:bottom-right") != std::string::npos);
  CHECK(notes(base + "-v --like softmax1").find("each row's sum has 1 more: a sink of 0 (--sink 0)\n") !=
        std::string::npos);
  CHECK(notes(base + "-v --like softmax1 --sink 1").find("(--sink 0); --sink wins\n") != std::string::npos);
  CHECK(notes(base + "-v --like onnx").find("keys past the end of a mask are masked") != std::string::npos);
}

TEST_CASE("causal between other numbers of queries and keys is worth a note where nothing says how", "[conventions]") {
  const Folder folder;
  folder.write("cached.json", R"({"embeddings":[[1,2]],"past_key":[[1,2],[3,4]],"past_value":[[1,2],[3,4]]})");
  const std::string note =
      "attn: note: causal: query i attends keys up to i (upper left, as in PyTorch), for 2 queries and 3 keys; "
      "causal:bottom-right lets the last query attend the last key\n";
  const std::string oblong = "compute --random 2,4 --keys 3";
  for (const std::string flags :
       {" --causal", " --mask causal", " --mask window:1,0&(all|causal)", " --causal --like onnx"})
    CHECK(notes(oblong + flags) == note);
  for (const std::string flags : {" --mask causal:bottom-right", " --causal --like flash", " --causal --key-lengths 2",
                                  " --mask window:-1,0", ""})
    CHECK(notes(oblong + flags).empty());
  CHECK(notes("compute --random 3,4 --causal").empty());
  CHECK(notes("compute cached.json --causal").empty());
  // The words of a file's name are not the mask's.
  folder.write("a causal b.json", R"({"mask":[[1,1,1],[1,1,1]]})");
  const Arguments stored{"compute", "--random", "2,4", "--keys", "3", "--mask", "file:\"a causal b.json\""};
  CHECK(run(stored).err.empty());
  CHECK(run(stored + Arguments{"--causal"}).err == note);
}

TEST_CASE("segments that no mask uses are worth a note, and change nothing", "[conventions]") {
  const Folder folder;
  folder.write("s.json", R"({"embeddings":[[1,0],[0,1],[1,1]],"segments":[7,7,9]})");
  folder.write("n.json", R"({"embeddings":[[1,0],[0,1],[1,1]]})");
  const std::string note =
      "attn: note: the ids of s.json#/segments mask nothing by themselves; --mask segments keeps documents apart\n";
  for (const std::string flags : {"", " --causal", " --mask documents:2,1"}) {
    CHECK(notes("compute s.json" + flags) == note);
    CHECK(numbers("compute s.json" + flags) == numbers("compute n.json" + flags));
  }
  CHECK(notes("compute s.json -q").empty());
  for (const std::string flags : {" --mask segments", " --mask causal&segments", " --mask !(segments|sink:1)"})
    CHECK(notes("compute s.json" + flags).empty());
  CHECK(numbers("compute s.json --mask segments") == numbers("compute n.json --mask documents:2,1"));
  folder.write("of segments .json", R"({"mask":[[1,1,1]]})");
  CHECK(run({"compute", "s.json", "--mask", "file:\"of segments .json\""}).err == note);
}

TEST_CASE("slopes and sinks come as lists and from files", "[conventions]") {
  const Folder folder;
  folder.write("list.json", "[0.5,0.25]");
  folder.write("row.csv", "0.5,0.25\n");
  folder.write("column.csv", "0.5\n0.25\n");
  const std::string base = "compute --random 3,4 --heads 2 ";
  for (const std::string flag : {"--alibi-slopes", "--sink"}) {
    const Json list = numbers(base + flag + " 0.5,0.25");
    CHECK(list != numbers(base));
    for (const std::string file : {"list.json", "row.csv", "column.csv"})
      CHECK(numbers(base + flag + " " + file) == list);
  }
  CHECK(numbers(base + "--sink 0.5") == numbers(base + "--sink 0.5,0.5"));
  // Slopes imply ALiBi, and take the place of the paper's, which are 2^-4 and 2^-8 for two heads.
  CHECK(numbers(base + "--alibi-slopes 0.0625,0.00390625") == numbers(base + "--alibi"));
  CHECK(numbers(base + "--alibi --alibi-slopes 1,2") == numbers(base + "--alibi-slopes 1,2"));
  CHECK(run(words_of(base + "--alibi-slopes 1,2")).json()["metadata"]["alibi"] == true);
}

TEST_CASE("masks and biases under a preset's rules of shape keep their errors", "[conventions]") {
  const Folder folder;
  const std::string operands = R"({"query":[[1,0],[0,1]],"key":[[1,0],[0,1],[1,1]],"value":[[1],[2],[3]],)";
  folder.write("m.json", operands + R"("mask":[[1,1],[0,1]]})");
  folder.write("b.json", operands + R"("bias":[[1,1],[0,1]]})");
  folder.write("wide.json", operands + R"("mask":[[1,1,1,1],[0,1,1,1]]})");
  check_error(run(words_of("compute m.json")), 1,
              "m.json#/mask: the mask's shape (2, 2) does not broadcast to the scores' (2, 3)");
  check_error(run(words_of("compute b.json")), 1,
              "b.json#/bias: the shape (2, 2) does not broadcast to the scores' (2, 3)");
  check_error(run(words_of("compute wide.json --like onnx")), 1,
              "wide.json#/mask: the mask's shape (2, 4) does not broadcast to the scores' (2, 3)");
  CHECK(numbers("compute m.json --like onnx --emit mask")["mask"] == parsed_json("[[1,1,0],[0,1,0]]"));
  CHECK(numbers("compute m.json --like onnx --mask-means drop --emit mask")["mask"] ==
        parsed_json("[[0,0,0],[1,0,0]]"));
  CHECK(numbers("compute b.json --like onnx --emit mask")["mask"] == parsed_json("[[1,1,0],[1,1,0]]"));
}

TEST_CASE("--empty-row and --mask-means hold on every engine", "[conventions]") {
  const Folder folder;
  // Three queries decode and fifty stream, where only the output is asked for.
  for (const std::size_t queries : {3U, 50U}) {
    constexpr std::size_t keys = 70;
    Json kept = Json::array(), dropped = Json::array(), document;
    double mean = 0;
    for (std::size_t i = 0; i < queries; ++i) {
      Json row = Json::array(), inverse = Json::array();
      for (std::size_t j = 0; j < keys; ++j) {
        const bool keep = i % 3 != 1 && (i + j) % 4 != 0;  // every third query keeps nothing
        row.push_back(keep ? 1 : 0);
        inverse.push_back(keep ? 0 : 1);
      }
      document["query"].push_back({std::sin(static_cast<double>(i)), 1});
      kept.push_back(row);
      dropped.push_back(inverse);
    }
    for (std::size_t j = 0; j < keys; ++j) {
      document["key"].push_back({std::cos(static_cast<double>(j)), 0.5});
      document["value"].push_back({0.25 * static_cast<double>(j)});
      mean += 0.25 * static_cast<double>(j) / keys;
    }
    folder.write("kept.json", kept.dump());
    folder.write("dropped.json", dropped.dump());
    folder.write("x.json", document.dump());
    for (const KernelSet* kernels : supported_kernel_sets()) {
      for (const std::string emit : {"output", "weights,output"}) {
        for (const std::string dtype : {"f32", "f64", "bf16", "f16"}) {
          const std::string with =
              "compute x.json --emit " + emit + " --dtype " + dtype + " --kernel " + std::string(kernels->name);
          INFO(with);
          const std::string keep = with + " --mask-file kept.json", drop = with + " --mask-file dropped.json";
          for (const std::string rule : {"zero", "nan", "uniform"}) {
            const Json result = numbers(keep + " --empty-row " + rule);
            CHECK(result == numbers(drop + " --mask-means drop --empty-row " + rule));
            for (std::size_t i = 1; i < queries; i += 3) {
              const Json& output = result["output"][i][0];
              if (rule == "zero") CHECK(output == 0);
              if (rule == "nan") CHECK(output.is_null());
              if (rule == "uniform") CHECK(output.get<double>() == Approx(mean).epsilon(0.01));
            }
            CHECK(result["output"][0][0].get<double>() > 0);
          }
          CHECK(numbers(keep) == numbers(keep + " --empty-row zero"));
          CHECK(numbers(keep) != numbers(drop));
        }
      }
    }
  }
}

}  // namespace attn::test
