#include "io/formats/hdf5_impl.h"

#include "io/reading/reading_impl.h"
#include "iso/base/error.h"
#include "iso/data/shared_pixels.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>
#include <optional>

/// How libhdf5 reads the bytes of a file: by a driver of ours (the library's interface for such, H5FDpublic.h). It does what that of
/// the library does (sec2) and leaves out one thing, the accumulator of metadata: version 1.10 looks for an address that says
/// "undefined", as damaged files do, in an accumulator that is empty, and reads at address 0 (decision 0046).
namespace iso::io::detail::h5 {
namespace fs = std::filesystem;
namespace {

struct DriverFile {
  H5FD_t shared;  ///< the library's part, which it fills; must come first
  int descriptor;
  haddr_t end_of_addresses, end_of_file;
};

DriverFile* to_own(H5FD_t* file) { return reinterpret_cast<DriverFile*>(file); }
const DriverFile* to_own(const H5FD_t* file) { return reinterpret_cast<const DriverFile*>(file); }

H5FD_t* open_driver(const char* name, unsigned flags, hid_t, haddr_t) {
  if ((flags & H5F_ACC_RDWR) != 0) return nullptr;
  const int descriptor = ::open(name, O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor < 0) return nullptr;
  auto* const file =
      ::fstat(descriptor, &status) == 0 ? static_cast<DriverFile*>(std::calloc(1, sizeof(DriverFile))) : nullptr;
  if (file == nullptr) {
    ::close(descriptor);
    return nullptr;
  }
  file->descriptor = descriptor;
  file->end_of_file = static_cast<haddr_t>(status.st_size);
  return &file->shared;
}

herr_t close_driver(H5FD_t* file) {
  ::close(to_own(file)->descriptor);
  std::free(to_own(file));
  return 0;
}

/// No two are the same, so that the library shares nothing of a file that is open twice: of an array that two threads read, the types
/// would belong to the one that opened it first, and elements of any length be sought in its file when it is closed (1.10).
int compare(const H5FD_t* first, const H5FD_t* second) {
  return first == second ? 0 : std::less<>{}(first, second) ? -1 : 1;
}

herr_t query(const H5FD_t*, unsigned long* flags) {
  if (flags != nullptr) *flags = H5FD_FEAT_DATA_SIEVE;
  return 0;
}

haddr_t end_of_addresses(const H5FD_t* file, H5FD_mem_t) { return to_own(file)->end_of_addresses; }
herr_t set_end_of_addresses(H5FD_t* file, H5FD_mem_t, haddr_t end) {
  to_own(file)->end_of_addresses = end;
  return 0;
}
haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t) { return to_own(file)->end_of_file; }

/// What `OneOpening` keeps.
struct Opened {
  int wanted{0};
  fs::path file;
  std::optional<Id> id;  ///< none: the library does not open it
};
thread_local Opened opened;

thread_local const void* bounded_buffer = nullptr;
thread_local std::size_t bounded_size = 0;

/// Large pixels are in shared memory (`allocate_shared`), into which the system copies without a page of this process. The bytes it did.
std::size_t read_into_shared(int file, haddr_t address, std::size_t size, const void* buffer) {
  constexpr std::size_t least = std::size_t{1} << 20U;
  const std::optional<SharedPlace> place = size < least ? std::nullopt : SharedPixels::find(buffer);
  if (!place || place->bytes_left < size || ::lseek(place->descriptor, static_cast<off_t>(place->offset), SEEK_SET) < 0)
    return 0;
  auto from = static_cast<off_t>(address);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::sendfile(place->descriptor, file, &from, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;  // the end of the file, or of what this file system can do so
    done += static_cast<std::size_t>(got);
  }
  return done;
}

herr_t read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, void* buffer) {
  const DriverFile& own = *to_own(file);
  if (address == HADDR_UNDEF || address > own.end_of_addresses || size > own.end_of_addresses - address) return -1;
  if (buffer == bounded_buffer && size > bounded_size) return -1;
  auto* to = static_cast<char*>(buffer);
  if (const std::size_t done = read_into_shared(own.descriptor, address, size, buffer); done > 0) {
    to += done;
    size -= done;
    address += static_cast<haddr_t>(done);
  }
  while (size > 0) {
    const ssize_t got = ::pread(own.descriptor, to, std::min(size, std::size_t{1} << 30U), static_cast<off_t>(address));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) {  // behind the end of the file and not of its addresses: as the library does
      std::memset(to, 0, size);
      return 0;
    }
    to += got;
    size -= static_cast<std::size_t>(got);
    address += static_cast<haddr_t>(got);
  }
  return 0;
}

herr_t write(H5FD_t*, H5FD_mem_t, hid_t, haddr_t, std::size_t, const void*) { return -1; }

herr_t lock(H5FD_t* file, hbool_t exclusive) {
  const int done = ::flock(to_own(file)->descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
  return done == 0 || errno == ENOSYS || errno == ENOTSUP || errno == EINVAL ? 0 : -1;
}
herr_t unlock(H5FD_t* file) {
  (void)::flock(to_own(file)->descriptor, LOCK_UN);
  return 0;
}

hid_t reading_driver() {
  static const hid_t driver = [] {
    H5FD_class_t driver_class{};
    driver_class.name = "isocenter";
    driver_class.maxaddr = (haddr_t{1} << 63U) - 1;
    driver_class.fc_degree = H5F_CLOSE_WEAK;
    driver_class.open = open_driver;
    driver_class.close = close_driver;
    driver_class.cmp = compare;
    driver_class.query = query;
    driver_class.get_eoa = end_of_addresses;
    driver_class.set_eoa = set_end_of_addresses;
    driver_class.get_eof = end_of_file;
    driver_class.read = read;
    driver_class.write = write;
    driver_class.lock = lock;
    driver_class.unlock = unlock;
    const H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(map), std::end(map), std::begin(driver_class.fl_map));
    return H5FDregister(&driver_class);
  }();
  return driver;
}

}  // namespace

BoundedRead::BoundedRead(const void* buffer, std::size_t size) {
  bounded_buffer = buffer;
  bounded_size = size;
}
BoundedRead::~BoundedRead() { bounded_buffer = nullptr; }

OneOpening::OneOpening() { ++opened.wanted; }
OneOpening::~OneOpening() {
  if (--opened.wanted > 0) return;
  opened.id.reset();
  opened.file.clear();
}

Id open_file(const fs::path& file) {
  const auto refuse = [&] {
    throw Error{Errc::cannot_read,
                "'" + file.string() + "' cannot be opened as HDF5: the file is damaged or incomplete",
                "check that the file is complete"};
  };
  if (!looks_like_hdf5(file)) refuse();
  ISO_ASSERT(is_reading_child());  // libhdf5 may end the process over it
  if (opened.wanted > 0 && opened.file == file) {
    const hid_t again = opened.id ? H5Freopen(*opened.id) : -1;
    if (again < 0) refuse();
    return Id{again, H5Fclose, file.string()};
  }
  if (opened.wanted > 0) {
    opened.id.reset();
    opened.file = file;
  }
  const Id how{H5Pcreate(H5P_FILE_ACCESS), H5Pclose, file.string()};
  const hid_t driver = reading_driver();
  if (driver < 0 || H5Pset_driver(how, driver, nullptr) < 0)
    throw Error{Errc::internal, "the HDF5 library takes no driver of ours"};
  const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, how);
  if (id < 0) refuse();
  Id in{id, H5Fclose, file.string()};
  if (opened.wanted > 0) opened.id.emplace(H5Freopen(in), H5Fclose, file.string());
  return in;
}

}  // namespace iso::io::detail::h5
