#pragma once

#include "iso/solvers/progress.h"

#include <string_view>

/// The value of a curve at which a run ends.
namespace iso::solvers {

/// A curve of this name behind that of another one holds its limit: "change limit" belongs to "change".
inline constexpr std::string_view limit_suffix{" limit"};
/// Says it, as one point of the curve NAME + " limit"; programs draw it as a line across the plot of NAME, and the record keeps it.
void plot_limit(Progress& progress, std::string_view curve, double limit);

}  // namespace iso::solvers
