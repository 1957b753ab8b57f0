// Results of several layers of a whole model: text, CSV, documents, pictures.
#include "attn/read.hpp"
#include "cli/model_case.hpp"

namespace attn::test {
namespace {

const Arguments text_of_three{"--text", "a b"};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string text_of(const Arguments& more) {
  const Outcome outcome = run(model(text_of_three + more + Arguments{"-f", "text"}));
  CHECK(outcome.code == 0);
  return outcome.out;
}

LabelledTensor read(const std::string& file, const std::string& name = "") {
  const FileBytes bytes = FileBytes::open(file);
  return read_labelled(bytes, *format_of_path(file), name, {.dtype = DType::f64});
}

}  // namespace

TEST_CASE("text of several layers has a heading for each, with the model's number", "[model]") {
  const Folder folder;
  write_bert();
  const std::string text = text_of({"--layer", "0,2"});
  CHECK(text.starts_with("layer 0\nweights (4, 4, 4)\nhead 0\n"));
  CHECK(count(text, "layer ") == 2);
  CHECK(has(text, "\n\nlayer 2\nweights (4, 4, 4)\nhead 0\n"));
  CHECK_FALSE(has(text, "batch"));
  // What stands under a heading is the text of that layer alone.
  CHECK(text == "layer 0\n" + text_of({"--layer", "0"}) + "\nlayer 2\n" + text_of({"--layer", "2"}));
  const std::string tables =
      text_of({"--layer", "0,2", "--emit", "hidden,hidden_last,weights", "--stats", "--top", "2"});
  CHECK(count(tables, "hidden (4, 24)\n") == 2);
  CHECK(count(tables, "stats (4, 4, 7)\n") == 2);
  CHECK(count(tables, "top 2 (4, 4)\n") == 2);
  CHECK(count(tables, "hidden_last (4, 24)\n") == 1);
  CHECK(tables.find("hidden_last") > tables.find("layer 2"));
  folder.write("two.json", R"({"token_ids":[[1,43,2],[1,44,2]]})");
  CHECK(has(run(model({"two.json", "--layer", "0,2", "-f", "text"})).out,
            "layer 2\nweights (2, 4, 3, 3)\nbatch 0, head 0\n"));
}

TEST_CASE("--head and --batch choose what text shows", "[model]") {
  const Folder folder;
  write_bert();
  const std::string text = text_of({"--layer", "1", "--head", "3"});
  CHECK(text.starts_with("weights (4, 4, 4)\nhead 3\n"));
  CHECK(count(text, "head ") == 1);
  CHECK_FALSE(has(text, "output"));
  const std::string emitted = text_of({"--layer", "1", "--head", "3,0", "--emit", "weights,output,lse"});
  CHECK(has(emitted, "\nhead 3\n"));
  CHECK(has(emitted, "\nhead 0\n"));
  CHECK_FALSE(has(emitted, "\nhead 1\n"));
  CHECK(has(emitted, "output (4, 24)\n"));
  CHECK(count(text_of({"--layer", "0,1", "--head", "-1", "--stats", "--top", "1"}), "head 3\n") == 6);
  check_error(run(model(text_of_three + Arguments{"--head", "7", "-f", "text"})), 2,
              "--head: 7 does not exist; there are 4, 0 to 3");
  const Outcome mean =
      run({"multihead", "--weights", "m", "--text", "a", "--layer", "1", "--head", "mean", "-f", "text"});
  CHECK(has(mean.err, "attn: note: --head mean is of pictures: text shows all\n"));
  CHECK(count(mean.out, "head ") == 4);
  folder.write("two.json", R"({"token_ids":[[1,43,2],[1,44,2]]})");
  const std::string item = run(model({"two.json", "--layer", "1", "--batch", "1", "--head", "2", "-f", "text"})).out;
  CHECK(item.starts_with("weights (2, 4, 3, 3)\nbatch 1, head 2\n"));
  CHECK(count(item, "batch ") == 1);
  // Documents are whole.
  CHECK(run(model(text_of_three + Arguments{"--head", "3", "-f", "json"})).out ==
        run(model(text_of_three + Arguments{"-f", "json"})).out);
  // compute's output has heads, and key/value heads are those that the chosen ones read.
  const std::string grouped = run({"compute", "--random", "1,4,2,3", "--heads", "4", "--kv-heads", "2", "--head", "3",
                                   "--emit", "key,weights,output", "-f", "text", "-q"})
                                  .out;
  CHECK(count(grouped, "head 1\n") == 1);
  CHECK(count(grouped, "head 3\n") == 2);
}

TEST_CASE("CSV of several layers leads with the layer's number, and is read back", "[model]") {
  const Folder folder;
  write_bert();
  REQUIRE(run(model(text_of_three + Arguments{"--layer", "1,2", "-o", "w.csv", "-o", "w.tsv", "-o", "w.npy", "-o",
                                              "all.npz", "-o", "all.json", "-o", "all.safetensors", "-o",
                                              "hidden=h.csv", "--emit", "weights,hidden,hidden_last"}))
              .code == 0);
  CHECK(folder.read("w.csv").starts_with("layer,batch,head,query,[CLS],a,b,[SEP]\n1,0,0,[CLS],"));
  CHECK(folder.read("w.tsv").starts_with("layer\tbatch\thead\tquery\t[CLS]"));
  CHECK(folder.read("h.csv").starts_with("layer,batch,query,0,1,"));
  const LabelledTensor weights = read("all.npz");
  CHECK(weights.tensor.shape() == Shape{2, 1, 4, 4, 4});
  for (const char* const file : {"w.csv", "w.tsv", "all.json", "all.safetensors"}) {
    INFO(file);
    const LabelledTensor same = read(file);
    CHECK(same.layers == std::vector<std::int64_t>{1, 2});
    REQUIRE(same.tensor.shape() == weights.tensor.shape());
    const auto found = same.tensor.values<double>(), expected = weights.tensor.values<double>();
    CHECK(std::equal(found.begin(), found.end(), expected.begin(),
                     [](double x, double y) { return static_cast<float>(x) == static_cast<float>(y); }));
  }
  CHECK(read("w.npy").tensor.shape() == weights.tensor.shape());
  CHECK(parsed_json(folder.read("all.json"))["metadata"]["layers"] == Json{1, 2});
  // States have layers and batch items, but no heads.
  CHECK(read("all.npz", "hidden").tensor.shape() == Shape{2, 1, 1, 4, 24});
  CHECK(read("all.npz", "hidden").layers == std::vector<std::int64_t>{1, 2});
  CHECK(read("all.npz", "hidden_last").tensor.shape() == Shape{1, 4, 24});
}

TEST_CASE("pictures of several layers name them by the model's numbers", "[model]") {
  const Folder folder;
  write_bert();
  REQUIRE(run(model(text_of_three + Arguments{"--layer", "1,2", "-o", "all.svg", "-o", "page.html", "-o", "all.npz",
                                              "--emit", "weights,hidden"}))
              .code == 0);
  const std::string svg = folder.read("all.svg");
  CHECK(count(svg, "Layer 1, Head ") > 0);
  CHECK(count(svg, "Layer 2, Head 3") > 0);
  CHECK_FALSE(has(svg, "Layer 0"));
  const std::string page = folder.read("page.html");
  CHECK(count(page, "\"layer\":1") == 4);
  CHECK(count(page, "\"layer\":2") == 4);
  CHECK_FALSE(has(page, "\"layer\":0"));
  REQUIRE(run(model(text_of_three + Arguments{"--layer", "1,2", "--head", "mean", "-o", "mean.svg"})).code == 0);
  CHECK(has(folder.read("mean.svg"), "Layer 1, Mean of 4 heads"));
  CHECK(run(model({"--text", "a cat", "--merge-words", "--rows", "1:3", "--scale-per", "all", "-o", "x.png"})).code ==
        0);
  // A saved result keeps the numbers.
  const auto drawn = [](const Arguments& more) { return run(Arguments{"visualize", "all.npz", "-f", "text"} + more); };
  CHECK(has(drawn({}).out, "Layer 2, Head 0"));
  CHECK(has(drawn({"--layer", "1"}).out, "Layer 1, Head 0"));
  CHECK(has(drawn({"--rollout", "--layer", "all"}).out, "Rollout, Layer 1"));
  CHECK(has(drawn({"--rollout"}).out, "Rollout, Layer 2"));
  check_error(drawn({"--layer", "0"}), 2, "--layer: 0 does not exist; there are 1, 2");
  CHECK(has(drawn({"--tensor", "hidden", "--layer", "all"}).out, "Layer 1"));
  CHECK(run({"visualize", "all.npz", "--rollout", "-o", "r.png"}).code == 0);
}

TEST_CASE("masks of layers are those of the layers that are drawn", "[model]") {
  const Folder folder;
  write_small_model("gpt2", "m");
  REQUIRE(run(model({"--ids", "5,7,9", "--layer", "1,2", "-o", "x.svg"})).code == 0);
  REQUIRE(run(model({"--ids", "5,7,9", "--layer", "1,2", "--no-causal", "-o", "y.svg"})).code == 0);
  CHECK(folder.read("x.svg") != folder.read("y.svg"));
}

TEST_CASE("a picture of one layer names it, as that of its file does", "[model]") {
  const Folder folder;
  write_small_model("gpt2", "m");
  const Arguments layer{"--ids", "5,7,9", "--layer", "1", "--emit", "weights,mask"};
  REQUIRE(run(model(layer + Arguments{"-o", "x.svg", "-o", "w.npz", "-o", "w.json"})).code == 0);
  CHECK(has(folder.read("x.svg"), "Layer 1, Head 0"));
  for (const std::string scale : {"picture", "all"}) {
    REQUIRE(run(model(layer + Arguments{"--scale-per", scale, "-o", "weights=x.svg"})).code == 0);
    for (const std::string file : {"w.npz", "w.json"}) {
      REQUIRE(run({"visualize", file, "--scale-per", scale, "-o", "y.svg"}).code == 0);
      CHECK(folder.read("x.svg") == folder.read("y.svg"));
    }
  }
}

TEST_CASE("a picture of one layer of a long text is pooled, those of several are not", "[model]") {
  const Folder folder;
  write_small_model("llama", "m");
  std::string ids = "1";
  for (int i = 0; i < 1200; ++i) ids += "," + std::to_string(i % 60);
  const Arguments pictures{"multihead", "--weights", "m", "--ids", ids, "--head", "0", "-v", "-o", "x.png"};
  const Outcome one = run(pictures + Arguments{"--layer", "1"}), two = run(pictures + Arguments{"--layer", "1,2"});
  CHECK(one.code == 0);
  CHECK(has(one.err, "the picture is pooled"));
  REQUIRE(run(Arguments{"multihead", "--weights", "m", "--ids", ids, "-o", "x.svg", "--layer", "1"}).code == 0);
  CHECK(has(folder.read("x.svg"), "Layer 1, Head 0"));
  CHECK(two.code == 0);
}

}  // namespace attn::test
