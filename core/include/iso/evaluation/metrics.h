#pragma once

#include "iso/data/pixels.h"

#include <cstdint>
#include <optional>
#include <string>

/// How far an image is from a reference, in the figures that papers print. One definition each, said here, because a
/// border rule or a data range moves PSNR and SSIM by more than two methods differ.
namespace iso::evaluation {

/// How SSIM meets the border: `valid` averages where the 11 x 11 window fits (scikit-image, MATLAB); `zero` pads with
/// zeros and averages everywhere (as much published network code does).
enum class SsimBorder : std::uint8_t { valid, zero };

struct CompareOptions {
  Pixels mask;                       ///< u8, shape of the image; only elements above 0 count. Empty: all
  std::optional<double> data_range;  ///< of PSNR and SSIM; default: max - min of the reference (in the mask)
  SsimBorder border{SsimBorder::valid};
};

/// Definitions, over the n elements of the mask, x image, r reference:
/// rmse sqrt(sum (x-r)^2 / n); psnr_db 20 log10(range / rmse) (infinite for equal images); nrmse ||x-r|| / ||r||;
/// ssim K = 0.01/0.03, Gaussian of sigma 1.5 over 11 x 11, population covariance, mean over slices of x, y;
/// hfen ||L x - L r|| / ||L r||, L the 15 x 15 Laplacian of a Gaussian of sigma 1.5 on slices with repeated edges.
struct ImageMetrics {
  double psnr_db{0}, nrmse{0}, rmse{0}, mean_absolute{0}, max_absolute{0}, bias{0};
  std::optional<double> ssim;  ///< absent when no window of 11 x 11 fits
  std::optional<double> hfen;  ///< absent when the reference is flat
  double data_range{0};
  std::int64_t elements{0};
};

/// Compares images of one shape, x and y being the first two axes; further axes are slices. Of complex images the moduli
/// are compared, and only nrmse is that of the complex values. Sums are in double, in a fixed order. Throws shape_mismatch,
/// type_mismatch (one complex, one real), invalid_input (NaN, empty mask, flat reference without data_range).
/// Source   SSIM: Z. Wang et al., IEEE Trans. Image Process. 13 (2004) 600; HFEN: S. Ravishankar and Y. Bresler,
/// IEEE Trans. Med. Imaging 30 (2011) 1028.
[[nodiscard]] ImageMetrics compare(const Pixels& image, const Pixels& reference, const CompareOptions& options = {});

/// Display window in Hounsfield units.
struct Window {
  double width{3000}, centre{500};
};

/// Compares Hounsfield images as sparse-view papers do: both are clipped to [-1000, 2000] HU, mapped through the window
/// to [0, 1] and clipped; data range 1, SSIM with zero border. `rmse_hu` is rmse x width.
struct WindowMetrics {
  ImageMetrics mapped;
  double rmse_hu{0};
};
[[nodiscard]] WindowMetrics compare_hounsfield(const Pixels& image_hu, const Pixels& reference_hu,
                                               const Window& window = {});

/// HU = 1000 (mu - mu_water) / mu_water.
[[nodiscard]] constexpr double to_hounsfield(double mu_per_mm, double water_per_mm) noexcept {
  return 1000 * (mu_per_mm - water_per_mm) / water_per_mm;
}
/// The same of every pixel, and its inverse, in the type of the input. mu_water 0.0192 / mm at about 70 keV.
[[nodiscard]] Pixels to_hounsfield(const Pixels& attenuation_per_mm, double water_per_mm = 0.0192);
[[nodiscard]] Pixels to_attenuation(const Pixels& hounsfield, double water_per_mm = 0.0192);

/// One JSON object; infinite and absent values are null.
[[nodiscard]] std::string to_json(const ImageMetrics& metrics);
[[nodiscard]] std::string to_json(const WindowMetrics& metrics);

}  // namespace iso::evaluation
