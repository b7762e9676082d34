#pragma once

#include "method/device_pass.h"
#include "method/monitor.h"
#include "method/pixel_matrix.h"

#include <iso/data/checkpoint.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace spectral_unmixing {

/// How the misfit of a band counts: its root mean square (l21), the logarithm of its mean square (log), or the mean square.
enum class Loss : std::uint8_t { l21, log, frobenius };
inline constexpr auto choice_names(Loss) { return std::array<std::string_view, 3>{"l21", "log", "frobenius"}; }
/// Exact minimisation of one row or column at a time, or the multiplicative rule.
enum class Solver : std::uint8_t { hals, multiplicative };
inline constexpr auto choice_names(Solver) { return std::array<std::string_view, 2>{"hals", "multiplicative"}; }
/// Where the exponent of a pixel comes from: a minimiser of the objective, a number, or the Hoyer sparseness of the pixel.
enum class Exponent : std::uint8_t { learned, fixed, hoyer };
inline constexpr auto choice_names(Exponent) { return std::array<std::string_view, 3>{"learned", "fixed", "hoyer"}; }

struct RobustOptions {
  Loss loss{Loss::l21};
  Solver solver{Solver::hals};
  Exponent exponent{Exponent::learned};
  double lambda{0.02}, mu{1}, anchor{1};  ///< anchor: gamma
  double tau{0};                          ///< 0: 0.5 ln K
  double p_min{0.3}, p_fixed{0.5};
  double eps{1e-3}, eta{1e-4};  ///< eps: a part of the 99th percentile of the data
  int iterations{500};
  double tolerance{1e-6};
  bool relaxed_start{true};    ///< eta falls from 0.01 to its value
  std::vector<bool> frozen{};  ///< columns of E that stay; empty: none
};

/// The model Y ~ E A of L bands, N pixels and K endmembers, E and A not negative, and its block steps. With r_l the residual of
/// band l and s_l = |r_l|^2 / N it minimises
///
///   F(E, A, p) = c N sum_l rho(s_l) + (mu/2) sum_n (1^T a_n - 1)^2
///              + lambda sum_n [ sum_k (a_kn + eta)^p_n + tau p_n ] + (nu c/2) |E - E_0|_F^2,     p_min <= p_n <= 1
///
/// rho(s) = sqrt(s + eps^2) (l21), 1/2 log(s + eps^2) (log), s/2 (frobenius). No step raises F: weights and powers are replaced
/// by their tangents, whose quadratic majorisers the steps minimise (multiplicative) or minimise row by row (HALS).
///
/// [P] the l2,1 error over bands, the l_p sparsity with an exponent of each pixel that a guidance map learned with the result
///     sets, factors not negative, multiplicative updates (Zhu et al., arXiv 1409.0685).
/// [C] every formula and constant here, tau p_n, the log loss, the anchor, HALS, the scale c: our completion.
///
/// T is the type of Y, A and p; E and all sums over pixels are double. Results depend neither on the number of threads nor on time.
template <class T>
class RobustModel {
 public:
  /// E_0 (L x K) is raised to a small positive floor where it is not frozen, A_0 (K x N) becomes 0.9 A_0 + 0.1/K.
  /// On `device`, which must have steps of unmixing, if one is given; it must outlive the model.
  /// Throws invalid_input for shapes that do not fit.
  RobustModel(PixelMatrix<T> data, const Matrix& endmembers, const std::vector<T>& abundances, RobustOptions options,
              const iso::compute::Backend* device = nullptr);

  // The block steps, in the order of one iteration.
  void pass(bool abundances, bool exponents);  ///< A, p, and the sums over pixels that E needs
  void update_endmembers();
  void reweigh();  ///< s and u from the sums
  void set_eta(double eta) { eta_ = eta; }
  [[nodiscard]] double objective() const;  ///< from the residual itself, in double

  /// One iteration: its number from 1, and F after it from the sums of the pass.
  void iterate();
  /// Iterations until the change of F stays below the tolerance five times or their number is up; `from`, `to`: the part of the
  /// progress bar. Keeps and resumes checkpoints. Throws cancelled, and invalid_result where F is not finite.
  void run(const Monitor& monitor, double from, double to);

  [[nodiscard]] const Matrix& endmembers() const { return e_; }
  [[nodiscard]] const std::vector<T>& abundances() const { return fetched().a; }  ///< row k: component k
  [[nodiscard]] const std::vector<T>& exponents() const { return fetched().p; }
  [[nodiscard]] std::vector<T> take_abundances() {
    (void)fetched();
    return std::move(pixels_.a);
  }
  [[nodiscard]] Vector band_weights() const;                       ///< u, normalised to median 1
  [[nodiscard]] const Vector& mean_squares() const { return s_; }  ///< of the residual of each band
  [[nodiscard]] const std::vector<double>& history() const { return history_; }
  [[nodiscard]] int iteration() const { return iteration_; }
  [[nodiscard]] double data_term() const;             ///< c N sum rho(s)
  [[nodiscard]] std::array<double, 4> terms() const;  ///< data, sum rule, sparsity, anchor
  [[nodiscard]] iso::Checkpoint state() const;
  void restore(const iso::Checkpoint& state);
  /// The objective rises: known for the Hoyer rule, rounding otherwise.
  [[nodiscard]] int rises() const { return rises_; }

 private:
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  [[nodiscard]] double rho(double s) const;
  [[nodiscard]] double weight(double s) const;  ///< 2 rho'
  /// What a pass on the host is given for every tile: u E, the curvature plus mu, and which of A and p it updates.
  struct HostPass {
    std::vector<T> ue, curvature;
    bool abundances, exponents;
  };
  void pass_on_host(bool abundances, bool exponents, const Matrix& curvature);
  /// Adds to `sums` L x K of Y A', K x K of A A' (lower half), and the three sums of the penalties.
  void pass_over(const typename Tiles<T>::Place& at, const HostPass& pass, double* sums);
  void pass_on_device(bool abundances, bool exponents, const Matrix& curvature);
  const PixelState<T>& fetched() const;  ///< from the device, where it is newer there
  PixelState<T>& changed();              ///< the same, to be changed here
  void exact_mean_squares();
  void hoyer();
  void note_objective();
  bool reseed(const Monitor& monitor);
  void reseed_column(std::int64_t column);

  PixelMatrix<T> data_;
  RobustOptions options_;
  std::int64_t l_, n_, k_;
  Matrix e_, e0_;
  mutable PixelState<T> pixels_;  ///< A and p
  std::unique_ptr<DevicePass<T>> device_;
  mutable bool newer_on_device_{false};
  bool newer_here_{true};
  Vector y2_, s_, u_;
  RowMajor yat_, aat_;
  double c_{1}, nu_{0}, eps_{0}, tau_{0}, eta_{1e-4}, scale_{1};
  double powers_{0}, exponent_sum_{0}, sum_defect_{0};
  std::vector<double> history_;
  int iteration_{0}, rises_{0}, reseeded_{0};
  double last_{0};
  bool fresh_objective_{true};
};

}  // namespace spectral_unmixing
