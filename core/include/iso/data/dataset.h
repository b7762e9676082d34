#pragma once

#include "iso/data/pixel_block.h"
#include "iso/geometry/projection_geometry.h"
#include "iso/geometry/trajectory.h"
#include "iso/geometry/voxel_grid.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iso {

/// What the values of a volume are.
enum class Quantity : std::uint8_t { unknown, attenuation_per_mm, hounsfield, signal, probability, radius };
[[nodiscard]] std::string_view to_string(Quantity quantity) noexcept;
[[nodiscard]] Quantity quantity_from_string(std::string_view name) noexcept;  ///< unknown if it is no name of ours

/// Text about the data that travels with it: where it came from, what was assumed. No patient names.
using Metadata = std::map<std::string, std::string>;

struct Volume {  ///< x, y, z[, t]; values in the unit of the quantity
  PixelBlock pixels;
  VoxelGrid grid;
  Quantity quantity{Quantity::unknown};
  Metadata meta;
};
struct LabelMap {  ///< x, y, z; u8 or u16
  PixelBlock labels;
  VoxelGrid grid;
  std::vector<std::string> names;
  Metadata meta;
};
struct Sinogram {  ///< u, v, view; line integrals without unit
  PixelBlock readings;
  ProjectionGeometry geometry;
  Metadata meta;
};
struct KSpace {  ///< readout, phase, partition, coil, frame; c64
  PixelBlock samples;
  Trajectory trajectory;
  VoxelGrid grid;
  std::optional<PixelBlock> coil_sensitivities;  ///< x, y, z, coil; c64, without unit
  Metadata meta;
};
struct SpectralCube {  ///< x, y, band; values as the instrument has them
  PixelBlock pixels;
  std::vector<double> wavelengths_nm;
  Metadata meta;
};
struct Table {  ///< values[row][column]
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;
  Metadata meta;
};

/// Frozen once it enters the workspace: from then on it is shared as `DatasetPtr` between threads.
using Dataset = std::variant<Volume, LabelMap, Sinogram, KSpace, SpectralCube, Table>;
using DatasetPtr = std::shared_ptr<const Dataset>;

enum class Kind : std::uint8_t { volume, label_map, sinogram, k_space, spectral_cube, table };
[[nodiscard]] std::string_view to_string(Kind kind) noexcept;
[[nodiscard]] Kind kind_from_string(std::string_view name);  ///< throws usage
[[nodiscard]] Kind kind_of(const Dataset& data) noexcept;

template <class T>
[[nodiscard]] DatasetPtr freeze(T data) {
  return std::make_shared<const Dataset>(std::move(data));
}

/// The data of the kind that is expected. Throws type_mismatch, naming both kinds.
template <class T>
[[nodiscard]] const T& get(const DatasetPtr& data);
extern template const Volume& get<Volume>(const DatasetPtr&);
extern template const LabelMap& get<LabelMap>(const DatasetPtr&);
extern template const Sinogram& get<Sinogram>(const DatasetPtr&);
extern template const KSpace& get<KSpace>(const DatasetPtr&);
extern template const SpectralCube& get<SpectralCube>(const DatasetPtr&);
extern template const Table& get<Table>(const DatasetPtr&);

/// SHA-256 over the pixels and everything that gives them meaning (shape, type, grid, geometry, quantity); not over `meta`.
[[nodiscard]] std::string digest(const Dataset& data);

/// The array of pixels, or null for a table.
[[nodiscard]] const PixelBlock* pixels_of(const Dataset& data) noexcept;
[[nodiscard]] Metadata& metadata(Dataset& data) noexcept;
[[nodiscard]] const Metadata& metadata(const Dataset& data) noexcept;

enum class Soundness : std::uint8_t { sound, empty, not_finite };
/// Whether a result may pass for one: neither without elements nor with NaN or infinity.
[[nodiscard]] Soundness soundness(const Dataset& data);

}  // namespace iso
