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

/// The flat fan of that literature: source to axis 1075 pixels, axis to detector 1075, 672 elements of 2 pixels, full turn.
[[nodiscard]] iso::ProjectionGeometry fan(std::int64_t views);

/// Line integrals by bilinear samples one pixel apart, which is not how the reconstruction models rays.
[[nodiscard]] iso::Sinogram project_by_samples(const iso::Volume& slice, const iso::ProjectionGeometry& geometry);

/// The neutron scan: 459 views over 360 * 458/458 degrees with the end point, parallel, axis at element 245.0, element 1 mm.
/// Transmission over 47047 unattenuated; the 214 readings of 0 are filled in along the row before the logarithm.
[[nodiscard]] iso::Sinogram neutron_scan();

/// The thin-slice chest volume in 1/mm, every `step`-th voxel of it averaged, `slices` thick around the middle.
[[nodiscard]] iso::Volume chest_volume(int step, int slices);

}  // namespace sparse_view_ct::real
