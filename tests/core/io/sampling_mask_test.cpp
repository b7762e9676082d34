// What a bare array of samples is told beside itself: which of them were measured, or where.
#include "io_fixture.h"

#include <iso/io/sampling_mask.h>

#include <complex>
#include <vector>

using namespace iso;
using iso::test::catch_error;
using iso::test::fs::path;

namespace {

using Complex = std::complex<float>;

class SamplingMask : public iso::test::IoTest {
 protected:
  /// An array in a file; pixel i is value(i).
  template <class T, class Value>
  path file(const char* name, const Shape& shape, const Value& value) {
    PixelBuffer pixels = PixelBuffer::allocate({shape, scalar_type_of<T>});
    for (std::size_t i = 0; i < pixels.values<T>().size(); ++i)
      pixels.values<T>()[i] = value(static_cast<std::int64_t>(i));
    Volume volume;
    volume.grid = VoxelGrid::centred({shape[0], shape[1], shape[2]}, {1, 1, 1});
    volume.pixels = std::move(pixels);
    const path to = folder / name;
    io::write(to, Dataset{std::move(volume)});
    return to;
  }
  KSpace read(const path& samples, std::map<std::string, std::string> hints) {
    io::ReadOptions options;
    options.expected = Kind::k_space;
    options.hints = std::move(hints);
    return std::get<KSpace>(*io::read(samples, options));
  }
};

}  // namespace

TEST_F(SamplingMask, OfThreeAxesThatRepeatsAlongTheReadoutIsOneOfLines) {
  // As a MATLAB array frame x readout x phase has it: frame fastest.
  constexpr std::int64_t frames = 3, readout = 4, phases = 5;
  const path mask = file<std::uint8_t>("m.npy", {frames, readout, phases}, [](std::int64_t i) {
    const std::int64_t t = i % frames, y = i / (frames * readout);
    return static_cast<std::uint8_t>((t + y) % 2 == 0 ? 255 : 0);
  });
  const Pixels lines = io::read_sampling_mask(mask, "frame,readout,phase", "", {readout, phases, 1, frames});
  ASSERT_EQ(lines.spec(), (ArraySpec{{phases, 1, frames}, ScalarType::u8}));
  for (std::int64_t t = 0; t < frames; ++t)
    for (std::int64_t y = 0; y < phases; ++y)
      EXPECT_EQ(lines.values<std::uint8_t>()[static_cast<std::size_t>(t * phases + y)], (t + y) % 2 == 0 ? 1 : 0);
}

TEST_F(SamplingMask, ThatCutsLinesKeepsItsReadout) {
  const path mask = file<float>("m.npy", {4, 5}, [](std::int64_t i) { return i % 4 == 1 || i / 4 == 2 ? 1.0F : 0.0F; });
  const Pixels samples = io::read_sampling_mask(mask, "readout,phase", "", {4, 5, 1, 2});
  ASSERT_EQ(samples.spec(), (ArraySpec{{4, 5, 1, 2}, ScalarType::u8}));
  for (std::size_t i = 0; i < 40; ++i)  // the same in both frames
    EXPECT_EQ(samples.values<std::uint8_t>()[i], i % 4 == 1 || i / 4 % 5 == 2 ? 1 : 0) << i;
}

TEST_F(SamplingMask, IsRefusedInOneSentenceWhereItDoesNotFit) {
  const path mask =
      file<std::uint8_t>("m.npy", {4, 5}, [](std::int64_t i) { return static_cast<std::uint8_t>(i % 2); });
  const path empty = file<std::uint8_t>("e.npy", {4, 5}, [](std::int64_t) { return std::uint8_t{0}; });
  const Shape samples{4, 5, 1, 2};
  const auto refused = [&](const path& from, const std::string& axes, const Shape& shape) {
    return catch_error([&] { (void)io::read_sampling_mask(from, axes, "", shape); });
  };
  EXPECT_EQ(refused(mask, "phase,frame", samples).code(), Errc::shape_mismatch);
  EXPECT_EQ(refused(mask, "readout,lines", samples).code(), Errc::invalid_input);
  EXPECT_EQ(refused(mask, "readout", samples).code(), Errc::invalid_input);
  EXPECT_EQ(refused(empty, "readout,phase", samples).code(), Errc::invalid_input);
  EXPECT_EQ(refused(folder / "none.npy", "readout,phase", samples).code(), Errc::cannot_read);
  EXPECT_THROW((void)io::read_sampling_mask(mask, "", "", samples), io::FactMissing);
}

