#include "solver_impl.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace iso::solvers {
namespace {

constexpr std::array<std::string_view, 4> names{"converged", "target_reached", "iterations", "observer"};
constexpr double largest_growth = 1000;  // over the smallest value so far: diverged
constexpr double rounding = 1e-6;        // of the data: values below it are noise of the arithmetic

void check_control(const std::string& solver, const Control& control) {
  if (control.iterations >= 0 && control.relative_tolerance >= 0 && control.residual_target >= 0) return;
  throw Error{Errc::invalid_input, solver + " was given a negative number of iterations, tolerance or residual target",
              "all three must be 0 or more"};
}

}  // namespace

std::string_view to_string(StopReason reason) noexcept { return names[static_cast<std::size_t>(reason)]; }

Solver::Solver(std::string name, const compute::Backend& backend, compute::Stream& stream)
    : name_{std::move(name)}, backend_{backend}, ops_{backend.vector()}, stream_{stream} {}
Solver::~Solver() = default;

void Solver::carry(const std::string& name, compute::Array& array) { arrays_.emplace_back(name, &array); }
void Solver::carry(const std::string& name, double& number) { numbers_.emplace_back(name, &number); }

bool Solver::begin(const compute::Array& x, const Checkpoint* resume) {
  x_ = x;
  history_.clear();
  exhausted_ = false;
  scale_ = 0;
  least_objective_ = least_residual_ = std::numeric_limits<double>::infinity();
  if (resume == nullptr) return false;
  restore(*resume);
  restore_history(*resume);
  return true;
}

void Solver::restore(const Checkpoint& resume) {
  const auto take = [&](const std::string& name, compute::Array& array) {
    const auto found = resume.arrays.find(name);
    if (found == resume.arrays.end() || found->second.spec() != array.spec()) {
      throw Error{Errc::invalid_input,
                  "the checkpoint does not hold '" + name + "' of " + array.spec().shape.text() + " for " + name_,
                  "it belongs to another run; start anew"};
    }
    const compute::Array saved = backend_.upload(found->second, stream_);
    ops_.copy(saved, array, stream_);
  };
  take("x", x_);
  for (const auto& [name, array] : arrays_) take(name, *array);
  for (const auto& [name, number] : numbers_) {
    const auto found = resume.numbers.find(name);
    if (found == resume.numbers.end()) {
      throw Error{Errc::invalid_input, "the checkpoint does not hold the number '" + name + "' for " + name_,
                  "it belongs to another run; start anew"};
    }
    *number = found->second;
  }
}

void Solver::restore_history(const Checkpoint& resume) {
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
    append({i + 1, row[0], row[1], row[2]});
  }
}

void Solver::append(const Step& step) {
  least_objective_ = std::min(least_objective_, step.objective);
  least_residual_ = std::min(least_residual_, step.residual);
  history_.push_back(step);
}

Step Solver::step() {
  if (!x_) throw Error{Errc::internal, name_ + " was asked for a step before its start"};
  stream_.check_stop();
  Step step = iterate();
  step.iteration = static_cast<int>(history_.size()) + 1;
  check(step);
  append(step);
  return step;
}

SolverResult Solver::run(const Control& control) {
  check_control(name_, control);
  const auto ended = [&](StopReason reason) { return SolverResult{reason, history_}; };
  for (;;) {
    stream_.check_stop();
    if (exhausted_) return ended(StopReason::converged);
    if (static_cast<int>(history_.size()) >= control.iterations) return ended(StopReason::iterations);
    const Step at = step();
    if (control.keep && control.wants_checkpoint && control.wants_checkpoint()) control.keep(state());
    if (control.observer && !control.observer(at, x_)) return ended(StopReason::observer);
    if (control.residual_target > 0 && at.residual <= control.residual_target) return ended(StopReason::target_reached);
    if (control.relative_tolerance > 0 && at.change < control.relative_tolerance) return ended(StopReason::converged);
  }
}

void Solver::check(const Step& step) const {
  const auto refuse = [&](const std::string& what) {
    throw Error{Errc::invalid_result, name_ + " diverged at iteration " + std::to_string(step.iteration) + ": " + what,
                "check the readings and the geometry, or use smaller steps"};
  };
  if (!std::isfinite(step.objective)) refuse("the objective is not a finite number");
  if (!std::isfinite(step.residual)) refuse("the residual is not a finite number");
  if (!std::isfinite(step.change)) refuse("the image is not finite");
  if (history_.empty()) return;
  const auto grown = [&](double value, double least, double first, double noise) {
    return value > largest_growth * std::max(least, noise) && value > first;
  };
  const auto& first = history_.front();
  if (grown(step.residual, least_residual_, first.residual, rounding * scale_))
    refuse("the residual has grown a thousandfold");
  // An objective below zero has no scale of its own.
  if (least_objective_ >= 0 && grown(step.objective, least_objective_, first.objective, rounding * scale_ * scale_)) {
    refuse("the objective has grown a thousandfold");
  }
}

Checkpoint Solver::state() const {
  Checkpoint out;
  out.iteration = static_cast<std::int64_t>(history_.size());
  out.arrays["x"] = backend_.download(x_, stream_);
  for (const auto& [name, array] : arrays_) out.arrays[name] = backend_.download(*array, stream_);
  for (const auto& [name, number] : numbers_) out.numbers[name] = *number;
  auto history = PixelBuffer::allocate({Shape{3, out.iteration}, ScalarType::f64});
  auto* row = history.values<double>().data();
  for (const auto& step : history_) {
    *row++ = step.objective;
    *row++ = step.residual;
    *row++ = step.change;
  }
  out.arrays["history"] = std::move(history);
  return out;
}

namespace detail {

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
