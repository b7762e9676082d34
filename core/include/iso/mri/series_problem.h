#pragma once

#include "iso/compute/operators/coil_fourier.h"
#include "iso/compute/operators/non_uniform_fourier.h"
#include "iso/data/description.h"
#include "iso/data/k_space.h"
#include "iso/mri/coil_maps.h"
#include "iso/params/field.h"
#include "iso/solvers/progress.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

/// What stands between a scan in k-space and a solver: maps of the coils, one readout transform, one scale, A x = b on a back
/// end, and the series as the user wants it.
namespace iso::mri {

enum class MapSource : std::uint8_t { automatic, given, adaptive, eigenvector };
inline constexpr auto choice_names(MapSource) {
  return std::array<std::string_view, 4>{"automatic", "given", "adaptive", "eigenvector"};
}

/// What every reconstruction of a series asks about the scan. The parameters of a method derive from it and put
/// `series_fields` behind their own.
struct SeriesParameters {
  MapSource coil_maps = MapSource::automatic;
  int calibration_lines = 24;
  int spokes_per_frame = 0;
  int virtual_coils = 0;
  bool whiten = true;
  friend bool operator==(const SeriesParameters&, const SeriesParameters&) = default;
};

template <class P>
constexpr auto series_fields() {
  using params::field;
  return std::tuple{
      field<P, MapSource>("coil_maps", &P::coil_maps)
          .with_label("Coil maps")
          .with_help("Where the sensitivities of the coils come from. given: the scan holds them; adaptive: "
                     "from the centre of the mean over the frames; automatic: given where the scan has them."),
      field<P, int>("calibration_lines", &P::calibration_lines)
          .with_label("Calibration lines")
          .with_unit("lines")
          .in_range(4, 256)
          .as_advanced()
          .with_help("Lines of the centre that adaptive maps are made from, at most."),
      field<P, int>("spokes_per_frame", &P::spokes_per_frame)
          .with_label("Spokes per frame")
          .with_unit("spokes")
          .in_range(0, 100000)
          .with_help("Of a radial scan without frames: consecutive spokes that make one, 8, 13, 21 or 34 with the "
                     "golden angle. 0: the frames of the scan."),
      field<P, int>("virtual_coils", &P::virtual_coils)
          .with_label("Virtual coils")
          .with_unit("coils")
          .in_range(0, 1024)
          .as_advanced()
          .with_help("The coils are compressed to so many, which hold most of their energy. 0: they stay as they are."),
      field<P, bool>("whiten", &P::whiten)
          .with_label("Whiten")
          .as_advanced()
          .with_help("Mixes the coils so that their noise is equal and independent, where the scan has a noise scan.")};
}

/// Why a scan cannot be reconstructed with these parameters; empty if it can. Needs no samples.
[[nodiscard]] std::string unsuited(const KSpace& scan, const SeriesParameters& parameters);

/// The operator that a scan of this shape needs, without maps, mask and coordinates: what a plan is made on.
[[nodiscard]] compute::OperatorSpec outline_encoding(const KSpace& scan, const SeriesParameters& parameters);

/// The problem A x = b on a back end. Samples are those of the hybrid space (the readout transformed to x), divided by `scale`,
/// so that the mean image peaks near 1: weights then transfer from scan to scan.
///   scale   the 99.9th percentile of the absolute values of the mean over frames, its coils combined with the maps
/// A readout that is longer than the grid of the image is wide was oversampled: its middle is kept. With a mask that cuts lines the
/// samples stay in k-space, and A transforms the readout too: the series is as wide as the readout then, and `finish` keeps the middle. Maps
/// of the middle alone are taken to be 0 beyond it.
/// Of spokes and other free trajectories nothing is transformed first: samples stay where they are, times the root of their
/// density (iso/mri/radial.h), which A has too. Both are divided by a bound of the norm of A, by power iteration plus 5 %.
/// Lines are measured where the mask of the scan says so. The norm of A is at most 1, since maps are normalised.
/// *Ours*: weights are chosen for this scale; the percentile is that of the specification of RDLEDM.
struct SeriesProblem {
  const compute::Backend& backend;
  compute::Stream& stream;
  compute::CoilFourier encoding;  ///< with maps and mask; of a radial scan the image, coils, frames and maps alone hold
  compute::OperatorPtr a;
  compute::Array data;  ///< x, y, z, coil, frame; of a radial scan sample, coil, frame
  double scale{1};
  double acceleration{1};
  std::int64_t frames_without_lines{0};
  VoxelGrid grid;
  Axis frames;
  Shape lines{1, 1,
              1};  ///< samples of one coil and frame: x, y, z, or readout, spoke, 1. A mask of lines has its last two
  std::optional<compute::NonUniformFourier> radial{};  ///< with maps, coordinates and weights
  double gridding_scale{
      1};  ///< times Aᴴ b is the image by gridding, in its own brightness: the square of the bound of the norm

  /// Throws what `unsuited` says (unsupported), invalid_input for samples that are all 0 or maps that are, and as adaptive_maps.
  SeriesProblem(const KSpace& scan, const SeriesParameters& parameters, const compute::Backend& on, compute::Stream& in,
                solvers::Progress& progress);
  [[nodiscard]] ArraySpec series() const { return a->domain(); }
  /// A with other lines; of a radial scan with the spokes that the mask keeps.
  [[nodiscard]] compute::OperatorPtr with_mask(const Pixels& mask) const;
  /// From hybrid space to k-space: the transform of the readout (the identity where data are samples). Composed after an encoding it gives samples as they were
  /// measured, where a spike is one sample and not a line.
  [[nodiscard]] compute::OperatorPtr readout() const;
  /// A volume over time in the units of the scan: times the scale.
  [[nodiscard]] Volume finish(const compute::Array& x) const;

 private:
  void set_radial(const KSpace& scan);
};

/// The mean over the frames.
[[nodiscard]] Volume time_mean(const Volume& series);

}  // namespace iso::mri
