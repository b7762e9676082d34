#include "array_impl.h"
#include "handlers_impl.h"
#include "hdf5_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <cstring>

/// Our own file: HDF5 with one data set of any kind, whole. Root attributes "isocenter" (layout version) and "kind";
/// arrays under their field names in the order of the memory (last axis of the file is fastest); complex numbers as
/// compounds of r and i.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr const char* layout = "1";

template <class T>
PixelBlock block_of(const T* values, const Shape& shape, ScalarType type) {
  PixelBlock block = PixelBlock::allocate({shape, type});
  if (shape.count() > 0) std::memcpy(block.mutable_data(), values, block.spec().bytes());
  return block;
}

template <class Numbers>
std::vector<double> doubles(const Numbers& numbers) {
  std::vector<double> out;
  for (const auto n : numbers) out.push_back(static_cast<double>(n));
  return out;
}

void write_grid(hid_t file, const VoxelGrid& grid) {
  const h5::Id group = h5::create_group(file, "grid");
  h5::write_attribute(group, "size", doubles(grid.size));
  h5::write_attribute(group, "spacing_mm", doubles(grid.spacing_mm));
  h5::write_attribute(group, "origin_mm", doubles(grid.origin_mm));
  h5::write_attribute(group, "direction", doubles(grid.direction));
}

template <class Array>
void take(hid_t group, const std::string& name, Array& to) {
  const auto numbers = h5::number_attribute(group, name);
  if (numbers.size() != to.size())
    throw Error{Errc::invalid_input, "the container holds no sound '" + name + "'", "the file is damaged"};
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (!(std::abs(numbers[i]) < 1e15))
      throw Error{Errc::invalid_input, "the container holds no sound '" + name + "'", "the file is damaged"};
    to[i] = static_cast<typename Array::value_type>(numbers[i]);
  }
}

VoxelGrid read_grid(hid_t file) {
  const h5::Id group = h5::open_group(file, "grid");
  VoxelGrid grid;
  take(group, "size", grid.size);
  take(group, "spacing_mm", grid.spacing_mm);
  take(group, "origin_mm", grid.origin_mm);
  take(group, "direction", grid.direction);
  return grid;
}

void write_geometry_group(hid_t file, const ProjectionGeometry& geometry) {
  constexpr std::array<const char*, 3> beams{"parallel", "fan", "cone"};
  const h5::Id group = h5::create_group(file, "geometry");
  h5::write_attribute(group, "beam", beams[static_cast<std::size_t>(geometry.beam())]);
  h5::write_attribute(group, "detector", geometry.detector_shape() == DetectorShape::arc ? "arc" : "flat");
  h5::write_attribute(group, "elements", doubles(geometry.elements()));
  std::vector<double> numbers;
  for (const View& view : geometry.views())
    for (const Vec3* vector : {&view.source_mm, &view.detector_centre_mm, &view.u_step_mm, &view.v_step_mm})
      numbers.insert(numbers.end(), vector->begin(), vector->end());
  h5::write_array(
      group, "views",
      block_of(numbers.data(), Shape{12, static_cast<std::int64_t>(geometry.views().size())}, ScalarType::f64));
}

ProjectionGeometry read_geometry_group(hid_t file) {
  const h5::Id group = h5::open_group(file, "geometry");
  const auto beam = h5::text_attribute(group, "beam"), detector = h5::text_attribute(group, "detector");
  if (beam != "parallel" && beam != "fan" && beam != "cone")
    throw Error{Errc::invalid_input, "the container holds no sound 'beam'"};
  std::array<std::int64_t, 2> elements{};
  take(group, "elements", elements);
  const PixelBlock block = h5::read_array(group, "views").converted(ScalarType::f64);
  if (block.spec().shape[0] != 12)
    throw Error{Errc::invalid_input, "the views of the container are not 12 numbers each"};
  std::vector<View> views(static_cast<std::size_t>(block.spec().shape[1]));
  auto number = block.values<double>().begin();
  for (View& view : views)
    for (Vec3* vector : {&view.source_mm, &view.detector_centre_mm, &view.u_step_mm, &view.v_step_mm})
      for (double& component : *vector) component = *number++;
  return {beam == "parallel" ? Beam::parallel
          : beam == "fan"    ? Beam::fan
                             : Beam::cone,
          detector == "arc" ? DetectorShape::arc : DetectorShape::flat, elements, std::move(views)};
}

