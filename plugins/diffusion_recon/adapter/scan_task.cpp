#include "adapter/scan_task.h"

#include "adapter/atlas.h"
#include "adapter/prior.h"
#include "method/data_fit.h"
#include "method/domain.h"
#include "method/slab.h"

#include <iso/base/error.h>
#include <iso/models/runtime.h>
#include <iso/plugin/task_progress.h>
#include <iso/tomography/field_of_view.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <sstream>

namespace diffusion_recon {
namespace {

using iso::ArraySpec;
using iso::PixelBuffer;
using iso::Pixels;
using iso::compute::Array;
using namespace iso::tomography;

constexpr double after_tv = 0.15, after_samples = 0.95;

ScanPlan plan_on_card(const iso::ProjectionGeometry& measured, const CommonOptions& options, const MaybeCard& card) {
  ScanParameters scan = static_cast<const ScanParameters&>(options);  // the part that a scan is read with
  if (card && scan.size == 0 && scan.spacing_mm == 0) scan.size = static_cast<int>(card->scan.size);
  return plan_scan(measured, scan);
}

TvOptions tv_options(const CommonOptions& options) {
  TvOptions tv;
  tv.strength = options.tv_strength;
  tv.iterations = options.tv_iterations;
  tv.dimensions = TvDimensions::three;
  return tv;
}

/// The first part of a task, which is done again where a run is resumed: its state is in no checkpoint.
class Preparation final : public iso::solvers::Progress {
 public:
  Preparation(iso::plugin::TaskProgress& whole, double end) : whole_{whole}, end_{end} {}
  void report(double fraction, std::string_view) override { whole_.report(end_ * fraction, "total variation"); }
  void log(std::string_view text) override { whole_.log(text); }
  void warn(std::string_view text) override { whole_.warn(text); }

 private:
  iso::plugin::TaskProgress& whole_;
  double end_;
};

/// Readings, image and prior of a run.
struct Scene {
  const iso::Sinogram& scan;
  const CommonOptions& options;
  const ScanPlan& plan;
  const ScanProblem& problem;
  double shift_mm{0};  ///< of a slab, along z

