#include "gpu/cuda/kernel_backend.h"
#include "gpu/cuda/scan_source.h"
#include "gpu/kernels/backprojection.h"
#include "gpu/reference/reference_backend.h"
#include "support/replay_backend.h"

#include <gtest/gtest.h>
#include <iso/base/random.h>

#include <cmath>
#include <complex>
#include <numbers>

// What the backend contract, which runs over the replay as over any back end, does not ask: pieces of a launch, rays at the
// limits of the search, and the scan as kernels see it.

using namespace iso::compute;
using iso::ScalarType;

namespace {

iso::CircularScan circle(iso::DetectorShape shape) {
  iso::CircularScan scan;
  scan.source_to_axis_mm = 60;
  scan.source_to_detector_mm = 100;
  scan.elements = {23, 9};
  scan.element_pitch_mm = {2, 3};
  scan.shape = shape;
  scan.offset_mm = {3, -2, 1};
  scan.detector_tilt_rad = 0.1;
  return scan;
}

}  // namespace

TEST(KernelScan, ShadowsFallWhereTheGeometryProjectsThem) {
  const auto angles = iso::equal_angles(5, 2 * std::numbers::pi, 0.3);
  auto grid = iso::VoxelGrid::centred({7, 6, 5}, {1.5, 1.2, 2});
  grid.direction = {0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1};
  for (const auto& geometry : {iso::ProjectionGeometry::circular(angles, circle(iso::DetectorShape::flat)),
                               iso::ProjectionGeometry::circular(angles, circle(iso::DetectorShape::arc)),
                               iso::ProjectionGeometry::parallel(angles, {23, 9}, {2, 3}, 1.5)}) {
    const auto scan = iso::gpu::make_scan<double>(iso::gpu::scan_source(geometry, grid));
    const auto views = iso::gpu::scan_views<double>(geometry, grid);
    for (std::size_t view = 0; view < 5; ++view) {
      for (const iso::Vec3& x : {iso::Vec3{0, 0, 0}, iso::Vec3{6, 5, 4}, iso::Vec3{2, 4, 1}}) {
        const auto expected = geometry.project(view, grid.to_world(x));
        const auto isocentre = geometry.project(view, {0, 0, 0});
        const auto shadow = iso::gpu::make_shadow(scan, views[view], x[0], x[1], x[2]);
        EXPECT_NEAR(shadow.u, expected[0], 1e-11);
        EXPECT_NEAR(shadow.v, expected[1], 1e-11);
        EXPECT_NEAR(views[view].isocentre / shadow.w, expected[2] / isocentre[2], 1e-12);
      }
    }
  }
}

TEST(KernelScan, LinesGoThroughTheGridAsTheRaysOfTheGeometry) {
  const auto angles = iso::equal_angles(5, 2 * std::numbers::pi, 0.3);
  const auto grid = iso::VoxelGrid::centred({7, 6, 5}, {1.5, 1.2, 2});
  for (const auto shape : {iso::DetectorShape::flat, iso::DetectorShape::arc}) {
    const auto geometry = iso::ProjectionGeometry::circular(angles, circle(shape));
    const auto scan = iso::gpu::make_scan<double>(iso::gpu::scan_source(geometry, grid));
    const auto views = iso::gpu::scan_views<double>(geometry, grid);
    for (std::size_t view = 0; view < 5; ++view) {
      const double u = 4, v = 7;
      const auto line = iso::gpu::make_line(scan, views[view], u - scan.mid_u, v - scan.mid_v);
      iso::Vec3 x{};
      x[static_cast<std::size_t>(line.major)] = 2;
      x[static_cast<std::size_t>(line.a)] = line.start_a + 2 * line.slope_a;
      x[static_cast<std::size_t>(line.b)] = line.start_b + 2 * line.slope_b;
      const auto shadow = geometry.project(view, grid.to_world(x));
      EXPECT_NEAR(shadow[0], u, 1e-10);
      EXPECT_NEAR(shadow[1], v, 1e-10);
      iso::Vec3 next = x;
      next[static_cast<std::size_t>(line.major)] += 1;
      next[static_cast<std::size_t>(line.a)] += line.slope_a;
      next[static_cast<std::size_t>(line.b)] += line.slope_b;
      const auto p = grid.to_world(x), q = grid.to_world(next);
      EXPECT_NEAR(line.length_mm, std::hypot(q[0] - p[0], q[1] - p[1], q[2] - p[2]), 1e-12);
    }
  }
}

