// Numbers of batch items, from lists or files.
#include "cli/flags/row_flags.hpp"

#include <vector>

#include "attn/error.hpp"
#include "attn/read.hpp"
#include "cli/flags/head_numbers.hpp"
#include "cli/flags/values.hpp"

namespace attn::cli {
namespace {

std::vector<std::int64_t> read_numbers(const std::string& text, const std::string& flag, const std::string& noun,
                                       const ReadOptions& read) {
  if (text.find_first_not_of("0123456789,") == std::string::npos) return parse_whole_list(text, flag, 0);
  refuse_no_numbers(text, flag);
  std::vector<std::int64_t> whole;
  ReadOptions exact = read;
  exact.dtype = DType::f64;
  const Tensor numbers = read_tensor(text, TensorKind::number, exact);
  for (const double number : numbers.values<double>()) {
    if (!(number >= 0) || number > 9e15 || number != static_cast<double>(static_cast<std::int64_t>(number)))
      throw data_error(flag, "a " + noun + " is a whole number of 0 or more");
    whole.push_back(static_cast<std::int64_t>(number));
  }
  return whole;
}

}  // namespace

void RowFlags::add(FlagGroup& group) {
  group.text("--key-lengths", key_lengths_, "LIST|FILE",
             "Keys of each batch item, as N,M,… or FILE; later keys are padding");
  group.text("--key-starts", key_starts_, "LIST|FILE",
             "First key of each batch item, as N,M,… or FILE; earlier keys are padding");
  group.text("--positions", positions_, "from-zero|from-start",
             "Count positions of RoPE and of mask atoms from key 0 (default) or from each item's key start");
  group.text("--prefix-lengths", prefix_lengths_, "LIST|FILE",
             "The prefix of each batch item, as N,M,… or FILE, for the mask atom prefix");
}

void RowFlags::add_members(Input& input, const ReadOptions& read) const {
  const auto set = [&](const std::optional<std::string>& text, const char* flag, const char* member, const char* noun,
                       std::optional<std::vector<std::int64_t>>& numbers) {
    if (!text) return;
    numbers = read_numbers(*text, flag, noun, read);
    input.places[member] = flag;
  };
  set(key_lengths_, "--key-lengths", "key_lengths", "key length", input.key_lengths);
  set(key_starts_, "--key-starts", "key_starts", "key start", input.key_starts);
  set(prefix_lengths_, "--prefix-lengths", "prefix_lengths", "prefix length", input.prefix_lengths);
  if (positions_)
    input.positions = parse_choice(*positions_, "--positions", {"from-zero", "from-start"}) == 0 ? PositionsFrom::zero
                                                                                                 : PositionsFrom::start;
}

}  // namespace attn::cli
