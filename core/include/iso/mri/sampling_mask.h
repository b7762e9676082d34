#pragma once

#include "iso/data/k_space.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace iso::mri {

/// Which lines of a series are measured. Each frame has lines of its own.
///   random      lines drawn with the density 1 / (1 + (d / 0.12 n)²), d being the distance from the centre
///   gaussian    likewise with exp(-d² / 2 (n / 6)²)
///   uniform     every R-th line, moved on by one from frame to frame
///   spokes      lines of a plane (y, z) nearest to spokes through its centre, turned by the golden angle of 111.246 degrees
///               from spoke to spoke, in the first frame and on: needs a plane of phases
/// In a plane of phases (y and z) `random` and `gaussian` draw points by their distance as part of either extent.
enum class MaskKind : std::uint8_t { random, gaussian, uniform, spokes };
inline constexpr auto choice_names(MaskKind) {
  return std::array<std::string_view, 4>{"random", "gaussian", "uniform", "spokes"};
}

struct MaskOptions {
  MaskKind kind{MaskKind::random};
  double acceleration{4};        ///< R: one line of so many is measured, in every frame
  std::int64_t centre_lines{4};  ///< always measured, along y about n / 2; with z a square of as many
  std::uint64_t seed{0};
};

/// u8; y, z, frame; 1: measured. Reproducible from the seed alone.
/// Errors  invalid_input: no line, R below 1, more centre lines than R leaves, spokes without a plane.
[[nodiscard]] Pixels make_mask(std::int64_t lines_y, std::int64_t lines_z, std::int64_t frames,
                               const MaskOptions& options);

/// Whether the mask of a Cartesian scan tells samples apart (readout, phase, partition, frame) and not only lines (phase, partition,
/// frame).
[[nodiscard]] bool cuts_lines(const KSpace& scan) noexcept;

/// Lines (samples) over measured ones; infinite if none is.
[[nodiscard]] double acceleration(const Pixels& mask);

/// Takes `fraction` of the measured lines of every frame (at least one, if it has three) out of the mask and gives them as
/// another: data to judge a reconstruction by that was not made from them. Of a mask readout, y, z, frame all samples of a line.
struct HeldOut {
  Pixels kept, left_out;
};
[[nodiscard]] HeldOut hold_out(const Pixels& mask, double fraction, std::uint64_t seed);

}  // namespace iso::mri
