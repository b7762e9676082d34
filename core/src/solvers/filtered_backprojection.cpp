#include "iso/solvers/filtered_backprojection.h"

#include "iso/base/threads.h"
#include "ramp_impl.h"
#include "scan_weights_impl.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace iso::solvers {
namespace {

using namespace compute;
constexpr double pi = std::numbers::pi;

std::string degrees(double rad) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", rad * 180 / pi);
  return text;
}

[[noreturn]] void covers_too_little(double covered, double needed) {
  throw Error{Errc::invalid_input,
              "the views cover " + degrees(covered) + " degrees, filtered back-projection needs " + degrees(needed),
              "use an iterative method for a limited angle"};
}

/// The weight of every reading before the filter.
class ReadingWeights {
 public:
  ReadingWeights(const ProjectionGeometry& geometry, const FilteredBackprojectionOptions& options)
      : geometry_{geometry}, orbit_{geometry.orbit()}, plane_{detail::scan_plane(geometry, orbit_)} {
    const bool parallel = plane_.beam == Beam::parallel;
    displaced_ = options.offset_weights && detail::is_displaced(plane_);
    if (displaced_ && !(plane_.edge_low < 0 && plane_.edge_high > 0)) {
      throw Error{Errc::invalid_input, "no ray of the scan passes the axis of rotation",
                  "check the offset of the detector"};
    }
    const auto turn = detail::angular_weights(orbit_.angles_rad, 2 * pi);
    displaced_ = displaced_ && turn.whole;
    if (parallel && !displaced_) {
      angles_ = detail::angular_weights(orbit_.angles_rad, pi);
      if (!angles_.whole) covers_too_little(angles_.arc, pi);
      return;
    }
    angles_ = turn;
    if (turn.whole) {
      common_ = 0.5;  // every ray is measured from both ends
      return;
    }
    const double fan = std::max(-plane_.edge_low, plane_.edge_high), needed = pi + 2 * fan;
    const double step = turn.arc / static_cast<double>(orbit_.angles_rad.size());
    if (turn.arc + step < needed) covers_too_little(turn.arc, needed);
    parker_ = options.short_scan_weights;
    // Up to a step is missing in the count of whole cells; the weights are made for the arc that is needed then.
    parker_arc_ = std::max(turn.arc, needed);
    if (!parker_) common_ = pi / turn.arc;
  }

  [[nodiscard]] const detail::ScanPlane& plane() const noexcept { return plane_; }
  /// Elements that a displaced detector lacks on its short side. Filtered rows do not end where the readings do, so the
  /// rows are made symmetric about the axis.
  [[nodiscard]] std::int64_t missing() const {
    return displaced_ ? static_cast<std::int64_t>(
                            std::ceil(std::abs(2 * plane_.axis_element - static_cast<double>(plane_.gamma.size() - 1))))
                      : 0;
  }
  [[nodiscard]] bool missing_at_low() const {
    return 2 * plane_.axis_element < static_cast<double>(plane_.gamma.size() - 1);
  }

  template <class T>
  void fill(PixelBlock& block) const {
    const auto values = block.mutable_values<T>();
    const auto [nu, nv] = geometry_.elements();
    const auto rows = static_cast<std::int64_t>(geometry_.views().size());
    const double middle = 0.5 * static_cast<double>(nv - 1);
    const bool slanted = plane_.beam == Beam::cone;
    parallel_for(rows, 1, [&, nu = nu, nv = nv](std::int64_t begin, std::int64_t end) {
      for (std::int64_t view = begin; view < end; ++view) {
        auto at = static_cast<std::size_t>(view * nv * nu);
        for (std::int64_t v = 0; v < nv; ++v) {
          const double height = orbit_.v_offset_mm + (static_cast<double>(v) - middle) * geometry_.pitch_v_mm();
          for (std::size_t u = 0; u < static_cast<std::size_t>(nu); ++u, ++at) {
            const double across = plane_.across_mm[u];
            const double slant = slanted ? across / std::hypot(across, height) : 1.0;
            values[at] = static_cast<T>(in_plane(static_cast<std::size_t>(view), u) * slant);
          }
        }
      }
    });
  }

 private:
  [[nodiscard]] double in_plane(std::size_t view, std::size_t u) const {
    double weight = common_ * angles_.view[view] * plane_.cosine[u];
    if (displaced_) weight *= detail::displacement_weight(plane_, plane_.gamma[u]);
    // Opposite rays lie pi - 2 gamma apart, in Parker's paper pi + 2 gamma: his gamma is minus ours.
    if (parker_) {
      const double start = angles_.from_start[view] + 0.5 * (parker_arc_ - angles_.arc);
      weight *= detail::short_scan_weight(start, parker_arc_, plane_.mirrored ? plane_.gamma[u] : -plane_.gamma[u]);
    }
    return weight;
  }

