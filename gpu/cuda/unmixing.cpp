#include "gpu/kernels/unmixing.h"
#include "gpu/cuda/operators.h"
#include "gpu/kernels/vector.h"

#include <iso/compute/operators/spectral_products.h>
#include <iso/compute/unmixing_steps.h>

namespace iso::gpu {
namespace {

using namespace compute;

/// Parts that a sum over the pixels is cut into, as their number alone decides: enough threads for a device, and no part shorter
/// than some 64 pixels.
std::int64_t count_parts(std::int64_t pixels, std::int64_t most) {
  return std::clamp<std::int64_t>(pixels / 64, 1, most);
}
constexpr std::int64_t parts_of_a_band = 512, parts_of_an_entry = 2048;

Array wide(const Backend& backend, std::int64_t count, Stream& stream) {
  return backend.allocate({Shape{count}, ScalarType::f64}, stream);
}
std::vector<double> fetch(const Array& sums, Stream& stream) {
  const Pixels here = sums.backend().download(sums, stream);
  const auto values = here.values<double>();
  return {values.begin(), values.end()};
}
std::vector<double> add_rows(const Array& partial, std::int64_t width, std::int64_t count, Stream& stream) {
  Array out = wide(partial.backend(), count, stream);
  queue(RowSums{data<double>(partial), data<double>(out), width, count}, count, "sum over the pixels", stream);
  return fetch(out, stream);
}

template <class T>
class KernelSpectralProducts final : public LinearOperator {
 public:
  KernelSpectralProducts(const SpectralProducts& spec, const Backend& on)
      : LinearOperator(spec, on), spec_{spec}, spectra_{spec.resident} {
    spec_.spectra = {};
    if (spectra_) return;
    const auto stream = on.make_stream();
    spectra_ = on.upload(spec.spectra, *stream);
    stream->synchronize();
  }

 private:
  [[nodiscard]] double steps(std::int64_t walk) const { return static_cast<double>(walk * spec_.columns); }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const Array in = apart_from(x, y, stream);
    const SpectralForward<T> k{
        data<T>(spectra_),         data<T>(in), data<T>(y), spec_.pixels, spec_.bands, spec_.columns, 0, 0,
        write == Write::accumulate};
    queue_in_pieces(k, spec_.pixels, steps(spec_.bands), "spectral products", stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const std::int64_t width = count_parts(spec_.pixels, parts_of_a_band), count = spec_.bands * spec_.columns;
    Array partial = wide(backend(), width * count, stream);
    const SpectralGather<T> k{
        data<T>(spectra_), data<T>(y), data<double>(partial), spec_.pixels, spec_.bands, spec_.columns, width, 0, 0};
    queue_in_pieces(k, spec_.bands * width, steps(spec_.pixels / width + 1), "adjoint spectral products", stream);
    const SpectralSums<T> sums{data<double>(std::as_const(partial)), data<T>(x), width, count,
                               write == Write::accumulate};
    queue(sums, count, "adjoint spectral products", stream);
  }
  SpectralProducts spec_;
  Array spectra_;
};

class KernelUnmixingSteps final : public UnmixingSteps {
 public:
  [[nodiscard]] AbundanceSums update(const AbundanceRule& rule, const Array& products, Array& a, Array& p,
                                     Stream& stream) const override {
    check_update(rule, products, a, p);
    if (is_double(a.spec().type)) return update_in<double>(rule, products, a, p, stream);
    return update_in<float>(rule, products, a, p, stream);
  }
  [[nodiscard]] std::vector<double> band_squares(const Array& spectra, const Array& endmembers, const Array& a,
                                                 Stream& stream) const override {
    check_band_squares(spectra, endmembers, a);
    if (is_double(a.spec().type)) return squares_in<double>(spectra, endmembers, a, stream);
    return squares_in<float>(spectra, endmembers, a, stream);
  }

