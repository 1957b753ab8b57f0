// Where results go, in which format, and the documents that scripts rely on.
#include "cli/session.hpp"

namespace attn::test {
namespace {

const std::string two = R"({"tokens":["a","b"],"embeddings":[[1,0],[0,1]]})";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// The header of an NPY 1.0 file without its padding.
std::string npy_header(const std::string& bytes) {
  const std::string header = bytes.substr(10, bytes.find('\n') - 10);
  return header.substr(0, header.find_last_not_of(' ') + 1);
}

}  // namespace

TEST_CASE("a token that NPZ cannot hold leaves no file", "[outputs]") {
  const Folder folder;
  check_error(run({"compute", "-o", "x.npz"}, R"({"tokens":["a\u0000"],"embeddings":[[1]]})"), 1,
              "tokens/0: ends with NUL, which NumPy's arrays of strings, and so NPZ, cannot hold; JSON and safetensors "
              "can");
  CHECK(folder.files().empty());
}

TEST_CASE("a file of blank lines alone has no document", "[lines]") {
  const Folder folder;
  folder.write("in.jsonl", "\n \n\r\n");
  check_error(run({"compute", "in.jsonl"}), 1, "in.jsonl: is empty; a document a line is expected");
  check_error(run({"compute", "in.jsonl", "-o", "out.jsonl"}), 1, "in.jsonl: is empty; a document a line is expected");
  CHECK(folder.files() == std::vector<std::string>{"in.jsonl"});
}

TEST_CASE("a pipe gets one line of JSON, a terminal gets tables", "[outputs]") {
  const Outcome piped = run({"compute"}, two);
  CHECK(piped.code == 0);
  CHECK(piped.out.find('\n') == piped.out.size() - 1);
  CHECK(members(piped.json()) == std::vector<std::string>{"tokens", "weights", "output", "metadata"});
  const Folder folder;
  folder.write("x.json", two);
  const Variable no_color("NO_COLOR", "1");
  const Outcome shown = run({"compute", "x.json", "--scale", "none"}, "", Device::terminal);
  CHECK(shown.out ==
        "weights (2, 2)\n"
        "          a       b\n"
        "  a  0.7311  0.2689\n"
        "  b  0.2689  0.7311\n"
        "\n"
        "output (2, 2)\n"
        "          0       1\n"
        "  a  0.7311  0.2689\n"
        "  b  0.2689  0.7311\n");
}

TEST_CASE("a terminal gets colour unless NO_COLOR or --color never say otherwise", "[outputs]") {
  const Folder folder;
  folder.write("x.json", two);
  const Arguments base{"compute", "x.json"};
  const auto is_colored = [](const Outcome& outcome) { return outcome.out.find("\x1b[48;2;") != std::string::npos; };
  CHECK(is_colored(run(base, "", Device::terminal)));
  CHECK_FALSE(is_colored(run(base + Arguments{"--color", "never"}, "", Device::terminal)));
  CHECK_FALSE(is_colored(run(base + Arguments{"-f", "text"})));
  const Variable no_color("NO_COLOR", "1");
  CHECK_FALSE(is_colored(run(base, "", Device::terminal)));
  CHECK(is_colored(run(base + Arguments{"--color", "always"}, "", Device::terminal)));
}

TEST_CASE("a terminal without input is told what to do, and is spared binary formats", "[outputs]") {
  const Folder folder;
  folder.write("x.json", two);
  check_error(run({"compute"}, "", Device::terminal), 2,
              "INPUT: there is no input: name a file, pipe a document in, or give '-' to type one");
  CHECK(run({"compute", "-"}, two, Device::terminal).code == 0);
  for (const char* format : {"npy", "npz", "safetensors", "png"})
    check_error(run({"compute", "x.json", "-f", format}, "", Device::terminal), 2,
                "-f: a binary format would garble the terminal: redirect it, or use -o FILE");
}

TEST_CASE("emitted tensors come in the documented order, each once", "[outputs]") {
  const Outcome outcome =
      run({"compute", "--emit",
           "present_value,lse,output,dropped,weights,mask,masked,capped,scores,value,key,query,present_key,lse"},
          R"({"embeddings":[[1,2]],"tokens":["a"],"metadata":{"mine":1}})");
  CHECK(members(outcome.json()) == std::vector<std::string>{"tokens", "query", "key", "value", "scores", "capped",
                                                            "masked", "mask", "weights", "dropped", "output", "lse",
                                                            "present_key", "present_value", "metadata"});
  CHECK(outcome.json()["metadata"]["input"]["mine"] == 1);
}

TEST_CASE("key_tokens are there if they differ", "[outputs]") {
  const Outcome outcome =
      run({"compute"}, R"({"tokens":["q"],"key_tokens":["k"],"query":[[1]],"key":[[1]],"value":[[1]]})");
  CHECK(members(outcome.json()) == std::vector<std::string>{"tokens", "key_tokens", "weights", "output", "metadata"});
}

TEST_CASE("with -o standard output stays empty, unless -f or -o - asks for it", "[outputs]") {
  const Folder folder;
  CHECK(run({"compute", "-o", "r.json"}, two).out == "");
  CHECK(run({"compute", "-o", "r.json", "-o", "-"}, two).out == folder.read("r.json"));
  CHECK(run({"compute", "-o", "r.json", "-f", "json"}, two).out == folder.read("r.json"));
  CHECK(run({"compute", "-o", "r.json", "-f", "csv"}, two).out == run({"compute", "-f", "csv"}, two).out);
  CHECK(run({"compute", "-f", "csv", "-o", "-", "-o", "r.json"}, two).out == run({"compute", "-f", "csv"}, two).out);
  CHECK(folder.files() == std::vector<std::string>{"r.json"});
}

TEST_CASE("several -o are written at once, each by its extension", "[outputs]") {
  const Folder folder;
  const Outcome outcome = run({"compute", "-o", "a.JSON", "-o", "a.csv", "-o", "a.tsv", "-o", "a.npy", "-o", "a.npz",
                               "-o", "a.safetensors", "-o", "a.txt", "-o", "a.png", "-o", "a.jsonl"},
                              two);
  CHECK(outcome.code == 0);
  CHECK(outcome.out == "");
  CHECK(folder.files().size() == 9);
  CHECK(folder.read("a.JSON") == folder.read("a.jsonl"));
  CHECK(folder.read("a.npy").substr(0, 6) == "\x93NUMPY");
  CHECK(folder.read("a.npz").substr(0, 2) == "PK");
  CHECK(folder.read("a.png").substr(1, 3) == "PNG");
  CHECK(folder.read("a.txt").substr(0, 7) == "weights");
  // Each file reads back as what was computed.
  for (const char* name : {"a.JSON", "a.npy", "a.npz", "a.safetensors"}) {
    INFO(name);
    CHECK(run({"visualize", name, "-f", "png", "--xlabel", "k"}).code == 0);
  }
}

TEST_CASE("TENSOR=FILE picks one tensor and computes it if need be", "[outputs]") {
  const Folder folder;
  CHECK(run({"compute", "-o", "output=o.csv", "-o", "lse=l.csv", "-o", "scores=s.json", "-o", "w.npy"}, two).code == 0);
  CHECK(folder.read("o.csv").substr(0, 7) == ",0,1\na,");
  CHECK(members(parsed_json(folder.read("s.json"))) == std::vector<std::string>{"tokens", "scores", "metadata"});
  CHECK(npy_header(folder.read("w.npy")) == "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }");
  CHECK(run({"compute", "-o", "lse=-", "-f", "csv", "-o", "w.npy"}, two).out == folder.read("l.csv"));
  // What is not the name of a tensor is part of the file's name.
  CHECK(run({"compute", "-o", "./mine=x.csv"}, two).code == 0);
  CHECK(folder.read("mine=x.csv") == run({"compute", "-f", "csv"}, two).out);
}

TEST_CASE("an existing output is replaced, and its folder holds nothing else", "[outputs]") {
  const Folder folder;
  folder.write("r.json", "old");
  CHECK(run({"compute", "-o", "r.json"}, two).code == 0);
  CHECK(folder.read("r.json") == run({"compute"}, two).out);
  CHECK(folder.files() == std::vector<std::string>{"r.json"});
}

TEST_CASE("CSV headers tell the axes of every rank", "[outputs]") {
  const auto csv = [](const Arguments& more) { return run(Arguments{"compute", "-f", "csv"} + more).out; };
  CHECK(csv({"--random", "1,2"}) == "1\n");
  CHECK(csv({"--random", "1,2", "--text", "a"}) == ",a\na,1\n");
  CHECK(first_line(csv({"--random", "2,1,2"})) == "batch,query,0");
  CHECK(first_line(csv({"--random", "1,2", "--heads", "2"})) == "head,query,0");
  CHECK(first_line(csv({"--random", "2,1,2", "--heads", "2", "--text", "a"})) == "batch,head,query,a");
  CHECK(csv({"--random", "1,2,1,4", "--text", "a"}) == "batch,head,query,a\n0,0,a,1\n0,1,a,1\n");
  CHECK(csv({"--random", "1,2", "--text", "a,b"}) == ",\"a,b\"\n\"a,b\",1\n");
  CHECK(run({"compute", "-f", "tsv", "--random", "1,2", "--text", "a"}).out == "\ta\na\t1\n");
}

TEST_CASE("CSV and NPY keep what JSON calls null", "[outputs]") {
  const std::string blind = R"({"embeddings":[[1]],"mask":[[0]]})";
  CHECK(run({"compute", "-o", "masked=-", "-f", "csv"}, blind).out == "-inf\n");
  CHECK(run({"compute", "--empty-row", "nan", "-f", "csv"}, blind).out == "nan\n");
  CHECK(run({"compute", "--empty-row", "nan"}, blind).json()["weights"] == parsed_json("[[null]]"));
}

TEST_CASE("NPY has the arithmetic's type, and bytes for masks", "[outputs]") {
  CHECK(npy_header(run({"compute", "-f", "npy"}, two).out).find("'<f4'") != std::string::npos);
  CHECK(npy_header(run({"compute", "-f", "npy", "--dtype", "f64"}, two).out).find("'<f8'") != std::string::npos);
  CHECK(npy_header(run({"compute", "-f", "npy", "-o", "mask=-"}, two).out).find("'|u1'") != std::string::npos);
}

TEST_CASE("the log-sum-exps of a batch are not mistaken for rows of tokens", "[outputs]") {
  CHECK(run({"compute", "--random", "2,2,3", "--text", "a b", "-o", "lse=-", "-f", "csv"}).out.find('a') ==
        std::string::npos);
}

TEST_CASE("a table of log-sum-exps by batch item and head begins with the batch item", "[outputs]") {
  const Folder folder;
  for (const Arguments& arguments :
       {Arguments{"compute", "--random", "2,3,4", "--heads", "2"}, Arguments{"compute", "--random", "2,2,3,4"},
        Arguments{"multihead", "--random", "2,3,4", "--init", "torch-linear", "--heads", "2"}}) {
    REQUIRE(run(arguments + Arguments{"-o", "lse=lse.csv"}).code == 0);
    CHECK(folder.read("lse.csv").substr(0, 18) == "batch,query,0,1,2\n");
  }
}

TEST_CASE("a mask is a document, a matrix, or counts", "[mask]") {
  const Arguments mask{"mask", "causal  &window:1,0", "--queries", "3"};
  CHECK(run(mask).out == R"({"expression":"causal & window:1,0","queries":3,"keys":3,"mask":[[1,0,0],[1,1,0],[0,1,1]]})"
                         "\n");
  CHECK(
      run(mask + Arguments{"--as", "bool"}).out ==
      R"({"expression":"causal & window:1,0","queries":3,"keys":3,"mask":[[true,false,false],[true,true,false],[false,true,true]]})"
      "\n");
  CHECK(run(mask + Arguments{"--as", "additive"}).out ==
        R"({"expression":"causal & window:1,0","queries":3,"keys":3,"bias":[[0,null,null],[0,0,null],[null,0,0]]})"
        "\n");
  CHECK(
      run(mask + Arguments{"--stats"}).out ==
      R"({"expression":"causal & window:1,0","queries":3,"keys":3,"stats":{"attended":5,"density":0.5555555555555556,)"
      R"("empty_rows":0,"tiles":{"rows":64,"columns":64,"full":0,"partial":1,"empty":0}}})"
      "\n");
  CHECK(run(mask + Arguments{"-f", "csv"}).out == "1,0,0\n1,1,0\n0,1,1\n");
  CHECK(run(mask + Arguments{"-f", "csv", "--as", "additive"}).out == "0,-inf,-inf\n0,0,-inf\n-inf,0,0\n");
  CHECK(npy_header(run(mask + Arguments{"-f", "npy"}).out) ==
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 3), }");
  CHECK(run(mask + Arguments{"--stats", "-f", "text"}).out.find("attended    5 (55.56 %)\n") != std::string::npos);
}

