#pragma once

#include "adapter/names.h"
#include "method/diffusion.h"
#include "method/median.h"

#include <algorithm>

namespace example {

struct SmoothingParameters {
  double sigma_mm = 1;
  double edge = 0;
  int median_voxels = 0;
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
                       "times the noise level."),
        field("median_voxels", &SmoothingParameters::median_voxels)
            .with_label("Median first")
            .with_unit("voxels")
            .in_range(0, 5)
            .as_advanced()
            .with_help(
                "Takes out single outliers before the smoothing, by the median of the voxels up to this far away. "
                "0: none.")};
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
  Plan plan(const Descriptions& inputs, const SmoothingParameters& parameters) const override {
    Volume smoothed = iso::plugin::input<Volume>(inputs, "volume");
    const auto size = image_size(smoothed.pixels.spec());
    const auto voxels = static_cast<double>(smoothed.pixels.spec().shape.count());
    const auto steps = static_cast<double>(make_steps(size, {parameters.sigma_mm, 1, smoothed.grid.spacing_mm}));
    smoothed.pixels = iso::Pixels::outline({smoothed.pixels.spec().shape, iso::ScalarType::f32});
    Plan plan;
    plan.bytes = (parameters.median_voxels > 0 ? 4 : 3) *
                 smoothed.pixels.spec().bytes();  // the image in f32, before and after a step
    plan.seconds = 2e-8 * steps * voxels;
    plan.outputs["smoothed"] = iso::describe(std::move(smoothed));
    return plan;
  }
  Datasets run(const Datasets& inputs, const SmoothingParameters& parameters, RunContext& context) override {
    Volume result = iso::plugin::input<Volume>(inputs, "volume");
    Image image = make_image(result);
    if (parameters.median_voxels > 0) image = median(image, parameters.median_voxels);
    const double noise = noise_level(image);
    context.figure("noise_level", noise, "1");
    double edge = parameters.edge > 0 ? parameters.edge : 3 * noise;
    if (!(edge > 0)) edge = 1;  // a constant image: any value gives the same
    const auto after_step = [&](double fraction, const iso::PixelBuffer& values) {
      context.report(fraction, "diffusion");
      if (context.wants_preview()) context.preview("smoothed", iso::freeze(make_preview(result, values)));
      if (context.stop().stop_requested()) throw iso::Error{iso::Errc::cancelled, "the smoothing was cancelled"};
      return true;
    };
    result.pixels = diffuse(image, {parameters.sigma_mm, edge, result.grid.spacing_mm}, after_step);
    return {{"smoothed", iso::freeze(std::move(result))}};
  }

 private:
  static Volume make_preview(const Volume& like, const iso::PixelBuffer& values) {
    iso::PixelBuffer copy = iso::PixelBuffer::allocate(values.spec());  // the next step writes into `values`
    std::ranges::copy(values.values<float>(), copy.values<float>().begin());
    Volume preview = like;
    preview.pixels = std::move(copy);
    return preview;
  }

  Port input_{"volume", Kind::volume, false, "The image, in two or three dimensions."};
  Port output_{"smoothed", Kind::volume, false, "The smoothed image, in f32."};
};

}  // namespace example
