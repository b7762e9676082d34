#include "dicom_impl.h"

#include "array_impl.h"
#include "iso/base/error.h"

#include <gdcmImageReader.h>
#include <gdcmReader.h>
#include <gdcmSequenceOfItems.h>
#include <gdcmTrace.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <set>

namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

using gdcm::DataSet;
using gdcm::Tag;

const Tag charset{0x0008, 0x0005}, sop_class{0x0008, 0x0016}, study_date{0x0008, 0x0020}, modality{0x0008, 0x0060},
    study_description{0x0008, 0x1030}, series_description{0x0008, 0x103e}, patient_name{0x0010, 0x0010},
    patient_id{0x0010, 0x0020}, series_number{0x0020, 0x0011}, thickness{0x0018, 0x0050}, trigger{0x0018, 0x1060},
    step_between{0x0018, 0x0088}, series{0x0020, 0x000e}, instance{0x0020, 0x0013}, position{0x0020, 0x0032},
    orientation{0x0020, 0x0037}, temporal{0x0020, 0x0100}, samples{0x0028, 0x0002}, photometric{0x0028, 0x0004},
    frames{0x0028, 0x0008}, rows{0x0028, 0x0010}, columns{0x0028, 0x0011}, spacing{0x0028, 0x0030},
    intercept{0x0028, 0x1052}, slope{0x0028, 0x1053}, rescale_type{0x0028, 0x1054}, shared_groups{0x5200, 0x9229},
    frame_groups{0x5200, 0x9230}, plane_position{0x0020, 0x9113}, plane_orientation{0x0020, 0x9116},
    pixel_measures{0x0028, 0x9110}, value_transformation{0x0028, 0x9145}, pixel_data{0x7fe0, 0x0010};

std::string text_of(const DataSet& set, const Tag& tag) {
  if (!set.FindDataElement(tag)) return {};
  const auto* value = set.GetDataElement(tag).GetByteValue();
  if (!value || value->GetLength() > 65536) return {};
  std::string text{value->GetPointer(), value->GetLength()};
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.pop_back();
  return text;
}

std::vector<double> numbers_in(const DataSet& set, const Tag& tag) {
  std::vector<double> numbers;
  for (const auto& part : split(text_of(set, tag), '\\')) {
    const auto value = to_number(part);
    if (!value || !std::isfinite(*value)) return {};
    numbers.push_back(*value);
  }
  return numbers;
}

double number_in(const DataSet& set, const Tag& tag, double otherwise) {
  const auto numbers = numbers_in(set, tag);
  return numbers.empty() ? otherwise : numbers[0];
}

// GDCM turns values to the order of the machine when it reads them.
std::int64_t short_in(const DataSet& set, const Tag& tag, std::int64_t otherwise) {
  if (!set.FindDataElement(tag)) return otherwise;
  const auto* value = set.GetDataElement(tag).GetByteValue();
  if (!value || value->GetLength() < 2) return otherwise;
  const auto* bytes = reinterpret_cast<const unsigned char*>(value->GetPointer());
  return bytes[1] << 8 | bytes[0];
}

// The items of a sequence; the pointer keeps them alive.
gdcm::SmartPointer<gdcm::SequenceOfItems> items_of(const DataSet& set, const Tag& tag) {
  if (!set.FindDataElement(tag)) return nullptr;
  return set.GetDataElement(tag).GetValueAsSQ();
}

template <class Use>
void with_first_item(const DataSet& set, const Tag& tag, const Use& use) {
  const auto items = items_of(set, tag);
  if (items && items->GetNumberOfItems() > 0) use(items->GetItem(1).GetNestedDataSet());
}

void take_orientation(const DataSet& set, DicomHeader& header) {
  const auto o = numbers_in(set, orientation);
  if (o.size() != 6) return;
  const Vec3 x{o[0], o[1], o[2]}, y{o[3], o[4], o[5]};
  const Vec3 z{x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]};
  for (std::size_t row = 0; row < 3; ++row) {
    header.direction[3 * row] = x[row];
    header.direction[3 * row + 1] = y[row];
    header.direction[3 * row + 2] = z[row];
  }
}

