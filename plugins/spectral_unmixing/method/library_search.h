#pragma once

#include "method/pixel_matrix.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace spectral_unmixing {

/// What two spectra are compared by: spectral angle, information divergence, or the angle after the continuum was removed.
enum class Likeness : std::uint8_t { angle, divergence, continuum_angle };
inline constexpr auto choice_names(Likeness) {
  return std::array<std::string_view, 3>{"angle", "divergence", "continuum_angle"};
}

struct Match {
  std::int64_t spectrum;  ///< column of the library
  double score;           ///< smaller is nearer; radians for the angles
  double margin;          ///< to the next one in the list; 0 for the last of the library
  std::int64_t bands;     ///< compared
};
/// The nearest spectra of a library, best first. Bands where either has NaN are left out; a library spectrum that has fewer than half of
/// the bands of the spectrum, or fewer than 3, is not compared.
[[nodiscard]] std::vector<Match> search_library(const Vector& spectrum, const Matrix& library,
                                                const std::vector<double>& centres, Likeness likeness,
                                                std::size_t most);

/// What of the light of each dye falls into the channel of each: entry (i, j) is dye i in the channel of dye j over dye i in its own.
/// Channels are chosen so that the dyes are as strong in their own as can be, each once. Throws invalid_input for more dyes than channels.
struct Spillover {
  Matrix matrix;                       ///< K x K, 1 on the diagonal
  std::vector<std::int64_t> channels;  ///< band of each dye
  double condition{1};                 ///< ratio of singular values: how much noise the compensation adds at most
};
[[nodiscard]] Spillover spillover(const Matrix& dyes);

}  // namespace spectral_unmixing