TEST_CASE("mask documents go back in as masks and as biases", "[mask]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  const Arguments base{"compute", "x.json", "--emit", "weights,output"};
  const auto weights = [&](const Arguments& more) { return run(base + more).json()["weights"]; };
  const Json wanted = weights({"--mask", "causal & window:1,0"});
  CHECK(wanted != weights({}));
  const Arguments mask{"mask", "causal & window:1,0", "--queries", "3"};
  for (const char* name : {"m.json", "m.npy", "m.csv", "m.npz"}) {
    INFO(name);
    REQUIRE(run(mask + Arguments{"-o", name}).code == 0);
    CHECK(weights({"--mask-file", name}) == wanted);
    CHECK(weights({"--mask", std::string("file:") + name}) == wanted);
  }
  for (const char* name : {"b.json", "b.npy", "b.csv"}) {
    INFO(name);
    REQUIRE(run(mask + Arguments{"--as", "additive", "-o", name}).code == 0);
    // A bias is added to scores that are scaled before: a rounding more.
    const Json biased = weights({"--bias", name});
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        CHECK(biased.at(i).at(j).get<double>() == Approx(wanted.at(i).at(j).get<double>()).epsilon(1e-6));
  }
}

TEST_CASE("result documents go into visualize", "[outputs]") {
  const Folder folder;
  folder.write("x.json", two);
  REQUIRE(run({"compute", "x.json", "-o", "r.json", "-o", "direct.png"}).code == 0);
  REQUIRE(run({"visualize", "r.json", "-o", "seen.png"}).code == 0);
  CHECK(folder.read("seen.png") == folder.read("direct.png"));
  CHECK(run({"visualize"}, folder.read("r.json")).out == run({"visualize", "r.json"}).out);
}

