#include "iso/solvers/algebraic.h"

#include "iteration_impl.h"

#include <algorithm>
#include <cmath>

namespace iso::solvers {
namespace {

using compute::Array;

// Sums this much smaller than the largest belong to rays that only graze the grid, or voxels no ray meets.
constexpr double negligible = 1e-6;

void check_options(std::string_view solver, const AlgebraicOptions& options) {
  if (!(options.relaxation > 0 && options.relaxation < 2)) {
    throw Error{Errc::invalid_input,
                std::string{solver} + " was given the relaxation " + std::to_string(options.relaxation),
                "it must lie between 0 and 2"};
  }
  if (!(options.low < options.high)) {
    throw Error{Errc::invalid_input, std::string{solver} + " was given an empty range of values",
                "the low bound must be below the high one"};
  }
}

bool bounded(const AlgebraicOptions& options) { return std::isfinite(options.low) || std::isfinite(options.high); }

void invert(Array& sums, const compute::VectorOps& ops, compute::Stream& stream) {
  ops.reciprocal(sums, negligible * ops.max_abs(sums, stream), stream);
}

}  // namespace

Outcome sirt(const compute::LinearOperator& a, const Array& b, Array& x, const AlgebraicOptions& options,
             compute::Stream& stream, const Control& control) {
  detail::expect_problem("sirt", a, b, x);
  check_options("sirt", options);
  const auto& backend = a.backend();
  const auto& ops = backend.vector();
  auto rows = backend.allocate(a.range(), stream), r = backend.allocate(a.range(), stream);
  auto columns = backend.allocate(a.domain(), stream), g = backend.allocate(a.domain(), stream);
  ops.fill(g, 1, stream);
  a.forward(g, rows, stream);
  invert(rows, ops, stream);
  ops.fill(r, 1, stream);
  a.adjoint(r, columns, stream);
  invert(columns, ops, stream);

  detail::Iteration iteration{"sirt", control, x, stream};
  iteration.carry("r", r);
  if (!iteration.resumed()) detail::residual_into(a, b, x, r, stream);
  iteration.scale(ops.norm2(b, stream));
  return iteration.run([&](int) {
    ops.multiply(rows, r, r, stream);
    a.adjoint(r, g, stream);
    ops.multiply(columns, g, g, stream);
    ops.axpby(1, x, options.relaxation, g, stream);
    if (bounded(options)) ops.clamp(options.low, options.high, g, stream);
    const double change = detail::move_to(g, x, stream);
    a.forward(x, r, stream);
    ops.axpby(1, b, -1, r, stream);
    const double residual = ops.norm2(r, stream);
    return Step{0, residual, residual, change};
  });
}

namespace {

// largest <- max(largest, other), element by element; `other` is scratch afterwards.
void take_larger(Array& largest, Array& other, const compute::VectorOps& ops, compute::Stream& stream) {
  ops.axpby(-1, largest, 1, other, stream);
  ops.clamp(0, std::numeric_limits<double>::infinity(), other, stream);
  ops.axpy(1, other, largest, stream);
}

}  // namespace

Outcome ordered_subsets(std::span<const compute::OperatorPtr> subsets, std::span<const Array> data, Array& x,
                        const AlgebraicOptions& options, compute::Stream& stream, const Control& control) {
  check_options("ordered_subsets", options);
  if (subsets.empty() || subsets.size() != data.size()) {
    throw Error{Errc::invalid_input,
                "ordered_subsets was given " + std::to_string(subsets.size()) + " operators and " +
                    std::to_string(data.size()) + " parts of the data",
                "give as many of each, at least one"};
  }
  for (std::size_t i = 0; i < subsets.size(); ++i) detail::expect_problem("ordered_subsets", *subsets[i], data[i], x);
  const auto& backend = subsets[0]->backend();
  const auto& ops = backend.vector();
  const ArraySpec image = subsets[0]->domain();
  auto columns = backend.allocate(image, stream), g = backend.allocate(image, stream),
       before = backend.allocate(image, stream);
  std::vector<Array> rows;
  ops.fill(before, 1, stream);
  double data2 = 0;
  for (std::size_t i = 0; i < subsets.size(); ++i) {
    auto& sums = rows.emplace_back(backend.allocate(subsets[i]->range(), stream));
    ops.fill(sums, 1, stream);
    subsets[i]->adjoint(sums, g, stream);
    take_larger(columns, g, ops, stream);
    subsets[i]->forward(before, sums, stream);
    invert(sums, ops, stream);
    data2 += ops.dot(data[i], data[i], stream).real();
  }
  invert(columns, ops, stream);

  detail::Iteration iteration{"ordered_subsets", control, x, stream};
  iteration.scale(std::sqrt(data2));
  Array r;
  return iteration.run([&](int) {
    ops.copy(x, before, stream);
    double residual2 = 0;
    for (std::size_t i = 0; i < subsets.size(); ++i) {
      if (!r || r.spec() != subsets[i]->range()) r = backend.allocate(subsets[i]->range(), stream);
      subsets[i]->forward(x, r, stream);
      ops.axpby(1, data[i], -1, r, stream);
      residual2 += ops.dot(r, r, stream).real();
      ops.multiply(rows[i], r, r, stream);
      subsets[i]->adjoint(r, g, stream);
      ops.multiply(columns, g, g, stream);
      ops.axpy(options.relaxation, g, x, stream);
      if (bounded(options)) ops.clamp(options.low, options.high, x, stream);
    }
    ops.axpby(1, x, -1, before, stream);
    const double residual = std::sqrt(residual2);
    return Step{0, residual, residual, detail::relative(ops.norm2(before, stream), ops.norm2(x, stream))};
  });
}

}  // namespace iso::solvers
