#include "method/problem.h"

#include "method/preparation.h"

#include <iso/base/error.h>
#include <iso/base/threads.h>
#include <iso/solvers/filtered_backprojection.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace sparse_view_ct {
namespace {

using iso::Errc;
using iso::Error;
using iso::compute::Array;
constexpr double pi = std::numbers::pi;

void check_scan(const iso::Sinogram& scan) {
  if (scan.geometry.views().empty())
    throw Error(Errc::invalid_input, "the scan has no views", "give a scan with its geometry");
  if (scan.readings.spec().shape != scan.geometry.sinogram_shape()) {
    throw Error(Errc::shape_mismatch,
                "the readings are " + scan.readings.spec().shape.text() + ", the geometry describes " +
                    scan.geometry.sinogram_shape().text(),
                "use the geometry file of this scan");
  }
}

// The arc of directions that the views cover, modulo `period`, and whether it is all of it (no gap above three usual steps).
struct Coverage {
  double arc{0};
  bool whole{false};
};
Coverage coverage(const std::vector<double>& angles, double period) {
  std::vector<double> wrapped;
  wrapped.reserve(angles.size());
  for (const double angle : angles) wrapped.push_back(angle - period * std::floor(angle / period + 1e-9));
  std::sort(wrapped.begin(), wrapped.end());
  double widest = wrapped.front() + period - wrapped.back();
  for (std::size_t i = 1; i < wrapped.size(); ++i) widest = std::max(widest, wrapped[i] - wrapped[i - 1]);
  const double usual = (period - widest) / static_cast<double>(std::max<std::size_t>(1, wrapped.size() - 1));
  const bool whole = widest <= 3 * usual + 1e-9;
  return {whole ? period : period - widest + usual, whole};
}

std::string degrees(double rad) { return std::to_string(static_cast<int>(std::lround(rad * 180 / pi))); }

}  // namespace

Prepared plan(const iso::Sinogram& scan, const Request& request) {
  check_scan(scan);
  Prepared out;
  out.views_measured = static_cast<std::int64_t>(scan.geometry.views().size());
  const auto views = equally_spaced_views(out.views_measured, request.use_views);
  out.scan.geometry = scan.geometry.subset(views);
  out.grid = reconstruction_grid(out.scan.geometry, request.size, request.spacing_mm);
  out.radius_mm = field_of_view(out.scan.geometry).radius_mm;
  return out;
}

Prepared prepare(const iso::Sinogram& scan, const Request& request) {
  Prepared out = plan(scan, request);
  if (request.use_views == 0 || request.use_views == out.views_measured) {
    out.scan.readings = scan.readings.converted(iso::ScalarType::f32);
  } else {
    out.scan.readings = keep_views(scan, equally_spaced_views(out.views_measured, request.use_views))
                            .readings.converted(iso::ScalarType::f32);
  }
  return out;
}

Region region_of(const iso::VoxelGrid& grid, const Request& request) {
  Region region{{0, 0, 0}, grid};
  if (request.roi_size_mm.empty()) return region;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (axis >= request.roi_size_mm.size() || grid.size[axis] == 1) continue;
    const double centre = axis < request.roi_centre_mm.size() ? request.roi_centre_mm[axis] : 0.0;
    const double low = (centre - 0.5 * request.roi_size_mm[axis] - grid.origin_mm[axis]) / grid.spacing_mm[axis];
    const double high = (centre + 0.5 * request.roi_size_mm[axis] - grid.origin_mm[axis]) / grid.spacing_mm[axis];
    const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil(low - 1e-9)));
    const auto last = std::min(grid.size[axis] - 1, static_cast<std::int64_t>(std::floor(high + 1e-9)));
    if (last < first) {
      throw Error(Errc::invalid_input,
                  "the region of interest lies outside the field of view along axis " + std::to_string(axis),
                  "give roi_centre_mm and roi_size_mm inside it, in mm from the isocentre");
    }
    region.first[axis] = first;
    region.grid.size[axis] = last - first + 1;
  }
  region.grid.origin_mm = grid.to_world({static_cast<double>(region.first[0]), static_cast<double>(region.first[1]),
                                         static_cast<double>(region.first[2])});
  return region;
}

