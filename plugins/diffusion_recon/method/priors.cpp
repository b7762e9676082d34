#include "method/priors.h"

#include <iso/base/error.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace diffusion_recon {
namespace {

using iso::PixelBuffer;
using iso::Pixels;

class Mixture final : public iso::models::Denoiser {
 public:
  explicit Mixture(std::vector<MixtureMode> modes) : modes_{std::move(modes)} {}

 private:
  [[nodiscard]] Pixels do_denoise(const Pixels& noisy, double sigma, const std::stop_token&) const override {
    const iso::Shape& shape = noisy.spec().shape;
    const auto area = static_cast<std::size_t>(shape[0] * shape[1]);
    for (const MixtureMode& mode : modes_)
      if (mode.mean.spec().shape.count() != static_cast<std::int64_t>(area))
        throw iso::Error{iso::Errc::shape_mismatch, "the modes of the prior are " + mode.mean.spec().shape.text() +
                                                        ", the images " + shape.text()};
    PixelBuffer out = PixelBuffer::make_copy(noisy);
    for (std::int64_t i = 0; i < shape[3]; ++i)
      denoise_one(out.values<float>().subspan(static_cast<std::size_t>(i) * area, area), sigma * sigma);
    return out;
  }

  void denoise_one(std::span<float> x, double noise) const {
    std::vector<double> logs(modes_.size()), sums(x.size());
    for (std::size_t k = 0; k < modes_.size(); ++k) {
      const double all = modes_[k].deviation * modes_[k].deviation + noise;
      double squares = 0;
      for (std::size_t i = 0; i < x.size(); ++i) squares += std::pow(double{x[i]} - double{mean(k)[i]}, 2);
      logs[k] = std::log(modes_[k].weight) - 0.5 * static_cast<double>(x.size()) * std::log(all) - 0.5 * squares / all;
    }
    const double most = *std::ranges::max_element(logs);
    double total = 0;
    for (double& value : logs) total += value = std::exp(value - most);
    for (std::size_t k = 0; k < modes_.size(); ++k) {
      const double variance = modes_[k].deviation * modes_[k].deviation, r = logs[k] / total / (variance + noise);
      for (std::size_t i = 0; i < x.size(); ++i) sums[i] += r * (variance * double{x[i]} + noise * double{mean(k)[i]});
    }
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(sums[i]);
  }
  [[nodiscard]] std::span<const float> mean(std::size_t mode) const { return modes_[mode].mean.values<float>(); }

  std::vector<MixtureMode> modes_;
};

/// The dual problem of one image: p = (px, py) with |p| <= 1 everywhere, u = x - weight div* p.
class DualDenoiser {
 public:
  DualDenoiser(std::span<float> image, std::ptrdiff_t width, std::ptrdiff_t height, double weight)
      : x_{image},
        width_{width},
        height_{height},
        weight_{static_cast<float>(weight)},
        p_(2 * image.size()),
        q_(2 * image.size()),
        u_(image.size()) {}

  void run(int iterations) {
    double t = 1;
    for (int i = 0; i < iterations; ++i) {
      primal(q_);
      const double next = (1 + std::sqrt(1 + 4 * t * t)) / 2;
      ascend(static_cast<float>((t - 1) / next));
      t = next;
    }
    primal(p_);
    std::ranges::copy(u_, x_.begin());
  }

 private:
  /// u = x - weight D^T p, D the forward differences, zero at the far border.
  void primal(const std::vector<float>& p) {
    const auto* const px = p.data();
    const auto* const py = px + u_.size();
    for (std::ptrdiff_t j = 0, i = 0; j < height_; ++j)
      for (std::ptrdiff_t k = 0; k < width_; ++k, ++i) {
        float back = 0;
        if (k + 1 < width_) back -= px[i];
        if (k > 0) back += px[i - 1];
        if (j + 1 < height_) back -= py[i];
        if (j > 0) back += py[i - width_];
        u_[static_cast<std::size_t>(i)] = x_[static_cast<std::size_t>(i)] - weight_ * back;
      }
  }
  /// p = P(q + D u / (8 weight)), q = p + momentum (p - p before).
  void ascend(float momentum) {
    auto* const px = p_.data();
    auto* const py = px + u_.size();
    const float step = 1 / (8 * weight_);
    for (std::ptrdiff_t j = 0, i = 0; j < height_; ++j)
      for (std::ptrdiff_t k = 0; k < width_; ++k, ++i) {
        const float here = u_[static_cast<std::size_t>(i)];
        const float dx = k + 1 < width_ ? u_[static_cast<std::size_t>(i + 1)] - here : 0;
        const float dy = j + 1 < height_ ? u_[static_cast<std::size_t>(i + width_)] - here : 0;
        float gx = q_[static_cast<std::size_t>(i)] + step * dx;
        float gy = q_[static_cast<std::size_t>(i) + u_.size()] + step * dy;
        const float length = std::max(1.0F, std::sqrt(gx * gx + gy * gy));
        gx /= length;
        gy /= length;
        q_[static_cast<std::size_t>(i)] = gx + momentum * (gx - px[i]);
        q_[static_cast<std::size_t>(i) + u_.size()] = gy + momentum * (gy - py[i]);
        px[i] = gx;
        py[i] = gy;
      }
  }

  std::span<float> x_;
  std::ptrdiff_t width_, height_;
  float weight_;
  std::vector<float> p_, q_, u_;
};

class TotalVariation final : public iso::models::Denoiser {
 public:
  explicit TotalVariation(int iterations) : iterations_{iterations} {}

 private:
  [[nodiscard]] Pixels do_denoise(const Pixels& noisy, double sigma, const std::stop_token& stop) const override {
    const iso::Shape& shape = noisy.spec().shape;
    const auto area = static_cast<std::size_t>(shape[0] * shape[1]);
    PixelBuffer out = PixelBuffer::make_copy(noisy);
    for (std::int64_t i = 0; i < shape[3]; ++i) {
      if (stop.stop_requested()) throw iso::Error{iso::Errc::cancelled, "the denoiser was stopped"};
      DualDenoiser{out.values<float>().subspan(static_cast<std::size_t>(i) * area, area), shape[0], shape[1], sigma}
          .run(iterations_);
    }
    return out;
  }
  int iterations_;
};

}  // namespace

iso::models::DenoiserPtr mixture_denoiser(std::vector<MixtureMode> modes) {
  if (modes.empty()) throw iso::Error{iso::Errc::invalid_input, "a mixture without modes is no prior"};
  for (const MixtureMode& mode : modes)
    if (!(mode.weight > 0) || !(mode.deviation > 0))
      throw iso::Error{iso::Errc::invalid_input, "a mode of a mixture has no weight or no deviation above 0"};
  return std::make_shared<Mixture>(std::move(modes));
}

iso::models::DenoiserPtr total_variation_denoiser(int iterations) {
  if (iterations < 1) throw iso::Error{iso::Errc::invalid_input, "total variation needs one iteration or more"};
  return std::make_shared<TotalVariation>(iterations);
}

}  // namespace diffusion_recon
