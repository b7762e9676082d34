#include "adapter/atlas.h"
#include "adapter/prior.h"
#include "adapter/tasks.h"
#include "method/domain.h"
#include "method/ensemble.h"
#include "method/score_dvi.h"

#include <iso/base/error.h>
#include <iso/models/runtime.h>
#include <iso/plugin/task_progress.h>
#include <iso/plugin/typed_task.h>

#include <array>
#include <cmath>

namespace diffusion_recon {
namespace {

using iso::PixelBuffer;
using iso::Pixels;

constexpr double after_run = 0.98;

/// The image (x, y, z) in units of water. Throws unsupported for several frames.
Pixels to_water_image(const iso::Volume& volume, double water_per_mm) {
  require_pixels(volume, "the image");
  const iso::Shape& shape = volume.pixels.spec().shape;
  if (shape.rank() > 3 && shape[3] > 1)
    throw iso::Error{iso::Errc::unsupported, "the volume has " + std::to_string(shape[3]) + " frames",
                     "take one of them out with isocenter convert"};
  PixelBuffer out = PixelBuffer::make_copy(volume.pixels.converted(iso::ScalarType::f32));
  for (float& value : out.values<float>())
    value = static_cast<float>(to_water(double{value}, volume.quantity, water_per_mm, "the image"));
  return Pixels{std::move(out)}.reshaped({shape[0], shape[1], shape.rank() > 2 ? shape[2] : 1});
}

/// Back in the unit of the volume. `offset`: 1 for images, 0 for differences and deviations.
iso::DatasetPtr as_volume(const Pixels& water, const iso::Volume& like, double water_per_mm, double offset,
                          const char* shows) {
  const bool hounsfield = like.quantity == iso::Quantity::hounsfield;
  const double scale = hounsfield ? 1000 : water_per_mm;
  PixelBuffer out = PixelBuffer::make_copy(water);
  for (float& value : out.values<float>())
    value = static_cast<float>(scale * (double{value} - (hounsfield ? offset : 0)));
  iso::Volume volume;
  volume.pixels = Pixels{std::move(out)}.reshaped(like.grid.shape());
  volume.grid = like.grid;
  volume.quantity = like.quantity;
  volume.meta = like.meta;
  if (shows != nullptr) volume.meta["shows"] = shows;
  return iso::freeze(std::move(volume));
}

Pixels difference(const Pixels& a, const Pixels& b) {
  PixelBuffer out = PixelBuffer::make_copy(a);
  for (std::size_t i = 0; i < out.values<float>().size(); ++i) out.values<float>()[i] -= b.values<float>()[i];
  return out;
}

double norm(const Pixels& image) {
  double squares = 0;
  for (const float value : image.values<float>()) squares += double{value} * double{value};
  return std::sqrt(squares);
}

ScoreDviOptions to_options(const ScoreDviParameters& parameters) {
  return {parameters.noise_hu / 1000, parameters.levels, parameters.rounds, parameters.smooth};
}

class DenoiseTask final : public iso::plugin::TypedTask<ScoreDviParameters> {
 public:
  iso::plugin::About about() const override {
    return {
        "Noise of unknown strength (ScoreDVI)",
        "Removes noise that changes over the image and that nobody measured, and maps how large it was.",
        "The prior is asked at a few levels about the noise of the image; then image $\\hat x = D(y, \\sqrt v)$ and "
        "map $v = "
        "\\mathrm{blur}((y - \\hat x)^2 + P)$ follow from each other, $P$ being the variance that the prior leaves. "
        "The map "
        "`deviation` is $\\sqrt P$, approximate and under the prior. **A prior makes detail where noise hides it.**",
        "Filtering",
        {"after J. Cheng, T. Liu and S. Tan, ICCV (2023), arXiv:2308.04682"}};
  }
  std::span<const iso::plugin::Port> inputs() const noexcept override {
    static const std::array<iso::plugin::Port, 1> ports{
        {{"image", iso::Kind::volume, false, "CT slices with noise, in Hounsfield units or attenuation."}}};
    return ports;
  }
  std::span<const iso::plugin::Port> outputs() const noexcept override {
    static const std::array<iso::plugin::Port, 4> ports{
        {{"volume", iso::Kind::volume, false, "The image without the noise.", "residual"},
         {"residual", iso::Kind::volume, true, "What was taken away: the image less the result."},
         {"noise", iso::Kind::volume, true, "Standard deviation of the noise that was found."},
         {"deviation", iso::Kind::volume, true,
          "Standard deviation of the result about the truth under the prior; approximate."}}};
    return ports;
  }

