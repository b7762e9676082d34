#pragma once

#include "method/dds.h"

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace diffusion_recon {

/// What is wrong with readings y = g (A x) + o in a way that nobody measured.
enum class Unknown : std::uint8_t { view_gain, view_offset };
inline constexpr auto choice_names(Unknown) { return std::array<std::string_view, 2>{"view_gain", "view_offset"}; }

/// Gain and offset of each view, the last axis of the readings.
struct Calibration {
  std::vector<double> gain, offset;  ///< the offset in the unit of the readings
};

/// The calibration that fits the projection p = A x of an image to readings y, both of `shape`:
///
///     gains:    min over g of  sum (y - g p)² + 1e-3 sum p² (g - 1)²       of each view, o = 0
///     offsets:  min over o of  sum (y - p - o)² + 1e-3 n o²                of each view, g = 1
///
/// Both at once do not come out right on a known posterior (README).
/// Gains are brought to a mean of 1, since a common one cannot be told from the image, and kept in 0.5 to 2 (diffusion-priors.md, section 4).
[[nodiscard]] Calibration calibrate(std::span<const float> p, std::span<const float> y, const iso::Shape& shape,
                                    Unknown unknown);

struct GdpOptions {
  DdsOptions dds{};
  Unknown unknown{Unknown::view_offset};
  double from{0.5};  ///< noise level, in the unit of the image, below which the estimate is good enough to calibrate by
};

/// Blind restoration (B. Fei et al., CVPR (2023), arXiv 2304.01247) on decomposed diffusion sampling: at every level the readings are
/// calibrated by the estimate of the prior in closed form, and it is fitted to (y - o) / g. Ours: the fit in place of a step along the
/// gradient, and the closed form.
class Gdp final : public Dds {
 public:
  Gdp(const PosteriorProblem& problem, const GdpOptions& options);
  /// Of the readings as they were calibrated last.
  [[nodiscard]] double misfit() const override;
  [[nodiscard]] const Calibration& calibration() const noexcept { return found_; }
  /// rms of the gains less 1 and of the offsets in the unit of the readings as they came.
  [[nodiscard]] std::vector<SamplerFigure> figures() const override;
  [[nodiscard]] std::vector<SamplerCurve> curves() const override;
  [[nodiscard]] static std::size_t bytes(const iso::ArraySpec& image, const iso::ArraySpec& readings, bool along_z) {
    return Dds::bytes(image, along_z) + image.bytes() + 5 * readings.bytes();
  }

 private:
  void do_begin() override;
  const DataTerm& readings_for(const iso::compute::Array& x0, double sigma) override;
  [[nodiscard]] iso::compute::Array corrected(const iso::Pixels& y) const;
  GdpOptions options_;
  Calibration found_;
  std::optional<DataTerm> calibrated_;
};

}  // namespace diffusion_recon
