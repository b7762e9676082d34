#include "gpu/cpu/level.h"
#include "gpu/cpu/operators.h"

#include <iso/base/dispatch.h>
#include <iso/base/threads.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace iso::gpu::cpu {
namespace {

using namespace compute;
using Complex = std::complex<double>;

constexpr std::int64_t elements_of_a_task = 65536;
constexpr std::size_t most_parts = 256;  ///< of a sum; the parts lie on the stack
constexpr std::int64_t lanes = 8;        ///< of a sum within a part; added in a fixed order

template <class T>
struct RealOf {
  using type = T;
};
template <class T>
struct RealOf<std::complex<T>> {
  using type = T;
};

template <class Visit>
auto with_type(ScalarType type, Visit&& visit) {
  return dispatch<FieldTypes>(type, visit, "a vector operation");
}

/// The array as real numbers: a complex one as twice as many. Constant ones for a constant array.
template <class AnyArray, class Visit>
auto with_reals(AnyArray& x, Visit&& visit) {
  const auto parts = x.spec().shape.count() * (is_complex(x.spec().type) ? 2 : 1);
  return with_type(x.spec().type, [&](auto t) {
    using Real = typename RealOf<decltype(t)>::type;
    using Element = std::conditional_t<std::is_const_v<AnyArray>, const Real, Real>;
    return visit(reinterpret_cast<Element*>(x.address()), parts);
  });
}

void expect_same(const Array& x, const Array& y) {
  if (x.spec() != y.spec()) {
    throw Error{Errc::shape_mismatch,
                "arrays of " + x.spec().shape.text() + " and " + y.spec().shape.text() + " were combined"};
  }
}

template <class Real>
const Real* to_reals(const Array& x) {
  return reinterpret_cast<const Real*>(x.address());
}

template <class Body>
void in_parts(std::int64_t count, Stream& stream, Body&& body) {
  parallel_for(count, elements_of_a_task, [&](std::int64_t from, std::int64_t to) {
    stream.check_stop();
    body(from, to);
  });
}

/// Reduces [0, count) in parts set by `count` alone: `part(from, to)` for each, joined in order by `join`.
template <class Value, class Part, class Join>
Value reduce(std::int64_t count, Stream& stream, Part&& part, Join&& join) {
  std::array<Value, most_parts> parts{};
  const auto grain = std::max(
      elements_of_a_task, (count + static_cast<std::int64_t>(most_parts) - 1) / static_cast<std::int64_t>(most_parts));
  parallel_for(count, grain, [&](std::int64_t from, std::int64_t to) {
    stream.check_stop();
    parts[static_cast<std::size_t>(from / grain)] = part(from, to);
  });
  Value total{};
  for (std::int64_t i = 0; i * grain < count; ++i) total = join(total, parts[static_cast<std::size_t>(i)]);
  return total;
}

/// Sum of term(i) over [from, to), in lanes.
template <class Term>
double sum(std::int64_t from, std::int64_t to, Term&& term) {
  std::array<double, lanes> sums{};
  auto i = from;
  for (; i + lanes <= to; i += lanes) {
    for (std::int64_t j = 0; j < lanes; ++j) sums[static_cast<std::size_t>(j)] += term(i + j);
  }
  for (; i < to; ++i) sums[static_cast<std::size_t>((i - from) % lanes)] += term(i);
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

double shrink(double level, double size) { return size > level ? 1 - level / size : 0.0; }

/// The vectors on the last axis: parts lie `points` elements apart.
struct Vectors {
  std::int64_t points, parts;
  explicit Vectors(const Array& x) {
    const auto& shape = x.spec().shape;
    parts = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
    points = shape.count() / std::max<std::int64_t>(1, parts);
  }
};

/// Lengths of the vectors at [from, to), at most 256 of them.
constexpr std::int64_t points_at_once = 256;
template <class T>
void lengths(const Vectors& v, const T* x, std::int64_t from, std::int64_t to, double* out) {
  for (std::int64_t p = from; p < to; ++p) out[p - from] = 0;
  for (std::int64_t k = 0; k < v.parts; ++k) {
    const T* const part = x + k * v.points;
    for (std::int64_t p = from; p < to; ++p) {
      const auto re = static_cast<double>(std::real(part[p])), im = static_cast<double>(std::imag(part[p]));
      out[p - from] += re * re + im * im;
    }
  }
  for (std::int64_t p = from; p < to; ++p) out[p - from] = std::sqrt(out[p - from]);
}

/// Multiplies each vector by what `shrink`, or the projection on the ball of that radius, makes of its length.
void scale_vectors(double level, bool shrinks, Array& x, Stream& stream) {
  const Vectors v(x);
  with_type(x.spec().type, [&](auto t) {
    using T = decltype(t);
    T* const values = x.host<T>().data();
    in_parts(v.points, stream, [&](std::int64_t begin, std::int64_t end) {
      if constexpr (std::is_floating_point_v<T>) {
        std::array<double, points_at_once> scale{};
        for (auto from = begin; from < end; from += points_at_once) {
          const auto to = std::min(end, from + points_at_once);
          lengths(v, values, from, to, scale.data());
          for (double& s : scale) s = shrinks ? shrink(level, s) : s > level ? level / s : 1.0;
          for (std::int64_t k = 0; k < v.parts; ++k) {
            T* const part = values + k * v.points;
            for (auto p = from; p < to; ++p)
              part[p] = static_cast<T>(scale[static_cast<std::size_t>(p - from)] * static_cast<double>(part[p]));
          }
        }
      } else {
        using Real = typename RealOf<T>::type;
        vector_kernels<Real>(x.backend())
            .scale_complex_vectors(reinterpret_cast<Real*>(values), v.points, v.parts, begin, end, level, shrinks);
      }
    });
  });
}

class CpuVectorOps final : public VectorOps {
 public:
  void fill(Array& x, double value, Stream& stream) const override {
    with_type(x.spec().type, [&](auto t) {
      using T = decltype(t);
      T* const out = x.host<T>().data();
      in_parts(x.spec().shape.count(), stream, [&](auto from, auto to) {
        std::fill(out + from, out + to, T(static_cast<typename RealOf<T>::type>(value)));
      });
    });
  }
  void copy(const Array& x, Array& y, Stream& stream) const override {
    expect_same(x, y);
    if (x.same_place(y)) return;
    with_reals(y, [&](auto* out, std::int64_t count) {
      using Real = std::remove_pointer_t<decltype(out)>;
      const Real* const in = to_reals<Real>(x);
      in_parts(count, stream, [&](auto from, auto to) {
        std::memcpy(out + from, in + from, static_cast<std::size_t>(to - from) * sizeof(Real));
      });
    });
  }
  void scale(Complex a, Array& x, Stream& stream) const override {
    if (a.imag() != 0 && is_complex(x.spec().type)) {
      return map(x, stream, [a](Complex v) { return times(a, v); });
    }
    with_reals(x, [&, r = a.real()](auto* out, std::int64_t count) {
      using Real = std::remove_pointer_t<decltype(out)>;
      in_parts(count, stream, [&](auto from, auto to) {
        for (auto i = from; i < to; ++i) out[i] = static_cast<Real>(r * static_cast<double>(out[i]));
      });
    });
  }
  void axpy(Complex a, const Array& x, Array& y, Stream& stream) const override { axpby(a, x, 1, y, stream); }
  void axpby(Complex a, const Array& x, Complex b, Array& y, Stream& stream) const override {
    expect_same(x, y);
    if ((a.imag() != 0 || b.imag() != 0) && is_complex(x.spec().type)) {
      return map(x, y, stream, [a, b](Complex u, Complex v) { return times(a, u) + times(b, v); });
    }
    with_reals(y, [&, ra = a.real(), rb = b.real()](auto* out, std::int64_t count) {
      using Real = std::remove_pointer_t<decltype(out)>;
      const Real* const in = to_reals<Real>(x);
      const auto& kernels = vector_kernels<Real>(y.backend());
      in_parts(count, stream, [&](auto from, auto to) { kernels.axpby(ra, in + from, rb, out + from, to - from); });
    });
  }
  Complex dot(const Array& x, const Array& y, Stream& stream) const override {
    expect_same(x, y);
    return with_reals(y, [&](const auto* b, std::int64_t count) {
      using Real = std::remove_const_t<std::remove_pointer_t<decltype(b)>>;
      const Real* const a = to_reals<Real>(x);
      const bool complex = is_complex(x.spec().type);
      const auto& kernels = vector_kernels<Real>(y.backend());
      return reduce<Complex>(
          count, stream,
          [&](std::int64_t from, std::int64_t to) {  // parts are even, so a complex number is not cut
            if (!complex) return Complex(kernels.sum_products(a + from, b + from, to - from), 0);
            double real = 0, imaginary = 0;
            kernels.sum_conjugate_products(a + from, b + from, (to - from) / 2, &real, &imaginary);
            return Complex(real, imaginary);
          },
          [](Complex s, Complex t) { return s + t; });
    });
  }
  double norm2(const Array& x, Stream& stream) const override {
    return with_reals(x, [&](const auto* a, std::int64_t count) {
      const auto& kernels = vector_kernels<std::remove_const_t<std::remove_pointer_t<decltype(a)>>>(x.backend());
      return std::sqrt(reduce<double>(
          count, stream, [&](auto from, auto to) { return kernels.sum_products(a + from, a + from, to - from); },
          [](double s, double t) { return s + t; }));
    });
  }
  double max_abs(const Array& x, Stream& stream) const override {
    return with_type(x.spec().type, [&](auto t) {
      using T = decltype(t);
      const T* const a = x.host<const T>().data();
      return reduce<double>(
          x.spec().shape.count(), stream,
          [&](std::int64_t from, std::int64_t to) {
            double largest = 0;
            bool sound = true;
            for (auto i = from; i < to; ++i) {
              double size = 0;
              if constexpr (std::is_floating_point_v<T>)
                size = static_cast<double>(std::abs(a[i]));
              else
                size = std::abs(Complex(a[i]));
              sound &= size == size;
              largest = size > largest ? size : largest;
            }
            return sound ? largest : std::numeric_limits<double>::quiet_NaN();
          },
          [](double s, double v) { return std::isnan(s) || v <= s ? s : v; });
    });
  }
  bool all_finite(const Array& x, Stream& stream) const override {
    return with_reals(x, [&](const auto* a, std::int64_t count) {
      return !reduce<bool>(
          count, stream,
          [&](auto from, auto to) {
            bool bad = false;
            for (auto i = from; i < to; ++i) bad |= !(a[i] - a[i] == 0);  // of infinities and NaN the difference is NaN
            return bad;
          },
          [](bool s, bool t) { return s || t; });
    });
  }
  void multiply(const Array& x, const Array& y, Array& out, Stream& stream) const override {
    multiply(x, y, out, false, stream);
  }
  void conjugate_multiply(const Array& x, const Array& y, Array& out, Stream& stream) const override {
    multiply(x, y, out, true, stream);
  }
  void reciprocal(Array& x, double threshold, Stream& stream) const override {
    map(x, stream, [threshold](Complex v) { return std::abs(v) <= threshold ? Complex(0) : 1.0 / v; });
  }
  void clamp(double low, double high, Array& x, Stream& stream) const override {
    if (is_complex(x.spec().type)) throw Error{Errc::type_mismatch, "complex values have no order to clamp by"};
    // A NaN is neither below nor above and stays.
    map_reals(x, stream, [=](double v) { return v < low ? low : v > high ? high : v; });
  }
  void soft_threshold(double level, Array& x, Stream& stream) const override {
    if (is_complex(x.spec().type)) return map(x, stream, [=](Complex v) { return shrink(level, std::abs(v)) * v; });
    map_reals(x, stream, [=](double v) { return shrink(level, std::abs(v)) * v; });
  }
  void shrink_vectors(double level, Array& x, Stream& stream) const override { scale_vectors(level, true, x, stream); }
  void project_vectors(double radius, Array& x, Stream& stream) const override {
    scale_vectors(radius, false, x, stream);
  }
  double sum_vector_norms(const Array& x, Stream& stream) const override {
    const Vectors v(x);
    return with_type(x.spec().type, [&](auto t) {
      using T = decltype(t);
      const T* const values = x.host<const T>().data();
      return reduce<double>(
          v.points, stream,
          [&](std::int64_t begin, std::int64_t end) {
            double total = 0;
            std::array<double, points_at_once> length;
            for (auto from = begin; from < end; from += points_at_once) {
              const auto to = std::min(end, from + points_at_once);
              lengths(v, values, from, to, length.data());
              total += sum(0, to - from, [&](std::int64_t i) { return length[static_cast<std::size_t>(i)]; });
            }
            return total;
          },
          [](double s, double u) { return s + u; });
    });
  }

 private:
  static void multiply(const Array& x, const Array& y, Array& out, bool conjugate, Stream& stream) {
    expect_same(x, y);
    expect_same(x, out);
    with_type(x.spec().type, [&](auto t) {
      using T = decltype(t);
      T* const result = out.host<T>().data();  // first: it may share pixels with an input
      const T* const a = x.host<const T>().data();
      const T* const b = y.host<const T>().data();
      in_parts(x.spec().shape.count(), stream, [&](auto from, auto to) {
        for (auto i = from; i < to; ++i) {
          if constexpr (std::is_floating_point_v<T>)
            result[i] = a[i] * b[i];
          else
            result[i] = T(times(conjugate ? std::conj(Complex(a[i])) : Complex(a[i]), Complex(b[i])));
        }
      });
    });
  }
  /// Without the standard library's care for infinities, which costs a branch a number.
  static Complex times(Complex a, Complex b) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
  }
  /// x = f(x), element by element; real elements as complex ones without imaginary part.
  template <class F>
  static void map(Array& x, Stream& stream, F&& f) {
    with_type(x.spec().type, [&](auto t) {
      using T = decltype(t);
      T* const out = x.host<T>().data();
      in_parts(x.spec().shape.count(), stream, [&](auto from, auto to) {
        for (auto i = from; i < to; ++i) {
          if constexpr (std::is_floating_point_v<T>)
            out[i] = static_cast<T>(f(Complex(static_cast<double>(out[i]))).real());
          else
            out[i] = T(f(Complex(out[i])));
        }
      });
    });
  }
  template <class F>
  static void map(const Array& x, Array& y, Stream& stream, F&& f) {
    with_type(x.spec().type, [&](auto t) {
      using T = decltype(t);
      if constexpr (!std::is_floating_point_v<T>) {
        T* const out = y.host<T>().data();  // first: it may share pixels with x
        const T* const in = x.host<const T>().data();
        in_parts(x.spec().shape.count(), stream, [&](auto from, auto to) {
          for (auto i = from; i < to; ++i) out[i] = T(f(Complex(in[i]), Complex(out[i])));
        });
      }
    });
  }
  template <class F>
  static void map_reals(Array& x, Stream& stream, F&& f) {
    with_reals(x, [&](auto* out, std::int64_t count) {
      using Real = std::remove_pointer_t<decltype(out)>;
      in_parts(count, stream, [&](auto from, auto to) {
        for (auto i = from; i < to; ++i) out[i] = static_cast<Real>(f(static_cast<double>(out[i])));
      });
    });
  }
};

}  // namespace

const VectorOps& vector_ops() noexcept {
  static const CpuVectorOps ops;
  return ops;
}

}  // namespace iso::gpu::cpu