TEST_CASE("JSON Lines give a line for each line, and an object for each that is bad", "[lines]") {
  const std::string good = R"({"embeddings":[[1,2]]})";
  const std::string lines = good + "\n" + R"({"embeddings":[[1],[1,2]]})" + "\n\n" + good + "\n";
  const Outcome outcome = run({"compute"}, lines);
  CHECK(outcome.code == 1);
  CHECK(outcome.err == "");
  const std::string result = run({"compute"}, good).out;
  CHECK(
      outcome.out ==
      result +
          R"({"error":{"line":2,"message":"standard input:2#/embeddings/1: is ragged: its length is 2, that of #/embeddings/0 is 1"}})"
          "\n" +
          result);
  // A flag may fit one line's document and not another's.
  const Outcome heads = run({"compute", "--heads", "2"}, good + "\n" + R"({"embeddings":[[1,2,3]]})" + "\n");
  CHECK(heads.code == 1);
  CHECK(heads.out.find(R"({"error":{"line":2,"message":"--heads: 2 heads do not divide the width 3)") !=
        std::string::npos);
  const Outcome fine = run({"compute"}, good + "\n" + good + "\n");
  CHECK(fine.code == 0);
  CHECK(fine.out == result + result);
}

TEST_CASE("notes on documents of JSON Lines come once, with the first place", "[lines]") {
  const Folder folder;
  const std::string plain = R"({"embeddings":[[1,2]]})"
                            "\n",
                    segments = R"({"embeddings":[[1,2]],"segments":[0]})"
                               "\n",
                    cross = R"({"query":[[1]],"key":[[1],[2]],"value":[[1],[2]]})"
                            "\n";
  const std::string of_segments = "#/segments mask nothing by themselves; --mask segments keeps documents apart\n";
  const std::string of_cross =
      "causal: query i attends keys up to i (upper left, as in PyTorch), for 1 queries and 2 keys; "
      "causal:bottom-right lets the last query attend the last key\n";
  const auto notes = [&](const std::string& lines) {
    folder.write("in.jsonl", lines);
    const Outcome piped = run({"compute", "--causal"}, lines), read = run({"compute", "--causal", "in.jsonl"});
    CHECK(piped.code == 0);
    CHECK(piped.out == read.out);
    CHECK(std::count(piped.err.begin(), piped.err.end(), '\n') == std::count(read.err.begin(), read.err.end(), '\n'));
    CHECK(run({"compute", "--causal", "--quiet"}, lines).err == "");
    return read.err;
  };
  CHECK(notes(plain + plain) == "");
  CHECK(notes(segments + segments + cross + plain + cross) ==
        "attn: note: the ids of in.jsonl:1" + of_segments + "attn: note: in.jsonl:3: " + of_cross);
  CHECK(notes(plain + segments) == "attn: note: the ids of in.jsonl:2" + of_segments);
  CHECK(run({"compute", "--causal"}, segments).err == "attn: note: the ids of standard input" + of_segments);
  // The first line of a pipe was answered before it was known for one.
  CHECK(run({"compute", "--causal"}, cross + cross).err == "attn: note: standard input: " + of_cross);
  std::string many;
  for (int keys = 2; keys < 30; ++keys) {
    const std::string list = Json(std::vector<std::vector<int>>(static_cast<std::size_t>(keys), {1})).dump();
    many += R"({"query":[[1]],"key":)" + list + R"(,"value":)" + list + "}\n";
  }
  const std::string some = notes(many);
  CHECK(std::count(some.begin(), some.end(), '\n') == 9);
  CHECK(some.ends_with("attn: note: further notes on documents are left out\n"));
}

