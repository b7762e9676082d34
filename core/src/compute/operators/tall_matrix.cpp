#include "iso/compute/operators/tall_matrix.h"

#include "iso/base/error.h"

namespace iso::compute {

void TallMatrix::check() const {
  if (rows < 1 || columns < 1 || batch < 1 || products < 1)
    throw Error{Errc::invalid_input, "a tall matrix was asked for without rows, columns, matrices or products"};
  if (!is_complex(type)) throw Error{Errc::type_mismatch, "a tall matrix holds complex values, c64 or c128"};
  if (!matrix.empty() && matrix.spec() != matrix_spec())
    throw Error{Errc::shape_mismatch, "the matrix is " + matrix.spec().shape.text() + ", expected " +
                                          matrix_spec().shape.text() + " of the same type"};
  if (resident && (resident.spec().shape.count() != rows * columns * batch || resident.spec().type != type))
    throw Error{Errc::shape_mismatch, "the matrix on the device is " + resident.spec().shape.text() + ", expected " +
                                          matrix_spec().shape.text() + " of the same type"};
}

void TallMatrix::expect_matrix() const {
  if (matrix.empty() && !resident) throw Error{Errc::invalid_input, "the tall matrix has no values"};
}

}  // namespace iso::compute
