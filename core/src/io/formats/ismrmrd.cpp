#include "io/array_impl.h"
#include "io/formats/hdf5_impl.h"
#include "io/formats/ismrmrd_impl.h"
#include "io/formats/payload_impl.h"
#include "io/handlers_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <tuple>

/// ISMRM raw data (ISMRMRD) in HDF5: /dataset/xml describes the scan, /dataset/data is a list of acquisitions (readouts).
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

using Encoding = IsmrmrdEncoding;

// The members we use, matched by name whatever the version of the file adds.
struct Acquisition {
  std::uint64_t flags;
  std::uint16_t number_of_samples, active_channels, discard_pre, discard_post, center_sample, trajectory_dimensions,
      encoding_space;
  std::uint16_t step_1, step_2, average, slice, contrast, phase, repetition, set;
  hvl_t trajectory, data;
};

h5::Id acquisition_type() {
  const auto insert = [](hid_t type, const char* name, std::size_t at, hid_t member) {
    H5Tinsert(type, name, at, member);
  };
  const h5::Id idx{H5Tcreate(H5T_COMPOUND, sizeof(Acquisition)), H5Tclose, "idx"};
  const std::size_t base = offsetof(Acquisition, step_1);
  insert(idx, "kspace_encode_step_1", 0, H5T_NATIVE_UINT16);
  insert(idx, "kspace_encode_step_2", offsetof(Acquisition, step_2) - base, H5T_NATIVE_UINT16);
  insert(idx, "average", offsetof(Acquisition, average) - base, H5T_NATIVE_UINT16);
  insert(idx, "slice", offsetof(Acquisition, slice) - base, H5T_NATIVE_UINT16);
  insert(idx, "contrast", offsetof(Acquisition, contrast) - base, H5T_NATIVE_UINT16);
  insert(idx, "phase", offsetof(Acquisition, phase) - base, H5T_NATIVE_UINT16);
  insert(idx, "repetition", offsetof(Acquisition, repetition) - base, H5T_NATIVE_UINT16);
  insert(idx, "set", offsetof(Acquisition, set) - base, H5T_NATIVE_UINT16);
  H5Tset_size(idx, offsetof(Acquisition, set) - base + 2);
  const h5::Id head{H5Tcreate(H5T_COMPOUND, offsetof(Acquisition, trajectory)), H5Tclose, "head"};
  insert(head, "flags", 0, H5T_NATIVE_UINT64);
  insert(head, "number_of_samples", offsetof(Acquisition, number_of_samples), H5T_NATIVE_UINT16);
  insert(head, "active_channels", offsetof(Acquisition, active_channels), H5T_NATIVE_UINT16);
  insert(head, "discard_pre", offsetof(Acquisition, discard_pre), H5T_NATIVE_UINT16);
  insert(head, "discard_post", offsetof(Acquisition, discard_post), H5T_NATIVE_UINT16);
  insert(head, "center_sample", offsetof(Acquisition, center_sample), H5T_NATIVE_UINT16);
  insert(head, "trajectory_dimensions", offsetof(Acquisition, trajectory_dimensions), H5T_NATIVE_UINT16);
  insert(head, "encoding_space_ref", offsetof(Acquisition, encoding_space), H5T_NATIVE_UINT16);
  insert(head, "idx", base, idx);
  const h5::Id floats{H5Tvlen_create(H5T_NATIVE_FLOAT), H5Tclose, "floats"};
  h5::Id whole{H5Tcreate(H5T_COMPOUND, sizeof(Acquisition)), H5Tclose, "acquisition"};
  insert(whole, "head", 0, head);
  insert(whole, "traj", offsetof(Acquisition, trajectory), floats);
  insert(whole, "data", offsetof(Acquisition, data), floats);
  return whole;
}

// Whether a data set is a list of readouts, whatever else the file has.
bool are_acquisitions(hid_t file, const char* path) {
  const h5::Id data{H5Dopen2(file, path, H5P_DEFAULT), H5Dclose, path};
  const h5::Id type{H5Dget_type(data), H5Tclose, path};
  return H5Tget_class(type) == H5T_COMPOUND &&
         std::ranges::all_of(std::array{"head", "traj", "data"},
                             [&](const char* name) { return H5Tget_member_index(type, name) >= 0; });
}

