#include "gpu/reference/reference_backend.h"

#include <cmath>
#include <numbers>

namespace iso::gpu {
namespace {

using namespace compute;
using Complex = std::complex<double>;

enum class Sign : std::int8_t { forward = -1, backward = 1 };

/// One axis: X[k] = 1/sqrt(N) sum over m of x[m] exp(sign 2 pi i (k - c)(m - c) / N), c = N/2 if centred, else 0.
void transform_axis(std::vector<Complex>& values, const Shape& shape, std::size_t axis, bool centred, Sign sign,
                    Stream& stream) {
  const auto n = shape[axis], centre = centred ? n / 2 : 0;
  std::int64_t stride = 1;
  for (std::size_t a = 0; a < axis; ++a) stride *= shape[a];
  const double turn = static_cast<double>(sign) * 2 * std::numbers::pi / static_cast<double>(n);
  std::vector<Complex> root(static_cast<std::size_t>(n)), line(static_cast<std::size_t>(n));
  for (std::int64_t k = 0; k < n; ++k)
    root[static_cast<std::size_t>(k)] = std::polar(1.0, turn * static_cast<double>(k));
  for (std::int64_t first = 0; first < shape.count(); ++first) {
    if (first / stride % n != 0) continue;  // every line is visited once, at its first element
    stream.check_stop();
    const auto at = [&](std::int64_t k) { return static_cast<std::size_t>(first + k * stride); };
    for (std::int64_t m = 0; m < n; ++m) line[static_cast<std::size_t>(m)] = values[at(m)];
    for (std::int64_t k = 0; k < n; ++k) {
      Complex sum = 0;
      for (std::int64_t m = 0; m < n; ++m) {
        const auto phase = ((k - centre) * (m - centre) % n + n) % n;
        sum += line[static_cast<std::size_t>(m)] * root[static_cast<std::size_t>(phase)];
      }
      values[at(k)] = sum / std::sqrt(static_cast<double>(n));
    }
  }
}

template <class T>
class ReferenceFourier final : public LinearOperator {
 public:
  ReferenceFourier(const Fourier& spec, const Backend& backend) : LinearOperator(spec, backend), spec_{spec} {}

 private:
  void transform(const Array& x, Array& y, Stream& stream, Write write, Sign sign) const {
    const auto in = x.host<const T>();
    const auto out = y.host<T>();
    std::vector<Complex> values(in.begin(), in.end());
    for (const auto axis : spec_.axes) transform_axis(values, spec_.grid, axis, spec_.centred, sign, stream);
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = T(values[i] + (write == Write::accumulate ? Complex(out[i]) : Complex(0)));
    }
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    transform(x, y, stream, write, Sign::forward);
  }
  // Unitary: the adjoint is the inverse.
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    transform(y, x, stream, write, Sign::backward);
  }
  Fourier spec_;
};

}  // namespace

OperatorPtr make_reference_operator(const Fourier& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128) return std::make_shared<ReferenceFourier<std::complex<double>>>(spec, backend);
  return std::make_shared<ReferenceFourier<std::complex<float>>>(spec, backend);
}

OperatorCost reference_cost(const Fourier& spec) {
  double terms = 0;
  for (const auto axis : spec.axes) terms += static_cast<double>(spec.grid[axis]);
  const auto count = static_cast<std::size_t>(spec.grid.count());
  return estimated(0, count * sizeof(std::complex<double>), 4 * terms * static_cast<double>(count));
}

}  // namespace iso::gpu
