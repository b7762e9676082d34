#include "io/formats/image_impl.h"
#include "io/handlers_impl.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

/// MetaImage (.mha, and .mhd with its data beside), by the tags that MetaIO documents.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_header = std::size_t{1} << 20;

struct Tags {
  std::map<std::string, std::string> found;
  std::vector<std::string> list;  // file names behind ElementDataFile = LIST
  std::size_t bytes{0};           // of the header
};

std::string trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return std::string{text};
}

// "Name = value" lines up to ElementDataFile, which is the last.
Tags to_tags(const std::string& start) {
  Tags tags;
  for (std::size_t at = 0; at < start.size();) {
    const std::size_t end = std::min(start.find('\n', at), start.size());
    const std::string line = start.substr(at, end - at);
    at = std::min(end + 1, start.size());
    const auto equals = line.find_first_of("=:");
    if (equals == std::string::npos) {
      if (trimmed(line).empty()) continue;
      throw Error{Errc::invalid_input,
                  "the MetaImage header holds a line that is no tag: '" + trimmed(line).substr(0, 40) + "'",
                  "the header is damaged"};
    }
    const std::string name = trimmed(std::string_view{line}.substr(0, equals)),
                      value = trimmed(std::string_view{line}.substr(equals + 1));
    if (const auto [place, first] = tags.found.try_emplace(name, value); !first && place->second != value)
      throw Error{Errc::invalid_input,
                  "the MetaImage header says " + name.substr(0, 40) + " twice: '" + place->second.substr(0, 40) +
                      "' and '" + value.substr(0, 40) + "'",
                  "the header is damaged"};
    if (name != "ElementDataFile") continue;
    tags.bytes = at;
    if (lower(value).starts_with("list"))
      for (std::istringstream lines{start.substr(at)}; lines;) {
        std::string file;
        std::getline(lines, file);
        if (!trimmed(file).empty()) tags.list.push_back(trimmed(file));
      }
    return tags;
  }
  throw Error{Errc::cannot_read, "the MetaImage header does not say where its data are (ElementDataFile)",
              "check that the file is complete"};
}

struct Element {
  FileType type;
  bool array{false};
};
Element to_element(std::string name) {
  const bool array = name.ends_with("_ARRAY");
  if (array) name.resize(name.size() - 6);
  static const std::map<std::string, FileType> known{
      {"MET_CHAR", FileType::i8},        {"MET_UCHAR", FileType::u8},  {"MET_SHORT", FileType::i16},
      {"MET_USHORT", FileType::u16},     {"MET_INT", FileType::i32},   {"MET_UINT", FileType::u32},
      {"MET_LONG", FileType::i32},       {"MET_ULONG", FileType::u32}, {"MET_LONG_LONG", FileType::i64},
      {"MET_ULONG_LONG", FileType::u64}, {"MET_FLOAT", FileType::f32}, {"MET_DOUBLE", FileType::f64}};
  const auto found = known.find(name);
  if (found == known.end())
    not_supported("the pixels are of the type '" + name.substr(0, 40) + "'", "save them as numbers");
  return {found->second, array};
}

