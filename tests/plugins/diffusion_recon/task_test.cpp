#include "adapter/scan_task.h"
#include "adapter/tasks.h"

#include "cpu_backend.h"

#include "host/startup/modules.h"
#include "iso/base/error.h"
#include "iso/base/random.h"
#include "iso/base/threads.h"
#include "iso/evaluation/phantoms.h"
#include "iso/job/executor.h"
#include "iso/models/runtime.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numbers>

// The tasks as the program runs them. With total variation as prior they need no network.
namespace diffusion_recon {
namespace {

const std::string networks{ISO_SOURCE_DIR "/tests/data/networks"};

class Tasks final : public iso::job::TaskSource {
 public:
  iso::job::LoadedTask load(std::string_view id) override {
    const std::map<std::string, iso::plugin::Task* (*)()> all{
        {"dds", make_dds},   {"mbir", make_mbir}, {"split_gibbs", make_split_gibbs}, {"red_diff", make_red_diff},
        {"pfgm", make_pfgm}, {"gdp", make_gdp},   {"dpm_ot", make_dpm_ot},           {"score_dvi", make_score_dvi}};
    const std::string name{id.substr(id.find('/') + 1)};
    return {std::shared_ptr<iso::plugin::Task>(all.at(name)()), "diffusion_recon", "1.0.0"};
  }
};

iso::Sinogram head_scan() {
  const auto geometry = iso::ProjectionGeometry::parallel(iso::equal_angles(8, std::numbers::pi), {48, 4}, {2, 4});
  return iso::evaluation::project(iso::evaluation::shepp_logan_3d(40), geometry, 1, 0.02);
}

/// Four slices of the head with noise of 60 HU, in Hounsfield units.
iso::Volume noisy_head() {
  const auto grid = iso::VoxelGrid::centred({40, 40, 4}, {2, 2, 4});
  iso::Volume head = iso::evaluation::sample(iso::evaluation::shepp_logan_3d(40), grid, 2);
  iso::PixelBuffer pixels = iso::PixelBuffer::make_copy(head.pixels);
  const iso::Philox random{8, 0};
  std::uint64_t i = 0;
  for (float& value : pixels.values<float>()) value = static_cast<float>(1000 * (value - 1) + 60 * random.normal(i++));
  head.pixels = std::move(pixels);
  head.quantity = iso::Quantity::hounsfield;
  return head;
}

class DiffusionTask : public testing::Test {
 protected:
  iso::job::Record run(const std::string& name, const std::string& parameters,
                       const std::vector<std::string>& ports = {"volume", "residual", "tv", "supplied"},
                       int threads = 1, const iso::Sinogram& scan = head_scan()) {
    workspace = std::make_shared<iso::job::Workspace>();
    workspace->put("scan", iso::freeze(iso::Sinogram{scan}));
    iso::job::Recipe recipe;
    recipe.task = "diffusion_recon/" + name;
    if (name == "score_dvi") {
      workspace->put("image", iso::freeze(noisy_head()));
      recipe.inputs["image"] = "workspace:image";
    } else {
      recipe.inputs["sinogram"] = "workspace:scan";
    }
    if (name == "dpm_ot") {
      workspace->put("atlas", iso::freeze(noisy_head()));
      recipe.inputs["atlas"] = "workspace:atlas";
    }
    for (const std::string& port : ports) recipe.outputs[port] = "workspace:" + port;
    recipe.parameters_json = parameters;
    recipe.device = "cpu";
    iso::job::ExecutionOptions options;
    options.model_directories = {networks};
    options.threads = threads;
    iso::compute::BackendRegistry registry;
    registry.add(iso::gpu::make_cpu_backend(), 1);
    Tasks tasks;
    return iso::job::make_in_process_executor(tasks, registry, options, iso::job::make_data_access(workspace, nullptr))
        ->execute(recipe, {}, {});
  }
  [[nodiscard]] const iso::Volume& volume(const std::string& port) const {
    return iso::get<iso::Volume>(workspace->find(port));
  }
  std::shared_ptr<iso::job::Workspace> workspace;
};

const std::string by_tv_alone = R"({"prior": "total_variation", "size": 32, "levels": 6, "tv_iterations": 30)";
const std::string from_noise = by_tv_alone + R"(, "start_noise": 0)";
const std::string by_tv = from_noise + R"(, "runs": 1)";

TEST_F(DiffusionTask, ReconstructsAndSaysWhatWasMeasured) {
  const auto record = run("dds", by_tv + "}");
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  EXPECT_EQ(volume("volume").quantity, iso::Quantity::hounsfield);
  EXPECT_EQ(volume("volume").grid.size, (std::array<std::int64_t, 3>{32, 32, 4}));
  EXPECT_LT(record.figures.at("relative_residual").value, 0.2);
  EXPECT_GT(record.figures.at("not_measured").value, 0.02);
  EXPECT_LT(record.figures.at("not_measured").value, 0.9);
  EXPECT_EQ(record.figures.at("evaluations").value, 6);
  EXPECT_EQ(record.figures.at("views_used").value, 8);
  EXPECT_FALSE(volume("volume").meta.contains("estimate")) << "no network made it";
  EXPECT_EQ(volume("supplied").meta.at("shows"), "what the prior supplied");
  EXPECT_TRUE(record.curves.contains("misfit"));
}

TEST_F(DiffusionTask, GivesTheSameBitsForAnyNumberOfThreads) {
  const auto one = run("dds", by_tv + "}", {"volume", "residual"}, 1),
             two = run("dds", by_tv + "}", {"volume", "residual"}, 2);
  ASSERT_EQ(one.state, iso::job::State::done) << one.error_message;
  EXPECT_EQ(one.output_digests, two.output_digests);
}

TEST_F(DiffusionTask, GivesSpreadAndSamplesOfSeveralRuns) {
  const auto record =
      run("dds", from_noise + R"(, "runs": 3, "noise": 0.05})", {"volume", "residual", "spread", "samples"});
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  EXPECT_EQ(volume("samples").pixels.spec().shape, (iso::Shape{32, 32, 4, 3}));
  EXPECT_EQ(volume("spread").meta.at("shows"), "sampling spread");
  const auto mean = volume("volume").pixels.values<float>(), all = volume("samples").pixels.values<float>();
  const auto spread = volume("spread").pixels.values<float>();
  double largest = 0;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    const double a = all[i], b = all[mean.size() + i], c = all[2 * mean.size() + i], m = (a + b + c) / 3;
    EXPECT_NEAR(mean[i], m, 0.05) << i;
    EXPECT_NEAR(spread[i], std::sqrt((std::pow(a - m, 2) + std::pow(b - m, 2) + std::pow(c - m, 2)) / 2), 0.05) << i;
    largest = std::max(largest, double{spread[i]});
  }
  EXPECT_GT(largest, 0.1);
  double squares = 0;
  const auto& residual = iso::get<iso::Sinogram>(workspace->find("residual")).readings;
  for (const float value : residual.values<float>()) squares += double{value} * double{value};
  EXPECT_NEAR(record.figures.at("normalised_residual").value,
              std::sqrt(squares / static_cast<double>(residual.spec().shape.count())) / 0.05, 1e-4)
      << "of the mean, which is what is delivered, not of the last sample";
  const auto alone = run("dds", by_tv + "}", {"volume", "spread"});
  ASSERT_EQ(alone.state, iso::job::State::done);
  EXPECT_TRUE(std::ranges::any_of(alone.warnings, [](const auto& text) {
    return std::string_view{text}.find("one run has no spread") != std::string_view::npos;
  }));
  EXPECT_NE(volume("spread").meta.at("shows").find("one run"), std::string::npos);
}

TEST_F(DiffusionTask, OffersTheReferenceAndPosteriorSamples) {
  const auto reference = run("mbir", by_tv_alone + "}");
  EXPECT_EQ(reference.state, iso::job::State::done) << reference.error_message;
  EXPECT_EQ(reference.figures.at("evaluations").value, 12);
  const auto samples =
      run("split_gibbs", R"({"prior": "total_variation", "size": 32, "sweeps": 3, "runs": 2, "noise": 0.01})",
          {"volume", "spread"});
  ASSERT_EQ(samples.state, iso::job::State::done) << samples.error_message;
  EXPECT_EQ(volume("spread").meta.at("shows"), "sampling spread") << "total variation is no prior of a posterior";
  const auto after = [](int sweeps) {
    SplitGibbsParameters parameters;
    parameters.sweeps = sweeps;
    const iso::ArraySpec spec{{8, 8, 1}, iso::ScalarType::f32};
    return algorithm(parameters, {spec, spec, 1}).spread;
  };
  EXPECT_EQ(after(60), Spread::posterior);
  EXPECT_EQ(after(10), Spread::sampling) << "its coupling is still wide";
}

TEST_F(DiffusionTask, TakesByDefaultWhatWasBestOnValidation) {
  const auto task = std::unique_ptr<iso::plugin::Task>(make_dds());
  EXPECT_EQ(task->parse("{}")->json(), task->parse(R"({"levels": 12, "start_noise": 0.3, "eta": 0.3, "z_weight": 0,
    "runs": 4, "tv_strength": 2, "tv_iterations": 300})")
                                           ->json());
}

