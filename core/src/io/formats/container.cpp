#include "io/array_impl.h"
#include "io/formats/estimate_impl.h"
#include "io/formats/hdf5_impl.h"
#include "io/handlers_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <cstring>
#include <utility>

/// Our own file: HDF5 with one data set of any kind, whole. Root attributes "isocenter" (layout version) and "kind";
/// arrays under their field names in the order of the memory (last axis of the file is fastest); complex numbers as
/// compounds of r and i.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 3> beams{"parallel", "fan", "cone"};
constexpr const char* first_layout = "1";   // the members that there were first
constexpr const char* second_layout = "2";  // with members that came later

template <class T>
Pixels pixels_from(const T* values, const Shape& shape, ScalarType type) {
  PixelBuffer buffer = PixelBuffer::allocate({shape, type});
  if (shape.count() > 0) std::memcpy(buffer.data(), values, buffer.spec().bytes());
  return buffer;
}
Pixels pixels_from(const std::vector<double>& values) {
  return pixels_from(values.data(), Shape{static_cast<std::int64_t>(values.size())}, ScalarType::f64);
}

template <class Numbers>
std::vector<double> doubles(const Numbers& numbers) {
  std::vector<double> out;
  out.reserve(std::size(numbers));
  for (const auto n : numbers) out.push_back(static_cast<double>(n));
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}
std::vector<std::string> to_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

bool in_nanometres(const Axis& axis) { return axis.step == 0 && axis.name == "wavelength" && axis.unit == "nm"; }

// Long texts do not fit an attribute of 64 kB.
void write_text(hid_t file, const std::string& name, const std::string& text) {
  h5::write_array(file, name, pixels_from(text.data(), Shape{static_cast<std::int64_t>(text.size())}, ScalarType::u8));
}
std::string read_text(hid_t file, const std::string& name) {
  if (!h5::has(file, name)) return {};
  const Pixels pixels = h5::read_array(file, name);
  const auto values = pixels.values<std::uint8_t>();
  return {values.begin(), values.end()};
}

std::vector<double> read_numbers(hid_t place, const std::string& name) {
  const Pixels pixels = h5::read_array(place, name).converted(ScalarType::f64);
  const auto values = pixels.values<double>();
  return {values.begin(), values.end()};
}

[[noreturn]] void refuse(const std::string& name) {
  throw Error{Errc::invalid_input, "the container holds no sound '" + name + "'", "the file is damaged"};
}

template <class Array>
void take(hid_t group, const std::string& name, Array& to) {
  const auto numbers = h5::number_attribute(group, name);
  if (numbers.size() != to.size()) refuse(name);
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (!(std::abs(numbers[i]) < 1e15)) refuse(name);
    to[i] = static_cast<typename Array::value_type>(numbers[i]);
  }
}

/// Writes a member by its type; each type has one form in the file.
struct Writer {
  hid_t file;

  template <class T>
  void operator()(const Member& member, const T& value) const {
    write(std::string{member.name}, value);
  }

