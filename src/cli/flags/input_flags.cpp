// Input flags: opening, reading, replacing members, drawing.
#include "cli/flags/input_flags.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "attn/error.hpp"
#include "attn/parts.hpp"
#include "cli/flags/file_endings.hpp"
#include "cli/flags/head_numbers.hpp"
#include "cli/flags/text_advice.hpp"
#include "cli/flags/values.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/files/encoding.hpp"
#include "io/files/files_read.hpp"

namespace attn::cli {

namespace {

bool is_standard_input(const Environment& environment, const std::optional<std::string>& path) {
  if (!path && environment.in_is_terminal)
    throw usage_error("INPUT", "there is no input: name a file, pipe a document in, or give '-' to type one");
  return !path || *path == "-";
}

// Standard input as it arrives; none where it is a file, which is there as a whole.
std::optional<StreamLines> arriving_input(const Environment& environment) {
  if (environment.in_descriptor < 0) return StreamLines(environment.in, standard_input);
  struct stat status {};
  if (fstat(environment.in_descriptor, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
    return std::nullopt;
  return StreamLines(environment.in_descriptor, standard_input);
}

// What has arrived, for a look at its format.
FileBytes shown(std::string_view bytes) { return FileBytes::of("", standard_input).part(bytes); }

constexpr std::string_view blanks = " \t\r\n";

// The first line that is not blank, if it may be a document of JSON Lines.
std::string_view first_object(std::string_view bytes) {
  const std::size_t start = bytes.find_first_not_of(blanks);
  if (start == std::string_view::npos || bytes[start] != '{') return {};
  std::string_view line = bytes.substr(start);
  line = line.substr(0, line.find('\n'));
  line = line.substr(0, line.find_last_not_of(blanks) + 1);
  return line.back() == '}' ? line : std::string_view{};
}

}  // namespace

FileBytes open_input(Environment& environment, const std::optional<std::string>& path) {
  if (!is_standard_input(environment, path)) return FileBytes::open(*path);
  if (environment.in_descriptor >= 0) return FileBytes::from_descriptor(environment.in_descriptor, standard_input);
  return FileBytes::read(environment.in, standard_input);
}

FileBytes open_document(Environment& environment, const std::optional<std::string>& path) {
  if (path)
    if (const auto [file, member] = split_member(*path); !member.empty())
      throw data_error(*path, "names one tensor of " + file + ", and a document is read as a whole");
  return open_input(environment, path);
}

std::vector<std::string> read_tokens(const std::string& text) {
  const bool is_list = text.find(',') != std::string::npos && access(text.c_str(), F_OK) != 0;
  if (is_list) return split_quoted(text, "--tokens");
  if (!is_text_for_file(text)) return read_labels(FileBytes::open(text));
  const std::vector<std::string> words = words_of(text);
  throw data_error(text, "cannot be read: there is no such file; tokens themselves are given with commas" +
                             (words.size() > 1 ? ": " + joined(words, {}, ",") : ", A,B,…"));
}

void InputFlags::add(FlagSet& flags, Draws draws) {
  draws_ = draws;
  flags.positional("INPUT", path_, format_titles() + " file; '-' or nothing is standard input",
                   input_of("INPUT", read_endings({".txt"})));
  FlagGroup group = flags.group("Input");
  const ValueType tensor_file = file_of("FILE", read_endings());
  group.text("--embeddings", embeddings_, tensor_file,
             "Read the embeddings from FILE (.npy, .csv, .json, or file.npz:name)");
  group.text("--query", query_, tensor_file, "Read the query from FILE");
  group.text("--key", key_, tensor_file, "Read the key from FILE");
  group.text("--value", value_, tensor_file, "Read the value from FILE");
  group.text("--mask-file", mask_, tensor_file, "Read a mask from FILE: true or 1 may attend");
  group.text("--bias", bias_, tensor_file, "Read numbers to add to the scores from FILE; -inf masks");
  group.text("--past-key", past_key_, tensor_file, "Read cached keys from FILE");
  group.text("--past-value", past_value_, tensor_file, "Read cached values from FILE");
  rows_.add(group);
  group.text("--scale-by", scale_by_, "LIST|FILE",
             "Multiply each query's scores, scaled already, by a number of its own");
  group.text("--position-ids", position_ids_, "LIST|FILE",
             std::string("The positions that ") + (draws == Draws::operands ? "ALiBi counts" : "RoPE and ALiBi count") +
                 ", one a token, in the place of 0, 1, 2, …");
  group.text("--key-position-ids", key_position_ids_, "LIST|FILE",
             "Those of the keys, where they are not those of the queries");
  group.text("--text", text_, "TEXT", "Set the tokens: words separated by spaces");
  group.text("--tokens", tokens_, "FILE|LIST", "Set the tokens: A,B,… or FILE, one a line, or a JSON array of strings");
  drawn_.add(flags, draws);
}

const char* InputFlags::source_flag() const {
  if (drawn_.is_random()) return "--random";
  if (query_) return "--query";
  if (embeddings_) return "--embeddings";
  return drawn_.embeds() && (text_ || tokens_) ? "--embed" : nullptr;
}

// Tokens alone, where all of a document is expected.
void InputFlags::refuse_tokens_alone(std::string_view bytes) const {
  const char* const flag = text_ ? "--text" : "--tokens";
  if (path_ || !(text_ || tokens_) || bytes.find_first_not_of(blanks) != std::string_view::npos) return;
  throw usage_error(flag, std::string("sets tokens, which have no vectors yet: --embed D draws one for each different "
                                      "token, --embeddings FILE reads one for each") +
                              (draws_ == Draws::embeddings && text_ ? ", --weights DIR runs a model on the text" : ""));
}

// A text in the place of a file, or of a terminal's.
void InputFlags::refuse_text_for_file(const Environment& environment) const {
  if (!takes_texts_) return;
  if (!path_ && environment.in_is_terminal && takes_texts_())
    throw usage_error("INPUT",
                      "there is no input: --text TEXT runs the model on a text; or name a file, pipe a document in, or "
                      "give '-' to type one");
  if (path_ && *path_ != "-" && is_text_for_file(*path_) && takes_texts_())
    throw data_error(*path_, "cannot be read: there is no such file; --text TEXT runs the model on a text");
}

Input InputFlags::read_file(const ReadOptions& options) const {
  try {
    return read_input(*file_, *format_, options);
  } catch (const Error& error) {
    const bool is_text = takes_texts_ && format_->separator != '\0' && file_->name() == standard_input &&
                         reads_like_text(file_->bytes()) && takes_texts_();
    if (!is_text) throw;
    throw Error(error.kind(), error.where(), std::string(error.what()) + "; --text - runs the model on a text");
  }
}

void InputFlags::open(Environment& environment, bool one_is_a_line) {
  if (file_ || lines_ || (!path_ && from_flags())) return;
  const Progress progress("reading", 0, WorkUnit::bytes);
  if (environment.in_is_terminal) refuse_tokens_alone("");
  refuse_text_for_file(environment);
  if (is_standard_input(environment, path_))
    if (std::optional<StreamLines> arriving = arriving_input(environment)) {
      lines_.emplace(std::move(*arriving));
      return open_stream(one_is_a_line);
    }
  file_ = open_document(environment, path_);
  refuse_tokens_alone(file_->bytes());
  if (is_texts()) io::refuse_wide_encodings(*file_);
  format_ = is_texts() ? format_of_name("jsonl") : &format_of(*file_);
}

// Finds the format of what arrives, and takes it as a whole if it is no JSON Lines.
void InputFlags::open_stream(bool one_is_a_line) {
  const std::string_view start = lines_->arrived(1);
  may_be_one_ = one_is_a_line && !first_object(start).empty();
  if (may_be_one_) {
    format_ = format_of_name("jsonl");
    return;
  }
  if (start.find_first_not_of(blanks) != std::string_view::npos) {
    format_ = &format_of_bytes(shown(lines_->arrived(2)));
    if (format_->kind == FormatKind::lines) return;
  }
  file_ = lines_->rest();
  lines_.reset();
  refuse_tokens_alone(file_->bytes());
  format_ = &format_of_bytes(*file_);
}

bool InputFlags::is_lines(Environment& environment, bool one_is_a_line) {
  open(environment, one_is_a_line);
  return format_ != nullptr && format_->kind == FormatKind::lines;
}

Input InputFlags::read(Environment& environment, const ReadOptions& options) {
  open(environment);
  drawn_.check_stream();
  Input input;
  if (file_) {
    input = read_file(options);
  } else {
    input.source = source_flag();
  }
  apply_flags(input, options);
  return input;
}

InputFlags::Writer InputFlags::answered(const FileBytes& line, const ReadOptions& options,
                                        const std::function<Writer(Input)>& answer) {
  drawn_.begin_anew();  // each line is drawn for as if it were alone
  Input input = input_of_line(line, options);
  apply_flags(input, options);
  return answer(std::move(input));
}

bool InputFlags::is_texts() const { return takes_texts_ && path_ && path_->ends_with(".txt"); }

Input InputFlags::input_of_line(const FileBytes& line, const ReadOptions& options) const {
  if (!is_texts()) return read_input(line, *format_of_name("json"), options);
  std::string_view text = line.bytes();
  if (line.first_line() == 1) text = without_byte_order_mark(text);
  if (text.ends_with('\r')) text.remove_suffix(1);
  Input input;
  input.source = input.text_where = line.place();
  input.text = text;
  input.metadata = R"({"line":)" + std::to_string(line.first_line()) + "}";
  return input;
}

// Answers the first line before it is known whether others follow. Returns whether they do; throws what is wrong with a
// document of its own.
bool InputFlags::answer_first_line(const ReadOptions& options, const std::function<Writer(Input)>& answer) {
  drawn_.check_stream();
  std::optional<Error> problem;
  Writer give;
  try {
    give = answered(shown(first_object(lines_->arrived(1))), options, answer);
  } catch (const Error& error) {
    problem = error;
  }
  if (give) give();
  const std::string_view start = lines_->arrived(2), first = first_object(start);
  if (format_of_bytes(shown(start)).kind == FormatKind::lines) {
    if (!problem) lines_->next();  // else it is used again, for an error that names the line
    return true;
  }
  const char* const end = first.data() + first.size();
  if (start.find_first_not_of(blanks, static_cast<std::size_t>(end - start.data())) != std::string_view::npos) {
    answered(lines_->rest(), options, answer)();  // one document in several lines, or one with something after it
  } else if (problem) {
    throw Error(*problem);
  }
  return false;
}

bool InputFlags::read_lines(Environment& environment, const ReadOptions& options,
                            const std::function<Writer(Input)>& answer,
                            const std::function<void(std::size_t, const std::string&)>& failed) {
  open(environment);
  if (may_be_one_ && !answer_first_line(options, answer)) return false;
  std::optional<Lines> of_file;
  if (file_) of_file.emplace(*file_);
  // Of what arrives, there was a line that told the format.
  if (file_ && !Lines(*file_).next())
    throw data_error(file_->name(),
                     is_texts() ? "is empty; a text a line is expected" : "is empty; a document a line is expected");
  Progress progress("line", file_ ? file_->bytes().size() : 0, WorkUnit::documents_bytes);
  while (const std::optional<FileBytes> line = of_file ? of_file->next() : lines_->next()) {
    if (Progress::is_watched())
      progress.begin("line " + std::to_string(line->first_line()),
                     file_ ? static_cast<std::uint64_t>(line->bytes().data() - file_->bytes().data()) : 0);
    Writer give;
    try {
      give = answered(*line, options, answer);
    } catch (const Error& error) {
      io::FilesRead::check();  // which is no matter of this line
      const std::string message = error.where().empty() ? error.what() : error.where() + ": " + error.what();
      failed(line->first_line(), environment.flags.translated(message));
    }
    if (give) give();
  }
  return true;
}

void InputFlags::add_members(Input& input, const ReadOptions& options) {
  struct Flag {
    const char* flag;
    const char* member;
    const std::optional<std::string>& path;
    TensorKind kind;
    bool may_stay_narrow = false;
  };
  const std::array<Flag, 8> flags{{{"--embeddings", "embeddings", embeddings_, TensorKind::number},
                                   {"--query", "query", query_, TensorKind::number},
                                   {"--key", "key", key_, TensorKind::number, true},
                                   {"--value", "value", value_, TensorKind::number, true},
                                   {"--mask-file", "mask", mask_, TensorKind::mask},
                                   {"--bias", "bias", bias_, TensorKind::bias},
                                   {"--past-key", "past_key", past_key_, TensorKind::number, true},
                                   {"--past-value", "past_value", past_value_, TensorKind::number, true}}};
  for (const Flag& flag : flags) {
    if (!flag.path) continue;
    ReadOptions own = options;
    own.keeps_narrow = options.keeps_narrow && flag.may_stay_narrow;
    input.tensors[flag.member] = {read_tensor(*flag.path, flag.kind, own), flag.flag};
  }
  rows_.add_members(input, options);
  if (scale_by_) input.numbers["scale_by"] = read_place_numbers(*scale_by_, "--scale-by", "scale_by");
  if (position_ids_)
    input.numbers["position_ids"] = read_place_numbers(*position_ids_, "--position-ids", "position_ids");
  if (key_position_ids_)
    input.numbers["key_position_ids"] =
        read_place_numbers(*key_position_ids_, "--key-position-ids", "key_position_ids");
}

void InputFlags::apply_flags(Input& input, const ReadOptions& options) {
  if (text_ && tokens_) throw usage_error("--tokens", "goes without --text");
  if (text_) input.tokens = words_of(*text_);
  if (tokens_) input.tokens = read_tokens(*tokens_);
  if (text_ || tokens_) input.places["tokens"] = text_ ? "--text" : "--tokens";
  if (query_ && key_ && value_ && (embeddings_ || drawn_.is_random()))
    throw usage_error(embeddings_ ? "--embeddings" : "--random",
                      "stands for nothing beside --query, --key and --value");
  drawn_.check(embeddings_.has_value());
  drawn_.draw(input, options);  // first, as a tensor of a file takes the place of a drawn one
  add_members(input, options);
}

}  // namespace attn::cli
