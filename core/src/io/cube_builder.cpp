#include "io/cube_builder_impl.h"

#include "iso/base/dispatch.h"
#include "iso/base/memory.h"
#include "iso/spectra/axis.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace iso::io::detail {
namespace {

constexpr std::size_t sample_stride = 997;  // a prime, so that no row length is hit

bool goes_to_disk(std::size_t bytes, const ReadOptions& options) {
  const std::string asked = find_hint(options, "storage");
  if (asked == "memory") return false;
  return asked == "disk" || bytes > machine_memory().available / 3;
}

template <class From, class To>
void calibrate(const std::byte* from, std::size_t count, double gain, double divisor, double offset, std::byte* to) {
  const auto* const source = reinterpret_cast<const From*>(from);
  auto* const target = reinterpret_cast<To*>(to);
  for (std::size_t i = 0; i < count; ++i)
    target[i] = static_cast<To>(static_cast<double>(source[i]) * gain / divisor + offset);
}

std::string in_words(std::uint64_t part, std::uint64_t whole) {
  return std::to_string(part) + " of " + std::to_string(whole);
}

}  // namespace

ScalarType value_type(FileType type, const Calibration& calibration) {
  const ScalarType stored = stored_as(type);
  if (calibration.empty() || is_complex(stored)) return stored;
  return stored == ScalarType::i32 || stored == ScalarType::f64 ? ScalarType::f64 : ScalarType::f32;
}

CubeBuilder::CubeBuilder(const Shape& shape, FileType type, Calibration calibration, const ReadOptions& options)
    : shape_{shape},
      type_{type},
      calibration_{std::move(calibration)},
      stored_{stored_as(type)},
      value_{value_type(type, calibration_)},
      plane_{static_cast<std::size_t>(shape[0] * shape[1])} {
  if (!calibration_.empty() && is_complex(stored_)) {
    warn("the scale is left out: the values are complex");
    calibration_ = {};
  }
  if (const auto level = find_hint(options, "saturation"); !level.empty()) saturation_ = to_number(level);
  const ArraySpec spec{shape_, value_};
  if (goes_to_disk(spec.bytes(), options))
    mapped_.emplace(spec);
  else
    memory_ = PixelBuffer::allocate(spec);
  const auto bands = static_cast<std::size_t>(shape[2]);
  hidden_.assign(bands, false);
  bad_in_band_.assign(bands, 0);
  bad_in_pixel_.assign(plane_, 0);
}

void CubeBuilder::hide(const Pixels& band_mask) {
  if (band_mask.empty()) return;
  const auto good = band_mask.values<std::uint8_t>();
  for (std::size_t band = 0; band < hidden_.size(); ++band) hidden_[band] = good[band] == 0;
}

void CubeBuilder::add(std::size_t band, std::size_t first, std::size_t count, const std::byte* stored) {
  const std::byte* values = stored;
  if (!stored_as_is(type_)) {
    widened_.resize(count * byte_count(stored_));
    whole_ = widen(type_, stored, count, widened_.data()) && whole_;
    values = widened_.data();
  }
  mark(band, first, values, count);
  if (!calibration_.empty()) {
    calibrated_.resize(count * byte_count(value_));
    const double gain = calibration_.gains.empty() ? 1 : calibration_.gains[band],
                 offset = calibration_.offsets.empty() ? 0 : calibration_.offsets[band],
                 divisor = calibration_.divisor.value_or(1);
    dispatch<RealTypes>(stored_, [&](auto zero) {
      if (value_ == ScalarType::f64)
        calibrate<decltype(zero), double>(values, count, gain, divisor, offset, calibrated_.data());
      else
        calibrate<decltype(zero), float>(values, count, gain, divisor, offset, calibrated_.data());
    });
    values = calibrated_.data();
  }
  const std::size_t at = (band * plane_ + first) * byte_count(value_), bytes = count * byte_count(value_);
  if (mapped_)
    mapped_->write(at, {values, bytes});
  else
    std::memcpy(memory_.data() + at, values, bytes);
  if (is_complex(value_) || hidden_[band]) return;
  dispatch<RealTypes>(value_, [&](auto zero) {
    const auto* const all = reinterpret_cast<const decltype(zero)*>(values);
    for (std::size_t i = (first + band) % sample_stride; i < count; i += sample_stride)
      if (std::isfinite(static_cast<double>(all[i]))) sample_.push_back(static_cast<double>(all[i]));
  });
}

