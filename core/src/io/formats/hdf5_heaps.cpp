#include "io/formats/hdf5_impl.h"

#include "io/array_impl.h"
#include "iso/base/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

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
  File(File&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
  File& operator=(File&&) = delete;
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

/// An object of a heap, by what an element says of it.
struct Object {
  std::uint64_t heap, index, bytes;
  auto operator<=>(const Object&) const = default;
};

/// One heap, which begins at `at`; `wide` bytes a size. Adds its objects to the list.
void check_heap(const File& file, std::uint64_t at, std::size_t wide, std::uint64_t file_bytes,
                std::vector<Object>* objects) {
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
    if (objects != nullptr && index != 0) objects->push_back({at, index, bytes});
    const std::uint64_t step = index == 0 ? bytes : object + (bytes + 7) / 8 * 8;  // what is free counts its header
    if (step < object || step > size - next) damaged();
    next += step;
  }
}

/// What is known of the file of an object without the library.
struct Source {
  File file;
  struct stat status {};
  std::size_t of_address{0}, of_size{0};
  hsize_t begin{0};  ///< of the addresses: behind the user block
  [[nodiscard]] bool is_known() const noexcept { return file.get() >= 0 && of_size >= 1 && of_size <= 8; }
};

Source find_source(hid_t object) {
  const Id in{H5Iget_file_id(object), H5Fclose, "file"};
  std::array<char, 4096> name{};
  const Id made{H5Fget_create_plist(in), H5Pclose, "file"};
  const bool named = H5Fget_name(in, name.data(), name.size()) > 0;
  Source source{File{named ? name.data() : ""}};
  if (!named || H5Pget_sizes(made, &source.of_address, &source.of_size) < 0 ||
      H5Pget_userblock(made, &source.begin) < 0 || ::fstat(source.file.get(), &source.status) != 0)
    source.of_size = 0;
  return source;
}

void check_all_heaps(const Source& source, std::vector<Object>* objects) {
  const auto size = static_cast<std::uint64_t>(source.status.st_size);
  constexpr std::size_t piece = std::size_t{1} << 20;
  for (std::uint64_t at = 0; at < size; at += piece) {
    const std::string bytes = source.file.read(at, piece + signature.size() - 1);
    for (std::size_t found = bytes.find(signature); found != std::string::npos && found < piece;
         found = bytes.find(signature, found + 1))
      check_heap(source.file, at + found, source.of_size, size, objects);
  }
}

/// Where in an element a list begins, and how long its own elements are in the file.
struct List {
  std::size_t at, element;
};

/// Lists of a type, those in structures too. False where something else leads elsewhere, whose sizes in the file are not known here.
bool find_lists(hid_t type, std::size_t at, std::vector<List>& lists) {
  switch (H5Tget_class(type)) {
    case H5T_VLEN: {
      const Id base{H5Tget_super(type), H5Tclose, "list"};
      if (H5Tdetect_class(base, H5T_VLEN) > 0 || H5Tis_variable_str(base) > 0) return false;
      lists.push_back({at, H5Tget_size(base)});
      return true;
    }
    case H5T_COMPOUND:
      for (int i = 0; i < H5Tget_nmembers(type); ++i) {
        const auto member = static_cast<unsigned>(i);
        const Id of{H5Tget_member_type(type, member), H5Tclose, "member"};
        if (!find_lists(of, at + H5Tget_member_offset(type, member), lists)) return false;
      }
      return true;
    case H5T_STRING: return H5Tis_variable_str(type) <= 0;
    case H5T_ARRAY: return H5Tdetect_class(type, H5T_VLEN) <= 0 && H5Tdetect_class(type, H5T_STRING) <= 0;
    default: return true;
  }
}

}  // namespace

void check_heaps(hid_t object) {
  const Source source = find_source(object);
  if (!source.is_known()) return;
  // A file has many texts and is looked at once.
  struct Seen {
    dev_t device;
    ino_t number;
    off_t bytes;
    std::int64_t seconds, nanoseconds;
    bool operator==(const Seen&) const = default;
  };
  static thread_local Seen last{};
  const struct stat& status = source.status;
  const Seen now{status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
  if (now == last) return;
  check_all_heaps(source, nullptr);
  last = now;
}

void check_lists(hid_t data, const std::string& path) {
  const Source source = find_source(data);
  const Id type{H5Dget_type(data), H5Tclose, path}, made{H5Dget_create_plist(data), H5Pclose, path};
  std::vector<List> lists;
  // An element is a length of 4 bytes, the address of the heap, an index of 4 bytes: as long as the list of the library in memory.
  const bool known = source.is_known() && source.of_address == 8 && find_lists(type, 0, lists) && !lists.empty();
  if (!known) return check_pieces(data, path);
  std::vector<Object> objects;
  check_all_heaps(source, &objects);
  std::ranges::sort(objects);
  const std::size_t size = H5Tget_size(type);
  const auto look = [&](std::span<const unsigned char> bytes) {
    for (std::size_t element = 0; element + size <= bytes.size(); element += size)
      for (const List& list : lists) {
        const auto* const from = reinterpret_cast<const char*>(bytes.data() + element + list.at);
        const std::uint64_t length = to_number(from, 4), heap = to_number(from + 4, 8), index = to_number(from + 12, 4);
        if (length == 0) continue;
        if (!std::ranges::binary_search(objects, Object{heap + source.begin, index, length * list.element}))
          throw Error{Errc::cannot_read,
                      "the array '" + path + "' is damaged: a list in it has another length than it says",
                      "check that the file is complete"};
      }
  };
  check_pieces(data, path, look);
  if (H5Pget_layout(made) != H5D_CONTIGUOUS) return;
  const haddr_t at = H5Dget_offset(data);
  const hsize_t stored = H5Dget_storage_size(data);
  if (at == HADDR_UNDEF || stored > static_cast<hsize_t>(source.status.st_size)) return;  // said elsewhere
  const std::string bytes = source.file.read(at, static_cast<std::size_t>(stored));
  look({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

}  // namespace iso::io::detail::h5
