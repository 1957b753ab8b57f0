// Terminal pictures: exact lines for small matrices, sizes for large ones.
#include <algorithm>
#include <array>
#include <sstream>

#include "core/utf8.hpp"
#include "picture.hpp"
#include "render/number_format.hpp"
#include "render/pool.hpp"
#include "render/terminal_ink.hpp"

using namespace attn;
using namespace attn::test;

namespace {

TerminalStyle plain(std::size_t columns = 80, std::size_t rows = 24) { return {false, columns, rows}; }

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Heatmap small() { return heatmap_of(matrix(2, 3, {0, 0.25F, 0.5F, 0.75F, 1, std::nanf("")})); }

}  // namespace

TEST_CASE("without colour, cells are shades with their labels around") {
  Heatmap heatmap = small();
  heatmap.style.title = "Weights";
  heatmap.panels[0].title = "Head 0";
  heatmap.panels[0].row_labels = {"a", "bb"};
  heatmap.panels[0].column_labels = {"x", "y", "zz"};
  CHECK(render_terminal(heatmap, plain()) ==
        "Weights\n"
        "   Head 0\n"
        "    x  y zz\n"
        " a    ░░░▒▒▒\n"
        "bb ▓▓▓███···\n"
        "0 [    ░░░░▒▒▒▒▓▓▓▓████] 1\n");
}

TEST_CASE("with colour, cells have the colour map's background") {
  const std::string text = render_terminal(heatmap_of(matrix(1, 2, {0, 1})), {true, 80, 24});
  CHECK(text.find("\x1b[48;2;68;1;84m") != std::string::npos);
  CHECK(text.find("\x1b[48;2;253;231;36m") != std::string::npos);
  CHECK(lines_of(text)[1].ends_with("\x1b[0m"));
}

TEST_CASE("annotated cells hold their numbers") {
  Heatmap heatmap = small();
  heatmap.style.annotate = true;
  const std::string text = render_terminal(heatmap, plain());
  for (const char* number : {" 0.00 ", "0.25", "0.50", "0.75", "1.00"}) CHECK(text.find(number) != std::string::npos);
  CHECK(text.find("nan") == std::string::npos);
  const std::string colored = render_terminal(heatmap, {true, 80, 24});
  CHECK(colored.find("\x1b[38;2;255;255;255m 0.00 ") != std::string::npos);  // white on dark
  CHECK(colored.find("\x1b[38;2;38;38;38m 1.00 ") != std::string::npos);     // dark on light
}

TEST_CASE("cells are as wide as their numbers") {
  Heatmap heatmap = heatmap_of(matrix(1, 2, {1e10F, 1}));
  heatmap.style.annotate = true;
  CHECK(lines_of(render_terminal(heatmap, plain()))[1] == "0 █10000000000.00█      1.00");
  for (const char* format : {".12f", ".12e", ".15g", ".20f", ".40f"}) {
    heatmap.style.number_format = format;
    const std::string number = NumberFormat::parse(format, "")(1e10F);
    INFO(format);
    CHECK(render_terminal(heatmap, plain(200)).find("█" + number + "█") != std::string::npos);
    CHECK(render_terminal(heatmap, {true, 200, 24}).find("m " + number + " ") != std::string::npos);
  }
}

TEST_CASE("numbers that do not fit are left out, and a note says so") {
  Heatmap heatmap = heatmap_of(matrix(1, 3, {1e10F, 1, 0}));
  std::vector<std::string> notes;
  heatmap.style.note = [&notes](const std::string& note) { notes.push_back(note); };
  heatmap.style.annotate = true;
  const auto row = [&](std::size_t columns) { return lines_of(render_terminal(heatmap, plain(columns))).at(1); };
  CHECK(row(2 + 3 * 16) == "0 █10000000000.00█      1.00            0.00");
  CHECK(notes.empty());
  CHECK(row(2 + 3 * 16 - 1) == "0 ██");
  CHECK(notes == std::vector<std::string>{
                     "the numbers of `annot` are left out: their cells do not fit into 49 columns and 24 lines; a "
                     "picture file has more room, and a shorter `fmt` needs less"});
  heatmap.style.number_format = "d";
  CHECK(row(49) == "0 █10000000000█      1            0");
  CHECK(notes.size() == 1);
  CHECK(render_terminal(heatmap, {true, 20, 24}).find("…") == std::string::npos);
  CHECK(notes.size() == 2);
}

