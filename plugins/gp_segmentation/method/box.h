#pragma once

#include "method/segmentation.h"

namespace gp_segmentation {

/// All three dimensions at once, within the box that clicks reach: first on a grid twice as coarse, then in full.
class Segmentation::Box {
 public:
  Box(const Picture& picture, const std::vector<std::uint16_t>& existing, const iso::compute::Backend& backend)
      : picture_{picture}, existing_{existing}, backend_{backend} {}
  void answer(std::span<const MarkStroke> strokes, const Options& options, const std::function<bool()>& enough,
              Answer& to);

 private:
  void begin(std::span<const MarkStroke> strokes, const Options& options);
  void place_box(const std::vector<Click>& marked, double reach_mm);
  [[nodiscard]] Question question(const Picture& grid, const Voxel& factor) const;
  void finish_coarsely();
  void go_on(bool coarsely, const std::function<bool()>& enough);
  void put_labels(const Voxel& size, Answer& to) const;
  void put_uncertainty(const Voxel& size, Answer& to) const;

  const Picture& picture_;
  const std::vector<std::uint16_t>& existing_;
  const iso::compute::Backend& backend_;
  // What the present answer is to.
  std::vector<MarkStroke> strokes_;
  Options options_;
  bool asked_{false};
  Marked said_;
  iso::compute::KernelScales scales_;
  Voxel low_{}, high_{}, factor_{1, 1, 1};
  std::unique_ptr<Patch> coarse_, full_;
  std::unique_ptr<Solution> first_, second_;
  std::vector<std::uint16_t> preview_, labels_;  ///< of the box
  Obedience told_;
};

}  // namespace gp_segmentation