class Header {
 public:
  explicit Header(const std::string& start) : tags_{to_tags(start)} {
    if (const auto kind = text("ObjectType"); !kind.empty() && lower(kind) != "image")
      throw Error{Errc::type_mismatch,
                  "the MetaImage file holds a '" + kind.substr(0, 40) + "', an image was expected"};
    rank_ = static_cast<std::size_t>(whole("NDims", 1, 10));
    for (const double extent : numbers("DimSize", rank_)) {
      if (!(extent >= 1) || extent > 1e12 || extent != std::floor(extent))
        throw Error{Errc::invalid_input, "the MetaImage header gives an axis the extent " + short_number(extent)};
      sizes_.push_back(static_cast<std::int64_t>(extent));
    }
    element_ = to_element(needed("ElementType"));
    components_ = has("ElementNumberOfChannels") ? whole("ElementNumberOfChannels", 1, 1000) : 1;
    if (element_.array && !has("ElementNumberOfChannels"))
      throw Error{Errc::invalid_input, "the MetaImage header does not say how many components a pixel has"};
  }
  [[nodiscard]] bool has(const std::string& name) const { return tags_.found.contains(name); }
  [[nodiscard]] std::string text(const std::string& name) const {
    const auto found = tags_.found.find(name);
    return found == tags_.found.end() ? std::string{} : found->second;
  }
  [[nodiscard]] std::int64_t whole(const std::string& name, std::int64_t least, std::int64_t most) const {
    const std::string value = needed(name);
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (problem != std::errc{} || end != value.data() + value.size() || number < least || number > most)
      throw Error{Errc::invalid_input, "the MetaImage header says '" + value.substr(0, 40) + "' for " + name};
    return number;
  }
  [[nodiscard]] bool yes(const std::string& name, bool otherwise) const {
    const std::string value = lower(text(name));
    if (value.empty()) return otherwise;
    return value[0] == 't' || value[0] == 'y' || value[0] == '1';
  }
  [[nodiscard]] std::vector<double> numbers(const std::string& name, std::size_t count) const {
    std::vector<double> values;
    std::istringstream words{needed(name)};
    for (std::string word; words >> word;) {
      const auto value = to_number(word);
      if (!value || !std::isfinite(*value))
        throw Error{Errc::invalid_input,
                    "the MetaImage header says '" + word.substr(0, 40) + "' in " + name + ", a number was expected"};
      values.push_back(*value);
    }
    if (values.size() != count)
      throw Error{Errc::invalid_input, "the MetaImage header gives " + std::to_string(values.size()) + " numbers for " +
                                           name + ", " + std::to_string(count) + " were expected"};
    return values;
  }
  [[nodiscard]] const Tags& tags() const { return tags_; }
  [[nodiscard]] std::size_t rank() const { return rank_; }
  [[nodiscard]] std::int64_t components() const { return components_; }
  [[nodiscard]] const std::vector<std::int64_t>& sizes() const { return sizes_; }
  [[nodiscard]] Stored stored() const {
    const bool swapped = yes("BinaryDataByteOrderMSB", false);
    if (has("ElementByteOrderMSB") && has("BinaryDataByteOrderMSB") && yes("ElementByteOrderMSB", false) != swapped)
      contradiction("ElementByteOrderMSB", "BinaryDataByteOrderMSB");
    Stored s{element_.type, yes("ElementByteOrderMSB", swapped), sizes_};
    while (s.extents.size() > 4 && s.extents.back() == 1) s.extents.pop_back();
    while (components_ > 1 && s.extents.size() < 3) s.extents.push_back(1);  // components come behind z
    if (components_ > 1) s.extents.insert(s.extents.begin(), components_);
    return s;
  }

  [[nodiscard]] VoxelGrid grid(Metadata& meta) const {
    VoxelGrid grid;
    double mm = 1;
    if (const std::string unit = text("DistanceUnits"); !unit.empty()) {
      const auto known = millimetres_in(unit);
      if (known)
        mm = *known;
      else
        assume(meta, "lengths in mm, as the unit '" + unit.substr(0, 20) + "' is not known");
    }
    std::vector<double> spacing(rank_, 1);
    if (has("ElementSpacing"))
      spacing = numbers("ElementSpacing", rank_);
    else if (has("ElementSize"))
      spacing = numbers("ElementSize", rank_);
    else
      assume(meta, "a spacing of 1 mm, which the file does not say");
    const std::vector<double> turn = to_agreed({"TransformMatrix", "Rotation", "Orientation"}, rank_ * rank_);
    std::vector<double> origin = to_agreed({"Offset", "Origin", "Position"}, rank_);
    if (origin.empty()) origin.assign(rank_, 0);
    for (std::size_t axis = 0; axis < std::min<std::size_t>(3, rank_); ++axis) {
      grid.size[axis] = sizes_[axis];
      if (!(spacing[axis] > 0))
        throw Error{Errc::invalid_input, "the MetaImage header says a spacing of " + short_number(spacing[axis]) +
                                             " mm along axis " + std::to_string(axis + 1) + ", it must be positive"};
      grid.spacing_mm[axis] = spacing[axis] * mm;
      grid.origin_mm[axis] = origin[axis] * mm;
      // The rows of the matrix are the directions of the axes; MetaIO allows them any length.
      double length = 0;
      for (std::size_t row = 0; row < std::min<std::size_t>(3, rank_) && !turn.empty(); ++row)
        length += turn[axis * rank_ + row] * turn[axis * rank_ + row];
      for (std::size_t row = 0; row < std::min<std::size_t>(3, rank_) && !turn.empty(); ++row)
        grid.direction[3 * row + axis] = length > 0 ? turn[axis * rank_ + row] / std::sqrt(length) : 0;
    }
    return grid;
  }
  [[nodiscard]] std::optional<double> time_step_s() const {
    if (rank_ < 4 || sizes_[3] < 2 || !has("ElementSpacing")) return std::nullopt;
    const double step = numbers("ElementSpacing", rank_)[3];
    return step > 0 ? std::optional{step} : std::nullopt;
  }

