#pragma once

#include <iso/data/sinogram.h>

namespace diffusion_recon {

/// Some slices of a scan, as a scan of their own.
struct Slab {
  iso::Sinogram scan;  ///< the rows of the slab, its middle at z = 0 of the detector's centre
  double shift_mm{0};  ///< along z, from there to where the slab lies
};

/// The slices whose centres lie within `length_mm` about `centre_mm`, z of the scan, of a parallel beam whose rows are slices of their own: rays that
/// run in the slice, rows along z. A description without values stays one. Throws unsupported for other scans: a cone beam crosses slices
/// obliquely, so that what lies beside the slab is in its readings and has to be reconstructed with it; invalid_input where no row is left.
[[nodiscard]] Slab cut_slab(const iso::Sinogram& scan, double centre_mm, double length_mm);

}  // namespace diffusion_recon
