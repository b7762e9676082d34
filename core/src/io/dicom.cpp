#include "dicom_impl.h"

#include "array_impl.h"
#include "handlers_impl.h"
#include "iso/base/error.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>

/// DICOM by GDCM: a file, or the series of a folder. Spacing between slices comes from their positions only.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_files = 50000;
constexpr const char* segmentation_class = "1.2.840.10008.5.1.4.1.1.66.4";

double along(const Vec3& p, const Mat3& d) { return p[0] * d[2] + p[1] * d[5] + p[2] * d[8]; }

std::vector<DicomHeader> headers_in(const fs::path& place) {
  std::vector<DicomHeader> headers;
  const auto add = [&](const fs::path& file) {
    DicomHeader header;
    if (!read_dicom_header(file, header)) return;
    headers.push_back(std::move(header));
  };
  std::error_code problem;
  if (!fs::is_directory(place, problem)) {
    add(place);
    return headers;
  }
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at{place, fs::directory_options::skip_permission_denied, problem}, end;
       !problem && at != end; at.increment(problem)) {
    if (at->is_regular_file(problem) && files.size() < most_files) files.push_back(at->path());
  }
  std::ranges::sort(files);
  for (const auto& file : files) add(file);
  return headers;
}

// The series that is named, or the only one.
std::vector<DicomHeader> series_of(std::vector<DicomHeader> headers, const std::string& wanted) {
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

// The planes of one place follow each other in time; uneven repeats stay as they are and are found by the check.
void split_times(DicomStack& stack, const Mat3& direction) {
  const auto height = [&](std::size_t i) { return along(stack.planes[i].position, direction); };
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < stack.planes.size(); ++i)
    if (i == 0 || std::abs(height(i) - height(i - 1)) > 1e-4) starts.push_back(i);
  const std::size_t repeats = stack.planes.size() / starts.size();
  bool even = stack.planes.size() == repeats * starts.size();
  for (std::size_t i = 0; i < starts.size(); ++i) even = even && starts[i] == i * repeats;
  if (!even) return;
  std::vector<DicomPlane> ordered;
  for (std::size_t t = 0; t < repeats; ++t)
    for (std::size_t z = 0; z < starts.size(); ++z) ordered.push_back(stack.planes[z * repeats + t]);
  stack.planes = std::move(ordered);
  stack.slices = starts.size();
  stack.times = repeats;
}

// Whole numbers stay whole where the rescale keeps them so and i16 holds them.
ScalarType result_type(const DicomStack& stack, ScalarType stored) {
  bool identity = true, whole = true;
  for (const auto& p : stack.planes) {
    identity = identity && p.slope == 1 && p.intercept == 0;
    whole =
        whole && p.slope == 1 && p.intercept == std::floor(p.intercept) && p.intercept >= -32768 && p.intercept <= 0;
  }
  if (identity) return stored;
  if (whole && (stored == ScalarType::i16 || stored == ScalarType::u16 || stored == ScalarType::u8))
    return ScalarType::i32;
  return stored == ScalarType::f64 ? ScalarType::f64 : ScalarType::f32;
}

template <class From, class To>
void rescale(std::span<const From> from, std::span<To> to, const DicomPlane& plane) {
  for (std::size_t i = 0; i < from.size(); ++i)
    to[i] = static_cast<To>(plane.slope * static_cast<double>(from[i]) + plane.intercept);
}

void place_plane(const PixelBlock& source, std::size_t frame, const DicomPlane& plane, PixelBlock& target,
                 std::size_t at, std::size_t count) {
  const ScalarType from = source.spec().type, to = target.spec().type;
  if (from == to) {
    const std::size_t bytes = count * bytes_of(from);
    std::memcpy(target.mutable_data() + at * bytes, source.data() + frame * bytes, bytes);
    if (plane.slope == 1 && plane.intercept == 0) return;
  }
  const auto into = [&]<class To>(To) {
    const auto out = target.mutable_values<To>().subspan(at * count, count);
    const auto read = [&]<class From>(From) {
      rescale(source.values<From>().subspan(frame * count, count), out, plane);
    };
    switch (from) {
      case ScalarType::u8: return read(std::uint8_t{});
      case ScalarType::u16: return read(std::uint16_t{});
      case ScalarType::i16: return read(std::int16_t{});
      case ScalarType::i32: return read(std::int32_t{});
      case ScalarType::f32: return read(float{});
      default: return read(double{});
    }
  };
  switch (to) {
    case ScalarType::i32: return into(std::int32_t{});
    case ScalarType::f32: return into(float{});
    case ScalarType::f64: return into(double{});
    default: break;
  }
}

