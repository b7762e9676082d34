#include "iso/solvers/smooth_primal_dual.h"

#include "iso/solvers/power_iteration.h"
#include "solver_impl.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace iso::solvers {
namespace {

using compute::Array;
using compute::Write;

constexpr double norm_margin = 1.05;  // power iteration comes from below; steps must not be too long
constexpr double step_margin = 0.99;

void check_options(const SmoothPrimalDualOptions& o) {
  if (!(o.dual_step > 0) || !(o.relaxation > 0 && o.relaxation < 2) || !(o.huber >= 0) || !(o.tolerance >= 0) ||
      o.measured_every < 1 || !(o.squared_norm >= 0))
    throw Error{Errc::invalid_input, "smooth_primal_dual was given a step, relaxation, level or tolerance out of range",
                "the dual step must be positive, the relaxation above 0 and below 2, the others 0 or more"};
}

double squared_norm(const compute::LinearOperator& a, double given, compute::Stream& stream) {
  if (given > 0) return given;
  const double norm = norm_margin * operator_norm(a, stream);
  return norm * norm;
}

}  // namespace

SmoothPrimalDual::SmoothPrimalDual(const compute::LinearOperator& a, std::vector<Term> terms,
                                   const SmoothPrimalDualOptions& options, compute::Stream& stream)
    : Solver{"smooth_primal_dual", a.backend(), stream}, a_{a}, terms_{std::move(terms)}, options_{options} {
  check_options(options);
  for (const auto& term : terms_) {
    if (!term.k || !term.f)
      throw Error{Errc::invalid_input, "a term of smooth_primal_dual lacks its operator or its functional"};
    if (term.k->domain() != a.domain())
      throw Error{Errc::shape_mismatch, "smooth_primal_dual: a term takes " + term.k->domain().shape.text() +
                                            ", the data term takes " + a.domain().shape.text()};
  }
  for (Array* const array : {&aty_, &gradient_, &candidate_, &ahead_}) *array = backend_.allocate(a.domain(), stream);
  if (options.huber > 0) residual_ = backend_.allocate(a.range(), stream);
  duals_.resize(terms_.size());
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    auto& dual = duals_[i];
    dual.y = backend_.allocate(terms_[i].k->range(), stream);
    for (std::size_t j = 0; j < i && !dual.kz; ++j)
      if (duals_[j].kz.spec() == dual.y.spec()) dual.kz = duals_[j].kz;  // scratch is shared where shapes agree
    if (!dual.kz) dual.kz = backend_.allocate(terms_[i].k->range(), stream);
    carry("y" + std::to_string(i), dual.y);
  }
  carry("lipschitz", lipschitz_);
  carry("coupling", coupling_);
  carry("objective", objective_);
}

std::size_t SmoothPrimalDual::bytes(const ArraySpec& domain, const ArraySpec& range,
                                    const std::vector<ArraySpec>& ranges_of_k, bool huber) {
  std::size_t sum = 6 * domain.bytes() + (huber ? range.bytes() : 0), largest = 0;
  for (const auto& spec : ranges_of_k) {
    sum += spec.bytes();
    largest = std::max(largest, spec.bytes());
  }
  return sum + 2 * largest;
}

void SmoothPrimalDual::set_weight(std::size_t term, double weight) {
  terms_.at(term).f = terms_.at(term).f->weighted(weight);
}

void SmoothPrimalDual::start(const Array& b, Array& x, const Checkpoint* resume) {
  detail::expect_problem("smooth_primal_dual", a_, b, x);
  const bool resumed = begin(x, resume);
  measured_.clear();
  b_ = b;
  a_.adjoint(b, aty_, stream_);
  data_norm_ = ops_.norm2(b, stream_);
  aty_norm_ = ops_.norm2(aty_, stream_);
  // A start that explains the data (x = Aᴴ b with A Aᴴ = 1) has no residual, and rises from there without diverging: it has
  // diverged once the residual exceeds the data themselves.
  set_scale(1e3 * data_norm_);
  if (!resumed) {
    for (auto& dual : duals_) ops_.fill(dual.y, 0, stream_);
    objective_ = 0.5 * data_norm_ * data_norm_;
    lipschitz_ = squared_norm(a_, options_.squared_norm, stream_);
    coupling_ = 0;
    for (std::size_t i = 0; i < terms_.size(); ++i)
      coupling_ +=
          squared_norm(*terms_[i].k, i < options_.squared_norms.size() ? options_.squared_norms[i] : 0, stream_);
  }
  // 1/tau - sigma sum ‖K_i‖² >= ‖A‖²/2, and rho < 2 - ‖A‖² / (2 (1/tau - sigma sum ‖K_i‖²))
  const double inverse = lipschitz_ / 2 + options_.dual_step * coupling_;
  tau_ = step_margin / std::max(inverse, std::numeric_limits<double>::min());
}

// out = Aᴴ f'(A x - b); returns ‖A x - b‖², or with Huber's function twice its value.
double SmoothPrimalDual::gradient(const Array& x, Array& out) {
  if (options_.huber > 0) {
    a_.forward(x, residual_, stream_);
    ops_.axpy(-1, b_, residual_, stream_);
    Array limited = residual_.reshaped({residual_.spec().shape.count(), 1});
    Array whole = backend_.allocate(limited.spec(), stream_);
    ops_.copy(limited, whole, stream_);
    ops_.project_vectors(options_.huber, limited, stream_);
    // With p the projection of r on the disc of radius h: 2 Huber(r) = 2 Re conj(p) r - |p|².
    const double length = ops_.norm2(limited, stream_);
    const double value = 2 * ops_.dot(limited, whole, stream_).real() - length * length;
    a_.adjoint(residual_, out, stream_);
    return std::max(0.0, value);
  }
  a_.normal(x, out, stream_);
  ops_.axpy(-1, aty_, out, stream_);
  // ‖A x - b‖² = <x, AᴴA x - Aᴴb> - <x, Aᴴb> + ‖b‖²
  const double square = ops_.dot(x, out, stream_).real() - ops_.dot(x, aty_, stream_).real() + data_norm_ * data_norm_;
  return std::isnan(square) ? square : std::max(0.0, square);
}

