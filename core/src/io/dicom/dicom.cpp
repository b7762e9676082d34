#include "io/dicom/dicom_impl.h"

#include "io/array_impl.h"
#include "io/dicom/dicom_segmentation_impl.h"
#include "io/handlers_impl.h"
#include "io/label_layers_impl.h"
#include "iso/base/log.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <set>

/// DICOM: a file, or the series of a folder. Spacing between slices comes from their positions.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

std::string quoted(const fs::path& file) { return "'" + file.filename().string() + "'"; }

// The series that is named, or the only one.
std::vector<DicomHeader> make_series(std::vector<DicomHeader> headers, const std::string& wanted) {
  std::map<std::string, std::size_t> counts;
  std::map<std::string, std::string> modalities;
  for (const auto& header : headers) {
    ++counts[header.series];
    modalities[header.series] = header.modality;
  }
  std::string chosen, list;
  std::size_t matches = 0;
  for (const auto& [uid, count] : counts) {
    if (list.size() < 1500)
      list += (list.empty() ? "" : ", ") + uid + " (" + modalities[uid] + ", " + std::to_string(count) +
              (count == 1 ? " file)" : " files)");
    if (wanted.empty() || uid == wanted || (uid.size() > wanted.size() && uid.ends_with(wanted))) {
      chosen = uid;
      ++matches;
    }
  }
  if (matches == 0) throw Error{Errc::invalid_input, "there is no series '" + wanted + "'", "its series are " + list};
  if (matches > 1)
    throw Error{Errc::invalid_input, std::to_string(matches) + " series are found, one is needed",
                "pass the hint series=UID with one of " + list};
  std::erase_if(headers, [&](const DicomHeader& h) { return h.series != chosen; });
  return headers;
}

DicomHeader image_in(const fs::path& file) {
  DicomLook look = look_at_dicom(file);
  switch (look.found) {
    case DicomLook::Found::image: return std::move(look.header);
    case DicomLook::Found::no_image:
      throw Error{Errc::no_input, quoted(file) + " is DICOM and holds no image: it is " + look.what,
                  "give the file or the folder of an image"};
    case DicomLook::Found::foreign:
      throw Error{Errc::invalid_input, quoted(file) + " is not DICOM", "check that it has the right name"};
    case DicomLook::Found::unreadable: break;
  }
  throw Error{look.code, quoted(file) + " cannot be read as DICOM: " + look.what, "check where it came from"};
}

// Files that may be slices of what is read must be readable: a volume that lacks its end looks like a sound one.
void refuse_losses(const std::vector<DicomHeader>& headers, const std::vector<DicomLoss>& all) {
  const auto lost = find_losses(headers, all);
  if (lost.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < lost.size() && i < 5; ++i)
    names += (i == 0 ? "" : "; ") + quoted(lost[i].file) + ": " + lost[i].why;
  if (lost.size() > 5) names += "; and " + std::to_string(lost.size() - 5) + " more";
  throw Error{Errc::cannot_read,
              std::to_string(lost.size()) + (lost.size() == 1 ? " file" : " files") +
                  " beside the slices cannot be read: " + names,
              "copy them again, or take them out of the folder to read the rest"};
}

std::vector<DicomHeader> images_at(const fs::path& place, const ReadOptions& options) {
  std::error_code problem;
  if (!fs::is_directory(place, problem)) {
    std::vector<DicomHeader> one;
    one.push_back(image_in(place));
    return make_series(std::move(one), find_hint(options, "series"));
  }
  DicomPlace found = look_through(place);
  if (found.images.empty()) {
    refuse_losses({}, found.losses);
    if (!found.losses.empty())
      throw Error{Errc::cannot_read,
                  "the folder holds no DICOM image that can be read: " + quoted(found.losses[0].file) + ": " +
                      found.losses[0].why,
                  "check where it came from"};
    throw Error{Errc::input_directory, "the folder holds no DICOM image", "give the folder of a series"};
  }
  std::vector<DicomHeader> headers = make_series(std::move(found.images), find_hint(options, "series"));
  refuse_losses(headers, found.losses);
  if (const auto copies = drop_copies(headers, !HeadersOnly::active()); !copies.empty())
    log::warning("core.io", copies.size(), copies.size() == 1 ? " file is a copy" : " files are copies",
                 " of another one of the series and left out: ", quoted(copies.front()),
                 copies.size() > 1 ? " and others" : "");
  return headers;
}

