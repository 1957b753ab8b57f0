// What is answered to what people type, and to files as other programs write them.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <tuple>
#include <utility>

#include "cli/session.hpp"

namespace attn::test {
namespace {

std::string bias_of(const std::string& value) {
  return R"({"embeddings":[[1,0],[0,1]],"bias":[[0,)" + value + "],[0,0]]}";
}

}  // namespace

TEST_CASE("other programs' names for a flag are answered with attn's", "[answers]") {
  const std::pair<const char*, const char*> cases[] = {
      {"compute --show-steps", "; did you mean '--steps'?"},
      {"compute --colormap viridis", "; did you mean '--cmap'?"},
      {"visualize --palette viridis", "; did you mean '--cmap'?"},
      {"compute --num_heads 2", "; did you mean '--heads'?"},
      {"multihead --n-heads 2", "; did you mean '--heads'?"},
      {"multihead --num-heads=2", "; did you mean '--heads'?"},
      {"compute --num-kv-heads 2", "; did you mean '--kv-heads'?"},
      {"compute --out x.png", "; did you mean '--output'?"},
      {"compute --annotations", "; did you mean '--annot'?"},
      {"compute --is-causal", "; did you mean '--causal'?"},
      {"compute --attn_mask m.npy", "; did you mean '--mask-file'?"},
      {"multihead --model m", "; did you mean '--weights'?"},
      {"compute --embed_dim 4", "; did you mean '--embed'?"},
      {"visualize --embed-dim 4", ""},
      {"compute --decimals 3", "; did you mean '--precision'?"},
      {"visualize --precision 3", "; --fmt .4f is of four decimals, in the cells of --annot"},
      {"compute --temperature 2",
       "; --scale X multiplies QKᵀ: for a temperature of T, X is 1/(T·√d), where d is the width of a head"},
      {"compute --no-scale", "; did you mean '--scale none'?"},
      {"compute --sliding-window 4", "; --mask window:L,R lets each query attend L keys before it and R after it"},
      {"compute --return-weights", "; --emit weights gives the weights, as attn does by default"},
      {"compute --tolerance 1", "; --rtol R is the relative tolerance of --expect, and --atol A the absolute one"},
      {"visualize --tolerance 1", ""},
      {"compute --key_padding_mask p.npy",
       "; --key-lengths N,M,… has the keys of each batch item that are no padding, which comes after them"},
      {"mask --dark", "; did you mean '--theme light' or '--theme dark'?"},
      {"visualize --html x", "; -o FILE.html writes that format"},
      {"compute --json", "; -f json, or -o FILE.json, gives that format"},
      {"mask --csv", "; -f csv, or -o FILE.csv, gives that format"},
      // What is cut short, and what is nearly right.
      {"compute --cau", "; did you mean '--causal'?"},
      {"compute --thre 2", "; did you mean '--threads'?"},
      {"compute --prec 2", "; did you mean '--precision'?"},
      {"compute --mask-", "; did you mean '--mask-file', '--mask-means' or '--mask-of'?"},
      {"compute -causal", "; did you mean '--causal'?"},
      {"compute --cuasal", "; did you mean '--causal'?"},
      {"compute --sed 1", "; did you mean '--seed'?"},
      {"compute --file x", ""},
      {"compute --rgn x", ""},
      {"compute -c", ""},
      {"compute --d", ""},
  };
  for (const auto& [command, advice] : cases) {
    INFO(command);
    std::istringstream words(command);
    Arguments arguments;
    for (std::string word; words >> word;) arguments.push_back(word);
    const std::string flag = arguments[1].substr(0, arguments[1].find('='));
    check_error(run(arguments, "[[1,2]]"), 2, flag + ": unknown option" + advice);
  }
  // What is advised works: a temperature of 2 is a scale of 1/(2·√1).
  const std::string one = "[[1],[2]]";
  CHECK(run({"compute", "--scale", "0.5"}, one).json()["weights"] ==
        run({"compute"}, R"({"query":[[0.5],[1]],"key":[[1],[2]],"value":[[1],[2]]})").json()["weights"]);
  CHECK(run({"compute", "--mask", "window:1,0"}, one).code == 0);
  CHECK(run({"compute", "--mask", "padding:1"}, one).json()["weights"][1][1] == 0);
}

TEST_CASE("numbers that JSON does not have are answered in each spelling, and read if asked for", "[answers]") {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"NaN", ", and null stands for it in results", "NaN"},
      {"nan", ", and null stands for it in results", "NaN"},
      {"-nan", ", and null stands for it in results", "NaN"},
      {"Infinity", "", "Infinity"},
      {"inf", "", "Infinity"},
      {"Inf", "", "Infinity"},
      {"+inf", "", "Infinity"},
      {"-Infinity", ", and null stands for it in 'bias'", "-Infinity"},
      {"-inf", ", and null stands for it in 'bias'", "-Infinity"},
      {"-INF", ", and null stands for it in 'bias'", "-Infinity"},
  };
  for (const auto& [written, instead, python] : cases) {
    INFO(written);
    const std::string message = "standard input:1:40: '" + std::string(written) + "' is no number in JSON" + instead +
                                "; --json-nan reads " + python + ", as Python's json writes it";
    check_error(run({"compute"}, bias_of(written)), 1, message);
    const bool is_pythons = std::string(written) == python;
    CHECK(run({"compute", "--json-nan"}, bias_of(written)).code == (is_pythons ? 0 : 1));
    if (!is_pythons) check_error(run({"compute", "--json-nan"}, bias_of(written)), 1, message);
    // No flag, no advice of it.
    const Folder folder;
    folder.write("x.json", bias_of(written));
    const Outcome other = run({"bench", "--input", "x.json", "--stages"});
    CHECK(other.err.starts_with("attn: error: x.json:1:40: '" + std::string(written) + "' is no number in JSON"));
    CHECK(other.err.find("--json-nan") == std::string::npos);
  }
  // Following the advice: null in a bias is what -Infinity is.
  CHECK(run({"compute"}, bias_of("null")).out == run({"compute", "--json-nan"}, bias_of("-Infinity")).out);
  CHECK(run({"compute", "--json-nan"}, bias_of("NaN")).json()["weights"][0] == parsed_json("[null,null]"));
  CHECK(run({"compute", "--json-nan"}, bias_of("NaN")).json()["weights"][1][0] == 0.33023846);
  CHECK(run({"compute", "--json-nan", "--dtype", "f64"}, R"({"embeddings":[[1,0],[NaN,1]]})").json()["output"] ==
        parsed_json("[[null,null],[null,null]]"));
  CHECK(run({"visualize", "--json-nan", "--stats"}, "[[NaN,1],[0,1]]").code == 0);
  CHECK(run({"mask", "--json-nan", "--input", "-", "-f", "json"}, bias_of("-Infinity")).json()["mask"] ==
        parsed_json("[[1,0],[1,1]]"));
  // Never in the place of a whole number, a factor or a truth, nor in what is written.
  check_error(run({"compute", "--json-nan"}, R"({"embeddings":[[1]],"num_heads":NaN})"), 1,
              "standard input#/num_heads: NaN is not an integer");
  check_error(run({"compute", "--json-nan"}, R"({"embeddings":[[1]],"scale":Infinity})"), 1,
              "standard input#/scale: is no number to multiply with");
  check_error(run({"compute", "--json-nan"}, R"({"embeddings":[[1]],"mask":[[NaN]]})"), 1,
              "standard input#/mask/0/0: nan is neither 0 nor 1; numbers to add to the scores go in 'bias'");
  CHECK(run({"compute", "--json-nan"}, R"({"embeddings":[[1]],"metadata":{"loss":NaN}})")
            .json()["metadata"]["input"]
            .dump() == R"({"loss":null})");
  check_error(run({"compute"}, R"({"embeddings":[[+1]]})"), 1,
              "standard input:1:17: '+' begins no value; JSON writes 1 for +1");
}

