#include <gpu/reference/reference_backend.h>
#include <iso/compute/backend.h>

#include <gtest/gtest.h>

#include <cmath>

using namespace iso::compute;
using iso::PixelBuffer;
using iso::Pixels;
using iso::ScalarType;
using iso::Shape;

// The example at the head of iso/compute/linear_operator.h, word for word; packaging/checks/header_examples.py compares them.
TEST(HeaderExample, OfLinearOperatorsComesCloserToTheDifferencesOfARamp) {
  const auto owner = iso::gpu::make_reference_backend();
  const Backend& backend = *owner;
  PixelBuffer ones = PixelBuffer::allocate({Shape{8, 8, 2}, ScalarType::f32});
  for (float& value : ones.values<float>()) value = 1;
  const Pixels differences = std::move(ones);
  // header example: iso/compute/linear_operator.h
  const std::unique_ptr<Stream> stream = backend.make_stream();
  const OperatorPtr d = backend.make(FiniteDifference{Shape{8, 8}, {0, 1}});
  const Array b = backend.upload(differences, *stream);
  Array x = backend.allocate(d->domain(), *stream), residual = backend.allocate(d->range(), *stream);
  Array gradient = backend.allocate(d->domain(), *stream);
  for (int step = 0; step < 2; ++step) {
    backend.vector().copy(b, residual, *stream);
    backend.vector().scale(-1, residual, *stream);
    d->forward(x, residual, *stream, Write::accumulate);  // r = D x - b
    d->adjoint(residual, gradient, *stream);              // g = Dᴴ r
    backend.vector().axpy(-0.125, gradient, x, *stream);  // x = x - g / 8, and 8 bounds ‖D‖²
  }
  // end of the example
  const double before = backend.vector().norm2(b, *stream);
  EXPECT_LT(backend.vector().norm2(residual, *stream), 0.98 * before);
  EXPECT_GT(backend.vector().norm2(x, *stream), 0);
}
