// Writing of HDF5 files. The library writes much of a file when an object is closed, so that each is closed by `Id::finish`, which
// tells of a failure.
#include "io/array_impl.h"
#include "io/atomic_write_impl.h"
#include "io/formats/hdf5_impl.h"
#include "iso/base/error.h"

#include <sys/file.h>

#include <algorithm>

namespace iso::io::detail::h5 {
namespace fs = std::filesystem;

Id create_file(const fs::path& file, std::size_t bytes) {
  check_room(file, bytes + 65536);
  const hid_t id = H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (id < 0)
    throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be made", "check the permissions of the folder"};
  return Id{id, H5Fclose, file.string()};
}

namespace {

/// A process that was started meanwhile has the descriptor, too, and with it the lock of the library: nobody could open the file
/// for as long as that process lives.
void unlock(hid_t file) {
  void* descriptor = nullptr;
  if (H5Fget_vfd_handle(file, H5P_DEFAULT, &descriptor) < 0 || descriptor == nullptr) return;
  (void)::flock(*static_cast<const int*>(descriptor), LOCK_UN);
}

}  // namespace

void finish(Id file) {
  const herr_t flushed = H5Fflush(file, H5F_SCOPE_GLOBAL);
  unlock(file);
  file.finish();
  if (flushed < 0)
    throw Error{Errc::cannot_write, "the file could not be written completely",
                "free some space or write to another disk"};
}

void write_array(hid_t place, const std::string& path, const Pixels& block) {
  const ArraySpec& spec = block.spec();
  std::vector<hsize_t> dims;
  for (std::size_t axis = spec.shape.rank(); axis-- > 0;) dims.push_back(static_cast<hsize_t>(spec.shape[axis]));
  const Id space{H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), H5Sclose, path};
  const Id type = make_type(spec.type);
  const hid_t made = H5Dcreate2(place, path.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  if (made < 0) throw Error{Errc::cannot_write, "the array '" + path + "' cannot be made in the file"};
  Id data{made, H5Dclose, path};
  if (spec.shape.count() > 0 && H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, block.data()) < 0) {
    throw Error{Errc::cannot_write, "the array '" + path + "' cannot be written",
                "free some space or write to another disk"};
  }
  data.finish();  // small arrays are written here
}

void write_attribute(hid_t place, const std::string& name, const std::string& text) {
  Id type{H5Tcopy(H5T_C_S1), H5Tclose, name};
  H5Tset_size(type, std::max<std::size_t>(1, text.size()));
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  H5Tset_cset(type, H5T_CSET_UTF8);
  const Id space{H5Screate(H5S_SCALAR), H5Sclose, name};
  Id attribute{H5Acreate2(place, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose, name};
  const std::string padded = text.empty() ? std::string(1, '\0') : text;
  if (H5Awrite(attribute, type, padded.data()) < 0)
    throw Error{Errc::cannot_write, "the attribute '" + name + "' cannot be written"};
  attribute.finish();
}

void write_attribute(hid_t place, const std::string& name, const std::vector<double>& numbers) {
  const hsize_t count = numbers.size();
  const Id space{H5Screate_simple(1, &count, nullptr), H5Sclose, name};
  Id attribute{H5Acreate2(place, name.c_str(), H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose, name};
  if (H5Awrite(attribute, H5T_NATIVE_DOUBLE, numbers.data()) < 0)
    throw Error{Errc::cannot_write, "the attribute '" + name + "' cannot be written"};
  attribute.finish();
}

}  // namespace iso::io::detail::h5
