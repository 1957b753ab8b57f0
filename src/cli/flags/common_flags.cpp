// Common flags: declarations, environment variables and defaults.
#include "cli/flags/common_flags.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "cli/flags/values.hpp"
#include "core/memory.hpp"
#include "core/parallel.hpp"

namespace attn::cli {

void CommonFlags::add(CLI::App& app, bool arithmetic, const std::string& over_memory) {
  const std::string group = "Running";
  if (arithmetic) {
    add_threads(app);
    std::string sets;
    for (const std::string_view name : kernel_set_names())
      sets += (sets.empty() ? "" : name == kernel_sets().back().name ? " or " : ", ") + std::string(name);
    app.add_option("--kernel", kernel_, "Kernel set: " + sets + " (default: ATTN_KERNEL, else auto)")
        ->type_name("NAME")
        ->group(group);
    app.add_option("--dtype", dtype_, "Arithmetic: f32, f64, or bf16: bfloat16 operands, float32 sums (default: f32)")
        ->type_name("TYPE")
        ->group(group);
  }
  app.add_option("--max-memory", max_memory_,
                 over_memory + " that needs more memory, such as 512M or 4G (default: 80 % of what is free)")
      ->type_name("SIZE")
      ->group(group);
  app.add_option("--color", color_, "Colour on the terminal: auto, always or never (default: auto; NO_COLOR counts)")
      ->type_name("WHEN")
      ->group(group);
  app.add_flag("-q,--quiet", quiet_, "No notes on standard error")->group(group);
  app.add_flag("-v,--verbose", verbose_, "Say what is done on standard error")->group(group);
}

void CommonFlags::add_threads(CLI::App& app) {
  app.add_option("--threads", threads_, "Threads to use (default: ATTN_THREADS, else the cores this process may use)")
      ->type_name("N")
      ->group("Running");
}

std::size_t parse_threads(const std::string& text, const std::string& where) {
  constexpr std::int64_t most = 1024;
  const std::int64_t count = parse_whole(text, where, 1);
  if (count > most) throw usage_error(where, "must be " + std::to_string(most) + " or less");
  return static_cast<std::size_t>(count);
}

std::size_t CommonFlags::threads() const {
  const char* environment = std::getenv("ATTN_THREADS");
  if (!threads_ && environment == nullptr) return available_cores();
  const std::string where = threads_ ? "--threads" : "ATTN_THREADS";
  return parse_threads(threads_ ? *threads_ : environment, where);
}

const KernelSet& CommonFlags::kernels() const { return choose_kernel_set(kernel_, "--kernel"); }

Arithmetic CommonFlags::arithmetic() const { return dtype_ ? parse_arithmetic(*dtype_, "--dtype") : Arithmetic::f32; }

std::uint64_t CommonFlags::max_memory() const {
  return max_memory_ ? std::max<std::uint64_t>(1, parse_size(*max_memory_, "--max-memory"))
                     : available_memory() / 10 * 8;
}

void CommonFlags::report(Environment& environment, const std::string& what, const Stopwatch& watch) const {
  if (verbose()) environment.note(what + " in " + watch.text());
}

bool CommonFlags::color(const Environment& environment) const {
  switch (color_ ? parse_choice(*color_, "--color", {"auto", "always", "never"}) : 0) {
    case 1: return true;
    case 2: return false;
    default: break;
  }
  const char* no_color = std::getenv("NO_COLOR");
  return environment.out_is_terminal && (no_color == nullptr || *no_color == '\0');
}

}  // namespace attn::cli
