#include "nifti_header_impl.h"

#include "array_impl.h"
#include "iso/base/error.h"

#include <nifti1_io.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>

namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t header_bytes = 348;

// gzread passes plain files through.
std::string start_of(const fs::path& file) {
  std::string bytes(header_bytes, '\0');
  gzFile in = gzopen(file.c_str(), "rb");
  if (!in) return {};
  const int got = gzread(in, bytes.data(), header_bytes);
  gzclose(in);
  bytes.resize(static_cast<std::size_t>(std::max(got, 0)));
  return bytes;
}

template <class T>
T field(const std::string& bytes, std::size_t at, bool swapped) {
  std::array<char, sizeof(T)> raw;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), sizeof(T), raw.begin());
  if (swapped) std::ranges::reverse(raw);
  return std::bit_cast<T>(raw);
}

// Largest distance over the corners of the grid.
double corner_distance(const mat44& a, const mat44& b, const std::array<std::int16_t, 8>& dim) {
  double worst = 0;
  for (int corner = 0; corner < 8; ++corner) {
    double square = 0;
    for (int row = 0; row < 3; ++row) {
      double gap = a.m[row][3] - b.m[row][3];
      for (int axis = 0; axis < 3; ++axis) {
        const int last = axis < dim[0] ? dim[static_cast<std::size_t>(axis) + 1] - 1 : 0;
        if (corner >> axis & 1) gap += static_cast<double>(a.m[row][axis] - b.m[row][axis]) * last;
      }
      square += gap * gap;
    }
    worst = std::max(worst, std::sqrt(square));
  }
  return worst;
}

// The grid of one plane, RAS turned to LPS; nothing where an axis has no length.
std::optional<VoxelGrid> plane_at(const mat44& ras, const std::array<std::int16_t, 8>& dim) {
  VoxelGrid grid;
  grid.size = {dim[1], dim[2], 1};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    double square = 0;
    for (std::size_t row = 0; row < 3; ++row) square += std::pow(static_cast<double>(ras.m[row][axis]), 2);
    if (!(square > 0)) return std::nullopt;
    grid.spacing_mm[axis] = std::sqrt(square);
  }
  for (std::size_t row = 0; row < 3; ++row) {
    const double sign = row < 2 ? -1 : 1;
    grid.origin_mm[row] = sign * static_cast<double>(ras.m[row][3]);
    for (std::size_t axis = 0; axis < 3; ++axis)
      grid.direction[3 * row + axis] = sign * static_cast<double>(ras.m[row][axis]) / grid.spacing_mm[axis];
  }
  return grid;
}

// What the last four bytes of a gzip file say: the unpacked length modulo 2^32.
std::uint32_t gzip_length(const fs::path& file) {
  std::ifstream in{file, std::ios::binary | std::ios::ate};
  std::array<unsigned char, 4> end{};
  if (in.tellg() > 18) {
    in.seekg(-4, std::ios::end);
    in.read(reinterpret_cast<char*>(end.data()), 4);
  }
  return end[0] | static_cast<std::uint32_t>(end[1]) << 8 | static_cast<std::uint32_t>(end[2]) << 16 |
         static_cast<std::uint32_t>(end[3]) << 24;
}

std::size_t unpacked_bytes(const fs::path& file) {
  gzFile in = gzopen(file.c_str(), "rb");
  if (!in) return 0;
  std::vector<char> piece(std::size_t{1} << 20);
  std::size_t total = 0;
  for (int got = 0; (got = gzread(in, piece.data(), static_cast<unsigned>(piece.size()))) > 0;)
    total += static_cast<std::size_t>(got);
  const bool whole = gzclose(in) == Z_OK;
  return whole ? total : 0;
}

}  // namespace

bool looks_like_nifti(const fs::path& file) {
  std::error_code problem;
  if (!fs::is_regular_file(file, problem)) return false;
  const std::string bytes = start_of(file);
  if (bytes.size() < header_bytes) return false;
  return std::memcmp(bytes.data() + 344, "n+1", 4) == 0;
}

