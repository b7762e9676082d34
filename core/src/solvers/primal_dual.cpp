#include "iso/solvers/primal_dual.h"

#include "functional_impl.h"
#include "iso/solvers/power_iteration.h"
#include "solver_impl.h"

#include <algorithm>
#include <cmath>

namespace iso::solvers {
namespace {

using compute::Array;

// Power iteration comes from below; steps must not be too long.
constexpr double norm_margin = 1.05;

const std::vector<Term>& checked(const std::vector<Term>& terms) {
  if (terms.empty()) throw Error{Errc::invalid_input, "primal_dual was given no term", "give at least one"};
  for (const auto& term : terms) {
    if (!term.k || !term.f)
      throw Error{Errc::invalid_input, "a term of primal_dual lacks its operator or its functional"};
    if (term.k->domain() == terms[0].k->domain()) continue;
    throw Error{Errc::shape_mismatch, "primal_dual: a term takes " + term.k->domain().shape.text() +
                                          ", the first takes " + terms[0].k->domain().shape.text()};
  }
  return terms;
}

void check_options(const std::vector<Term>& terms, const PrimalDualOptions& options) {
  if (!(options.ratio > 0) || !(options.relaxation > 0 && options.relaxation <= 1)) {
    throw Error{Errc::invalid_input, "primal_dual was given a ratio or relaxation out of range",
                "the ratio must be positive, the relaxation above 0 and at most 1"};
  }
  if (!options.diagonal_steps) return;
  const auto elementwise = [](const Term& term) { return term.f->elementwise(); };
  if (!std::ranges::all_of(terms, elementwise) || (options.g && !options.g->elementwise())) {
    throw Error{Errc::unsupported, "a functional of primal_dual has no proximal map for diagonal steps",
                "leave the diagonal steps away"};
  }
}

// steps = factor / sums; where a sum is 0 nothing is there to step.
void invert(Array& sums, double factor, compute::Stream& stream) {
  const auto& ops = sums.backend().vector();
  ops.reciprocal(sums, 1e-9 * ops.max_abs(sums, stream), stream);
  ops.scale(factor, sums, stream);
}

}  // namespace

PrimalDual::PrimalDual(std::vector<Term> terms, const PrimalDualOptions& options, compute::Stream& stream)
    : Solver{"primal_dual", checked(terms)[0].k->backend(), stream}, terms_{std::move(terms)}, options_{options} {
  check_options(terms_, options);
  duals_.resize(terms_.size());
  if (options.diagonal_steps) prepare_diagonal_steps();
  candidate_ = backend_.allocate(terms_[0].k->domain(), stream);
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    auto& dual = duals_[i];
    const auto& range = terms_[i].k->range();
    dual.y = backend_.allocate(range, stream);
    dual.kx = backend_.allocate(range, stream);
    for (std::size_t j = 0; j < i && !dual.next; ++j) {
      if (duals_[j].next.spec() == range) dual.next = duals_[j].next;  // scratch is shared where shapes agree
    }
    if (!dual.next) dual.next = backend_.allocate(range, stream);
    const auto number = std::to_string(i);
    carry("y" + number, dual.y);
    carry("kx" + number, dual.kx);
    carry("norm" + number, dual.norm);
  }
}

void PrimalDual::set_weight(std::size_t term, double weight) {
  terms_.at(term).f = terms_.at(term).f->weighted(weight);
}

std::size_t PrimalDual::bytes(const ArraySpec& domain, const std::vector<ArraySpec>& ranges, bool diagonal_steps) {
  std::size_t sum = (diagonal_steps ? 2 : 1) * domain.bytes(), largest = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const bool shared = std::find(ranges.begin(), ranges.begin() + static_cast<std::ptrdiff_t>(i), ranges[i]) !=
                        ranges.begin() + static_cast<std::ptrdiff_t>(i);
    sum += ((shared ? 2 : 3) + (diagonal_steps ? 1 : 0)) * ranges[i].bytes();
    largest = std::max(largest, ranges[i].bytes());
  }
  return sum + largest;
}

void PrimalDual::prepare_diagonal_steps() {
  const double balance = std::sqrt(options_.ratio);
  primal_steps_ = backend_.allocate(terms_[0].k->domain(), stream_);
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    // |K_i|, its column sums added up over the terms
    const auto sums = terms_[i].k->abs_sums(stream_);
    Array columns = sums.columns.each;
    if (!columns) {
      columns = backend_.allocate(terms_[i].k->domain(), stream_);
      ops_.fill(columns, sums.columns.bound, stream_);
    }
    ops_.axpy(1, columns, primal_steps_, stream_);
    Array& rows = duals_[i].steps;
    rows = sums.rows.each;
    if (!rows) {
      rows = backend_.allocate(terms_[i].k->range(), stream_);
      ops_.fill(rows, sums.rows.bound, stream_);
    }
    // sigma = 1 / (sqrt(ratio) |K_i| 1)
    invert(rows, 1 / balance, stream_);
  }
  // tau = sqrt(ratio) / (sum_i |K_i|ᵀ 1)
  invert(primal_steps_, balance, stream_);
}