/// A run of frames of one file, decoded by one thread.
struct Work {
  std::size_t file;
  std::int64_t begin, end;
};

std::vector<Work> divided(const std::vector<DicomHeader>& headers) {
  std::vector<Work> work;
  for (std::size_t f = 0; f < headers.size(); ++f) {
    const std::int64_t frames = headers[f].frames;
    const std::int64_t parts = headers[f].pixels.deflated > 0 ? 1 : 16;  // a deflated file is inflated by each reader
    const std::int64_t step = std::max<std::int64_t>(1, (frames + parts - 1) / parts);
    for (std::int64_t begin = 0; begin < frames; begin += step)
      work.push_back({f, begin, std::min(frames, begin + step)});
  }
  return work;
}

[[noreturn]] void rethrow_with(const DicomHeader& header, std::int64_t frame, const Error& error) {
  const std::string where =
      header.frames > 1 ? "frame " + std::to_string(frame + 1) + " of " + quoted(header.file) : quoted(header.file);
  throw Error{error.code(), where + ": " + error.what(), error.hint(), error.where()};
}

// "1 to 4, 9" of the frames of a part.
std::string to_frame_list(const std::vector<DicomPlane>& planes) {
  std::string text;
  for (std::size_t i = 0; i < planes.size();) {
    std::size_t last = i;
    while (last + 1 < planes.size() && planes[last + 1].frame == planes[last].frame + 1) ++last;
    text += (text.empty() ? "" : ", ") + std::to_string(planes[i].frame + 1) +
            (last > i ? " to " + std::to_string(planes[last].frame + 1) : "");
    if (text.size() > 60) return text + " ...";
    i = last + 1;
  }
  return text;
}

// The frames of one of the images of a file that holds several, as the hint "part" says.
void take_part(DicomHeader& header, const std::string& wanted, const std::string& why) {
  const auto parts = dicom_parts(header);
  std::string list;
  for (std::size_t i = 0; i < parts.size() && list.size() < 600; ++i) {
    const std::string& unit = parts[i].front().meaning.unit;
    list += (list.empty() ? "" : "; ") + std::to_string(i + 1) + " (frames " + to_frame_list(parts[i]) +
            (unit.empty() ? "" : ", unit " + unit) + ")";
  }
  if (wanted.empty())
    throw Error{Errc::geometry_refused, why, "the file holds several images; pass the hint part=N with one of " + list};
  const auto number = to_number(wanted);
  if (!number || *number < 1 || *number > static_cast<double>(parts.size()) || *number != std::floor(*number))
    throw Error{Errc::invalid_input, quoted(header.file) + " holds no part '" + wanted + "'", "its parts are " + list};
  header.planes = parts[static_cast<std::size_t>(*number) - 1];
}

// Decodes every plane into its place. False: a value does not fit the type.
bool fill(const std::vector<DicomHeader>& headers, const DicomStack& stack, PixelBuffer& target) {
  const auto count = static_cast<std::size_t>(headers.front().columns * headers.front().rows);
  const std::size_t bytes = count * byte_count(target.spec().type);
  std::vector<std::vector<std::size_t>> at(headers.size());  // of each frame, its plane in the stack
  constexpr std::size_t left_out = std::numeric_limits<std::size_t>::max();
  for (std::size_t f = 0; f < headers.size(); ++f) at[f].assign(static_cast<std::size_t>(headers[f].frames), left_out);
  for (std::size_t i = 0; i < stack.planes.size(); ++i) at[stack.planes[i].file][stack.planes[i].frame] = i;
  const std::vector<Work> work = divided(headers);
  std::atomic<bool> fits{true};
  std::byte* const to = target.data();
  const ScalarType type = target.spec().type;
  parallel_for(static_cast<std::int64_t>(work.size()), 1, [&](std::int64_t first, std::int64_t last) {
    for (auto w = static_cast<std::size_t>(first); w < static_cast<std::size_t>(last) && fits; ++w) {
      const DicomHeader& header = headers[work[w].file];
      std::int64_t frame = work[w].begin;
      try {
        DicomFrameReader reader{header};
        for (; frame < work[w].end && fits; ++frame) {
          const std::size_t plane = at[work[w].file][static_cast<std::size_t>(frame)];
          if (plane == left_out) continue;
          if (!write_dicom_plane(reader.read(frame), header, stack.planes[plane].meaning, type, to + plane * bytes))
            fits = false;
        }
      } catch (const Error& error) {
        rethrow_with(header, frame, error);
      }
    }
  });
  return fits;
}

