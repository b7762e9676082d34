#pragma once

#include "options.h"

#include "iso/evaluation/phantoms.h"

#include <optional>
#include <string>

namespace iso::cli {

/// A phantom by name or from a JSON table, and how large it is.
struct PhantomSource {
  std::string name;
  std::optional<double> radius_mm, scale_mm, factor;

  void add_to(Options& options);
  [[nodiscard]] bool is_phantom() const;                                 ///< a name of ours, or a .json file
  [[nodiscard]] evaluation::Phantom make(double usual_radius_mm) const;  ///< throws usage, cannot_read, invalid_input
  [[nodiscard]] double factor_or_1() const { return factor.value_or(1); }
};

}  // namespace iso::cli
