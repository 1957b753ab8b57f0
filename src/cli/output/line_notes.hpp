// Notes on the documents of JSON Lines: each text once, with the place of the document that it came with first.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace attn::cli {

/// The first document's notes wait until it is known whether others follow: one document by itself has no lines.
class LineNotes {
 public:
  explicit LineNotes(std::function<void(const std::string&)> note) : note_(std::move(note)) {}

  /// What is said of no document; it is not said of one again.
  void add(const std::string& text);
  /// What is said of the document at `place`.
  void add(const std::string& place, std::vector<std::string> texts);
  /// Gives out what waits; `were_lines`: that there were several documents.
  void end(bool were_lines);

 private:
  struct OfDocument {
    std::string place;
    std::vector<std::string> texts;
  };
  void tell(const OfDocument& document);

  std::function<void(const std::string&)> note_;
  std::optional<OfDocument> first_;
  std::set<std::string> told_;
  std::size_t documents_ = 0, given_ = 0;
};

}  // namespace attn::cli
