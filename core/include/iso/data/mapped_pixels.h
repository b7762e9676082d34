#pragma once

#include "iso/data/pixels.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace iso {

/// Pixels that are larger than memory: a file without a name in a temporary folder, written once, then mapped. The system keeps
/// of it what memory there is. It is a copy, so that nobody who changes or cuts the file that was read changes or ends this
/// program (decision 0028).
///
///     MappedPixels mapped{{shape, ScalarType::f32}};
///     mapped.write(0, bytes);
///     cube.pixels = std::move(mapped).pixels();
class MappedPixels {
 public:
  /// An empty folder means TMPDIR, else /var/tmp, which is on a disk. Throws cannot_write if the disk has no room for it.
  explicit MappedPixels(const ArraySpec& spec, const std::filesystem::path& folder = {});
  /// From byte `first` of the array on. Throws cannot_write.
  void write(std::size_t first, std::span<const std::byte> bytes);
  [[nodiscard]] Pixels pixels() &&;  ///< constant from here on

  /// Whether the values come from such a file.
  [[nodiscard]] static bool is_mapped(const Pixels& pixels) noexcept;
  /// The memory of these bytes of such pixels goes back to the system, which reads them again when they are needed. Nothing happens
  /// to other pixels.
  static void release(const Pixels& pixels, std::size_t first, std::size_t bytes) noexcept;

 private:
  struct File;
  ArraySpec spec_;
  std::shared_ptr<File> file_;
};

}  // namespace iso
