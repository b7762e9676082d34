#include "method/counts.h"

#include <algorithm>
#include <cmath>

namespace spectral_unmixing {
namespace {

constexpr double least_part = 1e-3;  // of the mean: what is nearly without counts would get a weight without bound

Vector roots(const Vector& means) {
  const double least = least_part * means.mean();
  return means.cwiseMax(least > 0 ? least : 1e-12).cwiseSqrt();
}

}  // namespace

Unmixing unmix_counts(const PixelMatrix<float>& data, const KnownSpectra& known, const UnmixOptions& options,
                      const Monitor& monitor) {
  const std::int64_t bands = data.band_count(), n = data.pixels;
  Vector by_band = Vector::Zero(bands), by_pixel = Vector::Zero(n);
  for (std::int64_t l = 0; l < bands; ++l) {
    const float* const y = data.bands[static_cast<std::size_t>(l)];
    for (std::int64_t i = 0; i < n; ++i) {
      if (y[i] < 0)
        throw iso::Error{iso::Errc::invalid_input, "the cube has values below 0, which counts do not have",
                         "use the task 'nmf' for data whose background was subtracted"};
      by_band[l] += static_cast<double>(y[i]);
      by_pixel[i] += static_cast<double>(y[i]);
    }
  }
  if (!(by_band.sum() > 0)) throw iso::Error{iso::Errc::invalid_input, "the cube has no counts"};
  by_band = roots(by_band / static_cast<double>(n));
  by_pixel = roots(by_pixel / static_cast<double>(bands));
  const auto memory = std::make_shared<std::vector<float>>(static_cast<std::size_t>(bands * n));
  PixelMatrix<float> scaled{{}, n, memory};
  for (std::int64_t l = 0; l < bands; ++l) {
    float* const to = memory->data() + l * n;
    const float* const y = data.bands[static_cast<std::size_t>(l)];
    for (std::int64_t i = 0; i < n; ++i)
      to[i] = static_cast<float>(static_cast<double>(y[i]) / (by_band[l] * by_pixel[i]));
    scaled.bands.push_back(to);
  }
  KnownSpectra scaled_known = known;
  if (known.spectra.cols() > 0) scaled_known.spectra = by_band.cwiseInverse().asDiagonal() * known.spectra;
  Unmixing out = unmix(scaled, scaled_known, options, monitor);
  out.endmembers = by_band.asDiagonal() * out.endmembers;
  const std::int64_t k = out.endmembers.cols(), first_free = known.frozen ? known.spectra.cols() : 0;
  if (first_free > 0) out.endmembers.leftCols(first_free) = known.spectra;
  for (std::int64_t c = 0; c < k; ++c) {
    // A free spectrum has sum 1, so that its abundance is the number of its counts.
    double factor = 1;
    if (c >= first_free) {
      factor = out.endmembers.col(c).sum();
      if (factor > 0) out.endmembers.col(c) /= factor;
    }
    for (std::int64_t i = 0; i < n; ++i)
      out.abundances[static_cast<std::size_t>(c * n + i)] *= static_cast<float>(by_pixel[i] * factor);
  }
  out.residual = residual_rms(data, out.endmembers, out.abundances);
  out.band_rms = band_rms(data, out.endmembers, out.abundances);
  double squares = 0;
  for (const float r : out.residual) squares += static_cast<double>(r) * static_cast<double>(r);
  out.residual_rms = std::sqrt(squares / static_cast<double>(n));
  return out;
}

}  // namespace spectral_unmixing
