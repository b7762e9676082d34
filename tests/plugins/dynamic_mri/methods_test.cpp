#include "series_fixture.h"

#include "gpu/reference/reference_backend.h"

#include <gtest/gtest.h>
#include <iso/base/random.h>
#include <iso/base/threads.h>

#include <cstring>

using namespace dynamic_mri;

namespace {

using Complex = std::complex<float>;

iso::KSpace make_scan(const iso::Volume& truth, double acceleration, std::int64_t coils, double noise = 2e-3,
                      std::uint64_t seed = 3) {
  iso::mri::SimulationOptions options;
  options.mask.acceleration = acceleration;
  options.mask.seed = seed;
  options.coils = coils;
  options.noise = noise;
  options.seed = seed;
  const auto stream = cpu().make_stream();
  return iso::mri::simulate(truth, options, cpu(), *stream);
}

const iso::Volume& heart() {
  static const iso::Volume volume = iso::mri::heart_phantom(48, 12);
  return volume;
}

bool all_finite(const iso::Volume& volume) {
  return std::ranges::all_of(volume.pixels.values<Complex>(),
                             [](Complex z) { return std::isfinite(z.real()) && std::isfinite(z.imag()); });
}

bool same_bits(const iso::Volume& a, const iso::Volume& b) {
  return a.pixels.spec() == b.pixels.spec() &&
         std::memcmp(a.pixels.data(), b.pixels.data(), a.pixels.spec().bytes()) == 0;
}

ZeroFilledOptions sharing() {
  ZeroFilledOptions options;
  options.share_views = true;
  return options;
}

}  // namespace

TEST(DynamicMethods, GiveAFullyMeasuredSeriesBack) {
  const iso::KSpace scan = make_scan(heart(), 1, 4, 0);
  EXPECT_LT(errors(reconstructed(scan, ZeroFilledOptions{}), heart()).nrmse, 5e-6);
  CgSenseOptions cg;
  cg.tikhonov = 0;
  EXPECT_LT(errors(reconstructed(scan, cg), heart()).nrmse, 5e-6);
  auto none = with_fixed_weights<TemporalTvOptions>();
  none.temporal = 0;
  EXPECT_LT(errors(reconstructed(scan, none), heart()).nrmse, 5e-6);
}

TEST(DynamicMethods, AreEachFarBetterThanZeroFilling) {
  const iso::KSpace scan = make_scan(heart(), 4, 4);
  const double start = errors(reconstructed(scan, ZeroFilledOptions{}), heart()).psnr_db;
  const auto gain = [&](const auto& options) { return errors(reconstructed(scan, options), heart()).psnr_db - start; };
  EXPECT_GT(gain(sharing()), 3);
  EXPECT_GT(gain(CgSenseOptions{}), 3);
  EXPECT_GT(gain(with_fixed_weights<RdledmOptions>()), 10);
  EXPECT_GT(gain(with_fixed_weights<FtvnnrOptions>()), 6);
  EXPECT_GT(gain(with_fixed_weights<LPlusSOptions>()), 6);
  EXPECT_GT(gain(with_fixed_weights<TemporalTvOptions>()), 6);
  EXPECT_GT(gain(with_fixed_weights<LlrOptions>()), 6);
  EXPECT_GT(gain(with_fixed_weights<KtSlrOptions>()), 6);
}

