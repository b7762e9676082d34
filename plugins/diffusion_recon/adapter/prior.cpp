#include "adapter/prior.h"

#include "method/priors.h"

#include <iso/base/error.h>
#include <iso/models/library.h>
#include <iso/models/runtime.h>

namespace diffusion_recon {

SlicePrior make_prior(const MaybeCard& card) {
  if (!card) return SlicePrior{total_variation_denoiser()};
  return SlicePrior{iso::models::make_denoiser(iso::models::load(*card).front(), card->multiple)};
}

MaybeCard find_prior(PriorKind prior, const std::string& network, iso::plugin::Plan& out) {
  if (prior != PriorKind::network) return {};
  MaybeCard card = iso::models::find_card(network, iso::models::places());
  if (!iso::models::is_denoiser(*card))
    out.refuse("the network '" + network +
                   "' is no denoiser; name one whose inputs are an image and sigma, such as diffusion_prior",
               iso::Errc::usage);
  return card;
}

MaybeCard read_prior(PriorKind prior, const std::string& network, iso::plugin::RunContext& context) {
  if (prior != PriorKind::network) return {};
  return iso::models::read_card(context.model(network).file);
}

void warn_of_size(const MaybeCard& card, std::int64_t width, const char* remedy, iso::plugin::RunContext& context) {
  if (!card || width == card->scan.size) return;
  const std::string trained = std::to_string(card->scan.size);
  context.warn("the images are " + std::to_string(width) + " pixels wide, '" + card->name +
               "' was trained on whole fields of " + trained + "; " + remedy + " " + trained);
}

void refuse(iso::plugin::Plan& plan, const iso::Error& error) {
  plan.refuse(std::string{error.what()} + (error.hint().empty() ? "" : "; " + error.hint()), error.code());
}

}  // namespace diffusion_recon
