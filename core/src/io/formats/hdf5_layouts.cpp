#include "io/formats/hdf5_layouts_impl.h"

#include "io/formats/payload_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <cmath>

/// Layouts of other programs in HDF5, by what their writers put into a file: ITK's HDF5ImageIO, MINC 2, Imaris, NeXus NXtomo, vigra.
namespace iso::io::detail::h5 {
namespace {

constexpr const char* itk_array = "/ITKImage/0/VoxelData";

std::string to_folder(const std::string& path) { return path.substr(0, path.rfind('/')); }

// Nothing where there are more than `most`.
std::vector<double> numbers(hid_t in, const std::string& path, std::int64_t most) {
  if (!is_dataset(in, path) || make_shape(in, path).count() > most) return {};
  const Pixels block = read_array(in, path).converted(ScalarType::f64);
  const auto values = block.values<double>();
  return {values.begin(), values.end()};
}

// Frames of a scan that are no views are told by a list beside them: 0 a view, 1 a flat field, 2 a dark field.
void check_image_key(hid_t in, const std::string& path, const Shape& shape) {
  if (shape.rank() < 3) return;
  const auto keys = numbers(in, to_folder(path) + "/image_key", shape[shape.rank() - 1]);
  if (std::ssize(keys) != shape[shape.rank() - 1]) return;
  const auto views = std::ranges::count(keys, 0.0);
  if (views == std::ssize(keys)) return;
  not_supported("of the " + std::to_string(keys.size()) + " frames of '" + path + "' " + std::to_string(views) +
                    " are views, the others flat and dark fields, as image_key (NeXus) says",
                "write the views, flat and dark fields as arrays of their own, as Data Exchange has them");
}

// Of an image of ITK of n axes: spacing, origin, and a row of `Directions` for each axis.
std::optional<VoxelGrid> itk_grid(hid_t in, const std::string& folder, const Shape& shape, Metadata& meta) {
  const auto spacing = numbers(in, folder + "/Spacing", 4), origin = numbers(in, folder + "/Origin", 4),
             directions = numbers(in, folder + "/Directions", 16);
  const std::size_t n = spacing.size();
  if (n < 2 || n > 4 || origin.size() != n || directions.size() != n * n) return std::nullopt;
  if (shape.rank() != n)
    not_supported("the pixels of the image of ITK have " + std::to_string(shape[0]) + " components", "save it as .mha");
  VoxelGrid grid;
  for (std::size_t axis = 0; axis < std::min<std::size_t>(n, 3); ++axis) {
    grid.size[axis] = shape[axis];
    grid.spacing_mm[axis] = spacing[axis];
    grid.origin_mm[axis] = origin[axis];
    for (std::size_t row = 0; row < std::min<std::size_t>(n, 3); ++row)
      grid.direction[3 * row + axis] = directions[axis * n + row];
  }
  check_grid(grid);
  if (n == 4) meta["time_step_s"] = exact(spacing[3]);
  return grid;
}

// Keys of the axes in {"axes": [{"key": "z", ...}, ...]}, slowest first.
std::vector<std::string> tagged_axes(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find("\"key\""); at != std::string::npos; at = text.find("\"key\"", at + 1)) {
    const std::size_t from = text.find('"', text.find(':', at)), to = text.find('"', from + 1);
    if (from == std::string::npos || to == std::string::npos) return {};
    names.push_back(text.substr(from + 1, to - from - 1));
  }
  return names;
}

// In the order of the file's fastest axis, as volumes have them: times and channels are one fourth axis.
void take_tags(hid_t data, RawArray& array) {
  const auto text = text_attribute(data, "axistags");
  if (!text) return;
  auto names = tagged_axes(*text);
  std::ranges::reverse(names);
  const Shape& shape = array.pixels.spec().shape;
  if (names.size() != shape.rank()) return;
  std::string order;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (shape[i] == 1) names[i] = "0";
    if (names[i] == "c") names[i] = "t";
    order += (i == 0 ? "" : ",") + names[i];
  }
  if (std::ranges::count(names, "t") > 1)
    not_supported("the array has times and channels", "save one of them, or pass --axes");
  array.axes = order;
}

}  // namespace

std::string main_array(hid_t in) { return is_dataset(in, itk_array) ? itk_array : ""; }

void check_layout(hid_t in, const std::string& path, const Shape& shape) {
  if (path.starts_with("/minc-2.0/image/"))
    not_supported("the file is a MINC image, whose slices have ranges of values of their own",
                  "convert it with mnc2nii or another program of MINC");
  if (path.starts_with("/DataSet/ResolutionLevel"))
    not_supported("the file is an image of Imaris, padded to whole pieces", "save it as OME-TIFF");
  check_image_key(in, path, shape);
}

void take_layout(hid_t in, const std::string& path, bool image, RawArray& array) {
  if (!image) return;
  const Shape shape = array.pixels.spec().shape;
  if (path.starts_with("/ITKImage/") && path.ends_with("/VoxelData")) {
    array.grid = itk_grid(in, to_folder(path), shape, array.meta);
    return;
  }
  const Id data{H5Dopen2(in, path.c_str(), H5P_DEFAULT), H5Dclose, path};
  take_tags(data, array);
  const auto sizes = number_attribute(data, "element_size_um");
  const auto sound = [](double um) { return std::isfinite(um) && um > 0; };
  if (sizes.size() == 3 && shape.rank() == 3 && array.axes.empty() && std::ranges::all_of(sizes, sound)) {
    array.grid =
        VoxelGrid::centred({shape[0], shape[1], shape[2]}, {sizes[2] * 1e-3, sizes[1] * 1e-3, sizes[0] * 1e-3});
    return;
  }
  if (!sizes.empty() || H5Aexists(data, "DIMENSION_LIST") > 0)
    assume(array.meta, "nothing of the positions along its axes that the file says beside the array");
}

}  // namespace iso::io::detail::h5
