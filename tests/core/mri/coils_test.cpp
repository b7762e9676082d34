#include "gpu/reference/reference_backend.h"

#include "iso/mri/coil_maps.h"
#include "iso/mri/coils.h"
#include "iso/mri/simulation.h"

#include <gtest/gtest.h>
#include <iso/base/random.h>

#include <algorithm>
#include <cmath>

using namespace iso::mri;

namespace {

using Complex = std::complex<float>;

const iso::compute::Backend& reference() {
  static const auto backend = iso::gpu::make_reference_backend();
  return *backend;
}

iso::KSpace scan_of_heart(std::int64_t coils, double acceleration = 2, double noise = 0) {
  SimulationOptions options;
  options.coils = coils;
  options.noise = noise;
  options.mask.acceleration = acceleration;
  options.mask.centre_lines = 8;
  const auto stream = reference().make_stream();
  return simulate(heart_phantom(32, 3), options, reference(), *stream);
}

/// Root mean square of what the projection on the maps leaves of the true ones, where there is an object.
double projection_error(const iso::Pixels& found, const iso::KSpace& scan) {
  const auto maps = found.values<Complex>(), truth = scan.coil_sensitivities.values<Complex>();
  const iso::Volume heart = heart_phantom(32, 3);
  const auto image = heart.pixels.values<Complex>();
  double rest = 0;
  std::size_t inside = 0;
  for (std::size_t i = 0; i < 1024; ++i) {
    if (std::abs(image[i]) < 0.3F) continue;
    std::complex<double> product{};
    double energy = 0;
    for (std::size_t c = 0; c < 4; ++c) {
      product += std::conj(std::complex<double>{maps[c * 1024 + i]}) * std::complex<double>{truth[c * 1024 + i]};
      energy += std::norm(std::complex<double>{maps[c * 1024 + i]});
    }
    EXPECT_NEAR(energy, 1, 1e-5);
    rest += std::max(0.0, 1 - std::norm(product));
    ++inside;
  }
  EXPECT_GT(inside, 300u);
  return std::sqrt(rest / static_cast<double>(inside));
}

}  // namespace

// 0.05 is the bound of BART's own test of its maps.
TEST(CoilMaps, ByAdaptiveCombinationAreThoseOfTheSimulationUpToAPhase) {
  const iso::KSpace scan = scan_of_heart(4, 1);
  EXPECT_LT(projection_error(adaptive_maps(scan, reference(), *reference().make_stream()), scan), 0.05);
}

TEST(CoilMaps, ByTheEigenvectorMethodAreThoseOfTheSimulationUpToAPhase) {
  const iso::KSpace scan = scan_of_heart(4, 1);
  EXPECT_LT(projection_error(eigenvector_maps(scan, reference(), *reference().make_stream()), scan), 0.05);
}

TEST(CoilMaps, ByTheEigenvectorMethodNeedARegionThatHoldsTheKernel) {
  const iso::KSpace scan = scan_of_heart(2, 2);
  const auto stream = reference().make_stream();
  EXPECT_THROW((void)eigenvector_maps(scan, reference(), *stream, {.lines = 4}), iso::Error);
}

TEST(CoilMaps, AreZeroWhereThereIsNoObject) {
  const iso::KSpace scan = scan_of_heart(3);
  const auto stream = reference().make_stream();
  const iso::Pixels maps = adaptive_maps(scan, reference(), *stream, {}, 0.1);
  EXPECT_EQ(maps.values<Complex>()[0], Complex{});
}

TEST(CoilMaps, AreRefusedWithoutACentreOrAGrid) {
  const auto stream = reference().make_stream();
  iso::KSpace scan = scan_of_heart(2);
  iso::PixelBuffer mask = iso::PixelBuffer::make_copy(scan.trajectory.cartesian_mask);
  for (std::int64_t t = 0; t < 3; ++t) mask.values<std::uint8_t>()[static_cast<std::size_t>(t * 32 + 16)] = 0;
  scan.trajectory.cartesian_mask = std::move(mask);
  EXPECT_THROW((void)adaptive_maps(scan, reference(), *stream), iso::Error);
  scan.trajectory = iso::radial_trajectory(32, 32, 0, 0.1);
  EXPECT_THROW((void)adaptive_maps(scan, reference(), *stream), iso::Error);
}

