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

TEST_CASE("visualize draws the only matrix of a file without weights, and FILE:NAME", "[arrays]") {
  const Folder folder;
  const std::string eye = npy_bytes("|u1", "(2, 2)", "\1\0\0\1"s), other = npy_bytes("|u1", "(2, 2)", "\0\1\0\1"s),
                    one = npy_bytes("|u1", "(1,)", "\1"), tokens = npy_bytes("|S1", "(2,)", "ab");
  folder.write("eye.npy", eye);
  folder.write("one.npz", npz_bytes({{"attn.npy", eye}, {"step.npy", one}, {"tokens.npy", tokens}}));
  folder.write("one.json", R"({"attn":[[1,0],[0,1]],"step":[1],"tokens":["a","b"]})");
  folder.write("two.npz", npz_bytes({{"attn.npy", eye}, {"other.npy", other}}));
  folder.write("query.npz", npz_bytes({{"query.npy", eye}}));
  folder.write("mask.npz", npz_bytes({{"mask.npy", npy_bytes("|b1", "(2, 2)", "\1\0\1\1"s)}}));
  const std::string plain = run({"visualize", "eye.npy", "--tokens", "a,b"}).out;
  for (const std::string file : {"one.npz", "one.json"}) {
    const Outcome drawn = run({"visualize", file});
    CHECK(drawn.out == plain);
    CHECK(drawn.err == "attn: note: " + file + ": has no 'weights'; 'attn' is drawn, its only matrix\n");
  }
  CHECK(run({"visualize", "mask.npz"}).out == run({"visualize", "mask.npz", "--tensor", "mask"}).out);
  check_error(run({"visualize", "two.npz"}), 1,
              "two.npz: holds no tensor 'weights'; it holds attn, other; --tensor says which is drawn");
  check_error(run({"visualize", "query.npz"}), 1,
              "query.npz: holds no tensor 'weights'; it holds query; --tensor says which is drawn");
  CHECK(run({"visualize", "query.npz", "--tensor", "query"}).code == 0);
  CHECK(run({"visualize", "two.npz:other"}).out == run({"visualize", "two.npz", "--tensor", "other"}).out);
  CHECK(run({"visualize", "two.npz:attn", "--diff", "two.npz:other", "-q"}).code == 0);
  CHECK(run({"visualize", "two.npz:attn", "two.npz:other"}).code == 0);
  CHECK(has(run({"visualize", "two.npz:attn", "--compare", "two.npz:other", "--cmap", "gray"}).out, "two:other"));
  check_error(run({"visualize", "two.npz:attn", "--tensor", "attn"}), 2,
              "--tensor: goes without FILE:NAME, which names the tensor");
  check_error(run({"compute", "two.npz:attn"}), 1,
              "two.npz:attn: names one tensor of two.npz, and a document is read as a whole");
  check_error(run({"mask", "causal", "--input", "two.npz:attn"}), 1,
              "two.npz:attn: names one tensor of two.npz, and a document is read as a whole");
}

TEST_CASE("documents of 8 bits are widened, and compare as loosely as they are stored", "[arrays]") {
  const Folder folder;
  // 1, 0.5, -2 and 0.0625, 0.75, 1
  const std::string e4m3 = "\x38\x30\xC0\x18\x34\x38"s, e5m2 = "\x3C\x38\xC0\x2C\x3A\x3C"s;
  const auto document = [](const std::string& name, const std::string& type, const std::string& data) {
    return safetensors_bytes("{\"" + name + R"(":{"dtype":")" + type + R"(","shape":[2,3],"data_offsets":[0,6]}})",
                             data);
  };
  folder.write("e4m3.safetensors", document("embeddings", "F8_E4M3", e4m3));
  folder.write("e5m2.safetensors", document("embeddings", "F8_E5M2", e5m2));
  const std::string same = R"({"embeddings":[[1,0.5,-2],[0.0625,0.75,1]]})";
  const Outcome wide = run({"compute", "-f", "json"}, same);
  for (const std::string type : {"e4m3", "e5m2"}) {
    CHECK(run({"compute", type + ".safetensors", "-f", "json"}).out == wide.out);
    CHECK(run({"compute", "-", "-f", "json", "--query", type + ".safetensors"}, same).out == wide.out);
  }
  folder.write("x.json", same);
  folder.write("o.safetensors", document("query", "F8_E4M3", "\x39\x30\xC0\x18\x34\x38"s));  // 1.125 for 1
  folder.write("s.safetensors",
               safetensors_bytes(R"({"embeddings":{"dtype":"F8_E4M3","shape":[1,1],"data_offsets":[0,1]},)"
                                 R"("q_proj.weight":{"dtype":"F8_E4M3","shape":[1,1],"data_offsets":[1,2]},)"
                                 R"("q_proj.weight_scale":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[2,3]}})",
                                 "\x38\x38\x38"));
  CHECK(run({"multihead", "s.safetensors"}).err.find("#/q_proj.weight_scale: unknown projection") != std::string::npos);
  const Arguments expect{"compute", "x.json", "-q", "--expect", "o.safetensors"};
  CHECK(run(expect).code == 0);
  CHECK(run(expect + Arguments{"--rtol", "0.05"}).code == 3);
}

