#include <iso/base/error.h>
#include <iso/mri/moving_slice.h>

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

namespace {

using iso::mri::moving_slice;
constexpr std::int64_t nx = 41, ny = 37, nz = 3;

/// A smooth blob in every slice, off the middle; slice z is z + 1 times as bright.
iso::Volume blobs() {
  iso::Volume out;
  out.grid = iso::VoxelGrid::centred({nx, ny, nz}, {2, 1, 5});
  iso::PixelBuffer pixels = iso::PixelBuffer::allocate({iso::Shape{nx, ny, nz}, iso::ScalarType::f32});
  auto to = pixels.values<float>().begin();
  for (std::int64_t z = 0; z < nz; ++z)
    for (std::int64_t y = 0; y < ny; ++y)
      for (std::int64_t x = 0; x < nx; ++x) {
        const double u = 2 * static_cast<double>(x - 20) - 14, v = static_cast<double>(y - 18);
        *to++ = static_cast<float>(static_cast<double>(z + 1) * std::exp(-(u * u / 32 + v * v / 18)));
      }
  out.pixels = std::move(pixels);
  return out;
}

std::span<const float> to_frame(const iso::Volume& series, std::int64_t t) {
  return series.pixels.values<float>().subspan(static_cast<std::size_t>(t * nx * ny),
                                               static_cast<std::size_t>(nx * ny));
}

/// Centre of brightness from the middle, in mm.
std::array<double, 2> centre(std::span<const float> frame) {
  double sum = 0, u = 0, v = 0;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    const auto x = static_cast<std::int64_t>(i) % nx, y = static_cast<std::int64_t>(i) / nx;
    const auto value = static_cast<double>(frame[i]);
    sum += value, u += value * 2 * static_cast<double>(x - 20), v += value * static_cast<double>(y - 18);
  }
  return {u / sum, v / sum};
}

iso::Errc refusal(const iso::Volume& volume, std::int64_t slice, const iso::mri::MotionOptions& options) {
  try {
    (void)moving_slice(volume, slice, options);
  } catch (const iso::Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "was taken";
  return {};
}

}  // namespace

TEST(MovingSlice, BeginsWithTheSliceItselfAndLiesWhereItLay) {
  const iso::Volume volume = blobs();
  const iso::Volume series = moving_slice(volume, 2, {.frames = 5, .turn_rad = 0.2, .shift_mm = 3});
  EXPECT_EQ(series.pixels.spec(), (iso::ArraySpec{{nx, ny, 1, 5}, iso::ScalarType::f32}));
  const auto first = to_frame(series, 0), slice = volume.pixels.values<float>().subspan(2 * nx * ny, nx * ny);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), slice.begin()));
  EXPECT_EQ(series.grid.to_world({0, 0, 0}), volume.grid.to_world({0, 0, 2}));
}

TEST(MovingSlice, TurnsByItsAngleInMillimetres) {
  const double angle = 0.3;
  const iso::Volume series = moving_slice(blobs(), 0, {.frames = 4, .turn_rad = angle});
  const auto still = centre(to_frame(series, 0));
  for (const auto& [frame, sign] : std::vector<std::pair<int, double>>{{1, 1}, {2, 0}, {3, -1}}) {
    const auto at = centre(to_frame(series, frame));
    const double c = std::cos(sign * angle), s = std::sin(sign * angle);
    EXPECT_NEAR(at[0], c * still[0] - s * still[1], 0.02) << frame;
    EXPECT_NEAR(at[1], s * still[0] + c * still[1], 0.02) << frame;
  }
}

TEST(MovingSlice, ShiftsByWholeVoxelsWithoutChangingThem) {
  const iso::Volume series = moving_slice(blobs(), 1, {.frames = 2, .shift_mm = 4});  // 4 voxels along y, in frame 1
  const auto still = to_frame(series, 0), moved = to_frame(series, 1);
  for (std::int64_t y = 4; y < ny; ++y)
    for (std::int64_t x = 0; x < nx; ++x)
      ASSERT_NEAR(moved[static_cast<std::size_t>(y * nx + x)], still[static_cast<std::size_t>((y - 4) * nx + x)], 1e-6)
          << x << ", " << y;
}

TEST(MovingSlice, GetsAPhaseThatLeavesMagnitudesAlone) {
  const iso::mri::MotionOptions still{.frames = 3, .turn_rad = 0.1};
  iso::mri::MotionOptions turned = still;
  turned.phase_rad = 2;
  const iso::Volume real = moving_slice(blobs(), 1, still), complex = moving_slice(blobs(), 1, turned);
  const auto a = real.pixels.values<float>();
  const auto b = complex.pixels.values<std::complex<float>>();
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_NEAR(std::abs(b[i]), std::abs(a[i]), 1e-6);
    if (a[i] > 0.1F) largest = std::max(largest, static_cast<double>(std::abs(std::arg(b[i]))));
  }
  EXPECT_GT(largest, 0.3);
  EXPECT_NE(complex.meta.at("simulated").find("made up"), std::string::npos);
  EXPECT_NE(real.meta.at("simulated").find("optimistic"), std::string::npos);
}

TEST(MovingSlice, RefusesWhatIsNotThere) {
  iso::Volume volume = blobs();
  EXPECT_EQ(refusal(volume, 3, {}), iso::Errc::invalid_input);
  EXPECT_EQ(refusal(volume, -1, {}), iso::Errc::invalid_input);
  EXPECT_EQ(refusal(volume, 0, {.frames = 0}), iso::Errc::invalid_input);
  EXPECT_EQ(refusal(volume, 0, {.turn_rad = std::nan("")}), iso::Errc::invalid_input);
  EXPECT_EQ(refusal(moving_slice(volume, 0, {.frames = 2}), 0, {}), iso::Errc::unsupported);
  iso::PixelBuffer broken = iso::PixelBuffer::make_copy(volume.pixels);
  broken.values<float>()[5] = std::nanf("");
  volume.pixels = std::move(broken);
  EXPECT_EQ(refusal(volume, 0, {}), iso::Errc::invalid_input);
}
