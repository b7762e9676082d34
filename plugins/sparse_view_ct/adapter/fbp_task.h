#pragma once

#include "adapter/common.h"

#include <iso/solvers/filtered_backprojection.h>

namespace sparse_view_ct {

enum class Filter : std::uint8_t { ram_lak, shepp_logan, cosine, hamming, hann };
inline constexpr auto choice_names(Filter) {
  return std::array<std::string_view, 5>{"ram_lak", "shepp_logan", "cosine", "hamming", "hann"};
}

struct FbpParameters : CommonParameters {
  Filter filter = Filter::ram_lak;
  double cutoff = 1;
  friend bool operator==(const FbpParameters&, const FbpParameters&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(
        std::tuple{field("filter", &FbpParameters::filter).with_label("Filter").with_help("Window on the ramp filter."),
                   field("cutoff", &FbpParameters::cutoff)
                       .with_label("Cut-off")
                       .with_unit("1")
                       .in_range(0.05, 1)
                       .with_help("Where the window ends, as a part of the Nyquist frequency of the detector.")},
        common_fields<FbpParameters>());
  }
};

class FbpTask final : public ScanTask<FbpParameters> {
 public:
  iso::plugin::About about() const override {
    return {"Filtered back-projection",
            "Direct reconstruction of parallel and fan beams, and of circular cone beams (FDK).",
            "Weights every view, filters its rows with the ramp times a window, and back-projects with the squared "
            "magnification. "
            "Few views leave streaks: use total variation then.",
            "Reconstruction",
            {"L. Feldkamp, L. Davis and J. Kress, J. Opt. Soc. Am. A 1 (1984) 612, doi:10.1364/JOSAA.1.000612",
             "D. Parker, Med. Phys. 9 (1982) 254, doi:10.1118/1.595078"}};
  }

 protected:
  iso::compute::Array reconstruct(const Problem& problem, const FbpParameters& p, const Watch&) const override {
    iso::solvers::FilteredBackprojectionOptions options;
    options.window = static_cast<iso::solvers::FilterWindow>(p.filter);
    options.cutoff = p.cutoff;
    return iso::solvers::filtered_backprojection(problem.backend, problem.geometry, problem.readings, problem.grid,
                                                 options, problem.stream);
  }
  // Readings, weighted and filtered copies; or readings, filtered copy and image.
  std::size_t method_bytes(const Prepared&, const Sizes& s, const FbpParameters&) const override {
    return std::max(3 * s.scan, 2 * s.scan + s.image);
  }
  double projections(const FbpParameters&) const override { return 1.5; }
  std::vector<iso::compute::OperatorSpec> operators(const Prepared& plan, const FbpParameters&) const override {
    auto specs = iso::solvers::filtered_backprojection_operators(plan.scan.geometry, plan.grid, iso::ScalarType::f32);
    specs.emplace_back(ray_transform(plan));
    return specs;
  }
  std::optional<std::string> refusal(const iso::ProjectionGeometry& geometry, const FbpParameters&) const override {
    return refusal_of_fbp(geometry);
  }
};

}  // namespace sparse_view_ct
