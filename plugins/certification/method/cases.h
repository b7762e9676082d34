#pragma once

#include "method/certificate.h"

#include <iso/data/table.h>
#include <iso/solvers/progress.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace certification {

/// Images (W, H, C), f32, in [0, 1]; made when they are asked for.
struct Cases {
  std::vector<std::string> names;
  std::vector<std::int64_t> labels;  ///< -1: not known
  std::function<iso::Pixels(std::size_t)> image;
  [[nodiscard]] std::size_t size() const noexcept { return names.size(); }
};

/// What is drawn for each case.
struct Draws {
  std::int64_t n0{100}, n{10000};  ///< stage 1 and 2, each side
  std::uint64_t seed{0};
  double target{0};           ///< with a bound for any time: end once this radius is certain or out of reach; 0: never
  std::vector<double> radii;  ///< that the live curves show
};

struct CaseResult {
  std::string name;
  std::uint64_t seed{0};
  std::int64_t label{-1}, plain{0};
  Votes select, estimate;
  Certificate certificate;
  [[nodiscard]] bool right() const noexcept { return !certificate.abstains && certificate.answer == label; }
};

/// Key of the noise of an image: the first 64 bits of SHA-256 over the seed and the image on the lattice of 2^-16, so that a
/// certificate does not depend on the company that an image is in.
[[nodiscard]] std::uint64_t noise_key(std::uint64_t seed, const iso::Pixels& image);

/// Certifies all cases. Votes of an earlier run (`before`, by key and network) are gone on with instead of drawn again. Checkpoints hold votes and
/// the draws that are done, so that a run that was killed goes on with the next draw, with the same result.
/// Errors  cancelled; those of the classifiers; invalid_result if a network never gives finite scores.
[[nodiscard]] std::vector<CaseResult> certify_cases(const Smoothed& smoothed, const Cases& cases, const Rule& rule,
                                                    const Draws& draws, const std::vector<CaseResult>& before,
                                                    iso::solvers::Progress& progress, const std::stop_token& stop);

/// What a table of certificates says of its making.
struct Making {
  std::string mode, network;  ///< "drs" or "rs"; name and digest of the card
  std::int64_t values{0};     ///< of an image
  std::vector<std::string> classes;
  std::optional<std::uint64_t> seed{};  ///< of the run; older tables do not say it
  double low{NAN}, high{NAN};           ///< values of the images that became 0 and 1; likewise
};
/// All counts, so that radii can be computed again without a network; and the way back. Throws invalid_input naming the column that is missing or wrong.
[[nodiscard]] iso::Table to_table(const std::vector<CaseResult>& results, const Rule& rule, const Making& making);
struct FromTable {
  std::vector<CaseResult> results;
  std::vector<Rule> rules;  ///< of each
  Making making;
};
[[nodiscard]] FromTable from_table(const iso::Table& table);

}  // namespace certification
