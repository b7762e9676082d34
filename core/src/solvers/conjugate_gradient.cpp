#include "iso/solvers/conjugate_gradient.h"

#include "iteration_impl.h"

#include <cmath>

namespace iso::solvers {
namespace {

// A gradient this much smaller than the first is rounding; going on would divide noise by noise.
constexpr double gradient_floor = 1e-30;

}  // namespace

Outcome cgls(const compute::LinearOperator& a, const compute::Array& b, compute::Array& x, const CglsOptions& options,
             compute::Stream& stream, const Control& control) {
  detail::expect_problem("cgls", a, b, x);
  if (!(options.l2 >= 0)) throw Error{Errc::invalid_input, "the l2 weight of cgls is negative", "it must be 0 or more"};
  const auto& backend = a.backend();
  const auto& ops = backend.vector();
  auto r = backend.allocate(a.range(), stream), q = backend.allocate(a.range(), stream);
  auto p = backend.allocate(a.domain(), stream), s = backend.allocate(a.domain(), stream);
  double gamma = 0, first_gamma = 0;

  detail::Iteration iteration{"cgls", control, x, stream};
  iteration.carry("r", r);
  iteration.carry("p", p);
  iteration.carry("gamma", gamma);
  iteration.carry("first_gamma", first_gamma);
  const auto gradient = [&] {  // s = Aᴴ r - l2 x, gamma = ‖s‖²
    a.adjoint(r, s, stream);
    if (options.l2 > 0) ops.axpy(-options.l2, x, s, stream);
    return ops.dot(s, s, stream).real();
  };
  if (!iteration.resumed()) {
    detail::residual_into(a, b, x, r, stream);
    first_gamma = gamma = gradient();
    ops.copy(s, p, stream);
  }
  if (gamma <= gradient_floor * first_gamma) iteration.exhausted();
  iteration.scale(ops.norm2(b, stream));

  return iteration.run([&](int) {
    a.forward(p, q, stream);
    const double p2 = ops.dot(p, p, stream).real();
    const double curvature = ops.dot(q, q, stream).real() + options.l2 * p2;
    if (curvature == 0) iteration.exhausted();
    const double alpha = curvature == 0 ? 0.0 : gamma / curvature;
    ops.axpy(alpha, p, x, stream);
    ops.axpy(-alpha, q, r, stream);
    const double next_gamma = gradient();
    ops.axpby(1, s, gamma > 0 ? next_gamma / gamma : 0.0, p, stream);
    gamma = next_gamma;
    if (gamma <= gradient_floor * first_gamma) iteration.exhausted();
    const double residual = ops.norm2(r, stream), size = ops.norm2(x, stream);
    return Step{0, residual * residual + options.l2 * size * size, residual,
                detail::relative(alpha * std::sqrt(p2), size)};
  });
}

Outcome conjugate_gradient(const compute::LinearOperator& a, const compute::Array& b, compute::Array& x,
                           compute::Stream& stream, const Control& control) {
  detail::expect_problem("conjugate_gradient", a, b, x);
  if (a.domain() != a.range()) {
    throw Error{Errc::shape_mismatch,
                "conjugate_gradient needs an operator from a space to itself, this one maps " +
                    a.domain().shape.text() + " to " + a.range().shape.text(),
                "use cgls"};
  }
  const auto& backend = a.backend();
  const auto& ops = backend.vector();
  auto r = backend.allocate(a.range(), stream), p = backend.allocate(a.range(), stream),
       q = backend.allocate(a.range(), stream);
  double rho = 0, first_rho = 0;

  detail::Iteration iteration{"conjugate_gradient", control, x, stream};
  iteration.carry("r", r);
  iteration.carry("p", p);
  iteration.carry("rho", rho);
  iteration.carry("first_rho", first_rho);
  if (!iteration.resumed()) {
    detail::residual_into(a, b, x, r, stream);
    ops.copy(r, p, stream);
    first_rho = rho = ops.dot(r, r, stream).real();
  }
  if (rho <= gradient_floor * first_rho) iteration.exhausted();
  iteration.scale(ops.norm2(b, stream));

  return iteration.run([&](int at) {
    a.forward(p, q, stream);
    const double curvature = ops.dot(p, q, stream).real(), p2 = ops.dot(p, p, stream).real();
    if (curvature <= 0) {
      throw Error{Errc::invalid_result,
                  "conjugate_gradient met a direction of no positive curvature at iteration " + std::to_string(at),
                  "the operator is not positive; use cgls"};
    }
    const double alpha = rho / curvature;
    ops.axpy(alpha, p, x, stream);
    ops.axpy(-alpha, q, r, stream);
    const double next_rho = ops.dot(r, r, stream).real();
    ops.axpby(1, r, next_rho / rho, p, stream);
    rho = next_rho;
    if (rho <= gradient_floor * first_rho) iteration.exhausted();
    const double residual = std::sqrt(rho);
    return Step{0, residual, residual, detail::relative(alpha * std::sqrt(p2), ops.norm2(x, stream))};
  });
}

}  // namespace iso::solvers
