#include "iso/solvers/admm.h"

#include "functional_impl.h"
#include "iteration_impl.h"

#include <cmath>

namespace iso::solvers {
namespace {

using compute::Array;
using compute::Stream;

/// The split problem: z = K x, and w = x where there is a box; u and v are the scaled multipliers.
class Admm {
 public:
  Admm(const compute::LinearOperator& a, const Array& b, const compute::LinearOperator& k, const Functional& f,
       Array& x, const AdmmOptions& options, Stream& stream)
      : a_{a},
        b_{b},
        k_{k},
        f_{f},
        x_{x},
        options_{options},
        stream_{stream},
        backend_{a.backend()},
        ops_{backend_.vector()} {
    for (auto* array : {&r_, &ap_}) *array = backend_.allocate(a.range(), stream);
    for (auto* array : {&p_, &s_}) *array = backend_.allocate(a.domain(), stream);
    for (auto* array : {&z_, &u_, &d_, &kp_}) *array = backend_.allocate(k.range(), stream);
    if (!options.box) return;
    for (auto* array : {&w_, &v_}) *array = backend_.allocate(a.domain(), stream);
  }

  Outcome run(const Control& control) {
    detail::Iteration iteration{"admm", control, x_, stream_};
    iteration.carry("r", r_);
    iteration.carry("z", z_);
    iteration.carry("u", u_);
    if (options_.box) {
      iteration.carry("w", w_);
      iteration.carry("v", v_);
    }
    if (!iteration.resumed()) {
      detail::residual_into(a_, b_, x_, r_, stream_);
      k_.forward(x_, z_, stream_);
      if (options_.box) ops_.copy(x_, w_, stream_);
    }
    iteration.scale(ops_.norm2(b_, stream_));
    return iteration.run([&](int) { return step(); });
  }

 private:
  // s = Aᴴ(b - A x) + rho Kᴴ(z - u - K x) + rho (w - v - x): minus the gradient in x
  double gradient() {
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
  double minimise_in_x() {
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

  Step step() {
    const double moved = minimise_in_x();
    // K x = z - u - d. z <- prox of F/rho at K x + u, u <- u + K x - z.
    ops_.axpby(1, z_, -1, d_, stream_);
    ops_.copy(d_, z_, stream_);
    ops_.axpby(1, d_, -1, u_, stream_);
    Step out;
    out.residual = ops_.norm2(r_, stream_);
    out.objective = 0.5 * out.residual * out.residual + (detail::is_constraint(f_) ? 0.0 : f_.value(u_, stream_));
    f_.prox(1 / options_.penalty, z_, stream_);
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

  const compute::LinearOperator& a_;
  const Array& b_;
  const compute::LinearOperator& k_;
  const Functional& f_;
  Array& x_;
  const AdmmOptions& options_;
  Stream& stream_;
  const compute::Backend& backend_;
  const compute::VectorOps& ops_;
  Array r_, ap_, p_, s_, z_, u_, d_, kp_, w_, v_;
};

}  // namespace

Outcome admm(const compute::LinearOperator& a, const Array& b, const compute::LinearOperator& k, const Functional& f,
             Array& x, const AdmmOptions& options, Stream& stream, const Control& control) {
  detail::expect_problem("admm", a, b, x);
  if (k.domain() != a.domain()) {
    throw Error{Errc::shape_mismatch, "admm: the second operator takes " + k.domain().shape.text() + ", the first " +
                                          a.domain().shape.text()};
  }
  if (!(options.penalty > 0) || options.inner_iterations < 1) {
    throw Error{Errc::invalid_input, "admm was given a penalty that is not positive, or no inner iterations",
                "give a positive penalty"};
  }
  return Admm{a, b, k, f, x, options, stream}.run(control);
}

}  // namespace iso::solvers
