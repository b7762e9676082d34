#pragma once

#include "support/shared_data.h"

#include <iso/compute/backend.h>
#include <iso/evaluation/metrics.h>
#include <iso/evaluation/noise.h>
#include <iso/tomography/filtered_backprojection.h>

#include <itkImageFileReader.h>
#include <itkNiftiImageIO.h>

#include <algorithm>
#include <filesystem>
#include <numbers>
#include <string>

/// Real CT slices of the shared data, in the fan beam of the sparse-view literature.
namespace iso::testing {

using test::shared_data;
using test::why_without;

/// A NIfTI file of short integers in Hounsfield units.
inline itk::SmartPointer<itk::Image<short, 3>> read_stack(const std::filesystem::path& file) {
  auto reader = itk::ImageFileReader<itk::Image<short, 3>>::New();
  reader->SetImageIO(itk::NiftiImageIO::New());
  reader->SetFileName(file.string());
  reader->Update();
  return reader->GetOutput();
}

/// Slice `index`, clipped to [-1024, 3072], as the mean of blocks of shrink x shrink pixels.
inline Pixels slice_hu(const itk::Image<short, 3>& stack, std::int64_t index, std::int64_t shrink = 1) {
  const auto size = stack.GetLargestPossibleRegion().GetSize();
  const auto width = static_cast<std::int64_t>(size[0]), height = static_cast<std::int64_t>(size[1]);
  PixelBuffer out = PixelBuffer::allocate({Shape{width / shrink, height / shrink, 1}, ScalarType::f32});
  const auto values = out.values<float>();
  const short* from = stack.GetBufferPointer() + index * width * height;
  for (std::int64_t y = 0; y < height / shrink * shrink; ++y) {
    for (std::int64_t x = 0; x < width / shrink * shrink; ++x) {
      const float hu = std::clamp(static_cast<float>(from[y * width + x]), -1024.0F, 3072.0F);
      values[static_cast<std::size_t>(y / shrink * (width / shrink) + x / shrink)] +=
          hu / static_cast<float>(shrink * shrink);
    }
  }
  return out;
}

/// The scan that GloReDi and its successors use: lengths in pixels of the image, flat detector, full turn.
inline ProjectionGeometry literature_fan(std::int64_t views, double pixel_mm = 1) {
  CircularScan scan;
  scan.source_to_axis_mm = 1075 * pixel_mm;
  scan.source_to_detector_mm = 2150 * pixel_mm;
  scan.elements = {672, 1};
  scan.element_pitch_mm = {2 * pixel_mm, pixel_mm};
  return ProjectionGeometry::circular(equal_angles(views, 2 * std::numbers::pi), scan);
}

/// Noise of that many photons a reading; 0 for none. `relative` is what published code does: readings are divided by their
/// largest before photons are counted and multiplied by it after, which hides most of the noise of a body's 7 to 8.
struct Dose {
  double photons{0};
  bool relative{false};
};

inline Pixels scaled(const Pixels& block, double factor) {
  PixelBuffer out = PixelBuffer::allocate(block.spec());
  std::ranges::transform(block.values<float>(), out.values<float>().begin(),
                         [&](float value) { return static_cast<float>(factor * static_cast<double>(value)); });
  return out;
}

inline Pixels with_noise(const Pixels& readings, const Dose& dose) {
  if (!(dose.photons > 0)) return readings;
  const double largest = dose.relative ? static_cast<double>(std::ranges::max(readings.values<float>())) : 1;
  return scaled(evaluation::add_noise(scaled(readings, 1 / largest), {dose.photons, 0, 1}), largest);
}

/// FBP in Hounsfield units (Ram-Lak) of the slice projected along the scan. Pixels of 1.6 mm, as a field of view of 41 cm
/// gives 256 of them.
inline Pixels fbp_of_slice(const compute::Backend& backend, const Pixels& hu, std::int64_t views, double pixel_mm = 1.6,
                           const Dose& dose = {}, double* largest_reading = nullptr) {
  const auto stream = backend.make_stream();
  const auto shape = hu.spec().shape;
  const auto grid = VoxelGrid::centred({shape[0], shape[1], 1}, {pixel_mm, pixel_mm, pixel_mm});
  const auto geometry = literature_fan(views, pixel_mm);
  const auto a = backend.make(compute::RayTransform{geometry, grid});
  auto readings = backend.allocate(a->range(), *stream);
  a->forward(backend.upload(evaluation::to_attenuation(hu), *stream), readings, *stream);
  if (largest_reading != nullptr) *largest_reading = backend.vector().max_abs(readings, *stream);
  if (dose.photons > 0) readings = backend.upload(with_noise(backend.download(readings, *stream), dose), *stream);
  const auto mu = tomography::FilteredBackprojection{backend, geometry, grid}(readings, *stream);
  return evaluation::to_hounsfield(backend.download(mu, *stream));
}

}  // namespace iso::testing
