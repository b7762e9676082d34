#include "gpu/reference/reference_backend.h"

#include <iso/base/dispatch.h>

#include <cmath>
#include <limits>

namespace iso::gpu {
namespace {

using namespace compute;
using Complex = std::complex<double>;

template <class Visit>
auto with_type(ScalarType type, Visit&& visit) {
  return dispatch<FieldTypes>(type, visit, "a vector operation");
}

void expect_same(const Array& x, const Array& y) {
  if (x.spec() != y.spec()) {
    throw Error{Errc::shape_mismatch,
                "arrays of " + x.spec().shape.text() + " and " + y.spec().shape.text() + " were combined"};
  }
}

template <class T>
T to(Complex z) {
  if constexpr (std::is_floating_point_v<T>)
    return static_cast<T>(z.real());
  else
    return T(static_cast<typename T::value_type>(z.real()), static_cast<typename T::value_type>(z.imag()));
}

/// x = f(x), element by element, computed in complex double.
template <class F>
void map(Array& x, F&& f) {
  with_type(x.spec().type, [&](auto t) {
    using T = decltype(t);
    for (T& v : x.host<T>()) v = to<T>(f(Complex(v)));
  });
}

/// y = f(x, y).
template <class F>
void map(const Array& x, Array& y, F&& f) {
  expect_same(x, y);
  with_type(x.spec().type, [&](auto t) {
    using T = decltype(t);
    const auto out = y.host<T>();  // first: it may share pixels with x
    const auto in = x.host<const T>();
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = to<T>(f(Complex(in[i]), Complex(out[i])));
  });
}

/// visit(first element, step, parts, length) for every vector on the last axis; its parts lie `step` apart.
template <class Values, class Visit>
void each_vector(const Shape& shape, Values values, Visit&& visit) {
  const auto parts = static_cast<std::size_t>(shape[shape.rank() - 1]);
  const auto points = static_cast<std::size_t>(shape.count()) / std::max<std::size_t>(1, parts);
  for (std::size_t p = 0; p < points; ++p) {
    double squares = 0;
    for (std::size_t k = 0; k < parts; ++k) squares += std::norm(Complex(values[k * points + p]));
    visit(p, points, parts, std::sqrt(squares));
  }
}

/// Each vector on the last axis times factor(its length).
template <class F>
void scale_vectors(Array& x, F&& factor) {
  with_type(x.spec().type, [&](auto t) {
    using T = decltype(t);
    const auto values = x.host<T>();
    each_vector(x.spec().shape, values, [&](std::size_t p, std::size_t points, std::size_t parts, double length) {
      const double scale = factor(length);
      if (scale == 1) return;
      for (std::size_t k = 0; k < parts; ++k) values[k * points + p] = to<T>(scale * Complex(values[k * points + p]));
    });
  });
}

double shrink(double level, double size) { return size > level ? 1 - level / size : 0.0; }

class ReferenceVectorOps final : public VectorOps {
 public:
  void fill(Array& x, double value, Stream&) const override {
    map(x, [=](Complex) { return Complex(value); });
  }
  void copy(const Array& x, Array& y, Stream&) const override {
    map(x, y, [](Complex a, Complex) { return a; });
  }
  void scale(Complex a, Array& x, Stream&) const override {
    map(x, [=](Complex v) { return a * v; });
  }
  void axpy(Complex a, const Array& x, Array& y, Stream&) const override {
    map(x, y, [=](Complex u, Complex v) { return v + a * u; });
  }
  void axpby(Complex a, const Array& x, Complex b, Array& y, Stream&) const override {
    map(x, y, [=](Complex u, Complex v) { return a * u + b * v; });
  }
  Complex dot(const Array& x, const Array& y, Stream&) const override {
    expect_same(x, y);
    return with_type(x.spec().type, [&](auto t) {
      using T = decltype(t);
      const auto a = x.host<const T>(), b = y.host<const T>();
      Complex sum = 0;
      for (std::size_t i = 0; i < a.size(); ++i) sum += std::conj(Complex(a[i])) * Complex(b[i]);
      return sum;
    });
  }
  double norm2(const Array& x, Stream& stream) const override { return std::sqrt(dot(x, x, stream).real()); }
  double max_abs(const Array& x, Stream&) const override {
    return with_type(x.spec().type, [&](auto t) {
      double largest = 0;
      for (const auto& v : x.host<const decltype(t)>()) {
        const double size = std::abs(Complex(v));
        if (std::isnan(size)) return std::numeric_limits<double>::quiet_NaN();
        largest = std::max(largest, size);
      }
      return largest;
    });
  }
  bool all_finite(const Array& x, Stream& stream) const override { return std::isfinite(max_abs(x, stream)); }
  void multiply(const Array& x, const Array& y, Array& out, Stream&) const override {
    combine(x, y, out, [](Complex a, Complex b) { return a * b; });
  }
  void conjugate_multiply(const Array& x, const Array& y, Array& out, Stream&) const override {
    combine(x, y, out, [](Complex a, Complex b) { return std::conj(a) * b; });
  }
  void reciprocal(Array& x, double threshold, Stream&) const override {
    map(x, [=](Complex v) { return std::abs(v) <= threshold ? Complex(0) : 1.0 / v; });
  }
  void clamp(double low, double high, Array& x, Stream&) const override {
    if (is_complex(x.spec().type)) throw Error{Errc::type_mismatch, "complex values have no order to clamp by"};
    map(x, [=](Complex v) { return v.real() < low ? Complex(low) : v.real() > high ? Complex(high) : v; });
  }
  void soft_threshold(double level, Array& x, Stream&) const override {
    map(x, [=](Complex v) { return shrink(level, std::abs(v)) * v; });
  }
  void shrink_vectors(double level, Array& x, Stream&) const override {
    scale_vectors(x, [=](double length) { return shrink(level, length); });
  }
  void project_vectors(double radius, Array& x, Stream&) const override {
    scale_vectors(x, [=](double length) { return length > radius ? radius / length : 1.0; });
  }
  double sum_vector_norms(const Array& x, Stream&) const override {
    return with_type(x.spec().type, [&](auto t) {
      double total = 0;
      each_vector(x.spec().shape, x.host<const decltype(t)>(),
                  [&](std::size_t, std::size_t, std::size_t, double length) { total += length; });
      return total;
    });
  }

 private:
  /// out = f(x, y); the output may be either input.
  template <class F>
  static void combine(const Array& x, const Array& y, Array& out, F&& f) {
    expect_same(x, y);
    expect_same(x, out);
    with_type(x.spec().type, [&](auto t) {
      using T = decltype(t);
      const auto result = out.host<T>();  // first: it may share pixels with an input
      const auto a = x.host<const T>(), b = y.host<const T>();
      for (std::size_t i = 0; i < a.size(); ++i) result[i] = to<T>(f(Complex(a[i]), Complex(b[i])));
    });
  }
};

}  // namespace

const VectorOps& reference_vector_ops() noexcept {
  static const ReferenceVectorOps ops;
  return ops;
}

}  // namespace iso::gpu
