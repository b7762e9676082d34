#include "gpu/cpu/cpu_backend.h"
#include "roofline.h"

#include <iso/base/random.h>
#include <iso/base/threads.h>
#include <iso/compute/operators/coil_fourier.h>
#include <iso/compute/operators/kernel_expansion.h>

#include <benchmark/benchmark.h>
#include <fftw3.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>
#include <string>

using namespace iso::compute;
using iso::ScalarType;

namespace {

const Backend& cpu() {
  static const auto backend = iso::gpu::make_cpu_backend();
  return *backend;
}

Array field(const iso::ArraySpec& spec, Stream& stream) {
  iso::PixelBuffer block = iso::PixelBuffer::allocate(spec);
  const iso::Philox random{1, 2};
  const auto count = spec.bytes() / sizeof(float);
  for (std::size_t i = 0; i < count; ++i)
    reinterpret_cast<float*>(block.data())[i] = static_cast<float>(random.normal(i));
  return cpu().upload(std::move(block), stream);
}

void report(benchmark::State& state, double samples, double bytes, double flops) {
  const auto runs = static_cast<double>(state.iterations());
  state.counters["samples"] = benchmark::Counter(samples * runs, benchmark::Counter::kIsRate);
  // Seconds allowed in all runs, as a rate over the seconds taken.
  state.counters["of_roof"] = benchmark::Counter(roofline::seconds(bytes, flops) * runs, benchmark::Counter::kIsRate);
}

/// One operator, forwards or backwards; `samples` and `flops` are per application.
void apply(benchmark::State& state, const OperatorSpec& spec, bool forwards, double samples, double flops) {
  const auto stream = cpu().make_stream();
  const auto a = cpu().make(spec);
  auto x = field(a->domain(), *stream), y = field(a->range(), *stream);
  for (auto _ : state) forwards ? a->forward(x, y, *stream) : a->adjoint(y, x, *stream);
  // Seconds taken over the seconds that Backend::cost says, whose rates stand in gpu/cpu/throughput.h.
  const double estimated = cpu().cost(spec).seconds * static_cast<double>(state.iterations());
  state.counters["of_estimate"] =
      benchmark::Counter(estimated, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  report(state, samples, static_cast<double>(a->domain().bytes() + a->range().bytes()), flops);
}

struct Scan {
  iso::ProjectionGeometry geometry;
  iso::VoxelGrid grid;
  [[nodiscard]] double rays() const { return static_cast<double>(geometry.sinogram_shape().count()); }
  [[nodiscard]] double voxel_views() const {
    return static_cast<double>(grid.shape().count()) * static_cast<double>(geometry.views().size());
  }
};

Scan parallel(std::int64_t slices) {
  return {iso::ProjectionGeometry::parallel(iso::equal_angles(360, std::numbers::pi), {729, slices}, {1, 1}),
          iso::VoxelGrid::centred({512, 512, slices}, {1, 1, 1})};
}

Scan fan(iso::DetectorShape shape) {
  iso::CircularScan scan;
  scan.source_to_axis_mm = 1000;
  scan.source_to_detector_mm = 1500;
  scan.elements = {800, 1};
  scan.shape = shape;
  return {iso::ProjectionGeometry::circular(iso::equal_angles(720, 2 * std::numbers::pi), scan),
          iso::VoxelGrid::centred({512, 512, 1}, {1, 1, 1})};
}

Scan cone() {
  iso::CircularScan scan;
  scan.source_to_axis_mm = 600;
  scan.source_to_detector_mm = 1200;
  scan.elements = {128, 128};
  scan.element_pitch_mm = {4, 4};
  return {iso::ProjectionGeometry::circular(iso::equal_angles(180, 2 * std::numbers::pi), scan),
          iso::VoxelGrid::centred({128, 128, 128}, {2, 2, 2})};
}

// Arithmetic of one interpolation: a lerp is 3, its position 2, the sum 1; two more positions and lerps in space.
constexpr double plane_flops = 6, space_flops = 14, shadow_flops = 10, shadow_space_flops = 18;

void rays(benchmark::State& state, const Scan& scan, bool forwards) {
  const bool slices = scan.geometry.elements()[1] == 1 || scan.geometry.beam() == iso::Beam::parallel;
  const double samples = scan.rays() * static_cast<double>(scan.grid.size[0]);  // about: rays at the rim are shorter
  apply(state, RayTransform{scan.geometry, scan.grid}, forwards, samples,
        samples * (slices ? plane_flops : space_flops));
}

void shadows(benchmark::State& state, const Scan& scan, bool forwards) {
  const bool plane = scan.geometry.elements()[1] == 1;
  const auto weighting = scan.geometry.beam() == iso::Beam::parallel ? Weighting::none : Weighting::fdk;
  apply(state, Backprojection{scan.geometry, scan.grid, weighting}, forwards, scan.voxel_views(),
        scan.voxel_views() * (plane ? shadow_flops : shadow_space_flops));
}

void filter(benchmark::State& state) {
  const double rows = 720, n = 2048;
  apply(state, DetectorFilter{iso::Shape{800, 1, 720}, std::vector<double>(1025, 0.5)}, true, rows * 800,
        rows * 5 * n * std::log2(n));
}

void fourier(benchmark::State& state, const iso::Shape& shape, const std::vector<std::size_t>& axes) {
  double logs = 0;
  for (const auto axis : axes) logs += std::log2(static_cast<double>(shape[axis]));
  const auto count = static_cast<double>(shape.count());
  apply(state, Fourier{shape, axes, true, ScalarType::c64}, true, count, 5 * count * logs);
}

/// FFTW alone on the same arrays, one thread, with the plan of its own benchmark: measured, one array to another, axes from 0 on.
void fftw_itself(benchmark::State& state, const iso::Shape& shape, std::size_t axes) {
  const auto stream = cpu().make_stream();
  auto x = field({shape, ScalarType::c64}, *stream), y = field({shape, ScalarType::c64}, *stream);
  std::vector<int> extents;
  double logs = 0;
  for (std::size_t axis = axes; axis-- > 0;) {
    extents.push_back(static_cast<int>(shape[axis]));
    logs += std::log2(static_cast<double>(shape[axis]));
  }
  int one = 1;
  for (const int extent : extents) one *= extent;
  auto* const in = reinterpret_cast<fftwf_complex*>(x.host<std::complex<float>>().data());
  auto* const out = reinterpret_cast<fftwf_complex*>(y.host<std::complex<float>>().data());
  const auto plan =
      fftwf_plan_many_dft(static_cast<int>(axes), extents.data(), static_cast<int>(shape.count() / one), in, nullptr, 1,
                          one, out, nullptr, 1, one, FFTW_FORWARD, FFTW_MEASURE | FFTW_PRESERVE_INPUT);
  for (auto _ : state) fftwf_execute(plan);
  fftwf_destroy_plan(plan);
  const auto count = static_cast<double>(shape.count());
  report(state, count, 16 * count, 5 * count * logs);
}

/// FFTW alone along y there and back, in place, over as many images as `coils` transforms.
void fftw_columns(benchmark::State& state) {
  const auto stream = cpu().make_stream();
  auto x = field({iso::Shape{256, 256, 32}, ScalarType::c64}, *stream);
  auto* const values = reinterpret_cast<fftwf_complex*>(x.host<std::complex<float>>().data());
  const int n = 256;
  const auto plan = [&](int sign) {
    return fftwf_plan_many_dft(1, &n, 256, values, nullptr, 256, 1, values, nullptr, 256, 1, sign, FFTW_MEASURE);
  };
  const auto there = plan(FFTW_FORWARD), back = plan(FFTW_BACKWARD);
  for (std::int64_t i = 0; i < 32 * 65536; ++i) values[i][0] = values[i][1] = 0;  // planning overwrote them
  for (auto _ : state)
    for (int image = 0; image < 32; ++image)
      for (const auto each : {there, back}) fftwf_execute_dft(each, values + image * 65536, values + image * 65536);
  fftwf_destroy_plan(there), fftwf_destroy_plan(back);
  report(state, 32.0 * 65536, 32.0 * 65536 * 16, 32.0 * 65536 * 10 * std::log2(256.0));
}

/// The normal operator of eight coils and four frames of 256 x 256: two transforms along y, or with a mask that cuts lines two
/// along both axes.
void coils(benchmark::State& state, bool cut) {
  CoilFourier spec;
  spec.image = {256, 256, 1}, spec.coils = 8, spec.frames = 4;
  if (cut) {
    iso::PixelBuffer mask = iso::PixelBuffer::allocate({iso::Shape{256, 256, 1, 4}, ScalarType::u8});
    for (std::size_t i = 0; i < mask.values<std::uint8_t>().size(); i += 4) mask.values<std::uint8_t>()[i] = 1;
    spec.mask = std::move(mask);
  }
  iso::PixelBuffer maps = iso::PixelBuffer::allocate(spec.map_spec());
  for (auto& value : maps.values<std::complex<float>>()) value = 0.35f;
  spec.sensitivities = std::move(maps);
  const auto stream = cpu().make_stream();
  const auto a = cpu().make(spec);
  auto x = field(a->domain(), *stream), y = field(a->domain(), *stream);
  for (auto _ : state) a->normal(x, y, *stream);
  const auto count = static_cast<double>(a->range().shape.count());
  report(state, count, static_cast<double>(2 * a->domain().bytes() + spec.map_spec().bytes()),
         2 * count * (5 * std::log2(256.0) * (cut ? 2 : 1) + 8));
}

void differences(benchmark::State& state, bool forwards) {
  const iso::Shape shape{256, 256, 64};
  apply(state, FiniteDifference{shape, {0, 1, 2}}, forwards, static_cast<double>(shape.count()),
        3.0 * static_cast<double>(shape.count()));
}

/// Twenty clicks on a slice, with reaches so long that every voxel counts: terms of the sum.
void expansion(benchmark::State& state) {
  KernelExpansion spec;
  spec.grid = iso::Shape{512, 512, 1};
  spec.planes = 7;
  spec.scales.reach_mm = 400;
  const auto stream = cpu().make_stream();
  spec.resident = field(spec.feature_spec(), *stream);
  for (int i = 0; i < 20; ++i) spec.centres.push_back({std::vector<double>(7, 0.1 * i), {25.0 * i, 20.0 * i, 0}});
  const double terms = 512.0 * 512 * 20;
  apply(state, spec, true, terms, terms * 40);
}

template <class Body>
void vectors(benchmark::State& state, double arrays_moved, double flops, Body&& body) {
  const auto stream = cpu().make_stream();
  const iso::ArraySpec spec{iso::Shape{state.range(0)}, ScalarType::f32};
  auto x = field(spec, *stream), y = field(spec, *stream);
  for (auto _ : state) body(x, y, *stream);
  const auto count = static_cast<double>(state.range(0));
  report(state, count, arrays_moved * static_cast<double>(spec.bytes()), flops * count);
}

void shrink(benchmark::State& state) {
  const auto stream = cpu().make_stream();
  const iso::ArraySpec spec{iso::Shape{1 << 21, 2}, ScalarType::f32};
  auto x = field(spec, *stream);
  for (auto _ : state) cpu().vector().shrink_vectors(1e-9, x, *stream);
  report(state, 1 << 21, 2.0 * static_cast<double>(spec.bytes()), 8.0 * (1 << 21));
}

template <class... Arguments>
void add(const char* name, Arguments&&... arguments) {
  benchmark::RegisterBenchmark(name, std::forward<Arguments>(arguments)...)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

void register_all() {
  add("parallel 512^2 x 360 rays", rays, parallel(1), true);
  add("parallel 512^2 x 360 rays adjoint", rays, parallel(1), false);
  add("parallel 512^2 x 360 rays, 8 slices", rays, parallel(8), true);
  add("parallel 512^2 x 360 rays adjoint, 8 slices", rays, parallel(8), false);
  add("parallel 512^2 x 360 back-projection", shadows, parallel(1), true);
  add("fan 512^2 x 720 rays", rays, fan(iso::DetectorShape::flat), true);
  add("fan 512^2 x 720 rays adjoint", rays, fan(iso::DetectorShape::flat), false);
  add("fan 512^2 x 720 back-projection", shadows, fan(iso::DetectorShape::flat), true);
  add("fan on an arc 512^2 x 720 back-projection", shadows, fan(iso::DetectorShape::arc), true);
  add("cone 128^3 x 180 rays", rays, cone(), true);
  add("cone 128^3 x 180 rays adjoint", rays, cone(), false);
  add("cone 128^3 x 180 back-projection", shadows, cone(), true);
  add("cone 128^3 x 180 back-projection adjoint", shadows, cone(), false);
  add("detector filter 800 x 720", filter);
  add("Fourier 512 x 512 x 16, two axes", fourier, iso::Shape{512, 512, 16}, std::vector<std::size_t>{0, 1});
  add("Fourier 128^3, three axes", fourier, iso::Shape{128, 128, 128}, std::vector<std::size_t>{0, 1, 2});
  add("FFTW 512 x 512 x 16, two axes", fftw_itself, iso::Shape{512, 512, 16}, std::size_t{2});
  add("FFTW 128^3, three axes", fftw_itself, iso::Shape{128, 128, 128}, std::size_t{3});
  add("Fourier 110 x 110 x 10, two axes", fourier, iso::Shape{110, 110, 10}, std::vector<std::size_t>{0, 1});
  add("FFTW 110 x 110 x 10, two axes", fftw_itself, iso::Shape{110, 110, 10}, std::size_t{2});
  add("Fourier 181 x 217 x 24, two axes", fourier, iso::Shape{181, 217, 24}, std::vector<std::size_t>{0, 1});
  add("FFTW 181 x 217 x 24, two axes", fftw_itself, iso::Shape{181, 217, 24}, std::size_t{2});
  for (const std::int64_t n : {256, 512}) {
    const std::string size = std::to_string(n) + " x " + std::to_string(n);
    add(("Fourier " + size).c_str(), fourier, iso::Shape{n, n, 1}, std::vector<std::size_t>{0, 1});
    add(("FFTW " + size).c_str(), fftw_itself, iso::Shape{n, n, 1}, std::size_t{2});
  }
  add("coil Fourier 256 x 256, 8 coils, 4 frames, normal", coils, false);
  add("FFTW, the transforms of that", fftw_columns);
  add("coil Fourier 256 x 256, 8 coils, 4 frames, cut lines, normal", coils, true);
  add("kernel expansion 512 x 512, 20 centres", expansion);
  add("differences 256 x 256 x 64", differences, true);
  add("differences 256 x 256 x 64 adjoint", differences, false);
  const auto axpy = [](benchmark::State& s) {
    vectors(s, 3, 2, [](Array& x, Array& y, Stream& stream) { cpu().vector().axpy(1e-6, x, y, stream); });
  };
  const auto dot = [](benchmark::State& s) {
    vectors(s, 2, 2,
            [](Array& x, Array& y, Stream& stream) { benchmark::DoNotOptimize(cpu().vector().dot(x, y, stream)); });
  };
  for (const std::int64_t count : {1 << 18, 1 << 24}) {
    benchmark::RegisterBenchmark("axpy", axpy)->Arg(count)->Unit(benchmark::kMillisecond)->UseRealTime();
    benchmark::RegisterBenchmark("dot", dot)->Arg(count)->Unit(benchmark::kMillisecond)->UseRealTime();
  }
  add("shrink vectors 2 x 2^21", shrink);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (const char* threads = std::getenv("ISO_THREADS")) iso::ThreadBudget::set(std::atoi(threads));
  const auto info = cpu().info();
  std::printf("%s, %s, %d threads: %.1f GB/s, %.0f Gflop/s\n", info.description.c_str(), info.level.c_str(),
              iso::ThreadBudget::threads(), roofline::rates().bytes_per_s / 1e9, roofline::rates().flops_per_s / 1e9);
  register_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
