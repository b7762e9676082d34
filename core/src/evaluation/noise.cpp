#include "iso/evaluation/noise.h"

#include "iso/base/error.h"
#include "iso/base/random.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace iso::evaluation {
namespace {

constexpr std::int64_t grain = 1 << 14;
constexpr std::uint64_t photon_stream = 0x70686f746f6e, electronic_stream = 0x656c656374;

void check(const Pixels& readings, const NoiseModel& model) {
  if (!(model.photons > 1) || !std::isfinite(model.photons)) {
    throw Error{Errc::invalid_input,
                "the number of photons is " + std::to_string(model.photons) + ", it must be above 1"};
  }
  if (!(model.electronic_counts >= 0) || !std::isfinite(model.electronic_counts)) {
    throw Error{Errc::invalid_input, "the electronic noise is " + std::to_string(model.electronic_counts) +
                                         " counts, it must not be negative"};
  }
  if (readings.spec().type != ScalarType::f32 && readings.spec().type != ScalarType::f64) {
    throw Error{Errc::type_mismatch,
                "readings are " + std::string{to_string(readings.spec().type)} + ", f32 or f64 is needed"};
  }
}

void refuse_infinite(std::int64_t index) {
  throw Error{Errc::invalid_input,
              "reading " + std::to_string(index) + " is not finite, every line integral must be a number"};
}

template <class T, class Rule>
Pixels mapped(const Pixels& readings, const Rule& rule) {
  PixelBuffer out = PixelBuffer::allocate(readings.spec());
  const auto in = readings.values<T>();
  const auto to = out.values<T>();
  parallel_for(readings.spec().shape.count(), grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const auto k = static_cast<std::size_t>(i);
      if (!std::isfinite(in[k])) refuse_infinite(i);
      to[k] = static_cast<T>(rule(i, static_cast<double>(in[k])));
    }
  });
  return out;
}

template <class Rule>
Pixels mapped_any(const Pixels& readings, const Rule& rule) {
  return readings.spec().type == ScalarType::f64 ? mapped<double>(readings, rule) : mapped<float>(readings, rule);
}

double to_variance(double p, const NoiseModel& model) {
  const double counts = std::max(model.photons * std::exp(-p), 1.0);
  const double electronic = model.electronic_counts / counts;
  return 1 / counts + electronic * electronic;
}

}  // namespace

Pixels add_noise(const Pixels& line_integrals, const NoiseModel& model) {
  check(line_integrals, model);
  const Philox photons{model.seed, photon_stream}, electronic{model.seed, electronic_stream};
  return mapped_any(line_integrals, [&](std::int64_t i, double p) {
    const auto index = static_cast<std::uint64_t>(i);
    double counts = photons.poisson(index, model.photons * std::exp(-p));
    if (model.electronic_counts > 0) counts += model.electronic_counts * electronic.normal(index);
    return -std::log(std::max(counts, 1.0) / model.photons);
  });
}

Sinogram add_noise(const Sinogram& scan, const NoiseModel& model) {
  Sinogram out{add_noise(scan.readings, model), scan.geometry, scan.meta};
  out.meta["noise"] = "Poisson of " + std::to_string(static_cast<long long>(model.photons)) + " photons, electronic " +
                      std::to_string(model.electronic_counts) + " counts, seed " + std::to_string(model.seed);
  return out;
}

Pixels noise_variance(const Pixels& line_integrals, const NoiseModel& model) {
  check(line_integrals, model);
  return mapped_any(line_integrals, [&](std::int64_t, double p) { return to_variance(p, model); });
}

double expected_residual(const Pixels& line_integrals, const NoiseModel& model) {
  const Pixels variance = noise_variance(line_integrals, model).converted(ScalarType::f64);
  double sum = 0;
  for (const double v : variance.values<double>()) sum += v;
  return std::sqrt(sum);
}

}  // namespace iso::evaluation
