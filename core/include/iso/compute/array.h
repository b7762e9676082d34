#pragma once

#include "iso/base/error.h"
#include "iso/base/shape.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace iso::compute {

class Backend;

/// An ordered queue of work on one device. On the host backends work is done at once.
class Stream {
 public:
  explicit Stream(std::stop_token stop = {}) : stop_{std::move(stop)} {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream();
  virtual void synchronize() = 0;                                  ///< also where device errors surface
  [[nodiscard]] virtual void* native_handle() const noexcept = 0;  ///< cudaStream_t or null
  [[nodiscard]] const std::stop_token& stop() const noexcept { return stop_; }
  /// Throws cancelled once a stop was requested. Long operators ask between blocks of at most 200 ms.
  void check_stop() const;

 private:
  std::stop_token stop_;
};

/// The memory behind one or more arrays. It may be shared with pixels, which never change: pixels that were uploaded
/// without a copy, or that were downloaded without one. Such memory is read in place; the first write moves the arrays to
/// a copy. Thread safety: reading is safe from several threads, and so is writing to parts that do not overlap.
class Memory {
 public:
  enum class Sharing : std::uint8_t {
    none,         ///< only arrays use the memory
    with_pixels,  ///< pixels read it as long as they hold `owner`
    of_pixels     ///< it belongs to pixels
  };
  Memory(std::byte* data, std::size_t bytes, std::shared_ptr<void> owner, Sharing sharing = Sharing::none) noexcept
      : data_{data}, bytes_{bytes}, owner_{std::move(owner)}, sharing_{sharing} {}
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() = default;

  [[nodiscard]] const std::byte* data() const noexcept { return data_.load(std::memory_order_acquire); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Of memory that pixels may still read: a copy, made now. Throws out_of_memory.
  [[nodiscard]] std::byte* writable() {
    if (sharing_.load(std::memory_order_acquire) != Sharing::none) unshare();
    return data_.load(std::memory_order_acquire);
  }
  /// What pixels must hold to read the memory in place.
  [[nodiscard]] std::shared_ptr<void> share();

 private:
  void unshare();
  std::atomic<std::byte*> data_;
  std::size_t bytes_;
  std::shared_ptr<void> owner_;
  std::atomic<Sharing> sharing_;
  std::mutex mutex_;  // guards owner_ and the change of data_ and sharing_
};

/// A dense array in the memory of one backend, freed in stream order. Copying the handle shares the memory, as does a part
/// or a reshaped array; a const handle gives no writable memory.
class Array {
 public:
  Array() = default;
  /// Memory that only arrays use.
  Array(const ArraySpec& spec, const Backend& backend, const std::shared_ptr<std::byte>& memory)
      : Array{spec, backend, std::make_shared<Memory>(memory.get(), spec.bytes(), memory)} {}
  Array(const ArraySpec& spec, const Backend& backend, std::shared_ptr<Memory> memory, std::size_t first_byte = 0)
      : spec_{spec}, backend_{&backend}, memory_{std::move(memory)}, first_byte_{first_byte} {}
  [[nodiscard]] const ArraySpec& spec() const noexcept { return spec_; }
  [[nodiscard]] const Backend& backend() const noexcept { return *backend_; }
  [[nodiscard]] explicit operator bool() const noexcept { return memory_ != nullptr; }

  /// Not a host address on a device. Memory that pixels share is copied before it is handed out for writing.
  [[nodiscard]] const std::byte* address() const noexcept { return memory_ ? memory_->data() + first_byte_ : nullptr; }
  [[nodiscard]] std::byte* address() { return memory_ ? memory_->writable() + first_byte_ : nullptr; }
  /// Whether both handles begin at the same element of the same memory.
  [[nodiscard]] bool same_place(const Array& other) const noexcept {
    return memory_ == other.memory_ && first_byte_ == other.first_byte_;
  }

  /// The elements, for host backends only. Throws type_mismatch if T is not what is stored.
  template <class T>
  [[nodiscard]] std::span<const T> host() const {
    expect_type(scalar_type_of<std::remove_const_t<T>>);
    return {reinterpret_cast<const T*>(address()), static_cast<std::size_t>(spec_.shape.count())};
  }
  template <class T>
  [[nodiscard]] std::span<T> host() {
    if constexpr (std::is_const_v<T>) {
      return std::as_const(*this).host<std::remove_const_t<T>>();
    } else {
      expect_type(scalar_type_of<T>);
      return {reinterpret_cast<T*>(address()), static_cast<std::size_t>(spec_.shape.count())};
    }
  }

  /// Indices [first, first + count) of the last axis, in the same memory: frames of a series, views of a sinogram, slices of
  /// a volume. Throws invalid_input where the axis is shorter or there is none.
  // NOLINTBEGIN(readability-const-return-type): a const handle stays one
  [[nodiscard]] Array part(std::int64_t first, std::int64_t count);
  [[nodiscard]] const Array part(std::int64_t first, std::int64_t count) const;
  /// The same elements under another shape of as many. Throws shape_mismatch.
  [[nodiscard]] Array reshaped(const Shape& shape);
  [[nodiscard]] const Array reshaped(const Shape& shape) const;
  // NOLINTEND(readability-const-return-type)

  /// For back ends: what the array lies in.
  [[nodiscard]] const std::shared_ptr<Memory>& memory() const noexcept { return memory_; }

 private:
  void expect_type(ScalarType type) const {
    if (type != spec_.type) throw_type_mismatch();
  }
  [[noreturn]] void throw_type_mismatch() const;
  [[nodiscard]] Array unchecked_part(std::int64_t first, std::int64_t count) const;
  ArraySpec spec_;
  const Backend* backend_{nullptr};
  std::shared_ptr<Memory> memory_;
  std::size_t first_byte_{0};
};

}  // namespace iso::compute
