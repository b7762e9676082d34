#include "io/formats/hdf5_impl.h"

#include "io/array_impl.h"
#include "iso/base/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

/// The global heaps of an HDF5 file, which hold texts and lists of any length (format specification III.E): "GCOL", version 1,
/// size; then objects with index, count of references and size, each a multiple of 8; index 0 is what is free. They carry no
/// checksum, and libhdf5 1.10 steps from object to object by sizes that it does not compare with the heap.
namespace iso::io::detail::h5 {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view signature{"GCOL\1\0\0\0", 8};

class File {
 public:
  explicit File(const std::string& name) : descriptor_{::open(name.c_str(), O_RDONLY | O_CLOEXEC)} {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const noexcept { return descriptor_; }
  /// Fewer bytes than asked for at the end of the file.
  [[nodiscard]] std::string read(std::uint64_t at, std::size_t count) const {
    std::string bytes(count, '\0');
    const ssize_t got = ::pread(descriptor_, bytes.data(), count, static_cast<off_t>(at));
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return bytes;
  }

 private:
  int descriptor_;
};

std::uint64_t to_number(const char* bytes, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i > 0; --i) value = value << 8U | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

[[noreturn]] void damaged() {
  throw Error{Errc::cannot_read, "the file is damaged: its texts and lists (a global heap) have sizes that do not fit",
              "check that the file is complete"};
}

/// One heap, which begins at `at`; `wide` bytes a size.
void check_heap(const File& file, std::uint64_t at, std::size_t wide, std::uint64_t file_bytes) {
  const std::size_t head = signature.size() + wide, object = 8 + wide;
  const std::string start = file.read(at, head);
  if (start.size() < head) return;  // the signature by chance, at the end of the file
  const std::uint64_t size = to_number(start.data() + signature.size(), wide);
  if (size < head || size > file_bytes - at) damaged();
  for (std::uint64_t next = head; next + object <= size;) {
    const std::string header = file.read(at + next, object);
    if (header.size() < object) damaged();
    const std::uint64_t index = to_number(header.data(), 2), bytes = to_number(header.data() + 8, wide);
    if (bytes > size) damaged();
    const std::uint64_t step = index == 0 ? bytes : object + (bytes + 7) / 8 * 8;  // what is free counts its header
    if (step < object || step > size - next) damaged();
    next += step;
  }
}

}  // namespace

void check_heaps(hid_t object) {
  const Id in{H5Iget_file_id(object), H5Fclose, "file"};
  std::array<char, 4096> name{};
  std::size_t of_address = 0, wide = 0;
  const Id made{H5Fget_create_plist(in), H5Pclose, "file"};
  if (H5Fget_name(in, name.data(), name.size()) <= 0 || H5Pget_sizes(made, &of_address, &wide) < 0) return;
  const File file{name.data()};
  struct stat status {};
  if (file.get() < 0 || wide < 1 || wide > 8 || ::fstat(file.get(), &status) != 0) return;
  // A file has many texts and is looked at once.
  struct Seen {
    dev_t device;
    ino_t number;
    off_t bytes;
    std::int64_t seconds, nanoseconds;
    bool operator==(const Seen&) const = default;
  };
  static thread_local Seen last{};
  const Seen now{status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
  if (now == last) return;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  constexpr std::size_t piece = std::size_t{1} << 20;
  for (std::uint64_t at = 0; at < size; at += piece) {
    const std::string bytes = file.read(at, piece + signature.size() - 1);
    for (std::size_t found = bytes.find(signature); found != std::string::npos && found < piece;
         found = bytes.find(signature, found + 1))
      check_heap(file, at + found, wide, size);
  }
  last = now;
}

}  // namespace iso::io::detail::h5
