#include "gui/model/journal.h"

#include "gui/model/labels.h"
#include "support/desktop_samples.h"

#include "iso/base/random.h"
#include "iso/io/registry.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count();
}

/// The n-th thing that the user of this test does: a stroke, now and then a line, and the number n left in the look.
void work(Document& document, ItemId base, ItemId labels, int n) {
  LabelStroke stroke{get<LabelMap>(document.find(labels)->data), nullptr};
  const Philox random{1, static_cast<std::uint64_t>(n)};
  stroke.dab({20 * random.uniform(0) - 10, 20 * random.uniform(1) - 10, 20 * random.uniform(2) - 10}, {0, 0, 1}, 3,
             false, LabelStroke::Effect::paint, static_cast<std::uint16_t>(1 + n % 5));
  document.apply_label_delta(labels, stroke.delta(), "Paint");
  if (n % 3 == 0) {
    Measurement line;
    line.item = base;
    line.points_mm = {{0, 0, 0}, {static_cast<double>(n), 0, 0}};
    document.add_measurement(line);
  }
  Look look = document.look();
  look.planes.slab_mm = n;
  document.set_look(look);
}

struct Begun {
  ItemId base, labels;
};
Begun begin(Document& document, const fs::path& file) {
  const ItemId base = document.add("ball", io::read(file), file);
  return {base, document.add_label_map(base, "labels")};
}

/// Works until it is killed, and tells of every step when it was done.
[[noreturn]] void session(const fs::path& folder, const fs::path& file, int told) {
  Document document;
  Journal journal{document, folder};
  const Begun ids = begin(document, file);
  journal.tick();
  for (int n = 1;; ++n) {
    work(document, ids.base, ids.labels, n);
    journal.tick();
    const std::int64_t moment = now_ms();
    if (::write(told, &moment, sizeof moment) != sizeof moment) ::_exit(1);
    ::usleep(3000);
  }
}

TEST(KilledSession, ComesBackAsItWasAtMostTwoSecondsBefore) {
  const fs::path folder = fs::path{::testing::TempDir()} / ("iso_killed_session" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const fs::path file = folder / "ball.nrrd";
  io::write(file, *test::ball(24), {.overwrite = true});
  const Philox random{20261124, 0};
  for (std::uint64_t kill = 0; kill < 20; ++kill) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) session(folder, file, ends[1]);
    ::close(ends[1]);
    ::usleep(static_cast<unsigned>(1e6 * (0.2 + 0.4 * random.uniform(kill))));
    ::kill(child, SIGKILL);
    const std::int64_t killed = now_ms();
    ::waitpid(child, nullptr, 0);
    std::vector<std::int64_t> done;
    for (std::int64_t moment = 0; ::read(ends[0], &moment, sizeof moment) == sizeof moment;) done.push_back(moment);
    ::close(ends[0]);

    const auto found = find_recoveries(folder);
    ASSERT_EQ(found.size(), 1U) << "kill " << kill;
    Document restored;
    apply(restored, recover(found[0].folder));
    ASSERT_EQ(restored.items().size(), 2U);
    const int n = static_cast<int>(std::lround(restored.look().planes.slab_mm));
    ASSERT_GT(n, 0);
    // What was done after step n is lost: the first of it not longer ago than two seconds.
    if (static_cast<std::size_t>(n) < done.size()) {
      EXPECT_LT(killed - done[static_cast<std::size_t>(n)], 2000);
    }

    Document expected;
    const Begun ids = begin(expected, file);
    for (int i = 1; i <= n; ++i) work(expected, ids.base, ids.labels, i);
    EXPECT_EQ(restored.measurements().size(), expected.measurements().size());
    const std::string labels = digest(*restored.items()[1]->data);
    if (labels !=
        digest(*expected.items()[1]->data)) {  // the stroke of the step under way may have been written already
      work(expected, ids.base, ids.labels, n + 1);
      EXPECT_EQ(labels, digest(*expected.items()[1]->data)) << "kill " << kill;
    }
    discard(found[0]);
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace iso::gui
