#include "io/array_impl.h"
#include "io/formats/payload_impl.h"
#include "io/handlers_impl.h"
#include "io/k_space_parts_impl.h"
#include "io/kept_arrays_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>

/// BART's pair of a .hdr with sixteen dimensions and a .cfl of single-precision complex numbers, first axis fastest. BART's
/// axes are readout, phase 1, phase 2, coil, map, ..., and time at 10; of samples on a trajectory 1, readout, spoke, coil, ..., the
/// trajectory being a pair of its own of 3, readout, spoke in cycles per field of view.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t coil_axis = 3, time_axis = 10;
constexpr std::string_view first_line = "# Dimensions";  // of the header; .hdr is a name of NIfTI and ENVI, too

fs::path with(fs::path file, const char* extension) { return file.replace_extension(extension); }

std::vector<std::int64_t> to_dimensions(const fs::path& header) {
  std::error_code problem;
  if (!fs::exists(header, problem))
    throw Error{Errc::cannot_read, "there is no file '" + header.string() + "', which says the dimensions",
                "keep the .hdr beside the .cfl"};
  std::istringstream lines{first_bytes(header, 1 << 16)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream numbers{line};
    std::vector<std::int64_t> dims;
    for (std::string word; numbers >> word;) {
      const auto value = to_number(word);
      if (!value || *value < 1 || *value > 1e12 || *value != static_cast<double>(static_cast<std::int64_t>(*value))) {
        throw Error{Errc::invalid_input,
                    "the header '" + header.filename().string() + "' gives a dimension as '" + word + "'"};
      }
      dims.push_back(static_cast<std::int64_t>(*value));
    }
    if (dims.empty()) break;
    while (dims.size() > 16 && dims.back() == 1) dims.pop_back();
    if (dims.size() > 16)
      not_supported("the header '" + header.filename().string() + "' gives " + std::to_string(dims.size()) +
                        " dimensions, BART has 16",
                    "take a part of it with bart slice");
    dims.resize(16, 1);
    return dims;
  }
  throw Error{Errc::invalid_input, "the header '" + header.filename().string() + "' says no dimensions"};
}

/// Samples on a trajectory have their single element first: `free`.
RawArray make_array(const fs::path& file, bool k_space, bool free = false) {
  const fs::path data = with(file, ".cfl");
  std::error_code problem;
  if (!fs::exists(data, problem))
    throw Error{Errc::cannot_read,
                "there is no file '" + data.filename().string() + "', which holds the numbers of '" +
                    file.filename().string() + "'",
                "keep the .cfl beside the .hdr"};
  const auto dims = to_dimensions(with(file, ".hdr"));
  RawArray array;
  std::vector<std::int64_t> extents;
  std::vector<std::string> names;
  static const std::vector<std::string> on_grid{"readout", "phase", "partition", "coil"},
      on_trajectory{"partition", "readout", "phase", "coil"};
  const auto& axes = free ? on_trajectory : on_grid;
  for (std::size_t axis = 0; axis < 16; ++axis) {
    const bool named = k_space && (axis < axes.size() || axis == time_axis);
    if (!named && dims[axis] == 1 && (k_space || axis > 2)) continue;
    if (k_space && !named) {
      throw Error{Errc::unsupported,
                  "BART's axis " + std::to_string(axis) + " has " + std::to_string(dims[axis]) +
                      " elements, k-space here has readout, phase, partition, coil and time (10)",
                  "take one of them with bart slice"};
    }
    extents.push_back(dims[axis]);
    names.push_back(axis == time_axis ? "frame" : axis < axes.size() ? axes[axis] : "");
  }
  if (extents.size() > Shape::max_rank)
    throw Error{Errc::unsupported,
                "the array has " + std::to_string(extents.size()) + " axes, at most 6 are supported"};
  if (k_space)
    for (const auto& name : names) array.axes += (array.axes.empty() ? "" : ",") + name;
  const ArraySpec spec{Shape{std::span<const std::int64_t>{extents}}, ScalarType::c64};
  const std::size_t size = size_of_file(data);
  check_plausible(spec, size, false);
  if (size != spec.bytes())
    throw Error{size < spec.bytes() ? Errc::cannot_read : Errc::invalid_input,
                "the header says " + std::to_string(spec.bytes()) + " bytes, '" + data.filename().string() + "' has " +
                    std::to_string(size),
                "check that both files are complete and belong together"};
  array.pixels = load(*open_bytes(data, 0, Packing::none), {FileType::c64, false, extents}, array.meta);
  return array;
}

