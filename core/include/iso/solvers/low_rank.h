#pragma once

#include "iso/solvers/functional.h"

#include <vector>

namespace iso::solvers {

/// How an array is read as matrices. Columns are few: frames, or one axis of an unfolding.
enum class Matrices : std::uint8_t {
  whole,  ///< one matrix, its columns on the last axis: a series as its Casorati matrix, voxels times frames
  each    ///< row, column, matrix: what `compute::Unfolding` gives
};

/// weight times the sum of all singular values (the nuclear norm). Its proximal map lowers every singular value by step times
/// weight, that of its conjugate cuts them off at the weight. Both go through the Gram matrix MᴴM = V S² Vᴴ, of which M f(S) is
/// M V f(S)/S Vᴴ: no decomposition of the tall matrix is made and nothing is divided by a small singular value (of those below
/// a threshold the factor is 0). Sums and eigenvalues are in double; results do not depend on threads.
/// With `reweighting` e > 0 the threshold of singular value s is the step times weight times e s1 / (s + e s1), s1 being the
/// largest: less bias of the large ones. That map belongs to no convex functional, and `value` stays the nuclear norm. *Ours*,
/// after E. Candes, M. Wakin and S. Boyd, J. Fourier Anal. Appl. 14 (2008) 877.
/// Source   J. Cai, E. Candes and Z. Shen, SIAM J. Optim. 20 (2010) 1956. The way through the Gram matrix is ours.
/// Errors   invalid_input: a negative weight; type_mismatch: values that are not complex; shape_mismatch: `each` of an array
///          that has not three axes; invalid_result: values that are not finite.
[[nodiscard]] FunctionalPtr nuclear_norm(double weight, Matrices matrices = Matrices::whole, double reweighting = 0);

/// The singular values of every matrix, the largest first, matrix after matrix.
[[nodiscard]] std::vector<double> singular_values(const compute::Array& x, Matrices matrices, compute::Stream& stream);

}  // namespace iso::solvers
