#pragma once

#include "options.h"

#include "iso/compute/backend.h"
#include "iso/data/dataset.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace iso::cli {

/// What `project` measures of k-space: a series, made or read, and the lines or spokes of it.
struct KSpaceSource {
  std::string mask;  ///< a kind, or a file; empty: no k-space is asked for
  std::string mask_axes, mask_dataset, truth, angle{"golden"};
  std::optional<double> acceleration, noise, phase, slice;
  std::vector<double> motion;  ///< degrees, mm
  int coils{1}, centre_lines{4}, size{128}, frames{24}, spokes{0};

  using ChooseBackend = std::function<const compute::Backend&(const compute::OperatorSpec&)>;

  void add_to(Options& options);
  [[nodiscard]] bool mask_is_file() const;
  void refuse_mixed(const std::string& object) const;  ///< throws usage for options that do not go together
  /// The phantom of a heart, a series from a file, or a slice of a volume that is made to move.
  [[nodiscard]] Volume series(const std::string& object, const std::function<DatasetPtr()>& read_object) const;
  [[nodiscard]] KSpace measure(const Volume& series, std::uint64_t seed, const ChooseBackend& choose,
                               const std::stop_token& stop) const;

 private:
  [[nodiscard]] KSpace measure_spokes(const Volume& series, std::uint64_t seed, const ChooseBackend& choose,
                                      const std::stop_token& stop) const;
};

}  // namespace iso::cli
