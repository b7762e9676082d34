#include "contract/backend/fixture.h"

#include <iso/base/random.h>
#include <iso/compute/operators/coil_fourier.h>
#include <iso/compute/operators/complex_difference.h>
#include <iso/compute/operators/kernel_expansion.h>
#include <iso/compute/operators/non_uniform_fourier.h>
#include <iso/compute/operators/spectral_products.h>
#include <iso/compute/operators/tall_matrix.h>
#include <iso/compute/operators/unfolding.h>

#include <array>
#include <cmath>
#include <complex>
#include <numbers>
#include <tuple>

namespace iso::test {
namespace {

using namespace compute;

constexpr double turn = 2 * std::numbers::pi;
// No view looks along a diagonal of the grid, where two axes are equally steep and rounding alone would choose.
constexpr double first_angle = 0.2137;

struct ScanCase {
  std::string name;
  ProjectionGeometry geometry;
  VoxelGrid grid;
};

CircularScan circle(std::array<std::int64_t, 2> elements, DetectorShape shape = DetectorShape::flat) {
  CircularScan scan;
  scan.source_to_axis_mm = 60;
  scan.source_to_detector_mm = 100;
  scan.elements = elements;
  scan.element_pitch_mm = {2, 2};
  scan.shape = shape;
  return scan;
}

VoxelGrid oblique_grid() {
  auto grid = VoxelGrid::centred({9, 11, 6}, {1.5, 1.2, 2});
  // Two turns: about z, then about x.
  const double c = std::cos(0.4), s = std::sin(0.4), d = std::cos(0.3), e = std::sin(0.3);
  grid.direction = {c, -s * d, s * e, s, c * d, -c * e, 0, e, d};
  grid.origin_mm = {-4, -5, -6};
  return grid;
}

/// Views without any system, as measured ones are.
ProjectionGeometry free_views(Beam beam, std::array<std::int64_t, 2> elements) {
  std::vector<View> views;
  for (int i = 0; i < 5; ++i) {
    const double angle = first_angle + 1.1 * i, c = std::cos(angle), s = std::sin(angle);
    View view;
    view.source_mm = beam == Beam::parallel ? Vec3{-s, c, 0.1 * i} : Vec3{s * (60 + i), -c * (60 + i), 3.0 * i - 6};
    view.detector_centre_mm = {-s * 40 + 0.3 * i, c * 40, 1 - 0.5 * i};
    view.u_step_mm = {2 * c, 2 * s, 0.05 * i};
    view.v_step_mm = {0.1 * s, -0.1 * c, 1.9 + 0.1 * i};
    views.push_back(view);
  }
  return {beam, DetectorShape::flat, elements, std::move(views)};
}

/// From above the head: rays are steepest along z.
ProjectionGeometry views_along_z() {
  std::vector<View> views;
  for (int i = 0; i < 4; ++i)
    views.push_back({{3.0 * i, -2.0 - i, 60}, {1, 0.5 * i, -40}, {1.9, 0.2 * i, 0}, {-0.1, 2.1, 0.3}});
  return {Beam::cone, DetectorShape::flat, {13, 17}, std::move(views)};
}

std::vector<ScanCase> scans() {
  const auto angles = equal_angles(7, turn, first_angle), few = equal_angles(3, turn / 2, first_angle);
  const auto plane = VoxelGrid::centred({17, 16, 1}, {1, 1, 1}), tall = VoxelGrid::centred({5, 31, 1}, {2, 0.7, 1});
  const auto cube = VoxelGrid::centred({13, 12, 7}, {1.3, 1.3, 1.7});
  auto moved = circle({16, 9});
  moved.offset_mm = {3, -2, 1};
  moved.source_offset_v_mm = 1.5;
  moved.detector_tilt_rad = 0.1;
  moved.detector_in_plane_rad = -0.08;
  moved.element_pitch_mm = {2.5, 3.1};
  auto helix = circle({14, 7});
  helix.pitch_mm_per_turn = 9;
  auto round_cone = circle({15, 8}, DetectorShape::arc);
  round_cone.detector_tilt_rad = 0.05;
  round_cone.offset_mm = {1, 2, 0};
  auto close = circle({21, 5});
  close.source_to_axis_mm = 14;  // the source comes close to the corners of the grid
  auto inside = circle({17, 5});
  inside.source_to_axis_mm = 4;  // within the grid: voxels lie before and behind the source
  return {
      {"parallel", ProjectionGeometry::parallel(angles, {25, 1}, {0.9, 1}), plane},
      {"parallelOffset", ProjectionGeometry::parallel(angles, {19, 1}, {1.1, 1}, 2.3), tall},
      {"parallelStack", ProjectionGeometry::parallel(few, {23, 7}, {0.8, 1.6}), cube},
      {"parallelOneElement", ProjectionGeometry::parallel(few, {1, 1}, {3, 1}), plane},
      {"fanFlat", ProjectionGeometry::circular(angles, circle({23, 1})), plane},
      {"fanArc", ProjectionGeometry::circular(angles, circle({23, 1}, DetectorShape::arc)), tall},
      {"fanOneVoxel", ProjectionGeometry::circular(angles, circle({13, 1})), VoxelGrid::centred({1, 1, 1}, {4, 4, 4})},
      {"cone", ProjectionGeometry::circular(angles, circle({16, 9})), cube},
      {"coneTiltedAndMoved", ProjectionGeometry::circular(angles, moved), oblique_grid()},
      {"coneArc", ProjectionGeometry::circular(angles, round_cone), oblique_grid()},
      {"coneClose", ProjectionGeometry::circular(angles, close), VoxelGrid::centred({11, 11, 5}, {1.3, 1.3, 1.7})},
      {"coneInside", ProjectionGeometry::circular(few, inside), VoxelGrid::centred({11, 11, 5}, {1.3, 1.3, 1.7})},
      {"coneAlongZ", views_along_z(), VoxelGrid::centred({3, 2, 37}, {3, 3, 1})},
      {"helix", ProjectionGeometry::circular(angles, helix), cube},
      {"freeCone", free_views(Beam::cone, {15, 11}), oblique_grid()},
      {"freeParallel", free_views(Beam::parallel, {15, 11}), oblique_grid()}};
}

std::vector<double> response(std::size_t size) {
  std::vector<double> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = 0.1 + std::abs(std::sin(0.7 * static_cast<double>(i)));
  return values;
}

/// Features, centres and lengths so that some kernels end within the grid.
KernelExpansion expansion(const Shape& grid, std::int64_t planes, std::size_t centres, double everywhere,
                          ScalarType type) {
  const Philox random{17, static_cast<std::uint64_t>(grid.count())};
  KernelExpansion spec;
  spec.grid = grid, spec.planes = planes, spec.type = type;
  spec.spacing_mm = {0.7, 1.1, 2.3};
  spec.scales = {16, 1.9, 4, 0.6, everywhere};
  PixelBuffer values = PixelBuffer::allocate(spec.feature_spec());
  for (std::int64_t i = 0; i < spec.feature_spec().shape.count(); ++i) {
    const double value = random.normal(static_cast<std::uint64_t>(i));
    if (type == ScalarType::f64)
      values.values<double>()[static_cast<std::size_t>(i)] = value;
    else
      values.values<float>()[static_cast<std::size_t>(i)] = static_cast<float>(value);
  }
  if (planes > 0) spec.features = std::move(values);
  for (std::size_t i = 0; i < centres; ++i) {
    KernelCentre centre;
    for (std::size_t axis = 0; axis < 3; ++axis)
      centre.place_mm[axis] =
          spec.spacing_mm[axis] * (static_cast<double>(grid[axis]) * random.uniform(1000 + 3 * i + axis) - 0.5);
    for (std::int64_t j = 0; j < planes; ++j)
      centre.features.push_back(random.normal(9000 + 20 * i + static_cast<std::uint64_t>(j)));
    spec.centres.push_back(std::move(centre));
  }
  return spec;
}

/// Spectra of both signs.
SpectralProducts products(std::int64_t pixels, std::int64_t bands, std::int64_t columns, ScalarType type) {
  const Philox random{18, static_cast<std::uint64_t>(pixels)};
  SpectralProducts spec{pixels, bands, columns, {}, {}, type};
  PixelBuffer values = PixelBuffer::allocate(spec.spectra_spec());
  for (std::int64_t i = 0; i < pixels * bands; ++i) {
    const double value = random.normal(static_cast<std::uint64_t>(i));
    if (type == ScalarType::f64)
      values.values<double>()[static_cast<std::size_t>(i)] = value;
    else
      values.values<float>()[static_cast<std::size_t>(i)] = static_cast<float>(value);
  }
  spec.spectra = std::move(values);
  return spec;
}

Pixels complex_noise(const ArraySpec& spec, std::uint64_t stream) {
  const Philox random{23, stream};
  PixelBuffer values = PixelBuffer::allocate(spec);
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(spec.shape.count()); ++i) {
    const std::complex<double> value{random.normal(2 * i), random.normal(2 * i + 1)};
    if (spec.type == ScalarType::c128)
      values.values<std::complex<double>>()[i] = value;
    else
      values.values<std::complex<float>>()[i] = std::complex<float>{value};
  }
  return values;
}

/// A third of the lines, other ones in every frame; the last frame has none.
Pixels lines_mask(const Shape& image, std::int64_t frames) {
  const Philox random{29, static_cast<std::uint64_t>(image.count())};
  PixelBuffer mask = PixelBuffer::allocate({Shape{image[1], image[2], frames}, ScalarType::u8});
  const auto lines = static_cast<std::uint64_t>(image[1] * image[2]);
  const auto values = mask.values<std::uint8_t>();
  for (std::uint64_t i = 0; i < values.size(); ++i)
    values[i] = (frames == 1 || i < values.size() - lines) && random.uniform(i) < 0.33 ? 1 : 0;
  values[lines / 2] = 1;
  return mask;
}

/// A third of the samples.
Pixels cut_lines_mask(const Shape& image, std::int64_t frames) {
  const Philox random{30, static_cast<std::uint64_t>(image.count())};
  PixelBuffer mask = PixelBuffer::allocate({Shape{image[0], image[1], image[2], frames}, ScalarType::u8});
  const auto values = mask.values<std::uint8_t>();
  for (std::uint64_t i = 0; i < values.size(); ++i) values[i] = random.uniform(i) < 0.33 ? 1 : 0;
  values[values.size() / 2] = 1;
  return mask;
}

void add_series_cases(ScalarType complex, std::vector<Case>& cases) {
  for (const auto& [image, coils, frames, sign] :
       std::vector<std::tuple<Shape, int, int, int>>{{{1, 1, 1}, 1, 1, -1},
                                                     {{7, 12, 1}, 1, 3, -1},
                                                     {{33, 15, 1}, 3, 2, 1},
                                                     {{16, 6, 5}, 2, 2, -1},
                                                     {{1, 9, 8}, 4, 3, 1},
                                                     {{3, 1, 7}, 2, 1, -1}}) {
    CoilFourier spec{.image = image, .coils = coils, .frames = frames, .sign = sign, .type = complex};
    cases.push_back({"coil Fourier transform of all lines, " + image.text(), spec});
    spec.sensitivities = complex_noise(spec.map_spec(), static_cast<std::uint64_t>(image.count()));
    spec.mask = lines_mask(image, frames);
    cases.push_back({"coil Fourier transform, " + image.text(), spec});
    spec.mask = cut_lines_mask(image, frames);
    cases.push_back({"coil Fourier transform of cut lines, " + image.text(), spec});
  }
  using Axes = std::vector<std::size_t>;
  for (const auto& [shape, axes] : std::vector<std::pair<Shape, Axes>>{{{7, 5, 1, 3}, {0, 1}},
                                                                       {{7, 5, 1, 3}, {3}},
                                                                       {{1}, {0}},
                                                                       {{4, 3, 2, 5}, {3, 0, 2}},
                                                                       {{2, 2}, {1, 0}},
                                                                       {{170, 210}, {0, 1}}}) {
    cases.push_back({"complex difference, " + shape.text(), ComplexDifference{shape, axes, false, complex}});
    cases.push_back({"cyclic complex difference, " + shape.text(), ComplexDifference{shape, axes, true, complex}});
  }
  for (const auto& [rows, columns, batch, products] : std::vector<std::array<std::int64_t, 4>>{
           {1, 1, 2, 1}, {35, 4, 1, 4}, {5000, 3, 1, 2}, {16, 5, 7, 5}, {9, 12, 2, 1}}) {
    TallMatrix spec{.rows = rows, .columns = columns, .batch = batch, .products = products, .type = complex};
    spec.matrix = complex_noise(spec.matrix_spec(), static_cast<std::uint64_t>(rows));
    cases.push_back({"tall matrix, " + spec.matrix_spec().shape.text(), spec});
  }
  using Kind = Unfolding::Kind;
  for (const auto& [image, frames, patch, shift] :
       std::vector<std::tuple<Shape, int, std::array<std::int64_t, 3>, std::array<std::int64_t, 3>>>{
           {{8, 8, 1}, 3, {4, 4, 1}, {0, 0, 0}},
           {{9, 7, 2}, 2, {4, 3, 2}, {2, 1, 1}},
           {{1, 1, 1}, 1, {8, 8, 1}, {4, 4, 0}}}) {
    Unfolding spec{image, frames, Kind::patches, patch, shift, complex};
    cases.push_back({"unfolding into patches, " + image.text(), spec});
    spec.kind = Kind::readout;
    cases.push_back({"unfolding along the readout, " + image.text(), spec});
    spec.kind = Kind::phase;
    cases.push_back({"unfolding along the phase, " + image.text(), spec});
  }
}

/// Points all over k-space and beyond, on a spoke, and at the origin; weights of a density; other points in every frame.
NonUniformFourier scattered(const Shape& image, std::int64_t samples, std::int64_t coils, std::int64_t frames,
                            std::int64_t trajectories, int sign, ScalarType complex) {
  const Philox random{31, static_cast<std::uint64_t>(image.count() + samples)};
  NonUniformFourier spec{.image = image, .samples = samples, .coils = coils, .frames = frames};
  spec.sign = sign, spec.type = complex;
  spec.accuracy = complex == ScalarType::c128 ? 1e-13 : 1e-6;
  PixelBuffer points = PixelBuffer::allocate({Shape{3, samples, trajectories}, ScalarType::f64});
  for (std::size_t i = 0; i < points.values<double>().size(); ++i) {
    const auto n = static_cast<double>(image[i % 3]);
    const auto sample = static_cast<double>(i / 3 % static_cast<std::size_t>(samples));
    points.values<double>()[i] =
        i / 3 % 4 == 0 ? n * (sample / static_cast<double>(samples) - 0.5) : 1.2 * n * (random.uniform(i) - 0.5);
  }
  points.values<double>()[0] = points.values<double>()[1] = points.values<double>()[2] = 0;
  spec.coordinates = std::move(points);
  if (coils == 1) return spec;
  spec.sensitivities = complex_noise(spec.map_spec(), static_cast<std::uint64_t>(image.count()));
  PixelBuffer weights = PixelBuffer::allocate({Shape{samples, trajectories}, ScalarType::f32});
  for (std::size_t i = 0; i < weights.values<float>().size(); ++i)
    weights.values<float>()[i] = static_cast<float>(random.uniform(7000 + i));
  spec.weights = std::move(weights);
  return spec;
}

void add_non_uniform_cases(ScalarType complex, std::vector<Case>& cases) {
  for (const auto& [image, samples, coils, frames, trajectories, sign] :
       std::vector<std::tuple<Shape, int, int, int, int, int>>{{{1, 1, 1}, 1, 1, 1, 1, -1},
                                                               {{12, 9, 1}, 150, 1, 1, 1, -1},
                                                               {{33, 20, 1}, 200, 3, 2, 2, 1},
                                                               {{40, 52, 1}, 700, 1, 1, 1, 1},
                                                               {{3, 1, 7}, 5, 2, 2, 1, -1},
                                                               {{9, 8, 6}, 90, 2, 2, 2, -1},
                                                               {{7, 14, 11}, 210, 1, 1, 1, 1}})
    cases.push_back({"non-uniform Fourier transform, " + image.text() + ", " + std::to_string(samples) + " samples",
                     scattered(image, samples, coils, frames, trajectories, sign, complex)});
}

}  // namespace

