#include "iso/evaluation/metrics.h"

#include "iso/base/error.h"
#include "iso/base/threads.h"
#include "similarity_impl.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <span>
#include <vector>

namespace iso::evaluation {
namespace {

void check_pair(const Pixels& image, const Pixels& reference, const Pixels& mask) {
  for (const auto* block : {&image, &reference}) {
    if (block->empty() || block->spec().shape.count() == 0)
      throw Error{Errc::invalid_input, "there is no image to compare, it has no elements"};
    if (is_complex(block->spec().type) != is_complex(reference.spec().type)) {
      throw Error{Errc::type_mismatch, "a complex image cannot be compared with a real one",
                  "compare two complex images, or the magnitudes of both"};
    }
  }
  if (image.spec().shape != reference.spec().shape) {
    throw Error{Errc::shape_mismatch,
                "the image is " + image.spec().shape.text() + ", the reference is " + reference.spec().shape.text(),
                "resample one of them"};
  }
  if (!mask.empty() && mask.spec() != ArraySpec{image.spec().shape, ScalarType::u8}) {
    throw Error{Errc::shape_mismatch, "the mask is " + mask.spec().shape.text() + " " +
                                          std::string{to_string(mask.spec().type)} + ", it must be " +
                                          image.spec().shape.text() + " u8"};
  }
}

struct Sums {
  double squares{0}, magnitudes{0}, differences{0}, reference{0}, largest{0};
  double low{std::numeric_limits<double>::infinity()}, high{-std::numeric_limits<double>::infinity()};
  std::int64_t elements{0};
};

Sums make_sums(std::span<const double> image, std::span<const double> reference, std::span<const std::uint8_t> mask) {
  Sums s;
  for (std::size_t i = 0; i < image.size(); ++i) {
    if (!mask.empty() && mask[i] == 0) continue;
    const double x = image[i], r = reference[i], d = x - r;
    if (!std::isfinite(x) || !std::isfinite(r)) {
      throw Error{Errc::invalid_input,
                  std::string{"the "} + (std::isfinite(x) ? "reference" : "image") + " is not finite at element " +
                      std::to_string(i),
                  "leave such elements out with a mask"};
    }
    s.squares += d * d;
    s.magnitudes += std::abs(d);
    s.differences += d;
    s.reference += r * r;
    s.largest = std::max(s.largest, std::abs(d));
    s.low = std::min(s.low, r);
    s.high = std::max(s.high, r);
    ++s.elements;
  }
  if (s.elements == 0) throw Error{Errc::invalid_input, "the mask leaves no element to compare"};
  return s;
}

double to_range(const Sums& sums, const std::optional<double>& wanted) {
  const double range = wanted.value_or(sums.high - sums.low);
  if (!(range > 0) || !std::isfinite(range)) {
    throw Error{Errc::invalid_input, "the data range is " + std::to_string(range) + ", it must be positive",
                "state a data range"};
  }
  return range;
}

std::vector<double> finite_copy(const Pixels& block) {
  // Elements outside a mask may be NaN; they must not leak through the windows of SSIM and HFEN.
  const auto values = block.values<double>();
  std::vector<double> out(values.begin(), values.end());
  std::replace_if(
      out.begin(), out.end(), [](double v) { return !std::isfinite(v); }, 0.0);
  return out;
}

/// The complex values in double precision.
std::vector<std::complex<double>> complex_values(const Pixels& image) {
  if (image.spec().type == ScalarType::c128) {
    const auto values = image.values<std::complex<double>>();
    return {values.begin(), values.end()};
  }
  const auto values = image.values<std::complex<float>>();
  return {values.begin(), values.end()};
}

Pixels moduli(const Pixels& image) {
  const auto from = complex_values(image);
  PixelBuffer out = PixelBuffer::allocate({image.spec().shape, ScalarType::f64});
  std::ranges::transform(from, out.values<double>().begin(), [](std::complex<double> z) { return std::abs(z); });
  return out;
}

/// ‖x - r‖ / ‖r‖ of the complex values on the mask.
double complex_nrmse(const Pixels& image, const Pixels& reference, std::span<const std::uint8_t> mask) {
  const auto x = complex_values(image), r = complex_values(reference);
  double squares = 0, size = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!mask.empty() && mask[i] == 0) continue;
    squares += std::norm(x[i] - r[i]);
    size += std::norm(r[i]);
  }
  return size > 0 ? std::sqrt(squares / size) : std::numeric_limits<double>::infinity();
}