void write_trajectory(hid_t file, const Trajectory& t) {
  const h5::Id group = h5::create_group(file, "trajectory");
  const auto count = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
  if (!t.cartesian_mask.empty())
    h5::write_array(group, "mask", block_of(t.cartesian_mask.data(), Shape{count(t.cartesian_mask)}, ScalarType::u8));
  if (!t.coordinates.empty())
    h5::write_array(group, "coordinates",
                    block_of(t.coordinates.data(), Shape{3, count(t.coordinates)}, ScalarType::f32));
  if (!t.density_compensation.empty())
    h5::write_array(group, "density",
                    block_of(t.density_compensation.data(), Shape{count(t.density_compensation)}, ScalarType::f32));
}

Trajectory read_trajectory(hid_t file) {
  const h5::Id group = h5::open_group(file, "trajectory");
  Trajectory t;
  if (h5::has(group, "mask")) {
    const PixelBlock block = h5::read_array(group, "mask");
    const auto values = block.values<std::uint8_t>();
    t.cartesian_mask.assign(values.begin(), values.end());
  }
  if (h5::has(group, "coordinates")) {
    const PixelBlock block = h5::read_array(group, "coordinates");
    if (block.spec().shape[0] != 3)
      throw Error{Errc::invalid_input, "the coordinates of the container are not 3 numbers each"};
    const auto values = block.values<float>();
    t.coordinates.resize(values.size() / 3);
    for (std::size_t i = 0; i < values.size(); ++i) t.coordinates[i / 3][i % 3] = values[i];
  }
  if (h5::has(group, "density")) {
    const PixelBlock block = h5::read_array(group, "density");
    const auto values = block.values<float>();
    t.density_compensation.assign(values.begin(), values.end());
  }
  return t;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// Long texts do not fit an attribute of 64 kB.
void write_text(hid_t file, const std::string& name, const std::string& text) {
  h5::write_array(file, name, block_of(text.data(), Shape{static_cast<std::int64_t>(text.size())}, ScalarType::u8));
}
std::string read_text(hid_t file, const std::string& name) {
  if (!h5::has(file, name)) return {};
  const PixelBlock block = h5::read_array(file, name);
  const auto values = block.values<std::uint8_t>();
  return {values.begin(), values.end()};
}

struct Writer {
  hid_t file;
  void operator()(const Volume& d) const {
    h5::write_array(file, "pixels", d.pixels);
    write_grid(file, d.grid);
    h5::write_attribute(file, "quantity", std::string{to_string(d.quantity)});
  }
  void operator()(const LabelMap& d) const {
    h5::write_array(file, "pixels", d.labels);
    write_grid(file, d.grid);
    write_text(file, "names", joined(d.names));
  }
  void operator()(const Sinogram& d) const {
    h5::write_array(file, "pixels", d.readings);
    write_geometry_group(file, d.geometry);
  }
  void operator()(const KSpace& d) const {
    h5::write_array(file, "pixels", d.samples);
    write_grid(file, d.grid);
    write_trajectory(file, d.trajectory);
    if (d.coil_sensitivities) h5::write_array(file, "coil_sensitivities", *d.coil_sensitivities);
  }
  void operator()(const SpectralCube& d) const {
    h5::write_array(file, "pixels", d.pixels);
    if (!d.wavelengths_nm.empty())
      h5::write_array(file, "wavelengths_nm",
                      block_of(d.wavelengths_nm.data(), Shape{static_cast<std::int64_t>(d.wavelengths_nm.size())},
                               ScalarType::f64));
  }
  void operator()(const Table& d) const {
    std::vector<double> values;
    for (const auto& row : d.values) values.insert(values.end(), row.begin(), row.end());
    const auto columns = static_cast<std::int64_t>(d.columns.size());
    h5::write_array(
        file, "values",
        block_of(values.data(), Shape{columns, columns == 0 ? 0 : static_cast<std::int64_t>(values.size()) / columns},
                 ScalarType::f64));
    write_text(file, "columns", joined(d.columns));
  }
};

Table read_table(hid_t file) {
  Table table;
  table.columns = lines_of(read_text(file, "columns"));
  const PixelBlock block = h5::read_array(file, "values").converted(ScalarType::f64);
  const auto columns = static_cast<std::size_t>(block.spec().shape[0]);
  if (columns != table.columns.size())
    throw Error{Errc::invalid_input, "the table of the container has " + std::to_string(columns) + " columns and " +
                                         std::to_string(table.columns.size()) + " names"};
  const auto values = block.values<double>();
  for (std::size_t at = 0; at + columns <= values.size() && columns > 0; at += columns) {
    table.values.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(at),
                              values.begin() + static_cast<std::ptrdiff_t>(at + columns));
  }
  return table;
}

