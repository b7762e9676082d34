#pragma once

#include <iso/data/dataset.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

/// The real scans that the figures of this plugin are made with, read from the shared data folder.
namespace sparse_view_ct::real {

/// ISO_SHARED_DATA (environment, then build setting), or nothing if the folder is not there.
[[nodiscard]] std::optional<std::filesystem::path> shared_data();
/// One sentence for GTEST_SKIP.
[[nodiscard]] std::string why_absent();

inline constexpr double water_per_mm = 0.0192;
inline constexpr double pixel_mm = 0.8;

/// Slice `index` of the 75 chest slices of 41 patients, 512 x 512, as attenuation in 1/mm on pixels of 0.8 mm: the nominal
/// pixel of the sparse-view literature, whatever the true one was. Values under -1024 HU are padding and become air.
[[nodiscard]] iso::Volume chest_slice(int index);
/// Likewise the slice that ships in resources/samples, of a patient of its own; there without the shared data.
[[nodiscard]] iso::Volume sample_slice();

/// The flat fan of that literature: source to axis 1075 pixels, axis to detector 1075, 672 elements of 2 pixels, full turn.
[[nodiscard]] iso::ProjectionGeometry fan(std::int64_t views);

/// Line integrals by bilinear samples one pixel apart, which is not how the reconstruction models rays.
[[nodiscard]] iso::Sinogram project_by_samples(const iso::Volume& slice, const iso::ProjectionGeometry& geometry);

/// The neutron scan: 459 views over 360 * 458/458 degrees with the end point, parallel, axis at element 245.0, element 1 mm.
/// Transmission over 47047 unattenuated; the 214 readings of 0 are filled in along the row before the logarithm.
[[nodiscard]] iso::Sinogram neutron_scan();

/// A Helsinki scan, name "ta", "tc" or "solid_disc": fan beam, views half a degree apart over 60, 40 or 30 degrees.
[[nodiscard]] iso::Sinogram helsinki_scan(const std::string& name);

/// The thin-slice chest volume in 1/mm on cubes of 1.5625 mm (its thickness of 1 mm is averaged), 256 x 256 x `slices` around
/// the middle; and the mean over cubes of `step` voxels a side.
[[nodiscard]] iso::Volume chest_volume(std::int64_t slices);
[[nodiscard]] iso::Volume coarser(const iso::Volume& volume, std::int64_t step);

/// A circular cone beam that sees all of the chest volume: source to axis 1000 mm, to detector 1500, elements as large as a
/// voxel of `voxel_mm` at the axis.
[[nodiscard]] iso::ProjectionGeometry cone(double voxel_mm, double height_mm, std::int64_t views);

}  // namespace sparse_view_ct::real
