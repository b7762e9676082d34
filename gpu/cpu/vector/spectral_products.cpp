#include "gpu/cpu/operators.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

constexpr std::int64_t pixels_of_a_tile = 1024, parts = 64;  ///< parts of an adjoint sum, added in their order

template <class T>
class CpuSpectralProducts final : public LinearOperator {
 public:
  CpuSpectralProducts(const SpectralProducts& spec, const Backend& backend)
      : LinearOperator(spec, backend),
        pixels_{spec.pixels},
        bands_{spec.bands},
        columns_{spec.columns},
        spectra_{spec.resident ? spec.resident : backend.upload(spec.spectra, *backend.make_stream())} {}

 private:
  [[nodiscard]] const T* band(std::int64_t l) const { return spectra_.template host<const T>().data() + l * pixels_; }

  void do_forward(const Array& x, Array& out, Stream& stream, Write write) const override {
    const auto given = x.host<const T>();
    const std::vector<T> in(given.begin(), given.end());  // `out` may be the same memory
    T* const to = out.host<T>().data();
    parallel_for(pixels_, pixels_of_a_tile, [&](std::int64_t begin, std::int64_t end) {
      stream.check_stop();
      if (write == Write::replace)
        for (std::int64_t k = 0; k < columns_; ++k) std::fill(to + k * pixels_ + begin, to + k * pixels_ + end, T{0});
      for (std::int64_t l = 0; l < bands_; ++l) {
        const T* const y = band(l);
        for (std::int64_t k = 0; k < columns_; ++k) {
          const T factor = in[static_cast<std::size_t>(k * bands_ + l)];
          T* const row = to + k * pixels_;
          for (std::int64_t n = begin; n < end; ++n) row[n] += factor * y[n];
        }
      }
    });
  }
  void do_adjoint(const Array& a, Array& out, Stream& stream, Write write) const override {
    const T* const in = a.host<const T>().data();
    const auto to = out.host<T>();
    const std::int64_t of_a_part = (pixels_ + parts - 1) / parts;
    std::vector<double> sums(static_cast<std::size_t>(parts) * to.size());
    parallel_for(parts, 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t part = first; part < last; ++part) {
        stream.check_stop();
        const std::int64_t begin = part * of_a_part, end = std::min(pixels_, begin + of_a_part);
        double* const own = sums.data() + static_cast<std::size_t>(part) * to.size();
        for (std::int64_t l = 0; l < bands_; ++l)
          for (std::int64_t k = 0; k < columns_; ++k) own[k * bands_ + l] = dot(band(l), in + k * pixels_, begin, end);
      }
    });
    for (std::size_t i = 0; i < to.size(); ++i) {
      double sum = write == Write::accumulate ? static_cast<double>(to[i]) : 0.0;
      for (std::int64_t part = 0; part < parts; ++part) sum += sums[static_cast<std::size_t>(part) * to.size() + i];
      to[i] = static_cast<T>(sum);
    }
  }
  static double dot(const T* x, const T* y, std::int64_t begin, std::int64_t end) {
    double lanes[8]{};
    std::int64_t n = begin;
    for (; n + 8 <= end; n += 8)
      for (int i = 0; i < 8; ++i) lanes[i] += static_cast<double>(x[n + i]) * static_cast<double>(y[n + i]);
    for (; n < end; ++n) lanes[0] += static_cast<double>(x[n]) * static_cast<double>(y[n]);
    double sum = 0;
    for (const double lane : lanes) sum += lane;
    return sum;
  }
  std::int64_t pixels_, bands_, columns_;
  Array spectra_;
};

}  // namespace

OperatorCost cost(const SpectralProducts& spec) {
  const auto sums = static_cast<std::size_t>(parts * spec.bands * spec.columns) * sizeof(double);
  const double moved = static_cast<double>(spec.spectra_spec().bytes()) * static_cast<double>(spec.columns);
  // An upload to this device is no copy. Not measured: the fused pass of the plugin is what runs here.
  return {0, sums, throughput::seconds(moved, throughput::bytes_per_s), false};
}

OperatorPtr make_operator(const SpectralProducts& spec, const Backend& backend) {
  spec.expect_spectra();
  if (spec.type == ScalarType::f64) return std::make_shared<CpuSpectralProducts<double>>(spec, backend);
  return std::make_shared<CpuSpectralProducts<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
