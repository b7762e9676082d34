// What a thousand clicks and undos leave behind: in this process, and in the worker that the desktop asks.
#include "host/plugins/catalogue.h"
#include "host/workers/interaction.h"
#include "support/process_memory.h"
#include "support/sanitizers.h"

#include "gpu/cpu/cpu_backend.h"

#include <iso/base/memory.h>
#include <iso/base/random.h>
#include <iso/base/temporary_folder.h>
#include <iso/data/volume.h>

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <numeric>

namespace iso {
namespace {

using namespace std::chrono_literals;
using Marks = std::vector<plugin::Mark>;
using Ask = std::function<job::InteractionAnswer(const Marks&)>;

constexpr std::int64_t edge = 512;
constexpr double mebibyte = 1 << 20;

std::vector<std::filesystem::path> plugins() {
  return {std::filesystem::path{ISO_BINARY_DIR} / "lib/isocenter/plugins"};
}

/// Three slices of grain with a disc.
DatasetPtr make_image() {
  const Philox random{3, 3};
  Volume volume;
  volume.grid = VoxelGrid::centred({edge, edge, 3}, {1, 1, 1});
  PixelBuffer pixels = PixelBuffer::allocate({volume.grid.shape(), ScalarType::f32});
  const auto values = pixels.values<float>();
  for (std::int64_t i = 0; i < edge * edge * 3; ++i) {
    const auto x = static_cast<double>(i % edge - edge / 2), y = static_cast<double>(i / edge % edge - edge / 2);
    const double in = std::hypot(x, y) < 120 ? 1 : 0;
    values[static_cast<std::size_t>(i)] = static_cast<float>(in + 0.2 * random.normal(static_cast<std::uint64_t>(i)));
  }
  volume.pixels = std::move(pixels);
  return freeze(std::move(volume));
}

/// Clicks and undos by turns, so that between none and thirty count; every answer is waited for.
class Hand {
 public:
  explicit Hand(Ask ask) : ask_{std::move(ask)} {}
  void work(int steps) {
    for (int i = 0; i < steps; ++i) {
      const bool back = marks_.size() >= 30 || (!marks_.empty() && random_.uniform(draw_++) < 0.45);
      back ? marks_.pop_back() : mark();
      while (ask_(marks_).fraction < 1) {
      }
    }
  }

 private:
  void mark() {
    const auto draw = [this](std::int64_t below) {
      return static_cast<std::int32_t>(static_cast<double>(below) * random_.uniform(draw_++));
    };
    marks_.push_back({++id_, static_cast<std::uint16_t>(draw(3)), {}, {{draw(edge), draw(edge), draw(3)}}});
  }
  Ask ask_;
  Philox random_{11, 5};
  std::uint64_t draw_{0}, id_{0};
  Marks marks_;
};

/// Resident memory after 200 and after 1,000 clicks and undos.
void expect_no_growth(const char* where, const Ask& ask, const std::function<std::size_t()>& resident) {
  Hand hand{ask};
  hand.work(200);
  const auto early = static_cast<double>(resident());
  hand.work(800);
  const auto late = static_cast<double>(resident());
  std::printf("%s: %.1f MiB after 200 clicks and undos, %.1f MiB after 1000\n", where, early / mebibyte,
              late / mebibyte);
  if (!test::sanitized) {
    EXPECT_LT(late - early, 24 * mebibyte) << where;
  }
}

/// Of all processes that this one started, and of those that they started.
std::size_t resident_of_workers() {
  const auto of = [](pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/statm"};
    std::size_t all = 0, resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  };
  std::size_t sum = 0;
  for (const pid_t child : test::children()) {
    sum += of(child);
    std::ifstream list{"/proc/" + std::to_string(child) + "/task/" + std::to_string(child) + "/children"};
    for (pid_t next = 0; list >> next;) sum += of(next);
  }
  return sum;
}

TEST(ClickMemory, IsWhereItWasAfterAThousandClicksAndUndos) {
  host::PluginCatalogue catalogue{plugins()};
  compute::BackendRegistry registry;
  registry.add(gpu::make_cpu_backend(), 0);
  const TemporaryFolder scratch{"iso_click_memory"};
  job::ExecutionOptions execution;
  execution.scratch = scratch.path();
  job::InteractionSession session{
      {"gp_segmentation/clicks"}, {{"volume", make_image()}}, catalogue, registry, execution};
  expect_no_growth(
      "in this process", [&](const Marks& marks) { return session.answer(marks, "{}", 1s); },
      [] { return resident_bytes(); });
}

TEST(ClickMemory, OfTheWorkerIsWhereItWasToo) {
  host::WorkerOptions options;
  options.program = ISO_WORKER_PROGRAM;
  options.plugin_directories = plugins();
  const auto worker = host::start_interaction(options, {"gp_segmentation/clicks"}, {{"volume", make_image()}});
  const std::size_t segments = test::shared_segments();
  expect_no_growth(
      "in the worker", [&](const Marks& marks) { return worker->answer(marks, "{}", 1s); }, resident_of_workers);
  EXPECT_EQ(test::shared_segments(), segments) << "answers travel in shared memory";
}

}  // namespace
}  // namespace iso