NiftiHeader read_nifti_header(const fs::path& file) {
  nifti_set_debug_level(0);  // the library speaks on stderr otherwise
  const std::string bytes = start_of(file);
  if (bytes.size() < header_bytes)
    throw Error{Errc::cannot_read, "the NIfTI header is incomplete", "check that the file is complete"};
  bool swapped = false;
  const auto rank = [&] { return field<std::int16_t>(bytes, 40, swapped); };
  if (rank() < 1 || rank() > 7) swapped = true;
  if (rank() < 1 || rank() > 7)
    throw Error{Errc::invalid_input, "the NIfTI header gives no number of axes from 1 to 7"};
  NiftiHeader header;
  header.auxiliary = std::string{bytes, 228, 24}.c_str();
  header.packed = first_bytes(file, 2) == "\x1f\x8b";
  std::array<std::int16_t, 8> dim{};
  std::vector<std::int64_t> extents;
  for (std::size_t i = 0; i < 8; ++i) dim[i] = field<std::int16_t>(bytes, 40 + 2 * i, swapped);
  std::int64_t voxels = 1;
  for (int axis = 1; axis <= dim[0]; ++axis) {
    const auto extent = dim[static_cast<std::size_t>(axis)];
    if (extent < 1 || voxels > (std::int64_t{1} << 46)) {
      throw Error{Errc::invalid_input,
                  "the NIfTI header gives axis " + std::to_string(axis) + " the extent " + std::to_string(extent)};
    }
    voxels *= extent;
  }
  const auto bits = field<std::int16_t>(bytes, 72, swapped);
  if (bits < 1 || bits > 256)
    throw Error{Errc::invalid_input, "the NIfTI header gives voxels of " + std::to_string(bits) + " bits"};
  header.payload_bytes = static_cast<std::size_t>(voxels) * static_cast<std::size_t>(bits) / 8;
  const auto offset = field<float>(bytes, 108, swapped);
  if (!(offset >= 0) || offset > 1e9f)
    throw Error{Errc::invalid_input,
                "the NIfTI header places the voxels at byte " + short_number(static_cast<double>(offset))};

  header.first_byte = static_cast<std::size_t>(offset);
  // The library inverts what it finds: it ends the program when that is no number, and never ends when it is denormal.
  for (const auto& [first, count] : {std::pair{80, 7}, std::pair{112, 2}, std::pair{256, 18}}) {
    for (int i = 0; i < count; ++i) {
      const float value = field<float>(bytes, static_cast<std::size_t>(first + 4 * i), swapped);
      if (!(std::abs(value) < 1e15f) || std::fpclassify(value) == FP_SUBNORMAL) {
        throw Error{Errc::invalid_input,
                    "the NIfTI header holds a spacing, scale or direction that cannot be: " +
                        short_number(static_cast<double>(value)),
                    "the header is damaged"};
      }
    }
  }
  const bool has_qform = field<std::int16_t>(bytes, 252, swapped) > 0,
             has_sform = field<std::int16_t>(bytes, 254, swapped) > 0;
  const auto real = [&](std::size_t at) { return field<float>(bytes, at, swapped); };
  mat44 sform{};
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t axis = 0; axis < 4; ++axis) sform.m[row][axis] = real(280 + 16 * row + 4 * axis);
  const mat44 qform = nifti_quatern_to_mat44(real(256), real(260), real(264), real(268), real(272), real(276), real(80),
                                             real(84), real(88), real(76) < 0 ? -1.0f : 1.0f);
  if (has_sform && has_qform) header.disagreement_mm = corner_distance(sform, qform, dim);
  if (dim[0] == 2 && (has_sform || has_qform)) header.plane = plane_at(has_sform ? sform : qform, dim);
  return header;
}

void check_nifti_payload(const NiftiHeader& header, const fs::path& file) {
  const std::size_t size = size_of_file(file), need = header.first_byte + header.payload_bytes;
  if (need > (header.packed ? size * 1032 + 4096 : size)) {
    throw Error{Errc::invalid_input,
                "the NIfTI header says " + std::to_string(header.payload_bytes) + " bytes of voxels, the file has " +
                    std::to_string(size),
                "the file is truncated or its header is damaged"};
  }
  // The library fills up with zeros what a truncated file does not hold. Where the end of the file does not give the right
  // length (it is that of the last part only), the parts are counted.
  if (!header.packed || (gzip_length(file) - static_cast<std::uint32_t>(need) < 65536 && need < (std::size_t{1} << 32)))
    return;
  if (unpacked_bytes(file) < need) {
    throw Error{Errc::cannot_read, "the file is damaged or incomplete: it unpacks to fewer bytes than its header says",
                "check that the file is complete"};
  }
}

void check_gzip_end(const fs::path& file, std::size_t least) {
  // The length is kept modulo 2^32; header and extension come before the voxels.
  const auto before = gzip_length(file) - static_cast<std::uint32_t>(least);
  if (before >= header_bytes && before < 65536) return;
  throw Error{Errc::cannot_write, "'" + file.string() + "' could not be written completely",
              "free some space or write to another disk"};
}

}  // namespace iso::io::detail
