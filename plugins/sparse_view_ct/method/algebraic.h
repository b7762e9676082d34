#pragma once

#include "method/work.h"

#include <iso/tomography/scan_problem.h>

namespace sparse_view_ct {

enum class Start : std::uint8_t { zero, fbp };
inline constexpr auto choice_names(Start) { return std::array<std::string_view, 2>{"zero", "fbp"}; }

struct SartOptions : iso::tomography::ScanParameters {
  int iterations = 10;
  int subsets = 0;
  double relaxation = 0.5;
  bool non_negative = true;
  double maximum = 0;
  Start start = Start::zero;
  friend bool operator==(const SartOptions&, const SartOptions&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(
        std::tuple{
            field("iterations", &SartOptions::iterations)
                .with_label("Iterations")
                .with_unit("iterations")
                .in_range(1, 10000)
                .with_help("Each goes once through all views."),
            field("subsets", &SartOptions::subsets)
                .with_label("Subsets")
                .with_unit("subsets")
                .in_range(0, 100000)
                .with_help("0: every view is a subset of its own (SART); otherwise ordered subsets of several views."),
            field("relaxation", &SartOptions::relaxation)
                .with_label("Relaxation")
                .with_unit("1")
                .in_range(0.001, 1.999)
                .with_help("Part of the correction that is made; smaller is slower and less noisy."),
            field("non_negative", &SartOptions::non_negative)
                .with_label("Non-negative")
                .with_help("No value falls below 0."),
            field("maximum", &SartOptions::maximum)
                .with_label("Largest value")
                .with_unit("1/mm")
                .in_range(0, 1e9)
                .as_advanced()
                .with_help("No value rises above. 0: no such bound."),
            field("start", &SartOptions::start)
                .with_label("Start")
                .as_advanced()
                .with_help("What the iterations start from.")},
        iso::tomography::scan_fields<SartOptions>());
  }
};

/// The simultaneous algebraic reconstruction technique over ordered subsets.
///
/// For subset s with projector A_s and readings p_s
///     x <- P( x + relaxation C A_s^T R_s (p_s - A_s x) ),
/// R_s the reciprocal row sums, C the reciprocal of the largest column sum of a subset, P the projection on the bounds. Subset s
/// holds the views s, s + S, s + 2S, ...; they are visited by steps of about 0.382 S, so that neighbours in time are far
/// apart in angle (our completion). The views stay where they are in the readings.
/// Source   A. Andersen and A. Kak, Ultrason. Imaging 6 (1984) 81; G. Wang and M. Jiang, J. X-Ray Sci. Tech. 12 (2004) 169.
[[nodiscard]] iso::compute::Array reconstruct(const iso::tomography::ScanProblem& problem, const SartOptions& options,
                                              iso::solvers::Progress& progress);
[[nodiscard]] Work plan_work(const iso::tomography::ScanPlan& plan, const SartOptions& options);

/// Order in which S subsets are visited: a permutation of 0 ... S-1 that starts with 0.
[[nodiscard]] std::vector<std::int64_t> visiting_order(std::int64_t subsets);

struct CglsOptions : iso::tomography::ScanParameters {
  int iterations = 30;
  double l2 = 0;
  bool stop_at_noise = true;
  double noise_factor = 1;
  friend bool operator==(const CglsOptions&, const CglsOptions&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(
        std::tuple{field("iterations", &CglsOptions::iterations)
                       .with_label("Iterations")
                       .with_unit("iterations")
                       .in_range(1, 10000)
                       .with_help("At most this many; fewer are smoother."),
                   field("l2", &CglsOptions::l2)
                       .with_label("L2 weight")
                       .with_unit("1")
                       .in_range(0, 10)
                       .as_logarithmic()
                       .with_help("Weight of the squared image, relative to the largest row sum times column sum of "
                                  "the ray transform."),
                   field("stop_at_noise", &CglsOptions::stop_at_noise)
                       .with_label("Stop at the noise level")
                       .with_help("Ends once the misfit is down to the noise of the readings (discrepancy rule)."),
                   field("noise_factor", &CglsOptions::noise_factor)
                       .with_label("Noise factor")
                       .with_unit("1")
                       .in_range(0.1, 100)
                       .visible_when("stop_at_noise", "true")
                       .as_advanced()
                       .with_help("Multiplies the noise level of that rule.")},
        iso::tomography::scan_fields<CglsOptions>());
  }
};

/// min |A x - p|^2 + l2 |A|_1 |A|_inf |x|^2 by conjugate gradients, from zero. Without l2 the number of iterations regularises:
/// the discrepancy rule of Morozov ends them where |A x - p| <= noise_factor sigma sqrt(n), sigma the noise level of the readings.
/// Source   M. Hestenes and E. Stiefel, J. Res. NBS 49 (1952) 409; V. Morozov, Soviet Math. Dokl. 7 (1966) 414.
[[nodiscard]] iso::compute::Array reconstruct(const iso::tomography::ScanProblem& problem, const CglsOptions& options,
                                              iso::solvers::Progress& progress);
[[nodiscard]] Work plan_work(const iso::tomography::ScanPlan& plan, const CglsOptions& options);

}  // namespace sparse_view_ct
