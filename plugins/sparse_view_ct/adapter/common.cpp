#include "adapter/common.h"

#include "method/preparation.h"

#include <iso/base/error.h>

#include <algorithm>
#include <sstream>

namespace sparse_view_ct {
namespace {

using iso::plugin::Port;

const std::vector<Port>& inputs() {
  static const std::vector<Port> ports{
      {"sinogram", iso::Kind::sinogram, false, "The scan: line integrals with their geometry.", "slices", ""}};
  return ports;
}
const std::vector<Port>& outputs() {
  static const std::vector<Port> ports{
      {"volume", iso::Kind::volume, false, "The reconstructed image.", "slices", ""},
      {"residual", iso::Kind::sinogram, true, "What the image does not explain: its projection minus the readings.",
       "slices", ""}};
  return ports;
}

const iso::Sinogram* scan_in(const iso::plugin::Datasets& data) {
  const auto found = data.find("sinogram");
  return found == data.end() || !found->second ? nullptr : std::get_if<iso::Sinogram>(found->second.get());
}

}  // namespace

std::span<const Port> scan_ports() noexcept { return inputs(); }
std::span<const Port> image_ports() noexcept { return outputs(); }

Request request_of(const CommonParameters& p) {
  return {p.use_views, p.size, p.spacing_mm, p.roi_centre_mm, p.roi_size_mm};
}

std::vector<iso::params::Problem> check_common(const CommonParameters& p, const iso::plugin::Datasets& data) {
  std::vector<iso::params::Problem> problems;
  const auto lengths = [&](const char* name, const std::vector<double>& values) {
    if (!values.empty() && values.size() != 2 && values.size() != 3) {
      problems.push_back(
          {name, std::string{name} + " has " + std::to_string(values.size()) + " values, expected x,y or x,y,z"});
    }
  };
  lengths("roi_centre_mm", p.roi_centre_mm);
  lengths("roi_size_mm", p.roi_size_mm);
  if (std::ranges::any_of(p.roi_size_mm, [](double value) { return !(value > 0); })) {
    problems.push_back({"roi_size_mm", "roi_size_mm has a length that is not above 0, expected millimetres"});
  }
  if (const auto* scan = scan_in(data)) {
    const auto views = scan->geometry.views().size();
    if (p.use_views > static_cast<int>(views)) {
      problems.push_back({"use_views", "use_views is " + std::to_string(p.use_views) + ", the scan has " +
                                           std::to_string(views) + " views"});
    }
  }
  return problems;
}

iso::plugin::Suitability suits_common(const iso::plugin::Datasets& data) {
  const auto found = data.find("sinogram");
  if (found == data.end() || !found->second) return {false, "the input 'sinogram' is missing"};
  const auto* scan = scan_in(data);
  if (!scan)
    return {false, "reconstruction needs a sinogram, this is a " + std::string{to_string(kind_of(*found->second))}};
  if (scan->geometry.views().empty()) return {false, "the scan has no views"};
  if (scan->readings.spec().shape != scan->geometry.sinogram_shape()) {
    return {false, "the readings are " + scan->readings.spec().shape.text() + ", the geometry describes " +
                       scan->geometry.sinogram_shape().text()};
  }
  return {};
}

iso::Volume finished(const Problem& problem, const iso::compute::Array& x, double radius_mm,
                     const CommonParameters& p) {
  const auto region = region_of(problem.grid, request_of(p));
  iso::Volume out;
  out.grid = region.grid;
  out.pixels = cut(problem.backend.download(x, problem.stream), region);
  const auto values = out.pixels.mutable_values<float>();
  if (p.mask) mask_outside(values, out.grid, radius_mm, static_cast<float>(p.outside));
  out.quantity = iso::Quantity::attenuation_per_mm;
  if (p.units == Units::hounsfield) {
    to_hounsfield(values, p.water_per_mm);
    out.quantity = iso::Quantity::hounsfield;
  }
  return out;
}

iso::plugin::Datasets deliver(const Problem& problem, iso::compute::Array x, const Prepared& prepared,
                              const CommonParameters& p, iso::plugin::RunContext& context) {
  context.report(0.96, "residual");
  auto fit = agreement(problem, x);
  auto volume = finished(problem, x, prepared.radius_mm, p);
  x = {};
  const auto views = problem.geometry.views().size();
  context.plot("relative_residual", 0, fit.relative);
  context.plot("residual_rms", 0, fit.rms);
  context.plot("noise_level", 0, problem.noise);
  context.plot("views_used", 0, static_cast<double>(views));
  std::ostringstream line;
  line << views << " of " << prepared.views_measured << " views; the image leaves " << 100 * fit.relative
       << " % of the readings unexplained, " << fit.rms << " a reading where their noise is " << problem.noise;
  context.log(line.str());
  iso::Sinogram residual{problem.backend.download(fit.residual, problem.stream), problem.geometry, {}};
  context.report(1, "done");
  return {{"volume", iso::freeze(std::move(volume))}, {"residual", iso::freeze(std::move(residual))}};
}

Watch watch_of(iso::plugin::RunContext& context, const Problem& problem, double radius_mm, const CommonParameters& p) {
  Watch watch;
  watch.report = [&context](double fraction, std::string_view stage) { context.report(fraction, stage); };
  watch.plot = [&context](std::string_view curve, double x, double y) { context.plot(curve, x, y); };
  watch.log = [&context](const std::string& text) { context.log(text); };
  watch.warn = [&context](const std::string& text) { context.warn(text); };
  watch.wants_preview = [&context] { return context.wants_preview(); };
  watch.preview = [&context, &problem, radius_mm, p](const iso::compute::Array& x) {
    context.preview("volume", iso::freeze(finished(problem, x, radius_mm, p)));
  };
  watch.wants_checkpoint = [&context] { return context.wants_checkpoint(); };
  watch.keep = [&context](const iso::Checkpoint& state) { context.keep(state); };
  watch.resumed = context.resumed();
  return watch;
}

}  // namespace sparse_view_ct