// All readouts of the file; frees what HDF5 allocated.
class Acquisitions {
 public:
  explicit Acquisitions(hid_t file)
      : data_{H5Dopen2(file, "/dataset/data", H5P_DEFAULT), H5Dclose, "/dataset/data"},
        space_{H5Dget_space(data_), H5Sclose, "space"},
        type_{acquisition_type()} {
    h5::check_stored_bytes(data_, "/dataset/data");
    const auto count = H5Sget_simple_extent_npoints(space_);
    hsize_t bytes = 0;
    const h5::Id in{H5Iget_file_id(data_), H5Fclose, "file"};
    H5Fget_filesize(in, &bytes);
    if (count < 1) throw Error{Errc::no_input, "the file holds no acquisitions"};
    if (static_cast<hsize_t>(count) > bytes)
      throw Error{Errc::invalid_input, "the file says it holds " + std::to_string(count) + " acquisitions, it has " +
                                           std::to_string(bytes) + " bytes"};
    list_.assign(static_cast<std::size_t>(count), Acquisition{});
    if (H5Dread(data_, type_, H5S_ALL, H5S_ALL, H5P_DEFAULT, list_.data()) < 0) {
      release();
      throw Error{Errc::cannot_read, "the acquisitions cannot be read: the file is damaged or incomplete",
                  "check that the file is complete"};
    }
  }
  ~Acquisitions() { release(); }
  Acquisitions(const Acquisitions&) = delete;
  Acquisitions& operator=(const Acquisitions&) = delete;
  [[nodiscard]] std::span<const Acquisition> list() const { return list_; }

 private:
  void release() { H5Dvlen_reclaim(type_, space_, H5P_DEFAULT, list_.data()); }
  h5::Id data_, space_, type_;
  std::vector<Acquisition> list_;
};

// Bits of an acquisition's flags that matter here, counted from 1 as the ISMRMRD format does (ISMRMRD_AcquisitionFlags).
enum class Flag : unsigned {
  noise_measurement = 19,
  parallel_calibration = 20,
  parallel_calibration_and_imaging = 21,
  reverse = 22,
  navigation = 23,
  phase_correction = 24,
  hp_feedback = 26,
  dummy_scan = 27,
  rt_feedback = 28,
  surface_coil_correction = 29,
  phase_stabilization_reference = 30,
  phase_stabilization = 31
};

constexpr bool flagged(const Acquisition& a, Flag flag) {
  return (a.flags >> (static_cast<unsigned>(flag) - 1) & 1) != 0;
}

// Of the first encoding space; another one is a scan of its own. Calibration lines may be wanted nevertheless, below.
bool is_image(const Acquisition& a) {
  using enum Flag;
  for (const Flag no_image : {noise_measurement, navigation, phase_correction, hp_feedback, dummy_scan, rt_feedback,
                              surface_coil_correction, phase_stabilization_reference, phase_stabilization}) {
    if (flagged(a, no_image)) return false;
  }
  return a.encoding_space == 0 && (!flagged(a, parallel_calibration) || flagged(a, parallel_calibration_and_imaging));
}

using Place =
    std::tuple<std::uint16_t, std::uint16_t, std::uint16_t, std::uint16_t, std::uint16_t, std::uint16_t, std::uint16_t>;
Place locate_line(const Acquisition& a) {
  return {a.step_1, a.step_2, a.slice, a.contrast, a.phase, a.repetition, a.set};
}

/// Embedded in an undersampled scan, calibration lines are lines of the same k-space that the image leaves out; where the
/// image has the line itself, its own readout stands.
void add_calibration_lines(std::span<const Acquisition> all, std::vector<const Acquisition*>& image) {
  std::set<Place> measured;
  for (const Acquisition* a : image) measured.insert(locate_line(*a));
  for (const Acquisition& a : all) {
    Acquisition plain = a;
    plain.flags &= ~(std::uint64_t{1} << (static_cast<unsigned>(Flag::parallel_calibration) - 1));
    if (flagged(a, Flag::parallel_calibration) && !is_image(a) && is_image(plain) && !measured.contains(locate_line(a)))
      image.push_back(&a);
  }
}

