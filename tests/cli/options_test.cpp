// Every option of every command changes the result: one table, and a check that no option is missing from it.
#include <set>
#include <sstream>

#include "cli/session.hpp"
#include "cli/vector_set.hpp"

namespace attn::test {
namespace {

// A run that works, and what is added to it; `_` is a space inside a value.
struct Case {
  const char* base;
  const char* option;
};

constexpr Case attention_cases[] = {
    {"compute x.json", "--embeddings y.json"},
    {"compute x.json", "--query y.json"},
    {"compute x.json", "--key y.json"},
    {"compute x.json", "--value y.json"},
    {"compute x.json", "--mask-file mask.csv"},
    {"compute x.json", "--bias bias.csv"},
    {"compute cached.json", "--past-key y.json"},
    {"compute cached.json", "--past-value y.json"},
    {"compute x.json", "--key-lengths 2"},
    {"compute x.json", "--key-starts 1"},
    {"compute x.json -q --mask block:2 --key-starts 1", "--positions from-start"},
    {"compute prefixed.json --mask prefix", "--prefix-lengths 2"},
    {"compute opened.json -q", "--mask-of new"},
    {"compute heads.json", "--layout bshd"},
    {"compute x.json", "--text one_two_three"},
    {"compute x.json -q", "--random 3,4"},
    {"compute --random 3,2", "--value y.json"},
    {"compute --random 3,4", "--keys 5"},
    {"compute --random 3,4", "--d-value 2"},
    {"compute --random 3,4", "--self"},
    {"compute --random 3,4", "--seed 1"},
    {"compute --random 3,4", "--rng numpy"},
    {"compute x.json", "--scale 2"},
    {"compute x.json", "--scale none"},
    {"compute --random 3,4 --heads 2", "--scale 2,3"},
    {"compute x.json", "--scale slopes.csv"},
    {"compute x.json", "--scale-by 1,2,3"},
    {"compute x.json", "--scale-by places.csv"},
    {"compute x.json --alibi", "--position-ids 0,2,9"},
    {"compute x.json --alibi", "--position-ids places.csv"},
    {"compute x.json --alibi --position-ids 0,2,9", "--key-position-ids 3,2,1"},
    {"compute x.json", "--norm-qk l2"},
    {"compute x.json", "--norm-qk rms"},
    {"compute x.json --norm-qk l2", "--qk-norm-epsilon 4"},
    {"compute x.json", "--like softmax1"},
    {"compute x.json", "--softcap 0.1"},
    {"compute x.json", "--causal"},
    {"compute x.json", "--mask window:0,1"},
    {"compute x.json --mask window:0,1", "--mask window:0,0"},
    {"compute masked.json -q", "--mask-means drop"},
    {"compute masked.json", "--like torch-mha"},
    {"compute x.json", "--alibi"},
    {"compute x.json", "--alibi-slopes 2"},
    {"compute x.json --alibi", "--alibi-slopes slopes.csv"},
    {"compute x.json", "--sink 1"},
    {"compute x.json", "--sink slopes.csv"},
    {"compute masked.json --mask none -q", "--empty-row uniform"},
    {"compute --random 3,4 --emit output,mask --mask none --empty-row uniform", "--empty-row zero"},
    {"compute x.json", "--dropout 0.5"},
    {"compute x.json --dropout 0.5", "--dropout-seed 1"},
    {"compute x.json --dropout 0.5", "--rng numpy"},
    {"compute --random 3,4", "--heads 2"},
    {"compute --random 3,4 --heads 2", "--kv-heads 1"},
    {"compute x.json", "--query-range 1:2"},
    {"compute x.json", "--query-part 1/2"},
    {"compute x.json", "--emit lse"},
    {"compute x.json", "--steps"},
    {"compute x.json", "--stats"},
    {"compute x.json", "--top 2"},
    {"compute x.json", "-o w.npy"},
    {"compute x.json", "--output w.npy"},
    {"compute x.json", "-f csv"},
    {"compute x.json", "--format text"},
    {"compute x.json -f text", "--precision 2"},
    {"compute x.json", "--kernel reference"},
    {"compute x.json", "--dtype f64"},
    {"compute x.json", "--dtype bf16"},
    {"compute x.json", "--dtype f16"},
    {"compute x.json -f text", "--color always"},
    {"multihead mh.json", "--embeddings y4.json"},
    {"multihead mh.json", "--query y4.json"},
    {"multihead mh.json", "--key y4.json"},
    {"multihead mh.json", "--value y4.json"},
    {"multihead mh.json", "--mask-file mask.csv"},
    {"multihead mh.json", "--bias bias.csv"},
    {"multihead cached4.json", "--past-key cache2.json"},
    {"multihead cached4.json", "--past-value cache2.json"},
    {"multihead mh.json", "--key-lengths 2"},
    {"multihead mh.json", "--key-starts 1"},
    {"multihead mh.json --rope 100 --key-starts 1 --emit key", "--positions from-start"},
    {"multihead prefixed4.json --mask prefix", "--prefix-lengths 2"},
    {"multihead opened4.json -q", "--mask-of new"},
    {"multihead mh.json", "--text one_two_three"},
    {"multihead mh.json -q", "--random 3,4"},
    {"multihead mh.json -q --random 3,4", "--seed 1"},
    {"multihead mh.json -q --random 3,4", "--rng numpy"},
    {"multihead mh.json", "--scale 2"},
    {"multihead mh.json", "--scale 2,3"},
    {"multihead mh.json", "--scale-by 1,2,3"},
    {"multihead mh.json --rope 10", "--position-ids 0,2,9"},
    {"multihead mh.json --rope 10 --position-ids 0,2,9", "--key-position-ids 3,2,1"},
    {"multihead mh.json", "--norm-qk l2"},
    {"multihead mh.json", "--softcap 0.1"},
    {"multihead mh.json", "--causal"},
    {"multihead mh.json", "--mask window:0,1"},
    {"multihead mh.json --mask-file mask.csv", "--mask-means drop"},
    {"multihead mh.json --mask none -q", "--like hf"},
    {"multihead mh.json", "--alibi"},
    {"multihead mh.json --alibi", "--alibi-slopes 2,1"},
    {"multihead mh.json", "--sink 1"},
    {"multihead mh.json --mask none -q", "--empty-row nan"},
    {"multihead mh.json", "--dropout 0.5"},
    {"multihead mh.json --dropout 0.5", "--dropout-seed 1"},
    {"multihead mh.json", "--heads 1"},
    {"multihead mh.json", "--average"},
    {"multihead mh.json --dropout 0.5 --emit dropped", "--average"},
    {"multihead mh.json", "--no-output-projection"},
    {"multihead x.json --init torch-rand", "--init torch-randn"},
    {"multihead --random 3,4 --init torch-rand", "--draw-order weights,inputs"},
    {"multihead x.json --init torch-rand", "--init-scale 2"},
    {"multihead x.json --init torch-rand", "--seed-skip 1"},
    {"multihead x.json --init torch-rand", "--tokens A,B,C"},
    {"multihead x.json -q --init torch-rand", "--embed 4"},
    {"multihead --text 'b' --embed 4 --init torch-rand", "--embed 8"},
    {"multihead x.json -q --init torch-rand --tokens b,a,c --embed 4", "--embed-order sorted"},
    {"compute --random 3,4", "--seed-skip randn:1"},
    {"compute x.json", "--tokens A,B,C"},
    {"compute x.json -q", "--embed 4"},
    {"compute x.json -q --tokens b,a,c --embed 4", "--embed-order sorted"},
    {"multihead x.json --init torch-rand", "--init-seed 1"},
    {"multihead x.json --init torch-rand", "--seed 1"},
    {"multihead x.json --init torch-rand", "--rng numpy"},
    {"multihead x.json --init torch-linear -q", "--head-dim 2"},
    {"multihead x.json --init torch-linear -q", "--d-out 2"},
    {"multihead plain4.json --init torch-linear --heads 4 -q", "--kv-heads 2"},
    {"multihead x.json --init torch-linear -q", "--qkv-bias"},
    {"multihead plain4.json --init torch-linear --heads 2 --no-output-projection -q", "--stacked"},
    {"multihead x.json --init torch-mha", "--add-bias-kv"},
    {"multihead mh.json", "--add-zero-attn"},
    {"multihead mh.json", "--rope 10"},
    {"multihead x.json --init torch-rand --head-dim 4", "--rope 10:interleaved"},
    {"multihead x.json --init torch-rand --head-dim 4 --rope 10", "--rope-dims 2"},
    {"multihead mh.json --rope 10 --emit query", "--rope-offset 5"},
    {"multihead sections.json --rope 10 --rope-sections 1,1", "--rope-sections 1,1:axial"},
    {"multihead mh.json", "--qk-norm"},
    {"multihead mh.json --qk-norm", "--qk-norm-epsilon 1"},
    {"multihead mh.json", "--query-range 1:"},
    {"multihead mh.json", "--query-part 2/2"},
    {"multihead mh.json", "--emit concat"},
    {"multihead mh.json", "--steps"},
    {"multihead mh.json", "--stats"},
    {"multihead mh.json", "--top 2"},
    {"multihead mh.json", "-o w.npy"},
    {"multihead mh.json", "-f csv"},
    {"multihead mh.json -f text", "--precision 2"},
    {"multihead mh.json", "--kernel reference"},
    {"multihead mh.json", "--dtype f64"},
    {"multihead mh.json", "--dtype bf16"},
    {"multihead mh.json", "--dtype f16"},
    {"multihead mh.json -f text", "--color always"},
};

constexpr Case other_cases[] = {
    {"mask causal --queries 5", "--queries 6"},
    {"mask causal --queries 5", "--keys 7"},
    {"mask causal --queries 5", "--offset 2"},
    {"mask causal --queries 5 -f csv", "--input masked.json --queries 2"},
    {"mask causal --queries 5", "--key-lengths 3"},
    {"mask causal --queries 5", "--key-starts 3"},
    {"mask block:2 --queries 5 --key-starts 1 -q", "--positions from-start"},
    {"mask prefix --input prefixed.json", "--prefix-lengths 2"},
    {"mask --input opened.json", "--mask-of new"},
    {"mask causal --queries 5", "--as bool"},
    {"mask causal --queries 5", "--as additive"},
    {"mask causal --queries 5", "--stats"},
    {"mask causal --queries 5 -f csv", "--text a_b_c_d_e"},
    {"mask causal --queries 5", "-o m.npy"},
    {"mask causal --queries 5", "-f csv"},
    {"mask causal --queries 5 -f text", "--color always"},
    {"visualize weights.json -f png", "--tensor scores"},
    {"visualize weights.json -f png", "--tokens labels.txt"},
    {"visualize weights.json -f png", "--compare weights.json"},
    {"visualize weights.json -f png", "--diff weights.json"},
    {"visualize layers2.json -f png", "--rollout"},
    {"visualize layers2.json -f png --rollout", "--rollout-fusion max"},
    {"visualize weights.json", "--stats"},
    {"visualize weights.json", "--top 1"},
    {"visualize weights.json", "-o w.png"},
    {"visualize weights.json", "-f png"},
    {"visualize weights.json", "--color always"},
};

// Each on every command that draws; the base is of 2 batch items, 2 heads, and labels.
constexpr const char* picture_bases[] = {"compute --random 2,2,3,4 -f png", "multihead batch4.json -f png",
                                         "mask causal|stride:2 --queries 5 -f png", "visualize weights.json -f png"};
constexpr const char* picture_options[] = {
    "--head 1",       "--head mean",  "--head max", "--batch 1",    "--batch all",        "--cmap magma",
    "--annot",        "--title T",    "--xlabel X", "--ylabel Y",   "--colorbar-label C", "--vmin -1",
    "--vmax 2",       "--log",        "--robust",   "--theme dark", "--dpi 50",           "--size 300x200",
    "--max-labels 1", "--center 0.2", "--rows 1",   "--cols 0"};

void write_inputs(const Folder& folder) {
  const std::string eye = "[[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]";
  const std::string projections = R"("num_heads":2,"projections":{"W_q":)" + eye +
                                  R"(,"W_k":[[1,0,0,2],[0,1,0,0],[0,0,1,0],[0,0,0,1]],"W_v":)" + eye +
                                  R"(,"W_o":[[2,0,0,0],[0,2,0,0],[0,0,2,0],[0,0,0,2]]}})";
  folder.write("x.json", three_tokens);
  folder.write("y.json", "[[1,0,0],[0,1,0],[0,0,1]]");
  folder.write("y4.json", "[[1,0,0,3],[0,1,0,1],[0,0,1,1]]");
  folder.write("plain4.json", R"({"embeddings":[[1,0,0,3],[0,1,0,1],[0,0,1,1]]})");
  folder.write("mask.csv", "1,0,1\n1,1,0\n0,1,1\n");
  folder.write("bias.csv", "1,0,2\n3,-inf,5\n6,7,8\n");
  folder.write(
      "cached.json",
      R"({"embeddings":[[1,0,0]],"past_key":[[1,2,3],[4,5,6],[0,1,0]],"past_value":[[1,2,3],[4,5,6],[7,8,9]]})");
  folder.write("heads.json", R"({"query":[[[[1,0],[2,1]]]],"key":[[[[1,1],[2,3]]]],"value":[[[[1,2],[3,5]]]]})");
  folder.write("masked.json", R"({"embeddings":[[1,0],[0,1]],"mask":[[1,0],[1,1]]})");
  folder.write("opened.json",
               R"({"embeddings":[[1,0]],"past_key":[[1,2],[0,1]],"past_value":[[1,2],[3,1]],"mask":[[0]]})");
  folder.write("prefixed.json", R"({"embeddings":[[1,0],[0,1],[1,1]],"prefix_lengths":[1]})");
  folder.write("prefixed4.json",
               R"({"embeddings":[[1,2,3,4],[4,3,2,1],[0,1,0,2]],"prefix_lengths":[1],)" + projections);
  folder.write(
      "opened4.json",
      R"({"embeddings":[[1,2,3,4]],"mask":[[0]],"past_key":[[[1,2]],[[5,6]]],"past_value":[[[1,2]],[[5,6]]],)" +
          projections);
  folder.write("mh.json", R"({"embeddings":[[1,2,3,4],[4,3,2,1],[0,1,0,2]],)" + projections);
  folder.write("batch4.json",
               R"({"embeddings":[[[1,2,3,4],[4,3,2,1],[0,1,0,2]],[[2,2,3,4],[1,3,2,1],[0,1,1,2]]],)" + projections);
  folder.write(
      "cached4.json",
      R"({"embeddings":[[1,2,3,4]],"past_key":[[[1,2],[3,4]],[[5,6],[7,8]]],"past_value":[[[1,2],[3,4]],[[5,6],[7,8]]],)" +
          projections);
  folder.write("cache2.json", R"([[[1,0],[0,1]],[[2,2],[1,3]]])");
  folder.write("weights.json", R"({"tokens":["a","b"],"weights":[[[[0.1,0.9],[0.4,0.6]],[[0.5,0.5],[0.2,0.8]]],
    [[[1,0],[0.3,0.7]],[[0.6,0.4],[0.9,0.1]]]],"scores":[[1,2],[3,4]]})");
  folder.write("layers.json", R"({"weights":[[[[[0.1,0.9]]]],[[[[0.4,0.6]]]]]})");
  folder.write("layers2.json", R"({"weights":[[[[[0.1,0.9],[0.2,0.8]],[[0.6,0.4],[0.7,0.3]]]],
    [[[[0.3,0.7],[0.4,0.6]],[[0.5,0.5],[1,0]]]]]})");
  folder.write("labels.txt", "one\ntwo\n");
  folder.write("slopes.csv", "3\n");
  folder.write("places.csv", "3\n0\n5\n");
  const std::string sections = R"({"position_ids":[[0,1,2],[4,7,1]],"embeddings":[[1,2,3,4],[4,3,2,1],[0,1,0,2]],)";
  folder.write("sections.json", sections + R"("num_heads":1,"projections":{"W_q":)" + eye + R"(,"W_k":)" + eye +
                                    R"(,"W_v":)" + eye + "}}");
}

