#include "iso/tomography/filtered_backprojection.h"

#include "iso/base/threads.h"
#include "iso/tomography/coverage.h"
#include "ramp_impl.h"
#include "scan_plane_impl.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace iso::tomography {
namespace {

using namespace compute;
constexpr double pi = std::numbers::pi;

/// The weight of every reading before the filter: cosine of the ray, angle that the view stands for, redundancy.
class ReadingWeights {
 public:
  ReadingWeights(const ProjectionGeometry& geometry, const FilteredBackprojectionOptions& options)
      : geometry_{geometry},
        orbit_{geometry.orbit()},
        plane_{detail::scan_plane(geometry, orbit_)},
        coverage_{coverage(geometry, {options.offset_weights, options.limited_angle})} {
    if (plane_.beam == Beam::parallel && !coverage_.one_sided) return;
    if (coverage_.angles.whole) {
      common_ = 0.5;  // every ray is measured from both ends
      return;
    }
    if (!coverage_.enough) return;  // a limited angle: no ray is measured twice
    parker_ = options.short_scan_weights;
    // Up to a step is missing in the count of whole cells; the weights are made for the arc that is needed then.
    parker_arc_ = std::max(coverage_.angles.arc, coverage_.needed_rad);
    if (!parker_) common_ = pi / coverage_.angles.arc;
  }

  [[nodiscard]] const detail::ScanPlane& plane() const noexcept { return plane_; }
  /// Elements that a displaced detector lacks on its short side. Filtered rows do not end where the readings do, so the
  /// rows are made symmetric about the axis.
  [[nodiscard]] std::int64_t missing() const {
    return coverage_.one_sided ? static_cast<std::int64_t>(std::ceil(
                                     std::abs(2 * plane_.axis_element - static_cast<double>(plane_.gamma.size() - 1))))
                               : 0;
  }
  [[nodiscard]] bool missing_at_low() const {
    return 2 * plane_.axis_element < static_cast<double>(plane_.gamma.size() - 1);
  }

  template <class T>
  void fill(std::span<T> values) const {
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
    double weight = common_ * coverage_.angles.view[view] * plane_.cosine[u];
    if (coverage_.one_sided) weight *= detail::displacement_weight(plane_, plane_.gamma[u]);
    // Opposite rays lie pi - 2 gamma apart, in Parker's paper pi + 2 gamma: his gamma is minus ours.
    if (parker_) {
      const double start = coverage_.angles.from_start[view] + 0.5 * (parker_arc_ - coverage_.angles.arc);
      weight *= detail::short_scan_weight(start, parker_arc_, plane_.mirrored ? plane_.gamma[u] : -plane_.gamma[u]);
    }
    return weight;
  }

  const ProjectionGeometry& geometry_;
  ProjectionGeometry::Orbit orbit_;
  detail::ScanPlane plane_;
  Coverage coverage_;
  bool parker_{false};
  double common_{1}, parker_arc_{0};
};

std::vector<double> response_for(const ProjectionGeometry& geometry, const detail::ScanPlane& plane,
                                 const FilteredBackprojectionOptions& options) {
  const auto elements = geometry.elements()[0];
  const bool arc = plane.beam != Beam::parallel && geometry.detector_shape() == DetectorShape::arc;
  if (!arc) return ramp_response(elements, plane.element, options.filter, options.cutoff);
  auto response = detail::arc_ramp_response(elements, plane.element, options.filter, options.cutoff);
  // Back-projection divides by (distance / radius)^2 where the formula of an arc divides by distance^2.
  for (auto& value : response) value /= plane.radius_mm * plane.radius_mm;
  return response;
}

const VoxelGrid& checked(const VoxelGrid& grid, ScalarType type) {
  check_grid(grid);
  if (type == ScalarType::f32 || type == ScalarType::f64) return grid;
  throw Error{Errc::type_mismatch,
              "filtered back-projection works on f32 and f64, not on " + std::string{to_string(type)}};
}

PixelBuffer make_weights(const ReadingWeights& weights, const ArraySpec& spec) {
  auto block = PixelBuffer::allocate(spec);
  if (spec.type == ScalarType::f64)
    weights.fill<double>(block.values<double>());
  else
    weights.fill<float>(block.values<float>());
  return block;
}

// Views are weighted and filtered in blocks of about this size, so that the weighted readings are never there as a whole.
constexpr std::int64_t block_bytes = std::int64_t{8} << 20;

/// Rows with zeros before or behind them, where the detector is displaced.
struct Rows {
  std::int64_t before{0}, behind{0};