void check(const Acquisition& a, std::int64_t coils) {
  if (a.discard_pre + a.discard_post > a.number_of_samples)
    throw Error{Errc::invalid_input, "an acquisition discards more samples than it has"};
  const std::size_t floats = 2u * a.number_of_samples * a.active_channels;
  if (a.data.len != floats || (floats > 0 && !a.data.p)) {
    throw Error{Errc::invalid_input, "an acquisition announces " + std::to_string(floats) + " numbers and holds " +
                                         std::to_string(a.data.len)};
  }
  if (a.active_channels != coils)
    throw Error{Errc::invalid_input, "the number of coils changes from " + std::to_string(coils) + " to " +
                                         std::to_string(a.active_channels)};
}

struct Counter {
  const char* name;
  std::uint16_t Acquisition::*member;
};
constexpr std::array<Counter, 4> counters{{{"repetition", &Acquisition::repetition},
                                           {"phase", &Acquisition::phase},
                                           {"contrast", &Acquisition::contrast},
                                           {"set", &Acquisition::set}}};

std::vector<std::uint16_t> distinct(const std::vector<const Acquisition*>& image, std::uint16_t Acquisition::*member) {
  std::set<std::uint16_t> values;
  for (const Acquisition* a : image) values.insert(a->*member);
  return {values.begin(), values.end()};
}

/// The frames of a scan: the values of a counter that were measured, in their order.
struct Frames {
  std::uint16_t Acquisition::*member{nullptr};  // null: all readouts are one frame
  std::vector<std::uint16_t> values{0};
  [[nodiscard]] std::int64_t count() const { return std::ssize(values); }
  [[nodiscard]] std::int64_t of(const Acquisition& a) const {
    return member == nullptr ? 0 : std::ranges::lower_bound(values, a.*member) - values.begin();
  }
};

/// The counter that frames are numbered by: the one that is named, otherwise the one with the most values. Of the others only
/// readouts at their first value are kept, and what is left out is said; so is a value without readouts.
Frames choose_frames(std::vector<const Acquisition*>& image, const std::string& wished, Metadata& meta) {
  if (wished == "none") return {};
  const auto size = [&](const Counter& counter) { return distinct(image, counter.member).size(); };
  const Counter* chosen = &counters[0];
  for (const Counter& counter : counters) {
    if (wished == counter.name) chosen = &counter;
    if ((wished.empty() || wished == "automatic") && size(counter) > size(*chosen)) chosen = &counter;
  }
  for (const Counter& other : counters) {
    const auto values = distinct(image, other.member);
    if (&other == chosen || values.size() < 2) continue;
    std::erase_if(image, [&](const Acquisition* a) { return a->*other.member != values.front(); });
    assume(meta, std::string{"frames are numbered by "} + chosen->name + "; of " + std::to_string(values.size()) +
                     " values of " + other.name + " the first alone is read (else pass --frame-counter)");
  }
  Frames frames{chosen->member, distinct(image, chosen->member)};
  if (const int last = frames.values.back(); last - frames.values.front() >= frames.count())
    assume(meta, "frames are the " + std::to_string(frames.count()) + " values of " + chosen->name +
                     " that have readouts, of " + std::to_string(frames.values.front()) + " to " +
                     std::to_string(last));
  return frames;
}

/// Covariance of the coils over the samples of all noise readouts, whose mean is 0; empty without them.
Pixels noise_covariance(std::span<const Acquisition> all, std::int64_t coils) {
  const auto n = static_cast<std::size_t>(coils);
  std::vector<std::complex<double>> sums(n * n);
  std::size_t count = 0;
  for (const Acquisition& a : all) {
    const std::size_t samples = a.number_of_samples;
    if (!flagged(a, Flag::noise_measurement) || a.active_channels != coils || !a.data.p ||
        a.data.len != 2 * samples * n)
      continue;
    const auto* const data = static_cast<const float*>(a.data.p);
    const auto value = [&](std::size_t coil, std::size_t i) {
      const std::size_t at = 2 * (coil * samples + i);
      return std::complex<double>{data[at], data[at + 1]};
    };
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < samples; ++k) sums[j * n + i] += value(i, k) * std::conj(value(j, k));
    count += samples;
  }
  if (count < 2) return {};
  PixelBuffer out = PixelBuffer::allocate({Shape{coils, coils}, ScalarType::c64});
  for (std::size_t i = 0; i < sums.size(); ++i)
    out.values<std::complex<float>>()[i] = std::complex<float>{sums[i] / static_cast<double>(count - 1)};
  return out;
}

