#pragma once

#include "io/array_impl.h"

#include "iso/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

/// What of a data set the file that is written has no place for.
namespace iso::io::detail {

enum class Holds {
  all,     ///< our own file
  image,   ///< values, grid, even steps of time, quantity
  labels,  ///< the same, with the names of labels
  cube,    ///< values, bands, masks
  values,  ///< nothing else
};

class Losses {
 public:
  explicit Losses(Holds holds) : holds_{holds} {}

  void operator()(const Volume& volume) {
    const bool series = volume.pixels.spec().shape.rank() > 3 && volume.pixels.spec().shape[3] > 1;
    const bool even =
        volume.frames.values.empty() && volume.frames.unit == "s" && volume.frames.step > 0 && volume.frames.first == 0;
    if (!volume.mask.empty()) add("which of its voxels hold no value");
    if (series && !volume.frames.empty() && (bare() || !even))
      add(even ? "the time step of " + short_number(volume.frames.step) + " s"
               : "the positions along its fourth axis" +
                     (volume.frames.name.empty() ? std::string{} : " (" + volume.frames.name + ")"));
    if (bare()) add_grid(volume.grid);
    if (bare() && volume.quantity != Quantity::unknown) add("the quantity " + std::string{to_string(volume.quantity)});
  }
  void operator()(const LabelMap& map) {
    const bool named = std::ranges::any_of(map.names, [](const std::string& name) { return !name.empty(); });
    if (named && holds_ != Holds::labels) add("the names of its labels");
    if (bare()) add_grid(map.grid);
  }
  void operator()(const Sinogram& scan) {
    add("the geometry of the scan");
    if (!scan.mask.empty()) add("which of its elements are dead");
  }
  void operator()(const KSpace& scan) {
    if (!scan.trajectory.coordinates.empty()) add("the trajectory");
    if (!scan.trajectory.cartesian_mask.empty()) add("which lines were measured");
    if (!scan.trajectory.density_compensation.empty()) add("the weights of its samples");
    if (!scan.coil_sensitivities.empty()) add("the sensitivities of its coils");
    if (!scan.noise_covariance.empty()) add("the noise of its coils");
    if (!scan.frames.empty()) add("the times of its frames");
    if (scan.fourier_sign != -1) add("the sign of its transform");
    add_grid(scan.grid);
  }
  void operator()(const SpectralCube& cube) {
    if (holds_ == Holds::cube) return;
    if (!cube.bands.empty()) add("the positions of its bands");
    if (!cube.mask.empty() || !cube.band_mask.empty()) add("what of it is masked");
    if (bare() && cube.quantity != Quantity::unknown) add("the quantity " + std::string{to_string(cube.quantity)});
  }
  void operator()(const Table&) {}

  [[nodiscard]] std::string text() const {
    std::string list;
    for (const auto& one : lost_) list += (list.empty() ? "" : ", ") + one;
    return list;
  }

 private:
  [[nodiscard]] bool bare() const { return holds_ == Holds::values; }
  void add(std::string what) { lost_.push_back(std::move(what)); }
  void add_grid(const VoxelGrid& grid) {
    const Vec3& s = grid.spacing_mm;
    if (s != Vec3{1, 1, 1})
      add("its spacing of " + short_number(s[0]) + " x " + short_number(s[1]) + " x " + short_number(s[2]) + " mm");
    const VoxelGrid usual = VoxelGrid::centred(grid.size, grid.spacing_mm);
    const auto near = [](const auto& a, const auto& b) {
      return std::ranges::equal(a, b, [](double p, double q) { return std::abs(p - q) < 1e-6; });
    };
    if (!near(grid.origin_mm, usual.origin_mm) || !near(grid.direction, usual.direction))
      add("its place and direction");
  }
  Holds holds_;
  std::vector<std::string> lost_;
};

/// "its spacing of 0.5 x 0.5 x 2 mm, the time step of 1.5 s"; empty where nothing that is set is lost. Spacings of 1 mm about
/// the isocentre are what a bare array is taken for, and no loss.
[[nodiscard]] inline std::string losses(const Dataset& data, Holds holds) {
  if (holds == Holds::all) return {};
  Losses lost{holds};
  std::visit(lost, data);
  return lost.text();
}

}  // namespace iso::io::detail
