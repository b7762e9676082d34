#include "gpu/cpu/cpu_backend.h"
#include "gpu/reference/reference_backend.h"
#include "scans.h"
#include "support/pixels.h"

#include <iso/base/threads.h>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <thread>

using namespace testing_scans;

namespace {

template <class Body>
iso::Errc error_code(Body&& body) {
  try {
    body();
  } catch (const iso::Error& error) {
    EXPECT_FALSE(std::string{error.what()}.empty());
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return iso::Errc::internal;
}

/// A scan that takes seconds, in either way of computing it.
std::vector<OperatorSpec> long_work() {
  const auto angles = iso::equal_angles(4000, 2 * std::numbers::pi);
  auto scan = circle({512, 1}, 1);
  const auto fan = iso::ProjectionGeometry::circular(angles, scan);
  scan.elements = {96, 96};
  const auto cone = iso::ProjectionGeometry::circular(angles, scan);
  const auto plane = iso::VoxelGrid::centred({1024, 1024, 1}, {0.1, 0.1, 1}),
             cube = iso::VoxelGrid::centred({160, 160, 160}, {0.2, 0.2, 0.2});
  return {RayTransform{fan, plane}, RayTransform{cone, cube}, Backprojection{cone, cube}};
}

}  // namespace

TEST(CpuBackend, SaysWhatItIs) {
  const auto info = iso::gpu::make_cpu_backend()->info();
  EXPECT_EQ(info.id, "cpu");
  EXPECT_FALSE(info.description.empty());
#ifdef __x86_64__
  EXPECT_TRUE(info.level == "x86-64" || info.level == "x86-64-v2" || info.level == "x86-64-v3" ||
              info.level == "x86-64-v4")
      << info.level;
#endif
  EXPECT_GT(info.memory_free_bytes, 0U);
  EXPECT_GE(info.memory_bytes, info.memory_free_bytes);
}

TEST(CpuBackend, StopsWithinAFifthOfASecond) {
  const auto cpu = iso::gpu::make_cpu_backend();
  for (const auto& spec : long_work()) {
    for (const bool forwards : {true, false}) {
      std::stop_source source;
      const auto stream = cpu->make_stream(source.get_token());
      const auto a = cpu->make(spec);
      auto x = cpu->allocate(a->domain(), *stream), y = cpu->allocate(a->range(), *stream);
      std::chrono::steady_clock::time_point asked;
      std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        asked = std::chrono::steady_clock::now();
        source.request_stop();
      });
      EXPECT_EQ(error_code([&] { forwards ? a->forward(x, y, *stream) : a->adjoint(y, x, *stream); }),
                iso::Errc::cancelled)
          << spec.name();
      const auto stopped = std::chrono::steady_clock::now();
      stopper.join();
      // 200 ms of work are promised; a machine that is shared tenfold may take ten times as long to do them.
      EXPECT_LT(std::chrono::duration<double>(stopped - asked).count(), 2.0) << spec.name();
    }
  }
}

TEST(CpuBackend, EveryOperatorAsksWhetherToStop) {
  const auto cpu = iso::gpu::make_cpu_backend();
  std::stop_source source;
  source.request_stop();
  for (const auto& [name, spec] : operators(ScalarType::f32)) {
    const auto quiet = cpu->make_stream(), stopped = cpu->make_stream(source.get_token());
    const auto a = cpu->make(spec);
    auto x = cpu->allocate(a->domain(), *quiet), y = cpu->allocate(a->range(), *quiet);
    EXPECT_EQ(error_code([&] { a->forward(x, y, *stopped); }), iso::Errc::cancelled) << name;
    EXPECT_EQ(error_code([&] { a->adjoint(y, x, *stopped); }), iso::Errc::cancelled) << name;
  }
}

TEST(CpuBackend, RefusesArraysOfAnotherShapeTypeOrBackend) {
  const auto cpu = iso::gpu::make_cpu_backend(), reference = iso::gpu::make_reference_backend();
  const auto stream = cpu->make_stream();
  const auto a = cpu->make(FiniteDifference{iso::Shape{4, 3}, {0}, ScalarType::f32});
  auto x = cpu->allocate(a->domain(), *stream), y = cpu->allocate(a->range(), *stream);
  auto wide = cpu->allocate({iso::Shape{4, 4}, ScalarType::f32}, *stream),
       fine = cpu->allocate({iso::Shape{4, 3}, ScalarType::f64}, *stream);
  auto elsewhere = reference->allocate(a->domain(), *stream);
  EXPECT_EQ(error_code([&] { a->forward(wide, y, *stream); }), iso::Errc::shape_mismatch);
  EXPECT_EQ(error_code([&] { a->forward(fine, y, *stream); }), iso::Errc::shape_mismatch);
  EXPECT_EQ(error_code([&] { a->forward(x, x, *stream); }), iso::Errc::shape_mismatch);
  EXPECT_EQ(error_code([&] { a->forward(elsewhere, y, *stream); }), iso::Errc::internal);
  EXPECT_EQ(error_code([&] { cpu->vector().axpy(1, x, wide, *stream); }), iso::Errc::shape_mismatch);
  EXPECT_EQ(error_code([&] { cpu->vector().multiply(x, x, wide, *stream); }), iso::Errc::shape_mismatch);
}