Arguments split(const std::string& text) {
  std::istringstream words(text);
  Arguments arguments;
  for (std::string word; words >> word;) {
    for (char& c : word)
      if (c == '_') c = ' ';
    arguments.push_back(word);
  }
  return arguments;
}

void check_changes(const Arguments& base, const Arguments& option) {
  INFO(joined(base) << " + " << joined(option));
  const Outcome before = run(base), after = run(base + option);
  REQUIRE(before.err == "");
  REQUIRE(before.code == 0);
  REQUIRE(after.err == "");
  REQUIRE(after.code == 0);
  CHECK((after.out != before.out));  // not decomposed: pictures do not print well
}

}  // namespace

TEST_CASE("every option of compute and multihead changes the result", "[options]") {
  const Folder folder;
  write_inputs(folder);
  for (const Case& c : attention_cases) check_changes(split(c.base), split(c.option));
}

TEST_CASE("every option of mask and visualize changes the result", "[options]") {
  const Folder folder;
  write_inputs(folder);
  for (const Case& c : other_cases) check_changes(split(c.base), split(c.option));
}

TEST_CASE("every picture option changes the picture of every command that draws", "[options]") {
  const Folder folder;
  write_inputs(folder);
  for (const std::string base : picture_bases) {
    for (const std::string option : picture_options) {
      // A mask is one matrix of zeros and ones: no head to choose, and nothing to stretch.
      const bool is_mask = base.rfind("mask", 0) == 0;
      if (is_mask && (option.rfind("--head", 0) == 0 || option.rfind("--batch", 0) == 0 || option == "--robust"))
        continue;
      check_changes(split(base), split(option));
    }
    check_changes(split(base + " --annot"), split("--fmt .0%"));
    const bool is_mask = base.rfind("mask", 0) == 0;
    const std::string row = base + " --rows 0 --cols 0:2";
    check_changes(split(row + (is_mask ? "" : " --head 0")), split("--titles T"));
    check_changes(split(row), split("--reshape 2x1"));
    check_changes(split(row + " --reshape 1x2"), {"--overlay", ATTN_TEST_DATA "/render/wide.png"});
    check_changes(split(base + (is_mask ? " --annot --cols 1:" : " --annot --cols 0")), {"--renormalize"});
  }
  check_changes(split("visualize layers.json -f png"), split("--layer 0"));
  for (const std::string base :
       {"compute --random 2,2,3,4 -f png", "multihead batch4.json -f png", "visualize weights.json -f png"})
    for (const char* option : {"--scale-per head", "--grid-columns 1"}) check_changes(split(base), split(option));
  for (const std::string base : {"compute --random 2,2,3,4 -f png", "visualize weights.json -f png"})
    check_changes(split(base + " --head 0"), split("--scale-per all"));
}