TEST_F(DiffusionTask, BeginsFromTotalVariationWhereAsked) {
  const auto cold = run("dds", by_tv + "}"), warm = run("dds", by_tv_alone + R"(, "start_noise": 0.3, "runs": 1})");
  ASSERT_EQ(warm.state, iso::job::State::done) << warm.error_message;
  EXPECT_LT(warm.figures.at("evaluations").value, cold.figures.at("evaluations").value);
}

TEST_F(DiffusionTask, WarnsOfTheSpreadOfOneEstimateOnlyWhereItWasAskedFor) {
  const auto spoken_of = [](const iso::job::Record& record) {
    return std::ranges::count_if(record.warnings, [](const auto& text) {
      return std::string_view{text}.find("spread") != std::string_view::npos;
    });
  };
  const auto one = run("red_diff", by_tv_alone + R"(, "runs": 1})"),
             two = run("red_diff", by_tv_alone + R"(, "runs": 2})", {"volume", "spread"});
  ASSERT_EQ(one.state, iso::job::State::done) << one.error_message;
  ASSERT_EQ(two.state, iso::job::State::done) << two.error_message;
  EXPECT_EQ(spoken_of(one), 0);
  EXPECT_EQ(spoken_of(two), 1);
  EXPECT_EQ(volume("spread").meta.at("shows"), "by how much the estimates of several runs differ, no uncertainty");
}

