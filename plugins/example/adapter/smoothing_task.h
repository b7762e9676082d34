#pragma once

#include "adapter/suits.h"
#include "method/diffusion.h"

#include "iso/plugin/typed_task.h"

#include <algorithm>

namespace example {

struct SmoothingParameters {
  double sigma_mm = 1;
  double edge = 0;
  friend bool operator==(const SmoothingParameters&, const SmoothingParameters&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field("sigma_mm", &SmoothingParameters::sigma_mm)
            .with_label("Strength")
            .with_unit("mm")
            .in_range(0.01, 20)
            .with_help("Standard deviation of the Gaussian that the smoothing amounts to away from edges."),
        field("edge", &SmoothingParameters::edge)
            .with_label("Edge height")
            .in_range(0, 1e6)
            .as_advanced()
            .with_help("Differences between neighbours well above this are kept, in the units of the image. 0: three "
                       "times the noise level.")};
  }
};

class Smoothing final : public iso::plugin::TypedTask<SmoothingParameters> {
 public:
  About about() const override {
    return {"Edge-preserving smoothing",
            "Smooths noise but not edges, by nonlinear diffusion.",
            "Solves $\\partial_t u = \\mathrm{div}(g\\,\\nabla u)$ with $g(d) = \\exp(-(d/\\kappa)^2)$ up to $t = "
            "\\sigma^2/2$. "
            "Edges lower than the noise are smoothed away.",
            "Filtering",
            {"Perona and Malik, IEEE Trans. PAMI 12 (1990) 629, doi:10.1109/34.56205"}};
  }
  std::span<const Port> inputs() const noexcept override { return {&input_, 1}; }
  std::span<const Port> outputs() const noexcept override { return {&output_, 1}; }

 protected:
  Suitability suits(const Datasets& inputs, const SmoothingParameters&) const override {
    return suits_as_image(inputs);
  }
  Needs needs(const Datasets& inputs, const SmoothingParameters& parameters) const override {
    const auto& volume = iso::plugin::input<Volume>(inputs, "volume");
    const Image image = image_of(volume);
    const std::size_t voxels = image.values().size();
    const double steps = static_cast<double>(steps_of(image, {parameters.sigma_mm, 1, volume.grid.spacing_mm}));
    return {{}, 3 * voxels * sizeof(float), 2e-8 * steps * static_cast<double>(voxels)};
  }
  Datasets run(const Datasets& inputs, const SmoothingParameters& parameters, RunContext& context) override {
    Volume result = iso::plugin::input<Volume>(inputs, "volume");
    const Image image = image_of(result);
    const double noise = noise_level(image);
    context.plot("noise_level", 0, noise);
    double edge = parameters.edge > 0 ? parameters.edge : 3 * noise;
    if (!(edge > 0)) edge = 1;  // a constant image: any value gives the same
    const auto after_step = [&](double fraction, const iso::PixelBlock& values) {
      context.report(fraction, "diffusion");
      if (context.wants_preview()) context.preview("smoothed", iso::freeze(preview_of(result, values)));
      if (context.stop().stop_requested()) throw iso::Error{iso::Errc::cancelled, "the smoothing was cancelled"};
      return true;
    };
    result.pixels = diffuse(image, {parameters.sigma_mm, edge, result.grid.spacing_mm}, after_step);
    return {{"smoothed", iso::freeze(std::move(result))}};
  }

 private:
  static Volume preview_of(const Volume& like, const iso::PixelBlock& values) {
    Volume preview = like;
    preview.pixels = iso::PixelBlock::allocate(values.spec());  // the next step writes into `values`
    std::ranges::copy(values.values<float>(), preview.pixels.mutable_values<float>().begin());
    return preview;
  }

  Port input_{"volume", Kind::volume, false, "The image, in two or three dimensions.", "slices", ""};
  Port output_{"smoothed", Kind::volume, false, "The smoothed image, in f32.", "slices", ""};
};

}  // namespace example
