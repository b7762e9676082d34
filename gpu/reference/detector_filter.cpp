#include "gpu/reference/reference_backend.h"

#include "gpu/kernels/detector_filter.h"

namespace iso::gpu {
namespace {

using namespace compute;

template <class T>
class ReferenceDetectorFilter final : public LinearOperator {
 public:
  ReferenceDetectorFilter(const DetectorFilter& spec, const Backend& backend)
      : LinearOperator(spec, backend), kernel_{spatial_kernel(spec.response, spec.sinogram[0])} {}

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
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    do_forward(y, x, stream, write);
  }
  std::vector<double> kernel_;
};

}  // namespace

OperatorPtr make_reference_operator(const DetectorFilter& spec, const Backend& backend) {
  if (spec.type == ScalarType::f64) return std::make_shared<ReferenceDetectorFilter<double>>(spec, backend);
  return std::make_shared<ReferenceDetectorFilter<float>>(spec, backend);
}

OperatorCost reference_cost(const DetectorFilter& spec) {
  const auto row = static_cast<std::size_t>(spec.sinogram[0]);
  return estimated(row * sizeof(double), row * sizeof(double),
                   static_cast<double>(row) * static_cast<double>(spec.sinogram.count()));
}

}  // namespace iso::gpu
