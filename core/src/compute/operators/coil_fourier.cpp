#include "iso/compute/operators/coil_fourier.h"

#include "iso/base/error.h"

namespace iso::compute {

void CoilFourier::check() const {
  if (image.rank() != 3 || image.count() == 0 || coils < 1 || frames < 1)
    throw Error{Errc::invalid_input, "the coil Fourier transform was asked for an image of " + image.text() + ", " +
                                         std::to_string(coils) + " coils and " + std::to_string(frames) +
                                         " frames; it takes x, y, z and at least one of each"};
  if (sign != -1 && sign != 1)
    throw Error{Errc::invalid_input,
                "the sign of a Fourier transform is " + std::to_string(sign) + ", it must be -1 or 1"};
  if (!sensitivities.empty() && sensitivities.spec() != map_spec())
    throw Error{Errc::shape_mismatch, "the coil maps are " + sensitivities.spec().shape.text() + ", expected " +
                                          map_spec().shape.text() + " of the type of the images"};
  const ArraySpec lines{{image[1], image[2], frames}, ScalarType::u8},
      samples{{image[0], image[1], image[2], frames}, ScalarType::u8};
  if (!mask.empty() && mask.spec() != lines && mask.spec() != samples)
    throw Error{Errc::shape_mismatch, "the mask is " + mask.spec().shape.text() + ", expected " + lines.shape.text() +
                                          " or " + samples.shape.text() + " (u8)"};
}

}  // namespace iso::compute