TEST(DynamicMethods, KeepTheMiddleOfAnOversampledReadoutWhoseLinesTheMaskCuts) {
  // The heart in the middle of a field of view that is twice as wide, and every third sample.
  iso::Volume wide = heart();
  const iso::Shape& shape = heart().pixels.spec().shape;
  const std::int64_t nx = shape[0], rows = shape.count() / nx;
  iso::PixelBuffer pixels =
      iso::PixelBuffer::allocate({iso::Shape{2 * nx, shape[1], 1, shape[3]}, iso::ScalarType::c64});
  std::ranges::fill(pixels.values<Complex>(), Complex{});
  for (std::int64_t row = 0; row < rows; ++row)
    std::copy_n(heart().pixels.values<Complex>().begin() + row * nx, nx,
                pixels.values<Complex>().begin() + row * 2 * nx + nx / 2);
  wide.pixels = std::move(pixels);
  wide.grid.size[0] = 2 * nx;
  iso::PixelBuffer mask = iso::PixelBuffer::allocate({wide.pixels.spec().shape, iso::ScalarType::u8});
  const iso::Philox random{5, 1};
  for (std::int64_t i = 0; i < wide.pixels.spec().shape.count(); ++i) {
    const std::int64_t x = i % (2 * nx) - nx, y = i / (2 * nx) % shape[1] - shape[1] / 2;
    const bool centre = x * x + 4 * y * y < 64;
    mask.values<std::uint8_t>()[static_cast<std::size_t>(i)] =
        centre || random.uniform(static_cast<std::uint64_t>(i)) < 0.33 ? 1 : 0;
  }
  iso::mri::SimulationOptions options;
  options.given_mask = std::move(mask);
  options.coils = 4;
  options.noise = 2e-3;
  const auto stream = cpu().make_stream();
  iso::KSpace scan = iso::mri::simulate(wide, options, cpu(), *stream);
  scan.grid.size[0] = nx;
  const iso::Volume found = reconstructed(scan, with_fixed_weights<RdledmOptions>());
  EXPECT_EQ(found.pixels.spec().shape, shape);
  EXPECT_EQ(found.grid.size[0], nx);
  const double start = errors(reconstructed(scan, ZeroFilledOptions{}), heart()).psnr_db;
  EXPECT_GT(errors(found, heart()).psnr_db, start + 10);
}

TEST(DynamicMethods, FtvnnrIsTheErrorDecompositionWithoutItsOtherTerms) {
  const iso::KSpace scan = make_scan(heart(), 4, 1);
  auto ftvnnr = with_fixed_weights<FtvnnrOptions>();
  auto general = with_fixed_weights<RdledmOptions>();
  general.preset = Preset::custom;
  general.spatial = ftvnnr.spatial, general.temporal = 0, general.low_rank = ftvnnr.low_rank, general.layers = 1;
  // They begin elsewhere and come to the same minimum.
  ftvnnr.iterations = general.iterations = 1000;
  ftvnnr.tolerance = general.tolerance = 0;
  EXPECT_LT(errors(reconstructed(scan, general), reconstructed(scan, ftvnnr)).nrmse, 1e-3);
}

TEST(DynamicMethods, AutomaticWeightsComeBackFromWrongOnes) {
  const iso::KSpace scan = make_scan(heart(), 4, 4);
  TemporalTvOptions wrong;
  wrong.temporal = 0.16;
  wrong.iterations = 60;
  NotedProgress noted;
  const double with_rule = errors(reconstructed(scan, wrong, &noted), heart()).psnr_db;
  EXPECT_LT(noted.figures.at("weight_factor"), 1);
  EXPECT_GT(noted.figures.at("held_out_error"), 0);
  EXPECT_GT(with_rule, errors(reconstructed(scan, with_fixed_weights(wrong)), heart()).psnr_db + 1);
}

TEST(DynamicMethods, MapsMadeOfTheScanServeAsWellAsGivenOnes) {
  const iso::KSpace scan = make_scan(heart(), 4, 4);
  auto own = with_fixed_weights<RdledmOptions>(), given = own;
  own.coil_maps = iso::mri::MapSource::adaptive;
  iso::KSpace bare = scan;
  bare.coil_sensitivities = {};
  // Maps of the scan carry the phase of the virtual coil: magnitudes are compared.
  const double with_own = errors(reconstructed(bare, own), heart()).psnr_db,
               with_given = errors(reconstructed(scan, given), heart()).psnr_db;
  EXPECT_GT(with_own, with_given - 3);
}

TEST(DynamicMethods, HubersFunctionStandsSpikes) {
  const iso::KSpace clean = make_scan(heart(), 4, 1);
  iso::PixelBuffer spiked = iso::PixelBuffer::make_copy(clean.samples);
  const iso::Philox random{7, 2};
  auto values = spiked.values<Complex>();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != Complex{} && random.uniform(i) < 0.002)
      values[i] += Complex{std::polar(3.0, 6.283 * random.uniform(1000000 + i))};
  iso::KSpace scan = clean;
  scan.samples = std::move(spiked);
  auto squared = with_fixed_weights<RdledmOptions>();
  squared.layers = 1;
  auto robust = squared;
  robust.huber = 0.1;
  const double without = errors(reconstructed(clean, squared), heart()).psnr_db;
  EXPECT_GT(errors(reconstructed(scan, robust), heart()).psnr_db, without - 1);
  EXPECT_GT(errors(reconstructed(scan, robust), heart()).psnr_db,
            errors(reconstructed(scan, squared), heart()).psnr_db + 3);
}

