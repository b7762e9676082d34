#pragma once

#include "method/stack.h"

#include <iso/tomography/planned_work.h>
#include <iso/tomography/total_variation.h>

#include <functional>
#include <optional>
#include <span>
#include <stop_token>

namespace sinogram_upsampling {

/// The image that a network begins from, as its card says: total variation of the strength and iterations of its training, in
/// 1/mm; or filtered back-projection without what lies below 0. Reports the first 85 % of the progress.
[[nodiscard]] iso::compute::Array starting_image(const iso::tomography::ScanProblem& problem,
                                                 const iso::models::Card& card, iso::solvers::Progress& progress);
[[nodiscard]] iso::tomography::PlannedWork plan_start(const iso::tomography::ScanPlan& plan,
                                                      const iso::models::Card& card);

/// What a network is run with.
struct Running {
  std::span<const iso::models::NetworkPtr> networks;
  std::size_t budget_bytes{0};
  std::stop_token stop{};
  std::function<void(double)> progress{};  ///< of the networks, 0 to 1
};

/// `unet`: the estimate (x, y, z), in units of water, of a residual U-Net from three channels a slice: the starting image s, F p,
/// and F (p - A s), which is what the start does not explain. Source: resources/models/training/isotrain/networks/unet.py (ours).
[[nodiscard]] iso::Pixels unet(const Stack& stack, const iso::Pixels& start, const iso::models::Card& card,
                               const Running& running);

/// `pd_unet`: the primal-dual U-Net of Ernst et al. (arXiv 2112.13443) with A and F between its graphs,
///
///     g = Z(p);  a = Z(A(mean f s));  h += D_i(h, a, g);  b = F(Z^-1(mean h)) / s;  f += U_i(f, b);  x = s mean f
///
/// over as many iterations as the card has pairs of graphs (dual_1, primal_1, ...). Z: mean and deviation of the readings of a
/// slice; s = 1.27, the 99th percentile of training images in units of water. Slice by slice.
[[nodiscard]] iso::Pixels pd_unet(const Stack& stack, const iso::Pixels& start, const iso::models::Card& card,
                                  const Running& running);

/// The four features of the card's out-of-domain score for each slice: mean, standard deviation and 99th percentile of the
/// starting image, and |A x - p| / |p|. Returns the highest score of all slices.
[[nodiscard]] double out_of_domain_score(const Stack& stack, const iso::Pixels& start,
                                         const iso::models::OutOfDomain& domain);

}  // namespace sinogram_upsampling
