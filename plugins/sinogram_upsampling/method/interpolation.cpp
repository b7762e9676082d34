#include "method/interpolation.h"

#include <iso/base/error.h>
#include <iso/base/threads.h>
#include <iso/tomography/coverage.h>
#include <iso/tomography/views.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>
#include <vector>

namespace sinogram_upsampling {
namespace {

using iso::Sinogram;

constexpr std::int64_t window = 4;
/// A shift costs this part of the window's energy for each element: among equal matches the smallest is taken.
constexpr double shift_cost = 1e-3;

/// A row of readings, continued by its ends, with linear interpolation between elements.
double at(std::span<const float> row, double u) {
  const double last = static_cast<double>(row.size() - 1), place = std::clamp(u, 0.0, last);
  const auto low = static_cast<std::size_t>(place);
  const std::size_t high = std::min(low + 1, row.size() - 1);
  const double part = place - static_cast<double>(low);
  return (1 - part) * row[low] + part * row[high];
}

/// The shift of each element between two rows.
std::vector<double> shifts(std::span<const float> a, std::span<const float> b, double t, std::int64_t reach) {
  const auto n = static_cast<std::int64_t>(a.size());
  std::vector<double> best(a.size(), 0.0), least(a.size(), INFINITY);
  std::vector<double> apart(a.size());
  for (std::int64_t s = -reach; s <= reach; ++s) {
    for (std::int64_t u = 0; u < n; ++u) {
      const auto shift = static_cast<double>(s), place = static_cast<double>(u);
      const double d = at(a, place - t * shift) - at(b, place + (1 - t) * shift);
      apart[static_cast<std::size_t>(u)] = d * d;
    }
    for (std::int64_t u = 0; u < n; ++u) {
      double sum = 0, energy = 0;
      for (std::int64_t k = std::max<std::int64_t>(0, u - window); k <= std::min(n - 1, u + window); ++k) {
        const auto i = static_cast<std::size_t>(k);
        sum += apart[i];
        energy += a[i] * a[i] + b[i] * b[i];
      }
      sum += shift_cost * energy * std::abs(static_cast<double>(s)) /
             static_cast<double>(std::max<std::int64_t>(reach, 1));
      if (const auto i = static_cast<std::size_t>(u); sum < least[i]) {
        least[i] = sum;
        best[i] = static_cast<double>(s);
      }
    }
  }
  std::vector<double> smooth(a.size());
  for (std::int64_t u = 0; u < n; ++u) {  // the median of five: a single wrong match tears the row
    std::array<double, 5> near{};
    for (std::int64_t k = 0; k < 5; ++k)
      near[static_cast<std::size_t>(k)] = best[static_cast<std::size_t>(std::clamp<std::int64_t>(u + k - 2, 0, n - 1))];
    std::ranges::nth_element(near, near.begin() + 2);
    smooth[static_cast<std::size_t>(u)] = near[2];
  }
  return smooth;
}

/// A half turn of a parallel beam with its first view once more behind its last, seen from the other side: half a turn further,
/// elements in reverse. Any other scan as it is.
Sinogram with_opposite_view(const Sinogram& scan) {
  const auto orbit = scan.geometry.orbit();
  const auto& angles = orbit.angles_rad;
  const iso::Shape& shape = scan.readings.spec().shape;
  const bool centred = std::abs(orbit.u_offset_mm) < 1e-3 * scan.geometry.pitch_u_mm();
  if (scan.geometry.beam() != iso::Beam::parallel || !orbit.circular || !centred || angles.size() < 2 ||
      std::abs(angles.back() - angles.front()) > std::numbers::pi ||
      !iso::tomography::angular_spread(angles, std::numbers::pi).whole)
    return scan;
  std::vector<iso::View> views(scan.geometry.views().begin(), scan.geometry.views().end());
  iso::View first = views.front();
  for (iso::Vec3* const vector : {&first.source_mm, &first.detector_centre_mm, &first.u_step_mm})
    for (const std::size_t axis : {std::size_t{0}, std::size_t{1}}) (*vector)[axis] = -(*vector)[axis];
  views.push_back(first);
  Sinogram out;
  out.geometry =
      iso::ProjectionGeometry{iso::Beam::parallel, scan.geometry.detector_shape(), scan.geometry.elements(), views};
  out.meta = scan.meta;
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({out.geometry.sinogram_shape(), iso::ScalarType::f32});
  const iso::Pixels from = scan.readings.converted(iso::ScalarType::f32);
  std::ranges::copy(from.values<float>(), buffer.values<float>().begin());
  for (std::int64_t v = 0; v < shape[1]; ++v)
    std::reverse_copy(from.values<float>().begin() + v * shape[0], from.values<float>().begin() + (v + 1) * shape[0],
                      buffer.values<float>().end() - (shape[1] - v) * shape[0]);
  out.readings = std::move(buffer);
  return out;
}

Sinogram interpolated(const Sinogram& given_scan, std::int64_t factor, std::int64_t reach) {
  const Sinogram scan = with_opposite_view(given_scan);
  Sinogram out;
  out.geometry = iso::tomography::upsample_views(scan.geometry, factor);
  out.meta = scan.meta;
  const iso::Pixels from = scan.readings.converted(iso::ScalarType::f32);
  const iso::Shape given = from.spec().shape, shape = out.geometry.sinogram_shape();
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({shape, iso::ScalarType::f32});
  const auto values = from.values<float>();
  const auto to = buffer.values<float>();
  const auto row = [&](std::int64_t view, std::int64_t v) {
    return values.subspan(static_cast<std::size_t>((view * given[1] + v) * given[0]),
                          static_cast<std::size_t>(given[0]));
  };
  iso::parallel_for(shape[2], 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t view = begin; view < end; ++view)
      for (std::int64_t v = 0; v < shape[1]; ++v) {
        const double t = static_cast<double>(view % factor) / static_cast<double>(factor);
        const auto a = row(view / factor, v), b = row((view / factor + 1) % given[2], v);
        const std::vector<double> s = t > 0 && reach > 0 ? shifts(a, b, t, reach) : std::vector<double>(a.size(), 0.0);
        for (std::int64_t u = 0; u < shape[0]; ++u) {
          const double place = static_cast<double>(u), shift = s[static_cast<std::size_t>(u)];
          to[static_cast<std::size_t>((view * shape[1] + v) * shape[0] + u)] =
              static_cast<float>((1 - t) * at(a, place - t * shift) + t * at(b, place + (1 - t) * shift));
        }
      }
  });
  out.readings = std::move(buffer);
  if (scan.geometry.views().size() == given_scan.geometry.views().size()) return out;
  std::vector<std::int64_t> kept(static_cast<std::size_t>(shape[2] - 1));  // without the view that was put behind
  std::iota(kept.begin(), kept.end(), std::int64_t{0});
  return iso::tomography::keep_views(out, kept);
}

}  // namespace

iso::ProjectionGeometry interpolated_geometry(const iso::ProjectionGeometry& scan, std::int64_t factor) {
  Sinogram outline;
  outline.geometry = scan;
  outline.readings = iso::PixelBuffer::allocate({scan.sinogram_shape(), iso::ScalarType::f32});
  return interpolated(outline, factor, 0).geometry;
}

Sinogram interpolate_linearly(const Sinogram& scan, std::int64_t factor) { return interpolated(scan, factor, 0); }

Sinogram interpolate_along_direction(const Sinogram& scan, std::int64_t factor, std::int64_t reach) {
  if (reach < 1)
    throw iso::Error(iso::Errc::invalid_input,
                     "the reach is " + std::to_string(reach) + " elements, expected 1 or more");
  return interpolated(scan, factor, reach);
}

}  // namespace sinogram_upsampling
