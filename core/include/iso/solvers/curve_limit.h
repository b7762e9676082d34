#pragma once

#include "iso/solvers/progress.h"

#include <string_view>

/// What the name of a curve says of it: the value at which a run ends, and what it is drawn over.
namespace iso::solvers {

/// A curve of this name behind that of another one holds its limit: "change limit" belongs to "change".
inline constexpr std::string_view limit_suffix{" limit"};
/// Says it, as one point of the curve NAME + " limit"; programs draw it as a line across the plot of NAME, and the record keeps it.
void plot_limit(Progress& progress, std::string_view curve, double limit);

/// "accuracy over radius" is the curve "accuracy" over "radius"; a name without it is over iterations.
inline constexpr std::string_view axis_word{" over "};
/// Both parts of such a name.
struct CurveName {
  std::string_view curve, axis;
};
[[nodiscard]] constexpr CurveName split_curve_name(std::string_view name) noexcept {
  const auto at = name.rfind(axis_word);
  if (at == std::string_view::npos) return {name, "iteration"};
  return {name.substr(0, at), name.substr(at + axis_word.size())};
}

}  // namespace iso::solvers