template <class Rule>
Pixels mapped(const Pixels& in, const Rule& rule) {
  const ScalarType type = is_double(in.spec().type) ? ScalarType::f64 : ScalarType::f32;
  const Pixels wide = in.converted(ScalarType::f64);
  PixelBuffer out = PixelBuffer::allocate({in.spec().shape, ScalarType::f64});
  const auto from = wide.values<double>();
  const auto to = out.values<double>();
  std::transform(from.begin(), from.end(), to.begin(), rule);
  return Pixels{std::move(out)}.converted(type);
}

void check_water(double water_per_mm) {
  if (!(water_per_mm > 0)) {
    throw Error{Errc::invalid_input,
                "the attenuation of water is " + std::to_string(water_per_mm) + " / mm, it must be positive"};
  }
}

}  // namespace

ImageMetrics compare(const Pixels& image, const Pixels& reference, const CompareOptions& options) {
  check_pair(image, reference, options.mask);
  if (is_complex(image.spec().type)) {
    ImageMetrics out = compare(moduli(image), moduli(reference), options);
    out.nrmse = complex_nrmse(
        image, reference, options.mask.empty() ? std::span<const std::uint8_t>{} : options.mask.values<std::uint8_t>());
    return out;
  }
  const Pixels x = image.converted(ScalarType::f64), r = reference.converted(ScalarType::f64);
  const auto mask = options.mask.empty() ? std::span<const std::uint8_t>{} : options.mask.values<std::uint8_t>();
  const Sums s = make_sums(x.values<double>(), r.values<double>(), mask);
  const auto n = static_cast<double>(s.elements);
  ImageMetrics out;
  out.elements = s.elements;
  out.data_range = to_range(s, options.data_range);
  out.rmse = std::sqrt(s.squares / n);
  out.psnr_db = 20 * std::log10(out.data_range / out.rmse);
  out.nrmse = s.reference > 0 ? std::sqrt(s.squares / s.reference) : std::numeric_limits<double>::infinity();
  out.mean_absolute = s.magnitudes / n;
  out.max_absolute = s.largest;
  out.bias = s.differences / n;
  const std::vector<double> a = finite_copy(x), b = finite_copy(r);
  const detail::Slices slices{image.spec().shape[0], image.spec().shape[1],
                              image.spec().shape.count() / (image.spec().shape[0] * image.spec().shape[1])};
  out.ssim = detail::similarity(a, b, mask, slices, out.data_range, options.border == SsimBorder::zero);
  out.hfen = detail::high_frequency_error(a, b, mask, slices);
  return out;
}

WindowMetrics compare_hounsfield(const Pixels& image_hu, const Pixels& reference_hu, const Window& window) {
  if (!(window.width > 0)) {
    throw Error{Errc::invalid_input, "the window is " + std::to_string(window.width) + " HU wide, it must be positive"};
  }
  const auto show = [&](double hu) {
    return std::clamp((std::clamp(hu, -1000.0, 2000.0) - window.centre) / window.width + 0.5, 0.0, 1.0);
  };
  check_pair(image_hu, reference_hu, {});
  CompareOptions options;
  options.data_range = 1;
  options.border = SsimBorder::zero;
  WindowMetrics out;
  out.mapped = compare(mapped(image_hu, show), mapped(reference_hu, show), options);
  out.rmse_hu = out.mapped.rmse * window.width;
  return out;
}

Pixels to_hounsfield(const Pixels& attenuation_per_mm, double water_per_mm) {
  check_water(water_per_mm);
  return mapped(attenuation_per_mm, [&](double mu) { return to_hounsfield(mu, water_per_mm); });
}

Pixels to_attenuation(const Pixels& hounsfield, double water_per_mm) {
  check_water(water_per_mm);
  return mapped(hounsfield, [&](double hu) { return water_per_mm * (1 + hu / 1000); });
}

}  // namespace iso::evaluation
