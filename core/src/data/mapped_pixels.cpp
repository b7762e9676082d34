#include "iso/data/mapped_pixels.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>

namespace iso {
namespace {

/// Where our mappings begin and end, so that pixels are known to be one of them by their address alone.
struct Places {
  std::mutex mutex;
  std::set<std::pair<const std::byte*, const std::byte*>> ranges;

  bool contain(const std::byte* data) {
    const std::lock_guard lock{mutex};
    return std::ranges::any_of(ranges, [&](const auto& range) { return data >= range.first && data < range.second; });
  }
};
Places& places() {
  static Places all;
  return all;
}

std::filesystem::path default_folder() {
  const char* const set = std::getenv("TMPDIR");
  return set != nullptr && *set != '\0' ? set : "/var/tmp";
}

[[noreturn]] void refuse(std::size_t bytes, const std::filesystem::path& folder) {
  throw Error{Errc::cannot_write,
              "a cube of " + std::to_string(bytes >> 20) + " MiB is larger than memory, and '" + folder.string() +
                  "' cannot take it: " + std::strerror(errno),
              "set TMPDIR to a folder on a disk with more room"};
}

}  // namespace

struct MappedPixels::File {
  int descriptor{-1};
  std::byte* address{nullptr};
  std::size_t length{0};
  std::filesystem::path folder;
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (address != nullptr) {
      {
        const std::lock_guard lock{places().mutex};
        places().ranges.erase({address, address + length});
      }
      ::munmap(address, length);
    }
    if (descriptor >= 0) ::close(descriptor);
  }
};

MappedPixels::MappedPixels(const ArraySpec& spec, const std::filesystem::path& folder)
    : spec_{spec}, file_{std::make_shared<File>()} {
  file_->folder = folder.empty() ? default_folder() : folder;
  file_->length = std::max<std::size_t>(spec.bytes(), 1);
  std::string name = (file_->folder / "isocenter-cube-XXXXXX").string();
  file_->descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (file_->descriptor < 0) refuse(file_->length, file_->folder);
  ::unlink(name.c_str());  // the system removes the file when this process ends, however it ends
  int failed = ::posix_fallocate(file_->descriptor, 0, static_cast<off_t>(file_->length));
  if (failed == EOPNOTSUPP || failed == EINVAL)
    failed = ::ftruncate(file_->descriptor, static_cast<off_t>(file_->length)) == 0 ? 0 : errno;
  if (failed == 0) return;
  errno = failed;
  refuse(file_->length, file_->folder);
}

void MappedPixels::write(std::size_t first, std::span<const std::byte> bytes) {
  ISO_ASSERT(file_ && first + bytes.size() <= file_->length);
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(file_->descriptor, bytes.data(), bytes.size(), static_cast<off_t>(first));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) refuse(file_->length, file_->folder);
    first += static_cast<std::size_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
}

Pixels MappedPixels::pixels() && {
  void* const address = ::mmap(nullptr, file_->length, PROT_READ, MAP_SHARED, file_->descriptor, 0);
  if (address == MAP_FAILED)
    throw Error{Errc::out_of_memory, "cannot map " + std::to_string(file_->length >> 20) + " MiB of a file"};
  file_->address = static_cast<std::byte*>(address);
  {
    const std::lock_guard lock{places().mutex};
    places().ranges.emplace(file_->address, file_->address + file_->length);
  }
  const void* const data = file_->address;
  return Pixels::adopt(spec_, std::move(file_), data);
}

bool MappedPixels::is_mapped(const Pixels& pixels) noexcept {
  return pixels.data() != nullptr && places().contain(pixels.data());
}

void MappedPixels::release(const Pixels& pixels, std::size_t first, std::size_t bytes) noexcept {
  if (!is_mapped(pixels)) return;
  // Outwards to 2 MiB: with a page that is read the system maps its neighbours, of large folios all. Whoever reads there meanwhile loses
  // nothing, the pages come again.
  constexpr std::uintptr_t around = std::uintptr_t{1} << 21;
  const auto whole = reinterpret_cast<std::uintptr_t>(pixels.data());
  const auto begin = std::max(whole, (whole + first) / around * around);
  const auto end = std::min(whole + pixels.spec().bytes(), (whole + first + bytes + around - 1) / around * around);
  if (end > begin)
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace iso