 private:
  template <class T>
  static AbundanceSums update_in(const AbundanceRule& rule, const Array& products, Array& a, Array& p, Stream& stream) {
    const Backend& backend = a.backend();
    const std::int64_t pixels = a.spec().shape[0], columns = a.spec().shape[1];
    const auto eta = static_cast<T>(rule.eta);
    if (rule.abundances) {
      const std::vector<T> h(rule.curvature.begin(), rule.curvature.end());
      const Array curvature = constant_table(h, backend);
      Array next = rule.exact ? a : backend.allocate(a.spec(), stream);
      T* const to = data<T>(next);  // first: writing may move what pixels share
      const AbundanceUpdate<T> k{data<T>(products),
                                 data<T>(curvature),
                                 data<T>(std::as_const(p)),
                                 data<T>(std::as_const(a)),
                                 to,
                                 pixels,
                                 columns,
                                 static_cast<T>(rule.mu),
                                 static_cast<T>(rule.lambda),
                                 eta,
                                 static_cast<T>(rule.floor),
                                 rule.exact};
      queue(k, pixels, "update of the abundances", stream);
      if (!rule.exact) a = next;
      stream.synchronize();  // the table goes
    }
    if (rule.exponents) {
      const ExponentUpdate<T> k{data<T>(std::as_const(a)),
                                data<T>(p),
                                pixels,
                                columns,
                                eta,
                                static_cast<T>(rule.tau),
                                static_cast<T>(rule.p_min),
                                sizeof(T) == sizeof(double) ? 40 : 8};
      queue(k, pixels, "update of the exponents", stream);
    }
    const std::int64_t width = count_parts(pixels, parts_of_an_entry), pairs = columns * (columns + 1) / 2;
    Array partial = wide(backend, (pairs + 3) * width, stream);
    const PixelSums<T> k{
        data<T>(std::as_const(a)), data<T>(std::as_const(p)), data<double>(partial), pixels, columns, width, eta};
    queue(k, (pairs + 3) * width, "sums over the pixels", stream);
    return unpack(add_rows(partial, width, pairs + 3, stream), columns);
  }
  static AbundanceSums unpack(const std::vector<double>& sums, std::int64_t columns) {
    AbundanceSums out;
    out.gram.resize(static_cast<std::size_t>(columns * columns));
    std::size_t at = 0;
    for (std::int64_t i = 0; i < columns; ++i)
      for (std::int64_t j = 0; j <= i; ++j, ++at)
        out.gram[static_cast<std::size_t>(i * columns + j)] = out.gram[static_cast<std::size_t>(j * columns + i)] =
            sums[at];
    out.powers = sums[at];
    out.exponents = sums[at + 1];
    out.defect = sums[at + 2];
    return out;
  }
  template <class T>
  static std::vector<double> squares_in(const Array& spectra, const Array& endmembers, const Array& a, Stream& stream) {
    const std::int64_t pixels = a.spec().shape[0], bands = spectra.spec().shape[1];
    const std::int64_t width = count_parts(pixels, parts_of_a_band);
    Array partial = wide(a.backend(), bands * width, stream);
    const BandSquares<T> k{data<T>(spectra),
                           data<T>(endmembers),
                           data<T>(a),
                           data<double>(partial),
                           pixels,
                           bands,
                           a.spec().shape[1],
                           width};
    queue(k, bands * width, "squares of the residual", stream);
    return add_rows(partial, width, bands, stream);
  }
};

}  // namespace

OperatorPtr make_kernel_operator(const SpectralProducts& spec, const Backend& backend) {
  spec.expect_spectra();
  return make_in_precision<KernelSpectralProducts>(spec, backend);
}

OperatorCost kernel_cost(const SpectralProducts& spec) {
  const std::size_t kept = spec.resident ? 0 : spec.spectra_spec().bytes();
  const auto partial = static_cast<std::size_t>(count_parts(spec.pixels, parts_of_a_band) * spec.bands * spec.columns);
  const std::int64_t walks = (spec.columns + columns_at_once - 1) / columns_at_once;
  return {kept, partial * sizeof(double),
          static_cast<double>(walks) * static_cast<double>(spec.spectra_spec().bytes()) / throughput::bytes_per_s,
          throughput::measured};
}

const UnmixingSteps& kernel_unmixing_steps() noexcept {
  static const KernelUnmixingSteps steps;
  return steps;
}

}  // namespace iso::gpu
