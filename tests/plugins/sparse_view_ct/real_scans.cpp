#include "real_scans.h"

#include <iso/base/error.h>
#include <iso/base/threads.h>
#include <iso/evaluation/metrics.h>
#include <iso/io/registry.h>

#include "support/shared_data.h"

#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkNiftiImageIO.h>
#include <itkTIFFImageIO.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <stdexcept>

namespace sparse_view_ct::real {
namespace {

constexpr double pi = std::numbers::pi;

template <class T, unsigned D>
typename itk::Image<T, D>::Pointer read(const std::filesystem::path& file, itk::ImageIOBase* io) {
  auto reader = itk::ImageFileReader<itk::Image<T, D>>::New();
  reader->SetImageIO(io);
  reader->SetFileName(file.string());
  reader->Update();
  return reader->GetOutput();
}

}  // namespace

std::optional<std::filesystem::path> shared_data() {
  if (iso::test::why_without("")) return std::nullopt;
  return iso::test::shared_data();
}

std::string why_absent() { return iso::test::why_without("").value_or(""); }

namespace {

iso::Volume make_attenuation(const float* hu) {
  iso::Volume slice;
  slice.grid = iso::VoxelGrid::centred({512, 512, 1}, {pixel_mm, pixel_mm, pixel_mm});
  slice.quantity = iso::Quantity::attenuation_per_mm;
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({iso::Shape{512, 512, 1}, iso::ScalarType::f32});
  for (auto& value : buffer.values<float>()) {
    const double clipped = std::clamp(static_cast<double>(*hu++), -1000.0, 3072.0);
    value = static_cast<float>(water_per_mm * (1 + clipped / 1000));
  }
  slice.pixels = std::move(buffer);
  return slice;
}

}  // namespace

iso::Volume chest_slice(int index) {
  const auto image =
      read<float, 3>(*shared_data() / "ct/tcga-luad-slices/tcga-luad-shared.nii.gz", itk::NiftiImageIO::New());
  return make_attenuation(image->GetBufferPointer() + static_cast<std::ptrdiff_t>(index) * 512 * 512);
}

iso::Volume sample_slice() {
  const auto image = read<float, 3>(std::filesystem::path{ISO_SOURCE_DIR} / "resources/samples/ct_lung_512x512.nii.gz",
                                    itk::NiftiImageIO::New());
  if (image->GetBufferedRegion().GetNumberOfPixels() != 512 * 512)
    throw std::runtime_error("the chest sample is not 512 x 512");
  return make_attenuation(image->GetBufferPointer());
}

iso::ProjectionGeometry fan(std::int64_t views) {
  iso::CircularScan scan;
  scan.source_to_axis_mm = 1075 * pixel_mm;
  scan.source_to_detector_mm = 2150 * pixel_mm;
  scan.elements = {672, 1};
  scan.element_pitch_mm = {2 * pixel_mm, 2 * pixel_mm};
  return iso::ProjectionGeometry::circular(iso::equal_angles(views, 2 * pi), scan);
}

iso::Sinogram project_by_samples(const iso::Volume& slice, const iso::ProjectionGeometry& geometry) {
  iso::Sinogram out;
  out.geometry = geometry;
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({geometry.sinogram_shape(), iso::ScalarType::f32});
  const auto to = buffer.values<float>();
  const auto pixels = slice.pixels.values<float>();
  const auto nx = slice.grid.size[0], ny = slice.grid.size[1], nu = geometry.elements()[0];
  const double h = slice.grid.spacing_mm[0];
  const auto at = [&](std::int64_t x, std::int64_t y) {
    return x < 0 || y < 0 || x >= nx || y >= ny ? 0.0
                                                : static_cast<double>(pixels[static_cast<std::size_t>(y * nx + x)]);
  };
  iso::parallel_for(static_cast<std::int64_t>(to.size()), 512, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin; i < end; ++i) {
      const auto ray = geometry.ray(static_cast<std::size_t>(i / nu), static_cast<double>(i % nu), 0);
      const double nearest = -(ray.origin_mm[0] * ray.direction[0] + ray.origin_mm[1] * ray.direction[1]);
      const int reach = static_cast<int>(0.75 * static_cast<double>(nx));
      double sum = 0;
      for (int k = -reach; k <= reach; ++k) {
        const double t = nearest + k * h;
        const auto p =
            slice.grid.to_index({ray.origin_mm[0] + t * ray.direction[0], ray.origin_mm[1] + t * ray.direction[1], 0});
        const double x0 = std::floor(p[0]), y0 = std::floor(p[1]), fx = p[0] - x0, fy = p[1] - y0;
        const auto x = static_cast<std::int64_t>(x0), y = static_cast<std::int64_t>(y0);
        sum += (1 - fy) * ((1 - fx) * at(x, y) + fx * at(x + 1, y)) +
               fy * ((1 - fx) * at(x, y + 1) + fx * at(x + 1, y + 1));
      }
      to[static_cast<std::size_t>(i)] = static_cast<float>(sum * h);
    }
  });
  out.readings = std::move(buffer);
  return out;
}