  const ProjectionGeometry& geometry_;
  ProjectionGeometry::Orbit orbit_;
  detail::ScanPlane plane_;
  detail::AngularWeights angles_;
  bool displaced_{false}, parker_{false};
  double common_{1}, parker_arc_{0};
};

/// Weighted readings in rows with zeros before or behind them.
template <class T>
PixelBlock padded(const PixelBlock& readings, const PixelBlock& weights, std::int64_t before, std::int64_t after) {
  const auto shape = readings.spec().shape;
  const auto row = static_cast<std::size_t>(shape[0]), wide = static_cast<std::size_t>(shape[0] + before + after);
  auto out = PixelBlock::allocate({Shape{shape[0] + before + after, shape[1], shape[2]}, readings.spec().type});
  const auto to = out.mutable_values<T>();
  const auto value = readings.values<T>(), weight = weights.values<T>();
  parallel_for(shape[1] * shape[2], 64, [&](std::int64_t begin, std::int64_t end) {
    for (auto r = static_cast<std::size_t>(begin); r < static_cast<std::size_t>(end); ++r) {
      for (std::size_t u = 0; u < row; ++u)
        to[r * wide + static_cast<std::size_t>(before) + u] = value[r * row + u] * weight[r * row + u];
    }
  });
  return out;
}

std::vector<double> response_for(const ProjectionGeometry& geometry, const detail::ScanPlane& plane,
                                 const FilteredBackprojectionOptions& options) {
  const auto elements = geometry.elements()[0];
  const bool arc = plane.beam != Beam::parallel && geometry.detector_shape() == DetectorShape::arc;
  if (!arc) return ramp_response(elements, plane.element, options.window, options.cutoff);
  auto response = detail::arc_ramp_response(elements, plane.element, options.window, options.cutoff);
  // Back-projection divides by (distance / radius)^2 where the formula of an arc divides by distance^2.
  for (auto& value : response) value /= plane.radius_mm * plane.radius_mm;
  return response;
}

void check_input(const ProjectionGeometry& geometry, const Array& readings, const VoxelGrid& grid) {
  check_grid(grid);
  const auto type = readings ? readings.spec().type : ScalarType::f32;
  if (type != ScalarType::f32 && type != ScalarType::f64) {
    throw Error{Errc::type_mismatch,
                "filtered back-projection works on f32 and f64, not on " + std::string{to_string(type)}};
  }
  if (geometry.views().empty()) throw Error{Errc::invalid_input, "the scan has no views"};
  if (!readings || readings.spec().shape != geometry.sinogram_shape()) {
    throw Error{Errc::shape_mismatch, "the readings are " + (readings ? readings.spec().shape.text() : "missing") +
                                          ", the geometry describes " + geometry.sinogram_shape().text()};
  }
}

}  // namespace

Array filtered_backprojection(const Backend& backend, const ProjectionGeometry& geometry, const Array& readings,
                              const VoxelGrid& grid, const FilteredBackprojectionOptions& options, Stream& stream) {
  check_input(geometry, readings, grid);
  const ReadingWeights weights{geometry, options};
  const auto type = readings.spec().type;
  auto block = PixelBlock::allocate(readings.spec());
  if (type == ScalarType::f64)
    weights.fill<double>(block);
  else
    weights.fill<float>(block);
  const auto missing = weights.missing(), before = weights.missing_at_low() ? missing : 0;
  const auto wide = missing > 0 ? detail::widened(geometry, before, missing - before) : geometry;
  Array weighted;
  if (missing == 0) {
    weighted = backend.upload(block, stream);
    backend.vector().multiply(readings, weighted, weighted, stream);
  } else {
    const auto measured = backend.download(readings, stream);
    weighted = backend.upload(type == ScalarType::f64 ? padded<double>(measured, block, before, missing - before)
                                                      : padded<float>(measured, block, before, missing - before),
                              stream);
  }
  block = {};
  Array filtered = backend.allocate(weighted.spec(), stream);
  backend.make(DetectorFilter{weighted.spec().shape, response_for(wide, weights.plane(), options), type})
      ->forward(weighted, filtered, stream);
  weighted = {};
  const auto back = backend.make(Backprojection{wide, grid, Weighting::fdk, type});
  Array volume = backend.allocate(back->range(), stream);
  back->forward(filtered, volume, stream);
  return volume;
}

std::vector<OperatorSpec> filtered_backprojection_operators(const ProjectionGeometry& geometry, const VoxelGrid& grid,
                                                            ScalarType type) {
  const auto response =
      ramp_response(geometry.elements()[0], std::max(geometry.pitch_u_mm(), 1e-9), FilterWindow::ram_lak, 1);
  return {DetectorFilter{geometry.sinogram_shape(), response, type},
          Backprojection{geometry, grid, Weighting::fdk, type}};
}

}  // namespace iso::solvers
