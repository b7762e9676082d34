// The tasks that give endmembers and abundances: robust, nmf, poisson, abundances. One engine behind them.
#include "adapter/data.h"
#include "adapter/parameters.h"
#include "adapter/tasks.h"
#include "method/counts.h"

#include <iso/compute/unmixing_steps.h>
#include <iso/plugin/task_progress.h>
#include <iso/spectra/axis.h>

#include <algorithm>
#include <utility>

namespace spectral_unmixing {
namespace {

using namespace iso::plugin;

/// What a run is planned for.
struct Size {
  std::int64_t asked;     ///< components that a parameter asks for
  std::int64_t foreseen;  ///< with known ones, whose number the descriptions do not say
  int iterations;
  bool scaled_copy{false}, maps_known{true};  ///< whether the number of maps follows from the parameters
};

/// What the parameters of these tasks have in common, as far as P has it.
template <class P>
UnmixOptions common_options(const P& p, const RunContext& context) {
  UnmixOptions out;
  out.seed = context.seed();
  if (iso::compute::find_unmixing_steps(context.backend()) != nullptr) out.device = &context.backend();
  if constexpr (requires { p.components; }) out.components = p.components;
  if constexpr (requires { p.start; }) out.start = p.start;
  if constexpr (requires { p.restarts; }) out.restarts = p.restarts;
  if constexpr (requires { p.screening; }) out.screening = p.screening;
  if constexpr (requires { p.loss; }) out.robust.loss = p.loss;
  if constexpr (requires { p.solver; }) out.robust.solver = p.solver;
  if constexpr (requires { p.iterations; }) out.robust.iterations = p.iterations;
  if constexpr (requires { p.tolerance; }) out.robust.tolerance = p.tolerance;
  return out;
}
template <class P>
KnownSpectra known_spectra(const P& p, const Prepared& prepared, bool sums, RunContext& context) {
  KnownSpectra out = sums ? at_scale_of_cube(prepared, context) : prepared.known;
  if constexpr (requires { p.known; }) out.frozen = p.known == Known::frozen;
  return out;
}
/// Without sum rule, sparsity and anchor: factorisation and nothing else.
void factorise_only(RobustOptions& robust) { robust.lambda = robust.mu = robust.anchor = 0; }

/// A task over one cube: what differs is what it refuses, its size, and what runs.
template <class P>
class UnmixingTask : public TypedTask<P> {
 public:
  explicit UnmixingTask(About about) : about_{std::move(about)} {}
  About about() const final { return about_; }
  std::span<const Port> inputs() const noexcept final { return unmixing_inputs(); }
  std::span<const Port> outputs() const noexcept final { return unmixing_outputs(); }

 protected:
  Plan plan(const Descriptions& inputs, const P& p) const final {
    Plan out;
    refuse(inputs, p, out);
    const Size size = planned_size(inputs, p);
    check_inputs(inputs, size.asked, out);
    if (out.possible())
      plan_unmixing(input<iso::SpectralCube>(inputs, "cube"), size.foreseen, size.iterations, size.scaled_copy, out);
    if (!size.maps_known) out.outputs.clear();
    return out;
  }
  Datasets run(const Datasets& inputs, const P& parameters, RunContext& context) final {
    const auto& cube = input<iso::SpectralCube>(inputs, "cube");
    context.report(0, "reading the cube");
    const Prepared prepared = prepare(inputs, context);
    TaskProgress progress{context, "abundances", [](const iso::compute::Array&) { return iso::DatasetPtr{}; }};
    const Monitor monitor{progress, context.stop()};
    const Unmixing result = compute(cube, prepared, parameters, context, monitor);
    return deliver(cube, prepared.cube, result, context);
  }
  virtual void refuse(const Descriptions& inputs, const P& parameters, Plan& plan) const {
    (void)inputs, (void)parameters, (void)plan;
  }
  virtual Size planned_size(const Descriptions& inputs, const P& parameters) const = 0;
  virtual Unmixing compute(const iso::SpectralCube& cube, const Prepared& prepared, const P& parameters,
                           RunContext& context, const Monitor& monitor) const = 0;

 private:
  About about_;
};

// A guess where nobody says: reflectance-like numbers over wavelengths.
bool adds_up(const iso::SpectralCube& cube, const CubePixels& pixels, SumRule rule, RunContext& context) {
  if (rule != SumRule::automatic) return rule == SumRule::on;
  bool yes = cube.quantity == iso::Quantity::reflectance;
  if (cube.quantity == iso::Quantity::unknown &&
      iso::spectra::to_kind(cube.bands) != iso::spectra::AxisKind::raman_shift) {
    float most = 0, least = 0;
    for (const float* band : pixels.data.bands) {
      const std::int64_t stride = 1 + pixels.data.pixels / 4096;
      for (std::int64_t n = 0; n < pixels.data.pixels; n += stride) {
        most = std::max(most, band[n]);
        least = std::min(least, band[n]);
      }
    }
    yes = most <= 1.5F && least > -0.25F;
  }
  context.log(std::string{"abundances "} + (yes ? "add up to 1" : "do not add up to 1") + " (sum_rule automatic)");
  return yes;
}

class Robust final : public UnmixingTask<RobustParameters> {
 public:
  using UnmixingTask::UnmixingTask;