 private:
  void write(const std::string& name, const Pixels& pixels) const {
    if (pixels.empty()) return;
    if (const auto slash = name.find('/'); slash != std::string::npos && !h5::has(file, name.substr(0, slash)))
      (void)h5::create_group(file, name.substr(0, slash));
    h5::write_array(file, name, pixels);
  }
  void write(const std::string& name, const VoxelGrid& grid) const {
    const h5::Id group = h5::create_group(file, name);
    h5::write_attribute(group, "size", doubles(grid.size));
    h5::write_attribute(group, "spacing_mm", doubles(grid.spacing_mm));
    h5::write_attribute(group, "origin_mm", doubles(grid.origin_mm));
    h5::write_attribute(group, "direction", doubles(grid.direction));
  }
  void write(const std::string& name, const ProjectionGeometry& geometry) const {
    const h5::Id group = h5::create_group(file, name);
    h5::write_attribute(group, "beam", std::string{beams[static_cast<std::size_t>(geometry.beam())]});
    h5::write_attribute(group, "detector", geometry.detector_shape() == DetectorShape::arc ? "arc" : "flat");
    h5::write_attribute(group, "elements", doubles(geometry.elements()));
    std::vector<double> numbers;
    for (const View& view : geometry.views())
      for (const Vec3* vector : {&view.source_mm, &view.detector_centre_mm, &view.u_step_mm, &view.v_step_mm})
        numbers.insert(numbers.end(), vector->begin(), vector->end());
    h5::write_array(
        group, "views",
        pixels_from(numbers.data(), Shape{12, static_cast<std::int64_t>(geometry.views().size())}, ScalarType::f64));
  }
  void write(const std::string& name, const Quantity& quantity) const {
    h5::write_attribute(file, name, to_string(quantity));
  }
  void write(const std::string& name, const Axis& axis) const {
    if (axis.empty()) return;
    if (name == "bands" && in_nanometres(axis)) return write("wavelengths_nm", pixels_from(axis.values));
    const h5::Id group = h5::create_group(file, name);
    h5::write_attribute(group, "name", axis.name);
    h5::write_attribute(group, "unit", axis.unit);
    if (axis.values.empty())
      h5::write_attribute(group, "first_and_step", std::vector<double>{axis.first, axis.step});
    else
      h5::write_array(group, "values", pixels_from(axis.values));
  }
  void write(const std::string& name, int number) const {
    h5::write_attribute(file, name, std::vector<double>{static_cast<double>(number)});
  }
  void write(const std::string& name, const std::vector<std::string>& texts) const {
    write_text(file, name, joined(texts));
  }
  void write(const std::string& name, const std::vector<std::vector<double>>& rows) const {
    const auto columns = rows.empty() ? std::int64_t{0} : static_cast<std::int64_t>(rows.front().size());
    std::vector<double> values;
    for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
    if (columns * static_cast<std::int64_t>(rows.size()) != static_cast<std::int64_t>(values.size()))
      throw Error{Errc::cannot_write, "the rows of the table have different lengths"};
    h5::write_array(
        file, name,
        pixels_from(values.data(), Shape{columns, static_cast<std::int64_t>(rows.size())}, ScalarType::f64));
  }
  void write(const std::string& name, const std::vector<TextColumn>& columns) const {
    if (columns.empty()) return;
    (void)h5::create_group(file, name);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::string text = columns[i].name + "\n";
      for (std::string value : columns[i].values) {
        std::ranges::replace(value, '\n', ' ');
        text += value + "\n";
      }
      write_text(file, name + "/" + std::to_string(i), text);
    }
  }
};

/// Reads a member by its type; one that the file lacks keeps its default, unless every data set of the kind has it.
struct Reader {
  hid_t file;

  template <class T>
  void operator()(const Member& member, T& value) const {
    read(std::string{member.name}, value, member.identity == Identity::always);
  }

 private:
  void read(const std::string& name, Pixels& pixels, bool needed) const {
    Metadata unused;
    if (needed || h5::has(file, name)) pixels = h5::read_or_outline(file, name, unused);
  }
  void read(const std::string& name, VoxelGrid& grid, bool) const {
    const h5::Id group = h5::open_group(file, name);
    take(group, "size", grid.size);
    take(group, "spacing_mm", grid.spacing_mm);
    take(group, "origin_mm", grid.origin_mm);
    take(group, "direction", grid.direction);
  }
  void read(const std::string& name, ProjectionGeometry& geometry, bool) const {
    const h5::Id group = h5::open_group(file, name);
    const auto beam = h5::text_attribute(group, "beam"), detector = h5::text_attribute(group, "detector");
    const auto known = std::ranges::find(beams, beam.value_or(""));
    if (known == beams.end()) refuse("beam");
    std::array<std::int64_t, 2> elements{};
    take(group, "elements", elements);
    const Pixels pixels = h5::read_array(group, "views").converted(ScalarType::f64);
    if (pixels.spec().shape[0] != 12)
      throw Error{Errc::invalid_input, "the views of the container are not 12 numbers each"};
    std::vector<View> views(static_cast<std::size_t>(pixels.spec().shape[1]));
    auto number = pixels.values<double>().begin();
    for (View& view : views)
      for (Vec3* vector : {&view.source_mm, &view.detector_centre_mm, &view.u_step_mm, &view.v_step_mm})
        for (double& component : *vector) component = *number++;
    geometry = {static_cast<Beam>(known - beams.begin()), detector == "arc" ? DetectorShape::arc : DetectorShape::flat,
                elements, std::move(views)};
  }
  void read(const std::string& name, Quantity& quantity, bool) const {
    quantity = quantity_from_string(h5::text_attribute(file, name).value_or(""));
  }
  void read(const std::string& name, Axis& axis, bool) const {
    if (name == "bands" && h5::has(file, "wavelengths_nm")) {
      axis = {"wavelength", "nm", read_numbers(file, "wavelengths_nm")};
      return;
    }
    if (!h5::has(file, name)) return;
    const h5::Id group = h5::open_group(file, name);
    axis = {h5::text_attribute(group, "name").value_or(""), h5::text_attribute(group, "unit").value_or("")};
    if (h5::has(group, "values")) {
      axis.values = read_numbers(group, "values");
    } else {
      std::array<double, 2> numbers{};
      take(group, "first_and_step", numbers);
      axis.first = numbers[0];
      axis.step = numbers[1];
    }
  }
  void read(const std::string& name, int& number, bool) const {
    const auto numbers = h5::number_attribute(file, name);
    if (numbers.empty()) return;
    if (numbers.size() != 1 || !(std::abs(numbers[0]) < 1e6)) refuse(name);
    number = static_cast<int>(numbers[0]);
  }
  void read(const std::string& name, std::vector<std::string>& texts, bool) const {
    texts = to_lines(read_text(file, name));
  }
  void read(const std::string& name, std::vector<std::vector<double>>& rows, bool) const {
    const Pixels pixels = h5::read_array(file, name).converted(ScalarType::f64);
    const auto columns = static_cast<std::size_t>(pixels.spec().shape[0]);
    const auto values = pixels.values<double>();
    for (std::size_t at = 0; at + columns <= values.size() && columns > 0; at += columns) {
      rows.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(at),
                        values.begin() + static_cast<std::ptrdiff_t>(at + columns));
    }
  }
  void read(const std::string& name, std::vector<TextColumn>& columns, bool) const {
    if (!h5::has(file, name)) return;
    const h5::Id group = h5::open_group(file, name);
    for (std::size_t i = 0; h5::has(group, std::to_string(i)); ++i) {
      auto lines = to_lines(read_text(group, std::to_string(i)));
      if (lines.empty()) refuse(name);
      columns.push_back({lines.front(), {lines.begin() + 1, lines.end()}});
    }
  }
};