TEST_CASE("--merge-words draws words", "[options]") {
  const Folder folder;
  write_inputs(folder);
  folder.write("pieces.json", R"({"tokens":["un","##til"],"weights":[[0.1,0.9],[0.4,0.6]]})");
  for (const Arguments& base : {Arguments{"compute", "--random", "2,4", "--text", "un ##til", "-f", "png"},
                                Arguments{"multihead", "mh.json", "--text", "a un ##til", "-f", "png"},
                                Arguments{"mask", "causal", "--queries", "2", "--text", "un ##til", "-f", "png"},
                                Arguments{"visualize", "pieces.json", "-f", "png"}})
    check_changes(base, {"--merge-words"});
}

TEST_CASE("--font draws labels in another font", "[options]") {
  const std::string font = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf";
  if (!std::filesystem::exists(font)) {
    WARN("no second font on this system");
    return;
  }
  const Folder folder;
  write_inputs(folder);
  for (const std::string base : picture_bases) check_changes(split(base), {"--font", font});
}

TEST_CASE("a second --font serves the characters that the first lacks, and no others", "[options]") {
  const std::string folder_of_fonts = "/usr/share/fonts/truetype/dejavu/";
  const std::string mono = folder_of_fonts + "DejaVuSansMono.ttf", serif = folder_of_fonts + "DejaVuSerif.ttf";
  if (!std::filesystem::exists(mono) || !std::filesystem::exists(serif)) {
    WARN("no further fonts on this system");
    return;
  }
  const auto picture = [](const std::string& token, const Arguments& fonts) {
    const std::string document = R"({"tokens":[")" + token + R"("],"weights":[[1]]})";
    return run(Arguments{"visualize", "-", "-f", "png"} + fonts, document).out;
  };
  const std::string not_mono = "\xC8\xA2";  // Ȣ
  CHECK(picture(not_mono, {"--font", mono, "--font", serif}) != picture(not_mono, {"--font", mono}));
  CHECK(picture("H", {"--font", mono, "--font", serif}) == picture("H", {"--font", mono}));
  CHECK(picture("H", {"--font", serif, "--font", mono}) != picture("H", {"--font", mono}));
}

TEST_CASE("--threads, --max-memory, --verbose and --quiet change what a run does", "[options]") {
  const Folder folder;
  write_inputs(folder);
  const Arguments base{"compute", "x.json"};
  const Arguments long_run = split("compute --random 500,64 -o x.npy");
  CHECK(has(run(long_run + Arguments{"-v", "--threads", "1"}).err, ", 1 thread, "));
  CHECK(has(run(long_run + Arguments{"--verbose", "--threads", "3"}).err, ", 3 threads, "));
  CHECK(run(base + Arguments{"--threads", "1"}).out == run(base + Arguments{"--threads", "3"}).out);
  for (const Arguments& command :
       {base, split("multihead mh.json"), split("mask causal --queries 3"), split("visualize weights.json")}) {
    INFO(joined(command));
    CHECK(run(command).err == "");
    CHECK(run(command + Arguments{"-v"}).err.find("attn: note: ") == 0);
    CHECK(run(command + Arguments{"-v", "-q"}).err == "");
    CHECK(run(command + Arguments{"--verbose", "--quiet"}).err == "");
    CHECK(run(command + Arguments{"--max-memory", "1"}).code == 1);
    CHECK(run(command + Arguments{"--max-memory", "1G"}).code == 0);
  }
  // Upper-left causal masks of a matrix that is not square are worth a note, that --quiet keeps away.
  const Arguments oblong = split("compute --random 2,4 --keys 3 --causal");
  CHECK(run(oblong).err.find("attn: note: ") == 0);
  CHECK(run(oblong + Arguments{"--quiet"}).err == "");
}

TEST_CASE("ATTN_THREADS and ATTN_KERNEL stand in for flags, which come first", "[options]") {
  const Arguments base = split("compute --random 500,64 -v -f npy");
  const Variable threads("ATTN_THREADS", "3"), kernel("ATTN_KERNEL", "reference");
  const std::string by_variables = run(base).err;
  CHECK(has(by_variables, " reference, 3 threads, "));
  CHECK(has(by_variables, "computed with reference in "));
  const std::string by_flags = run(base + Arguments{"--threads", "1", "--kernel", vector_set()}).err;
  CHECK(has(by_flags, " " + vector_set() + ", 1 thread, "));
  CHECK(has(by_flags, "computed with " + vector_set() + " in "));
  // Threads are said once: small work has fewer than it may have.
  const std::string small = run(split("compute --random 3,4 -v")).err;
  CHECK(has(small, "1 thread, "));
  CHECK(!has(small, "3 thread"));
}

TEST_CASE("no option is missing from these tests", "[options]") {
  // Tested above, in answers_test.cpp, bench_test.cpp, expect_test.cpp, pooled_pictures_test.cpp, checkpoint_test.cpp,
  // decoder_test.cpp, shared_test.cpp or token_list_test.cpp by what they do. In multihead --kv-heads has nothing to
  // choose as long as projections come with the document: see the errors.
  const std::set<std::string> common{"--help",    "--threads", "--max-memory", "--verbose",        "--quiet",
                                     "--font",    "--fmt",     "--layer",      "--page-precision", "--pool",
                                     "--expect",  "--rtol",    "--atol",       "--renormalize",    "--merge-words",
                                     "--reshape", "--overlay", "--titles",     "--csv-header",     "--json-nan"};
  std::set<std::string> pictures;
  for (const char* option : picture_options) pictures.insert(split(option)[0]);
  pictures.insert({"--scale-per", "--grid-columns"});
  for (const std::string command : {"compute", "multihead", "mask", "visualize"}) {
    std::set<std::string> tested = common;
    tested.insert(pictures.begin(), pictures.end());
    if (command == "compute" || command == "multihead") tested.insert({"--shared", "--missing"});
    if (command == "multihead")
      tested.insert({"--weights", "--ignore-tensors", "--arch", "--prefix", "--norm", "--no-causal", "--list",
                     "--text-pair", "--ids", "--no-special-tokens", "--mask-head", "--image", "--decoder-text",
                     "--decoder-ids", "--cross"});
    const auto add = [&](const Case& c) {
      const std::string name = split(c.option)[0];
      if (split(c.base)[0] == command) tested.insert(name == "-o" ? "--output" : name == "-f" ? "--format" : name);
    };
    for (const Case& c : attention_cases) add(c);
    for (const Case& c : other_cases) add(c);
    std::istringstream help(run({command, "--help"}).out);
    std::size_t options = 0;
    for (std::string line; std::getline(help, line);) {
      const std::size_t at = line.find("--");
      if (at > 6 || line[0] != ' ') continue;  // npos is greater
      const std::string name = line.substr(at, line.find(' ', at) - at);
      INFO("attn " << command << " " << name);
      if (command + name != "multihead--kv-heads") CHECK(tested.count(name) == 1);
      ++options;
    }
    CHECK(options > 20);
  }
}

TEST_CASE("the last of an option given twice counts", "[options]") {
  const Arguments base = split("compute --random 3,4");
  CHECK(run(base + split("--scale 9 --scale 2")).out == run(base + split("--scale 2")).out);
}

TEST_CASE("a value may follow = after a short option too, and may be empty", "[options]") {
  const Folder folder;
  const Arguments two{"compute", "--random", "2,2"};
  CHECK(run(two + Arguments{"-o=q.json", "-f=csv"}).code == 0);
  CHECK(folder.read("q.json") == run(two + Arguments{"-o", "q.json", "--quiet"} + Arguments{"-f", "json"}).out);
  // What follows is an option of its own.
  const auto causal = run(two + Arguments{"--title", "", "--causal", "-f", "json"});
  CHECK(causal.json()["metadata"]["mask"] == "causal");
  CHECK(run(two + Arguments{"--title=", "--causal", "-f", "json"}).out == causal.out);
  CHECK(run(two + Arguments{"--title=", "--dtype=f64", "-f", "json"}).json()["metadata"]["dtype"] == "f64");
  CHECK(run({"mask", "causal", "--queries", "2", "--title=", "--stats"}).out ==
        run({"mask", "causal", "--queries", "2", "--stats"}).out);
  check_error(run(two + Arguments{"-o="}), 2, "--output: '' names no file");
  // What an option has for its value is no option, whatever it looks like.
  CHECK(run(two + Arguments{"--title", "-f=csv", "-f", "svg"}).out.find("-f=csv") != std::string::npos);
  check_error(run(two + Arguments{"--causal="}), 2, "--causal: takes no value");
  check_error(run(two + Arguments{"-q=1"}), 2, "-q: takes no value");
  CHECK(folder.files() == std::vector<std::string>{"q.json"});
}

TEST_CASE("a file may bear the name of a command, and -- ends the options", "[options]") {
  const Folder folder;
  write_inputs(folder);
  folder.write("mask", three_tokens);
  folder.write("-x", three_tokens);
  const std::string wanted = run({"compute", "x.json"}).out;
  CHECK(run({"compute", "mask"}).out == wanted);
  CHECK(run({"compute", "--", "-x"}).out == wanted);
  const std::pair<Arguments, std::string> extra[] = {
      {{"compute", "--", "-x", "--emit", "lse"}, "unexpected argument '--emit': after '--' nothing is an option"},
      {{"compute", "x.json", "--", "-f"}, "unexpected argument '-f': after '--' nothing is an option"},
      {{"compute", "--title", "-f", "x.json", "--", "-f"}, "unexpected argument '-f': after '--' nothing is an option"},
      {{"compute", "--", "x.json", "mask"}, "unexpected argument 'mask'"},
      {{"bench", "--", "--shape", "1,1,1,1"}, "unexpected argument '--shape': after '--' nothing is an option"},
      {{"--", "compute", "x.json"}, "'--' stands before the command"},
  };
  for (const auto& [arguments, message] : extra) check_error(run(arguments), 2, message);
}

TEST_CASE("--dtype takes the names that NumPy and PyTorch have for types", "[options]") {
  for (const auto& [name, dtype] :
       {std::pair{"float32", "f32"}, {"float64", "f64"}, {"bfloat16", "bf16"}, {"float16", "f16"}}) {
    const Outcome outcome = run({"compute", "--random", "3,4", "--dtype", name});
    CHECK(outcome.code == 0);
    CHECK(outcome.out == run({"compute", "--random", "3,4", "--dtype", dtype}).out);
  }
  check_error(run({"compute", "--random", "3,4", "--dtype", "half"}), 2,
              "--dtype: 'half' is not one of f32, f64, bf16 and f16");
}

}  // namespace attn::test
