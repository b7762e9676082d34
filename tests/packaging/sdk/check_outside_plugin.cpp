// Loads the sample plugin through the catalogue from the folders given, runs it on a disc and looks at the mask.
#include "host/plugins/catalogue.h"

#include "iso/base/error.h"
#include "iso/job/executor.h"
#include "iso/plugin/task.h"
#include "support/job_tasks.h"
#include "support/pixels.h"

#include <cstdlib>
#include <iostream>

namespace {

/// The number of voxels the mask should mark, from a step image: half of it.
int check(iso::host::PluginCatalogue& catalogue) {
  iso::Volume volume = iso::test::sample_volume(16);
  iso::test::change<float>(volume.pixels, [](auto values) {
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = 0.1F * values[i] + (i < values.size() / 2 ? 0.0F : 5.0F);
  });
  auto workspace = std::make_shared<iso::job::Workspace>();
  workspace->put("in", iso::freeze(std::move(volume)));
  iso::compute::BackendRegistry registry;
  iso::test::add_backends(registry);
  iso::job::Recipe recipe;
  recipe.task = "otsu/threshold";
  recipe.inputs = {{"volume", "workspace:in"}};
  recipe.outputs = {{"mask", "workspace:out"}};
  const auto executor =
      iso::job::make_in_process_executor(catalogue, registry, {}, iso::job::make_data_access(workspace));
  const iso::job::Record record = executor->execute(recipe, {}, {});
  if (record.state != iso::job::State::done) {
    std::cerr << "the task did not end well: " << record.error_message << '\n';
    return EXIT_FAILURE;
  }
  std::size_t marked = 0;
  for (const std::uint8_t label : iso::get<iso::LabelMap>(workspace->find("out")).labels.values<std::uint8_t>())
    marked += label;
  std::cout << "marked " << marked << " of " << 16 * 16 * 16 << " voxels\n";
  return marked == 16 * 16 * 16 / 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::filesystem::path> folders(argv + 1, argv + argc);
  iso::host::PluginCatalogue catalogue{folders};
  for (const auto& entry : catalogue.plugins())
    std::cout << entry.manifest.id << ' ' << to_string(entry.state) << ' ' << entry.reason << '\n';
  try {
    return check(catalogue);
  } catch (...) {
    std::cerr << iso::current_error().what() << '\n';
    return EXIT_FAILURE;
  }
}
