// Every error: its exact line and exit code, nothing on standard output, no file left behind.
#include "cli/session.hpp"

namespace attn::test {
namespace {

struct Failure {
  Arguments arguments;
  const char* message;
};

constexpr const char* files_known = ".json, .jsonl, .csv, .tsv, .npy, .npz, .safetensors, .txt, .png, .svg and .html";

const std::string row = R"({"embeddings":[[1,2]])";

}  // namespace

TEST_CASE("wrong usage is exit code 2 and one line", "[errors]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  folder.write("w.json", "[[0.5,0.5]]");
  const std::vector<Failure> failures{
      {{}, "there is no command; 'attn --help' lists them"},
      {{"compue"}, "unknown command 'compue'; did you mean 'compute'?"},
      {{"--bogus"}, "--bogus: unknown option"},
      {{"compute", "x.json", "y.json"}, "unexpected argument 'y.json'"},
      {{"compute", "x.json", "--sclae", "2"}, "--sclae: unknown option; did you mean '--scale'?"},
      {{"visualize", "w.json", "--random", "3"}, "--random: unknown option; compute and multihead have it"},
      {{"bench", "--list=vit"}, "--list: unknown option; multihead has it"},
      {{"--scale", "2"}, "--scale: unknown option; compute and multihead have it"},
      {{"compute", "x.json", "--scale"}, "--scale: needs a value"},
      {{"compute", "x.json", "--causal=3"}, "--causal: takes no value"},
      {{"compute", "x.json", "--scale", "two"}, "--scale: 'two' is not a number"},
      {{"compute", "x.json", "--scale", "inf"}, "--scale: 'inf' is not a number"},
      {{"compute", "x.json", "--scale", "1,2"}, "--scale: 2 scales for 1 head"},
      {{"compute", "x.json", "--scale", "1,nan"}, "--scale: 'nan' is not a number"},
      {{"compute", "x.json", "--scale-by", "1,inf"}, "--scale-by: 'inf' is not a number"},
      {{"compute", "x.json", "--position-ids", "0,1,2"},
       "--position-ids: changes nothing: no ALiBi counts positions here"},
      {{"compute", "x.json", "--norm-qk", "l3"}, "--norm-qk: 'l3' is not one of l2 and rms; did you mean 'l2'?"},
      {{"compute", "x.json", "--norm-qk", "l2", "--qk-norm-epsilon", "-1"}, "--qk-norm-epsilon: must be 0 or more"},
      {{"multihead", "x.json", "--init", "torch-rand", "--norm-qk", "l2", "--qk-norm"},
       "--norm-qk: l2 does not go with --qk-norm, which is --norm-qk rms"},
      {{"multihead", "x.json", "--init", "torch-rand", "--position-ids", "0,1,2"},
       "--position-ids: changes nothing: neither RoPE nor ALiBi counts positions here"},
      {{"multihead", "x.json", "--init", "torch-rand", "--rope-sections", "1,1"}, "--rope-sections: goes with --rope"},
      {{"multihead", "x.json", "--init", "torch-rand", "--rope", "10", "--rope-sections", "1"},
       "--rope-sections: is of two axes or more"},
      {{"multihead", "x.json", "--init", "torch-rand", "--rope", "10", "--rope-sections", "0,1"},
       "--rope-sections: must be 1 or more, not 0"},
      {{"multihead", "x.json", "--init", "torch-rand", "--rope", "10", "--rope-sections", "1,1:axail"},
       "--rope-sections: 'axail' is not one of sectioned, interleaved and axial; did you mean 'axial'?"},
      {{"multihead", "x.json", "--init", "torch-rand", "--head-dim", "4", "--rope", "10", "--rope-sections", "1,1"},
       "--rope-sections: 2 sections need positions of as many axes: --position-ids of the shape (2, L)"},
      {{"compute", "x.json", "--softcap", "0"},
       "--softcap: must be more than 0; without --softcap, or with 'none', scores are not capped"},
      {{"compute", "x.json", "--softcap", "1e39"}, "--softcap: 1e+39 is too large for float32; --dtype f64 has room"},
      {{"compute", "x.json", "--sink", "-1e39"}, "--sink: -1e+39 is too large for float32; --dtype f64 has room"},
      {{"compute", "x.json", "--alibi", "--alibi-slopes", "1e39"},
       "--alibi-slopes: 1e+39 is too large for float32; --dtype f64 has room"},
      {{"compute", "x.json", "--scale", "1e38"}, "--scale: 1e+38 is too large for float32; --dtype f64 has room"},
      {{"compute", "x.json", "--scale", "1e308", "--dtype", "f64"}, "--scale: 1e+308 is too large for float64"},
      {{"compute", "x.json", "--mask", "cuasal"}, "--mask: column 1: unknown atom 'cuasal'; did you mean 'causal'?"},
      {{"compute", "x.json", "--mask-means", "dorp"},
       "--mask-means: 'dorp' is not one of keep and drop; did you mean 'drop'?"},
      {{"compute", "x.json", "--sink", "1,2"}, "--sink: 2 sinks for 1 head"},
      {{"compute", "x.json", "--sink", "1,"}, "--sink: '' is not a number"},
      {{"compute", "x.json", "--sink", "nan"}, "--sink: 'nan' is not a number"},
      {{"compute", "x.json", "--sink", "1,-inf"}, "--sink: '-inf' is not a number"},
      {{"compute", "x.json", "--alibi-slopes", "1,2"}, "--alibi-slopes: 2 slopes for 1 head"},
      {{"compute", "x.json", "--heads", "3", "--alibi-slopes", "1"}, "--alibi-slopes: 1 slope for 3 heads"},
      {{"compute", "x.json", "--alibi-slopes", "0.5."}, "--alibi-slopes: '0.5.' is not a number"},
      {{"compute", "x.json", "--like", "torch"},
       "--like: there is no preset 'torch'; there are torch-sdpa, torch-mha, onnx, flash, hf, textbook, softmax1; did "
       "you "
       "mean 'torch-sdpa' or 'torch-mha'?"},
      {{"multihead", "x.json", "--like", "flahs"},
       "--like: there is no preset 'flahs'; there are torch-sdpa, torch-mha, onnx, flash, hf, textbook, softmax1; did "
       "you mean "
       "'flash'?"},
      {{"compute", "x.json", "--empty-row", "none"}, "--empty-row: 'none' is not one of zero, nan and uniform"},
      {{"compute", "x.json", "--heads", "2"}, "--heads: 2 heads do not divide the width 3 of x.json#/embeddings"},
      {{"compute", "x.json", "--heads", "0"}, "--heads: must be 1 or more, not 0"},
      {{"compute", "x.json", "--heads", "1", "--kv-heads", "2"},
       "--kv-heads: 2 key/value heads do not divide 1 query heads"},
      {{"compute", "x.json", "--emit", "scors"}, "--emit: there is no tensor 'scors'; did you mean 'scores'?"},
      {{"compute", "x.json", "--precision", "-1"}, "--precision: must be 0 or more, not -1"},
      {{"compute", "x.json", "--precision", "18"}, "--precision: must be 17 or less"},
      {{"compute", "x.json", "--steps", "-f", "json"}, "--steps: is text: it goes without -f"},
      {{"compute", "x.json", "--steps", "-o", "w.png"},
       "--steps: is text: no output shows it; add -o - or -o FILE.txt"},
      {{"compute", "x.json", "--threads", "0"}, "--threads: must be 1 or more, not 0"},
      {{"compute", "x.json", "--threads", "1025"}, "--threads: must be 1024 or less"},
      {{"compute", "x.json", "--threads", "1,2"}, "--threads: '1,2' is not a whole number"},
      {{"compute", "x.json", "--threads", "1.5"}, "--threads: '1.5' is not a whole number"},
      {{"compute", "x.json", "--kernel", "avx3"},
       "--kernel: unknown kernel set 'avx3'; there are auto, reference, neon, sse4, avx2, avx512, amx; did you mean "
       "'avx2'?"},
      {{"compute", "x.json", "--dtype", "f23"},
       "--dtype: 'f23' is not one of f32, f64, bf16 and f16; did you mean 'f32'?"},
      {{"compute", "x.json", "--max-memory", "lots"}, "--max-memory: 'lots' is not a size such as 512M or 2G"},
      {{"compute", "x.json", "--color", "blue"}, "--color: 'blue' is not one of auto, always and never"},
      {{"compute", "--random", "4"}, "--random: a shape is L,D or B,L,D or B,H,L,D"},
      {{"compute", "--random", "1e3,4"}, "--random: '1e3' is not a whole number"},
      {{"multihead", "--random", "1,2,3,4"}, "--random: a shape is L,D or B,L,D"},
      {{"compute", "--random", "4,4", "--self", "--keys", "3"},
       "--self: draws one tensor: it goes with neither --keys nor --d-value"},
      {{"compute", "x.json", "--keys", "3"}, "--keys: goes with --random"},
      {{"compute", "x.json", "--d-value", "3"}, "--d-value: goes with --random"},
      {{"compute", "x.json", "--self"}, "--self: goes with --random"},
      {{"compute", "x.json", "--seed", "-1"}, "--seed: must be 0 or more, not -1"},
      {{"mask"}, "EXPR: there is no expression; 'attn mask --help' lists the atoms"},
      {{"mask", "causal"}, "--queries: is needed: the number of queries"},
      {{"mask", "causal", "--queries", "-1"}, "--queries: must be 0 or more, not -1"},
      {{"mask", "causal", "--queries", "many"}, "--queries: 'many' is not a whole number"},
      {{"compute", "--random", "2,3", "--seed", "9223372036854775808"},
       "--seed: 9223372036854775808 is above 9223372036854775807, the greatest whole number that is read"},
      {{"compute", "x.json", "--heads", "-99999999999999999999"},
       "--heads: -99999999999999999999 is below -9223372036854775808, the least whole number that is read"},
      {{"compute", "x.json", "--max-memory", "99999999999G"},
       "--max-memory: 99999999999G is more bytes than 64 bits count"},
      {{"visualize", "w.json", "--head", "99999999999999999999"},
       "--head: 99999999999999999999 does not exist; there is 1, number 0"},
      {{"visualize", "w.json", "--rows", "0:99999999999999999999"},
       "--rows: 99999999999999999999 does not exist; there is 1, number 0"},
      {{"mask", "causal", "--queries", "9223372036854775807"}, "--queries: must be 281474976710656 or less"},
      {{"mask", "causal", "--queries", "2", "--offset", "9223372036854775807"},
       "--offset: must be 281474976710656 or less"},
      {{"mask", "causal", "--queries", "4", "--as", "float"}, "--as: 'float' is not one of int, bool and additive"},
      {{"mask", "causal", "--queries", "4", "--stats", "-f", "npy"}, "--stats: gives counts, as json or text"},
      {{"mask", "causal & winodw:1,1", "--queries", "4"},
       "EXPR: column 10: unknown atom 'winodw'; did you mean 'window'?"},
      {{"visualize", "w.json", "--cmap", "virids"}, "--cmap: there is no colour map 'virids'; did you mean 'viridis'?"},
      {{"visualize", "w.json", "--fmt", ".3q"}, "--fmt: '.3q' is not a number format; write .2f, .3g, .1e, .0% or d"},
      {{"visualize", "w.json", "--vmin", "2", "--vmax", "1"},
       "--vmin: is greater than --vmax: a scale goes from a number to a greater one"},
      {{"visualize", "w.json", "--vmin", "0.5", "--vmax", "0.5"},
       "--vmin: is equal to --vmax: a scale goes from a number to a greater one"},
      {{"visualize", "w.json", "--vmax", "x"}, "--vmax: 'x' is not a number"},
      {{"visualize", "w.json", "--size", "8"}, "--size: '8' is not a size such as 800x600"},
      {{"visualize", "w.json", "--size", "0x8"}, "--size: must be 1 or more, not 0"},
      {{"visualize", "w.json", "--dpi", "1"}, "--dpi: must be from 10 to 2400"},
      {{"visualize", "w.json", "--theme", "drak"},
       "--theme: 'drak' is not one of light and dark; did you mean 'dark'?"},
      {{"visualize", "w.json", "--grid-columns", "0"}, "--grid-columns: must be 1 or more, not 0"},
      {{"visualize", "w.json", "--center", "0", "--log"}, "--center: is of equal steps: it does not go with --log"},
      {{"visualize", "w.json", "--scale-per", "layer"}, "--scale-per: 'layer' is not one of head, picture and all"},
      {{"visualize", "w.json", "--max-labels", "0"}, "--max-labels: must be 1 or more, not 0"},
      {{"visualize", "w.json", "--log", "--vmin", "0"},
       "--vmin: 0 is not on a logarithmic scale; give a number above 0"},
      {{"visualize", "w.json", "--head", "3"}, "--head: 3 does not exist; there is 1, number 0"},
      {{"visualize", "w.json", "--head", "1:0"}, "--head: '1:0' selects nothing; A:B is A to B-1"},
      {{"visualize", "w.json", "--compare", "w.json", "--diff", "w.json"}, "--diff: goes without --compare"},
      {{"visualize", "w.json", "-f", "markdown"},
       "-f: 'markdown' is not one of json, jsonl, csv, tsv, npy, npz, safetensors, text, png, svg and html"},
  };
  for (const Failure& failure : failures) {
    INFO(joined(failure.arguments));
    check_error(run(failure.arguments), 2, failure.message);
  }
  CHECK(folder.files() == std::vector<std::string>{"w.json", "x.json"});
}

TEST_CASE("numpy's seeds end at 32 bits", "[errors]") {
  check_error(run({"compute", "--random", "2,2", "--rng", "numpy", "--seed", "4294967296"}), 2,
              "--seed: numpy takes seeds from 0 to 4294967295, not 4294967296");
}

TEST_CASE("an unknown random generator is an error even if nothing is drawn", "[errors]") {
  const Outcome outcome = run({"compute", "--rng", "tourch"}, three_tokens);
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("attn: error: --rng: ") == 0);
  CHECK(outcome.err.find("did you mean 'torch'?\n") != std::string::npos);
}

