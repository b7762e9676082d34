#include "gpu/cpu/fourier/plans.h"
#include "gpu/cpu/operators.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <cmath>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

constexpr std::int64_t rows_of_a_task = 16;

template <class T>
class CpuDetectorFilter final : public LinearOperator {
 public:
  CpuDetectorFilter(const DetectorFilter& spec, const Backend& backend)
      : LinearOperator(spec, backend),
        length_{2 * (static_cast<std::int64_t>(spec.response.size()) - 1)},
        response_(spec.response.size()),
        there_{plan_for<T>(Transform::to_frequencies, length_)},
        back_{plan_for<T>(Transform::to_samples, length_)} {
    // FFTW's transforms there and back multiply by the length.
    std::ranges::transform(spec.response, response_.begin(),
                           [&](double r) { return static_cast<T>(r / static_cast<double>(length_)); });
  }

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const auto in = x.host<const T>();
    const auto out = y.host<T>();
    const auto row = domain().shape[0];
    if (row == 0) return;
    parallel_for(domain().shape.count() / row, rows_of_a_task, [&](std::int64_t from, std::int64_t to) {
      const auto samples = fftw_buffer<T>(length_);
      const auto spectrum = fftw_buffer<std::complex<T>>(length_ / 2 + 1);
      auto* const frequencies = reinterpret_cast<typename Fftw<T>::Complex*>(spectrum.get());
      for (auto i = from; i < to; ++i) {
        stream.check_stop();
        std::fill(std::copy(in.data() + i * row, in.data() + (i + 1) * row, samples.get()), samples.get() + length_,
                  T{0});
        Fftw<T>::to_frequencies(there_, samples.get(), frequencies);
        for (std::size_t k = 0; k < response_.size(); ++k)
          frequencies[k][0] *= response_[k], frequencies[k][1] *= response_[k];
        Fftw<T>::to_samples(back_, frequencies, samples.get());
        T* const result = out.data() + i * row;
        for (std::int64_t u = 0; u < row; ++u)
          result[u] = samples[static_cast<std::size_t>(u)] + (write == Write::accumulate ? result[u] : T{0});
      }
    });
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    do_forward(y, x, stream, write);
  }
  std::int64_t length_;
  std::vector<T> response_;
  typename Fftw<T>::Plan there_, back_;
};

}  // namespace

OperatorCost cost(const DetectorFilter& spec) {
  const std::size_t row = 2 * spec.response.size() * iso::byte_count(spec.type);
  const double length = 2 * (static_cast<double>(spec.response.size()) - 1);
  const double rows =
      static_cast<double>(spec.sinogram.count()) / static_cast<double>(std::max<std::int64_t>(1, spec.sinogram[0]));
  return {spec.response.size() * sizeof(double), 2 * row * throughput::threads(),
          throughput::seconds(rows * 5 * length * std::log2(std::max(2.0, length)), throughput::filter_flops_per_s),
          true};
}

OperatorPtr make_operator(const DetectorFilter& spec, const Backend& backend) {
  if (spec.type == ScalarType::f64) return std::make_shared<CpuDetectorFilter<double>>(spec, backend);
  return std::make_shared<CpuDetectorFilter<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
