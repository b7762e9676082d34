#include "support.h"

#include "method/data_fit.h"

#include "iso/compute/operators/coil_fourier.h"
#include "iso/compute/operators/finite_difference.h"
#include "iso/compute/operators/ray_transform.h"
#include "iso/mri/sampling_mask.h"
#include "iso/mri/simulation.h"
#include "iso/solvers/conjugate_gradient.h"
#include "iso/solvers/power_iteration.h"

#include <gtest/gtest.h>

#include <complex>
#include <numbers>

// Checks A1 to A4b of diffusion-mbir.md, and what was measured.
namespace diffusion_recon {
namespace {

using namespace test;
using namespace iso::compute;

class Data : public testing::Test {
 protected:
  iso::ProjectionGeometry stack(std::int64_t views, double span = std::numbers::pi) const {
    return iso::ProjectionGeometry::parallel(iso::equal_angles(views, span), {23, 5}, {1, 1});
  }
  iso::ProjectionGeometry circular(std::int64_t views, std::array<std::int64_t, 2> elements) const {
    iso::CircularScan scan{.source_to_axis_mm = 60, .source_to_detector_mm = 90, .elements = elements};
    scan.element_pitch_mm = {1.5, 1.5};
    return iso::ProjectionGeometry::circular(iso::equal_angles(views, 2 * std::numbers::pi), scan);
  }
  std::vector<std::pair<std::string, OperatorPtr>> operators() {
    const auto grid = iso::VoxelGrid::centred({16, 16, 5}, {1, 1, 1});
    const auto slice = iso::VoxelGrid::centred({16, 16, 1}, {1, 1, 1});
    CoilFourier mri{.image = {16, 12, 3}, .coils = 3};
    mri.sensitivities = iso::mri::simulated_maps({16, 12, 3}, 3);
    mri.mask = iso::mri::make_mask(12, 3, 1, {.acceleration = 2, .centre_lines = 2});
    return {{"parallel, 2 views", backend->make(RayTransform{stack(2), grid})},
            {"parallel, 8 views", backend->make(RayTransform{stack(8), grid})},
            {"fan", backend->make(RayTransform{circular(8, {27, 1}), slice})},
            {"cone", backend->make(RayTransform{circular(8, {27, 9}), grid})},
            {"MRI", of_complex(backend->make(mri))}};
  }
  std::unique_ptr<Backend> backend = iso::gpu::make_cpu_backend();
  std::unique_ptr<Stream> stream = backend->make_stream();
};

TEST_F(Data, HaveTheExactAdjointForEveryOperator) {
  for (const auto& [name, a] : operators())
    for (std::uint64_t seed = 1; seed <= 20; ++seed) EXPECT_LT(adjoint_gap(*a, seed), 1e-4) << name;
}

TEST_F(Data, AreOfUnitNormForEveryOperator) {
  for (const auto& [name, a] : operators()) {
    const DataTerm data{a, backend->allocate(a->range(), *stream), 0.5, *stream};
    const double norm = iso::solvers::operator_norm(data.a(), *stream, 400, 1e-7, 5);
    EXPECT_NEAR(norm * norm, 1, 0.01) << name;
    EXPECT_NEAR(data.noise() * data.norm(), 0.5, 1e-9);
  }
}

TEST_F(Data, KeepComplexImagesApartAsTheOperatorWants) {
  // With one coil and every line the transform is unitary: A^T A x = x.
  const CoilFourier full{.image = {8, 6, 2}};
  const auto a = of_complex(backend->make(full));
  const Array x = backend->upload(white({16, 6, 2}, 3), *stream);
  Array back = backend->allocate(a->domain(), *stream);
  a->normal(x, back, *stream);
  for (std::size_t i = 0; i < x.host<float>().size(); ++i)
    EXPECT_NEAR(std::as_const(back).host<float>()[i], x.host<float>()[i], 1e-5);
}

TEST_F(Data, RefuseReadingsOfAnotherShape) {
  const auto a = operators().front().second;
  EXPECT_THROW((DataTerm{a, backend->allocate({Shape{3}, ScalarType::f32}, *stream), 0, *stream}), iso::Error);
}

TEST_F(Data, DifferencesAlongZHaveTheirAdjointAndAreZeroOfAConstant) {
  const auto dz = backend->make(FiniteDifference{{7, 5, 9}, {2}, ScalarType::f64});
  for (std::uint64_t seed = 1; seed <= 20; ++seed) EXPECT_LT(adjoint_gap(*dz, seed), 1e-12);
  Array x = backend->allocate(dz->domain(), *stream), y = backend->allocate(dz->range(), *stream);
  backend->vector().fill(x, 3, *stream);
  dz->forward(x, y, *stream);
  EXPECT_EQ(backend->vector().norm2(y, *stream), 0);
}

TEST_F(Data, ConjugateGradientsSolve64Equations) {
  // T = tridiagonal (-1, 2.5, -1) of 64 values in f64: differences on a line, plus 0.5.
  const auto d = backend->make(FiniteDifference{{64}, {0}, ScalarType::f64});
  const auto a = sum({compose(adjoint(d), d), scaled(0.5, identity(d->domain(), *backend))});
  Array b = backend->allocate(a->domain(), *stream), x = backend->allocate(a->domain(), *stream);
  const iso::Philox random{4, 0};
  for (std::size_t i = 0; i < 64; ++i) b.host<double>()[i] = random.normal(i);
  iso::solvers::ConjugateGradient solver{*a, *stream};
  solver.start(b, x);
  double energy = 1e300, residual = 1;
  int steps = 0;
  for (; steps < 64 && !solver.exhausted() && residual > 1e-10 * backend->vector().norm2(b, *stream); ++steps) {
    residual = solver.step().residual;
    Array ax = backend->allocate(a->domain(), *stream);
    a->forward(x, ax, *stream);
    const double now = 0.5 * backend->vector().dot(x, ax, *stream).real() - backend->vector().dot(x, b, *stream).real();
    EXPECT_LE(now, energy + 1e-12);
    energy = now;
  }
  EXPECT_LE(residual, 1e-10 * backend->vector().norm2(b, *stream)) << "after " << steps;
}

TEST_F(Data, FitOfTwoViewsStaysBoundedForAHundredIterations) {
  const auto grid = iso::VoxelGrid::centred({16, 16, 5}, {1, 1, 1});
  const auto a = backend->make(RayTransform{stack(2), grid});
  const Array truth = backend->upload(white({16, 16, 5}, 8), *stream);
  Array y = backend->allocate(a->range(), *stream);
  a->forward(truth, y, *stream);
  const DataTerm data{a, y, 0, *stream};
  double last = 1e300;
  for (const int iterations : {1, 2, 5, 10, 30, 100}) {
    DataFit fit{data, {iterations, 0.0257, 0}};
    Array x = backend->allocate(a->domain(), *stream);
    fit(x, 0);
    const double left = data.residual(x);
    EXPECT_TRUE(std::isfinite(left));
    EXPECT_LE(left, last * 1.0001) << iterations;
    EXPECT_LT(backend->vector().max_abs(x, *stream), 100) << iterations;
    last = left;
  }
  EXPECT_LT(last, 1e-3 * backend->vector().norm2(data.y(), *stream));
}

TEST_F(Data, FitPullsSlicesTogetherAlongZ) {
  const auto grid = iso::VoxelGrid::centred({16, 16, 5}, {1, 1, 1});
  const auto a = backend->make(RayTransform{stack(2), grid});
  const DataTerm data{a, backend->allocate(a->range(), *stream), 0, *stream};
  const auto dz = backend->make(FiniteDifference{grid.shape(), {2}});
  std::vector<double> roughness;
  for (const double weight : {0.0, 0.01}) {
    DataFit fit{data, {5, 0.0257, weight}};
    Array x = backend->upload(white({16, 16, 5}, 8), *stream), d = backend->allocate(dz->range(), *stream);
    for (int i = 0; i < 5; ++i) fit(x, 0);
    dz->forward(x, d, *stream);
    roughness.push_back(backend->vector().norm2(d, *stream));
  }
  EXPECT_LT(roughness[1], 0.8 * roughness[0]);
}

TEST_F(Data, TellWhatTheyMeasuredFromWhatTheyDidNot) {
  const auto a = two_views(1, *backend);
  const DataTerm data{a, backend->allocate(a->range(), *stream), 0, *stream};
  std::vector<double> null(area);
  const Pixels random = white({edge, edge, 1}, 12);
  std::ranges::copy(random.values<float>(), null.begin());
  keep_null_space(null);
  PixelBuffer hidden = PixelBuffer::allocate({Shape{edge, edge, 1}, ScalarType::f32});
  std::ranges::transform(null, hidden.values<float>().begin(), [](double v) { return static_cast<float>(v); });
  const Array x = backend->upload(Pixels{std::move(hidden)}, *stream);
  const double size = backend->vector().norm2(x, *stream);
  EXPECT_LT(backend->vector().norm2(measured_part(data, x), *stream), 1e-3 * size) << "of what no view sees";
  Array seen = backend->allocate(a->domain(), *stream);
  data.a().adjoint(backend->upload(white(a->range().shape, 2), *stream), seen, *stream);
  Array left = measured_part(data, seen);
  backend->vector().axpy(-1, seen, left, *stream);
  EXPECT_LT(backend->vector().norm2(left, *stream), 2e-3 * backend->vector().norm2(seen, *stream));
}

}  // namespace
}  // namespace diffusion_recon
