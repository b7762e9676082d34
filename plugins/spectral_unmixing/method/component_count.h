#pragma once

#include "method/monitor.h"
#include "method/pixel_matrix.h"

#include <string>
#include <vector>

namespace spectral_unmixing {

/// How many components the data hold, by several answers. Estimates exceed the number of named materials on real scenes: variability
/// within a material counts as components.
struct ComponentCounts {
  struct Estimate {
    std::string method;
    std::int64_t components;
  };
  std::vector<Estimate>
      estimates;  ///< HySime, HFC and noise-whitened HFC at three rates of false alarm, elbow of the eigenvalues
  struct Error {
    std::int64_t components;
    double reconstruction;  ///< relative error of K principal axes
    double held_out;  ///< of values in bands and pixels that the axes were not made from, foretold from the other bands
  };
  std::vector<Error> errors;  ///< for K = 1, 2, ...
  Vector eigenvalues;         ///< of the second moment
  Vector noise;               ///< of each band
};
/// Errors   invalid_input for fewer than 3 bands or pixels; cancelled.
[[nodiscard]] ComponentCounts count_components(const PixelMatrix<float>& data, std::int64_t most,
                                               const Monitor& monitor);

}  // namespace spectral_unmixing
