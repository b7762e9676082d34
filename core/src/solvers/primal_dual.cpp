#include "iso/solvers/primal_dual.h"

#include "functional_impl.h"
#include "iso/solvers/power_iteration.h"
#include "iteration_impl.h"

#include <cmath>

namespace iso::solvers {
namespace {

using compute::Array;
using compute::Stream;

// Power iteration comes from below; steps must not be too long.
constexpr double norm_margin = 1.05;

struct Dual {
  Array y, kx, next;  // the dual variable, K x, and K of the next x
  double norm{0}, step{0};
};

class PrimalDual {
 public:
  PrimalDual(std::span<const Term> terms, Array& x, const PrimalDualOptions& options, Stream& stream,
             const Control& control)
      : terms_{terms},
        x_{x},
        options_{options},
        stream_{stream},
        control_{control},
        backend_{x.backend()},
        ops_{backend_.vector()} {}

  Outcome run() {
    duals_.resize(terms_.size());
    candidate_ = backend_.allocate(x_.spec(), stream_);
    detail::Iteration iteration{"primal_dual", control_, x_, stream_};
    for (std::size_t i = 0; i < terms_.size(); ++i) prepare(i, iteration);
    choose_steps();
    if (!iteration.resumed()) {
      for (std::size_t i = 0; i < terms_.size(); ++i) {
        terms_[i].k->forward(x_, duals_[i].kx, stream_);
        ascend(i, 0);
      }
    }
    if (const Array* data = detail::data_of(*terms_[0].f)) iteration.scale(ops_.norm2(*data, stream_));
    return iteration.run([&](int) { return step(); });
  }

 private:
  [[nodiscard]] bool diagonal() const { return !options_.dual_steps.empty(); }

  void prepare(std::size_t i, detail::Iteration& iteration) {
    auto& dual = duals_[i];
    const auto& range = terms_[i].k->range();
    dual.y = backend_.allocate(range, stream_);
    dual.kx = backend_.allocate(range, stream_);
    for (std::size_t j = 0; j < i && !dual.next; ++j) {
      if (duals_[j].next.spec() == range) dual.next = duals_[j].next;  // scratch is shared where shapes agree
    }
    if (!dual.next) dual.next = backend_.allocate(range, stream_);
    const auto name = std::to_string(i);
    iteration.carry("y" + name, dual.y);
    iteration.carry("kx" + name, dual.kx);
    iteration.carry("norm" + name, dual.norm);
    if (diagonal() || iteration.resumed()) return;
    dual.norm = i < options_.norms.size() && options_.norms[i] > 0 ? options_.norms[i]
                                                                   : norm_margin * operator_norm(*terms_[i].k, stream_);
  }

  // tau sum_i sigma_i ‖K_i‖² = 1, every term with an equal part of it; tau over the first sigma is `ratio`.
  void choose_steps() {
    if (diagonal()) return;
    double first = 0;
    for (const auto& dual : duals_) first = first > 0 ? first : dual.norm;
    if (first == 0) first = 1;  // every K is 0: any step will do
    const double parts = std::sqrt(static_cast<double>(duals_.size())), balance = std::sqrt(options_.ratio);
    tau_ = balance / (parts * first);
    for (auto& dual : duals_) dual.step = dual.norm > 0 ? first / (balance * parts * dual.norm * dual.norm) : 0.0;
  }

  // y <- prox of sigma F* at y + sigma K x̄, with K x̄ = (1 + theta) K x_new - theta K x_old. With theta 0: K x.
  void ascend(std::size_t i, double theta) {
    auto& dual = duals_[i];
    const auto& f = *terms_[i].f;
    if (theta == 0 && diagonal()) {
      Array scaled = backend_.allocate(dual.kx.spec(), stream_);
      ops_.multiply(options_.dual_steps[i], dual.kx, scaled, stream_);
      ops_.axpy(1, scaled, dual.y, stream_);
      f.prox_conjugate(options_.dual_steps[i], dual.y, stream_);
    } else if (theta == 0) {
      ops_.axpy(dual.step, dual.kx, dual.y, stream_);
      f.prox_conjugate(dual.step, dual.y, stream_);
    } else if (diagonal()) {
      ops_.axpby(1 + theta, dual.next, -theta, dual.kx, stream_);
      ops_.multiply(options_.dual_steps[i], dual.kx, dual.kx, stream_);
      ops_.axpy(1, dual.kx, dual.y, stream_);
      f.prox_conjugate(options_.dual_steps[i], dual.y, stream_);
    } else {
      ops_.axpy(dual.step * (1 + theta), dual.next, dual.y, stream_);
      ops_.axpy(-dual.step * theta, dual.kx, dual.y, stream_);
      f.prox_conjugate(dual.step, dual.y, stream_);
    }
  }

  // x <- prox of tau G at x - tau sum K_iᴴ y_i; returns the relative change.
  double descend() {
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      terms_[i].k->adjoint(duals_[i].y, candidate_, stream_,
                           i == 0 ? compute::Write::replace : compute::Write::accumulate);
    }
    if (diagonal()) {
      ops_.multiply(options_.primal_steps, candidate_, candidate_, stream_);
      ops_.axpby(1, x_, -1, candidate_, stream_);
      if (options_.g) options_.g->prox(options_.primal_steps, candidate_, stream_);
    } else {
      ops_.axpby(1, x_, -tau_, candidate_, stream_);
      if (options_.g) options_.g->prox(tau_, candidate_, stream_);
    }
    return detail::move_to(candidate_, x_, stream_);
  }

