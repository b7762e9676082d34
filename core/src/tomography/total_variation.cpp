#include "iso/tomography/total_variation.h"

#include "iso/base/error.h"
#include "iso/solvers/admm.h"
#include "iso/solvers/primal_dual.h"
#include "iso/tomography/coverage.h"
#include "iso/tomography/filtered_backprojection.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <sstream>

namespace iso::tomography {
namespace {

using compute::Array;
using solvers::Progress;

constexpr double balance = 0.75;         // c of the weight
constexpr double exact_readings = 5e-4;  // of rms(p): no scan is believed to be better than that
// Parts of the iterations after which the weight is set anew from the misfit so far; it stays for the rest.
constexpr std::array<double, 3> corrections{0.30, 0.55, 0.75};
constexpr double admm_step = 0.1;  // shrinkage of an iteration, as a part of the range of the image

std::string text(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

double low(const TvOptions& options) { return options.non_negative ? 0.0 : -std::numeric_limits<double>::infinity(); }
double high(const TvOptions& options) {
  return options.maximum > 0 ? options.maximum : std::numeric_limits<double>::infinity();
}
solvers::FunctionalPtr bounds(const TvOptions& options) {
  return options.non_negative || options.maximum > 0 ? solvers::box(low(options), high(options)) : nullptr;
}

// The unit (m, mm, um, nm) in which a voxel measures between 0.03 and 32: primal over dual step is an inverse area, and the
// default of `step_ratio` fits images whose voxels and attenuation are of that size in mm and 1/mm.
double length_unit_mm(double voxel_mm) { return std::pow(1000.0, std::round(std::log(voxel_mm) / std::log(1000.0))); }

// The median of the positive column sums of A: how much ray length a voxel of the middle of the field of view meets.
double typical_column_sum(const ScanProblem& problem) {
  Array ones = problem.backend.allocate(problem.a->range(), problem.stream);
  Array columns = problem.backend.allocate(problem.a->domain(), problem.stream);
  problem.backend.vector().fill(ones, 1, problem.stream);
  problem.a->adjoint(ones, columns, problem.stream);
  const auto block = problem.backend.download(columns, problem.stream);
  std::vector<float> positive;
  for (const float value : block.values<float>()) {
    if (value > 0) positive.push_back(value);
  }
  if (positive.empty()) {
    throw Error(Errc::invalid_input, "no ray of the scan crosses the grid",
                "check the geometry and the size of the grid");
  }
  const auto middle = positive.begin() + static_cast<std::ptrdiff_t>(positive.size() / 2);
  std::nth_element(positive.begin(), middle, positive.end());
  return *middle;
}

// Iterations after which the weight is corrected, and the last.
std::vector<int> stages(const TvOptions& options) {
  std::vector<int> ends;
  for (const double part : corrections) {
    const int end = static_cast<int>(std::lround(part * options.iterations));
    if (options.weight_mm <= 0 && end > (ends.empty() ? 0 : ends.back()) && end < options.iterations)
      ends.push_back(end);
  }
  ends.push_back(options.iterations);
  return ends;
}

// A solver of the problem whose weight can be changed on the way.
struct Weighted {
  solvers::Solver& solver;
  std::function<void(double weight)> set_weight;
};

class TotalVariation {
 public:
  TotalVariation(const ScanProblem& problem, const TvOptions& options, Progress& progress)
      : problem_{problem}, options_{options}, progress_{progress}, column_{typical_column_sum(problem)} {
    const auto axes = tv_axes(problem.geometry, problem.grid, options.dimensions);
    axes_ = static_cast<double>(axes.size());
    differences_ = problem.backend.make(compute::FiniteDifference{problem.grid.shape(), axes});
  }

  Array run() {
    const auto& ops = problem_.backend.vector();
    const auto* resumed = progress_.resumed();
    Array x = resumed != nullptr ? problem_.backend.allocate(problem_.a->domain(), problem_.stream)
                                 : initial_image(problem_, options_.warm_start, progress_);
    const auto readings = static_cast<double>(problem_.a->range().shape.count());
    size_ = ops.norm2(problem_.readings, problem_.stream) / std::sqrt(readings);
    if (!(size_ > 0)) {
      progress_.warn("the readings are zero everywhere; there is nothing to reconstruct");
      progress_.figure("tv_weight", 0, "mm");
      ops.fill(x, 0, problem_.stream);
      return x;
    }
    ops.clamp(low(options_), high(options_), x, problem_.stream);
    progress_.log("noise level of the readings " + text(problem_.noise) + ", their root mean square " + text(size_));
    weight_ = options_.weight_mm > 0 ? options_.weight_mm : weight_for(problem_.noise);
    if (resumed != nullptr && resumed->numbers.count("weight") != 0) weight_ = resumed->numbers.at("weight");
    if (options_.solver == TvSolver::admm)
      by_admm(x, resumed);
    else
      by_primal_dual(x, resumed);
    progress_.figure("tv_weight", weight_, "mm");
    ops.clamp(low(options_), high(options_), x, problem_.stream);
    return x;
  }

 private:
  // lambda = c (2 / axes) strength kappa max(misfit, 0.0005 rms(p)), kappa = sqrt(h m)
  [[nodiscard]] double weight_for(double misfit) const {
    return balance * (2.0 / axes_) * options_.strength * std::sqrt(problem_.grid.spacing_mm[0] * column_) *
           std::max(misfit, exact_readings * size_);
  }

  void by_primal_dual(Array& x, const Checkpoint* resumed) {
    using namespace solvers;
    // D is scaled so that its column sums are those of A: the dual variables of both then move at one pace.
    const double factor = column_ / (2.0 * axes_);
    const double unit = length_unit_mm(problem_.grid.spacing_mm[0]);
    PrimalDual solver{{{problem_.a, squared_distance(problem_.readings)},
                       {compute::scaled(factor, differences_), vector_l1_norm(weight_ / factor)}},
                      {.g = bounds(options_), .ratio = options_.step_ratio / (unit * unit), .diagonal_steps = true},
                      problem_.stream};
    solver.start(x, resumed);
    iterate({solver, [&](double weight) { solver.set_weight(1, weight / factor); }});
  }

  void by_admm(Array& x, const Checkpoint* resumed) {
    using namespace solvers;
    // The shrinkage weight / penalty is a small part of the range of the image, estimated from the mean of the readings.
    const double range = problem_.backend.vector().max_abs(problem_.readings, problem_.stream) /
                         (static_cast<double>(problem_.grid.size[0]) * problem_.grid.spacing_mm[0]);
    const auto penalty = [&](double weight) { return weight / (admm_step * range); };
    Admm solver{*problem_.a,
                *differences_,
                vector_l1_norm(weight_),
                {.penalty = penalty(weight_), .inner_iterations = options_.inner_iterations, .box = bounds(options_)},
                problem_.stream};
    solver.start(problem_.readings, x, resumed);
    iterate({solver, [&](double weight) { solver.set_weight(weight, penalty(weight)); }});
  }

  void iterate(const Weighted& weighted) {
    const auto readings = static_cast<double>(problem_.a->range().shape.count());
    auto control = make_control(progress_, options_.iterations, options_.tolerance, {0.05, 0.95, "total variation"});
    control.keep = [&](Checkpoint state) {
      state.numbers["weight"] = weight_;
      progress_.keep(state);
    };
    const auto ends = stages(options_);
    for (const int end : ends) {
      const auto& history = weighted.solver.history();
      if (static_cast<int>(history.size()) > end) continue;  // resumed behind it
      control.iterations = end;
      control.relative_tolerance = end == ends.back() ? options_.tolerance : 0;
      const auto result = weighted.solver.run(control);
      if (end == ends.back()) {
        progress_.log(to_text(result));
        return;
      }
      const double misfit = result.history.back().residual / std::sqrt(readings);
      weight_ = weight_for(misfit);
      weighted.set_weight(weight_);
      progress_.log("weight " + text(weight_) + " mm from the misfit " + text(misfit) + " after " +
                    std::to_string(end) + " iterations");
    }
  }

  const ScanProblem& problem_;
  const TvOptions& options_;
  Progress& progress_;
  compute::OperatorPtr differences_;
  double axes_{2}, column_{0}, size_{0}, weight_{0};
};

}  // namespace

std::vector<std::size_t> tv_axes(const ProjectionGeometry& geometry, const VoxelGrid& grid, TvDimensions wish) {
  const bool space = wish == TvDimensions::three || (wish == TvDimensions::automatic && geometry.beam() == Beam::cone);
  if (space && grid.size[2] > 1) return {0, 1, 2};
  return {0, 1};
}

Array reconstruct(const ScanProblem& problem, const TvOptions& options, Progress& progress) {
  return TotalVariation{problem, options, progress}.run();
}

PlannedWork plan_work(const ScanPlan& plan, const TvOptions& options) {
  using namespace solvers;
  const bool admm = options.solver == TvSolver::admm, bounded = bounds(options) != nullptr;
  const auto axes = tv_axes(plan.geometry, plan.grid, options.dimensions);
  const compute::FiniteDifference differences{plan.grid.shape(), axes};
  const compute::OperatorSpec d{differences};
  const auto image = plan.image(), readings = plan.readings();
  const double each = options.iterations * (admm ? options.inner_iterations : 1);
  PlannedWork work;
  work.operators.push_back({plan.ray_transform(), 2 * each + 4});
  work.operators.push_back({d, 2 * each + (admm ? options.iterations : 0)});
  // The column sums, and before the solver a start by filtered back-projection.
  work.bytes = std::max(readings.bytes() + 2 * image.bytes(),
                        image.bytes() + (admm ? Admm::bytes(image, readings, d.range(), bounded)
                                              : PrimalDual::bytes(image, {readings, d.range()}, true)));
  if (options.warm_start && !why_not_covered(plan.geometry)) {
    for (auto& spec : FilteredBackprojection::operators(plan.geometry, plan.grid))
      work.operators.push_back({std::move(spec), 1});
    work.bytes = std::max(work.bytes, image.bytes() + FilteredBackprojection::bytes(plan.geometry));
  }
  return work;
}

}  // namespace iso::tomography