TEST_CASE("a CSV's first line is numbers or names, as it looks or as one says", "[answers]") {
  const std::string pandas = "0,1\n1,0\n0,1\n";
  const Arguments compute{"compute", "--emit", "output"};
  CHECK(run(compute, pandas).err ==
        "attn: note: standard input: the first line, 0 to 1, is read as numbers, although pandas writes such names of "
        "columns; --csv-header yes leaves it out, no says that it is numbers\n");
  CHECK(run(compute, pandas).json()["output"].size() == 3);
  CHECK(run(compute + Arguments{"-q"}, pandas).err == "");
  const Outcome without = run(compute + Arguments{"--csv-header", "yes"}, pandas);
  CHECK(without.err == "");
  CHECK(without.json()["output"] == run(compute, "1,0\n0,1\n").json()["output"]);
  const Outcome with = run(compute + Arguments{"--csv-header", "no"}, pandas);
  CHECK(with.err == "");
  CHECK(with.json()["output"] == run(compute, pandas).json()["output"]);
  for (const char* others : {"0,1\n", "0\n1\n", "0.0,1\n1,0\n", "1,0\n0,1\n", "0,1,3\n1,2,3\n"}) {
    INFO(others);
    CHECK(run(compute, others).err == "");
  }
  // Of any file that is read, and with labels too.
  const Folder folder;
  folder.write("x.csv", pandas);
  folder.write("words.csv", "a,b\n1,0\n0,1\n");
  CHECK(run({"compute", "--embeddings", "x.csv"}).err.starts_with("attn: note: x.csv: the first line"));
  CHECK(run({"visualize", "x.csv", "-f", "text"}).err.starts_with("attn: note: x.csv: the first line"));
  CHECK(run({"visualize", "--csv-header", "yes", "words.csv", "-f", "text"}).out.find(" a b") != std::string::npos);
  CHECK(run({"compute", "--csv-header", "yes"}, ",0,1\nThe,1,0\n").json()["tokens"] == parsed_json(R"(["The"])"));

  check_error(run({"compute", "words.csv"}), 1,
              "words.csv:1:1: 'a' is not a number; --csv-header yes takes this line for names of the columns");
  CHECK(run(compute + Arguments{"words.csv", "--csv-header", "yes"}).json()["output"] == without.json()["output"]);
  check_error(run({"compute"}, "The,1,0\ncat,0,1\n"), 1,
              "standard input:1:1: 'The' is not a number; labels of rows have a line of names above them whose first "
              "field is empty, as in ',a,b'");
  CHECK(run({"compute"}, ",a,b\nThe,1,0\ncat,0,1\n").json()["tokens"] == parsed_json(R"(["The","cat"])"));
  check_error(run({"compute", "--csv-header", "yes"}, "a,b\n1,2\n3\n"), 1,
              "standard input:3:2: is ragged: the row has 1 numbers, the header has 2");
  check_error(run({"compute", "--csv-header", "no"}, "a,b\n1,2\n"), 1, "standard input:1:1: 'a' is not a number");
  // In masks, slopes and lengths too.
  folder.write("m.csv", "0,1\n1,0\n1,1\n");
  CHECK(run({"compute", "--mask", "file:m.csv", "--csv-header", "yes", "--emit", "mask"}, "1,0\n0,1\n3,4\n")
            .json()["mask"] == parsed_json("[[1,0],[1,1]]"));
  CHECK(run({"mask", "file:m.csv", "--csv-header", "yes", "--queries", "2", "-f", "json"}).json()["mask"] ==
        parsed_json("[[1,0],[1,1]]"));
  folder.write("one.csv", "keys\n1\n");
  CHECK(run({"compute", "--key-lengths", "one.csv", "--csv-header", "yes", "--emit", "mask"}, "a,b\n1,0\n0,1\n")
            .json()["mask"] == parsed_json("[[1,0],[1,0]]"));
  CHECK(run({"compute", "--sink", "one.csv", "--csv-header", "yes"}, "a,b\n1,0\n0,1\n").code == 0);
  check_error(run({"compute", "--csv-header", "maybe"}, "1,2\n"), 2,
              "--csv-header: 'maybe' is not one of auto, yes and no");
}

