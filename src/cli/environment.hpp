// What surrounds a run of the program: its streams and its terminal. Tests pass their own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "attn/sink.hpp"
#include "cli/flag_names.hpp"

namespace attn::cli {

/// The colours that a terminal shows.
enum class TerminalColors {
  none,
  of_256,  ///< xterm's palette
  all,     ///< 24 bits
};

/// By what it says of itself: COLORTERM and TERM, null where they are not set.
TerminalColors terminal_colors(const char* colorterm, const char* term);

/// A terminal's columns or rows: what a variable (COLUMNS, LINES) says, if that is a number from 1 on, else `measured`.
std::size_t terminal_extent(const char* variable, std::size_t measured);

/// What TERM says: whether the terminal can write a line anew.
bool rewrites_lines(const char* term);

class Screen;

struct Environment {
  std::istream& in;
  Sink& out;
  Sink& err;               ///< of messages: one that cannot be written is lost, and throws nothing
  int in_descriptor = -1;  ///< of `in`, if it is a real file or pipe; it can then be mapped
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::size_t columns = 80;  ///< of the terminal
  std::size_t rows = 24;
  std::size_t given_columns = 0;  ///< what COLUMNS and LINES say of text in a pipe or a file; 0: nothing
  std::size_t given_rows = 0;
  TerminalColors colors = TerminalColors::all;
  FlagNames flags = {};                 ///< of the command that runs
  Screen* screen = nullptr;             ///< around `out` and `err`, to show progress; null: there is none
  std::vector<std::string> given = {};  ///< the flags that it was given, as "--causal"
  bool was_given(std::string_view flag) const { return std::find(given.begin(), given.end(), flag) != given.end(); }

  void print(const std::string& text) { out.write(text); }
  /// A message for people, on standard error; options' names become flags, and nothing in it steers a terminal.
  void note(const std::string& text);
};

}  // namespace attn::cli
