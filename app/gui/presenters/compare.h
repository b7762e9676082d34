#pragma once

#include "gui/model/document.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace iso::gui {

/// Metrics of one part of two images.
struct Figures {
  std::string part;  ///< "slice 12", "volume", "Rectangle 1"
  std::optional<double> psnr_db, ssim, nrmse, hfen, max_absolute;
  std::string problem;  ///< why there are none
};

/// Inputs of a comparison as a value for another thread; pixels are shared, not copied.
struct Comparison {
  std::string image, reference;  ///< names
  std::shared_ptr<const render::Raster> a, b;
  std::int64_t frame{0};
  std::int64_t slice{0};                                                   ///< of the third axis
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> regions;  ///< name, voxels
  std::string problem;  ///< not empty: cannot be compared, one sentence
};

/// Compares the base image with the compared one, which is the reference. Both must have one grid.
[[nodiscard]] Comparison make_comparison(const Document& document);
[[nodiscard]] Figures slice_figures(const Comparison& comparison);  ///< some milliseconds
[[nodiscard]] std::vector<Figures> all_figures(
    const Comparison& comparison);  ///< slice, volume, regions: for a thread of its own
/// base - compared, on the grid of both: of all frames where both have the same number, else of the frame that is shown. Throws
/// shape_mismatch.
[[nodiscard]] DatasetPtr make_difference(const Document& document);

}  // namespace iso::gui