std::vector<Case> operator_cases(bool in_double) {
  const auto type = in_double ? ScalarType::f64 : ScalarType::f32,
             complex = in_double ? ScalarType::c128 : ScalarType::c64;
  std::vector<Case> cases;
  for (const auto& scan : scans()) {
    cases.push_back({"ray transform, " + scan.name, RayTransform{scan.geometry, scan.grid, RayModel::joseph, type}});
    cases.push_back({"back-projection, " + scan.name, Backprojection{scan.geometry, scan.grid, Weighting::none, type}});
    cases.push_back(
        {"weighted back-projection, " + scan.name, Backprojection{scan.geometry, scan.grid, Weighting::fdk, type}});
  }
  for (const auto& [shape, size] : std::vector<std::pair<Shape, std::size_t>>{
           {{11, 3, 2}, 12}, {{1, 1, 1}, 2}, {{31, 1, 5}, 33}, {{64, 2, 1}, 101}}) {
    cases.push_back({"detector filter, " + shape.text(), DetectorFilter{shape, response(size), type}});
  }
  using Axes = std::vector<std::size_t>;
  for (const auto& [shape, axes] : std::vector<std::pair<Shape, Axes>>{{{1}, {0}},
                                                                       {{13}, {0}},
                                                                       {{6, 5, 4}, {0, 2}},
                                                                       {{7, 8}, {1, 0}},
                                                                       {{3, 1, 17, 2}, {2}},
                                                                       {{16, 12, 5}, {0, 1, 2}}}) {
    cases.push_back({"centred Fourier transform, " + shape.text(), Fourier{shape, axes, true, complex}});
    cases.push_back({"Fourier transform, " + shape.text(), Fourier{shape, axes, false, complex}});
  }
  for (const auto& [shape, axes] : std::vector<std::pair<Shape, Axes>>{
           {{7, 5, 3}, {0, 1, 2}}, {{1, 8}, {0, 1}}, {{1}, {0}}, {{4, 3, 2, 5}, {3, 0}}, {{23}, {0}}}) {
    cases.push_back({"finite difference, " + shape.text(), FiniteDifference{shape, axes, type}});
  }
  for (const auto& [shape, planes, centres, everywhere] :
       std::vector<std::tuple<Shape, int, int, double>>{{{1, 1, 1}, 1, 2, 0.0},
                                                        {{31, 1, 1}, 3, 1, 0.0},
                                                        {{301, 3, 2}, 4, 5, 0.0},
                                                        {{13, 12, 7}, 7, 20, 0.5},
                                                        {{1, 17, 5}, 2, 3, 2.0}})
    cases.push_back({"kernel expansion, " + shape.text(),
                     expansion(shape, planes, static_cast<std::size_t>(centres), everywhere, type)});
  for (const auto& [pixels, bands, columns] : std::vector<std::array<std::int64_t, 3>>{
           {1, 1, 1}, {1000, 7, 3}, {33, 1, 4}, {65, 40, 5}, {1, 30, 9}, {6, 6, 2}, {700, 12, 13}})
    cases.push_back({"spectral products, " + std::to_string(pixels) + " x " + std::to_string(bands) + " x " +
                         std::to_string(columns),
                     products(pixels, bands, columns, type)});
  add_series_cases(complex, cases);
  add_non_uniform_cases(complex, cases);
  return cases;
}

}  // namespace iso::test