void take_measures(const DataSet& set, DicomHeader& header) {
  const auto s = numbers_in(set, spacing);
  if (s.size() == 2 && s[0] > 0 && s[1] > 0) {
    header.spacing_y = s[0];  // DICOM gives rows first
    header.spacing_x = s[1];
    header.spaced = true;
  }
  header.thickness = number_in(set, thickness, header.thickness);
  header.frame_step = number_in(set, step_between, header.frame_step);
}

void take_plane(const DataSet& set, DicomPlane& plane) {
  const auto p = numbers_in(set, position);
  if (p.size() == 3) {
    plane.position = {p[0], p[1], p[2]};
    plane.placed = true;
  }
}

void take_rescale(const DataSet& set, DicomPlane& plane) {
  plane.slope = number_in(set, slope, plane.slope);
  plane.intercept = number_in(set, intercept, plane.intercept);
}

// Functional groups of an enhanced object, shared by all frames or of one.
void take_groups(const DataSet& groups, DicomHeader& header, DicomPlane& plane) {
  with_first_item(groups, plane_orientation, [&](const DataSet& item) { take_orientation(item, header); });
  with_first_item(groups, pixel_measures, [&](const DataSet& item) { take_measures(item, header); });
  with_first_item(groups, plane_position, [&](const DataSet& item) { take_plane(item, plane); });
  with_first_item(groups, value_transformation, [&](const DataSet& item) {
    take_rescale(item, plane);
    header.rescale_type = text_of(item, rescale_type);
  });
}

void take_frames(const DataSet& set, DicomHeader& header) {
  DicomPlane common;
  take_plane(set, common);
  take_rescale(set, common);
  common.order = number_in(set, trigger, number_in(set, temporal, 0)) * 1e6 + number_in(set, instance, 0);
  with_first_item(set, shared_groups, [&](const DataSet& groups) { take_groups(groups, header, common); });
  header.planes.assign(static_cast<std::size_t>(header.frames), common);
  const auto groups = items_of(set, frame_groups);
  const bool own = groups && static_cast<std::int64_t>(groups->GetNumberOfItems()) == header.frames;
  for (std::size_t f = 0; f < header.planes.size(); ++f) {
    DicomPlane& plane = header.planes[f];
    plane.frame = f;
    if (header.frames > 1) plane.order = static_cast<double>(f);
    if (own)
      take_groups(groups->GetItem(f + 1).GetNestedDataSet(), header, plane);
    else if (header.frames > 1)
      plane.placed = false;  // one position cannot be that of every frame
  }
}

// DOE^JANE=... is shown as DOE, JANE: the first group of components that says anything.
std::string name_of_person(const std::string& text) {
  std::string name;
  for (const auto& group : split(text, '=')) {
    if (name = group; !name.empty()) break;
  }
  while (!name.empty() && (name.back() == '^' || name.back() == ' ')) name.pop_back();
  if (const auto at = name.find('^'); at != std::string::npos) name.replace(at, 1, ", ");
  std::ranges::replace(name, '^', ' ');
  return name;
}

void take_words(const DataSet& set, DicomHeader& header) {
  const std::string code = text_of(set, charset);
  const auto words = [&](const Tag& tag) { return dicom_utf8(text_of(set, tag), code); };
  header.patient = name_of_person(words(patient_name));
  header.patient_id = words(patient_id);
  header.study = words(study_description);
  header.description = words(series_description);
  header.study_date = text_of(set, study_date);
  if (const auto& d = header.study_date; d.size() == 8)
    header.study_date = d.substr(0, 4) + "-" + d.substr(4, 2) + "-" + d.substr(6);
  header.number = static_cast<std::int64_t>(std::clamp(number_in(set, series_number, 0), -1e9, 1e9));
}

template <class Stored>
void to_grey(const char* raw, const DicomHeader& header, bool planar, bool luminance_first, std::span<float> grey) {
  const auto plane = static_cast<std::size_t>(header.columns * header.rows);
  for (std::size_t i = 0; i < grey.size(); ++i) {
    const std::size_t frame = i / plane, at = i % plane;
    std::array<double, 3> c{};
    for (std::size_t s = 0; s < 3; ++s) {
      Stored value;
      const std::size_t index = planar ? (3 * frame + s) * plane + at : 3 * i + s;
      std::memcpy(&value, raw + index * sizeof value, sizeof value);
      c[s] = static_cast<double>(value);
    }
    grey[i] = static_cast<float>(luminance_first ? c[0] : 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]);
  }
}

