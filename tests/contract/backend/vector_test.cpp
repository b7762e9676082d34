#include "contract/backend/fixture.h"

#include <cmath>
#include <functional>
#include <limits>

using namespace iso::compute;
using iso::Pixels;
using iso::ScalarType;
using iso::Shape;

namespace iso::test {

class VectorOpsContract : public BackendContract {
 protected:
  static constexpr ScalarType types[] = {ScalarType::f32, ScalarType::f64, ScalarType::c64, ScalarType::c128};
  // One element, a prime, and more than a first pass of a reduction on a device is wide.
  static std::vector<Shape> shapes() { return {{1}, {1, 1}, {37, 2}, {5, 7, 3}, {70001}}; }

  /// x and y of normal noise, run through `change` on a back end; returns y.
  using Change = std::function<void(const VectorOps&, Array& x, Array& y, Stream&)>;
  static Pixels changed(const Backend& backend, const ArraySpec& spec, const Change& change) {
    const auto stream = backend.make_stream();
    Array x = backend.upload(noise(spec, 1), *stream), y = backend.upload(noise(spec, 2), *stream);
    change(backend.vector(), x, y, *stream);
    return backend.download(y, *stream);
  }
  /// One rounding of a result of size one, a few in `double`.
  static double tolerance(ScalarType type) { return is_double(type) ? 1e-13 : 4e-7; }

  void compare(const Change& change, bool complex_too = true) {
    for (const auto type : types) {
      if (is_complex(type) && !complex_too) continue;
      for (const auto& shape : shapes()) {
        const ArraySpec spec{shape, type};
        const auto error = difference(changed(under_test(), spec, change), changed(reference(), spec, change));
        EXPECT_LT(error.relative, tolerance(type)) << shape.text() << " " << to_string(type);
      }
    }
  }