TEST_CASE("bad documents are exit code 1 and name the place", "[errors]") {
  const Folder folder;
  const std::vector<std::pair<std::string, const char*>> documents{
      {"", "x.json: the file is empty"},
      {"{}", "x.json: there is neither 'embeddings' nor 'query', 'key' and 'value'"},
      {"12",
       "x.json#: a number where an object with 'query' or 'embeddings', or a nested list of numbers, is expected"},
      {row, "x.json:1:22: the text ends where ',' or '}' is expected"},
      {R"({"embeddings":[[1,2],[3]]})",
       "x.json#/embeddings/1: is ragged: its length is 1, that of #/embeddings/0 is 2"},
      {R"({"embeddings":[[1,NaN]]})",
       "x.json:1:19: 'NaN' is no number in JSON, and null stands for it in results; --json-nan reads NaN, as Python's "
       "json writes it"},
      {R"({"embeddings":[[1,null]]})",
       "x.json#/embeddings/0/1: null where a number is expected; only 'bias' takes null, as minus infinity"},
      {R"({"embeddings":[[1,1e39]]})",
       "x.json#/embeddings/0/1: 1e39 is outside float32, which ends at 3.4028235e38; --dtype f64 reads it"},
      {R"({"embeddings":[1,2]})", "x.json#/embeddings: the shape (2,) is none of (L, d), (B, L, d) and (B, H, L, d)"},
      {row + R"(,"embeddings":[[1,2]]})", "x.json#/embeddings: there are two members of this name"},
      {row + R"(,"token":["a"]})", "x.json#/token: unknown member; did you mean 'tokens'?"},
      {row + R"(,"tokens":["a","b"]})", "x.json#/tokens: 2 tokens for 1 query"},
      {row + R"(,"mask":[[0.5]]})",
       "x.json#/mask/0/0: 0.5 is neither 0 nor 1; numbers to add to the scores go in 'bias'"},
      {row + R"(,"mask":[[1,1]]})", "x.json#/mask: the mask's shape (1, 2) does not broadcast to the scores' (1, 1)"},
      {row + R"(,"bias":[[1,1]]})", "x.json#/bias: the shape (1, 2) does not broadcast to the scores' (1, 1)"},
      {row + R"(,"key_lengths":[2]})", "x.json#/key_lengths/0: the key length 2 is not in 0 … 1"},
      {row + R"(,"past_key":[[1,2]]})", "x.json#/past_key: a cache needs both past_key and past_value"},
      {row + R"(,"num_heads":3})", "x.json#/num_heads: 3 heads do not divide the width 2 of x.json#/embeddings"},
      {row + R"(,"scale":1e38})", "x.json#/scale: 1e+38 is too large for float32; --dtype f64 has room"},
      {row + R"(,"scale":[-1e38]})", "x.json#/scale: 1e+38 is too large for float32; --dtype f64 has room"},
      {row + R"(,"scale_by":[1e38]})", "x.json#/scale_by: 1e+38 is too large for float32; --dtype f64 has room"},
      {row + R"(,"scale":1e20,"scale_by":[1e20]})",
       "x.json#/scale_by: times the scale, 1e+40 is too large for float32; --dtype f64 has room"},
      {row + R"(,"scale":"non"})", "x.json#/scale: a string where a number, a list of numbers or \"none\" is expected"},
      {R"({"query":[[1,2]],"key":[[1,2,3]],"value":[[1]]})",
       "x.json#/key: the shape (1, 3) gives keys of width 3, but the queries (1, 2) have width 2"},
      {R"({"query":[[1,2]],"key":[[1,2]],"value":[[1],[2]]})",
       "x.json#/value: the shape (2, 1) has another number of keys than (1, 2) of x.json#/key"},
      {R"({"query":[[1,2]],"key":[[1,2]]})", "x.json: there is no 'value', and no 'embeddings' to take its place"},
  };
  for (const auto& [text, message] : documents) {
    INFO(text);
    folder.write("x.json", text);
    check_error(run({"compute", "x.json", "-o", "out.png"}), 1, message);
    CHECK(folder.files() == std::vector<std::string>{"x.json"});
  }
}

