#pragma once

#include "iso/geometry/vec3.h"

#include <array>
#include <cstdint>
#include <string>

namespace iso::io::detail {

/// What the header of an ISMRMRD file (/dataset/xml) says of the first encoding space.
struct IsmrmrdEncoding {
  std::array<std::int64_t, 3> matrix{};
  Vec3 fov_mm{};
  std::int64_t width{0};  // of the image, where the readout was oversampled
  std::string trajectory, calibration;
  bool ramps{false};                           // the header describes the gradient of an EPI readout
  std::array<std::int64_t, 2> centre{-1, -1};  // of phase and partition; -1 where the header does not say
};

/// Throws invalid_input for what is no sound XML, or gives no matrix and field of view.
[[nodiscard]] IsmrmrdEncoding ismrmrd_encoding(const std::string& xml);

}  // namespace iso::io::detail