TEST_CASE("labels that cells have no room for stand at every few of them") {
  Heatmap heatmap = heatmap_of(varied(2, 12));
  CHECK(lines_of(render_terminal(heatmap, plain(2 + 12 * 2)))[0] == "  0       4       8");
  CHECK(lines_of(render_terminal(heatmap, plain()))[0] == "   0  1  2  3  4  5  6  7  8  9 10 11");
  heatmap.panels[0].column_labels = {"the", "cat", "sat", "on", "a", "mat", "and", "it", "was", "a", "red", "mat"};
  CHECK(lines_of(render_terminal(heatmap, plain(2 + 12 * 2)))[0] == "  the sat a mat it  a red");
}

TEST_CASE("what is not shown needs no room") {
  Heatmap heatmap = heatmap_of(matrix(1, 2, {1e10F, 1}));
  heatmap.style.annotate = true;
  heatmap.panels[0].masked = Tensor::of<std::uint8_t>({1, 2}, std::vector<std::uint8_t>{1, 0});
  CHECK(lines_of(render_terminal(heatmap, plain()))[0] == "    0     1");
}

TEST_CASE("panels stand side by side as far as the width goes") {
  Heatmap heatmap;
  for (int i = 0; i < 3; ++i)
    heatmap.panels.push_back({matrix(1, 2, {0, 1}), std::string(1, static_cast<char>(65 + i)), {}, {}});
  CHECK(lines_of(render_terminal(heatmap, plain(40)))[0] == "  A       B       C");
  CHECK(lines_of(render_terminal(heatmap, plain(15)))[0] == "  A       B");
  heatmap.style.columns = 1;
  CHECK(lines_of(render_terminal(heatmap, plain(40)))[0] == "  A");
}

TEST_CASE("a title that is wider than its matrix is whole, as far as the terminal goes") {
  Heatmap heatmap;
  for (const std::string name : {"Layer 10, Head 1", "Layer 10, Head 2"})
    heatmap.panels.push_back({matrix(1, 2, {0, 1}), name, {}, {}});
  const std::vector<std::string> lines = lines_of(render_terminal(heatmap, plain(40)));
  CHECK(lines[0] == "Layer 10, Head 1  Layer 10, Head 2");
  CHECK(lines[1] == "  0 1               0 1");
  CHECK(lines[2] == "0   ██            0   ██");
  CHECK(lines_of(render_terminal(heatmap, plain(12)))[0] == "Layer 10, H…");
}

TEST_CASE("a large matrix is pooled into the window") {
  for (const auto& [rows, columns] : {std::pair{500, 500}, {3, 1000}, {1000, 3}, {40, 30}, {24, 100}})
    for (const bool color : {false, true})
      for (const auto& [width, height] : {std::pair{80, 24}, {20, 10}, {200, 60}}) {
        const Heatmap heatmap = heatmap_of(varied(static_cast<std::size_t>(rows), static_cast<std::size_t>(columns)));
        const TerminalStyle window{color, static_cast<std::size_t>(width), static_cast<std::size_t>(height)};
        const std::vector<std::string> lines = lines_of(render_terminal(heatmap, window));
        INFO(rows << "x" << columns << " in " << width << "x" << height);
        CHECK(lines.size() < static_cast<std::size_t>(height));
        CHECK(display_width(lines[0]) <= static_cast<std::size_t>(width));
        if (!color) {
          for (std::size_t i = 0; i + 1 < lines.size(); ++i)
            CHECK(display_width(lines[i]) <= static_cast<std::size_t>(width));
        }
      }
}

namespace {

// The same weight for each key up to the query's; `diagonal` of it goes to the query's own first.
Heatmap falling(std::size_t tokens, float diagonal = 0) {
  Tensor weights = Tensor::zeros(DType::f32, {tokens, tokens});
  for (std::size_t i = 0; i < tokens; ++i) {
    for (std::size_t j = 0; j <= i; ++j)
      weights.values<float>()[i * tokens + j] = (1 - diagonal) / static_cast<float>(i + 1);
    weights.values<float>()[i * tokens + i] += diagonal;
  }
  return heatmap_of(std::move(weights));
}

// The bytes of blocks.
std::ptrdiff_t ink_of(const std::string& picture) {
  return std::count_if(picture.begin(), picture.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7f; });
}

}  // namespace

TEST_CASE("the picture of some dozens of causal tokens is not blank") {
  for (const std::size_t tokens : {20U, 30U, 60U, 100U})
    for (const std::size_t width : {80U, 240U}) {
      INFO(tokens << " tokens in " << width << " columns");
      Heatmap heatmap = falling(tokens);
      std::vector<std::string> notes;
      heatmap.style.note = [&notes](const std::string& note) { notes.push_back(note); };
      const std::string picture = render_terminal(heatmap, plain(width, 200));
      const std::string legend = lines_of(picture).back();
      CHECK(legend.find("] ≥ 0.") != std::string::npos);
      REQUIRE(notes.size() == 1);
      CHECK(notes[0].find(", the 95th percentile, not at ") != std::string::npos);
      heatmap.style.vmax = 1;
      CHECK(ink_of(render_terminal(heatmap, plain(width, 200))) < 2 * ink_of(picture) / 3);
    }
}

