#pragma once

#include "gui/model/composite.h"
#include "gui/model/document.h"

#include "iso/spectra/library.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iso::gui {

/// A spectrum beside the picture of its cube.
struct ShownSpectrum {
  std::string name;
  std::vector<double> mean;       ///< one a band; NaN where the band or the pixel is masked
  std::vector<double> deviation;  ///< n - 1, of several pixels; empty of one
  std::uint64_t pixels{1};        ///< with a spectrum
  Rgb colour{255, 255, 255};
};

/// The spectra of the base image, where that is a cube: of the pixel at a place, of points and regions (measurements on the
/// cube), and of the labels of a label map that lies over it. Regions take as long as reading their pixels: `pending` is
/// handed to another thread, and its answer to `take`.
class SpectraBoard {
 public:
  explicit SpectraBoard(Document& document) : document_{document} {}
  [[nodiscard]] const Item* item() const noexcept;          ///< null if the base image is no cube
  [[nodiscard]] const SpectralCube* cube() const noexcept;  ///< of the item
  [[nodiscard]] std::vector<double> centres() const;        ///< of the bands; empty without a cube
  [[nodiscard]] std::string axis_words() const;             ///< "nm"
  [[nodiscard]] std::int64_t band() const;                  ///< that is shown: where the crosshair is
  void go_to_band(std::int64_t band);                       ///< and shows bands
  [[nodiscard]] std::int64_t nearest_band(double centre) const;
  /// Ranges of centres that masked bands cover, half a band wider than their first and last.
  [[nodiscard]] std::vector<std::pair<double, double>> bad_ranges() const;
  /// Masks, or takes back, the bands whose centres lie in the range; an undo step. A word of refusal where none would be left.
  std::optional<std::string> mark_bands(double low, double high, bool good);

  /// Of the pixel at a place in the frame of the cube; nothing beside it.
  [[nodiscard]] std::optional<ShownSpectrum> at(const Vec3& place_mm) const;
  /// Pins the spectrum of a pixel: a point measurement. False beside the cube.
  bool pin(const Vec3& place_mm);

  using Spectra = std::vector<ShownSpectrum>;
  using Key = std::string;
  struct Work {
    Key key;
    std::function<Spectra()> make;                    ///< on any thread; holds all that it needs
    std::vector<std::shared_ptr<const void>> held{};  ///< what the key names by its place in memory
  };
  /// What has to be computed before `pinned` is up to date; nothing if it is.
  [[nodiscard]] std::optional<Work> pending() const;
  void take(const Work& work, Spectra spectra);
  /// Points and regions, then labels, as they were last taken.
  [[nodiscard]] const Spectra& pinned() const noexcept { return pinned_; }

  /// What is pinned as a library. Throws invalid_input if nothing is.
  [[nodiscard]] spectra::SpectralLibrary library() const;

 private:
  Document& document_;
  Spectra pinned_;
  Work taken_;
};

/// Library spectra beside a spectrum: those with the smallest spectral angle (rad) to it, best first, over the bands that
/// both have; *ours:* scaled to it by least squares, so that shapes can be compared. `values` at `centres`, NaN where
/// missing.
struct Match {
  std::size_t index{0};
  double angle_rad{0};
  std::vector<double> scaled;
};
[[nodiscard]] std::vector<Match> best_matches(const std::vector<double>& centres, const std::vector<double>& values,
                                              const spectra::SpectralLibrary& library, std::size_t count);

}  // namespace iso::gui