 protected:
  void refuse(const Descriptions&, const RobustParameters& p, Plan& out) const override {
    if (!p.automatic_weights && p.sparsity > 0 && p.sum_rule == SumRule::off)
      out.refuse_parameter(
          "sparsity",
          "parameter 'sparsity' is above 0 without the sum rule, where scaling a spectrum would cheat it; "
          "set it to 0 or the sum rule to on");
  }
  Size planned_size(const Descriptions&, const RobustParameters& p) const override {
    return {p.components, p.components, p.iterations};
  }
  Unmixing compute(const iso::SpectralCube& cube, const Prepared& prepared, const RobustParameters& p,
                   RunContext& context, const Monitor& monitor) const override {
    UnmixOptions options = common_options(p, context);
    options.final_inversion = p.finish == Finish::inversion;
    const bool sums = adds_up(cube, prepared.cube, p.sum_rule, context);
    const bool archetypes = p.start == Extraction::archetypal;
    RobustOptions& robust = options.robust;
    robust.exponent = p.exponent;
    robust.lambda = p.automatic_weights ? (archetypes ? 0.02 : 0.1) : p.sparsity;
    robust.anchor = p.automatic_weights ? (archetypes ? 1 : 0) : p.anchor;
    robust.mu = sums ? p.sum_weight : 0;
    if (!sums && robust.lambda > 0) {
      if (!p.automatic_weights) context.warn("no sparsity without the sum rule: scaling a spectrum would cheat it");
      robust.lambda = 0;
    }
    robust.tau = p.mixing_level;
    robust.p_min = p.smallest_exponent;
    robust.p_fixed = p.fixed_exponent;
    robust.eps = p.smoothing;
    return unmix(prepared.cube.data, known_spectra(p, prepared, sums, context), options, monitor);
  }
};

class Nmf final : public UnmixingTask<NmfParameters> {
 public:
  using UnmixingTask::UnmixingTask;

 protected:
  Size planned_size(const Descriptions&, const NmfParameters& p) const override {
    return {p.components, p.components, p.iterations};
  }
  Unmixing compute(const iso::SpectralCube&, const Prepared& prepared, const NmfParameters& p, RunContext& context,
                   const Monitor& monitor) const override {
    UnmixOptions options = common_options(p, context);
    factorise_only(options.robust);
    return unmix(prepared.cube.data, known_spectra(p, prepared, false, context), options, monitor);
  }
};

class Poisson final : public UnmixingTask<CountParameters> {
 public:
  using UnmixingTask::UnmixingTask;

 protected:
  void refuse(const Descriptions& inputs, const CountParameters& p, Plan& out) const override {
    if (p.free_components == 0 && !has_known(inputs))
      out.refuse_parameter("free_components",
                           "parameter 'free_components' is 0 and no spectra are known: nothing is left to fit");
  }
  Size planned_size(const Descriptions& inputs, const CountParameters& p) const override {
    return {std::max(1, p.free_components), p.free_components + (has_known(inputs) ? 4 : 0), p.iterations, true, false};
  }
  Unmixing compute(const iso::SpectralCube&, const Prepared& prepared, const CountParameters& p, RunContext& context,
                   const Monitor& monitor) const override {
    UnmixOptions options = common_options(p, context);
    options.components = prepared.known.spectra.cols() + p.free_components;
    options.screening = 0;  // the noise of counts is known
    options.robust.loss = Loss::frobenius;
    factorise_only(options.robust);
    return unmix_counts(prepared.cube.data, prepared.known, options, monitor);
  }
};

class Abundances final : public UnmixingTask<AbundanceParameters> {
 public:
  using UnmixingTask::UnmixingTask;

 protected:
  void refuse(const Descriptions& inputs, const AbundanceParameters&, Plan& out) const override {
    if (!has_known(inputs))
      out.refuse("there are no spectra to unmix with; give 'spectra' (a library) or 'regions' (labels on the cube)",
                 iso::Errc::no_input);
  }
  Size planned_size(const Descriptions&, const AbundanceParameters& p) const override {
    return {std::max(1, p.free_components), p.free_components + 8, p.free_components > 0 ? p.iterations : 4, false,
            false};
  }
  Unmixing compute(const iso::SpectralCube&, const Prepared& prepared, const AbundanceParameters& p,
                   RunContext& context, const Monitor& monitor) const override {
    const bool sums = p.rule == InversionRule::fcls;
    const KnownSpectra known = known_spectra(p, prepared, sums, context);
    if (p.free_components > 0) {
      UnmixOptions options = common_options(p, context);
      options.components = prepared.known.spectra.cols() + p.free_components;
      options.final_inversion = true;
      factorise_only(options.robust);
      options.robust.mu = sums ? 1 : 0;
      return unmix(prepared.cube.data, known, options, monitor);
    }
    return invert_known(prepared.cube.data, known, {sums, p.rule == InversionRule::sunsal ? p.sparsity : 0, {}},
                        p.screening, monitor);
  }

