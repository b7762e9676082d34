#include "io/formats/nrrd_header_impl.h"
#include "io/formats/nrrd_segments_impl.h"
#include "io/handlers_impl.h"

#include <algorithm>
#include <charconv>
#include <cmath>

/// NRRD, by the definition of its file format (teem.sourceforge.net/nrrd/format.html): NRRD0001 to NRRD0005, attached and
/// detached, raw, gzip, bzip2 and text.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

using namespace nrrd;

class Nrrd final : public ImageHandler, public SaysEstimate {
 public:
  Nrrd()
      : ImageHandler{{"NRRD",
                      {".nrrd", ".nhdr"},
                      image_reads,
                      image_writes,
                      array_hints({}, {layer_hint()}),
                      "Volumes of two to four axes, real or complex, with grid, time step, quantity and whether a "
                      "network estimated it; other metadata are lost. Labels keep names and colours as 3D Slicer "
                      "writes them (.seg.nrrd). A header apart from its data is read only."}} {}
  [[nodiscard]] bool recognises(const fs::path& file) const override { return first_bytes(file, 4) == "NRRD"; }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const auto layer = find_layer(options);
    const std::string which = layer ? "layer " + std::to_string(*layer) : std::string{};
    return make_dataset(kept_array(*this, file, which, [&] { return make_array(file, layer); }), options,
                        [this](const fs::path& other) { return make_array(other); });
  }
  [[nodiscard]] RawArray make_array(const fs::path& file) const override { return make_array(file, std::nullopt); }
  [[nodiscard]] std::vector<fs::path> sources(const fs::path& file) const override {
    const Header header{first_bytes(file, most_header)};
    const std::string named = header.field("datafile");
    return named.empty() ? std::vector<fs::path>{} : data_files(file, header, named, header.stored().extents);
  }
  void write(const fs::path& file, const Dataset& data) const override {
    if (has_extension(file, ".nhdr"))
      throw Error{Errc::cannot_write,
                  "'" + file.string() + "' cannot be written: a header apart from its data is read only",
                  "write .nrrd"};
    const ImageToWrite image = image_to_write(data);
    write_plain(file, make_header(image), *image.pixels);
  }

 private:
  [[nodiscard]] static RawArray make_array(const fs::path& file, std::optional<std::size_t> layer) {
    const Header header{first_bytes(file, most_header)};
    RawArray array;
    const auto layout = header.layout();
    array.grid = header.grid(layout, array.meta);
    if (const auto step = header.time_step_s(layout)) array.meta[time_step_key] = exact(*step);
    array.pixels = arranged(to_pixels(file, header, array.meta), layout, array.meta);
    if (header.holds_vectors())
      assume(array.meta, "components of vectors as stored, neither turned to LPS nor scaled by units");
    if (const auto name = header.text().keys.find(quantity_key); name != header.text().keys.end())
      array.quantity = quantity_from_string(name->second);
    if (const auto said = header.field("content"); said.starts_with(estimate_start)) array.meta[estimate_key] = said;
    read_segments(header.text().keys, layout, layer, array);
    return array;
  }
  static Pixels to_pixels(const fs::path& file, const Header& header, Metadata& meta) {
    const Stored stored = header.stored();
    const std::string& encoding = header.encoding();
    const bool text = encoding == "text" || encoding == "ascii" || encoding == "txt";
    Packing packing = Packing::none;
    if (encoding == "gzip" || encoding == "gz")
      packing = Packing::deflate;
    else if (encoding == "bzip2" || encoding == "bz2")
      packing = Packing::bzip2;
    else if (encoding != "raw" && !text)
      not_supported("the pixels are in the encoding '" + encoding.substr(0, 20) + "'", "save them raw or as gzip");
    const std::int64_t lines = header.whole_or("lineskip", 0, 0), bytes = header.whole_or("byteskip", 0, -1);
    if (bytes == -1 && (packing != Packing::none || text))
      throw Error{Errc::invalid_input,
                  "the NRRD header skips to the end of pixels that are packed or text (byte skip -1)",
                  "give the number of bytes to skip"};
    const std::string named = header.field("datafile");
    if (named.empty()) {
      std::uint64_t place = lines > 0 ? behind_lines(file, header.text().bytes, lines) : header.text().bytes;
      if (bytes == -1)  // the pixels are the end of the file
        place = std::max<std::uint64_t>(place, size_of_file(file) - std::min(size_of_file(file), bytes_in(stored)));
      Bytes from = open_bytes(file, place, packing);
      if (bytes > 0) skip_bytes(*from, static_cast<std::size_t>(bytes));
      return text ? load_text(*from, stored, meta) : load(*from, stored, meta);
    }
    const auto files = data_files(file, header, named, stored.extents);
    const auto begin = [&](const fs::path& part) -> std::uint64_t {
      std::uint64_t place = 0;
      if (lines > 0) place = behind_lines(part, 0, lines);
      if (bytes > 0 && packing == Packing::none) place += static_cast<std::uint64_t>(bytes);
      if (bytes == -1) {  // the pixels are the end of the file
        const std::size_t size = size_of_file(part), need = bytes_in(stored) / files.size();
        place = size < need ? 0 : size - need;
      }
      return place;
    };
    if (files.size() == 1) {
      Bytes from = open_bytes(files[0], begin(files[0]), packing);
      if (bytes > 0 && packing != Packing::none) skip_bytes(*from, static_cast<std::size_t>(bytes));
      return text ? load_text(*from, stored, meta) : load(*from, stored, meta);
    }
    if (text || (bytes > 0 && packing != Packing::none))
      not_supported("the pixels are text or packed behind skipped bytes in several files", "save them in one file");
    Bytes from = open_parts(files, begin(files[0]), packing, bytes_in(stored) / files.size());
    return load(*from, stored, meta);
  }
  static std::size_t bytes_in(const Stored& stored) {
    return static_cast<std::size_t>(Shape{std::span<const std::int64_t>{stored.extents}}.count()) *
           byte_count(stored.type);
  }
  static std::uint64_t behind_lines(const fs::path& file, std::uint64_t first, std::int64_t lines) {
    std::ifstream in{file, std::ios::binary};
    in.seekg(static_cast<std::streamoff>(first));
    std::string line;
    for (std::int64_t i = 0; i < lines; ++i)
      if (!std::getline(in, line))
        throw Error{Errc::cannot_read, "'" + file.filename().string() + "' has fewer lines than its header skips",
                    "check that the file is complete"};
    return static_cast<std::uint64_t>(in.tellg());
  }
  // One file, a numbered pattern, or a list; the parts are the slices of the last axis unless the header says another.
  static std::vector<fs::path> data_files(const fs::path& header_file, const Header& header, const std::string& named,
                                          const std::vector<std::int64_t>& sizes) {
    const auto words = to_words(named);
    std::vector<std::string> names;
    std::optional<double> sub;
    if (!words.empty() && lower(words[0]) == "list") {
      names = header.text().list;
      if (words.size() > 1) sub = to_number(words[1]);
      while (!names.empty() && names.back().empty()) names.pop_back();
    } else if (words.size() >= 4 && words[0].find('%') != std::string::npos) {
      std::array<std::int64_t, 3> range{};
      for (std::size_t i = 0; i < 3; ++i) {
        const auto& w = words[i + 1];
        const auto [end, problem] = std::from_chars(w.data(), w.data() + w.size(), range[i]);
        if (problem != std::errc{} || end != w.data() + w.size() || std::abs(range[i]) > 1000000000)
          throw Error{Errc::invalid_input, "the NRRD header numbers its data files with '" + w.substr(0, 40) + "'"};
      }
      if (words.size() > 4) sub = to_number(words[4]);
      names = numbered_names(words[0], range[0], range[1], range[2], parts(sizes, sub));
    } else {
      return {beside(header_file, named)};
    }
    if (static_cast<std::int64_t>(names.size()) != parts(sizes, sub))
      throw Error{Errc::cannot_read,
                  "the NRRD header names " + std::to_string(names.size()) + " data files, " +
                      std::to_string(parts(sizes, sub)) + " were expected",
                  "check that the header is complete"};
    std::vector<fs::path> files;
    files.reserve(names.size());
    for (const auto& name : names) files.push_back(beside(header_file, name));
    return files;
  }
  // How many files the array is cut into: each holds the first `sub` axes, all but the last unless said otherwise.
  static std::int64_t parts(const std::vector<std::int64_t>& sizes, std::optional<double> sub) {
    const auto rank = static_cast<double>(sizes.size());
    const double axes = sub.value_or(rank - 1);
    if (!(axes >= 1) || axes > rank || axes != std::floor(axes))
      throw Error{Errc::invalid_input, "the NRRD header cuts its data in files of " + short_number(axes) + " axes"};
    if (axes == rank) not_supported("each data file holds part of an axis", "save them in one file");
    std::int64_t count = 1;
    for (auto axis = static_cast<std::size_t>(axes); axis < sizes.size(); ++axis) count *= sizes[axis];
    return count;
  }

  static Pixels arranged(const Pixels& block, const Header::Layout& l, Metadata& meta) {
    std::vector<std::size_t> order;
    if (l.components) order.push_back(*l.components);
    for (const std::size_t axis : l.space) order.push_back(axis);
    for (const std::size_t axis : l.others) order.push_back(axis);
    Pixels ordered = permuted(block, order);
    const bool plane = l.space.size() == 2 && !l.others.empty();  // a third axis of one slice before time or values
    if (plane) {
      std::vector<std::int64_t> extents(ordered.spec().shape.extents().begin(), ordered.spec().shape.extents().end());
      extents.insert(extents.begin() + (l.components ? 3 : 2), 1);
      ordered = ordered.reshaped(Shape{std::span<const std::int64_t>{extents}});
    }
    if (l.colour) return without_components(ordered, true, meta);
    if (!l.complex) return ordered;
    const auto& all = ordered.spec().shape.extents();
    const std::vector<std::int64_t> rest(all.begin() + 1, all.end());
    const bool twice = ordered.spec().type == ScalarType::f64;
    const ArraySpec spec{Shape{std::span<const std::int64_t>{rest}}, twice ? ScalarType::c128 : ScalarType::c64};
    if (ordered.is_outline()) return Pixels::outline(spec);
    PixelBuffer out = PixelBuffer::allocate(spec);
    std::copy_n(ordered.data(), ordered.spec().bytes(), out.data());
    return out;
  }

  static std::string make_header(const ImageToWrite& image) {
    const ScalarType type = image.pixels->spec().type;
    const std::size_t axes = image.axes();
    const bool complex = is_complex(type), timed = axes == 4;
    constexpr std::array<const char*, 8> types{"uint8", "uint16", "int16", "int32",
                                               "float", "double", "float", "double"};
    const auto vector = [&](std::array<double, 4> v) {
      std::string text = "(";
      for (std::size_t i = 0; i < (timed ? 4U : 3U); ++i) text += (i ? "," : "") + exact(v[i]);
      return text + ")";
    };
    std::string sizes, directions, kinds;
    const VoxelGrid& grid = *image.grid;
    for (std::size_t axis = 0; axis < axes; ++axis) {
      sizes += " " + std::to_string(image.extent(axis));
      std::array<double, 4> v{0, 0, 0, axis == 3 ? image.time_step_s.value_or(1) : 0};
      for (std::size_t row = 0; row < 3 && axis < 3; ++row)
        v[row] = grid.direction[3 * row + axis] * grid.spacing_mm[axis];
      directions += " " + vector(v);
      kinds += axis == 3 ? " time" : " domain";
    }
    std::string text = "NRRD0004\n# http://teem.sourceforge.net/nrrd/format.html\n";
    text += std::string{"type: "} + types[static_cast<std::size_t>(type)] + "\n";
    if (!image.estimate.empty()) text += "content: " + image.estimate + "\n";
    text += "dimension: " + std::to_string(axes + (complex ? 1 : 0)) + "\n";
    text += std::string{"space: left-posterior-superior"} + (timed ? "-time" : "") + "\n";
    text += "sizes:" + std::string{complex ? " 2" : ""} + sizes + "\n";
    text += "space directions:" + std::string{complex ? " none" : ""} + directions + "\n";
    text += "kinds:" + std::string{complex ? " complex" : ""} + kinds + "\n";
    if (timed)
      text += std::string{"space units: \"mm\" \"mm\" \"mm\" "} + (image.time_step_s ? "\"s\"" : "\"\"") + "\n";
    text += "endian: little\nencoding: raw\n";
    text += "space origin: " + vector({grid.origin_mm[0], grid.origin_mm[1], grid.origin_mm[2], 0}) + "\n";
    text += std::string{quantity_key} + ":=" + std::string{to_string(image.quantity)} + "\n";
    if (image.labels) text += segments_text(*image.labels);
    return text + "\n";
  }
};

}  // namespace

void add_nrrd(Handlers& to) { to.push_back(std::make_unique<Nrrd>()); }

}  // namespace iso::io::detail