TEST(KernelReplay, RunsABodyForEveryElementAndNoOther) {
  const auto backend = iso::test::make_replay_backend();
  const auto stream = backend->make_stream();
  const auto before = iso::test::replayed_elements();
  auto x = backend->allocate({iso::Shape{41}, ScalarType::f32}, *stream);
  backend->vector().fill(x, 3, *stream);
  EXPECT_EQ(iso::test::replayed_elements() - before, 41);
}

TEST(KernelReplay, PiecesOfALaunchCoverTheWholeAndStopInBetween) {
  // Steps so dear that a piece is the smallest there is, 65536 elements.
  struct Stop final : Stream {
    Stop(std::stop_source& source, int after) : Stream{source.get_token()}, source_{&source}, left_{after} {}
    void synchronize() override {
      if (left_-- == 0) source_->request_stop();
    }
    [[nodiscard]] void* native_handle() const noexcept override { return nullptr; }
    std::stop_source* source_;
    int left_;
  };
  const std::vector<double> angle{0};
  const auto geometry = iso::ProjectionGeometry::parallel(angle, {1, 1}, {1000, 1});
  const auto grid = iso::VoxelGrid::centred({200000, 1, 1}, {0.001, 1, 1});
  const auto views = iso::gpu::scan_views<float>(geometry, grid);
  std::vector<float> volume(200000, 0);
  const float reading = 1;
  const iso::gpu::BackprojectionForward<float> k{iso::gpu::make_scan<float>(iso::gpu::scan_source(geometry, grid)),
                                                 views.data(),
                                                 &reading,
                                                 volume.data(),
                                                 0,
                                                 0,
                                                 false,
                                                 false};
  std::stop_source never, soon;
  Stop whole{never, 100}, cut{soon, 1};
  iso::gpu::queue_in_pieces(k, 200000, 1e9, "test", whole);
  for (const float value : volume) ASSERT_GT(value, 0);
  std::ranges::fill(volume, 0.F);
  EXPECT_THROW(iso::gpu::queue_in_pieces(k, 200000, 1e9, "test", cut), iso::Error);
  EXPECT_GT(volume[2 * 65536 - 1], 0);
  EXPECT_EQ(volume[2 * 65536], 0);
}

TEST(KernelRayTransform, FindsEveryRayOfADetectorOnAWideArc) {
  // An arc of more than three radians: the search cannot bound it and must look at the whole detector.
  iso::CircularScan scan;
  scan.source_to_axis_mm = 40;
  scan.source_to_detector_mm = 60;
  scan.elements = {41, 3};
  scan.element_pitch_mm = {5, 5};
  scan.shape = iso::DetectorShape::arc;
  const auto geometry = iso::ProjectionGeometry::circular(iso::equal_angles(3, 2 * std::numbers::pi, 0.1), scan);
  const RayTransform spec{geometry, iso::VoxelGrid::centred({21, 21, 3}, {3, 3, 3}), RayModel::joseph, ScalarType::f64};
  EXPECT_LT(adjoint_gap(*iso::test::make_replay_backend()->make(spec), 3), 1e-12);
}

TEST(KernelFourier, TakesAxesOfAnyLengthAndIsUnitary) {
  const auto backend = iso::test::make_replay_backend();
  for (const std::int64_t length : {1, 5000, 4099}) {  // 4099 is prime
    const Fourier spec{iso::Shape{3, length, 2}, {1}, true, ScalarType::c128};
    const auto a = backend->make(spec);
    EXPECT_LT(adjoint_gap(*a, 3), 1e-12) << length;
    const auto stream = backend->make_stream();
    iso::PixelBuffer pixels = iso::PixelBuffer::allocate(spec.domain());
    const iso::Philox random{3, 4};
    for (std::size_t i = 0; i < pixels.values<std::complex<double>>().size(); ++i)
      pixels.values<std::complex<double>>()[i] = {random.normal(2 * i), random.normal(2 * i + 1)};
    const Array x = backend->upload(std::move(pixels), *stream);
    Array y = backend->allocate(spec.domain(), *stream), again = backend->allocate(spec.domain(), *stream);
    a->forward(x, y, *stream);
    a->adjoint(y, again, *stream);
    backend->vector().axpy(-1, x, again, *stream);
    EXPECT_LT(backend->vector().norm2(again, *stream), 1e-12 * backend->vector().norm2(x, *stream)) << length;
  }
}
