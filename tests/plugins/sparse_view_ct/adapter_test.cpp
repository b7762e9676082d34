// The tasks as a program runs them: through a recipe and the executor.
#include "adapter/tasks.h"

#include "cpu_backend.h"

#include <gtest/gtest.h>
#include <iso/base/threads.h>
#include <iso/evaluation/noise.h>
#include <iso/evaluation/phantoms.h>
#include <iso/job/executor.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <mutex>
#include <numbers>
#include <thread>

using namespace sparse_view_ct;

namespace {

constexpr double pi = std::numbers::pi;

class Tasks final : public iso::job::TaskSource {
 public:
  iso::job::LoadedTask load(std::string_view id) override { return {make(id), "sparse_view_ct", "1.0.0"}; }
  static std::shared_ptr<iso::plugin::Task> make(std::string_view id) {
    return std::shared_ptr<iso::plugin::Task>{id == "sparse_view_ct/fbp"    ? make_fbp()
                                              : id == "sparse_view_ct/sart" ? make_sart()
                                              : id == "sparse_view_ct/cgls" ? make_cgls()
                                                                            : make_tv()};
  }
};

iso::plugin::Plan planned(const std::string& task, const iso::DatasetPtr& data, const std::string& parameters) {
  const auto made = Tasks::make(task);
  return made->plan(iso::plugin::describe({{"sinogram", data}}), *made->parse(parameters));
}

iso::DatasetPtr scan(std::int64_t views, double span = 2 * pi, std::int64_t rows = 1) {
  iso::CircularScan orbit;
  orbit.source_to_axis_mm = 300;
  orbit.source_to_detector_mm = 600;
  orbit.elements = {96, rows};
  orbit.element_pitch_mm = {4, 4};
  const auto geometry = iso::ProjectionGeometry::circular(iso::equal_angles(views, span), orbit);
  const auto head = iso::evaluation::shepp_logan_2d(60, iso::evaluation::Contrast::modified);
  return iso::freeze(iso::evaluation::add_noise(iso::evaluation::project(head, geometry, 1, 0.02), {1e5, 0, 3}));
}

iso::job::ExecutionOptions with(int threads, int preview_every = 0) {
  iso::job::ExecutionOptions options;
  options.threads = threads;
  options.preview_every = preview_every;
  return options;
}

struct Program {
  Tasks tasks;
  iso::compute::BackendRegistry registry;
  std::shared_ptr<iso::job::Workspace> workspace{std::make_shared<iso::job::Workspace>()};

  Program() { registry.add(iso::gpu::make_cpu_backend(), 1); }
  iso::job::Record run(const std::string& task, const std::string& parameters, iso::DatasetPtr data, int threads = 1) {
    return watched(task, parameters, std::move(data), with(threads), {}, [](const iso::job::Event&) {});
  }
  iso::job::Record watched(const std::string& task, const std::string& parameters, iso::DatasetPtr data,
                           iso::job::ExecutionOptions options, const std::stop_token& stop,
                           const iso::job::OnEvent& on_event) {
    workspace->put("scan", std::move(data));
    iso::job::Recipe recipe;
    recipe.task = task;
    recipe.inputs["sinogram"] = "workspace:scan";
    recipe.outputs["volume"] = "workspace:image";
    recipe.parameters_json = parameters;
    options.overwrite = true;
    const auto before = iso::ThreadBudget::threads();
    auto record =
        iso::job::make_in_process_executor(tasks, registry, options, iso::job::make_data_access(workspace, nullptr))
            ->execute(recipe, stop, on_event);
    iso::ThreadBudget::set(before);
    return record;
  }
};

}  // namespace

class EveryTask : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(SparseView, EveryTask, ::testing::Values("fbp", "sart", "cgls", "tv"),
                         [](const auto& test) { return test.param; });

TEST_P(EveryTask, GivesTheSameBitsAgainAndWithTwoThreads) {
  Program program;
  const auto id = "sparse_view_ct/" + GetParam();
  const auto data = scan(24);
  const auto first = program.run(id, "{}", data), again = program.run(id, "{}", data),
             two = program.run(id, "{}", data, 2);
  ASSERT_EQ(first.state, iso::job::State::done) << first.error_message;
  EXPECT_TRUE(iso::job::compare(first, again).same_bits);
  EXPECT_TRUE(iso::job::compare(first, two).same_bits);
}

