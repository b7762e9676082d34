#pragma once

#include "method/monitor.h"
#include "method/pixel_matrix.h"
#include "method/statistics.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace spectral_unmixing {

/// Where the endmembers of a cube are looked for.
enum class Extraction : std::uint8_t { archetypal, vca, nfindr, spa, sivm, ppi };
inline constexpr auto choice_names(Extraction) {
  return std::array<std::string_view, 6>{"archetypal", "vca", "nfindr", "spa", "sivm", "ppi"};
}

/// Pixels (positions in the data) whose spectra are taken for pure. `data` must be small enough to be copied in double: callers
/// give a subset of a large cube (see `spread`).
///
/// vca      the extreme pixels of K random directions orthogonal to those found. Needs a seed. J. Nascimento and J. Bioucas-Dias,
///          IEEE TGRS 43 (2005) 898.
/// nfindr   the simplex of largest volume by replacing single pixels until none helps, from spa. M. Winter, Proc. SPIE 3753 (1999) 266.
/// spa      the largest norm, project out, repeat (also ATGP). U. Araujo et al., Chemom. Intell. Lab. Syst. 57 (2001) 65.
/// sivm     the pixel farthest from the affine hull of those found. C. Thurau et al., CIKM 2010, 1785.
/// ppi      the pixels that are extreme along most of 10^4 random directions, with angles of more than 0.05 between them. Needs a seed.
///          J. Boardman, F. Kruse and R. Green, JPL 95-1 (1995) 23.
/// Errors   invalid_input for fewer pixels or bands than components.
[[nodiscard]] std::vector<std::int64_t> vca(const Matrix& y, std::int64_t components, std::uint64_t seed);
[[nodiscard]] std::vector<std::int64_t> nfindr(const Matrix& y, std::int64_t components);
[[nodiscard]] std::vector<std::int64_t> spa(const Matrix& y, std::int64_t components);
[[nodiscard]] std::vector<std::int64_t> sivm(const Matrix& y, std::int64_t components);
[[nodiscard]] std::vector<std::int64_t> ppi(const Matrix& y, std::int64_t components, std::uint64_t seed);

/// min |Z - Z B A| over A and B with columns on the simplex, Z the data on their K + 8 largest axes: archetypes are means of data, so
/// that no single outlier makes one. A by exact least squares on the simplex, B by entropic mirror descent whose step grows while the
/// misfit falls and is halved where it would not; of `starts` random starts the one with the lowest misfit.
/// Source   A. Cutler and L. Breiman, Technometrics 36 (1994) 338; mirror descent as in A. Zouaoui et al., IEEE Trans. Image Process. 32
/// (2023) 4649. [C] the exact A, the steps and the end.
struct ArchetypalOptions {
  int starts{6}, steps{100}, inner{5};
  double least_part{0.01};    ///< of the pixels that an archetype is a mean of at least, by the entropy of its weights
  double tolerance{1e-3};     ///< ends a start once a step lowers its misfit by less than this part of it
  std::int64_t pixels{5000};  ///< at most as many are looked at, spread evenly
};
struct Archetypes {
  Matrix endmembers;            ///< L x K
  double misfit{0};             ///< |Z - Z B A|^2 / |Z|^2, Z around its mean
  std::vector<double> misfits;  ///< of every start
};
[[nodiscard]] Archetypes archetypal(const Matrix& y, std::int64_t components, std::uint64_t seed,
                                    const ArchetypalOptions& options, const Monitor& monitor);

/// log of the volume of the simplex of the columns, in units of the data.
[[nodiscard]] double log_volume(const Matrix& endmembers);

}  // namespace spectral_unmixing
