#include "io/formats/envi_impl.h"
#include "io/formats/image_impl.h"
#include "io/formats/nifti_header_impl.h"
#include "io/handlers_impl.h"
#include "iso/base/file_replacement.h"
#include "iso/io/label_file.h"

#include <zlib.h>

#include <algorithm>

/// NIfTI-1 and NIfTI-2: single files and pairs (.hdr with .img), plain and gzipped.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view prefix = "iso:";  // before the quantity in aux_file, which holds 23 characters

bool is_gzip(const fs::path& file) { return first_bytes(file, 2) == "\x1f\x8b"; }
Packing to_packing(const fs::path& file) { return is_gzip(file) ? Packing::deflate : Packing::none; }

std::string to_start(const fs::path& file) {
  if (!is_gzip(file)) return first_bytes(file, 540);
  std::string start(540, '\0');
  start.resize(open_bytes(file, 0, Packing::deflate)->read(reinterpret_cast<std::byte*>(start.data()), start.size()));
  return start;
}

// x.img, x.hdr and the gzipped ones; the other half of a pair.
fs::path partner(const fs::path& file, const std::string& extension) {
  fs::path bare = file;
  if (lower(bare.extension().string()) == ".gz") bare.replace_extension();
  const std::string own = bare.extension().string();
  bare.replace_extension(!own.empty() && own.size() > 1 && std::isupper(static_cast<unsigned char>(own[1]))
                             ? (extension == ".img" ? ".IMG" : ".HDR")
                             : extension);
  std::error_code problem;
  for (const fs::path& candidate : {bare, fs::path{bare.string() + ".gz"}})
    if (fs::exists(candidate, problem)) return candidate;
  throw Error{Errc::cannot_read,
              "'" + bare.filename().string() + "', the other half of '" + file.filename().string() + "', is not there",
              "keep the .hdr and the .img of an image in one folder"};
}

bool has_pair_extension(const fs::path& file, const std::string& extension) {
  return has_extension(file, extension) || has_extension(file, extension + ".gz");
}

struct Element {
  FileType type;
  std::int64_t components{1};
};

Element to_element(std::int16_t datatype) {
  switch (datatype) {
    case 2: return {FileType::u8};
    case 4: return {FileType::i16};
    case 8: return {FileType::i32};
    case 16: return {FileType::f32};
    case 32: return {FileType::c64};
    case 64: return {FileType::f64};
    case 128: return {FileType::u8, 3};
    case 256: return {FileType::i8};
    case 512: return {FileType::u16};
    case 768: return {FileType::u32};
    case 1024: return {FileType::i64};
    case 1280: return {FileType::u64};
    case 1792: return {FileType::c128};
    case 2304: return {FileType::u8, 4};
    case 1: not_supported("the voxels are single bits", "save them as bytes");
    case 1536:
    case 2048: not_supported("the voxels are numbers of 128 bits each", "save them as 64-bit floats");
    default: break;
  }
  throw Error{Errc::invalid_input,
              "the NIfTI header gives the voxels the type " + std::to_string(datatype) + ", which there is not",
              "the header is damaged"};
}

Pixels count_voxels(const NiftiHeader& header, const fs::path& image, Metadata& meta) {
  const Element element = to_element(header.datatype);
  if (const auto bits = static_cast<std::int64_t>(8 * byte_count(element.type)) * element.components;
      header.bits != bits)
    assume(meta, "voxels of " + std::to_string(bits) + " bits, as their type says; the header also says " +
                     std::to_string(header.bits));
  Stored stored{element.type, header.swapped, header.extents};
  // One time and several components: the components are the last axis.
  if (stored.extents.size() == 5 && stored.extents[3] == 1) stored.extents.erase(stored.extents.begin() + 3);
  if (stored.extents.size() == 4 && stored.extents[3] == 1) stored.extents.pop_back();
  if (element.components > 1) stored.extents.insert(stored.extents.begin(), element.components);
  Bytes bytes = open_bytes(image, is_gzip(image) ? 0 : header.first_byte, to_packing(image));
  if (is_gzip(image)) skip_bytes(*bytes, header.first_byte);
  const Pixels block = load(*bytes, stored, meta);
  if (element.components > 1) return without_components(block, true, meta);
  return scaled(block, header.slope, header.inter);
}

// NIfTI has no place for the names and colours of labels: they stand beside the image as ITK-SNAP writes them.
void read_names_beside(const fs::path& file, RawArray& array) {
  std::error_code problem;
  const fs::path names = label_file_beside(file);
  if (!fs::is_regular_file(names, problem)) return;
  LabelNames labels = read_label_file(names);
  array.label_names = std::move(labels.names);
  set_label_colours(array.meta, labels.colours);
}

void write_names_beside(const fs::path& file, const LabelMap& map) {
  const LabelNames labels{map.names, label_colours(map.meta)};
  const bool named = std::ranges::any_of(labels.names, [](const std::string& name) { return !name.empty(); });
  if (!named && labels.colours.empty()) return;
  const fs::path names = label_file_beside(file);
  write_new_file(names, label_file_text(names, labels));
}

// Some programs write a pair and call its header that of a single file: then nothing stands behind it.
bool is_header_alone(const fs::path& file, const NiftiHeader& header) {
  if (header.pair || !has_extension(file, ".hdr") || is_gzip(file) || size_of_file(file) > header.first_byte)
    return false;
  std::error_code problem;
  fs::path image = file;
  image.replace_extension(file.extension() == ".HDR" ? ".IMG" : ".img");
  return fs::is_regular_file(image, problem) || fs::is_regular_file(image += ".gz", problem);
}

