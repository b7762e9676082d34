#include "cpu_backend.h"
#include "noted_progress.h"

#include <gtest/gtest.h>
#include <iso/io/geometry_file.h>
#include <iso/io/registry.h>
#include <iso/tomography/filtered_backprojection.h>

#include <cmath>
#include <filesystem>
#include <string>

// The operators that networks are trained with are held to the tensors that lie here, and so are ours: whoever changes an operator learns
// here that the networks were trained on another one.
namespace {

using namespace sparse_view_ct;
using namespace iso::tomography;
using iso::compute::Array;

constexpr double agreement = 1e-4;  // relative, 2-norm

std::filesystem::path tensor(const std::string& name) { return std::filesystem::path{ISO_TRAINING_TENSORS} / name; }

iso::PixelBuffer read_values(const std::string& name, const iso::Shape& shape) {
  iso::io::ReadOptions options;
  options.expected = iso::Kind::volume;
  options.hints = {{"spacing_mm", "1"}};
  const auto read = iso::io::read(tensor(name + ".npy"), options);
  const auto from = iso::get<iso::Volume>(read).pixels.values<float>();
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({shape, iso::ScalarType::f32});
  const auto to = buffer.values<float>();
  if (from.size() != to.size()) throw std::runtime_error(name + " has another size than its scan");
  std::copy(from.begin(), from.end(), to.begin());
  return buffer;
}

double relative(const iso::Pixels& found, const iso::PixelBuffer& expected) {
  const auto a = found.values<float>();
  const auto b = expected.values<float>();
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    size += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(difference / size);
}

class TrainingOperators : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<iso::compute::Backend> backend{iso::gpu::make_cpu_backend()};
  std::unique_ptr<iso::compute::Stream> stream{backend->make_stream()};
  iso::ProjectionGeometry geometry{iso::io::read_geometry(tensor(GetParam() + ".json"))};
  iso::VoxelGrid grid{iso::VoxelGrid::centred({64, 64, 1}, {1, 1, 1})};

  [[nodiscard]] Array readings(const std::string& kind) {
    return backend->upload(read_values(GetParam() + kind, geometry.sinogram_shape()), *stream);
  }
  [[nodiscard]] double error(const Array& image, const std::string& kind, const iso::Shape& shape) {
    return relative(backend->download(image, *stream), read_values(kind, shape));
  }
};

TEST_P(TrainingOperators, ProjectTheStoredImageToTheStoredReadings) {
  const auto a = backend->make(iso::compute::RayTransform{geometry, grid});
  const Array image = backend->upload(read_values("image", grid.shape()), *stream);
  Array found = backend->allocate(a->range(), *stream);
  a->forward(image, found, *stream);
  EXPECT_LT(error(found, GetParam() + "_readings", geometry.sinogram_shape()), agreement);
}

TEST_P(TrainingOperators, ReconstructTheStoredImageByFilteredBackprojection) {
  const FilteredBackprojection fbp{*backend, geometry, grid, {.filter = FilterWindow::hann}};
  EXPECT_LT(error(fbp(readings("_noisy"), *stream), GetParam() + "_fbp", grid.shape()), agreement);
}

TEST_P(TrainingOperators, ReconstructTheStoredImageByTotalVariation) {
  iso::Sinogram scan;
  scan.geometry = geometry;
  scan.readings = read_values(GetParam() + "_noisy", geometry.sinogram_shape());
  TvOptions options;
  options.size = 64;
  options.spacing_mm = 1;
  options.tolerance = 0;
  options.weight_mm = 0;
  options.strength = 1;
  options.step_ratio = 0.01;
  options.iterations = 150;
  const auto problem = make_problem(scan, options, *backend, *stream);
  EXPECT_LT(error(reconstruct(problem, options), GetParam() + "_tv", problem.grid.shape()), agreement);
}

INSTANTIATE_TEST_SUITE_P(Scans, TrainingOperators, testing::Values("fan", "parallel"),
                         [](const auto& name) { return name.param; });

}  // namespace
