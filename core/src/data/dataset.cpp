#include "iso/data/dataset.h"

#include "iso/base/digest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

namespace iso {
namespace {

constexpr std::array<std::string_view, 6> quantities{"unknown", "attenuation_per_mm", "hounsfield",
                                                     "signal",  "probability",        "radius"};
constexpr std::array<std::string_view, 6> kinds{"volume", "label_map", "sinogram", "k_space", "spectral_cube", "table"};

template <class T>
void put(Sha256& hash, const T& value) {
  hash.update(std::as_bytes(std::span{&value, 1}));
}

void put(Sha256& hash, const PixelBlock& block) {
  hash.update(to_string(block.spec().type)).update(block.spec().shape.text());
  hash.update(std::span{block.data(), block.empty() ? 0 : block.spec().bytes()});
}

void put(Sha256& hash, const VoxelGrid& grid) {
  put(hash, grid.size);
  put(hash, grid.spacing_mm);
  put(hash, grid.origin_mm);
  put(hash, grid.direction);
}

void put(Sha256& hash, const ProjectionGeometry& geometry) {
  put(hash, geometry.beam());
  put(hash, geometry.detector_shape());
  put(hash, geometry.elements());
  for (const View& view : geometry.views()) {
    put(hash, view.source_mm);
    put(hash, view.detector_centre_mm);
    put(hash, view.u_step_mm);
    put(hash, view.v_step_mm);
  }
}

struct Digest {
  Sha256& hash;
  void operator()(const Volume& d) const {
    put(hash, d.pixels);
    put(hash, d.grid);
    put(hash, d.quantity);
  }
  void operator()(const LabelMap& d) const {
    put(hash, d.labels);
    put(hash, d.grid);
  }
  void operator()(const Sinogram& d) const {
    put(hash, d.readings);
    put(hash, d.geometry);
  }
  void operator()(const KSpace& d) const {
    put(hash, d.samples);
    put(hash, d.grid);
    hash.update(std::as_bytes(std::span{d.trajectory.cartesian_mask}));
    hash.update(std::as_bytes(std::span{d.trajectory.coordinates}));
    if (d.coil_sensitivities) put(hash, *d.coil_sensitivities);
  }
  void operator()(const SpectralCube& d) const {
    put(hash, d.pixels);
    hash.update(std::as_bytes(std::span{d.wavelengths_nm}));
  }
  void operator()(const Table& d) const {
    for (const auto& column : d.columns) hash.update(column).update("\n");
    for (const auto& row : d.values) hash.update(std::as_bytes(std::span{row}));
  }
};

template <class T>
bool all_finite(std::span<const T> values) {
  return std::ranges::all_of(values, [](T v) { return std::isfinite(v); });
}

bool all_finite(const PixelBlock& block) {
  switch (block.spec().type) {
    case ScalarType::f32: return all_finite(block.values<float>());
    case ScalarType::f64: return all_finite(block.values<double>());
    case ScalarType::c64: {
      const auto z = block.values<std::complex<float>>();
      return all_finite(std::span<const float>{reinterpret_cast<const float*>(z.data()), 2 * z.size()});
    }
    case ScalarType::c128: {
      const auto z = block.values<std::complex<double>>();
      return all_finite(std::span<const double>{reinterpret_cast<const double*>(z.data()), 2 * z.size()});
    }
    default: return true;
  }
}

}  // namespace

std::string_view to_string(Quantity quantity) noexcept { return quantities[static_cast<std::size_t>(quantity)]; }
Quantity quantity_from_string(std::string_view name) noexcept {
  const auto at = std::ranges::find(quantities, name);
  return at == quantities.end() ? Quantity::unknown : static_cast<Quantity>(at - quantities.begin());
}

std::string_view to_string(Kind kind) noexcept { return kinds[static_cast<std::size_t>(kind)]; }
Kind kind_of(const Dataset& data) noexcept { return static_cast<Kind>(data.index()); }
Kind kind_from_string(std::string_view name) {
  const auto at = std::ranges::find(kinds, name);
  if (at == kinds.end()) {
    throw Error{Errc::usage, "there is no kind of data '" + std::string{name} + "'",
                "use one of volume, label_map, sinogram, k_space, spectral_cube, table"};
  }
  return static_cast<Kind>(at - kinds.begin());
}

template <class T>
const T& get(const DatasetPtr& data) {
  if (data) {
    if (const auto* found = std::get_if<T>(data.get())) return *found;
  }
  const auto expected = kind_of(Dataset{T{}});
  throw Error{Errc::type_mismatch, "a " + std::string{to_string(expected)} + " is needed, " +
                                       (data ? "the data are a " + std::string{to_string(kind_of(*data))}
                                             : std::string{"no data were given"})};
}
template const Volume& get<Volume>(const DatasetPtr&);
template const LabelMap& get<LabelMap>(const DatasetPtr&);
template const Sinogram& get<Sinogram>(const DatasetPtr&);
template const KSpace& get<KSpace>(const DatasetPtr&);
template const SpectralCube& get<SpectralCube>(const DatasetPtr&);
template const Table& get<Table>(const DatasetPtr&);

std::string digest(const Dataset& data) {
  Sha256 hash;
  hash.update(to_string(kind_of(data)));
  std::visit(Digest{hash}, data);
  return hash.hex();
}

const PixelBlock* pixels_of(const Dataset& data) noexcept {
  switch (kind_of(data)) {
    case Kind::volume: return &std::get<Volume>(data).pixels;
    case Kind::label_map: return &std::get<LabelMap>(data).labels;
    case Kind::sinogram: return &std::get<Sinogram>(data).readings;
    case Kind::k_space: return &std::get<KSpace>(data).samples;
    case Kind::spectral_cube: return &std::get<SpectralCube>(data).pixels;
    case Kind::table: break;
  }
  return nullptr;
}

Metadata& metadata(Dataset& data) noexcept {
  return std::visit([](auto& d) -> Metadata& { return d.meta; }, data);
}
const Metadata& metadata(const Dataset& data) noexcept {
  return std::visit([](const auto& d) -> const Metadata& { return d.meta; }, data);
}

Soundness soundness(const Dataset& data) {
  if (const auto* table = std::get_if<Table>(&data)) {
    for (const auto& row : table->values) {
      if (!all_finite(std::span<const double>{row})) return Soundness::not_finite;
    }
    return table->columns.empty() ? Soundness::empty : Soundness::sound;
  }
  const PixelBlock& block = *pixels_of(data);
  if (block.empty() || block.spec().shape.count() == 0) return Soundness::empty;
  return all_finite(block) ? Soundness::sound : Soundness::not_finite;
}

}  // namespace iso