TEST_CASE("projections that are missing, unknown or do not fit are named", "[errors]") {
  const Folder folder;
  folder.write("x.json", row + R"(,"projections":{"W_x":[[1,2]]}})");
  check_error(run({"multihead", "x.json"}), 1, "x.json#/projections/W_x: unknown projection; did you mean 'W_q'?");
  folder.write("x.json", row + R"(,"projections":{"W_q":[[1,0],[0,1]]}})");
  check_error(run({"multihead", "x.json"}), 1,
              "x.json#/projections: there is no key projection (W_k or k_proj.weight)");
  const std::string eye = "[[1,0],[0,1]]";
  folder.write("narrow.json", row + R"(,"projections":{"W_q":)" + eye + R"(,"W_k":[[1],[2]],"W_v":[[1],[2]]}})");
  check_error(run({"multihead", "narrow.json", "--heads", "2", "--kv-heads", "2"}), 1,
              "narrow.json#/projections/W_k: gives keys of width 1, but 2 key/value heads of 1 columns each need 2");
  CHECK(run({"multihead", "narrow.json", "--heads", "2", "--kv-heads", "1"}).code == 0);
  folder.write("x.json", row + R"(,"projections":{"W_q":)" + eye + R"(,"W_k":)" + eye + R"(,"W_v":)" + eye + "}}");
  check_error(run({"multihead", "x.json", "--heads", "3"}), 2,
              "--heads: 3 heads do not divide the width 2 of x.json#/projections/W_q");
}

