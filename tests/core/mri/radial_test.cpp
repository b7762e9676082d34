#include <iso/mri/radial.h>
#include <iso/mri/simulation.h>

#include "gpu/cpu/cpu_backend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

namespace {

using Complex = std::complex<float>;

const iso::compute::Backend& cpu() {
  static const auto backend = iso::gpu::make_cpu_backend();
  return *backend;
}

iso::KSpace measured(const iso::Volume& series, const iso::mri::RadialOptions& options) {
  const auto stream = cpu().make_stream();
  return iso::mri::simulate_radial(series, options, cpu(), *stream);
}

double measure_angle(const iso::KSpace& scan, std::int64_t spoke) {
  const auto values = scan.trajectory.coordinates.values<float>();
  const std::int64_t readout = scan.samples.spec().shape[0];
  const auto at = static_cast<std::size_t>(3 * (spoke * readout));
  return std::atan2(values[at + 1], values[at]);
}

}  // namespace

TEST(RadialScan, SpokesTurnByTheAngleThatWasAskedForThroughAllFrames) {
  const iso::Volume heart = iso::mri::heart_phantom(16, 3);
  for (const auto& [angle, degrees] : std::vector<std::pair<iso::mri::SpokeAngle, double>>{
           {iso::mri::SpokeAngle::golden, 111.246}, {iso::mri::SpokeAngle::tiny_golden, 23.628}}) {
    const iso::KSpace scan = measured(heart, {.spokes = 5, .angle = angle, .seed = 3});
    for (std::int64_t spoke = 0; spoke < 14; ++spoke) {
      const double turned =
          std::remainder(measure_angle(scan, spoke + 1) - measure_angle(scan, spoke) - degrees * std::numbers::pi / 180,
                         std::numbers::pi);
      EXPECT_NEAR(turned, 0, 1e-4) << spoke;
    }
  }
}

TEST(RadialScan, IsReproducibleFromItsSeed) {
  const iso::Volume heart = iso::mri::heart_phantom(16, 2);
  const auto values = [&](std::uint64_t seed) {
    const iso::KSpace scan = measured(heart, {.spokes = 4, .coils = 2, .noise = 0.01, .seed = seed});
    const auto span = scan.samples.values<Complex>();
    return std::vector<Complex>(span.begin(), span.end());
  };
  EXPECT_EQ(values(1), values(1));
  EXPECT_NE(values(1), values(2));
}

TEST(RadialScan, DensityAddsUpToTheDiscAndGivesTheImageByGridding) {
  const std::int64_t n = 48;
  const iso::Volume heart = iso::mri::heart_phantom(n, 1);
  const iso::KSpace scan = measured(heart, {.spokes = 160, .angle = iso::mri::SpokeAngle::uniform});
  const iso::Pixels weights = iso::mri::density(scan);
  double sum = 0;
  for (const float weight : weights.values<float>()) sum += static_cast<double>(weight);
  EXPECT_NEAR(sum, std::numbers::pi * n * n / 4, 0.02 * n * n);
  const auto stream = cpu().make_stream();
  const iso::KSpace mean = iso::mri::gridded_mean(scan, cpu(), *stream);
  const auto fourier = cpu().make(iso::compute::Fourier{iso::Shape{n, n, 1}, {0, 1}});
  iso::compute::Array image = cpu().allocate(fourier->domain(), *stream);
  fourier->adjoint(cpu().upload(mean.samples.reshaped({n, n, 1}), *stream), image, *stream);
  const iso::Pixels found = cpu().download(image, *stream);
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < found.values<Complex>().size(); ++i) {
    const Complex truth = heart.pixels.values<Complex>()[i];
    difference += static_cast<double>(std::norm(found.values<Complex>()[i] - truth));
    size += static_cast<double>(std::norm(truth));
  }
  // The corners of k-space are not measured: edges ring.
  EXPECT_LT(std::sqrt(difference / size), 0.13);
}

TEST(RadialScan, IsCutIntoFramesAndDropsTheRest) {
  iso::KSpace scan = measured(iso::mri::heart_phantom(16, 1), {.spokes = 23, .coils = 2});
  const iso::KSpace cut = iso::mri::in_frames(scan, 5);
  EXPECT_EQ(cut.samples.spec().shape, (iso::Shape{32, 5, 1, 2, 4}));
  EXPECT_EQ(cut.trajectory.coordinates.spec().shape, (iso::Shape{3, 32, 5, 4}));
  // Coil 1, spoke 2 of frame 3 is spoke 17 of the scan.
  EXPECT_EQ(cut.samples.values<Complex>()[((3 * 2 + 1) * 5 + 2) * 32 + 7],
            scan.samples.values<Complex>()[(1 * 23 + 17) * 32 + 7]);
  EXPECT_EQ(measure_angle(cut, 17), measure_angle(scan, 17));
  EXPECT_THROW((void)iso::mri::in_frames(scan, 24), iso::Error);
  EXPECT_THROW((void)iso::mri::in_frames(cut, 2), iso::Error);
}
