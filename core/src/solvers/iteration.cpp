#include "iteration_impl.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace iso::solvers {
namespace {

constexpr std::array<std::string_view, 4> names{"converged", "target_reached", "iterations", "observer"};
constexpr double largest_growth = 1000;  // over the smallest value so far: diverged
constexpr double rounding = 1e-6;        // of the data: values below it are noise of the arithmetic

}  // namespace

std::string_view to_string(Ended why) noexcept { return names[static_cast<std::size_t>(why)]; }

namespace detail {

Iteration::Iteration(std::string solver, const Control& control, compute::Array& x, compute::Stream& stream)
    : solver_{std::move(solver)},
      control_{control},
      x_{x},
      stream_{stream},
      least_objective_{std::numeric_limits<double>::infinity()},
      least_residual_{least_objective_} {
  if (control.iterations < 0 || !(control.relative_tolerance >= 0) || !(control.residual_target >= 0)) {
    throw Error{Errc::invalid_input,
                solver_ + " was given a negative number of iterations, tolerance or residual target",
                "all three must be 0 or more"};
  }
  carry("x", x);
  if (resumed()) restore_history();
}

void Iteration::carry(const std::string& name, compute::Array& array) {
  if (resumed()) {
    const auto found = control_.resume->arrays.find(name);
    if (found == control_.resume->arrays.end() || found->second.spec() != array.spec()) {
      throw Error{Errc::invalid_input,
                  "the checkpoint does not hold '" + name + "' of " + array.spec().shape.text() + " for " + solver_,
                  "it belongs to another run; start anew"};
    }
    const compute::Array saved = array.backend().upload(found->second, stream_);
    array.backend().vector().copy(saved, array, stream_);
  }
  arrays_.emplace_back(name, &array);
}

void Iteration::carry(const std::string& name, double& number) {
  if (resumed()) {
    const auto found = control_.resume->numbers.find(name);
    if (found == control_.resume->numbers.end()) {
      throw Error{Errc::invalid_input, "the checkpoint does not hold the number '" + name + "' for " + solver_,
                  "it belongs to another run; start anew"};
    }
    number = found->second;
  }
  numbers_.emplace_back(name, &number);
}

void Iteration::restore_history() {
  const auto& resume = *control_.resume;
  const auto found = resume.arrays.find("history");
  const auto length = found == resume.arrays.end() ? 0 : found->second.spec().shape[1];
  if (length != resume.iteration) {
    throw Error{Errc::invalid_input,
                "the checkpoint says " + std::to_string(resume.iteration) + " iterations, its history has " +
                    std::to_string(length),
                "it is damaged; start anew"};
  }
  if (length == 0) return;
  const auto values = found->second.values<double>();
  for (int i = 0; i < static_cast<int>(length); ++i) {
    const auto* row = values.data() + static_cast<std::ptrdiff_t>(3 * i);
    outcome_.history.push_back({i + 1, row[0], row[1], row[2]});
    least_objective_ = std::min(least_objective_, row[0]);
    least_residual_ = std::min(least_residual_, row[1]);
  }
}

bool Iteration::finished() {
  if (ended_) return true;
  stream_.check_stop();
  if (exhausted_) {
    outcome_.why = Ended::converged;
    return true;
  }
  outcome_.why = Ended::iterations;
  return static_cast<int>(outcome_.history.size()) >= control_.iterations;
}

void Iteration::check(const Step& step) const {
  const auto refuse = [&](const std::string& what) {
    throw Error{Errc::invalid_result,
                solver_ + " diverged at iteration " + std::to_string(step.iteration) + ": " + what,
                "check the readings and the geometry, or use smaller steps"};
  };
  if (!std::isfinite(step.objective)) refuse("the objective is not a finite number");
  if (!std::isfinite(step.residual)) refuse("the residual is not a finite number");
  if (!std::isfinite(step.change)) refuse("the image is not finite");
  if (outcome_.history.empty()) return;
  const auto grown = [&](double value, double least, double first, double noise) {
    return value > largest_growth * std::max(least, noise) && value > first;
  };
  const auto& first = outcome_.history.front();
  if (grown(step.residual, least_residual_, first.residual, rounding * scale_))
    refuse("the residual has grown a thousandfold");
  // An objective below zero has no scale of its own.
  if (least_objective_ >= 0 && grown(step.objective, least_objective_, first.objective, rounding * scale_ * scale_)) {
    refuse("the objective has grown a thousandfold");
  }
}

void Iteration::record(Step step) {
  step.iteration = next();
  check(step);
  least_objective_ = std::min(least_objective_, step.objective);
  least_residual_ = std::min(least_residual_, step.residual);
  outcome_.history.push_back(step);
  if (control_.keep && control_.wants_checkpoint && control_.wants_checkpoint()) control_.keep(state());
  const auto end = [&](Ended why) {
    outcome_.why = why;
    ended_ = true;
  };
  if (control_.observer && !control_.observer(step, x_))
    end(Ended::observer);
  else if (control_.residual_target > 0 && step.residual <= control_.residual_target)
    end(Ended::target_reached);
  else if (control_.relative_tolerance > 0 && step.change < control_.relative_tolerance)
    end(Ended::converged);
}

Checkpoint Iteration::state() const {
  Checkpoint out;
  out.iteration = static_cast<std::int64_t>(outcome_.history.size());
  for (const auto& [name, array] : arrays_) out.arrays[name] = array->backend().download(*array, stream_);
  for (const auto& [name, number] : numbers_) out.numbers[name] = *number;
  auto history = PixelBlock::allocate({Shape{3, out.iteration}, ScalarType::f64});
  auto* row = history.mutable_values<double>().data();
  for (const auto& step : outcome_.history) {
    *row++ = step.objective;
    *row++ = step.residual;
    *row++ = step.change;
  }
  out.arrays["history"] = history;
  return out;
}

void expect_problem(std::string_view solver, const compute::LinearOperator& a, const compute::Array& b,
                    const compute::Array& x) {
  const auto expect = [&](const compute::Array& array, const ArraySpec& wanted, const char* what) {
    if (array && array.spec() == wanted) return;
    throw Error{Errc::shape_mismatch,
                std::string{solver} + ": " + what + " is " +
                    (array ? array.spec().shape.text() + " " + std::string{to_string(array.spec().type)} : "missing") +
                    ", the operator takes " + wanted.shape.text() + " " + std::string{to_string(wanted.type)}};
  };
  expect(b, a.range(), "the data");
  expect(x, a.domain(), "the image");
}

void residual_into(const compute::LinearOperator& a, const compute::Array& b, const compute::Array& x,
                   compute::Array& r, compute::Stream& stream) {
  const auto& ops = a.backend().vector();
  if (ops.norm2(x, stream) == 0) {
    ops.copy(b, r, stream);
    return;
  }
  a.forward(x, r, stream);
  ops.axpby(1, b, -1, r, stream);
}

double move_to(compute::Array& candidate, compute::Array& x, compute::Stream& stream) {
  const auto& ops = x.backend().vector();
  ops.axpby(1, candidate, -1, x, stream);
  const double update = ops.norm2(x, stream);
  ops.copy(candidate, x, stream);
  return relative(update, ops.norm2(x, stream));
}

}  // namespace detail
}  // namespace iso::solvers