TEST_CASE("files that cannot be read are exit code 1", "[errors]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  folder.write("w.json", "[[0.5,0.5]]");
  folder.write("labels.txt", "a\nb\nc\n");
  folder.write("square.csv", "1,2\n3,4\n");
  folder.write("inf.csv", "1,inf\n");
  const std::vector<Failure> failures{
      {{"compute", "nope.json"}, "nope.json: cannot be read: No such file or directory"},
      {{"compute", "."}, ".: cannot be read: Is a directory"},
      {{"compute", "x.json", "--query", "nope.npy"}, "nope.npy: cannot be read: No such file or directory"},
      {{"compute", "x.json", "--mask-file", "nope.npy"}, "nope.npy: cannot be read: No such file or directory"},
      {{"compute", "x.json", "--bias", "x.json"}, "x.json: holds no tensor 'bias'; it holds embeddings"},
      {{"compute", "x.json", "--sink", "nope.npy"}, "nope.npy: cannot be read: No such file or directory"},
      {{"compute", "x.json", "--scale", "nope.npy"}, "nope.npy: cannot be read: No such file or directory"},
      {{"compute", "x.json", "--scale-by", "nope.npy"}, "nope.npy: cannot be read: No such file or directory"},
      {{"compute", "x.json", "--sink", "square.csv"}, "square.csv: the shape (2, 2) is not that of one number a head"},
      {{"compute", "x.json", "--sink", "inf.csv"}, "inf.csv: a number of a head must be finite"},
      {{"compute", "x.json", "--alibi-slopes", "square.csv"},
       "square.csv: the shape (2, 2) is not that of one number a head"},
      {{"compute", "x.json", "--mask", "file:nope.npy"}, "nope.npy: cannot be read: No such file or directory"},
      {{"mask", "file:nope.npy", "--queries", "3"}, "nope.npy: cannot be read: No such file or directory"},
      {{"visualize", "x.json"}, "x.json: holds no tensor 'weights'; it holds embeddings; --tensor says which is drawn"},
      {{"visualize", "w.json", "--diff", "nope.npy"}, "nope.npy: cannot be read: No such file or directory"},
      {{"visualize", "w.json", "--compare", "nope.npy"}, "nope.npy: cannot be read: No such file or directory"},
      {{"visualize", "w.json", "--font", "nope.ttf"}, "nope.ttf: cannot be read: No such file or directory"},
      {{"visualize", "w.json", "-f", "png", "--font", "w.json"},
       "--font: is not a TrueType font; give a .ttf or .otf file"},
      {{"visualize", "w.json", "--tokens", "labels.txt"}, "labels.txt: has 3 labels for 1 row and 2 columns"},
      {{"compute"}, "standard input: is empty; JSON, JSON Lines, CSV, TSV, NPY, NPZ or safetensors is expected"},
  };
  for (const Failure& failure : failures) {
    INFO(joined(failure.arguments));
    check_error(run(failure.arguments), 1, failure.message);
  }
}

