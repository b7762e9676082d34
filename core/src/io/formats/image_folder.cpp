#include "io/dicom/dicom_dataset_impl.h"
#include "io/formats/image_folder_impl.h"
#include "io/formats/picture_impl.h"
#include "io/formats/tiff_impl.h"
#include "io/kept_arrays_impl.h"

#include "iso/base/byte_text.h"
#include "iso/base/error.h"
#include "iso/data/case_names.h"

#include <algorithm>
#include <cstring>

/// A folder of TIFF files or of pictures, one image each, in the order of their names.
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

bool has_any_extension(const fs::path& file, const std::vector<std::string>& extensions) {
  return std::ranges::any_of(extensions, [&](const std::string& e) { return has_extension(file, e); });
}

struct Found {
  std::vector<fs::path> files, others;
};

Found find_files(const fs::path& folder, const std::vector<std::string>& extensions) {
  Found found;
  std::error_code problem;
  if (!fs::is_directory(folder, problem)) return found;
  for (const auto& entry : fs::directory_iterator{folder, problem}) {
    if (entry.path().filename().string().starts_with('.')) continue;
    (has_any_extension(entry.path(), extensions) ? found.files : found.others).push_back(entry.path());
  }
  std::ranges::sort(found.files, natural_order);
  std::ranges::sort(found.others, natural_order);
  return found;
}

/// Pictures of a folder of DICOM files are beside the matter, whether these lie there or in folders of series, with a preamble or without.
bool holds_dicom(const fs::path& folder) {
  std::error_code problem;
  for (fs::recursive_directory_iterator at{folder, fs::directory_options::skip_permission_denied, problem}, end;
       !problem && at != end; at.increment(problem))
    if (starts_as_dicom(first_bytes(at->path(), 132))) return true;
  return false;
}

/// Images of one size and type, one after the other along z; channels stay the last axis.
class Piled {
 public:
  explicit Piled(std::size_t count) : count_{static_cast<std::int64_t>(count)} {}

  void add(const fs::path& file, RawArray one) {
    const Shape& shape = one.pixels.spec().shape;
    const std::int64_t channels = shape.rank() > 3 ? shape[3] : 1;
    if (shape.count() != shape[0] * shape[1] * channels)
      throw Error{Errc::invalid_input,
                  quoted(file) + " holds " + shape.text() + " pixels, one image a file was expected of a folder",
                  "give the file itself"};
    if (next_ == 0) begin(std::move(one.meta), one.pixels, channels);
    if (!(one.pixels.spec() == each_))
      throw Error{
          Errc::invalid_input,
          quoted(file) + " is " + in_words(one.pixels.spec()) + ", the first file of the folder " + in_words(each_),
          "keep images of one kind in the folder"};
    if (!all_.empty()) {
      const std::size_t plane = static_cast<std::size_t>(shape[0] * shape[1]) * byte_count(each_.type);
      for (std::int64_t channel = 0; channel < channels; ++channel)
        std::memcpy(all_.data() + static_cast<std::size_t>(channel * count_ + next_) * plane,
                    one.pixels.data() + static_cast<std::size_t>(channel) * plane, plane);
    }
    ++next_;
  }
  RawArray take() {
    if (!all_.empty()) array_.pixels = std::move(all_);
    return std::move(array_);
  }

 private:
  static std::string quoted(const fs::path& file) { return "'" + file.filename().string() + "'"; }
  static std::string in_words(const ArraySpec& spec) {
    return spec.shape.text() + " " + std::string{to_string(spec.type)};
  }
  void begin(Metadata meta, const Pixels& first, std::int64_t channels) {
    array_.meta = std::move(meta);
    each_ = first.spec();
    const Shape& shape = each_.shape;
    const ArraySpec whole{
        channels > 1 ? Shape{shape[0], shape[1], count_, channels} : Shape{shape[0], shape[1], count_}, each_.type};
    if (first.is_outline())
      array_.pixels = Pixels::outline(whole);
    else
      all_ = PixelBuffer::allocate(whole);
  }

