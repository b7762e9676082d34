#include "gpu/kernels/detector_filter.h"
#include "gpu/cuda/fourier_runs.h"
#include "gpu/cuda/operators.h"

#include <iso/compute/operators/detector_filter.h>

#include <algorithm>

namespace iso::gpu {
namespace {

using namespace compute;

constexpr std::int64_t elements_at_once = std::int64_t{1} << 22;

std::int64_t padded_row(const DetectorFilter& spec) {
  return 2 * (static_cast<std::int64_t>(spec.response.size()) - 1);
}
std::int64_t pairs(const DetectorFilter& spec) {
  return (spec.sinogram.count() / std::max<std::int64_t>(1, spec.sinogram[0]) + 1) / 2;
}
/// Pairs of rows that go through the transforms together.
std::int64_t pairs_at_once(const DetectorFilter& spec) {
  return std::clamp<std::int64_t>(elements_at_once / padded_row(spec), 1, std::max<std::int64_t>(1, pairs(spec)));
}

/// Rows are padded to the length that the response is given for, two of them in one complex row.
template <class T>
class KernelDetectorFilter final : public LinearOperator {
 public:
  KernelDetectorFilter(const DetectorFilter& spec, const Backend& on)
      : LinearOperator(spec, on),
        padded_{padded_row(spec)},
        at_once_{pairs_at_once(spec)},
        response_{constant_table(spec.response, on)} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const std::int64_t row = domain().shape[0], rows = element_count(domain()) / std::max<std::int64_t>(1, row);
    Array work =
        backend().allocate({Shape{padded_, at_once_}, sizeof(T) == 4 ? ScalarType::c64 : ScalarType::c128}, stream);
    auto* const values = data<Complex<T>>(work);
    for (std::int64_t first = 0; first < rows; first += 2 * at_once_) {
      stream.check_stop();
      const std::int64_t here = std::min(2 * at_once_, rows - first), of_pairs = (here + 1) / 2 * padded_;
      queue(PairRows<T>{data<T>(x) + first * row, values, of_pairs, row, padded_, here}, of_pairs,
            "padding of detector rows", stream);
      FourierRun run{{padded_, 1, 1}, 1, 1, (here + 1) / 2, sizeof(T) == 8, -1};
      queue_transform(run, values, stream);
      queue(FilterPairs<T>{values, data<double>(response_), of_pairs, padded_}, of_pairs, "detector filter", stream);
      run.sign = 1;
      queue_transform(run, values, stream);
      queue(SplitPairs<T>{values, data<T>(y) + first * row, here * row, row, padded_, write == Write::accumulate},
            here * row, "rows of the detector filter", stream);
    }
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    do_forward(y, x, stream, write);
  }
  std::int64_t padded_, at_once_;
  Array response_;
};

}  // namespace

OperatorPtr make_kernel_operator(const DetectorFilter& spec, const Backend& backend) {
  return make_in_precision<KernelDetectorFilter>(spec, backend);
}

OperatorCost kernel_cost(const DetectorFilter& spec) {
  const auto element = 2 * byte_count(spec.type);
  const auto at_once = static_cast<std::size_t>(padded_row(spec) * pairs_at_once(spec)) * element;
  // Padding, two transforms there and back of two passes each, the response, and the rows.
  const double bytes = 12 * static_cast<double>(padded_row(spec) * pairs(spec)) * static_cast<double>(element);
  return {spec.response.size() * sizeof(double), 2 * at_once, bytes / throughput::bytes_per_s, throughput::measured};
}

}  // namespace iso::gpu