iso::PixelBlock cut(const iso::PixelBlock& volume, const Region& region) {
  const auto& from = volume.spec().shape;
  if (from == region.grid.shape()) return volume;
  auto out = iso::PixelBlock::allocate({region.grid.shape(), iso::ScalarType::f32});
  const auto in = volume.values<float>();
  auto* to = out.mutable_values<float>().data();
  const auto row = static_cast<std::size_t>(region.grid.size[0]);
  for (std::int64_t z = 0; z < region.grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < region.grid.size[1]; ++y, to += row) {
      const auto at = ((z + region.first[2]) * from[1] + y + region.first[1]) * from[0] + region.first[0];
      std::memcpy(to, in.data() + at, row * sizeof(float));
    }
  }
  return out;
}

iso::compute::RayTransform ray_transform(const Prepared& prepared) { return {prepared.scan.geometry, prepared.grid}; }

Problem::Problem(Prepared& prepared, const iso::compute::Backend& on, iso::compute::Stream& in)
    : backend{on},
      stream{in},
      geometry{prepared.scan.geometry},
      grid{prepared.grid},
      a{on.make(ray_transform(prepared))},
      readings{on.upload(prepared.scan.readings, in)},
      noise{noise_level(prepared.scan.readings)} {
  prepared.scan.readings = {};
}

std::optional<std::string> refusal_of_fbp(const iso::ProjectionGeometry& geometry) {
  const auto orbit = geometry.orbit();
  if (!orbit.circular) return "filtered back-projection needs a circular orbit: " + orbit.why_not;
  if (std::abs(orbit.pitch_mm_per_turn) > 1e-6)
    return "filtered back-projection needs a circular orbit, this one is helical";
  if (orbit.angles_rad.size() < 2) return "filtered back-projection needs views from all sides, there is one";
  double needed = pi;
  if (geometry.beam() == iso::Beam::parallel) {
    const auto half = coverage(orbit.angles_rad, pi);
    if (half.whole || coverage(orbit.angles_rad, 2 * pi).whole) return std::nullopt;
    return "the views cover " + degrees(half.arc) +
           " degrees, filtered back-projection needs 180; use an iterative method";
  }
  const auto turn = coverage(orbit.angles_rad, 2 * pi);
  needed += 2 * std::asin(std::min(1.0, field_of_view(geometry).radius_mm / orbit.source_to_axis_mm));
  const double step = turn.arc / static_cast<double>(orbit.angles_rad.size());
  if (turn.whole || turn.arc + step >= needed) return std::nullopt;
  return "the views cover " + degrees(turn.arc) + " degrees, filtered back-projection needs " + degrees(needed) +
         "; use an iterative method";
}

Agreement agreement(const Problem& problem, const Array& x) {
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

Array start_image(const Problem& problem, bool from_fbp, const Watch& watch) {
  if (from_fbp) {
    const auto refusal = refusal_of_fbp(problem.geometry);
    if (!refusal) {
      watch.log("iterations start from filtered back-projection");
      return iso::solvers::filtered_backprojection(problem.backend, problem.geometry, problem.readings, problem.grid,
                                                   {}, problem.stream);
    }
    watch.log("iterations start from zero: " + *refusal);
  }
  return problem.backend.allocate(problem.a->domain(), problem.stream);
}

double seconds_of_projection(const Prepared& prepared) {
  const auto shape = prepared.scan.geometry.sinogram_shape();
  const bool space = prepared.grid.size[2] > 1 && shape[1] > 1 && prepared.scan.geometry.beam() == iso::Beam::cone;
  const auto across = static_cast<double>(std::max(prepared.grid.size[0], prepared.grid.size[1]));
  const double samples = static_cast<double>(shape.count()) * across;
  // Interpolated samples a second of one thread, measured (README, section Time): linear in a plane, bilinear in space.
  const double rate = space ? 2.25e8 : 7.2e8;
  return samples / (rate * std::max(1, iso::ThreadBudget::threads()));
}

double seconds_of_update(const Prepared& prepared) {
  constexpr double of_a_voxel = 8.5e-9;  // of one thread, measured likewise
  return of_a_voxel * static_cast<double>(prepared.grid.shape().count()) / std::max(1, iso::ThreadBudget::threads());
}

}  // namespace sparse_view_ct