  RawArray array_;
  PixelBuffer all_;
  ArraySpec each_;
  std::int64_t count_, next_{0};
};

template <class ReadOne>
RawArray pile(const std::vector<fs::path>& files, const ReadOne& read_one) {
  Piled piled{files.size()};
  for (const fs::path& file : files) {
    try {
      piled.add(file, read_one(file));
    } catch (const Error& error) {
      const std::string name = "'" + file.filename().string() + "'", text = error.what();
      if (text.find(name) != std::string::npos) throw;
      throw Error{error.code(), name + ": " + text, error.hint()};
    }
  }
  RawArray array = piled.take();
  if (files.size() > 1)
    assume(array.meta, "the " + std::to_string(files.size()) + " files in the order of their names, from '" +
                           files.front().filename().string() + "' to '" + files.back().filename().string() + "'");
  return array;
}

class TiffFolder final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& folder) const override {
    return sources(folder).size() > 1 && !holds_dicom(folder);
  }
  [[nodiscard]] Dataset read(const fs::path& folder, const ReadOptions& options) const override {
    const auto make = [this](const fs::path& place) { return pile(sources(place), read_tiff); };
    return make_dataset(kept_array(*this, folder, {}, [&] { return make(folder); }), options, make);
  }
  [[nodiscard]] std::vector<fs::path> sources(const fs::path& folder) const override {
    return find_files(folder, {".tif", ".tiff"}).files;
  }

 private:
  Format format_{"folder of TIFF files",
                 {},
                 {Kind::volume, Kind::label_map, Kind::spectral_cube, Kind::sinogram},
                 {},
                 array_hints(),
                 "One image a file, in the order of the numbers in their names: bands of a lambda stack, or slices."};
};

/// What each file is called without its extension, unless two would be called the same.
std::string make_case_text(const std::vector<fs::path>& files) {
  std::vector<std::string> stems, names;
  for (const fs::path& file : files) {
    stems.push_back(utf8_from_bytes(file.stem().string()));
    names.push_back(utf8_from_bytes(file.filename().string()));
  }
  std::vector<std::string> sorted = stems;
  std::ranges::sort(sorted);
  return to_case_text(std::ranges::adjacent_find(sorted) == sorted.end() ? stems : names);
}

class PictureFolder final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& folder) const override {
    return !sources(folder).empty() && !holds_dicom(folder);
  }
  [[nodiscard]] Dataset read(const fs::path& folder, const ReadOptions& options) const override {
    const PictureWish wish = picture_wish(options);
    const auto make = [&wish](const fs::path& place) { return make_array(place, wish); };
    return make_dataset(kept_array(*this, folder, wish.text(), [&] { return make(folder); }), options, make);
  }
  [[nodiscard]] std::vector<fs::path> sources(const fs::path& folder) const override {
    return find_files(folder, extensions()).files;
  }

 private:
  static const std::vector<std::string>& extensions() {
    static const std::vector<std::string> all{".png", ".jpg", ".jpeg"};
    return all;
  }
  static RawArray make_array(const fs::path& folder, const PictureWish& wish) {
    const Found found = find_files(folder, extensions());
    RawArray array = pile(found.files, [&](const fs::path& file) { return read_picture(file, wish); });
    array.meta[case_names_key] = make_case_text(found.files);
    if (!found.others.empty())
      assume(array.meta,
             "without '" + found.others.front().filename().string() + "'" +
                 (found.others.size() == 1 ? "" : " and " + std::to_string(found.others.size() - 1) + " more") +
                 ", no PNG or JPEG");
    return array;
  }
  Format format_{
      "folder of pictures",
      {},
      picture_reads,
      {},
      picture_hints(),
      "PNG or JPEG, one image a file, in the order of the numbers in their names; each is a case of that name."};
};

}  // namespace

std::unique_ptr<Handler> make_tiff_folder() { return std::make_unique<TiffFolder>(); }
std::unique_ptr<Handler> make_picture_folder() { return std::make_unique<PictureFolder>(); }

}  // namespace iso::io::detail