TEST(CpuBackend, RefusesTypesThatAnOperationHasNoMeaningFor) {
  const auto cpu = iso::gpu::make_cpu_backend();
  const auto stream = cpu->make_stream();
  EXPECT_EQ(error_code([&] {
              (void)cpu->make(FiniteDifference{iso::Shape{4}, {0}, ScalarType::c64});
            }),
            iso::Errc::type_mismatch);
  EXPECT_EQ(error_code([&] {
              (void)cpu->make(Fourier{iso::Shape{4}, {0}, true, ScalarType::f32});
            }),
            iso::Errc::type_mismatch);
  EXPECT_TRUE(cpu->refusal(Fourier{iso::Shape{4}, {0}, true, ScalarType::f32}).has_value());
  auto counts = cpu->allocate({iso::Shape{4}, ScalarType::u16}, *stream),
       waves = cpu->allocate({iso::Shape{4}, ScalarType::c64}, *stream);
  EXPECT_EQ(error_code([&] { cpu->vector().scale(2, counts, *stream); }), iso::Errc::type_mismatch);
  EXPECT_EQ(error_code([&] { cpu->vector().clamp(0, 1, waves, *stream); }), iso::Errc::type_mismatch);
}

TEST(CpuBackend, RefusesARayTransformWithPlanesItCannotAddress) {
  const auto cpu = iso::gpu::make_cpu_backend();
  const auto geometry = iso::ProjectionGeometry::parallel(iso::equal_angles(2, 1), {8, 1}, {1, 1});
  const RayTransform spec{geometry, iso::VoxelGrid::centred({12000, 12000, 1}, {1, 1, 1})};
  EXPECT_TRUE(cpu->refusal(spec).has_value());
  EXPECT_EQ(error_code([&] { (void)cpu->make(spec); }), iso::Errc::unsupported);
}

TEST(CpuVectorOps, AgreeWithTheReference) {
  const auto cpu = iso::gpu::make_cpu_backend(), reference = iso::gpu::make_reference_backend();
  using Operation = std::function<double(const VectorOps&, Array&, Array&, Stream&)>;
  const std::complex<double> a{0.5, -0.25}, b{-1.5, 2};
  const std::vector<std::pair<const char*, Operation>> operations{
      {"fill", [](auto& v, auto& x, auto&, auto& s) { return v.fill(x, 2.5, s), 0.0; }},
      {"copy", [](auto& v, auto& x, auto& y, auto& s) { return v.copy(y, x, s), 0.0; }},
      {"scale", [=](auto& v, auto& x, auto&, auto& s) { return v.scale(a, x, s), 0.0; }},
      {"scale by a real", [=](auto& v, auto& x, auto&, auto& s) { return v.scale(1.5, x, s), 0.0; }},
      {"axpy", [=](auto& v, auto& x, auto& y, auto& s) { return v.axpy(a, y, x, s), 0.0; }},
      {"axpby", [=](auto& v, auto& x, auto& y, auto& s) { return v.axpby(a, y, b, x, s), 0.0; }},
      {"axpby with reals", [=](auto& v, auto& x, auto& y, auto& s) { return v.axpby(0.3, y, -2, x, s), 0.0; }},
      {"dot", [](auto& v, auto& x, auto& y, auto& s) { return v.dot(x, y, s).real(); }},
      {"dot, imaginary", [](auto& v, auto& x, auto& y, auto& s) { return v.dot(x, y, s).imag(); }},
      {"norm", [](auto& v, auto& x, auto&, auto& s) { return v.norm2(x, s); }},
      {"largest", [](auto& v, auto& x, auto&, auto& s) { return v.max_abs(x, s); }},
      {"finite", [](auto& v, auto& x, auto&, auto& s) { return v.all_finite(x, s) ? 1.0 : 0.0; }},
      {"multiply", [](auto& v, auto& x, auto& y, auto& s) { return v.multiply(x, y, x, s), 0.0; }},
      {"reciprocal", [](auto& v, auto& x, auto&, auto& s) { return v.reciprocal(x, 0.1, s), 0.0; }},
      {"soft threshold", [](auto& v, auto& x, auto&, auto& s) { return v.soft_threshold(0.4, x, s), 0.0; }},
      {"shrink vectors", [](auto& v, auto& x, auto&, auto& s) { return v.shrink_vectors(1.1, x, s), 0.0; }},
      {"project vectors", [](auto& v, auto& x, auto&, auto& s) { return v.project_vectors(1.1, x, s), 0.0; }},
      {"vector norms", [](auto& v, auto& x, auto&, auto& s) { return v.sum_vector_norms(x, s); }}};
  for (const auto type : {ScalarType::f32, ScalarType::f64, ScalarType::c64, ScalarType::c128}) {
    // Both compute in double and round once; a product in single precision rounds once more: 6e-8 of the largest, about 20.
    const double tolerance = iso::is_double(type) ? 1e-13 : 2e-6;
    for (const auto& shape : {iso::Shape{1}, iso::Shape{35001, 3}, iso::Shape{67, 1}}) {
      for (const auto& [name, operation] : operations) {
        const auto stream = cpu->make_stream();
        std::array<std::vector<double>, 2> arrays;
        std::array<double, 2> values{};
        for (int i = 0; i < 2; ++i) {
          const Backend& backend = i == 0 ? *reference : *cpu;
          auto x = backend.upload(noise({shape, type}, 1), *stream),
               y = backend.upload(noise({shape, type}, 2), *stream);
          values[static_cast<std::size_t>(i)] = operation(backend.vector(), x, y, *stream);
          arrays[static_cast<std::size_t>(i)] = numbers(backend.download(x, *stream));
        }
        EXPECT_NEAR(values[0], values[1], 1e-9 * (1 + std::abs(values[0]))) << name << " " << to_string(type);
        double worst = 0;
        for (std::size_t k = 0; k < arrays[0].size(); ++k)
          worst = std::max(worst, std::abs(arrays[0][k] - arrays[1][k]));
        EXPECT_LE(worst, tolerance) << name << " " << to_string(type);
      }
    }
  }
}

