#include "iso/compute/operators/unfolding.h"

#include "iso/base/error.h"

namespace iso::compute {

std::int64_t Unfolding::blocks(std::size_t axis) const noexcept {
  return (image[axis] + shift[axis] + patch[axis] - 1) / patch[axis];
}

std::int64_t Unfolding::rows() const noexcept {
  switch (kind) {
    case Kind::patches: return patch[0] * patch[1] * patch[2];
    case Kind::readout: return image[1] * image[2] * frames;
    case Kind::phase: return image[0] * image[2] * frames;
  }
  return 0;
}

std::int64_t Unfolding::columns() const noexcept {
  return kind == Kind::patches ? frames : kind == Kind::readout ? image[0] : image[1];
}

std::int64_t Unfolding::matrices() const noexcept {
  return kind == Kind::patches ? blocks(0) * blocks(1) * blocks(2) : 1;
}

void Unfolding::check() const {
  if (image.rank() != 3 || image.count() == 0 || frames < 1)
    throw Error{Errc::invalid_input, "an unfolding was asked for of an image of " + image.text() + " and " +
                                         std::to_string(frames) + " frames; it takes x, y, z and at least one frame"};
  if (kind != Kind::patches) return;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (patch[axis] < 1 || shift[axis] < 0 || shift[axis] >= patch[axis])
      throw Error{Errc::invalid_input, "patches of " + std::to_string(patch[axis]) + " voxels were shifted by " +
                                           std::to_string(shift[axis]) +
                                           "; the shift goes from 0 to the extent less 1"};
  }
}

}  // namespace iso::compute
