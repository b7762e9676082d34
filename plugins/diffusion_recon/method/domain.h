#pragma once

#include "method/problem.h"

#include <iso/models/card.h>

namespace diffusion_recon {

/// How far a reconstruction lies from the images that a prior was trained on. The features of a slice x, in the unit of the network, are its
/// mean, standard deviation and 99th percentile, and how badly the prior removes noise of 0.1 from it, rms(D(x + 0.1 z) - x): an image that
/// the prior does not know is denoised badly. Returns the 90th percentile over the slices of the card's score. Ours.
[[nodiscard]] double out_of_domain_score(const SlicePrior& prior, const iso::Pixels& volume,
                                         const iso::models::OutOfDomain& domain, const std::stop_token& stop = {});

}  // namespace diffusion_recon