/// BART counts trajectories in cycles per field of view.
ReadOptions with_unit_of_bart(ReadOptions options) {
  const bool from_bart = has_extension(find_hint(options, "trajectory"), ".cfl");
  if (from_bart && find_hint(options, "trajectory_unit").empty()) options.hints["trajectory_unit"] = "cycles_per_fov";
  return options;
}

class Bart final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    std::error_code problem;
    if (has_extension(file, ".cfl")) return fs::exists(with(file, ".hdr"), problem);
    return has_extension(file, ".hdr") && first_bytes(file, first_line.size()) == first_line;
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    // Axes that are named are those of the array without its axes of one element.
    const bool k_space = find_hint(options, "axes").empty() &&
                         (options.expected ? *options.expected == Kind::k_space : tells_of_k_space(options));
    const bool free = !find_hint(options, "trajectory").empty();
    const std::string which = !k_space ? "" : free ? "k_space on a trajectory" : "k_space";
    return make_dataset(kept_array(*this, file, which, [&] { return make_array(file, k_space, free); }),
                        with_unit_of_bart(options), [](const fs::path& other) { return make_array(other, false); });
  }
  [[nodiscard]] std::vector<ArrayInfo> arrays(const fs::path& file) const override {
    const HeadersOnly headers;
    return make_array_list(make_array(file, false).pixels);
  }
  void write(const fs::path& file, const Dataset& data) const override {
    const Pixels& block = *to_pixels(data);
    std::vector<std::int64_t> dims(16, 1);
    const Shape& shape = block.spec().shape;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
      const bool k_space = to_kind(data) == Kind::k_space;
      const std::size_t to = axis < 3 || (k_space && axis == coil_axis) ? axis : time_axis;
      if (axis > (k_space ? 4u : 3u)) throw Error{Errc::cannot_write, "the array has too many axes for BART"};
      dims[to] = shape[axis];
    }
    std::ofstream header{with(file, ".hdr")};
    header << first_line << "\n";
    for (const auto n : dims) header << n << " ";
    header << "\n";
    header.close();
    std::ofstream out{with(file, ".cfl"), std::ios::binary};
    write_complex(out, block);
    out.close();
    if (!header || !out)
      throw Error{Errc::cannot_write, "'" + file.string() + "' could not be written completely",
                  "free some space or write to another disk"};
  }
  [[nodiscard]] std::vector<fs::path> companions(const fs::path& file) const override {
    return {with(file, has_extension(file, ".hdr") ? ".cfl" : ".hdr")};
  }

 private:
  // Double precision is rounded, with a word; what single precision cannot hold is refused.
  static std::complex<float> single(std::complex<double> z, const double most = std::numeric_limits<float>::max()) {
    if (std::abs(z.real()) > most || std::abs(z.imag()) > most)
      throw Error{Errc::cannot_write,
                  "a value of " + short_number(std::abs(z)) + " does not fit the single precision of BART",
                  "write .npy or .h5"};
    return std::complex<float>(z);
  }
  static void write_complex(std::ofstream& out, const Pixels& block) {
    if (block.spec().type == ScalarType::c64) {
      out.write(reinterpret_cast<const char*>(block.data()), static_cast<std::streamsize>(block.spec().bytes()));
      return;
    }
    std::vector<std::complex<float>> line;
    const auto put = [&](std::complex<float> z) {
      line.push_back(z);
      if (line.size() < 65536) return;
      out.write(reinterpret_cast<const char*>(line.data()), static_cast<std::streamsize>(line.size() * sizeof z));
      line.clear();
    };
    if (block.spec().type == ScalarType::c128) {
      warn("BART holds single precision: the values are rounded");
      for (const auto z : block.values<std::complex<double>>()) put(single(z));
    } else {
      if (block.spec().type == ScalarType::f64 || block.spec().type == ScalarType::i32)
        warn("BART holds single precision: the values are rounded");
      const Pixels real = block.converted(ScalarType::f64);
      for (const double x : real.values<double>()) put(single({x, 0}));
    }
    out.write(reinterpret_cast<const char*>(line.data()),
              static_cast<std::streamsize>(line.size() * sizeof(std::complex<float>)));
  }
  Format format_{"BART",
                 {".cfl", ".hdr"},
                 {Kind::volume, Kind::k_space},
                 {Kind::volume, Kind::k_space},
                 array_hints(),
                 "Complex single precision; grid, trajectory, quantity and metadata are lost."};
};

}  // namespace

void add_bart(Handlers& to) { to.push_back(std::make_unique<Bart>()); }

}  // namespace iso::io::detail
