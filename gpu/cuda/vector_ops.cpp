#include "gpu/cuda/kernel_backend.h"
#include "gpu/kernels/vector.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace iso::gpu {
namespace {

using namespace compute;

/// Partial sums of the first pass and of the second; the host adds the last in order.
constexpr std::int64_t first_width = 65536, second_width = 256;

template <class T>
const T* data(const Array& array) {
  return reinterpret_cast<const T*>(array.address());
}
template <class T>
T* data(Array& array) {
  return reinterpret_cast<T*>(array.address());
}
Number to_number(std::complex<double> z) { return {z.real(), z.imag()}; }

template <class Visit>
auto with_type(ScalarType type, Visit&& visit) {
  switch (type) {
    case ScalarType::f32: return visit(float{});
    case ScalarType::f64: return visit(double{});
    case ScalarType::c64: return visit(Complex<float>{});
    case ScalarType::c128: return visit(Complex<double>{});
    default: break;
  }
  throw Error{Errc::type_mismatch,
              "vector operations work on f32, f64, c64 and c128, not on " + std::string{to_string(type)}};
}

void expect_same(const Array& x, const Array& y) {
  if (x.spec() != y.spec()) {
    throw Error{Errc::shape_mismatch,
                "arrays of " + x.spec().shape.text() + " and " + y.spec().shape.text() + " were combined"};
  }
  if (&x.backend() != &y.backend()) {
    throw Error{Errc::internal,
                "arrays of " + x.backend().info().id + " and " + y.backend().info().id + " were combined"};
  }
}

struct Vectors {
  std::int64_t points, parts;
};
Vectors make_vectors(const Array& x) {
  const auto& shape = x.spec().shape;
  const auto parts = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
  return {parts == 0 ? 0 : shape.count() / parts, parts};
}

class KernelVectorOps final : public VectorOps {
 public:
  void fill(Array& x, double value, Stream& stream) const override {
    with_type(x.spec().type, [&](auto e) {
      using E = decltype(e);
      const auto n = x.spec().shape.count();
      queue(Fill<E>{data<E>(x), value, n}, n, "fill", stream);
    });
  }
  void copy(const Array& x, Array& y, Stream& stream) const override {
    expect_same(x, y);
    with_type(x.spec().type, [&](auto e) {
      using E = decltype(e);
      const auto n = x.spec().shape.count();
      E* const out = data<E>(y);
      queue(Copy<E>{data<E>(x), out, n}, n, "copy", stream);
    });
  }
  void scale(std::complex<double> a, Array& x, Stream& stream) const override {
    with_type(x.spec().type, [&](auto e) {
      using E = decltype(e);
      const auto n = x.spec().shape.count();
      queue(Scale<E>{to_number(a), data<E>(x), n}, n, "scale", stream);
    });
  }
  void axpy(std::complex<double> a, const Array& x, Array& y, Stream& stream) const override {
    axpby(a, x, 1, y, stream);
  }
  void axpby(std::complex<double> a, const Array& x, std::complex<double> b, Array& y, Stream& stream) const override {
    expect_same(x, y);
    with_type(x.spec().type, [&](auto e) {
      using E = decltype(e);
      const auto n = x.spec().shape.count();
      E* const out = data<E>(y);
      queue(Axpby<E>{to_number(a), data<E>(x), to_number(b), out, n}, n, "axpby", stream);
    });
  }
  [[nodiscard]] std::complex<double> dot(const Array& x, const Array& y, Stream& stream) const override {
    expect_same(x, y);
    const auto n = x.spec().shape.count();
    return with_type(x.spec().type, [&](auto e) {
      using E = decltype(e);
      return reduce<SumPartials>(x.backend(), n, "dot", stream, [&](Number* partial, std::int64_t width) {
        queue(Dot<E>{data<E>(x), data<E>(y), partial, n, width}, width, "dot", stream);
      });
    });
  }
  [[nodiscard]] double norm2(const Array& x, Stream& stream) const override {
    return std::sqrt(dot(x, x, stream).real());
  }
  [[nodiscard]] double max_abs(const Array& x, Stream& stream) const override {
    const auto n = x.spec().shape.count();
    return with_type(x.spec().type, [&](auto e) {
      using E = decltype(e);
      return reduce<MaxPartials>(x.backend(), n, "max_abs", stream,
                                 [&](Number* partial, std::int64_t width) {
                                   queue(MaxAbs<E>{data<E>(x), partial, n, width}, width, "max_abs", stream);
                                 })
          .real();
    });
  }
  [[nodiscard]] bool all_finite(const Array& x, Stream& stream) const override {
    return std::isfinite(max_abs(x, stream));
  }
  void multiply(const Array& x, const Array& y, Array& out, Stream& stream) const override {
    multiply(x, y, out, false, stream);
  }
  void conjugate_multiply(const Array& x, const Array& y, Array& out, Stream& stream) const override {
    multiply(x, y, out, true, stream);
  }
  void reciprocal(Array& x, double threshold, Stream& stream) const override {
    with_type(x.spec().type, [&](auto e) {
      using E = decltype(e);
      const auto n = x.spec().shape.count();
      queue(Reciprocal<E>{threshold, data<E>(x), n}, n, "reciprocal", stream);
    });
  }
  void clamp(double low, double high, Array& x, Stream& stream) const override {
    const auto n = x.spec().shape.count();
    if (x.spec().type == ScalarType::f32) return queue(Clamp<float>{low, high, data<float>(x), n}, n, "clamp", stream);
    if (x.spec().type == ScalarType::f64)
      return queue(Clamp<double>{low, high, data<double>(x), n}, n, "clamp", stream);
    throw Error{Errc::type_mismatch, "complex values have no order to clamp by"};
  }
  void soft_threshold(double level, Array& x, Stream& stream) const override {
    with_type(x.spec().type, [&](auto e) {
      using E = decltype(e);
      const auto n = x.spec().shape.count();
      queue(SoftThreshold<E>{level, data<E>(x), n}, n, "soft threshold", stream);
    });
  }
  void shrink_vectors(double level, Array& x, Stream& stream) const override { limit(level, true, x, stream); }
  void project_vectors(double radius, Array& x, Stream& stream) const override { limit(radius, false, x, stream); }
  [[nodiscard]] double sum_vector_norms(const Array& x, Stream& stream) const override {
    const Vectors vectors = make_vectors(x);
    return with_type(x.spec().type, [&](auto e) {
      using E = decltype(e);
      return reduce<SumPartials>(x.backend(), vectors.points, "sum of vector norms", stream,
                                 [&](Number* partial, std::int64_t width) {
                                   queue(VectorNorms<E>{data<E>(x), partial, vectors.points, vectors.parts, width},
                                         width, "sum of vector norms", stream);
                                 })
          .real();
    });
  }

