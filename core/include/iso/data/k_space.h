#pragma once

#include "iso/data/axis.h"
#include "iso/data/member.h"
#include "iso/data/metadata.h"
#include "iso/data/pixels.h"
#include "iso/geometry/voxel_grid.h"

#include <cstdint>

namespace iso {

/// Where k-space was sampled. Cartesian scans carry a mask, others carry coordinates in cycles per field of view, each in
/// [-n/2, n/2).
struct Trajectory {
  Pixels cartesian_mask{};  ///< u8; [readout,] phase, partition, frame; 1: measured. Empty: all are
  Pixels coordinates{};     ///< f32; 3, readout, phase[, frame]; without the last axis they are those of every frame
  Pixels density_compensation{};  ///< f32; readout, phase[, frame]; a weight a sample. Empty: none is known
  [[nodiscard]] bool cartesian() const noexcept { return coordinates.empty(); }
};

/// Spokes through the centre at the given angles, `samples` a spoke from -n/2 to n/2.
[[nodiscard]] Trajectory radial_trajectory(std::int64_t spokes, std::int64_t samples, double first_rad,
                                           double step_rad);

/// What a magnetic resonance scanner measures: samples of the Fourier transform of an image, times the sensitivity of
/// each coil.
struct KSpace {
  Pixels samples;  ///< readout, phase, partition, coil, frame; c64
  Trajectory trajectory;
  VoxelGrid grid;               ///< of the image
  Pixels coil_sensitivities{};  ///< c64; x, y, z, coil; without unit. Empty: not known
  Metadata meta;
  Pixels noise_covariance{};  ///< c64; coil, coil. Empty: not known
  Axis frames{};              ///< "time", "s": when each frame was measured
  int fourier_sign{-1};       ///< of the exponent from image to samples: -1 or 1

  static constexpr std::string_view kind_name{"k_space"};
  template <class Self, class Visit>
  static void members(Self& data, Visit&& visit) {
    visit(Member{"pixels", Identity::always, "readout,phase,partition,coil,frame"}, data.samples);
    visit(Member{"grid", Identity::always}, data.grid);
    visit(Member{"trajectory/mask", Identity::values, "readout,phase,partition,frame"}, data.trajectory.cartesian_mask);
    visit(Member{"trajectory/coordinates", Identity::values, "component,readout,phase,frame", "1"},
          data.trajectory.coordinates);
    visit(Member{"coil_sensitivities", Identity::unnamed, "x,y,z,coil"}, data.coil_sensitivities);
    visit(Member{"trajectory/density", Identity::when_set, "readout,phase,frame"},
          data.trajectory.density_compensation);
    visit(Member{.name = "noise_covariance", .axes = "coil,coil", .layout = 2}, data.noise_covariance);
    visit(Member{.name = "frames", .layout = 2}, data.frames);
    visit(Member{.name = "fourier_sign", .layout = 2}, data.fourier_sign);
  }
  void check() const;  ///< throws invalid_input
};

}  // namespace iso
