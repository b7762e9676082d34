#pragma once

#include "iso/compute/backend.h"
#include "iso/data/dataset.h"
#include "iso/solvers/progress.h"
#include "iso/tomography/region.h"
#include "iso/tomography/scan_parameters.h"

#include <cstdint>
#include <string>
#include <vector>

/// What stands between the parameters of a reconstruction and a solver: which views, on which grid, A x = p on a back end, and
/// the image as the user wants it.
namespace iso::tomography {

/// A scan made ready, without its readings.
struct ScanPlan {
  std::vector<std::int64_t> views;  ///< those kept
  std::int64_t views_measured{0};
  ProjectionGeometry geometry;  ///< of the views kept
  VoxelGrid grid;               ///< holds everything the detector sees
  Region region;                ///< of the grid, what is kept in the end
  double radius_mm{0};          ///< of the field of view

  [[nodiscard]] bool all_views() const noexcept { return static_cast<std::int64_t>(views.size()) == views_measured; }
  [[nodiscard]] compute::RayTransform ray_transform() const { return {geometry, grid}; }
  [[nodiscard]] ArraySpec image() const { return {grid.shape(), ScalarType::f32}; }
  [[nodiscard]] ArraySpec readings() const { return {geometry.sinogram_shape(), ScalarType::f32}; }
};
/// A parameter that does not fit the scan.
struct ScanMismatch {
  std::string parameter, sentence;
};
[[nodiscard]] std::vector<ScanMismatch> mismatches(const ProjectionGeometry& measured,
                                                   const ScanParameters& parameters);
/// Throws invalid_input: no views, the first mismatch, a region of interest outside the field of view.
[[nodiscard]] ScanPlan plan_scan(const ProjectionGeometry& measured, const ScanParameters& parameters);

/// The problem A x = p on a back end, f32. Readings that are f32 and all used are not copied on a host back end.
struct ScanProblem {
  const compute::Backend& backend;
  compute::Stream& stream;
  ProjectionGeometry geometry;
  VoxelGrid grid;
  compute::OperatorPtr a;
  compute::Array readings;
  double noise{0};  ///< `noise_level` of the readings

  /// Throws shape_mismatch if readings and geometry of the scan contradict each other.
  ScanProblem(const Sinogram& scan, const ScanPlan& plan, const compute::Backend& on, compute::Stream& in);
};

/// How well an image explains the readings: r = A x - p.
struct Agreement {
  compute::Array residual;
  double rms{0};       ///< sqrt(mean r^2)
  double relative{0};  ///< |r| / |p|
};
[[nodiscard]] Agreement agreement(const ScanProblem& problem, const compute::Array& x);

/// A start for iterations: filtered back-projection where it is wished for and the scan allows it, otherwise zero; the log says which.
[[nodiscard]] compute::Array initial_image(const ScanProblem& problem, bool from_fbp, solvers::Progress& progress);

/// The image as the parameters ask for it: cut, masked, in units, in new memory. A scan that does not say that its axes are those of a patient
/// (meta "orientation") gives an image whose orientation is unknown.
[[nodiscard]] Volume finish_image(const Pixels& attenuation_per_mm, const ScanPlan& plan,
                                  const ScanParameters& parameters, const Metadata& scan_meta);

}  // namespace iso::tomography