TEST_CASE("what a picture's few strong cells have is its scale") {
  std::vector<std::string> notes;
  for (Heatmap& heatmap : std::array{falling(16), falling(30, 0.9F)}) {  // few tokens, or a diagonal that has it all
    heatmap.style.note = [&notes](const std::string& note) { notes.push_back(note); };
    CHECK(lines_of(render_terminal(heatmap, plain(80, 60))).back() == "0 [    ░░░░▒▒▒▒▓▓▓▓████] 1");
  }
  CHECK(notes.empty());
}

TEST_CASE("the scale of a pooled picture is of its cells") {
  const auto end = [](const TerminalStyle& terminal) {
    const std::string legend = lines_of(render_terminal(falling(40, 1), terminal)).back();
    return std::stod(legend.substr(legend.find_last_of(' ') + 1));
  };
  CHECK(end(plain()) < 0.8);
  CHECK(end(plain(120, 60)) == 1);
}

TEST_CASE("half blocks show two rows a line") {
  Tensor halves(DType::f32, {40, 40});
  const auto values = halves.values<float>();
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>(k / 40 % 2);
  const std::string text = render_terminal(heatmap_of(std::move(halves)), {true, 80, 25});
  CHECK(text.find("\x1b[38;2;68;1;84m\x1b[48;2;253;231;36m▀") != std::string::npos);
  CHECK(lines_of(text).size() == 20 + 2 + 1 + 1);  // the frame, indices of columns, the legend
}

TEST_CASE("pooled shades are the mean's") {
  Tensor checks(DType::f32, {100, 100});
  const auto values = checks.values<float>();
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>((k / 100 + k) % 2);
  const std::vector<std::string> lines = lines_of(render_terminal(heatmap_of(std::move(checks)), plain(27, 30)));
  CHECK(lines[1].find("│▒▒▒▒▒▒") == 0);
}

TEST_CASE("tokens cannot steer the terminal, and long ones are cut") {
  Heatmap heatmap = heatmap_of(matrix(1, 1, {1}));
  heatmap.panels[0].row_labels = {"\x1b[2Jan endlessly long token"};
  heatmap.panels[0].column_labels = {"a\nb"};
  heatmap.panels[0].title = std::string("\x1b[K");
  heatmap.style.title = std::string("\x07");
  const std::string text = render_terminal(heatmap, plain());
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\x07') == std::string::npos);
  CHECK(text.find("␛[2Jan endl…") != std::string::npos);
  CHECK(text.find("a␊b") != std::string::npos);
}

TEST_CASE("long labels whose ends tell them apart lose their middle") {
  using Texts = std::vector<std::string>;
  CHECK(cut_to_width({"one", "a_long_name"}, 5) == Texts{"one", "a_lo…"});
  CHECK(cut_to_width({"a_long_name_1", "a_long_name_2"}, 6) == Texts{"a_l…_1", "a_l…_2"});
  CHECK(cut_to_width({"same_long_name", "same_long_name"}, 5) == Texts{"same…", "same…"});
  CHECK(cut_to_width({"日本語日本語一", "日本語日本語二"}, 6) == Texts{"日…一", "日…二"});
}

TEST_CASE("the scale's ends and the colour map change the terminal's picture") {
  Heatmap heatmap = small();
  const std::string before = render_terminal(heatmap, {true, 80, 24});
  heatmap.style.colormap = "magma";
  CHECK(render_terminal(heatmap, {true, 80, 24}) != before);
  heatmap.style.vmax = 2;
  heatmap.style.colorbar_label = "weight";
  CHECK(lines_of(render_terminal(heatmap, plain())).back() == "0 [    ░░░░▒▒▒▒▓▓▓▓████] 2  weight");
}

TEST_CASE("a terminal without room still gets a picture") {
  CHECK(!render_terminal(small(), plain(0, 0)).empty());
  CHECK(!render_terminal(small(), {true, 1, 1}).empty());
}

TEST_CASE("a terminal refuses what a PNG refuses") {
  CHECK(error_of(ErrorKind::data, [] { render_terminal({}, {}); }) == ": there is no matrix to draw");
}

TEST_CASE("exact ends keep blank and full for the scale's ends alone") {
  Heatmap heatmap = heatmap_of(matrix(1, 5, {0, 0.01F, 0.5F, 0.99F, 1}));
  heatmap.panels[0].row_labels = {"r"};
  const auto row = [&] { return lines_of(render_terminal(heatmap, plain())).at(1); };
  CHECK(row() == "r     ▒▒████");
  heatmap.style.exact_ends = true;
  CHECK(row() == "r   ░░▒▒▓▓██");
}