TEST(CoilMaps, AreNormalisedWhereTheyAreNotNearZero) {
  iso::PixelBuffer maps = iso::PixelBuffer::allocate({iso::Shape{2, 1, 1, 2}, iso::ScalarType::c64});
  maps.values<Complex>()[0] = 3, maps.values<Complex>()[2] = {0, 4};
  maps.values<Complex>()[1] = 1e-3F;
  const iso::Pixels found = normalised(std::move(maps));
  EXPECT_NEAR(found.values<Complex>()[0].real(), 0.6, 1e-6);
  EXPECT_NEAR(found.values<Complex>()[2].imag(), 0.8, 1e-6);
  EXPECT_EQ(found.values<Complex>()[1], Complex{});
}

TEST(TimeAverage, IsTheMeanOfTheFramesThatMeasuredALine) {
  iso::KSpace scan = scan_of_heart(1, 4);
  const iso::KSpace mean = time_average(scan);
  const auto mask = scan.trajectory.cartesian_mask.values<std::uint8_t>();
  const auto all = scan.samples.values<Complex>(), averaged = mean.samples.values<Complex>();
  for (std::size_t line = 0; line < 32; ++line) {
    Complex sum{};
    float count = 0;
    for (std::size_t t = 0; t < 3; ++t)
      if (mask[t * 32 + line] != 0) sum += all[(t * 32 + line) * 32 + 7], ++count;
    EXPECT_EQ(mean.trajectory.cartesian_mask.values<std::uint8_t>()[line] != 0, count > 0);
    EXPECT_LT(std::abs(averaged[line * 32 + 7] - (count > 0 ? sum / count : Complex{})), 1e-5F);
  }
  EXPECT_GE(calibration_extent(mean)[0], 8);
  EXPECT_EQ(calibration_extent(mean)[1], 1);
}

TEST(Whitening, MakesTheNoiseOfTheCoilsEqualAndIndependent) {
  iso::KSpace scan = scan_of_heart(3);
  // Noise n = M w of independent w.
  const std::complex<double> m[3][3] = {{2, {0, 1}, 0}, {0.5, 1, 0.3}, {0, {0.2, -0.4}, 3}};
  iso::PixelBuffer covariance = iso::PixelBuffer::allocate({iso::Shape{3, 3}, iso::ScalarType::c64});
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      std::complex<double> sum{};
      for (std::size_t k = 0; k < 3; ++k) sum += m[i][k] * std::conj(m[j][k]);
      covariance.values<Complex>()[j * 3 + i] = Complex{sum};
    }
  scan.noise_covariance = std::move(covariance);
  const iso::KSpace white = with_coils(scan, whitening(scan));
  const auto found = white.noise_covariance.values<Complex>();
  for (std::size_t i = 0; i < 9; ++i) EXPECT_LT(std::abs(found[i] - Complex{i % 4 == 0 ? 1.0F : 0.0F}), 1e-5F) << i;
  scan.noise_covariance = iso::PixelBuffer::allocate({iso::Shape{3, 3}, iso::ScalarType::c64});
  EXPECT_THROW((void)whitening(scan), iso::Error);
  scan.noise_covariance = {};
  EXPECT_THROW((void)whitening(scan), iso::Error);
}

TEST(Whitening, LeavesACoilWithoutNoiseOutAndWhitensTheOthers) {
  iso::KSpace scan = scan_of_heart(3);
  iso::PixelBuffer covariance = iso::PixelBuffer::allocate({iso::Shape{3, 3}, iso::ScalarType::c64});
  covariance.values<Complex>()[0] = 4;  // the second coil is dead
  covariance.values<Complex>()[8] = 9;
  scan.noise_covariance = std::move(covariance);
  const CoilMatrix found = whitening(scan);
  for (std::int64_t r = 0; r < 3; ++r)
    for (std::int64_t c = 0; c < 3; ++c)
      EXPECT_NEAR(std::abs(found.at(r, c) - (r != c || r == 1 ? 0.0 : r == 0 ? 0.5 : 1.0 / 3)), 0, 1e-6) << r << c;
}

