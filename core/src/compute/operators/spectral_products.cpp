#include "iso/compute/operators/spectral_products.h"

namespace iso::compute {

void SpectralProducts::check() const {
  if (pixels < 1 || bands < 1 || columns < 1)
    throw Error{Errc::invalid_input, "the spectral products have " + std::to_string(pixels) + " pixels, " +
                                         std::to_string(bands) + " bands and " + std::to_string(columns) +
                                         " columns, expected at least one of each"};
  const auto expect = [this](const ArraySpec& spec) {
    if (spec != spectra_spec())
      throw Error{Errc::shape_mismatch, "the spectra of spectral products have shape " + spec.shape.text() +
                                            ", expected " + spectra_spec().shape.text() + " of the same type"};
  };
  if (!spectra.empty()) expect(spectra.spec());
  if (resident) expect(resident.spec());
}

void SpectralProducts::expect_spectra() const {
  if (spectra.empty() && !resident) throw Error{Errc::invalid_input, "the spectral products have no spectra"};
}

}  // namespace iso::compute