 private:
  static void multiply(const Array& x, const Array& y, Array& out, bool conjugate, Stream& stream) {
    expect_same(x, y);
    expect_same(x, out);
    with_type(x.spec().type, [&](auto e) {
      using E = decltype(e);
      const auto n = x.spec().shape.count();
      E* const result = data<E>(out);  // first: it may share pixels with an input
      queue(Multiply<E>{data<E>(x), data<E>(y), result, n, conjugate}, n, "multiply", stream);
    });
  }
  static void limit(double level, bool shrink, Array& x, Stream& stream) {
    const Vectors vectors = make_vectors(x);
    with_type(x.spec().type, [&](auto e) {
      using E = decltype(e);
      queue(LimitVectors<E>{level, shrink, data<E>(x), vectors.points, vectors.parts}, vectors.points,
            "vector threshold", stream);
    });
  }

  /// `first_pass` fills `width` partial results; Second combines them into at most second_width, and the host those, in order.
  template <class Second, class FirstPass>
  static std::complex<double> reduce(const Backend& backend, std::int64_t count, const char* name, Stream& stream,
                                     FirstPass&& first_pass) {
    if (count == 0) return 0;
    const auto width = std::min(count, first_width), final_width = std::min(width, second_width);
    Array partial = backend.allocate({Shape{width}, ScalarType::c128}, stream);
    Array last = backend.allocate({Shape{final_width}, ScalarType::c128}, stream);
    first_pass(data<Number>(partial), width);
    queue(Second{data<Number>(std::as_const(partial)), data<Number>(last), width, final_width}, final_width, name,
          stream);
    const Pixels block = backend.download(last, stream);
    std::complex<double> result = 0;
    for (const auto& value : block.values<std::complex<double>>()) {
      if constexpr (std::is_same_v<Second, MaxPartials>)
        result = std::isnan(result.real()) ? result : larger_or_nan(result.real(), value.real());
      else
        result += value;
    }
    return result;
  }
};

}  // namespace

std::unique_ptr<const VectorOps> make_kernel_vector_ops() { return std::make_unique<KernelVectorOps>(); }

}  // namespace iso::gpu