TEST_CASE("a CSV that cannot be read is answered with what its rows need", "[answers]") {
  const Arguments compute{"compute", "--emit", "output"};
  const std::string names = "; --csv-header yes takes this line for names of the columns",
                    labels = "; above labels of rows, the first field is empty, as in ',a,b'",
                    commas = "; fields are separated by ','",
                    blanks = commas + R"(, as numpy.savetxt("x.csv", x, delimiter=",") writes them)",
                    points = commas + ", and numbers have a decimal point";
  const std::string wanted = run(compute, "1,2\n3,4\n").out;
  const std::tuple<std::string, std::string, std::string> cases[] = {
      // as numpy.savetxt writes it, with a header and without; and other separators
      {"1 2\n3 4\n", "1:1: '1 2' is not a number", blanks},
      {"1.5e+00 2.0e+00\n", "1:1: '1.5e+00 2.0e+00' is not a number", blanks},
      {"# a b\n1 2\n3 4\n", "1:1: '# a b' is not a number", blanks},
      {"1;2\n3;4\n", "1:1: '1;2' is not a number", commas},
      {"a;b\n1;2\n", "1:1: 'a;b' is not a number", commas},
      {"a;b\r\n1;2\r\n", "1:1: 'a;b' is not a number", commas},
      {"a|b\n1|2\n", "1:1: 'a|b' is not a number", commas},
      {"a\n1\t2\n", "1:1: 'a' is not a number", commas},
      {"1;;2\n", "1:1: '1;;2' is not a number", commas},
      {"1,2\n3 4\n", "2:1: '3 4' is not a number", commas},
      // decimal commas
      {"1,5;2\n4,5;5\n", "1:3: '5;2' is not a number", points},
      {"a;b\n1,5;2,5\n", "1:1: 'a;b' is not a number", points},
      {"1,5 2\n4,5 5\n", "1:3: '5 2' is not a number", points},
      // names above numbers, and above labels, where the labels have a name too or none
      {"a,b\n1,2\n3,4\n", "1:1: 'a' is not a number", names},
      {"# a,b\n1,2\n", "1:1: '# a' is not a number", names},
      {"w,a,b\nThe,1,2\ncat,3,4\n", "1:1: 'w' is not a number", labels},
      {"a,b\nThe,1,2\ncat,3,4\n", "1:1: 'a' is not a number", labels},
      {"w,a;b\nx;y,1\n", "1:1: 'w' is not a number", labels},
      // nothing is known of these
      {"a,b\n", "1:1: 'a' is not a number", ""},
      {"a,b\n1,2\n3,x\n", "1:1: 'a' is not a number", ""},
      {"a,b\n1,2\n3,4,5\n", "1:1: 'a' is not a number", ""},
      {"w,a,b\nThe,1,2\ncat,3,x\n", "1:1: 'w' is not a number", ""},
      {"The,1,0\ncat,0\n", "1:1: 'The' is not a number", ""},
      {"The cat\nsat on\n", "1:1: 'The cat' is not a number", ""},
      {"word\n", "1:1: 'word' is not a number", ""},
  };
  for (const auto& [text, what, advice] : cases) {
    INFO(text);
    check_error(run(compute, text), 1, "standard input:" + what + advice);
  }
  // Following the advice.
  CHECK(run(compute, "1,2\n3,4\n").out == wanted);
  CHECK(run(compute + Arguments{"--csv-header", "yes"}, "a,b\n1,2\n3,4\n").out == wanted);
  CHECK(run(compute + Arguments{"--csv-header", "yes"}, "# a,b\n1,2\n").code == 0);
  CHECK(run(compute, ",a,b\nThe,1,2\ncat,3,4\n").json()["output"] == parsed_json(wanted)["output"]);
  CHECK(run(compute, ",a;b\nx;y,1\n").code == 0);
  // Names that are taken as such, and stand above labels.
  check_error(run(compute + Arguments{"--csv-header", "yes"}, "w,a,b\nThe,1,2\ncat,3,4\n"), 1,
              "standard input:2:1: 'The' is not a number" + labels);
  check_error(run(compute + Arguments{"--csv-header", "yes"}, "a,b\nThe,1\ncat,x\n"), 1,
              "standard input:2:1: 'The' is not a number");
  check_error(run(compute + Arguments{"--csv-header", "yes"}, "a,b\n,1\n"), 1,
              "standard input:2:1: is empty where a number is expected");
  // Tabs and commas that the extension does not let one expect.
  const Folder folder;
  folder.write("x.csv", "1\t2\n3\t4\n");
  check_error(run(compute + Arguments{"x.csv"}), 1,
              "x.csv:1:1: '1\u24092' is not a number; a file with tabs is named .tsv");
  std::filesystem::rename("x.csv", "x.tsv");
  CHECK(run(compute + Arguments{"x.tsv"}).out == wanted);
  folder.write("x.tsv", "1,2\n3,4\n");
  check_error(run(compute + Arguments{"x.tsv"}), 1,
              "x.tsv:1:1: '1,2' is not a number; a file with commas is named .csv");
  std::filesystem::rename("x.tsv", "x.csv");
  CHECK(run(compute + Arguments{"x.csv"}).out == wanted);
  folder.write("x.tsv", "1,5\t2\n");
  check_error(run(compute + Arguments{"x.tsv"}), 1,
              "x.tsv:1:1: '1,5' is not a number; fields are separated by tabs, and numbers have a decimal point");
  folder.write("x.tsv", "w\ta\nThe\t1\n");
  check_error(run(compute + Arguments{"x.tsv"}), 1,
              "x.tsv:1:1: 'w' is not a number; above labels of rows, the first field is empty");
  check_error(run(compute, "1,2\n3\t4\n"), 1, "standard input:2:1: '3\u24094' is not a number" + commas);
}

