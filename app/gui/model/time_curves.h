#pragma once

#include "document.h"

#include <optional>
#include <string>
#include <vector>

/// Values over the frames of a series: of a region or a point, and of each frame as a whole.
namespace iso::gui {

/// What is read off a curve, in the unit of the values and of the frames.
struct TimeFigures {
  double peak{0};          ///< the highest value
  double time_to_peak{0};  ///< from the first frame on
  /// The steepest rise between neighbouring frames up to the peak; nothing where the peak is the first frame.
  std::optional<double> rise;
  /// Slope of the straight line of least squares through the peak and what follows; nothing with fewer than two frames.
  std::optional<double> fall;
};

struct TimeCurve {
  std::string name;
  std::vector<double> at, mean, deviation;  ///< a frame each; deviation of the sample (n - 1), 0 for one voxel
  std::string time_unit;                    ///< "s"; "frame" where the file does not say when its frames were measured
  std::string value_unit;
  TimeFigures figures;
};

/// Of a region, or of the voxel of a point, over all frames of its series; nothing without frames or without a voxel. NaN
/// values of a frame are left out.
[[nodiscard]] std::optional<TimeCurve> make_time_curve(const Item& item, const Measurement& measurement);

/// The root mean square of each frame, of at most `most_samples` voxels of all frames together, evenly spread.
[[nodiscard]] std::optional<TimeCurve> make_frame_curve(const Item& item, std::size_t most_samples = 1U << 20U);

/// The columns of a table that says something of every frame: one with a column "frame", counted from 0. Frames are counted from 1
/// along the curve. Empty for other data.
[[nodiscard]] std::vector<TimeCurve> make_table_curves(const Item& item);

/// Frames whose value lies further from the median than 4 times 1.4826 medians of the absolute deviation (Iglewicz and Hoaglin
/// ask for 3.5), which is the standard deviation where values are normal. Empty where at least half of them are equal.
[[nodiscard]] std::vector<std::size_t> frames_that_stand_out(const std::vector<double>& values);

}  // namespace iso::gui
