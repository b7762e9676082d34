#include "host/workers/plan_worker.h"

#include "iso/base/error.h"
#include "support/process_memory.h"

#include <gtest/gtest.h>

#include <csignal>
#include <ctime>

namespace iso::host {
namespace {

class Planning : public ::testing::Test {
 protected:
  static WorkerOptions with(const char* program) {
    WorkerOptions options;
    options.program = program;
    options.plugin_directories = {ISO_BUILT_PLUGINS};
    return options;
  }
  static plugin::Descriptions volume(std::int64_t side) {
    Volume volume;
    volume.grid = VoxelGrid::centred({side, side, side}, {1, 1, 1});
    volume.pixels = Pixels::outline({volume.grid.shape(), ScalarType::f32});
    return {{"volume", describe(std::move(volume))}};
  }
  static job::Recipe recipe(const std::string& task, const std::string& parameters = "{}") {
    job::Recipe made;
    made.task = task;
    made.parameters_json = parameters;
    return made;
  }
  static double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
};

/// Before, each estimate copied and hashed every pixel of its inputs and started a process.
TEST_F(Planning, OfAVolumeOf512VoxelsASideSendsKilobytesAndTakesMilliseconds) {
  PlanWorker worker{with(ISO_WORKER_PROGRAM)};
  (void)worker.ask(recipe("example/smoothing"), volume(8));  // starts the process, loads the plugin
  const plugin::Descriptions inputs = volume(512);
  PlanWorker::Cost cost;
  const double begin = processor_seconds();
  const job::RunPlan plan = worker.ask(recipe("example/smoothing", R"({"sigma_mm": 2})"), inputs, &cost);
  const double here = processor_seconds() - begin;
  RecordProperty("bytes_sent", std::to_string(cost.bytes_sent));
  RecordProperty("processor_ms", std::to_string(1e3 * (here + cost.processor_seconds)));
  std::cout << "an estimate of 512^3 voxels: " << cost.bytes_sent << " bytes sent, " << 1e3 * here << " ms here, "
            << 1e3 * cost.processor_seconds << " ms in the worker\n";
  EXPECT_LT(cost.bytes_sent, 100'000U);
  EXPECT_LT(here + cost.processor_seconds, 0.020);
  EXPECT_EQ(plan.estimate.input_bytes, std::size_t{512} * 512 * 512 * sizeof(float));
  EXPECT_EQ(plan.estimate.work_bytes, 3 * plan.estimate.input_bytes);
  EXPECT_GT(plan.estimate.seconds, 0);
  EXPECT_EQ(plan.outputs.at("smoothed").one().bytes(), plan.estimate.input_bytes);
}

TEST_F(Planning, SaysEveryReasonAndGoesOn) {
  PlanWorker worker{with(ISO_BROKEN_WORKER)};
  try {
    (void)worker.ask(recipe("test/particular", R"({"rounds": 17, "strength": 3})"), volume(16));
    FAIL() << "it was planned";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_input);
    EXPECT_STREQ(error.what(), "rounds is 17, the volume has 16 slices; strength is too high for this volume");
  }
  EXPECT_EQ(worker.ask(recipe("test/particular"), volume(16)).recipe.parameters_json, R"({"rounds":3,"strength":1.5})");
  EXPECT_EQ(test::children().size(), 1U) << "one process for both";
}

TEST_F(Planning, StartsAnotherWorkerAfterACrash) {
  PlanWorker worker{with(ISO_BROKEN_WORKER)};
  try {
    (void)worker.ask(recipe("test/crash_planning"), volume(16));
    FAIL() << "it was planned";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::plugin_crashed);
  }
  EXPECT_EQ(worker.ask(recipe("test/noise"), volume(16)).backend, "memory");
}

}  // namespace
}  // namespace iso::host