// CT numbers fit 16 bits in all but odd files; half the memory.
PixelBlock narrowed(const PixelBlock& block) {
  if (block.spec().type != ScalarType::i32) return block;
  const auto values = block.values<std::int32_t>();
  if (std::ranges::any_of(values, [](std::int32_t v) { return v < -32768 || v > 32767; })) return block;
  PixelBlock out = PixelBlock::allocate({block.spec().shape, ScalarType::i16});
  std::ranges::transform(values, out.mutable_values<std::int16_t>().begin(),
                         [](std::int32_t v) { return static_cast<std::int16_t>(v); });
  return out;
}

RawArray assemble(const std::vector<DicomHeader>& headers, const std::vector<Finding>& accepted) {
  const DicomHeader& first = headers.front();
  const DicomStack stack = dicom_stack(headers);
  if (stack.verdict.finding == Finding::mismatch)
    throw Error{Errc::geometry_refused, stack.verdict.sentence, "read them one by one"};
  refuse_unless_accepted(stack.verdict, accepted);
  const auto count = static_cast<std::size_t>(first.columns * first.rows);
  RawArray array;
  PixelBlock target;
  std::vector<std::vector<std::size_t>> wanted(headers.size());
  for (std::size_t i = 0; i < stack.planes.size(); ++i) wanted[stack.planes[i].file].push_back(i);
  for (std::size_t f = 0; f < headers.size(); ++f) {
    const PixelBlock pixels = read_dicom_pixels(headers[f]);
    if (target.empty()) {
      std::vector<std::int64_t> extents{first.columns, first.rows, static_cast<std::int64_t>(stack.slices)};
      if (stack.times > 1) extents.push_back(static_cast<std::int64_t>(stack.times));
      target =
          PixelBlock::allocate({Shape{std::span<const std::int64_t>{extents}}, result_type(stack, pixels.spec().type)});
    }
    const bool odd = target.spec().type != ScalarType::f32 && target.spec().type != ScalarType::f64 &&
                     target.spec().type != ScalarType::i32 && target.spec().type != pixels.spec().type;
    if (odd)
      throw Error{Errc::invalid_input, "the slices of the series differ in their element type at '" +
                                           headers[f].file.filename().string() + "'"};
    for (const std::size_t i : wanted[f]) place_plane(pixels, stack.planes[i].frame, stack.planes[i], target, i, count);
  }
  array.pixels = narrowed(target);
  VoxelGrid grid;
  grid.size = {first.columns, first.rows, static_cast<std::int64_t>(stack.slices)};
  double step = stack.step_mm;
  if (!(step > 0))
    step = first.frames > 1 && first.frame_step > 0 ? first.frame_step : first.thickness > 0 ? first.thickness : 1;
  grid.spacing_mm = {first.spacing_x, first.spacing_y, step};
  grid.origin_mm = stack.planes.front().position;
  grid.direction = first.direction;
  array.grid = grid;
  if (!first.spaced) assume(array.meta, "a pixel spacing of 1 mm, which the DICOM file does not say");
  if (!stack.planes.front().placed && stack.slices > 1)
    assume(array.meta, "frames in the order of the file, whose positions it does not say");
  if (first.photometric == "MONOCHROME1") assume(array.meta, "values as stored, low ones are bright (MONOCHROME1)");
  if (first.samples > 1) assume(array.meta, "colour as its luminance");
  if (first.modality == "CT" && (first.rescale_type.empty() || first.rescale_type == "HU"))
    array.quantity = Quantity::hounsfield;
  if (first.modality == "MR") array.quantity = Quantity::signal;
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
    const std::string start = first_bytes(file, 132);
    if (start.size() == 132 && start.compare(128, 4, "DICM") == 0) return true;
    // Without a preamble a data set begins with a small even group.
    return has_extension(file, ".dcm") && start.size() > 8 && start[1] == 0 && (start[0] == 8 || start[0] == 2);
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const auto array_at = [&](const fs::path& place) {
      auto headers = headers_in(place);
      std::error_code problem;
      if (headers.empty()) {
        if (fs::is_directory(place, problem))
          throw Error{Errc::input_directory, "the folder holds no DICOM image", "give the folder of a series"};
        throw Error{Errc::cannot_read, "the file holds no DICOM image that can be read",
                    "check that it is complete and holds an image"};
      }
      headers = series_of(std::move(headers), hint_of(options, "series"));
      if (headers.front().sop_class == segmentation_class)
        throw Error{Errc::unsupported, "DICOM segmentations are not supported", "convert it to NIfTI first"};
      return assemble(headers, options.accepted);
    };
    // A damaged file may also keep the decoder busy for ever; sound ones decode above 2 MB/s.
    std::error_code problem;
    const std::uint64_t seconds = fs::is_directory(file, problem) ? 3600 : 1 + size_of_file(file) / 2'000'000;
    if (!survives(seconds, [&] { (void)array_at(file); }))
      throw Error{Errc::cannot_read, "the DICOM data are damaged: the decoder fails on them",
                  "check where the file came from"};
    return make_dataset(array_at(file), options, array_at);
  }

 private:
  Format format_{
      "DICOM",
      {".dcm", ".ima"},
      {Kind::volume, Kind::label_map, Kind::sinogram},
      {},
      array_hints({"series"}),
      "A file or the series of a folder, in LPS; stored values become Hounsfield units or what the file says."};
};

}  // namespace

