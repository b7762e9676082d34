#pragma once

#include "io/dicom/dicom_dataset_impl.h"
#include "iso/base/error.h"
#include "iso/data/pixels.h"
#include "iso/geometry/verdict.h"
#include "iso/geometry/voxel_grid.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace iso::io::detail {

/// A lookup table from stored values; what lies outside of it takes the nearest entry (PS3.3, C.11.1.1).
struct DicomTable {
  double first{0};
  std::vector<double> values;
};

/// From stored values to what they mean: a table, or slope and intercept.
struct DicomMeaning {
  double slope{1}, intercept{0};
  bool said{false};    ///< whether the file says either
  bool mapped{false};  ///< both are of a mapping to real-world values, in place of a rescale
  std::shared_ptr<const DicomTable> table;
  std::string unit;  ///< "HU", "Gy", "mm2/s" ...; empty: not said
  [[nodiscard]] bool identity() const noexcept { return !table && slope == 1 && intercept == 0; }
};

/// What tells images of one place from each other, in the order in which they are asked. NaN: not said.
enum class DicomMoment : std::uint8_t {
  temporal_position,  ///< index
  trigger_time,       ///< ms
  reference_time,     ///< ms (PET, frame times)
  acquisition_time,   ///< s since the start of a day
  echo_time,          ///< ms
  b_value,            ///< s/mm2
  instance,           ///< instance number, or the frame in its file
  count
};
constexpr std::size_t moments = static_cast<std::size_t>(DicomMoment::count);

/// One plane of a DICOM file: the file itself, or one frame of it.
struct DicomPlane {
  std::size_t file{0}, frame{0};
  Vec3 position{};
  Mat3 direction{identity3};
  double spacing_x{1}, spacing_y{1};
  bool placed{false}, oriented{false}, spaced{false};  ///< whether the file says position, direction, pixel spacing
  double layer{0};                                     ///< order in space where there is no position
  std::int64_t tile_column{0}, tile_row{0};            ///< of a tile in its whole picture, from 0
  std::uint16_t segment{0};                            ///< of a segmentation
  DicomMeaning meaning;
  std::array<double, moments> moment{};
  std::string image_type;  ///< of the file or frame, in the words of the standard
};

/// How the stored values are laid out.
struct DicomStorage {
  std::int64_t samples{1};
  int bits_allocated{16}, bits_stored{16}, high_bit{15};
  bool is_signed{false}, planar{false}, floating{false};
  [[nodiscard]] bool sound() const noexcept;
};

/// Whether planes without a position follow each other in space, in time, or in neither.
enum class DicomFrames : std::uint8_t { slices, times, views, tiles };

/// What the header of a file says; pixels are not looked at.
struct DicomHeader {
  std::filesystem::path file;
  std::string series, instance_uid, modality, sop_class, photometric, frame_of_reference, kernel;
  std::string patient, patient_id, study, study_date, description;  ///< UTF-8, for people
  std::int64_t number{0};                                           ///< of the series
  std::string concatenation;  ///< the UID that the files of one image in several have in common; empty: it is in one
  std::int64_t parts{1};      ///< of these files; 1 where the file does not say
  std::int64_t columns{0}, rows{0}, frames{1};
  DicomStorage storage;
  std::array<DicomTable, 3> palette;
  DicomSyntax syntax;
  DicomPixelPlace pixels;
  double thickness{0}, frame_step{0};  ///< mm; 0: not said
  DicomFrames frames_are{DicomFrames::slices};
  std::vector<std::string> assumed;                             ///< what the file leaves open, in words
  std::vector<DicomPlane> planes;                               ///< one a frame
  std::int64_t total_columns{0}, total_rows{0};                 ///< of a picture in tiles; 0: it has none
  std::vector<std::pair<std::uint16_t, std::string>> segments;  ///< number and label of a segmentation
  double fraction_of{0};  ///< value of a fractional segmentation that stands for 1; 0: it is not fractional
  bool rescale_first{
      false};           ///< a rescale is taken before a mapping to real-world values, also where it changes nothing
  std::string refusal;  ///< why its pixels cannot be read, found in the header; empty: nothing is against it
};

/// What a file turned out to be by its header.
struct DicomLook {
  enum class Found : std::uint8_t { image, no_image, foreign, unreadable };
  Found found{Found::foreign};
  DicomHeader header;            ///< of an image; of what cannot be read the series alone, if that was found
  bool says_series{false};       ///< the header was read as far as the series, which may be empty
  std::string what;              ///< of what is no image: "RT Structure Set"; of what cannot be read: the sentence
  Errc code{Errc::cannot_read};  ///< of what cannot be read
};
/// Never throws but for out_of_memory.
[[nodiscard]] DicomLook look_at_dicom(const std::filesystem::path& file);

/// Fills planes, storage and meaning (dicom_frames.cpp). Throws invalid_input for a header that contradicts itself.
void take_dicom_frames(const DicomDataset& set, DicomHeader& header);

