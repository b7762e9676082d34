#include "gpu/cpu/cpu_backend.h"
#include "gpu/reference/reference_backend.h"
#include "scans.h"

#include <iso/base/threads.h>
#include <iso/compute/operators/fourier.h>
#include <iso/compute/operators/non_uniform_fourier.h>
#include <iso/data/k_space.h>

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

using namespace testing_scans;

namespace {

/// Golden-angle spokes, other ones in every frame, with the ramp as weights.
NonUniformFourier spokes(const iso::Shape& image, std::int64_t count, std::int64_t frames, ScalarType type,
                         double accuracy) {
  const std::int64_t readout = 2 * image[0], samples = readout * count;
  NonUniformFourier spec{.image = image, .samples = samples, .coils = 2, .frames = frames};
  spec.type = type, spec.accuracy = accuracy;
  const auto all = iso::radial_trajectory(count * frames, readout, 0.1, 1.941611);
  iso::PixelBuffer points = iso::PixelBuffer::allocate({iso::Shape{3, samples, frames}, ScalarType::f32});
  iso::PixelBuffer weights = iso::PixelBuffer::allocate({iso::Shape{samples, frames}, ScalarType::f32});
  const auto from = all.coordinates.values<float>();
  for (std::size_t i = 0; i < from.size(); ++i)
    points.values<float>()[i] =
        i % 3 == 2 ? static_cast<float>(image[2]) * (static_cast<float>(i % 97) / 97 - 0.5F) : 0.5F * from[i];
  for (std::size_t i = 0; i < weights.values<float>().size(); ++i)
    weights.values<float>()[i] = std::hypot(from[3 * i], from[3 * i + 1]) + 0.25F;
  spec.coordinates = std::move(points);
  spec.weights = std::move(weights);
  spec.sensitivities = noise(spec.map_spec(), 9);
  return spec;
}

enum class Direction : std::uint8_t { forward, adjoint, normal };

iso::Pixels apply(const Backend& backend, const OperatorSpec& spec, Direction direction) {
  const auto stream = backend.make_stream();
  const auto a = backend.make(spec);
  const bool from_samples = direction == Direction::adjoint, to_samples = direction == Direction::forward;
  const Array in = backend.upload(noise(from_samples ? a->range() : a->domain(), 4), *stream);
  Array out = backend.allocate(to_samples ? a->range() : a->domain(), *stream);
  if (direction == Direction::forward) a->forward(in, out, *stream);
  if (direction == Direction::adjoint) a->adjoint(in, out, *stream);
  if (direction == Direction::normal) a->normal(in, out, *stream);
  return backend.download(out, *stream);
}

double distance(const OperatorSpec& spec, Direction direction) {
  const auto wanted = numbers(apply(*iso::gpu::make_reference_backend(), spec, direction)),
             found = numbers(apply(*iso::gpu::make_cpu_backend(), spec, direction));
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    difference += (wanted[i] - found[i]) * (wanted[i] - found[i]);
    size += wanted[i] * wanted[i];
  }
  return std::sqrt(difference / size);
}

constexpr std::array directions{Direction::forward, Direction::adjoint, Direction::normal};

}  // namespace

TEST(CpuNonUniformFourier, IsAsExactAsAsked) {
  for (const iso::Shape& image : {iso::Shape{24, 31, 1}, iso::Shape{10, 9, 8}}) {
    for (const double accuracy : {1e-2, 1e-3, 1e-4, 1e-5, 1e-6})
      for (const Direction direction : directions)
        EXPECT_LT(distance(spokes(image, 7, 1, ScalarType::c64, accuracy), direction), accuracy)
            << image.text() << ", " << accuracy;
    for (const double accuracy : {1e-8, 1e-10, 1e-12})
      for (const Direction direction : directions)
        EXPECT_LT(distance(spokes(image, 7, 1, ScalarType::c128, accuracy), direction), accuracy)
            << image.text() << ", " << accuracy;
  }
}

TEST(CpuNonUniformFourier, GivesTheSameBitsForAnyNumberOfThreads) {
  const auto cpu = iso::gpu::make_cpu_backend();
  const int before = iso::ThreadBudget::threads();
  for (const auto& [image, frames] :
       std::vector<std::pair<iso::Shape, int>>{{{72, 80, 1}, 1}, {{40, 44, 1}, 5}, {{40, 26, 24}, 1}}) {
    const auto spec = spokes(image, 21, frames, ScalarType::c64, 1e-4);
    for (const Direction direction : directions) {
      iso::ThreadBudget::set(1);
      const auto one = apply(*cpu, spec, direction);
      for (const int threads : {2, 3, 7}) {
        iso::ThreadBudget::set(threads);
        const auto many = apply(*cpu, spec, direction);
        EXPECT_EQ(std::memcmp(one.data(), many.data(), one.spec().bytes()), 0) << image.text() << ", " << threads;
      }
    }
  }
  iso::ThreadBudget::set(before);
}

TEST(CpuNonUniformFourier, IsTheUnitaryTransformAtWholeCoordinates) {
  const iso::Shape image{12, 9, 1};
  NonUniformFourier spec{.image = image, .samples = 108};
  iso::PixelBuffer points = iso::PixelBuffer::allocate({iso::Shape{3, 108, 1}, ScalarType::f32});
  for (std::size_t i = 0; i < 108; ++i) {
    const std::size_t column = i % 12, row = i / 12;
    points.values<float>()[3 * i] = static_cast<float>(column) - 6;
    points.values<float>()[3 * i + 1] = static_cast<float>(row) - 4;
  }
  spec.coordinates = std::move(points);
  const auto cpu = iso::gpu::make_cpu_backend();
  const auto here = numbers(apply(*cpu, spec, Direction::forward)),
             there = numbers(apply(*cpu, Fourier{image, {0, 1}, true}, Direction::forward));
  for (std::size_t i = 0; i < here.size(); ++i) EXPECT_NEAR(here[i], there[i], 1e-5);
}

TEST(CpuNonUniformFourier, SaysWhatIsWrongWithItsDescription) {
  const auto cpu = iso::gpu::make_cpu_backend();
  const auto code = [&](auto&& change) {
    NonUniformFourier spec = spokes(iso::Shape{8, 8, 1}, 3, 1, ScalarType::c64, 1e-4);
    change(spec);
    try {
      (void)cpu->make(spec);
    } catch (const iso::Error& error) {
      return error.code();
    }
    return iso::Errc::internal;
  };
  using iso::Errc;
  EXPECT_EQ(code([](auto& spec) { spec.coordinates = {}; }), Errc::invalid_input);
  EXPECT_EQ(code([](auto& spec) { spec.accuracy = 1e-9; }), Errc::invalid_input);
  EXPECT_EQ(code([](auto& spec) { spec.sign = 0; }), Errc::invalid_input);
  EXPECT_EQ(code([](auto& spec) { spec.samples = 5; }), Errc::shape_mismatch);
  EXPECT_EQ(code([](auto& spec) { spec.coils = 3; }), Errc::shape_mismatch);
  EXPECT_EQ(code([](auto& spec) {
              iso::PixelBuffer points = iso::PixelBuffer::make_copy(spec.coordinates);
              points.values<float>()[5] = NAN;
              spec.coordinates = std::move(points);
            }),
            Errc::invalid_input);
}