TEST_CASE("an output names its format before the file where the extension does not", "[answers]") {
  const Folder folder;
  const std::string two = "[[1,0],[0,1]]";
  const std::string formats = "json, jsonl, csv, tsv, npy, npz, safetensors, text, png, svg and html";
  check_error(run({"compute", "-o", "/dev/null"}, two), 2,
              "-o: '/dev/null' has no extension to tell the format by: write it before the file, as in "
              "json:/dev/null, or use -f json and redirect standard output; formats are " +
                  formats);
  for (const char* output : {"npy:/dev/null", "weights=npy:/dev/null", "json:/dev/null", "png:/dev/null"})
    CHECK(run({"compute", "-o", output}, two).code == 0);
  CHECK(run({"compute", "-o", "csv:x", "-o", "output=csv:y.npy", "-o", "json:-"}, two).out ==
        run({"compute"}, two).out);
  CHECK(folder.read("x") == run({"compute", "-f", "csv"}, two).out);
  CHECK(folder.read("y.npy").starts_with("0."));
  CHECK(run({"compute", "-o", "./npy:z.csv"}, two).code == 0);
  CHECK(folder.read("npy:z.csv") == folder.read("x"));
  check_error(run({"compute", "-o", "npy:"}, two), 2, "-o: 'npy:' names no file");
  // An extension is as good as a name.
  CHECK(run({"compute", "-o", "txt:t1"}, two).code == 0);
  CHECK(folder.read("t1") == run({"compute", "-f", "text"}, two).out);
  CHECK(folder.read("t1") == run({"compute", "-f", "txt"}, two).out);
  folder.write("two.json", two);
  CHECK(run({"bench", "--stages", "--runs", "2", "--warmup", "0", "--input", "two.json", "-o", "md:t2", "-f", "md"})
            .out.find("\n| compute | ") != std::string::npos);
  CHECK(folder.read("t2").find("\n| compute | ") != std::string::npos);
  CHECK(run({"visualize", "-o", "txt:w.npy"}, two).code == 0);
  CHECK(folder.read("w.npy") == run({"visualize", "-f", "text"}, two).out);
  check_error(run({"visualize", "-o", "md:x"}, two), 2,
              "-o: this command gives no md: the format is one of " + formats + "; the file of this name is ./md:x");
  check_error(run({"compute", "-o", "jsn:t2"}, two), 2,
              "-o: 'jsn:t2': there is no format 'jsn'; formats are " + formats + "; did you mean 'json'?");
  check_error(run({"compute", "-o", "jpg:t2"}, two), 2,
              "-o: 'jpg:t2': there is no format 'jpg'; formats are " + formats);
  CHECK(run({"compute", "-o", "json:jpg:t2"}, two).code == 0);
  CHECK(run({"visualize", "-o", "npy:x"}, two).code == 0);
  CHECK(folder.read("x").starts_with("\x93NUMPY"));
}

