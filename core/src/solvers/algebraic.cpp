#include "iso/solvers/algebraic.h"

#include "solver_impl.h"

#include <cmath>

namespace iso::solvers {
namespace {

using compute::Array;

// Sums this much smaller than the largest belong to rays that only graze the grid, or voxels no ray meets.
constexpr double negligible = 1e-6;

void check_relaxation(std::string_view solver, double relaxation) {
  if (relaxation > 0 && relaxation < 2) return;
  throw Error{Errc::invalid_input, std::string{solver} + " was given the relaxation " + std::to_string(relaxation),
              "it must lie between 0 and 2"};
}

void check_options(std::string_view solver, const AlgebraicOptions& options) {
  check_relaxation(solver, options.relaxation);
  if (!(options.low < options.high)) {
    throw Error{Errc::invalid_input, std::string{solver} + " was given an empty range of values",
                "the low bound must be below the high one"};
  }
}

bool bounded(const AlgebraicOptions& options) { return std::isfinite(options.low) || std::isfinite(options.high); }

void invert(Array& sums, const compute::VectorOps& ops, compute::Stream& stream) {
  ops.reciprocal(sums, negligible * ops.max_abs(sums, stream), stream);
}

// largest <- max(largest, other), element by element; `other` is scratch afterwards.
void take_larger(Array& largest, Array& other, const compute::VectorOps& ops, compute::Stream& stream) {
  ops.axpby(-1, largest, 1, other, stream);
  ops.clamp(0, std::numeric_limits<double>::infinity(), other, stream);
  ops.axpy(1, other, largest, stream);
}

// The pieces of data lie one behind the other along the last axis of the range.
void expect_data(const Subset& subset) {
  const auto& range = subset.a->range();
  const auto last = range.shape.rank() - 1;
  std::int64_t count = 0;
  bool fits = true;
  for (const auto& piece : subset.data) {
    const auto& shape = piece ? piece.spec().shape : Shape{};
    fits = fits && piece && shape.rank() == last + 1 && piece.spec().type == range.type;
    for (std::size_t axis = 0; fits && axis < last; ++axis) fits = shape[axis] == range.shape[axis];
    if (fits) count += shape[last];
  }
  if (fits && count == range.shape[last]) return;
  throw Error{Errc::shape_mismatch, "ordered_subsets: the data of a subset do not make up " + range.shape.text() + " " +
                                        std::string{to_string(range.type)} + ", the range of its operator"};
}

const compute::LinearOperator& to_first(const std::vector<Subset>& subsets) {
  for (const auto& subset : subsets) {
    if (!subset.a || subset.data.empty())
      throw Error{Errc::invalid_input, "a subset of ordered_subsets lacks its operator or its data"};
  }
  if (subsets.empty()) throw Error{Errc::invalid_input, "ordered_subsets was given no subset", "give at least one"};
  return *subsets[0].a;
}

}  // namespace

Sirt::Sirt(const compute::LinearOperator& a, const AlgebraicOptions& options, compute::Stream& stream)
    : Solver{"sirt", a.backend(), stream}, a_{a}, options_{options} {
  check_options("sirt", options);
  for (auto* array : {&rows_, &r_}) *array = backend_.allocate(a.range(), stream);
  for (auto* array : {&columns_, &g_}) *array = backend_.allocate(a.domain(), stream);
  // R = 1 / (A 1), C = 1 / (Aᴴ 1)
  ops_.fill(g_, 1, stream);
  a.forward(g_, rows_, stream);
  invert(rows_, ops_, stream);
  ops_.fill(r_, 1, stream);
  a.adjoint(r_, columns_, stream);
  invert(columns_, ops_, stream);
  carry("r", r_);
}

void Sirt::set_weight(double relaxation) {
  check_relaxation(name_, relaxation);
  options_.relaxation = relaxation;
}

std::size_t Sirt::bytes(const ArraySpec& domain, const ArraySpec& range) {
  return 2 * domain.bytes() + 2 * range.bytes();
}

void Sirt::start(const Array& b, Array& x, const Checkpoint* resume) {
  detail::expect_problem("sirt", a_, b, x);
  b_ = b;
  if (!begin(x, resume)) detail::residual_into(a_, b, x, r_, stream_);
  set_scale(ops_.norm2(b, stream_));
}

Step Sirt::iterate() {
  // g = P( x + relaxation C Aᴴ R r )
  ops_.multiply(rows_, r_, r_, stream_);
  a_.adjoint(r_, g_, stream_);
  ops_.multiply(columns_, g_, g_, stream_);
  ops_.axpby(1, x_, options_.relaxation, g_, stream_);
  if (bounded(options_)) ops_.clamp(options_.low, options_.high, g_, stream_);
  // x = g, r = b - A x
  const double change = detail::move_to(g_, x_, stream_);
  a_.forward(x_, r_, stream_);
  ops_.axpby(1, b_, -1, r_, stream_);
  const double residual = ops_.norm2(r_, stream_);
  return {0, residual, residual, change};
}

OrderedSubsets::OrderedSubsets(std::vector<Subset> subsets, const AlgebraicOptions& options, compute::Stream& stream)
    : Solver{"ordered_subsets", to_first(subsets).backend(), stream}, subsets_{std::move(subsets)}, options_{options} {
  check_options("ordered_subsets", options);
  const ArraySpec image = subsets_[0].a->domain();
  for (auto* array : {&columns_, &g_, &before_}) *array = backend_.allocate(image, stream);
  // R_s = 1 / (A_s 1), C = 1 / max_s (A_sᴴ 1)
  ops_.fill(before_, 1, stream);
  double data2 = 0;
  for (const auto& subset : subsets_) {
    if (subset.a->domain() != image) {
      throw Error{Errc::shape_mismatch, "ordered_subsets: a subset takes images of " + subset.a->domain().shape.text() +
                                            ", the first takes " + image.shape.text()};
    }
    expect_data(subset);
    auto& sums = rows_.emplace_back(backend_.allocate(subset.a->range(), stream));
    ops_.fill(sums, 1, stream);
    subset.a->adjoint(sums, g_, stream);
    take_larger(columns_, g_, ops_, stream);
    subset.a->forward(before_, sums, stream);
    invert(sums, ops_, stream);
    for (const auto& piece : subset.data) data2 += ops_.dot(piece, piece, stream).real();
  }
  invert(columns_, ops_, stream);
  data_norm_ = std::sqrt(data2);
}

void OrderedSubsets::set_weight(double relaxation) {
  check_relaxation(name_, relaxation);
  options_.relaxation = relaxation;
}

std::size_t OrderedSubsets::bytes(const ArraySpec& domain, std::size_t whole, std::size_t largest) {
  return 3 * domain.bytes() + whole + largest;
}

void OrderedSubsets::start(Array& x, const Checkpoint* resume) {
  for (const auto& subset : subsets_) {
    if (x && x.spec() == subset.a->domain()) continue;
    throw Error{Errc::shape_mismatch, "ordered_subsets: the image is " + (x ? x.spec().shape.text() : "missing") +
                                          ", the operator takes " + subset.a->domain().shape.text()};
  }
  begin(x, resume);
  set_scale(data_norm_);
}

// r = data - r, piece by piece.
void OrderedSubsets::difference(const Subset& subset, Array& r) const {
  if (subset.data.size() == 1) {
    ops_.axpby(1, subset.data[0], -1, r, stream_);
    return;
  }
  std::int64_t at = 0;
  for (const auto& piece : subset.data) {
    const auto& shape = piece.spec().shape;
    const auto count = shape[shape.rank() - 1];
    Array part = r.part(at, count);
    ops_.axpby(1, piece, -1, part, stream_);
    at += count;
  }
}

Step OrderedSubsets::iterate() {
  ops_.copy(x_, before_, stream_);
  double residual2 = 0;
  for (std::size_t i = 0; i < subsets_.size(); ++i) {
    const auto& [a, data] = subsets_[i];
    if (!r_ || r_.spec() != a->range()) r_ = backend_.allocate(a->range(), stream_);
    // r = p_s - A_s x
    a->forward(x_, r_, stream_);
    difference(subsets_[i], r_);
    residual2 += ops_.dot(r_, r_, stream_).real();
    // x = P( x + relaxation C A_sᴴ R_s r )
    ops_.multiply(rows_[i], r_, r_, stream_);
    a->adjoint(r_, g_, stream_);
    ops_.multiply(columns_, g_, g_, stream_);
    ops_.axpy(options_.relaxation, g_, x_, stream_);
    if (bounded(options_)) ops_.clamp(options_.low, options_.high, x_, stream_);
  }
  ops_.axpby(1, x_, -1, before_, stream_);
  const double residual = std::sqrt(residual2);
  return {0, residual, residual, detail::relative(ops_.norm2(before_, stream_), ops_.norm2(x_, stream_))};
}

SolverResult sirt(const compute::LinearOperator& a, const Array& b, Array& x, const AlgebraicOptions& options,
                  compute::Stream& stream, const Control& control) {
  detail::expect_problem("sirt", a, b, x);
  Sirt solver{a, options, stream};
  solver.start(b, x, control.resume);
  return solver.run(control);
}

SolverResult ordered_subsets(std::vector<Subset> subsets, Array& x, const AlgebraicOptions& options,
                             compute::Stream& stream, const Control& control) {
  OrderedSubsets solver{std::move(subsets), options, stream};
  solver.start(x, control.resume);
  return solver.run(control);
}

}  // namespace iso::solvers
