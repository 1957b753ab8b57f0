// A recursive descent parser: one function a rule of the grammar.
#include "mask/expression.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/nearest.hpp"
#include "core/utf8.hpp"
#include "mask/combine.hpp"
#include "mask/kinds.hpp"
#include "mask/other_names.hpp"

namespace attn::mask_detail {
namespace {

constexpr std::string_view white_space = " \t\r\n\f\v";
constexpr std::string_view operators = "&|!()";

class Parser {
 public:
  explicit Parser(const Source& source) : source_(source), text_(source.expression) {}

  NodePtr parse() {
    NodePtr node = disjunction(0);
    if (at_end()) return node;
    if (text_[at_] == ')') source_.fail(at_, "')' closes no '('");
    source_.fail(at_, "expected '&' or '|' before " + quoted(next_word()));
  }

 private:
  NodePtr disjunction(int depth) {
    std::vector<NodePtr> terms{conjunction(depth)};
    while (accept('|')) terms.push_back(conjunction(depth));
    return attn::mask_detail::disjunction(terms);
  }

  NodePtr conjunction(int depth) {
    std::vector<NodePtr> terms{operand(depth)};
    while (accept('&')) terms.push_back(operand(depth));
    return attn::mask_detail::conjunction(terms);
  }

  NodePtr operand(int depth) {
    bool negated = false;
    while (accept('!')) negated = !negated;
    const NodePtr node = accept('(') ? parenthesised(depth + 1) : atom();
    return negated ? negation(node) : node;
  }

  NodePtr parenthesised(int depth) {
    const std::size_t open = at_ - 1;
    if (depth > deepest_nesting) source_.fail(open, "parentheses nest deeper than " + std::to_string(deepest_nesting));
    NodePtr node = disjunction(depth);
    if (accept(')')) return node;
    if (at_end()) source_.fail(open, "'(' is not closed");
    source_.fail(at_, "expected '&', '|' or ')' before " + quoted(next_word()));
  }

  NodePtr atom() {
    if (at_end()) source_.fail(at_, "expected an atom, such as causal, at the end");
    const std::size_t position = at_;
    const std::string_view name = take_word();
    if (name.empty()) fail_without_atom();
    const AtomKind* const kind = find_atom_kind(name);
    if (kind == nullptr) fail_unknown(position, name);
    std::vector<std::vector<Field>> groups;
    while (accept(':')) groups.push_back(kind->takes_path ? std::vector<Field>{path()} : fields(*kind));
    Arguments arguments(source_, kind->form, {std::string(name), position}, std::move(groups));
    return kind->make(arguments);
  }

  [[noreturn]] void fail_unknown(std::size_t position, std::string_view name) const {
    const std::string advice = advice_of_other_name(name);
    source_.fail(position,
                 "unknown atom " + quoted(name) + (advice.empty() ? did_you_mean(name, atom_names()) : advice));
  }

  [[noreturn]] void fail_without_atom() const {
    const char c = text_[at_];
    if (at_ > 0 && (c == '&' || c == '|') && text_[at_ - 1] == c)
      source_.fail(at_ - 1, quoted(std::string(2, c)) + " is written " + quoted(std::string(1, c)));
    source_.fail(at_, "expected an atom, such as causal, before " + quoted(next_word()));
  }

  std::vector<Field> fields(const AtomKind& kind) {
    std::vector<Field> list;
    do {
      skip_white_space();
      const std::size_t position = at_;
      const std::string_view word = take_word();
      if (word.empty()) source_.fail(position, "an argument is missing; the form is " + std::string(kind.form));
      list.push_back({std::string(word), position});
    } while (accept(','));
    return list;
  }

  // Up to white space or an operator that may follow; or in quotes, with \ before " and \.
  Field path() {
    skip_white_space();
    Field field{"", at_};
    if (at_ == text_.size() || text_[at_] != '"') {
      const std::size_t end = std::min(text_.find_first_of(std::string(white_space) + "&|()", at_), text_.size());
      field.text = text_.substr(at_, end - at_);
      // Only an operator may follow a path.
      const std::size_t next = std::min(text_.find_first_not_of(white_space, end), text_.size());
      if (next < text_.size() && std::string_view("&|)").find(text_[next]) == std::string_view::npos) {
        source_.fail(field.position, "a path with spaces or operators is quoted: file:\"" + meant_path() + "\"");
      }
      at_ = end;
    } else {
      for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        field.text.push_back(text_[at_]);
      }
      if (at_ == text_.size()) source_.fail(field.position, "the quote is not closed");
      ++at_;
    }
    if (field.text.empty()) source_.fail(field.position, "'file' lacks its path; the form is file:PATH");
    return field;
  }

  // What was meant for a path, as it is in quotes: to the next operator, or the parenthesis that was open before. Not
  // what cannot be shown as it is.
  std::string meant_path() const {
    std::size_t end = at_, open = 0;
    for (; end < text_.size() && text_[end] != '&' && text_[end] != '|'; ++end) {
      if (text_[end] == ')' && open == 0) break;
      if (text_[end] == '(') ++open;
      if (text_[end] == ')') --open;
    }
    std::string_view path = text_.substr(at_, end - at_);
    path = path.substr(0, path.find_last_not_of(white_space) + 1);
    constexpr std::size_t most = 200;
    if (path.size() > most || printable(path) != path || path.find('\n') != std::string_view::npos) return "PATH";
    std::string escaped;
    for (const char c : path) {
      if (c == '"' || c == '\\') escaped += '\\';
      escaped += c;
    }
    return escaped;
  }

  // Letters, digits and whatever else is no white space, separator or operator.
  std::string_view take_word() {
    const std::size_t begin = at_;
    at_ = word_end();
    return text_.substr(begin, at_ - begin);
  }
  std::size_t word_end() const {
    std::size_t end = at_;
    while (end < text_.size() && !is_one_of(white_space, text_[end]) && !is_one_of(operators, text_[end]) &&
           !is_one_of(":,\"", text_[end]))
      ++end;
    return end;
  }
  // For messages: a word, or the single character that is none.
  std::string_view next_word() const { return text_.substr(at_, std::max<std::size_t>(1, word_end() - at_)); }

  static bool is_one_of(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

  void skip_white_space() { at_ = std::min(text_.find_first_not_of(white_space, at_), text_.size()); }

  bool at_end() {
    skip_white_space();
    return at_ == text_.size();
  }

  bool accept(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  const Source& source_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

NodePtr parse_expression(const Source& source) { return Parser(source).parse(); }

}  // namespace attn::mask_detail
