#pragma once

#include "method/latent.h"

#include <cstdint>
#include <vector>

namespace gp_segmentation {

/// A place where a click would tell most: the largest variance over 1 + F^2 there.
struct Hint {
  Voxel at;
  double score{0};
};

/// What is asked of a patch.
struct Question {
  std::vector<Click> clicks;  ///< in voxels of the patch, no voxel twice
  std::vector<Click> marked;  ///< voxels that keep their labels
  std::vector<Click> further;
  std::vector<iso::compute::KernelCentre> further_centres;
  std::vector<double> further_weight;
  std::vector<std::uint16_t> existing;  ///< labels before; empty: none
  double mask_scale_mm{3};              ///< how fast one may leave them
  Options options;
  iso::compute::KernelScales scales;
};

/// The answer for one patch, found in steps that each take a fraction of a second: features slab by slab, posteriors, fields
/// slab by slab, then labels.
class Solution {
 public:
  /// `patch` must live as long.
  Solution(Patch& patch, Question question);
  [[nodiscard]] bool done() const noexcept { return stage_ == Stage::done; }
  [[nodiscard]] double fraction() const noexcept;
  void step();
  /// Ends before the labels are found: the fields are there and are taken.
  [[nodiscard]] bool fields_done() const noexcept { return stage_ >= Stage::labels; }
  [[nodiscard]] std::vector<LabelField> take_fields() { return std::move(fields_); }
  [[nodiscard]] const std::vector<std::uint16_t>& labels() const noexcept { return labels_; }
  [[nodiscard]] const Obedience& obedience() const noexcept { return told_; }

  /// Of the label, after `done`: probability, standard deviation and hints. Every second voxel is computed where there are more
  /// than 40 clicks; the others get the value of their neighbour.
  struct Uncertainty {
    std::vector<float> probability, deviation;
    std::vector<Hint> hints;
  };
  [[nodiscard]] Uncertainty uncertainty(std::uint16_t label);

 private:
  enum class Stage : std::uint8_t { features, posteriors, fields, labels, done };
  void find_posteriors();
  [[nodiscard]] std::vector<LabelPosterior> posteriors(const std::vector<std::vector<double>>& means,
                                                       const iso::compute::KernelScales& scales) const;
  void shorten_reach(const std::vector<std::vector<double>>& means);
  void add_next_field();
  void find_labels();
  void add_hints(std::span<const float> latent, Uncertainty& to) const;

  Patch* patch_;
  Question question_;
  Stage stage_{Stage::features};
  Heard heard_;
  std::vector<LabelPosterior> posteriors_;
  std::vector<LabelField> fields_;
  std::vector<std::vector<float>> latent_;  ///< fields before smoothing and obedience, where uncertainty is asked for
  std::size_t next_{0};                     ///< field times slab
  std::vector<std::uint16_t> labels_;
  Obedience told_;
};

/// Smoothing and the step of obedience on a field, on the grid of the image.
void finish_field(std::vector<float>& field, const Picture& picture, const std::vector<Click>& clicks,
                  std::uint16_t label, const iso::compute::KernelScales& scales, double smoothing, Obedience& told);

}  // namespace gp_segmentation
