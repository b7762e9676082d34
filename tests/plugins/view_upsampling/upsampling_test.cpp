// What a second CT plugin needs of this tree: the toolkit, the operators of a back end, and the plugin interface.
#include "cpu_backend.h"

#include <gtest/gtest.h>
#include <iso/evaluation/metrics.h>
#include <iso/evaluation/phantoms.h>
#include <iso/job/executor.h>
#include <iso/plugin/library.h>
#include <iso/tomography/filtered_backprojection.h>

#include <cmath>
#include <fstream>
#include <numbers>
#include <string>

namespace {

class LoadedPlugin final : public iso::job::TaskSource {
 public:
  iso::job::LoadedTask load(std::string_view id) override {
    const auto& descriptor = iso::plugin::open_plugin(ISO_UPSAMPLING_PLUGIN);
    const auto destroy = descriptor.destroy_task;
    std::shared_ptr<iso::plugin::Task> task{descriptor.create_task(std::string{id}.c_str()), destroy};
    return {std::move(task), descriptor.id, descriptor.version, {}};
  }
};

iso::Sinogram scan() {
  iso::CircularScan orbit;
  orbit.source_to_axis_mm = 300;
  orbit.source_to_detector_mm = 600;
  orbit.elements = {96, 1};
  orbit.element_pitch_mm = {4, 4};
  const auto geometry = iso::ProjectionGeometry::circular(iso::equal_angles(36, 2 * std::numbers::pi), orbit);
  return iso::evaluation::project(iso::evaluation::shepp_logan_2d(60, iso::evaluation::Contrast::modified), geometry, 1,
                                  0.02);
}

iso::DatasetPtr by_the_plugin() {
  LoadedPlugin plugin;
  iso::compute::BackendRegistry registry;
  registry.add(iso::gpu::make_cpu_backend(), 1);
  const auto workspace = std::make_shared<iso::job::Workspace>();
  workspace->put("scan", iso::freeze(scan()));
  iso::job::Recipe recipe;
  recipe.task = "view_upsampling/fbp";
  recipe.inputs["sinogram"] = "workspace:scan";
  recipe.outputs["volume"] = "workspace:image";
  recipe.parameters_json = R"({"size": 64, "spacing_mm": 2})";
  iso::job::ExecutionOptions options;
  options.overwrite = true;
  const auto record =
      iso::job::make_in_process_executor(plugin, registry, options, iso::job::make_data_access(workspace, nullptr))
          ->execute(recipe, {}, [](const iso::job::Event&) {});
  EXPECT_EQ(record.state, iso::job::State::done) << record.error_message;
  return workspace->find("image");
}

}  // namespace

TEST(SecondPlugin, UpsamplesViewsAndHasFewerStreaksThanFilteredBackprojectionOfThoseMeasured) {
  const auto made = by_the_plugin();
  const auto& image = iso::get<iso::Volume>(made);
  const auto head = iso::evaluation::shepp_logan_2d(60, iso::evaluation::Contrast::modified);
  const auto truth = iso::evaluation::sample(head, image.grid, 4, 0.02);
  const auto backend = iso::gpu::make_cpu_backend();
  const auto stream = backend->make_stream();
  const iso::tomography::FilteredBackprojection fbp{*backend, scan().geometry, image.grid};
  const auto direct = backend->download(fbp(backend->upload(scan().readings, *stream), *stream), *stream);
  EXPECT_GT(iso::evaluation::compare(image.pixels, truth.pixels).psnr_db,
            iso::evaluation::compare(direct, truth.pixels).psnr_db + 1);
}

TEST(SecondPlugin, IsFortyLinesOverTheToolkitAndThePluginInterface) {
  std::ifstream source{ISO_UPSAMPLING_SOURCE};
  int lines = 0;
  for (std::string line; std::getline(source, line); ++lines) {
    if (line.starts_with("#include")) {
      EXPECT_TRUE(line.starts_with("#include <iso/tomography/") || line == "#include <iso/plugin/export.h>") << line;
    }
  }
  EXPECT_GT(lines, 20);
  EXPECT_LE(lines, 45);
}
