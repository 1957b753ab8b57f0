// The line of progress: what it says, where it is shown, and that it is wiped.
#include "cli/screen.hpp"

#include <array>
#include <mutex>
#include <thread>

#include "cli/environment.hpp"
#include "core/parallel.hpp"
#include "support/catch.hpp"

namespace attn::test {
namespace {

using namespace attn::cli;
using namespace std::chrono_literals;

const std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();

SeenProgress seen(const std::string& what, std::uint64_t done, std::uint64_t total, WorkUnit unit,
                  std::chrono::seconds lasted) {
  return {what, done, total, unit, now - lasted};
}

std::string line(const std::vector<SeenProgress>& all, std::size_t columns = 79) {
  return progress_line(all, now, columns);
}

}  // namespace

TEST_CASE("a line says what is done, how much, how fast, and what is left", "[screen]") {
  CHECK(line({seen("computing", 0, 0, WorkUnit::none, 12s), seen("", 25, 100, WorkUnit::tasks, 10s)}) ==
        "computing [######------------------] 25 %, 2.5 tiles/s, 30 s left");
  CHECK(line({seen("reading", 1 << 20, 4 << 20, WorkUnit::bytes, 1s)}) ==
        "reading [######------------------] 25 %, 1.0 MiB/s, 3 s left");
  CHECK(line({seen("writing w.json", 0, 0, WorkUnit::none, 9s),
              seen("", 9'000'000, 10'000'000, WorkUnit::numbers, 9s)}) ==
        "writing w.json [#####################---] 90 %, 1.0 M numbers/s, 1 s left");
  // Layers and cases are counted along; what is within them is a part of the name, once it has lasted.
  CHECK(line({seen("computing", 0, 0, WorkUnit::none, 90s), seen("layer", 3, 12, WorkUnit::layers, 90s),
              seen("", 1, 2, WorkUnit::tasks, 2s)}) ==
        "layer 4/12, 50 % [######------------------] 25 %, 30 s a layer, 4 min 30 s left");
  CHECK(line({seen("layer", 3, 12, WorkUnit::layers, 9s), seen("", 1, 2, WorkUnit::tasks, 0s)}) ==
        "layer 4/12 [######------------------] 25 %, 3.0 s a layer, 27 s left");
  CHECK(line({seen("stream 1,2,8,8,4", 1, 4, WorkUnit::cases, 7200s)}) ==
        "2/4 stream 1,2,8,8,4 [######------------------] 25 %, 6 h 0 min left");
  CHECK(line({seen("line 7", 50, 100, WorkUnit::documents_bytes, 2s)}) ==
        "line 7 [############------------] 50 %, 25 bytes/s, 2 s left");
}

TEST_CASE("a line without a known end says how long it has taken", "[screen]") {
  CHECK(line({}).empty());
  CHECK(line({seen("", 0, 0, WorkUnit::none, 5s)}).empty());
  CHECK(line({seen("flushing to the disk", 0, 0, WorkUnit::none, 5s)}).starts_with("flushing to the disk, 5 s"));
  CHECK(line({seen("reading", 3 << 20, 0, WorkUnit::bytes, 5s)}).starts_with("reading, 3.0 MiB, 5 s"));
  // Nothing is done yet: there is no rate.
  CHECK(line({seen("computing", 0, 8, WorkUnit::tasks, 5s)}) == "computing [------------------------] 0 %");
}

TEST_CASE("on few columns the rate goes, then the bar, then the end of the name", "[screen]") {
  const std::vector<SeenProgress> all{seen("packing keys and values", 25, 100, WorkUnit::tasks, 10s)};
  for (std::size_t columns = 1; columns < 120; ++columns) {
    INFO(columns);
    CHECK(line(all, columns).size() <= columns + 2);  // an ellipsis has three bytes and one column
  }
  CHECK(line(all, 70) == "packing keys and values [###------------] 25 %, 2.5 tiles/s, 30 s left");
  CHECK(line(all, 58) == "packing keys and values [####------------] 25 %, 30 s left");
  CHECK(line(all, 42) == "packing keys and values 25 %, 30 s left");
  CHECK(line(all, 30) == "packing keys … 25 %, 30 s left");
}

TEST_CASE("what is under way is seen from another thread, of the watched one alone", "[screen]") {
  CHECK(seen_progress().empty());
  {
    const Progress unwatched("one");
    CHECK(seen_progress().empty());
  }
  watch_progress(true);
  {
    Progress outer("outer", 10, WorkUnit::layers);
    outer.set(4);
    const Progress inner("", 100, WorkUnit::numbers);
    count_progress(WorkUnit::numbers, 30);
    count_progress(WorkUnit::bytes, 30);  // of something else
    std::vector<SeenProgress> all;
    std::thread([&all] {
      const Progress other("of another thread");
      count_progress(WorkUnit::numbers, 5);
      all = seen_progress();
    }).join();
    REQUIRE(all.size() == 2);
    CHECK(all[0].what == "outer");
    CHECK(all[0].done == 4);
    CHECK(all[1].done == 30);
    outer.begin("next", 12);
    CHECK(seen_progress()[0].what == "next");
    CHECK(seen_progress()[0].done == 10);  // no more than all
  }
  CHECK(seen_progress().empty());
  watch_progress(false);
}

TEST_CASE("tasks that are shared out among threads are counted, a phase after the other", "[screen]") {
  watch_progress(true);
  for (const std::size_t threads : {std::size_t{1}, std::size_t{3}}) {
    std::mutex mutex;
    std::vector<SeenProgress> first, last;
    const auto look = [&](std::vector<SeenProgress>& at, bool is_last) {
      const std::lock_guard lock(mutex);
      if (at.empty() || is_last) at = seen_progress();
    };
    parallel_phases(threads, std::array{Phase{8, [&](std::size_t, std::size_t) { look(first, false); }, "packing"},
                                        Phase{5, [&](std::size_t, std::size_t) { look(last, true); }}});
    REQUIRE(first.size() == 1);
    CHECK(first[0].what == "packing");
    CHECK(first[0].total == 8);
    REQUIRE(last.size() == 1);
    CHECK(last[0].total == 5);
    CHECK(last[0].done == 5);
    CHECK(last[0].unit == WorkUnit::tasks);
  }
  CHECK(seen_progress().empty());
  watch_progress(false);
}

TEST_CASE("a screen without a terminal writes what it is given", "[screen]") {
  StringSink out, err;
  {
    Screen screen(out, err, {});
    screen.watch(true);
    const Progress work("work", 2, WorkUnit::tasks);
    screen.show();
    screen.out().write("a");
    screen.err().write("b\n");
  }
  CHECK(out.text == "a");
  CHECK(err.text == "b\n");
}

TEST_CASE("the line comes after a second, is wiped before anything else, and at the end", "[screen]") {
  StringSink terminal;
  bool is_ours = true;
  {
    Screen screen(terminal, terminal,
                  {.shows_progress = true, .takes_out = true, .columns = 80, .is_ours = [&] { return is_ours; }});
    screen.watch(false);
    Progress work("work", 4, WorkUnit::tasks);
    screen.show();
    CHECK(terminal.text.empty());
    std::this_thread::sleep_for(1050ms);
    is_ours = false;
    screen.show();
    CHECK(terminal.text.empty());
    is_ours = true;
    work.set(1);
    screen.show();
    CHECK(terminal.text.starts_with("\rwork [######------------------] 25 %, "));
    CHECK(terminal.text.ends_with(" left\x1b[K"));
    terminal.text.clear();
    screen.err().write("note\n");
    CHECK(terminal.text == "\r\x1b[Knote\n");
    screen.err().write("again\n");
    CHECK(terminal.text == "\r\x1b[Knote\nagain\n");
    screen.show();
    terminal.text.clear();
    screen.out().write("half a line");
    screen.show();  // not into it
    CHECK(terminal.text == "\r\x1b[Khalf a line");
    screen.out().write("\n");
    terminal.text.clear();
    screen.show();
    CHECK_FALSE(terminal.text.empty());
    terminal.text.clear();
  }
  CHECK(terminal.text == "\r\x1b[K");
}

TEST_CASE("a screen looks by itself", "[screen]") {
  StringSink err, out;
  {
    Screen screen(out, err, {.shows_progress = true});
    screen.watch(true);
    const Progress work("work", 4, WorkUnit::tasks);
    std::this_thread::sleep_for(1600ms);
  }
  CHECK(err.text.starts_with("\rwork ["));
  CHECK(err.text.ends_with("\r\x1b[K"));
  CHECK(out.text.empty());
}

TEST_CASE("a dumb terminal, and none, do not rewrite lines", "[screen]") {
  CHECK(rewrites_lines("xterm"));
  CHECK(rewrites_lines("linux"));
  CHECK_FALSE(rewrites_lines("dumb"));
  CHECK_FALSE(rewrites_lines(""));
  CHECK_FALSE(rewrites_lines(nullptr));
}

}  // namespace attn::test
