// Pictures of masked weights: what the mask hides is blank, in every command that knows it.
#include "cli/session.hpp"

namespace attn::test {

TEST_CASE("visualize leaves blank what the document's mask hides", "[masked]") {
  const Folder folder;
  folder.write("w.json", R"({"weights":[[1,0],[0.5,0.5]],"mask":[[true,false],[true,true]]})");
  folder.write("plain.json", R"({"weights":[[1,0],[0.5,0.5]]})");
  const auto png = [](const std::string& name, const Arguments& more = {}) {
    return run(Arguments{"visualize", name, "-f", "png"} + more).out;
  };
  CHECK((png("w.json") != png("plain.json")));
  CHECK((png("w.json", {"--tensor", "mask"}) == png("w.json", {"--tensor", "mask"})));
  const std::string text = run({"visualize", "w.json"}).out;
  CHECK(text.find("0 ██\n") != std::string::npos);
  // A number that is not 0 is shown, whatever the mask says.
  folder.write("shown.json", R"({"weights":[[0.6,0.4],[0.5,0.5]],"mask":[[true,false],[true,true]]})");
  folder.write("whole.json", R"({"weights":[[0.6,0.4],[0.5,0.5]]})");
  CHECK((png("shown.json") == png("whole.json")));
}

TEST_CASE("a difference is blank where both masks hide", "[masked]") {
  const Folder folder;
  folder.write("a.json", R"({"weights":[[1,0],[0.5,0.5]],"mask":[[true,false],[true,true]]})");
  folder.write("b.json", R"({"weights":[[0.4,0.6],[0.5,0.5]]})");
  const auto difference = [](const std::string& from, const std::string& other) {
    return run({"visualize", from, "--diff", other, "--annot"}).out;
  };
  CHECK(has(difference("a.json", "b.json"), "-0.60"));
  CHECK(has(difference("b.json", "a.json"), "0.60"));
  CHECK(has(difference("a.json", "a.json"), "0 ▓0.00▓\n"));
}

TEST_CASE("the title of a difference of maxima says that it is that", "[masked]") {
  const Folder folder;
  folder.write("a.json", "[[[1,0]],[[0,1]]]");
  folder.write("b.json", "[[[0,0]],[[1,0]]]");
  const auto difference = [](const std::string& head) {
    return run({"visualize", "a.json", "--diff", "b.json", "--annot", "--head", head}).out;
  };
  CHECK(difference("max").starts_with("Maximum of 2 heads − that of b\n"));
  CHECK(has(difference("max"), "0.00"));  // of 1 and 1; the greatest difference is 1
  CHECK(has(difference("mean"), "Mean of 2 heads\n"));
}

TEST_CASE("compute draws masked weights as visualize does", "[masked]") {
  const Folder folder;
  REQUIRE(
      run({"compute", "--random", "6,4", "--causal", "-o", "w.png", "-o", "all.json", "--emit", "weights,mask"}).code ==
      0);
  CHECK((run({"visualize", "all.json", "-f", "png"}).out == folder.read("w.png")));
  REQUIRE(run({"compute", "--random", "6,4", "--causal", "-o", "alone.json"}).code == 0);
  CHECK((run({"visualize", "alone.json", "-f", "png"}).out != folder.read("w.png")));
}

TEST_CASE("a note tells that the mask of weights is not in their file, and how it gets there", "[masked]") {
  const Folder folder;
  const Arguments base{"compute", "--random", "6,4", "--causal", "-q"};
  for (const std::string name : {"w.json", "w.npz", "w.safetensors"}) {
    INFO(name);
    REQUIRE(run(base + Arguments{"-o", name}).code == 0);
    const std::string note =
        "attn: note: what was masked (causal) is drawn as 0, as the input lacks the tensor 'mask'; a result of "
        "--emit "
        "weights,mask has it\n";
    CHECK(run({"visualize", name}).err == note);
    CHECK(run({"visualize", name, "--stats"}).err.empty());
    CHECK(run({"visualize", name, "-q"}).err.empty());
    CHECK(run({"visualize", name, "--diff", name}).err.empty());
    REQUIRE(run(base + Arguments{"--emit", "weights,mask", "-o", name}).code == 0);
    CHECK(run({"visualize", name}).err.empty());
  }
  REQUIRE(run({"compute", "--random", "6,4", "-q", "-o", "w.json"}).code == 0);
  CHECK(run({"visualize", "w.json"}).err.empty());
  for (const auto& [member, name] : {std::pair{R"("mask":[[1,0],[1,1]])", "(stored_mask)"},
                                     {R"("key_lengths":[1])", "(key_lengths)"},
                                     {R"("key_starts":[1])", "(key_starts)"}}) {
    INFO(member);
    const std::string document = R"({"embeddings":[[1,0],[0,1]],)" + std::string(member) + "}";
    REQUIRE(run({"compute", "-q", "-o", "w.json"}, document).code == 0);
    CHECK(has(run({"visualize", "w.json"}).err, "what was masked " + std::string(name)));
    REQUIRE(run({"compute", "-q", "--emit", "weights,mask", "-o", "w.json"}, document).code == 0);
    CHECK(run({"visualize", "w.json"}).err.empty());
  }
}

TEST_CASE("what a bias of minus infinity hides is masked, as what a mask hides", "[masked]") {
  const Folder folder;
  for (const std::string length : {"6", "700"}) {  // as a tensor, and pooled on the way
    INFO(length);
    REQUIRE(run({"mask", "causal", "--queries", length, "--as", "additive", "-o", "bias.npy"}).code == 0);
    const Arguments base{"compute", "--random", length + ",4", "--vmax", "1"};
    REQUIRE(run(base + Arguments{"--bias", "bias.npy", "-o", "biased.png"}).code == 0);
    REQUIRE(run(base + Arguments{"--causal", "-o", "masked.png"}).code == 0);
    REQUIRE(run(base + Arguments{"-o", "whole.png"}).code == 0);
    CHECK((folder.read("biased.png") == folder.read("masked.png")));
    CHECK((folder.read("biased.png") != folder.read("whole.png")));
    // Some of the queries, and a mask beside the bias.
    const Arguments some{"--query-range", "2:5", "--mask", "window:2,0"};
    REQUIRE(run(base + some + Arguments{"--bias", "bias.npy", "-o", "biased.png"}).code == 0);
    REQUIRE(run(base + some + Arguments{"--causal", "-o", "masked.png"}).code == 0);
    CHECK((folder.read("biased.png") == folder.read("masked.png")));
  }
  // The scores themselves, too, in a file that keeps minus infinity.
  REQUIRE(
      run({"compute", "--random", "6,4", "--causal", "--emit", "masked", "-o", "masked=s.png", "-o", "s.npz"}).code ==
      0);
  CHECK((run({"visualize", "s.npz", "--tensor", "masked", "-f", "png"}).out == folder.read("s.png")));
}

TEST_CASE("a cell of several heads is masked if it is in all of them", "[masked]") {
  const Folder folder;
  for (const std::string length : {"8", "400"}) {  // as a tensor, and pooled on the way
    // Head 0 is causal, head 1 sees one key more.
    const auto mask = [&length](const std::string& text) {
      return run({"mask", text, "--queries", length, "-f", "json"}).json()["mask"];
    };
    folder.write("mask.json", Json{{"mask", {mask("causal"), mask("window:-1,1")}}}.dump());
    for (const std::string head : {"mean", "max", "min"}) {
      INFO(length << " " << head);
      const Arguments base{"compute",     "--random",  "1,2," + length + ",4",
                           "--mask-file", "mask.json", "--head",
                           head,          "--size",    "300x240",
                           "--vmax",      "0.1"};
      REQUIRE(run(base + Arguments{"-o", "w.png"}).code == 0);
      const std::string alone = folder.read("w.png");
      REQUIRE(run(base + Arguments{"-o", "w.png", "-o", "all.npz", "--emit", "weights,mask"}).code == 0);
      CHECK((alone == folder.read("w.png")));
      const Arguments drawn{"visualize", "--head", head, "--size", "300x240", "--vmax", "0.1", "-f", "png"};
      CHECK((alone == run(drawn + Arguments{"all.npz"}).out));
      REQUIRE(run(base + Arguments{"-o", "plain.npz"}).code == 0);
      CHECK((alone != run(drawn + Arguments{"plain.npz"}).out));
    }
  }
}

TEST_CASE("pictures of one file have one scale with --scale-per all", "[masked]") {
  const Folder folder;
  folder.write("w.json", "[[[0,1]],[[2,4]]]");
  const auto text = [](const char* head) {
    return run({"visualize", "w.json", "--head", head, "--scale-per", "all"}).out;
  };
  CHECK(text("0").ends_with("] 4\n"));
  CHECK(text("1").ends_with("] 4\n"));
}

TEST_CASE("a long causal picture says where its colours end, and -q does not", "[masked]") {
  const Folder folder;
  const Arguments base{"compute", "--random", "300,16", "--causal", "-o", "w.png"};
  CHECK(run(base).err.find("attn: note: most cells would have the lowest colour: the colours end at ") == 0);
  CHECK(run(base + Arguments{"-q"}).err.empty());
  CHECK(run(base + Arguments{"--vmax", "1"}).err.empty());
}

}  // namespace attn::test
