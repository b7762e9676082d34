#include "iso/data/pixels.h"

#include "iso/data/shared_pixels.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <utility>

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

void expect_type(ScalarType asked, ScalarType stored) {
  if (asked == stored) return;
  throw Error{Errc::type_mismatch, "pixels of type " + std::string{to_string(asked)} + " were asked for, stored are " +
                                       std::string{to_string(stored)}};
}

void refuse_outline(const ArraySpec& spec) {
  throw Error{
      Errc::internal,
      "the values of an array of " + spec.shape.text() + " were asked for, and only its description is known here",
      "report it: a plan may look at shapes and geometry alone"};
}

}  // namespace

PixelBuffer::PixelBuffer(PixelBuffer&& other) noexcept
    : spec_{std::exchange(other.spec_, {})},
      owner_{std::move(other.owner_)},
      data_{std::exchange(other.data_, nullptr)} {}

PixelBuffer& PixelBuffer::operator=(PixelBuffer&& other) noexcept {
  spec_ = std::exchange(other.spec_, {});
  owner_ = std::move(other.owner_);
  data_ = std::exchange(other.data_, nullptr);
  return *this;
}

namespace {

/// Asks for large pages in memory that nobody has touched: filling 256 MiB then takes 128 faults and not 65536.
void use_large_pages(std::byte* memory, std::size_t bytes) noexcept {
  constexpr std::size_t large = std::size_t{1} << 21;
  if (bytes < 8 * large) return;
  const std::size_t skip = (large - reinterpret_cast<std::uintptr_t>(memory) % large) % large;
  (void)::madvise(memory + skip, (bytes - skip) / large * large, MADV_HUGEPAGE);  // advice: nothing fails without it
}

}  // namespace

PixelBuffer PixelBuffer::allocate(const ArraySpec& spec) {
  constexpr std::size_t alignment = 64, least_shared = std::size_t{1} << 20;
  if (allocates_shared() && spec.bytes() >= least_shared) {
    const auto shared = std::make_shared<SharedPixels>(SharedPixels::create(spec));
    PixelBuffer buffer;
    buffer.spec_ = spec;
    buffer.data_ = shared->bytes().data();
    buffer.owner_ = std::shared_ptr<void>(shared, buffer.data_);
    return buffer;
  }
  const std::size_t bytes = (spec.bytes() + alignment) / alignment * alignment;
  // calloc hands out untouched zero pages; the alignment is made by hand.
  auto* raw = static_cast<std::byte*>(std::calloc(bytes + alignment, 1));
  if (!raw) {
    throw Error{Errc::out_of_memory,
                "cannot get " + std::to_string(spec.bytes() >> 20) + " MiB for an array of " + spec.shape.text(),
                "use a smaller grid, fewer views, or close other programs"};
  }
  PixelBuffer buffer;
  buffer.spec_ = spec;
  buffer.owner_ = std::shared_ptr<void>(raw, &std::free);
  use_large_pages(raw, bytes + alignment);
  buffer.data_ = raw + (alignment - reinterpret_cast<std::uintptr_t>(raw) % alignment) % alignment;
  return buffer;
}

PixelBuffer PixelBuffer::make_copy(const Pixels& pixels) {
  if (pixels.is_outline()) refuse_outline(pixels.spec());
  if (pixels.empty()) return {};
  PixelBuffer copy = allocate(pixels.spec());
  if (pixels.spec().bytes() > 0) std::memcpy(copy.data_, pixels.data(), pixels.spec().bytes());
  return copy;
}

PixelBuffer PixelBuffer::make_copy(const Pixels& pixels, ScalarType type) {
  if (type == pixels.spec().type) return make_copy(pixels);
  if (type != ScalarType::f32 && type != ScalarType::f64) {
    throw Error{Errc::type_mismatch, "pixels are converted to f32 or f64 only, not to " + std::string{to_string(type)}};
  }
  PixelBuffer out = allocate({pixels.spec().shape, type});
  with_real_type(pixels.spec().type, [&](auto from) {
    const auto source = pixels.values<decltype(from)>();
    with_real_type(type, [&](auto to) {
      const auto target = out.values<decltype(to)>();
      for (std::size_t i = 0; i < source.size(); ++i) target[i] = static_cast<decltype(to)>(source[i]);
    });
  });
  return out;
}

void PixelBuffer::expect(ScalarType type) const { expect_type(type, spec_.type); }

Pixels::Pixels(PixelBuffer&& buffer) noexcept
    : spec_{std::exchange(buffer.spec_, {})},
      owner_{std::move(buffer.owner_)},
      data_{std::exchange(buffer.data_, nullptr)} {}

Pixels Pixels::adopt(const ArraySpec& spec, std::shared_ptr<const void> owner, const void* data) {
  Pixels pixels;
  pixels.spec_ = spec;
  pixels.owner_ = std::move(owner);
  pixels.data_ = static_cast<const std::byte*>(data);
  return pixels;
}

Pixels Pixels::outline(const ArraySpec& spec) {
  Pixels pixels;
  pixels.spec_ = spec;
  pixels.outline_ = true;
  return pixels;
}

Pixels Pixels::reshaped(const Shape& shape) const {
  if (shape.count() != spec_.shape.count()) {
    throw Error{Errc::shape_mismatch, "an array of " + spec_.shape.text() + " cannot be read as " + shape.text()};
  }
  Pixels pixels = *this;
  pixels.spec_.shape = shape;
  return pixels;
}

Pixels Pixels::converted(ScalarType type) const {
  if (type == spec_.type) return *this;
  if (outline_) return outline({spec_.shape, type});
  return PixelBuffer::make_copy(*this, type);
}

void Pixels::expect(ScalarType type) const {
  if (outline_) refuse_outline(spec_);
  expect_type(type, spec_.type);
}

}  // namespace iso
