#include "iso/base/digest.h"

#include "iso/base/error.h"
#include "iso/data/dataset.h"

#include <algorithm>
#include <array>

namespace iso {
namespace {

template <class T>
void put_bytes(Sha256& hash, const T& value) {
  hash.update(std::as_bytes(std::span{&value, 1}));
}

void put_values(Sha256& hash, const Pixels& pixels) {
  hash.update(std::span{pixels.data(), pixels.empty() ? 0 : pixels.spec().bytes()});
}
void put(Sha256& hash, const Pixels& pixels) {
  hash.update(to_string(pixels.spec().type)).update(pixels.spec().shape.text());
  put_values(hash, pixels);
}

void put(Sha256& hash, const VoxelGrid& grid) {
  put_bytes(hash, grid.size);
  put_bytes(hash, grid.spacing_mm);
  put_bytes(hash, grid.origin_mm);
  put_bytes(hash, grid.direction);
}

void put(Sha256& hash, const ProjectionGeometry& geometry) {
  put_bytes(hash, geometry.beam());
  put_bytes(hash, geometry.detector_shape());
  put_bytes(hash, geometry.elements());
  for (const View& view : geometry.views()) {
    put_bytes(hash, view.source_mm);
    put_bytes(hash, view.detector_centre_mm);
    put_bytes(hash, view.u_step_mm);
    put_bytes(hash, view.v_step_mm);
  }
}

// Quantities were numbers once, and six they were.
void put(Sha256& hash, const Quantity& quantity) {
  const std::array numbered{Quantity::unknown, Quantity::attenuation_per_mm, Quantity::hounsfield,
                            Quantity::signal,  Quantity::probability,        Quantity::radius};
  const auto found = std::ranges::find(numbered, quantity);
  if (found != numbered.end())
    put_bytes(hash, static_cast<std::uint8_t>(found - numbered.begin()));
  else
    hash.update(quantity.name).update("\n").update(quantity.unit).update("\n");
}

// Bands were wavelengths in nm once, and only their values were taken.
void put(Sha256& hash, const Axis& axis) {
  hash.update(std::as_bytes(std::span{axis.values}));
  if (axis.empty() || (axis.step == 0 && axis.name == "wavelength" && axis.unit == "nm")) return;
  hash.update(axis.name).update("\n").update(axis.unit).update("\n");
  put_bytes(hash, axis.first);
  put_bytes(hash, axis.step);
}

void put(Sha256& hash, int number) { put_bytes(hash, number); }

void put(Sha256& hash, const std::vector<std::string>& texts) {
  for (const auto& text : texts) hash.update(text).update("\n");
}
void put(Sha256& hash, const std::vector<std::vector<double>>& rows) {
  for (const auto& row : rows) hash.update(std::as_bytes(std::span{row}));
}
void put(Sha256& hash, const std::vector<TextColumn>& columns) {
  for (const auto& column : columns) {
    hash.update(column.name).update("\n");
    put(hash, column.values);
  }
}

}  // namespace

std::string digest(const Dataset& data) {
  Sha256 hash;
  hash.update(to_string(to_kind(data)));
  visit_members_and_defaults(data, [&]<class T>(const Member& member, const T& value, const T& unset) {
    bool set = true;
    if constexpr (std::is_same_v<T, Pixels>) {
      if (value.is_outline()) throw Error{Errc::internal, "a description has no digest: its values are not here"};
      set = !value.empty();
    } else {
      set = !(value == unset);
    }
    switch (member.identity) {
      case Identity::always: return put(hash, value);
      case Identity::values:
        if constexpr (std::is_same_v<T, Pixels>)
          return put_values(hash, value);
        else
          return put(hash, value);
      case Identity::unnamed:
        if (set) put(hash, value);
        return;
      case Identity::when_set:
        if (!set) return;
        hash.update("\n").update(member.name).update("\n");
        return put(hash, value);
      case Identity::none: return;
    }
  });
  return hash.hex();
}

}  // namespace iso
