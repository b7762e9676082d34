#pragma once

#include "iso/data/volume.h"

#include <cstdint>

namespace iso::mri {

/// How a slice that holds still is made a series: one period over all frames, so that the first follows the last.
struct MotionOptions {
  std::int64_t frames{24};
  double turn_rad{0};  ///< of a turn about the middle of the slice: turn sin(2 pi t / frames)
  double shift_mm{0};  ///< of a shift along y, out and back: shift (1 - cos(2 pi t / frames)) / 2
  double phase_rad{
      0};  ///< of a smooth phase that stays where it is, as that of a coil does: phase (0.6 x + 0.4 y²), x and y
           ///< from -1 to 1 over the slice; 0: values stay real
};

/// Slice `slice` of a volume x, y, z as a series x, y, 1, t that turns and shifts as a whole, on the grid of the slice. Values between
/// voxels by a sinc of four lobes on either side under a window of the same form (Lanczos), 0 outside of the slice; a voxel that has
/// not moved keeps its value. c64 with a phase, else f32. The metadata say what was made up. For simulations only: nothing
/// leaves or enters the slice.
/// Errors   invalid_input: a slice that is not there, no frame, values or options that are not finite; unsupported: complex
///          volumes and series.
[[nodiscard]] Volume moving_slice(const Volume& volume, std::int64_t slice, const MotionOptions& options);

}  // namespace iso::mri
