#include "method/simplex_solver.h"

#include "method/linear_algebra.h"

#include <algorithm>
#include <cmath>

namespace spectral_unmixing {
namespace {

constexpr std::int64_t try_whole_up_to = 12;
constexpr double relative_tolerance = 1e-11;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

SimplexSolver::SimplexSolver(std::vector<double> h, std::int64_t k, bool sum_to_one)
    : h_{std::move(h)}, k_{k}, sum_to_one_{sum_to_one} {
  double trace = 0;
  for (std::int64_t i = 0; i < k_; ++i) trace += h_[at(i * k_ + i)];
  for (std::int64_t i = 0; i < k_; ++i) h_[at(i * k_ + i)] += 1e-12 * trace + 1e-300;
  if (k_ > try_whole_up_to) return;
  Matrix inverse;
  if (!invert_square(Eigen::Map<const Matrix>{h_.data(), k_, k_}, inverse)) return;
  const Vector ones = inverse.rowwise().sum();
  inverse_.assign(inverse.data(), inverse.data() + inverse.size());
  inverse_ones_.assign(ones.data(), ones.data() + ones.size());
  ones_sum_ = ones.sum();
}

SimplexSolver::Workspace SimplexSolver::make_workspace() const {
  Workspace w;
  w.gradient.resize(at(k_));
  w.right.resize(at(k_));
  w.ones.resize(at(k_));
  w.solution.resize(at(k_));
  w.is_passive.resize(at(k_));
  w.blocked.resize(at(k_));
  w.passive.reserve(at(k_));
  return w;
}

// Where the minimiser without bounds is inside of them, it is the answer.
bool SimplexSolver::solve_whole(const double* b, double* a) const {
  if (inverse_.empty()) return false;
  double sum = 0;
  for (std::int64_t i = 0; i < k_; ++i) {
    double value = 0;
    for (std::int64_t j = 0; j < k_; ++j) value += inverse_[at(i * k_ + j)] * b[j];
    a[i] = value;
    sum += value;
  }
  const double multiplier = sum_to_one_ ? (sum - 1) / ones_sum_ : 0;
  bool inside = true;
  for (std::int64_t i = 0; i < k_; ++i) {
    a[i] -= multiplier * inverse_ones_[at(i)];
    inside = inside && a[i] >= 0;
  }
  return inside;
}

void SimplexSolver::start(const double* b, double* a, Workspace& work) const {
  std::fill(a, a + k_, 0.0);
  std::ranges::fill(work.is_passive, 0);
  std::ranges::fill(work.blocked, 0);
  work.passive.clear();
  if (!sum_to_one_) return;
  std::int64_t best = 0;
  const auto value = [&](std::int64_t i) { return h_[at(i * k_ + i)] / 2 - b[i]; };
  for (std::int64_t i = 1; i < k_; ++i)
    if (value(i) < value(best)) best = i;
  a[best] = 1;
  work.passive.push_back(static_cast<std::int32_t>(best));
  work.is_passive[at(best)] = 1;
}

double SimplexSolver::solve_passive(const double* b, Workspace& work) const {
  const auto m = static_cast<std::int64_t>(work.passive.size());
  work.factor.resize(at(m * m));
  double* const c = work.factor.data();
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      double value = h_[at(work.passive[at(i)] * k_ + work.passive[at(j)])];
      for (std::int64_t t = 0; t < j; ++t) value -= c[i * m + t] * c[j * m + t];
      c[i * m + j] = i == j ? std::sqrt(std::max(value, 1e-300)) : value / c[j * m + j];
    }
  }
  const auto solve = [&](std::vector<double>& x) {
    for (std::int64_t i = 0; i < m; ++i) {
      for (std::int64_t t = 0; t < i; ++t) x[at(i)] -= c[i * m + t] * x[at(t)];
      x[at(i)] /= c[i * m + i];
    }
    for (std::int64_t i = m - 1; i >= 0; --i) {
      for (std::int64_t t = i + 1; t < m; ++t) x[at(i)] -= c[t * m + i] * x[at(t)];
      x[at(i)] /= c[i * m + i];
    }
  };
  for (std::int64_t i = 0; i < m; ++i) work.right[at(i)] = b[work.passive[at(i)]];
  solve(work.right);
  double multiplier = 0;
  if (sum_to_one_) {
    for (std::int64_t i = 0; i < m; ++i) work.ones[at(i)] = 1;
    solve(work.ones);
    double sum = 0, ones = 0;
    for (std::int64_t i = 0; i < m; ++i) {
      sum += work.right[at(i)];
      ones += work.ones[at(i)];
    }
    multiplier = (sum - 1) / ones;
  }
  for (std::int64_t i = 0; i < m; ++i)
    work.solution[at(i)] = work.right[at(i)] - (sum_to_one_ ? multiplier * work.ones[at(i)] : 0);
  return multiplier;
}

// Goes from a towards the solution as far as nothing becomes negative; what reached 0 leaves the passive set.
void SimplexSolver::shrink(double* a, Workspace& work) const {
  double part = 1;
  for (std::size_t i = 0; i < work.passive.size(); ++i) {
    const double now = a[work.passive[i]], then = work.solution[i];
    if (then <= 0) part = std::min(part, now > then ? now / (now - then) : 0.0);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < work.passive.size(); ++i) {
    const std::int32_t index = work.passive[i];
    const double value = a[index] + part * (work.solution[i] - a[index]);
    const bool leaves = work.solution[i] <= 0 && value <= 1e-14;
    a[index] = leaves ? 0 : value;
    if (leaves) {
      work.is_passive[at(index)] = 0;
    } else {
      work.passive[kept++] = index;
    }
  }
  work.passive.resize(kept);
}

void SimplexSolver::solve(const double* b, double* a, Workspace& work) const {
  if (solve_whole(b, a)) return;
  start(b, a, work);
  double largest = 0;
  for (std::int64_t i = 0; i < k_; ++i) largest = std::max(largest, std::abs(b[i]));
  const double tolerance = relative_tolerance * std::max(largest, 1e-300);
  double multiplier = sum_to_one_ ? b[work.passive[0]] - h_[at(work.passive[0] * k_ + work.passive[0])] : 0;
  for (std::int64_t round = 0; round < 5 * k_ + 10; ++round) {
    std::int64_t next = -1;
    double most = tolerance;
    for (std::int64_t j = 0; j < k_; ++j) {
      if (work.is_passive[at(j)] != 0 || work.blocked[at(j)] != 0) continue;
      double w = b[j] - multiplier;
      for (const std::int32_t i : work.passive) w -= h_[at(j * k_ + i)] * a[i];
      if (w > most) {
        most = w;
        next = j;
      }
    }
    if (next < 0) return;
    work.passive.push_back(static_cast<std::int32_t>(next));
    work.is_passive[at(next)] = 1;
    bool inside = false;
    for (std::int64_t inner = 0; inner <= k_ && !inside && !work.passive.empty(); ++inner) {
      multiplier = solve_passive(b, work);
      inside = true;
      for (std::size_t i = 0; i < work.passive.size(); ++i) inside = inside && work.solution[i] > 0;
      if (!inside) shrink(a, work);
    }
    if (work.is_passive[at(next)] == 0) work.blocked[at(next)] = 1;  // rounding: it would come and go for ever
    for (std::size_t i = 0; inside && i < work.passive.size(); ++i) a[work.passive[i]] = work.solution[i];
  }
}

}  // namespace spectral_unmixing
