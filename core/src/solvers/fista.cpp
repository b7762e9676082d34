#include "iso/solvers/fista.h"

#include "functional_impl.h"
#include "iso/solvers/power_iteration.h"
#include "iteration_impl.h"

#include <cmath>

namespace iso::solvers {
namespace {

constexpr double norm_margin = 1.05;  // power iteration comes from below

}  // namespace

Outcome fista(const compute::LinearOperator& a, const compute::Array& b, const Functional& g, compute::Array& x,
              const FistaOptions& options, compute::Stream& stream, const Control& control) {
  detail::expect_problem("fista", a, b, x);
  if (!(options.norm >= 0))
    throw Error{Errc::invalid_input, "the norm given to fista is negative", "leave it 0 to have it estimated"};
  const auto& backend = a.backend();
  const auto& ops = backend.vector();
  // Residuals A x - b at the image and at the extrapolated point; the second follows from two of the first.
  auto r = backend.allocate(a.range(), stream), q = backend.allocate(a.range(), stream);
  auto y = backend.allocate(a.domain(), stream), z = backend.allocate(a.domain(), stream);
  double t = 1, norm = options.norm;

  detail::Iteration iteration{"fista", control, x, stream};
  iteration.carry("r", r);
  iteration.carry("q", q);
  iteration.carry("y", y);
  iteration.carry("t", t);
  iteration.carry("norm", norm);
  if (!iteration.resumed()) {
    if (norm == 0) norm = norm_margin * operator_norm(a, stream);
    detail::residual_into(a, b, x, r, stream);
    ops.scale(-1, r, stream);
    ops.copy(r, q, stream);
    ops.copy(x, y, stream);
  }
  const double step = norm > 0 ? 1 / (norm * norm) : 1;
  iteration.scale(ops.norm2(b, stream));
  const bool constraint = detail::is_constraint(g);

  return iteration.run([&](int) {
    a.adjoint(q, z, stream);
    ops.axpby(1, y, -step, z, stream);
    g.prox(step, z, stream);
    a.forward(z, q, stream);
    ops.axpy(-1, b, q, stream);
    const double residual = ops.norm2(q, stream);
    ops.axpby(1, z, -1, x, stream);  // x holds the move until z takes its place
    ops.axpy(-1, z, y, stream);      // y - z: the gradient step
    const double move = ops.norm2(x, stream);
    if (options.restart && ops.dot(y, x, stream).real() > 0) t = 1;
    const double next_t = 0.5 * (1 + std::sqrt(1 + 4 * t * t)), beta = (t - 1) / next_t;
    t = next_t;
    ops.axpby(1, z, beta, x, stream);
    ops.copy(x, y, stream);
    ops.copy(z, x, stream);
    ops.axpby(1 + beta, q, -beta, r, stream);
    std::swap(q, r);
    const double penalty = constraint ? 0.0 : g.value(x, stream);
    return Step{0, 0.5 * residual * residual + penalty, residual, detail::relative(move, ops.norm2(x, stream))};
  });
}

}  // namespace iso::solvers
