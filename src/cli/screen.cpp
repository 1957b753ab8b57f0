// Draws one line, and takes care that nothing is written into it.
#include "cli/screen.hpp"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <string_view>
#include <utility>

#include "core/memory.hpp"
#include "core/number.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds interval{150}, patience{1000};
constexpr std::string_view wiped = "\r\x1b[K";

// What a signal's handler must know. Of the process, as signals are.
std::atomic<bool> is_shown{false}, is_drawing{false}, has_ended{false};
static_assert(std::atomic<bool>::is_always_lock_free);

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string time_text(double seconds) {
  constexpr double most = 1e7;
  const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, most) + 0.5);
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

// "35 tiles/s", or "12 s a tile" of what takes longer than that.
std::string rate_of_things(const std::string& thing, double rate) {
  const auto number = [](double value) { return fixed(value, value < 10 ? 1 : 0); };
  return rate < 1 ? number(1 / rate) + " s a " + thing : number(rate) + " " + thing + "s/s";
}

std::string rate_text(WorkUnit unit, double rate) {
  switch (unit) {
    case WorkUnit::bytes:
    case WorkUnit::documents_bytes: return size_text(static_cast<std::uint64_t>(rate)) + "/s";
    case WorkUnit::numbers: return fixed(rate / 1e6, 1) + " M numbers/s";
    case WorkUnit::tasks: return rate_of_things("tile", rate);
    case WorkUnit::layers: return rate_of_things("layer", rate);
    case WorkUnit::cases:
    case WorkUnit::none: break;
  }
  return "";
}

std::string bar(double fraction, std::size_t width) {
  const auto full = static_cast<std::size_t>(static_cast<double>(width) * fraction);
  return "[" + std::string(full, '#') + std::string(width - full, '-') + "]";
}

std::string percent(double fraction) { return std::to_string(static_cast<int>(100 * fraction)) + " %"; }

double fraction_of(const SeenProgress& seen) {
  return seen.total == 0 ? 0 : static_cast<double>(seen.done) / static_cast<double>(seen.total);
}

// Where the work around says what it is, the closest that does.
std::string name_at(const std::vector<SeenProgress>& seen, std::size_t at) {
  for (std::size_t i = at + 1; i-- > 0;)
    if (!seen[i].what.empty()) return seen[i].what;
  return "";
}

// "layer 3 of 12", where so few things are counted that people count along.
std::string counted_name(const std::vector<SeenProgress>& seen, std::size_t at) {
  const SeenProgress& one = seen[at];
  const std::string name = name_at(seen, at);
  if (one.unit != WorkUnit::layers && one.unit != WorkUnit::cases) return name;
  const std::string place = std::to_string(std::min(one.done + 1, one.total)) + "/" + std::to_string(one.total);
  return one.unit == WorkUnit::layers ? name + " " + place : place + " " + name;
}

}  // namespace

