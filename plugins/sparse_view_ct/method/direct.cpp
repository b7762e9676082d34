#include "method/direct.h"

#include <iso/tomography/coverage.h>
#include <iso/tomography/field_of_view.h>

#include <sstream>

namespace sparse_view_ct {

using namespace iso::tomography;

iso::compute::Array reconstruct(const ScanProblem& problem, const FbpOptions& options,
                                iso::solvers::Progress& progress) {
  const auto seen = field_of_view(problem.geometry);
  const auto covered = coverage(problem.geometry, {options.offset_weights, options.limited_angle});
  if (!covered.enough) progress.warn("limited angle: " + to_text(covered));
  const double complete = covered.complete_radius_mm;
  if (complete < seen.radius_mm - 2 * seen.resolution_mm) {
    std::ostringstream said;
    said << "the detector stands to one side and the views make no full turn: only within " << complete
         << " mm of the axis is every ray measured";
    progress.warn(said.str());
  }
  // x = B F W p
  return FilteredBackprojection{problem.backend, problem.geometry, problem.grid, options}(problem.readings,
                                                                                          problem.stream);
}

Work plan_work(const ScanPlan& plan, const FbpOptions& options) {
  Work work;
  work.refusal = why_not_covered(plan.geometry, {options.offset_weights, options.limited_angle});
  if (work.refusal) return work;
  for (auto& spec : FilteredBackprojection::operators(plan.geometry, plan.grid))
    work.operators.push_back({std::move(spec), 1});
  work.bytes = FilteredBackprojection::bytes(plan.geometry) + plan.image().bytes();
  return work;
}

}  // namespace sparse_view_ct