/// The planes of a series in order: z fastest, then time (planes at one place). The verdict is of the slices' places; for
/// planes that do not belong together (size, spacing, direction, frame of reference, kernel, colour) it is `mismatch`, names
/// the file, and the planes are not ordered.
struct DicomStack {
  std::vector<DicomPlane> planes;
  std::size_t slices{0}, times{1};
  double step_mm{0};                 ///< 0: not said by positions
  std::string fourth_axis;           ///< what changes along the fourth axis: "time", "echo time" ...
  double time_step_s{0};             ///< 0: not said, or not even
  std::vector<double> times_s;       ///< since the first one, where they are said and not even
  std::vector<std::string> remarks;  ///< what was assumed of them
  GeometryVerdict verdict;
};
[[nodiscard]] DicomStack dicom_stack(const std::vector<DicomHeader>& headers);
/// Frames of one file that belong together, as the lists of their planes: one, unless the file holds several images (PS3.3 lets the
/// frames of an enhanced object differ in direction, spacing, unit and kind).
[[nodiscard]] std::vector<std::vector<DicomPlane>> dicom_parts(const DicomHeader& header);
/// Whether planes belong together at all: the part of the verdict above that does not look at places.
[[nodiscard]] GeometryVerdict dicom_consistency(const std::vector<DicomHeader>& headers,
                                                const std::vector<DicomPlane>& planes);
/// Segmentations, and pictures in tiles: their frames are not slices, they are put together (dicom_mosaic.cpp).
[[nodiscard]] bool is_dicom_segmentation(const DicomHeader& header) noexcept;
[[nodiscard]] bool is_dicom_mosaic(const DicomHeader& header) noexcept;  ///< either of the two
struct DicomMosaic {
  VoxelGrid grid;
  std::vector<std::array<std::int64_t, 3>> corner;  ///< column, row, slice of the first pixel of each frame
};
/// Throws geometry_refused, invalid_input.
[[nodiscard]] DicomMosaic dicom_mosaic(const DicomHeader& header);
[[nodiscard]] ScalarType dicom_mosaic_type(const DicomHeader& header);          ///< of `read_dicom_mosaic`
[[nodiscard]] ScalarType dicom_label_type(const DicomHeader& header) noexcept;  ///< of `read_dicom_labels`
/// The picture, or the fractions of one segment.
[[nodiscard]] Pixels read_dicom_mosaic(const DicomHeader& header, const DicomMosaic& mosaic);
/// The labels of the segments, of all without a list; nothing if two of them share a voxel.
[[nodiscard]] std::optional<Pixels> read_dicom_labels(const DicomHeader& header, const DicomMosaic& mosaic,
                                                      const std::vector<std::uint16_t>& segments = {});
/// The numbers of the segments in layers without a voxel that is shared: each one in the first layer that has room for it.
[[nodiscard]] std::vector<std::vector<std::uint16_t>> find_dicom_layers(const DicomHeader& header,
                                                                        const DicomMosaic& mosaic);
/// Drops files that carry the image of another one; returns their names. `compare_pixels`: read both, and refuse two images
/// with one UID whose pixels differ (invalid_input).
[[nodiscard]] std::vector<std::filesystem::path> drop_copies(std::vector<DicomHeader>& headers, bool compare_pixels);

/// A file that may belong to a series and cannot be read.
struct DicomLoss {
  std::filesystem::path file;
  std::string why, series;
  bool says_series{false};  ///< its header was read as far as the series; else it may be of any series
};

/// What the files of a place (a folder with those below it, or one file) turned out to be.
struct DicomPlace {
  std::size_t files{0};             ///< looked at
  std::vector<DicomHeader> images;  ///< in the order of the names
  std::vector<DicomLoss> losses;
};
/// Looks at every file, several at a time. Throws input_directory, cancelled.
[[nodiscard]] DicomPlace look_through(const std::filesystem::path& place, const std::stop_token& stop = {},
                                      const std::function<void(std::size_t, std::size_t)>& progress = {});
/// The losses that may be slices of these images: they stand in the same folder, and no other series claims them.
[[nodiscard]] std::vector<DicomLoss> find_losses(const std::vector<DicomHeader>& images,
                                                 const std::vector<DicomLoss>& losses);

/// The text of an element as UTF-8; `charset` is the value of Specific Character Set. What cannot be converted becomes '?'.
[[nodiscard]] std::string dicom_utf8(const std::string& text, const std::string& charset);

/// The samples of one frame as its coder gives them: `bits` of each element of `bytes_each` bytes (1, 2, 4 or 8, in the order of
/// this machine), samples of a pixel side by side.
struct DicomSamples {
  std::vector<unsigned char> bytes;
  std::size_t bytes_each{1};
  int bits{8};
  bool coded{false};                    ///< went through a coder, whose bits count from the lowest
  std::optional<bool> luma_and_chroma;  ///< set if the coded data say themselves whether they are RGB (false) or YCbCr
};
/// Decodes what holds one frame. Throws cannot_read (damaged), invalid_input (contradicts the header, not supported).
[[nodiscard]] DicomSamples decode_dicom_frame(const DicomHeader& header, std::vector<unsigned char> coded);

/// Reads the frames of one file one after the other.
class DicomFrameReader {
 public:
  explicit DicomFrameReader(const DicomHeader& header);  ///< throws cannot_read, invalid_input
  ~DicomFrameReader();
  DicomFrameReader(const DicomFrameReader&) = delete;
  DicomFrameReader& operator=(const DicomFrameReader&) = delete;
  /// The next frame as `decode_dicom_frame` gives it.
  [[nodiscard]] DicomSamples read(std::int64_t frame);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The element type that holds every value of the planes; i16 is a hope where values of 16 bits are moved (see fits).
[[nodiscard]] ScalarType dicom_result_type(const std::vector<DicomHeader>& headers);
/// Writes the meaning of one frame to `to` (columns x rows elements of `type`); colour becomes luminance. False: a value does
/// not fit the type. Throws as decode_dicom_frame.
[[nodiscard]] bool write_dicom_plane(const DicomSamples& samples, const DicomHeader& header,
                                     const DicomMeaning& meaning, ScalarType type, std::byte* to);

}  // namespace iso::io::detail
