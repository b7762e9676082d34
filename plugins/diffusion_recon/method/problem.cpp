#include "method/problem.h"

#include <iso/base/error.h>
#include <iso/solvers/power_iteration.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace diffusion_recon {
namespace {

using iso::ArraySpec;
using iso::PixelBuffer;
using iso::Pixels;
using iso::ScalarType;
using iso::Shape;
using namespace iso::compute;

/// Two floats for each complex value, along the first axis.
ArraySpec to_pairs(const ArraySpec& complex) {
  std::vector<std::int64_t> extents(complex.shape.extents().begin(), complex.shape.extents().end());
  extents.front() *= 2;
  return {Shape{extents}, ScalarType::f32};
}

/// Images are (2 x, y, z): the axis of frames, of extent 1, is left out.
ArraySpec to_image_of_pairs(const ArraySpec& complex) {
  return {Shape{2 * complex.shape[0], complex.shape[1], complex.shape[2]}, ScalarType::f32};
}

class OfComplex final : public LinearOperator {
 public:
  explicit OfComplex(OperatorPtr a)
      : LinearOperator{to_image_of_pairs(a->domain()), to_pairs(a->range()), a->backend()}, a_{std::move(a)} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    Array to = as_complex(y, a_->range().shape);
    a_->forward(as_complex(x, a_->domain().shape), to, stream, write);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    Array to = as_complex(x, a_->domain().shape);
    a_->adjoint(as_complex(y, a_->range().shape), to, stream, write);
  }
  OperatorPtr a_;
};

/// Images [first, first + count) of a stack of `area` pixels each, in the same memory.
Pixels make_part(const Pixels& stack, const Shape& shape, std::int64_t first, std::int64_t area) {
  const auto owner = std::make_shared<const Pixels>(stack);
  return Pixels::adopt({shape, ScalarType::f32}, owner, stack.values<float>().data() + first * area);
}

/// Pairs (2 x, y, n) -> images (x, y, 1, 2 n), real parts first, and back.
Pixels parts_apart(const Pixels& pairs, std::int64_t width, std::int64_t height, std::int64_t count) {
  PixelBuffer out = PixelBuffer::allocate({Shape{width, height, 1, 2 * count}, ScalarType::f32});
  const auto from = pairs.values<float>();
  const auto to = out.values<float>();
  const std::size_t all = from.size() / 2;
  for (std::size_t i = 0; i < all; ++i) {
    to[i] = from[2 * i];
    to[all + i] = from[2 * i + 1];
  }
  return out;
}

}  // namespace

DataTerm::DataTerm(OperatorPtr a, const Array& y, double noise, Stream& stream) : a_{std::move(a)}, stream_{stream} {
  if (y.spec() != a_->range())
    throw iso::Error{iso::Errc::shape_mismatch,
                     "the readings are " + y.spec().shape.text() + ", the operator makes " + a_->range().shape.text()};
  norm_ = iso::solvers::operator_norm(*a_, stream_, 100, 1e-5);
  if (!(norm_ > 0))
    throw iso::Error{iso::Errc::invalid_input, "no ray of the scan meets the image", "check geometry and voxel size"};
  a_ = scaled(1 / norm_, a_);
  noise_ = noise / norm_;
  y_ = backend().allocate(y.spec(), stream_);
  backend().vector().axpy(1 / norm_, y, y_, stream_);
  back_ = backend().allocate(a_->domain(), stream_);
  a_->adjoint(y_, back_, stream_);
}

DataTerm DataTerm::with_readings(const Array& y) const {
  if (y.spec() != a_->range())
    throw iso::Error{iso::Errc::shape_mismatch,
                     "other readings are " + y.spec().shape.text() + " and not " + a_->range().shape.text()};
  DataTerm out = *this;
  out.y_ = y;
  out.back_ = backend().allocate(a_->domain(), stream_);
  a_->adjoint(out.y_, out.back_, stream_);
  return out;
}

double DataTerm::residual(const Array& x) const {
  Array r = backend().allocate(a_->range(), stream_);
  a_->forward(x, r, stream_);
  backend().vector().axpy(-1, y_, r, stream_);
  return backend().vector().norm2(r, stream_);
}

double DataTerm::normalised_residual(const Array& x) const {
  if (!(noise_ > 0)) return 0;
  return residual(x) / (noise_ * std::sqrt(static_cast<double>(a_->range().shape.count())));
}

std::size_t DataTerm::bytes(const ArraySpec& domain, const ArraySpec& range) {
  return 3 * domain.bytes() + 3 * range.bytes();
}

OperatorPtr of_complex(OperatorPtr a) { return std::make_shared<OfComplex>(std::move(a)); }

Array as_complex(const Array& pairs, const Shape& shape) {
  if (2 * shape.count() != pairs.spec().shape.count() || pairs.spec().type != ScalarType::f32)
    throw iso::Error{iso::Errc::shape_mismatch,
                     "pairs of " + pairs.spec().shape.text() + " are no complex values of " + shape.text()};
  return {{shape, ScalarType::c64}, pairs.backend(), pairs.memory()};
}

Array as_pairs(const Array& complex) { return {to_pairs(complex.spec()), complex.backend(), complex.memory()}; }

SlicePrior::SlicePrior(iso::models::DenoiserPtr denoiser, std::int64_t batch, std::int64_t components)
    : denoiser_{std::move(denoiser)}, batch_{batch}, components_{components} {
  if (batch < 1 || components < 1 || components > 2)
    throw iso::Error{iso::Errc::invalid_input, "a prior takes one image at a time or more, of one or two components"};
}

Pixels SlicePrior::denoise(const Pixels& x, double sigma, const std::stop_token& stop, const Report& report) const {
  const Shape shape = x.spec().shape;
  const std::int64_t width = shape[0] / components_, height = shape[1], slices = shape[2];
  const std::int64_t area = shape[0] * height;
  PixelBuffer out = PixelBuffer::allocate(x.spec());
  const auto to = out.values<float>();
  for (std::int64_t first = 0; first < slices; first += batch_) {
    const std::int64_t count = std::min(batch_, slices - first);
    const auto at = to.begin() + first * area;
    if (components_ == 1) {
      const Pixels answer = denoiser_->denoise(make_part(x, {width, height, 1, count}, first, area), sigma, stop);
      std::ranges::copy(answer.values<float>(), at);
    } else {
      const Pixels pairs = make_part(x, {shape[0], height, count}, first, area);
      const Pixels answer = denoiser_->denoise(parts_apart(pairs, width, height, count), sigma, stop);
      const auto from = answer.values<float>();
      for (std::size_t i = 0; i < from.size() / 2; ++i) {
        at[static_cast<std::ptrdiff_t>(2 * i)] = from[i];
        at[static_cast<std::ptrdiff_t>(2 * i + 1)] = from[from.size() / 2 + i];
      }
    }
    if (report) report(static_cast<double>(first + count) / static_cast<double>(slices));
  }
  if (!std::ranges::all_of(to, [](float value) { return std::isfinite(value); }))
    throw iso::Error{iso::Errc::invalid_result,
                     "the prior gave values that are not finite at a noise level of " + std::to_string(sigma),
                     "check the readings and the unit of water, or use total variation"};
  return out;
}

}  // namespace diffusion_recon
