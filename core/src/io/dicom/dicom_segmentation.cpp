#include "io/dicom/dicom_segmentation_impl.h"

#include "iso/base/dispatch.h"
#include "iso/base/error.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/oflog/oflog.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <string>
#include <vector>

namespace iso::io::detail {
namespace {

constexpr std::uint16_t most_segments = 4096;

void check(const OFCondition& condition, const char* doing) {
  if (condition.bad())
    throw Error{Errc::cannot_write,
                std::string{"the segmentation cannot be written: "} + doing + ", " + condition.text()};
}

/// A decimal string has at most 16 characters (PS3.5, 6.2).
std::string decimal(double value) {
  std::array<char, 32> text{};
  for (int digits = 17; digits > 0; --digits) {
    const auto end = std::to_chars(text.begin(), text.end(), value, std::chars_format::general, digits).ptr;
    if (end - text.begin() <= 16) return {text.begin(), end};
  }
  return "0";
}

std::string joined(std::initializer_list<double> values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : "\\") + decimal(value);
  return text;
}

/// A data set or an item with each value's representation said, so that no dictionary is needed.
class Item {
 public:
  explicit Item(DcmItem& item) : item_{item} {}
  void text(const DcmTagKey& key, DcmEVR vr, const std::string& value) const {
    check(item_.putAndInsertString(DcmTag{key, DcmVR{vr}}, value.c_str()), "a text");
  }
  void number(const DcmTagKey& key, std::uint16_t value) const {
    check(item_.putAndInsertUint16(DcmTag{key, DcmVR{EVR_US}}, value), "a number");
  }
  void numbers(const DcmTagKey& key, const std::array<std::uint16_t, 3>& values) const {
    check(item_.putAndInsertUint16Array(DcmTag{key, DcmVR{EVR_US}}, values.data(), values.size()), "numbers");
  }
  void longs(const DcmTagKey& key, const std::vector<Uint32>& values) const {
    auto* const element = new DcmUnsignedLong{DcmTag{key, DcmVR{EVR_UL}}};
    check(element->putUint32Array(values.data(), values.size()), "an index");
    check(item_.insert(element, OFTrue), "an index");
  }
  void tag(const DcmTagKey& key, const DcmTagKey& value) const {
    auto* const element = new DcmAttributeTag{DcmTag{key, DcmVR{EVR_AT}}};
    check(element->putTagVal(value), "a tag");
    check(item_.insert(element, OFTrue), "a tag");
  }
  /// Another item of a sequence.
  [[nodiscard]] Item add(const DcmTagKey& sequence) const {
    DcmItem* made = nullptr;
    check(item_.findOrCreateSequenceItem(DcmTag{sequence, DcmVR{EVR_SQ}}, made, -2), "an item");
    return Item{*made};
  }
  void code(const DcmTagKey& sequence, const char* value, const char* scheme, const char* meaning) const {
    const Item item = add(sequence);
    item.text(DCM_CodeValue, EVR_SH, value);
    item.text(DCM_CodingSchemeDesignator, EVR_SH, scheme);
    item.text(DCM_CodeMeaning, EVR_LO, meaning);
  }
  [[nodiscard]] DcmItem& item() const noexcept { return item_; }

