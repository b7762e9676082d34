#include "iso/data/pixel_block.h"

#include <cstdlib>
#include <cstring>

namespace iso {
namespace {

template <class Visitor>
void with_real_type(ScalarType type, Visitor&& visit) {
  switch (type) {
    case ScalarType::u8: return visit(std::uint8_t{});
    case ScalarType::u16: return visit(std::uint16_t{});
    case ScalarType::i16: return visit(std::int16_t{});
    case ScalarType::i32: return visit(std::int32_t{});
    case ScalarType::f32: return visit(float{});
    case ScalarType::f64: return visit(double{});
    case ScalarType::c64:
    case ScalarType::c128: break;
  }
  throw Error{Errc::type_mismatch,
              "complex pixels (" + std::string{to_string(type)} + ") were given where real ones are needed",
              "take the magnitude first"};
}

}  // namespace

PixelBlock PixelBlock::allocate(const ArraySpec& spec) {
  constexpr std::size_t alignment = 64;
  const std::size_t bytes = (spec.bytes() + alignment) / alignment * alignment;
  // calloc hands out untouched zero pages; the alignment is made by hand.
  auto* raw = static_cast<std::byte*>(std::calloc(bytes + alignment, 1));
  if (!raw) {
    throw Error{Errc::out_of_memory,
                "cannot get " + std::to_string(spec.bytes() >> 20) + " MiB for an array of " + spec.shape.text(),
                "use a smaller grid, fewer views, or close other programs"};
  }
  auto* aligned = raw + (alignment - reinterpret_cast<std::uintptr_t>(raw) % alignment) % alignment;
  return adopt(spec, std::shared_ptr<void>(raw, &std::free), aligned);
}

PixelBlock PixelBlock::adopt(const ArraySpec& spec, std::shared_ptr<void> owner, void* data) {
  PixelBlock block;
  block.spec_ = spec;
  block.owner_ = std::move(owner);
  block.data_ = static_cast<std::byte*>(data);
  return block;
}

PixelBlock PixelBlock::reshaped(const Shape& shape) const {
  if (shape.count() != spec_.shape.count()) {
    throw Error{Errc::shape_mismatch, "an array of " + spec_.shape.text() + " cannot be read as " + shape.text()};
  }
  return adopt({shape, spec_.type}, owner_, data_);
}

PixelBlock PixelBlock::converted(ScalarType type) const {
  if (type == spec_.type) return *this;
  if (type != ScalarType::f32 && type != ScalarType::f64) {
    throw Error{Errc::type_mismatch, "pixels are converted to f32 or f64 only, not to " + std::string{to_string(type)}};
  }
  PixelBlock out = allocate({spec_.shape, type});
  with_real_type(spec_.type, [&](auto from) {
    const auto source = values<decltype(from)>();
    with_real_type(type, [&](auto to) {
      const auto target = out.mutable_values<decltype(to)>();
      for (std::size_t i = 0; i < source.size(); ++i) target[i] = static_cast<decltype(to)>(source[i]);
    });
  });
  return out;
}

void PixelBlock::expect(ScalarType type) const {
  if (type == spec_.type) return;
  throw Error{Errc::type_mismatch, "pixels of type " + std::string{to_string(type)} + " were asked for, stored are " +
                                       std::string{to_string(spec_.type)}};
}

}  // namespace iso
