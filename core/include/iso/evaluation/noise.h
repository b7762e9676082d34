#pragma once

#include "iso/data/dataset.h"

#include <cstdint>

namespace iso::evaluation {

/// What a photon-counting reading suffers: N = Poisson(I0 exp(-p)) + Normal(0, sigma_e), N = max(N, 1),
/// p' = -ln(N / I0), with p the line integral without unit (attenuation x length).
struct NoiseModel {
  double photons{1e5};          ///< I0, counts a reading without object
  double electronic_counts{0};  ///< sigma_e; 3.2 is usual
  std::uint64_t seed{0};
};

/// Readings with noise; the same seed gives the same field for any number of threads. f32 or f64 in, the same type out.
/// Throws invalid_input: photons not above 1, negative sigma_e, readings that are not finite; type_mismatch.
[[nodiscard]] Pixels add_noise(const Pixels& line_integrals, const NoiseModel& model);
/// The same for a scan; photons, sigma_e and seed are noted in `meta` ("noise").
[[nodiscard]] Sinogram add_noise(const Sinogram& scan, const NoiseModel& model);

/// Variance that the model gives each reading, to first order: 1/N + (sigma_e/N)^2 with N = max(I0 exp(-p), 1).
[[nodiscard]] Pixels noise_variance(const Pixels& line_integrals, const NoiseModel& model);

/// sqrt of the sum of the variances: the residual ||A x - p|| to expect of the true x, for the discrepancy rule.
[[nodiscard]] double expected_residual(const Pixels& line_integrals, const NoiseModel& model);

}  // namespace iso::evaluation