TEST_CASE("what a command cannot emit is not advised", "[answers]") {
  const std::string shared = "query, key, value, scores, capped, masked, mask, weights, dropped, ";
  check_error(run({"compute", "--emit", "foo"}, "[[1]]"), 2,
              "--emit: there is no tensor 'foo'; there are " + shared + "output, lse, present_key, present_value");
  check_error(run({"multihead", "--emit", "foo"}, "[[1]]"), 2,
              "--emit: there is no tensor 'foo'; there are hidden, " + shared +
                  "concat, output, lse, present_key, present_value, hidden_last");
  for (const std::string name : {"hidden", "concat"})
    check_error(run({"compute", "--emit", name}, "[[1]]"), 2,
                "--emit: '" + name + "' is a tensor of multihead, not of compute");
}

TEST_CASE("no two outputs go to one file", "[answers]") {
  const Folder folder;
  const std::string two = "[[1,0],[0,1]]";
  std::filesystem::create_symlink("a.npy", "link.npy");
  for (const char* second : {"output=a.npy", "./a.npy", "output=link.npy", "csv:a.npy"}) {
    INFO(second);
    const std::string name = std::string(second).substr(std::string(second).find_first_of("=:") + 1);
    check_error(run({"compute", "-o", "weights=a.npy", "-o", second}, two), 2, "-o: names '" + name + "' twice");
  }
  std::filesystem::create_symlink("pipe", "to-pipe");
  REQUIRE(mkfifo("pipe", 0600) == 0);
  // The first output is opened before the second is looked at, and a pipe has to have a reader then.
  const int reader = open("pipe", O_RDONLY | O_NONBLOCK);
  for (const char* second : {"csv:pipe", "csv:./pipe", "output=npy:to-pipe"}) {
    const std::string name = std::string(second).substr(std::string(second).rfind(':') + 1);
    check_error(run({"compute", "-o", "json:pipe", "-o", second}, two), 2, "-o: names '" + name + "' twice");
  }
  close(reader);
  CHECK(folder.files() == std::vector<std::string>{"link.npy", "pipe", "to-pipe"});
  CHECK(run({"compute", "-o", "npy:/dev/null", "-o", "output=npy:/dev/null"}, two).code == 0);
  CHECK(run({"compute", "-o", "npy:/dev/null", "-f", "csv", "-o", "json:/dev/null"}, two).code == 0);
}