// Divides lines that were measured several times, and gives the mask of those that were measured at all.
PixelBuffer average_lines(std::span<std::complex<float>> samples, const std::vector<std::uint16_t>& seen,
                          const Shape& shape) {
  const std::int64_t nx = shape[0], ny = shape[1], nz = shape[2], coils = shape[3];
  PixelBuffer measured_lines = PixelBuffer::allocate({Shape{ny, nz, shape[4]}, ScalarType::u8});
  const auto lines = measured_lines.values<std::uint8_t>();
  for (std::size_t line = 0; line < seen.size(); ++line) {
    if (seen[line] == 0) continue;
    lines[line] = 1;
    if (seen[line] == 1) continue;
    const std::int64_t y = static_cast<std::int64_t>(line) % ny, z = static_cast<std::int64_t>(line) / ny % nz,
                       frame = static_cast<std::int64_t>(line) / (ny * nz);
    for (std::int64_t coil = 0; coil < coils; ++coil)
      for (std::int64_t x = 0; x < nx; ++x)
        samples[static_cast<std::size_t>((((frame * coils + coil) * nz + z) * ny + y) * nx + x)] /=
            static_cast<float>(seen[line]);
  }
  return measured_lines;
}

KSpace cartesian(std::vector<const Acquisition*> image, const Encoding& e, const std::string& frames_by) {
  const std::int64_t nx = e.matrix[0], ny = e.matrix[1], nz = e.matrix[2], coils = image.front()->active_channels;
  KSpace out;
  const Frames frames = choose_frames(image, frames_by, out.meta);
  bool cut = false;
  const ArraySpec spec{Shape{nx, ny, nz, coils, frames.count()}, ScalarType::c64};
  // A scan is undersampled by tens, not by thousands.
  std::size_t measured = 0;
  for (const auto* a : image) measured += 8u * a->number_of_samples * static_cast<std::size_t>(coils);
  if (spec.bytes() > 1000 * measured + (std::size_t{1} << 24)) {
    throw Error{Errc::invalid_input, "the ISMRMRD header says a matrix of " + spec.shape.text() + ", " +
                                         std::to_string(image.size()) + " readouts were measured"};
  }
  PixelBuffer buffer = PixelBuffer::allocate(spec);
  const auto samples = buffer.values<std::complex<float>>();
  std::vector<std::uint16_t> seen(static_cast<std::size_t>(ny * nz * frames.count()));
  for (const Acquisition* a : image) {
    check(*a, coils);
    const std::int64_t y = a->step_1 + (e.centre[0] < 0 ? 0 : ny / 2 - e.centre[0]),
                       z = a->step_2 + (e.centre[1] < 0 ? 0 : nz / 2 - e.centre[1]);
    if (y < 0 || y >= ny || z < 0 || z >= nz) {
      throw Error{Errc::invalid_input, "an acquisition stands at line " + std::to_string(y) + " and partition " +
                                           std::to_string(z) + " of a matrix of " + std::to_string(ny) + " x " +
                                           std::to_string(nz)};
    }
    const std::int64_t frame = frames.of(*a), line = (frame * nz + z) * ny + y;
    const auto* data = static_cast<const float*>(a->data.p);
    const std::int64_t count = a->number_of_samples;
    cut = cut || count - a->discard_pre - a->discard_post < nx;
    for (std::int64_t coil = 0; coil < coils; ++coil) {
      for (std::int64_t i = a->discard_pre; i < count - a->discard_post; ++i) {
        const std::int64_t from = flagged(*a, Flag::reverse) ? count - 1 - i : i;
        const std::int64_t x = i + nx / 2 - a->center_sample;
        if (x < 0 || x >= nx)
          throw Error{Errc::invalid_input,
                      "a readout of line " + std::to_string(y) + " has " + std::to_string(count) +
                          " samples about its centre " + std::to_string(a->center_sample) +
                          ", which do not fit the encoded matrix of " + std::to_string(nx),
                      "check the encoded matrix in the header, and whether samples are to be discarded"};
        const auto at = static_cast<std::size_t>(2 * (coil * count + from));
        samples[static_cast<std::size_t>((((frame * coils + coil) * nz + z) * ny + y) * nx + x)] +=
            std::complex<float>{data[at], data[at + 1]};
      }
    }
    ++seen[static_cast<std::size_t>(line)];
  }
  PixelBuffer measured_lines = average_lines(samples, seen, spec.shape);
  if (cut) assume(out.meta, "samples that a readout lacks of its line (asymmetric echo) are 0");
  out.trajectory.cartesian_mask = std::move(measured_lines);
  out.samples = std::move(buffer);
  return out;
}