// While gradient_ holds the gradient at x.
SmoothPrimalDual::Measurement SmoothPrimalDual::begin_measurement() {
  Measurement m;
  m.moved = backend_.allocate(x_.spec(), stream_);
  m.primal = backend_.allocate(x_.spec(), stream_);
  ops_.axpy(-1, gradient_, m.primal, stream_);
  return m;
}

void SmoothPrimalDual::measure_move(Measurement& m) {
  ops_.copy(x_, m.moved, stream_);
  ops_.axpy(-1, candidate_, m.moved, stream_);
  ops_.axpy(1 / tau_, m.moved, m.primal, stream_);
}

// ahead_ = sigma (2 x1 - x), x1 being the candidate
void SmoothPrimalDual::look_ahead() {
  ops_.copy(x_, ahead_, stream_);
  ops_.axpby(2 * options_.dual_step, candidate_, -options_.dual_step, ahead_, stream_);
}

void SmoothPrimalDual::end_measurement(Measurement& m) {
  Optimality at;
  at.iteration = static_cast<int>(history().size()) + 1;
  at.objective = 0.5 * gradient(candidate_, gradient_);
  ops_.axpy(1, gradient_, m.primal, stream_);
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    if (terms_[i].f->constraint()) continue;
    terms_[i].k->forward(candidate_, duals_[i].kz, stream_);
    at.objective += terms_[i].f->value(duals_[i].kz, stream_);
  }
  if (options_.g && !options_.g->constraint()) at.objective += options_.g->value(candidate_, stream_);
  at.primal = detail::relative(ops_.norm2(m.primal, stream_), aty_norm_);
  at.dual = detail::relative(std::sqrt(m.dual), std::sqrt(std::max(m.kx, m.y)));
  objective_ = at.objective;
  if (options_.tolerance > 0 && at.primal <= options_.tolerance && at.dual <= options_.tolerance) set_exhausted();
  measured_.push_back(at);
}

// y_i <- prox of sigma F_i* at y_i + K_i sigma (2 x1 - x), relaxed.
void SmoothPrimalDual::ascend(std::size_t i, Measurement* m) {
  auto& [y, kz] = duals_[i];
  const auto& k = *terms_[i].k;
  const double sigma = options_.dual_step;
  Array before;
  if (m != nullptr || options_.relaxation != 1) {
    before = backend_.allocate(y.spec(), stream_);
    ops_.copy(y, before, stream_);
  }
  k.forward(ahead_, y, stream_, Write::accumulate);
  terms_[i].f->prox_conjugate(sigma, y, stream_);
  if (m != nullptr) {
    const double length = ops_.norm2(y, stream_) / sigma;
    m->y += length * length;
    k.forward(candidate_, kz, stream_);
    const double kx = ops_.norm2(kz, stream_);
    m->kx += kx * kx;
    ops_.axpby(1, y, -1, before, stream_);  // y1 - y
    k.adjoint(before, ahead_, stream_);
    ops_.axpy(1, ahead_, m->primal, stream_);
    k.forward(m->moved, kz, stream_);
    ops_.axpy(1 / sigma, before, kz, stream_);
    const double dual = ops_.norm2(kz, stream_);
    m->dual += dual * dual;
    ops_.axpby(1, y, -1, before, stream_);  // y again
    look_ahead();                           // the next term needs it
  }
  if (options_.relaxation != 1) ops_.axpby(1 - options_.relaxation, before, options_.relaxation, y, stream_);
}

// x += rho (x1 - x); returns the relative change.
double SmoothPrimalDual::move() {
  if (options_.relaxation == 1) return detail::move_to(candidate_, x_, stream_);
  ops_.axpby(1, x_, -1, candidate_, stream_);
  const double update = options_.relaxation * ops_.norm2(candidate_, stream_);
  ops_.axpy(-options_.relaxation, candidate_, x_, stream_);
  return detail::relative(update, ops_.norm2(x_, stream_));
}

Step SmoothPrimalDual::iterate() {
  Step out;
  out.residual = std::sqrt(gradient(x_, gradient_));
  const auto number = static_cast<int>(history().size()) + 1;
  const bool measures = number == 1 || number % options_.measured_every == 0;
  Measurement measurement;
  if (measures) measurement = begin_measurement();
  for (std::size_t i = 0; i < terms_.size(); ++i)
    terms_[i].k->adjoint(duals_[i].y, gradient_, stream_, Write::accumulate);
  ops_.axpby(1, x_, -tau_, gradient_, stream_);
  std::swap(gradient_, candidate_);
  if (options_.g) options_.g->prox(tau_, candidate_, stream_);
  if (measures) measure_move(measurement);
  if (!terms_.empty()) look_ahead();
  for (std::size_t i = 0; i < terms_.size(); ++i) ascend(i, measures ? &measurement : nullptr);
  if (measures) end_measurement(measurement);
  out.objective = objective_;
  out.change = move();
  return out;
}

}  // namespace iso::solvers
