#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace iso::evaluation::detail {

/// An array read as `count` images of width x height.
struct Slices {
  std::int64_t width, height, count;
};

/// Mean structural similarity over the elements of the mask (all if empty) where the window fits, or everywhere with zeros
/// around. Empty if there is no such element.
[[nodiscard]] std::optional<double> similarity(std::span<const double> x, std::span<const double> r,
                                               std::span<const std::uint8_t> mask, const Slices& slices, double range,
                                               bool zero_border);

/// ||L (x - r)|| / ||L r|| over the mask; empty if L r vanishes.
[[nodiscard]] std::optional<double> high_frequency_error(std::span<const double> x, std::span<const double> r,
                                                         std::span<const std::uint8_t> mask, const Slices& slices);

}  // namespace iso::evaluation::detail