TEST_CASE("matrices of another shape have no difference", "[errors]") {
  const Folder folder;
  folder.write("w.json", "[[0.5,0.5]]");
  folder.write("v.json", "[[0.5],[0.5]]");
  folder.write("heads.json", "[[[0.5,0.5]],[[0.5,0.5]]]");
  check_error(run({"visualize", "w.json", "--diff", "v.json"}), 1,
              "v.json: has a matrix of shape (2, 1), the input (1, 2)");
  check_error(run({"visualize", "w.json", "--diff", "heads.json"}), 1,
              "heads.json: has 2 matrices to draw, the input 1");
}

TEST_CASE("outputs that cannot be written are found before the work, and leave nothing", "[errors]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  std::filesystem::create_directory("d.png");
  const std::vector<std::string> before = folder.files();
  // The input does not exist: the output's error comes first.
  check_error(run({"compute", "nope.json", "-o", "a.npy", "-o", "/nonexistent/x.png"}), 1,
              "/nonexistent/x.png: cannot be written: No such file or directory");
  check_error(run({"compute", "x.json", "-o", "d.png"}), 1, "d.png: cannot be written: Is a directory");
  check_error(run({"compute", "x.json", "-o", "x.jsn"}), 2,
              std::string("-o: 'x.jsn': the extension is one of ") + files_known + "; did you mean '.json'?");
  check_error(run({"compute", "x.json", "-o", "x.weights"}), 2,
              std::string("-o: 'x.weights': the extension is one of ") + files_known);
  check_error(run({"compute", "x.json", "-f", "pgn"}), 2,
              "-f: 'pgn' is not one of json, jsonl, csv, tsv, npy, npz, safetensors, text, png, svg and html; did you "
              "mean 'png'?");
  CHECK(folder.files() == before);
}

