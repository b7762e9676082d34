#include "adapter/tasks.h"
#include "cpu_backend.h"
#include "method/interpolation.h"
#include "method/network_reconstruction.h"

#include "host/startup/modules.h"
#include "iso/base/error.h"
#include "iso/job/executor.h"
#include "iso/models/library.h"
#include "iso/models/reference.h"
#include "iso/models/runtime.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numbers>

// The program's result is that of the training package: its operators, total variation, networks and what stands between them, on a
// stored scan (tests/data/networks/make_networks.py).
namespace sinogram_upsampling {
namespace {

namespace fs = std::filesystem;
using iso::Errc;

const fs::path networks{ISO_SOURCE_DIR "/tests/data/networks"};
constexpr double of_water = 1e-3;  // 1 HU

iso::Pixels stored(const std::string& name, const iso::Shape& shape) {
  iso::PixelBuffer out = iso::PixelBuffer::allocate({shape, iso::ScalarType::f32});
  std::ifstream in{networks / (name + ".f32"), std::ios::binary};
  in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.spec().bytes()));
  EXPECT_EQ(in.gcount(), static_cast<std::streamsize>(out.spec().bytes())) << name;
  return out;
}

double largest_difference(const iso::Pixels& a, const iso::Pixels& b, double factor = 1) {
  double most = 0;
  for (std::size_t i = 0; i < b.values<float>().size(); ++i)
    most = std::max(most, std::abs(double{a.values<float>()[i]} * factor - double{b.values<float>()[i]}));
  return most;
}

iso::ProjectionGeometry stored_geometry(std::int64_t views = 24, double pitch_mm = 2) {
  iso::CircularScan scan{.source_to_axis_mm = 100, .source_to_detector_mm = 150, .elements = {63, 1}};
  scan.element_pitch_mm = {pitch_mm, 1};
  return iso::ProjectionGeometry::circular(iso::equal_angles(views, 2 * std::numbers::pi), scan);
}

iso::Sinogram stored_scan() {
  iso::Sinogram scan;
  scan.geometry = stored_geometry();
  scan.readings = stored("scan.readings", scan.geometry.sinogram_shape());
  return scan;
}

class Tasks final : public iso::job::TaskSource {
 public:
  iso::job::LoadedTask load(std::string_view id) override {
    const bool primal_dual = id.ends_with("pd_unet");
    return {std::shared_ptr<iso::plugin::Task>(primal_dual ? make_pd_unet() : make_unet()), "sinogram_upsampling",
            "1.0.0"};
  }
};

class Networks : public testing::Test {
 protected:
  void SetUp() override {
    iso::host::use_runtime_module();
    try {
      (void)iso::models::runtime();
    } catch (const iso::Error& none) {
      GTEST_SKIP() << none.what();
    }
  }
  iso::job::Record run(const std::string& name, const iso::Sinogram& scan, const std::string& more = "",
                       const std::string& place = "workspace:scan") {
    const auto workspace_ = std::make_shared<iso::job::Workspace>();
    workspace = workspace_;
    workspace->put("scan", iso::freeze(iso::Sinogram{scan}));
    iso::job::Recipe recipe;
    recipe.task = "sinogram_upsampling/" + name;
    recipe.inputs["sinogram"] = place;
    for (const char* const port : {"volume", "residual", "direct", "start", "upsampled"})
      recipe.outputs[port] = "workspace:" + std::string{port};
    recipe.parameters_json = R"({"mask": false, "network": "tiny_)" + name + "\"" + more + "}";
    recipe.device = "cpu";
    iso::job::ExecutionOptions options;
    options.model_directories = {networks};
    iso::compute::BackendRegistry registry;
    registry.add(iso::gpu::make_cpu_backend(), 1);
    Tasks tasks;
    return iso::job::make_in_process_executor(tasks, registry, options, iso::job::make_data_access(workspace, nullptr))
        ->execute(recipe, {}, {});
  }
  [[nodiscard]] const iso::Volume& volume(const char* port) const {
    return iso::get<iso::Volume>(workspace->find(port));
  }
  std::shared_ptr<iso::job::Workspace> workspace;
};

TEST_F(Networks, EstimateWhatTheTrainingPackageEstimates) {
  for (const std::string name : {"unet", "pd_unet"}) {
    const auto record = run(name, stored_scan());
    ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
    EXPECT_LT(largest_difference(volume("start").pixels, stored("scan.start", {32, 32, 1}), 1 / 0.0192), of_water)
        << name;
    EXPECT_LT(largest_difference(volume("volume").pixels, stored("scan." + name, {32, 32, 1}), 1 / 0.0192), of_water)
        << name;
    EXPECT_GT(largest_difference(volume("volume").pixels, volume("start").pixels), of_water * 0.0192)
        << "the network does something";
    EXPECT_EQ(volume("volume").meta.at("estimate"), "estimated from 24 views by tiny_" + name);
    EXPECT_FALSE(volume("direct").meta.contains("estimate"));
    EXPECT_TRUE(record.models.contains("tiny_" + name));
    EXPECT_TRUE(record.libraries.contains("OpenVINO"));
    EXPECT_GT(record.figures.at("relative_residual").value, 0);
    EXPECT_GT(record.figures.at("out_of_domain_score").value, 0);
  }
}

