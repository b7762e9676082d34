#pragma once

#include "iso/base/error.h"
#include "iso/base/shape.h"

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>

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

/// A dense array in the memory of one backend, freed in stream order. Copying the handle shares the memory.
class Array {
 public:
  Array() = default;
  Array(const ArraySpec& spec, const Backend& backend, std::shared_ptr<std::byte> memory)
      : spec_{spec}, backend_{&backend}, memory_{std::move(memory)} {}
  [[nodiscard]] const ArraySpec& spec() const noexcept { return spec_; }
  [[nodiscard]] const Backend& backend() const noexcept { return *backend_; }
  [[nodiscard]] std::byte* address() const noexcept { return memory_.get(); }  ///< not a host address on a device
  [[nodiscard]] explicit operator bool() const noexcept { return memory_ != nullptr; }

  /// The elements, for host backends only. Throws type_mismatch if T is not what is stored.
  template <class T>
  [[nodiscard]] std::span<T> host() const {
    if (scalar_type_of<std::remove_const_t<T>> != spec_.type) throw_type_mismatch();
    return {reinterpret_cast<T*>(memory_.get()), static_cast<std::size_t>(spec_.shape.count())};
  }

 private:
  [[noreturn]] void throw_type_mismatch() const;
  ArraySpec spec_;
  const Backend* backend_{nullptr};
  std::shared_ptr<std::byte> memory_;
};

}  // namespace iso::compute