TEST_CASE("positions of several axes where one is counted", "[errors]") {
  const Folder folder;
  folder.write("p.json", "[[0,1,2],[0,1,2]]");
  check_error(run({"multihead", "--random", "3,8", "--init", "torch-rand", "--heads", "2", "--rope", "10",
                   "--rope-sections", "1,1", "--alibi", "--position-ids", "p.json"}),
              1, "--position-ids: ALiBi counts one axis of positions, and these have 2");
}

TEST_CASE("an empty name of a file is an error of its flag", "[errors]") {
  check_error(run({"compute", ""}), 2, "INPUT: '' names no file");
  check_error(run({"visualize", "a.npy", ""}), 2, "INPUT: '' names no file");
  for (const char* flag :
       {"--tokens", "--query", "--mask-file", "--key-lengths", "--sink", "--expect", "--output", "--font"})
    check_error(run({"compute", "--random", "2,2", flag, ""}), 2, std::string(flag) + ": '' names no file");
  for (const char* flag : {"--weights", "--ids", "--image"})
    check_error(run({"multihead", flag, ""}), 2, std::string(flag) + ": '' names no file");
  check_error(run({"visualize", "--compare", ""}), 2, "--compare: '' names no file");
  check_error(run({"mask", "causal", "--input", ""}), 2, "--input: '' names no file");
  check_error(run({"compute", "--random", "2,2", "-o", "weights="}), 2, "-o: 'weights=' names no file");
  check_error(run({"compute", "--random", "2,2", "--expect", "weights="}), 2, "--expect: '' names no file");
}