void PrimalDual::start(Array& x, const Checkpoint* resume) {
  if (!x || terms_[0].k->domain() != x.spec()) {
    throw Error{Errc::shape_mismatch, "primal_dual: the image is " + (x ? x.spec().shape.text() : "missing") +
                                          ", a term takes " + terms_[0].k->domain().shape.text()};
  }
  const bool resumed = begin(x, resume);
  if (!resumed && !options_.diagonal_steps) {
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const bool given = i < options_.norms.size() && options_.norms[i] > 0;
      duals_[i].norm = given ? options_.norms[i] : norm_margin * operator_norm(*terms_[i].k, stream_);
    }
  }
  choose_steps();
  if (!resumed) {
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      terms_[i].k->forward(x, duals_[i].kx, stream_);
      ops_.fill(duals_[i].y, 0, stream_);
      ascend(i, 0);
    }
  }
  if (const Array* data = terms_[0].f->data()) set_scale(ops_.norm2(*data, stream_));
}

// tau sum_i sigma_i ‖K_i‖² = 1, every term with an equal part of it; tau over the first sigma is `ratio`.
void PrimalDual::choose_steps() {
  if (options_.diagonal_steps) return;
  double first = 0;
  for (const auto& dual : duals_) first = first > 0 ? first : dual.norm;
  if (first == 0) first = 1;  // every K is 0: any step will do
  const double parts = std::sqrt(static_cast<double>(duals_.size())), balance = std::sqrt(options_.ratio);
  tau_ = balance / (parts * first);
  for (auto& dual : duals_) dual.step = dual.norm > 0 ? first / (balance * parts * dual.norm * dual.norm) : 0.0;
}

// y <- prox of sigma F* at y + sigma K x̄, with K x̄ = (1 + theta) K x_new - theta K x_old. With theta 0: K x.
void PrimalDual::ascend(std::size_t i, double theta) {
  auto& dual = duals_[i];
  const auto& f = *terms_[i].f;
  if (theta == 0 && options_.diagonal_steps) {
    ops_.multiply(dual.steps, dual.kx, dual.next, stream_);
    ops_.axpy(1, dual.next, dual.y, stream_);
    f.prox_conjugate(dual.steps, dual.y, stream_);
  } else if (theta == 0) {
    ops_.axpy(dual.step, dual.kx, dual.y, stream_);
    f.prox_conjugate(dual.step, dual.y, stream_);
  } else if (options_.diagonal_steps) {
    ops_.axpby(1 + theta, dual.next, -theta, dual.kx, stream_);
    ops_.multiply(dual.steps, dual.kx, dual.kx, stream_);
    ops_.axpy(1, dual.kx, dual.y, stream_);
    f.prox_conjugate(dual.steps, dual.y, stream_);
  } else {
    ops_.axpy(dual.step * (1 + theta), dual.next, dual.y, stream_);
    ops_.axpy(-dual.step * theta, dual.kx, dual.y, stream_);
    f.prox_conjugate(dual.step, dual.y, stream_);
  }
}

// x <- prox of tau G at x - tau sum K_iᴴ y_i; returns the relative change.
double PrimalDual::descend() {
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    terms_[i].k->adjoint(duals_[i].y, candidate_, stream_,
                         i == 0 ? compute::Write::replace : compute::Write::accumulate);
  }
  if (options_.diagonal_steps) {
    ops_.multiply(primal_steps_, candidate_, candidate_, stream_);
    ops_.axpby(1, x_, -1, candidate_, stream_);
    if (options_.g) options_.g->prox(primal_steps_, candidate_, stream_);
  } else {
    ops_.axpby(1, x_, -tau_, candidate_, stream_);
    if (options_.g) options_.g->prox(tau_, candidate_, stream_);
  }
  return detail::move_to(candidate_, x_, stream_);
}

Step PrimalDual::iterate() {
  Step out;
  out.change = descend();
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    auto& dual = duals_[i];
    terms_[i].k->forward(x_, dual.next, stream_);
    measure(i, out);
    ascend(i, options_.relaxation);
    ops_.copy(dual.next, dual.kx, stream_);
  }
  if (options_.g && !options_.g->constraint()) out.objective += options_.g->value(x_, stream_);
  return out;
}

void PrimalDual::measure(std::size_t i, Step& out) {
  const auto& f = *terms_[i].f;
  const auto& kx = duals_[i].next;
  const bool counts = !f.constraint();
  if (const Array* data = f.data(); data != nullptr && (counts || i == 0)) {
    const double distance = detail::distance(kx, *data, stream_);
    if (i == 0) out.residual = distance;
    if (counts) out.objective += f.value_at_distance(distance);
  } else if (counts) {
    out.objective += f.value(kx, stream_);
  }
}

SolverResult primal_dual(std::vector<Term> terms, Array& x, const PrimalDualOptions& options, compute::Stream& stream,
                         const Control& control) {
  if (control.residual_target > 0 && !terms.empty() && terms[0].f && terms[0].f->data() == nullptr) {
    throw Error{Errc::invalid_input,
                "primal_dual was given a residual target, its first term has no data to measure a residual by",
                "put the term of the data first"};
  }
  PrimalDual solver{std::move(terms), options, stream};
  solver.start(x, control.resume);
  return solver.run(control);
}

}  // namespace iso::solvers
