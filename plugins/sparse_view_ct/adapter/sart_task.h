#pragma once

#include "adapter/common.h"
#include "method/algebraic.h"

namespace sparse_view_ct {

enum class Start : std::uint8_t { zero, fbp };
inline constexpr auto choice_names(Start) { return std::array<std::string_view, 2>{"zero", "fbp"}; }

struct SartParameters : CommonParameters {
  int iterations = 10;
  int subsets = 0;
  double relaxation = 0.5;
  bool non_negative = true;
  double maximum = 0;
  Start start = Start::zero;
  friend bool operator==(const SartParameters&, const SartParameters&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(
        std::tuple{
            field("iterations", &SartParameters::iterations)
                .with_label("Iterations")
                .with_unit("iterations")
                .in_range(1, 10000)
                .with_help("Each goes once through all views."),
            field("subsets", &SartParameters::subsets)
                .with_label("Subsets")
                .with_unit("subsets")
                .in_range(0, 100000)
                .with_help("0: every view is a subset of its own (SART); otherwise ordered subsets of several views."),
            field("relaxation", &SartParameters::relaxation)
                .with_label("Relaxation")
                .with_unit("1")
                .in_range(0.001, 1.999)
                .with_help("Part of the correction that is made; smaller is slower and less noisy."),
            field("non_negative", &SartParameters::non_negative)
                .with_label("Non-negative")
                .with_help("No value falls below 0."),
            field("maximum", &SartParameters::maximum)
                .with_label("Largest value")
                .with_unit("1/mm")
                .in_range(0, 1000)
                .as_advanced()
                .with_help("No value rises above. 0: no such bound."),
            field("start", &SartParameters::start)
                .with_label("Start")
                .as_advanced()
                .with_help("What the iterations start from.")},
        common_fields<SartParameters>());
  }
};

class SartTask final : public ScanTask<SartParameters> {
 public:
  iso::plugin::About about() const override {
    return {"Algebraic reconstruction (SART)",
            "Corrects the image by the misfit of one view or subset of views after the other.",
            "$x \\leftarrow P(x + \\lambda C A_s^T R_s (p_s - A_s x))$ over the subsets $s$. Works for any geometry "
            "and for limited angles.",
            "Reconstruction",
            {"A. Andersen and A. Kak, Ultrason. Imaging 6 (1984) 81, doi:10.1177/016173468400600107",
             "G. Wang and M. Jiang, J. X-Ray Sci. Technol. 12 (2004) 169"}};
  }

 protected:
  iso::compute::Array reconstruct(const Problem& problem, const SartParameters& p, const Watch& watch) const override {
    SartOptions options;
    options.subsets = p.subsets;
    options.iterations = p.iterations;
    options.relaxation = p.relaxation;
    options.bounded = p.non_negative || p.maximum > 0;
    options.low = p.non_negative ? 0 : -std::numeric_limits<double>::infinity();
    options.high = p.maximum > 0 ? p.maximum : std::numeric_limits<double>::infinity();
    options.from_fbp = p.start == Start::fbp;
    return sart(problem, options, watch);
  }
  // Readings, their subsets and reciprocal row sums, one subset of scratch; image, column sums and two of scratch.
  std::size_t method_bytes(const Prepared& plan, const Sizes& s, const SartParameters& p) const override {
    return 3 * s.scan + s.scan / subsets(plan, p) + 4 * s.image;
  }
  double projections(const SartParameters& p) const override { return 2.0 * p.iterations + 2; }
  double updates(const Prepared& plan, const SartParameters& p) const override {
    return static_cast<double>(subsets(plan, p)) * p.iterations;
  }
  std::vector<iso::compute::OperatorSpec> operators(const Prepared& plan, const SartParameters&) const override {
    return {ray_transform(plan)};
  }

 private:
  static std::size_t subsets(const Prepared& plan, const SartParameters& p) {
    const auto views = plan.scan.geometry.views().size();
    return p.subsets > 0 ? std::min<std::size_t>(static_cast<std::size_t>(p.subsets), views) : views;
  }
};

}  // namespace sparse_view_ct
