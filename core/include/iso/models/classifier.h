#pragma once

#include "iso/models/network.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace iso::models {

/// Scores of classes for each image of a batch (W, H, C, B), f32; the highest decides, the lower class at equal scores.
class Classifier {
 public:
  virtual ~Classifier();
  [[nodiscard]] virtual std::int64_t classes() const noexcept = 0;
  /// (classes, B). Throws shape_mismatch, type_mismatch, cancelled.
  [[nodiscard]] virtual Pixels scores(const Pixels& images, const std::stop_token& stop = {}) const = 0;
  [[nodiscard]] std::vector<std::int64_t> classify(const Pixels& images, const std::stop_token& stop = {}) const;
};
using ClassifierPtr = std::shared_ptr<const Classifier>;

/// A network of one image input with an output (classes, B). Throws invalid_input if it has other inputs or an output without
/// classes.
[[nodiscard]] ClassifierPtr make_classifier(NetworkPtr network);

/// Why a network cannot be smoothed as a classifier, each a sentence that says what to do; empty if it can. Runs it on images of noise where
/// its shape allows: scores must be finite, the same for an image in another batch, and depend on the image.
[[nodiscard]] std::vector<std::string> what_classifier_lacks(const Network& network);

/// score_c = <w_c, x> + b_c: the classifier whose certified radius is known in closed form. Needs no file. `weights` (W, H, C,
/// classes), f32. Throws shape_mismatch, type_mismatch.
[[nodiscard]] ClassifierPtr linear_classifier(Pixels weights, std::vector<double> biases);

}  // namespace iso::models
