#include "iso/solvers/conjugate_gradient.h"

#include "solver_impl.h"

#include <cmath>

namespace iso::solvers {
namespace {

// A gradient this much smaller than the first is rounding; going on would divide noise by noise.
constexpr double gradient_floor = 1e-30;

}  // namespace

Cgls::Cgls(const compute::LinearOperator& a, const CglsOptions& options, compute::Stream& stream)
    : Solver{"cgls", a.backend(), stream}, a_{a} {
  set_weight(options.l2);
  r_ = backend_.allocate(a.range(), stream);
  q_ = backend_.allocate(a.range(), stream);
  p_ = backend_.allocate(a.domain(), stream);
  s_ = backend_.allocate(a.domain(), stream);
  carry("r", r_);
  carry("p", p_);
  carry("gamma", gamma_);
  carry("first_gamma", first_gamma_);
}

void Cgls::set_weight(double l2) {
  if (!(l2 >= 0)) throw Error{Errc::invalid_input, "the l2 weight of cgls is negative", "it must be 0 or more"};
  l2_ = l2;
}

std::size_t Cgls::bytes(const ArraySpec& domain, const ArraySpec& range) {
  return 2 * domain.bytes() + 2 * range.bytes();
}

void Cgls::start(const compute::Array& b, compute::Array& x, const Checkpoint* resume) {
  detail::expect_problem("cgls", a_, b, x);
  if (!begin(x, resume)) {
    detail::residual_into(a_, b, x, r_, stream_);  // r = b - A x
    first_gamma_ = gamma_ = gradient();
    ops_.copy(s_, p_, stream_);  // p = s
  }
  if (gamma_ <= gradient_floor * first_gamma_) set_exhausted();
  set_scale(ops_.norm2(b, stream_));
}

double Cgls::gradient() {
  // s = Aᴴ r - l2 x, gamma = ‖s‖²
  a_.adjoint(r_, s_, stream_);
  if (l2_ > 0) ops_.axpy(-l2_, x_, s_, stream_);
  return ops_.dot(s_, s_, stream_).real();
}

Step Cgls::iterate() {
  // q = A p
  a_.forward(p_, q_, stream_);
  // alpha = gamma / (‖q‖² + l2 ‖p‖²)
  const double p2 = ops_.dot(p_, p_, stream_).real();
  const double curvature = ops_.dot(q_, q_, stream_).real() + l2_ * p2;
  if (curvature == 0) set_exhausted();
  const double alpha = curvature == 0 ? 0.0 : gamma_ / curvature;
  // x = x + alpha p, r = r - alpha q
  ops_.axpy(alpha, p_, x_, stream_);
  ops_.axpy(-alpha, q_, r_, stream_);
  // p = s + (gamma_next / gamma) p
  const double next_gamma = gradient();
  ops_.axpby(1, s_, gamma_ > 0 ? next_gamma / gamma_ : 0.0, p_, stream_);
  gamma_ = next_gamma;
  if (gamma_ <= gradient_floor * first_gamma_) set_exhausted();
  const double residual = ops_.norm2(r_, stream_), size = ops_.norm2(x_, stream_);
  return {0, residual * residual + l2_ * size * size, residual, detail::relative(alpha * std::sqrt(p2), size)};
}

ConjugateGradient::ConjugateGradient(const compute::LinearOperator& a, compute::Stream& stream)
    : Solver{"conjugate_gradient", a.backend(), stream}, a_{a} {
  for (auto* array : {&r_, &p_, &q_}) *array = backend_.allocate(a.range(), stream);
  carry("r", r_);
  carry("p", p_);
  carry("rho", rho_);
  carry("first_rho", first_rho_);
}

std::size_t ConjugateGradient::bytes(const ArraySpec& domain) { return 3 * domain.bytes(); }

void ConjugateGradient::start(const compute::Array& b, compute::Array& x, const Checkpoint* resume) {
  detail::expect_problem("conjugate_gradient", a_, b, x);
  if (a_.domain() != a_.range()) {
    throw Error{Errc::shape_mismatch,
                "conjugate_gradient needs an operator from a space to itself, this one maps " +
                    a_.domain().shape.text() + " to " + a_.range().shape.text(),
                "use cgls"};
  }
  if (!begin(x, resume)) {
    detail::residual_into(a_, b, x, r_, stream_);  // r = b - A x
    ops_.copy(r_, p_, stream_);                    // p = r
    first_rho_ = rho_ = ops_.dot(r_, r_, stream_).real();
  }
  if (rho_ <= gradient_floor * first_rho_) set_exhausted();
  set_scale(ops_.norm2(b, stream_));
}

Step ConjugateGradient::iterate() {
  // q = A p, alpha = rho / <p, q>
  a_.forward(p_, q_, stream_);
  const double curvature = ops_.dot(p_, q_, stream_).real(), p2 = ops_.dot(p_, p_, stream_).real();
  if (curvature <= 0) {
    throw Error{Errc::invalid_result,
                "conjugate_gradient met a direction of no positive curvature at iteration " +
                    std::to_string(history().size() + 1),
                "the operator is not positive; use cgls"};
  }
  const double alpha = rho_ / curvature;
  // x = x + alpha p, r = r - alpha q
  ops_.axpy(alpha, p_, x_, stream_);
  ops_.axpy(-alpha, q_, r_, stream_);
  // p = r + (rho_next / rho) p, rho = ‖r‖²
  const double next_rho = ops_.dot(r_, r_, stream_).real();
  ops_.axpby(1, r_, next_rho / rho_, p_, stream_);
  rho_ = next_rho;
  if (rho_ <= gradient_floor * first_rho_) set_exhausted();
  const double residual = std::sqrt(rho_);
  return {0, residual, residual, detail::relative(alpha * std::sqrt(p2), ops_.norm2(x_, stream_))};
}

SolverResult cgls(const compute::LinearOperator& a, const compute::Array& b, compute::Array& x,
                  const CglsOptions& options, compute::Stream& stream, const Control& control) {
  Cgls solver{a, options, stream};
  solver.start(b, x, control.resume);
  return solver.run(control);
}

SolverResult conjugate_gradient(const compute::LinearOperator& a, const compute::Array& b, compute::Array& x,
                                compute::Stream& stream, const Control& control) {
  ConjugateGradient solver{a, stream};
  solver.start(b, x, control.resume);
  return solver.run(control);
}

}  // namespace iso::solvers
