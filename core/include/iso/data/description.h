#pragma once

#include "iso/data/dataset.h"

#include <cstddef>

namespace iso {

/// A data set without its pixels: the same typed struct with shapes, grid, geometry and metadata, kilobytes whatever the
/// size of the data. Plans are made on it. Its arrays are outlines (`Pixels::outline`): they have a spec, and
/// reading a value throws internal.
///
///     const Description scan = describe(*data);
///     const ArraySpec readings = get<Sinogram>(scan).readings.spec();
class Description {
 public:
  Description() = default;  ///< of nothing: `get` throws, `bytes` is 0
  [[nodiscard]] bool empty() const noexcept { return !outline_; }
  [[nodiscard]] Kind kind() const;                                     ///< throws internal if empty
  [[nodiscard]] const Dataset& outline() const;                        ///< likewise
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }  ///< of all arrays of the data set described

 private:
  friend Description describe(const Dataset& data);
  DatasetPtr outline_;
  std::size_t bytes_{0};
};

/// Takes data with pixels, or with outlines made by hand (the results that a plan promises). A table is described by
/// its columns; its rows are left out.
[[nodiscard]] Description describe(const Dataset& data);

/// The description of the kind that is expected. Throws type_mismatch, naming both kinds.
template <class T>
[[nodiscard]] const T& get(const Description& description);
extern template const Volume& get<Volume>(const Description&);
extern template const LabelMap& get<LabelMap>(const Description&);
extern template const Sinogram& get<Sinogram>(const Description&);
extern template const KSpace& get<KSpace>(const Description&);
extern template const SpectralCube& get<SpectralCube>(const Description&);
extern template const Table& get<Table>(const Description&);

}  // namespace iso