Pixels pixels_of_stack(const std::vector<DicomHeader>& headers, const DicomStack& stack) {
  const DicomHeader& first = headers.front();
  std::vector<std::int64_t> extents{first.columns, first.rows, static_cast<std::int64_t>(stack.slices)};
  if (stack.times > 1) extents.push_back(static_cast<std::int64_t>(stack.times));
  const Shape shape{std::span<const std::int64_t>{extents}};
  ScalarType type = dicom_result_type(headers);
  if (HeadersOnly::active()) return Pixels::outline({shape, type});
  PixelBuffer target = PixelBuffer::allocate({shape, type});
  if (fill(headers, stack, target)) return target;
  // 16 bits were a hope: CT numbers fit them in all but odd files.
  target = {};
  target = PixelBuffer::allocate({shape, ScalarType::i32});
  if (!fill(headers, stack, target))
    throw Error{Errc::invalid_input, "its values do not fit 32 bits", "check where the file came from"};
  return target;
}

bool is_of_the_body(const std::string& modality) {
  static const std::set<std::string> known{"CT", "MR", "PT", "NM", "RTDOSE", "ST"};
  return known.contains(modality);
}

// The grid, and what of it is a guess.
VoxelGrid make_grid(const std::vector<DicomHeader>& headers, const DicomStack& stack, Metadata& meta) {
  const DicomHeader& first = headers.front();
  const DicomPlane& plane = stack.planes.front();
  VoxelGrid grid;
  grid.size = {first.columns, first.rows, static_cast<std::int64_t>(stack.slices)};
  grid.origin_mm = plane.position;
  grid.direction = plane.direction;
  const bool volume = stack.slices > 1 || is_of_the_body(first.modality);
  double step = stack.step_mm;
  if (!(step > 0) && stack.slices == 1) {
    step = first.thickness > 0 ? first.thickness : first.frame_step > 0 ? first.frame_step : 0;
    if (!(step > 0) && volume) assume(meta, "a slice thickness of 1 mm, which the DICOM file does not say");
  } else if (!(step > 0)) {
    step = first.frame_step > 0 ? first.frame_step : first.thickness > 0 ? first.thickness : 0;
    if (!(step > 0))
      assume(meta, "a step of 1 mm between slices, which the DICOM file does not say");
    else if (!(first.frame_step > 0))
      assume(meta, "slices as far apart as they are thick");
  }
  grid.spacing_mm = {plane.spacing_x, plane.spacing_y, step > 0 ? step : 1};
  if (!plane.spaced) assume(meta, "a pixel spacing of 1 mm, which the DICOM file does not say");
  if (!plane.placed && stack.slices > 1)
    assume(meta, plane.position == Vec3{}
                     ? "frames in the order of the file and a position of 0, 0, 0 mm, which the file does not say"
                     : "frames in the order of the file, the first one at its position");
  else if (!plane.placed && volume)
    assume(meta, "a position of 0, 0, 0 mm, which the DICOM file does not say");
  if (!plane.oriented) {
    meta["orientation"] = "unknown";
    if (volume) assume(meta, "the orientation of a transverse slice, which the DICOM file does not say");
  }
  return grid;
}

// What values with this unit of a rescale or of a real-world mapping are. Empty: the unit says nothing.
Quantity make_quantity(const std::string& modality, const std::string& unit) {
  if (unit.empty() || unit == "US" || unit == "HU" || unit == "normalized") return {};
  if (unit == "BQML" || unit == "Bq/ml") return Quantity::activity;
  if (unit == "GML" || unit == "g/ml{SUVbw}") return Quantity::uptake;
  if (unit == "CNTS") return {"counts", ""};
  if (modality == "RTDOSE") return unit == "Gy" ? Quantity::dose : Quantity{"relative_dose", ""};
  return {"value", unit};
}

