#pragma once

#include "gpu/reference/reference_backend.h"

#include <iso/compute/backend.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <memory>
#include <vector>

/// A matrix as an operator on the reference back end, for problems whose solution is known in closed form.
namespace iso::testing {

inline const compute::Backend& reference() {
  static const auto backend = gpu::make_reference_backend();
  return *backend;
}

class DenseOperator final : public compute::LinearOperator {
 public:
  DenseOperator(std::int64_t rows, std::int64_t columns, std::vector<double> entries,  ///< row by row
                const compute::Backend& backend = reference())
      : LinearOperator(ArraySpec{Shape{columns}, ScalarType::f64}, ArraySpec{Shape{rows}, ScalarType::f64}, backend),
        entries_{std::move(entries)} {}
  mutable int forwards{0}, adjoints{0};

 private:
  void apply(const compute::Array& in, compute::Array& out, compute::Write write, bool transposed) const {
    const auto rows = range().shape[0], columns = domain().shape[0];
    const auto x = in.host<const double>();
    const auto y = out.host<double>();
    if (write == compute::Write::replace) std::fill(y.begin(), y.end(), 0.0);
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) {
        const auto from = static_cast<std::size_t>(transposed ? i : j),
                   to = static_cast<std::size_t>(transposed ? j : i);
        y[to] += entries_[static_cast<std::size_t>(i * columns + j)] * x[from];
      }
    }
  }
  void do_forward(const compute::Array& x, compute::Array& y, compute::Stream&, compute::Write write) const override {
    ++forwards;
    apply(x, y, write, false);
  }
  void do_adjoint(const compute::Array& y, compute::Array& x, compute::Stream&, compute::Write write) const override {
    ++adjoints;
    apply(y, x, write, true);
  }
  compute::AbsSums do_abs_sums(compute::Stream& stream) const override {
    compute::AbsSums sums;
    sums.rows.each = backend().allocate(range(), stream);
    sums.columns.each = backend().allocate(domain(), stream);
    const auto of_row = sums.rows.each.host<double>(), of_column = sums.columns.each.host<double>();
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      of_row[i / of_column.size()] += std::abs(entries_[i]);
      of_column[i % of_column.size()] += std::abs(entries_[i]);
    }
    sums.rows.bound = *std::max_element(of_row.begin(), of_row.end());
    sums.columns.bound = *std::max_element(of_column.begin(), of_column.end());
    return sums;
  }
  std::vector<double> entries_;
};

inline std::shared_ptr<DenseOperator> dense(std::int64_t rows, std::int64_t columns, std::vector<double> entries) {
  return std::make_shared<DenseOperator>(rows, columns, std::move(entries));
}

inline std::shared_ptr<DenseOperator> identity(std::int64_t size) {
  std::vector<double> entries(static_cast<std::size_t>(size * size), 0.0);
  for (std::int64_t i = 0; i < size; ++i) entries[static_cast<std::size_t>(i * size + i)] = 1;
  return dense(size, size, entries);
}

inline compute::Array vector(const std::vector<double>& values) {
  const auto stream = reference().make_stream();
  auto x = reference().allocate({Shape{static_cast<std::int64_t>(values.size())}, ScalarType::f64}, *stream);
  std::copy(values.begin(), values.end(), x.host<double>().begin());
  return x;
}

inline compute::Array zeros(std::int64_t size) {
  return vector(std::vector<double>(static_cast<std::size_t>(size), 0.0));
}

inline std::vector<double> values(const compute::Array& x) {
  const auto span = x.host<const double>();
  return {span.begin(), span.end()};
}

}  // namespace iso::testing