 private:
  DcmItem& item_;
};

std::string make_uid() {
  std::array<char, 100> text{};
  return dcmGenerateUniqueIdentifier(text.data());
}

/// A frame: a segment in a slice.
struct Frame {
  std::uint16_t segment;
  std::int64_t slice;
};

struct Contents {
  std::vector<Frame> frames;
  std::uint16_t highest{0};
  std::vector<std::uint8_t> bits;  ///< frames one after the other, the lowest bit first, without a gap (PS3.5, 8.1.1)
};

template <class T>
Contents gather(const T* labels, const std::array<std::int64_t, 3>& size) {
  const std::int64_t plane = size[0] * size[1];
  std::vector<std::vector<bool>> there(static_cast<std::size_t>(size[2]));
  Contents contents;
  std::uint16_t lowest = 0;
  for (std::int64_t z = 0; z < size[2]; ++z) {
    auto& slice = there[static_cast<std::size_t>(z)];
    for (std::int64_t i = 0; i < plane; ++i) {
      const std::uint16_t label = labels[z * plane + i];
      if (label == 0) continue;
      if (label > most_segments)
        throw Error{Errc::cannot_write,
                    "a DICOM segmentation of ours has labels up to 4096, this map has " + std::to_string(label),
                    "write it as .nii.gz or .seg.nrrd"};
      if (slice.size() <= label) slice.resize(label + std::size_t{1});
      slice[label] = true;
      contents.highest = std::max(contents.highest, label);
      if (lowest == 0 || label < lowest) lowest = label;
    }
  }
  if (lowest == 0)
    throw Error{Errc::cannot_write, "a DICOM segmentation needs a labelled voxel, and this map has none",
                "paint first, or write it as .nii.gz"};
  for (std::uint16_t segment = lowest; segment <= contents.highest; ++segment)
    for (std::int64_t z = 0; z < size[2]; ++z) {
      const auto& slice = there[static_cast<std::size_t>(z)];
      if (segment == lowest || (segment < slice.size() && slice[segment])) contents.frames.push_back({segment, z});
    }
  const std::size_t bits = contents.frames.size() * static_cast<std::size_t>(plane);
  contents.bits.resize((bits + 15) / 16 * 2);  // an even number of bytes
  std::size_t at = 0;
  for (const Frame& frame : contents.frames)
    for (std::int64_t i = 0; i < plane; ++i, ++at)
      if (labels[frame.slice * plane + i] == frame.segment)
        contents.bits[at / 8] |= static_cast<std::uint8_t>(1U << at % 8);
  return contents;
}

void add_study_and_series(const Item& set) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  std::array<char, 16> date{}, time{};
  (void)std::strftime(date.data(), date.size(), "%Y%m%d", &parts);
  (void)std::strftime(time.data(), time.size(), "%H%M%S", &parts);
  for (const DcmTagKey& key : {DCM_StudyDate, DCM_SeriesDate, DCM_ContentDate}) set.text(key, EVR_DA, date.data());
  for (const DcmTagKey& key : {DCM_StudyTime, DCM_SeriesTime, DCM_ContentTime}) set.text(key, EVR_TM, time.data());
  set.text(DCM_SpecificCharacterSet, EVR_CS, "ISO_IR 192");
  set.text(DCM_SOPClassUID, EVR_UI, UID_SegmentationStorage);
  set.text(DCM_SOPInstanceUID, EVR_UI, make_uid());
  set.text(DCM_PatientName, EVR_PN, "");
  set.text(DCM_PatientID, EVR_LO, "");
  set.text(DCM_PatientBirthDate, EVR_DA, "");
  set.text(DCM_PatientSex, EVR_CS, "");
  set.text(DCM_StudyInstanceUID, EVR_UI, make_uid());
  set.text(DCM_StudyID, EVR_SH, "");
  set.text(DCM_AccessionNumber, EVR_SH, "");
  set.text(DCM_ReferringPhysicianName, EVR_PN, "");
  set.text(DCM_Modality, EVR_CS, "SEG");
  set.text(DCM_SeriesInstanceUID, EVR_UI, make_uid());
  set.text(DCM_SeriesNumber, EVR_IS, "1");
  set.text(DCM_SeriesDescription, EVR_LO, "Labels");
  set.text(DCM_FrameOfReferenceUID, EVR_UI, make_uid());
  set.text(DCM_PositionReferenceIndicator, EVR_LO, "");
  set.text(DCM_Manufacturer, EVR_LO, "Isocenter");
  set.text(DCM_ManufacturerModelName, EVR_LO, "Isocenter");
  set.text(DCM_DeviceSerialNumber, EVR_LO, "0");
  set.text(DCM_SoftwareVersions, EVR_LO, ISO_VERSION);
}

void add_image(const Item& set, const LabelMap& map, const Contents& contents) {
  set.text(DCM_InstanceNumber, EVR_IS, "1");
  set.text(DCM_ImageType, EVR_CS, "DERIVED\\PRIMARY");
  set.text(DCM_ContentLabel, EVR_CS, "SEGMENTATION");
  set.text(DCM_ContentDescription, EVR_LO, "");
  set.text(DCM_ContentCreatorName, EVR_PN, "");
  set.text(DCM_SegmentationType, EVR_CS, "BINARY");
  set.text(DCM_LossyImageCompression, EVR_CS, "00");
  set.text(DCM_PhotometricInterpretation, EVR_CS, "MONOCHROME2");
  set.text(DCM_NumberOfFrames, EVR_IS, std::to_string(contents.frames.size()));
  set.number(DCM_SamplesPerPixel, 1);
  set.number(DCM_Rows, static_cast<std::uint16_t>(map.grid.size[1]));
  set.number(DCM_Columns, static_cast<std::uint16_t>(map.grid.size[0]));
  set.number(DCM_BitsAllocated, 1);
  set.number(DCM_BitsStored, 1);
  set.number(DCM_HighBit, 0);
  set.number(DCM_PixelRepresentation, 0);
}

