#pragma once

#include "method/work.h"

#include <iso/tomography/filtered_backprojection.h>
#include <iso/tomography/scan_problem.h>

namespace sparse_view_ct {

struct FbpOptions : iso::tomography::ScanParameters, iso::tomography::FilteredBackprojectionOptions {
  friend bool operator==(const FbpOptions&, const FbpOptions&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    using P = FbpOptions;
    return std::tuple_cat(
        std::tuple{field<P, iso::tomography::FilterWindow>("filter", &P::filter)
                       .with_label("Filter")
                       .with_help("Window on the ramp filter."),
                   field<P, double>("cutoff", &P::cutoff)
                       .with_label("Cut-off")
                       .with_unit("1")
                       .in_range(0.05, 1)
                       .with_help("Where the window ends, as a part of the Nyquist frequency of the detector."),
                   field<P, bool>("limited_angle", &P::limited_angle)
                       .with_label("Limited angle")
                       .with_help("Takes views that cover less than half a turn (a fan: and its angle). What no view "
                                  "looks along is missing from the image.")},
        iso::tomography::scan_fields<P>());
  }
};

/// Filtered back-projection; warns of a limited angle, and where the scan is complete in a part of the field of view only.
[[nodiscard]] iso::compute::Array reconstruct(const iso::tomography::ScanProblem& problem, const FbpOptions& options,
                                              iso::solvers::Progress& progress);
[[nodiscard]] Work plan_work(const iso::tomography::ScanPlan& plan, const FbpOptions& options);

}  // namespace sparse_view_ct
