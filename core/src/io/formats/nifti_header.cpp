#include "io/formats/nifti_header_impl.h"

#include "io/formats/payload_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

/// NIfTI-1 (nifti1.h) and NIfTI-2 (nifti2.h), by their published layouts.
namespace iso::io::detail {
namespace {

// Row-major 3 x 4: voxel index to RAS in mm.
using Affine = std::array<std::array<double, 4>, 3>;

// The fields of both versions by their place.
class Fields {
 public:
  Fields(std::string_view bytes, bool two, bool swapped) : bytes_{bytes}, two_{two}, swapped_{swapped} {}
  template <class T>
  [[nodiscard]] T at(std::size_t place) const {
    std::array<char, sizeof(T)> raw{};
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(place), sizeof(T), raw.begin());
    if (swapped_) std::ranges::reverse(raw);
    return std::bit_cast<T>(raw);
  }
  [[nodiscard]] std::int64_t dim(std::size_t i) const {
    return two_ ? at<std::int64_t>(16 + 8 * i) : at<std::int16_t>(40 + 2 * i);
  }
  [[nodiscard]] double pixdim(std::size_t i) const { return real(104, 76, i); }
  [[nodiscard]] std::int16_t datatype() const { return at<std::int16_t>(two_ ? 12 : 70); }
  [[nodiscard]] std::int16_t bits() const { return at<std::int16_t>(two_ ? 14 : 72); }
  [[nodiscard]] double offset() const {
    return two_ ? static_cast<double>(at<std::int64_t>(168)) : static_cast<double>(at<float>(108));
  }
  [[nodiscard]] double slope() const { return real(176, 112, 0); }
  [[nodiscard]] double inter() const { return real(184, 116, 0); }
  [[nodiscard]] std::int64_t qform_code() const { return two_ ? at<std::int32_t>(344) : at<std::int16_t>(252); }
  [[nodiscard]] std::int64_t sform_code() const { return two_ ? at<std::int32_t>(348) : at<std::int16_t>(254); }
  [[nodiscard]] double quatern(std::size_t i) const { return real(352, 256, i); }  // b, c, d, and the three offsets
  [[nodiscard]] double srow(std::size_t row, std::size_t i) const { return real(400, 280, 4 * row + i); }
  [[nodiscard]] std::int64_t units() const {
    return two_ ? at<std::int32_t>(500) : std::int64_t{static_cast<unsigned char>(bytes_[123])};
  }
  [[nodiscard]] std::int64_t intent() const { return two_ ? at<std::int32_t>(504) : at<std::int16_t>(68); }
  [[nodiscard]] std::string description() const { return text(two_ ? 240 : 148, 80); }
  [[nodiscard]] std::string auxiliary() const { return text(two_ ? 320 : 228, 24); }

 private:
  [[nodiscard]] std::string text(std::size_t from, std::size_t most) const {
    const auto field = bytes_.substr(from, most);
    return std::string{field.substr(0, field.find('\0'))};
  }
  [[nodiscard]] double real(std::size_t place_two, std::size_t place_one, std::size_t i) const {
    return two_ ? at<double>(place_two + 8 * i) : static_cast<double>(at<float>(place_one + 4 * i));
  }
  std::string_view bytes_;
  bool two_, swapped_;
};

Affine quaternion_form(const Fields& f, const std::array<double, 3>& pixdim) {
  const double b = f.quatern(0), c = f.quatern(1), d = f.quatern(2);
  double a = 1 - (b * b + c * c + d * d), norm = 1;
  if (a < 1e-7) {
    norm = 1 / std::sqrt(b * b + c * c + d * d);
    a = 0;
  } else {
    a = std::sqrt(a);
  }
  const double x = b * norm, y = c * norm, z = d * norm;
  const double sign = f.pixdim(0) < 0 ? -1 : 1;
  const std::array<std::array<double, 3>, 3> turn{
      {{a * a + x * x - y * y - z * z, 2 * (x * y - a * z), 2 * (x * z + a * y)},
       {2 * (x * y + a * z), a * a + y * y - x * x - z * z, 2 * (y * z - a * x)},
       {2 * (x * z - a * y), 2 * (y * z + a * x), a * a + z * z - y * y - x * x}}};
  Affine form{};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t axis = 0; axis < 3; ++axis)
      form[row][axis] = turn[row][axis] * pixdim[axis] * (axis == 2 ? sign : 1);
    form[row][3] = f.quatern(3 + row);
  }
  return form;
}

