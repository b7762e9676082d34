#include "adapter/network_task.h"

#include "method/interpolation.h"

#include <iso/base/error.h>
#include <iso/models/library.h>
#include <iso/models/runtime.h>
#include <iso/plugin/task_progress.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace sinogram_upsampling {
namespace {

using iso::compute::Array;
using namespace iso::tomography;

ScanParameters on_card(const NetworkOptions& options, const iso::models::Card& card) {
  ScanParameters scan = static_cast<const ScanParameters&>(options);  // the part that a scan is read with
  scan.size = static_cast<int>(card.scan.size);
  scan.spacing_mm = card.scan.spacing_mm;
  return scan;
}

/// The scan on the grid of the network. Throws geometry_refused for another scan than that of the training.
ScanPlan plan_on_card(const iso::ProjectionGeometry& measured, const NetworkOptions& options,
                      const iso::models::Card& card) {
  ScanPlan plan = plan_scan(measured, on_card(options, card));
  if (const std::string why = card.scan.difference(plan.geometry); !why.empty())
    throw iso::Error(iso::Errc::geometry_refused, "the network '" + card.name + "' does not fit the scan: " + why,
                     "use sparse_view_ct/tv, or a network that was trained for this scan (`isocenter models`)");
  return plan;
}

iso::DatasetPtr finished(const iso::Pixels& attenuation, const ScanPlan& plan, const NetworkOptions& options,
                         const iso::Metadata& meta) {
  return iso::freeze(finish_image(attenuation, plan, options, meta));
}

void lift(std::optional<double> bound, iso::PixelBuffer& image) {
  if (bound)
    for (float& value : image.values<float>()) value = std::max(value, static_cast<float>(*bound));
}

/// The same grid seen in `factor` times the views.
ScanPlan upsampled_plan(ScanPlan plan, std::int64_t factor) {
  plan.geometry = interpolated_geometry(plan.geometry, factor);
  return plan;
}

/// A_full x, as the paper's variant that ends in the sinogram has it; the views that were measured stay as they were (ours).
iso::Sinogram upsample(const ScanProblem& problem, const ScanPlan& plan, const NetworkOptions& options, const Array& x,
                       const iso::Metadata& meta) {
  const ScanPlan fine = upsampled_plan(plan, options.factor);
  const auto a = problem.backend.make(fine.ray_transform());
  Array y = problem.backend.allocate(a->range(), problem.stream);
  a->forward(x, y, problem.stream);
  auto readings = iso::PixelBuffer::make_copy(problem.backend.download(y, problem.stream));
  const auto measured = problem.backend.download(problem.readings, problem.stream);
  const auto view = static_cast<std::ptrdiff_t>(measured.values<float>().size() / plan.views.size());
  for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(plan.views.size()); ++i)
    std::copy_n(measured.values<float>().begin() + i * view, view,
                readings.values<float>().begin() + i * options.factor * view);
  return {std::move(readings), fine.geometry, meta};
}

/// Throws what a card or a scan is refused with.
iso::plugin::Plan plan_with_card(const iso::Sinogram& scan, const NetworkOptions& options) {
  iso::plugin::Plan out;
  const auto card = iso::models::find_card(options.network, iso::models::places());
  const ScanPlan plan = plan_on_card(scan.geometry, options, card);
  if (scan.readings.spec().shape != scan.geometry.sinogram_shape()) {
    out.refuse("the readings are " + scan.readings.spec().shape.text() + ", the geometry describes " +
                   scan.geometry.sinogram_shape().text(),
               iso::Errc::shape_mismatch);
    return out;
  }
  auto work = plan_start(plan, card);
  if (work.refusal) {
    out.refuse(std::string{work.refusal->what()} + "; " + work.refusal->hint());
    return out;
  }
  for (auto& [spec, applications] : work.operators) out.operators.push_back({std::move(spec), applications});
  out.operators.push_back({plan.ray_transform(), 8});
  out.models = {options.network};
  out.bytes = work.bytes + 3 * plan.readings().bytes();
  out.seconds = work.seconds;
  iso::Volume volume;
  volume.grid = plan.region.grid;
  volume.pixels = iso::Pixels::outline({volume.grid.shape(), iso::ScalarType::f32});
  iso::Sinogram residual{iso::Pixels::outline(plan.readings()), plan.geometry, {}};
  const auto fine = upsampled_plan(plan, options.factor);
  out.operators.push_back({fine.ray_transform(), 1});
  out.bytes += 2 * fine.readings().bytes();
  iso::Sinogram upsampled{iso::Pixels::outline(fine.readings()), fine.geometry, {}};
  for (const char* const port : {"volume", "direct", "start"})
    out.outputs.emplace(port, iso::describe(iso::Dataset{volume}));
  out.outputs.emplace("residual", iso::describe(iso::Dataset{std::move(residual)}));
  out.outputs.emplace("upsampled", iso::describe(iso::Dataset{std::move(upsampled)}));
  return out;
}

}  // namespace

