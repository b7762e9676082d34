#pragma once

#include "adapter/parameters.h"
#include "method/ensemble.h"

#include <iso/plugin/typed_task.h>
#include <iso/tomography/scan_problem.h>

#include <memory>
#include <type_traits>

namespace diffusion_recon {

/// What a run may begin from.
struct Beginning {
  const iso::compute::Array& tv;  ///< total variation, in units of water
  iso::Pixels atlas{};            ///< images (x, y, n) in units of water, where the task takes an atlas
  std::uint64_t seed{0};
};

/// What the standard deviation over the runs of an algorithm says. `none`: it gives one estimate, and runs differ by the
/// noise that was drawn on the way.
enum class Spread : std::uint8_t { none, sampling, posterior };

/// What an algorithm is for its parameters P: made by `algorithm` below.
struct Algorithm {
  double evaluations{0};  ///< of the prior, of one sample
  std::size_t bytes{0};
  Spread spread{Spread::sampling};  ///< `posterior` where the prior is a network, else it is that of the sampling
  std::function<std::unique_ptr<Sampler>(const PosteriorProblem&, const Beginning&)> make{};
  int degrees{0};  ///< of its noise, `SliceNoise`
};

/// What an algorithm is made for.
struct TaskExtent {
  iso::ArraySpec image, readings;
  double slice_mm{1};  ///< from slice to slice
};

[[nodiscard]] std::span<const iso::plugin::Port> scan_inputs() noexcept;
[[nodiscard]] std::span<const iso::plugin::Port> scan_and_atlas_inputs() noexcept;
[[nodiscard]] std::span<const iso::plugin::Port> scan_outputs() noexcept;
using MakeAlgorithm = std::function<Algorithm(const TaskExtent&)>;
/// `plan` of the task; `atlas` is null where it takes none.
[[nodiscard]] iso::plugin::Plan plan_scan_task(const iso::Sinogram& scan, const iso::Volume* atlas,
                                               const CommonOptions& options, const MakeAlgorithm& make);
[[nodiscard]] iso::plugin::Datasets run_scan_task(const iso::Sinogram& scan, const iso::Volume* atlas,
                                                  const CommonOptions& options, const MakeAlgorithm& make,
                                                  iso::plugin::RunContext& context);

/// lambda of the coupling along z, in units of water: that of the paper at 1 mm from slice to slice, times z_weight, times 1 mm over their
/// distance, so that a slope along z costs the same at any distance (diffusion-mbir.md, section 10, 8).
[[nodiscard]] double coupling_along_z(const LevelOptions& parameters, double slice_mm);

[[nodiscard]] Algorithm algorithm(const DdsParameters& parameters, const TaskExtent& extent);
[[nodiscard]] Algorithm algorithm(const MbirParameters& parameters, const TaskExtent& extent);
[[nodiscard]] Algorithm algorithm(const SplitGibbsParameters& parameters, const TaskExtent& extent);
[[nodiscard]] Algorithm algorithm(const RedDiffParameters& parameters, const TaskExtent& extent);
[[nodiscard]] Algorithm algorithm(const PfgmParameters& parameters, const TaskExtent& extent);
[[nodiscard]] Algorithm algorithm(const GdpParameters& parameters, const TaskExtent& extent);
[[nodiscard]] Algorithm algorithm(const DpmOtParameters& parameters, const TaskExtent& extent);

/// A task over one scan: line integrals in, volume out.
template <class P>
class ScanTask final : public iso::plugin::TypedTask<P> {
 public:
  explicit ScanTask(iso::plugin::About about) : about_{std::move(about)} {}
  iso::plugin::About about() const override { return about_; }
  std::span<const iso::plugin::Port> inputs() const noexcept override {
    return takes_atlas ? scan_and_atlas_inputs() : scan_inputs();
  }
  std::span<const iso::plugin::Port> outputs() const noexcept override { return scan_outputs(); }

 protected:
  iso::plugin::Plan plan(const iso::plugin::Descriptions& inputs, const P& parameters) const override {
    return plan_scan_task(iso::plugin::input<iso::Sinogram>(inputs, "sinogram"), atlas(inputs), parameters,
                          maker(parameters));
  }
  iso::plugin::Datasets run(const iso::plugin::Datasets& inputs, const P& parameters,
                            iso::plugin::RunContext& context) override {
    return run_scan_task(iso::plugin::input<iso::Sinogram>(inputs, "sinogram"), atlas(inputs), parameters,
                         maker(parameters), context);
  }

 private:
  static constexpr bool takes_atlas = std::is_same_v<P, DpmOtParameters>;
  template <class Inputs>
  static const iso::Volume* atlas(const Inputs& inputs) {
    return takes_atlas ? &iso::plugin::input<iso::Volume>(inputs, "atlas") : nullptr;
  }
  static MakeAlgorithm maker(const P& parameters) {
    return [&parameters](const TaskExtent& extent) { return algorithm(parameters, extent); };
  }
  iso::plugin::About about_;
};

}  // namespace diffusion_recon