bool usable(const Affine& form) {
  double volume = 0;
  for (const auto& row : form)
    for (const double v : row)
      if (!(std::abs(v) < 1e15)) return false;
  const auto& m = form;
  volume = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
  return std::abs(volume) > 1e-12;
}

double corner_distance(const Affine& a, const Affine& b, const std::vector<std::int64_t>& extents) {
  double worst = 0;
  for (unsigned corner = 0; corner < 8; ++corner) {
    double square = 0;
    for (std::size_t row = 0; row < 3; ++row) {
      double gap = a[row][3] - b[row][3];
      for (std::size_t axis = 0; axis < 3; ++axis)
        if ((corner >> axis & 1U) != 0) gap += (a[row][axis] - b[row][axis]) * static_cast<double>(extents[axis] - 1);
      square += gap * gap;
    }
    worst = std::max(worst, std::sqrt(square));
  }
  return worst;
}

// RAS to LPS.
VoxelGrid make_grid(const Affine& form, const std::vector<std::int64_t>& extents, double mm) {
  VoxelGrid grid;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    grid.size[axis] = extents[axis];
    grid.spacing_mm[axis] =
        std::sqrt(std::pow(form[0][axis], 2) + std::pow(form[1][axis], 2) + std::pow(form[2][axis], 2));
  }
  for (std::size_t row = 0; row < 3; ++row) {
    const double sign = row < 2 ? -1 : 1;
    grid.origin_mm[row] = sign * form[row][3] * mm;
    if (grid.origin_mm[row] == 0) grid.origin_mm[row] = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      grid.direction[3 * row + axis] = sign * form[row][axis] / grid.spacing_mm[axis];
  }
  for (double& spacing : grid.spacing_mm) spacing *= mm;
  return grid;
}

bool right_angles(const VoxelGrid& grid) {
  try {
    check_grid(grid);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Spacings that no form may be made of are 1, with a word.
std::array<double, 3> sound_pixdim(const Fields& f, NiftiHeader& header, std::int64_t rank, bool needed) {
  std::array<double, 3> pixdim{1, 1, 1};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double value = std::abs(f.pixdim(axis + 1));
    if (value > 1e-12 && value < 1e12)
      pixdim[axis] = value;
    else if (needed && static_cast<std::int64_t>(axis) < rank)
      header.remarks.push_back("a spacing of 1 mm along axis " + std::to_string(axis + 1) +
                               ", for which the header says " + short_number(f.pixdim(axis + 1)));
  }
  return pixdim;
}

void place(const Fields& f, NiftiHeader& header, std::int64_t rank, double mm) {
  const bool q = f.qform_code() > 0, s = f.sform_code() > 0;
  Affine sform{}, qform{};
  if (s)
    for (std::size_t row = 0; row < 3; ++row)
      for (std::size_t i = 0; i < 4; ++i) sform[row][i] = f.srow(row, i);
  if (q) qform = quaternion_form(f, sound_pixdim(f, header, rank, !s));
  const bool q_good = q && usable(qform), s_good = s && usable(sform);
  if (s_good && right_angles(make_grid(sform, header.extents, mm))) {
    header.grid = make_grid(sform, header.extents, mm);
    if (q_good) {
      if (const double gap = corner_distance(sform, qform, header.extents) * mm; gap > 0.01)
        header.remarks.push_back("the sform of the file, from which the qform differs by up to " + short_number(gap) +
                                 " mm");
    }
    return;
  }
  if (s_good && !q_good) {
    throw Error{Errc::invalid_input,
                "the sform of the header is sheared: the axes of its voxels are not at right angles, which a grid here "
                "cannot hold",
                "resample the image on an orthogonal grid"};
  }
  if (q_good) {
    header.grid = make_grid(qform, header.extents, mm);
    if (s_good)
      header.remarks.push_back("the qform of the file, as its sform is sheared and differs by up to " +
                               short_number(corner_distance(sform, qform, header.extents) * mm) + " mm");
    else if (s)
      header.remarks.emplace_back("the qform of the file, as its sform is no sound matrix");
    return;
  }
  if (q || s)
    throw Error{
        Errc::invalid_input,
        "the header holds a " + std::string{s ? "sform" : "qform"} + " that places no voxel: its numbers are not sound",
        "the header is damaged"};
  const auto pixdim = sound_pixdim(f, header, rank, true);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    header.grid.size[axis] = header.extents[axis];
    header.grid.spacing_mm[axis] = pixdim[axis] * mm;
  }
  header.grid.direction = {-1, 0, 0, 0, -1, 0, 0, 0, 1};  // the standard's method 1: i, j, k are R, A, S
  header.placed = false;
  header.remarks.emplace_back("place and orientation unknown, the header has neither qform nor sform");
}

