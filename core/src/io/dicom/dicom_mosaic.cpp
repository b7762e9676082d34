#include "io/dicom/dicom_impl.h"

#include "io/array_impl.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <set>

/// Frames that are put together: the tiles of a large picture, and the segments of a segmentation, which holds only the frames in
/// which a segment is.
namespace iso::io::detail {
namespace {

constexpr std::int64_t most_slices = 20000;
constexpr double tolerance_mm = 0.01;

std::string quoted(const DicomHeader& header) { return "'" + header.file.filename().string() + "'"; }

double along(const Vec3& p, const Mat3& d) { return p[0] * d[2] + p[1] * d[5] + p[2] * d[8]; }

// The places of frames along the normal, without repeats.
std::vector<double> to_heights(const DicomHeader& header) {
  std::vector<double> heights;
  heights.reserve(header.planes.size());
  for (const DicomPlane& plane : header.planes) heights.push_back(along(plane.position, header.planes[0].direction));
  std::ranges::sort(heights);
  const auto same = [](double a, double b) { return b - a < tolerance_mm; };
  heights.erase(std::unique(heights.begin(), heights.end(), same), heights.end());
  return heights;
}

// Frames without a segment are left out of the file, so that places are multiples of the step and need not follow each other.
void stack_sparse(const DicomHeader& header, DicomMosaic& mosaic) {
  const DicomPlane& first = header.planes.front();
  const std::vector<double> heights = to_heights(header);
  double step = std::abs(header.frame_step);
  for (std::size_t i = 1; i < heights.size() && header.frame_step == 0; ++i)
    step = step > 0 ? std::min(step, heights[i] - heights[i - 1]) : heights[i] - heights[i - 1];
  if (!(step > 0)) step = header.thickness > 0 ? header.thickness : 1;
  const double extent = std::round((heights.back() - heights.front()) / step);
  if (!(extent < static_cast<double>(most_slices)))
    throw Error{Errc::geometry_refused,
                "the frames of " + quoted(header) + " are " + short_number(heights.back() - heights.front()) +
                    " mm apart at a step of " + short_number(step) + " mm",
                "check where the file came from"};
  mosaic.grid.size[2] = static_cast<std::int64_t>(extent) + 1;
  mosaic.grid.spacing_mm[2] = step;
  for (std::size_t f = 0; f < header.planes.size(); ++f) {
    const DicomPlane& plane = header.planes[f];
    const double at = (along(plane.position, first.direction) - heights.front()) / step, slice = std::round(at);
    const Vec3 &p = first.position, &q = plane.position;
    const double rise = along(q, first.direction) - along(p, first.direction);
    const double aside = std::hypot(q[0] - p[0] - rise * first.direction[2], q[1] - p[1] - rise * first.direction[5],
                                    q[2] - p[2] - rise * first.direction[8]);
    if (!plane.placed || std::abs(at - slice) * step > tolerance_mm || aside > tolerance_mm)
      throw Error{
          Errc::geometry_refused,
          "frame " + std::to_string(f + 1) + " of " + quoted(header) + " does not lie in the grid of the others",
          "check where the file came from"};
    mosaic.corner[f][2] = static_cast<std::int64_t>(slice);
    if (slice == 0) mosaic.grid.origin_mm = q;
  }
}

void put_tiles(const DicomHeader& header, DicomMosaic& mosaic) {
  mosaic.grid.size[0] = header.total_columns;
  mosaic.grid.size[1] = header.total_rows;
  const double whole = static_cast<double>(header.total_columns) * static_cast<double>(header.total_rows),
               there = static_cast<double>(header.columns) * static_cast<double>(header.rows) *
                       static_cast<double>(header.frames);
  const bool segments = is_dicom_segmentation(header);
  const std::int64_t across = (header.total_columns + header.columns - 1) / header.columns,
                     down = (header.total_rows + header.rows - 1) / header.rows;
  if ((!segments && header.frames != across * down) || (segments && whole > 1e4 * there))
    throw Error{Errc::invalid_input,
                quoted(header) + " holds " + std::to_string(header.frames) + " tiles, its picture of " +
                    std::to_string(header.total_columns) + " x " + std::to_string(header.total_rows) + " pixels has " +
                    std::to_string(across * down),
                "pictures of several channels or depths, and incomplete ones, are not supported"};
  std::vector<bool> filled(static_cast<std::size_t>(segments ? 0 : across * down), false);
  for (std::size_t f = 0; f < header.planes.size(); ++f) {
    const DicomPlane& plane = header.planes[f];
    if (plane.tile_column < 0 || plane.tile_row < 0 || plane.tile_column >= header.total_columns ||
        plane.tile_row >= header.total_rows)
      throw Error{Errc::invalid_input,
                  "tile " + std::to_string(f + 1) + " of " + quoted(header) + " lies outside of its picture"};
    mosaic.corner[f] = {plane.tile_column, plane.tile_row, 0};
    if (segments) continue;
    const auto tile =
        static_cast<std::size_t>(plane.tile_row / header.rows * across + plane.tile_column / header.columns);
    if (filled[tile] || plane.tile_column % header.columns != 0 || plane.tile_row % header.rows != 0)
      throw Error{Errc::invalid_input, "the tiles of " + quoted(header) + " overlap"};
    filled[tile] = true;
  }
}

// Calls use(f, samples) for every frame that is wanted, naming it in errors.
template <class Wanted, class Use>
void each_frame(const DicomHeader& header, const Wanted& wanted, const Use& use) {
  DicomFrameReader reader{header};
  for (std::int64_t f = 0; f < header.frames; ++f) {
    if (!wanted(static_cast<std::size_t>(f))) continue;
    try {
      use(static_cast<std::size_t>(f), reader.read(f));
    } catch (const Error& error) {
      throw Error{error.code(), "frame " + std::to_string(f + 1) + " of " + quoted(header) + ": " + error.what(),
                  error.hint(), error.where()};
    }
  }
}

// The values of a frame of a segmentation.
void to_segment_values(const DicomHeader& header, std::size_t f, const DicomSamples& samples,
                       std::vector<std::uint16_t>& values) {
  if (!write_dicom_plane(samples, header, {}, ScalarType::u16, reinterpret_cast<std::byte*>(values.data())))
    throw Error{Errc::invalid_input, "its labels do not fit 16 bits"};
  if (!header.sop_class.ends_with(".7") && header.planes[f].segment == 0)
    throw Error{Errc::invalid_input, "it does not say which segment it is of"};
}

// Calls use(at in the frame, at in the whole) for the pixels of a frame that lie in the picture.
template <class Use>
void each_pixel(const DicomHeader& header, const DicomMosaic& mosaic, std::size_t f, const Use& use) {
  const auto [column, row, slice] = mosaic.corner[f];
  const auto& size = mosaic.grid.size;
  for (std::int64_t y = 0; y < std::min(header.rows, size[1] - row); ++y)
    for (std::int64_t x = 0; x < std::min(header.columns, size[0] - column); ++x)
      use(static_cast<std::size_t>(y * header.columns + x),
          static_cast<std::size_t>(((slice * size[1]) + row + y) * size[0] + column + x));
}

}  // namespace

bool is_dicom_segmentation(const DicomHeader& header) noexcept {
  return header.sop_class == "1.2.840.10008.5.1.4.1.1.66.4" || header.sop_class == "1.2.840.10008.5.1.4.1.1.66.7";
}

bool is_dicom_mosaic(const DicomHeader& header) noexcept {
  return is_dicom_segmentation(header) || (header.total_columns > 0 && header.frames > 1);
}

DicomMosaic dicom_mosaic(const DicomHeader& header) {
  const GeometryVerdict verdict = dicom_consistency({header}, header.planes);
  if (verdict.finding != Finding::uniform)
    throw Error{Errc::geometry_refused, verdict.sentence, "it cannot be one volume"};
  const DicomPlane& first = header.planes.front();
  DicomMosaic mosaic;
  mosaic.corner.resize(header.planes.size());
  mosaic.grid.size = {header.columns, header.rows, 1};
  mosaic.grid.spacing_mm = {first.spacing_x, first.spacing_y, header.thickness > 0 ? header.thickness : 1};
  mosaic.grid.direction = first.direction;
  mosaic.grid.origin_mm = first.position;
  if (header.total_columns > 0)
    put_tiles(header, mosaic);
  else if (first.placed)
    stack_sparse(header, mosaic);
  else if (to_heights(header).size() > 1 || header.frames > 1)
    throw Error{Errc::geometry_refused, "the frames of " + quoted(header) + " have no position",
                "check where the file came from"};
  return mosaic;
}

ScalarType dicom_mosaic_type(const DicomHeader& header) {
  if (header.fraction_of > 0) return ScalarType::f32;
  const ScalarType type = dicom_result_type({header});
  return type == ScalarType::i16 ? ScalarType::i32 : type;  // 16 bits are a hope, which small pictures need not
}

ScalarType dicom_label_type(const DicomHeader& header) noexcept {
  std::uint16_t most = 0;
  for (const DicomPlane& plane : header.planes) most = std::max(most, plane.segment);
  const bool map = header.sop_class.ends_with(".7");
  return most > 255 || (map && header.storage.bits_stored > 8) ? ScalarType::u16 : ScalarType::u8;
}

Pixels read_dicom_mosaic(const DicomHeader& header, const DicomMosaic& mosaic) {
  const auto segment = header.planes.front().segment;
  for (const DicomPlane& plane : header.planes)
    if (plane.segment != segment)
      throw Error{Errc::invalid_input, quoted(header) + " holds fractions of several segments, which is not supported",
                  "take out one segment first"};
  const bool fractions = header.fraction_of > 0;
  const auto all_frames = [](std::size_t) { return true; };
  PixelBuffer whole = PixelBuffer::allocate({mosaic.grid.shape(), dicom_mosaic_type(header)});
  const std::size_t each = byte_count(whole.spec().type);
  std::vector<std::byte> one(static_cast<std::size_t>(header.rows * header.columns) * each);
  each_frame(header, all_frames, [&](std::size_t f, const DicomSamples& samples) {
    DicomMeaning meaning = header.planes[f].meaning;
    if (fractions) meaning.slope = 1 / header.fraction_of;
    if (!write_dicom_plane(samples, header, meaning, whole.spec().type, one.data()))
      throw Error{Errc::invalid_input, "its values do not fit 32 bits"};
    each_pixel(header, mosaic, f, [&](std::size_t from, std::size_t to) {
      std::memcpy(whole.data() + to * each, one.data() + from * each, each);
    });
  });
  return whole;
}

std::optional<Pixels> read_dicom_labels(const DicomHeader& header, const DicomMosaic& mosaic,
                                        const std::vector<std::uint16_t>& segments) {
  const bool map = header.sop_class.ends_with(".7");
  PixelBuffer labels = PixelBuffer::allocate({mosaic.grid.shape(), dicom_label_type(header)});
  std::vector<std::uint16_t> one(static_cast<std::size_t>(header.rows * header.columns));
  bool shared = false;
  const auto wanted = [&](std::size_t f) {
    return !shared && (map || segments.empty() || std::ranges::count(segments, header.planes[f].segment) > 0);
  };
  const auto put = [&](auto all) {
    each_frame(header, wanted, [&](std::size_t f, const DicomSamples& samples) {
      to_segment_values(header, f, samples, one);
      const std::uint16_t segment = header.planes[f].segment;
      each_pixel(header, mosaic, f, [&](std::size_t from, std::size_t to) {
        if (one[from] == 0) return;
        const std::uint16_t label = map ? one[from] : segment;
        shared = shared || (all[to] != 0 && all[to] != label);
        all[to] = static_cast<typename decltype(all)::value_type>(label);
      });
    });
  };
  if (labels.spec().type == ScalarType::u8)
    put(labels.values<std::uint8_t>());
  else
    put(labels.values<std::uint16_t>());
  if (shared && map)
    throw Error{Errc::invalid_input, "two frames of " + quoted(header) + " give one voxel different labels",
                "check where the file came from"};
  if (shared) return std::nullopt;
  return labels;
}

std::vector<std::vector<std::uint16_t>> find_dicom_layers(const DicomHeader& header, const DicomMosaic& mosaic) {
  std::set<std::uint16_t> segments;
  for (const DicomPlane& plane : header.planes) segments.insert(plane.segment);
  constexpr std::size_t bits = 64;
  using Voxels = std::vector<std::uint64_t>;  // a bit a voxel
  const auto words = static_cast<std::size_t>(mosaic.grid.shape().count()) / bits + 1;
  std::vector<Voxels> taken;
  std::vector<std::vector<std::uint16_t>> layers;
  std::vector<std::uint16_t> one(static_cast<std::size_t>(header.rows * header.columns));
  for (const std::uint16_t segment : segments) {
    Voxels own(words, 0);
    const auto is_its = [&](std::size_t f) { return header.planes[f].segment == segment; };
    each_frame(header, is_its, [&](std::size_t f, const DicomSamples& samples) {
      to_segment_values(header, f, samples, one);
      each_pixel(header, mosaic, f, [&](std::size_t from, std::size_t to) {
        if (one[from] != 0) own[to / bits] |= std::uint64_t{1} << (to % bits);
      });
    });
    const auto is_free = [&](const Voxels& layer) {
      for (std::size_t i = 0; i < words; ++i)
        if ((layer[i] & own[i]) != 0) return false;
      return true;
    };
    const auto found = static_cast<std::size_t>(std::ranges::find_if(taken, is_free) - taken.begin());
    if (found == taken.size()) {
      taken.emplace_back(words, 0);
      layers.emplace_back();
    }
    std::ranges::transform(taken[found], own, taken[found].begin(), std::bit_or<>{});
    layers[found].push_back(segment);
  }
  return layers;
}

}  // namespace iso::io::detail