TEST_CASE("one document through a pipe is no JSON Lines, though its result waits for nothing", "[lines]") {
  const std::string good = R"({"embeddings":[[1,2]]})";
  const std::string result = run({"compute"}, good).out;
  CHECK(run({"compute"}, good + "\n").out == result);
  CHECK(run({"compute"}, "\n  \n" + good + "\n\n").out == result);
  check_error(run({"compute"}, R"({"embeddings":[[1],[1,2]]})"
                               "\n"),
              1, "standard input#/embeddings/1: is ragged: its length is 2, that of #/embeddings/0 is 1");
  // The first line ends as an object does, and goes on.
  CHECK(run({"compute"}, "{\"metadata\":{}\n,\"embeddings\":[[1,2]]}").code == 0);
  CHECK(run({"compute"}, "{\"metadata\":{}\n,\"embeddings\":[[1,2]]}").json().contains("weights"));
  // What follows goes on with the first line, though that has all of a document.
  const Outcome trailing = run({"compute"}, good + "\n}\n");
  CHECK(trailing.code == 1);
  CHECK(trailing.err.find("attn: error: standard input:2:1: ") == 0);
  // A note comes once.
  const Arguments noted{"compute", "--causal", "--like", "flash"};
  const std::string notes = run(noted, good).err;
  CHECK(run(noted + Arguments{"-o", "-"}, good + "\n").err == notes);
  CHECK(run(noted, good + "\n" + good + "\n").err == "");
}