TEST(Compression, KeepsTheEnergyOfCoilsThatSeeTheSame) {
  const iso::KSpace two = scan_of_heart(2);
  // Six coils that are mixtures of two: two virtual ones hold all of them.
  CoilMatrix mixture{6, 2, {}};
  for (int i = 0; i < 12; ++i) mixture.values.emplace_back(std::cos(1.3 * i), std::sin(0.7 * i));
  const iso::KSpace six = with_coils(two, mixture);
  const Compression found = compression(six, 2);
  EXPECT_NEAR(found.energy_kept, 1, 1e-6);
  const iso::KSpace back = with_coils(six, found.matrix);
  EXPECT_EQ(back.samples.spec().shape[3], 2);
  const auto energy = [](const iso::KSpace& scan) {
    double sum = 0;
    for (const Complex z : scan.samples.values<Complex>()) sum += static_cast<double>(std::norm(z));
    return sum;
  };
  EXPECT_NEAR(energy(back), energy(six), 1e-5 * energy(six));
  EXPECT_LT(compression(six, 1).energy_kept, 0.999);
  EXPECT_THROW((void)compression(six, 0), iso::Error);
  EXPECT_THROW((void)with_coils(two, {2, 3, std::vector<std::complex<double>>(6)}), iso::Error);
}

TEST(Simulation, IsZeroOnLinesThatAreNotMeasuredAndReproducible) {
  const iso::KSpace a = scan_of_heart(2, 4, 0.01), b = scan_of_heart(2, 4, 0.01);
  const auto x = a.samples.values<Complex>(), y = b.samples.values<Complex>();
  EXPECT_TRUE(std::ranges::equal(x, y));
  const auto mask = a.trajectory.cartesian_mask.values<std::uint8_t>();
  for (std::size_t row = 0; row < x.size() / 32; ++row) {
    const bool zero = std::ranges::all_of(x.subspan(row * 32, 32), [](Complex z) { return z == Complex{}; });
    EXPECT_EQ(zero, mask[row / 64 * 32 + row % 32] == 0);
  }
  a.check();
}

TEST(Simulation, OfMagnitudesSaysThatItIsOptimistic) {
  iso::Volume series = heart_phantom(16, 2);
  EXPECT_EQ(simulate(series, {}, reference(), *reference().make_stream()).meta.at("simulated"),
            "from a complex series");
  iso::PixelBuffer real = iso::PixelBuffer::allocate({iso::Shape{16, 16, 1, 2}, iso::ScalarType::f32});
  std::ranges::transform(series.pixels.values<Complex>(), real.values<float>().begin(),
                         [](Complex z) { return std::abs(z); });
  series.pixels = std::move(real);
  EXPECT_NE(simulate(series, {}, reference(), *reference().make_stream()).meta.at("simulated").find("optimistic"),
            std::string::npos);
}

TEST(HeartPhantom, BeatsAndPeaksNearOne) {
  const iso::Volume heart = heart_phantom(64, 8);
  float peak = 0;
  double largest = 0, smallest = 1e9;
  for (std::size_t t = 0; t < 8; ++t) {
    double pool = 0;
    for (std::size_t i = 0; i < 4096; ++i) {
      const float size = std::abs(heart.pixels.values<Complex>()[t * 4096 + i]);
      peak = std::max(peak, size);
      pool += size > 0.9F ? 1 : 0;
    }
    largest = std::max(largest, pool), smallest = std::min(smallest, pool);
  }
  EXPECT_NEAR(peak, 0.95, 0.02);
  EXPECT_GT(largest, 2 * smallest);
  EXPECT_THROW((void)heart_phantom(2, 1), iso::Error);
}
