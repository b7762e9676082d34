#include "io/formats/hdf5_impl.h"

#include <algorithm>
#include <functional>

/// Texts, attributes and the names of links.
namespace iso::io::detail::h5 {
namespace {

std::optional<std::string> read_text(hid_t type, hid_t space, const std::function<herr_t(hid_t, void*)>& read) {
  if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1) return std::nullopt;
  if (H5Tis_variable_str(type) > 0) {
    Id memory{H5Tcopy(H5T_C_S1), H5Tclose, "type"};
    H5Tset_size(memory, H5T_VARIABLE);
    H5Tset_cset(memory, H5Tget_cset(type));
    char* text = nullptr;
    if (read(memory, &text) < 0 || !text) return std::nullopt;
    std::string out{text};
    H5Dvlen_reclaim(memory, space, H5P_DEFAULT, &text);
    return out;
  }
  const std::size_t size = H5Tget_size(type);
  if (size > (std::size_t{1} << 24)) return std::nullopt;
  std::string out(size, '\0');
  if (read(type, out.data()) < 0) return std::nullopt;
  out.resize(std::min(out.find('\0'), out.size()));
  return out;
}

}  // namespace

std::optional<std::string> text_attribute(hid_t place, const std::string& name) {
  if (H5Aexists(place, name.c_str()) <= 0) return std::nullopt;
  const Id attribute{H5Aopen(place, name.c_str(), H5P_DEFAULT), H5Aclose, name};
  const Id type{H5Aget_type(attribute), H5Tclose, name};
  const Id space{H5Aget_space(attribute), H5Sclose, name};
  if (H5Tis_variable_str(type) > 0) check_heaps(place);
  return read_text(type, space, [&](hid_t memory, void* to) { return H5Aread(attribute, memory, to); });
}

std::optional<std::string> text_dataset(hid_t place, const std::string& path) {
  if (!is_dataset(place, path)) return std::nullopt;
  const Id data{H5Dopen2(place, path.c_str(), H5P_DEFAULT), H5Dclose, path};
  check_stored_bytes(data, path);
  const Id type{H5Dget_type(data), H5Tclose, path};
  const Id space{H5Dget_space(data), H5Sclose, path};
  return read_text(type, space,
                   [&](hid_t memory, void* to) { return H5Dread(data, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, to); });
}

std::vector<double> number_attribute(hid_t place, const std::string& name) {
  if (H5Aexists(place, name.c_str()) <= 0) return {};
  const Id attribute{H5Aopen(place, name.c_str(), H5P_DEFAULT), H5Aclose, name};
  const Id type{H5Aget_type(attribute), H5Tclose, name};
  const Id space{H5Aget_space(attribute), H5Sclose, name};
  const auto count = H5Sget_simple_extent_npoints(space);
  if (count < 1 || count > 1000000 || (H5Tget_class(type) != H5T_INTEGER && H5Tget_class(type) != H5T_FLOAT)) return {};
  std::vector<double> numbers(static_cast<std::size_t>(count));
  if (H5Aread(attribute, H5T_NATIVE_DOUBLE, numbers.data()) < 0) return {};
  return numbers;
}

std::vector<std::string> attribute_names(hid_t place) {
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  hsize_t at = 0;
  H5Aiterate2(place, H5_INDEX_NAME, H5_ITER_NATIVE, &at, visit, &names);
  return names;
}

std::vector<std::string> link_names(hid_t group) {
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  hsize_t at = 0;
  H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, &at, visit, &names);
  return names;
}

std::map<std::string, std::string> text_attributes(hid_t place) {
  std::map<std::string, std::string> found;
  for (const auto& name : attribute_names(place)) {
    if (auto text = text_attribute(place, name)) found.emplace(name, *text);
  }
  return found;
}

}  // namespace iso::io::detail::h5
