// What an atom was given in an expression, and the checks that atoms ask for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "attn/mask.hpp"
#include "mask/node.hpp"

namespace attn::mask_detail {

/// An expression and where it came from.
struct Source {
  std::string_view expression;
  const std::string& where;
  const Mask::Loader& load;

  /// Throws Error (usage): `column 7: …`, columns counted in characters from 1.
  [[noreturn]] void fail(std::size_t position, const std::string& message) const;
};

/// A piece of an expression and its position in bytes.
struct Field {
  std::string text;
  std::size_t position = 0;
};

/// The text in quotes for a message: control characters made visible, long text cut.
std::string quoted(std::string_view text);

/// `window:3,0:bottom-right` as written: a name, the fields 3 and 0, and an option. Each accessor
/// throws Error (usage) at the field's column, with the atom's form.
class Arguments {
 public:
  /// `groups` are the comma-separated fields after each colon.
  Arguments(const Source& source, std::string_view form, Field name, std::vector<std::vector<Field>> groups)
      : source_(source), form_(form), name_(std::move(name)), groups_(std::move(groups)) {}

  const Source& source() const { return source_; }
  /// The atom without white space; with the option that was taken, or without it.
  std::string text() const { return text_without_option() + options_; }
  std::string text_without_option() const;

  /// Takes `:option` off the end; false if it is not there.
  bool take_option(std::string_view option);
  /// It has something after its name.
  bool has_fields() const { return !groups_.empty(); }
  /// The atom must have exactly so many fields, and no options beyond those taken.
  void expect(std::size_t count) const;
  /// It must have at least one field, and no options.
  std::size_t expect_list() const;

  /// Field `n` as a whole number from `least` to `most`.
  std::int64_t integer(std::size_t n, std::int64_t least, std::int64_t most = largest_number) const;
  std::vector<std::int64_t> integers(std::int64_t least) const;
  /// The same as two lists with a slash between them: `2,3/4,1`. The second is empty if there is no slash.
  struct Lists {
    std::vector<std::int64_t> first, second;
  };
  Lists two_lists(std::int64_t least) const;
  std::uint64_t seed(std::size_t n) const;
  double probability(std::size_t n) const;
  /// Field `n` as HxW, each at least 1.
  struct Extent {
    std::int64_t height, width;
  };
  Extent extent(std::size_t n) const;
  /// The only field, whatever it holds.
  const std::string& path() const { return field(0).text; }

  [[noreturn]] void fail(std::size_t position, const std::string& message) const;
  const Field& field(std::size_t n) const { return groups_.front().at(n); }

 private:
  std::int64_t whole_number(const Field& field, std::string_view text, std::int64_t least, std::int64_t most) const;

  const Source& source_;
  std::string_view form_;
  Field name_;
  std::vector<std::vector<Field>> groups_;
  std::string options_;  // those taken, as text
  std::string_view known_option_;
};

}  // namespace attn::mask_detail
