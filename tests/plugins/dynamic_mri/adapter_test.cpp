// The tasks as a program meets them.
#include "adapter/tasks.h"
#include "series_fixture.h"

#include <gtest/gtest.h>
#include <iso/base/threads.h>
#include <iso/job/executor.h>

#include <algorithm>
#include <ctime>
#include <iostream>

using namespace dynamic_mri;

namespace {

using Make = iso::plugin::Task* (*)();
const std::map<std::string, Make> makers{
    {"rdledm", make_rdledm}, {"ftvnnr", make_ftvnnr}, {"l_plus_s", make_l_plus_s}, {"temporal_tv", make_temporal_tv},
    {"llr", make_llr},       {"kt_slr", make_kt_slr}, {"cg_sense", make_cg_sense}, {"zero_filled", make_zero_filled}};

class Tasks final : public iso::job::TaskSource {
 public:
  iso::job::LoadedTask load(std::string_view id) override {
    const auto name = std::string{id.substr(id.find('/') + 1)};
    return {std::shared_ptr<iso::plugin::Task>{makers.at(name)()}, "dynamic_mri", "1.0.0"};
  }
};

iso::KSpace small_scan() {
  iso::mri::SimulationOptions options;
  options.coils = 2;
  options.noise = 1e-3;
  const auto stream = cpu().make_stream();
  return iso::mri::simulate(iso::mri::heart_phantom(32, 6), options, cpu(), *stream);
}

iso::plugin::Plan planned(const std::string& name, iso::KSpace scan, const std::string& parameters = "{}") {
  const std::unique_ptr<iso::plugin::Task> task{makers.at(name)()};
  const iso::plugin::Datasets inputs{{"k_space", iso::freeze(std::move(scan))}};
  return task->plan(iso::plugin::describe(inputs), *task->parse(parameters));
}

}  // namespace

TEST(DynamicTasks, PlanWhatTheyWillGiveWithoutSamples) {
  for (const auto& [name, make] : makers) {
    const auto plan = planned(name, small_scan());
    ASSERT_TRUE(plan.possible()) << name;
    EXPECT_GT(plan.bytes, 0u);
    const auto& series = iso::get<iso::Volume>(plan.outputs.at("series").one());
    EXPECT_EQ(series.pixels.spec().shape, (iso::Shape{32, 32, 1, 6})) << name;
  }
}

TEST(DynamicTasks, RefuseWhatTheyCannotReconstructInOneSentence) {
  iso::KSpace radial = small_scan();
  radial.trajectory = iso::radial_trajectory(16, 32, 0, 0.1);
  EXPECT_NE(planned("rdledm", radial).refusals.at(0).sentence.find("coordinates"), std::string::npos);
  iso::KSpace bare = small_scan();
  bare.coil_sensitivities = {};
  const auto without_maps = planned("rdledm", bare, R"({"coil_maps": "given"})");
  ASSERT_EQ(without_maps.refusals.size(), 1u);
  EXPECT_EQ(without_maps.refusals[0].parameter, "coil_maps");
  EXPECT_EQ(without_maps.refusals[0].code, iso::Errc::invalid_input);
  EXPECT_TRUE(planned("rdledm", bare).possible());
  iso::KSpace other_maps = small_scan();
  other_maps.coil_sensitivities = iso::mri::simulated_maps({16, 16, 1}, 2);
  EXPECT_FALSE(planned("cg_sense", other_maps).possible());
  EXPECT_THROW((void)planned("rdledm", small_scan(), R"({"layers": 0})"), iso::Error);
}

TEST(DynamicTasks, CompressCoilsAndLeaveWhiteningOutAsAsked) {
  const auto all = planned("rdledm", small_scan()), one = planned("rdledm", small_scan(), R"({"virtual_coils": 1})");
  EXPECT_LT(one.bytes, all.bytes);
  EXPECT_TRUE(planned("zero_filled", small_scan(), R"({"whiten": false})").possible());
}

