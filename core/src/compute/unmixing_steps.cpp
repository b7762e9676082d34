#include "iso/compute/unmixing_steps.h"

#include "iso/compute/backend.h"

namespace iso::compute {

UnmixingSteps::~UnmixingSteps() = default;
OffersUnmixingSteps::~OffersUnmixingSteps() = default;

const UnmixingSteps* find_unmixing_steps(const Backend& backend) noexcept {
  const auto* const offers = dynamic_cast<const OffersUnmixingSteps*>(&backend);
  return offers == nullptr ? nullptr : &offers->unmixing_steps();
}

namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error{Errc::shape_mismatch, "the arrays of an unmixing step do not fit each other: " + what};
}

bool is_real(const Array& x) { return x.spec().type == ScalarType::f32 || x.spec().type == ScalarType::f64; }

}  // namespace

void check_update(const AbundanceRule& rule, const Array& products, const Array& a, const Array& p) {
  if (!is_real(a) || a.spec().shape.rank() != 2) refuse("abundances of shape " + a.spec().shape.text());
  const std::int64_t pixels = a.spec().shape[0], k = a.spec().shape[1];
  if (rule.abundances && products.spec() != a.spec()) refuse("products of shape " + products.spec().shape.text());
  if (p.spec() != ArraySpec{Shape{pixels}, a.spec().type}) refuse("exponents of shape " + p.spec().shape.text());
  if (static_cast<std::int64_t>(rule.curvature.size()) != k * k)
    throw Error{Errc::invalid_input, "the curvature of an unmixing step has " + std::to_string(rule.curvature.size()) +
                                         " values for " + std::to_string(k) + " components"};
}

void check_band_squares(const Array& spectra, const Array& endmembers, const Array& a) {
  if (!is_real(a) || a.spec().shape.rank() != 2 || spectra.spec().shape.rank() != 2)
    refuse("abundances of shape " + a.spec().shape.text());
  const std::int64_t bands = spectra.spec().shape[1], k = a.spec().shape[1];
  if (spectra.spec() != ArraySpec{{a.spec().shape[0], bands}, a.spec().type})
    refuse("spectra of shape " + spectra.spec().shape.text());
  if (endmembers.spec() != ArraySpec{{bands, k}, a.spec().type})
    refuse("endmembers of shape " + endmembers.spec().shape.text());
}

}  // namespace iso::compute
