// A log of gestures, as a user makes them over minutes, ends in the mask that its final marks give from scratch.
#include "host/plugins/catalogue.h"
#include "host/workers/interaction.h"

#include "iso/base/error.h"
#include "iso/base/random.h"

#include "support/process_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace iso::host {
namespace {

using namespace std::chrono_literals;

/// Discs of several heights with noise: regions that grow into each other when the tolerance is high.
Volume picture() {
  Volume volume;
  volume.grid = VoxelGrid::centred({96, 96, 1}, {1, 1, 1});
  PixelBuffer pixels = PixelBuffer::allocate({volume.grid.shape(), ScalarType::f32});
  const auto values = pixels.values<float>();
  const Philox random{3, 0};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t column = i % 96, row = i / 96;
    const auto x = static_cast<double>(column), y = static_cast<double>(row);
    double value = 0;
    for (int k = 0; k < 6; ++k) {
      const int across = k % 3, down = k / 3;
      if (std::hypot(x - 16 - 32 * across, y - 24 - 48 * down) < 15) value = 20 * (k + 1);
    }
    values[i] = static_cast<float>(value + 2 * random.normal(i));
  }
  volume.pixels = std::move(pixels);
  return volume;
}

struct Gestures {
  std::vector<plugin::Mark> marks;
  double tolerance{0};
  std::uint64_t last_id{0};

  [[nodiscard]] std::string parameters() const { return R"({"tolerance": )" + std::to_string(tolerance) + "}"; }
  [[nodiscard]] std::size_t pick(const Philox& random, std::uint64_t step) const {
    return std::min(marks.size() - 1,
                    static_cast<std::size_t>(random.uniform(4 * step + 1) * static_cast<double>(marks.size())));
  }

  /// Of ten gestures six are clicks, two remove an older one, one relabels one, one moves the slider.
  std::string make(const Philox& random, std::uint64_t step) {
    const double what = random.uniform(4 * step);
    if (what < 0.2 && marks.size() > 3) {
      marks.erase(marks.begin() + static_cast<std::ptrdiff_t>(pick(random, step)));
      return "remove";
    }
    if (what < 0.3 && !marks.empty()) {
      plugin::Mark& one = marks[pick(random, step)];
      one.label = static_cast<std::uint16_t>((one.label + 1) % 5);
      return "relabel";
    }
    if (what < 0.4) {
      tolerance = std::floor(30 * random.uniform(4 * step + 1));
      return "slider";
    }
    const auto at = [&](std::uint64_t stream) {
      return static_cast<std::int32_t>(95.99 * random.uniform(4 * step + stream));
    };
    const std::int32_t x = at(1), y = at(2);
    marks.push_back({++last_id,
                     static_cast<std::uint16_t>(std::floor(5 * random.uniform(4 * step + 3))),
                     {x - 47.5, y - 47.5, 0},
                     {{x, y, 0}}});
    return "click";
  }
};

class GestureLog : public ::testing::Test {
 protected:
  std::shared_ptr<InteractionWorker> begin(const Gestures& so_far) {
    WorkerOptions options;
    options.program = ISO_WORKER_PROGRAM;
    options.plugin_directories = {ISO_BUILT_PLUGINS};
    return start_interaction(options, {"example/region_growing", so_far.parameters()}, {{"volume", image}});
  }
  static std::string settled(InteractionWorker& worker, const Gestures& log) {
    for (int round = 0; round < 500; ++round) {
      const auto answer = worker.answer(log.marks, log.parameters(), 60ms);
      if (answer.fraction >= 1) return digest(*answer.outputs.at("regions"));
    }
    return "it never came to rest";
  }
  /// What was killed is the process that watches over the worker; the worker itself dies of that a moment later and may
  /// answer until then.
  static bool dies(InteractionWorker& worker, const Gestures& log) {
    for (int round = 0; round < 500; ++round) {
      try {
        (void)worker.answer(log.marks, log.parameters(), 60ms);
      } catch (const Error& problem) {
        return problem.code() == Errc::plugin_crashed;
      }
    }
    return false;
  }
  DatasetPtr image{freeze(picture())};
};

TEST_F(GestureLog, Of200ClicksWithRemovalsRelabelsSliderMovesAndAKilledWorkerEndsInTheMaskOfItsFinalMarks) {
  const Philox random{2026, 11};
  Gestures log;
  std::map<std::string, int> made;
  auto worker = begin(log);
  bool killed = false;
  std::uint64_t step = 0;
  for (; made["click"] < 200; ++step) {
    ++made[log.make(random, step)];
    if (made["click"] == 100 && !killed) {  // the worker dies over a question, and another gets the whole list
      killed = true;
      const auto processes = test::children();
      ASSERT_EQ(processes.size(), 1U);
      ::kill(processes.front(), SIGKILL);
      EXPECT_TRUE(dies(*worker, log));
      worker = begin(log);
    }
    if (step % 3 == 0) (void)worker->answer(log.marks, log.parameters(), 1ms);  // a hurried answer, cut off
    if (step % 17 == 0) (void)settled(*worker, log);
  }
  EXPECT_TRUE(killed);
  for (const char* const kind : {"remove", "relabel", "slider"}) EXPECT_GE(made[kind], 15) << kind;
  const std::string after_the_log = settled(*worker, log);
  EXPECT_EQ(after_the_log.size(), 64U) << after_the_log;
  EXPECT_EQ(after_the_log, settled(*begin(log), log));
  Gestures other = log;
  other.marks.pop_back();
  other.tolerance += 3;
  EXPECT_NE(after_the_log, settled(*worker, other)) << "the mask must depend on the marks at all";
}

}  // namespace
}  // namespace iso::host
