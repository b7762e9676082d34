#pragma once

#include "iso/data/dataset.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace iso::render {

/// The real number that is shown of a complex sample; ignored for real data.
enum class Part : std::uint8_t { magnitude, phase, real, imaginary };

/// A data set as it can be sliced: real pixels on a frame of three axes and an optional fourth
/// (time, coil, band). Volumes and label maps keep their LPS frame; a sinogram has the axes u, v, view and a k-space
/// readout, phase, partition, with one unit an index, and never gets anatomical letters.
struct Raster {
  Pixels pixels;  ///< the data set's own memory for real data; a new real array for complex data
  VoxelGrid frame;
  bool anatomical{true};
  /// False where the file does not say how the grid lies in the patient (a bare array): lengths are shown, but no letters.
  bool oriented{true};
  /// False where the file says no spacing and 1 mm was assumed: a scale bar would be a lie.
  bool measured{true};
  bool labels{false};
  /// Hounsfield units, or values that can hardly be anything else (air near -1000 and bone): opens in a window for tissue.
  bool computed_tomography{false};
  bool colour{false};    ///< frames 0, 1 and 2 are red, green and blue from 0 to 255, drawn together without a window
  bool stack{false};     ///< the third axis is no place but a pile of pictures of one scene: bands
  bool spectrum{false};  ///< magnitude of k-space, which spans decades: shown by its logarithm at first
  std::array<std::string, 4> axes{"L", "P", "S",
                                  "frame"};  ///< of raw data: "u", "v", "view"; not oriented: "x", "y", "z"
  std::string unit;                          ///< of the values: "HU", "1/mm", ""
  std::int64_t frames{1};
  /// Lowest and highest value, and the 0.1 and 99.9 percentiles, of a fixed sample of at most 2^20 elements.
  double low{0}, high{0}, low_percentile{0}, high_percentile{0};
  /// The window that the file asked for (DICOM), if any.
  std::optional<std::array<double, 2>> asked_window;  ///< width, centre
};

/// Throws type_mismatch for a table (which is drawn as curves), out_of_memory for a complex volume that does not fit.
[[nodiscard]] Raster make_raster(const DatasetPtr& data, Part part = Part::magnitude);

/// The value at an index, frame included; nothing outside.
[[nodiscard]] std::optional<double> value_at(const Raster& raster, const std::array<std::int64_t, 4>& index) noexcept;

}  // namespace iso::render