 private:
  static Unmixing invert_known(const PixelMatrix<float>& data, const KnownSpectra& known,
                               const InversionOptions& options, double screening, const Monitor& monitor) {
    Unmixing out;
    out.endmembers = known.spectra;
    out.names = known.names;
    monitor.report(0.05, "screening bands");
    out.faults = screen_bands(make_moments(data), out.endmembers.cols(), screening).faults;
    std::vector<std::int64_t> kept;
    out.band_weights = Vector::Zero(data.band_count());
    // A band that does not vary is as good as any other for spectra that are known.
    for (std::size_t l = 0; l < out.faults.size(); ++l) {
      if (out.faults[l] == BandFault::constant) out.faults[l] = BandFault::none;
      if (out.faults[l] != BandFault::none) continue;
      out.band_weights[static_cast<Eigen::Index>(l)] = 1;
      kept.push_back(static_cast<std::int64_t>(l));
    }
    const auto used = data.with_bands(kept);
    const Matrix spectra = out.endmembers(kept, Eigen::all);
    out.abundances = invert(used, spectra, options, monitor, 0.1, 0.9);
    out.residual = residual_rms(used, spectra, out.abundances);
    out.band_rms = band_rms(data, out.endmembers, out.abundances);
    out.moved.assign(out.names.size(), 0);
    double squares = 0;
    for (const float r : out.residual) squares += static_cast<double>(r) * static_cast<double>(r);
    out.residual_rms = std::sqrt(squares / static_cast<double>(data.pixels));
    return out;
  }
};

const std::string robust_reference =
    "F. Zhu, Y. Wang, B. Fan, G. Meng and C. Pan, Effective spectral unmixing via robust representation and "
    "learning-based "
    "sparsity (2014), doi:10.48550/arXiv.1409.0685";

}  // namespace

Task* make_robust() {
  return new Robust{
      {"Robust unmixing",
       "Finds endmembers and abundances at once; bad bands count little, and each pixel is as sparse as it is pure.",
       "Minimises $c N \\sum_l \\rho(s_l) + \\tfrac{\\mu}{2} \\sum_n (1^T a_n - 1)^2 + \\lambda \\sum_n [\\sum_k "
       "(a_{kn} + \\eta)^{p_n} + \\tau p_n] + \\tfrac{\\nu c}{2} \\|E - E_0\\|_F^2$ over $E, A \\ge 0$. The result "
       "depends on the start; endmembers of dark materials are uncertain.",
       "Unmixing",
       {robust_reference}}};
}

Task* make_nmf() {
  return new Nmf{{"Non-negative matrix factorisation",
                  "Finds spectra and maps that are not negative, without further rules.",
                  "Minimises $\\|Y - E A\\|^2$, or its robust forms, over $E, A \\ge 0$: robust unmixing without "
                  "sparsity, sum rule and "
                  "anchor. The scale of a spectrum is not determined, and many factorisations fit alike.",
                  "Unmixing",
                  {"D. Lee and H. Seung, Nature 401 (1999) 788, doi:10.1038/44565",
                   "A. Cichocki and A.-H. Phan, IEICE Trans. E92-A (2009) 708, doi:10.1587/transfun.E92.A.708"}}};
}

Task* make_poisson() {
  return new Poisson{
      {"Unmixing of counts",
       "Known dyes and a few free spectra in photon counts, each value weighted by its noise.",
       "Divides rows and columns by the root of their means, fits $E, A \\ge 0$ by least squares, and takes the scales "
       "out again. Free spectra have sum 1, so that their abundance is a number of counts.",
       "Unmixing",
       {"M. Keenan and P. Kotula, Surf. Interface Anal. 36 (2004) 203, doi:10.1002/sia.1657"}}};
}

Task* make_abundances_task() {
  return new Abundances{
      {"Abundances of known spectra",
       "How much of each known spectrum a pixel holds, exactly; with free spectra beside them if asked.",
       "Minimises $\\|y - E a\\|^2$ over $a \\ge 0$ for each pixel, with sum 1 (fcls), without (nnls), or with "
       "$\\lambda |a|_1$ (sunsal).",
       "Unmixing",
       {"D. Heinz and C.-I Chang, IEEE TGRS 39 (2001) 529, doi:10.1109/36.911111",
        "J. Bioucas-Dias and M. Figueiredo, WHISPERS (2010), doi:10.1109/WHISPERS.2010.5594963"}}};
}

}  // namespace spectral_unmixing
