#pragma once

#include "adapter/parameters.h"
#include "method/problem.h"

#include <iso/models/card.h>
#include <iso/plugin/task.h>

#include <optional>

namespace diffusion_recon {

/// The card of the prior; none for total variation.
using MaybeCard = std::optional<iso::models::Card>;

/// Its graph is loaded where there is a card.
[[nodiscard]] SlicePrior make_prior(const MaybeCard& card);

/// Of a plan: the card that is installed, checked to be that of a denoiser. A plan that is refused says so in `out`.
[[nodiscard]] MaybeCard find_prior(PriorKind prior, const std::string& network, iso::plugin::Plan& out);
/// Of a run.
[[nodiscard]] MaybeCard read_prior(PriorKind prior, const std::string& network, iso::plugin::RunContext& context);

/// Says where the images of a run are not of the size that the network was trained on.
void warn_of_size(const MaybeCard& card, std::int64_t width, const char* remedy, iso::plugin::RunContext& context);

/// With its hint.
void refuse(iso::plugin::Plan& plan, const iso::Error& error);

}  // namespace diffusion_recon