VoxelGrid fitting_grid(hid_t file, const Shape& shape) {
  const VoxelGrid grid = read_grid(file);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (grid.size[axis] != shape[axis]) {
      throw Error{Errc::invalid_input, "the grid of the container has " + std::to_string(grid.size[axis]) +
                                           " voxels on axis " + std::to_string(axis) + ", the pixels have " +
                                           std::to_string(shape[axis])};
    }
  }
  return grid;
}

Dataset read_kind(hid_t file, Kind kind) {
  if (kind == Kind::table) return read_table(file);
  const PixelBlock pixels = h5::read_array(file, "pixels");
  switch (kind) {
    case Kind::volume:
      return Volume{pixels,
                    fitting_grid(file, pixels.spec().shape),
                    quantity_from_string(h5::text_attribute(file, "quantity").value_or("")),
                    {}};
    case Kind::label_map:
      if (pixels.spec().type != ScalarType::u8 && pixels.spec().type != ScalarType::u16)
        throw Error{Errc::invalid_input, "the labels of the container are not u8 or u16"};
      return LabelMap{pixels, fitting_grid(file, pixels.spec().shape), lines_of(read_text(file, "names")), {}};
    case Kind::sinogram: return Sinogram{pixels, read_geometry_group(file), {}};
    case Kind::k_space: {
      KSpace data{pixels, read_trajectory(file), read_grid(file), std::nullopt, {}};
      if (pixels.spec().type != ScalarType::c64)
        throw Error{Errc::invalid_input, "the samples of the container are not c64"};
      if (h5::has(file, "coil_sensitivities")) data.coil_sensitivities = h5::read_array(file, "coil_sensitivities");
      return data;
    }
    default: break;
  }
  SpectralCube cube{pixels, {}, {}};
  if (h5::has(file, "wavelengths_nm")) {
    const PixelBlock block = h5::read_array(file, "wavelengths_nm").converted(ScalarType::f64);
    const auto values = block.values<double>();
    cube.wavelengths_nm.assign(values.begin(), values.end());
  }
  return cube;
}

class Container final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    if (!h5::looks_like_hdf5(file)) return false;
    const h5::Quiet quiet;
    try {
      const h5::Id in = h5::open_file(file);
      return h5::text_attribute(in, "isocenter").has_value();
    } catch (const Error&) {
      return false;
    }
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const h5::Quiet quiet;
    const h5::Id in = h5::open_file(file);
    const auto version = h5::text_attribute(in, "isocenter"), kind = h5::text_attribute(in, "kind");
    if (version != layout) {
      throw Error{
          Errc::unsupported,
          "'" + file.string() + "' has layout " + version.value_or("unknown") + ", this program reads layout " + layout,
          "read it with the version that wrote it"};
    }
    constexpr std::array<Kind, 6> kinds{Kind::volume,  Kind::label_map,     Kind::sinogram,
                                        Kind::k_space, Kind::spectral_cube, Kind::table};
    const auto known = std::ranges::find_if(kinds, [&](Kind k) { return kind == std::string{to_string(k)}; });
    if (known == kinds.end())
      throw Error{Errc::invalid_input,
                  "the container holds data of the kind '" + kind.value_or("") + "', which is not known"};
    Dataset data = read_kind(in, *known);
    for (const auto& line : lines_of(read_text(in, "meta"))) {
      if (const auto at = line.find('\t'); at != std::string::npos)
        metadata(data)[line.substr(0, at)] = line.substr(at + 1);
    }
    if (!options.geometry.empty())
      throw Error{Errc::invalid_input, "'" + file.string() + "' has its own geometry, another one was given",
                  "leave --geometry out"};
    return data;
  }
  void write(const fs::path& file, const Dataset& data) const override {
    const h5::Quiet quiet;
    const h5::Id out = h5::create_file(file, pixels_of(data) ? pixels_of(data)->spec().bytes() : 0);
    h5::write_attribute(out, "isocenter", layout);
    h5::write_attribute(out, "kind", std::string{to_string(kind_of(data))});
    std::visit(Writer{out}, data);
    std::string meta;
    for (const auto& [name, value] : metadata(data)) {
      std::string line = name + "\t" + value;
      std::ranges::replace(line, '\n', ' ');
      meta += line + "\n";
    }
    write_text(out, "meta", meta);
    h5::finish(out);
  }

 private:
  const std::vector<Kind> every_{Kind::volume,  Kind::label_map,     Kind::sinogram,
                                 Kind::k_space, Kind::spectral_cube, Kind::table};
  Format format_{"Isocenter HDF5", {".h5", ".hdf5"}, every_, every_, {}, "Everything of every kind of data is kept."};
};

}  // namespace

void add_container(Handlers& to) { to.push_back(std::make_unique<Container>()); }

}  // namespace iso::io::detail