void take_units(const Fields& f, NiftiHeader& header, double& mm) {
  const std::int64_t units = f.units();
  switch (units & 7) {
    case 1: mm = 1000; break;
    case 3: mm = 0.001; break;
    default: mm = 1; break;
  }
  if ((units & 7) == 0)
    header.remarks.emplace_back("lengths in mm, as the header says no unit");
  else if ((units & 7) > 3)
    header.remarks.push_back("lengths in mm, as the header says the unit " + std::to_string(units & 7) +
                             ", which there is not");
  if (header.extents.size() < 4 || header.extents[3] < 2) return;
  const double step = f.pixdim(4);
  const auto time = units & 0x38;
  const double seconds = time == 8 ? 1 : time == 16 ? 1e-3 : time == 24 ? 1e-6 : 0;
  if (seconds > 0 && step > 0 && std::isfinite(step))
    header.time_step_s = step * seconds;
  else if (time >= 32 && std::isfinite(step))
    header.remarks.push_back("the fourth axis in steps of " + short_number(step) +
                             (time == 32   ? " Hz"
                              : time == 40 ? " ppm"
                                           : " rad/s") +
                             ", which is no time");
  else if (time == 0 && step > 0 && std::isfinite(step) && step != 1)
    header.remarks.push_back("no unit of time: the header says " + short_number(step) + " from one time to the next");
}

void take_extents(const Fields& f, NiftiHeader& header, std::int64_t rank) {
  std::int64_t voxels = 1;
  for (std::int64_t axis = 1; axis <= rank; ++axis) {
    std::int64_t extent = f.dim(static_cast<std::size_t>(axis));
    if (extent == 0 && axis > 3) extent = 1;  // some writers leave what is not used at 0
    if (extent < 1 || voxels > (std::int64_t{1} << 46) / extent)
      throw Error{Errc::invalid_input,
                  "the NIfTI header gives axis " + std::to_string(axis) + " the extent " + std::to_string(extent)};
    voxels *= extent;
    header.extents.push_back(extent);
  }
  while (header.extents.size() > 4 && header.extents.back() == 1) header.extents.pop_back();
  while (header.extents.size() < 3) header.extents.push_back(1);
  if (header.extents.size() > 5)
    not_supported("the image has " + std::to_string(header.extents.size()) + " axes", "take a part of it");
}

}  // namespace

