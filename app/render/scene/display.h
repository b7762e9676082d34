#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iso::render {

/// How values become grey, exactly as DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3 define it. `logarithm` is no function of DICOM:
/// three decades up to the upper end of the window, log(1 + 1000 x) / log(1001) for x of `linear_exact`; for k-space.
enum class VoiFunction : std::uint8_t { linear, linear_exact, sigmoid, logarithm };

/// Red, green, blue, opacity.
using Palette = std::vector<std::array<std::uint8_t, 4>>;

struct Display {
  double width{1}, centre{0};  ///< linear: width >= 1; others: width > 0
  VoiFunction voi{VoiFunction::linear};
  std::string colour_map{"grey"};
  bool inverted{false};
  double opacity{1};
  bool visible{true};
  bool interpolate{true};  ///< linear between voxels; labels never
  /// Values outside of it are clear; nothing: all are seen.
  std::optional<std::array<double, 2>> shown_range{};
  /// Colours of labels by number, entry 0 unused, repeated behind the last; null: those of the map "labels". Of an image:
  /// everything that is seen has the colour of entry 1.
  std::shared_ptr<const Palette> palette{};
  friend bool operator==(const Display&, const Display&) = default;
};

/// Position on the colour map, 0 to 1.
[[nodiscard]] double voi(const Display& display, double value) noexcept;

struct Raster;
/// Sets the window to what suits the values: their 0.1 to 99.9 percentile, or for a spectrum all of it by its logarithm.
void set_automatic_window(Display& display, const Raster& raster) noexcept;
/// The window that an image opens in: what its file asks for, soft tissue for a CT, else the automatic one.
void set_first_window(Display& display, const Raster& raster) noexcept;

/// Window presets of convention C3, keys 1 to 9.
struct WindowPreset {
  std::string_view name;
  double width, centre;
  char key;
};
[[nodiscard]] std::span<const WindowPreset> window_presets() noexcept;

/// "grey", "hot", "viridis", "inferno", "cool-warm", "phase" (cyclic) and "labels" (0 is clear).
[[nodiscard]] std::span<const std::string> colour_map_names();
[[nodiscard]] const std::vector<std::array<std::uint8_t, 4>>& colour_map(
    std::string_view name);  ///< 256 entries; grey if unknown

}  // namespace iso::render
