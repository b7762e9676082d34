#pragma once

#include "method/abundances.h"
#include "method/extraction.h"
#include "method/robust_model.h"

#include <cstdint>
#include <string>
#include <vector>

namespace spectral_unmixing {

/// Spectra that are known before: the first columns of E.
struct KnownSpectra {
  Matrix spectra;     ///< L x M; none: no columns
  bool frozen{true};  ///< they stay as they are; otherwise they are where the fit starts
  std::vector<std::string> names{};
};

struct UnmixOptions {
  std::int64_t components{3};  ///< known ones included
  Extraction start{Extraction::archetypal};
  int restarts{5};  ///< of the starts that need a seed (vca, ppi)
  std::uint64_t seed{0};
  double screening{5};                  ///< factor over the median; 0: every band counts
  std::int64_t preview_pixels{20'000};  ///< at most as many are looked at for the start
  bool usual_brightness{true};          ///< of the start, before a fit under the sum rule (method/brightness.h)
  bool fit{true};                       ///< false: endmembers and abundances of the start
  bool final_inversion{
      false};  ///< abundances from an exact inversion with the endmembers found, sum exactly 1 where it is ruled
  RobustOptions robust{};
  const iso::compute::Backend* device{nullptr};  ///< what the fit runs on; none: the threads of this machine
};

/// What unmixing found. Arrays over bands have all L bands of the data, arrays over pixels all N; endmembers are in the order of
/// `canonical_order`, known ones before them in their own.
struct Unmixing {
  Matrix endmembers;               ///< L x K
  std::vector<float> abundances;   ///< K rows of N
  std::vector<float> residual;     ///< rms over the bands that were fitted
  std::vector<float> guidance;     ///< 1 - p; empty where nothing was learned
  std::vector<float> sum_defect;   ///< sum over k before it was made 1, minus 1; empty without the sum rule
  Vector band_weights;             ///< u, median 1; 0 where the band was screened out
  Vector band_rms;                 ///< of the residual
  std::vector<BandFault> faults;   ///< of every band
  std::vector<double> moved;       ///< spectral angle between each endmember and its start
  std::vector<double> history;     ///< F
  std::array<double, 4> terms{};   ///< of F at the end
  std::vector<std::string> names;  ///< of the endmembers
  double residual_rms{0}, sum_defect_rms{0};
  int iterations{0}, rises{0};
};

/// Screens bands, looks for a start, fits the model, finishes. The steps of section 5 to 7 of the method in one.
/// Errors   invalid_input: too few pixels or bands, spectra of another number of bands; cancelled; invalid_result.
[[nodiscard]] Unmixing unmix(const PixelMatrix<float>& data, const KnownSpectra& known, const UnmixOptions& options,
                             const Monitor& monitor);

/// Endmembers alone, of some pixels of the data.
[[nodiscard]] Matrix extract_endmembers(const PixelMatrix<float>& data, const UnmixOptions& options,
                                        const Monitor& monitor);

/// Rows of E for bands that the fit did not see: non-negative least squares on the abundances.
void fill_bands(const PixelMatrix<float>& data, const std::vector<float>& abundances,
                const std::vector<std::int64_t>& bands, Matrix& endmembers);

[[nodiscard]] std::string to_text(BandFault fault);

}  // namespace spectral_unmixing
