#include "iso/tomography/scan_problem.h"

#include "iso/evaluation/metrics.h"
#include "iso/tomography/coverage.h"
#include "iso/tomography/field_of_view.h"
#include "iso/tomography/filtered_backprojection.h"
#include "iso/tomography/noise_level.h"
#include "iso/tomography/views.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace iso::tomography {
namespace {

using compute::Array;

Pixels kept_readings(const Sinogram& scan, const ScanPlan& plan) {
  if (scan.readings.spec().shape != scan.geometry.sinogram_shape()) {
    throw Error(Errc::shape_mismatch,
                "the readings are " + scan.readings.spec().shape.text() + ", the geometry describes " +
                    scan.geometry.sinogram_shape().text(),
                "use the geometry file of this scan");
  }
  const auto kept = plan.all_views() ? scan.readings : keep_views(scan.readings, plan.views);
  return kept.converted(ScalarType::f32);
}

}  // namespace

std::vector<ScanMismatch> mismatches(const ProjectionGeometry& measured, const ScanParameters& parameters) {
  std::vector<ScanMismatch> found;
  const auto lengths = [&](const char* name, const std::vector<double>& values) {
    if (values.empty() || values.size() == 2 || values.size() == 3) return;
    found.push_back(
        {name, std::string{name} + " has " + std::to_string(values.size()) + " values, expected x,y or x,y,z"});
  };
  lengths("roi_centre_mm", parameters.roi_centre_mm);
  lengths("roi_size_mm", parameters.roi_size_mm);
  if (std::ranges::any_of(parameters.roi_size_mm, [](double value) { return !(value > 0); }))
    found.push_back({"roi_size_mm", "roi_size_mm has a length that is not above 0, expected millimetres"});
  const auto views = static_cast<std::int64_t>(measured.views().size());
  if (parameters.use_views > views) {
    found.push_back({"use_views", "use_views is " + std::to_string(parameters.use_views) + ", the scan has " +
                                      std::to_string(views) + " views"});
  }
  return found;
}

ScanPlan plan_scan(const ProjectionGeometry& measured, const ScanParameters& parameters) {
  if (measured.views().empty())
    throw Error(Errc::invalid_input, "the scan has no views", "give a scan with its geometry");
  const auto found = mismatches(measured, parameters);
  if (!found.empty()) throw Error(Errc::invalid_input, found.front().sentence);
  ScanPlan plan;
  plan.views_measured = static_cast<std::int64_t>(measured.views().size());
  plan.views = equally_spaced_views(plan.views_measured, parameters.use_views);
  plan.geometry = plan.all_views() ? measured : measured.subset(plan.views);
  plan.grid = reconstruction_grid(plan.geometry, parameters.size, parameters.spacing_mm);
  plan.region = make_region(plan.grid, parameters.roi_centre_mm, parameters.roi_size_mm);
  plan.radius_mm = field_of_view(plan.geometry).radius_mm;
  return plan;
}

ScanProblem::ScanProblem(const Sinogram& scan, const ScanPlan& plan, const compute::Backend& on, compute::Stream& in)
    : backend{on}, stream{in}, geometry{plan.geometry}, grid{plan.grid}, a{on.make(plan.ray_transform())} {
  const auto kept = kept_readings(scan, plan);
  noise = noise_level(kept);
  readings = on.upload(kept, in);
}

Agreement agreement(const ScanProblem& problem, const Array& x) {
  const auto& ops = problem.backend.vector();
  Agreement out;
  out.residual = problem.backend.allocate(problem.a->range(), problem.stream);
  problem.a->forward(x, out.residual, problem.stream);
  ops.axpy(-1, problem.readings, out.residual, problem.stream);
  const double norm = ops.norm2(out.residual, problem.stream), size = ops.norm2(problem.readings, problem.stream);
  out.rms = norm / std::sqrt(static_cast<double>(problem.a->range().shape.count()));
  out.relative = size > 0 ? norm / size : 0.0;
  return out;
}

Array initial_image(const ScanProblem& problem, bool from_fbp, solvers::Progress& progress) {
  if (from_fbp) {
    const auto refusal = why_not_covered(problem.geometry);
    if (!refusal) {
      progress.log("iterations start from filtered back-projection");
      return FilteredBackprojection{problem.backend, problem.geometry, problem.grid}(problem.readings, problem.stream);
    }
    progress.log("iterations start from zero: " + std::string{refusal->what()});
  }
  return problem.backend.allocate(problem.a->domain(), problem.stream);
}

Volume finish_image(const Pixels& attenuation_per_mm, const ScanPlan& plan, const ScanParameters& parameters,
                    const Metadata& scan_meta) {
  auto pixels = cut(attenuation_per_mm, plan.region);
  const auto values = pixels.values<float>();
  Volume out;
  out.grid = plan.region.grid;
  out.quantity = Quantity::attenuation_per_mm;
  if (parameters.mask) mask_outside(values, out.grid, plan.radius_mm, static_cast<float>(parameters.outside));
  if (parameters.units == ImageUnits::hounsfield) {
    for (auto& value : values)
      value = static_cast<float>(evaluation::to_hounsfield(static_cast<double>(value), parameters.water_per_mm));
    out.quantity = Quantity::hounsfield;
  }
  out.pixels = std::move(pixels);
  const auto said = scan_meta.find("orientation");
  if (said == scan_meta.end() || said->second != "patient") out.meta["orientation"] = "unknown";
  return out;
}

}  // namespace iso::tomography
