#include "readers.h"

#include "iso/base/error.h"
#include "iso/data/dataset.h"
#include "iso/io/geometry_file.h"
#include "iso/io/registry.h"

#include <algorithm>
#include <array>
#include <fstream>

namespace iso::test {
namespace {

namespace fs = std::filesystem;

template <class T>
Pixels counting(const Shape& shape) {
  PixelBuffer block = PixelBuffer::allocate({shape, scalar_type_of<T>});
  int next = 1;
  for (auto& value : block.values<T>()) value = static_cast<T>(static_cast<float>(next++ % 120));
  return block;
}

/// In half of the ways as the file is; else as a scan with a geometry, with a hint, or as another kind of data.
void read_file(const fs::path& file, std::size_t way) {
  io::ReadOptions options;
  const fs::path geometry = file.parent_path() / "scan.json";
  if (way == 8 || way == 9) options.geometry = geometry;
  if (way == 9) options.hints = {{"unattenuated", "200"}};
  if (way == 10) options.expected = Kind::label_map;
  if (way == 11) options.expected = Kind::k_space;
  if (way == 12) options.expected = Kind::table;
  if (way == 13) options.hints = {{"axes", "view,u"}};
  if (way == 14) options.hints = {{"spacing_mm", "0.5,2"}};
  if (way == 15) options.accepted = {Finding::gap, Finding::tilt, Finding::variable, Finding::missing};
  (void)io::read(file, options);
}

std::function<void(const fs::path&)> writes(const std::string& extension) {
  return [extension](const fs::path& folder) {
    VoxelGrid grid = VoxelGrid::centred({5, 4, 3}, {0.5, 0.75, 2});
    grid.direction = {0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1};
    io::write(folder / ("written" + extension),
              Dataset{Volume{counting<std::int16_t>(Shape{5, 4, 3}), grid, Quantity::hounsfield, {}}}, {true});
  };
}

void write_kinds(const fs::path& folder) {
  writes(".h5")(folder);
  io::write(folder / "scan.h5", Dataset{Sinogram{counting<float>(Shape{5, 4, 3}), small_scan(), {}}}, {true});
  io::write(folder / "table.h5", Dataset{Table{{"a", "b"}, {{1, 2}, {3, 4.5}}, {}}}, {true});
  LabelMap labels;
  labels.labels = counting<std::uint8_t>(Shape{5, 4, 3});
  labels.grid = VoxelGrid::centred({5, 4, 3}, {1, 1, 1});
  io::write(folder / "labels.h5", Dataset{labels}, {true});
}

void write_bart(const fs::path& folder) {
  KSpace k;
  k.samples = PixelBuffer::allocate({Shape{4, 3, 1, 2, 1}, ScalarType::c64});
  io::write(folder / "written.cfl", Dataset{k}, {true});
}

void write_tables(const fs::path& folder) {
  io::write(folder / "written.csv", Dataset{Table{{"a", "b"}, {{1, 2}, {3, 4.5}}, {}}}, {true});
  put(folder / "quoted.csv", "name,value\n\"a, \"\"b\"\"\",1.5\n# note\nc,-2e3\n");
}

/// Header and data beside each other, in three orders; a library of spectra.
void write_envi(const fs::path& folder) {
  for (const char* const order : {"bsq", "bil", "bip"}) {
    put(folder / (std::string{order} + ".hdr"),
        std::string{"ENVI\nsamples = 4\nlines = 3\nbands = 5\nheader offset = 0\ndata type = 12\ninterleave = "} +
            order +
            "\nbyte order = 0\nwavelength units = Nanometers\nwavelength = {400, 500.5, 600, 700, 800}\n"
            "fwhm = {10, 10, 10, 10, 10}\nbbl = {1, 1, 0, 1, 1}\nreflectance scale factor = 10000\n"
            "data ignore value = 0\nband names = {a, b, c, d, e}\n");
    put(folder / (std::string{order} + ".img"), std::string(120, '\7'));
  }
  put(folder / "library.hdr",
      "ENVI\nfile type = ENVI Spectral Library\nsamples = 3\nlines = 2\nbands = 1\ndata type = 4\ninterleave = bsq\n"
      "byte order = 0\nspectra names = {one, two}\nwavelength units = Micrometers\nwavelength = {0.4, 0.5, 0.6}\n");
  put(folder / "library.sli", std::string(24, '\0'));
}

/// Half as what the file says that it is.
void read_cube(const fs::path& file, std::size_t way) {
  io::ReadOptions options;
  if (way == 8) options.expected = Kind::spectral_cube;
  if (way == 9) options.expected = Kind::table;
  if (way == 10) options.hints = {{"wavelengths", "1:5"}, {"wavelength_unit", "nm"}};
  if (way == 11) options.hints = {{"scale", "100"}};
  if (way == 12) options.hints = {{"saturation", "7"}};
  if (way == 13) options.headers_only = true;
  (void)io::read(file, options);
}

void write_spectra(const fs::path& folder) {
  put(folder / "columns.txt", "# wavelength a b\n400 0.5 0.25\n500.5\t1e-3\t2\n600;3;-1.23e34\n");
  put(folder / "usgs.txt", " splib07a Record=1: Quartz\n 0.1\n 0.2\n -1.2300000e+034\n");
  put(folder / "ecostress.txt",
      "Name: Quartz\nType: mineral\nWavelength Range: All\nX Units: Wavelength (micrometers)\nY Units: Reflectance "
      "(percentage)\nFirst X Value: 14\nLast X Value: 0.4\nNumber of X Values: 3\n\n14.0 3.5\n7.0 2\n0.4 1.25\n");
}

void read_geometry_file(const fs::path& file, std::size_t way) {
  if (way % 2 == 0)
    (void)io::read_geometry(file, {5, 4}, {1, 1});
  else
    (void)io::read_geometry(file, {0, 0}, {0, 0});
}

void write_geometries(const fs::path& folder) {
  io::write_geometry(folder / "written.json", small_scan(), true);
  io::write_geometry(folder / "written.xml", small_scan(), true);
}

/// A folder of slices, one of which is changed.
void read_folder(const fs::path& file, std::size_t way) { (void)io::read(way % 2 == 0 ? file.parent_path() : file); }

std::vector<Reader> all() {
  return {{"nifti", {".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz"}, read_file, writes(".nii")},
          {"nrrd", {".nrrd", ".nhdr"}, read_file, writes(".nrrd")},
          {"metaimage", {".mha", ".mhd"}, read_file, writes(".mha")},
          {"tiff", {".tif"}, read_file, writes(".tif")},
          {"hdf5", {".h5"}, read_file, write_kinds, true},
          {"numpy", {".npy", ".npz"}, read_file, writes(".npy")},
          {"matlab", {".mat"}, read_file, {}, true},
          {"bart", {".cfl", ".hdr"}, read_file, write_bart},
          {"mrc", {".mrc", ".rawtlt"}, read_file, {}},
          {"envi", {".hdr", ".img", ".sli", ".dat"}, read_cube, write_envi},
          {"spectrum-text", {".txt", ".asc", ".emn"}, read_file, write_spectra},
          {"png", {".png"}, read_file, writes(".png")},
          {"jpeg", {".jpg", ".jpeg"}, read_file, {}},
          {"csv", {".csv", ".tsv"}, read_file, write_tables},
          {"dicom", {".dcm"}, read_file, {}},
          {"dicom-folder", {".dcm"}, read_folder, {}},
          {"geometry", {".json", ".xml"}, read_geometry_file, write_geometries}};
}

}  // namespace

const std::vector<Reader>& subjects() {
  static const std::vector<Reader> list = all();
  return list;
}

}  // namespace iso::test
