#pragma once

#include "iso/base/error.h"
#include "iso/base/shape.h"

#include <cstddef>
#include <memory>
#include <span>

namespace iso {

/// A dense array of pixels whose element type and rank are known at run time, fastest axis first. Copying the
/// handle shares the memory; whoever made the memory (an itk::Image, a mapping, `allocate`) is kept alive by it.
/// `iso/data/itk_bridge.h` turns it into an itk::Image and back without a copy.
class PixelBlock {
 public:
  PixelBlock() = default;
  /// Zeroed memory of our own, aligned to 64 bytes. Throws out_of_memory, naming the size.
  [[nodiscard]] static PixelBlock allocate(const ArraySpec& spec);
  /// Memory of somebody else, kept alive by `owner`.
  [[nodiscard]] static PixelBlock adopt(const ArraySpec& spec, std::shared_ptr<void> owner, void* data);

  [[nodiscard]] bool empty() const noexcept { return data_ == nullptr; }
  [[nodiscard]] const ArraySpec& spec() const noexcept { return spec_; }
  [[nodiscard]] const std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::byte* mutable_data() noexcept { return data_; }  ///< only before it enters a frozen Dataset

  /// Throws type_mismatch if T is not what is stored.
  template <class T>
  [[nodiscard]] std::span<const T> values() const {
    expect(scalar_type_of<T>);
    return {reinterpret_cast<const T*>(data_), static_cast<std::size_t>(data_ ? spec_.shape.count() : 0)};
  }
  template <class T>
  [[nodiscard]] std::span<T> mutable_values() {
    expect(scalar_type_of<T>);
    return {reinterpret_cast<T*>(data_), static_cast<std::size_t>(data_ ? spec_.shape.count() : 0)};
  }

  /// The same memory under another shape of as many elements. Throws shape_mismatch.
  [[nodiscard]] PixelBlock reshaped(const Shape& shape) const;
  /// Another real element type (f32 or f64 from any real type) in new memory; shares when it already is that type.
  [[nodiscard]] PixelBlock converted(ScalarType type) const;

 private:
  void expect(ScalarType type) const;
  ArraySpec spec_;
  std::shared_ptr<void> owner_;
  std::byte* data_{nullptr};
};

}  // namespace iso
