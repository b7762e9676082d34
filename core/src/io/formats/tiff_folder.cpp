#include "io/array_impl.h"
#include "io/formats/tiff_impl.h"
#include "io/kept_arrays_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <cstring>

/// A folder of TIFF files, one image each: the bands of a lambda stack, or slices, in the order of their names.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

/// "ch2" before "ch10".
bool natural_order(const fs::path& left, const fs::path& right) {
  const std::string a = left.filename().string(), b = right.filename().string();
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!digit(a[i]) || !digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const std::size_t begin_a = i, begin_b = j;
    while (i < a.size() && digit(a[i])) ++i;
    while (j < b.size() && digit(b[j])) ++j;
    const auto number = [](const std::string& text, std::size_t begin, std::size_t end) {
      const auto first = std::min(text.find_first_not_of('0', begin), end);
      return std::pair{end - first, text.substr(first, end - first)};
    };
    const auto x = number(a, begin_a, i), y = number(b, begin_b, j);
    if (x != y) return x < y;
  }
  return a.size() - i < b.size() - j;
}

std::vector<fs::path> find_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code problem;
  if (!fs::is_directory(folder, problem)) return files;
  for (const auto& entry : fs::directory_iterator{folder, problem}) {
    const bool hidden = entry.path().filename().string().starts_with('.');
    if (!hidden && (has_extension(entry.path(), ".tif") || has_extension(entry.path(), ".tiff")))
      files.push_back(entry.path());
  }
  std::ranges::sort(files, natural_order);
  return files;
}

/// Pictures of a folder of DICOM files are beside the matter.
bool holds_dicom(const fs::path& folder) {
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator{folder, problem}) {
    const std::string start = first_bytes(entry.path(), 132);
    if (start.size() == 132 && start.ends_with("DICM")) return true;
  }
  return false;
}

class TiffFolder final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& folder) const override {
    return find_files(folder).size() > 1 && !holds_dicom(folder);
  }
  [[nodiscard]] Dataset read(const fs::path& folder, const ReadOptions& options) const override {
    return make_dataset(kept_array(*this, folder, {}, [&] { return make_array(folder); }), options, make_array);
  }
  [[nodiscard]] std::vector<fs::path> sources(const fs::path& folder) const override { return find_files(folder); }

 private:
  static RawArray make_array(const fs::path& folder) {
    const auto files = find_files(folder);
    RawArray array;
    PixelBuffer all;
    for (std::size_t i = 0; i < files.size(); ++i) {
      RawArray one = read_one(files[i]);
      const Shape& shape = one.pixels.spec().shape;
      if (shape.count() != shape[0] * shape[1])
        throw Error{Errc::invalid_input,
                    "'" + files[i].filename().string() + "' holds " + shape.text() +
                        " pixels, one image a file was expected of a folder",
                    "give the file itself"};
      const ArraySpec whole{Shape{shape[0], shape[1], static_cast<std::int64_t>(files.size())}, one.pixels.spec().type};
      if (i == 0) {
        array.meta = std::move(one.meta);
        if (one.pixels.is_outline())
          array.pixels = Pixels::outline(whole);
        else
          all = PixelBuffer::allocate(whole);
      }
      const ArraySpec& first = one.pixels.is_outline() ? array.pixels.spec() : all.spec();
      if (!(first == whole))
        throw Error{Errc::invalid_input,
                    "'" + files[i].filename().string() + "' is " + shape.text() + " " +
                        std::string{to_string(whole.type)} + ", the first file of the folder " + first.shape.text() +
                        " " + std::string{to_string(first.type)},
                    "keep images of one kind in the folder"};
      if (!one.pixels.is_outline())
        std::memcpy(all.data() + i * one.pixels.spec().bytes(), one.pixels.data(), one.pixels.spec().bytes());
    }
    if (!all.empty()) array.pixels = std::move(all);
    assume(array.meta, "the " + std::to_string(files.size()) + " files in the order of their names, from '" +
                           files.front().filename().string() + "' to '" + files.back().filename().string() + "'");
    return array;
  }
  static RawArray read_one(const fs::path& file) {
    try {
      return read_tiff(file);
    } catch (const Error& error) {
      throw Error{error.code(), "'" + file.filename().string() + "': " + error.what(), error.hint()};
    }
  }
  Format format_{"folder of TIFF files",
                 {},
                 {Kind::volume, Kind::label_map, Kind::spectral_cube, Kind::sinogram},
                 {},
                 array_hints(),
                 "One image a file, in the order of the numbers in their names: bands of a lambda stack, or slices."};
};

}  // namespace

std::unique_ptr<Handler> make_tiff_folder() { return std::make_unique<TiffFolder>(); }

}  // namespace iso::io::detail