TEST_F(DiffusionTask, OffersFurtherSamplersWithTheirFigures) {
  for (const std::string name : {"red_diff", "pfgm", "gdp", "dpm_ot"}) {
    const auto record = run(name, by_tv_alone + R"(, "runs": 1})");
    ASSERT_EQ(record.state, iso::job::State::done) << name << ": " << record.error_message;
    EXPECT_LT(record.figures.at("relative_residual").value, 0.25) << name;
    EXPECT_TRUE(record.curves.contains("misfit")) << name;
    EXPECT_EQ(record.figures.contains("offset_rms"), name == "gdp");
    EXPECT_EQ(record.curves.contains("offset_of_view"), name == "gdp");
    EXPECT_EQ(record.figures.contains("nearest_atlas_distance"), name == "dpm_ot");
  }
}

TEST_F(DiffusionTask, WarnsOfAResultThatIsRememberedFromTheAtlas) {
  const auto record = run("dpm_ot", by_tv_alone + R"(, "runs": 1, "start_noise": 60, "most_noise": 100})");
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  EXPECT_LT(record.figures.at("nearest_atlas_distance").value, 1) << "anything is nearer than half of such noise";
  EXPECT_TRUE(std::ranges::any_of(record.warnings, [](const auto& text) {
    return std::string_view{text}.find("remembered") != std::string_view::npos;
  }));
  EXPECT_EQ(run("dpm_ot", by_tv_alone + R"(, "start_noise": 0})").error, iso::Errc::invalid_input);
}

