#include "method/pixel_matrix.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <cstring>

namespace spectral_unmixing {
namespace {

constexpr std::int64_t tile_bytes = 384 * 1024, most_parts = 64;

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

template <class T>
Vector PixelMatrix<T>::spectrum(std::int64_t pixel) const {
  Vector out(band_count());
  for (std::int64_t l = 0; l < band_count(); ++l)
    out[l] = static_cast<double>(bands[static_cast<std::size_t>(l)][pixel]);
  return out;
}

template <class T>
PixelMatrix<T> PixelMatrix<T>::with_bands(const std::vector<std::int64_t>& chosen) const {
  PixelMatrix out{{}, pixels, owner};
  for (const std::int64_t band : chosen) out.bands.push_back(bands[static_cast<std::size_t>(band)]);
  return out;
}

template <class T>
PixelMatrix<T> make_pixel_matrix(const Matrix& spectra) {
  const auto memory = std::make_shared<std::vector<T>>(static_cast<std::size_t>(spectra.size()));
  PixelMatrix<T> out{{}, spectra.cols(), memory};
  for (Eigen::Index l = 0; l < spectra.rows(); ++l) {
    T* const row = memory->data() + l * spectra.cols();
    for (Eigen::Index n = 0; n < spectra.cols(); ++n) row[n] = static_cast<T>(spectra(l, n));
    out.bands.push_back(row);
  }
  return out;
}

template <class T>
PixelMatrix<T> take_pixels(const PixelMatrix<T>& from, const std::vector<std::int64_t>& chosen) {
  const auto memory = std::make_shared<std::vector<T>>(from.bands.size() * chosen.size());
  PixelMatrix<T> out{{}, static_cast<std::int64_t>(chosen.size()), memory};
  T* to = memory->data();
  for (const T* const band : from.bands) {
    out.bands.push_back(to);
    for (const std::int64_t pixel : chosen) *to++ = band[pixel];
  }
  return out;
}

template <class T>
Matrix to_matrix(const PixelMatrix<T>& from) {
  Matrix out(from.band_count(), from.pixels);
  for (Eigen::Index l = 0; l < out.rows(); ++l)
    for (Eigen::Index n = 0; n < out.cols(); ++n)
      out(l, n) = static_cast<double>(from.bands[static_cast<std::size_t>(l)][n]);
  return out;
}

std::vector<std::int64_t> spread(std::int64_t count, std::int64_t most) {
  std::vector<std::int64_t> out;
  const std::int64_t wanted = std::min(count, most);
  out.reserve(static_cast<std::size_t>(wanted));
  for (std::int64_t i = 0; i < wanted; ++i) out.push_back(i * count / wanted);
  return out;
}

template <class T>
Tiles<T>::Tiles(const PixelMatrix<T>& data) : data_{data} {
  const std::int64_t a_pixel = std::max<std::int64_t>(1, data.band_count()) * static_cast<std::int64_t>(sizeof(T));
  width_ = std::clamp<std::int64_t>(tile_bytes / a_pixel / pixel_multiple * pixel_multiple, 64, 1024);
  count_ = (data.pixels + width_ - 1) / width_;
  grain_ = std::max<std::int64_t>(1, (count_ + most_parts - 1) / most_parts);
  parts_ = (count_ + grain_ - 1) / grain_;
}

template <class T>
void Tiles<T>::for_each(const std::function<void(const Place&)>& body) const {
  iso::parallel_for(count_, grain_, [&](std::int64_t begin, std::int64_t end) {
    std::vector<const T*> pointers(data_.bands.size());
    std::vector<T> padded;
    for (std::int64_t index = begin; index < end; ++index) {
      const std::int64_t first = index * width_, counted = std::min(width_, data_.pixels - first);
      const std::int64_t whole = round_up(counted, pixel_multiple);
      if (whole != counted) padded.assign(data_.bands.size() * static_cast<std::size_t>(whole), T{0});
      for (std::size_t l = 0; l < pointers.size(); ++l) {
        pointers[l] = data_.bands[l] + first;
        if (whole == counted) continue;
        T* const row = padded.data() + l * static_cast<std::size_t>(whole);
        std::copy_n(pointers[l], counted, row);
        pointers[l] = row;
      }
      body({{pointers.data(), data_.band_count(), whole}, first, counted, index / grain_});
    }
  });
}

template struct PixelMatrix<float>;
template struct PixelMatrix<double>;
template PixelMatrix<float> make_pixel_matrix<float>(const Matrix&);
template PixelMatrix<double> make_pixel_matrix<double>(const Matrix&);
template PixelMatrix<float> take_pixels<float>(const PixelMatrix<float>&, const std::vector<std::int64_t>&);
template PixelMatrix<double> take_pixels<double>(const PixelMatrix<double>&, const std::vector<std::int64_t>&);
template Matrix to_matrix<float>(const PixelMatrix<float>&);
template Matrix to_matrix<double>(const PixelMatrix<double>&);
template class Tiles<float>;
template class Tiles<double>;

}  // namespace spectral_unmixing
