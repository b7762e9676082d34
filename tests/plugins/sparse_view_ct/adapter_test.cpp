// The tasks as a program runs them: through a recipe and the executor.
#include "adapter/cgls_task.h"
#include "adapter/fbp_task.h"
#include "adapter/sart_task.h"
#include "adapter/tv_task.h"

#include "cpu_backend.h"

#include <gtest/gtest.h>
#include <iso/base/threads.h>
#include <iso/evaluation/noise.h>
#include <iso/evaluation/phantoms.h>
#include <iso/job/executor.h>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace sparse_view_ct;

namespace {

constexpr double pi = std::numbers::pi;

class Tasks final : public iso::job::TaskSource {
 public:
  iso::job::LoadedTask load(std::string_view id) override { return {make(id), "sparse_view_ct", "1.0.0"}; }
  static std::shared_ptr<iso::plugin::Task> make(std::string_view id) {
    if (id == "sparse_view_ct/fbp") return std::make_shared<FbpTask>();
    if (id == "sparse_view_ct/sart") return std::make_shared<SartTask>();
    if (id == "sparse_view_ct/cgls") return std::make_shared<CglsTask>();
    return std::make_shared<TvTask>();
  }
};

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

struct Program {
  Tasks tasks;
  iso::compute::BackendRegistry registry;
  std::shared_ptr<iso::job::Workspace> workspace{std::make_shared<iso::job::Workspace>()};

  Program() { registry.add(iso::gpu::make_cpu_backend(), 1); }
  iso::job::Record run(const std::string& task, const std::string& parameters, iso::DatasetPtr data, int threads = 1) {
    workspace->put("scan", std::move(data));
    iso::job::Recipe recipe;
    recipe.task = task;
    recipe.inputs["sinogram"] = "workspace:scan";
    recipe.outputs["volume"] = "workspace:image";
    recipe.parameters_json = parameters;
    iso::job::ExecutionOptions options;
    options.threads = threads;
    options.overwrite = true;
    const auto before = iso::ThreadBudget::threads();
    auto record = iso::job::make_in_process_executor(tasks, registry, options, iso::job::make_data_access(workspace, nullptr))
                      ->execute(recipe, {}, [](const iso::job::Event&) {});
    iso::ThreadBudget::set(before);
    return record;
  }
};

}  // namespace

class EveryTask : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(SparseView, EveryTask, ::testing::Values("fbp", "sart", "cgls", "tv"), [](const auto& info) { return info.param; });

TEST_P(EveryTask, GivesTheSameBitsAgainAndWithTwoThreads) {
  Program program;
  const auto id = "sparse_view_ct/" + GetParam();
  const auto data = scan(24);
  const auto first = program.run(id, "{}", data), again = program.run(id, "{}", data), two = program.run(id, "{}", data, 2);
  ASSERT_EQ(first.state, iso::job::State::done) << first.error_message;
  EXPECT_TRUE(iso::job::compare(first, again).same_bits);
  EXPECT_TRUE(iso::job::compare(first, two).same_bits);
}

TEST_P(EveryTask, RecordsHowWellTheImageExplainsTheReadings) {
  Program program;
  const auto record = program.run("sparse_view_ct/" + GetParam(), R"({"use_views": 12})", scan(24));
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  EXPECT_EQ(record.quality.at("views_used"), 12);
  EXPECT_GT(record.quality.at("noise_level"), 0);
  // Few views: only what was fitted to the readings explains them.
  const bool direct = GetParam() == "fbp";
  EXPECT_EQ(record.quality.at("relative_residual") > 0.1, direct) << record.quality.at("relative_residual");
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
  const auto verdict = Tasks::make("sparse_view_ct/" + GetParam())->suits({{"sinogram", scan(24)}}, R"({"use_views": 25})");
  EXPECT_FALSE(verdict.possible);
  EXPECT_NE(verdict.reason.find("24 views"), std::string::npos) << verdict.reason;
}

TEST_P(EveryTask, RefusesDataThatIsNoScan) {
  const auto verdict = Tasks::make("sparse_view_ct/" + GetParam())->suits({{"sinogram", iso::freeze(iso::KSpace{})}}, "{}");
  EXPECT_FALSE(verdict.possible);
  EXPECT_NE(verdict.reason.find("needs a sinogram"), std::string::npos) << verdict.reason;
}

TEST(LimitedAngle, IsRefusedByFilteredBackprojectionOnly) {
  const iso::plugin::Datasets data{{"sinogram", scan(30, pi / 2)}};
  EXPECT_FALSE(Tasks::make("sparse_view_ct/fbp")->suits(data, "{}").possible);
  EXPECT_TRUE(Tasks::make("sparse_view_ct/tv")->suits(data, "{}").possible);
}

TEST(ConeBeam, IsSmoothedInThreeDimensions) {
  Program program;
  const auto record = program.run("sparse_view_ct/tv", R"({"size": 32, "iterations": 20})", scan(20, 2 * pi, 24));
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  EXPECT_GT(iso::get<iso::Volume>(program.workspace->find("image")).grid.size[2], 1);
  EXPECT_LT(record.quality.at("relative_residual"), 0.2);
}
