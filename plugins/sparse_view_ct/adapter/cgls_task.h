#pragma once

#include "adapter/common.h"
#include "method/algebraic.h"

namespace sparse_view_ct {

struct CglsParameters : CommonParameters {
  int iterations = 30;
  double l2 = 0;
  bool stop_at_noise = true;
  double noise_factor = 1;
  friend bool operator==(const CglsParameters&, const CglsParameters&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(
        std::tuple{field("iterations", &CglsParameters::iterations)
                       .with_label("Iterations")
                       .with_unit("iterations")
                       .in_range(1, 10000)
                       .with_help("At most this many; fewer are smoother."),
                   field("l2", &CglsParameters::l2)
                       .with_label("L2 weight")
                       .with_unit("1")
                       .in_range(0, 10)
                       .as_logarithmic()
                       .with_help("Weight of the squared image, relative to the largest row sum times column sum of "
                                  "the ray transform."),
                   field("stop_at_noise", &CglsParameters::stop_at_noise)
                       .with_label("Stop at the noise level")
                       .with_help("Ends once the misfit is down to the noise of the readings (discrepancy rule)."),
                   field("noise_factor", &CglsParameters::noise_factor)
                       .with_label("Noise factor")
                       .with_unit("1")
                       .in_range(0.1, 100)
                       .visible_when("stop_at_noise", "true")
                       .as_advanced()
                       .with_help("Multiplies the noise level of that rule.")},
        common_fields<CglsParameters>());
  }
};

class CglsTask final : public ScanTask<CglsParameters> {
 public:
  iso::plugin::About about() const override {
    return {"Conjugate gradients (CGLS)",
            "Least squares by conjugate gradients, ended by the noise level.",
            "Minimises $\\|A x - p\\|^2 + \\mu \\|x\\|^2$. Converges fast and then fits noise: the number of "
            "iterations regularises.",
            "Reconstruction",
            {"M. Hestenes and E. Stiefel, J. Res. NBS 49 (1952) 409, doi:10.6028/jres.049.044"}};
  }

 protected:
  iso::compute::Array reconstruct(const Problem& problem, const CglsParameters& p, const Watch& watch) const override {
    CglsMethodOptions options;
    options.iterations = p.iterations;
    options.l2 = p.l2;
    options.stop_at_noise = p.stop_at_noise;
    options.noise_factor = p.noise_factor;
    return cgls(problem, options, watch);
  }
  // Readings, residual and A p; image, gradient and direction.
  std::size_t method_bytes(const Prepared&, const Sizes& s, const CglsParameters&) const override {
    return 3 * s.scan + 3 * s.image;
  }
  double projections(const CglsParameters& p) const override { return 2.0 * p.iterations + 1; }
  std::vector<iso::compute::OperatorSpec> operators(const Prepared& plan, const CglsParameters&) const override {
    return {ray_transform(plan)};
  }
};

}  // namespace sparse_view_ct
