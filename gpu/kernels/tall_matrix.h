#pragma once

#include "gpu/kernels/vector.h"

/// Products with matrices of many rows and few columns (iso/compute/operators/tall_matrix.h).
namespace iso::gpu {

/// y = M x, one thread an element of y.
template <class E>
struct TallForward {
  const E* matrix;
  const Number* x;
  E* y;
  std::int64_t rows, columns, products, batch;
  bool accumulate;
};
/// One thread an element of x = Mᴴ y and a piece of the rows: piece p sums the rows p, p + pieces, p + 2 pieces, ...
template <class E>
struct TallAdjoint {
  const E* matrix;
  const E* y;
  Number* partial;  ///< piece, column, product, matrix
  std::int64_t rows, columns, products, batch, pieces;
};
/// The pieces, summed in their order: one thread an element of x. E only tells the precisions apart.
template <class E>
struct TallSum {
  const Number* partial;
  Number* x;
  std::int64_t count, pieces;
  bool accumulate;
};

template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const TallForward<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.rows * k.products * k.batch) return;
  const auto row = i % k.rows, product = i / k.rows;
  const E* const matrix = k.matrix + product / k.products * k.columns * k.rows;
  Number sum = k.accumulate ? number(k.y[i]) : Number{0, 0};
  for (std::int64_t c = 0; c < k.columns; ++c)
    sum = plus(sum, times(number(matrix[c * k.rows + row]), k.x[product * k.columns + c]));
  assign(k.y[i], sum);
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const TallAdjoint<E>& k) noexcept {
  const auto i = at.linear();
  const auto count = k.columns * k.products * k.batch;
  if (i >= count * k.pieces) return;
  const auto piece = i % k.pieces, element = i / k.pieces, product = element / k.columns;
  const E* const column = k.matrix + (product / k.products * k.columns + element % k.columns) * k.rows;
  const E* const y = k.y + product * k.rows;
  Number sum{0, 0};
  for (auto row = piece; row < k.rows; row += k.pieces) {
    const Number m = number(column[row]);
    sum = plus(sum, times({m.re, -m.im}, number(y[row])));
  }
  k.partial[element * k.pieces + piece] = sum;
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const TallSum<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  Number sum = k.accumulate ? k.x[i] : Number{0, 0};
  for (std::int64_t piece = 0; piece < k.pieces; ++piece) sum = plus(sum, k.partial[i * k.pieces + piece]);
  k.x[i] = sum;
}

// NOLINTNEXTLINE(bugprone-macro-parentheses): T is a type
#define ISO_TALL_MATRIX_KERNELS(X, T) X(TallForward<Complex<T>>) X(TallAdjoint<Complex<T>>) X(TallSum<Complex<T>>)

}  // namespace iso::gpu
