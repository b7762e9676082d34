#pragma once

#include <cstdint>

/// The inner loops over the pixels of one tile, built once for each instruction set as those of gpu/cpu are. Files of this folder
/// include nothing but this header: an inline function of a library, compiled here for a newer processor, could be kept by
/// the linker for everybody.
namespace spectral_unmixing {

/// Pixels of a tile are a multiple of this: a whole number of vectors on every level. What is missing is filled with 0.
inline constexpr std::int64_t pixel_multiple = 32;

/// A tile of pixels, band by band: `bands[l]` is where band l of its first pixel is.
template <class T>
struct Tile {
  const T* const* bands;
  std::int64_t band_count, pixels;
};

/// One step of the abundances of a tile, in its own memory: row k is `a + k * stride`.
template <class T>
struct AbundanceStep {
  const T* b;  ///< E^T U Y + mu, rows as those of a
  const T* h;  ///< E^T U E + mu, k x k
  T* a;
  const T* p;  ///< exponent of each pixel
  std::int64_t stride, pixels, k;
  T lambda, eta, floor, mu;
  bool exact;  ///< coordinate minimisation (HALS); otherwise the multiplicative rule
  T* scratch;  ///< 2 k x stride
};

/// What the exponents need, and the sums of the terms of the objective.
template <class T>
struct ExponentStep {
  const T* a;
  T* p;
  std::int64_t stride, pixels, k;
  T eta, tau, p_min;
  bool update;
  int newton_steps;
  T* scratch;  ///< k x stride
};

template <class T>
struct Kernels {
  /// b = ue^T Y: ue is [band][k].
  void (*products)(const Tile<T>& tile, const T* ue, std::int64_t k, T* b, std::int64_t stride);
  /// The same, summed in double whatever the data are.
  void (*products_wide)(const Tile<T>& tile, const double* ue, std::int64_t k, double* b, std::int64_t stride);
  /// yat[band][k] = Y A^T of the tile.
  void (*gather)(const Tile<T>& tile, const T* a, std::int64_t stride, std::int64_t k, T* yat);
  void (*update_abundances)(const AbundanceStep<T>& step);
  /// Sets p where asked, and adds sum over pixels of sum_k (a + eta)^p and of p to penalty[0] and penalty[1].
  void (*update_exponents)(const ExponentStep<T>& step, std::int64_t counted, double* penalty);
  /// Adds the squares of Y - E A to band_squares (one a band) and to pixel_squares (one a pixel), either may be null.
  void (*residual)(const Tile<T>& tile, const T* e, std::int64_t k, const T* a, std::int64_t stride,
                   std::int64_t counted, const T* band_weight, double* band_squares, T* pixel_squares);
};

struct Level {
  Kernels<float> f32;
  Kernels<double> f64;
};

/// The kernels of the best level that this machine runs.
[[nodiscard]] const Level& best_level() noexcept;
template <class T>
[[nodiscard]] const Kernels<T>& kernels() noexcept;

}  // namespace spectral_unmixing