// Where the values of a plain little-endian element of pixels begin; 0 if it is not found.
std::size_t pixels_start(const fs::path& file, std::size_t bytes, std::size_t need) {
  const std::string head =
      first_bytes(file, std::min(bytes, (std::size_t{1} << 20) + (bytes > need ? bytes - need : 0)));
  for (auto at = head.find("\xe0\x7f\x10\x00", 0, 4); at != std::string::npos;
       at = head.find("\xe0\x7f\x10\x00", at + 1, 4)) {
    const bool explicit_type = head.compare(at + 4, 2, "OW") == 0 || head.compare(at + 4, 2, "OB") == 0;
    const std::size_t length_at = at + (explicit_type ? 8 : 4);
    if (length_at + 4 > head.size()) return 0;
    std::uint32_t length = 0;
    std::memcpy(&length, head.data() + length_at, 4);
    if (length == need || length == need + need % 2) return length_at + 4;
  }
  return 0;
}

FileType stored_type(const gdcm::PixelFormat& format) {
  using gdcm::PixelFormat;
  switch (format.GetScalarType()) {
    case PixelFormat::UINT8: return FileType::u8;
    case PixelFormat::INT8: return FileType::i8;
    case PixelFormat::UINT12:
    case PixelFormat::UINT16: return FileType::u16;
    case PixelFormat::INT12:
    case PixelFormat::INT16: return FileType::i16;
    case PixelFormat::UINT32: return FileType::u32;
    case PixelFormat::INT32: return FileType::i32;
    case PixelFormat::FLOAT32: return FileType::f32;
    case PixelFormat::FLOAT64: return FileType::f64;
    default: break;
  }
  throw Error{Errc::unsupported,
              std::string{"pixels of the type "} + format.GetScalarTypeAsString() + " are not supported"};
}

}  // namespace

void quiet_dicom() {
  static std::once_flag once;
  std::call_once(once, [] {
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
    gdcm::Trace::DebugOff();
  });
}

bool read_dicom_header(const fs::path& file, DicomHeader& header) {
  quiet_dicom();
  gdcm::Reader reader;
  reader.SetFileName(file.c_str());
  try {
    if (!reader.ReadUpToTag(pixel_data)) return false;
  } catch (const std::exception&) {
    return false;
  }
  const DataSet& set = reader.GetFile().GetDataSet();
  header.file = file;
  header.sop_class = text_of(set, sop_class);
  header.series = text_of(set, series);
  header.modality = text_of(set, modality);
  header.photometric = text_of(set, photometric);
  take_words(set, header);
  header.rescale_type = text_of(set, rescale_type);
  header.rows = short_in(set, rows, 0);
  header.columns = short_in(set, columns, 0);
  header.samples = short_in(set, samples, 1);
  const double count = number_in(set, frames, 1);
  header.frames = count >= 1 && count <= 1e6 ? static_cast<std::int64_t>(count) : 1;
  if (header.rows < 1 || header.columns < 1) return false;
  take_orientation(set, header);
  take_measures(set, header);
  take_frames(set, header);
  return true;
}