TEST(DynamicTasks, RunAndReplayToTheSameBits) {
  const int before = iso::ThreadBudget::threads();
  for (const auto& [name, make] : makers) {
    Tasks tasks;
    iso::compute::BackendRegistry registry;
    registry.add(iso::gpu::make_cpu_backend(), 1);
    const auto workspace = std::make_shared<iso::job::Workspace>();
    workspace->put("scan", iso::freeze(small_scan()));
    iso::job::Recipe recipe;
    recipe.task = "dynamic_mri/" + name;
    recipe.inputs["k_space"] = "workspace:scan";
    for (const char* port : {"series", "residual", "error_map", "mean", "frames", "increments"})
      recipe.outputs[port] = std::string{"workspace:"} + port;
    recipe.parameters_json = name == "zero_filled" ? "{}" : R"({"iterations": 12})";
    iso::job::ExecutionOptions options;
    options.overwrite = true;
    std::vector<iso::job::Record> records;
    for (const int threads : {1, 2}) {
      options.threads = threads;
      records.push_back(
          iso::job::make_in_process_executor(tasks, registry, options, iso::job::make_data_access(workspace, nullptr))
              ->execute(recipe, {}, [](const iso::job::Event&) {}));
    }
    ASSERT_EQ(records[0].state, iso::job::State::done) << name << ": " << records[0].error_message;
    ASSERT_EQ(records[0].output_digests.size(), 6u) << name;
    EXPECT_EQ(records[0].output_digests, records[1].output_digests) << name;
    iso::ThreadBudget::set(before);
  }
}

TEST(DynamicTasks, ShowTheSeriesEveryTenIterations) {
  Tasks tasks;
  iso::compute::BackendRegistry registry;
  registry.add(iso::gpu::make_cpu_backend(), 1);
  const auto workspace = std::make_shared<iso::job::Workspace>();
  workspace->put("scan", iso::freeze(small_scan()));
  iso::job::Recipe recipe;
  recipe.task = "dynamic_mri/rdledm";
  recipe.inputs["k_space"] = "workspace:scan";
  recipe.outputs["series"] = "workspace:series";
  recipe.parameters_json = R"({"iterations": 60, "layers": 3, "tolerance": 0, "weights": "fixed"})";
  iso::job::ExecutionOptions options;
  options.preview_every = 10;
  std::vector<iso::DatasetPtr> shown;
  const auto record =
      iso::job::make_in_process_executor(tasks, registry, options, iso::job::make_data_access(workspace, nullptr))
          ->execute(recipe, {}, [&](const iso::job::Event& event) {
            if (event.kind == iso::job::EventKind::preview) shown.push_back(event.data);
          });
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  ASSERT_EQ(shown.size(), 6U);  // also across the layers
  // Copies, each nearer to what came out than the one before it, on the scale of the scan.
  const iso::DatasetPtr last = workspace->find("series");
  double before = 1;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const double away = errors(iso::get<iso::Volume>(shown[i]), iso::get<iso::Volume>(last)).nrmse;
    EXPECT_LT(away, before) << i;
    before = away;
  }
  EXPECT_LT(before, 0.1);
}

TEST(DynamicTasks, EstimateTheTimeThatAProcessorTakes) {
  Tasks tasks;
  iso::compute::BackendRegistry registry;
  registry.add(iso::gpu::make_cpu_backend(), 1);
  iso::mri::SimulationOptions simulation;
  simulation.coils = 8, simulation.noise = 2e-3, simulation.mask.acceleration = 8;
  const auto stream = cpu().make_stream();
  const auto workspace = std::make_shared<iso::job::Workspace>();
  workspace->put("scan", iso::freeze(iso::mri::simulate(iso::mri::heart_phantom(128, 24), simulation, cpu(), *stream)));
  iso::job::ExecutionOptions options;
  options.threads = 1;
  const auto before = iso::ThreadBudget::threads();
  std::vector<double> shares;
  for (const char* const preset : {"breath_hold", "perfusion"}) {
    iso::job::Recipe recipe;
    recipe.task = "dynamic_mri/rdledm";
    recipe.inputs["k_space"] = "workspace:scan";
    recipe.outputs["series"] = "workspace:series";
    recipe.parameters_json =
        std::string{R"({"iterations": 40, "tolerance": 0, "weights": "fixed", "preset": ")"} + preset + "\"}";
    options.overwrite = true;
    const std::clock_t start = std::clock();  // of the process
    const auto record =
        iso::job::make_in_process_executor(tasks, registry, options, iso::job::make_data_access(workspace, nullptr))
            ->execute(recipe, {}, [](const iso::job::Event&) {});
    const double taken = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
    std::cout << preset << ": estimated " << record.estimated_seconds << " s, taken " << taken
              << " s of the processor\n";
    // The rates were measured on a processor with AVX-512; one without, shared with others, takes two to three times as long.
    EXPECT_GT(record.estimated_seconds, 0.2 * taken) << preset;
    EXPECT_LT(record.estimated_seconds, 2 * taken) << preset;
    shares.push_back(record.estimated_seconds / taken);
  }
  EXPECT_LT(std::ranges::max(shares), 2 * std::ranges::min(shares));  // whatever the processor
  iso::ThreadBudget::set(before);
}