std::span<const iso::plugin::Port> network_inputs() noexcept {
  static const std::array<iso::plugin::Port, 1> ports{
      {{"sinogram", iso::Kind::sinogram, false, "The scan: line integrals with their geometry."}}};
  return ports;
}

std::span<const iso::plugin::Port> network_outputs() noexcept {
  static const std::array<iso::plugin::Port, 5> ports{
      {{"volume", iso::Kind::volume, false, "The image that the network estimates.", "residual"},
       {"residual", iso::Kind::sinogram, true,
        "What the estimate does not explain: its projection minus the readings."},
       {"direct", iso::Kind::volume, true, "Filtered back-projection of the same readings, made without the network."},
       {"start", iso::Kind::volume, true,
        "The image that the network began from: total variation, or filtered back-projection."},
       {"upsampled", iso::Kind::sinogram, true,
        "The scan with the views between those measured, projected from the estimate.", "residual"}}};
  return ports;
}

iso::plugin::Plan plan_network(const iso::Sinogram& scan, const NetworkOptions& options) {
  try {
    return plan_with_card(scan, options);
  } catch (const iso::Error& error) {  // with what to do, which a plan has no other place for
    iso::plugin::Plan refused;
    refused.refuse(std::string{error.what()} + (error.hint().empty() ? "" : "; " + error.hint()), error.code());
    return refused;
  }
}

iso::plugin::Datasets run_network(const iso::Sinogram& scan, const NetworkOptions& options, Method method,
                                  iso::plugin::RunContext& context) {
  const auto card = iso::models::read_card(context.model(options.network).file);
  const ScanPlan plan = plan_on_card(scan.geometry, options, card);
  const auto stream = context.backend().make_stream(context.stop());
  const ScanProblem problem{scan, plan, context.backend(), *stream};
  const auto finish = [&](const Array& x) {
    return finished(context.backend().download(x, *stream), plan, options, scan.meta);
  };
  iso::plugin::TaskProgress progress{context, "volume", finish};
  progress.report(0.01, "loading the network");
  const auto networks = iso::models::load(card);  // before minutes are spent on its start
  const Array start = starting_image(problem, card, progress);
  if (progress.wants_preview()) progress.preview(start);
  const Stack stack{problem, card.water_per_mm};
  const iso::Pixels begin = stack.in_water(start);
  if (card.out_of_domain)
    context.figure("out_of_domain_score", out_of_domain_score(stack, begin, *card.out_of_domain), "1");
  const Running running{networks, context.memory_budget_bytes(), context.stop(),
                        [&](double part) { progress.report(0.86 + 0.1 * part, "network " + card.name); }};
  auto estimate = iso::PixelBuffer::make_copy(method(stack, begin, card, running));
  lift(card.lower_bound, estimate);
  const Array x = stack.in_attenuation(std::move(estimate));
  progress.report(0.97, "residual");
  const auto fit = agreement(problem, x), fit_start = agreement(problem, start);
  context.figure("relative_residual", fit.relative, "1");
  context.figure("start_relative_residual", fit_start.relative, "1");
  context.figure("residual_rms", fit.rms, "1");
  context.figure("noise_level", problem.noise, "1");
  context.figure("views_used", static_cast<double>(plan.views.size()), "views");
  std::ostringstream line;
  line << "the network " << card.name << " leaves " << 100 * fit.relative
       << " % of the readings unexplained, its start " << 100 * fit_start.relative << " %";
  context.log(line.str());
  const Array direct = FilteredBackprojection{context.backend(), plan.geometry, plan.grid}(problem.readings, *stream);
  iso::Sinogram residual{context.backend().download(fit.residual, *stream), plan.geometry, {}};
  progress.report(0.99, "views between");
  iso::Sinogram upsampled = upsample(problem, plan, options, x, scan.meta);
  progress.report(1, "done");
  return {{"volume", finish(x)},
          {"residual", iso::freeze(std::move(residual))},
          {"direct", finish(direct)},
          {"start", finish(start)},
          {"upsampled", iso::freeze(std::move(upsampled))}};
}

}  // namespace sinogram_upsampling
