#include "data.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/mri/coil_maps.h"
#include "iso/mri/sampling_mask.h"
#include "iso/spectra/axis.h"
#include "iso/spectra/library.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace iso::cli {
namespace {

std::string triple(const Vec3& values) {
  return in_digits(values[0], 6) + " x " + in_digits(values[1], 6) + " x " + in_digits(values[2], 6);
}

std::string scan_text(const ProjectionGeometry& geometry) {
  constexpr std::array<std::string_view, 3> beams{"parallel", "fan", "cone"};
  std::string text = std::string(beams[static_cast<std::size_t>(geometry.beam())]) + " beam, " +
                     std::to_string(geometry.views().size()) + " views, " + std::to_string(geometry.elements()[0]) +
                     " x " + std::to_string(geometry.elements()[1]) + " elements of " +
                     in_digits(geometry.pitch_u_mm()) + " x " + in_digits(geometry.pitch_v_mm()) + " mm";
  const auto orbit = geometry.orbit();
  if (!orbit.circular || orbit.angles_rad.empty()) return text + ", free orbit";
  const double degrees = 180 / std::numbers::pi;
  text += ", " + in_digits(orbit.angles_rad.front() * degrees) + " to " + in_digits(orbit.angles_rad.back() * degrees) +
          " degrees";
  if (geometry.beam() != Beam::parallel)
    text += ", source to axis " + in_digits(orbit.source_to_axis_mm, 6) + " mm, to detector " +
            in_digits(orbit.source_to_detector_mm, 6) + " mm";
  return text;
}

/// Of a spectral library; other tables have no more to tell.
std::string table_text(const Table& table) {
  if (!table.meta.contains(spectra::bands_key)) return "";
  const auto library = spectra::to_library(table);
  const auto missing = std::ranges::count_if(library.values, [](double value) { return spectra::is_missing(value); });
  return "spectral library of " + std::to_string(library.count()) + ", " + std::to_string(library.band_count()) +
         " bands from " + in_digits(library.bands.values.front(), 6) + " to " +
         in_digits(library.bands.values.back(), 6) + (library.bands.unit.empty() ? "" : " " + library.bands.unit) +
         (missing > 0 ? ", " + std::to_string(missing) + " values missing" : "");
}

std::string cube_text(const SpectralCube& cube) {
  const auto centres = spectra::band_centres(cube);
  std::string text = std::to_string(centres.size()) + " bands";
  if (!cube.bands.empty()) {
    const auto [least, most] = std::ranges::minmax(centres);
    text += " from " + in_digits(least, 6) + " to " + in_digits(most, 6) +
            (cube.bands.unit.empty() ? "" : " " + cube.bands.unit) + " (" + cube.bands.name + ")";
  }
  const auto good = spectra::good_bands(cube);
  if (const auto masked = std::ranges::count(good, false); masked > 0)
    text += ", " + std::to_string(masked) + " masked";
  if (!cube.band_widths.empty()) text += ", with widths";
  if (!cube.mask.empty() && !cube.mask.is_outline()) {
    const auto mask = cube.mask.values<std::uint8_t>();
    text += ", " + std::to_string(std::ranges::count(mask, std::uint8_t{0})) + " pixels without a spectrum";
  }
  text += ", values " + to_string(cube.quantity);
  if (const auto scale = cube.meta.find(spectra::scale_factor_key); scale != cube.meta.end())
    text += " (stored numbers divided by " + scale->second + ")";
  return text;
}

/// Readouts of a free trajectory, whether they are spokes through the centre, and how far they reach.
std::string trajectory_text(const KSpace& scan) {
  const Shape& shape = scan.samples.spec().shape;
  const Pixels& places = scan.trajectory.coordinates;
  std::string text = "free trajectory of " + std::to_string(shape[1]) + " readouts a frame of " +
                     std::to_string(shape[0]) + " samples";
  if (places.is_outline() || places.values<float>().empty()) return text;
  const auto values = places.values<float>();
  const auto radius = [&](std::size_t i) {
    return static_cast<double>(std::hypot(values[3 * i], values[3 * i + 1], values[3 * i + 2]));
  };
  const auto distance = [&](std::size_t i, std::size_t j) {
    return static_cast<double>(std::hypot(values[3 * i] - values[3 * j], values[3 * i + 1] - values[3 * j + 1],
                                          values[3 * i + 2] - values[3 * j + 2]));
  };
  const auto readout = static_cast<std::size_t>(shape[0]);
  double largest = 0;
  std::size_t radial = 0;
  for (std::size_t first = 0; first + readout <= values.size() / 3; first += readout) {
    // On a spoke the steps from sample to sample have one direction: the ends are as far apart as the way along it.
    double way = 0, nearest = radius(first);
    for (std::size_t i = first; i < first + readout; ++i) {
      nearest = std::min(nearest, radius(i));
      largest = std::max(largest, radius(i));
      if (i > first) way += distance(i, i - 1);
    }
    const std::size_t last = first + readout - 1;
    const double apart = distance(last, first);
    if (way < 1.001 * apart && nearest < 1) ++radial;
  }
  if (radial * readout == values.size() / 3) text += ", spokes through the centre";
  return text + ", reaching " + in_digits(largest) + " cycles per field of view";
}

/// Matrix, field of view, coils, frames, acceleration, trajectory, and what the scan says of its coils.
std::string k_space_text(const KSpace& scan) {
  const Shape& shape = scan.samples.spec().shape;
  const auto side = [&](std::size_t axis) {
    return static_cast<double>(scan.grid.size[axis]) * scan.grid.spacing_mm[axis];
  };
  std::string text = "matrix " + std::to_string(scan.grid.size[0]) + " x " + std::to_string(scan.grid.size[1]) + " x " +
                     std::to_string(scan.grid.size[2]) + ", field of view " + triple({side(0), side(1), side(2)}) +
                     " mm, " + std::to_string(shape[3]) + " coils, " + std::to_string(shape[4]) + " frames";
  const Pixels& mask = scan.trajectory.cartesian_mask;
  if (!scan.trajectory.cartesian())
    text += ", " + trajectory_text(scan);
  else if (mask.empty())
    text += ", lines on a grid, none known to be left out";
  else if (mask.is_outline())
    text += ", lines on a grid with a mask";
  else
    text += std::string{mri::cuts_lines(scan) ? ", samples on a grid, lines cut" : ", lines on a grid"} +
            ", R = " + in_digits(mri::acceleration(mask));
  if (scan.trajectory.cartesian() && !mask.empty() && !mask.is_outline() && !scan.samples.is_outline()) {
    const auto lines = mri::calibration_extent(mri::time_average(scan), shape[1]);
    text += ", centre of " + std::to_string(lines[0]) + " x " + std::to_string(lines[1]) +
            " lines without a gap over all frames";
  }
  text += scan.coil_sensitivities.empty() ? ", no coil maps" : ", with coil maps";
  text += scan.noise_covariance.empty() ? ", no noise scan" : ", with the noise covariance of its coils";
  return text + ", sign of the transform " + std::to_string(scan.fourier_sign);
}

}  // namespace

