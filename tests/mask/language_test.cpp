// The language: precedence, laws, texts that round-trip, and what the parser says about mistakes.
#include <set>

#include "mask/oracle.hpp"

namespace attn::test {
namespace {

void check_same(const std::string& a, const std::string& b) {
  INFO(a << " and " << b);
  for (const MaskShape& shape : {grid_of(9, 9), grid_of(3, 8, 2), grid_of(8, 3, -4)})
    CHECK(picture(a, shape) == picture(b, shape));
}

std::string parse_error(const std::string& expression) {
  return error_of([&] { Mask::parse(expression, "--mask"); }, ErrorKind::usage);
}

}  // namespace

TEST_CASE("and binds more tightly than or, and not most tightly, as in C") {
  check_same("sink:1 | causal & stride:2", "sink:1 | (causal & stride:2)");
  check_same("causal & stride:2 | sink:1", "(causal & stride:2) | sink:1");
  check_same("!causal & stride:2", "(!causal) & stride:2");
  check_same("!sink:1 | sink:2", "(!sink:1) | sink:2");
  CHECK(picture("sink:1 | causal & stride:2", grid_of(4, 4)) != picture("(sink:1 | causal) & stride:2", grid_of(4, 4)));
  CHECK(picture("!causal & stride:2", grid_of(4, 4)) != picture("!(causal & stride:2)", grid_of(4, 4)));
}

TEST_CASE("the laws of Boolean algebra hold") {
  for (const std::string a : {"causal", "stride:2", "random:0.5,3", "none", "global:1,4"})
    for (const std::string b : {"window:1,1", "block:3", "random:0.3,4", "all", "!sink:2"}) {
      check_same("!(" + a + " & " + b + ")", "!" + a + " | !" + b);
      check_same("!(" + a + " | " + b + ")", "!" + a + " & !" + b);
      check_same(a + " & " + b, b + " & " + a);
      check_same(a + " | " + b, b + " | " + a);
      check_same(a + " & (" + a + " | " + b + ")", a);
      check_same(a + " | !" + a, "all");
      check_same(a + " & !" + a, "none");
      check_same("!!" + a, a);
      check_same("!(!(!(" + a + ")))", "!" + a);
    }
}

TEST_CASE("an expression has the atoms that stand in it, however deep, and none that its files are named after") {
  for (const char* expression : {"causal", "!causal", "window:2,0 & causal", "stride:2 | !(sink:1 & !(all | causal))"})
    CHECK(Mask::parse(expression, "--mask").has_atom("causal"));
  for (const char* expression : {"causal:bottom-right", "segments", "all", "none", "!(window:-1,0 | sink:1)"})
    CHECK_FALSE(Mask::parse(expression, "--mask").has_atom("causal"));
  CHECK_FALSE(Mask().has_atom("all"));
  CHECK(Mask::parse("window:2,0 | sink:1", "--mask").has_atom("sink:1"));
  const auto load = [](const std::string&) { return Tensor::zeros(DType::u8, {2, 2}); };
  for (const char* path : {"file:causal", "file:\"a causal b.json\"", "file:\"( causal )\"", "file:\"a & causal\""}) {
    const Mask stored = Mask::parse(path, "--mask", load);
    CHECK_FALSE(stored.has_atom("causal"));
    CHECK((stored & Mask::causal()).has_atom("causal"));
  }
}

TEST_CASE("masks are joined with and") {
  const Mask causal = Mask::parse("causal", "--mask"), near = Mask::parse("window:2,2 | sink:1", "--mask");
  const MaskShape shape = grid_of(7, 7);
  const auto expected = [](const Score& s) { return s.k <= s.p && ((s.k >= s.p - 2 && s.k <= s.p + 2) || s.k < 1); };
  CHECK(difference((causal & near).bind(shape), expected) == "");
  CHECK((causal & near).text() == "causal & (window:2,2 | sink:1)");
  CHECK((Mask() & causal).text() == "causal");
  CHECK((causal & Mask()).text() == "causal");
  CHECK((Mask() & Mask()).unrestricted());
  CHECK(Mask::causal().text() == "causal");
  CHECK((Mask::causal() & Mask::key_lengths()).text() == "causal & key_lengths");
  CHECK(Mask::parse("all", "--mask").unrestricted());
  CHECK_FALSE(causal.unrestricted());
}

TEST_CASE("white space may stand between any two words") {
  check_same(" causal&window:3,0|sink:1 ", "causal & window:3,0 | sink:1");
  check_same("\tcausal\n & ! ( window : 3 , 0 : bottom-right )\r\n", "causal & !window:3,0:bottom-right");
  check_same("grid: 3x3, 1 | all", "all");
}

TEST_CASE("an expression's text has no more than it needs, and reads back to the same") {
  const auto text = [](const std::string& expression) { return Mask::parse(expression, "--mask").text(); };
  CHECK(text("all") == "all");
  CHECK(text("(  causal)&( window:3 ,0|padding:9 )") == "causal & (window:3,0 | padding:9)");
  CHECK(text("(causal&window:3,0)|padding:9") == "causal & window:3,0 | padding:9");
  CHECK(text("((causal))&(sink:1&(sink:2))") == "causal & sink:1 & sink:2");
  CHECK(text("!(causal|sink:1)") == "!(causal | sink:1)");
  CHECK(text("!(causal&sink:1)|!!none") == "!(causal & sink:1) | none");
  CHECK(text("!(!(causal))") == "causal");
  for (const std::string expression : {"causal:bottom-right", "window:-1,3:bottom-right", "prefix:3", "global:3,1",
                                       "documents:4,5", "grid:3x3,1", "tree:-1,0,1,2,3,4,5,6,7", "random:0.25,9",
                                       "dilated:4,2", "!(causal | sink:1) & (stride:3 | !block:2) | none"}) {
    CHECK(text(expression) == expression);
    CHECK(text(text(expression)) == text(expression));
    CHECK(picture(text(expression), grid_of(9, 9)) == picture(expression, grid_of(9, 9)));
  }
}

TEST_CASE("every atom of the help parses under its name") {
  std::set<std::string> names;
  for (const MaskAtomHelp& atom : mask_atoms()) {
    const std::string name(atom.form.substr(0, atom.form.find_first_of(":[")));
    CHECK(names.insert(name).second);
    CHECK_FALSE(atom.meaning.empty());
    CHECK(parse_error(name + ":?!").find("unknown atom") == std::string::npos);
  }
  CHECK(names.size() == 17);
}

TEST_CASE("an unknown atom is named with its column and the nearest name") {
  CHECK(parse_error("causal & windw:3,0") == "--mask: column 10: unknown atom 'windw'; did you mean 'window'?");
  CHECK(parse_error("Causal") == "--mask: column 1: unknown atom 'Causal'; did you mean 'causal'?");
  CHECK(parse_error("prefx:3") == "--mask: column 1: unknown atom 'prefx'; did you mean 'prefix'?");
  CHECK(parse_error("causal|zebra") == "--mask: column 8: unknown atom 'zebra'");
  CHECK(parse_error("é|x") == "--mask: column 1: unknown atom 'é'");
  CHECK(parse_error("all & \x1b[31m") == "--mask: column 7: unknown atom '␛[31m'");
  CHECK(parse_error(std::string(5000, 'x')) == "--mask: column 1: unknown atom '" + std::string(39, 'x') + "…'");
}

TEST_CASE("columns count characters, not bytes") {
  CHECK(error_of(
            [] {
              Mask::parse("file:\"äöü\" & al", "--mask",
                          [](const std::string&) { return Tensor::zeros(DType::u8, {1}); });
            },
            ErrorKind::usage) == "--mask: column 14: unknown atom 'al'; did you mean 'all'?");
}

TEST_CASE("mistakes of syntax are named with their column") {
  CHECK(parse_error("") == "--mask: column 1: expected an atom, such as causal, at the end");
  CHECK(parse_error("causal &") == "--mask: column 9: expected an atom, such as causal, at the end");
  CHECK(parse_error("!") == "--mask: column 2: expected an atom, such as causal, at the end");
  CHECK(parse_error("& causal") == "--mask: column 1: expected an atom, such as causal, before '&'");
  CHECK(parse_error("causal && all") == "--mask: column 8: '&&' is written '&'");
  CHECK(parse_error("causal || all") == "--mask: column 8: '||' is written '|'");
  CHECK(parse_error("()") == "--mask: column 2: expected an atom, such as causal, before ')'");
  CHECK(parse_error("(causal") == "--mask: column 1: '(' is not closed");
  CHECK(parse_error("(causal all)") == "--mask: column 9: expected '&', '|' or ')' before 'all'");
  CHECK(parse_error("causal)") == "--mask: column 7: ')' closes no '('");
  CHECK(parse_error("causal and all") == "--mask: column 8: expected '&' or '|' before 'and'");
  CHECK(parse_error("causal, all") == "--mask: column 7: expected '&' or '|' before ','");
  CHECK(parse_error(std::string(300, '(') + "all") == "--mask: column 257: parentheses nest deeper than 256");
}

TEST_CASE("arguments that are missing or too many are named with the atom's form") {
  const std::string window_form = "; the form is window:L,R[:bottom-right]";
  CHECK(parse_error("window") == "--mask: column 1: 'window' lacks its arguments" + window_form);
  CHECK(parse_error("window:") == "--mask: column 8: an argument is missing" + window_form);
  CHECK(parse_error("window:3,") == "--mask: column 10: an argument is missing" + window_form);
  CHECK(parse_error("window:3") == "--mask: column 8: 'window' takes 2 arguments, not 1" + window_form);
  CHECK(parse_error("window:3,0,1") == "--mask: column 8: 'window' takes 2 arguments, not 3" + window_form);
  CHECK(parse_error("window:3,0:bottom-left") ==
        "--mask: column 12: unknown option 'bottom-left' of 'window'; the only one is 'bottom-right'");
  CHECK(parse_error("causal:0") == "--mask: column 8: unknown option '0' of 'causal'; the only one is 'bottom-right'");
  CHECK(parse_error("sink") == "--mask: column 1: 'sink' lacks its arguments; the form is sink:N");
  CHECK(parse_error("sink:1,2") == "--mask: column 6: 'sink' takes 1 argument, not 2; the form is sink:N");
  CHECK(parse_error("sink:1:2") == "--mask: column 8: '2' is one argument too many; the form is sink:N");
  CHECK(parse_error("all:1") == "--mask: column 5: '1' is one argument too many; the form is all");
  CHECK(parse_error("none:1") == "--mask: column 6: '1' is one argument too many; the form is none");
  CHECK(parse_error("segments:1") == "--mask: column 10: '1' is one argument too many; the form is segments");
  for (const std::string atom :
       {"padding", "global", "block", "documents", "stride", "dilated", "grid", "tree", "random"})
    CHECK(parse_error(atom).find("--mask: column 1: '" + atom + "' lacks its arguments; the form is " + atom + ":") ==
          0);
  CHECK(parse_error("global:1:2") == "--mask: column 10: '2' is one argument too many; the form is global:I,J,...");
}

TEST_CASE("arguments out of range are named with the bound") {
  const std::string documents_form = "documents:L1,L2,...[/K1,K2,...][:causal]";
  CHECK(parse_error("window:-2,0") == "--mask: column 8: '-2' is below -1; the form is window:L,R[:bottom-right]");
  CHECK(parse_error("window:0,-9999999999999999999") ==
        "--mask: column 10: '-9999999999999999999' is below -1; the form is window:L,R[:bottom-right]");
  CHECK(parse_error("window:0,1.5") ==
        "--mask: column 10: '1.5' is not a whole number; the form is window:L,R[:bottom-right]");
  CHECK(parse_error("window:0,-") ==
        "--mask: column 10: '-' is not a whole number; the form is window:L,R[:bottom-right]");
  CHECK(parse_error("padding:-1") == "--mask: column 9: '-1' is below 0; the form is padding:N,M,...[:left]");
  CHECK(parse_error("sink:1152921504606846977") ==
        "--mask: column 6: '1152921504606846977' is above 1152921504606846976; the form is sink:N");
  CHECK(parse_error("sink:99999999999999999999") ==
        "--mask: column 6: '99999999999999999999' is above 1152921504606846976; the form is sink:N");
  CHECK(parse_error("prefix:+1") == "--mask: column 8: '+1' is not a whole number; the form is prefix[:N,M,...]");
  CHECK(parse_error("block:0") == "--mask: column 7: '0' is below 1; the form is block:N[:from-start]");
  CHECK(parse_error("stride:0") == "--mask: column 8: '0' is below 1; the form is stride:N");
  CHECK(parse_error("dilated:-1,2") == "--mask: column 9: '-1' is below 0; the form is dilated:R,N");
  CHECK(parse_error("dilated:3,0") == "--mask: column 11: '0' is below 1; the form is dilated:R,N");
  CHECK(parse_error("global:0,-1") == "--mask: column 10: '-1' is below 0; the form is global:I,J,...");
  CHECK(parse_error("documents:3,-1") == "--mask: column 13: '-1' is below 0; the form is " + documents_form);
  CHECK(parse_error("documents:1,1152921504606846976") ==
        "--mask: column 13: the lengths are too large to add up; the form is " + documents_form);
  CHECK(parse_error("tree:-1,0,2") ==
        "--mask: column 11: the parent of node 2 must come before it (-1: a root), not be 2; the form is "
        "tree:P0,P1,...");
  CHECK(
      parse_error("tree:0") ==
      "--mask: column 6: the parent of node 0 must come before it (-1: a root), not be 0; the form is tree:P0,P1,...");
  CHECK(parse_error("tree:-2") == "--mask: column 6: '-2' is below -1; the form is tree:P0,P1,...");
  CHECK(parse_error("grid:9,1") ==
        "--mask: column 6: '9' is not a height and a width such as 14x14; the form is grid:HxW,K");
  CHECK(parse_error("grid:0x4,1") == "--mask: column 6: '0' is below 1; the form is grid:HxW,K");
  CHECK(parse_error("grid:4x,1") == "--mask: column 6: '' is not a whole number; the form is grid:HxW,K");
  CHECK(parse_error("grid:2x1152921504606846976,1") ==
        "--mask: column 6: '1152921504606846976' is above 576460752303423488; the form is grid:HxW,K");
  CHECK(parse_error("grid:2x2,-1") == "--mask: column 10: '-1' is below 0; the form is grid:HxW,K");
  for (const std::string p : {"1.5", "-0.1", "nan", "inf", "x"})
    CHECK(parse_error("random:" + p + ",1") ==
          "--mask: column 8: '" + p + "' is not a probability from 0 to 1; the form is random:P,SEED");
  for (const std::string seed : {"-1", "x", "18446744073709551616"})
    CHECK(parse_error("random:0.5," + seed) ==
          "--mask: column 12: '" + seed + "' is not a seed from 0 to 18446744073709551615; the form is random:P,SEED");
}

TEST_CASE("a structure that does not fit the grid is refused when it is bound") {
  CHECK(bind_error("documents:3,3", grid_of(5, 5)) ==
        "--mask: documents: the lengths sum to 6, but the number of keys is 5");
  CHECK(bind_error("causal & documents:2,2", grid_of(5, 5)) ==
        "--mask: documents: the lengths sum to 4, but the number of keys is 5");
  CHECK(bind_error("documents:3,3", grid_of(5, 6, 2)) ==
        "--mask: documents: the lengths sum to 6, but the last query is at position 6 (counted from 0)");
  CHECK(bind_error("none & tree:-1,0", grid_of(1, 1)) ==
        "--mask: tree: the list has 2 nodes, but the number of keys is 1");
  CHECK(bind_error("tree:-1", grid_of(2, 1)) ==
        "--mask: tree: the list has 1 node, but the last query is at position 1 (counted from 0)");
  CHECK(bind_error("grid:2x2,1", grid_of(5, 5)) == "--mask: grid: 2x2 has 4 positions, but the number of keys is 5");
  CHECK(bind_error("grid:2x2,1", grid_of(2, 4, 3)) ==
        "--mask: grid: 2x2 has 4 positions, but the last query is at position 4 (counted from 0)");
  CHECK(bind_error("segments", grid_of(5, 5)) == "--mask: segments: the input has no 'segments', one id for each key");
  MaskShape shape = grid_of(2, 3);
  shape.segments = {1, 1};
  CHECK(bind_error("segments", shape) == "--mask: segments: the input has 2 ids, but the number of keys is 3");
  shape.segments = {1};
  CHECK(bind_error("segments", shape) == "--mask: segments: the input has 1 id, but the number of keys is 3");
}

TEST_CASE("a grid that does not agree with itself is refused") {
  MaskShape shape = grid_of(2, 3);
  shape.batch = 2;
  shape.offsets = {0, 0, 0};
  CHECK(bind_error("all", shape, ErrorKind::data) ==
        "offset: 3 offsets for a batch of 2; one is needed, or one for each item");
  shape.offsets = {std::int64_t{1} << 61};
  CHECK(bind_error("all", shape) == "offset: 2305843009213693952 is larger than attn can count");
  shape.offsets = {0};
  shape.key_lengths = {1};
  CHECK(bind_error("all", shape, ErrorKind::data) ==
        "key_lengths: 1 length for a batch of 2; one for each item is needed");
  for (const std::int64_t length : {-1, 4}) {
    shape.key_lengths = {3, length};
    CHECK(bind_error("all", shape, ErrorKind::data) ==
          "key_lengths: " + std::to_string(length) + " is not from 0 to the number of keys, 3");
  }
  shape.key_lengths.clear();
  shape.queries = std::size_t{1} << 61;
  CHECK(bind_error("all", shape) == ": a mask of 2305843009213693952 by 3 is larger than attn can count");
}

TEST_CASE("no length or depth of an expression overflows the stack") {
  const std::size_t many = 1000000;
  CHECK(parse_error(std::string(many, '(')) == "--mask: column 257: parentheses nest deeper than 256");
  CHECK(parse_error(std::string(many, ')')) == "--mask: column 1: expected an atom, such as causal, before ')'");
  CHECK(picture(std::string(many, '!') + "sink:1", grid_of(1, 2)) == "10");
  CHECK(picture(std::string(many + 1, '!') + "sink:1", grid_of(1, 2)) == "01");
  std::string chain = "sink:3";
  for (int n = 0; n < 100000; ++n) chain += n % 2 == 0 ? "&causal" : "&sink:3";
  CHECK(picture(chain, grid_of(1, 5, 1)) == "11000");
  Mask joined = Mask::parse("sink:3", "--mask");
  for (int n = 0; n < 2000; ++n) joined = joined & Mask::causal();
  CHECK(joined.bind(grid_of(1, 5, 1)).stats(1, 1).attended == 2);
  const std::string nested = std::string(256, '(') + "sink:1" + std::string(256, ')');
  CHECK(picture(nested, grid_of(1, 2)) == "10");
}

}  // namespace attn::test