TEST_F(SamplingMask, OfAFileIsTakenForSamplesThatAreZeroByChance) {
  const path samples = file<Complex>("k.npy", {4, 5, 1, 2}, [](std::int64_t i) {
    return Complex{static_cast<float>(i / 4 % 5), 0};
  });
  const path mask =
      file<std::uint8_t>("m.npy", {5, 2}, [](std::int64_t i) { return static_cast<std::uint8_t>(i != 3); });
  const std::map<std::string, std::string> axes{{"axes", "readout,phase,coil,frame"}};
  EXPECT_EQ(read(samples, axes).trajectory.cartesian_mask.values<std::uint8_t>()[0], 0);  // taken for not measured
  auto hints = axes;
  hints["sampling_mask"] = mask.string(), hints["sampling_axes"] = "phase,frame";
  const KSpace scan = read(samples, hints);
  ASSERT_EQ(scan.trajectory.cartesian_mask.spec().shape, (Shape{5, 1, 2}));
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_EQ(scan.trajectory.cartesian_mask.values<std::uint8_t>()[i], i != 3 ? 1 : 0) << i;
}

TEST_F(SamplingMask, ThatCutsLinesIsKeptByAFileOfOurs) {
  const path samples = file<Complex>("k.npy", {4, 5, 1, 2}, [](std::int64_t i) {
    return Complex{static_cast<float>(i), 1};
  });
  const path mask =
      file<std::uint8_t>("m.npy", {4, 5}, [](std::int64_t i) { return static_cast<std::uint8_t>(i % 3 == 0); });
  const KSpace scan = read(
      samples,
      {{"axes", "readout,phase,coil,frame"}, {"sampling_mask", mask.string()}, {"sampling_axes", "readout,phase"}});
  io::write(folder / "scan.h5", Dataset{scan});
  const KSpace again = std::get<KSpace>(*io::read(folder / "scan.h5"));
  EXPECT_EQ(again.trajectory.cartesian_mask.spec(), (ArraySpec{{4, 5, 1, 2}, ScalarType::u8}));
  const auto a = scan.trajectory.cartesian_mask.values<std::uint8_t>(),
             b = again.trajectory.cartesian_mask.values<std::uint8_t>();
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

TEST_F(SamplingMask, GivesWayToATrajectoryOfBart) {
  // BART: samples 1, readout, spoke, coil; coordinates 3, readout, spoke in cycles per field of view.
  constexpr std::int64_t readout = 8, spokes = 3, coils = 2;
  const auto value = [](std::int64_t i) { return Complex{static_cast<float>(i + 1), 0}; };
  const auto place = [](std::int64_t i) { return static_cast<float>(i % 3 == 2 ? 0 : i / 3 % readout - 4 + i % 3); };
  PixelBuffer samples = PixelBuffer::allocate({Shape{1, readout, spokes, coils, 1}, ScalarType::c64});
  for (std::int64_t i = 0; i < readout * spokes * coils; ++i)
    samples.values<Complex>()[static_cast<std::size_t>(i)] = value(i);
  KSpace plain;
  plain.samples = std::move(samples);
  plain.grid = VoxelGrid::centred({1, readout, spokes}, {1, 1, 1});
  io::write(folder / "k.cfl", Dataset{plain});
  const path trajectory = file<Complex>("traj.cfl", {3, readout, spokes}, [&](std::int64_t i) {
    return Complex{place(i), 0};
  });
  const KSpace scan = read(folder / "k.cfl", {{"trajectory", trajectory.string()}});
  ASSERT_EQ(scan.samples.spec().shape, (Shape{readout, spokes, 1, coils, 1}));
  for (std::int64_t i = 0; i < readout * spokes * coils; ++i)
    EXPECT_EQ(scan.samples.values<Complex>()[static_cast<std::size_t>(i)], value(i));
  ASSERT_EQ(scan.trajectory.coordinates.spec().shape, (Shape{3, readout, spokes}));
  for (std::int64_t i = 0; i < 3 * readout * spokes; ++i)
    EXPECT_EQ(scan.trajectory.coordinates.values<float>()[static_cast<std::size_t>(i)], place(i));
  EXPECT_EQ(scan.grid.size, (std::array<std::int64_t, 3>{8, 8, 1}));
  EXPECT_EQ(catch_error([&] {
              (void)read(folder / "k.cfl", {{"trajectory", (folder / "k.cfl").string()}});
            }).code(),
            Errc::shape_mismatch);
  // Cycles a pixel reach one half, and do not say how many pixels there are.
  const path small = file<Complex>("small.cfl", {3, readout, spokes}, [&](std::int64_t i) {
    return Complex{place(i) / 8, 0};
  });
  const std::map<std::string, std::string> of_pixels{{"trajectory", small.string()},
                                                     {"trajectory_unit", "cycles_per_pixel"}};
  EXPECT_THROW((void)read(folder / "k.cfl", of_pixels), io::FactMissing);
  auto with_matrix = of_pixels;
  with_matrix["matrix"] = "8";
  const KSpace same = read(folder / "k.cfl", with_matrix);
  EXPECT_EQ(same.trajectory.coordinates.values<float>()[3], place(3));
  EXPECT_EQ(same.grid.size, (std::array<std::int64_t, 3>{8, 8, 1}));
}