TEST_CASE("one of the first two lines tells JSON Lines, and the other may be damaged", "[lines]") {
  const std::string good = R"({"embeddings":[[1,2]]})", result = run({"compute"}, good).out;
  const auto lines_of = [](const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
      lines.push_back(text.substr(at, end - at));
    return lines;
  };
  const Folder folder;
  for (const bool first : {true, false}) {
    const std::string text = (first ? "bad\n" + good : good + "\nbad") + "\n" + good + "\n";
    folder.write("in.jsonl", text);
    const auto piped = run({"compute"}, text), of_file = run({"compute", "in.jsonl"});
    const std::vector<std::string> lines = lines_of(piped.out);
    REQUIRE(lines.size() == 3);
    CHECK(lines[first ? 1 : 0] + "\n" == result);
    CHECK(lines[2] + "\n" == result);
    CHECK(lines[first ? 0 : 1].starts_with(R"({"error":{"line":)" + std::to_string(first ? 1 : 2) + ","));
    CHECK(piped.code == 1);
    CHECK(lines_of(of_file.out).size() == 3);
    CHECK(run({"compute", "-o", "out.jsonl"}, text).code == 1);
    CHECK(folder.read("out.jsonl") == piped.out);
  }
  // One document in two lines.
  CHECK(run({"compute"}, R"({"embeddings":[[1,2]],"metadata":{"a":{}})"
                         "\n}")
            .out == run({"compute"}, R"({"embeddings":[[1,2]],"metadata":{"a":{}}})").out);
}