void say_meaning(const std::vector<DicomHeader>& headers, const DicomStack& stack, RawArray& array) {
  const DicomHeader& first = headers.front();
  const DicomMeaning& meaning = stack.planes.front().meaning;
  if (first.photometric == "MONOCHROME1") assume(array.meta, "values as stored, low ones are bright (MONOCHROME1)");
  if (first.storage.samples > 1 || first.photometric == "PALETTE COLOR") assume(array.meta, "colour as its luminance");
  if (first.modality == "CT") {
    if (meaning.said && (meaning.unit.empty() || meaning.unit == "HU"))
      array.quantity = Quantity::hounsfield;
    else if (!meaning.said)
      assume(array.meta, "values as stored and not in Hounsfield units, because the CT has no valid rescale");
  }
  if (const Quantity said = make_quantity(first.modality, meaning.unit); said != Quantity::unknown)
    array.quantity = said;
  else if (first.modality == "MR")
    array.quantity = Quantity::signal;
  if (stack.times < 2) return;
  array.meta["fourth_axis"] = stack.fourth_axis;
  for (const std::string& remark : stack.remarks) assume(array.meta, remark);
  if (stack.time_step_s > 0) array.meta["time_step_s"] = short_number(stack.time_step_s);
  std::string times;
  for (const double time : stack.times_s) times += (times.empty() ? "" : ",") + short_number(time);
  if (!times.empty()) array.meta["times_s"] = times;
  if (stack.fourth_axis != "time")
    assume(array.meta, "images of one place in the order of their " + stack.fourth_axis + " along the fourth axis");
}

void refuse_what_is_not_read(const DicomHeader& header) {
  if (!header.refusal.empty())
    throw Error{Errc::invalid_input, quoted(header.file) + " cannot be read: " + header.refusal,
                "convert it with another program first"};
}

/// The names of the segments of each layer.
LayerNames to_names(const DicomHeader& header, const std::vector<std::vector<std::uint16_t>>& layers) {
  LayerNames names;
  for (const auto& layer : layers) {
    names.emplace_back();
    for (const std::uint16_t segment : layer) {
      const auto found = std::ranges::find(header.segments, segment, &std::pair<std::uint16_t, std::string>::first);
      names.back().push_back(found == header.segments.end() || found->second.empty()
                                 ? "segment " + std::to_string(segment)
                                 : found->second);
    }
  }
  return names;
}

LabelMap to_labels(const DicomHeader& header, const ReadOptions& options) {
  if (options.expected && *options.expected != Kind::label_map)
    throw Error{Errc::type_mismatch, quoted(header.file) + " holds a segmentation, a " +
                                         std::string{to_string(*options.expected)} + " was expected"};
  LabelMap map;
  const DicomMosaic mosaic = dicom_mosaic(header);
  const auto asked = header.sop_class.ends_with(".7") ? std::nullopt : find_layer(options);  // those hold one layer
  std::vector<std::uint16_t> taken;                                                          // empty: all
  if (HeadersOnly::active()) {
    map.labels = Pixels::outline({mosaic.grid.shape(), dicom_label_type(header)});
  } else if (auto labels = asked ? std::nullopt : read_dicom_labels(header, mosaic)) {
    map.labels = std::move(*labels);
  } else {
    const auto layers = find_dicom_layers(header, mosaic);
    taken = layers[choose_layer(asked, to_names(header, layers), map.meta)];
    map.labels = read_dicom_labels(header, mosaic, taken).value();
  }
  map.grid = mosaic.grid;
  map.meta["modality"] = header.modality;
  if (!header.planes.front().oriented) map.meta["orientation"] = "unknown";
  for (const auto& [number, name] : header.segments) {
    if (number < 1 || number > 4096 || (!taken.empty() && std::ranges::count(taken, number) == 0)) continue;
    if (name == "label " + std::to_string(number)) continue;  // what ours writes where there is none
    if (map.names.size() <= number) map.names.resize(number + std::size_t{1});
    map.names[number] = name;
  }
  set_label_colours(map.meta, read_dicom_segment_colours(header.file));
  return map;
}