iso::Sinogram neutron_scan() {
  const auto image =
      read<float, 2>(*shared_data() / "projections/sarepy_sinogram_360_neutron.tif", itk::TIFFImageIO::New());
  const auto size = image->GetBufferedRegion().GetSize();
  const auto nu = static_cast<std::int64_t>(size[0]), views = static_cast<std::int64_t>(size[1]);
  std::vector<double> angles;
  for (std::int64_t v = 0; v < views; ++v)
    angles.push_back(2 * pi * static_cast<double>(v) / static_cast<double>(views - 1));
  iso::Sinogram scan;
  // The axis stands at element 245.0: the detector's centre is (nu-1)/2 - 245 elements to its right.
  scan.geometry = iso::ProjectionGeometry::parallel(angles, {nu, 1}, {1, 1}, 0.5 * static_cast<double>(nu - 1) - 245.0);
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({scan.geometry.sinogram_shape(), iso::ScalarType::f32});
  const auto to = buffer.values<float>();
  for (std::int64_t v = 0; v < views; ++v) {
    const float* row = image->GetBufferPointer() + v * nu;
    for (std::int64_t u = 0; u < nu; ++u) {
      std::int64_t left = u, right = u;
      while (left >= 0 && row[left] <= 0) --left;
      while (right < nu && row[right] <= 0) ++right;
      double counts = left < 0 ? row[right] : row[left];
      if (left >= 0 && right < nu && right > left) {
        counts =
            row[left] + (row[right] - row[left]) * static_cast<double>(u - left) / static_cast<double>(right - left);
      }
      to[static_cast<std::size_t>(v * nu + u)] = static_cast<float>(-std::log(counts / 47047.0));
    }
  }
  scan.readings = std::move(buffer);
  return scan;
}

iso::Sinogram helsinki_scan(const std::string& name) {
  const std::map<std::string, std::pair<double, std::int64_t>> scans{
      {"ta", {269, 121}}, {"tc", {32, 81}}, {"solid_disc", {181, 61}}};
  const auto [first, count] = scans.at(name);
  std::vector<double> angles;
  for (std::int64_t i = 0; i < count; ++i) angles.push_back((first + 0.5 * static_cast<double>(i)) * pi / 180);
  iso::CircularScan orbit;
  orbit.source_to_axis_mm = 410.66;
  orbit.source_to_detector_mm = 553.74;
  orbit.elements = {560, 1};
  orbit.element_pitch_mm = {0.2, 0.2};
  iso::Sinogram scan;
  scan.geometry = iso::ProjectionGeometry::circular(angles, orbit);
  const auto file = *shared_data() / "projections" / ("htc2022_" + name + "_merged.npz");
  // Only the readings: the archive's angles are those above.
  iso::io::ReadOptions options;
  options.expected = iso::Kind::volume;
  options.hints = {{"dataset", "sinogram"}, {"spacing_mm", "1"}, {"axes", "x,y"}};
  const auto array = iso::io::read(file, options);
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({scan.geometry.sinogram_shape(), iso::ScalarType::f32});
  const auto from = iso::get<iso::Volume>(array).pixels.values<float>();
  if (from.size() != buffer.values<float>().size())
    throw std::runtime_error(file.string() + " has another size than the scan");
  std::copy(from.begin(), from.end(), buffer.values<float>().begin());
  scan.readings = std::move(buffer);
  return scan;
}