  explicit Rows(const ReadingWeights& weights)
      : before{weights.missing_at_low() ? weights.missing() : 0}, behind{weights.missing() - before} {}
  [[nodiscard]] bool widened() const noexcept { return before + behind > 0; }
  [[nodiscard]] Shape wide(const Shape& sinogram) const {
    return Shape{sinogram[0] + before + behind, sinogram[1], sinogram[2]};
  }
};

std::int64_t views_of_block(const Shape& wide, ScalarType type) {
  const auto view = static_cast<std::int64_t>(ArraySpec{Shape{wide[0], wide[1]}, type}.bytes());
  return std::clamp<std::int64_t>(block_bytes / std::max<std::int64_t>(view, 1), 1, wide[2]);
}

// Row `at` of an array (u, v, view), without its first `before` elements.
Array make_row(Array& array, std::int64_t at, std::int64_t before, std::int64_t count) {
  const auto& shape = array.spec().shape;
  Array row = array.reshaped(Shape{shape[0], shape[1] * shape[2]}).part(at, 1).reshaped(Shape{shape[0]});
  return row.part(before, count);
}

}  // namespace

struct FilteredBackprojection::Parts {
  Rows rows;
  Array weights;                   // of every reading
  ArraySpec block;                 // of views that are weighted and filtered together, with the zeros of their rows
  OperatorPtr filter, rest, back;  // `rest` filters the last block where it has fewer views

  Parts(const Backend& backend, const ProjectionGeometry& geometry, const VoxelGrid& grid,
        const FilteredBackprojectionOptions& options, ScalarType type, const ReadingWeights& made)
      : rows{made} {
    const auto stream = backend.make_stream();
    const auto wide = rows.widened() ? detail::widened(geometry, rows.before, rows.behind) : geometry;
    const auto shape = wide.sinogram_shape();
    block = {Shape{shape[0], shape[1], views_of_block(shape, type)}, type};
    const auto response = response_for(wide, made.plane(), options);
    filter = backend.make(DetectorFilter{block.shape, response, type});
    if (const auto left = shape[2] % block.shape[2]; left > 0)
      rest = backend.make(DetectorFilter{Shape{shape[0], shape[1], left}, response, type});
    back = backend.make(Backprojection{wide, grid, Weighting::fdk, type});
    weights = backend.upload(make_weights(made, {geometry.sinogram_shape(), type}), *stream);
    stream->synchronize();
  }
  [[nodiscard]] const LinearOperator& make_filter(std::int64_t views) const {
    return views == block.shape[2] ? *filter : *rest;
  }
  // weighted = W readings of views [first, first + count), with the zeros of their rows around them.
  void weight(Array readings, std::int64_t first, std::int64_t count, Array& weighted, Stream& stream) const {
    const auto& ops = readings.backend().vector();
    Array in = readings.part(first, count), by = Array{weights}.part(first, count);
    if (!rows.widened()) return ops.multiply(in, by, weighted, stream);
    const auto& shape = in.spec().shape;
    for (std::int64_t row = 0; row < shape[1] * count; ++row) {
      Array out = make_row(weighted, row, rows.before, shape[0]);
      ops.multiply(make_row(in, row, 0, shape[0]), make_row(by, row, 0, shape[0]), out, stream);
    }
  }
  // readings (+)= W weighted
  void weight_adjoint(Array& weighted, std::int64_t first, std::int64_t count, Array& readings, Write write,
                      Stream& stream) const {
    const auto& ops = readings.backend().vector();
    Array out = readings.part(first, count), by = Array{weights}.part(first, count);
    const auto& shape = out.spec().shape;
    for (std::int64_t row = 0; row < shape[1] * count; ++row) {
      Array from = make_row(weighted, row, rows.before, shape[0]), to = make_row(out, row, 0, shape[0]);
      ops.multiply(make_row(by, row, 0, shape[0]), from, write == Write::replace ? to : from, stream);
      if (write == Write::accumulate) ops.axpy(1, from, to, stream);
    }
  }
};