RawArray assemble_mosaic(const DicomHeader& header) {
  RawArray array;
  const DicomMosaic mosaic = dicom_mosaic(header);
  array.pixels = HeadersOnly::active() ? Pixels::outline({mosaic.grid.shape(), dicom_mosaic_type(header)})
                                       : read_dicom_mosaic(header, mosaic);
  array.grid = mosaic.grid;
  array.meta["modality"] = header.modality;
  if (!header.planes.front().oriented) array.meta["orientation"] = "unknown";
  if (header.fraction_of > 0) array.quantity = Quantity::probability;
  if (header.storage.samples > 1 || header.photometric == "PALETTE COLOR")
    assume(array.meta, "colour as its luminance");
  for (const std::string& what : header.assumed) assume(array.meta, what);
  return array;
}

RawArray assemble(std::vector<DicomHeader> headers, const ReadOptions& options) {
  for (const DicomHeader& header : headers) refuse_what_is_not_read(header);
  const DicomHeader& first = headers.front();
  if (is_dicom_mosaic(first) && headers.size() == 1) return assemble_mosaic(first);
  DicomStack stack = dicom_stack(headers);
  const std::string part = find_hint(options, "part");
  if (headers.size() == 1 && headers[0].frames > 1 && (stack.verdict.finding == Finding::mismatch || !part.empty())) {
    take_part(headers[0], part, stack.verdict.sentence);
    stack = dicom_stack(headers);
  } else if (!part.empty() && part != "1") {
    throw Error{Errc::invalid_input, quoted(first.file) + " holds one image, the hint 'part' is " + part};
  }
  if (stack.verdict.finding == Finding::mismatch)
    throw Error{Errc::geometry_refused, stack.verdict.sentence, "read them one by one"};
  refuse_unless_accepted(stack.verdict, options.accepted);
  RawArray array;
  array.pixels = pixels_of_stack(headers, stack);
  std::set<std::string> said;
  for (const DicomHeader& header : headers)
    for (const std::string& what : header.assumed)
      if (said.insert(what).second) assume(array.meta, what);
  array.grid = make_grid(headers, stack, array.meta);
  say_meaning(headers, stack, array);
  array.meta["modality"] = first.modality;
  if (stack.verdict.finding != Finding::uniform)
    array.meta["accepted"] =
        "geometry " + std::string{to_string(stack.verdict.finding)} + ": " + stack.verdict.sentence;
  return array;
}

class Dicom final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    std::error_code problem;
    if (fs::is_directory(file, problem)) return true;
    return starts_as_dicom(first_bytes(file, 132));
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    std::vector<DicomHeader> headers = images_at(file, options);
    for (const DicomHeader& header : headers) refuse_what_is_not_read(header);
    const bool apart = headers.size() > 1 && is_dicom_mosaic(headers.front());
    if (apart)
      throw Error{
          Errc::invalid_input,
          "the series holds " + std::to_string(headers.size()) + " segmentations or pictures in tiles, one is needed",
          "read them one by one"};
    if (is_dicom_segmentation(headers.front()) && headers.front().fraction_of == 0)
      return to_labels(headers.front(), options);
    const auto array_at = [&](const fs::path& place) { return assemble(images_at(place, options), options); };
    return make_dataset(assemble(std::move(headers), options), options, array_at);
  }
  void write(const fs::path& file, const Dataset& data) const override {
    write_dicom_segmentation(file, std::get<LabelMap>(data));
  }

 private:
  Format format_{"DICOM",
                 {".dcm", ".ima"},
                 {Kind::volume, Kind::label_map, Kind::sinogram},
                 {Kind::label_map},
                 array_hints({"series"},
                             {number_hint("part", "", "Which of several images in one file: 1, 2, ..."), layer_hint()}),
                 "A file or the series of a folder, in LPS; stored values become Hounsfield units or what the file "
                 "says. Labels are written "
                 "as a segmentation with names and colours, of a patient and a study of its own."};
};

}  // namespace

void add_dicom(Handlers& to) { to.push_back(std::make_unique<Dicom>()); }

}  // namespace iso::io::detail