TEST_F(DiffusionTask, RemovesNoiseFromAnImageAndMapsIt) {
  const auto record =
      run("score_dvi", R"({"prior": "total_variation", "rounds": 20})", {"volume", "residual", "noise", "deviation"});
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  EXPECT_EQ(volume("noise").quantity, iso::Quantity::hounsfield);
  EXPECT_EQ(record.figures.at("evaluations").value, 16);
  EXPECT_GT(record.figures.at("noise_mean").value, 20);
  EXPECT_LT(record.figures.at("noise_mean").value, 200);
  EXPECT_GT(record.figures.at("relative_residual").value, 0.05) << "of the image, in units of water";
  EXPECT_LT(record.figures.at("relative_residual").value, 0.5);
  const iso::Volume given = noisy_head();
  for (std::size_t i = 0; i < 40 * 40 * 4; ++i)
    ASSERT_NEAR(volume("volume").pixels.values<float>()[i] + volume("residual").pixels.values<float>()[i],
                given.pixels.values<float>()[i], 0.01)
        << "result and what was taken away are the image";
}

TEST_F(DiffusionTask, ReconstructsASlabWhereItLies) {
  const auto record = run("dds", by_tv + R"(, "slab_mm": 4.5, "slab_centre_mm": 4})");
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  const iso::Volume slab = volume("volume");
  EXPECT_EQ(slab.grid.size, (std::array<std::int64_t, 3>{32, 32, 2}));
  EXPECT_NEAR(slab.grid.origin_mm[2], 2, 1e-9);
  const auto& residual = iso::get<iso::Sinogram>(workspace->find("residual"));
  EXPECT_EQ(residual.geometry.elements(), (std::array<std::int64_t, 2>{48, 2}));
  EXPECT_NEAR(residual.geometry.views()[0].detector_centre_mm[2], 4, 1e-9);
  EXPECT_LT(record.figures.at("relative_residual").value, 0.25) << "of the readings of the slab";
}

/// The sum over a slice, in voxels of water.
double mass(const iso::Volume& volume, std::int64_t slice) {
  const std::int64_t area = volume.grid.size[0] * volume.grid.size[1];
  double sum = 0;
  for (const float value :
       volume.pixels.values<float>().subspan(static_cast<std::size_t>(slice * area), static_cast<std::size_t>(area)))
    sum += 1 + value / 1000;
  return sum;
}

TEST_F(DiffusionTask, ShowsTheSlicesOfTheSlabAndNoOthers) {
  iso::Sinogram scan = head_scan();
  iso::PixelBuffer readings = iso::PixelBuffer::make_copy(scan.readings);
  std::array<double, 4> totals{};  // of the readings of each row, which are the masses of the slices
  for (std::size_t i = 0; i < readings.values<float>().size(); ++i) {
    const std::size_t row = i / 48 % 4;
    totals[row] += readings.values<float>()[i] *= static_cast<float>(row + 1);
  }
  scan.readings = std::move(readings);
  const auto record = run("dds", by_tv + R"(, "slab_mm": 4.5, "slab_centre_mm": 4})", {"volume", "tv"}, 1, scan);
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  for (const char* const port : {"volume", "tv"})
    EXPECT_NEAR(mass(volume(port), 1) / mass(volume(port), 0), totals[3] / totals[2], 0.1) << port;
  const std::array<double, 2> slab{mass(volume("tv"), 0), mass(volume("tv"), 1)};
  const auto whole = run("dds", by_tv + "}", {"volume", "tv"}, 1, scan);
  ASSERT_EQ(whole.state, iso::job::State::done) << whole.error_message;
  for (const std::int64_t slice : {0, 1})
    EXPECT_NEAR(slab[static_cast<std::size_t>(slice)] / mass(volume("tv"), slice + 2), 1, 0.05) << slice;
}

TEST_F(DiffusionTask, RefusesASlabOfAScanThatCannotBeTakenApart) {
  const auto beside = run("dds", by_tv + R"(, "slab_mm": 1, "slab_centre_mm": 100})");
  EXPECT_EQ(beside.error, iso::Errc::invalid_input);
  EXPECT_NE(beside.error_message.find("from -6 to 6 mm"), std::string::npos) << beside.error_message;
  iso::CircularScan cone{.source_to_axis_mm = 200, .source_to_detector_mm = 300, .elements = {48, 4}};
  cone.element_pitch_mm = {2, 2};
  const auto geometry = iso::ProjectionGeometry::circular(iso::equal_angles(8, 2 * std::numbers::pi), cone);
  const auto scan = iso::evaluation::project(iso::evaluation::shepp_logan_3d(20), geometry, 1, 0.02);
  const auto crossed = run("dds", by_tv + R"(, "slab_mm": 4})", {"volume"}, 1, scan);
  EXPECT_EQ(crossed.error, iso::Errc::unsupported);
  EXPECT_NE(crossed.error_message.find("its rays cross slices"), std::string::npos) << crossed.error_message;
}