NiftiKind nifti_kind(std::string_view start) {
  if (start.size() < 348) return NiftiKind::none;
  const auto first = [&](bool swapped) {
    std::array<char, 4> raw{};
    std::copy_n(start.begin(), 4, raw.begin());
    if (swapped) std::ranges::reverse(raw);
    return std::bit_cast<std::int32_t>(raw);
  };
  const auto is = [&](std::int32_t size) { return first(false) == size || first(true) == size; };
  const std::string_view one = start.substr(344, 4), two = start.substr(4, 4);
  if (one == std::string_view{"n+1\0", 4} || one == std::string_view{"ni1\0", 4}) return NiftiKind::one;
  if (is(540) && (two == std::string_view{"n+2\0", 4} || two == std::string_view{"ni2\0", 4})) return NiftiKind::two;
  return is(348) ? NiftiKind::analyze : NiftiKind::none;
}

NiftiHeader parse_nifti_header(std::string_view start) {
  const NiftiKind kind = nifti_kind(start);
  if (kind == NiftiKind::none)
    throw Error{Errc::invalid_input, "the header is not that of a NIfTI image", "check that the file is complete"};
  if (kind == NiftiKind::analyze)
    not_supported("the header is of the older format Analyze 7.5, which does not say left from right",
                  "convert it to NIfTI with the program that wrote it");
  const bool two = kind == NiftiKind::two;
  if (start.size() < (two ? 540U : 348U))
    throw Error{Errc::cannot_read, "the NIfTI header is incomplete", "check that the file is complete"};
  NiftiHeader header;
  const auto sound = [](std::int64_t rank) { return rank >= 1 && rank <= 7; };
  header.swapped = !sound(Fields{start, two, false}.dim(0));
  const Fields f{start, two, header.swapped};
  const std::int64_t rank = f.dim(0);
  if (!sound(rank)) throw Error{Errc::invalid_input, "the NIfTI header gives no number of axes from 1 to 7"};
  header.pair = start.substr(two ? 4 : 344, 2) == "ni";
  take_extents(f, header, rank);
  header.datatype = f.datatype();
  header.bits = f.bits();
  header.intent = f.intent();
  header.auxiliary = f.auxiliary();
  header.description = f.description();
  const double offset = f.offset();
  if (!(offset >= 0) || offset > 1e9)
    throw Error{Errc::invalid_input, "the NIfTI header places the voxels at byte " + short_number(offset)};
  header.first_byte = static_cast<std::uint64_t>(offset);
  // A single file has its header in front; 0 is written by some for "right behind it".
  if (!header.pair && header.first_byte < (two ? 540U : 348U)) {
    if (header.first_byte != 0)
      throw Error{Errc::invalid_input,
                  "the NIfTI header places the voxels at byte " + short_number(offset) + ", within itself"};
    header.first_byte = two ? 544 : 352;
  }
  const double slope = f.slope(), inter = f.inter();
  if (std::isfinite(slope) && slope != 0) {
    if (!std::isfinite(inter))
      throw Error{Errc::invalid_input,
                  "the NIfTI header scales the voxels by " + short_number(slope) + " and adds " + short_number(inter)};
    header.slope = slope;
    header.inter = inter;
  }
  double mm = 1;
  take_units(f, header, mm);
  place(f, header, rank, mm);
  return header;
}