void add_segments(const Item& set, const LabelMap& map, std::uint16_t highest) {
  const LabelColours colours = label_colours(map.meta);
  for (std::uint16_t label = 1; label <= highest; ++label) {
    const Item segment = set.add(DCM_SegmentSequence);
    std::string name =
        label < map.names.size() && !map.names[label].empty() ? map.names[label] : "label " + std::to_string(label);
    std::ranges::replace(name, '\\', '/');  // separates values
    std::size_t letters = 0, end = 0;       // at most 64 letters of UTF-8
    while (end < name.size() && letters < 64) {
      ++letters;
      for (++end; end < name.size() && (static_cast<unsigned char>(name[end]) & 0xc0U) == 0x80U;) ++end;
    }
    segment.number(DCM_SegmentNumber, label);
    segment.text(DCM_SegmentLabel, EVR_LO, name.substr(0, end));
    segment.text(DCM_SegmentAlgorithmType, EVR_CS, "MANUAL");
    segment.code(DCM_SegmentedPropertyCategoryCodeSequence, "85756007", "SCT", "Tissue");
    segment.code(DCM_SegmentedPropertyTypeCodeSequence, "85756007", "SCT", "Tissue");
    const auto given = colours.find(label);
    segment.numbers(DCM_RecommendedDisplayCIELabValue,
                    to_dicom_lab(given != colours.end() ? given->second : usual_label_colour(label)));
  }
}

void add_dimensions(const Item& set) {
  const std::string uid = make_uid();
  set.add(DCM_DimensionOrganizationSequence).text(DCM_DimensionOrganizationUID, EVR_UI, uid);
  const auto add = [&](const DcmTagKey& pointer, const DcmTagKey& group) {
    const Item index = set.add(DCM_DimensionIndexSequence);
    index.text(DCM_DimensionOrganizationUID, EVR_UI, uid);
    index.tag(DCM_DimensionIndexPointer, pointer);
    index.tag(DCM_FunctionalGroupPointer, group);
  };
  add(DCM_ReferencedSegmentNumber, DCM_SegmentIdentificationSequence);
  add(DCM_ImagePositionPatient, DCM_PlanePositionSequence);
}

void add_frames(const Item& set, const LabelMap& map, const Contents& contents) {
  const VoxelGrid& grid = map.grid;
  const Item shared = set.add(DCM_SharedFunctionalGroupsSequence);
  const Item measures = shared.add(DCM_PixelMeasuresSequence);
  measures.text(DCM_SliceThickness, EVR_DS, decimal(grid.spacing_mm[2]));
  measures.text(DCM_SpacingBetweenSlices, EVR_DS, decimal(grid.spacing_mm[2]));
  measures.text(DCM_PixelSpacing, EVR_DS, joined({grid.spacing_mm[1], grid.spacing_mm[0]}));  // rows first
  const Vec3 x = column(grid.direction, 0), y = column(grid.direction, 1);
  shared.add(DCM_PlaneOrientationSequence)
      .text(DCM_ImageOrientationPatient, EVR_DS, joined({x[0], x[1], x[2], y[0], y[1], y[2]}));
  for (const Frame& frame : contents.frames) {
    const Item group = set.add(DCM_PerFrameFunctionalGroupsSequence);
    group.add(DCM_FrameContentSequence)
        .longs(DCM_DimensionIndexValues, {frame.segment, static_cast<Uint32>(frame.slice + 1)});
    const Vec3 place = grid.to_world({0, 0, static_cast<double>(frame.slice)});
    group.add(DCM_PlanePositionSequence).text(DCM_ImagePositionPatient, EVR_DS, joined({place[0], place[1], place[2]}));
    group.add(DCM_SegmentIdentificationSequence).number(DCM_ReferencedSegmentNumber, frame.segment);
  }
}

double to_linear(double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); }
double to_gamma(double v) { return v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055; }

// sRGB to XYZ of D50 (Bradford), and back; IEC 61966-2-1 and ICC.
constexpr Mat3 to_xyz{0.4360747, 0.3850649, 0.1430804, 0.2225045, 0.7168786,
                      0.0606169, 0.0139322, 0.0971045, 0.7141733};
constexpr Mat3 from_xyz{3.1338561, -1.6168667, -0.4906146, -0.9787684, 1.9161415,
                        0.0334540, 0.0719453,  -0.2289914, 1.4052427};
