#pragma once

#include "method/unmix.h"

namespace spectral_unmixing {

/// Unmixing of counts: rows are divided by the root of their mean and columns by that of theirs, so that every value has about the
/// same variance, the scaled model is fitted by least squares, and the scales are taken out of E and A again. Exact for
/// Poisson counts of rank 1, near otherwise. Bands without counts and pixels without counts have abundances of 0.
/// Source   M. Keenan and P. Kotula, Surf. Interface Anal. 36 (2004) 203 (optimal scaling).
/// Errors   invalid_input for values below 0, and those of `unmix`.
[[nodiscard]] Unmixing unmix_counts(const PixelMatrix<float>& data, const KnownSpectra& known,
                                    const UnmixOptions& options, const Monitor& monitor);

}  // namespace spectral_unmixing
