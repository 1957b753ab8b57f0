// Streams and folders of a run.
#include "cli/session.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "cli/run.hpp"

namespace attn::test {

Outcome run(const Arguments& arguments, const std::string& input, Device device) {
  std::istringstream in(input);
  StringSink out, err;
  cli::Environment environment{.in = in, .out = out, .err = err};
  environment.in_is_terminal = environment.out_is_terminal = device == Device::terminal;
  Outcome outcome;
  outcome.code = cli::run(arguments, environment);
  outcome.out = std::move(out.text);
  outcome.err = std::move(err.text);
  return outcome;
}

Json Outcome::json() const { return parsed_json(out); }

std::vector<Json> Outcome::json_lines() const {
  std::vector<Json> lines;
  std::istringstream text(out);
  for (std::string line; std::getline(text, line);) lines.push_back(parsed_json(line));
  return lines;
}

Arguments operator+(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Arguments words_of(const std::string& command) {
  Arguments words(1);
  bool quoted = false;
  for (const char c : command) {
    if (c == '\'') quoted = !quoted;
    if (c == ' ' && !quoted && !words.back().empty()) words.emplace_back();
    if (c != '\'' && (c != ' ' || quoted)) words.back().push_back(c);
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::string joined(const Arguments& arguments) {
  std::string text = "attn";
  for (const std::string& argument : arguments) text += " '" + argument + "'";
  return text;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void check_error(const Outcome& outcome, int code, const std::string& message) {
  CHECK(outcome.err == "attn: error: " + message + "\n");
  CHECK(outcome.code == code);
  CHECK(outcome.out.empty());
}

std::vector<std::string> members(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

std::vector<std::size_t> shape(Json value) {
  std::vector<std::size_t> extents;
  while (value.is_array()) {
    extents.push_back(value.size());
    Json first = value.empty() ? Json() : value.front();
    value = std::move(first);
  }
  return extents;
}

Folder::Folder() : before_(std::filesystem::current_path()) { std::filesystem::current_path(path_); }

Folder::~Folder() { std::filesystem::current_path(before_); }

void Folder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
}

std::string Folder::read(const std::string& name) const {
  std::ifstream file(path_ / name, std::ios::binary);
  if (!file) throw std::runtime_error("there is no " + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> Folder::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

Variable::Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
Variable::~Variable() { unsetenv(name_); }

}  // namespace attn::test
