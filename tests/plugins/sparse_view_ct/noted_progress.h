#pragma once

#include "method/algebraic.h"
#include "method/direct.h"
#include "method/work.h"

#include <iso/tomography/total_variation.h>

#include <iso/tomography/scan_problem.h>

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace sparse_view_ct {

/// What a method said, for tests; and the checkpoint of an iteration.
struct NotedProgress final : iso::solvers::Progress {
  std::string said;
  std::map<std::string, double, std::less<>> figures;
  std::int64_t checkpoint_at{0}, asked{0};
  std::optional<iso::Checkpoint> kept, resume_from;

  void log(std::string_view text) override { said += std::string{text} + "\n"; }
  void warn(std::string_view text) override { said += "warning: " + std::string{text} + "\n"; }
  void figure(std::string_view name, double value, std::string_view) override { figures[std::string{name}] = value; }
  bool wants_checkpoint() override { return ++asked == checkpoint_at; }
  void keep(const iso::Checkpoint& state) override { kept = state; }
  const iso::Checkpoint* resumed() const noexcept override { return resume_from ? &*resume_from : nullptr; }
};

/// Scan parameters of a grid of `size` voxels across.
inline iso::tomography::ScanParameters on_grid(std::int64_t size, double spacing_mm, int use_views = 0) {
  iso::tomography::ScanParameters out;
  out.size = static_cast<int>(size);
  out.spacing_mm = spacing_mm;
  out.use_views = use_views;
  return out;
}

inline iso::tomography::ScanProblem make_problem(const iso::Sinogram& scan,
                                                 const iso::tomography::ScanParameters& parameters,
                                                 const iso::compute::Backend& backend, iso::compute::Stream& stream) {
  return {scan, iso::tomography::plan_scan(scan.geometry, parameters), backend, stream};
}

/// The image by a method that nobody watches.
template <class Options>
iso::compute::Array reconstruct(const iso::tomography::ScanProblem& problem, const Options& options) {
  iso::solvers::Progress silent;
  return reconstruct(problem, options, silent);
}

}  // namespace sparse_view_ct
