#pragma once

#include "iso/data/k_space.h"
#include "iso/data/label_map.h"
#include "iso/data/sinogram.h"
#include "iso/data/spectral_cube.h"
#include "iso/data/table.h"
#include "iso/data/volume.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The data that methods take and give. A kind of data is one header beside this one (volume.h, sinogram.h, ...): a plain
/// struct, its name, and the list of its members, from which everything else follows (iso/data/member.h). A new kind is
/// such a header, a word in `Dataset` and a word in `Kind`.
///
///     Volume volume;
///     volume.grid = VoxelGrid::centred({4, 3, 2}, {1, 1, 1});
///     PixelBuffer buffer = PixelBuffer::allocate({volume.grid.shape(), ScalarType::f32});
///     for (float& value : buffer.values<float>()) value = 1;
///     volume.pixels = std::move(buffer);  // constant from here on
///     volume.quantity = Quantity::attenuation_per_mm;
///     const DatasetPtr data = freeze(std::move(volume));
///     const Volume& again = get<Volume>(data);  // throws type_mismatch for another kind
///     const std::string identity = digest(*data);
namespace iso {

/// Frozen once it enters the workspace: from then on it is shared as `DatasetPtr` between threads.
using Dataset = std::variant<Volume, LabelMap, Sinogram, KSpace, SpectralCube, Table>;
using DatasetPtr = std::shared_ptr<const Dataset>;

enum class Kind : std::uint8_t { volume, label_map, sinogram, k_space, spectral_cube, table };  ///< in the same order
[[nodiscard]] std::string_view to_string(Kind kind) noexcept;
[[nodiscard]] Kind kind_from_string(std::string_view name);  ///< throws usage
[[nodiscard]] Kind to_kind(const Dataset& data) noexcept;
[[nodiscard]] std::span<const Kind> all_kinds() noexcept;
/// An empty data set of a kind.
[[nodiscard]] Dataset make_dataset(Kind kind);

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

/// Calls `visit(member, value)` for each member of the data, metadata excepted, in the order of the list of its kind.
template <class Data, class Visit>
void visit_members(Data& data, Visit&& visit) {
  std::visit([&](auto& kind) { std::remove_cvref_t<decltype(kind)>::members(kind, visit); }, data);
}

/// Likewise with the value that the member has where nobody set it: `visit(member, value, default_value)`.
template <class Visit>
void visit_members_and_defaults(const Dataset& data, Visit&& visit) {
  std::visit(
      [&]<class T>(const T& kind) {
        const T unset{};
        std::vector<const void*> defaults;
        T::members(unset, [&](const Member&, const auto& value) { defaults.push_back(&value); });
        auto next = defaults.begin();
        T::members(kind, [&]<class V>(const Member& member, const V& value) {
          visit(member, value, *static_cast<const V*>(*next++));
        });
      },
      data);
}

/// SHA-256 over the pixels and everything that gives them meaning (shape, type, grid, geometry, quantity); not over `meta`.
/// Throws internal for a description.
[[nodiscard]] std::string digest(const Dataset& data);

/// The first array: the values. Null for a table.
[[nodiscard]] const Pixels* to_pixels(const Dataset& data) noexcept;
/// Names of the axes of the first array, fastest first.
[[nodiscard]] const std::vector<std::string>& axis_names(Kind kind);
[[nodiscard]] Metadata& metadata(Dataset& data) noexcept;
[[nodiscard]] const Metadata& metadata(const Dataset& data) noexcept;

/// Throws invalid_input, naming the member, where members contradict each other or say nothing: a grid of another size than the
/// pixels or none at all (check_grid), a mask of another shape, too many axes, labels not u8 or u16, positions not finite.
void check_members(const Dataset& data);

enum class Soundness : std::uint8_t { sound, empty, not_finite };
/// Whether a result may pass for one: neither without elements nor with NaN or infinity where its masks say that there is
/// a value.
[[nodiscard]] Soundness soundness(const Dataset& data);

}  // namespace iso
