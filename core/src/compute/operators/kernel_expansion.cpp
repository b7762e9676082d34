#include "iso/compute/operators/kernel_expansion.h"

#include <cmath>

namespace iso::compute {

void KernelExpansion::check() const {
  const auto refuse = [](const std::string& what) {
    throw Error{Errc::invalid_input, "the kernel expansion has " + what};
  };
  if (centres.empty()) refuse("no centre");
  if (grid.rank() != 3 || grid.count() == 0) refuse("a grid of shape " + grid.text() + ", expected x, y, z");
  if (planes < 0) refuse("fewer than no features");
  for (const double length : {spacing_mm[0], spacing_mm[1], spacing_mm[2], scales.reach_mm, scales.width_mm})
    if (!(length > 0) || !std::isfinite(length)) refuse("a length that is not above 0");
  for (const double scale : {scales.product, scales.footprint, scales.everywhere})
    if (!(scale >= 0) || !std::isfinite(scale)) refuse("a scale below 0, which is no kernel");
  for (const KernelCentre& centre : centres)
    if (static_cast<std::int64_t>(centre.features.size()) != planes || !is_finite(centre.place_mm))
      refuse("a centre without a place or with other features than the grid");
  const auto expect = [this](const ArraySpec& spec) {
    if (spec != feature_spec())
      throw Error{Errc::shape_mismatch, "the features of a kernel expansion have shape " + spec.shape.text() +
                                            ", expected " + feature_spec().shape.text() + " of the same type"};
  };
  if (!features.empty()) expect(features.spec());
  if (resident) expect(resident.spec());
}

void KernelExpansion::expect_features() const {
  if (features.empty() && !resident)
    throw Error{Errc::invalid_input, "the kernel expansion has no features of its voxels"};
}

double kernel(const KernelScales& scales, const KernelCentre& a, const KernelCentre& b) noexcept {
  double unlike = 0;
  for (std::size_t j = 0; j < a.features.size(); ++j)
    unlike += (a.features[j] - b.features[j]) * (a.features[j] - b.features[j]);
  const double distance = norm(subtract(a.place_mm, b.place_mm)), alike = std::exp(-unlike / 2);
  const auto near = [distance](double length) {
    return distance <= KernelScales::cut * length ? std::exp(-distance * distance / (2 * length * length)) : 0.0;
  };
  return (scales.product * near(scales.reach_mm) + scales.everywhere) * alike +
         scales.footprint * near(scales.width_mm);
}

}  // namespace iso::compute