TEST_P(EveryTask, RecordsHowWellTheImageExplainsTheReadings) {
  Program program;
  const auto record = program.run("sparse_view_ct/" + GetParam(), R"({"use_views": 12})", scan(24));
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  EXPECT_EQ(record.figures.at("views_used").value, 12);
  EXPECT_GT(record.figures.at("noise_level").value, 0);
  // Few views: only what was fitted to the readings explains them.
  const bool direct = GetParam() == "fbp";
  EXPECT_EQ(record.figures.at("relative_residual").value > 0.1, direct) << record.figures.at("relative_residual").value;
}

TEST_P(EveryTask, GivesHounsfieldUnitsWithAirOutside) {
  Program program;
  const auto record = program.run("sparse_view_ct/" + GetParam(), R"({"units": "hounsfield"})", scan(24));
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  const auto image = program.workspace->find("image");
  ASSERT_TRUE(image);
  const auto& volume = iso::get<iso::Volume>(image);
  EXPECT_EQ(volume.quantity, iso::Quantity::hounsfield);
  EXPECT_NEAR(volume.pixels.values<float>()[0], -1000, 1e-3);
}

TEST_P(EveryTask, RefusesMoreViewsThanTheScanHas) {
  const auto plan = planned("sparse_view_ct/" + GetParam(), scan(24), R"({"use_views": 25})");
  ASSERT_FALSE(plan.possible());
  EXPECT_NE(plan.refusals.front().sentence.find("24 views"), std::string::npos) << plan.refusals.front().sentence;
  EXPECT_EQ(plan.refusals.front().code, iso::Errc::invalid_input);
}

TEST_P(EveryTask, RefusesDataThatIsNoScan) {
  const auto plan = planned("sparse_view_ct/" + GetParam(), iso::freeze(iso::KSpace{}), "{}");
  ASSERT_FALSE(plan.possible());
  EXPECT_NE(plan.refusals.front().sentence.find("expected a sinogram"), std::string::npos)
      << plan.refusals.front().sentence;
}

