#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace iso {

/// What the positions along an axis of an array are: wavelengths of bands, times of frames, numbers of coils. Either a
/// value a position, or the first value and a step. Empty (no values, step 0): nothing is known.
struct Axis {
  std::string name;  ///< "wavelength", "Raman shift", "time"
  std::string unit;  ///< "nm", "1/cm", "s"
  std::vector<double> values{};
  double first{0}, step{0};

  [[nodiscard]] bool empty() const noexcept { return values.empty() && step == 0; }
  /// The value at a position; without bounds for first and step, NaN beyond `values`.
  [[nodiscard]] double at(std::size_t position) const noexcept;
  /// The values of `count` positions; empty where nothing is known.
  [[nodiscard]] std::vector<double> sampled(std::size_t count) const;
  friend bool operator==(const Axis&, const Axis&) = default;
};

}  // namespace iso
