#include "iso/base/error.h"
#include "iso/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace iso {
namespace {

void expect(bool holds, const std::string& sentence) {
  if (!holds) throw Error{Errc::invalid_input, sentence, "the data are damaged, or were put together wrongly"};
}

void check_type(const Pixels& pixels, ScalarType type, const std::string& what) {
  expect(pixels.empty() || pixels.spec().type == type, "the " + what + " is " +
                                                           std::string{to_string(pixels.spec().type)} + ", expected " +
                                                           std::string{to_string(type)});
}

void check_grid_fits(const VoxelGrid& grid, const Pixels& pixels) {
  if (!pixels.empty()) check_grid(grid);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    expect(pixels.empty() || grid.size[axis] == pixels.spec().shape[axis],
           "the grid has " + std::to_string(grid.size[axis]) + " voxels on axis " + std::to_string(axis) +
               ", the pixels have " + std::to_string(pixels.spec().shape[axis]));
  }
}

/// A mask has the leading axes of the values: all of them, or without the last ones.
void check_mask(const Pixels& mask, const Pixels& pixels, const std::string& what = "mask") {
  if (mask.empty()) return;
  check_type(mask, ScalarType::u8, what);
  const Shape &own = mask.spec().shape, &whole = pixels.spec().shape;
  bool fits = own.rank() <= whole.rank();
  for (std::size_t axis = 0; axis < own.rank(); ++axis) fits = fits && own[axis] == whole[axis];
  expect(fits, "the " + what + " is " + own.text() + ", the values are " + whole.text());
}

void check_axis(const Axis& axis, std::int64_t extent, const std::string& what) {
  expect(axis.values.empty() || static_cast<std::int64_t>(axis.values.size()) == extent,
         "the " + what + " have " + std::to_string(axis.values.size()) + " values, their axis has " +
             std::to_string(extent) + " positions");
  expect(std::ranges::all_of(axis.values, [](double v) { return std::isfinite(v); }) && std::isfinite(axis.first) &&
             std::isfinite(axis.step),
         "the " + what + " are not all finite");
}

}  // namespace

void Volume::check() const {
  check_grid_fits(grid, pixels);
  check_mask(mask, pixels);
  check_axis(frames, pixels.spec().shape[3], "frames");
}

void LabelMap::check() const {
  const ScalarType type = labels.spec().type;
  expect(labels.empty() || type == ScalarType::u8 || type == ScalarType::u16, "the labels are not u8 or u16");
  check_grid_fits(grid, labels);
}

void Sinogram::check() const { check_mask(mask, readings); }

void KSpace::check() const {
  check_type(samples, ScalarType::c64, "array of samples");
  const Shape& shape = samples.spec().shape;
  const auto &coordinates = trajectory.coordinates, &lines = trajectory.cartesian_mask;
  check_type(coordinates, ScalarType::f32, "array of coordinates");
  check_type(lines, ScalarType::u8, "mask of lines");
  check_type(trajectory.density_compensation, ScalarType::f32, "array of density weights");
  const Shape& places = coordinates.spec().shape;
  expect(lines.empty() || lines.spec().shape.rank() < 4 ||
             lines.spec().shape == Shape{shape[0], shape[1], shape[2], shape[4]},
         "the mask is " + lines.spec().shape.text() + ", the samples are " + shape.text() +
             " (readout, phase, partition, coil, frame)");
  expect(coordinates.empty() || places[0] == 3, "the coordinates are not 3 numbers each");
  expect(coordinates.empty() || coordinates.spec().shape.rank() < 4 || places[3] == shape[4],
         "the coordinates have " + std::to_string(places[3]) + " frames, the samples " + std::to_string(shape[4]));
  check_type(noise_covariance, ScalarType::c64, "noise covariance");
  expect(noise_covariance.empty() || noise_covariance.spec().shape == Shape{shape[3], shape[3]},
         "the noise covariance is " + noise_covariance.spec().shape.text() + ", the samples have " +
             std::to_string(shape[3]) + " coils");
  check_axis(frames, shape[4], "frames");
  expect(fourier_sign == 1 || fourier_sign == -1,
         "the sign of the Fourier transform is " + std::to_string(fourier_sign) + ", expected 1 or -1");
}

void SpectralCube::check() const {
  const Shape& shape = pixels.spec().shape;
  check_axis(bands, shape[2], "bands");
  check_axis(band_widths, shape[2], "widths of the bands");
  check_type(band_mask, ScalarType::u8, "mask of bands");
  expect(band_mask.empty() || band_mask.spec().shape.count() == shape[2],
         "the mask of bands has " + std::to_string(band_mask.spec().shape.count()) + " elements, there are " +
             std::to_string(shape[2]) + " bands");
  check_mask(mask, pixels);
}

void Table::check() const {
  for (const auto& row : values)
    expect(row.size() == columns.size(), "a row of the table has " + std::to_string(row.size()) +
                                             " numbers, there are " + std::to_string(columns.size()) +
                                             " columns of numbers");
  for (const auto& column : texts)
    expect(column.values.size() == rows(), "the column '" + column.name + "' has " +
                                               std::to_string(column.values.size()) + " texts, the table has " +
                                               std::to_string(rows()) + " rows");
}

}  // namespace iso
