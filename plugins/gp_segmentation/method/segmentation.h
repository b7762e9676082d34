#pragma once

#include "method/solution.h"

#include <iso/data/label_map.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace gp_segmentation {

struct Answer {
  std::vector<std::uint16_t> labels;  ///< of the whole image
  double fraction{0};                 ///< 1: asking again would change nothing
  bool coarse{false};  ///< found on a grid twice as coarse: a preview, or a volume of more than 3e7 voxels
  Obedience told;
  std::size_t clicks{0};
  // Of the label marked last, where uncertainty is asked for and the rest is done; 0 where nothing was computed.
  std::vector<float> probability, deviation;
  std::vector<Hint> hints;
};

/// Segmentation by clicks: a function of the image, the labels before, all strokes and the options; what makes the next answer
/// faster is kept.
class Segmentation {
 public:
  /// `existing` has the size of the image or is empty.
  Segmentation(const iso::Volume& volume, std::vector<std::uint16_t> existing, const iso::compute::Backend& backend);
  ~Segmentation();
  Segmentation(const Segmentation&) = delete;
  Segmentation& operator=(const Segmentation&) = delete;

  /// The best answer until `enough`, which is asked after every step of some ten to a hundred milliseconds. Asked again with
  /// the same strokes and options it goes on.
  [[nodiscard]] Answer answer(std::span<const MarkStroke> strokes, const Options& options,
                              const std::function<bool()>& enough);
  [[nodiscard]] const Picture& picture() const noexcept { return picture_; }

 private:
  class Slices;
  class Box;
  Picture picture_;
  std::vector<std::uint16_t> existing_;
  const iso::compute::Backend* backend_;
  std::unique_ptr<Slices> slices_;
  std::unique_ptr<Box> box_;
};

/// Bytes that an image of that size takes beside itself.
[[nodiscard]] std::size_t memory_bytes(const PictureSize& size, const Options& options);

}  // namespace gp_segmentation
