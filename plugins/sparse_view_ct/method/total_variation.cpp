#include "method/total_variation.h"

#include <iso/base/error.h>
#include <iso/solvers/admm.h>
#include <iso/solvers/primal_dual.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <sstream>

namespace sparse_view_ct {
namespace {

using iso::compute::Array;
using iso::compute::OperatorPtr;

constexpr double balance = 0.75;         // c of the weight
constexpr double exact_readings = 5e-4;  // of rms(p): no scan is believed to be better than that
// Parts of the iterations after which the weight is set anew from the misfit so far; it stays for the rest.
constexpr std::array<double, 3> corrections{0.30, 0.55, 0.75};

std::string text(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

class TotalVariation {
 public:
  TotalVariation(const Problem& problem, const TvOptions& options, const Watch& watch)
      : problem_{problem}, options_{options}, watch_{watch}, ops_{problem.backend.vector()} {
    const auto axes = tv_axes(problem.geometry, problem.grid, options.dimensions);
    dimensions_ = axes.size();
    differences_ = problem.backend.make(iso::compute::FiniteDifference{problem.grid.shape(), axes});
    column_ = typical_column_sum();
  }

  TvResult run() {
    TvResult out;
    out.x = watch_.resumed ? problem_.backend.allocate(problem_.a->domain(), problem_.stream)
                           : start_image(problem_, options_.from_fbp, watch_);
    const auto count = static_cast<double>(problem_.a->range().shape.count());
    const double size = ops_.norm2(problem_.readings, problem_.stream) / std::sqrt(count);
    if (!(size > 0)) {
      watch_.warn("the readings are zero everywhere; there is nothing to reconstruct");
      ops_.fill(out.x, 0, problem_.stream);
      return out;
    }
    ops_.clamp(low(), high(), out.x, problem_.stream);
    const auto weight_for = [&](double misfit) {
      return balance * options_.strength * std::sqrt(problem_.grid.spacing_mm[0] * column_) *
             std::max(misfit, exact_readings * size);
    };
    watch_.log("noise level of the readings " + text(problem_.noise) + ", their root mean square " + text(size));
    state_ = watch_.resumed;
    out.weight = options_.weight > 0 ? options_.weight : weight_for(problem_.noise);
    if (state_ && state_->numbers.count("weight") != 0) out.weight = state_->numbers.at("weight");
    const auto ends = stages();
    for (const int end : ends) {
      if (state_ && state_->iteration > end) continue;
      const auto outcome = stage(out.x, out.weight, end, end == ends.back());
      if (end == ends.back()) {
        watch_.log(in_words(outcome));
      } else {
        const double misfit = outcome.history.back().residual / std::sqrt(count);
        out.weight = weight_for(misfit);
        watch_.log("weight " + text(out.weight) + " mm from the misfit " + text(misfit) + " after " +
                   std::to_string(end) + " iterations");
      }
    }
    ops_.clamp(low(), high(), out.x, problem_.stream);
    return out;
  }

 private:
  [[nodiscard]] double low() const { return options_.non_negative ? 0.0 : -std::numeric_limits<double>::infinity(); }
  [[nodiscard]] double high() const {
    return options_.high > 0 ? options_.high : std::numeric_limits<double>::infinity();
  }
  [[nodiscard]] iso::solvers::FunctionalPtr bounds() const {
    return options_.non_negative || options_.high > 0 ? iso::solvers::box(low(), high()) : nullptr;
  }

  // The median of the positive column sums of A: how much ray length a voxel of the middle of the field of view meets.
  double typical_column_sum() {
    Array ones = problem_.backend.allocate(problem_.a->range(), problem_.stream);
    Array columns = problem_.backend.allocate(problem_.a->domain(), problem_.stream);
    ops_.fill(ones, 1, problem_.stream);
    problem_.a->adjoint(ones, columns, problem_.stream);
    const auto block = problem_.backend.download(columns, problem_.stream);
    std::vector<float> positive;
    for (const float value : block.values<float>()) {
      if (value > 0) positive.push_back(value);
    }
    if (positive.empty()) {
      throw iso::Error(iso::Errc::invalid_input, "no ray of the scan crosses the grid",
                       "check the geometry and the size of the grid");
    }
    const auto middle = positive.begin() + static_cast<std::ptrdiff_t>(positive.size() / 2);
    std::nth_element(positive.begin(), middle, positive.end());
    return *middle;
  }

  // Where the weight is corrected, and the end.
  [[nodiscard]] std::vector<int> stages() const {
    std::vector<int> ends;
    for (const double part : corrections) {
      const int end = static_cast<int>(std::lround(part * options_.iterations));
      if (options_.weight <= 0 && end > (ends.empty() ? 0 : ends.back()) && end < options_.iterations)
        ends.push_back(end);
    }
    ends.push_back(options_.iterations);
    return ends;
  }

  // Goes on from the state of the last stage, duals included, to iteration `end`.
  iso::solvers::Outcome stage(Array& x, double weight, int end, bool last) {
    auto control = control_for(watch_, options_.iterations, last ? options_.relative_tolerance : 0,
                               {0.05, 0.95, "total variation"}, {{"weight", weight}});
    control.iterations = end;
    const auto from = std::move(state_);
    state_.reset();
    control.resume = from ? &*from : nullptr;
    int at = from ? static_cast<int>(from->iteration) : 0;
    bool wanted = false;
    control.wants_checkpoint = [&] {
      ++at;
      wanted = watch_.wants_checkpoint();
      return wanted || (!last && at == end);
    };
    control.keep = [&, keep = control.keep](const iso::Checkpoint& state) {
      if (wanted) keep(state);
      if (!last && at == end) state_ = state;
    };
    auto outcome = solve(x, weight, control);
    if (!last && !state_) state_ = from;  // the checkpoint lay at the end of this stage
    return outcome;
  }

  iso::solvers::Outcome solve(Array& x, double weight, const iso::solvers::Control& control) {
    return options_.solver == TvSolver::admm ? by_admm(x, weight, control) : by_primal_dual(x, weight, control);
  }

  iso::solvers::Outcome by_primal_dual(Array& x, double weight, const iso::solvers::Control& control) {
    using namespace iso::solvers;
    // D is scaled so that its column sums are those of A: the dual variables of both then move at one pace.
    const double sums = 2.0 * static_cast<double>(dimensions_), factor = column_ / sums;
    const std::vector<Term> terms{{problem_.a, squared_distance(problem_.readings)},
                                  {iso::compute::scaled(factor, differences_), vector_l1_norm(weight / factor)}};
    const std::vector<AbsoluteSums> known{{}, {true, 2 * factor, sums * factor}};
    if (steps_.dual_steps.empty()) {
      steps_.g = bounds();
      steps_.ratio = options_.ratio;
      diagonal_steps(terms, known, steps_, problem_.stream);
    }
    return primal_dual(terms, x, steps_, problem_.stream, control);
  }

  iso::solvers::Outcome by_admm(Array& x, double weight, const iso::solvers::Control& control) {
    // The shrinkage weight / penalty is a small part of the range of the image, estimated from the mean of the readings.
    const double range = ops_.max_abs(problem_.readings, problem_.stream) /
                         (static_cast<double>(problem_.grid.size[0]) * problem_.grid.spacing_mm[0]);
    return iso::solvers::admm(
        *problem_.a, problem_.readings, *differences_, *iso::solvers::vector_l1_norm(weight), x,
        {.penalty = weight / (admm_step * range), .inner_iterations = options_.inner_iterations, .box = bounds()},
        problem_.stream, control);
  }

  static constexpr double admm_step = 0.1;
  const Problem& problem_;
  const TvOptions& options_;
  const Watch& watch_;
  const iso::compute::VectorOps& ops_;
  OperatorPtr differences_;
  std::size_t dimensions_{2};
  double column_{0};
  iso::solvers::PrimalDualOptions steps_;
  std::optional<iso::Checkpoint> state_;
};

}  // namespace

std::vector<std::size_t> tv_axes(const iso::ProjectionGeometry& geometry, const iso::VoxelGrid& grid,
                                 TvDimensions wish) {
  const bool space =
      wish == TvDimensions::three || (wish == TvDimensions::automatic && geometry.beam() == iso::Beam::cone);
  if (space && grid.size[2] > 1) return {0, 1, 2};
  return {0, 1};
}

TvResult total_variation(const Problem& problem, const TvOptions& options, const Watch& watch) {
  return TotalVariation{problem, options, watch}.run();
}

}  // namespace sparse_view_ct
