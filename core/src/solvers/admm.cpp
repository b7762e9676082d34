#include "iso/solvers/admm.h"

#include "solver_impl.h"

#include <cmath>

namespace iso::solvers {
namespace {

void check_options(double penalty, int inner_iterations) {
  if (penalty > 0 && inner_iterations >= 1) return;
  throw Error{Errc::invalid_input, "admm was given a penalty that is not positive, or no inner iterations",
              "give a positive penalty"};
}

}  // namespace

// The split problem: z = K x, and w = x where there is a box; u and v are the scaled multipliers.
Admm::Admm(const compute::LinearOperator& a, const compute::LinearOperator& k, FunctionalPtr f,
           const AdmmOptions& options, compute::Stream& stream)
    : Solver{"admm", a.backend(), stream}, a_{a}, k_{k}, f_{std::move(f)}, options_{options} {
  if (k.domain() != a.domain()) {
    throw Error{Errc::shape_mismatch, "admm: the second operator takes " + k.domain().shape.text() + ", the first " +
                                          a.domain().shape.text()};
  }
  if (!f_) throw Error{Errc::invalid_input, "admm was given no functional", "give one, of weight 0 if need be"};
  check_options(options.penalty, options.inner_iterations);
  for (auto* array : {&r_, &ap_}) *array = backend_.allocate(a.range(), stream);
  for (auto* array : {&p_, &s_}) *array = backend_.allocate(a.domain(), stream);
  for (auto* array : {&z_, &u_, &d_, &kp_}) *array = backend_.allocate(k.range(), stream);
  carry("r", r_);
  carry("z", z_);
  carry("u", u_);
  if (!options.box) return;
  for (auto* array : {&w_, &v_}) *array = backend_.allocate(a.domain(), stream);
  carry("w", w_);
  carry("v", v_);
}

void Admm::set_weight(double weight, double penalty) {
  check_options(penalty, options_.inner_iterations);
  f_ = f_->weighted(weight);
  options_.penalty = penalty;
}

std::size_t Admm::bytes(const ArraySpec& domain, const ArraySpec& range, const ArraySpec& range_of_k, bool box) {
  return (box ? 4 : 2) * domain.bytes() + 2 * range.bytes() + 4 * range_of_k.bytes();
}

void Admm::start(const compute::Array& b, compute::Array& x, const Checkpoint* resume) {
  detail::expect_problem("admm", a_, b, x);
  b_ = b;
  if (!begin(x, resume)) {
    // r = b - A x, z = K x, w = x, u = v = 0
    detail::residual_into(a_, b, x, r_, stream_);
    k_.forward(x, z_, stream_);
    ops_.fill(u_, 0, stream_);
    if (options_.box) {
      ops_.copy(x, w_, stream_);
      ops_.fill(v_, 0, stream_);
    }
  }
  set_scale(ops_.norm2(b, stream_));
}

// s = Aᴴ(b - A x) + rho Kᴴ(z - u - K x) + rho (w - v - x): minus the gradient in x
double Admm::gradient() {
  k_.adjoint(d_, s_, stream_);
  if (options_.box) {
    ops_.axpy(1, w_, s_, stream_);
    ops_.axpy(-1, v_, s_, stream_);
    ops_.axpy(-1, x_, s_, stream_);
  }
  ops_.scale(options_.penalty, s_, stream_);
  a_.adjoint(r_, s_, stream_, compute::Write::accumulate);
  return ops_.dot(s_, s_, stream_).real();
}

// Conjugate gradients on the quadratic in x from where the last ones ended: their residual of the data is still that of x,
// so no projection is spent on a start. d = z - u - K x is kept up.
double Admm::minimise_in_x() {
  k_.forward(x_, d_, stream_);
  ops_.axpby(1, z_, -1, d_, stream_);
  ops_.axpy(-1, u_, d_, stream_);
  double gamma = gradient();
  ops_.copy(s_, p_, stream_);
  double moved2 = 0;
  for (int i = 0; i < options_.inner_iterations && gamma > 0; ++i) {
    a_.forward(p_, ap_, stream_);
    k_.forward(p_, kp_, stream_);
    const double p2 = ops_.dot(p_, p_, stream_).real(), a2 = ops_.dot(ap_, ap_, stream_).real(),
                 k2 = ops_.dot(kp_, kp_, stream_).real();
    const double curvature = a2 + options_.penalty * (k2 + (options_.box ? p2 : 0.0));
    if (curvature == 0) break;
    const double alpha = gamma / curvature;
    ops_.axpy(alpha, p_, x_, stream_);
    ops_.axpy(-alpha, ap_, r_, stream_);
    ops_.axpy(-alpha, kp_, d_, stream_);
    moved2 += alpha * alpha * p2;
    if (i + 1 == options_.inner_iterations) break;
    const double next = gradient();
    ops_.axpby(1, s_, next / gamma, p_, stream_);
    gamma = next;
  }
  return std::sqrt(moved2);
}

Step Admm::iterate() {
  const double moved = minimise_in_x();
  // K x = z - u - d. z <- prox of F/rho at K x + u, u <- u + K x - z.
  ops_.axpby(1, z_, -1, d_, stream_);
  ops_.copy(d_, z_, stream_);
  ops_.axpby(1, d_, -1, u_, stream_);
  Step out;
  out.residual = ops_.norm2(r_, stream_);
  out.objective = 0.5 * out.residual * out.residual + (f_->constraint() ? 0.0 : f_->value(u_, stream_));
  f_->prox(1 / options_.penalty, z_, stream_);
  ops_.copy(d_, u_, stream_);
  ops_.axpy(-1, z_, u_, stream_);
  if (options_.box) {
    ops_.axpy(1, x_, v_, stream_);
    ops_.copy(v_, w_, stream_);
    options_.box->prox(1 / options_.penalty, w_, stream_);
    ops_.axpy(-1, w_, v_, stream_);
  }
  out.change = detail::relative(moved, ops_.norm2(x_, stream_));
  return out;
}

SolverResult admm(const compute::LinearOperator& a, const compute::Array& b, const compute::LinearOperator& k,
                  FunctionalPtr f, compute::Array& x, const AdmmOptions& options, compute::Stream& stream,
                  const Control& control) {
  detail::expect_problem("admm", a, b, x);
  Admm solver{a, k, std::move(f), options, stream};
  solver.start(b, x, control.resume);
  return solver.run(control);
}

}  // namespace iso::solvers