TEST_CASE("the cells of a terminal's picture are those that a pooled panel needs") {
  for (const TerminalStyle& terminal :
       {plain(), plain(40, 12), TerminalStyle{true, 80, 24}, TerminalStyle{true, 30, 50}})
    for (const GridSize size : {GridSize{5, 6}, {300, 300}, {9, 400}, {700, 20}}) {
      Heatmap whole = heatmap_of(varied(size.rows, size.columns));
      whole.style.vmin = 0;
      whole.style.vmax = 1;
      const std::vector<GridSize> cells = terminal_cells(whole, terminal);
      REQUIRE(cells.size() == 1);
      CHECK(cells[0].rows <= size.rows);
      CHECK(cells[0].columns <= size.columns);
      // The same picture comes of a panel that is pooled already.
      Heatmap pooled{{}, whole.style};
      Panel panel;
      panel.values = Tensor(DType::f64, {cells[0].rows, cells[0].columns});
      const Grid grid = pool(whole.panels[0].values, cells[0].rows, cells[0].columns);
      std::copy(grid.values.begin(), grid.values.end(), panel.values.values<double>().begin());
      panel.whole = {size.rows, size.columns, {}};
      for (const double value : {0.0, 1.0}) panel.whole->range.include(value);
      pooled.panels.push_back(std::move(panel));
      CHECK(render_terminal(pooled, terminal) == render_terminal(whole, terminal));
    }
}

TEST_CASE("half blocks have labels beside them and below") {
  Heatmap heatmap = heatmap_of(varied(100, 50));
  const std::vector<std::string> lines = lines_of(render_terminal(heatmap, plain(80, 60)));
  CHECK(lines[1].starts_with(" 0 │"));
  CHECK(lines[5].starts_with(" 8 │"));
  CHECK(lines[52] == "    0       8       16      24      32      40      48");
}

TEST_CASE("masked cells are blank, and no other is") {
  Heatmap heatmap = heatmap_of(matrix(2, 2, {0.25F, 0, 0.5F, 1}));
  const std::vector<std::uint8_t> masked{0, 1, 0, 0};
  heatmap.panels[0].masked = Tensor::of<std::uint8_t>({2, 2}, masked);
  const std::vector<std::string> lines = lines_of(render_terminal(heatmap, plain()));
  CHECK(lines[1] == "0 ░░");
  CHECK(lines[2] == "1 ▒▒██");
  const std::string colored = lines_of(render_terminal(heatmap, {true, 80, 24}))[1];
  CHECK(colored.ends_with("\x1b[0m  \x1b[0m"));
}

TEST_CASE("a terminal of 256 colours gets the nearest of them") {
  const std::string text = render_terminal(heatmap_of(matrix(1, 2, {0, 1})), {true, 80, 24, true});
  CHECK(text.find("\x1b[48;5;53m") != std::string::npos);
  CHECK(text.find(";2;") == std::string::npos);
  CHECK(nearest_of_256({0, 0, 0}) == 16);
  CHECK(nearest_of_256({255, 255, 255}) == 231);
  CHECK(nearest_of_256({128, 128, 128}) == 244);
  CHECK(nearest_of_256({255, 0, 0}) == 196);
}

TEST_CASE("each panel has its legend where each has its scale") {
  Heatmap heatmap = heatmap_of(matrix(1, 2, {0, 1}));
  heatmap.panels.push_back({matrix(1, 2, {2, 4}), "", {}, {}});
  heatmap.style.scale_per = ScalePer::head;
  const std::string last = lines_of(render_terminal(heatmap, plain())).back();
  CHECK(last.find("0 [") != std::string::npos);
  CHECK(last.find("] 1") != std::string::npos);
  CHECK(last.find("2 [") != std::string::npos);
  CHECK(last.find("] 4") != std::string::npos);
}

TEST_CASE("the legend of equal numbers is the number") {
  const Heatmap heatmap = heatmap_of(matrix(1, 2, {1.0F / 6, 1.0F / 6}));
  CHECK(lines_of(render_terminal(heatmap, plain())).back() == "[▒▒▒▒] 0.1667");
  CHECK(lines_of(render_terminal(heatmap, {true, 80, 24})).back().ends_with("    \x1b[0m 0.1667"));
}

TEST_CASE("a legend tells ends apart that are close") {
  const std::string text = render_terminal(heatmap_of(matrix(1, 2, {0.5F, 0.50001F})), plain());
  CHECK(lines_of(text).back().find("0.50001") != std::string::npos);
}