TEST_F(DiffusionTask, CouplesSlicesByTheirDistance) {
  MbirParameters parameters;
  EXPECT_NEAR(coupling_along_z(parameters, 1), 3 * 1.03e-4, 1e-12) << "the paper's, of images 3000 HU wide";
  EXPECT_NEAR(coupling_along_z(parameters, 5), 3 * 1.03e-4 / 5, 1e-12);
  parameters.z_weight = 2;
  EXPECT_NEAR(coupling_along_z(parameters, 0.5), 12 * 1.03e-4, 1e-12);
  EXPECT_EQ(coupling_along_z(DdsParameters{}, 3), 0) << "dds couples by its noise alone";
}

TEST_F(DiffusionTask, TellsMemoryAndTimeBeforeItStarts) {
  const auto task = std::unique_ptr<iso::plugin::Task>(make_dds());
  const auto scan = iso::freeze(head_scan());
  const auto plan = [&](const std::string& more, const std::string& rest = by_tv) {
    return task->plan(iso::plugin::describe({{"sinogram", scan}}), *task->parse(rest + more + "}"));
  };
  const auto small = plan(""), large = plan(R"(, "runs": 8)", from_noise);
  ASSERT_TRUE(small.possible());
  const std::size_t image = 32 * 32 * 4 * 4;
  EXPECT_GT(small.bytes, 10 * image);
  EXPECT_GT(large.bytes, small.bytes + 8 * image);
  EXPECT_TRUE(small.models.empty());
  double few = 0, many = 0;
  for (const auto& one : small.operators) few += one.applications;
  for (const auto& one : large.operators) many += one.applications;
  EXPECT_GT(many, few + 7 * 6 * 12);
}

TEST_F(DiffusionTask, RefusesANetworkThatIsNotInstalledInOneSentence) {
  const auto record = run("dds", R"({"network": "nothing", "size": 32})");
  EXPECT_EQ(record.error, iso::Errc::no_input);
  EXPECT_NE(record.error_message.find("nothing"), std::string::npos) << record.error_message;
}

TEST_F(DiffusionTask, RefusesLevelsThatDoNotFallAndNetworksThatDenoiseNothing) {
  const auto rising = run("dds", R"({"prior": "total_variation", "size": 32, "most_noise": 0.012})");
  EXPECT_EQ(rising.error, iso::Errc::invalid_input);
  EXPECT_NE(rising.error_message.find("most_noise is 0.012"), std::string::npos) << rising.error_message;
  // A library for networks that is never asked: that there is none would be said first.
  iso::models::set_runtime_source([] { return std::shared_ptr<const iso::models::Runtime>{}; });
  const auto wrong = run("dds", R"({"network": "tiny_unet", "size": 32})");
  iso::models::set_runtime_source({});
  EXPECT_EQ(wrong.error, iso::Errc::usage);
  EXPECT_NE(wrong.error_message.find("'tiny_unet' is no denoiser"), std::string::npos) << wrong.error_message;
}

TEST_F(DiffusionTask, MarksWhatANetworkEstimated) {
  iso::host::use_runtime_module();
  try {
    (void)iso::models::runtime();
  } catch (const iso::Error& none) {
    GTEST_SKIP() << none.what();
  }
  const auto record =
      run("dds", R"({"network": "tiny_denoiser", "size": 32, "levels": 3, "tv_iterations": 20, "runs": 2})",
          {"volume", "residual", "tv", "samples"});
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  EXPECT_EQ(volume("volume").meta.at("estimate"), "estimated from 8 views by tiny_denoiser");
  EXPECT_EQ(volume("samples").meta.at("estimate"), "estimated from 8 views by tiny_denoiser");
  EXPECT_FALSE(volume("tv").meta.contains("estimate"));
  EXPECT_TRUE(record.models.contains("tiny_denoiser"));
}

}  // namespace
}  // namespace diffusion_recon
