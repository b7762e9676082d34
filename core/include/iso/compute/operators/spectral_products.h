#pragma once

#include "iso/compute/array.h"
#include "iso/compute/operator_spec.h"
#include "iso/data/pixels.h"

#include <cstdint>
#include <string_view>

namespace iso::compute {

/// The spectra Y of N pixels and L bands times a few vectors over the bands: out(n, k) = sum over l of Y(n, l) x(l, k). Its adjoint
/// sums over the pixels: x(l, k) = sum over n of Y(n, l) a(n, k). With x = U E and a = A these are the two products of every
/// update of a factorisation Y ~ E A (spectral unmixing, non-negative matrix factorisation).
/// First axes are fastest: a band of Y, a column of x, a row of A lie in one piece each.
struct SpectralProducts {
  static constexpr std::string_view name = "spectral products";
  static constexpr Values values = Values::real;
  std::int64_t pixels{0}, bands{0}, columns{0};
  Pixels spectra{};  ///< N, L; of `type`. May be empty where `resident` is there, or to ask for the cost
  Array resident{};  ///< the same on the back end already, so that making the operator moves nothing
  ScalarType type{ScalarType::f32};

  [[nodiscard]] ArraySpec spectra_spec() const { return {{pixels, bands}, type}; }
  [[nodiscard]] ArraySpec domain() const { return {{bands, columns}, type}; }
  [[nodiscard]] ArraySpec range() const { return {{pixels, columns}, type}; }
  [[nodiscard]] static Magnitude magnitude() { return {}; }
  /// Throws invalid_input: no pixel, band or column; shape_mismatch: spectra of another shape or type.
  void check() const;
  /// What a back end asks before it makes one. Throws invalid_input: neither `spectra` nor `resident`.
  void expect_spectra() const;
};

}  // namespace iso::compute
