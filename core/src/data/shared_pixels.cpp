#include "iso/data/shared_pixels.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <mutex>

namespace iso {

namespace {

/// Where shared memory is mapped in this process, so that pixels in it are known again.
struct Mapped {
  std::mutex mutex;  // guards at
  std::map<const void*, std::weak_ptr<void>> at;
};
Mapped& mapped() {
  static Mapped& all = *new Mapped;  // outlives every mapping
  return all;
}

std::atomic<bool> all_shared{false};

}  // namespace

struct SharedPixels::Mapping : std::enable_shared_from_this<SharedPixels::Mapping> {
  int descriptor{-1};
  void* address{nullptr};
  std::size_t length{0};
  bool sealed{false};
  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    unmap();
    if (descriptor >= 0) ::close(descriptor);
  }
  void unmap() noexcept {
    if (!address) return;
    {
      const std::lock_guard lock{mapped().mutex};
      mapped().at.erase(address);
    }
    ::munmap(address, length);
    address = nullptr;
  }
  /// At `place`, which is free, or anywhere.
  void map(int protection, void* place = nullptr) {
    address = ::mmap(place, length, protection, MAP_SHARED | (place ? MAP_FIXED_NOREPLACE : 0), descriptor, 0);
    if (address == MAP_FAILED) {
      address = nullptr;
      throw Error{Errc::out_of_memory, "cannot map " + std::to_string(length) + " bytes of shared memory"};
    }
    const std::lock_guard lock{mapped().mutex};
    mapped().at[address] = weak_from_this();
  }
};

namespace {

constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

std::size_t mapped_length(const ArraySpec& spec) { return spec.bytes() == 0 ? 1 : spec.bytes(); }

}  // namespace

SharedPixels SharedPixels::create(const ArraySpec& spec) {
  SharedPixels out;
  out.spec_ = spec;
  out.mapping_ = std::make_shared<Mapping>();
  auto& mapping = *out.mapping_;
  mapping.length = mapped_length(spec);
  mapping.descriptor = ::memfd_create("isocenter-pixels", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (mapping.descriptor < 0 || ::ftruncate(mapping.descriptor, static_cast<off_t>(mapping.length)) != 0) {
    throw Error{Errc::out_of_memory, "cannot get " + std::to_string(mapping.length) + " bytes of shared memory"};
  }
  mapping.map(PROT_READ | PROT_WRITE);
  return out;
}

SharedPixels SharedPixels::adopt(int descriptor, const ArraySpec& spec) {
  SharedPixels out;
  out.spec_ = spec;
  out.mapping_ = std::make_shared<Mapping>();
  auto& mapping = *out.mapping_;
  mapping.descriptor = descriptor;
  mapping.length = mapped_length(spec);
  struct stat status {};
  const int found = ::fcntl(descriptor, F_GET_SEALS);
  if (found < 0 || (found & seals) != seals || ::fstat(descriptor, &status) != 0 ||
      static_cast<std::size_t>(status.st_size) < mapping.length) {
    throw Error{Errc::invalid_input, "shared pixels came unsealed or smaller than the " +
                                         std::to_string(mapping.length) + " bytes they should have"};
  }
  mapping.sealed = true;
  mapping.map(PROT_READ);
  return out;
}

SharedPixels SharedPixels::make_copy(const Pixels& block) {
  auto out = create(block.spec());
  if (block.spec().bytes() > 0) std::memcpy(out.bytes().data(), block.data(), block.spec().bytes());
  out.seal();
  return out;
}

SharedPixels SharedPixels::share(const Pixels& block) {
  SharedPixels out;
  out.spec_ = block.spec();
  {
    const std::lock_guard lock{mapped().mutex};
    if (const auto found = mapped().at.find(block.data()); found != mapped().at.end())
      out.mapping_ = std::static_pointer_cast<Mapping>(found->second.lock());
  }
  if (!out.mapping_ || out.mapping_->length < mapped_length(out.spec_)) return make_copy(block);
  out.seal();
  return out;
}

std::span<std::byte> SharedPixels::bytes() {
  ISO_ASSERT(mapping_ && !mapping_->sealed);
  return {static_cast<std::byte*>(mapping_->address), spec_.bytes()};
}

void SharedPixels::seal() {
  if (mapping_->sealed) return;
  void* const place = mapping_->address;  // where pixels may be that are known to others
  mapping_->unmap();                      // sealing fails while a writable mapping exists
  if (::fcntl(mapping_->descriptor, F_ADD_SEALS, seals) != 0) {
    throw Error{Errc::internal, "the shared pixels cannot be sealed"};
  }
  mapping_->sealed = true;
  mapping_->map(PROT_READ, place);
}

Pixels SharedPixels::pixels() const {
  ISO_ASSERT(mapping_ && mapping_->sealed);
  return Pixels::adopt(spec_, mapping_, mapping_->address);
}

int SharedPixels::descriptor() const noexcept { return mapping_ ? mapping_->descriptor : -1; }

void allocate_shared() noexcept { all_shared = true; }
bool allocates_shared() noexcept { return all_shared; }

std::optional<SharedPlace> SharedPixels::find(const void* address) noexcept {
  const std::lock_guard lock{mapped().mutex};
  auto next = mapped().at.upper_bound(address);
  if (next == mapped().at.begin()) return std::nullopt;
  const auto& [start, known] = *--next;
  const auto mapping = std::static_pointer_cast<const Mapping>(known.lock());
  const auto offset =
      static_cast<std::size_t>(static_cast<const std::byte*>(address) - static_cast<const std::byte*>(start));
  if (!mapping || offset >= mapping->length) return std::nullopt;
  return SharedPlace{mapping->descriptor, offset, mapping->length - offset};
}

}  // namespace iso