/// A cone-beam scan so large that no method is done with it within a few seconds of a processor.
iso::DatasetPtr large_scan() {
  iso::CircularScan orbit;
  orbit.source_to_axis_mm = 300;
  orbit.source_to_detector_mm = 600;
  orbit.elements = {192, 128};
  orbit.element_pitch_mm = {2, 2};
  iso::Sinogram scan;
  scan.geometry = iso::ProjectionGeometry::circular(iso::equal_angles(240, 2 * pi), orbit);
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({scan.geometry.sinogram_shape(), iso::ScalarType::f32});
  for (auto& value : buffer.values<float>()) value = 1;
  scan.readings = std::move(buffer);
  return iso::freeze(std::move(scan));
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

TEST_P(EveryTask, EndsWithinASecondOfWorkWhenCancelledWhereverItIs) {
  // Processor time: a machine that others use too must not fail this test.
  const auto data = large_scan();
  for (const double begin : {0.05, 0.6}) {
    Program program;
    std::stop_source stop;
    std::atomic<double> asked{0};
    std::jthread user;
    std::once_flag once;
    const auto record = program.watched(
        "sparse_view_ct/" + GetParam(), "{}", data, with(1), stop.get_token(), [&](const iso::job::Event& event) {
          if (event.stage != "reconstruction") return;
          std::call_once(once, [&] {
            user = std::jthread([&, until = processor_seconds() + begin](const std::stop_token& over) {
              while (!over.stop_requested() && processor_seconds() < until)
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
              if (over.stop_requested()) return;  // the job ended by itself
              asked = processor_seconds();
              stop.request_stop();
            });
          });
        });
    const double ended = processor_seconds();
    EXPECT_EQ(record.state, iso::job::State::cancelled) << record.error_message;
    ASSERT_GT(asked, 0);
    EXPECT_LT(ended - asked, 1.0);
    EXPECT_FALSE(program.workspace->find("image"));
  }
}

class EveryIteration : public ::testing::TestWithParam<std::pair<std::string, std::string>> {};
INSTANTIATE_TEST_SUITE_P(SparseView, EveryIteration,
                         ::testing::Values(std::pair{"sart", R"({"iterations": 6})"},
                                           std::pair{"cgls", R"({"iterations": 6, "stop_at_noise": false})"},
                                           std::pair{"tv", R"({"iterations": 6, "tolerance": 0})"},
                                           std::pair{"tv", R"({"iterations": 6, "tolerance": 0, "solver": "admm"})"}),
                         [](const auto& test) { return test.param.first + std::to_string(test.index); });

TEST_P(EveryIteration, ShowsEverySecondImageInTheUnitsOfTheResultAndTheSameResult) {
  Program program;
  const auto id = "sparse_view_ct/" + GetParam().first;
  const auto data = scan(24);
  auto parameters = GetParam().second;
  parameters.insert(1, R"("units": "hounsfield", )");
  std::vector<iso::DatasetPtr> shown;
  const auto note = [&](const iso::job::Event& event) {
    if (event.kind == iso::job::EventKind::preview && event.output == "volume") shown.push_back(event.data);
  };
  const auto blind = program.watched(id, parameters, data, with(1), {}, note);
  ASSERT_EQ(blind.state, iso::job::State::done) << blind.error_message;
  EXPECT_TRUE(shown.empty());
  const auto seen = program.watched(id, parameters, data, with(1, 2), {}, note);
  ASSERT_EQ(shown.size(), 3U);
  EXPECT_TRUE(iso::job::compare(blind, seen).same_bits);
  const auto image = program.workspace->find("image");
  const auto& last = iso::get<iso::Volume>(image);
  const auto distance = [&](const iso::DatasetPtr& data_set) {
    const auto& volume = iso::get<iso::Volume>(data_set);
    EXPECT_EQ(volume.grid, last.grid);
    EXPECT_EQ(volume.quantity, iso::Quantity::hounsfield);
    EXPECT_NEAR(volume.pixels.values<float>()[0], -1000, 1e-3);
    double sum = 0;
    for (std::size_t i = 0; i < last.pixels.values<float>().size(); ++i)
      sum += std::pow(volume.pixels.values<float>()[i] - last.pixels.values<float>()[i], 2);
    return sum;
  };
  EXPECT_GT(distance(shown[0]), distance(shown[1]));
  EXPECT_GT(distance(shown[1]), distance(shown[2]));
}

TEST_P(EveryIteration, IsTheLastOnceTheUserCancels) {
  Program program;
  std::stop_source stop;
  double iterations = 0;
  const auto record = program.watched("sparse_view_ct/" + GetParam().first, GetParam().second, scan(24), with(1),
                                      stop.get_token(), [&](const iso::job::Event& event) {
                                        if (event.kind != iso::job::EventKind::plot || event.curve != "residual")
                                          return;
                                        iterations = event.x;
                                        if (event.x == 3) stop.request_stop();
                                      });
  EXPECT_EQ(record.state, iso::job::State::cancelled) << record.error_message;
  EXPECT_EQ(iterations, 3);
  EXPECT_FALSE(program.workspace->find("image"));
}

TEST(LimitedAngle, IsRefusedByFilteredBackprojectionOnly) {
  const auto data = scan(30, pi / 2);
  EXPECT_FALSE(planned("sparse_view_ct/fbp", data, "{}").possible());
  EXPECT_TRUE(planned("sparse_view_ct/tv", data, "{}").possible());
}

TEST(ConeBeam, IsSmoothedInThreeDimensions) {
  Program program;
  const auto record =
      program.run("sparse_view_ct/tv", R"({"size": 32, "iterations": 20, "step_ratio": 0.01})", scan(20, 2 * pi, 24));
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  EXPECT_GT(iso::get<iso::Volume>(program.workspace->find("image")).grid.size[2], 1);
  EXPECT_LT(record.figures.at("relative_residual").value, 0.2);
}

TEST(ConeBeam, TakesTwoThirdsOfTheWeightOfSlices) {
  Program program;
  const auto weight = [&](const char* dimensions, double iterations) {
    const auto record = program.run("sparse_view_ct/tv",
                                    R"({"size": 32, "iterations": )" + std::to_string(static_cast<int>(iterations)) +
                                        R"(, "dimensions": ")" + dimensions + "\"}",
                                    scan(20, 2 * pi, 24));
    return record.figures.at("tv_weight").value;
  };
  // One iteration: the weight is that of the noise level of the readings, which is the same for both.
  EXPECT_NEAR(weight("three", 1), 2.0 / 3.0 * weight("two", 1), 1e-6 * weight("two", 1));
}