  /// The image of x in units of water, as the parameters ask for it.
  [[nodiscard]] iso::DatasetPtr image(const Array& x) const {
    return iso::freeze(in_place(finish_image(scaled(x, options.water_per_mm), plan, options, scan.meta)));
  }
  /// A difference or a deviation: without an offset, 0 outside.
  [[nodiscard]] iso::DatasetPtr difference(const Array& x, const char* label) const {
    const bool hounsfield = options.units == ImageUnits::hounsfield;
    ScanParameters plain = static_cast<const ScanParameters&>(options);  // the part that an image is written with
    plain.units = ImageUnits::attenuation_per_mm;
    plain.outside = 0;
    iso::Volume out = finish_image(scaled(x, hounsfield ? 1000 : options.water_per_mm), plan, plain, scan.meta);
    out.quantity = hounsfield ? iso::Quantity::hounsfield : iso::Quantity::attenuation_per_mm;
    out.meta["shows"] = label;
    return iso::freeze(in_place(std::move(out)));
  }
  [[nodiscard]] iso::Volume in_place(iso::Volume image) const {
    image.grid.origin_mm[2] += shift_mm;
    return image;
  }
  [[nodiscard]] Pixels scaled(const Array& x, double factor) const {
    PixelBuffer out = PixelBuffer::make_copy(problem.backend.download(x, problem.stream));
    for (float& value : out.values<float>()) value = static_cast<float>(value * factor);
    return out;
  }
};

Array make_support(const ScanPlan& plan, const ScanProblem& problem) {
  PixelBuffer inside = PixelBuffer::allocate(plan.image());
  std::ranges::fill(inside.values<float>(), 1.0F);
  mask_outside(inside.values<float>(), plan.grid, plan.radius_mm, 0);
  return problem.backend.upload(Pixels{std::move(inside)}, problem.stream);
}

/// mean |x[z + 1] - x[z]|, in units of water.
double roughness(const Pixels& x) {
  const iso::Shape& shape = x.spec().shape;
  const auto area = static_cast<std::size_t>(shape[0] * shape[1]);
  const auto values = x.values<float>();
  double sum = 0;
  for (std::size_t i = area; i < values.size(); ++i) sum += std::abs(double{values[i]} - double{values[i - area]});
  return values.size() > area ? sum / static_cast<double>(values.size() - area) : 0;
}

void say_figures(const Scene& scene, const Agreement& fit, const Agreement& tv_fit, double evaluations,
                 iso::plugin::RunContext& context) {
  context.figure("relative_residual", fit.relative, "1");
  context.figure("tv_relative_residual", tv_fit.relative, "1");
  context.figure("residual_rms", fit.rms, "1");
  // Of the image that is delivered, which is the mean of the samples; without noise there is nothing to hold it against.
  const double noise = scene.options.noise > 0 ? scene.options.noise : scene.problem.noise;
  if (noise > 0) context.figure("normalised_residual", fit.rms / noise, "1");
  context.figure("noise_level", noise, "1");
  context.figure("views_used", static_cast<double>(scene.plan.views.size()), "views");
  context.figure("evaluations", evaluations, "evaluations");
  context.figure("samples", scene.options.runs, "samples");
}

Pixels make_series(const std::vector<Pixels>& samples, const ArraySpec& image) {
  PixelBuffer out = PixelBuffer::allocate(
      {{image.shape[0], image.shape[1], image.shape[2], static_cast<std::int64_t>(samples.size())}, image.type});
  auto at = out.values<float>().begin();
  for (const Pixels& sample : samples) at = std::ranges::copy(sample.values<float>(), at).out;
  return out;
}

/// The samples one after another along the fourth axis.
iso::DatasetPtr make_samples(const Scene& scene, const std::vector<Pixels>& samples) {
  std::vector<Pixels> finished;
  iso::Volume volume;
  for (const Pixels& sample : samples) {
    volume = iso::get<iso::Volume>(scene.image(scene.problem.backend.upload(sample, scene.problem.stream)));
    finished.push_back(volume.pixels);
  }
  volume.pixels = make_series(finished, volume.pixels.spec());
  volume.frames = iso::Axis{"sample", "", {}, 1, 1};
  return iso::freeze(std::move(volume));
}

/// What a run ends with.
struct Made {
  const Scene& scene;
  const DataTerm& data;
  const SlicePrior& prior;
  const MaybeCard& card;
  const Algorithm& algorithm;
  const Ensemble& found;
  const Array& start;  ///< total variation, in units of water
  const Agreement& tv_fit;
};

const char* to_words(Spread spread, const MaybeCard& network) noexcept {
  if (spread == Spread::none) return "by how much the estimates of several runs differ, no uncertainty";
  return spread == Spread::posterior && network ? "posterior standard deviation" : "sampling spread";
}

/// The detector as it stood: a slab is reconstructed as if its middle were at the height of the detector's.
iso::ProjectionGeometry moved(const iso::ProjectionGeometry& geometry, double shift_mm) {
  std::vector<iso::View> views(geometry.views().begin(), geometry.views().end());
  for (iso::View& view : views) view.detector_centre_mm[2] += shift_mm;
  return {geometry.beam(), geometry.detector_shape(), geometry.elements(), std::move(views)};
}

iso::plugin::Datasets finish(const Made& made, iso::plugin::RunContext& context) {
  const Scene& scene = made.scene;
  const ScanPlan& plan = scene.plan;
  const Ensemble& found = made.found;
  const auto& options = scene.options;
  auto& stream = scene.problem.stream;
  const auto& ops = context.backend().vector();
  Array attenuation = context.backend().allocate(plan.image(), stream);
  ops.axpy(options.water_per_mm, found.mean, attenuation, stream);
  const Agreement fit = agreement(scene.problem, attenuation);
  Array supplied = measured_part(made.data, found.mean);
  ops.axpby(1, found.mean, -1, supplied, stream);
  const double size = ops.norm2(found.mean, stream), rest = ops.norm2(supplied, stream);
  say_figures(scene, fit, made.tv_fit, made.algorithm.evaluations * options.runs, context);
  context.figure("not_measured", size > 0 ? rest / size : 0, "1");
  const Pixels estimate = context.backend().download(found.mean, stream);
  context.figure("z_roughness", 1000 * roughness(estimate), "HU");
  if (made.card && made.card->out_of_domain)
    context.figure("out_of_domain_score",
                   out_of_domain_score(made.prior, estimate, *made.card->out_of_domain, context.stop()), "1");
  std::ostringstream line;
  line << "the estimate leaves " << 100 * fit.relative << " % of the readings unexplained, total variation "
       << 100 * made.tv_fit.relative << " %; " << 100 * (size > 0 ? rest / size : 0)
       << " % of its norm was not measured and is the prior's";
  context.log(line.str());

  iso::Sinogram residual{context.backend().download(fit.residual, stream), moved(plan.geometry, scene.shift_mm), {}};
  iso::plugin::Datasets out{{"volume", scene.image(found.mean)},
                            {"residual", iso::freeze(std::move(residual))},
                            {"tv", scene.image(made.start)},
                            {"supplied", scene.difference(supplied, "what the prior supplied")}};
  // Of one run there is no spread; who asks for it gets 0, and its metadata say why.
  out.emplace("spread", options.runs > 1 ? scene.difference(found.spread, to_words(made.algorithm.spread, made.card))
                                         : scene.difference(context.backend().allocate(plan.image(), stream),
                                                            "nothing: one run has no spread, take two or more"));
  out.emplace("samples", make_samples(scene, options.runs > 1 ? found.samples : std::vector<Pixels>{estimate}));
  return out;
}

/// Numbers of the algorithm, and what they mean where they matter.
void say_what_it_found(const Sampler& sampler, iso::plugin::TaskProgress& progress) {
  for (const SamplerFigure& figure : sampler.figures()) {
    progress.figure(figure.name, figure.value, figure.unit);
    if (std::string_view{figure.name} == "nearest_atlas_distance" && figure.value < 1)
      progress.warn(
          "a slice of the result is nearer to an image of the atlas than half of the noise it began with: it may be "
          "remembered and not reconstructed; do not show it without the consent for that image");
  }
  for (const SamplerCurve& curve : sampler.curves())
    for (std::size_t i = 0; i < curve.values.size(); ++i)
      progress.plot(curve.name, static_cast<double>(i), curve.values[i]);
}

/// What a user should hear before the result is looked at.
void warn_of_choices(const CommonOptions& options, const ScanPlan& plan, const MaybeCard& card, Spread spread,
                     iso::plugin::RunContext& context) {
  warn_of_size(card, plan.image().shape[0], "leave out size and spacing_mm, or give size", context);
  if (spread == Spread::none && options.runs > 1)
    context.warn(
        "this algorithm gives one estimate: its runs differ by the noise that they drew, and 'spread' says "
        "nothing of the error; take one run, or dds or split_gibbs for samples");
  if (spread != Spread::none && options.runs == 1)
    context.warn(
        "one run has no spread, and 'spread' is 0 everywhere, which says nothing of the error; take two or more runs");
}

/// The scan that is reconstructed: all of it, or a slab.
std::optional<Slab> make_slab(const iso::Sinogram& scan, const CommonOptions& options) {
  if (!(options.slab_mm > 0)) return std::nullopt;
  if (options.roi_size_mm.size() > 2)
    throw iso::Error{iso::Errc::usage, "a slab and a region with a depth were asked for",
                     "give slab_mm, and roi_size_mm with width and height alone"};
  return cut_slab(scan, options.slab_centre_mm, options.slab_mm);
}

void fill_plan(const iso::Sinogram& whole, const iso::Volume* atlas, const CommonOptions& options,
               const MakeAlgorithm& make, iso::plugin::Plan& out) {
  const MaybeCard card = find_prior(options.prior, options.network, out);
  if (!out.possible()) return;
  if (whole.readings.spec().shape != whole.geometry.sinogram_shape()) {
    out.refuse("the readings are " + whole.readings.spec().shape.text() + ", the geometry describes " +
                   whole.geometry.sinogram_shape().text(),
               iso::Errc::shape_mismatch);
    return;
  }
  const std::optional<Slab> slab = make_slab(whole, options);
  const iso::Sinogram& scan = slab ? slab->scan : whole;
  const ScanPlan plan = plan_on_card(scan.geometry, options, card);
  const ArraySpec image = plan.image(), readings = plan.readings();
  const Algorithm algorithm = make({image, readings, plan.grid.spacing_mm[2]});
  const double evaluations = algorithm.evaluations * options.runs;
  const bool several = options.runs > 1;
  const auto work = plan_work(plan, tv_options(options));
  for (const auto& [spec, applications] : work.operators) out.operators.push_back({spec, applications});
  // 2 for each conjugate gradient and 2 for its start, 1 for the misfit; power iteration and measured part
  out.operators.push_back({plan.ray_transform(), 13 * evaluations + 200 + 60});
  const EnsembleOptions ensemble{options.runs, several, {}};
  out.bytes =
      3 * readings.bytes() + 2 * image.bytes() +
      std::max(work.bytes, DataTerm::bytes(image, readings) + algorithm.bytes + ensemble_bytes(image, ensemble) +
                               (2 + static_cast<std::size_t>(options.runs)) * image.bytes() + 6 * image.bytes());
  if (slab) out.bytes += readings.bytes();
  if (atlas != nullptr) {
    require_pixels(*atlas, "the atlas");
    (void)to_water(0, atlas->quantity, options.water_per_mm, "the atlas");
    const iso::Shape& shape = atlas->pixels.spec().shape;
    const std::int64_t images = shape[2] * (shape.rank() > 3 ? shape[3] : 1);
    out.bytes += 4 * static_cast<std::size_t>(shape.count() + 2 * images * image.shape[0] * image.shape[1]);
    out.operators.push_back({plan.ray_transform(), 2.0 * static_cast<double>(images)});
  }
  out.seconds = work.seconds;
  if (card) {
    out.models = {options.network};
    // One evaluation is added by the program, with the memory of the network and its start.
    const auto of = [&](std::int64_t slices) {
      return iso::models::cost(*card, image.shape[0] * image.shape[1], slices).seconds;
    };
    out.seconds += (evaluations - 1) * (of(2 * image.shape[2]) - of(image.shape[2]));
  }
  iso::Volume volume;
  volume.grid = plan.region.grid;
  if (slab) volume.grid.origin_mm[2] += slab->shift_mm;
  volume.pixels = Pixels::outline({volume.grid.shape(), iso::ScalarType::f32});
  for (const char* const port : {"volume", "tv", "supplied"})
    out.outputs.emplace(port, iso::describe(iso::Dataset{volume}));
  // The residual is left out: a plan with a network and a scan is compared with the scan of its card, and a prior fits any.
}

}  // namespace

std::span<const iso::plugin::Port> scan_inputs() noexcept {
  static const std::array<iso::plugin::Port, 1> ports{
      {{"sinogram", iso::Kind::sinogram, false, "The scan: line integrals with their geometry."}}};
  return ports;
}

std::span<const iso::plugin::Port> scan_and_atlas_inputs() noexcept {
  static const std::array<iso::plugin::Port, 2> ports{
      {scan_inputs()[0],
       {"atlas", iso::Kind::volume, false,
        "Images that a run may begin from: the slices of a volume, or of several one after another, centred on the "
        "scan. What they show may end up in the result."}}};
  return ports;
}

std::span<const iso::plugin::Port> scan_outputs() noexcept {
  static const std::array<iso::plugin::Port, 6> ports{
      {{"volume", iso::Kind::volume, false, "The estimate; the mean of the samples where there are several.",
        "residual"},
       {"residual", iso::Kind::sinogram, true,
        "What the estimate does not explain: its projection minus the readings."},
       {"tv", iso::Kind::volume, true, "Total variation of the same readings, made without the prior."},
       {"supplied", iso::Kind::volume, true,
        "The part of the estimate that the readings do not determine: the prior supplied it."},
       {"spread", iso::Kind::volume, true,
        "Standard deviation over two or more runs; 0 of one. Of split_gibbs that of the posterior, of the others of "
        "the "
        "sampling alone, which is smaller."},
       {"samples", iso::Kind::volume, true, "The samples, one after another along the fourth axis.", "residual"}}};
  return ports;
}

iso::plugin::Plan plan_scan_task(const iso::Sinogram& scan, const iso::Volume* atlas, const CommonOptions& options,
                                 const MakeAlgorithm& make) {
  iso::plugin::Plan out;
  try {
    fill_plan(scan, atlas, options, make, out);
  } catch (const iso::Error& error) {
    refuse(out, error);
  }
  return out;
}

iso::plugin::Datasets run_scan_task(const iso::Sinogram& whole, const iso::Volume* atlas, const CommonOptions& options,
                                    const MakeAlgorithm& make, iso::plugin::RunContext& context) {
  const MaybeCard card = read_prior(options.prior, options.network, context);
  const std::optional<Slab> slab = make_slab(whole, options);
  const iso::Sinogram& scan = slab ? slab->scan : whole;
  const ScanPlan plan = plan_on_card(scan.geometry, options, card);
  const auto stream = context.backend().make_stream(context.stop());
  const ScanProblem problem{scan, plan, context.backend(), *stream};
  const Scene scene{scan, options, plan, problem, slab ? slab->shift_mm : 0};
  iso::plugin::TaskProgress progress{context, "volume", [&](const Array& x) { return scene.image(x); }};
  const auto& ops = context.backend().vector();

  const double slice_mm = plan.grid.spacing_mm[2];
  const Algorithm algorithm = make({plan.image(), plan.readings(), slice_mm});
  warn_of_choices(options, plan, card, algorithm.spread, context);
  progress.report(0, "loading the prior");
  const SlicePrior prior = make_prior(card);
  Preparation first{progress, after_tv};
  const Array tv = reconstruct(problem, tv_options(options), first);
  const Agreement tv_fit = agreement(problem, tv);
  Array start = context.backend().allocate(plan.image(), *stream);
  ops.axpy(1 / options.water_per_mm, tv, start, *stream);

  const DataTerm data{iso::compute::scaled(options.water_per_mm, problem.a), problem.readings,
                      options.noise > 0 ? options.noise : problem.noise, *stream};
  const PosteriorProblem posterior{data, prior,
                                   SliceNoise{context.seed(), options.correlation_mm / slice_mm, algorithm.degrees},
                                   make_support(plan, problem)};
  Beginning beginning{start, {}, context.seed()};
  if (atlas != nullptr) beginning.atlas = make_atlas(*atlas, plan.grid, options.water_per_mm);
  const auto sampler = algorithm.make(posterior, beginning);
  const bool several = options.runs > 1;
  const Ensemble found =
      run(*sampler, posterior, {options.runs, several, {after_tv, after_samples, "samples"}}, progress);

  say_what_it_found(*sampler, progress);

  progress.report(after_samples, "what was measured");
  iso::plugin::Datasets out = finish({scene, data, prior, card, algorithm, found, start, tv_fit}, context);
  progress.report(1, "done");
  return out;
}

}  // namespace diffusion_recon