  Step step() {
    Step out;
    out.change = descend();
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      auto& dual = duals_[i];
      terms_[i].k->forward(x_, dual.next, stream_);
      measure(i, out);
      ascend(i, options_.relaxation);
      ops_.copy(dual.next, dual.kx, stream_);
    }
    if (options_.g && !detail::is_constraint(*options_.g)) out.objective += options_.g->value(x_, stream_);
    return out;
  }

  void measure(std::size_t i, Step& out) {
    const auto& f = *terms_[i].f;
    const auto* squared = dynamic_cast<const detail::SquaredDistance*>(&f);
    const Array* data = detail::data_of(f);
    double distance = 0;
    if (squared != nullptr || (i == 0 && data != nullptr)) distance = detail::distance(duals_[i].next, *data, stream_);
    if (i == 0) out.residual = distance;
    if (squared != nullptr)
      out.objective += 0.5 * squared->weight() * distance * distance;
    else if (!detail::is_constraint(f))
      out.objective += f.value(duals_[i].next, stream_);
  }

  std::span<const Term> terms_;
  Array& x_;
  const PrimalDualOptions& options_;
  Stream& stream_;
  const Control& control_;
  const compute::Backend& backend_;
  const compute::VectorOps& ops_;
  std::vector<Dual> duals_;
  Array candidate_;
  double tau_{0};
};

void check_diagonal(std::span<const Term> terms, const PrimalDualOptions& options, const Array& x) {
  if (options.dual_steps.empty() && !options.primal_steps) return;
  bool fits =
      options.dual_steps.size() == terms.size() && options.primal_steps && options.primal_steps.spec() == x.spec();
  for (std::size_t i = 0; fits && i < terms.size(); ++i) {
    fits = options.dual_steps[i] && options.dual_steps[i].spec() == terms[i].k->range();
  }
  if (!fits) {
    throw Error{Errc::shape_mismatch,
                "diagonal steps of primal_dual must have the shapes of the image and of every term",
                "make them with diagonal_steps"};
  }
  for (const auto& term : terms) {
    if (!term.f->elementwise()) {
      throw Error{Errc::unsupported, "a term of primal_dual has no proximal map for diagonal steps",
                  "leave the diagonal steps away"};
    }
  }
  if (options.g && !options.g->elementwise()) {
    throw Error{Errc::unsupported, "G of primal_dual has no proximal map for diagonal steps",
                "leave the diagonal steps away"};
  }
}

}  // namespace

Outcome primal_dual(std::span<const Term> terms, Array& x, const PrimalDualOptions& options, Stream& stream,
                    const Control& control) {
  if (terms.empty()) throw Error{Errc::invalid_input, "primal_dual was given no term", "give at least one"};
  for (const auto& term : terms) {
    if (!term.k || !term.f)
      throw Error{Errc::invalid_input, "a term of primal_dual lacks its operator or its functional"};
    if (!x || term.k->domain() != x.spec()) {
      throw Error{Errc::shape_mismatch, "primal_dual: the image is " + (x ? x.spec().shape.text() : "missing") +
                                            ", a term takes " + term.k->domain().shape.text()};
    }
  }
  if (!(options.ratio > 0) || !(options.relaxation > 0 && options.relaxation <= 1)) {
    throw Error{Errc::invalid_input, "primal_dual was given a ratio or relaxation out of range",
                "the ratio must be positive, the relaxation above 0 and at most 1"};
  }
  if (control.residual_target > 0 && detail::data_of(*terms[0].f) == nullptr) {
    throw Error{Errc::invalid_input,
                "primal_dual was given a residual target, its first term has no data to measure a residual by",
                "put the term of the data first"};
  }
  check_diagonal(terms, options, x);
  return PrimalDual{terms, x, options, stream, control}.run();
}

namespace {

// steps = factor / sums; where a sum is 0 nothing is there to step.
void invert(Array& sums, double factor, Stream& stream) {
  const auto& ops = sums.backend().vector();
  ops.reciprocal(sums, 1e-9 * ops.max_abs(sums, stream), stream);
  ops.scale(factor, sums, stream);
}

}  // namespace

void diagonal_steps(std::span<const Term> terms, std::span<const AbsoluteSums> sums, PrimalDualOptions& options,
                    Stream& stream) {
  if (terms.empty() || sums.size() != terms.size()) {
    throw Error{Errc::invalid_input,
                "diagonal_steps was given " + std::to_string(terms.size()) + " terms and " +
                    std::to_string(sums.size()) + " sums",
                "give as many of each, at least one"};
  }
  const auto& backend = terms[0].k->backend();
  const auto& ops = backend.vector();
  const double balance = std::sqrt(options.ratio);
  options.primal_steps = backend.allocate(terms[0].k->domain(), stream);
  options.dual_steps.clear();
  Array ones = backend.allocate(terms[0].k->domain(), stream);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    Array rows = backend.allocate(terms[i].k->range(), stream);
    if (sums[i].known) {
      ops.fill(ones, sums[i].column, stream);
      ops.axpy(1, ones, options.primal_steps, stream);
      ops.fill(rows, sums[i].row, stream);
    } else {  // no entry of K is negative: K 1 and Kᴴ 1 are the sums
      ops.fill(rows, 1, stream);
      terms[i].k->adjoint(rows, options.primal_steps, stream, compute::Write::accumulate);
      ops.fill(ones, 1, stream);
      terms[i].k->forward(ones, rows, stream);
    }
    invert(rows, 1 / balance, stream);
    options.dual_steps.push_back(rows);
  }
  invert(options.primal_steps, balance, stream);
}

}  // namespace iso::solvers
