#pragma once

#include "method/pixel_matrix.h"

#include <cstdint>
#include <vector>

namespace spectral_unmixing {

/// First and second moments of spectra: mean = Y 1 / N, second = Y Y^T / N.
struct Moments {
  Vector mean;
  Matrix second;
  std::int64_t pixels{0};
};
/// From at most `most` pixels, spread evenly.
template <class T>
[[nodiscard]] Moments make_moments(const PixelMatrix<T>& data, std::int64_t most = 20'000);

/// Root mean square of what the other bands do not foretell of each band: w_l = (S' Y)_l / S'_ll, S' = (Y Y^T + d I)^-1.
/// Source   J. Bioucas-Dias and J. Nascimento, IEEE Trans. Geosci. Remote Sens. 46 (2008) 2435 (HySime).
[[nodiscard]] Vector regression_noise(const Moments& moments);

/// The number of components and the basis of their subspace (L x K), of HySime. No parameter. Same source.
struct SignalSubspace {
  std::int64_t components{0};
  Matrix basis;
};
[[nodiscard]] SignalSubspace hysime(const Moments& moments);

/// Virtual dimensionality for a probability of false alarm: how many eigenvalues of correlation exceed those of covariance by
/// more than noise would. `pixels` is their number in the data that the moments are of.
/// Source   J. Harsanyi, W. Farrand and C.-I Chang (1993); C.-I Chang and Q. Du, IEEE TGRS 42 (2004) 608.
[[nodiscard]] std::int64_t hfc(const Moments& moments, double false_alarm);

/// Eigenvalues (descending) and vectors of the second moment, or of the covariance.
struct Spectrum {
  Vector values;
  Matrix vectors;
};
[[nodiscard]] Spectrum principal_axes(const Moments& moments, bool centred);

/// Which bands a start may look at [C]. A band is left out
///   without variance,
///   if its noise by regression exceeds `factor` times the median of the bands, and 0.002 of its own size,
///   if what pairs of the six bands about it leave of it does in the median, and a tenth of its own size (from 30 bands on): stripes
///   that bands far from each other share,
///   if what a subspace of `rank` dimensions, fitted with weights 1 / residual, leaves of it does (noise that several bands share,
///   such as stripes, hides from regression),
///   or if it is 8 times stronger than the median of the six bands about it (a wrong unit; from 30 bands on).
enum class BandFault : std::uint8_t { none, constant, noise, misfit, scale };
struct Screening {
  std::vector<BandFault> faults;  ///< one a band
  Vector noise;                   ///< by regression
  [[nodiscard]] std::vector<std::int64_t> kept() const;
};
[[nodiscard]] Screening screen_bands(const Moments& moments, std::int64_t rank, double factor = 5);

/// The standard normal distribution's inverse. Source   M. Wichura, Appl. Statist. 37 (1988) 477, by Newton here.
[[nodiscard]] double normal_quantile(double probability);

}  // namespace spectral_unmixing
