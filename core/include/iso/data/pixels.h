#pragma once

#include "iso/base/error.h"
#include "iso/base/shape.h"

#include <cstddef>
#include <memory>
#include <span>

namespace iso {

class Pixels;

/// A dense array in memory of our own that one owner may write. It is moved, never shared; moved into `Pixels` it
/// becomes constant, without a copy:
///
///     PixelBuffer buffer = PixelBuffer::allocate({Shape{4, 3}, ScalarType::f32});
///     for (float& value : buffer.values<float>()) value = 1;
///     volume.pixels = std::move(buffer);
class PixelBuffer {
 public:
  PixelBuffer() = default;
  PixelBuffer(PixelBuffer&& other) noexcept;
  PixelBuffer& operator=(PixelBuffer&& other) noexcept;
  PixelBuffer(const PixelBuffer&) = delete;
  PixelBuffer& operator=(const PixelBuffer&) = delete;
  ~PixelBuffer() = default;
  /// Zeroed memory, aligned to 64 bytes. Throws out_of_memory, naming the size.
  [[nodiscard]] static PixelBuffer allocate(const ArraySpec& spec);
  /// The same values in new memory. Throws internal for an outline.
  [[nodiscard]] static PixelBuffer make_copy(const Pixels& pixels);
  /// The same values as f32 or f64, in new memory even where the type is the same. Throws type_mismatch.
  [[nodiscard]] static PixelBuffer make_copy(const Pixels& pixels, ScalarType type);

  [[nodiscard]] bool empty() const noexcept { return data_ == nullptr; }
  [[nodiscard]] const ArraySpec& spec() const noexcept { return spec_; }
  [[nodiscard]] std::byte* data() noexcept { return data_; }
  [[nodiscard]] const std::byte* data() const noexcept { return data_; }
  /// Throws type_mismatch if T is not what is stored.
  template <class T>
  [[nodiscard]] std::span<T> values() {
    expect(scalar_type_of<T>);
    return {reinterpret_cast<T*>(data_), count()};
  }
  template <class T>
  [[nodiscard]] std::span<const T> values() const {
    expect(scalar_type_of<T>);
    return {reinterpret_cast<const T*>(data_), count()};
  }

 private:
  friend class Pixels;
  void expect(ScalarType type) const;
  [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>(data_ ? spec_.shape.count() : 0); }
  ArraySpec spec_;
  std::shared_ptr<void> owner_;
  std::byte* data_{nullptr};
};

/// A dense, constant array whose element type and rank are known at run time, fastest axis first. Copying the handle
/// shares the memory; whoever made the memory (a PixelBuffer, an itk::Image, a mapping) is kept alive by it. Nothing
/// leads from it to writable memory: who wants other values copies them (`PixelBuffer::make_copy`).
/// `iso/data/itk_bridge.h` shows it as an itk::Image and takes one in, without a copy.
class Pixels {
 public:
  Pixels() = default;
  Pixels(PixelBuffer&& buffer) noexcept;  ///< no copy; the buffer is empty afterwards
  /// Memory of somebody else, kept alive by `owner`, that nobody writes any more.
  [[nodiscard]] static Pixels adopt(const ArraySpec& spec, std::shared_ptr<const void> owner, const void* data);
  /// A spec without memory: what a `Description` holds (iso/data/description.h). Its values cannot be read.
  [[nodiscard]] static Pixels outline(const ArraySpec& spec);

  [[nodiscard]] bool empty() const noexcept { return data_ == nullptr && !outline_; }  ///< nothing, not even a spec
  [[nodiscard]] bool is_outline() const noexcept { return outline_; }
  [[nodiscard]] const ArraySpec& spec() const noexcept { return spec_; }
  [[nodiscard]] const std::byte* data() const noexcept { return data_; }  ///< null for an outline

  /// Throws type_mismatch if T is not what is stored, internal for an outline.
  template <class T>
  [[nodiscard]] std::span<const T> values() const {
    expect(scalar_type_of<T>);
    return {reinterpret_cast<const T*>(data_), static_cast<std::size_t>(data_ ? spec_.shape.count() : 0)};
  }

  /// The same memory under another shape of as many elements. Throws shape_mismatch.
  [[nodiscard]] Pixels reshaped(const Shape& shape) const;
  /// Another real element type (f32 or f64 from any real type) in new memory; shares when it already is that type.
  [[nodiscard]] Pixels converted(ScalarType type) const;

 private:
  void expect(ScalarType type) const;
  ArraySpec spec_;
  std::shared_ptr<const void> owner_;
  const std::byte* data_{nullptr};
  bool outline_{false};
};

}  // namespace iso