constexpr Vec3 white{0.9642, 1, 0.8251};
constexpr double lab_knee = 6.0 / 29;

}  // namespace

std::array<std::uint16_t, 3> to_dicom_lab(const LabelColour& colour) noexcept {
  Vec3 linear{};
  for (std::size_t i = 0; i < 3; ++i) linear[i] = to_linear(colour[i] / 255.0);
  const Vec3 xyz = multiply(to_xyz, linear);
  const auto f = [](double t) {
    return t > std::pow(lab_knee, 3) ? std::cbrt(t) : t / (3 * lab_knee * lab_knee) + 4.0 / 29;
  };
  const double x = f(xyz[0] / white[0]), y = f(xyz[1] / white[1]), z = f(xyz[2] / white[2]);
  const auto part = [](double value, double low, double range) {
    return static_cast<std::uint16_t>(std::lround(std::clamp((value - low) / range, 0.0, 1.0) * 65535));
  };
  return {part(116 * y - 16, 0, 100), part(500 * (x - y), -128, 255), part(200 * (y - z), -128, 255)};
}

LabelColour from_dicom_lab(const std::array<std::uint16_t, 3>& lab) noexcept {
  const double y = (lab[0] * 100.0 / 65535 + 16) / 116;
  const double x = y + (lab[1] * 255.0 / 65535 - 128) / 500, z = y - (lab[2] * 255.0 / 65535 - 128) / 200;
  const auto f = [](double t) { return t > lab_knee ? t * t * t : 3 * lab_knee * lab_knee * (t - 4.0 / 29); };
  const Vec3 linear = multiply(from_xyz, {white[0] * f(x), white[1] * f(y), white[2] * f(z)});
  LabelColour colour{};
  for (std::size_t i = 0; i < 3; ++i)
    colour[i] = static_cast<std::uint8_t>(std::lround(255 * std::clamp(to_gamma(linear[i]), 0.0, 1.0)));
  return colour;
}

void write_dicom_segmentation(const std::filesystem::path& file, const LabelMap& map) {
  for (std::size_t axis = 0; axis < 2; ++axis)
    if (map.grid.size[axis] > 65535)
      throw Error{
          Errc::cannot_write,
          "a DICOM image has at most 65535 rows and columns, this map has " + std::to_string(map.grid.size[axis]),
          "write it as .nii.gz or .seg.nrrd"};
  OFLog::configure(OFLogger::OFF_LOG_LEVEL);  // libraries never print
  Contents contents;
  dispatch<ScalarTypes<std::uint8_t, std::uint16_t>>(map.labels.spec().type, [&](auto zero) {
    contents = gather(map.labels.values<decltype(zero)>().data(), map.grid.size);
  });
  DcmFileFormat whole;
  DcmDataset& data = *whole.getDataset();
  const Item set{data};
  add_study_and_series(set);
  add_image(set, map, contents);
  add_segments(set, map, contents.highest);
  add_dimensions(set);
  add_frames(set, map, contents);
  check(data.putAndInsertUint8Array(DcmTag{DCM_PixelData, DcmVR{EVR_OB}}, contents.bits.data(), contents.bits.size()),
        "pixels");
  check(whole.saveFile(file.c_str(), EXS_LittleEndianExplicit), "to the disk");
}

/// The colour that a label has if nobody gave it one.
static bool is_usual(std::uint16_t label, const std::array<std::uint16_t, 3>& lab) {
  return lab == to_dicom_lab(usual_label_colour(label));
}

LabelColours read_dicom_segment_colours(const std::filesystem::path& file) {
  LabelColours colours;
  OFLog::configure(OFLogger::OFF_LOG_LEVEL);
  DcmFileFormat whole;
  if (whole
          .loadFileUntilTag(file.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect,
                            DCM_SharedFunctionalGroupsSequence)
          .bad())
    return colours;
  DcmItem* segment = nullptr;
  for (long i = 0; whole.getDataset()->findAndGetSequenceItem(DCM_SegmentSequence, segment, i).good(); ++i) {
    Uint16 number = 0;
    const Uint16* lab = nullptr;
    unsigned long count = 0;
    if (segment->findAndGetUint16(DCM_SegmentNumber, number).good() && number != 0 &&
        segment->findAndGetUint16Array(DCM_RecommendedDisplayCIELabValue, lab, &count).good() && count == 3 &&
        !is_usual(number, {lab[0], lab[1], lab[2]}))
      colours[number] = from_dicom_lab({lab[0], lab[1], lab[2]});
  }
  return colours;
}

}  // namespace iso::io::detail
