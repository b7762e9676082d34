#include "gpu/reference/reference_backend.h"

#include <cmath>
#include <numbers>

namespace iso::gpu {
namespace {

using namespace compute;

/// The inverse discrete Fourier transform of a real even response: h[k] = 1/n sum over f of R[f] cos(2 pi f k / n).
std::vector<double> spatial_kernel(const std::vector<double>& response, std::int64_t row) {
  const auto half = static_cast<std::int64_t>(response.size()) - 1, n = 2 * half;
  std::vector<double> cosine(static_cast<std::size_t>(n));
  for (std::int64_t k = 0; k < n; ++k) {
    cosine[static_cast<std::size_t>(k)] = std::cos(2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n));
  }
  std::vector<double> kernel(static_cast<std::size_t>(row));
  for (std::int64_t k = 0; k < row; ++k) {
    double sum = 0;
    for (std::int64_t f = 0; f < n; ++f) {
      sum += response[static_cast<std::size_t>(f <= half ? f : n - f)] * cosine[static_cast<std::size_t>(f * k % n)];
    }
    kernel[static_cast<std::size_t>(k)] = sum / static_cast<double>(n);
  }
  return kernel;
}

template <class T>
class ReferenceDetectorFilter final : public LinearOperator {
 public:
  ReferenceDetectorFilter(const DetectorFilter& spec, const Backend& backend)
      : LinearOperator(domain_of(spec), range_of(spec), backend), kernel_{spatial_kernel(spec.response, spec.sinogram[0])} {}

 private:
  // The row is at most half of the padded length, so the circular convolution is a plain one: y[i] = sum of h[|i-j|] x[j].
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const auto in = x.host<const T>();
    const auto out = y.host<T>();
    const auto row = kernel_.size();
    std::vector<double> line(row);  // x and y may be the same array
    for (std::size_t start = 0; start < in.size(); start += row) {
      stream.check_stop();
      for (std::size_t i = 0; i < row; ++i) line[i] = static_cast<double>(in[start + i]);
      for (std::size_t i = 0; i < row; ++i) {
        double sum = write == Write::accumulate ? static_cast<double>(out[start + i]) : 0.0;
        for (std::size_t j = 0; j < row; ++j) sum += kernel_[i > j ? i - j : j - i] * line[j];
        out[start + i] = static_cast<T>(sum);
      }
    }
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override { do_forward(y, x, stream, write); }
  std::vector<double> kernel_;
};

}  // namespace

OperatorPtr make_reference_operator(const DetectorFilter& spec, const Backend& backend) {
  if (spec.type == ScalarType::f64) return std::make_shared<ReferenceDetectorFilter<double>>(spec, backend);
  return std::make_shared<ReferenceDetectorFilter<float>>(spec, backend);
}

}  // namespace iso::gpu