class Nifti final : public ImageHandler, public SaysEstimate {
 public:
  Nifti()
      : ImageHandler{
            {"NIfTI",
             {".nii.gz", ".nii", ".hdr", ".img", ".hdr.gz", ".img.gz"},
             image_reads,
             image_writes,
             array_hints(),
             "NIfTI-1 and -2, pairs too; volumes of two to four axes, real or complex, with grid (turned from RAS to "
             "LPS and back, in single precision), time step, quantity and whether a network estimated it (79 "
             "characters); other metadata are lost. Labels (intent 1002) keep their names and colours in a table of "
             "ITK-SNAP beside the image, NAME_labels.txt. Written as one file."}} {}
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    try {
      if (has_pair_extension(file, ".img")) {
        // The header is beside; a missing one is said when it is read.
        fs::path header = file;
        if (lower(header.extension().string()) == ".gz") header.replace_extension();
        header.replace_extension(".hdr");
        std::error_code problem;
        return (!fs::exists(header, problem) && !envi::find_files(file)) ||
               nifti_kind(to_start(header)) != NiftiKind::none;
      }
      const NiftiKind kind = nifti_kind(to_start(file));
      return kind == NiftiKind::one || kind == NiftiKind::two ||
             (kind == NiftiKind::analyze && has_pair_extension(file, ".hdr"));
    } catch (const Error&) {
      return has_extension(file, ".nii.gz");  // named so and cut off or damaged: reading says which
    }
  }
  [[nodiscard]] RawArray make_array(const fs::path& file) const override {
    const fs::path header_file = has_pair_extension(file, ".img") ? partner(file, ".hdr") : file;
    NiftiHeader header = parse_nifti_header(to_start(header_file));
    if (is_header_alone(header_file, header)) {
      header.remarks.push_back(
          "the voxels in the .img beside, from its first byte on, as nothing stands behind the header, "
          "which calls itself that of a single file (n+1)");
      header.pair = true;
      header.first_byte = 0;
    }
    const fs::path image = !header.pair                       ? header_file
                           : has_pair_extension(file, ".img") ? file
                                                              : partner(header_file, ".img");
    RawArray array;
    for (const auto& remark : header.remarks) assume(array.meta, remark);
    if (!header.placed) array.meta["orientation"] = "unknown";
    if (header.time_step_s) array.meta[time_step_key] = exact(*header.time_step_s);
    array.pixels = count_voxels(header, image, array.meta);
    array.grid = header.grid;
    array.labels = header.intent == nifti_intent_labels;
    if (array.labels) read_names_beside(file, array);
    if (header.intent == 1006 || header.intent == 1007)
      assume(array.meta, "components of vectors as stored, neither turned from RAS to LPS nor scaled by units");
    if (header.description.starts_with(estimate_start)) array.meta[estimate_key] = header.description;
    if (header.auxiliary.starts_with(prefix))
      array.quantity = quantity_from_string(header.auxiliary.substr(prefix.size()));
    return array;
  }
  [[nodiscard]] std::vector<fs::path> sources(const fs::path& file) const override {
    if (has_pair_extension(file, ".img")) return {partner(file, ".hdr")};
    if (has_pair_extension(file, ".hdr")) return {partner(file, ".img")};
    return {};
  }
  void write(const fs::path& file, const Dataset& data) const override {
    if (has_pair_extension(file, ".hdr") || has_pair_extension(file, ".img"))
      throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: pairs of .hdr and .img are read only",
                  "write .nii or .nii.gz"};
    const ImageToWrite image = image_to_write(data);
    std::vector<std::int64_t> extents;
    extents.reserve(image.axes());
    for (std::size_t axis = 0; axis < image.axes(); ++axis) extents.push_back(image.extent(axis));
    const std::string header = make_nifti_header(*image.grid, extents, image.pixels->spec().type, image.time_step_s,
                                                 std::string{prefix} + std::string{to_string(image.quantity)},
                                                 image.labels ? nifti_intent_labels : std::int16_t{0}, image.estimate);
    if (image.labels) write_names_beside(file, *image.labels);
    if (has_extension(file, ".nii")) return write_plain(file, header, *image.pixels);
    write_gzip(file, header, *image.pixels);
  }

 private:
  static void write_gzip(const fs::path& file, const std::string& header, const Pixels& pixels) {
    gzFile out = gzopen(file.c_str(), "wb");
    bool good = out != nullptr;
    if (good) gzbuffer(out, 1 << 18);
    const auto put = [&](const char* from, std::size_t count) {
      while (good && count > 0) {
        const auto part = static_cast<unsigned>(std::min<std::size_t>(count, 1 << 26));
        good = gzwrite(out, from, part) == static_cast<int>(part);
        from += part;
        count -= part;
      }
    };
    put(header.data(), header.size());
    put(reinterpret_cast<const char*>(pixels.data()), pixels.spec().bytes());
    if (out && gzclose(out) != Z_OK) good = false;
    if (!good)
      throw Error{Errc::cannot_write, "'" + file.string() + "' could not be written completely",
                  "free some space or write to another disk"};
  }
};

}  // namespace

void add_nifti(Handlers& to) { to.push_back(std::make_unique<Nifti>()); }

}  // namespace iso::io::detail