std::string progress_line(const std::vector<SeenProgress>& seen, Clock::time_point now, std::size_t columns) {
  if (seen.empty()) return "";
  // The outermost work whose end is known tells how long all will take.
  std::size_t outermost = 0;
  while (outermost < seen.size() && seen[outermost].total == 0) ++outermost;
  if (outermost == seen.size()) {
    const std::string name = name_at(seen, seen.size() - 1);
    const SeenProgress& last = seen.back();
    const std::string size = last.unit == WorkUnit::bytes ? ", " + size_text(last.done) : "";
    return name.empty() ? ""
                        : fit_width(name + size + ", " + time_text(seconds_between(seen.front().since, now)), columns);
  }
  const SeenProgress& one = seen[outermost];
  const double fraction = fraction_of(one), lasted = seconds_between(one.since, now);
  std::string name = counted_name(seen, outermost);
  const SeenProgress& inner = seen.back();
  const bool has_inner = outermost + 1 < seen.size() && inner.total != 0 && seconds_between(inner.since, now) > 1;
  if (has_inner) {
    const std::string inner_name = name_at(seen, seen.size() - 1);
    name += ", " + (inner_name == name_at(seen, outermost) ? "" : inner_name + " ") + percent(fraction_of(inner));
  }
  const bool is_measured = one.done != 0 && lasted > 0.2;
  const double rate = is_measured ? static_cast<double>(one.done) / lasted : 0;
  const std::string left =
      is_measured ? ", " + time_text(static_cast<double>(one.total - one.done) / rate) + " left" : "";
  const std::string of_rate = is_measured ? rate_text(one.unit, rate) : "";
  const std::string rest = " " + percent(fraction) + (of_rate.empty() ? "" : ", " + of_rate) + left;
  constexpr std::size_t widest = 24, narrowest = 10;
  const auto room = [&](const std::string& texts) {
    const std::size_t used = display_width(name) + display_width(texts) + 3;
    return used < columns ? columns - used : 0;
  };
  if (const std::size_t width = std::min(widest, room(rest)); width >= narrowest)
    return name + " " + bar(fraction, width) + rest;
  const std::string short_rest = " " + percent(fraction) + left;
  if (const std::size_t width = std::min(widest, room(short_rest)); width >= narrowest)
    return name + " " + bar(fraction, width) + short_rest;
  const std::size_t used = display_width(short_rest);
  const std::string shown =
      used < columns && display_width(name) + used > columns ? fit_width(name, columns - used) : name;
  return fit_width(shown + short_rest, std::min(columns, display_width(shown + short_rest)));
}

Screen::Screen(Sink& out, Sink& err, Terminal terminal)
    : terminal_(err), about_(std::move(terminal)), out_(*this, out, about_.takes_out), err_(*this, err, true) {}

Screen::~Screen() {
  ticker_.reset();
  watch_progress(false);
  try {
    wipe();
  } catch (...) {  // a line that nobody can wipe is no reason to fail
  }
}

void Screen::watch(bool by_itself) {
  if (!about_.shows_progress) return;
  watch_progress(true);
  if (by_itself && !ticker_) ticker_ = std::make_unique<Ticker>(interval, [this] { show(); });
}

void Screen::show() {
  const std::lock_guard lock(mutex_);
  try {
    show_now();
  } catch (...) {  // what is not shown is missed by nobody
  }
}

void Screen::show_now() {
  const Clock::time_point now = Clock::now();
  if (now - begin_ < patience || !is_at_line_start_ || !about_.is_ours()) return;
  // A line that wraps could not be wiped.
  const std::string line = progress_line(seen_progress(), now, std::max<std::size_t>(about_.columns, 2) - 1);
  if (line.empty()) return wipe_now();
  is_drawing = true;
  if (!has_ended) {
    is_shown = true;
    terminal_.write("\r" + line.substr(0, line.find_last_not_of(' ') + 1) + "\x1b[K");
  }
  is_drawing = false;
}

void Screen::wipe() {
  const std::lock_guard lock(mutex_);
  wipe_now();
}

void Screen::wipe_now() {
  if (is_shown.exchange(false)) terminal_.write(wiped);
}

void Screen::Wiping::write(std::string_view bytes) {
  if (!screen_.about_.shows_progress || !is_on_terminal_) return sink_.write(bytes);
  const std::lock_guard lock(screen_.mutex_);
  screen_.wipe_now();
  sink_.write(bytes);
  if (!bytes.empty()) screen_.is_at_line_start_ = bytes.back() == '\n';
}

void wipe_progress(int descriptor) noexcept {
  has_ended = true;
  // A thread that is at it has a moment; a terminal that takes nothing is not waited for.
  for (int i = 0; i < 20 && is_drawing; ++i) {
    const timespec moment{0, 1'000'000};
    nanosleep(&moment, nullptr);
  }
  if (is_shown.exchange(false)) [[maybe_unused]]
    const ssize_t written = ::write(descriptor, wiped.data(), wiped.size());
}

}  // namespace attn::cli
