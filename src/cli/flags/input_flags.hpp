// Where a command's numbers come from: INPUT, single tensors by flag, or random draws.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attn/document.hpp"
#include "attn/read.hpp"
#include "cli/environment.hpp"
#include "cli/flags/draw_flags.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/flags/row_flags.hpp"

namespace attn::cli {

class InputFlags {
 public:
  using Draws = DrawFlags::Draws;
  void add(FlagSet& flags, Draws draws);

  /// True if the input is JSON Lines: one document a line. Of what arrives through a pipe, two lines tell it. If
  /// `one_is_a_line`, a document by itself is treated as one line is, and the first line is not kept waiting for a
  /// second: it counts as JSON Lines if it may be one.
  bool is_lines(Environment& environment, bool one_is_a_line);
  Input read(Environment& environment, const ReadOptions& options);
  /// What gives out the answer to a document.
  using Writer = std::function<void()>;
  /// Calls `answer` with the document of each line as soon as it is there, and then what that returns; for a bad line,
  /// of which `answer` throws, `failed` gets its number and what is wrong, and the next line follows. What giving out
  /// throws ends it all. Throws Error (data) for a file of blank lines alone. Returns false if the input turned out to
  /// be one document, no JSON Lines; what is wrong with that is thrown.
  bool read_lines(Environment& environment, const ReadOptions& options, const std::function<Writer(Input)>& answer,
                  const std::function<void(std::size_t line, const std::string& message)>& failed);

  /// Takes a .txt for texts, one a line, in the place of numbers: each is the document of a text, and its number in the
  /// file is the `line` of its metadata. Errors of what is rather a text advise --text, if `takes_texts` says that the
  /// run has a tokenizer for it.
  void read_texts(std::function<bool()> takes_texts) { takes_texts_ = std::move(takes_texts); }
  bool is_texts() const;
  /// Gives a document the tensors and lengths that flags have, which take the place of its own.
  void add_members(Input& input, const ReadOptions& options);

  /// --text, if it is given.
  const std::optional<std::string>& text() const { return text_; }
  /// The flag that stands for the input where there is no INPUT: --random, --query, --embeddings or --embed; null if
  /// there is none.
  const char* source_flag() const;
  /// Whether INPUT is named, be it standard input.
  bool is_named() const { return path_.has_value(); }
  const std::optional<std::string>& path() const { return path_; }
  /// Nothing but --text and the like says where the input comes from.
  bool has_no_source() const { return !path_ && !from_flags(); }
  /// There is a document: INPUT, or standard input.
  bool has_document() const { return path_ || !from_flags(); }
  /// --embed or --tokens, of which a whole model has no use; null if there is neither.
  const char* unused_by_models() const {
    return drawn_.embeds() ? "--embed" : drawn_.orders() ? "--embed-order" : tokens_ ? "--tokens" : nullptr;
  }

  /// What is drawn. Its stream stands after the input's draws, for those that come later; it stays where it is, and of
  /// JSON Lines, each begins it anew.
  DrawFlags& drawn() { return drawn_; }

 private:
  void open(Environment& environment, bool one_is_a_line = false);
  void open_stream(bool one_is_a_line);
  Input input_of_line(const FileBytes& line, const ReadOptions& options) const;
  Writer answered(const FileBytes& line, const ReadOptions& options, const std::function<Writer(Input)>& answer);
  bool answer_first_line(const ReadOptions& options, const std::function<Writer(Input)>& answer);
  bool from_flags() const { return source_flag() != nullptr; }
  void apply_flags(Input& input, const ReadOptions& options);
  void refuse_tokens_alone(std::string_view bytes) const;
  void refuse_text_for_file(const Environment& environment) const;
  Input read_file(const ReadOptions& options) const;

  Draws draws_ = Draws::operands;
  std::optional<std::string> path_;
  std::optional<std::string> query_, key_, value_, embeddings_, mask_, bias_, past_key_, past_value_;
  RowFlags rows_;
  std::optional<std::string> scale_by_, position_ids_, key_position_ids_;
  std::optional<std::string> text_, tokens_;
  DrawFlags drawn_;
  std::optional<FileBytes> file_;
  std::optional<StreamLines> lines_;   ///< JSON Lines that arrive, in the place of a file
  std::function<bool()> takes_texts_;  ///< null: texts are not read
  bool may_be_one_ = false;            ///< whether these are more than one is not known yet
  const Format* format_ = nullptr;
};

/// What messages call standard input.
inline constexpr const char* standard_input = "standard input";

/// The bytes of a path, or of standard input for "-"; a missing path is standard input unless that is a
/// terminal (a usage error).
FileBytes open_input(Environment& environment, const std::optional<std::string>& path);
/// The same of a document. Throws Error (data) for FILE:NAME, which other options and commands take.
FileBytes open_document(Environment& environment, const std::optional<std::string>& path);
/// The value of --tokens: a file of labels, or A,B,… where no file has such a name; a label with a comma is quoted.
std::vector<std::string> read_tokens(const std::string& text);

}  // namespace attn::cli