  Array upload(const std::vector<double>& values, Stream& stream) {
    PixelBuffer block = PixelBuffer::allocate({Shape{static_cast<std::int64_t>(values.size())}, ScalarType::f64});
    std::copy(values.begin(), values.end(), block.values<double>().begin());
    return under_test().upload(std::move(block), stream);
  }
  std::vector<double> values(const Array& array, Stream& stream) {
    const auto block = under_test().download(array, stream);
    return {block.values<double>().begin(), block.values<double>().end()};
  }
};

TEST_P(VectorOpsContract, CombinesArraysAsTheReferenceDoes) {
  const std::complex<double> a{0.7, -0.4}, b{-1.3, 0.2};
  compare([](const VectorOps& ops, Array&, Array& y, Stream& s) { ops.fill(y, -2.5, s); });
  compare([](const VectorOps& ops, Array& x, Array& y, Stream& s) { ops.copy(x, y, s); });
  compare([=](const VectorOps& ops, Array&, Array& y, Stream& s) { ops.scale(a, y, s); });
  compare([=](const VectorOps& ops, Array& x, Array& y, Stream& s) { ops.axpy(a, x, y, s); });
  compare([=](const VectorOps& ops, Array& x, Array& y, Stream& s) { ops.axpby(a, x, b, y, s); });
}

TEST_P(VectorOpsContract, MultipliesInvertsAndThresholdsAsTheReferenceDoes) {
  compare([](const VectorOps& ops, Array& x, Array& y, Stream& s) { ops.multiply(x, y, y, s); });
  compare([](const VectorOps& ops, Array& x, Array& y, Stream& s) { ops.multiply(x, x, y, s); });
  compare([](const VectorOps& ops, Array& x, Array& y, Stream& s) { ops.conjugate_multiply(x, y, y, s); });
  compare([](const VectorOps& ops, Array& x, Array& y, Stream& s) { ops.conjugate_multiply(y, x, y, s); });
  compare([](const VectorOps& ops, Array&, Array& y, Stream& s) { ops.reciprocal(y, 0.5, s); });
  compare([](const VectorOps& ops, Array&, Array& y, Stream& s) { ops.clamp(-0.3, 0.8, y, s); }, false);
  compare([](const VectorOps& ops, Array&, Array& y, Stream& s) { ops.soft_threshold(0.6, y, s); });
  compare([](const VectorOps& ops, Array&, Array& y, Stream& s) { ops.shrink_vectors(0.9, y, s); });
  compare([](const VectorOps& ops, Array&, Array& y, Stream& s) { ops.project_vectors(0.9, y, s); });
}

TEST_P(VectorOpsContract, ReducesAsTheReferenceDoesAndTheSameEachTime) {
  for (const auto type : types) {
    for (const auto& shape : shapes()) {
      const auto results = [&](const Backend& backend) {
        const auto stream = backend.make_stream();
        const Array x = backend.upload(noise({shape, type}, 1), *stream),
                    y = backend.upload(noise({shape, type}, 2), *stream);
        const auto& ops = backend.vector();
        const auto dot = ops.dot(x, y, *stream);
        return std::vector<double>{dot.real(), dot.imag(), ops.norm2(x, *stream), ops.max_abs(x, *stream),
                                   ops.sum_vector_norms(x, *stream)};
      };
      const auto ours = results(under_test()), expected = results(reference());
      EXPECT_EQ(ours, results(under_test()));
      // Sums in double whatever the type, in another order: sqrt(count) roundings of the largest partial sum.
      const double scale = expected[2] * expected[2];
      for (std::size_t i = 0; i < ours.size(); ++i)
        EXPECT_NEAR(ours[i], expected[i], 1e-13 * std::max(1.0, scale)) << i << " " << shape.text();
    }
  }
}

TEST_P(VectorOpsContract, ShrinksAndProjectsVectorsOverTheLastAxis) {
  const auto stream = under_test().make_stream();
  PixelBuffer buffer = PixelBuffer::allocate({Shape{2, 2}, ScalarType::f64});
  const auto v = buffer.values<double>();
  v[0] = 3, v[2] = 4, v[1] = 0.3, v[3] = 0.4;  // vectors (3, 4) and (0.3, 0.4)
  const Pixels block = std::move(buffer);
  auto x = under_test().upload(block, *stream), y = under_test().upload(block, *stream);
  EXPECT_NEAR(under_test().vector().sum_vector_norms(x, *stream), 5.5, 1e-12);
  under_test().vector().shrink_vectors(1, x, *stream);
  under_test().vector().project_vectors(1, y, *stream);
  const auto shrunk = values(x, *stream), projected = values(y, *stream);
  EXPECT_NEAR(shrunk[0], 2.4, 1e-12);
  EXPECT_NEAR(shrunk[3], 0, 1e-12);
  EXPECT_NEAR(projected[2], 0.8, 1e-12);
  EXPECT_NEAR(projected[1], 0.3, 1e-12);
}

TEST_P(VectorOpsContract, ReciprocalIsZeroAtAndBelowTheThreshold) {
  const auto stream = under_test().make_stream();
  Array x = upload({0, 0.5, -0.5, 0.25, -4, 1e-300}, *stream);
  under_test().vector().reciprocal(x, 0.25, *stream);
  EXPECT_EQ(values(x, *stream), (std::vector<double>{0, 2, -2, 0, -0.25, 0}));
}

TEST_P(VectorOpsContract, ANanIsNeverHidden) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
  const auto stream = under_test().make_stream();
  const auto& ops = under_test().vector();
  for (const std::size_t place : {0U, 3U, 6U}) {
    std::vector<double> bad{1, 2, -3, 4, 5, -6, 7};
    bad[place] = nan;
    Array x = upload(bad, *stream);
    EXPECT_TRUE(std::isnan(ops.max_abs(x, *stream)));
    EXPECT_FALSE(ops.all_finite(x, *stream));
    EXPECT_TRUE(std::isnan(ops.norm2(x, *stream)));
    ops.clamp(-2, 2, x, *stream);
    EXPECT_TRUE(std::isnan(values(x, *stream)[place])) << "clamp";
    ops.soft_threshold(1, x, *stream);
    EXPECT_TRUE(std::isnan(values(x, *stream)[place])) << "soft threshold";
    ops.project_vectors(1, x, *stream);
    EXPECT_FALSE(ops.all_finite(x, *stream)) << "project";
    bad[place] = infinite;
    const Array y = upload(bad, *stream);
    EXPECT_FALSE(ops.all_finite(y, *stream));
    EXPECT_EQ(ops.max_abs(y, *stream), infinite);
  }
}

TEST_P(VectorOpsContract, RefusesWhatHasNoMeaning) {
  const auto stream = under_test().make_stream();
  const auto& ops = under_test().vector();
  Array x = under_test().allocate({Shape{4}, ScalarType::c64}, *stream),
        y = under_test().allocate({Shape{5}, ScalarType::c64}, *stream),
        bytes = under_test().allocate({Shape{4}, ScalarType::u8}, *stream);
  const auto error_code = [](const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    return Errc::usage;
  };
  EXPECT_EQ(error_code([&] { ops.clamp(0, 1, x, *stream); }), Errc::type_mismatch);
  EXPECT_EQ(error_code([&] { ops.fill(bytes, 1, *stream); }), Errc::type_mismatch);
  EXPECT_EQ(error_code([&] { ops.copy(x, y, *stream); }), Errc::shape_mismatch);
  EXPECT_EQ(error_code([&] { (void)ops.dot(x, y, *stream); }), Errc::shape_mismatch);
}

INSTANTIATE_TEST_SUITE_P(On, VectorOpsContract, testing::ValuesIn(back_ends), instance_name);

}  // namespace iso::test
