#include "method/device_pass.h"

#include <iso/base/error.h>
#include <iso/compute/operators/spectral_products.h>

#include <algorithm>

namespace spectral_unmixing {
namespace {

using iso::compute::Array;

const iso::compute::UnmixingSteps& require_steps(const iso::compute::Backend& device) {
  const auto* const steps = iso::compute::find_unmixing_steps(device);
  if (steps == nullptr)
    throw iso::Error{iso::Errc::unsupported, "the device " + device.info().id + " has no steps of unmixing"};
  return *steps;
}

template <class T>
iso::Pixels packed(const T* values, const iso::Shape& shape) {
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({shape, iso::scalar_type_of<T>});
  std::copy_n(values, shape.count(), buffer.values<T>().begin());
  return buffer;
}

template <class T>
iso::Pixels in_one_piece(const PixelMatrix<T>& data) {
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({{data.pixels, data.band_count()}, iso::scalar_type_of<T>});
  T* to = buffer.values<T>().data();
  for (const T* const band : data.bands) to = std::copy_n(band, data.pixels, to);
  return buffer;
}

}  // namespace

template <class T>
DevicePass<T>::DevicePass(const PixelMatrix<T>& data, std::int64_t components, const iso::compute::Backend& device)
    : device_{device},
      steps_{require_steps(device)},
      pixels_{data.pixels},
      bands_{data.band_count()},
      k_{components},
      stream_{device.make_stream()},
      y_{device.upload(in_one_piece(data), *stream_)} {
  iso::compute::SpectralProducts spec{pixels_, bands_, k_, {}, y_, iso::scalar_type_of<T>};
  stream_->synchronize();
  products_ = device.make(spec);
}

template <class T>
void DevicePass<T>::upload(const PixelState<T>& state) {
  a_ = device_.upload(packed(state.a.data(), {pixels_, k_}), *stream_);
  p_ = device_.upload(packed(state.p.data(), iso::Shape{pixels_}), *stream_);
}

template <class T>
void DevicePass<T>::download(PixelState<T>& state) const {
  const iso::Pixels a = device_.download(a_, *stream_), p = device_.download(p_, *stream_);
  std::ranges::copy(a.values<T>(), state.a.begin());
  std::ranges::copy(p.values<T>(), state.p.begin());
}

template <class T>
Array DevicePass<T>::to_device(const Matrix& by_bands) const {
  const auto& values = by_bands.cast<T>().eval();
  return device_.upload(packed(values.data(), {bands_, k_}), *stream_);
}

template <class T>
typename DevicePass<T>::Sums DevicePass<T>::pass(const Matrix& weighted_endmembers,
                                                 const iso::compute::AbundanceRule& rule) {
  Array b = device_.allocate(products_->range(), *stream_), x = device_.allocate(products_->domain(), *stream_);
  if (rule.abundances) products_->forward(to_device(weighted_endmembers), b, *stream_);
  Sums out;
  out.pixels = steps_.update(rule, b, a_, p_, *stream_);
  products_->adjoint(a_, x, *stream_);
  const iso::Pixels found = device_.download(x, *stream_);
  out.yat = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>>{found.values<T>().data(), bands_, k_}
                .template cast<double>();
  return out;
}

template <class T>
Vector DevicePass<T>::band_squares(const Matrix& endmembers) const {
  const auto squares = steps_.band_squares(y_, to_device(endmembers), a_, *stream_);
  return Eigen::Map<const Vector>{squares.data(), bands_};
}

template class DevicePass<float>;
template class DevicePass<double>;

}  // namespace spectral_unmixing