TEST(DynamicMethods, GiveTheSameBitsForAnyNumberOfThreads) {
  const iso::KSpace scan = make_scan(heart(), 4, 4);
  auto options = with_fixed_weights<RdledmOptions>();
  options.iterations = 20, options.second_rank = 0.02;
  const int before = iso::ThreadBudget::threads();
  iso::ThreadBudget::set(1);
  const iso::Volume one = reconstructed(scan, options);
  iso::ThreadBudget::set(3);
  const iso::Volume three = reconstructed(scan, options);
  iso::ThreadBudget::set(before);
  EXPECT_TRUE(same_bits(one, three));
}

TEST(DynamicMethods, AgreeWithTheReferenceBackEnd) {
  const iso::Volume small = iso::mri::heart_phantom(16, 4);
  const iso::KSpace scan = make_scan(small, 2, 2);
  auto options = with_fixed_weights<RdledmOptions>();
  options.iterations = 40, options.second_rank = 0.02;
  const auto reference = iso::gpu::make_reference_backend();
  EXPECT_LT(errors(reconstructed(scan, options), reconstructed(scan, options, nullptr, *reference)).nrmse, 1e-3);
}

TEST(DynamicMethods, SurviveFramesWithoutLinesDeadCoilsStillImagesAndOneFrame) {
  iso::KSpace empty_frame = make_scan(heart(), 4, 4);
  iso::PixelBuffer mask = iso::PixelBuffer::make_copy(empty_frame.trajectory.cartesian_mask);
  std::fill_n(mask.values<std::uint8_t>().begin() + 3 * 48, 48, std::uint8_t{0});
  empty_frame.trajectory.cartesian_mask = std::move(mask);
  iso::KSpace dead_coil = make_scan(heart(), 4, 4);
  iso::PixelBuffer samples = iso::PixelBuffer::make_copy(dead_coil.samples);
  for (std::int64_t t = 0; t < 12; ++t)
    std::fill_n(samples.values<Complex>().begin() + (t * 4 + 2) * 48 * 48, 48 * 48, Complex{});
  dead_coil.samples = std::move(samples);
  dead_coil.coil_sensitivities = {};
  const iso::KSpace one_frame = make_scan(iso::mri::heart_phantom(48, 1), 2, 4);
  const iso::KSpace many_frames = make_scan(iso::mri::heart_phantom(8, 70), 2, 1);
  for (const iso::KSpace* scan :
       std::initializer_list<const iso::KSpace*>{&empty_frame, &dead_coil, &one_frame, &many_frames}) {
    auto rdledm = with_fixed_weights<RdledmOptions>();
    rdledm.iterations = 30, rdledm.second_rank = 0.02, rdledm.error = 0.02;
    EXPECT_TRUE(all_finite(reconstructed(*scan, rdledm)));
    RdledmOptions automatic;
    automatic.iterations = 10;
    EXPECT_TRUE(all_finite(reconstructed(*scan, automatic)));
    EXPECT_TRUE(all_finite(reconstructed(*scan, with_fixed_weights<LPlusSOptions>())));
    EXPECT_TRUE(all_finite(reconstructed(*scan, CgSenseOptions{})));
    EXPECT_TRUE(all_finite(reconstructed(*scan, sharing())));
  }
}

TEST(DynamicMethods, ShowPreviewsAndEndEarlyWhenNothingChanges) {
  const iso::KSpace scan = make_scan(heart(), 4, 1);
  auto options = with_fixed_weights<TemporalTvOptions>();
  options.iterations = 5000, options.tolerance = 1e-3;
  NotedProgress noted;
  noted.previewing = true;
  (void)reconstructed(scan, options, &noted);
  EXPECT_GE(noted.previews, 20);
  EXPECT_LT(noted.previews, 2000);
}

TEST(DynamicMethods, RefuseSamplesThatAreZero) {
  iso::KSpace scan = make_scan(heart(), 4, 1);
  scan.samples = iso::PixelBuffer::allocate(scan.samples.spec());
  EXPECT_THROW((void)reconstructed(scan, ZeroFilledOptions{}), iso::Error);
}

