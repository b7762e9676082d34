#pragma once

#include "method/parameters.h"

namespace dynamic_mri {

/// Minimises ‖A x - b‖² + tikhonov ‖x‖² by conjugate gradients from 0. Frames do not know each other; the steps are common to
/// all, so that a number of iterations is not the same as with one run a frame.
/// Source: K. Pruessmann et al., Magn. Reson. Med. 46 (2001) 638.
[[nodiscard]] iso::compute::Array cg_sense(const iso::mri::SeriesProblem& problem, const CgSenseOptions& options,
                                           iso::solvers::Progress& progress);

/// Aᴴ b (of spokes the image by gridding with their density), or with `share_views` Aᴴ of data whose missing lines are those of the nearest frame that has them (of two, the earlier).
[[nodiscard]] iso::compute::Array zero_filled(const iso::mri::SeriesProblem& problem, const ZeroFilledOptions& options);

}  // namespace dynamic_mri
