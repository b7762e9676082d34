#pragma once

#include "method/cube_pixels.h"
#include "method/unmix.h"

#include <iso/plugin/typed_task.h>

#include <optional>
#include <string>
#include <vector>

/// Between the data sets of the program and the arrays of the methods.
namespace spectral_unmixing {

inline constexpr const char* cube_help = "The cube: a spectrum in each pixel. Masked bands and pixels are left out.";
inline constexpr const char* spectra_help =
    "Spectra that are known, one a row: a library, or endmembers of another run. They are resampled to the bands of "
    "the cube.";
inline constexpr const char* regions_help =
    "Regions of the cube: the mean spectrum of each label is a known spectrum, after those of 'spectra'.";

/// The pixels of the cube and the known spectra on its bands. Bands that a known spectrum does not cover are left out of both.
struct Prepared {
  CubePixels cube;
  KnownSpectra known;
};
[[nodiscard]] Prepared prepare(const iso::plugin::Datasets& inputs, iso::plugin::RunContext& context);

/// Under the sum rule spectra must have the scale of the cube: where they are a hundred times larger or smaller, or more, they are
/// brought to it by a power of ten, with a warning. Reflectance comes as parts of 1, in percent and times 10000.
[[nodiscard]] KnownSpectra at_scale_of_cube(const Prepared& prepared, iso::plugin::RunContext& context);

/// How many known spectra the inputs will give, as far as their descriptions say; nothing where regions are among them.
[[nodiscard]] bool has_known(const iso::plugin::Descriptions& inputs);

/// Endmembers as a spectral library over all bands of the cube, missing where a band was left out.
[[nodiscard]] iso::DatasetPtr make_library(const iso::SpectralCube& cube, const CubePixels& pixels,
                                           const Matrix& endmembers, const std::vector<std::string>& names);
/// A map of each component.
[[nodiscard]] iso::DatasetPtr make_abundances(const iso::SpectralCube& cube, const CubePixels& pixels,
                                              std::span<const float> values, const std::vector<std::string>& names);
/// One map.
[[nodiscard]] iso::DatasetPtr make_image(const CubePixels& pixels, std::span<const float> values,
                                         iso::Quantity quantity);
/// What became of every band of the cube: centre, used, weight, rms of the residual.
[[nodiscard]] iso::DatasetPtr make_band_table(const iso::SpectralCube& cube, const CubePixels& pixels,
                                              const Unmixing& result);
/// What can be said of every endmember: mean and largest abundance, angle to its start.
[[nodiscard]] iso::DatasetPtr make_summary(const Unmixing& result, std::int64_t pixels);

/// All of it, and the figures of the record.
[[nodiscard]] iso::plugin::Datasets deliver(const iso::SpectralCube& cube, const CubePixels& pixels,
                                            const Unmixing& result, iso::plugin::RunContext& context);
/// The ports that `deliver` fills.
[[nodiscard]] std::span<const iso::plugin::Port> unmixing_outputs() noexcept;
/// Cube, known spectra, regions.
[[nodiscard]] std::span<const iso::plugin::Port> unmixing_inputs() noexcept;

/// Width, height, bands of a cube, and what a run of `iterations` over `components` needs. Adds descriptions of the outputs.
struct CubeSize {
  std::int64_t width{0}, height{0}, bands{0};
  [[nodiscard]] std::int64_t pixels() const { return width * height; }
};
[[nodiscard]] CubeSize cube_size(const iso::SpectralCube& cube);
/// Refuses regions of another size than the cube, and more components than it has bands or pixels.
void check_inputs(const iso::plugin::Descriptions& inputs, std::int64_t components, iso::plugin::Plan& plan);
void plan_unmixing(const iso::SpectralCube& cube, std::int64_t components, double iterations, bool scaled_copy,
                   iso::plugin::Plan& plan);
/// Refuses numbers of components that the cube cannot hold.
void check_components(const CubeSize& size, std::int64_t components, iso::plugin::Plan& plan);

}  // namespace spectral_unmixing
