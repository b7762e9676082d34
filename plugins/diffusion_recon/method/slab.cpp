#include "method/slab.h"

#include <iso/base/error.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

namespace diffusion_recon {
namespace {

/// Why the rows of a scan are no slices of their own; empty: they are.
std::string why_not(const iso::ProjectionGeometry& geometry) {
  if (geometry.beam() == iso::Beam::fan || geometry.elements()[1] == 1) return "it has one slice";
  if (geometry.beam() == iso::Beam::cone)
    return "its rays cross slices, and what lies beside the slab is in its readings";
  const iso::View& first = geometry.views().front();
  constexpr double small = 1e-6;
  for (const iso::View& view : geometry.views()) {
    const double pitch = std::abs(view.v_step_mm[2]);
    const bool straight = std::abs(view.source_mm[2]) < small && std::abs(view.u_step_mm[2]) < small &&
                          std::hypot(view.v_step_mm[0], view.v_step_mm[1]) < small * pitch;
    const bool alike = std::abs(view.v_step_mm[2] - first.v_step_mm[2]) < small * pitch &&
                       std::abs(view.detector_centre_mm[2] - first.detector_centre_mm[2]) < small * pitch;
    if (!straight) return "its rays do not run within slices";
    if (!alike) return "its rows lie at other heights from view to view";
  }
  return {};
}

iso::Pixels cut_rows(const iso::Pixels& readings, std::int64_t first, std::int64_t count) {
  const iso::Shape& from = readings.spec().shape;
  const iso::ArraySpec spec{{from[0], count, from[2]}, readings.spec().type};
  if (readings.data() == nullptr) return iso::Pixels::outline(spec);
  iso::PixelBuffer out = iso::PixelBuffer::allocate(spec);
  const std::size_t row = readings.spec().bytes() / static_cast<std::size_t>(from[1] * from[2]);
  const auto kept = static_cast<std::size_t>(count) * row;
  for (std::int64_t view = 0; view < from[2]; ++view)
    std::memcpy(out.data() + static_cast<std::size_t>(view) * kept,
                readings.data() + static_cast<std::size_t>(view * from[1] + first) * row, kept);
  return out;
}

}  // namespace

Slab cut_slab(const iso::Sinogram& scan, double centre_mm, double length_mm) {
  const iso::ProjectionGeometry& geometry = scan.geometry;
  if (const std::string reason = geometry.views().empty() ? "it has no views" : why_not(geometry); !reason.empty())
    throw iso::Error{iso::Errc::unsupported, "a slab of this scan cannot be reconstructed alone: " + reason,
                     "leave out slab_mm; roi_size_mm keeps a part of the whole reconstruction"};
  const auto [nu, nv] = geometry.elements();
  const double pitch = geometry.views().front().v_step_mm[2], middle = geometry.views().front().detector_centre_mm[2];
  const auto height = [&](std::int64_t row) {
    return middle + pitch * (static_cast<double>(row) - 0.5 * static_cast<double>(nv - 1));
  };
  std::int64_t first = nv, last = -1;
  for (std::int64_t row = 0; row < nv; ++row) {
    if (std::abs(height(row) - centre_mm) > 0.5 * length_mm + 1e-6 * std::abs(pitch)) continue;
    first = std::min(first, row);
    last = std::max(last, row);
  }
  if (last < first) {
    std::ostringstream text;
    text << "no slice lies within " << length_mm << " mm about z = " << centre_mm
         << " mm; those of the scan reach from " << std::min(height(0), height(nv - 1)) << " to "
         << std::max(height(0), height(nv - 1)) << " mm";
    throw iso::Error{iso::Errc::invalid_input, text.str(), "give slab_mm and slab_centre_mm that meet them"};
  }
  const std::int64_t rows = last - first + 1;
  Slab out;
  out.shift_mm = 0.5 * (height(first) + height(last)) - middle;
  out.scan = iso::Sinogram{
      cut_rows(scan.readings, first, rows),
      {geometry.beam(), geometry.detector_shape(), {nu, rows}, {geometry.views().begin(), geometry.views().end()}},
      scan.meta};
  return out;
}

}  // namespace diffusion_recon
