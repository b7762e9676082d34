#include "iso/solvers/fista.h"

#include "iso/solvers/power_iteration.h"
#include "solver_impl.h"

#include <cmath>

namespace iso::solvers {
namespace {

constexpr double norm_margin = 1.05;  // power iteration comes from below

}  // namespace

Fista::Fista(const compute::LinearOperator& a, FunctionalPtr g, const FistaOptions& options, compute::Stream& stream)
    : Solver{"fista", a.backend(), stream}, a_{a}, g_{std::move(g)}, options_{options} {
  if (!g_) throw Error{Errc::invalid_input, "fista was given no functional", "give one, of weight 0 if need be"};
  if (!(options.norm >= 0))
    throw Error{Errc::invalid_input, "the norm given to fista is negative", "leave it 0 to have it estimated"};
  // Residuals A x - b at the image (r) and at the extrapolated point (q); the second follows from two of the first.
  for (auto* array : {&r_, &q_}) *array = backend_.allocate(a.range(), stream);
  for (auto* array : {&y_, &z_}) *array = backend_.allocate(a.domain(), stream);
  carry("r", r_);
  carry("q", q_);
  carry("y", y_);
  carry("t", t_);
  carry("norm", norm_);
}

void Fista::set_weight(double weight) { g_ = g_->weighted(weight); }

std::size_t Fista::bytes(const ArraySpec& domain, const ArraySpec& range) {
  return 2 * domain.bytes() + 2 * range.bytes();
}

void Fista::start(const compute::Array& b, compute::Array& x, const Checkpoint* resume) {
  detail::expect_problem("fista", a_, b, x);
  b_ = b;
  if (!begin(x, resume)) {
    t_ = 1;
    norm_ = options_.norm > 0 ? options_.norm : norm_margin * operator_norm(a_, stream_);
    // r = q = A x - b, y = x
    detail::residual_into(a_, b, x, r_, stream_);
    ops_.scale(-1, r_, stream_);
    ops_.copy(r_, q_, stream_);
    ops_.copy(x, y_, stream_);
  }
  set_scale(ops_.norm2(b, stream_));
}

Step Fista::iterate() {
  // z = prox of step G at y - step Aᴴ q, step = 1 / ‖A‖²
  const double step = norm_ > 0 ? 1 / (norm_ * norm_) : 1;
  a_.adjoint(q_, z_, stream_);
  ops_.axpby(1, y_, -step, z_, stream_);
  g_->prox(step, z_, stream_);
  // q = A z - b
  a_.forward(z_, q_, stream_);
  ops_.axpy(-1, b_, q_, stream_);
  const double residual = ops_.norm2(q_, stream_);
  // t = 1 if (y - z) . (z - x) > 0: momentum points uphill
  ops_.axpby(1, z_, -1, x_, stream_);  // x holds the move until z takes its place
  ops_.axpy(-1, z_, y_, stream_);      // y - z: the gradient step
  const double move = ops_.norm2(x_, stream_);
  if (options_.restart && ops_.dot(y_, x_, stream_).real() > 0) t_ = 1;
  // t_next = (1 + sqrt(1 + 4 t²)) / 2, beta = (t - 1) / t_next, y = z + beta (z - x), x = z
  const double next_t = 0.5 * (1 + std::sqrt(1 + 4 * t_ * t_)), beta = (t_ - 1) / next_t;
  t_ = next_t;
  ops_.axpby(1, z_, beta, x_, stream_);
  ops_.copy(x_, y_, stream_);
  ops_.copy(z_, x_, stream_);
  // q = A y - b = (1 + beta) q - beta r, r = A x - b
  ops_.axpby(1 + beta, q_, -beta, r_, stream_);
  std::swap(q_, r_);
  const double penalty = g_->constraint() ? 0.0 : g_->value(x_, stream_);
  return {0, 0.5 * residual * residual + penalty, residual, detail::relative(move, ops_.norm2(x_, stream_))};
}

SolverResult fista(const compute::LinearOperator& a, const compute::Array& b, FunctionalPtr g, compute::Array& x,
                   const FistaOptions& options, compute::Stream& stream, const Control& control) {
  Fista solver{a, std::move(g), options, stream};
  solver.start(b, x, control.resume);
  return solver.run(control);
}

}  // namespace iso::solvers