TEST(CpuVectorOps, FindsWhatIsNotANumberAnywhere) {
  const auto cpu = iso::gpu::make_cpu_backend();
  const auto stream = cpu->make_stream();
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{70000}, std::size_t{199999}}) {
      auto block = noise({iso::Shape{200000}, ScalarType::f32}, 4);
      iso::test::change<float>(block, [&](auto values) { values[at] = static_cast<float>(bad); });
      auto x = cpu->upload(block, *stream);
      EXPECT_FALSE(cpu->vector().all_finite(x, *stream));
      EXPECT_EQ(std::isnan(cpu->vector().max_abs(x, *stream)), std::isnan(bad));
    }
  }
}

TEST(CpuVectorOps, SumsDoNotDependOnTheNumberOfThreads) {
  const auto cpu = iso::gpu::make_cpu_backend();
  const auto stream = cpu->make_stream();
  const auto x = cpu->upload(noise({iso::Shape{300001, 2}, ScalarType::f32}, 1), *stream),
             y = cpu->upload(noise({iso::Shape{300001, 2}, ScalarType::f32}, 2), *stream);
  std::vector<std::complex<double>> dots;
  std::vector<double> norms;
  for (const int threads : {1, 2, 3, 7}) {
    iso::ThreadBudget::set(threads);
    dots.push_back(cpu->vector().dot(x, y, *stream));
    norms.push_back(cpu->vector().sum_vector_norms(x, *stream));
    EXPECT_EQ(dots[0], dots.back());
    EXPECT_EQ(norms[0], norms.back());
  }
  iso::ThreadBudget::set(iso::ThreadBudget::available());
}

TEST(CpuVectorOps, GiveTheSameBitsOnEveryLevelOfTheProcessor) {
  for (const auto type : {ScalarType::f32, ScalarType::f64, ScalarType::c64, ScalarType::c128}) {
    std::vector<std::vector<double>> found;
    for (const auto& level : iso::gpu::cpu_levels()) {
      const auto cpu = iso::gpu::make_cpu_backend(level);
      const auto stream = cpu->make_stream();
      const VectorOps& ops = cpu->vector();
      auto x = cpu->upload(noise({iso::Shape{4093, 3}, type}, 1), *stream),
           y = cpu->upload(noise({iso::Shape{4093, 3}, type}, 2), *stream);
      ops.axpy(0.3, x, y, *stream);
      ops.axpby(-0.7, x, 1.9, y, *stream);
      ops.project_vectors(0.9, y, *stream);
      ops.shrink_vectors(0.2, x, *stream);
      const auto dot = ops.dot(x, y, *stream);
      std::vector<double> all = numbers(cpu->download(x, *stream)), more = numbers(cpu->download(y, *stream));
      all.insert(all.end(), more.begin(), more.end());
      all.insert(all.end(), {dot.real(), dot.imag(), ops.norm2(x, *stream)});
      if (is_complex(type)) {
        TallMatrix matrix;
        matrix.rows = 4093, matrix.columns = matrix.products = 3, matrix.type = type, matrix.resident = x;
        const auto m = cpu->make(matrix);
        Array small = cpu->allocate(m->domain(), *stream);
        m->adjoint(x.reshaped(m->range().shape), small, *stream);
        Array changed = cpu->allocate(m->range(), *stream);
        m->forward(small, changed, *stream);
        more = numbers(cpu->download(changed, *stream));
        all.insert(all.end(), more.begin(), more.end());
      }
      found.push_back(std::move(all));
    }
    for (std::size_t i = 1; i < found.size(); ++i)
      EXPECT_TRUE(found[i] == found[0]) << to_string(type) << " " << iso::gpu::cpu_levels()[i];
  }
}