TEST_CASE("a dash is a file's name where standard input is not read", "[errors]") {
  const Folder folder;
  const std::string what = ": '-' names no file: standard input is not read for this flag; a file of that name is ./-";
  folder.write("w.json", "[[0.5,0.5]]");
  for (const char* flag : {"--compare", "--diff", "--tokens"})
    check_error(run({"visualize", "w.json", flag, "-"}, "[[1,0]]"), 2, flag + what);
  for (const char* flag : {"--expect", "--query", "--mask-file", "--tokens", "--key-lengths"})
    check_error(run({"compute", "w.json", flag, "-"}, "[[1,0]]"), 2, flag + what);
  check_error(run({"compute", "w.json", "--expect", "output=-"}, "[[1,0]]"), 2, "--expect" + what);
  for (const char* flag : {"--weights", "--ids", "--image"})
    check_error(run({"multihead", flag, "-"}, "[[1,0]]"), 2, flag + what);
  check_error(run({"bench", "--stages", "--input", "-"}, "[[1,0]]"), 2, "--input" + what);
  folder.write("-", "[[1,0]]");  // and so it does where there is such a file
  check_error(run({"visualize", "w.json", "--diff", "-"}), 2, "--diff" + what);
  CHECK(run({"visualize", "w.json", "--diff", "./-"}).code == 0);
  check_error(run({"visualize", "-", "-"}, "[[1,0]]"), 2, "INPUT: names standard input twice");
}

TEST_CASE("a full device is an error", "[errors]") {
  if (!std::filesystem::exists("/dev/full")) {
    WARN("no /dev/full here");
    return;
  }
  const Folder folder;
  std::filesystem::create_symlink("/dev/full", "full.csv");
  check_error(run({"compute", "-o", "full.csv"}, three_tokens), 1,
              "full.csv: cannot be written: No space left on device");
}

TEST_CASE("a failure leaves a file that was there as it was", "[errors]") {
  const Folder folder;
  folder.write("out.json", "precious");
  CHECK(run({"compute", "-o", "out.json", "--emit", "weights"}, row).code == 1);
  CHECK(folder.read("out.json") == "precious");
  CHECK(folder.files() == std::vector<std::string>{"out.json"});
}

