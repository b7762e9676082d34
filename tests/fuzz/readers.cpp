#include "readers.h"

#include "iso/base/error.h"
#include "iso/data/dataset.h"
#include "iso/io/geometry_file.h"
#include "iso/io/registry.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace iso::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_seed_bytes = std::size_t{1} << 16;

ProjectionGeometry small_scan() {
  const std::vector<double> angles{0, 0.1, 0.2};
  CircularScan scan;
  scan.source_to_axis_mm = 100;
  scan.source_to_detector_mm = 200;
  scan.elements = {5, 4};
  return ProjectionGeometry::circular(angles, scan);
}

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
          {"hdf5", {".h5"}, read_file, write_kinds},
          {"numpy", {".npy", ".npz"}, read_file, writes(".npy")},
          {"matlab", {".mat"}, read_file, {}},
          {"bart", {".cfl", ".hdr"}, read_file, write_bart},
          {"mrc", {".mrc", ".rawtlt"}, read_file, {}},
          {"csv", {".csv", ".tsv"}, read_file, write_tables},
          {"dicom", {".dcm"}, read_file, {}},
          {"dicom-folder", {".dcm"}, read_folder, {}},
          {"geometry", {".json", ".xml"}, read_geometry_file, write_geometries}};
}

bool has_extension(const fs::path& file, const std::vector<std::string>& extensions) {
  const std::string name = file.filename().string();
  return std::ranges::any_of(extensions, [&](const std::string& e) { return name.ends_with(e); });
}

std::string inflated(const std::string& packed) {
  z_stream stream{};
  if (inflateInit2(&stream, 32 + MAX_WBITS) != Z_OK) throw std::bad_alloc{};
  std::string out(most_seed_bytes * 16, '\0'), from = packed;
  stream.next_in = reinterpret_cast<Bytef*>(from.data());
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  (void)inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

/// A file of a series, which has a folder of its own.
bool is_slice(const fs::path& file) { return file.extension() == ".dcm" && file.parent_path().filename() != "dicom"; }

/// Every seed gets a folder of its own with the files that its name begins like: what a header may name.
void add(const fs::path& file, const fs::path& folder, std::vector<Seed>& seeds) {
  std::error_code problem;
  if (fs::file_size(file, problem) > most_seed_bytes || problem) return;
  const fs::path own = folder / std::to_string(seeds.size());
  fs::create_directories(own);
  const std::string start = file.stem().string().substr(0, 6);
  for (const auto& entry : fs::directory_iterator{file.parent_path()}) {
    const fs::path& other = entry.path();
    if (entry.is_regular_file() && other.extension() != ".expected" &&
        (other.filename().string().starts_with(start) || is_slice(file)) && fs::file_size(other) <= most_seed_bytes)
      fs::copy_file(other, own / other.filename(), fs::copy_options::skip_existing);
  }
  fs::permissions(own / file.filename(), fs::perms::owner_write, fs::perm_options::add);
  if (!is_slice(file)) io::write_geometry(own / "scan.json", small_scan(), true);
  const std::string bytes = bytes_of_file(file);
  seeds.push_back({own / file.filename(), bytes, false});
  if (file.extension() == ".gz") seeds.push_back({own / file.filename(), inflated(bytes), true});
}

}  // namespace

const std::vector<Reader>& readers() {
  static const std::vector<Reader> list = all();
  return list;
}

std::vector<Seed> make_seeds(const Reader& reader, const fs::path& folder) {
  std::vector<fs::path> places;
  for (const char* const name : {"readers", "odd", "differential", "dicom", "mrc", "containers"})
    places.push_back(fs::path{ISO_SOURCE_DIR} / "tests" / "data" / name);
  if (reader.write) {
    places.push_back(folder / "written");
    fs::create_directories(places.back());
    reader.write(places.back());
  }
  std::vector<fs::path> files;
  std::error_code problem;
  for (const fs::path& place : places)
    for (const auto& entry : fs::recursive_directory_iterator{place, problem})
      if (entry.is_regular_file() && has_extension(entry.path(), reader.extensions) &&
          (reader.name != "dicom-folder" || is_slice(entry.path())))
        files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<Seed> seeds;
  for (const fs::path& file : files) add(file, folder, seeds);
  return seeds;
}

std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc{};
  std::string from = bytes, out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(from.data());
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  (void)deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string bytes_of_file(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void put(const fs::path& file, std::string_view bytes) { std::ofstream{file, std::ios::binary} << bytes; }

}  // namespace iso::test