/// The first layout where nothing is set that came later.
const char* layout_for(const Dataset& data) {
  bool later = false;
  visit_members_and_defaults(data, [&]<class T>(const Member& member, const T& value, const T& unset) {
    if constexpr (std::is_same_v<T, Pixels>)
      later = later || (member.layout > 1 && !value.empty());
    else if constexpr (std::is_same_v<T, Axis>)
      later = later || (!value.empty() && !(member.name == "bands" && in_nanometres(value)));
    else
      later = later || (member.layout > 1 && !(value == unset));
  });
  return later ? second_layout : first_layout;
}

/// The lists of a trajectory were without axes once.
void shape_lists(Dataset& data) {
  auto* const scan = std::get_if<KSpace>(&data);
  if (scan == nullptr) return;
  const Shape& shape = scan->samples.spec().shape;
  const auto shaped = [](Pixels& list, const Shape& wanted) {
    if (list.spec().shape.rank() < wanted.rank() && list.spec().shape.count() == wanted.count())
      list = list.reshaped(wanted);
  };
  shaped(scan->trajectory.cartesian_mask, Shape{shape[1], shape[2], shape[4]});
  shaped(scan->trajectory.coordinates, Shape{3, shape[0], shape[1]});
  shaped(scan->trajectory.density_compensation, Shape{shape[0], shape[1]});
}

class Container final : public Handler, public SaysEstimate {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    return h5::holds(file, [](hid_t in) { return h5::text_attribute(in, "isocenter").has_value(); });
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const h5::Quiet quiet;
    const h5::Id in = h5::open_file(file);
    const auto version = h5::text_attribute(in, "isocenter"), kind = h5::text_attribute(in, "kind");
    if (version != first_layout && version != second_layout) {
      throw Error{
          Errc::unsupported,
          "'" + file.string() + "' has layout " + version.value_or("unknown") + ", this program reads layouts 1 and 2",
          "read it with the version that wrote it"};
    }
    const auto kinds = all_kinds();
    const auto known = std::ranges::find_if(kinds, [&](Kind k) { return kind == std::string{to_string(k)}; });
    if (known == kinds.end())
      throw Error{Errc::invalid_input,
                  "the container holds data of the kind '" + kind.value_or("") + "', which is not known"};
    Dataset data = iso::make_dataset(*known);
    visit_members(data, Reader{in});
    shape_lists(data);
    check_members(data);
    for (const auto& line : to_lines(read_text(in, "meta"))) {
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
    h5::Id out = h5::create_file(file, to_pixels(data) ? to_pixels(data)->spec().bytes() : 0);
    h5::write_attribute(out, "isocenter", layout_for(data));
    h5::write_attribute(out, "kind", std::string{to_string(to_kind(data))});
    visit_members(data, Writer{out});
    std::string meta;
    for (const auto& [name, value] : metadata(data)) {
      std::string line = name + "\t" + value;
      std::ranges::replace(line, '\n', ' ');
      meta += line + "\n";
    }
    write_text(out, "meta", meta);
    h5::finish(std::move(out));
  }

 private:
  const std::vector<Kind> every_{all_kinds().begin(), all_kinds().end()};
  Format format_{"Isocenter HDF5", {".h5", ".hdf5"}, every_, every_, {}, "Everything of every kind of data is kept."};
};

}  // namespace

void add_container(Handlers& to) { to.push_back(std::make_unique<Container>()); }

}  // namespace iso::io::detail