void CubeBuilder::mark(std::size_t band, std::size_t first, const std::byte* values, std::size_t count) {
  const bool counts = !hidden_[band];
  dispatch<AllTypes>(stored_, [&]<class T>(T) {
    const auto* const all = reinterpret_cast<const T*>(values);
    for (std::size_t i = 0; i < count; ++i) {
      bool bad = false;
      if constexpr (std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>) {
        bad = !std::isfinite(all[i].real()) || !std::isfinite(all[i].imag());
      } else {
        const auto value = static_cast<double>(all[i]);
        bad = !std::isfinite(value) || (ignored_ && value == static_cast<double>(static_cast<T>(*ignored_))) ||
              (saturation_ && value >= *saturation_);
      }
      if (!bad) continue;
      ++bad_in_band_[band];
      if (counts) ++bad_in_pixel_[first + i];
    }
  });
}

void CubeBuilder::finish(SpectralCube& cube) {
  if (!whole_) note_rounding(cube.meta);
  cube.pixels = mapped_ ? std::move(*mapped_).pixels() : Pixels{std::move(memory_)};
  mark_pixels(cube);
  note_scale(cube);
}

void CubeBuilder::mark_pixels(SpectralCube& cube) {
  const std::size_t bands = hidden_.size();
  std::uint32_t empty = 0;  // bands without a single value, which say nothing of their pixels
  for (std::size_t band = 0; band < bands; ++band)
    if (!hidden_[band] && bad_in_band_[band] == plane_) ++empty;
  const auto hidden = static_cast<std::uint32_t>(std::ranges::count(hidden_, true));
  if (empty > 0 && empty + hidden < bands) {
    PixelBuffer mask = PixelBuffer::allocate({Shape{static_cast<std::int64_t>(bands)}, ScalarType::u8});
    for (std::size_t band = 0; band < bands; ++band)
      mask.values<std::uint8_t>()[band] = hidden_[band] || bad_in_band_[band] == plane_ ? 0 : 1;
    cube.band_mask = std::move(mask);
    assume(cube.meta, in_words(empty, bands) + " bands are masked: no pixel has a value in them");
  } else {
    empty = empty + hidden < bands ? empty : 0;
  }
  const auto without =
      static_cast<std::uint64_t>(std::ranges::count_if(bad_in_pixel_, [&](auto n) { return n > empty; }));
  if (without == 0) return;
  if (without == plane_)
    throw Error{Errc::invalid_input,
                "no pixel has a value in every band: each has one that is NaN, infinite, ignored or saturated",
                "mask the bands where they are missing, or check the value that is ignored"};
  const auto partly = static_cast<std::uint64_t>(
      std::ranges::count_if(bad_in_pixel_, [&](auto n) { return n > empty && n < bands - hidden; }));
  PixelBuffer mask = PixelBuffer::allocate({Shape{shape_[0], shape_[1]}, ScalarType::u8});
  for (std::size_t i = 0; i < plane_; ++i) mask.values<std::uint8_t>()[i] = bad_in_pixel_[i] > empty ? 0 : 1;
  cube.mask = std::move(mask);
  if (partly > 0)
    assume(cube.meta,
           in_words(partly, plane_) +
               " pixels are masked, although they lack a value (NaN, ignored, saturated) in some bands only");
}

void CubeBuilder::note_scale(SpectralCube& cube) {
  Metadata& meta = cube.meta;
  if (!stored_as_is(type_) || value_ != stored_) {
    constexpr std::array names{"i8",  "u8",  "i16", "u16", "i32",  "u32", "i64",
                               "u64", "f32", "f64", "c64", "c128", "f16"};
    meta[spectra::stored_type_key] = names[static_cast<std::size_t>(type_)];
  }
  if (calibration_.divisor) {
    std::array<char, 32> text{};
    const auto [end, problem] = std::to_chars(text.data(), text.data() + text.size(), *calibration_.divisor);
    meta[spectra::scale_factor_key] = std::string{text.data(), end};
  }
  if (!calibration_.empty() || sample_.empty() || spectra::to_kind(cube.bands) != spectra::AxisKind::wavelength) return;
  const auto at = sample_.begin() + static_cast<std::ptrdiff_t>(0.999 * static_cast<double>(sample_.size() - 1));
  std::ranges::nth_element(sample_, at);
  const bool integer = stored_ != ScalarType::f32 && stored_ != ScalarType::f64;
  if (*at > 10 || (integer && *at > 1))
    assume(meta, "values as they are stored, up to about " + short_number(*at) +
                     ": no scale is given (else pass --scale N; of reflectance, N is what stands for 1)");
}

}  // namespace iso::io::detail