TEST_F(Networks, GiveTheSameBitsAgain) {
  const auto first = run("unet", stored_scan()), second = run("unet", stored_scan());
  EXPECT_EQ(first.output_digests, second.output_digests);
  EXPECT_FALSE(first.output_digests.empty());
}

TEST_F(Networks, MakeTheViewsBetweenThoseMeasuredByProjectionOfTheirEstimate) {
  const iso::Sinogram scan = stored_scan();
  const auto record = run("pd_unet", scan, R"(, "factor": 3)");
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  const auto& fine = iso::get<iso::Sinogram>(workspace->find("upsampled"));
  ASSERT_EQ(fine.geometry, interpolated_geometry(scan.geometry, 3));
  EXPECT_NEAR(fine.geometry.views()[1].u_step_mm[1], stored_geometry(72).views()[1].u_step_mm[1], 1e-9);
  EXPECT_EQ(fine.meta.at("estimate"), "estimated from 24 views by tiny_pd_unet");
  const auto backend = iso::gpu::make_cpu_backend();
  const auto stream = backend->make_stream();
  const auto a = backend->make(iso::compute::RayTransform{fine.geometry, volume("volume").grid});
  auto y = backend->allocate(a->range(), *stream);
  a->forward(backend->upload(volume("volume").pixels, *stream), y, *stream);
  const auto projected = backend->download(y, *stream);
  for (std::size_t view = 0; view < 72; ++view)
    for (std::size_t u = 0; u < 63; ++u)
      if (view % 3 == 0)
        EXPECT_EQ(fine.readings.values<float>()[63 * view + u], scan.readings.values<float>()[21 * view + u]);
      else
        EXPECT_NEAR(fine.readings.values<float>()[63 * view + u], projected.values<float>()[63 * view + u], 1e-5);
}

TEST_F(Networks, ThatAreNotInstalledAreMissedBeforeTheScanIsRead) {
  const auto record = run("unet_of_nobody", stored_scan(), "", "workspace:scan_of_nobody");
  EXPECT_EQ(record.error, Errc::no_input);
  EXPECT_NE(record.error_message.find("tiny_unet_of_nobody"), std::string::npos) << record.error_message;
  EXPECT_EQ(run("unet", stored_scan(), "", "workspace:scan_of_nobody").error_message.find("network"),
            std::string::npos);
}

TEST_F(Networks, RefuseAnotherScanThanThatOfTheirCard) {
  iso::Sinogram other = stored_scan();
  other.geometry = stored_geometry(24, 2.2);
  const auto record = run("unet", other);
  EXPECT_EQ(record.error, Errc::geometry_refused);
  EXPECT_NE(record.error_message.find("pitch"), std::string::npos) << record.error_message;
  EXPECT_EQ(run("unet", stored_scan(), R"(, "use_views": 12)").error, Errc::geometry_refused);
}

TEST_F(Networks, WarnOfScansUnlikeThoseOfTheTraining) {
  iso::Sinogram bright = stored_scan();
  iso::PixelBuffer readings = iso::PixelBuffer::make_copy(bright.readings);
  for (float& value : readings.values<float>()) value *= 9;
  bright.readings = std::move(readings);
  const auto record = run("unet", bright);
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  ASSERT_FALSE(record.warnings.empty());
  EXPECT_NE(record.warnings.back().find("unlike those"), std::string::npos) << record.warnings.back();
}

TEST(NetworksAbsent, AreRefusedInOneSentence) {
  iso::models::set_runtime_source([]() -> std::shared_ptr<const iso::models::Runtime> {
    throw iso::Error{Errc::unsupported, "networks need OpenVINO", "get it"};
  });
  const iso::models::Card card = iso::models::read_card(networks / "tiny_unet.card.json");
  try {
    (void)iso::models::load(card);
    ADD_FAILURE();
  } catch (const iso::Error& problem) {
    EXPECT_EQ(problem.code(), Errc::unsupported);
  }
  iso::models::set_runtime_source({});
}

TEST(ImageNetwork, ThatKeepsItsFirstChannelLeavesTheStart) {
  const iso::models::Card card = iso::models::read_card(networks / "tiny_unet.card.json");
  const auto backend = iso::gpu::make_cpu_backend();
  const auto stream = backend->make_stream();
  const iso::Sinogram scan = stored_scan();
  iso::tomography::ScanParameters parameters;
  parameters.size = 32;
  parameters.spacing_mm = 2;
  const auto plan = iso::tomography::plan_scan(scan.geometry, parameters);
  const iso::tomography::ScanProblem problem{scan, plan, *backend, *stream};
  const Stack stack{problem, card.water_per_mm};
  const iso::Pixels start = stored("scan.start", {32, 32, 1});
  const std::vector<iso::models::NetworkPtr> identity{iso::models::identity_network(3, 1)};
  EXPECT_EQ(largest_difference(unet(stack, start, card, {identity, std::size_t{1} << 30}), start), 0);
  const std::vector<iso::models::NetworkPtr> two{identity.front(), identity.front()};
  EXPECT_THROW((void)unet(stack, start, card, {two, std::size_t{1} << 30}), iso::Error);
}

}  // namespace
}  // namespace sinogram_upsampling
