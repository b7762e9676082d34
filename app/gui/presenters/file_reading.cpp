#include "file_reading.h"

#include "replay_inputs.h"

#include "gui/model/labels.h"
#include "gui/model/session.h"

#include "iso/base/error.h"
#include "iso/data/label_table.h"
#include "iso/io/geometry_file.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t few_labels = 256;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Without its endings: "scan.nii.gz" -> "scan".
std::string to_stem(const fs::path& file) {
  fs::path name = file.filename();
  if (lower(name.extension().string()) == ".gz") name = name.stem();
  return name.stem().string();
}

bool is_geometry(const fs::path& file) {
  std::error_code problem;
  constexpr std::uintmax_t most_bytes = 1U << 24U;
  if (!fs::is_regular_file(file, problem) || fs::file_size(file, problem) > most_bytes) return false;
  try {
    (void)io::read_geometry(file, {1, 1}, {1, 1});  // what RTK's file does not hold
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool reads(const std::vector<Kind>& kinds, Kind kind) { return std::ranges::find(kinds, kind) != kinds.end(); }

/// Labels where the name says so and the values agree. The hint makes a session and a replay read them the same way.
std::optional<DatasetPtr> guess_labels(const DatasetPtr& data, const fs::path& file) {
  const auto* const volume = std::get_if<Volume>(data.get());
  if (volume == nullptr || !names_labels(file)) return std::nullopt;
  const auto values = labels_in(volume->pixels, few_labels);
  if (!values || values->size() < 2) return std::nullopt;
  try {
    return freeze(to_label_map(*volume));
  } catch (const Error&) {
    return std::nullopt;  // a series
  }
}

bool has_unnamed_axes(const Item& item) {
  const Pixels* const pixels = to_pixels(*item.data);
  if (to_kind(*item.data) != Kind::volume || pixels == nullptr || item.hints.contains("axes")) return false;
  const Metadata& meta = metadata(*item.data);
  const auto oriented = meta.find("orientation"), assumed = meta.find("assumed");
  if (oriented == meta.end() || assumed == meta.end() || assumed->second.find("spacing of 1 mm") == std::string::npos)
    return false;
  const auto extents = pixels->spec().shape.extents();
  return is_complex(pixels->spec().type) || std::ranges::count_if(extents, [](std::int64_t n) { return n > 1; }) > 2;
}

}  // namespace

FileFacts find_facts(const fs::path& file) {
  FileFacts facts{io::kinds_for(file), io::hints_for(file), io::arrays_in(file), {}};
  if (reads(facts.kinds, Kind::sinogram)) facts.geometry = geometry_beside(file);
  return facts;
}

Item make_item(DatasetPtr data, const fs::path& file, Hints hints) {
  Item item;
  item.name = file.filename().string();
  item.data = std::move(data);
  item.file = file;
  item.hints = std::move(hints);
  if (!file.empty()) item.record = record_beside(file, *item.data);
  if (!std::holds_alternative<Table>(*item.data))
    item.raster = std::make_shared<const render::Raster>(render::make_raster(item.data));
  own_labels(item);
  return item;
}

FileRead read_file(const fs::path& file, Hints hints) {
  FileRead read;
  std::error_code problem;
  const bool asked = !hints.empty();
  if (!asked && fs::is_regular_file(file, problem) && reads(io::kinds_for(file), Kind::sinogram))
    if (const fs::path geometry = geometry_beside(file); !geometry.empty()) {
      hints["geometry"] = geometry.string();
      read.guessed = "'" + geometry.filename().string() + "' beside it is taken for the geometry of the scan.";
    }
  try {
    DatasetPtr data = io::read(file, read_options(hints));
    if (!asked)
      if (auto labels = guess_labels(data, file)) {
        data = std::move(*labels);
        hints["kind"] = std::string{to_string(Kind::label_map)};
        read.guessed = "It is taken for labels, as its name and its values say.";
      }
    read.item = make_item(std::move(data), file, std::move(hints));
    read.unnamed_axes = !asked && has_unnamed_axes(read.item);
  } catch (const io::FactMissing& missing) {
    read.missing = missing.fact();
    read.sentence = missing.what();
    read.item.hints = std::move(hints);
  }
  return read;
}

fs::path geometry_beside(const fs::path& file) {
  for (const char* const ending : {".json", ".geometry.json", ".xml"}) {
    const fs::path candidate = file.parent_path() / (to_stem(file) + ending);
    if (candidate != file && is_geometry(candidate)) return candidate;
  }
  return {};
}

GeometryOf find_geometry_use(const fs::path& file) {
  const std::string ending = lower(file.extension().string());
  if ((ending != ".json" && ending != ".xml") || !is_geometry(file)) return {};
  std::string stem = file.stem().string();
  if (lower(stem).ends_with(".geometry")) stem.resize(stem.size() - std::string_view{".geometry"}.size());
  std::error_code problem;
  std::vector<fs::path> beside;
  for (const auto& entry :
       fs::directory_iterator{file.parent_path().empty() ? fs::path{"."} : file.parent_path(), problem})
    if (entry.path().filename() != file.filename() && to_stem(entry.path()) == stem && entry.is_regular_file(problem))
      beside.push_back(entry.path());
  std::ranges::sort(beside);
  for (const fs::path& candidate : beside) {
    try {
      if (reads(io::kinds_for(candidate), Kind::sinogram)) return {true, candidate};
    } catch (const Error&) {
      continue;  // in no format
    }
  }
  return {true, {}};
}

bool names_labels(const fs::path& file) {
  constexpr std::array<std::string_view, 12> telling{"seg",   "segs",   "segmentation", "segmentations",
                                                     "label", "labels", "labelmap",     "mask",
                                                     "masks", "roi",    "rois",         "aseg"};
  std::string word;
  for (const char c : lower(to_stem(file)) + " ") {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += c;
      continue;
    }
    if (std::ranges::find(telling, word) != telling.end()) return true;
    word.clear();
  }
  return false;
}

}  // namespace iso::gui
