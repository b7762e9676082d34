#pragma once

#include "method/watch.h"

#include <iso/compute/backend.h>
#include <iso/data/dataset.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sparse_view_ct {

/// What every method of this plugin is asked about the scan and the image.
struct Request {
  std::int64_t use_views{0};            ///< equally spaced views to keep; 0: all
  std::int64_t size{0};                 ///< voxels across; 0: as many as the field of view needs
  double spacing_mm{0};                 ///< 0: the detector element seen at the axis
  std::vector<double> roi_centre_mm{};  ///< empty: the isocentre
  std::vector<double> roi_size_mm{};    ///< empty: the whole field of view
};

/// A scan made ready: the views to keep, as f32, and the grid that holds everything the detector sees.
struct Prepared {
  iso::Sinogram scan;
  iso::VoxelGrid grid;
  double radius_mm{0};  ///< of the field of view
  std::int64_t views_measured{0};
};

/// Throws invalid_input or shape_mismatch, naming what is at fault.
[[nodiscard]] Prepared prepare(const iso::Sinogram& scan, const Request& request);
/// The same without copying readings, for estimates: `scan.readings` is left empty.
[[nodiscard]] Prepared plan(const iso::Sinogram& scan, const Request& request);

/// Voxels of `grid` whose centres lie in the box; the whole grid if the request has no region. Iterative methods must
/// reconstruct everything that the rays cross, so the region is cut out at the end. Throws invalid_input if nothing is left.
struct Region {
  std::array<std::int64_t, 3> first{0, 0, 0};
  iso::VoxelGrid grid;
};
[[nodiscard]] Region region_of(const iso::VoxelGrid& grid, const Request& request);
[[nodiscard]] iso::PixelBlock cut(const iso::PixelBlock& volume, const Region& region);

/// The problem A x = p on a back end.
struct Problem {
  const iso::compute::Backend& backend;
  iso::compute::Stream& stream;
  iso::ProjectionGeometry geometry;
  iso::VoxelGrid grid;
  iso::compute::OperatorPtr a;
  iso::compute::Array readings;
  double noise{0};  ///< `noise_level` of the readings

  /// Uploads the readings and lets go of the copy in `prepared`.
  Problem(Prepared& prepared, const iso::compute::Backend& on, iso::compute::Stream& in);
};

[[nodiscard]] iso::compute::RayTransform ray_transform(const Prepared& prepared);

/// Why filtered back-projection cannot reconstruct this scan; nothing if it can. One sentence.
[[nodiscard]] std::optional<std::string> refusal_of_fbp(const iso::ProjectionGeometry& geometry);

/// How well the image explains the readings: r = A x - p.
struct Agreement {
  iso::compute::Array residual;
  double rms{0};       ///< sqrt(mean r^2)
  double relative{0};  ///< |r| / |p|
};
[[nodiscard]] Agreement agreement(const Problem& problem, const iso::compute::Array& x);

/// A start for iterations: filtered back-projection where the scan allows it, otherwise zero; the log says which.
[[nodiscard]] iso::compute::Array start_image(const Problem& problem, bool from_fbp, const Watch& watch);

/// Seconds that one projection or back-projection takes with the present threads, from the throughput measured on the
/// CPU back end of one machine (README, section Time, which says how to repeat it).
[[nodiscard]] double seconds_of_projection(const Prepared& prepared);
/// Seconds that changing the whole image takes beside the projections, where a method does so for every few views.
[[nodiscard]] double seconds_of_update(const Prepared& prepared);

}  // namespace sparse_view_ct
