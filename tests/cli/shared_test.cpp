// --shared: runs that each write a part of one file. What they write, what they refuse, and which parts are missing.
#include "cli/session.hpp"
#include "cli/vector_set.hpp"

namespace attn::test {
namespace {

const Arguments drawn_heads{"compute", "--random", "2,2,50,4", "--causal"};

Outcome run_part(const Arguments& base, const std::string& part, const Arguments& outputs) {
  return run(base + Arguments{"--query-part", part, "--shared"} + outputs);
}

// All parts of three give the bytes of one run, for each of some tensors.
void check_whole(const Arguments& base, const std::vector<std::string>& tensors) {
  const Folder folder;
  Arguments whole, parts;
  for (const std::string& tensor : tensors) {
    whole.insert(whole.end(), {"-o", tensor + "=" + tensor + "-whole.npy"});
    parts.insert(parts.end(), {"-o", tensor + "=" + tensor + ".npy"});
  }
  REQUIRE(run(base + whole).code == 0);
  for (const char* const part : {"2/3", "3/3", "1/3"}) {
    CHECK_FALSE(std::filesystem::exists(tensors[0] + ".npy"));
    const Outcome outcome = run_part(base, part, parts);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(outcome.out == "");
  }
  for (const std::string& tensor : tensors) {
    INFO(tensor);
    CHECK((folder.read(tensor + ".npy") == folder.read(tensor + "-whole.npy")));
  }
}

}  // namespace

TEST_CASE("parts of a shared file are the file of one run", "[shared]") {
  check_whole(drawn_heads, {"output", "lse", "weights", "mask", "query"});
  check_whole({"compute", "--random", "50,8", "--heads", "2", "--dtype", "f64", "--mask", "window:3,3"},
              {"output", "scores", "lse"});
  check_whole({"multihead", "--random", "2,30,8", "--init", "torch-mha", "--heads", "4", "--average", "--dropout",
               "0.5", "--rope", "10000"},
              {"output", "concat", "weights", "dropped", "query", "lse"});
  check_whole({"compute", "--random", "9,4", "--kernel", "reference"}, {"weights"});
}

TEST_CASE("a run says how far a shared file is", "[shared]") {
  const Folder folder;
  const Arguments file{"-o", "output=x.npy"};
  const std::string note = "attn: note: part ";
  CHECK(run_part(drawn_heads, "1/3", file).err ==
        note + "1/3 is in x.npy, which gets its name when 2 others of 3 are there too\n");
  CHECK(run_part(drawn_heads, "3/3", file).err ==
        note + "3/3 is in x.npy, which gets its name when 1 other of 3 is there too\n");
  CHECK(run_part(drawn_heads, "3/3", file).err ==
        note + "3/3 is in x.npy already, which gets its name when 1 other of 3 is there too\n");
  CHECK(run_part(drawn_heads, "2/3", file).err == note + "2/3 is in x.npy, which has all of its 3 parts\n");
  CHECK(run_part(drawn_heads, "2/3", file).err == note + "2/3 is in x.npy already, which has all of its 3 parts\n");
  CHECK(run_part(drawn_heads, "2/3", file + Arguments{"-q"}).err == "");
  CHECK(folder.files() == std::vector<std::string>{"x.npy", "x.npy.parts"});
  // What is there already is not computed.
  const Outcome again = run_part(drawn_heads, "2/3", file + Arguments{"-v"});
  CHECK(again.err.find("computed with") == std::string::npos);
  std::filesystem::remove("x.npy");
  check_error(run_part(drawn_heads, "2/3", file), 1,
              "x.npy: all of its parts were finished, but it is gone; to begin anew, remove the folder x.npy.parts");
}

TEST_CASE("rows that are damaged or gone are no parts, and the advice works", "[shared]") {
  const Folder folder;
  const Arguments file{"-o", "output=x.npy"}, missing{"compute", "-o", "output=x.npy", "--missing"};
  const std::string advice = "; to begin anew, remove the folder x.npy.parts", array = "x.npy.parts/array";
  REQUIRE(run(drawn_heads + Arguments{"-o", "output=whole.npy"}).code == 0);
  const std::string whole = folder.read("whole.npy"), size = std::to_string(whole.size());
  const auto check = [&](const std::string& part, const std::string& message) {
    check_error(run_part(drawn_heads, part, file), 1, "x.npy: " + message + advice);
    check_error(run(missing), 1, "x.npy: " + message + advice);
  };
  const auto begin = [&](const Arguments& parts) {
    std::filesystem::remove_all("x.npy.parts");
    for (const std::string& part : parts) CHECK(run_part(drawn_heads, part, file).code == 0);
  };
  // Before the file has its name.
  for (const std::size_t bytes : {0U, 300U}) {
    begin({"1/3", "2/3"});
    std::filesystem::resize_file(array, bytes);
    for (const char* const part : {"3/3", "1/3"})
      check(part, "cannot be shared: " + array + " has " + std::to_string(bytes) + " bytes in the place of " + size);
    CHECK_FALSE(std::filesystem::exists("x.npy"));
  }
  std::filesystem::remove(array);
  check("3/3", "cannot be shared: " + array + " is gone");
  begin({"3/3", "2/3", "1/3"});
  CHECK((folder.read("x.npy") == whole));
  // And after that.
  const std::string other = "is no longer what its parts made: it has ";
  folder.write("x.npy", "garbage\n");
  check("1/3", other + "8 bytes in the place of " + size);
  REQUIRE(run({"compute", "--random", "2,2,50,4", "--seed", "9", "-o", "output=x.npy"}).code == 0);
  check("1/3", other + "other rows of part 1/3");
  check_error(run_part(drawn_heads, "2/3", file), 1, "x.npy: " + other + "other rows of part 2/3" + advice);
  // A run looks at its own part, the list at all.
  std::string last = whole;
  last.back() = static_cast<char>(last.back() ^ 1);
  folder.write("x.npy", last);
  CHECK(run_part(drawn_heads, "1/3", file).code == 0);
  CHECK(run_part(drawn_heads, "3/3", file).code == 1);
  check_error(run(missing), 1, "x.npy: " + other + "other rows of part 3/3" + advice);
  // What holds the same is no other file, whoever has written it and when.
  std::filesystem::copy_file("whole.npy", "x.npy", std::filesystem::copy_options::overwrite_existing);
  for (const char* const part : {"1/3", "2/3", "3/3"}) CHECK(run_part(drawn_heads, part, file).code == 0);
  CHECK(run(missing).code == 0);
  folder.write("x.npy", "garbage");
  begin({"1/3", "2/3", "3/3"});
  CHECK((folder.read("x.npy") == whole));
}

TEST_CASE("--missing lists the parts that files lack", "[shared]") {
  const Folder folder;
  const Arguments missing{"compute", "-o", "output=x.npy", "--shared", "--missing"};
  check_error(run(missing), 1, "x.npy: no part of it has begun: there is no x.npy.parts");
  run_part(drawn_heads, "2/4", {"-o", "output=x.npy"});
  CHECK(run(missing).out == "1/4\n3/4\n4/4\n");
  run_part(drawn_heads, "4/4", {"-o", "output=x.npy"});
  run_part(drawn_heads, "3/4", {"-o", "lse=y.npy"});
  CHECK(run({"compute", "-o", "output=x.npy", "--missing"}).out == "1/4\n3/4\n");
  // Of several files, what any of them lacks; the rest of the command may stand as it is.
  const Outcome both = run_part(drawn_heads, "1/4", {"-o", "output=x.npy", "-o", "lse=y.npy", "--missing"});
  CHECK(both.out == "1/4\n2/4\n3/4\n4/4\n");
  CHECK(both.err == "");
  for (const char* const part : {"1/4", "3/4"}) run_part(drawn_heads, part, {"-o", "output=x.npy"});
  const Outcome none = run(missing);
  CHECK(none.out == "");
  CHECK(none.code == 0);
  check_error(run({"compute", "--missing"}), 2, "--shared: needs the file that is shared: -o [TENSOR=]FILE.npy");
}

TEST_CASE("another problem is refused before it is computed", "[shared]") {
  const Folder folder;
  folder.write("in.json", R"({"embeddings":[[1,2],[3,1],[0,1],[2,2]]})");
  folder.write("m.csv", "1,0,1,1\n1,1,1,1\n1,1,1,0\n1,1,0,1\n");
  folder.write("s.csv", "0.5\n");
  const Arguments base{"compute",   "in.json",        "--mask", "file:m.csv", "--kernel",
                       "reference", "--alibi-slopes", "s.csv",  "--sink",     "s.csv"};
  const auto refused = [&](const Arguments& more, const std::string& part = "1/2") {
    return run_part(base, part, Arguments{"-o", "output=x.npy"} + more);
  };
  REQUIRE(refused({}).code == 0);
  const auto check = [&](const Arguments& more, const std::string& what) {
    INFO(joined(more));
    check_error(refused(more), 1,
                "x.npy: has parts of another problem: " + what + "; to begin anew, remove the folder x.npy.parts");
  };
  check({"--causal"}, "their mask is 'file:m.csv', and this run's 'causal & file:m.csv'");
  check({"--dtype", "f64"}, "their dtype is 'f32', and this run's 'f64'");
  check({"--kernel", vector_set()}, "their kernel is 'reference', and this run's '" + vector_set() + "'");
  check({"--scale", "2"}, "their scale is '0.7071067811865475', and this run's '2'");
  check({"--softcap", "9"}, "they have no softcap, and this run's is '9'");
  check({"--empty-row", "nan"}, "their empty_row is 'zero', and this run's 'nan'");
  check_error(refused({}, "1/3"), 1,
              "x.npy: has parts of another problem: their number of parts is '2', and this run's '3'; to begin anew, "
              "remove the folder x.npy.parts");
  check_error(run_part(base, "1/2", {"-o", "weights=x.npy"}), 1,
              "x.npy: has parts of another problem: their tensor is 'output', and this run's 'weights'; to begin anew, "
              "remove the folder x.npy.parts");
  const auto check_file = [&](const std::string& name, const std::string& text, const std::string& what) {
    const std::string before = folder.read(name);
    folder.write(name, text);
    const Outcome outcome = refused({});
    INFO(outcome.err);
    CHECK(outcome.code == 1);
    CHECK(outcome.err.find("their " + what + " is '") != std::string::npos);
    folder.write(name, before);
    CHECK(refused({}).code == 0);
  };
  check_file("in.json", R"({"embeddings":[[1,2],[3,1],[0,1],[2,3]]})", "embeddings");
  check_file("m.csv", "1,0,1,1\n1,1,1,1\n1,1,1,0\n1,1,1,1\n", "mask's file");
  check_file("s.csv", "0.25\n", "sinks");
  CHECK(refused({"--alibi-slopes", "2"}).err.find("their alibi_slopes is '") != std::string::npos);
  // What changes no number is no other problem, and neither is another way to say it.
  CHECK(refused({"--threads", "3", "-v", "--max-memory", "1G"}).code == 0);
  CHECK(run_part(base, "2/2", {"-o", "output=./x.npy"}).code == 0);
  CHECK(std::filesystem::exists("x.npy"));
}

TEST_CASE("other weights of the norm of queries and keys are another problem", "[shared]") {
  const Folder folder;
  const auto part_with = [&](const std::string& norms) {
    folder.write("in.json",
                 R"({"embeddings":[[1,2],[3,1],[0,1]],"projections":{"W_q":[[1,0],[0,1]],"W_k":[[1,0],[0,1]],)"
                 R"("W_v":[[1,0],[0,1]],)" +
                     norms + "}}");
    return run_part({"multihead", "in.json", "--heads", "1", "--qk-norm"}, "1/2", {"-o", "output=x.npy"});
  };
  const std::string both = R"("q_norm.weight":[1,2],"k_norm.weight":[1,1])";
  REQUIRE(part_with(both).code == 0);
  CHECK(part_with(both).code == 0);
  for (const auto& [norms, side] : {std::pair{R"("q_norm.weight":[1,3],"k_norm.weight":[1,1])", "queries"},
                                    {R"("q_norm.weight":[1,2],"k_norm.weight":[1,3])", "keys"}})
    CHECK_THAT(part_with(norms).err, Catch::ContainsSubstring("x.npy: has parts of another problem: their weight "
                                                              "of the " +
                                                              std::string(side) + "' norm is '"));
}

TEST_CASE("what cannot be shared is refused", "[shared]") {
  const Folder folder;
  const auto check = [&](const Arguments& outputs, const std::string& message) {
    check_error(run_part(drawn_heads, "1/2", outputs), 2, message);
  };
  check({"-o", "w.png"}, "--shared: 'w.png' is no .npy file, and no other can be written in parts");
  check({"-o", "output=a.npy", "-o", "w.npz"},
        "--shared: 'w.npz' is no .npy file, and no other can be written in parts");
  check({"-o", "key=k.npy"}, "--shared: 'key' has no row for each query: every part has all of it");
  check({}, "--shared: needs the file that is shared: -o [TENSOR=]FILE.npy");
  check({"-o", "-"}, "--shared: is of files, not of standard output");
  check({"-o", "output=a.npy", "-f", "json"}, "-f: does not go with --shared: nothing goes to standard output");
  check({"-o", "output=a.npy", "-o", "lse=./a.npy"}, "-o: names './a.npy' twice");
  folder.write("e.json", "[[1]]");
  check({"-o", "output=a.npy", "--expect", "e.json"},
        "--expect: does not go with --shared, whose file others write as well");
  check_error(run(drawn_heads + Arguments{"-o", "output=a.npy", "--shared"}), 2,
              "--shared: needs --query-part K/N: the part that this run writes");
  check_error(run_part(drawn_heads, "1/2", {"-o", "output=none/a.npy"}), 1,
              "none/a.npy: cannot be shared: No such file or directory");
  folder.write("lines.jsonl", "{\"embeddings\":[[1]]}\n{\"embeddings\":[[2]]}\n");
  check_error(run_part({"compute", "lines.jsonl"}, "1/1", {"-o", "output=a.npy"}), 2,
              "--shared: is of one result: it does not go with JSON Lines");
  CHECK(folder.files() == std::vector<std::string>{"e.json", "lines.jsonl"});
}

}  // namespace attn::test