TEST_CASE("environment variables are checked as flags are", "[errors]") {
  {
    const Variable threads("ATTN_THREADS", "none");
    check_error(run({"compute", "--random", "2,2"}), 2, "ATTN_THREADS: 'none' is not a whole number");
  }
  const Variable kernel("ATTN_KERNEL", "fast");
  const Outcome outcome = run({"compute", "--random", "2,2"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("attn: error: ATTN_KERNEL: unknown kernel set 'fast'") == 0);
}

TEST_CASE("line breaks and what steers terminals stay out of messages", "[errors]") {
  check_error(run({"compute", "a\nb.json"}), 1, "a b.json: cannot be read: No such file or directory");
  check_error(run({"compute", "\x1b[2J\x9b.json"}), 1,
              "\u241b[2J\ufffd.json: cannot be read: No such file or directory");
  const Folder folder;
  const std::string tensor = R"({"\x1b[2J":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  folder.write("x.safetensors",
               std::string(1, static_cast<char>(tensor.size())) + std::string(7, '\0') + tensor + "1234");
  const Outcome outcome = run({"multihead", "--random", "2,4", "--weights", "x.safetensors", "--layer", "0"});
  CHECK(outcome.err.find('\x1b') == std::string::npos);
}

TEST_CASE("embeddings that drawn tensors would hide are an error", "[errors]") {
  const Folder folder;
  folder.write("x.csv", "1,2\n3,4\n");
  check_error(run({"compute", "--random", "2,2", "--embeddings", "x.csv"}), 2,
              "--embeddings: stands for nothing: --random draws query, key and value");
  CHECK(run({"compute", "--random", "2,2", "--query", "x.csv", "--emit", "query"}).json()["query"] ==
        parsed_json("[[1,2],[3,4]]"));
}

TEST_CASE("data on the command line that do not fit are wrong usage, and those of files bad data", "[errors]") {
  const Folder folder;
  folder.write("4.json", "[4]");
  folder.write("abc.txt", "a\nb\nc\n");
  folder.write("x.json", R"({"embeddings":[[[1],[2]],[[3],[4]]]})");
  const std::tuple<std::string, int, std::string> cases[] = {
      {"compute --random 1,6,8,8 --kv-heads 4", 2, "--random: 4 key/value heads do not divide 6 query heads"},
      {"compute --random 1,2,8,8 --sink 1,2,3", 2, "--sink: 3 sinks for 2 heads"},
      {"compute --random 8,8 --query-range 3:20", 2, "--query-range: ends at 20, but there are 8 queries"},
      {"compute --random 2,8,8 --key-lengths 4", 2, "--key-lengths: 1 key length for a batch of 2"},
      {"compute --random 2,8,8 --key-lengths 4.json", 1, "--key-lengths: 1 key length for a batch of 2"},
      {"compute --random 1,8,8 --key-lengths 9", 2, "--key-lengths: the key length 9 is not in 0 … 8"},
      {"compute --random 2,8,8 --key-starts 4", 2, "--key-starts: 1 key start for a batch of 2"},
      {"compute --random 2,8,8 --scale-by 1,2", 2, "--scale-by: the shape (2,) does not fit; (8,) or (2, 8) do"},
      {"compute --random 8,8 --scale-by 4.json", 1, "--scale-by: the shape (1,) does not fit; (8,) does"},
      {"compute --random 8,8 --alibi --position-ids 1,2", 2, "--position-ids: the shape (2,) does not fit; (8,) does"},
      {"compute --random 3,8 --alibi --key-position-ids 1,2,3", 2,
       "--key-position-ids: goes with position_ids, which the queries have"},
      {"compute --random 8,8 --tokens a,b", 2, "--tokens: 2 tokens for 8 queries"},
      {"compute --random 8,8 --tokens abc.txt", 1, "--tokens: 3 tokens for 8 queries"},
      {"compute --random 8,8 --text 'a b'", 2, "--text: 2 tokens for 8 queries"},
      {"compute x.json --key-lengths 1", 2, "--key-lengths: 1 key length for a batch of 2"},
      {"mask prefix --queries 4 --prefix-lengths 9", 2, "--prefix-lengths: the prefix length 9 is not in 0 … 4"},
      {"mask prefix --queries 3 --prefix-lengths 4.json", 1, "--prefix-lengths: the prefix length 4 is not in 0 … 3"},
  };
  for (const auto& [command, code, message] : cases) check_error(run(words_of(command)), code, message);
}

TEST_CASE("texts that are neither numbers nor files are told so", "[errors]") {
  const Folder folder;
  for (const std::string flag :
       {"--scale", "--sink", "--alibi-slopes", "--key-lengths", "--key-starts", "--scale-by"}) {
    check_error(run({"compute", "--random", "3,4", flag, "1/sqrt3"}), 2,
                flag + ": '1/sqrt3' is neither numbers, as in 1,2, nor the name of a file");
    check_error(run({"compute", "--random", "3,4", flag, "no/file.csv"}), 1,
                "no/file.csv: cannot be read: No such file or directory");
  }
}

TEST_CASE("of two files, the one that has no such matrix is named", "[errors]") {
  const Folder folder;
  REQUIRE(run(words_of("compute --random 2,3,3,4 -o two.npy")).code == 0);
  REQUIRE(run(words_of("compute --random 1,3,3,4 -o one.npy")).code == 0);
  for (const std::string flag : {"--compare", "--diff"})
    check_error(run(words_of("visualize two.npy --batch 1 -o x.png " + flag + " one.npy")), 2,
                "--batch: 1 does not exist; there is 1, number 0, in one.npy");
  check_error(run(words_of("visualize one.npy --batch 1 -o x.png --compare two.npy")), 2,
              "--batch: 1 does not exist; there is 1, number 0, in one.npy");
  check_error(run(words_of("visualize one.npy --batch 1 -o x.png")), 2,
              "--batch: 1 does not exist; there is 1, number 0");
}

TEST_CASE("--random says which members of a document it replaces", "[errors]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  const std::string note = "attn: note: --random takes the place of 'embeddings' of x.json\n";
  CHECK(run(words_of("compute x.json --random 3,4")).err == note);
  CHECK(run(words_of("compute x.json --random 3,4 -q")).err.empty());
  CHECK(has(run(words_of("multihead x.json --random 3,4 --init xavier")).err, note));
  folder.write("t.json", R"({"tokens":["a","b","c"]})");
  CHECK(run(words_of("compute t.json --random 3,4")).err.empty());
  folder.write("x.jsonl", three_tokens + "\n" + three_tokens + "\n");
  const std::string err = run(words_of("compute x.jsonl --random 3,4")).err;
  CHECK(err.find("takes the place") == err.rfind("takes the place"));
  CHECK(has(err, "takes the place"));
}

}  // namespace attn::test