 protected:
  iso::plugin::Plan plan(const iso::plugin::Descriptions& inputs, const ScoreDviParameters& parameters) const override {
    iso::plugin::Plan out;
    try {
      const auto& volume = iso::plugin::input<iso::Volume>(inputs, "image");
      require_pixels(volume, "the image");
      (void)to_water(0, volume.quantity, parameters.water_per_mm, "the image");
      const MaybeCard card = find_prior(parameters.prior, parameters.network, out);
      if (!out.possible()) return out;
      const iso::ArraySpec image{volume.grid.shape(), iso::ScalarType::f32};
      out.bytes = ScoreDvi::bytes(image, parameters.levels) + DataTerm::bytes(image, image) + 6 * image.bytes();
      if (card) {
        out.models = {parameters.network};
        // One evaluation is added by the program, with the memory of the network and its start.
        const auto of = [&](std::int64_t slices) {
          return iso::models::cost(*card, image.shape[0] * image.shape[1], slices).seconds;
        };
        out.seconds += 2.0 * parameters.levels * (of(2 * image.shape[2]) - of(image.shape[2]));
      }
      iso::Volume result;
      result.grid = volume.grid;
      result.pixels = Pixels::outline(image);
      for (const char* const port : {"volume", "residual", "noise", "deviation"})
        out.outputs.emplace(port, iso::describe(iso::Dataset{result}));
    } catch (const iso::Error& error) {
      refuse(out, error);
    }
    return out;
  }

  iso::plugin::Datasets run(const iso::plugin::Datasets& inputs, const ScoreDviParameters& parameters,
                            iso::plugin::RunContext& context) override {
    const auto& volume = iso::plugin::input<iso::Volume>(inputs, "image");
    const double water = parameters.water_per_mm;
    const MaybeCard card = read_prior(parameters.prior, parameters.network, context);
    warn_of_size(card, volume.grid.size[0], "resample to a width of", context);
    const auto stream = context.backend().make_stream(context.stop());
    iso::plugin::TaskProgress progress{context, "volume", [&](const iso::compute::Array& x) {
                                         return as_volume(context.backend().download(x, *stream), volume, water, 1,
                                                          nullptr);
                                       }};
    progress.report(0, "loading the prior");
    const SlicePrior prior = make_prior(card);
    const Pixels y = to_water_image(volume, water);
    const DataTerm data{iso::compute::identity(y.spec(), context.backend()), context.backend().upload(y, *stream), 0,
                        *stream};
    const PosteriorProblem problem{data, prior, SliceNoise{context.seed(), 0}};
    ScoreDvi sampler{problem, to_options(parameters)};
    const Ensemble found = diffusion_recon::run(sampler, problem, {1, false, {0, after_run, "levels"}}, progress);
    const Pixels x = context.backend().download(found.mean, *stream);
    for (const SamplerFigure& figure : sampler.figures()) context.figure(figure.name, 1000 * figure.value, "HU");
    const Pixels residual = difference(y, x);
    context.figure("relative_residual", norm(residual) / norm(y), "1");
    if (card && card->out_of_domain)
      context.figure("out_of_domain_score", out_of_domain_score(prior, x, *card->out_of_domain, context.stop()), "1");
    context.figure("evaluations", sampler.evaluations(), "evaluations");
    progress.report(1, "done");
    return {{"volume", as_volume(x, volume, water, 1, nullptr)},
            {"residual", as_volume(residual, volume, water, 0, "what was taken away")},
            {"noise", as_volume(sampler.noise_map(), volume, water, 0, "standard deviation of the noise")},
            {"deviation", as_volume(sampler.deviation_map(), volume, water, 0, "approximate standard deviation")}};
  }
};

}  // namespace

iso::plugin::Task* make_score_dvi() { return new DenoiseTask; }

}  // namespace diffusion_recon
