// Common flags: declarations, environment variables and defaults.
#include "cli/flags/common_flags.hpp"

#include <cstdlib>

#include "cli/flags/values.hpp"
#include "cli/screen.hpp"
#include "core/memory.hpp"
#include "core/parallel.hpp"
#include "kernels/processors.hpp"

namespace attn::cli {

namespace {

// "auto, reference, on ARM neon, or on x86 sse4, avx2, avx512".
std::string kernel_sets_by_processor() {
  std::string text = "auto", processors;
  for (const KernelSet& set : kernel_sets()) {
    text += ", ";
    if (processors_of(set) != processors) {
      processors = processors_of(set);
      text += (processors == processors_of(kernel_sets().back()) ? "or on " : "on ") + processors + " ";
    }
    text += set.name;
  }
  return text;
}

}  // namespace

void CommonFlags::add(FlagSet& flags, bool arithmetic, const std::string& over_memory) {
  FlagGroup group = flags.group("Running");
  if (arithmetic) {
    add_threads(flags);
    group.text("--kernel", kernel_, one_of("NAME", names_of(kernel_set_names())),
               "Kernel set: " + kernel_sets_by_processor() + " (default: ATTN_KERNEL, else auto)");
    group.text("--dtype", dtype_, one_of("TYPE", names_of(arithmetic_names())),
               "Arithmetic: f32, f64, or bf16 or f16: operands of this type, float32 sums (default: f32)");
  }
  group.text("--max-memory", max_memory_, "SIZE",
             over_memory + " that needs more memory, such as 512M or 4G (default: 80 % of what is free)");
  group.text("--color", color_, one_of("WHEN", {"auto", "always", "never"}),
             "Colour on the terminal: auto, always or never (default: auto; NO_COLOR counts)");
  group.toggle("-q,--quiet", quiet_, "No notes and no progress on standard error");
  group.toggle("-v,--verbose", verbose_, "Say on standard error what will be done, and how long it took");
}

void CommonFlags::add_threads(FlagSet& flags) {
  flags.group("Running").text("--threads", threads_, "N",
                              "Threads to use (default: ATTN_THREADS, else the cores this process may use)");
}

std::size_t parse_threads(const std::string& text, const std::string& where) {
  constexpr std::int64_t most = 1024;
  const std::int64_t count = parse_whole(text, where, 1);
  if (count > most) throw usage_error(where, "must be " + std::to_string(most) + " or less");
  return static_cast<std::size_t>(count);
}

std::size_t CommonFlags::threads() const {
  const char* environment = std::getenv("ATTN_THREADS");
  if (!threads_ && (environment == nullptr || *environment == '\0')) return available_cores();
  const std::string where = threads_ ? "--threads" : "ATTN_THREADS";
  return parse_threads(threads_ ? *threads_ : environment, where);
}

const KernelSet& CommonFlags::kernels() const { return choose_kernel_set(kernel_, "--kernel"); }

Arithmetic CommonFlags::arithmetic() const { return dtype_ ? parse_arithmetic(*dtype_, "--dtype") : Arithmetic::f32; }

std::uint64_t CommonFlags::max_memory() const {
  return max_memory_ ? std::max<std::uint64_t>(1, parse_size(*max_memory_, "--max-memory"))
                     : available_memory() / 10 * 8;
}

void CommonFlags::show_progress(Environment& environment, bool by_itself) const {
  if (!quiet() && environment.screen != nullptr) environment.screen->watch(by_itself);
}

void CommonFlags::report(Environment& environment, const std::string& what, const Stopwatch& watch) const {
  if (verbose()) environment.note(what + " in " + watch.text());
}

std::size_t CommonFlags::color_choice() const {
  return color_ ? parse_choice(*color_, "--color", {"auto", "always", "never"}) : 0;
}

bool CommonFlags::color(const Environment& environment, bool on_terminal) const {
  switch (color_choice()) {
    case 1: return true;
    case 2: return false;
    default: break;
  }
  const char* no_color = std::getenv("NO_COLOR");
  return on_terminal && environment.colors != TerminalColors::none && (no_color == nullptr || *no_color == '\0');
}

}  // namespace attn::cli
