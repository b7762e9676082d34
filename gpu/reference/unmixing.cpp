#include "gpu/reference/reference_backend.h"

#include <algorithm>
#include <cmath>

namespace iso::gpu {
namespace {

using namespace compute;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

template <class T>
class ReferenceSpectralProducts final : public LinearOperator {
 public:
  ReferenceSpectralProducts(const SpectralProducts& spec, const Backend& backend)
      : LinearOperator(spec, backend),
        pixels_{spec.pixels},
        bands_{spec.bands},
        columns_{spec.columns},
        spectra_{spec.resident ? spec.resident : backend.upload(spec.spectra, *backend.make_stream())} {}

 private:
  void do_forward(const Array& x, Array& out, Stream& stream, Write write) const override {
    const auto y = spectra_.host<const T>(), given = x.host<const T>();
    const std::vector<T> in(given.begin(), given.end());  // `out` may be the same memory
    const auto to = out.host<T>();
    for (std::int64_t k = 0; k < columns_; ++k) {
      stream.check_stop();
      for (std::int64_t n = 0; n < pixels_; ++n) {
        double sum = write == Write::accumulate ? static_cast<double>(to[at(k * pixels_ + n)]) : 0.0;
        for (std::int64_t l = 0; l < bands_; ++l)
          sum += static_cast<double>(y[at(l * pixels_ + n)]) * static_cast<double>(in[at(k * bands_ + l)]);
        to[at(k * pixels_ + n)] = static_cast<T>(sum);
      }
    }
  }
  void do_adjoint(const Array& a, Array& out, Stream& stream, Write write) const override {
    const auto y = spectra_.host<const T>(), given = a.host<const T>();
    const std::vector<T> in(given.begin(), given.end());
    const auto to = out.host<T>();
    for (std::int64_t k = 0; k < columns_; ++k) {
      stream.check_stop();
      for (std::int64_t l = 0; l < bands_; ++l) {
        double sum = write == Write::accumulate ? static_cast<double>(to[at(k * bands_ + l)]) : 0.0;
        for (std::int64_t n = 0; n < pixels_; ++n)
          sum += static_cast<double>(y[at(l * pixels_ + n)]) * static_cast<double>(in[at(k * pixels_ + n)]);
        to[at(k * bands_ + l)] = static_cast<T>(sum);
      }
    }
  }
  std::int64_t pixels_, bands_, columns_;
  Array spectra_;
};

/// One pixel after the other, in double whatever the arrays hold.
struct Pixel {
  std::vector<double> a, b;
  double p{1};
};

void update_abundances(const AbundanceRule& rule, Pixel& pixel) {
  const std::size_t k = pixel.a.size();
  const std::vector<double> before = pixel.a;
  for (std::size_t c = 0; c < k; ++c) {
    const double b = pixel.b[c] + rule.mu, diagonal = rule.curvature[c * k + c];
    const double slope = rule.lambda * pixel.p * std::pow(before[c] + rule.eta, pixel.p - 1);
    double product = 0;
    for (std::size_t j = 0; j < k; ++j) product += rule.curvature[c * k + j] * (rule.exact ? pixel.a : before)[j];
    if (rule.exact) {
      if (diagonal > 0) pixel.a[c] += (b - product - slope) / diagonal;
    } else {
      const double down = product + std::max(-b, 0.0) + slope;
      if (down > 0) pixel.a[c] *= std::max(b, 0.0) / down;
    }
    pixel.a[c] = std::max(pixel.a[c], rule.floor);
  }
}

/// The root of the derivative, which rises, by halving.
double best_exponent(const AbundanceRule& rule, const Pixel& pixel) {
  const auto slope = [&](double p) {
    double sum = rule.tau;
    for (const double a : pixel.a) sum += std::pow(a + rule.eta, p) * std::log(a + rule.eta);
    return sum;
  };
  if (slope(rule.p_min) >= 0) return rule.p_min;
  if (slope(1) <= 0) return 1;
  double low = rule.p_min, high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (slope(middle) < 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

void add(const AbundanceRule& rule, const Pixel& pixel, AbundanceSums& sums) {
  const std::size_t k = pixel.a.size();
  double total = 0;
  for (std::size_t i = 0; i < k; ++i) {
    total += pixel.a[i];
    sums.powers += std::pow(pixel.a[i] + rule.eta, pixel.p);
    for (std::size_t j = 0; j < k; ++j) sums.gram[i * k + j] += pixel.a[i] * pixel.a[j];
  }
  sums.exponents += pixel.p;
  sums.defect += (total - 1) * (total - 1);
}

template <class T>
AbundanceSums update_in(const AbundanceRule& rule, const Array& products, Array& a, Array& p) {
  const std::int64_t pixels = a.spec().shape[0], k = a.spec().shape[1];
  const auto values = a.host<T>(), exponents = p.host<T>();
  AbundanceSums out;
  out.gram.assign(at(k * k), 0);
  Pixel pixel;
  pixel.a.resize(at(k));
  pixel.b.resize(at(k));
  for (std::int64_t n = 0; n < pixels; ++n) {
    pixel.p = static_cast<double>(exponents[at(n)]);
    for (std::int64_t c = 0; c < k; ++c) {
      pixel.a[at(c)] = static_cast<double>(values[at(c * pixels + n)]);
      if (rule.abundances) pixel.b[at(c)] = static_cast<double>(products.host<const T>()[at(c * pixels + n)]);
    }
    if (rule.abundances) update_abundances(rule, pixel);
    if (rule.exponents) pixel.p = best_exponent(rule, pixel);
    add(rule, pixel, out);
    exponents[at(n)] = static_cast<T>(pixel.p);
    for (std::int64_t c = 0; c < k; ++c) values[at(c * pixels + n)] = static_cast<T>(pixel.a[at(c)]);
  }
  return out;
}

template <class T>
std::vector<double> squares_in(const Array& spectra, const Array& endmembers, const Array& a) {
  const std::int64_t pixels = a.spec().shape[0], k = a.spec().shape[1], bands = spectra.spec().shape[1];
  const auto y = spectra.host<const T>(), e = endmembers.host<const T>(), values = a.host<const T>();
  std::vector<double> out(at(bands), 0);
  for (std::int64_t l = 0; l < bands; ++l)
    for (std::int64_t n = 0; n < pixels; ++n) {
      auto r = static_cast<double>(y[at(l * pixels + n)]);
      for (std::int64_t c = 0; c < k; ++c)
        r -= static_cast<double>(e[at(c * bands + l)]) * static_cast<double>(values[at(c * pixels + n)]);
      out[at(l)] += r * r;
    }
  return out;
}

class ReferenceUnmixingSteps final : public UnmixingSteps {
 public:
  [[nodiscard]] AbundanceSums update(const AbundanceRule& rule, const Array& products, Array& a, Array& p,
                                     Stream& stream) const override {
    check_update(rule, products, a, p);
    stream.check_stop();
    return a.spec().type == ScalarType::f64 ? update_in<double>(rule, products, a, p)
                                            : update_in<float>(rule, products, a, p);
  }
  [[nodiscard]] std::vector<double> band_squares(const Array& spectra, const Array& endmembers, const Array& a,
                                                 Stream& stream) const override {
    check_band_squares(spectra, endmembers, a);
    stream.check_stop();
    return a.spec().type == ScalarType::f64 ? squares_in<double>(spectra, endmembers, a)
                                            : squares_in<float>(spectra, endmembers, a);
  }
};

}  // namespace

OperatorPtr make_reference_operator(const SpectralProducts& spec, const Backend& backend) {
  spec.expect_spectra();
  if (spec.type == ScalarType::f64) return std::make_shared<ReferenceSpectralProducts<double>>(spec, backend);
  return std::make_shared<ReferenceSpectralProducts<float>>(spec, backend);
}

OperatorCost reference_cost(const SpectralProducts& spec) {
  return estimated(
      0, 0, static_cast<double>(spec.pixels) * static_cast<double>(spec.bands) * static_cast<double>(spec.columns));
}

const UnmixingSteps& reference_unmixing_steps() noexcept {
  static const ReferenceUnmixingSteps steps;
  return steps;
}

}  // namespace iso::gpu
