// Members of small JSON objects, read with nlohmann's DOM: a small file whose members come in any order.
#include "io/json/config.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "attn/error.hpp"
#include "io/json/reader.hpp"

namespace attn::io {

using Json = nlohmann::json;

namespace {

// Json frees what is nested by a list that it allocates, where there may be no memory: what is taken apart before needs
// none. Deeper than any configuration it is left as it is.
void take_apart(Json& json, int deepest = 100) {
  if (!json.is_structured() || deepest == 0) return;
  for (Json& part : json) take_apart(part, deepest - 1);
  json.clear();
}

}  // namespace

struct Config::Value {
  explicit Value(Json of) : json(std::move(of)) {}
  ~Value() { take_apart(json); }
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;

  Json json;
};

namespace {

// The member, or null if there is none.
template <class Value>
const Json* find(const std::shared_ptr<const Value>& value, std::string_view name) {
  if (value == nullptr) return nullptr;
  const Json& object = value->json;
  const auto found = object.find(std::string(name));
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

[[noreturn]] void unexpected(const std::string& where, const Json& found, const std::string& wanted) {
  throw data_error(where, std::string(found.type_name()) + " where " + wanted + " is expected");
}

template <class Is, class Read>
auto list_of(const std::string& where, const Json& json, const std::string& wanted, Is is, Read read) {
  if (!json.is_array()) unexpected(where, json, "a list of " + wanted + "s");
  std::vector<decltype(read(json))> list;
  for (const Json& element : json) {
    if (!is(element)) unexpected(where + "/" + std::to_string(list.size()), element, "a " + wanted);
    list.push_back(read(element));
  }
  return list;
}

}  // namespace

Config Config::read(const FileBytes& file) {
  const std::string_view bytes = file.bytes();
  auto value = std::make_shared<Value>(Json());
  try {
    value->json = Json::parse(bytes.begin(), bytes.end());
  } catch (const Json::parse_error& error) {
    const std::string_view before = bytes.substr(0, error.byte == 0 ? 0 : error.byte - 1);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    throw data_error(file.name() + ":" + std::to_string(line) + ":" + std::to_string(before.size() - start + 1),
                     "is no valid JSON");
  } catch (const Json::exception&) {
    throw data_error(file.name(), "has a number that is outside float64");
  }
  if (!value->json.is_object()) unexpected(file.name(), value->json, "an object");
  return {std::move(value), file.name() + "#"};
}

Config Config::of(std::string_view json, std::string where) {
  auto value = std::make_shared<Value>(Json());
  try {
    value->json = Json::parse(json.begin(), json.end());
  } catch (const Json::exception&) {
    throw data_error(where, "has a number that is outside float64");
  }
  if (!value->json.is_object()) unexpected(where, value->json, "an object");
  return {std::move(value), std::move(where)};
}

Config Config::in(const std::string& folder, const char* name) {
  std::error_code ignored;
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  return std::filesystem::is_regular_file(path, ignored) ? read(FileBytes::open(path.string())) : Config();
}

std::string Config::where(std::string_view name) const { return where_ + pointer_step(name); }

bool Config::has(std::string_view name) const { return find(value_, name) != nullptr; }

bool Config::is_null(std::string_view name) const {
  const std::vector<std::string> all = names();
  return !has(name) && std::find(all.begin(), all.end(), name) != all.end();
}

bool Config::is_text(std::string_view name) const {
  const Json* const found = find(value_, name);
  return found != nullptr && found->is_string();
}

bool Config::is_number(std::string_view name) const {
  const Json* const found = find(value_, name);
  return found != nullptr && found->is_number();
}

bool Config::is_list(std::string_view name) const {
  const Json* const found = find(value_, name);
  return found != nullptr && found->is_array();
}

bool Config::is_object(std::string_view name) const {
  const Json* const found = find(value_, name);
  return found != nullptr && found->is_object();
}

std::optional<std::int64_t> Config::integer(std::string_view name) const {
  const std::optional<double> found = number(name);
  if (!found) return std::nullopt;
  constexpr double most = 9e15;
  if (*found != std::floor(*found) || std::abs(*found) > most) throw data_error(where(name), "is no whole number");
  return static_cast<std::int64_t>(*found);
}

std::optional<double> Config::number(std::string_view name) const {
  const Json* const found = find(value_, name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) unexpected(where(name), *found, "a number");
  return found->get<double>();
}

std::optional<bool> Config::truth(std::string_view name) const {
  const Json* const found = find(value_, name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_boolean()) unexpected(where(name), *found, "true or false");
  return found->get<bool>();
}

std::optional<std::string> Config::text(std::string_view name) const {
  const Json* const found = find(value_, name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) unexpected(where(name), *found, "a string");
  return found->get<std::string>();
}

std::optional<std::string> Config::written(std::string_view name) const {
  const Json* const found = find(value_, name);
  if (found == nullptr) return std::nullopt;
  return found->is_string() ? found->get<std::string>() : found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<std::vector<std::string>> Config::texts(std::string_view name) const {
  const Json* const found = find(value_, name);
  if (found == nullptr) return std::nullopt;
  return list_of(
      where(name), *found, "string", [](const Json& json) { return json.is_string(); },
      [](const Json& json) { return json.get<std::string>(); });
}

std::optional<std::vector<double>> Config::numbers(std::string_view name) const {
  const Json* const found = find(value_, name);
  if (found == nullptr) return std::nullopt;
  return list_of(
      where(name), *found, "number", [](const Json& json) { return json.is_number(); },
      [](const Json& json) { return json.get<double>(); });
}

std::optional<Config> Config::object(std::string_view name) const {
  const Json* const found = find(value_, name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_object()) unexpected(where(name), *found, "an object");
  return Config(std::make_shared<const Value>(*found), where(name));
}

std::optional<std::vector<Config>> Config::objects(std::string_view name) const {
  const Json* const found = find(value_, name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_array()) unexpected(where(name), *found, "a list of objects");
  std::vector<Config> list;
  for (const Json& element : *found) {
    const std::string place = where(name) + "/" + std::to_string(list.size());
    if (!element.is_object()) unexpected(place, element, "an object");
    list.push_back(Config(std::make_shared<const Value>(element), place));
  }
  return list;
}

std::optional<Config> Config::elements(std::string_view name) const {
  const Json* const found = find(value_, name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_array()) unexpected(where(name), *found, "a list");
  Json object = Json::object();
  for (std::size_t i = 0; i < found->size(); ++i) object[std::to_string(i)] = (*found)[i];
  return Config(std::make_shared<const Value>(std::move(object)), where(name));
}

std::vector<std::string> Config::names() const {
  std::vector<std::string> names;
  if (value_ == nullptr) return names;
  for (const auto& member : value_->json.items()) names.push_back(member.key());
  return names;
}

}  // namespace attn::io