TEST_CASE("JSON Lines go to a file and to a terminal as well, and to no other format", "[lines]") {
  const Folder folder;
  const std::string good = R"({"embeddings":[[1,2]]})";
  folder.write("in.jsonl", good + "\n" + good + "\n");
  const std::string wanted = run({"compute", "in.jsonl"}).out;
  CHECK(run({"compute", "in.jsonl", "-o", "out.jsonl"}).out == "");
  CHECK(folder.read("out.jsonl") == wanted);
  CHECK(run({"compute", "in.jsonl"}, "", Device::terminal).out == wanted);
  for (const Arguments& more : {Arguments{"-f", "csv"}, Arguments{"-o", "x.png"}, Arguments{"-f", "text"}})
    check_error(run(Arguments{"compute", "in.jsonl"} + more), 2,
                "INPUT: JSON Lines give JSON Lines: on standard output, or in one -o FILE.jsonl");
  CHECK(folder.files() == std::vector<std::string>{"in.jsonl", "out.jsonl"});
}

TEST_CASE("what stands before = is a tensor's name, and no part of a file's name", "[outputs]") {
  const Folder folder;
  const auto fails = [](const Arguments& arguments, const std::string& message) {
    check_error(run(arguments, two), 2, "-o: " + message);
  };
  fails({"compute", "-o", "concat=x.npy"},
        "'concat' is no tensor of this command; the file of this name is ./concat=x.npy");
  fails({"compute", "-o", "ouptut=x.npy"},
        "'ouptut' is no tensor of this command; the file of this name is ./ouptut=x.npy; did you mean 'output'?");
  fails({"compute", "-o", "stats.entropy=x.json"},
        "'stats.entropy' is no tensor of this command; the file of this name is ./stats.entropy=x.json");
  fails({"compute", "-o", "npy:my=x"}, "'my' is no tensor of this command; the file of this name is npy:./my=x");
  fails({"compute", "-o", "npy:output=x"},
        "'npy:output=x' is written output=npy:x; the file of this name is "
        "npy:./output=x");
  fails({"compute", "-o", "txt:weights=x"},
        "'txt:weights=x' is written weights=txt:x; the file of this name is "
        "txt:./weights=x");
  fails({"mask", "all", "--queries", "2", "-o", "txt:longname=y"},
        "'longname' is no tensor of this command; the file of this name is txt:./longname=y");
  fails({"mask", "all", "--queries", "2", "-o", "weights=x.npy"},
        "'weights' is no tensor of this command; the file of this name is ./weights=x.npy");
  fails({"visualize", "-", "-o", "weights=x.png"},
        "this command has one result, and picks no 'weights'; the file of this name is ./weights=x.png");
  CHECK(folder.files().empty());
  CHECK(run({"compute", "-o", "./concat=x.npy", "-o", "npy:./my=x", "-o", "output=npy:y"}, two).code == 0);
  CHECK(folder.files() == std::vector<std::string>{"concat=x.npy", "my=x", "y"});
}

TEST_CASE("numbers of --annot that have no room are left out of text with a note, and refused in a picture",
          "[outputs]") {
  const Folder folder;
  const Arguments wide{"visualize", "-", "--annot", "--fmt", ".20f"};
  const std::string weights = "[[1,0,0,0],[0,1,0,0]]";
  for (const std::string color : {"always", "never"}) {
    const Arguments narrow = wide + Arguments{"--color", color, "--max-memory", "50M"};
    const Outcome left_out = run(narrow, weights, Device::terminal);
    CHECK(left_out.code == 0);
    CHECK_FALSE(has(left_out.out, "00"));
    CHECK(left_out.err ==
          "attn: note: the numbers of --annot are left out: their cells do not fit into 80 columns and 24 lines; a "
          "picture file has more room, and a shorter --fmt needs less\n");
    const Outcome piped = run({"visualize", "--annot", "--fmt", ".50f", "--color", color}, "[[1,0,0,0,0],[0,1,0,0,0]]");
    CHECK(has(piped.err, " do not fit into 240 columns; a picture file has more room"));
    const Outcome shown = run({"visualize", "--annot", "--fmt", ".12f", "--color", color}, weights);
    CHECK(has(shown.out, "0.000000000000"));
    CHECK(shown.err.empty());
  }
  CHECK(has(run({"mask", "causal", "--queries", "3", "--annot", "--fmt", ".20f", "-f", "text"}).out,
            "1.00000000000000000000"));
  check_error(run(wide + Arguments{"-o", "x.png", "--size", "200x100"}, weights), 2,
              "--annot: the picture's cells are too small for numbers; give a larger --size, a shorter --fmt, or "
              "leave --annot out");
}

