#include "iso/compute/operators/fourier.h"

#include "description_impl.h"

#include <cmath>

namespace iso::compute {

Magnitude Fourier::magnitude() const {
  double sum = 1;
  for (const auto axis : axes) sum *= std::sqrt(static_cast<double>(grid[axis]));
  return {Magnitude::Rule::bounded, sum, sum};
}

void Fourier::check() const { detail::expect_axes(name, grid, axes); }

}  // namespace iso::compute
