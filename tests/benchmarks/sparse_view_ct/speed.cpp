// What the plugin's guess of the time rests on, in processor seconds, which a busy machine changes less than wall seconds:
// `sparse_view_ct_speed` prints operators and whole tasks, each with the ratio of estimate to measured.
#include "adapter/tasks.h"

#include "cpu_backend.h"

#include <iso/base/threads.h>
#include <iso/job/executor.h>

#include <cmath>
#include <cstdio>
#include <ctime>
#include <numbers>

using namespace sparse_view_ct;

namespace {

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

iso::Sinogram scan(std::int64_t across, std::int64_t rows, std::int64_t views, bool parallel) {
  const double pitch = 1;
  const auto angles = iso::equal_angles(views, 2 * std::numbers::pi);
  iso::Sinogram out;
  if (parallel) {
    out.geometry = iso::ProjectionGeometry::parallel(angles, {across, rows}, {pitch, pitch});
  } else {
    iso::CircularScan orbit;
    orbit.source_to_axis_mm = 2.0 * static_cast<double>(across);
    orbit.source_to_detector_mm = 3.0 * static_cast<double>(across);
    orbit.elements = {across, rows};
    orbit.element_pitch_mm = {1.5 * pitch, 1.5 * pitch};
    out.geometry = iso::ProjectionGeometry::circular(angles, orbit);
  }
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({out.geometry.sinogram_shape(), iso::ScalarType::f32});
  // A disc, wavering so that no method believes it is done early.
  auto values = buffer.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double u = 2.0 * static_cast<double>(static_cast<std::int64_t>(i) % across) / static_cast<double>(across) - 1;
    values[i] =
        static_cast<float>(std::sqrt(std::max(0.0, 0.64 - u * u)) + 0.02 * std::sin(static_cast<double>(i * i % 1009)));
  }
  out.readings = std::move(buffer);
  return out;
}

/// Processor seconds of one call, over as many as take half a second.
template <class Call>
double to_seconds(const Call& call) {
  call();
  int calls = 0;
  const double begin = processor_seconds();
  double spent = 0;
  do {
    call();
    spent = processor_seconds() - begin;
    ++calls;
  } while (spent < 0.5);
  return spent / calls;
}

class Tasks final : public iso::job::TaskSource {
 public:
  iso::job::LoadedTask load(std::string_view id) override { return {make(id), "sparse_view_ct", "1.0.0"}; }
  static std::shared_ptr<iso::plugin::Task> make(std::string_view id) {
    return std::shared_ptr<iso::plugin::Task>{id == "fbp"    ? make_fbp()
                                              : id == "sart" ? make_sart()
                                              : id == "cgls" ? make_cgls()
                                                             : make_tv()};
  }
};

void operators(const char* name, const iso::Sinogram& data) {
  const auto backend = iso::gpu::make_cpu_backend();
  const auto stream = backend->make_stream();
  const auto plan = iso::tomography::plan_scan(data.geometry, {});
  const double guess = backend->cost(plan.ray_transform()).seconds * iso::ThreadBudget::threads();
  const iso::tomography::ScanProblem problem{data, plan, *backend, *stream};
  auto x = backend->allocate(problem.a->domain(), *stream);
  auto y = backend->allocate(problem.a->range(), *stream);
  backend->vector().fill(x, 1, *stream);
  const double forward = to_seconds([&] { problem.a->forward(x, y, *stream); });
  const double adjoint = to_seconds([&] { problem.a->adjoint(y, x, *stream); });
  const double samples = static_cast<double>(y.spec().shape.count()) * static_cast<double>(problem.grid.size[0]);
  std::printf("| %s | %.3f s, %.0f M/s | %.3f s, %.0f M/s | %.2f |\n", name, forward, 1e-6 * samples / forward, adjoint,
              1e-6 * samples / adjoint, 2 * guess / (forward + adjoint));
  std::fflush(stdout);
}

void tasks(const char* name, const iso::Sinogram& data) {
  Tasks source;
  iso::compute::BackendRegistry registry;
  registry.add(iso::gpu::make_cpu_backend(), 1);
  iso::job::ExecutionOptions options;
  options.overwrite = true;
  const auto workspace = std::make_shared<iso::job::Workspace>();
  const auto frozen = iso::freeze(iso::Sinogram{data});
  workspace->put("scan", frozen);
  for (const auto& [task, parameters] : {std::pair{"fbp", "{}"},
                                         {"sart", R"({"iterations": 5})"},
                                         {"cgls", R"({"iterations": 10, "stop_at_noise": false})"},
                                         {"tv", R"({"iterations": 30, "tolerance": 0})"},
                                         {"tv", R"({"iterations": 8, "tolerance": 0, "solver": "admm"})"}}) {
    iso::job::Recipe recipe;
    recipe.task = task;
    recipe.inputs["sinogram"] = "workspace:scan";
    recipe.outputs["volume"] = "workspace:image";
    recipe.parameters_json = parameters;
    const auto made = Tasks::make(task);
    const auto plan = made->plan(iso::plugin::describe({{"sinogram", frozen}}), *made->parse(parameters));
    double guess = plan.seconds;
    for (const auto& [spec, applications] : plan.operators)
      guess += applications * registry.available()[0]->cost(spec).seconds;
    guess *= iso::ThreadBudget::threads();
    const double begin = processor_seconds();
    const auto record =
        iso::job::make_in_process_executor(source, registry, options, iso::job::make_data_access(workspace, nullptr))
            ->execute(recipe, {}, [](const iso::job::Event&) {});
    const double spent = processor_seconds() - begin;
    std::printf("| %s | %s %s | %.2f s | %.2f | %s |\n", name, task, parameters, spent, guess / spent,
                record.state == iso::job::State::done ? "done" : record.error_message.c_str());
    std::fflush(stdout);
  }
}

}  // namespace

int main() {
  const auto fan = scan(512, 1, 72, false), many = scan(512, 1, 720, false), parallel = scan(512, 1, 72, true);
  const auto stack = scan(256, 8, 60, true), cone = scan(96, 96, 60, false), larger = scan(160, 96, 40, false);
  std::printf("| scan | forward | adjoint | estimate / measured |\n|---|---|---|---|\n");
  operators("fan 512 x 1 x 72", fan);
  operators("fan 512 x 1 x 720", many);
  operators("parallel 512 x 1 x 72", parallel);
  operators("parallel 256 x 8 x 60", stack);
  operators("cone 96 x 96 x 60", cone);
  operators("cone 160 x 96 x 40", larger);
  std::printf("\n| scan | task | measured | estimate / measured | |\n|---|---|---|---|---|\n");
  tasks("fan 512 x 1 x 72", fan);
  tasks("parallel 256 x 8 x 60", stack);
  tasks("cone 96 x 96 x 60", cone);
  return 0;
}
