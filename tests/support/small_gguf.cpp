// Makes the data of GGUF files of the rule that draws tensors, in the order of the converter.
#include "support/small_gguf.hpp"

#include <fstream>
#include <iomanip>
#include <sstream>
#include <stdexcept>

#include "support/json.hpp"
#include "support/small_model.hpp"

namespace attn::test {
namespace {

using Values = std::vector<float>;

const std::string data_folder = std::string(ATTN_TEST_DATA) + "/gguf/";

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Drawn {
  Values values;
  std::size_t rows = 0, width = 0;  // of all elements of a row

  explicit Drawn(std::size_t rows_, std::size_t width_) : values(rows_ * width_), rows(rows_), width(width_) {}
  Drawn(const Json& rules, const std::string& name) {
    const Json& rule = rules.at(name);
    std::size_t count = 1;
    for (const auto& extent : rule.at("shape")) count *= extent.get<std::size_t>();
    values = drawn_elements(name, count, {rule.at("center"), rule.at("spread")});
    rows = rule.at("shape").at(0);
    width = count / rows;
  }
  void copy_row(std::size_t to, const Drawn& from, std::size_t row) {
    for (std::size_t i = 0; i < width; ++i) values[to * width + i] = from.values[row * width + i];
  }
};

// Halves of each head's rows in turn: row j of the first half, row j of the second.
Drawn permuted(const Drawn& own, std::size_t heads) {
  Drawn made(own.rows, own.width);
  const std::size_t half = own.rows / heads / 2;
  for (std::size_t head = 0; head < heads; ++head)
    for (std::size_t j = 0; j < half; ++j)
      for (std::size_t side = 0; side < 2; ++side)
        made.copy_row((head * half + j) * 2 + side, own, (head * 2 + side) * half + j);
  return made;
}

// All queries, all keys, all values, of heads that have the three together.
Drawn by_kind(const Drawn& own, std::size_t heads) {
  Drawn made(own.rows, own.width);
  const std::size_t part = own.rows / heads / 3;
  std::size_t to = 0;
  for (std::size_t kind = 0; kind < 3; ++kind)
    for (std::size_t head = 0; head < heads; ++head)
      for (std::size_t i = 0; i < part; ++i) made.copy_row(to++, own, (head * 3 + kind) * part + i);
  return made;
}

Values transposed(const Drawn& own) {
  Values made;
  for (std::size_t column = 0; column < own.width; ++column)
    for (std::size_t row = 0; row < own.rows; ++row) made.push_back(own.values[row * own.width + column]);
  return made;
}

// [name in the file, offset, what is done, of which tensor, …]
Values made_of(const Json& entry, const Json& rules) {
  const std::string how = entry.at(2);
  if (how == "values") {
    Values values;
    for (std::size_t i = 3; i < entry.size(); ++i) values.push_back(entry[i].get<float>());
    return values;
  }
  if (how == "stacked") {
    Values values;
    for (std::size_t i = 3; i < entry.size(); ++i) {
      const Drawn one(rules, entry[i]);
      values.insert(values.end(), one.values.begin(), one.values.end());
    }
    return values;
  }
  Drawn own(rules, entry.at(3));
  if (how == "permuted") return permuted(own, entry.at(4)).values;
  if (how == "by kind") return by_kind(own, entry.at(4)).values;
  if (how == "transposed") return transposed(own);
  if (how == "plus 1")
    for (float& value : own.values) value += 1;
  return own.values;
}

std::string hexadecimal(std::uint64_t hash) {
  std::ostringstream digits;
  digits << std::hex << std::setw(16) << std::setfill('0') << hash;
  return digits.str();
}

}  // namespace

std::vector<std::string> small_ggufs() {
  std::vector<std::string> names;
  const Json index = read_json(data_folder + "models.json");
  for (const auto& [name, entry] : index.items()) names.push_back(name);
  return names;
}

void write_small_gguf(const std::string& name, const std::string& folder) {
  const Json entry = read_json(data_folder + "models.json").at(name);
  const Json rules = read_json(small_model_data(name) + "/tensors.json");
  write_small_model(name, folder);
  Json config = read_json(folder + "/config.json");
  if (const Json rope = config.value("rope_parameters", Json::object()); !rope.empty()) {
    config.erase("rope_parameters");
    for (const auto& [member, value] : rope.items())
      if (member != "rope_type") config[member] = value;
  }
  config.update(entry.at("config"));
  std::ofstream(folder + "/config.json") << config.dump(1);
  std::string data;
  for (const Json& tensor : entry.at("tensors")) {
    data.resize(tensor.at(1).get<std::size_t>(), '\0');
    data += stored_elements(made_of(tensor, rules), StoredAs::f32);
  }
  data.resize(entry.at("size").get<std::size_t>(), '\0');
  if (hexadecimal(fnv1a64(data)) != entry.at("hash").get<std::string>())
    throw std::runtime_error("the data of " + name + ".gguf are not the converter's");
  std::ofstream(folder + ".gguf", std::ios::binary) << read_file(data_folder + name + ".header") << data;
}

}  // namespace attn::test
