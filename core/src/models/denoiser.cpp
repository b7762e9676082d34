#include "iso/models/denoiser.h"

#include "iso/base/error.h"
#include "iso/models/card.h"

#include <algorithm>
#include <cmath>

namespace iso::models {
namespace {

Pixels filled(std::int64_t count, float value) {
  PixelBuffer out = PixelBuffer::allocate({Shape{count}, ScalarType::f32});
  std::ranges::fill(out.values<float>(), value);
  return out;
}

/// Gives a network that has `sigma` beside `image` the look of one with images alone.
class WithSigma final : public Network {
 public:
  WithSigma(NetworkPtr network, float sigma) : network_{std::move(network)}, sigma_{sigma} {
    for (const TensorSpec& spec : network_->inputs())
      if (spec.name == "image") image_.push_back(spec);
  }
  [[nodiscard]] std::span<const TensorSpec> inputs() const noexcept override { return image_; }
  [[nodiscard]] const TensorSpec& output() const noexcept override { return network_->output(); }

 private:
  [[nodiscard]] Pixels do_run(const Tensors& inputs) const override {
    const Pixels& image = inputs.at("image");
    return network_->run({{"image", image}, {"sigma", filled(image.spec().shape[3], sigma_)}});
  }
  NetworkPtr network_;
  float sigma_;
  std::vector<TensorSpec> image_;
};

class NetworkDenoiser final : public Denoiser {
 public:
  NetworkDenoiser(NetworkPtr network, std::int64_t multiple) : network_{std::move(network)} {
    tiling_.multiple = multiple;
  }

 private:
  [[nodiscard]] Pixels do_denoise(const Pixels& noisy, double sigma, const std::stop_token& stop) const override {
    return run_in_parts(WithSigma{network_, static_cast<float>(sigma)}, "image", noisy, tiling_, stop);
  }
  NetworkPtr network_;
  Tiling tiling_;
};

class GaussianDenoiser final : public Denoiser {
 public:
  GaussianDenoiser(double mean, double deviation) : mean_{mean}, variance_{deviation * deviation} {}

 private:
  [[nodiscard]] Pixels do_denoise(const Pixels& noisy, double sigma, const std::stop_token&) const override {
    PixelBuffer out = PixelBuffer::make_copy(noisy);
    const double noise = sigma * sigma, all = variance_ + noise;
    for (float& x : out.values<float>()) x = static_cast<float>((variance_ * x + noise * mean_) / all);
    return out;
  }
  double mean_, variance_;
};

}  // namespace

Denoiser::~Denoiser() = default;

Pixels Denoiser::denoise(const Pixels& noisy, double sigma, const std::stop_token& stop) const {
  if (!(sigma > 0) || !std::isfinite(sigma))
    throw Error{Errc::invalid_input, "the noise of an image is " + std::to_string(sigma) + ", it must be above 0"};
  const ArraySpec& spec = noisy.spec();
  if (spec.type != ScalarType::f32) throw Error{Errc::type_mismatch, "a denoiser takes images of f32"};
  if (spec.shape.rank() != 4 || spec.shape[2] != 1)
    throw Error{Errc::shape_mismatch, "a denoiser takes images (width, height, 1, batch), not " + spec.shape.text()};
  if (stop.stop_requested()) throw Error{Errc::cancelled, "the denoiser was stopped before it ran"};
  return do_denoise(noisy, sigma, stop);
}

Pixels Denoiser::negative_score(const Pixels& noisy, double sigma, const std::stop_token& stop) const {
  PixelBuffer out = PixelBuffer::make_copy(denoise(noisy, sigma, stop));
  const auto x = noisy.values<float>();
  const auto d = out.values<float>();
  for (std::size_t i = 0; i < x.size(); ++i) d[i] = static_cast<float>((double{x[i]} - double{d[i]}) / (sigma * sigma));
  return out;
}

bool is_denoiser(const Card& card) {
  return !card.classifier && card.channels.size() == 2 && card.channels.back() == "sigma";
}

DenoiserPtr make_denoiser(NetworkPtr network, std::int64_t multiple) {
  const auto inputs = network->inputs();
  const auto has = [&](std::string_view name) {
    return std::ranges::find(inputs, name, &TensorSpec::name) != inputs.end();
  };
  if (inputs.size() != 2 || !has("image") || !has("sigma"))
    throw Error{Errc::usage, "the network is no denoiser: its inputs are not image and sigma",
                "name the network of a denoiser"};
  return std::make_shared<NetworkDenoiser>(std::move(network), multiple);
}

DenoiserPtr gaussian_denoiser(double mean, double deviation) {
  if (!(deviation > 0) || !std::isfinite(deviation) || !std::isfinite(mean))
    throw Error{Errc::invalid_input,
                "the deviation of the images of a denoiser is " + std::to_string(deviation) + ", it must be above 0"};
  return std::make_shared<GaussianDenoiser>(mean, deviation);
}

}  // namespace iso::models