GeometryVerdict make_verdict(const Dataset& data) {
  if (const auto* const scan = std::get_if<Sinogram>(&data))
    return check_sinogram(scan->readings.spec().shape, scan->geometry);
  return {};
}

std::string shape_text(const Dataset& data) {
  if (const auto* const table = std::get_if<Table>(&data))
    return std::to_string(table->rows()) + " rows of " + std::to_string(table->texts.size() + table->columns.size());
  const Pixels* const pixels = to_pixels(data);
  return pixels == nullptr ? "" : pixels->spec().shape.text();
}

std::string type_text(const Dataset& data) {
  const Pixels* const pixels = to_pixels(data);
  return std::string(pixels == nullptr ? "f64" : to_string(pixels->spec().type));
}

std::string detail_text(const Dataset& data) {
  if (const auto* const volume = std::get_if<Volume>(&data))
    return "spacing " + triple(volume->grid.spacing_mm) + " mm, origin " + triple(volume->grid.origin_mm) +
           " mm, values " + to_string(volume->quantity);
  if (const auto* const labels = std::get_if<LabelMap>(&data))
    return "spacing " + triple(labels->grid.spacing_mm) + " mm, " + std::to_string(labels->names.size()) + " names";
  if (const auto* const scan = std::get_if<Sinogram>(&data)) return scan_text(scan->geometry);
  if (const auto* const cube = std::get_if<SpectralCube>(&data)) return cube_text(*cube);
  if (const auto* const table = std::get_if<Table>(&data)) return table_text(*table);
  if (const auto* const scan = std::get_if<KSpace>(&data)) return k_space_text(*scan);
  return "";
}

const Pixels& comparable(const Dataset& data, const std::string& file) {
  const Pixels* const pixels = to_pixels(data);
  if (pixels == nullptr)
    throw Error(Errc::type_mismatch,
                "'" + file + "' is a " + std::string(to_string(to_kind(data))) + ", expected pixels");
  return *pixels;
}

const VoxelGrid* make_grid(const Dataset& data) noexcept {
  if (const auto* const volume = std::get_if<Volume>(&data)) return &volume->grid;
  if (const auto* const labels = std::get_if<LabelMap>(&data)) return &labels->grid;
  return nullptr;
}

}  // namespace iso::cli
