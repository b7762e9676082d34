#pragma once

#include <cstdint>
#include <vector>

namespace iso::gui {

/// Which pictures of a view are exported, and how.
struct PictureSeries {
  enum class Along : std::uint8_t { slices, frames };
  Along along{Along::slices};
  std::int64_t first{0}, last{-1};  ///< from 0 on, both included; -1: the last there is
  std::int64_t step{1};
  double factor{1};  ///< size of a picture in that of the view
  bool words{true};  ///< letters, scale bar, texts and crosshair; what says that an image is an estimate always stays
  bool movie{false};
  double frames_a_second{10};  ///< of a movie
};

/// The numbers of the slices or frames, of `count`. Empty for a range without any.
[[nodiscard]] std::vector<std::int64_t> picture_numbers(const PictureSeries& series, std::int64_t count);

}  // namespace iso::gui
