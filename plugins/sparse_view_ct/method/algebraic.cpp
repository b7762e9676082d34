#include "method/algebraic.h"

#include <iso/base/threads.h>
#include <iso/solvers/algebraic.h>
#include <iso/solvers/conjugate_gradient.h>
#include <iso/solvers/curve_limit.h>
#include <iso/tomography/filtered_backprojection.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace sparse_view_ct {

using namespace iso::tomography;
using iso::compute::Array;
using iso::solvers::Progress;

namespace {

// Changing a voxel of the whole image after a subset, of one thread: measured (README, section Time).
constexpr double seconds_of_a_voxel = 8.5e-9;

std::int64_t make_subsets(std::int64_t views, const SartOptions& options) {
  return options.subsets > 0 ? std::min<std::int64_t>(options.subsets, views) : views;
}

iso::solvers::AlgebraicOptions to_bounds(const SartOptions& options) {
  iso::solvers::AlgebraicOptions out{.relaxation = options.relaxation};
  if (options.non_negative) out.low = 0;
  if (options.maximum > 0) out.high = options.maximum;
  return out;
}

}  // namespace

std::vector<std::int64_t> visiting_order(std::int64_t subsets) {
  auto stride =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(std::lround(0.381966 * static_cast<double>(subsets))));
  while (std::gcd(stride, subsets) != 1) ++stride;
  std::vector<std::int64_t> order;
  order.reserve(static_cast<std::size_t>(subsets));
  for (std::int64_t i = 0; i < subsets; ++i) order.push_back(i * stride % subsets);
  return order;
}

Array reconstruct(const ScanProblem& problem, const SartOptions& options, Progress& progress) {
  const auto views = static_cast<std::int64_t>(problem.geometry.views().size());
  const auto count = make_subsets(views, options);
  std::vector<iso::solvers::Subset> subsets;
  for (const auto first : visiting_order(count)) {
    // A_s and p_s of the views s, s + S, s + 2S, ...
    std::vector<std::int64_t> of_subset;
    std::vector<Array> data;
    for (auto view = first; view < views; view += count) {
      of_subset.push_back(view);
      data.push_back(Array{problem.readings}.part(view, 1));
    }
    subsets.push_back(
        {problem.backend.make(iso::compute::RayTransform{problem.geometry.subset(of_subset), problem.grid}),
         std::move(data)});
  }
  progress.log(std::to_string(count) + " subsets of " + std::to_string((views + count - 1) / count) +
               " views, relaxation " + std::to_string(options.relaxation));
  Array x = progress.resumed() != nullptr ? problem.backend.allocate(problem.a->domain(), problem.stream)
                                          : initial_image(problem, options.start == Start::fbp, progress);
  const auto control = make_control(progress, options.iterations, 0, {0.05, 0.95, "SART"});
  iso::solvers::OrderedSubsets solver{std::move(subsets), to_bounds(options), problem.stream};
  solver.start(x, control.resume);
  progress.log(to_text(solver.run(control)));
  return x;
}

Work plan_work(const ScanPlan& plan, const SartOptions& options) {
  const auto views = static_cast<std::int64_t>(plan.views.size()), count = make_subsets(views, options);
  const auto scan = plan.readings().bytes();
  const auto largest = scan / static_cast<std::size_t>(views) * static_cast<std::size_t>((views + count - 1) / count);
  Work work;
  work.operators.push_back({plan.ray_transform(), 2.0 * options.iterations + 2});
  work.bytes = iso::solvers::OrderedSubsets::bytes(plan.image(), scan, largest) + plan.image().bytes();
  work.seconds = static_cast<double>(count) * options.iterations * seconds_of_a_voxel *
                 static_cast<double>(plan.grid.shape().count()) / std::max(1, iso::ThreadBudget::threads());
  return work;
}

Array reconstruct(const ScanProblem& problem, const CglsOptions& options, Progress& progress) {
  const auto& ops = problem.backend.vector();
  Array x = problem.backend.allocate(problem.a->domain(), problem.stream);
  iso::solvers::CglsOptions weight;
  if (options.l2 > 0) {
    // |A|_1 and |A|_inf, the largest column and row sums
    const auto sums = problem.a->abs_sums(problem.stream);
    weight.l2 =
        options.l2 * ops.max_abs(sums.columns.each, problem.stream) * ops.max_abs(sums.rows.each, problem.stream);
  }
  auto control = make_control(progress, options.iterations, 0, {0.05, 0.95, "conjugate gradients"});
  if (options.stop_at_noise && problem.noise > 0) {
    const auto readings = static_cast<double>(problem.a->range().shape.count());
    control.residual_target = options.noise_factor * problem.noise * std::sqrt(readings);
    iso::solvers::plot_limit(progress, "residual", control.residual_target);
    progress.log("discrepancy rule: ends at the residual " + std::to_string(control.residual_target) +
                 " (noise level " + std::to_string(problem.noise) + ")");
  }
  iso::solvers::Cgls solver{*problem.a, weight, problem.stream};
  solver.start(problem.readings, x, control.resume);
  progress.log(to_text(solver.run(control)));
  return x;
}

Work plan_work(const ScanPlan& plan, const CglsOptions& options) {
  Work work;
  work.operators.push_back({plan.ray_transform(), 2.0 * options.iterations + 1});
  work.bytes = iso::solvers::Cgls::bytes(plan.image(), plan.readings()) + plan.image().bytes();
  return work;
}

}  // namespace sparse_view_ct
