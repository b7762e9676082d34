#pragma once

#include "slice_cut.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace iso::render {

/// The pixels of a picture: each layer is resampled on the plane at the resolution of the screen, windowed, coloured, and blended
/// over the layers below. Unchanged steps are cached: a moved crosshair computes nothing, a window drag only colours.
class SliceImage {
 public:
  /// 0xffRRGGBB, rows from the top; `width` and `height` in device pixels.
  const std::vector<std::uint32_t>& make(const SlicePicture& picture, int width, int height);
  /// Number of times pixels were computed.
  [[nodiscard]] std::uint64_t made() const noexcept { return made_; }

 private:
  struct Shown {  ///< what the pixels were made of, besides the cuts
    std::array<double, 3> background{};
    double reveal{1};
    std::vector<Display> displays;
    int width{0}, height{0};
    friend bool operator==(const Shown&, const Shown&) = default;
  };
  struct Cuts {
    std::array<SliceCut, 3> parts;  ///< red, green and blue of a layer in colours, else the first alone
  };
  std::vector<Cuts> cuts_;
  std::vector<std::uint32_t> pixels_;
  Shown shown_;
  std::uint64_t made_{0};
};

}  // namespace iso::render
