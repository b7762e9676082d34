#pragma once

#include <iso/compute/backend.h>
#include <iso/data/pixels.h>
#include <iso/models/card.h>
#include <iso/models/network.h>
#include <iso/solvers/progress.h>
#include <iso/tomography/filtered_backprojection.h>
#include <iso/tomography/scan_problem.h>

#include <cstdint>
#include <vector>

namespace sinogram_upsampling {

/// The scan that a network works on, in its units: images in units of water, readings divided by the attenuation of water, so that
/// they are A of such images. A and F (filtered back-projection, Hann window) work on all slices at once.
class Stack {
 public:
  Stack(const iso::tomography::ScanProblem& problem, double water_per_mm);

  [[nodiscard]] std::int64_t width() const noexcept { return problem_.grid.size[0]; }
  [[nodiscard]] std::int64_t slices() const noexcept { return problem_.grid.size[2]; }
  [[nodiscard]] std::int64_t elements() const noexcept { return problem_.geometry.elements()[0]; }
  [[nodiscard]] std::int64_t views() const noexcept {
    return static_cast<std::int64_t>(problem_.geometry.views().size());
  }
  [[nodiscard]] double water_per_mm() const noexcept { return water_; }

  [[nodiscard]] const iso::Pixels& readings() const noexcept { return readings_; }    ///< (u, v, view)
  [[nodiscard]] iso::Pixels project(const iso::Pixels& image) const;                  ///< (x, y, z) -> (u, v, view)
  [[nodiscard]] iso::Pixels backproject_filtered(const iso::Pixels& readings) const;  ///< and back
  [[nodiscard]] iso::Pixels in_water(const iso::compute::Array& attenuation) const;   ///< 1/mm -> units of water
  [[nodiscard]] iso::compute::Array in_attenuation(const iso::Pixels& image) const;   ///< and back

 private:
  const iso::tomography::ScanProblem& problem_;
  double water_;
  iso::tomography::FilteredBackprojection fbp_;
  iso::Pixels readings_;
};

/// values * factor, in new memory.
[[nodiscard]] iso::Pixels scaled(const iso::Pixels& values, double factor);
/// a - b, in new memory.
[[nodiscard]] iso::Pixels difference(const iso::Pixels& a, const iso::Pixels& b);

}  // namespace sinogram_upsampling
