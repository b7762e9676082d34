#include "iso/tomography/views.h"

#include "iso/tomography/coverage.h"

#include <cmath>
#include <cstring>
#include <numbers>
#include <string>

namespace iso::tomography {
namespace {

View turned(const View& view, double angle_rad) {
  const double c = std::cos(angle_rad), s = std::sin(angle_rad);
  const auto turn = [&](const Vec3& v) { return Vec3{c * v[0] - s * v[1], s * v[0] + c * v[1], v[2]}; };
  return {turn(view.source_mm), turn(view.detector_centre_mm), turn(view.u_step_mm), turn(view.v_step_mm)};
}

}  // namespace

std::vector<std::int64_t> equally_spaced_views(std::int64_t total, std::int64_t keep) {
  if (keep < 0 || keep > total || total < 1) {
    throw Error(Errc::invalid_input,
                "asked for " + std::to_string(keep) + " views, the scan has " + std::to_string(total),
                "pass --use-views between 1 and " + std::to_string(total) + ", or 0 for all");
  }
  if (keep == 0) keep = total;
  std::vector<std::int64_t> views(static_cast<std::size_t>(keep));
  for (std::int64_t i = 0; i < keep; ++i) views[static_cast<std::size_t>(i)] = i * total / keep;
  return views;
}

Pixels keep_views(const Pixels& readings, std::span<const std::int64_t> views) {
  const auto shape = readings.spec().shape;
  bool run = true;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (views[i] < 0 || views[i] >= shape[2]) {
      throw Error(Errc::invalid_input,
                  "view " + std::to_string(views[i]) + " was asked for, the scan has " + std::to_string(shape[2]));
    }
    run = run && views[i] == views[0] + static_cast<std::int64_t>(i);
  }
  if (views.empty()) throw Error(Errc::invalid_input, "a scan of no views was asked for", "keep at least one view");
  const ArraySpec spec{Shape{shape[0], shape[1], static_cast<std::int64_t>(views.size())}, readings.spec().type};
  const auto view_bytes = spec.bytes() / views.size();
  const auto at = [&](std::int64_t view) { return readings.data() + static_cast<std::size_t>(view) * view_bytes; };
  if (run) {  // the same memory, kept alive by a handle
    const auto owner = std::make_shared<const Pixels>(readings);
    return Pixels::adopt(spec, owner, at(views[0]));
  }
  auto kept = PixelBuffer::allocate(spec);
  auto* out = kept.data();
  for (const auto view : views) {
    std::memcpy(out, at(view), view_bytes);
    out += view_bytes;
  }
  return kept;
}

Sinogram keep_views(const Sinogram& scan, std::span<const std::int64_t> views) {
  // A mask without views, or with one, holds for all of them.
  const bool each = !scan.mask.empty() && scan.mask.spec().shape.rank() > 2 && scan.mask.spec().shape[2] > 1;
  return {keep_views(scan.readings, views), scan.geometry.subset(views), scan.meta,
          each ? keep_views(scan.mask, views) : scan.mask};
}

ProjectionGeometry upsample_views(const ProjectionGeometry& geometry, std::int64_t factor) {
  if (factor < 1)
    throw Error(Errc::invalid_input, "views were to be upsampled " + std::to_string(factor) + " times",
                "give 1 or more");
  const auto orbit = geometry.orbit();
  if (!orbit.circular) {
    throw Error(Errc::unsupported, "views between others are known on a circular orbit about z only: " + orbit.why_not);
  }
  const auto& angles = orbit.angles_rad;
  const auto count = angles.size();
  const double turn = std::copysign(2 * std::numbers::pi, count > 1 ? angles[1] - angles[0] : 1.0);
  const bool closed = count > 1 && angular_spread(angles, std::abs(turn)).whole;
  std::vector<View> views;
  for (std::size_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    const double step = last ? angles[0] + turn - angles[i] : angles[i + 1] - angles[i];
    for (std::int64_t k = 0; k < (last && !closed ? 1 : factor); ++k) {
      const double part = static_cast<double>(k) / static_cast<double>(factor);
      views.push_back(turned(geometry.views()[i], part * step));
    }
  }
  return {geometry.beam(), geometry.detector_shape(), geometry.elements(), std::move(views)};
}

}  // namespace iso::tomography