TEST_CASE("what cannot be drawn is an error at the output that would show it", "[outputs]") {
  const Folder folder;
  check_error(run({"compute", "-o", "a.csv", "-o", "lse=b.png"}, two), 1,
              "b.png: a picture needs matrices, a tensor of rank 2 to 5; its shape is (2,)");
  check_error(run({"compute", "--random", "2,3", "--keys", "0", "-o", "b.png"}), 1,
              "b.png: a matrix of shape (2, 0) has no cells to draw");
  check_error(run({"mask", "all", "--queries", "0", "-o", "b.png"}), 1,
              "b.png: a matrix of shape (0, 0) has no cells to draw");
  check_error(run({"mask", "all", "--queries", "0", "-f", "text"}), 1,
              "standard output: a matrix of shape (0, 0) has no cells to draw");
  check_error(run({"visualize", "-o", "b.png"}, "[[],[]]"), 1, "b.png: a matrix of shape (2, 0) has no cells to draw");
}

TEST_CASE("--emit of one tensor is what outputs of one tensor show", "[outputs]") {
  const Folder folder;
  folder.write("x.json", two);
  const auto text = [](const Arguments& more) {
    const Outcome outcome = run(Arguments{"compute", "x.json"} + more);
    INFO(joined(more));
    CHECK(outcome.code == 0);
    CHECK(outcome.err == "");
    return outcome.out;
  };
  for (const std::string name : {"output", "lse", "scores", "mask", "weights"}) {
    for (const std::string format : {"csv", "tsv", "npy"}) {
      const std::string picked = text({"-o", name + "=" + format + ":-"});
      CHECK(text({"--emit", name, "-f", format}) == picked);
      CHECK(text({"--emit", name, "-o", "o." + format}) == "");
      CHECK(folder.read("o." + format) == picked);
      // A document shows it as well, and names go before it.
      CHECK(text({"--emit", name, "-o", "o." + format, "-f", "json"}).find("\"" + name + "\"") != std::string::npos);
      CHECK(folder.read("o." + format) == picked);
    }
  }
  CHECK(text({"--emit", "lse", "-o", "weights=o.csv", "-o", "o.json"}) == "");
  CHECK(folder.read("o.csv") == text({"-f", "csv"}));
  CHECK(text({"--emit", "scores", "-f", "svg"}) == text({"-o", "scores=svg:-"}));
  CHECK(text({"--emit", "weights", "-f", "png"}) == text({"-f", "png"}));
  check_error(run({"compute", "x.json", "--emit", "lse", "-o", "x.png"}), 1,
              "x.png: a picture needs matrices, a tensor of rank 2 to 5; its shape is (2,)");
  const Outcome shared =
      run({"compute", "x.json", "--emit", "output", "--query-part", "1/1", "--shared", "-o", "s.npy"});
  CHECK(shared.code == 0);
  CHECK(folder.read("s.npy") == text({"-o", "output=npy:-"}));
}

TEST_CASE("--emit of several tensors needs an output that has room for them, or names", "[outputs]") {
  const Folder folder;
  folder.write("x.json", two);
  const Arguments base{"compute", "x.json", "--emit", "scores,output"};
  const std::string message = "--emit: names several tensors, and each output holds one: -o TENSOR=FILE says which";
  for (const Arguments& outputs : {Arguments{"-f", "csv"}, {"-o", "x.npy"}, {"-o", "x.npy", "-o", "x.png"}})
    check_error(run(base + outputs), 2, message);
  CHECK(folder.files() == std::vector<std::string>{"x.json"});
  for (const Arguments& outputs :
       {Arguments{"-o", "output=x.npy", "-o", "scores=y.npy"}, {"-o", "x.npy", "-o", "x.npz"}})
    CHECK(run(base + outputs).err == "");
  CHECK(run(base + Arguments{"-o", "output=x.npy"}).err ==
        "attn: note: --emit changes nothing here: every output is of one tensor\n");
}

}  // namespace attn::test