DicomStack dicom_stack(const std::vector<DicomHeader>& headers) {
  DicomStack stack;
  const DicomHeader& first = headers.front();
  for (std::size_t f = 0; f < headers.size(); ++f) {
    for (DicomPlane plane : headers[f].planes) {
      plane.file = f;
      stack.planes.push_back(plane);
    }
  }
  stack.slices = stack.planes.size();
  for (const DicomHeader& h : headers) {
    bool same = h.rows == first.rows && h.columns == first.columns && std::abs(h.spacing_x - first.spacing_x) < 1e-3 &&
                std::abs(h.spacing_y - first.spacing_y) < 1e-3;
    for (std::size_t i = 0; i < 9; ++i) same = same && std::abs(h.direction[i] - first.direction[i]) < 1e-3;
    if (same) continue;
    stack.verdict = {Finding::mismatch, 0, "slices",
                     "the slices of the series differ in size, spacing or direction: '" + h.file.filename().string() +
                         "' and '" + first.file.filename().string() + "'"};
    return stack;
  }
  if (!std::ranges::all_of(stack.planes, [](const DicomPlane& p) { return p.placed; })) {
    if (stack.planes.size() > 1 && headers.size() > 1)
      stack.verdict = {Finding::missing, 0, "slices", "slices of the series have no position"};
    return stack;
  }
  const Mat3& direction = first.direction;
  std::ranges::stable_sort(stack.planes, [&](const DicomPlane& a, const DicomPlane& b) {
    const double p = along(a.position, direction), q = along(b.position, direction);
    return std::abs(p - q) > 1e-4 ? p < q : a.order < b.order;
  });
  split_times(stack, direction);
  std::vector<Vec3> centres;
  for (std::size_t z = 0; z < stack.slices; ++z) centres.push_back(stack.planes[z].position);
  stack.verdict = check_slices(centres, direction);
  if (centres.size() > 1)
    stack.step_mm = (along(centres.back(), direction) - along(centres.front(), direction)) /
                    static_cast<double>(centres.size() - 1);
  return stack;
}

std::string dicom_refusal(const DicomHeader& header) {
  if (header.sop_class == segmentation_class) return "DICOM segmentations are not supported";
  if (header.photometric.starts_with("PALETTE")) return "pictures coloured by a palette are not supported";
  return {};
}

// GDCM ends the program on some damaged files (its assertions are compiled in). A child process reads first; only if
// it lives does this process read.
bool survives(std::uint64_t cpu_seconds, const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child < 0) return true;  // no process to be had: read without the precaution
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    const rlimit patience{cpu_seconds, cpu_seconds};
    ::setrlimit(RLIMIT_CPU, &patience);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
    try {
      work();
    } catch (...) {
      ::_exit(1);  // an error in order, which this process will meet too
    }
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status);
}

void add_dicom(Handlers& to) { to.push_back(std::make_unique<Dicom>()); }

}  // namespace iso::io::detail
