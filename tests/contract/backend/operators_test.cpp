#include "gpu/reference/reference_backend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

using namespace iso::compute;
using iso::ScalarType;

namespace {

std::vector<OperatorSpec> operators(ScalarType type) {
  const auto angles = iso::equal_angles(7, 2 * std::numbers::pi, 0.2);
  iso::CircularScan scan;
  scan.source_to_axis_mm = 60;
  scan.source_to_detector_mm = 100;
  scan.elements = {23, 1};
  scan.element_pitch_mm = {2, 2};
  const auto fan = iso::ProjectionGeometry::circular(angles, scan);
  scan.shape = iso::DetectorShape::arc;
  const auto arc = iso::ProjectionGeometry::circular(angles, scan);
  scan.shape = iso::DetectorShape::flat;
  scan.elements = {16, 9};
  scan.offset_mm = {3, -2, 1};
  scan.detector_tilt_rad = 0.1;
  scan.pitch_mm_per_turn = 5;
  const auto cone = iso::ProjectionGeometry::circular(angles, scan);
  auto oblique = iso::VoxelGrid::centred({9, 11, 6}, {1.5, 1.2, 2});
  oblique.direction = {0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1};
  const auto plane = iso::VoxelGrid::centred({17, 16, 1}, {1, 1, 1});
  return {RayTransform{iso::ProjectionGeometry::parallel(angles, {25, 1}, {0.9, 1}), plane, RayModel::joseph, type},
          RayTransform{fan, plane, RayModel::joseph, type}, RayTransform{arc, plane, RayModel::joseph, type},
          RayTransform{cone, oblique, RayModel::joseph, type},
          Backprojection{fan, plane, Weighting::fdk, type}, Backprojection{arc, plane, Weighting::none, type},
          Backprojection{cone, oblique, Weighting::fdk, type},
          DetectorFilter{iso::Shape{11, 3, 2}, std::vector<double>{0, 0.3, 1, 2, 4, 3, 2, 1, 1, 1, 1, 0.5}, type},
          Fourier{iso::Shape{6, 5, 4}, {0, 2}, true, type == ScalarType::f64 ? ScalarType::c128 : ScalarType::c64},
          FiniteDifference{iso::Shape{7, 5, 3}, {0, 1, 2}, type},
          FiniteDifference{iso::Shape{1, 8}, {0, 1}, type}};
}

}  // namespace

TEST(BackendContract, AdjointsMatchInSinglePrecision) {
  const auto backend = iso::gpu::make_reference_backend();
  for (const auto& spec : operators(ScalarType::f32)) EXPECT_LT(adjoint_gap(*backend->make(spec), 11), 1e-6) << name_of(spec);
}

TEST(BackendContract, AdjointsMatchInDoublePrecision) {
  const auto backend = iso::gpu::make_reference_backend();
  for (const auto& spec : operators(ScalarType::f64)) EXPECT_LT(adjoint_gap(*backend->make(spec), 11), 1e-12) << name_of(spec);
}

TEST(BackendContract, ComposedStackedAndScaledOperatorsKeepTheirAdjoint) {
  const auto backend = iso::gpu::make_reference_backend();
  const auto all = operators(ScalarType::f64);
  const auto fan = backend->make(all[1]), arc = backend->make(all[2]);
  EXPECT_LT(adjoint_gap(*stack({fan, scaled(-2.5, arc)}), 5), 1e-12);
  EXPECT_LT(adjoint_gap(*compose(adjoint_of(fan), arc), 5), 1e-12);
}

TEST(VectorOps, ShrinkAndProjectVectorsOverTheLastAxis) {
  const auto backend = iso::gpu::make_reference_backend();
  const auto stream = backend->make_stream();
  auto block = iso::PixelBlock::allocate({iso::Shape{2, 2}, ScalarType::f64});
  const auto v = block.mutable_values<double>();
  v[0] = 3, v[2] = 4, v[1] = 0.3, v[3] = 0.4;  // vectors (3, 4) and (0.3, 0.4)
  auto x = backend->upload(block, *stream), y = backend->upload(block, *stream);
  EXPECT_NEAR(backend->vector().sum_vector_norms(x, *stream), 5.5, 1e-12);
  backend->vector().shrink_vectors(1, x, *stream);
  EXPECT_NEAR(x.host<double>()[0], 2.4, 1e-12);
  EXPECT_NEAR(x.host<double>()[3], 0, 1e-12);
  backend->vector().project_vectors(1, y, *stream);
  EXPECT_NEAR(y.host<double>()[2], 0.8, 1e-12);
  EXPECT_NEAR(y.host<double>()[1], 0.3, 1e-12);
}

TEST(BackendContract, AStopRequestCancelsARayTransform) {
  const auto backend = iso::gpu::make_reference_backend();
  std::stop_source source;
  const auto stream = backend->make_stream(source.get_token());
  const auto a = backend->make(operators(ScalarType::f32)[1]);
  auto x = backend->allocate(a->domain(), *stream), y = backend->allocate(a->range(), *stream);
  source.request_stop();
  try {
    a->forward(x, y, *stream);
    FAIL();
  } catch (const iso::Error& error) {
    EXPECT_EQ(error.code(), iso::Errc::cancelled);
  }
}
