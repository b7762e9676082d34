#include "known_scans.h"

#include <iso/solvers/admm.h>
#include <iso/solvers/algebraic.h>
#include <iso/solvers/conjugate_gradient.h>
#include <iso/tomography/filtered_backprojection.h>

using namespace iso;
using namespace iso::solvers;
using namespace iso::testing;

// The truth is the mean of the phantom over each voxel.

namespace {

// A ball of 60 mm and value 1, the object of the toolkit's tests of iterative methods.
evaluation::Phantom ball() {
  evaluation::Phantom out{"ball", {}};
  out.solids.push_back({evaluation::Form::ellipsoid, {0, 0, 0}, {60, 60, 60}, 1.0, identity3, {}});
  return out;
}

// 64^3 voxels of 4 mm, 64^2 elements of 8 mm, 60 views.
struct Iterative {
  ProjectionGeometry geometry{ProjectionGeometry::circular(equal_angles(60, turn), toolkit_scan(2))};
  VoxelGrid grid{toolkit_grid(2)};
  compute::OperatorPtr a{backend().make(compute::RayTransform{geometry, grid})};
  std::unique_ptr<compute::Stream> stream{backend().make_stream()};
  compute::Array readings{upload_scan(ball(), geometry, 2)};
  compute::Array x{backend().allocate(a->domain(), *stream)};

  void expect(const Bar& bar, const char* what) const {
    expect_better(x, evaluation::sample(ball(), grid, 2).pixels, field_of_view(geometry, grid), bar, what);
  }
};

}  // namespace

TEST(ToolkitBars, FeldkampOfASheppLoganHeadWithTheSourceAside) {
  auto scan = toolkit_scan();
  scan.offset_mm = {0, 0, 20};
  scan.source_offset_v_mm = 15;
  const auto geometry = ProjectionGeometry::circular(equal_angles(180, turn), scan);
  const auto head = evaluation::shepp_logan_3d(116, evaluation::Contrast::original);
  const auto grid = toolkit_grid();
  const auto stream = backend().make_stream();
  const auto image =
      tomography::FilteredBackprojection{backend(), geometry, grid}(upload_scan(head, geometry), *stream);
  expect_better(image, evaluation::sample(head, grid, 2).pixels, field_of_view(geometry, grid), {0.03, 26}, "FDK");
}

TEST(ToolkitBars, ParallelBeamOfASheppLoganHead) {
  // One slice of 128 x 128 voxels of 2 mm, 128 elements of 2 mm, 180 views over half a turn.
  const auto geometry = ProjectionGeometry::parallel(equal_angles(180, turn / 2), {128, 1}, {2, 2});
  const auto head = evaluation::shepp_logan_2d(116, evaluation::Contrast::original);
  const auto grid = VoxelGrid::centred({128, 128, 1}, {2, 2, 2});
  const auto stream = backend().make_stream();
  const auto image =
      tomography::FilteredBackprojection{backend(), geometry, grid}(upload_scan(head, geometry), *stream);
  expect_better(image, evaluation::sample(head, grid, 2).pixels, field_of_view(geometry, grid), {0.03, 26},
                "parallel FBP");
}

TEST(ToolkitBars, ADisplacedDetector) {
  // 92 elements instead of 128, 72 mm aside: 112 mm to the left of the axis and 256 mm to the right.
  auto scan = toolkit_scan();
  scan.elements = {92, 128};
  scan.offset_mm = {72, 0, 0};
  const auto geometry = ProjectionGeometry::circular(equal_angles(180, turn), scan);
  const auto head = evaluation::shepp_logan_3d(116, evaluation::Contrast::original);
  const auto grid = toolkit_grid();
  const auto stream = backend().make_stream();
  const auto image =
      tomography::FilteredBackprojection{backend(), geometry, grid}(upload_scan(head, geometry), *stream);
  expect_better(image, evaluation::sample(head, grid, 2).pixels, field_of_view(geometry, grid, true), {0.061, 24},
                "displaced detector");
}

TEST(ToolkitBars, AForbildLikeHead) {
  const auto geometry = ProjectionGeometry::circular(equal_angles(180, turn), toolkit_scan());
  const auto head = evaluation::forbild_like_head(9);
  const auto grid = toolkit_grid();
  const auto stream = backend().make_stream();
  const auto image =
      tomography::FilteredBackprojection{backend(), geometry, grid}(upload_scan(head, geometry), *stream);
  expect_better(image, evaluation::sample(head, grid, 2).pixels, field_of_view(geometry, grid), {0.065, 24},
                "Forbild-like head");
}

TEST(ToolkitBars, SartOfABall) {
  Iterative scan;
  std::vector<Subset> subsets;
  for (std::int64_t first = 0; first < 10; ++first) {  // 10 subsets of 6 views
    std::vector<std::int64_t> views;
    for (std::int64_t view = (first * 3) % 10; view < 60; view += 10) views.push_back(view);
    const auto part = scan.geometry.subset(views);
    subsets.push_back({backend().make(compute::RayTransform{part, scan.grid}), {upload_scan(ball(), part, 2)}});
  }
  (void)ordered_subsets(subsets, scan.x, {.relaxation = 0.5, .low = 0}, *scan.stream, {.iterations = 3});
  scan.expect({0.032, 28.6}, "SART, 3 iterations");
}

TEST(ToolkitBars, ConjugateGradientsOfABall) {
  Iterative scan;
  (void)cgls(*scan.a, scan.readings, scan.x, {}, *scan.stream, {.iterations = 5});
  scan.expect({0.08, 23}, "CG, 5 iterations");
}

TEST(ToolkitBars, AdmmTotalVariationOfABall) {
  Iterative scan;
  const auto k = backend().make(compute::FiniteDifference{scan.grid.shape(), {0, 1, 2}});
  (void)admm(*scan.a, scan.readings, *k, vector_l1_norm(100), scan.x, {.penalty = 1000, .inner_iterations = 3},
             *scan.stream, {.iterations = 5});
  scan.expect({0.05, 23}, "ADMM-TV, 5 x 3 iterations");
}