namespace {

std::string quoted(const DicomHeader& header) { return "'" + header.file.filename().string() + "'"; }

/// What can be refused before anything is decoded.
void check_header(const DicomHeader& header, const Shape& shape, std::size_t bytes) {
  // Compressed frames of one grey level are very small.
  if (static_cast<double>(shape.count()) > 20000.0 * static_cast<double>(bytes)) {
    throw Error{Errc::invalid_input, quoted(header) + " says it holds " + shape.text() + " pixels, it has " +
                                         std::to_string(bytes) + " bytes"};
  }
  if (header.photometric.starts_with("PALETTE"))
    throw Error{Errc::unsupported, quoted(header) + " is coloured by a palette, which is not supported"};
}

/// The bytes that the pixels take decoded, if the image is what its header says and all there.
std::size_t checked_bytes(const DicomHeader& header, const Shape& shape, const gdcm::ImageReader& reader,
                          std::size_t file_bytes) {
  const std::string name = quoted(header);
  const gdcm::Image& image = reader.GetImage();
  const unsigned depth = image.GetNumberOfDimensions() > 2 ? image.GetDimension(2) : 1;
  if (image.GetDimension(0) != header.columns || image.GetDimension(1) != header.rows || depth != header.frames) {
    throw Error{Errc::invalid_input, name + " contradicts itself: its header says " + shape.text() +
                                         " pixels, its image is " + std::to_string(image.GetDimension(0)) + " x " +
                                         std::to_string(image.GetDimension(1)) + " x " + std::to_string(depth)};
  }
  const gdcm::PixelFormat& format = image.GetPixelFormat();
  const auto per_pixel = static_cast<std::size_t>(format.GetSamplesPerPixel());
  const std::size_t need = static_cast<std::size_t>(shape.count()) * per_pixel * bytes_of(stored_type(format));
  const bool fits = image.GetBufferLength() == need;
  if (!fits || (per_pixel != 1 && per_pixel != 3))
    throw Error{Errc::unsupported, name + " has an arrangement of pixels that is not supported"};
  // The library fills up what a truncated file does not hold.
  const auto syntax = reader.GetFile().GetHeader().GetDataSetTransferSyntax();
  const bool plain = !syntax.IsEncapsulated() && syntax != gdcm::TransferSyntax::DeflatedExplicitVRLittleEndian;
  if (plain && file_bytes < need + pixels_start(header.file, file_bytes, need)) {
    throw Error{Errc::cannot_read,
                name + " is incomplete: its pixels need " + std::to_string(need) + " bytes, which are not all there",
                "check that the file is complete"};
  }
  return need;
}

void to_grey(FileType type, const char* raw, const gdcm::Image& image, const DicomHeader& header,
             std::span<float> grey) {
  const bool planar = image.GetPlanarConfiguration() == 1;
  const bool luminance_first = std::string{image.GetPhotometricInterpretation().GetString()}.starts_with("YBR");
  switch (type) {
    case FileType::u8: return to_grey<std::uint8_t>(raw, header, planar, luminance_first, grey);
    case FileType::u16: return to_grey<std::uint16_t>(raw, header, planar, luminance_first, grey);
    case FileType::u32: return to_grey<std::uint32_t>(raw, header, planar, luminance_first, grey);
    default: throw Error{Errc::unsupported, quoted(header) + " has colours of a type that is not supported"};
  }
}

}  // namespace

namespace {

/// The JPEG decoders inside of the library speak on stderr whatever its settings are, of sound files too. While one of these
/// lives, that goes nowhere; so does what other threads say there meanwhile, which is the lesser harm.
class SilentDecoders {
 public:
  SilentDecoders() : one_at_a_time_{mutex()}, kept_{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)} {
    const int nowhere = kept_ < 0 ? -1 : ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0) return;
    ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
  SilentDecoders(const SilentDecoders&) = delete;
  SilentDecoders& operator=(const SilentDecoders&) = delete;
  ~SilentDecoders() {
    if (kept_ < 0) return;
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
  }

 private:
  static std::mutex& mutex() {
    static std::mutex only;
    return only;
  }
  std::lock_guard<std::mutex> one_at_a_time_;
  int kept_;
};

}  // namespace

PixelBlock read_dicom_pixels(const DicomHeader& header) {
  const SilentDecoders silent;
  const std::size_t bytes = size_of_file(header.file);
  const Shape shape{header.columns, header.rows, header.frames};
  check_header(header, shape, bytes);
  gdcm::ImageReader reader;
  reader.SetFileName(header.file.c_str());
  if (!reader.Read())
    throw Error{Errc::cannot_read, quoted(header) + " cannot be decoded: it is damaged, incomplete or holds no image",
                "check that the file is complete"};
  const gdcm::Image& image = reader.GetImage();
  const std::size_t need = checked_bytes(header, shape, reader, bytes);
  const FileType type = stored_type(image.GetPixelFormat());
  const bool colour = image.GetPixelFormat().GetSamplesPerPixel() == 3, direct = !colour && stored_as_is(type);
  PixelBlock block = PixelBlock::allocate({shape, colour ? ScalarType::f32 : stored_as(type)});
  std::vector<char> raw(direct ? 0 : need);
  if (!image.GetBuffer(direct ? reinterpret_cast<char*>(block.mutable_data()) : raw.data())) {
    throw Error{Errc::cannot_read, quoted(header) + " cannot be decoded: its pixels are damaged or incomplete",
                "check that the file is complete"};
  }
  if (colour)
    to_grey(type, raw.data(), image, header, block.mutable_values<float>());
  else if (!direct)
    widen(type, raw.data(), block);
  return block;
}

}  // namespace iso::io::detail