 private:
  [[noreturn]] static void contradiction(const std::string& one, const std::string& other) {
    throw Error{Errc::invalid_input, "the MetaImage header contradicts itself: " + one + " and " + other + " differ",
                "leave one of them out"};
  }
  // Names for the same thing: the numbers of the one that is there, none if it has none.
  [[nodiscard]] std::vector<double> to_agreed(std::initializer_list<const char*> names, std::size_t count) const {
    std::vector<double> found;
    const char* by = nullptr;
    for (const char* const name : names) {
      if (!has(name)) continue;
      std::vector<double> own = numbers(name, count);
      if (by != nullptr && own != found) contradiction(by, name);
      by = name;
      found = std::move(own);
    }
    return found;
  }
  [[nodiscard]] std::string needed(const std::string& name) const {
    const auto found = tags_.found.find(name);
    if (found == tags_.found.end())
      throw Error{Errc::invalid_input, "the MetaImage header says no " + name, "the header is damaged"};
    return found->second;
  }
  Tags tags_;
  std::size_t rank_{0};
  std::vector<std::int64_t> sizes_;
  Element element_{};
  std::int64_t components_{1};
};

class Meta final : public ImageHandler, public SaysEstimate {
 public:
  Meta()
      : ImageHandler{{"MetaImage",
                      {".mha", ".mhd"},
                      image_reads,
                      image_writes,
                      array_hints(),
                      "Volumes of two to four axes, real, with grid, time step, quantity and whether a network "
                      "estimated it; other metadata are lost. A header apart from its data is read only."}} {}
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    return first_bytes(file, 8192).find("ElementDataFile") != std::string::npos;
  }
  [[nodiscard]] RawArray make_array(const fs::path& file) const override {
    const Header header{first_bytes(file, most_header)};
    RawArray array;
    array.grid = header.grid(array.meta);
    if (const auto step = header.time_step_s()) array.meta[time_step_key] = exact(*step);
    array.pixels = to_pixels(file, header, array.meta);
    if (header.components() > 1) array.pixels = without_components(array.pixels, is_colour(header), array.meta);
    if ((header.has("ElementToIntensityFunctionSlope") &&
         to_number(header.text("ElementToIntensityFunctionSlope")) != 1.0) ||
        (header.has("ElementToIntensityFunctionOffset") &&
         to_number(header.text("ElementToIntensityFunctionOffset")) != 0.0))
      assume(array.meta, "values as stored; the header's ElementToIntensityFunction is not applied");
    array.quantity = quantity_from_string(header.text(quantity_key));
    if (const auto said = header.text("Comment"); said.starts_with(estimate_start)) array.meta[estimate_key] = said;
    return array;
  }
  [[nodiscard]] std::vector<fs::path> sources(const fs::path& file) const override {
    const Header header{first_bytes(file, most_header)};
    const std::string named = header.text("ElementDataFile");
    return lower(named) == "local" ? std::vector<fs::path>{} : data_files(file, header, named);
  }
  void write(const fs::path& file, const Dataset& data) const override {
    if (has_extension(file, ".mhd"))
      throw Error{Errc::cannot_write,
                  "'" + file.string() + "' cannot be written: a header apart from its data is read only", "write .mha"};
    const ImageToWrite image = image_to_write(data);
    if (is_complex(image.pixels->spec().type)) {
      throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: MetaImage holds no complex pixels",
                  "write .nrrd, .nii or .h5"};
    }
    write_plain(file, make_header(image), *image.pixels);
  }

 private:
  // As ITK takes them: three or four components of bytes are colours.
  static bool is_colour(const Header& header) {
    const std::string type = header.text("ElementType");
    return type.starts_with("MET_UCHAR") && (header.components() == 3 || header.components() == 4);
  }
  static Pixels to_pixels(const fs::path& file, const Header& header, Metadata& meta) {
    const Stored stored = header.stored();
    if (!header.has("BinaryData")) assume(meta, "pixels in binary, as the header does not say that they are text");
    const bool text = !header.yes("BinaryData", true), packed = header.yes("CompressedData", false);
    const Packing packing = packed ? Packing::deflate : Packing::none;
    const std::size_t need = static_cast<std::size_t>(Shape{std::span<const std::int64_t>{stored.extents}}.count()) *
                             byte_count(stored.type);
    const std::int64_t skip = header.has("HeaderSize") ? header.whole("HeaderSize", -1, std::int64_t{1} << 50) : 0;
    const std::string named = header.text("ElementDataFile");
    const auto take = [&](ByteReader& from) { return text ? load_text(from, stored, meta) : load(from, stored, meta); };
    if (lower(named) == "local") {
      if (skip > 0)
        throw Error{Errc::invalid_input,
                    "the MetaImage header skips " + std::to_string(skip) + " bytes (HeaderSize) of data that follow it",
                    "leave HeaderSize out"};
      refuse_wide_longs(header, size_of_file(file) - header.tags().bytes, need);
      check_packed_size(header, size_of_file(file) - header.tags().bytes, file.filename().string(), meta);
      return take(*open_bytes(file, header.tags().bytes, packing));
    }
    const auto files = data_files(file, header, named);
    const std::size_t each = need / files.size();
    const auto begin = [&](const fs::path& part) -> std::uint64_t {
      if (skip >= 0) return static_cast<std::uint64_t>(skip);
      const std::size_t size = size_of_file(part);  // the pixels are the end of the file
      return packed || size < each ? 0 : size - each;
    };
    if (files.size() == 1) {
      refuse_wide_longs(
          header, size_of_file(files[0]) - std::min<std::uint64_t>(begin(files[0]), size_of_file(files[0])), need);
      check_packed_size(header,
                        size_of_file(files[0]) - std::min<std::uint64_t>(begin(files[0]), size_of_file(files[0])),
                        files[0].filename().string(), meta);
      return take(*open_bytes(files[0], begin(files[0]), packing));
    }
    if (text) not_supported("the pixels are text in several files", "save them in one file");
    if (skip == -1 && std::ranges::any_of(files, [&](const fs::path& f) { return begin(f) != begin(files[0]); }))
      throw Error{Errc::invalid_input, "the data files are of different lengths", "check that they are complete"};
    return load(*open_parts(files, begin(files[0]), packing, each), stored, meta);
  }
  // MET_LONG is 32 bits wide for ITK and was as wide as the machine's for others.
  static void refuse_wide_longs(const Header& header, std::size_t there, std::size_t need) {
    const std::string type = header.text("ElementType");
    const bool doubtful = type.starts_with("MET_LONG") || type.starts_with("MET_ULONG");
    if (!doubtful || type.find("LONG_LONG") != std::string::npos || header.yes("CompressedData", false) ||
        !header.yes("BinaryData", true) || there != 2 * need)
      return;
    throw Error{Errc::invalid_input,
                "the MetaImage header announces numbers of 32 bits (" + type +
                    "), and there are twice as many bytes: they have 64",
                "write MET_LONG_LONG or MET_ULONG_LONG in the header"};
  }
  // Optional; where it is said it must fit.
  static void check_packed_size(const Header& header, std::size_t there, const std::string& name, Metadata& meta) {
    if (!header.yes("CompressedData", false) || !header.has("CompressedDataSize")) return;
    const auto says = static_cast<std::size_t>(header.whole("CompressedDataSize", 0, std::int64_t{1} << 50));
    if (says > there)
      throw Error{Errc::cannot_read,
                  "'" + name + "' is incomplete: its header announces " + std::to_string(says) +
                      " packed bytes, it has " + std::to_string(there),
                  "check that the file is complete"};
    (void)meta;
  }
  static std::vector<fs::path> data_files(const fs::path& header_file, const Header& header, const std::string& named) {
    const auto& sizes = header.sizes();
    std::vector<std::string> words;
    std::istringstream in{named};
    for (std::string word; in >> word;) words.push_back(word);
    if (words.empty()) return {beside(header_file, named)};
    std::vector<std::string> names;
    // Each file holds the first `axes` axes; all but the last unless LIST says otherwise.
    std::size_t axes = sizes.size() - 1;
    const auto parts = [&] {
      std::int64_t count = 1;
      for (std::size_t axis = axes; axis < sizes.size(); ++axis) count *= sizes[axis];
      return count;
    };
    if (lower(words[0]) == "list") {
      names = header.tags().list;
      if (words.size() > 1) {
        std::string number = words[1];
        if (!number.empty() && (number.back() == 'D' || number.back() == 'd')) number.pop_back();
        const auto said = to_number(number);
        if (!said || *said < 1 || *said > static_cast<double>(sizes.size()) || *said != std::floor(*said))
          throw Error{Errc::invalid_input, "the MetaImage header lists files of '" + words[1].substr(0, 20) + "' axes"};
        axes = static_cast<std::size_t>(*said);
      }
    } else if (words.size() >= 3 && words[0].find('%') != std::string::npos) {
      std::array<std::int64_t, 3> range{0, 0, 1};
      for (std::size_t i = 0; i < 3 && i + 1 < words.size(); ++i) {
        const auto& w = words[i + 1];
        const auto [end, problem] = std::from_chars(w.data(), w.data() + w.size(), range[i]);
        if (problem != std::errc{} || end != w.data() + w.size() || std::abs(range[i]) > 1000000000)
          throw Error{Errc::invalid_input,
                      "the MetaImage header numbers its data files with '" + w.substr(0, 40) + "'"};
      }
      names = numbered_names(words[0], range[0], range[1], range[2], parts());
    } else if (named.find('%') != std::string::npos) {
      names = numbered_names(named, 1, 1, 1, 1);  // says what is wrong with it
    } else {
      return {beside(header_file, named)};
    }
    if (static_cast<std::int64_t>(names.size()) != parts())
      throw Error{Errc::cannot_read,
                  "the MetaImage header names " + std::to_string(names.size()) + " data files, " +
                      std::to_string(parts()) + " were expected",
                  "check that the header is complete"};
    std::vector<fs::path> files;
    files.reserve(names.size());
    for (const auto& name : names) files.push_back(beside(header_file, name));
    return files;
  }

  static std::string make_header(const ImageToWrite& image) {
    constexpr std::array<const char*, 6> types{"MET_UCHAR", "MET_USHORT", "MET_SHORT",
                                               "MET_INT",   "MET_FLOAT",  "MET_DOUBLE"};
    const std::size_t axes = image.axes();
    const VoxelGrid& grid = *image.grid;
    std::string matrix, offset, spacing, sizes, centre;
    for (std::size_t axis = 0; axis < axes; ++axis) {
      for (std::size_t row = 0; row < axes; ++row)
        matrix += " " + exact(axis < 3 && row < 3 ? grid.direction[3 * row + axis] : axis == row ? 1.0 : 0.0);
      offset += " " + exact(axis < 3 ? grid.origin_mm[axis] : 0.0);
      spacing += " " + exact(axis < 3 ? grid.spacing_mm[axis] : image.time_step_s.value_or(1));
      sizes += " " + std::to_string(image.extent(axis));
      centre += " 0";
    }
    const std::string comment = image.estimate.empty() ? "" : "\nComment = " + image.estimate;
    return "ObjectType = Image\nNDims = " + std::to_string(axes) + comment +
           "\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\nTransformMatrix =" + matrix +
           "\nOffset =" + offset + "\nCenterOfRotation =" + centre + "\nElementSpacing =" + spacing +
           "\nDimSize =" + sizes + "\n" + quantity_key + " = " + std::string{to_string(image.quantity)} +
           "\nElementType = " + types[static_cast<std::size_t>(image.pixels->spec().type)] +
           "\nElementDataFile = LOCAL\n";
  }
};

}  // namespace

void add_metaimage(Handlers& to) { to.push_back(std::make_unique<Meta>()); }

}  // namespace iso::io::detail
