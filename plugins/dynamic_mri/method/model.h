#pragma once

#include <iso/compute/linear_operator.h>
#include <iso/compute/operators/unfolding.h>
#include <iso/solvers/primal_dual.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dynamic_mri {

/// What the second nuclear norm is of: nothing, patches of the image, or the series unfolded along the readout or the phase.
enum class SecondRank : std::uint8_t { none, patches, readout, phase };
inline constexpr auto choice_names(SecondRank) {
  return std::array<std::string_view, 4>{"none", "patches", "readout", "phase"};
}

/// In which domain the second part E of the series is sparse.
enum class SparseIn : std::uint8_t { image, spectrum };

/// One objective for every method of this plugin; the methods are choices of its weights:
///
///     min over X, E   1/2 ‖A (X + E) - b‖²  (or Huber's function of the residual)
///         + spatial ‖grad X‖_2,1 + temporal ‖d_t X‖_1 + low_rank ‖C(X)‖_* + second_rank sum_j ‖B_j X‖_* + error ‖T E‖_1,
///
/// grad the differences along the axes of the image, d_t those along time, C(X) the series as voxels times frames, B_j the
/// patches (on two grids, each over sqrt 2) or an unfolding, T the identity or the Fourier transform along time. A weight of 0
/// leaves its term out, and with error 0 there is no E. All is for data whose mean image peaks near 1 (SeriesProblem).
/// Convex, so that any two solvers agree, except for `reweighting` (nuclear_norm).
struct Model {
  double spatial{0}, temporal{0}, low_rank{0}, second_rank{0}, error{0};
  SecondRank second{SecondRank::none};
  SparseIn sparse_in{SparseIn::image};
  std::int64_t patch{8};
  bool cyclic{false};
  double huber{0};
  double reweighting{0};
  [[nodiscard]] bool has_error() const noexcept { return error > 0; }
};

/// Every weight times the same factor; Huber's level stays.
[[nodiscard]] Model scaled(const Model& model, double factor);

/// The objective put together for a series {x, y, z, frame} on a back end.
struct Objective {
  iso::compute::Space space;  ///< of the series, or {"image", "error"}
  iso::compute::OperatorPtr encoding;
  std::vector<iso::solvers::Term> terms;
  iso::solvers::FunctionalPtr g;
  double squared_norm{1};             ///< of the encoding, from above: maps are normalised
  std::vector<double> squared_norms;  ///< of the terms, from above
  /// The part X of an array of the space.
  [[nodiscard]] iso::compute::Array image(iso::compute::Array& x) const;
  [[nodiscard]] iso::compute::Array error(iso::compute::Array& x) const;  ///< only with E
};
[[nodiscard]] Objective make_objective(const Model& model, const iso::compute::OperatorPtr& encoding);

/// The ranges of the terms, for a plan.
[[nodiscard]] std::vector<iso::ArraySpec> term_ranges(const Model& model, const iso::Shape& series);
/// The descriptions of the operators of the terms.
[[nodiscard]] std::vector<iso::compute::OperatorSpec> term_operators(const Model& model, const iso::Shape& series);

}  // namespace dynamic_mri