TEST_CASE("a file may hold inputs and what is expected of them", "[arrays]") {
  const Folder folder;
  const std::string inputs = R"("q":[[1,0],[0,2]],"k":[[1,1],[0,1]],"v":[[1,2],[3,4]])";
  folder.write("in.json", "{" + inputs + "}");
  const std::string output = run({"compute", "in.json", "-f", "json", "--emit", "output"}).json()["output"].dump();
  folder.write("case.json", "{" + inputs + R"(,"output":)" + output + R"(,"stats":{"top":[]}})");
  folder.write("wrong.json", "{" + inputs + R"(,"output":[[1,2],[3,4]]})");
  folder.write("other.json", "{" + inputs + R"(,"output":[[1,2],[3,4]],"out":[[1,2],[3,4]]})");
  const Outcome met = run({"compute", "case.json", "--expect", "case.json"});
  CHECK(met.code == 0);
  CHECK(has(met.err, "case.json: output: ok"));
  CHECK(has(met.err, "case.json: stats.top is not compared"));
  CHECK(run({"compute", "wrong.json", "--expect", "./wrong.json"}).code == 3);
  CHECK(run({"compute", "case.json", "--expect", "output=case.json:output"}).code == 0);
  CHECK(run({"compute", "case.json", "--expect", "output=case.json:v"}).code == 3);
  // Elsewhere a result is no part of a document.
  check_error(run({"compute", "case.json"}), 1, "case.json#/output: is of a result, and no input");
  check_error(run({"compute", "case.json", "--expect", "wrong.json"}), 1,
              "case.json#/output: is of a result, and no input");
  CHECK(has(run({"compute", "other.json", "--expect", "other.json"}).err, "other.json#/out: unknown member"));
  check_error(run({"compute", "in.json", "--expect", "in.json"}), 1,
              "in.json: is INPUT as well, and holds no tensor besides its inputs that this run can give");
  const auto array = [](const std::string& data) { return npy_bytes("|u1", "(2, 2)", data); };
  const std::vector<std::pair<std::string, std::string>> arrays{
      {"q.npy", array("\1\0\0\2"s)}, {"k.npy", array("\1\1\0\1"s)}, {"v.npy", array("\1\2\3\4"s)}};
  folder.write("case.npz", npz_bytes({arrays[0], arrays[1], arrays[2], {"weights.npy", array("\1\2\3\4"s)}}));
  CHECK(run({"compute", "case.npz", "--expect", "case.npz"}).code == 3);
  check_error(run({"compute", "case.npz"}), 1, "case.npz#/weights: is of a result, and no input");
}

TEST_CASE("files that are no data are called what they are", "[arrays]") {
  const Folder folder;
  const auto check = [&](const std::string& file, const std::string& message) {
    for (const Arguments& arguments :
         {Arguments{"visualize", file}, Arguments{"compute", file}, Arguments{"compute", "--query", file}})
      check_error(run(arguments), 1, file + message);
  };
  folder.write("w.png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s);
  check("w.png", ": is a PNG image, which is not read; JSON, JSON Lines, CSV, TSV, NPY, NPZ or safetensors is");
  const std::string saved =
      ": is a pickle of Python or PyTorch, which is not read; safetensors.torch.save_file writes "
      "tensors that are";
  folder.write("q.pt", npz_bytes({{"q/data.pkl", "\x80\2."}}));
  check("q.pt", saved);
  folder.write("q.pkl", "\x80\4\x95.");
  check("q.pkl", saved);
  folder.write("s.txt", "1.0 2.0\n3.0 4.0\n");
  check("s.txt",
        ":1:1: '1.0 2.0' is not a number; fields are separated by ',', as "
        R"(numpy.savetxt("x.csv", x, delimiter=",") writes them)");
}

TEST_CASE("--expect knows the short names of inputs", "[arrays]") {
  const Folder folder;
  folder.write("in.json", R"({"q":[[1,0]],"k":[[1,1]],"v":[[1,2]]})");
  folder.write("qkv.json", R"({"q":[[1,0]],"k":[[1,1]],"v":[[1,2]]})");
  const Outcome all = run({"compute", "in.json", "--expect", "qkv.json"});
  CHECK(all.code == 0);
  for (const std::string name : {"query", "key", "value"}) CHECK(has(all.err, "qkv.json: " + name + ": ok"));
  for (const std::string one : {"qkv.json:q", "q=qkv.json", "query=qkv.json", "q=qkv.json:q"})
    CHECK(run({"compute", "in.json", "--expect", one}).code == 0);
  CHECK(run({"compute", "in.json", "--expect", "k=qkv.json:v"}).code == 3);
}

}  // namespace attn::test
