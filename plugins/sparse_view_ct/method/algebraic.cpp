#include "method/algebraic.h"

#include "method/preparation.h"

#include <iso/solvers/algebraic.h>
#include <iso/solvers/conjugate_gradient.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sparse_view_ct {

using iso::compute::Array;

std::vector<std::int64_t> visiting_order(std::int64_t subsets) {
  auto stride =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(std::lround(0.381966 * static_cast<double>(subsets))));
  while (std::gcd(stride, subsets) != 1) ++stride;
  std::vector<std::int64_t> order;
  for (std::int64_t i = 0; i < subsets; ++i) order.push_back(i * stride % subsets);
  return order;
}

Array sart(const Problem& problem, const SartOptions& options, const Watch& watch) {
  const auto views = static_cast<std::int64_t>(problem.geometry.views().size());
  const auto subsets = options.subsets > 0 ? std::min(options.subsets, views) : views;
  iso::Sinogram scan;
  scan.geometry = problem.geometry;
  scan.readings = problem.backend.download(problem.readings, problem.stream);
  std::vector<iso::compute::OperatorPtr> operators;
  std::vector<Array> data;
  for (const auto subset : visiting_order(subsets)) {
    std::vector<std::int64_t> of_subset;
    for (auto view = subset; view < views; view += subsets) of_subset.push_back(view);
    const auto part = keep_views(scan, of_subset);
    operators.push_back(problem.backend.make(iso::compute::RayTransform{part.geometry, problem.grid}));
    data.push_back(problem.backend.upload(part.readings, problem.stream));
  }
  scan.readings = {};
  watch.log(std::to_string(subsets) + " subsets of " + std::to_string((views + subsets - 1) / subsets) +
            " views, relaxation " + std::to_string(options.relaxation));
  Array x = watch.resumed ? problem.backend.allocate(problem.a->domain(), problem.stream)
                          : start_image(problem, options.from_fbp, watch);
  iso::solvers::AlgebraicOptions algebraic{.relaxation = options.relaxation};
  if (options.bounded) {
    algebraic.low = options.low;
    if (options.high > options.low) algebraic.high = options.high;
  }
  const auto control = control_for(watch, options.iterations, options.relative_tolerance, {0.05, 0.95, "SART"});
  watch.log(in_words(iso::solvers::ordered_subsets(operators, data, x, algebraic, problem.stream, control)));
  return x;
}

Array cgls(const Problem& problem, const CglsMethodOptions& options, const Watch& watch) {
  const auto& ops = problem.backend.vector();
  Array x = problem.backend.allocate(problem.a->domain(), problem.stream);
  iso::solvers::CglsOptions solver;
  if (options.l2 > 0) {
    Array rows = problem.backend.allocate(problem.a->range(), problem.stream);
    Array columns = problem.backend.allocate(problem.a->domain(), problem.stream);
    ops.fill(rows, 1, problem.stream);
    problem.a->adjoint(rows, columns, problem.stream);
    const double column = ops.max_abs(columns, problem.stream);
    ops.fill(columns, 1, problem.stream);
    problem.a->forward(columns, rows, problem.stream);
    solver.l2 = options.l2 * column * ops.max_abs(rows, problem.stream);
  }
  auto control =
      control_for(watch, options.iterations, options.relative_tolerance, {0.05, 0.95, "conjugate gradients"});
  if (options.stop_at_noise && problem.noise > 0) {
    const auto readings = static_cast<double>(problem.a->range().shape.count());
    control.residual_target = options.noise_factor * problem.noise * std::sqrt(readings);
    watch.log("discrepancy rule: ends at the residual " + std::to_string(control.residual_target) + " (noise level " +
              std::to_string(problem.noise) + ")");
  }
  watch.log(in_words(iso::solvers::cgls(*problem.a, problem.readings, x, solver, problem.stream, control)));
  return x;
}

}  // namespace sparse_view_ct
