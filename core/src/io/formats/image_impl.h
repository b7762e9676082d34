#pragma once

#include "io/array_impl.h"
#include "io/formats/estimate_impl.h"
#include "io/formats/payload_impl.h"
#include "io/kept_arrays_impl.h"

#include "iso/base/error.h"

#include <fstream>

/// What the formats of images with a grid (NIfTI, NRRD, MetaImage, TIFF) share.
namespace iso::io::detail {

inline constexpr const char* quantity_key = "isocenter_quantity";
/// In the metadata of a volume with a fourth axis: seconds from one time to the next, as text.
inline constexpr const char* time_step_key = "time_step_s";

inline const std::vector<Kind> image_reads{Kind::volume, Kind::label_map, Kind::sinogram, Kind::k_space,
                                           Kind::spectral_cube};
inline const std::vector<Kind> image_writes{Kind::volume, Kind::label_map};

class ImageHandler : public Handler {
 public:
  explicit ImageHandler(Format format) : format_{std::move(format)} {}
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] Dataset read(const std::filesystem::path& file, const ReadOptions& options) const override {
    return make_dataset(kept_array(*this, file, {}, [&] { return make_array(file); }), options,
                        [this](const std::filesystem::path& other) { return make_array(other); });
  }
  [[nodiscard]] std::vector<ArrayInfo> arrays(const std::filesystem::path& file) const override {
    const HeadersOnly headers;
    return make_array_list(make_array(file).pixels);
  }

 protected:
  [[nodiscard]] virtual RawArray make_array(const std::filesystem::path& file) const = 0;

 private:
  Format format_;
};

/// What is written of a volume or a label map.
struct ImageToWrite {
  const Pixels* pixels;
  const VoxelGrid* grid;
  Quantity quantity;
  std::optional<double> time_step_s;
  const LabelMap* labels{nullptr};  ///< null for a volume
  std::string estimate;             ///< what a network made says so, on one line; else empty
  [[nodiscard]] std::size_t axes() const { return std::max<std::size_t>(3, pixels->spec().shape.rank()); }
  [[nodiscard]] std::int64_t extent(std::size_t axis) const {
    return axis < pixels->spec().shape.rank() ? pixels->spec().shape[axis] : 1;
  }
};
[[nodiscard]] inline std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return text;
}
[[nodiscard]] inline ImageToWrite image_to_write(const Dataset& data) {
  const auto& meta = metadata(data);
  const auto said = meta.find(estimate_key);
  const std::string estimate = said == meta.end() ? std::string{} : one_line(said->second);
  const auto step = meta.find(time_step_key);
  const auto seconds = step == meta.end() ? std::nullopt : to_number(step->second);
  if (const auto* labels = std::get_if<LabelMap>(&data))
    return {&labels->labels, &labels->grid, Quantity::unknown, seconds, labels, estimate};
  const auto& volume = std::get<Volume>(data);
  const bool timed = volume.frames.unit == "s" && volume.frames.values.empty() && volume.frames.step > 0;
  return {&volume.pixels, &volume.grid, volume.quantity, timed ? std::optional{volume.frames.step} : seconds,
          nullptr,        estimate};
}

/// A header and the pixels behind it. Throws cannot_write.
inline void write_plain(const std::filesystem::path& file, const std::string& header, const Pixels& pixels) {
  std::ofstream out{file, std::ios::binary};
  out.write(header.data(), static_cast<std::streamsize>(header.size()));
  out.write(reinterpret_cast<const char*>(pixels.data()), static_cast<std::streamsize>(pixels.spec().bytes()));
  out.close();
  if (!out)
    throw Error{Errc::cannot_write, "'" + file.string() + "' could not be written completely",
                "free some space or write to another disk"};
}

}  // namespace iso::io::detail