TEST(DynamicMethods, TellWhatEachLayerAddedToTheSeries) {
  iso::mri::SimulationOptions simulated;
  simulated.mask.acceleration = 3;
  const auto stream = cpu().make_stream();
  const iso::KSpace scan = iso::mri::simulate(iso::mri::heart_phantom(24, 5), simulated, cpu(), *stream);
  auto options = with_fixed_weights<RdledmOptions>();
  options.iterations = 60;
  NotedProgress progress;
  const iso::mri::SeriesProblem problem{scan, options, cpu(), *stream, progress};
  const Solution found = reconstruct(problem, options, 1, progress);
  ASSERT_EQ(found.after_layers.size(), 2u);
  const iso::Volume increments = layer_increments(problem, found), series = problem.finish(found.series);
  ASSERT_EQ(increments.pixels.spec().shape, (iso::Shape{24, 24, 3, 5}));
  EXPECT_EQ(increments.grid.size[2], 3);
  using Complex = std::complex<float>;
  const auto parts = increments.pixels.values<Complex>(), whole = series.pixels.values<Complex>();
  const auto slice = 24u * 24u;
  double first = 0, later = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const auto at = i / slice * 3 * slice + i % slice;
    EXPECT_LT(std::abs(parts[at] + parts[at + slice] + parts[at + 2 * slice] - whole[i]), 1e-5f);
    first += static_cast<double>(std::norm(parts[at]));
    later += static_cast<double>(std::norm(parts[at + slice]));
  }
  EXPECT_GT(later, 0);
  EXPECT_LT(later, first);  // the first layer holds the image, the next what it left out
}

TEST(DynamicMethods, TakeAMaskThatRepeatsAlongTheReadoutAsOneOfLines) {
  const iso::KSpace lines = make_scan(heart(), 4, 4);
  iso::KSpace samples = lines;
  const iso::Shape& shape = lines.samples.spec().shape;
  iso::PixelBuffer mask =
      iso::PixelBuffer::allocate({iso::Shape{shape[0], shape[1], shape[2], shape[4]}, iso::ScalarType::u8});
  for (std::size_t i = 0; i < mask.values<std::uint8_t>().size(); ++i)
    mask.values<std::uint8_t>()[i] =
        lines.trajectory.cartesian_mask.values<std::uint8_t>()[i / static_cast<std::size_t>(shape[0])];
  samples.trajectory.cartesian_mask = std::move(mask);
  auto options = with_fixed_weights<RdledmOptions>();
  options.iterations = 60;
  EXPECT_LT(errors(reconstructed(samples, options), reconstructed(lines, options)).nrmse, 1e-4);
}

TEST(DynamicMethods, ReconstructScansWhoseMaskCutsLines) {
  // The middle is always measured, the rest by chance, sample by sample.
  const iso::Shape& image = heart().pixels.spec().shape;
  iso::PixelBuffer mask =
      iso::PixelBuffer::allocate({iso::Shape{image[0], image[1], 1, image[3]}, iso::ScalarType::u8});
  const iso::Philox random{5, 6};
  for (std::size_t i = 0; i < mask.values<std::uint8_t>().size(); ++i) {
    const auto x = static_cast<std::int64_t>(i) % image[0] - image[0] / 2,
               y = static_cast<std::int64_t>(i) / image[0] % image[1] - image[1] / 2;
    mask.values<std::uint8_t>()[i] = (x >= -6 && x < 6 && y >= -6 && y < 6) || random.uniform(i) < 0.1 ? 1 : 0;
  }
  iso::mri::SimulationOptions simulation;
  simulation.given_mask = std::move(mask);
  simulation.coils = 4, simulation.noise = 2e-3, simulation.seed = 3;
  const auto stream = cpu().make_stream();
  const iso::KSpace scan = iso::mri::simulate(heart(), simulation, cpu(), *stream);
  const double start = errors(reconstructed(scan, ZeroFilledOptions{}), heart()).psnr_db;
  EXPECT_GT(errors(reconstructed(scan, sharing()), heart()).psnr_db, start + 3);
  NotedProgress noted;
  EXPECT_GT(errors(reconstructed(scan, RdledmOptions{}, &noted), heart()).psnr_db,
            start + 10);  // weights by left-out lines
  EXPECT_GT(noted.figures.at("held_out_error"), 0);
  iso::KSpace bare = scan;  // maps of the middle
  bare.coil_sensitivities = {};
  EXPECT_GT(errors(reconstructed(bare, with_fixed_weights<RdledmOptions>()), heart()).psnr_db, start + 7);
  auto robust = with_fixed_weights<RdledmOptions>();
  robust.huber = 0.1;
  EXPECT_GT(errors(reconstructed(scan, robust), heart()).psnr_db, start + 10);
}