/// Whether coordinates are cycles a pixel; ours are cycles a field of view. The format leaves the unit open: up to one half they can
/// only be the former, up to half the matrix they are the latter. (RDLEDM, section 2.3 of its specification.)
bool counts_pixels(float largest, const Encoding& e, std::string_view unit, Metadata& meta) {
  if (unit == "cycles_per_pixel" || unit == "cycles_per_fov") return unit == "cycles_per_pixel";
  const auto matrix = static_cast<float>(*std::ranges::max_element(e.matrix));
  if (largest <= 0.55F) {
    assume(meta, "coordinates in cycles a pixel");
    if (largest < 0.3F)
      assume(meta, "the coordinates reach " + std::to_string(largest) +
                       " cycles a pixel, where 0.5 is usual: half the resolution, or half of their true size");
    return true;
  }
  if (largest < 1 || largest > 0.55F * matrix)
    throw Error{Errc::invalid_input,
                "the coordinates of the trajectory reach " + std::to_string(largest) +
                    ", which is neither cycles a pixel (0.5) nor cycles per field of view of a matrix of " +
                    std::to_string(static_cast<std::int64_t>(matrix)),
                "say --trajectory-unit cycles_per_pixel or cycles_per_fov"};
  assume(meta, "coordinates in cycles per field of view");
  return false;
}

/// Which readouts are the spokes of each frame, in the order of the file. Throws unless all frames have as many.
std::vector<std::vector<const Acquisition*>> spokes_of_frames(const std::vector<const Acquisition*>& image,
                                                              const Frames& frames) {
  std::vector<std::vector<const Acquisition*>> spokes(static_cast<std::size_t>(frames.count()));
  for (const Acquisition* a : image) spokes[static_cast<std::size_t>(frames.of(*a))].push_back(a);
  for (const auto& list : spokes)
    if (list.size() != spokes.front().size())
      not_supported("its frames have " + std::to_string(spokes.front().size()) + " and " + std::to_string(list.size()) +
                        " readouts along the trajectory, equal numbers were expected",
                    "pass --frame-counter none to read all of them as one frame, or name another counter");
  return spokes;
}

// The third coordinate of a stack of spokes would be its partition.
void check_partitions(const std::vector<const Acquisition*>& image, int dims) {
  const auto partitions = distinct(image, &Acquisition::step_2).size();
  if (dims >= 3 || partitions < 2) return;
  not_supported("its trajectory has two coordinates a sample in " + std::to_string(partitions) + " partitions",
                "write three coordinates a sample, or one partition");
}

