#pragma once

#include "adapter/parameters.h"
#include "method/ensemble.h"

#include <iso/plugin/typed_task.h>
#include <iso/tomography/scan_problem.h>

#include <memory>

namespace diffusion_recon {

/// What an algorithm is for its parameters P: made by `algorithm` below.
struct Algorithm {
  double evaluations{0};  ///< of the prior, of one sample
  std::size_t bytes{0};
  bool posterior{false};  ///< its spread is that of the posterior under a network, and not of the sampling alone
  std::function<std::unique_ptr<Sampler>(const PosteriorProblem&, const iso::compute::Array& start)> make{};
};

[[nodiscard]] std::span<const iso::plugin::Port> scan_inputs() noexcept;
[[nodiscard]] std::span<const iso::plugin::Port> scan_outputs() noexcept;
/// `plan` of the task; the algorithm is asked about images and readings of these specs.
using MakeAlgorithm = std::function<Algorithm(const iso::ArraySpec& image, const iso::ArraySpec& readings)>;
[[nodiscard]] iso::plugin::Plan plan_scan_task(const iso::Sinogram& scan, const CommonOptions& options,
                                               const MakeAlgorithm& make);
[[nodiscard]] iso::plugin::Datasets run_scan_task(const iso::Sinogram& scan, const CommonOptions& options,
                                                  const MakeAlgorithm& make, iso::plugin::RunContext& context);

[[nodiscard]] Algorithm algorithm(const DdsParameters& parameters, const iso::ArraySpec& image,
                                  const iso::ArraySpec& readings);
[[nodiscard]] Algorithm algorithm(const MbirParameters& parameters, const iso::ArraySpec& image,
                                  const iso::ArraySpec& readings);
[[nodiscard]] Algorithm algorithm(const SplitGibbsParameters& parameters, const iso::ArraySpec& image,
                                  const iso::ArraySpec& readings);

/// A task over one scan: line integrals in, volume out.
template <class P>
class ScanTask final : public iso::plugin::TypedTask<P> {
 public:
  explicit ScanTask(iso::plugin::About about) : about_{std::move(about)} {}
  iso::plugin::About about() const override { return about_; }
  std::span<const iso::plugin::Port> inputs() const noexcept override { return scan_inputs(); }
  std::span<const iso::plugin::Port> outputs() const noexcept override { return scan_outputs(); }

 protected:
  iso::plugin::Plan plan(const iso::plugin::Descriptions& inputs, const P& parameters) const override {
    return plan_scan_task(iso::plugin::input<iso::Sinogram>(inputs, "sinogram"), parameters, maker(parameters));
  }
  iso::plugin::Datasets run(const iso::plugin::Datasets& inputs, const P& parameters,
                            iso::plugin::RunContext& context) override {
    return run_scan_task(iso::plugin::input<iso::Sinogram>(inputs, "sinogram"), parameters, maker(parameters), context);
  }

 private:
  static MakeAlgorithm maker(const P& parameters) {
    return [&parameters](const iso::ArraySpec& image, const iso::ArraySpec& readings) {
      return algorithm(parameters, image, readings);
    };
  }
  iso::plugin::About about_;
};

}  // namespace diffusion_recon