namespace {

void put_quaternion(const VoxelGrid& grid, std::string& bytes, const auto& put) {
  // Columns in RAS; a left-handed grid is written with its third axis turned and pixdim[0] = -1.
  std::array<std::array<double, 3>, 3> r{};
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t axis = 0; axis < 3; ++axis) r[row][axis] = (row < 2 ? -1 : 1) * grid.direction[3 * row + axis];
  const double determinant = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
                             r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
                             r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
  const double sign = determinant < 0 ? -1 : 1;
  for (auto& row : r) row[2] *= sign;
  // The largest component first, so that nothing is divided by a small number.
  const double trace = r[0][0] + r[1][1] + r[2][2];
  std::array<double, 4> q{};  // a, b, c, d
  const std::array<double, 4> squares{1 + trace, 1 + 2 * r[0][0] - trace, 1 + 2 * r[1][1] - trace,
                                      1 + 2 * r[2][2] - trace};
  const auto most = static_cast<std::size_t>(std::ranges::max_element(squares) - squares.begin());
  const double twice = std::sqrt(squares[most]);
  q[most] = twice / 2;
  const double x = (r[2][1] - r[1][2]) / (2 * twice), y = (r[0][2] - r[2][0]) / (2 * twice),
               z = (r[1][0] - r[0][1]) / (2 * twice);
  const double xy = (r[0][1] + r[1][0]) / (2 * twice), xz = (r[0][2] + r[2][0]) / (2 * twice),
               yz = (r[1][2] + r[2][1]) / (2 * twice);
  if (most == 0) q = {q[0], x, y, z};
  if (most == 1) q = {x, q[1], xy, xz};
  if (most == 2) q = {y, xy, q[2], yz};
  if (most == 3) q = {z, xz, yz, q[3]};
  if (q[0] < 0)
    for (double& part : q) part = -part;
  put(76, static_cast<float>(sign));
  for (std::size_t i = 0; i < 3; ++i) put(256 + 4 * i, static_cast<float>(q[i + 1]));
  (void)bytes;
}

}  // namespace

std::string make_nifti_header(const VoxelGrid& grid, std::span<const std::int64_t> extents, ScalarType type,
                              std::optional<double> time_step_s, const std::string& auxiliary, std::int16_t intent,
                              const std::string& description) {
  std::string bytes(352, '\0');
  const auto put = [&](std::size_t at, auto value) { std::memcpy(bytes.data() + at, &value, sizeof value); };
  constexpr std::array<std::int16_t, 8> datatypes{2, 512, 4, 8, 16, 64, 32, 1792};
  put(0, std::int32_t{348});
  put(40, static_cast<std::int16_t>(extents.size()));
  for (std::size_t i = 0; i < 7; ++i) {
    const std::int64_t extent = i < extents.size() ? extents[i] : 1;
    if (extent > 32767)
      throw Error{Errc::cannot_write,
                  "NIfTI-1 holds at most 32767 voxels along an axis, here are " + std::to_string(extent),
                  "write .nrrd or .mha"};
    put(42 + 2 * i, static_cast<std::int16_t>(extent));
    put(80 + 4 * i, i < 3    ? static_cast<float>(grid.spacing_mm[i])
                    : i == 3 ? static_cast<float>(time_step_s.value_or(1))
                             : 1.0F);
  }
  put(68, intent);
  put(70, datatypes[static_cast<std::size_t>(type)]);
  put(72, static_cast<std::int16_t>(8 * byte_count(type)));
  put(108, 352.0F);
  put(112, 1.0F);
  bytes[123] = static_cast<char>(2 | (time_step_s ? 8 : 0));
  std::copy_n(description.begin(), std::min<std::size_t>(description.size(), 79), bytes.begin() + 148);
  std::copy_n(auxiliary.begin(), std::min<std::size_t>(auxiliary.size(), 23), bytes.begin() + 228);
  put(252, std::int16_t{1});
  put(254, std::int16_t{1});
  put_quaternion(grid, bytes, put);
  for (std::size_t row = 0; row < 3; ++row) {
    const double sign = row < 2 ? -1 : 1;
    put(268 + 4 * row, static_cast<float>(sign * grid.origin_mm[row]));
    for (std::size_t axis = 0; axis < 3; ++axis)
      put(280 + 16 * row + 4 * axis, static_cast<float>(sign * grid.direction[3 * row + axis] * grid.spacing_mm[axis]));
    put(280 + 16 * row + 12, static_cast<float>(sign * grid.origin_mm[row]));
  }
  std::memcpy(bytes.data() + 344, "n+1", 4);
  return bytes;
}

}  // namespace iso::io::detail