/// The samples that are not discarded, frame after frame, with their coordinates as they are written.
class FreeSamples {
 public:
  FreeSamples(const Acquisition& first, std::int64_t spokes, std::int64_t frames)
      : first_{first.discard_pre},
        count_{first.number_of_samples - first.discard_pre - first.discard_post},
        coils_{first.active_channels},
        spokes_{spokes},
        all_{first.number_of_samples},
        dims_{first.trajectory_dimensions} {
    if (count_ < 1) throw Error{Errc::invalid_input, "an acquisition discards all of its samples"};
    samples_ = PixelBuffer::allocate({Shape{count_, spokes, 1, coils_, frames}, ScalarType::c64});
    coordinates_ = frames > 1 ? PixelBuffer::allocate({Shape{3, count_, spokes, frames}, ScalarType::f32})
                              : PixelBuffer::allocate({Shape{3, count_, spokes}, ScalarType::f32});
  }
  void put(const Acquisition& a, std::int64_t spoke, std::int64_t frame) {
    check(a, coils_);
    if (a.number_of_samples != all_ || a.discard_pre != first_ ||
        a.number_of_samples - a.discard_pre - a.discard_post != count_ || a.trajectory_dimensions != dims_ ||
        a.trajectory.len != static_cast<std::size_t>(all_ * dims_) || !a.trajectory.p)
      throw Error{Errc::invalid_input,
                  "readout " + std::to_string(spoke) + " has another number of samples or coordinates than the first"};
    const auto* data = static_cast<const float*>(a.data.p);
    const auto* place = static_cast<const float*>(a.trajectory.p);
    const auto samples = samples_.values<std::complex<float>>();
    for (std::int64_t i = 0; i < count_; ++i) {
      const std::int64_t from = first_ + i;
      const auto coordinate =
          numbers().subspan(static_cast<std::size_t>(3 * ((frame * spokes_ + spoke) * count_ + i)), 3);
      for (int d = 0; d < std::min(dims_, 3); ++d) {
        coordinate[static_cast<std::size_t>(d)] = place[from * dims_ + d];
        largest_ = std::max(largest_, std::abs(place[from * dims_ + d]));
      }
      for (std::int64_t coil = 0; coil < coils_; ++coil) {
        const auto at = static_cast<std::size_t>(2 * (coil * all_ + from));
        samples[static_cast<std::size_t>(((frame * coils_ + coil) * spokes_ + spoke) * count_ + i)] = {data[at],
                                                                                                       data[at + 1]};
      }
    }
  }
  [[nodiscard]] float largest() const { return largest_; }
  [[nodiscard]] std::span<float> numbers() { return coordinates_.values<float>(); }
  void move_into(KSpace& out) {
    out.trajectory.coordinates = std::move(coordinates_);
    out.samples = std::move(samples_);
  }

 private:
  std::int64_t first_, count_, coils_, spokes_, all_;
  int dims_;
  float largest_{0};
  PixelBuffer samples_, coordinates_;
};

KSpace free_trajectory(std::vector<const Acquisition*> image, const Encoding& e, const ReadOptions& options) {
  KSpace out;
  const int dims = image.front()->trajectory_dimensions;
  if (dims < 2)
    throw Error{Errc::unsupported, "the trajectory '" + e.trajectory + "' has " + std::to_string(dims) +
                                       " coordinates a sample, two or three were expected"};
  check_partitions(image, dims);
  const Frames frames = choose_frames(image, find_hint(options, "frame_counter"), out.meta);
  const auto spokes = spokes_of_frames(image, frames);
  check(*spokes.front().front(), spokes.front().front()->active_channels);
  FreeSamples samples{*spokes.front().front(), std::ssize(spokes.front()), frames.count()};
  for (std::size_t frame = 0; frame < spokes.size(); ++frame)
    for (std::size_t spoke = 0; spoke < spokes[frame].size(); ++spoke)
      samples.put(*spokes[frame][spoke], static_cast<std::int64_t>(spoke), static_cast<std::int64_t>(frame));
  if (counts_pixels(samples.largest(), e, find_hint(options, "trajectory_unit"), out.meta))
    for (std::size_t i = 0; i < samples.numbers().size(); ++i)
      samples.numbers()[i] *= static_cast<float>(e.matrix[i % 3]);
  samples.move_into(out);
  return out;
}

// Samples on the ramps of a gradient lie closer; they are read as if they did not.
void say_of_ramps(const Encoding& e, const std::vector<const Acquisition*>& image, Metadata& meta) {
  if (e.trajectory == "epi" && (e.ramps || image.front()->trajectory_dimensions > 0))
    assume(meta,
           "samples at equal distances along each line of the EPI scan; what the header or the readouts say of "
           "ramps is not corrected");
}

