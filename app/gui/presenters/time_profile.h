#pragma once

#include "gui/model/document.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace iso::gui {

/// Values along a line in every frame of a series as an image: position on the line to the right, frames downwards.
struct TimeProfile {
  /// f32, one unit an index: axis 0 from the line's first point on, axis 1 the frames.
  std::shared_ptr<const render::Raster> picture;
  double length_mm{0};  ///< of axis 0
  std::string name;     ///< of the line
  std::uint64_t measurement{0};
  ItemId item{0};
};

/// The line of the time profile: the last line measurement on the base image, if that has frames; null without one.
[[nodiscard]] const Measurement* time_profile_line(const Document& document);

/// Makes the profile of that line, and keeps it until the line or the image changes.
class TimeProfiles {
 public:
  explicit TimeProfiles(const Document& document) : document_{document} {}
  /// Null without a line, or with one beside the data.
  [[nodiscard]] const TimeProfile* current();

 private:
  const Document& document_;
  std::shared_ptr<const render::Raster> raster_;
  Measurement line_;
  std::optional<TimeProfile> profile_;
};

}  // namespace iso::gui