TEST_CASE("standard output is one output, with one format", "[answers]") {
  const Folder folder;
  const std::string two = "[[1,0],[0,1]]";
  const auto refuse = [&](const Arguments& outputs, const std::string& message) {
    INFO(joined(outputs));
    for (const Device device : {Device::pipe, Device::terminal})
      check_error(run(Arguments{"compute", "-f", "text"} + outputs, two, device), 2, message);
    check_error(run(Arguments{"compute"} + outputs, two), 2, message);
  };
  const std::string twice = "-o: names standard output twice";
  for (const Arguments& outputs : {Arguments{"-o", "-", "-o", "-"},
                                   {"-o", "json:-", "-o", "json:-"},
                                   {"-o", "json:-", "-o", "csv:-"},
                                   {"-o", "weights=-", "-o", "a.json", "-o", "output=-"},
                                   {"-o", "-", "-o", "csv:/dev/stdout"},
                                   {"-o", "csv:/dev/stdout", "-o", "-"},
                                   {"-o", "json:/dev/fd/1", "-o", "csv:/dev/stdout"}})
    refuse(outputs, twice);
  check_error(run({"mask", "causal", "--queries", "2", "-o", "csv:-", "-o", "-"}), 2, twice);
  check_error(run({"compute", "-o", "json:-", "-f", "csv"}, two), 2,
              "-f: says csv of standard output, and -o says json");
  check_error(run({"compute", "-f", "csv", "-o", "a.npz", "-o", "output=text:-"}, two), 2,
              "-f: says csv of standard output, and -o says text");
  check_error(run({"compute", "-o", "json:-", "-f", "cvs"}, two), 2,
              "-f: 'cvs' is not one of json, jsonl, csv, tsv, npy, npz, safetensors, text, png, svg and html; did you "
              "mean 'csv'?");
  CHECK(run({"compute", "-o", "csv:-", "-f", "csv"}, two).out == run({"compute", "-f", "csv"}, two).out);
  // By each of its names it is what '-' is.
  for (const Arguments& format : {Arguments{}, {"-f", "csv"}, {"-f", "npz"}})
    for (const char* const name : {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}) {
      CHECK(run(Arguments{"compute", "-o", name} + format, two).out == run(Arguments{"compute"} + format, two).out);
      CHECK(run(Arguments{"compute", "-o", name} + format, two, Device::terminal).err ==
            run(Arguments{"compute", "-o", "-"} + format, two, Device::terminal).err);
    }
  check_error(run({"compute", "-f", "csv", "-o", "json:/dev/stdout"}, two), 2,
              "-f: says csv of standard output, and -o says json");
}