class Ismrmrd final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    return h5::holds(file, [](hid_t in) {
      return h5::is_dataset(in, "/dataset/data") &&
             (h5::is_dataset(in, "/dataset/xml") || are_acquisitions(in, "/dataset/data"));
    });
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const h5::Quiet quiet;
    const h5::Id in = h5::open_file(file);
    if (!h5::is_dataset(in, "/dataset/xml"))
      throw Error{Errc::invalid_input,
                  "the file holds ISMRMRD acquisitions and no header (/dataset/xml), which says the matrix",
                  "write it again with its header"};
    const auto xml = h5::text_dataset(in, "/dataset/xml");
    if (!xml)
      throw Error{Errc::cannot_read, "the ISMRMRD header cannot be read: the file is damaged or incomplete",
                  "check that the file is complete"};
    const Encoding encoding = ismrmrd_encoding(*xml);
    const Acquisitions acquisitions{in};
    std::vector<const Acquisition*> image;
    std::size_t other_spaces = 0;
    for (const auto& a : acquisitions.list()) {
      if (is_image(a)) image.push_back(&a);
      if (a.encoding_space != 0) ++other_spaces;
    }
    if (encoding.calibration == "embedded") add_calibration_lines(acquisitions.list(), image);
    if (image.empty()) throw Error{Errc::no_input, "the file holds no image data, only noise or calibration"};
    if (const auto slices = distinct(image, &Acquisition::slice).size(); slices > 1)
      throw Error{Errc::unsupported, "the scan has " + std::to_string(slices) + " slices, one is supported",
                  "split it first"};
    KSpace out = encoding.trajectory == "cartesian" || encoding.trajectory == "epi" || encoding.trajectory.empty()
                     ? cartesian(image, encoding, find_hint(options, "frame_counter"))
                     : free_trajectory(image, encoding, options);
    say_of_ramps(encoding, image, out.meta);
    out.grid = VoxelGrid::centred(encoding.matrix, {encoding.fov_mm[0] / static_cast<double>(encoding.matrix[0]),
                                                    encoding.fov_mm[1] / static_cast<double>(encoding.matrix[1]),
                                                    encoding.fov_mm[2] / static_cast<double>(encoding.matrix[2])});
    if (out.trajectory.cartesian() && encoding.width < encoding.matrix[0]) {
      const Vec3 voxel = out.grid.spacing_mm;
      out.grid = VoxelGrid::centred({encoding.width, encoding.matrix[1], encoding.matrix[2]}, voxel);
      assume(out.meta, "the readout is oversampled: of " + std::to_string(encoding.matrix[0]) + " the middle " +
                           std::to_string(encoding.width) + " voxels are the image");
    }
    out.noise_covariance = noise_covariance(acquisitions.list(), image.front()->active_channels);
    if (image.size() < acquisitions.list().size())
      out.meta["left_out"] =
          std::to_string(acquisitions.list().size() - image.size()) + " readouts of noise or calibration";
    if (other_spaces > 0)
      assume(out.meta,
             "the first encoding space only, " + std::to_string(other_spaces) + " readouts of others left out");
    return out;
  }

 private:
  Format format_{
      "ISMRMRD",
      {".h5", ".hdf5", ".mrd"},
      {Kind::k_space},
      {},
      hints_of_format({}, {choice_hint("frame_counter", {"automatic", "repetition", "phase", "contrast", "set", "none"},
                                       "Which counter of ISMRMRD numbers the frames; automatic: the one with "
                                       "the most values; none: all readouts are one frame."),
                           choice_hint("trajectory_unit", {"automatic", "cycles_per_pixel", "cycles_per_fov"},
                                       "Unit of free trajectories, which the format leaves open; automatic: by how far "
                                       "they reach.")}),
      "Cartesian or free trajectories of one slice; averages are averaged, navigator readouts left out; noise "
      "readouts give the covariance of the coils. The mask is phase, partition, frame."};
};

}  // namespace

void add_ismrmrd(Handlers& to) { to.push_back(std::make_unique<Ismrmrd>()); }

}  // namespace iso::io::detail