iso::Volume chest_volume(std::int64_t slices) {
  const auto image = read<float, 3>(*shared_data() / "ct/lidc-idri-0314_256.nii.gz", itk::NiftiImageIO::New());
  const auto size = image->GetBufferedRegion().GetSize();
  const auto spacing = image->GetSpacing();
  const double voxel = spacing[0], height = spacing[2] * static_cast<double>(size[2]);
  const auto nx = static_cast<std::int64_t>(size[0]), ny = static_cast<std::int64_t>(size[1]);
  iso::Volume out;
  out.grid = iso::VoxelGrid::centred({nx, ny, slices}, {voxel, voxel, voxel});
  out.quantity = iso::Quantity::attenuation_per_mm;
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({out.grid.shape(), iso::ScalarType::f32});
  const auto to = buffer.values<float>();
  const auto plane = static_cast<std::size_t>(nx * ny);
  for (std::int64_t z = 0; z < slices; ++z) {
    const double low = 0.5 * (height - voxel * static_cast<double>(slices)) + voxel * static_cast<double>(z),
                 high = low + voxel;
    for (auto k = static_cast<std::int64_t>(low / spacing[2]); static_cast<double>(k) * spacing[2] < high; ++k) {
      const double part =
          std::min(high, static_cast<double>(k + 1) * spacing[2]) - std::max(low, static_cast<double>(k) * spacing[2]);
      const float* from = image->GetBufferPointer() + static_cast<std::size_t>(k) * plane;
      for (std::size_t i = 0; i < plane; ++i) {
        const double hu = std::clamp(static_cast<double>(from[i]), -1000.0, 3072.0);
        to[static_cast<std::size_t>(z) * plane + i] +=
            static_cast<float>(part / voxel * water_per_mm * (1 + hu / 1000));
      }
    }
  }
  out.pixels = std::move(buffer);
  return out;
}

iso::Volume coarser(const iso::Volume& volume, std::int64_t step) {
  const auto& size = volume.grid.size;
  const double voxel = volume.grid.spacing_mm[0] * static_cast<double>(step);
  iso::Volume out;
  out.grid = iso::VoxelGrid::centred({size[0] / step, size[1] / step, size[2] / step}, {voxel, voxel, voxel});
  out.quantity = volume.quantity;
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({out.grid.shape(), iso::ScalarType::f32});
  const auto from = volume.pixels.values<float>();
  const auto to = buffer.values<float>();
  const auto share = static_cast<float>(1.0 / static_cast<double>(step * step * step));
  std::size_t at = 0;
  for (std::int64_t z = 0; z < size[2]; ++z) {
    for (std::int64_t y = 0; y < size[1]; ++y) {
      for (std::int64_t x = 0; x < size[0]; ++x, ++at) {
        to[static_cast<std::size_t>(((z / step) * out.grid.size[1] + y / step) * out.grid.size[0] + x / step)] +=
            share * from[at];
      }
    }
  }
  out.pixels = std::move(buffer);
  return out;
}

iso::ProjectionGeometry cone(double voxel_mm, double height_mm, std::int64_t views) {
  constexpr double magnification = 1.5, width_mm = 600,
                   nearest_mm = 710;  // the corner of the volume that is nearest to the source
  iso::CircularScan scan;
  scan.source_to_axis_mm = 1000;
  scan.source_to_detector_mm = magnification * scan.source_to_axis_mm;
  scan.element_pitch_mm = {magnification * voxel_mm, magnification * voxel_mm};
  const auto even = [](double value) { return 2 * static_cast<std::int64_t>(std::ceil(0.5 * value)); };
  scan.elements = {even(width_mm / voxel_mm), even(height_mm * scan.source_to_axis_mm / nearest_mm / voxel_mm)};
  return iso::ProjectionGeometry::circular(iso::equal_angles(views, 2 * pi), scan);
}

}  // namespace sparse_view_ct::real