TEST_CASE("an error is one line of bounded length, and an empty variable is none", "[answers]") {
  const std::string name(5000000, 'x');
  const Outcome unknown = run({"compute"}, R"({"embeddings":[[1]],")" + name + R"(":1})");
  CHECK(unknown.code == 1);
  CHECK(unknown.err.size() < 1000);
  CHECK(unknown.err.find("xxx…: unknown member; members are tokens") != std::string::npos);
  const std::vector<Json> lines = run({"compute"}, R"({"embeddings":[[1]]})"
                                                   "\n"
                                                   R"({")" +
                                                       name +
                                                       R"(":1})"
                                                       "\n")
                                      .json_lines();
  CHECK(lines.at(1).dump().size() < 1000);

  const std::string wanted = run({"compute"}, "[[1,2]]").out;
  const Variable threads("ATTN_THREADS", ""), kernel("ATTN_KERNEL", "");
  CHECK(run({"compute"}, "[[1,2]]").out == wanted);
}

TEST_CASE("titles of two files that are compared go to all of their matrices", "[answers]") {
  const Folder folder;
  folder.write("b.json", "[[[1,0],[0,1]],[[0,1],[1,0]]]");
  const auto compared = [](const std::string& titles) {
    return run({"visualize", "b.json", "--compare", "b.json", "--titles", titles, "-f", "text"});
  };
  const std::string two = compared("before,after").out;
  for (const char* title : {"before, Head 0", "after, Head 0", "before, Head 1", "after, Head 1"})
    CHECK(two.find(title) != std::string::npos);
  const std::string four = compared("a,b,c,d").out;
  CHECK(four.find("Head 0") == std::string::npos);
  check_error(compared("a,b,c"), 2, "--titles: has 3 titles, and there are 4 matrices to draw");
}

