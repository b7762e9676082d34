#pragma once

#include <QImage>
#include <QRect>
#include <QString>

#include <vector>

namespace iso::gui::test {

/// How far two pictures of the window are apart, in grey levels (0 to 255) of the channel that differs most.
struct PictureDifference {
  bool same_size{false};
  double mean{0};          ///< mean of |difference of 16 x 16 block means| over the picture
  double worst{0};         ///< of the block that differs most
  QPoint worst_at;         ///< its middle
  double changed_part{0};  ///< share of blocks that differ by more than a baseline's quantisation
  QImage picture;          ///< difference of the block means, four times brightened
};

/// Means of overlapping blocks are compared, not pixels: a stroke of text that another rasteriser smooths otherwise has the
/// same mean, a word that is missing or a button that has moved has not. `masked` are left out (what tells times).
[[nodiscard]] PictureDifference difference(const QImage& actual, const QImage& baseline,
                                           const std::vector<QRect>& masked = {});

/// Bounds of "looks the same", see pictures_test.cpp for what they let pass and what they find.
constexpr double most_of_a_block = 16, most_changed_part = 0.004;
[[nodiscard]] bool looks_the_same(const PictureDifference& found);

/// Colours in steps of 8, masked parts grey: small as a PNG, and near enough for block means.
[[nodiscard]] QImage quantised(const QImage& picture, const std::vector<QRect>& masked = {});

/// With a palette of 256 colours chosen for this picture (median cut), a third of the size as a PNG; nothing is dithered.
[[nodiscard]] QImage few_colours(const QImage& picture);

/// Compares with the baseline of that name, or replaces it where the environment has ISO_RENEW_BASELINES=1. Empty when they
/// look the same; else a sentence that names actual, baseline and difference, written beside each other.
[[nodiscard]] QString compare_with_baseline(const QImage& actual, const QString& name,
                                            const std::vector<QRect>& masked = {});

}  // namespace iso::gui::test