FilteredBackprojection::FilteredBackprojection(const Backend& backend, const ProjectionGeometry& geometry,
                                               const VoxelGrid& grid, const FilteredBackprojectionOptions& options,
                                               ScalarType type)
    : LinearOperator{ArraySpec{geometry.sinogram_shape(), type}, ArraySpec{checked(grid, type).shape(), type}, backend},
      parts_{std::make_unique<const Parts>(backend, geometry, grid, options, type, ReadingWeights{geometry, options})} {
}

FilteredBackprojection::~FilteredBackprojection() = default;

Array FilteredBackprojection::operator()(const Array& readings, Stream& stream) const {
  Array image = backend().allocate(range(), stream);
  forward(readings, image, stream);
  return image;
}

void FilteredBackprojection::do_forward(const Array& x, Array& y, Stream& stream, Write write) const {
  const auto& parts = *parts_;
  const auto views = domain().shape[2], at_once = parts.block.shape[2];
  Array filtered = backend().allocate(parts.back->domain(), stream);
  {
    Array block = backend().allocate(parts.block, stream);
    for (std::int64_t first = 0; first < views; first += at_once) {
      const auto count = std::min(at_once, views - first);
      // q = F W p, block by block of the views
      Array weighted = block.part(0, count), out = filtered.part(first, count);
      parts.weight(x, first, count, weighted, stream);
      parts.make_filter(count).forward(weighted, out, stream);
    }
  }
  // x = B q
  parts.back->forward(filtered, y, stream, write);
}

void FilteredBackprojection::do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const {
  const auto& parts = *parts_;
  const auto views = domain().shape[2], at_once = parts.block.shape[2];
  // q = Bᵀ x
  Array shadow = backend().allocate(parts.back->domain(), stream);
  parts.back->adjoint(y, shadow, stream);
  Array block = backend().allocate(parts.block, stream);
  for (std::int64_t first = 0; first < views; first += at_once) {
    const auto count = std::min(at_once, views - first);
    // p (+)= W F q, block by block of the views
    Array filtered = block.part(0, count);
    parts.make_filter(count).adjoint(shadow.part(first, count), filtered, stream);
    parts.weight_adjoint(filtered, first, count, x, write, stream);
  }
}

std::vector<OperatorSpec> FilteredBackprojection::operators(const ProjectionGeometry& geometry, const VoxelGrid& grid,
                                                            ScalarType type) {
  const auto response =
      ramp_response(geometry.elements()[0], std::max(geometry.pitch_u_mm(), 1e-9), FilterWindow::ram_lak, 1);
  return {DetectorFilter{geometry.sinogram_shape(), response, type},
          Backprojection{geometry, grid, Weighting::fdk, type}};
}

std::size_t FilteredBackprojection::bytes(const ProjectionGeometry& geometry, ScalarType type) {
  const Rows rows{ReadingWeights{geometry, {.limited_angle = true}}};
  const ArraySpec sinogram{geometry.sinogram_shape(), type}, filtered{rows.wide(sinogram.shape), type};
  const ArraySpec block{Shape{filtered.shape[0], filtered.shape[1], views_of_block(filtered.shape, type)}, type};
  return sinogram.bytes() + filtered.bytes() + block.bytes();
}

}  // namespace iso::tomography