TEST_CASE("a factor that is no float is shown as it is", "[answers]") {
  const auto steps = [](const std::string& scale) {
    return run({"compute", "--dtype", "f64", "--steps", "--scale", scale}, "[[1,0],[0,1]]").out;
  };
  CHECK(steps("1e300").find("scale: the scores are QKᵀ · 1e+300\n") != std::string::npos);
  CHECK(steps("1e-300").find("scale: the scores are QKᵀ · 1e-300\n") != std::string::npos);
  CHECK(steps("0.1").find("scale: the scores are QKᵀ · 0.1\n") != std::string::npos);
}

TEST_CASE("rows of zeros that nobody asked for are told", "[answers]") {
  // Masks of PyTorch are true where a key is hidden, those here where it is kept.
  const std::string inverted =
      R"({"query":[[1,0],[0,1]],"key":[[1,0],[0,1]],"value":[[1,0],[0,1]],"mask":[[0,1],[0,0]]})";
  const std::string note = " of weights may attend no key, and are 0; --empty-row nan makes them NaN\n";
  CHECK(run({"compute", "--causal"}, inverted).err == "attn: note: 2 of 2 rows" + note);
  CHECK(run({"compute"}, inverted).err == "attn: note: 1 of 2 rows" + note);
  CHECK(run({"compute", "--causal", "--empty-row", "nan"}, inverted).json()["output"][0][0] == nullptr);
  for (const char* const rule : {"nan", "zero", "uniform"})
    CHECK(run({"compute", "--causal", "--empty-row", rule}, inverted).err.empty());
  CHECK(run({"compute", "--like", "torch-sdpa"}, inverted).err.empty());
  CHECK(run({"compute", "--random", "2,3,4,2", "--mask", "!global:0"}).err == "attn: note: 6 of 24 rows" + note);
  CHECK(run({"compute", "--random", "2,3,4,2", "--mask", "window:1,0"}).err.empty());
  CHECK(run({"compute", "--random", "2,3,4,2", "--causal", "--key-starts", "0,3"}).err.empty());
  CHECK(run({"compute", "--random", "4,2", "--keys", "0"}).err.empty());
  const Arguments biased{"compute", "--bias", "b.csv", "--random", "2,2"};
  const Folder folder;
  folder.write("b.csv", "-inf,0\n-inf,-inf\n");
  CHECK(run(biased).err == "attn: note: 1 of 2 rows" + note);
}

TEST_CASE("metadata name masks, biases and lengths of the document", "[answers]") {
  const Folder folder;
  folder.write("m.json", "[[1,0],[1,1]]");
  const auto metadata = [](const Arguments& more) {
    return run(Arguments{"compute", "--random", "2,1,2,4"} + more).json()["metadata"];
  };
  for (const char* const name : {"stored_mask", "bias", "key_lengths", "key_starts"})
    CHECK_FALSE(metadata({}).contains(name));
  CHECK(metadata({"--mask-file", "m.json"})["stored_mask"] == true);
  CHECK(metadata({"--bias", "m.json"})["bias"] == true);
  CHECK(metadata({"--key-lengths", "1,2"})["key_lengths"] == Json{1, 2});
  CHECK(metadata({"--key-starts", "0,1"})["key_starts"] == Json{0, 1});
}

TEST_CASE("tokens that are no file's name are answered with the list of them", "[answers]") {
  const Folder folder;
  const Arguments base{"compute", "--random", "3,4", "--tokens"};
  check_error(
      run(base + Arguments{"The cat sat"}), 1,
      "The cat sat: cannot be read: there is no such file; tokens themselves are given with commas: The,cat,sat");
  CHECK(run(base + Arguments{"The,cat,sat"}).json()["tokens"] == Json{"The", "cat", "sat"});
  check_error(run(base + Arguments{"The"}), 1,
              "The: cannot be read: there is no such file; tokens themselves are given with commas, A,B,…");
  check_error(run(base + Arguments{"tokens.txt"}), 1, "tokens.txt: cannot be read: No such file or directory");
}

}  // namespace attn::test
